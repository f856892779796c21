//! A damaged store: what the user did comes into the new one, as far as it can be read.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proptest::prelude::*;
use tempfile::TempDir;
use vmail::core::caller;
use vmail::core::facts::{Fact, Flags};
use vmail::core::model::Voicemail;
use vmail::core::triage::{CallerKey, Edit, Given};
use vmail::store::{AccountId, Notice, Opened, Record, Store};

use crate::triage::support::{apply, id, key, many, note, open, options, records, tags};

/// How many voicemail the store has.
const COUNT: i64 = 1_500;

/// The sound store, as bytes, and everything in it.
struct Sound {
    bytes: Vec<u8>,
    page_size: usize,
    records: Vec<Record>,
}

impl Sound {
    fn pages(&self) -> usize {
        self.bytes.len() / self.page_size
    }

    /// The numbers of the pages that this tree is made of.
    fn pages_of(&self, tree: &str) -> Vec<usize> {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("vmail.db");
        fs::write(&path, &self.bytes).unwrap();
        let connection = rusqlite::Connection::open(&path).unwrap();
        let root: i64 = connection
            .query_row("SELECT rootpage FROM sqlite_master WHERE name = ?1", [tree], |row| row.get(0))
            .unwrap();
        let mut pages = Vec::new();
        let mut open = vec![usize::try_from(root).unwrap()];
        while let Some(page) = open.pop() {
            pages.push(page);
            let start = (page - 1) * self.page_size;
            let bytes = &self.bytes[start..start + self.page_size];
            let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
            // Inner pages of tables and of indexes: the cells' places, then the page on the right.
            if matches!(bytes[0], 2 | 5) {
                let cells = usize::from(u16::from_be_bytes([bytes[3], bytes[4]]));
                let cell = |n| usize::from(u16::from_be_bytes([bytes[12 + 2 * n], bytes[13 + 2 * n]]));
                open.extend((0..cells).map(|n| number(cell(n))));
                open.push(number(8));
            }
        }
        pages
    }

    /// Opens the store with `damage` done to it, and reads all of it so that it is met.
    fn open_damaged(&self, damage: impl FnOnce(&mut Vec<u8>, usize)) -> Seen {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("vmail.db");
        let mut bytes = self.bytes.clone();
        damage(&mut bytes, self.page_size);
        fs::write(&path, &bytes).unwrap();
        Seen::new(folder, &path)
    }
}

static SOUND: LazyLock<Sound> = LazyLock::new(|| {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("vmail.db");
    let (mut store, account) = open(&path);
    store.put_page(account, &many(COUNT), None).unwrap();
    apply(&mut store, account, (0..COUNT).step_by(2), Edit::Fact(Fact::Read, Some(0)));
    apply(&mut store, account, (0..COUNT).step_by(5), Edit::Fact(Fact::Starred, Some(0)));
    apply(&mut store, account, (0..COUNT).step_by(3), Edit::Fact(Fact::Done, Some(9_000_000_000)));
    apply(&mut store, account, (0..COUNT).step_by(11), Edit::Fact(Fact::Called, Some(9_000_000_000)));
    apply(&mut store, account, (0..COUNT).step_by(4), tags(&["later", "boss"], &[]));
    for number in (0..COUNT).step_by(6) {
        let text = format!("what was said in {number}, at some length so that pages fill");
        apply(&mut store, account, [number], Edit::Note(note(&text, number)));
    }
    for last in 1..7 {
        let raw = format!("987654321{last}");
        let caller = CallerKey::new(&caller::forms(&raw, "IN"), &raw).unwrap();
        store.set_name(&caller, Given::new(&format!("Friend {last}"), 5).as_ref()).unwrap();
    }
    let records = records(&mut store, account);
    drop(store);
    let bytes = fs::read(&path).unwrap();
    let page_size = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    Sound { bytes, page_size, records }
});

/// What is there once a damaged store was opened and read.
struct Seen {
    folder: TempDir,
    store: Store,
    account: AccountId,
    notices: Vec<Notice>,
    records: Vec<Record>,
}

impl Seen {
    fn new(folder: TempDir, path: &Path) -> Seen {
        let Opened { mut store, mut notices } = Store::open(path, &options()).unwrap();
        let account = store.account(&key()).unwrap();
        // Twice: damage that is met in the middle leaves what was read before it out.
        for _ in 0..2 {
            records(&mut store, account);
            store.names().unwrap();
        }
        for record in SOUND.records.iter().step_by(17) {
            store.details(account, record.voicemail.id, 3).unwrap();
        }
        notices.extend(store.notices());
        let records = records(&mut store, account);
        Seen { folder, store, account, notices, records }
    }

    /// How many voicemail the notice says were saved; `None` when the damage was never met.
    fn saved(&self) -> Option<u64> {
        match self.notices.as_slice() {
            [] => None,
            [Notice::MovedAside { saved, .. }] => Some(*saved),
            other => panic!("{other:?}"),
        }
    }

    /// Everything there is was in the sound store, and this many of its voicemail lack something.
    fn missing(&self) -> usize {
        let mut records = self.records.iter().peekable();
        let mut missing = 0;
        for sound in &SOUND.records {
            match records.next_if(|record| record.voicemail.id == sound.voicemail.id) {
                Some(record) if record == sound => {}
                Some(record) => {
                    missing += 1;
                    assert_less(record, sound);
                }
                None => missing += 1,
            }
        }
        assert_eq!(records.next(), None, "made up");
        missing
    }

    /// Brings everything from the server again: what is there then but for that.
    fn fetch_again(mut self) -> Vec<Record> {
        self.store.put_page(self.account, &many(COUNT), None).unwrap();
        let again = records(&mut self.store, self.account);
        drop(self.folder);
        again
    }
}

/// What is left of a voicemail was there before.
fn assert_less(record: &Record, sound: &Record) {
    let less = |some: bool, all: bool| assert!(!some || all, "{record:?} of {sound:?}");
    for fact in Fact::ALL {
        less(record.facts.has(fact), sound.facts.has(fact));
    }
    assert!(record.note.is_none() || record.note == sound.note, "{record:?} of {sound:?}");
    assert!(record.tags.iter().all(|tag| sound.tags.contains(tag)), "{record:?} of {sound:?}");
    assert_eq!(record.voicemail.time, sound.voicemail.time);
    assert_eq!(record.voicemail.caller, sound.voicemail.caller);
}

fn noise(bytes: &mut [u8], mut seed: u64) {
    for byte in bytes {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *byte = seed.to_be_bytes()[0];
    }
}

fn ruin(page: usize) -> impl FnOnce(&mut Vec<u8>, usize) {
    move |bytes, size| noise(&mut bytes[(page - 1) * size..page * size], page as u64)
}

fn what_the_user_did(record: &Record) -> impl PartialEq + std::fmt::Debug {
    let Record { facts, note, tags, voicemail, .. } = record.clone();
    (voicemail, facts, note, tags)
}

#[test]
fn no_page_of_the_voicemail_or_their_indexes_costs_what_the_user_did() {
    for tree in ["voicemail", "voicemail_newest", "voicemail_of_caller", "caller", "change", "coverage"] {
        let pages = SOUND.pages_of(tree);
        // The root, the leaves on both sides, and some in the middle.
        let step = (pages.len() / 5).max(1);
        for &page in pages.iter().step_by(step).chain(pages.last()) {
            let seen = SOUND.open_damaged(ruin(page));
            seen.missing();
            let again = seen.fetch_again();
            assert_eq!(again.len(), SOUND.records.len());
            for (record, sound) in again.iter().zip(&SOUND.records) {
                assert_eq!(what_the_user_did(record), what_the_user_did(sound), "{tree}, page {page}");
            }
        }
    }
}

#[test]
fn a_page_of_notes_costs_its_own_notes_alone() {
    let pages = SOUND.pages_of("note");
    assert!(pages.len() > 3, "{pages:?}");
    for &page in &pages[1..] {
        let seen = SOUND.open_damaged(ruin(page));
        assert_eq!(seen.saved(), Some(COUNT as u64));
        let notes = |records: &[Record]| records.iter().filter(|record| record.note.is_some()).count();
        let (all, left) = (notes(&SOUND.records), notes(&seen.records));
        assert!(left > all / 2 && left < all, "{left} of {all}");
        assert_eq!(seen.missing(), all - left);
    }
}

#[test]
fn what_was_done_stays_done_though_nobody_can_tell_when() {
    let root = SOUND.pages_of("moment")[0];
    let seen = SOUND.open_damaged(ruin(root));
    assert_eq!(seen.saved(), Some(COUNT as u64));
    for (record, sound) in seen.records.iter().zip(&SOUND.records) {
        let left = record.voicemail.time.timestamp_millis();
        for fact in [Fact::Done, Fact::Called] {
            assert_eq!(record.facts.get(fact), sound.facts.get(fact).map(|_| left));
        }
        assert_eq!((&record.note, &record.tags), (&sound.note, &sound.tags));
    }
}

#[test]
fn names_are_saved_whatever_became_of_the_voicemail() {
    let root = SOUND.pages_of("voicemail")[0];
    let index = SOUND.pages_of("voicemail_newest")[0];
    let mut seen = SOUND.open_damaged(|bytes, size| {
        ruin(root)(bytes, size);
        ruin(index)(bytes, size);
    });
    assert_eq!(seen.saved(), Some(0));
    let names = seen.store.names().unwrap();
    assert_eq!(names.len(), 6);
    assert!(names.iter().all(|(_, given)| given.name().starts_with("Friend")));
}

#[test]
fn a_voicemail_whose_recording_was_lost_has_it_once_it_is_fetched_again() {
    let root = SOUND.pages_of("voicemail")[0];
    let mut seen = SOUND.open_damaged(ruin(root));
    let lacks = |record: &&Record| record.voicemail.recording.is_none();
    let lost = seen.records.iter().filter(lacks).count();
    assert!(lost > SOUND.records.iter().filter(lacks).count());
    // Number 4 was heard and has a recording.
    let cursor = seen.store.change_cursor().unwrap();
    let page: Vec<Voicemail> = many(5).split_off(4);
    assert_eq!(seen.store.put_page(seen.account, &page, None).unwrap().added.rows, []);
    let row = seen.store.row(seen.account, id(4)).unwrap().unwrap();
    assert!(row.flags.contains(Flags::RECORDING | Flags::READ | Flags::TAGGED), "{:?}", row.flags);
    // Who has the rows on screen is told.
    let changed = seen.store.changed_rows(seen.account, cursor, 9).unwrap();
    assert_eq!(changed.rows, [row]);
    assert_eq!(seen.store.details(seen.account, id(4), 0).unwrap().unwrap().voicemail, page[0]);
}

#[test]
fn each_account_gets_its_own_back() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("vmail.db");
    let other = vmail::core::model::AccountKey::new(vmail::core::model::Region::India, 7, None);
    let (mut store, first) = open(&path);
    let second = store.account(&other).unwrap();
    for (account, text) in [(first, "one"), (second, "two")] {
        store.put_page(account, &many(9), None).unwrap();
        apply(&mut store, account, [3], Edit::Note(note(text, 1)));
    }
    drop(store);
    rusqlite::Connection::open(&path).unwrap().execute_batch("DROP TABLE coverage").unwrap();
    let Opened { mut store, notices } = Store::open(&path, &options()).unwrap();
    assert!(matches!(notices.as_slice(), [Notice::MovedAside { saved: 18, .. }]), "{notices:?}");
    // Asked for in another order than before: the numbers in the file are of no importance.
    for (key, text) in [(other, "two"), (key(), "one")] {
        let account = store.account(&key).unwrap();
        let notes = store.notes(account, None, 9).unwrap();
        assert_eq!(
            notes.iter().map(|line| (line.id, line.text.as_str())).collect::<Vec<_>>(),
            [(id(3), text)]
        );
    }
}

#[test]
fn what_is_in_the_log_alone_is_saved_and_the_log_kept() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("vmail.db");
    let (mut store, account) = open(&path);
    store.put_page(account, &many(9), None).unwrap();
    apply(&mut store, account, [3], Edit::Fact(Fact::Starred, Some(0)));
    // Only the log knows of this either.
    rusqlite::Connection::open(&path).unwrap().execute_batch("DROP TABLE coverage").unwrap();
    // As a killed program leaves them.
    let left = folder.path().join("left.db");
    for suffix in ["", "-wal"] {
        let from = PathBuf::from(format!("{}{suffix}", path.display()));
        fs::copy(from, format!("{}{suffix}", left.display())).unwrap();
    }
    drop(store);
    let log = fs::read(folder.path().join("left.db-wal")).unwrap();
    let Opened { mut store, notices } = Store::open(&left, &options()).unwrap();
    assert!(matches!(notices.as_slice(), [Notice::MovedAside { saved: 9, .. }]), "{notices:?}");
    let account = store.account(&key()).unwrap();
    assert!(store.row(account, id(3)).unwrap().unwrap().flags.contains(Flags::STARRED));
    assert_eq!(fs::read(folder.path().join("left-damaged-2026-11-23T12-04-08Z.db-wal")).unwrap(), log);
}

#[test]
fn noise_alone_is_no_obstacle() {
    for whole in [false, true] {
        let seen = SOUND.open_damaged(|bytes, _| {
            let from = if whole { 0 } else { 100 };
            noise(&mut bytes[from..], 7);
        });
        assert_eq!(seen.saved(), Some(0));
        assert_eq!(seen.records, []);
        assert_eq!(seen.fetch_again().len(), SOUND.records.len());
    }
}

/// Makes the store one that is damaged in any case, without touching anything in it: its version is
/// below zero.
fn condemn(bytes: &mut [u8]) {
    bytes[60..64].fill(0xff);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn whatever_pages_are_noise_nothing_is_made_up(
        // All but the first page, which says where everything is.
        pages in prop::collection::vec(1..SOUND.pages(), 1..5),
    ) {
        let seen = SOUND.open_damaged(|bytes, size| {
            condemn(bytes);
            for page in pages {
                ruin(page + 1)(bytes, size);
            }
        });
        prop_assert_eq!(seen.saved(), Some(seen.records.len() as u64));
        seen.missing();
        prop_assert_eq!(seen.fetch_again().len(), SOUND.records.len());
    }

    #[test]
    fn no_damage_stands_in_the_way_of_opening(start in 100..SOUND.bytes.len(), length in 1..20_000_usize, seed: u64) {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("vmail.db");
        let mut bytes = SOUND.bytes.clone();
        condemn(&mut bytes);
        let end = (start + length).min(bytes.len());
        noise(&mut bytes[start..end], seed);
        fs::write(&path, &bytes).unwrap();
        let opened = Store::open(&path, &options()).unwrap();
        prop_assert!(matches!(opened.notices.as_slice(), [Notice::MovedAside { .. }]), "{:?}", opened.notices);
        drop(opened);
        open(&path);
    }
}
