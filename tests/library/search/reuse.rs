//! What was found out about callers is used again, and never when it no longer holds.

use proptest::prelude::*;
use vmail::core::facts::Flags;
use vmail::core::search::{Matcher, Query};

use crate::search::rows::{List, context, list, query};

fn found(matcher: &mut Matcher, list: &List) -> String {
    let mut rows = Vec::new();
    matcher.filter(list, &mut rows);
    list.named(&rows)
}

#[test]
fn typing_and_deleting_find_what_a_new_matcher_finds() {
    let list = list();
    for text in [
        "anita rao",
        "0987654",
        "00442",
        "jose nunez",
        "José",
        "98450 ravi",
        "name:anita invoice",
        "+91 98",
        // An accent before its letter is found nowhere while it is alone.
        "\u{301}anita",
    ] {
        let mut matcher = Matcher::new(&Query::ALL, &context());
        let typed: Vec<_> = (0..=text.len()).filter_map(|end| text.get(..end)).collect();
        for part in typed.iter().chain(typed.iter().rev()) {
            let Ok(asked) = vmail::core::search::parse(part, &context()) else { continue };
            matcher.set(&asked, &context());
            assert_eq!(found(&mut matcher, &list), list.found(part), "{part}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_words_after_one_another_find_what_new_matchers_find(
        words in prop::collection::vec("(name:)?[0-9anrAé.+]{1,3}( [ar0-9]{1,2})?", 1..8)
    ) {
        let list = list();
        let mut matcher = Matcher::new(&Query::ALL, &context());
        for text in words {
            matcher.set(&query(&text), &context());
            prop_assert_eq!(found(&mut matcher, &list), list.found(&text), "{}", text);
        }
    }
}

#[test]
fn new_callers_are_looked_at() {
    let mut list = list();
    let mut matcher = Matcher::new(&query("anita"), &context());
    assert_eq!(found(&mut matcher, &list), "a1 x1 a2");
    let caller = list.add_caller("", "Anita Bose");
    list.labels.push("new".into());
    list.row(0, caller, Flags::NONE, 1.0, "", &[]);
    assert_eq!(found(&mut matcher, &list), "a1 x1 a2 new");
    matcher.set(&query("anitab"), &context());
    assert_eq!(found(&mut matcher, &list), "new");
}

#[test]
fn another_generation_is_looked_at_anew() {
    let mut list = list();
    let mut matcher = Matcher::new(&query("anita"), &context());
    assert_eq!(found(&mut matcher, &list), "a1 x1 a2");
    list.texts[1].name = "Somebody".into();
    list.texts[2].name = "Anita too".into();
    list.generation += 1;
    matcher.set(&query("anitat"), &context());
    assert_eq!(found(&mut matcher, &list), "r1");
    matcher.set(&query("anita"), &context());
    assert_eq!(found(&mut matcher, &list), "r1 x1");
}

#[test]
fn the_day_is_that_of_the_last_context() {
    let list = list();
    let asked = query("date:today");
    let mut matcher = Matcher::new(&asked, &context());
    assert_eq!(found(&mut matcher, &list), "a1 r1");
    let mut yesterday = context();
    yesterday.now -= chrono::TimeDelta::days(1);
    matcher.set(&asked, &yesterday);
    assert_eq!(found(&mut matcher, &list), "l1");
}
