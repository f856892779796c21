//! What is marked in a text on screen.

use vmail::core::search::{Field, Matcher};

use crate::search::rows::{context, query};

/// The text with what is marked in brackets.
fn marked(text: &str, field: Field, shown: &str) -> String {
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
        ("anr", Field::Name, "Anita Rao", "[An]ita [R]ao"),
        ("anita rao", Field::Name, "Anita Rao", "[Anita] [Rao]"),
        ("\"call back\"", Field::Note, "please call back", "please [call back]"),
        ("98765432", Field::Caller, "+91 98765 43210", "+91 [98765 432]10"),
        ("from:09876", Field::Caller, "+91 98765 43210", "+91 [9876]5 43210"),
        ("from:00919876", Field::Caller, "+91 98765 43210", "+[91 9876]5 43210"),
        ("98765 43210", Field::Caller, "+91 98765 43210", "+91 [98765] [43210]"),
        ("9876", Field::Note, "ring 98765", "ring [9876]5"),
        ("tag:billing", Field::Tag, "Billing", "[Billing]"),
        ("bill", Field::Tag, "Billing", "[Bill]ing"),
        ("name:widget", Field::Caller, "Widget Co", "[Widget] Co"),
        ("nunez", Field::Name, "José Núñez", "José [Núñez]"),
        ("e", Field::Name, "Jose\u{301}!", "Jos[e\u{301}]!"),
        ("नि", Field::Name, "अनिता", "अ[नि]ता"),
        ("न", Field::Name, "अनिता", "अ[नि]ता"),
        ("boss", Field::Name, "👩‍💼 boss", "👩‍💼 [boss]"),
        ("👩", Field::Name, "👩‍💼 boss", "[👩‍💼] boss"),
    ];
    for (text, field, shown, expected) in table {
        assert_eq!(marked(text, field, shown), expected, "{text}");
    }
}

#[test]
fn what_is_asked_elsewhere_or_left_out_is_not_marked() {
    let table = [
        ("name:anita", Field::Note, "Anita"),
        ("from:98765", Field::Note, "98765"),
        ("from:98765", Field::Name, "98765"),
        ("-anita", Field::Name, "Anita"),
        ("-(-(-anita))", Field::Name, "Anita"),
        ("-tag:billing", Field::Tag, "billing"),
        ("tag:billing", Field::Note, "billing"),
        ("is:unread has:name", Field::Name, "unread name"),
        ("", Field::Name, "Anita"),
        ("anita", Field::Name, ""),
    ];
    for (text, field, shown) in table {
        assert_eq!(marked(text, field, shown), shown, "{text}");
    }
    assert_eq!(marked("-(-anita)", Field::Name, "Anita"), "[Anita]");
}
