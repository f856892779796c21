//! Every operator against rows.

use vmail::core::search::operators;

use crate::search::rows::{List, list, query};

const ALL: &str = "a1 r1 l1 j1 h1 w1 x1 a2";

#[track_caller]
fn check(table: &[(&str, &str)]) {
    let list = list();
    for (text, expected) in table {
        assert_eq!(list.found(text), *expected, "{text}");
    }
}

#[test]
fn nothing_asked_for_is_everything() {
    assert!(query("").is_all());
    assert!(!query("a").is_all());
    check(&[("", ALL), ("  \t ", ALL)]);
}

#[test]
fn words_are_found_in_every_text_and_all_are_needed() {
    check(&[
        ("anita", "a1 x1 a2"),
        ("anr", "a1 a2"),
        ("widget", "w1"),
        ("invoice", "a1"),
        ("urgent", "h1"),
        ("bgdl", "l1"),
        ("anita rao", "a1 a2"),
        ("anita invoice", "a1"),
        ("anita sharma", ""),
        ("अनिता", "h1"),
        ("अनता", "h1"),
        ("nunez", "j1"),
        ("manana", "j1"),
    ]);
}

#[test]
fn digits_are_found_in_a_row_however_the_number_is_written() {
    check(&[
        ("98450", "r1 j1"),
        ("987654", "a1 a2"),
        ("9845012345", "r1"),
        ("+91", "a1 r1 h1 a2"),
        ("+919876543210", "a1 a2"),
        ("09876543210", "a1 a2"),
        ("00919876543210", "a1 a2"),
        ("02079460018", "l1"),
        // Every digit is in the number, but not in a row.
        ("98310", ""),
    ]);
}

#[test]
fn quotes_are_exact() {
    check(&[
        ("\"call back\"", "a1"),
        ("\"back call\"", ""),
        ("\"anta\"", ""),
        ("\"RAO\"", ""),
        ("\"Rao\"", "a1 a2"),
        ("\"rao\"", "a1 a2"),
        ("\"98765 43210\"", "a1 a2"),
        ("\"9876543210\"", "a1 a2"),
        ("\"\\\"mañana\\\"\"", "j1"),
        ("\"big-deal\"", "l1"),
        ("\"(\"", ""),
    ]);
}

#[test]
fn from_is_the_number_alone() {
    check(&[
        ("from:98450", "r1"),
        ("from:98765", "a1 a2"),
        ("from:\"+91 98765 43210\"", "a1 a2"),
        ("from:098765", "a1 a2"),
        ("from:00442079460018", "l1"),
        ("from:612-34-56", "j1"),
        ("FROM:98450", "r1"),
        // Three digits without their zero are found nearly everywhere: they are not tried.
        ("from:0345", ""),
    ]);
}

#[test]
fn name_is_the_name_alone() {
    check(&[
        ("name:anita", "a1 a2"),
        ("name:\"anita rao\"", "a1 a2"),
        ("name:\"anta\"", ""),
        ("name:अनिता", "h1"),
        ("name:widget", "w1"),
        ("name:invoice", ""),
        ("name:98765", ""),
    ]);
}

#[test]
fn dates_take_every_form_of_a_range() {
    check(&[
        ("date:today", "a1 r1"),
        ("date:\"last week\"", "l1 j1 h1"),
        ("date:last week", "l1 j1 h1"),
        ("date:last week billing", "h1"),
        ("billing date:last week", "h1"),
        ("date:2026-11-15..2026-11-16", "h1 w1"),
        ("date:2026-11-15 to 2026-11-16", "h1 w1"),
        ("date:2026-10", "a2"),
        ("date:..2026-10-31 18:00", ""),
        ("date:..2026-10-31 18:01", "a2"),
        ("date:today 09:00..today 10:00", "r1"),
        ("date:7d", "a1 r1 l1 j1"),
        ("date:24h", "a1 r1 l1"),
        ("date:monday..", "a1 r1"),
        ("date:7d -1", "h1 w1"),
        ("date:7d -anita", "r1 l1 j1"),
        ("date:today is:read", "r1"),
        ("(date:last week) billing", "h1"),
        ("date:today OR date:2026-10", "a1 r1 a2"),
        ("-date:last week", "a1 r1 w1 x1 a2"),
        ("date:all", ALL),
    ]);
}

#[test]
fn states_are_bits() {
    check(&[
        ("is:unread", "a1 l1 w1 x1"),
        ("is:read", "r1 j1 h1 a2"),
        ("is:starred", "l1"),
        ("is:done", "j1 a2"),
        ("is:called", "h1"),
        ("IS:Unread", "a1 l1 w1 x1"),
        ("has:note", "a1 j1 x1"),
        ("has:tag", "a1 l1 h1"),
        ("has:name", "a1 r1 j1 h1 a2"),
        ("has:recording", "a1 r1 l1 x1 a2"),
    ]);
}

#[test]
fn tags_are_whole_and_in_any_case() {
    check(&[
        ("tag:billing", "a1 h1"),
        ("tag:BILLING", "a1 h1"),
        ("tag:bill", ""),
        ("tag:\"big-deal\"", "l1"),
        ("-tag:billing", "r1 l1 j1 w1 x1 a2"),
    ]);
}

#[test]
fn lengths_are_whole_seconds_and_unknown_ones_have_none() {
    check(&[
        ("length:>30s", "a1 l1 j1 h1 a2"),
        ("length:>=30s", "a1 r1 l1 j1 h1 a2"),
        ("length:<30s", "x1"),
        ("length:<=30s", "r1 x1"),
        ("length:=30s", "r1"),
        ("length:30", "r1"),
        ("length:=0", "x1"),
        ("length:31s..2m", "a1 l1 j1 h1"),
        ("length:1:30", "j1"),
        ("length:1:30..2:00", "j1 h1"),
        ("length:1m30s", "j1"),
        ("length:>1h", "a2"),
        ("length:1:02:05", "a2"),
        ("length:..30s", "r1 x1"),
        ("length:2m..", "h1 a2"),
        ("length:\">2m\"", "a2"),
        ("-length:>0s", "w1 x1"),
    ]);
}

#[test]
fn or_binds_less_than_words_beside_one_another() {
    check(&[
        ("anita OR ravi", "a1 r1 x1 a2"),
        ("anita is:done OR ravi", "r1 a2"),
        ("anita (is:done OR ravi)", "a2"),
        ("(anita OR ravi) is:done", "a2"),
        ("ravi OR anita OR jose", "a1 r1 j1 x1 a2"),
        ("ravi or jose", ""),
    ]);
}

#[test]
fn a_dash_leaves_out() {
    check(&[
        ("-anita", "r1 l1 j1 h1 w1"),
        ("anita -invoice", "x1 a2"),
        ("-is:read", "a1 l1 w1 x1"),
        ("-\"call back\"", "r1 l1 j1 h1 w1 x1 a2"),
        ("-(anita OR is:read)", "l1 w1"),
        ("-(anita is:read)", "a1 r1 l1 j1 h1 w1 x1"),
        ("--anita", "a1 x1 a2"),
        ("-anita OR is:done", "r1 l1 j1 h1 w1 a2"),
    ]);
}

#[test]
fn the_best_come_first_and_equals_keep_their_order() {
    let mut list = List::default();
    let names = ["Anna Mitra", "Anita Rao", "Sanita Ltd", "Anita Das"];
    for (row, name) in names.iter().enumerate() {
        let caller = list.add_caller("", name);
        list.labels.push((*name).replace(' ', "_"));
        list.row(-(row as i64), caller, vmail::core::facts::Flags::NONE, 1.0, "", &[]);
    }
    let caller = list.add_caller("", "Nobody");
    list.labels.push("note".into());
    list.row(-9, caller, vmail::core::facts::Flags::NONE, 1.0, "ask Anita", &[]);
    assert_eq!(list.found("anita"), "Anna_Mitra Anita_Rao Sanita_Ltd Anita_Das note");
    assert_eq!(list.best("anita"), "Anita_Rao Anita_Das note Anna_Mitra Sanita_Ltd");
    assert_eq!(list.best("-zzz"), list.found("-zzz"));
    assert_eq!(list.best("zzz"), "");
}

#[test]
fn every_example_of_the_help_can_be_used() {
    let operators: Vec<_> = operators().collect();
    assert!(operators.len() >= 14, "{operators:?}");
    for (example, meaning) in operators {
        assert!(!meaning.is_empty() && meaning.len() < 90, "{example}");
        let example = query(example);
        assert_eq!(query(&example.to_string()), example);
    }
}

#[test]
fn blocks_have_no_seams() {
    for count in [0, 1, 63, 64, 65, 128, 200] {
        let mut list = List::default();
        let odd = list.add_caller("", "odd");
        let even = list.add_caller("", "even");
        for row in 0..count {
            list.labels.push(row.to_string());
            list.row(
                -row,
                if row % 2 == 1 { odd } else { even },
                vmail::core::facts::Flags::NONE,
                1.0,
                "",
                &[],
            );
        }
        let expected: Vec<_> = (0..count).filter(|row| row % 2 == 1).map(|row| row.to_string()).collect();
        assert_eq!(list.found("odd"), expected.join(" "));
        assert_eq!(list.found("").split_whitespace().count(), count as usize);
        assert_eq!(list.found("-even"), expected.join(" "));
    }
}
