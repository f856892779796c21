//! What users of fzf expect of a word.

use vmail::core::facts::Flags;

use crate::search::rows::List;

/// Whether a caller of this name is found.
fn found(word: &str, name: &str) -> bool {
    let mut list = List::default();
    let caller = list.add_caller("", name);
    list.labels.push("it".into());
    list.row(0, caller, Flags::NONE, 1.0, "", &[]);
    list.found(word) == "it"
}

#[test]
fn letters_match_in_their_order_with_gaps() {
    assert!(found("anr", "Anita Rao"));
    assert!(found("ao", "Anita Rao"));
    assert!(found("wdgt", "Widgets Private Limited"));
    assert!(found("wpl", "Widgets Private Limited"));
    assert!(!found("ran", "Anita Rao"));
    assert!(!found("anitaa", "Anita Rui"));
    assert!(!found("x", "Anita Rao"));
}

#[test]
fn a_capital_is_only_itself() {
    assert!(found("anita", "ANITA"));
    assert!(found("Anita", "Anita"));
    assert!(!found("Anita", "anita"));
    assert!(!found("aNita", "Anita"));
    assert!(found("AR", "Anita Rao"));
    assert!(!found("AR", "Anita rao"));
    assert!(found("ωμεγα", "ΩΜΕΓΑ"));
    assert!(!found("Ωμεγα", "ωμεγα"));
}

#[test]
fn plain_letters_match_accents_and_accents_themselves() {
    assert!(found("jose", "José"));
    assert!(found("josé", "José"));
    assert!(found("jose", "Jose\u{301}"), "an accent as a character of its own");
    assert!(found("nunez", "NÚÑEZ"));
    assert!(!found("josé", "Jose"));
    assert!(found("a\u{301}nita", "Anita"), "a typed accent of its own is left out");
    assert!(!found("\u{301}", "Anita"));
}

#[test]
fn any_script_is_letters() {
    assert!(found("अनिता", "अनिता राव"));
    assert!(found("राव", "अनिता राव"));
    assert!(!found("रावण", "अनिता राव"));
    assert!(found("📞", "Anita 📞"));
    assert!(found("👩‍💼", "👩‍💼 boss"));
    assert!(!found("📞", "Anita"));
    assert!(found("日語", "日本語"));
}

#[test]
fn better_matches_come_first() {
    let order = |word: &str, names: &[&str]| {
        let mut list = List::default();
        for (row, name) in names.iter().enumerate() {
            let caller = list.add_caller("", name);
            list.labels.push((*name).into());
            list.row(-(row as i64), caller, Flags::NONE, 1.0, "", &[]);
        }
        list.best(word)
    };
    assert_eq!(
        order("rao", &["Ravi Das Oak", "Sharao", "Rao"]),
        "Rao Ravi Das Oak Sharao",
        "initials are better than the middle of a word"
    );
    assert_eq!(order("ar", &["Carol", "Anita Rao"]), "Anita Rao Carol", "starts of words count");
    assert_eq!(order("das", &["Dinas", "Ravi Das"]), "Ravi Das Dinas", "a gap costs");
}
