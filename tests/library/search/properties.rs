//! What holds for every query.

use std::collections::BTreeSet;

use proptest::prelude::*;
use vmail::core::facts::Flags;
use vmail::core::search::{Matcher, Query, SearchedText, Vocabulary, complete, operators, parse};

use crate::search::rows::{List, context, list, query};

/// One condition.
fn term() -> impl Strategy<Value = String> {
    let examples: Vec<_> = operators().map(|(example, _)| example.to_owned()).collect();
    let terms = [
        "a",
        "anita",
        "Rao",
        "98450",
        "0987",
        "\"call back\"",
        "\"a \\\"b\\\" \\\\\"",
        "from:91",
        "name:a",
        "name:\"Rao\"",
        "note:a",
        "note:\"call back\"",
        "date:7d",
        "date:last week",
        "date:2026-11-01..2026-11-18",
        "date:\"7d -1\"",
        "is:read",
        "is:unread",
        "has:note",
        "has:name",
        "tag:billing",
        "tag:\"Big-Deal\"",
        "length:>30s",
        "length:30s..2m",
        "length:<=1:30",
        "अनिता",
        "é",
        "e\u{301}",
        "ß",
        "\u{95e}",
        "र\u{200d}",
        "a-b",
        "or",
        "x:",
        "12:30",
        "9-8",
    ];
    let known = terms.into_iter().filter(|term| parse(term, &context()).is_ok()).map(str::to_owned);
    let known: Vec<_> = known.chain(examples).collect();
    // Alone in parentheses, so that a range does not take the words after it for its own.
    prop_oneof![
        4 => prop::sample::select(known).prop_map(|term| format!("({term})")),
        1 => "[a-zA-Z0-9éअ+.:,'-]{1,6}".prop_filter("no term", |text| parse(text, &context()).is_ok())
            .prop_map(|term| format!("({term})")),
    ]
}

/// Any query.
fn queries() -> impl Strategy<Value = String> {
    term().prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            2 => prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| format!("({})", parts.join(" "))),
            2 => prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| format!("({})", parts.join(" OR "))),
            1 => inner.prop_map(|part| format!("-{part}")),
        ]
    })
}

fn set(list: &List, text: &str) -> BTreeSet<String> {
    list.found(text).split_whitespace().map(str::to_owned).collect()
}

/// A list of one caller with this name.
fn named(name: &str) -> List {
    let mut list = List::default();
    let caller = list.add_caller("", name);
    list.labels.push("it".into());
    list.row(0, caller, Flags::NONE, 1.0, "", &[]);
    list
}

/// Smart case: folded where the word has no capital.
fn folded(word: &str, text: &str) -> String {
    if word.bytes().any(|byte| byte.is_ascii_uppercase()) {
        text.to_owned()
    } else {
        text.to_ascii_lowercase()
    }
}

struct Words;

impl Vocabulary for Words {
    fn tags(&self) -> impl Iterator<Item = &str> {
        ["billing", "Big-Deal", "é"].into_iter()
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        ["Anita \"A\" Rao", "अनिता"].into_iter()
    }
}

/// Text with what the language is made of more often than chance would have it.
fn texts() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "(",
        ")",
        "\"",
        "-",
        "OR",
        "AND",
        "NOT",
        "not",
        " ",
        "\\",
        "is:",
        "read",
        "date:",
        "last",
        "week",
        "7d",
        "..",
        "length:",
        ">",
        "=",
        "30s",
        "1:30",
        "from:",
        "9",
        "name:",
        "é",
        "अ",
        "👩‍💼",
        "tag:",
        "x",
        ":",
        "\u{301}",
        "\u{202e}",
    ]);
    prop_oneof![
        1 => any::<String>(),
        3 => prop::collection::vec(parts, 0..14).prop_map(|parts| parts.concat()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reading_never_panics_and_marks_what_is_there(text in texts()) {
        match parse(&text, &context()) {
            Ok(query) => {
                let normal = query.to_string();
                prop_assert_eq!(parse(&normal, &context()), Ok(query), "{}", normal);
                list().best(&text);
            }
            Err(mistake) => {
                prop_assert!(text.get(mistake.at.clone()).is_some(), "{:?} in {:?}", mistake.at, text);
                prop_assert!(!mistake.message.contains(char::is_control), "{mistake:?}");
            }
        }
    }

    #[test]
    fn the_normal_form_reads_back_and_finds_the_same(text in queries()) {
        let asked = query(&text);
        let normal = asked.to_string();
        prop_assert_eq!(parse(&normal, &context()), Ok(asked), "{} as {}", text, normal);
        prop_assert_eq!(list().found(&text), list().found(&normal));
    }

    #[test]
    fn what_two_ask_for_is_what_both_texts_ask_for(a in queries(), b in queries()) {
        let both = query(&a).and(query(&b));
        prop_assert_eq!(&both, &query(&format!("({a}) ({b})")));
        prop_assert_eq!(parse(&both.to_string(), &context()), Ok(both));
        prop_assert_eq!(Query::ALL.and(query(&a)), query(&a));
        prop_assert_eq!(query(&a).and(Query::ALL), query(&a));
    }

    #[test]
    fn operators_are_those_of_sets(a in queries(), b in queries()) {
        let list = list();
        let (in_a, in_b) = (set(&list, &a), set(&list, &b));
        let all = set(&list, "");
        prop_assert_eq!(set(&list, &format!("-({a})")), &all - &in_a);
        prop_assert_eq!(set(&list, &format!("({a}) ({b})")), &in_a & &in_b);
        prop_assert_eq!(set(&list, &format!("({a}) OR ({b})")), &in_a | &in_b);
        prop_assert_eq!(set(&list, &format!("{a} {b}")), set(&list, &format!("{b} {a}")));
        prop_assert_eq!(set(&list, &format!("{a} OR {b}")), set(&list, &format!("{b} OR {a}")));
    }

    #[test]
    fn the_best_are_those_that_are_found(text in queries()) {
        let list = list();
        let best: BTreeSet<_> = list.best(&text).split_whitespace().map(str::to_owned).collect();
        prop_assert_eq!(best, set(&list, &text));
    }

    #[test]
    fn letters_are_found_in_their_order(word in "[a-cA-Cé]{1,4}", name in "[a-cA-Céअ ,]{0,12}") {
        let name = name.trim();
        let text = folded(&word, name);
        let mut rest = text.chars();
        let expected = word.chars().all(|c| rest.any(|other| other == c));
        prop_assert_eq!(named(name).found(&format!("name:{word}")) == "it", expected);
    }

    #[test]
    fn tags_are_searched_as_names_are(word in "[a-cA-Cé9]{1,3}", text in "[a-cA-Céअ 9\u{301}]{0,8}") {
        for asked in [word.clone(), format!("\"{word}\"")] {
            let in_name = named(&text).found(&asked);
            let mut tagged = named("x");
            tagged.tags[0] = vec!["z".into(), text.clone()];
            tagged.flags[0] = Flags::TAGGED;
            prop_assert_eq!(tagged.found(&asked), in_name.clone(), "tag");
            prop_assert_eq!(tagged.best(&asked), in_name);
        }
    }

    #[test]
    fn notes_are_searched_by_their_words(words in "[a-cA-Cé9]{1,2}( [ab9]{1,2})?", text in "[a-bA-Bé9 ,]{0,10}") {
        let note = folded(&words, &text);
        let tokens: Vec<_> = note.split([' ', ',']).filter(|token| !token.is_empty()).collect();
        let asked: Vec<_> = words.split(' ').collect();
        let (last, whole) = asked.split_last().unwrap();
        // A plain letter in the query finds the accented one as well, of which these have none alike.
        let expected = tokens.windows(asked.len()).any(|run| {
            let (next, before) = run.split_last().unwrap();
            before == whole && next.starts_with(last)
        });
        let mut noted = named("x");
        noted.notes[0].clone_from(&text);
        noted.flags[0] = Flags::NOTE;
        let quoted = format!("\"{words}\"");
        prop_assert_eq!(noted.found(&quoted) == "it", expected);
        prop_assert_eq!(noted.best(&quoted) == "it", expected);
        let matcher = Matcher::new(&query(&quoted), &context());
        let mut places = Vec::new();
        matcher.highlighter().highlight(SearchedText::Note, &text, &mut places);
        prop_assert_eq!(!places.is_empty(), expected);
    }

    #[test]
    fn exact_texts_are_found_where_they_stand(word in "[a-bA-Bé][a-bA-B é]{0,3}", name in "[a-bA-B é]{0,12}") {
        let expected = folded(&word, &name).contains(&word);
        let found = named(&name).found(&format!("name:\"{word}\"")) == "it";
        // `é` in the word is itself; in the name a plain `e` would do as well, of which it has none.
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn marks_are_whole_characters_in_order(text in texts(), shown in texts()) {
        let Ok(asked) = parse(&text, &context()) else { return Ok(()) };
        let matcher = Matcher::new(&asked, &context());
        let mut highlighter = matcher.highlighter();
        let mut places = Vec::new();
        for field in [SearchedText::Caller, SearchedText::Name, SearchedText::Note, SearchedText::Tag] {
            highlighter.highlight(field, &shown, &mut places);
            prop_assert!(places.iter().all(|place| shown.get(place.clone()).is_some_and(|part| !part.is_empty())));
            prop_assert!(places.windows(2).all(|pair| pair[0].end < pair[1].start));
        }
    }

    #[test]
    fn a_word_that_is_found_is_marked(word in "[a-cé]{1,3}", shown in "[a-cA-Cé 👩‍💼]{0,12}") {
        let matcher = Matcher::new(&query(&format!("name:{word}")), &context());
        let mut places = Vec::new();
        matcher.highlighter().highlight(SearchedText::Name, &shown, &mut places);
        prop_assert_eq!(places.is_empty(), named(&shown).found(&format!("name:{word}")).is_empty());
    }

    #[test]
    fn what_is_offered_fits_where_it_goes(text in texts(), cursor in 0_usize..40) {
        if let Some(offered) = complete(&text, cursor, &Words) {
            prop_assert!(text.get(offered.replace).is_some());
            prop_assert!(!offered.candidates.is_empty());
        }
    }
}
