//! Notes are searched for words, names and tags for letters.

use vmail::core::facts::Flags;
use vmail::core::search::{Matcher, SearchedText};

use crate::search::rows::{List, context, query};

/// Whether a note is found.
fn found(asked: &str, note: &str) -> bool {
    let mut list = List::default();
    let caller = list.add_caller("", "x");
    list.labels.push("it".into());
    list.row(0, caller, Flags::NONE, 1.0, note, &[]);
    list.found(asked) == "it"
}

/// The note with what matched in brackets.
fn marked(asked: &str, note: &str) -> String {
    let matcher = Matcher::new(&query(asked), &context());
    let mut places = Vec::new();
    matcher.highlighter().highlight(SearchedText::Note, note, &mut places);
    let mut out = note.to_owned();
    for place in places.into_iter().rev() {
        out.insert(place.end, ']');
        out.insert(place.start, '[');
    }
    out
}

#[test]
fn scattered_letters_are_not_found_in_a_note() {
    let note = "asked about a new item; it can wait";
    for word in ["anita", "new", "item", "ite", "wait"] {
        assert_eq!(found(word, note), word != "anita", "{word}");
    }
    assert!(!found("tem", note) && !found("anew", note));
    let mut list = List::default();
    let caller = list.add_caller("", "Ana Smith-Tan");
    list.labels.extend(["name".into(), "tag".into(), "note".into()]);
    list.row(0, caller, Flags::NONE, 1.0, "", &[]);
    let other = list.add_caller("", "x");
    list.row(-1, other, Flags::NONE, 1.0, "", &["annual-ita"]);
    list.row(-2, other, Flags::NONE, 1.0, note, &[]);
    assert_eq!(list.found("anita"), "name tag");
}

#[test]
fn a_quoted_phrase_is_words_in_a_row_and_the_last_may_go_on() {
    for (asked, expected) in [
        ("\"call me\"", true),
        ("\"call me ba\"", true),
        ("\"call me, back\"", true),
        ("\"all me\"", false),
        ("\"call back\"", false),
        ("\"cal me\"", false),
        ("\"me back, 5\"", true),
        ("\"me  b\"", true),
        // What stands behind a word in the quotes ends it.
        ("\"call me b \"", false),
        ("\"call me \"", true),
        ("\"Call me\"", false),
        ("\"me back 5pm\"", true),
        ("\"5p\"", true),
        ("\"pm\"", false),
    ] {
        assert_eq!(found(asked, "please call me\nback (5pm)"), expected, "{asked}");
    }
}

#[test]
fn words_of_a_note_are_compared_as_names_are() {
    for (asked, note, expected) in [
        ("cafe", "the Café", true),
        ("café", "the Cafe", false),
        ("caf\u{e9}", "the Cafe\u{301}", true),
        ("caf", "the Cafe\u{301}", true),
        ("afe", "the Café", false),
        ("strasse", "Hauptstr. / Straße 5", true),
        ("STRASSE", "Straße", false),
        ("οδυσσευς", "ὁ ΟΔΥΣΣΕΥΣ", true),
        ("e-mail", "by e mail", true),
        ("mail", "by e-mail", true),
        ("don't", "don’t ring", true),
        ("417", "invoice 417", true),
        ("41", "invoice 417", true),
        ("17", "invoice 417", false),
        ("₹500", "paid ₹500", true),
    ] {
        assert_eq!(found(asked, note), expected, "{asked} in {note}");
    }
}

#[test]
fn every_script_has_words() {
    for (asked, note, expected) in [
        // A vowel sign and a virama are no ends of words.
        ("बिल", "कल बिल के बारे में", true),
        ("ल", "बिल", false),
        ("रे", "बारे", false),
        ("बा", "बारे", true),
        ("स्ट", "नया स्टेशन", true),
        ("टेशन", "नया स्टेशन", false),
        ("फ\u{93c}ोन", "एक \u{95e}ोन", true),
        ("счёт", "новый счёт", true),
        ("чёт", "новый счёт", false),
        ("김철", "어제 김철수", true),
        ("철수", "어제 김철수", false),
        // No blanks between words: one may begin anywhere.
        ("发票", "请回电谈发票", true),
        ("谈 票", "请回电谈发票", true),
        ("ใบ", "ขอใบเสร็จ", true),
        ("日本", "東京日本語", true),
        ("📞", "after five 📞", true),
        ("📞", "after five", false),
    ] {
        assert_eq!(found(asked, note), expected, "{asked} in {note}");
    }
}

#[test]
fn what_matched_in_a_note_is_marked_wherever_it_is() {
    for (asked, note, expected) in [
        ("invoice", "Invoice 4, not invoice 5 or 6 invoices", "[Invoice] 4, not [invoice] 5 or 6 [invoice]s"),
        ("\"call me\"", "call, me? Call me!", "[call, me]? [Call me]!"),
        ("note:417", "invoice 417", "invoice [417]"),
        ("name:invoice", "invoice", "invoice"),
        ("नि", "अनिता, निशा", "अनिता, [नि]शा"),
        ("strasse", "Straße 5", "[Straße] 5"),
        ("票", "发票", "发[票]"),
        ("anita", "an item", "an item"),
        ("-invoice", "invoice", "invoice"),
    ] {
        assert_eq!(marked(asked, note), expected, "{asked}");
    }
}

#[test]
fn a_key_asks_for_the_note_alone() {
    let mut list = List::default();
    let anita = list.add_caller("+91 98765 43210", "Anita");
    list.labels.extend(["noted".into(), "bare".into(), "tagged".into()]);
    list.row(0, anita, Flags::NONE, 1.0, "ask Anita about 98765", &[]);
    list.row(-1, anita, Flags::NONE, 1.0, "", &[]);
    list.row(-2, anita, Flags::NONE, 1.0, "", &["anita"]);
    for (asked, expected) in [
        ("note:anita", "noted"),
        ("note:98765", "noted"),
        ("note:\"anita ab\"", "noted"),
        ("note:nita", ""),
        ("-note:anita", "bare tagged"),
        ("NOTE:ask anita", "noted"),
    ] {
        assert_eq!(list.found(asked), expected, "{asked}");
    }
    assert_eq!(query("note:\"a b\" note:c").to_string(), "note:\"a b\" note:c");
}

#[test]
fn a_word_in_a_note_is_worth_what_it_is_worth_in_a_name() {
    let mut list = List::default();
    let (named, other) = (list.add_caller("", "Anita Rao"), list.add_caller("", "x"));
    list.labels.extend(["note".into(), "name".into(), "long".into()]);
    list.row(0, other, Flags::NONE, 1.0, "ask Anita", &[]);
    list.row(-1, named, Flags::NONE, 1.0, "", &[]);
    list.row(-2, other, Flags::NONE, 1.0, &format!("{} anita", "x".repeat(9_000)), &[]);
    assert_eq!(list.best("anita"), "note name long");
}
