//! What is marked in a text on screen.

use vmail::core::search::{Matcher, SearchedText};

use crate::search::rows::{context, query};

/// The text with what is marked in brackets.
fn marked(text: &str, field: SearchedText, shown: &str) -> String {
    let matcher = Matcher::new(&query(text), &context());
    let mut places = Vec::new();
    matcher.highlighter().highlight(field, shown, &mut places);
    let mut out = String::new();
    let mut end = 0;
    for place in places {
        out.extend([&shown[end..place.start], "[", &shown[place.clone()], "]"]);
        end = place.end;
    }
    out + &shown[end..]
}

#[test]
fn what_matched_is_marked() {
    let table = [
        ("anr", SearchedText::Name, "Anita Rao", "[An]ita [R]ao"),
        ("anita rao", SearchedText::Name, "Anita Rao", "[Anita] [Rao]"),
        ("\"call back\"", SearchedText::Note, "please call back", "please [call back]"),
        ("98765432", SearchedText::Caller, "+91 98765 43210", "+91 [98765 432]10"),
        ("from:09876", SearchedText::Caller, "+91 98765 43210", "+91 [9876]5 43210"),
        ("from:00919876", SearchedText::Caller, "+91 98765 43210", "+[91 9876]5 43210"),
        ("98765 43210", SearchedText::Caller, "+91 98765 43210", "+91 [98765] [43210]"),
        ("9876", SearchedText::Note, "ring 98765", "ring [9876]5"),
        ("tag:billing", SearchedText::Tag, "Billing", "[Billing]"),
        ("bill", SearchedText::Tag, "Billing", "[Bill]ing"),
        ("name:widget", SearchedText::Caller, "Widget Co", "[Widget] Co"),
        ("nunez", SearchedText::Name, "José Núñez", "José [Núñez]"),
        ("e", SearchedText::Name, "Jose\u{301}!", "Jos[e\u{301}]!"),
        ("नि", SearchedText::Name, "अनिता", "अ[नि]ता"),
        ("न", SearchedText::Name, "अनिता", "अ[नि]ता"),
        ("\"फ\u{93c}ि\"", SearchedText::Name, "अ\u{95e}िरो", "अ[\u{95e}ि]रो"),
        ("\"\u{95e}ि\"", SearchedText::Name, "अफ\u{93c}िरो", "अ[फ\u{93c}ि]रो"),
        ("\"철\"", SearchedText::Name, "김\u{110e}\u{1165}\u{11af}수", "김[\u{110e}\u{1165}\u{11af}]수"),
        (
            "\"se b\"",
            SearchedText::Name,
            "E\u{301}loi\u{308}se Be\u{301}",
            "E\u{301}loi\u{308}[se B]e\u{301}",
        ),
        ("\"asse\"", SearchedText::Name, "Straße 5", "Str[aße] 5"),
        ("\"s 5\"", SearchedText::Name, "Gruß 5", "Gru[ß 5]"),
        ("\"රී\"", SearchedText::Name, "ශ්\u{200d}රී ලංකා", "ශ්\u{200d}[රී] ලංකා"),
        ("name:\"خوا\"", SearchedText::Name, "می\u{200c}خواهم", "می\u{200c}[خوا]هم"),
        ("\"🔥 x\"", SearchedText::Name, "❤\u{fe0f}\u{200d}🔥 x", "[❤\u{fe0f}\u{200d}🔥 x]"),
        ("tag:\"ÉTÉ\"", SearchedText::Tag, "e\u{301}te\u{301}", "[e\u{301}te\u{301}]"),
        ("boss", SearchedText::Name, "👩‍💼 boss", "👩‍💼 [boss]"),
        ("👩", SearchedText::Name, "👩‍💼 boss", "[👩‍💼] boss"),
    ];
    for (text, field, shown, expected) in table {
        assert_eq!(marked(text, field, shown), expected, "{text}");
    }
}

#[test]
fn what_is_asked_elsewhere_or_left_out_is_not_marked() {
    let table = [
        ("name:anita", SearchedText::Note, "Anita"),
        ("from:98765", SearchedText::Note, "98765"),
        ("from:98765", SearchedText::Name, "98765"),
        ("-anita", SearchedText::Name, "Anita"),
        ("-(-(-anita))", SearchedText::Name, "Anita"),
        ("-tag:billing", SearchedText::Tag, "billing"),
        ("tag:billing", SearchedText::Note, "billing"),
        ("is:unread has:name", SearchedText::Name, "unread name"),
        ("", SearchedText::Name, "Anita"),
        ("anita", SearchedText::Name, ""),
    ];
    for (text, field, shown) in table {
        assert_eq!(marked(text, field, shown), shown, "{text}");
    }
    assert_eq!(marked("-(-anita)", SearchedText::Name, "Anita"), "[Anita]");
}
