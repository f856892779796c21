//! What users of fzf expect of a word.

use vmail::core::facts::Flags;

use crate::names::JOINED;
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
    assert!(found("jose\u{301}", "José"), "the same accent, typed as a character of its own");
    assert!(!found("jose\u{301}", "Jose"));
    assert!(found("q\u{303}", "Q"), "no letter has this accent: it is left out");
    assert!(found("nguyen", "Nguy\u{1ec5}n"));
    assert!(found("αθηνα", "Αθήνα"));
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
fn a_name_is_found_by_every_spelling_that_unicode_calls_the_same() {
    for (composed, apart) in [
        ("\u{95e}िरो\u{95b}", "\u{92b}\u{93c}िरो\u{91c}\u{93c}"),
        ("গ\u{9cb}পাল", "গ\u{9c7}\u{9be}পাল"),
        ("க\u{bca}டி", "க\u{bc6}\u{bbe}டி"),
        ("김철수", "\u{1100}\u{1175}\u{11b7}\u{110e}\u{1165}\u{11af}\u{1109}\u{116e}"),
        ("Nguy\u{1ec5}n", "Nguye\u{302}\u{303}n"),
        ("Éloïse Béchet", "E\u{301}loi\u{308}se Be\u{301}chet"),
        ("Straße", "Strasse"),
        ("GROẞ", "GROSS"),
    ] {
        for (word, name) in [(composed, apart), (apart, composed), (composed, composed), (apart, apart)] {
            for query in [format!("name:\"{word}\""), format!("\"{word}\""), word.replace(' ', " name:")] {
                assert!(found(&query, name), "{query} {name}");
            }
        }
    }
    assert!(found("strase", "Straße"), "with a gap");
    assert!(!found("strassse", "Straße"));
    assert!(found("οδυσσευς", "ΟΔΥΣΣΕΥΣ"));
}

#[test]
fn joiners_and_selectors_make_no_difference() {
    for name in JOINED {
        let bare: String = name.chars().filter(|c| !vmail::core::text::is_joiner(*c)).collect();
        assert_ne!(name, bare);
        for (word, name) in [(name, &*bare), (&*bare, name), (name, name)] {
            assert!(found(&format!("\"{word}\""), name), "{word} {name}");
            assert!(found(&format!("name:\"{word}\""), name), "{word} {name}");
        }
    }
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
