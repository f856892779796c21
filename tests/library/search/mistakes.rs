//! What is said of a text that is no query, and where.

use vmail::core::search::{Mistake, parse};

use crate::search::rows::context;

fn mistake(text: &str) -> Mistake {
    match parse(text, &context()) {
        Ok(query) => panic!("{text:?} is {query:?}"),
        Err(mistake) => mistake,
    }
}

/// The text, the part that is marked, what is said, and what would be right.
#[track_caller]
fn check(text: &str, marked: &str, message: &str, instead: Option<&str>) {
    let mistake = mistake(text);
    assert_eq!(&text[mistake.at.clone()], marked, "{text}: {mistake}");
    assert!(mistake.message.contains(message), "{text}: {mistake}");
    let whole = instead.map(|_| {
        let instead = mistake.instead.clone().unwrap_or_default();
        format!("{}{instead}{}", &text[..mistake.at.start], &text[mistake.at.end..])
    });
    assert_eq!(whole.as_deref(), instead, "{text}: {mistake:?}");
    if let Some(whole) = whole {
        assert!(parse(&whole, &context()).is_ok(), "{whole} is offered and is no query");
    }
    assert!(!mistake.message.ends_with('.') && !mistake.message.contains('\n'));
}

#[test]
fn keys() {
    check("form:98765", "form:", "did you mean `from:`?", Some("from:98765"));
    check("anita lenght:>30s", "lenght:", "did you mean `length:`?", Some("anita length:>30s"));
    check("http://a.b", "http://a.b", "unknown field `http:`", Some("\"http://a.b\""));
}

#[test]
fn values() {
    check("is:raed", "raed", "did you mean `is:read`?", Some("is:read"));
    check("is:blue", "blue", "use unread, read, starred, done or called", None);
    check("is:", "is:", "use unread", None);
    check("is: read", "is:", "missing value after `is:`", None);
    check("has:nots", "nots", "did you mean `has:note`?", Some("has:note"));
    check("from:anita", "from:anita", "name:anita", Some("name:anita"));
    check("from:\"anita rao\"", "from:\"anita rao\"", "name:", Some("name:\"anita rao\""));
    check("from:", "from:", "from:98765", None);
    check("name:", "name:", "name:anita", None);
    check("(tag:)", "tag:", "tag:billing", None);
}

#[test]
fn dates() {
    check("date:lst week", "lst", "did you mean `last`?", None);
    check("date:last weeek", "weeek", "did you mean `week`?", None);
    check("anita date:\"last weeek\" x", "weeek", "did you mean `week`?", None);
    check("date:2026-13", "13", "the month must be 01 to 12", None);
    check("date:2026-11-15..2026-11-01", "2026-11-01", "is before the start", None);
    check("date:this week..2026-11-20", "2026-11-20", "is before the start", None);
    check("date: today", "date:", "needs a date range", None);
    check("date:é", "é", "not a date", None);
}

#[test]
fn lengths() {
    check("length:", "length:", "length:>30s", None);
    check("length:>", "", "missing length", None);
    check("length:>abc", "abc", "write it as 30s, 2m", None);
    check("length:><3s", "><", "not a comparison", Some("length:>=3s"));
    check("length:=<3s", "=<", "not a comparison", Some("length:<=3s"));
    check("length:2m..30s", "2m..30s", "the end is less than the start", Some("length:30s..2m"));
    check("length:\"2m..x\"", "x", "`x` is not a length", None);
    check("length:1:75", "1:75", "is not a length", None);
    check("length:<0s", "<0s", "no voicemail is shorter", None);
    check("length:>24h", "24h", "too long", None);
    check("length:99999999999h", "99999999999h", "is not a length", None);
    check("length:..", "..", "missing length", None);
    check("length:30s30s", "30s30s", "is not a length", None);
}

#[test]
fn parentheses_and_quotes() {
    check("(anita", "(", "not closed", None);
    check("x (", "(", "not closed", None);
    check("anita)", ")", "never opened", Some("anita"));
    check("()", ")", "no term before", None);
    check("a (b OR )", "OR", "needs a term after", None);
    check("x \"call back", "\"call back", "this quote is not closed", Some("x \"call back\""));
    check("\"call\\", "\"call\\", "this quote is not closed", Some("\"call\""));
    check("tag:\"call back\"", "\"call back\"", "a tag is one word", None);
    check("tag:\"call", "\"call", "this quote is not closed", Some("tag:\"call\""));
    check("\" \"", "\" \"", "nothing between", None);
}

#[test]
fn operators() {
    check("OR ravi", "OR", "needs a term before it", None);
    check("anita OR", "OR", "needs a term after it", None);
    check("anita OR OR ravi", "OR", "needs a term after it", None);
    check("anita AND ravi", "AND", "leave AND out", Some("anita  ravi"));
    check("anita NOT", "NOT", "`NOT` needs a term after it", None);
    check("NOT OR ravi", "NOT", "`NOT` needs a term after it", None);
    check("anita - ravi", "-", "directly before", Some("anita \"-\" ravi"));
    check("-", "-", "directly before", Some("\"-\""));
}

#[test]
fn sizes() {
    check(&"a".repeat(1_001), "a", "too long: at most 1000 bytes", None);
    check(&"é".repeat(501), "é", "too long", None);
    let deep = |depth| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&deep(32), &context()).is_ok());
    check(&deep(33), "(", "too many nested parentheses", None);
    assert!(parse(&"a ".repeat(64), &context()).is_ok());
    check(&format!("{}b", "a ".repeat(64)), "b", "at most 64", None);
    assert!(parse(&"-".repeat(900), &context()).is_err());
    assert!(parse(&format!("{}a", "-".repeat(900)), &context()).is_ok());
}
