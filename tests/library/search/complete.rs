//! What is offered while typing.

use vmail::core::search::{Completion, Vocabulary, complete, parse};

use crate::search::rows::context;

struct Words;

impl Vocabulary for Words {
    fn tags(&self) -> impl Iterator<Item = &str> {
        ["billing", "Big-Deal", "urgent"].into_iter()
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        ["Anita Rao", "Ravi", "अनिता", "The \"Boss\"", "फ\u{93c}िरोज"].into_iter()
    }
}

/// What is offered at the bar in `text`: the text with the first of them, and all of them.
fn offered(text: &str) -> Option<(String, Vec<String>)> {
    let cursor = text.find('|').expect("a cursor");
    let text = text.replace('|', "");
    let Completion { replace, candidates } = complete(&text, cursor, &Words)?;
    for candidate in &candidates {
        let whole = format!("{}{candidate}{}", &text[..replace.start], &text[replace.end..]);
        assert!(candidate.ends_with(':') || parse(&whole, &context()).is_ok(), "{whole}");
    }
    let whole = format!("{}{}{}", &text[..replace.start], candidates[0], &text[replace.end..]);
    Some((whole, candidates))
}

#[track_caller]
fn check(text: &str, whole: &str, candidates: &[&str]) {
    let expected = candidates.iter().map(|word| (*word).to_owned()).collect();
    assert_eq!(offered(text), Some((whole.to_owned(), expected)), "{text}");
}

#[test]
fn keys_are_offered_for_their_letters() {
    check("na|", "name:", &["name:"]);
    check("anita -le|", "anita -length:", &["length:"]);
    check("(h|", "(has:", &["has:"]);
    assert_eq!(offered("anita |").map(|(_, all)| all.len()), Some(8));
    assert_eq!(offered("zz|"), None);
}

#[test]
fn values_are_offered_after_their_key() {
    check("is:|", "is:unread", &["unread", "read", "starred", "done", "called"]);
    check("is:re|", "is:read", &["read", "unread", "starred"]);
    check("x is:u|nre y", "x is:unread y", &["unread"]);
    check("IS:DO|", "IS:done", &["done"]);
    check("has:n|", "has:note", &["note", "name", "recording"]);
    check("tag:b|", "tag:billing", &["billing", "Big-Deal"]);
    check("-tag:big| x", "-tag:Big-Deal x", &["Big-Deal"]);
    check("tag:\"big-d|", "tag:Big-Deal", &["Big-Deal"]);
    check("tag:\"big-d|\" x", "tag:Big-Deal x", &["Big-Deal"]);
    check("name:r|", "name:Ravi", &["Ravi", "\"Anita Rao\""]);
    check("name:अ|", "name:अनिता", &["अनिता"]);
    check("name:\u{95e}|", "name:फ\u{93c}िरोज", &["फ\u{93c}िरोज"]);
    check("name:the|", "name:\"The \\\"Boss\\\"\"", &["\"The \\\"Boss\\\"\""]);
    check("date:yes|", "date:yesterday", &["yesterday"]);
}

#[test]
fn nothing_is_offered_where_nothing_fits() {
    for text in ["is:unread|", "is:x|", "from:9|", "length:|", "tag:billing|", "nokey:|", "\"is|", "|-is:"] {
        assert_eq!(offered(text), None, "{text}");
    }
}
