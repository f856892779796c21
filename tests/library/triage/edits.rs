//! Changes one by one: what they do, what they leave, and what taking them back restores.

use tempfile::TempDir;
use vmail::core::facts::{Fact, Flags};
use vmail::core::model::{AccountKey, Region, from_millis};
use vmail::core::triage::{Applied, BulkEdit, CallerKey, Edit, Given, Note, Tag};

use crate::triage::support::*;

#[test]
fn undoing_reopens_only_what_was_closed() {
    let (mut store, account) = with(12);
    assert_eq!(apply(&mut store, account, [2, 5, 7], Edit::Fact(Fact::Done, Some(100))).changed.len(), 3);
    let before = records(&mut store, account);

    let done = apply(&mut store, account, 0..12, Edit::Fact(Fact::Done, Some(200)));
    assert_eq!(done.changed.len(), 9);
    let after = records(&mut store, account);
    let times: Vec<_> = after.iter().rev().map(|record| record.facts.get(Fact::Done).unwrap()).collect();
    assert_eq!(times, [200, 200, 100, 200, 200, 100, 200, 100, 200, 200, 200, 200]);

    let undone = store.revert(account, &done.undo).unwrap();
    assert_eq!(undone.changed.len(), 9);
    assert!(undone.changed.iter().all(|(_, flags)| !flags.contains(Flags::DONE)));
    assert_eq!(records(&mut store, account), before);

    let redone = store.revert(account, &undone.undo).unwrap();
    assert_eq!(records(&mut store, account), after);
    assert_eq!(redone.undo, done.undo);
}

#[test]
fn the_flags_say_what_there_is() {
    let (mut store, account) = with(2);
    let recording = Flags::RECORDING;
    let steps = [
        (Edit::Fact(Fact::Read, Some(0)), recording | Flags::READ),
        (Edit::Fact(Fact::Starred, Some(0)), recording | Flags::READ | Flags::STARRED),
        (Edit::Fact(Fact::Read, None), recording | Flags::STARRED),
        (Edit::Fact(Fact::Starred, None), recording),
        (Edit::Fact(Fact::Done, Some(5)), recording | Flags::DONE),
        (Edit::Fact(Fact::Called, Some(6)), recording | Flags::DONE | Flags::CALLED),
        (Edit::Fact(Fact::Done, None), recording | Flags::CALLED),
        (Edit::Note(note("call her", 7)), recording | Flags::CALLED | Flags::NOTE),
        (Edit::Fact(Fact::Called, None), recording | Flags::NOTE),
        (Edit::Note(None), recording),
        (tags(&["a", "b"], &[]), recording | Flags::TAGGED),
        (tags(&[], &["a"]), recording | Flags::TAGGED),
        (tags(&[], &["B"]), recording),
    ];
    for (edit, expected) in steps {
        let applied = apply(&mut store, account, [1], edit.clone());
        assert_eq!(applied.changed, [(id(1), expected)], "{edit:?}");
        assert_eq!(flags(&mut store, account, 1), expected, "{edit:?}");
        // The same again is nothing.
        assert_eq!(apply(&mut store, account, [1], edit), Applied::default());
        assert_eq!(flags(&mut store, account, 0), Flags::NONE);
    }
}

#[test]
fn a_voicemail_that_is_not_there_is_left_out() {
    let (mut store, account) = with(2);
    let applied = apply(&mut store, account, [1, 99, 1], Edit::Note(note("x", 1)));
    assert_eq!(applied.changed.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [id(1)]);
    assert_eq!(apply(&mut store, account, [99], tags(&["a"], &[])), Applied::default());
}

#[test]
fn a_later_call_takes_the_place_of_an_earlier_one() {
    let (mut store, account) = with(1);
    let called = |store: &mut _| records(store, account)[0].facts.get(Fact::Called);
    apply(&mut store, account, [0], Edit::Fact(Fact::Called, Some(5)));
    let second = apply(&mut store, account, [0], Edit::Fact(Fact::Called, Some(9)));
    assert_eq!(called(&mut store), Some(9));
    store.revert(account, &second.undo).unwrap();
    assert_eq!(called(&mut store), Some(5));
}

#[test]
fn a_note_comes_back_as_it_was() {
    let (mut store, account) = with(1);
    apply(&mut store, account, [0], Edit::Note(note("first\n  second \u{1b}[2J\n\n", 5)));
    let details = store.details(account, id(0), 0).unwrap().unwrap();
    assert_eq!(details.note, note("first\n  second [2J", 5));
    // The same words at another time are the same note.
    let same = apply(&mut store, account, [0], Edit::Note(note("first\n  second [2J", 9)));
    assert_eq!(same, Applied::default());
    let gone = apply(&mut store, account, [0], Edit::Note(None));
    assert_eq!(store.note(account, id(0)).unwrap(), None);
    store.revert(account, &gone.undo).unwrap();
    assert_eq!(store.note(account, id(0)).unwrap(), note("first\n  second [2J", 5));
}

#[test]
fn a_tag_is_one_tag_however_its_case() {
    let (mut store, account) = with(2);
    apply(&mut store, account, [0], tags(&["Billing"], &[]));
    let both = apply(&mut store, account, [0, 1], tags(&["billing", "Été"], &[]));
    assert_eq!(both.changed.len(), 2);
    let tagged = |store: &mut _| -> Vec<Vec<Tag>> {
        records(store, account).into_iter().rev().map(|record| record.tags).collect()
    };
    assert_eq!(tagged(&mut store), [[tag("Billing"), tag("Été")], [tag("billing"), tag("Été")]]);
    let gone = apply(&mut store, account, [0, 1], tags(&["new", "ÉTÉ"], &["BILLING", "été"]));
    assert_eq!(tagged(&mut store), [[tag("new")], [tag("new")]]);
    store.revert(account, &gone.undo).unwrap();
    assert_eq!(tagged(&mut store), [[tag("Billing"), tag("Été")], [tag("billing"), tag("Été")]]);
    store.revert(account, &both.undo).unwrap();
    assert_eq!(tagged(&mut store), [vec![tag("Billing")], vec![]]);
}

#[test]
fn what_is_no_tag_and_no_note() {
    for text in ["", " ", "#", "a b", "a,b", "a#b", "##a", "a\u{202e}b", "a\nb", &"x".repeat(41)] {
        assert_eq!(Tag::new(text), None, "{text:?}");
    }
    assert_eq!(Tag::new(" #Ключ ").unwrap().as_str(), "Ключ");
    assert_eq!(Tag::new(&"é".repeat(40)).unwrap().as_str(), "é".repeat(40));
    assert_eq!(Note::new(" \n\t\n", 1), None);
    let long = Note::new(&"word ".repeat(9_999), 1).unwrap();
    assert_eq!(long.text().chars().count(), 5 * 9_999 - 1);
    assert!(long.first_words().chars().count() <= Note::WORDS_MAX && long.first_words().ends_with('…'));
    let refused = long.fitting().unwrap_err().to_string();
    assert_eq!(refused, "a note has at most 10,000 characters, this one has 49,994");
    // What is around the text does not count.
    assert!(Note::new(&format!("\n{} \n\n", "é".repeat(Note::MAX)), 1).unwrap().fitting().is_ok());
}

#[test]
fn names_belong_to_the_number_in_all_accounts() {
    let (mut store, account) = with(9);
    let spelled =
        vmail::core::model::Voicemail::new(vmail::core::model::from_millis(99_000), "+91 98765 43211", None);
    store.put_page(account, std::slice::from_ref(&spelled), None).unwrap();
    let details = store.details(account, id(1), 0).unwrap().unwrap();
    let caller = details.key.unwrap();
    assert_eq!((caller.as_str(), details.name), ("+919876543211", None));
    assert_eq!(details.spellings.len(), 2);

    let anita = Given::new(" Anita\u{7} Rao ", 5).unwrap();
    let named = store.set_name(&caller, Some(&anita)).unwrap();
    let same = Given::new("Anita Rao", 9).unwrap();
    assert_eq!(store.set_name(&caller, Some(&same)).unwrap(), Applied::default());
    for known in [id(1), id(8), spelled.id] {
        let details = store.details(account, known, 0).unwrap().unwrap();
        assert_eq!(details.name.unwrap().name(), "Anita Rao");
    }
    let callers = store.callers_whole(None, 99).unwrap();
    let shown: Vec<_> = callers.iter().filter_map(|caller| caller.name.as_deref()).collect();
    assert_eq!(shown, ["Anita Rao", "Anita Rao"]);
    assert_eq!(store.names().unwrap(), [(caller.clone(), anita.clone())]);

    let undone = store.revert(account, &named.undo).unwrap();
    assert_eq!(store.names().unwrap(), []);
    store.revert(account, &undone.undo).unwrap();
    assert_eq!(store.names().unwrap(), [(caller.clone(), anita)]);
    let gone = store.set_name(&caller, None).unwrap();
    // Somebody else gives another name: that stays.
    let other = Given::new("Anita", 7).unwrap();
    store.set_name(&caller, Some(&other)).unwrap();
    assert_eq!(store.revert(account, &gone.undo).unwrap(), Applied::default());
    assert_eq!(store.names().unwrap(), [(caller, other)]);
}

#[test]
fn nobody_is_named_who_withholds_the_number() {
    let (mut store, account) = with(8);
    let details = store.details(account, id(7), 0).unwrap().unwrap();
    assert_eq!((details.key, details.spellings), (None, Vec::new()));
    let empty = CallerKey::from_text(" ");
    assert_eq!(empty, None);
}

#[test]
fn undoing_leaves_what_another_process_did_since() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("vmail.db");
    let (mut ours, account) = open(&path);
    ours.put_page(account, &many(4), None).unwrap();
    let (mut theirs, their_account) = open(&path);

    let noted = apply(&mut ours, account, 0..4, Edit::Note(note("ours", 1)));
    let done = apply(&mut ours, account, 0..4, Edit::Fact(Fact::Done, Some(1)));
    let tagged = apply(&mut ours, account, 0..4, tags(&["a"], &[]));
    apply(&mut theirs, their_account, [1], Edit::Note(note("theirs", 2)));
    apply(&mut theirs, their_account, [2], Edit::Fact(Fact::Done, None));
    apply(&mut theirs, their_account, [2], Edit::Fact(Fact::Done, Some(9)));
    apply(&mut theirs, their_account, [3], tags(&[], &["a"]));
    apply(&mut theirs, their_account, [0], Edit::Fact(Fact::Starred, Some(0)));

    for (applied, left) in [(&tagged, 3), (&done, 2), (&noted, 1)] {
        let undone = ours.revert(account, &applied.undo).unwrap();
        assert_eq!(undone.changed.len(), 3);
        assert!(undone.changed.iter().all(|(known, _)| *known != id(left)), "{left}");
    }
    let mut all = records(&mut ours, account);
    all.reverse();
    assert_eq!(
        all.iter().map(|record| record.note.clone()).collect::<Vec<_>>(),
        [None, note("theirs", 2), None, None]
    );
    assert_eq!(
        all.iter().map(|record| record.facts.get(Fact::Done)).collect::<Vec<_>>(),
        [None, None, Some(9), None]
    );
    assert!(all.iter().all(|record| record.tags.is_empty()));
    // Another field of the same voicemail is no reason to leave it.
    assert!(all[0].facts.has(Fact::Starred));
}

#[test]
fn a_change_of_many_is_small_to_keep() {
    let (mut store, account) = with(1_000);
    let change = BulkEdit { ids: (0..1_000).map(id).collect(), edit: tags(&["a", "b"], &["c"]) };
    let applied = store.apply(account, &change).unwrap();
    assert_eq!(applied.changed.len(), 1_000);
    // Two values, each once, and not two thousand.
    assert_eq!(format!("{:?}", applied.undo).matches("Voicemail {").count(), 2);
}

#[test]
fn steps_are_kept_for_a_day_and_not_without_end() {
    let (mut store, account) = with(20_000);
    let at = |seconds: i64| from_millis(1_800_000_000_000 + 1_000 * seconds);
    let change = |ids: std::ops::Range<i64>, edit| BulkEdit { ids: ids.map(id).collect(), edit };
    let starred = |is_starred: bool| Edit::Fact(Fact::Starred, is_starred.then_some(0));
    // What is not made as a step is none.
    store.apply(account, &change(0..3, starred(true))).unwrap();
    assert_eq!(store.last_step(account, at(0)).unwrap(), None);
    let first = store.apply_step(account, &change(0..3, Edit::Fact(Fact::Done, Some(7))), at(0)).unwrap();
    let nothing = store.apply_step(account, &change(0..3, Edit::Fact(Fact::Done, Some(8))), at(1)).unwrap();
    assert_eq!((nothing.step, first.step.is_some()), (None, true));
    let found = store.last_step(account, at(2)).unwrap().unwrap();
    assert_eq!((Some(found.id), found.at, &found.undo), (first.step, at(0), &first.undo));
    assert_eq!(found.voicemails.len(), 3);
    assert_eq!(store.last_step(account, at(86_401)).unwrap(), None);
    // Of another account it is not.
    let other = store.account(&AccountKey::new(Region::Global, 2, None)).unwrap();
    assert_eq!(store.last_step(other, at(2)).unwrap(), None);
    // One that is too large hides those before it.
    store.apply_step(account, &change(0..10_001, Edit::Fact(Fact::Read, Some(0))), at(3)).unwrap();
    assert_eq!(store.last_step(account, at(4)).unwrap(), None);
    for turn in 0..150 {
        store.apply_step(account, &change(5..6, starred(turn % 2 == 0)), at(10 + turn)).unwrap();
    }
    let mut undone = 0;
    while let Some(step) = store.last_step(account, at(200)).unwrap() {
        store.undo_step(account, &step.undo, Some(step.id)).unwrap();
        undone += 1;
    }
    assert_eq!(undone, 100);
    // A number is never used again: another window may remember it.
    let next = store.apply_step(account, &change(5..6, starred(true)), at(300)).unwrap();
    assert!(next.step.unwrap().0 > 150, "{next:?}");
}
