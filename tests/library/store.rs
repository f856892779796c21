//! The store from outside: what goes in comes out, and what becomes of a file that fails.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail them")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tempfile::TempDir;
use vmail::core::facts::{Fact, Flags};
use vmail::core::model::{
    AccountKey, RecordingName, Region, Sketch, Span, Voicemail, VoicemailId, from_millis,
};
use vmail::core::triage::{BulkEdit, Edit};
use vmail::store::{AccountId, Notice, Opened, Options, Row, Store, StoreError, StoreHandle};

use crate::stores::{in_memory, key, open, options};

const ALWAYS: i64 = i64::MAX;

fn voicemail(time: i64, caller: &str) -> Voicemail {
    Voicemail::new(from_millis(time), caller, Some(RecordingName::new(format!("{time}_{caller}.mp3"))))
}

/// `count` voicemail, a second apart, of eleven callers.
fn many(first: i64, count: i64) -> Vec<Voicemail> {
    (first..first + count).map(|n| voicemail(n * 1000, &format!("98765432{:02}", n % 11))).collect()
}

fn span(start: i64, end: i64) -> Span {
    Span::from_millis(start, end)
}

fn all(store: &mut Store, account: AccountId) -> Vec<Row> {
    store.rows(account, span(0, ALWAYS), None, usize::MAX).unwrap().rows
}

fn count(store: &mut Store, account: AccountId) -> u64 {
    store.count(account, span(0, ALWAYS)).unwrap()
}

/// A folder with a closed store of `rows` voicemail in it.
fn folder_with(rows: i64) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("vmail.db");
    let (mut store, account) = open(&path);
    store.put_page(account, &many(0, rows), Some(span(0, rows * 1000))).unwrap();
    drop(store);
    (folder, path)
}

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

mod rows {
    use super::*;

    #[test]
    fn what_was_put_is_there_after_opening_again() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("vmail.db");
        let (mut store, account) = open(&path);
        let page = [voicemail(2_000, "9876543210"), voicemail(1_000, ""), voicemail(3_000, "JD-HDFCBK")];
        let put = store.put_page(account, &page, Some(span(0, 5_000))).unwrap();
        drop(store);

        let (mut store, account) = open(&path);
        let rows = store.rows(account, span(0, ALWAYS), None, 10).unwrap();
        assert_eq!(rows, put.added);
        assert_eq!(rows.rows.iter().map(|row| row.time).collect::<Vec<_>>(), [3_000, 2_000, 1_000]);
        let texts: Vec<&str> = rows.callers.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["JD-HDFCBK", "+91 98765 43210", ""]);
        assert_eq!(store.coverage(account, span(0, ALWAYS)).unwrap(), [span(0, 5_000)]);

        let details = store.details(account, page[0].id, 5).unwrap().unwrap();
        assert_eq!(details.voicemail, page[0]);
        assert_eq!(details.caller.e164.as_deref(), Some("+919876543210"));
        assert_eq!(store.details(account, VoicemailId::from_bits(1), 5).unwrap(), None);
    }

    #[test]
    fn only_new_rows_are_returned_and_kept() {
        let (mut store, account) = in_memory();
        let page = many(0, 3);
        assert_eq!(store.put_page(account, &page[..2], None).unwrap().added.rows.len(), 2);
        let twice = [page[1].clone(), page[2].clone(), page[2].clone()];
        let added = store.put_page(account, &twice, None).unwrap().added;
        assert_eq!(added.rows.iter().map(|row| row.id).collect::<Vec<_>>(), [page[2].id]);
        assert_eq!(added.callers.len(), 1);
        assert_eq!(store.put_page(account, &page, None).unwrap().added.rows, []);
        assert_eq!(count(&mut store, account), 3);
    }

    #[test]
    fn accounts_do_not_see_each_other() {
        let (mut store, first) = in_memory();
        let second = store.account(&AccountKey::new(Region::India, 1_111_112, None)).unwrap();
        let page = many(0, 3);
        store.put_page(first, &page, Some(span(0, 9))).unwrap();
        assert_eq!(count(&mut store, second), 0);
        assert_eq!(store.coverage(second, span(0, 9)).unwrap(), []);
        assert_eq!(store.details(second, page[0].id, 1).unwrap(), None);
        assert_eq!(store.put_page(second, &page, None).unwrap().added.rows.len(), 3);
        assert_eq!(store.account(&key()).unwrap(), first);
    }

    #[test]
    fn rows_of_one_moment_are_in_the_order_of_their_identities() {
        let (mut store, account) = in_memory();
        let mut bits = [0, 1, i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX - 1, u64::MAX];
        let page = bits.map(|bits| Voicemail { id: VoicemailId::from_bits(bits), ..voicemail(1_000, "139") });
        let added = store.put_page(account, &page, None).unwrap().added;
        bits.reverse();
        let found = all(&mut store, account);
        assert_eq!(found.iter().map(|row| row.id.bits()).collect::<Vec<_>>(), bits);
        assert_eq!(added.rows, found);
        // A row in the middle, and one after which nothing comes.
        let after = |store: &mut Store, id| {
            let rows = store.rows(account, span(0, 2_000), Some((1_000, VoicemailId::from_bits(id))), 9);
            rows.unwrap().rows.iter().map(|row| row.id.bits()).collect::<Vec<_>>()
        };
        assert_eq!(after(&mut store, bits[2]), bits[3..]);
        assert_eq!(after(&mut store, 0), Vec::<u64>::new());
    }

    #[test]
    fn a_span_takes_its_start_and_leaves_its_end() {
        let (mut store, account) = in_memory();
        store.put_page(account, &many(0, 10), None).unwrap();
        let rows = store.rows(account, span(2_000, 5_000), None, 10).unwrap().rows;
        assert_eq!(rows.iter().map(|row| row.time).collect::<Vec<_>>(), [4_000, 3_000, 2_000]);
        assert_eq!(store.count(account, span(2_000, 5_000)).unwrap(), 3);
        let days = [span(0, 1_000), span(1_000, 1_000), span(5_000, 99_000)];
        assert_eq!(store.counts(account, &days).unwrap(), [1, 0, 5]);
    }

    #[test]
    fn others_are_found_in_every_spelling_of_the_number() {
        let (mut store, account) = in_memory();
        let page = [
            voicemail(1_000, "9876543210"),
            voicemail(2_000, "919876543210"),
            voicemail(3_000, "+919876543210"),
            voicemail(4_000, "9876543211"),
            voicemail(5_000, "JD-HDFCBK"),
            voicemail(6_000, "JD-HDFCBK"),
            voicemail(7_000, ""),
            voicemail(8_000, ""),
            voicemail(9_000, "anonymous"),
        ];
        store.put_page(account, &page, None).unwrap();
        let mut others = |of: usize, limit| {
            let details = store.details(account, page[of].id, limit).unwrap().unwrap();
            (details.others, details.latest_others.iter().map(|row| row.time).collect::<Vec<_>>())
        };
        assert_eq!(others(0, 5), (2, vec![3_000, 2_000]));
        assert_eq!(others(1, 1), (2, vec![3_000]));
        assert_eq!(others(3, 5), (0, vec![]));
        assert_eq!(others(4, 5), (1, vec![6_000]));
        assert_eq!(others(6, 5), (0, vec![]));
        assert_eq!(others(8, 5), (0, vec![]));
    }

    #[test]
    fn callers_are_written_anew_for_another_country() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("vmail.db");
        let (mut store, account) = open(&path);
        let page = [voicemail(1, "02079460018"), voicemail(2, "JD-HDFCBK"), voicemail(3, "919876543210")];
        store.put_page(account, &page, None).unwrap();
        assert_eq!(store.reformat_callers(10).unwrap(), 0);
        drop(store);

        let britain = Options { country: "GB".to_owned(), ..options() };
        let mut store = Store::open(&path, &britain).unwrap().store;
        let account = store.account(&key()).unwrap();
        for _ in 0..3 {
            assert_eq!(store.reformat_callers(1).unwrap(), 1);
        }
        assert_eq!(store.reformat_callers(1).unwrap(), 0);
        let callers = store.rows(account, span(0, ALWAYS), None, 10).unwrap().callers;
        let texts: Vec<&str> = callers.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["+91 98765 43210", "JD-HDFCBK", "+44 20 7946 0018"]);
        drop(store);
        let mut store = Store::open(&path, &britain).unwrap().store;
        assert_eq!(store.reformat_callers(10).unwrap(), 0);
    }

    #[test]
    fn callers_are_left_to_the_program_that_came_for_another_country() {
        let (_folder, path) = folder_with(0);
        let (mut indian, account) = open(&path);
        indian.put_page(account, &[voicemail(1, "9876543210")], None).unwrap();
        let abroad = Options { country: "US".to_owned(), ..options() };
        let mut american = Store::open(&path, &abroad).unwrap().store;
        assert_eq!(indian.reformat_callers(10).unwrap(), 0);
        assert_eq!(american.reformat_callers(10).unwrap(), 1);
        assert_eq!(american.reformat_callers(10).unwrap(), 0);
    }

    #[test]
    fn a_hundred_thousand_rows_are_paged_from_the_top() {
        let (_folder, path) = folder_with(0);
        let (mut store, account) = open(&path);
        let page = many(0, 100_000);
        assert_eq!(store.put_page(account, &page, None).unwrap().added.rows.len(), 100_000);
        let first = store.rows(account, span(0, ALWAYS), None, 200).unwrap();
        assert_eq!(first.rows.len(), 200);
        assert_eq!(first.callers.len(), 11);
        assert_eq!(first.rows[0].time, 99_999_000);
        assert_eq!(count(&mut store, account), 100_000);
    }

    proptest! {
        #[test]
        fn pages_hold_every_row_once_and_in_order(
            times in prop::collection::vec((0..20_i64, 0..6_u8), 0..80),
            start in 0..20_i64,
            length in 0..25_i64,
            limit in 1..9_usize,
        ) {
            let (mut store, account) = in_memory();
            let page: Vec<Voicemail> =
                times.iter().map(|(time, caller)| voicemail(*time, &format!("987654321{caller}"))).collect();
            store.put_page(account, &page, None).unwrap();
            let asked = span(start, start + length);

            let mut expected: Vec<_> = page
                .iter()
                .map(|voicemail| (voicemail.time.timestamp_millis(), voicemail.id))
                .filter(|(time, _)| asked.contains(*time))
                .collect();
            expected.sort_unstable();
            expected.dedup();
            expected.reverse();

            let mut found = Vec::new();
            loop {
                let rows = store.rows(account, asked, found.last().copied(), limit).unwrap();
                prop_assert!(rows.rows.len() <= limit);
                for row in &rows.rows {
                    prop_assert_eq!(rows.callers.iter().filter(|(id, _)| *id == row.caller).count(), 1);
                }
                if rows.rows.is_empty() {
                    break;
                }
                found.extend(rows.rows.iter().map(|row| (row.time, row.id)));
            }
            prop_assert_eq!(store.count(account, asked).unwrap(), expected.len() as u64);
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn coverage_is_the_union_of_what_was_covered(
            covered in prop::collection::vec((0..48_i64, 0..12_i64), 0..24),
            start in 0..60_i64,
            length in 0..60_i64,
        ) {
            let (mut store, account) = in_memory();
            let mut model = [false; 128];
            for (start, length) in covered {
                store.put_page(account, &[], Some(span(start, start + length))).unwrap();
                model[start as usize..(start + length) as usize].fill(true);
            }
            let asked = span(start, start + length);
            let found = store.coverage(account, asked).unwrap();
            for moment in 0..128 {
                let within = found.iter().any(|span| span.contains(moment));
                prop_assert_eq!(within, model[moment as usize] && asked.contains(moment), "{}", moment);
            }
            prop_assert!(found.iter().all(|span| !span.is_empty()));
            prop_assert!(found.windows(2).all(|pair| pair[0].end_millis() < pair[1].start_millis()));
        }
    }
}

mod files {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn the_store_is_its_users_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;

        let folder = TempDir::new().unwrap();
        let share = folder.path().join("share");
        let path = share.join("vmail").join("vmail.db");
        let (mut store, account) = open(&path);
        store.put_page(account, &many(0, 3), None).unwrap();
        for made in [&share, path.parent().unwrap()] {
            assert_eq!(mode(made), 0o700, "{}", made.display());
        }
        let files = names(path.parent().unwrap());
        assert_eq!(files.len(), 3, "{files:?}");
        for file in files {
            assert_eq!(mode(&path.with_file_name(&file)), 0o600, "{file}");
        }
    }

    #[test]
    fn two_stores_on_one_file_see_each_others_rows() {
        let (_folder, path) = folder_with(0);
        let ((mut here, account), (mut there, _)) = (open(&path), open(&path));
        assert!(!here.changed_elsewhere().unwrap() && !there.changed_elsewhere().unwrap());
        here.put_page(account, &many(0, 3), None).unwrap();
        assert!(!here.changed_elsewhere().unwrap());
        assert!(there.changed_elsewhere().unwrap());
        assert!(!there.changed_elsewhere().unwrap());
        let account = there.account(&key()).unwrap();
        assert_eq!(all(&mut there, account), all(&mut here, account));
        assert_eq!(there.put_page(account, &many(0, 4), None).unwrap().added.rows.len(), 1);
        assert!(here.changed_elsewhere().unwrap());
    }

    #[test]
    fn many_may_make_it_at_once() {
        for _ in 0..30 {
            let folder = TempDir::new().unwrap();
            let path = folder.path().join("new").join("vmail.db");
            std::thread::scope(|scope| {
                for n in 0..4 {
                    let path = &path;
                    scope.spawn(move || {
                        let (mut store, account) = open(path);
                        store.put_page(account, &many(n, 1), None).unwrap();
                    });
                }
            });
            let (mut store, account) = open(&path);
            assert_eq!(count(&mut store, account), 4);
        }
    }

    #[test]
    fn a_file_that_was_taken_away_is_written_again_and_its_log_left_to_the_next() {
        let (folder, path) = folder_with(0);
        let (mut before, account) = open(&path);
        before.put_page(account, &many(0, 3), None).unwrap();
        let (idle, _) = open(&path);
        for suffix in ["", "-wal", "-shm"] {
            let name = format!("vmail.db{suffix}");
            fs::rename(folder.path().join(&name), folder.path().join(format!("away-{name}"))).unwrap();
        }
        // One continues in a new file, which has all that was in the old one.
        assert_eq!(before.put_page(account, &many(3, 2), None).unwrap().added.rows.len(), 2);
        assert_eq!(before.notices(), [Notice::WrittenAgain { path: path.clone() }]);
        assert!(before.changed_elsewhere().unwrap());
        assert_eq!(count(&mut before, account), 5);
        // The other one is closed without having noticed: the new file's log stays.
        drop(idle);
        let (mut after, account) = open(&path);
        assert_eq!(count(&mut after, account), 5);
        after.put_page(account, &many(9, 1), None).unwrap();
        assert_eq!(count(&mut before, account), 6);
    }

    #[test]
    fn a_newer_store_is_refused_and_left_as_it_is() {
        let (folder, path) = folder_with(3);
        rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        let before = fs::read(&path).unwrap();
        let error = Store::open(&path, &options()).unwrap_err();
        assert!(matches!(&error, StoreError::Newer { found: 99, .. }), "{error:?}");
        let line = error.to_string();
        assert!(line.contains("update vmail") && line.contains(path.to_str().unwrap()), "{line}");
        assert_eq!(fs::read(&path).unwrap(), before);
        assert_eq!(names(folder.path()), BTreeSet::from(["vmail.db".to_owned()]));
    }

    #[test]
    fn a_newer_store_keeps_its_log() {
        let (folder, path) = folder_with(3);
        let newer = rusqlite::Connection::open(&path).unwrap();
        newer.pragma_update(None, "user_version", 99).unwrap();
        // As a killed program leaves them.
        let left = folder.path().join("left.db");
        for suffix in ["", "-wal"] {
            fs::copy(folder.path().join(format!("vmail.db{suffix}")), format!("{}{suffix}", left.display()))
                .unwrap();
        }
        let log = folder.path().join("left.db-wal");
        let before = (fs::read(&left).unwrap(), fs::read(&log).unwrap());
        assert!(!before.1.is_empty());
        let error = Store::open(&left, &options()).unwrap_err();
        assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error:?}");
        assert_eq!((fs::read(&left).unwrap(), fs::read(&log).unwrap()), before);
    }

    #[test]
    fn where_no_file_can_be_the_store_is_in_memory_and_says_so() {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "no folder").unwrap();
        for path in [file.join("vmail.db"), folder.path().to_owned()] {
            let Opened { mut store, notices } = Store::open(&path, &options()).unwrap();
            let [notice @ Notice::InMemory { reason }] = notices.as_slice() else { panic!("{notices:?}") };
            assert!(reason.contains(path.to_str().unwrap()), "{reason}");
            assert!(notice.to_string().contains("memory"), "{notice}");
            let account = store.account(&key()).unwrap();
            store.put_page(account, &many(0, 3), Some(span(0, 9))).unwrap();
            assert_eq!(count(&mut store, account), 3);
        }
        assert_eq!(fs::read(&file).unwrap(), b"no folder");
    }
}

#[cfg(unix)]
#[test]
fn a_link_to_a_store_that_is_not_there_yet_stays_one() {
    let folder = TempDir::new().unwrap();
    let (link, there) = (folder.path().join("vmail.db"), folder.path().join("disk/kept.db"));
    std::os::unix::fs::symlink("disk/kept.db", &link).unwrap();
    for rows in [1, 2] {
        let (mut store, account) = open(&link);
        store.put_page(account, &many(rows, 1), None).unwrap();
        assert_eq!(count(&mut store, account), rows.unsigned_abs());
    }
    assert!(link.is_symlink() && there.is_file());
}

mod damage {
    use super::*;

    fn aside(path: &Path) -> PathBuf {
        path.with_file_name("vmail-damaged-2026-11-23T12-04-08Z.db")
    }

    fn moved(path: &Path, saved: u64) -> Notice {
        Notice::MovedAside { from: path.to_owned(), to: aside(path), saved, restored: None }
    }

    /// Three more voicemail come in beside the `saved` ones.
    fn assert_works(store: &mut Store, account: AccountId, saved: u64) {
        assert_eq!(store.coverage(account, span(0, ALWAYS)).unwrap(), []);
        let page = many(5_000, 3);
        assert_eq!(store.put_page(account, &page, Some(span(0, 9))).unwrap().added.rows.len(), 3);
        assert_eq!(count(store, account), saved + 3);
        assert_eq!(store.notices(), []);
    }

    /// Damages a closed store, opens it, and expects it to be found out at once, and that many of
    /// the 3,000 voicemail to be saved.
    fn found_on_opening(expected: RangeInclusive<u64>, damage: impl FnOnce(&Path)) {
        let (_folder, path) = folder_with(3_000);
        damage(&path);
        let before = fs::read(&path).unwrap();
        let Opened { mut store, notices } = Store::open(&path, &options()).unwrap();
        let account = store.account(&key()).unwrap();
        let saved = count(&mut store, account);
        assert!(expected.contains(&saved), "{saved}");
        assert_eq!(notices, [moved(&path, saved)]);
        let line = notices[0].to_string();
        assert!(
            line.contains(path.to_str().unwrap()) && line.contains(aside(&path).to_str().unwrap()),
            "{line}"
        );
        assert_eq!(fs::read(aside(&path)).unwrap(), before);
        assert_works(&mut store, account, saved);
        drop(store);
        let (mut store, account) = open(&path);
        assert_eq!(count(&mut store, account), saved + 3);
    }

    #[test]
    fn garbage_for_a_header() {
        found_on_opening(0..=0, |path| {
            let mut bytes = fs::read(path).unwrap();
            bytes[..100].fill(0xa5);
            fs::write(path, bytes).unwrap();
        });
    }

    #[test]
    fn no_database_at_all() {
        found_on_opening(0..=0, |path| {
            fs::write(path, "Dear diary, today the store was a text file.").unwrap();
        });
    }

    #[test]
    fn cut_short() {
        found_on_opening(100..=2_900, |path| {
            let file = fs::OpenOptions::new().write(true).open(path).unwrap();
            file.set_len(file.metadata().unwrap().len() / 2).unwrap();
        });
    }

    #[test]
    fn a_table_is_missing() {
        found_on_opening(3_000..=3_000, |path| {
            rusqlite::Connection::open(path).unwrap().execute_batch("DROP TABLE coverage").unwrap();
        });
    }

    #[test]
    fn tables_of_something_else() {
        found_on_opening(0..=0, |path| {
            fs::remove_file(path).unwrap();
            let other = rusqlite::Connection::open(path).unwrap();
            other.execute_batch("CREATE TABLE account (name TEXT)").unwrap();
        });
    }

    #[test]
    fn flipped_bytes_in_the_middle_are_met_while_it_is_in_use() {
        let (folder, path) = folder_with(3_000);
        let (mut store, account) = open(&path);
        let mut bytes = fs::read(&path).unwrap();
        let half = bytes.len() / 4..bytes.len() * 3 / 4;
        for byte in &mut bytes[half] {
            *byte ^= 0xff;
        }
        // Into the same file, under the open store: it keeps few pages, and reads the rest again.
        let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.write_all(&bytes).unwrap();
        let details: Vec<_> = many(0, 3_000).iter().map(|voicemail| voicemail.id).collect();
        for id in details {
            store.details(account, id, 3).unwrap();
        }
        let saved = count(&mut store, account);
        assert!((100..3_000).contains(&saved), "{saved}");
        assert_eq!(store.notices(), [moved(&path, saved)]);
        assert!(store.changed_elsewhere().unwrap());
        assert_eq!(fs::read(aside(&path)).unwrap(), bytes);
        assert_works(&mut store, account, saved);
        assert!(names(folder.path()).contains("vmail-damaged-2026-11-23T12-04-08Z.db-wal"));
    }

    #[test]
    fn the_log_goes_aside_with_its_store() {
        let (folder, path) = folder_with(3);
        let (mut store, account) = open(&path);
        store.put_page(account, &many(3, 3), None).unwrap();
        let left = folder.path().join("left");
        fs::create_dir(&left).unwrap();
        for name in ["vmail.db", "vmail.db-wal"] {
            fs::copy(folder.path().join(name), left.join(name)).unwrap();
        }
        drop(store);
        let log = fs::read(left.join("vmail.db-wal")).unwrap();
        assert!(!log.is_empty());
        let path = left.join("vmail.db");
        // Neither is the log any good: a sound one would mend the header.
        fs::write(&path, "garbage".repeat(999)).unwrap();
        let mut broken = log.clone();
        broken[0] ^= 0xff;
        fs::write(left.join("vmail.db-wal"), &broken).unwrap();

        let Opened { mut store, notices } = Store::open(&path, &options()).unwrap();
        assert_eq!(notices, [moved(&path, 0)]);
        let log = left.join("vmail-damaged-2026-11-23T12-04-08Z.db-wal");
        assert_eq!(fs::read(log).unwrap(), broken);
        let account = store.account(&key()).unwrap();
        assert_works(&mut store, account, 0);
    }

    #[test]
    fn a_name_that_is_taken_is_not_taken_again() {
        let (folder, path) = folder_with(3);
        for _ in 0..2 {
            fs::write(&path, "garbage".repeat(99)).unwrap();
            Store::open(&path, &options()).unwrap();
        }
        let names = names(folder.path());
        assert!(names.contains("vmail-damaged-2026-11-23T12-04-08Z.db"), "{names:?}");
        assert!(names.contains("vmail-damaged-2026-11-23T12-04-08Z-2.db"), "{names:?}");
    }

    #[test]
    fn of_many_who_find_it_one_moves_it_aside() {
        for _ in 0..10 {
            let (folder, path) = folder_with(3);
            fs::write(&path, "garbage".repeat(99)).unwrap();
            let opened: Vec<Opened> = std::thread::scope(|scope| {
                let openers: Vec<_> =
                    (0..4).map(|_| scope.spawn(|| Store::open(&path, &options()).unwrap())).collect();
                openers.into_iter().map(|opener| opener.join().unwrap()).collect()
            });
            let notices: Vec<&Notice> = opened.iter().flat_map(|opened| &opened.notices).collect();
            assert_eq!(notices, [&moved(&path, 0)]);
            let asides = names(folder.path()).iter().filter(|name| name.ends_with("Z.db")).count();
            assert_eq!(asides, 1);
            for (n, mut opened) in (0..).zip(opened) {
                let account = opened.store.account(&key()).unwrap();
                opened.store.put_page(account, &many(n, 1), None).unwrap();
                assert_eq!(count(&mut opened.store, account), n as u64 + 1);
            }
        }
    }
}

/// Stores that a process of its own writes.
#[cfg(unix)]
mod processes {
    use std::process::{Command, Stdio};

    use super::*;
    use crate::child::{child, given, printed};

    /// Names the path of the child's store.
    const STORE: &str = "VMAIL_TEST_STORE";

    /// What `child` printed last after `word`, where files cannot grow beyond `blocks` of 512 bytes: to
    /// a program, a full disk.
    fn told(child: &Command, blocks: u32, path: &Path, word: &str) -> u64 {
        let mut shell = Command::new("sh");
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        shell.arg("-c").arg(script).arg(child.get_program()).args(child.get_args());
        let text = printed(shell.env(STORE, path).output().unwrap());
        let line = text.lines().rev().find_map(|line| line.strip_prefix(word));
        line.unwrap_or_else(|| panic!("{text}")).trim().parse().unwrap()
    }

    /// The process that is killed in the next test.
    #[test]
    #[ignore = "another test runs it in a process of its own"]
    fn writes_until_killed() {
        let path = PathBuf::from(given(STORE));
        let (mut store, account) = open(&path);
        let done = count(&mut store, account) as i64;
        for first in (done..).step_by(10) {
            let covered = span(first * 1000, (first + 10) * 1000);
            store.put_page(account, &many(first, 10), Some(covered)).unwrap();
            println!("\nstored {}", first + 10);
        }
    }

    #[test]
    fn what_was_stored_survives_a_kill() {
        let (folder, path) = folder_with(0);
        for _ in 0..5 {
            let mut command = child(writes_until_killed);
            let mut child = command.env(STORE, &path).stdout(Stdio::piped()).spawn().unwrap();
            let lines = BufReader::new(child.stdout.take().unwrap()).lines();
            let stored = lines
                .filter_map(|line| line.unwrap().strip_prefix("stored ")?.parse::<u64>().ok())
                .nth(40)
                .unwrap();
            child.kill().unwrap();
            child.wait().unwrap();

            let (mut store, account) = open(&path);
            let rows = count(&mut store, account);
            assert!(rows >= stored, "{rows} of {stored}");
            // Both or neither: a page is whole, and covered to where its rows go.
            assert!(rows.is_multiple_of(10), "{rows}");
            assert_eq!(store.coverage(account, span(0, ALWAYS)).unwrap(), [span(0, rows as i64 * 1000)]);
        }
        assert_eq!(names(folder.path()), BTreeSet::from(["vmail.db".to_owned()]));
    }

    /// The process that meets the full disk in the next test.
    #[test]
    #[ignore = "another test runs it in a process of its own"]
    fn writes_until_the_disk_is_full() {
        let path = PathBuf::from(given(STORE));
        let (mut store, account) = open(&path);
        let mut pages = 0;
        let notices = loop {
            let put = store.put_page(account, &many(pages * 10, 10), None).unwrap();
            assert_eq!(put.added.rows.len(), 10);
            pages += 1;
            let notices = store.notices();
            if !notices.is_empty() {
                break notices;
            }
            assert!(pages < 100_000, "the disk is never full");
        };
        assert!(matches!(notices.as_slice(), [Notice::InMemory { .. }]), "{notices:?}");
        // A disk that cannot be written may not be read either: who fills the store must know.
        assert_ne!(store.generation(), 0);
        // All there is, and more comes in; the account is still the same.
        store.put_page(account, &many(pages * 10, 10), None).unwrap();
        assert_eq!(count(&mut store, account), (pages as u64 + 1) * 10);
        assert_eq!(store.notices(), []);
        assert_eq!(store.account(&key()).unwrap(), account);
        println!("\npages {pages}");
    }

    #[test]
    fn a_full_disk_keeps_the_rows_and_says_so() {
        let (_folder, path) = folder_with(0);
        let pages = told(&child(writes_until_the_disk_is_full), 1_000, &path, "pages");
        assert!(pages > 10, "{pages}");
        // What had been stored before is sound.
        let (mut store, account) = open(&path);
        let rows = count(&mut store, account);
        assert!(rows.is_multiple_of(10) && rows > 0 && rows < pages * 10, "{rows} of {pages} pages");
    }

    /// The process of the next test.
    #[test]
    #[ignore = "another test runs it in a process of its own"]
    fn opens_where_nothing_can_be_written() {
        let path = PathBuf::from(given(STORE));
        let Opened { mut store, notices } = Store::open(&path, &options()).unwrap();
        assert!(matches!(notices.as_slice(), [Notice::InMemory { .. }]), "{notices:?}");
        let account = store.account(&key()).unwrap();
        println!("\nrows {}", count(&mut store, account));
        store.put_page(account, &many(1_000_000, 10), None).unwrap();
    }

    #[test]
    fn a_store_that_cannot_be_written_is_shown_from_memory() {
        let (_folder, path) = folder_with(30);
        let before = fs::read(&path).unwrap();
        assert_eq!(told(&child(opens_where_nothing_can_be_written), 0, &path, "rows"), 30);
        assert_eq!(fs::read(&path).unwrap(), before);
    }
}

mod thread {
    use std::cell::RefCell;

    use tokio::sync::oneshot;

    use super::*;

    fn spawn() -> StoreHandle {
        StoreHandle::spawn(|| {
            let notices = vec![Notice::InMemory { reason: "a test".to_owned() }];
            Ok(Opened { store: Store::in_memory(&options())?, notices })
        })
    }

    #[tokio::test]
    async fn what_was_sent_before_closing_is_done_in_order() {
        let handle = spawn();
        let (open_gate, gate) = std::sync::mpsc::sync_channel::<()>(0);
        let (log, ran) = std::sync::mpsc::sync_channel(100);
        let first = handle.call(move |_| gate.recv().map_err(|_| StoreError::Closed));
        let rest = (0..50).map(|n| {
            let log = log.clone();
            handle.call(move |_| log.send(n).map_err(|_| StoreError::Closed))
        });
        // Polled in this order: all are in the queue, and so is the end, before the gate opens.
        let (first, rest, (), ()) =
            tokio::join!(first, futures_util::future::join_all(rest), handle.clone().close(), async {
                open_gate.send(()).unwrap();
            });
        assert_eq!(first, Ok(()));
        assert!(rest.iter().all(Result::is_ok), "{rest:?}");
        assert_eq!(ran.try_iter().collect::<Vec<_>>(), (0..50).collect::<Vec<_>>());
        assert_eq!(handle.call(|_| Ok(())).await, Err(StoreError::Closed));
    }

    #[tokio::test]
    async fn what_opening_had_to_tell_is_told() {
        let handle = spawn();
        let notices = handle.call(|store| Ok(store.notices())).await.unwrap();
        assert_eq!(notices, [Notice::InMemory { reason: "a test".to_owned() }]);
        assert_eq!(handle.call(|store| Ok(store.notices())).await.unwrap(), []);
    }

    #[tokio::test]
    async fn a_panic_ends_the_job_and_not_the_store() {
        let handle = spawn();
        let account = handle.call(|store| store.account(&key())).await.unwrap();
        handle.call(move |store| store.put_page(account, &many(0, 3), None)).await.unwrap();
        let error = handle.call::<(), _>(|_| panic!("out of {}", "luck")).await.unwrap_err();
        assert_eq!(error, StoreError::Panicked("out of luck".to_owned()));
        assert_eq!(handle.call(move |store| Ok(count(store, account))).await, Ok(3));
    }

    #[tokio::test]
    async fn every_call_after_a_failed_opening_says_why() {
        let newer = StoreError::Newer { path: PathBuf::from("vmail.db"), found: 9, known: 1 };
        let told = newer.clone();
        let handle = StoreHandle::spawn(move || Err(told));
        for _ in 0..2 {
            assert_eq!(handle.call(|_| Ok(())).await, Err(newer.clone()));
        }
        let handle = StoreHandle::spawn(|| panic!("no luck"));
        assert_eq!(handle.call(|_| Ok(())).await, Err(StoreError::Panicked("no luck".to_owned())));
        handle.close().await;
    }

    #[tokio::test]
    async fn dropping_the_last_handle_closes_the_store() {
        thread_local! {
            static LAST: RefCell<Option<oneshot::Sender<()>>> = const { RefCell::new(None) };
        }
        let (folder, path) = folder_with(3);
        let handle = StoreHandle::spawn(move || Store::open(&path, &options()));
        // What belongs to the thread is dropped when it ends.
        let (alive, ended) = oneshot::channel();
        let keep = move |_: &mut Store| {
            LAST.set(Some(alive));
            Ok(())
        };
        handle.clone().call(keep).await.unwrap();
        assert_eq!(names(folder.path()).len(), 3);
        drop(handle);
        ended.await.unwrap_err();
        assert_eq!(names(folder.path()), BTreeSet::from(["vmail.db".to_owned()]));
    }
}

#[test]
fn what_was_heard_and_seen_outlives_syncs_and_restarts() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("voicemail.db");
    let (mut store, account) = open(&path);
    let page = many(0, 3);
    store.put_page(account, &page, Some(span(0, 9_000))).unwrap();
    let sketch = Sketch::new(42_000, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 8]);
    store.put_sound(account, page[1].id, sketch, b"outline").unwrap();
    let all_three: Vec<_> = page.iter().map(|voicemail| voicemail.id).collect();
    for (ids, edit) in [
        (&all_three[..], Edit::Fact(Fact::Read, Some(0))),
        (&all_three[..], Edit::Fact(Fact::Starred, Some(0))),
        (&all_three[..1], Edit::Fact(Fact::Read, None)),
    ] {
        store.apply(account, &BulkEdit { ids: ids.to_vec(), edit }).unwrap();
    }
    store.put_page(account, &page, Some(span(0, 9_000))).unwrap();
    drop(store);

    let (mut store, account) = open(&path);
    let rows = all(&mut store, account);
    let flags: Vec<_> = rows.iter().map(|row| row.flags).collect();
    let read = Flags::RECORDING | Flags::STARRED | Flags::READ;
    assert_eq!(flags, [read, read, read.without(Flags::READ)]);
    assert_eq!(rows[1].sketch, sketch);
    assert_eq!(rows[1].sketch.levels(), [1, 1, 2, 3, 4, 5, 6, 7, 8, 8]);
    assert!(!rows[0].sketch.is_known());
    let details = store.details(account, page[1].id, 8).unwrap().unwrap();
    assert_eq!(details.waveform.as_deref(), Some(&b"outline"[..]));
    assert_eq!(store.details(account, page[0].id, 8).unwrap().unwrap().waveform, None);
}

#[test]
fn the_sound_of_an_unknown_voicemail_is_not_kept() {
    let (mut store, account) = in_memory();
    let stranger = voicemail(1, "98765").id;
    store.put_sound(account, stranger, Sketch::new(1, &[]), b"outline").unwrap();
    store.put_page(account, &[voicemail(1, "98765")], None).unwrap();
    assert_eq!(store.details(account, stranger, 0).unwrap().unwrap().waveform, None);
}

#[test]
fn choices_are_remembered() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("voicemail.db");
    let (mut store, _) = open(&path);
    assert_eq!(store.choice("save-folder").unwrap(), None);
    store.put_choice("save-folder", "/tmp").unwrap();
    store.put_choice("save-folder", "/home").unwrap();
    drop(store);
    assert_eq!(open(&path).0.choice("save-folder").unwrap().as_deref(), Some("/home"));
}
