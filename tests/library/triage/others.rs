//! The log of changes: what one process sees of another.

use tempfile::TempDir;
use vmail::core::facts::{Fact, Flags};
use vmail::core::model::Sketch;
use vmail::core::triage::{CallerKey, Edit, Given};
use vmail::store::Changed;

use crate::triage::support::*;

#[test]
fn another_process_sees_what_was_done() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("vmail.db");
    let (mut ours, account) = open(&path);
    ours.put_page(account, &many(9), None).unwrap();
    let (mut theirs, their_account) = open(&path);
    let start = theirs.change_cursor().unwrap();

    // Nothing yet.
    let none = theirs.changed_rows(their_account, start, 100).unwrap();
    assert_eq!(none, Changed { cursor: start, ..Changed::default() });
    apply(&mut ours, account, [3, 1], Edit::Fact(Fact::Starred, Some(0)));
    let done = apply(&mut ours, account, [3], Edit::Fact(Fact::Done, Some(1)));
    ours.revert(account, &done.undo).unwrap();
    ours.put_sound(account, id(5), Sketch::new(42, &[1]), b"outline").unwrap();
    apply(&mut ours, account, [6], Edit::Fact(Fact::Read, Some(0)));
    // What changes nothing is not told.
    apply(&mut ours, account, [1], Edit::Fact(Fact::Starred, Some(0)));
    apply(&mut ours, account, [6], Edit::Fact(Fact::Read, Some(0)));

    let all = theirs.changed_rows(their_account, start, 100).unwrap();
    let known = ours.rows(account, always(), None, 99).unwrap().rows;
    let expected: Vec<_> =
        known.iter().filter(|row| [6, 5, 3, 1].map(id).contains(&row.id)).copied().collect();
    assert_eq!(all.rows, expected);
    assert_eq!((all.names, all.more, all.missed), (false, false, false));
    assert_eq!(all.rows[0].flags, Flags::READ);
    assert_eq!(all.rows[1].sketch.millis, 42);
    assert_eq!(theirs.changed_rows(their_account, all.cursor, 100).unwrap().rows, []);

    // In pieces it is the same.
    let (mut cursor, mut found, mut more) = (start, Vec::new(), true);
    while more {
        let piece = theirs.changed_rows(their_account, cursor, 2).unwrap();
        found.extend(piece.rows.iter().map(|row| row.id));
        (cursor, more) = (piece.cursor, piece.more);
    }
    found.sort();
    found.dedup();
    let mut ids = [6, 5, 3, 1].map(id);
    ids.sort();
    assert_eq!((found, cursor), (ids.to_vec(), all.cursor));
}

#[test]
fn names_are_told_and_other_accounts_are_not() {
    let (mut store, account) = with(3);
    let other = store
        .account(&vmail::core::model::AccountKey::new(vmail::core::model::Region::India, 1, None))
        .unwrap();
    store.put_page(other, &many(3), None).unwrap();
    let start = store.change_cursor().unwrap();
    let caller = CallerKey::from_text("139").unwrap();
    store.set_name(&caller, Given::new("Railways", 1).as_ref()).unwrap();
    apply(&mut store, other, 0..3, Edit::Fact(Fact::Read, Some(0)));
    let changed = store.changed_rows(account, start, 100).unwrap();
    assert_eq!((changed.rows.len(), changed.names), (0, true));
    assert_eq!(changed.cursor, start + 4);
    assert_eq!(store.changed_rows(other, start, 100).unwrap().rows.len(), 3);
}

#[test]
fn who_is_too_far_behind_is_told_so() {
    let (mut store, account) = with(10_000);
    let start = store.change_cursor().unwrap();
    for turn in 0..6 {
        assert!(!store.changed_rows(account, start, 1).unwrap().missed, "{turn}");
        apply(&mut store, account, 0..10_000, Edit::Fact(Fact::Starred, (turn % 2 == 0).then_some(0)));
    }
    let end = store.change_cursor().unwrap();
    let missed = store.changed_rows(account, start, 1).unwrap();
    assert_eq!(missed, Changed { cursor: end, missed: true, ..Changed::default() });
    // A cursor of another store.
    assert!(store.changed_rows(account, end + 1, 1).unwrap().missed);
    assert!(store.changed_rows(account, u64::MAX, 1).unwrap().missed);
    assert!(!store.changed_rows(account, end, 1).unwrap().missed);
}
