//! Backups: what is in them, when they are made, and what comes back from them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use tempfile::TempDir;
use vmail::core::facts::Fact;
use vmail::core::model::{AccountKey, Region};
use vmail::core::triage::{CallerKey, Edit, Given};
use vmail::store::{
    self, AccountId, Backup, BackupError, Contents, Made, Notice, Opened, Options, Record, Store,
};

use crate::triage::support::{apply, id, key, many, note, open, options, records, tags, voicemail};

/// How many voicemail the store has, and how many of them the user changed.
const COUNT: i64 = 200;
const CHANGED: i64 = 60;

/// Stars, notes, tags and a name, as if by hand.
fn work(store: &mut Store, account: AccountId) {
    store.put_page(account, &many(COUNT), None).unwrap();
    apply(store, account, 0..CHANGED, Edit::Fact(Fact::Starred, Some(0)));
    apply(store, account, 0..9, Edit::Fact(Fact::Done, Some(9_000_000_000)));
    apply(store, account, [3], tags(&["later", "boss"], &[]));
    for number in 0..5 {
        apply(store, account, [number], Edit::Note(note(&format!("what {number} said"), number)));
    }
    store.set_name(&caller(), Given::new("Anita", 5).as_ref()).unwrap();
}

fn caller() -> CallerKey {
    CallerKey::from_text("+919876543211").unwrap()
}

/// A folder with a store in which the user worked, and which was then closed.
fn worked() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("vmail.db");
    let (mut store, account) = open(&path);
    work(&mut store, account);
    store.close();
    (folder, path)
}

/// Opens the store some days later.
fn later(path: &Path, days: i64) -> Opened {
    Store::open(path, &Options { now: options().now + TimeDelta::days(days), ..options() }).unwrap()
}

/// What the user did, whatever else there is.
fn changed(store: &mut Store) -> Vec<Record> {
    let account = store.account(&key()).unwrap();
    let is_changed = |record: &Record| record.facts.iter().next().is_some() || record.note.is_some();
    records(store, account).into_iter().filter(is_changed).collect()
}

fn backups(path: &Path) -> Vec<Backup> {
    store::backups(path).unwrap()
}

const ALL: Contents = Contents { voicemails: CHANGED as u64, notes: 5, tags: 2, names: 1 };

#[test]
fn what_the_user_did_is_backed_up_and_nothing_else() {
    let (_folder, path) = worked();
    let [backup] = &backups(&path)[..] else { panic!() };
    assert_eq!(backup.path, path.with_file_name("backups/vmail-2026-11-23T12-04-08Z.jsonl.gz"));
    assert_eq!(store::contents(&backup.path).unwrap(), ALL);
    let mut text = String::new();
    let file = fs::File::open(&backup.path).unwrap();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(file), &mut text).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], r#"{"vmail":{"version":1,"account":"global/1111112"}}"#);
    assert_eq!(lines[1], r#"{"name":{"caller":"+919876543211","name":"Anita","edited":5}}"#);
    assert_eq!(
        lines[2],
        r#"{"voicemail":{"time":59000,"caller":"9876543213","recording":"59.mp3","starred":true}}"#
    );
    assert_eq!(lines.len(), 62);
    // Small, and an export as well.
    assert!(fs::metadata(&backup.path).unwrap().len() < 2_000);
    let (mut other, account) = crate::stores::in_memory();
    let read = vmail::export::import(&mut other, &key(), vmail::export::Whose::Own, text.as_bytes(), |bad| {
        panic!("{bad}")
    });
    assert_eq!((read.unwrap().added, records(&mut other, account).len()), (60, 60));
}

#[cfg(unix)]
#[test]
fn only_their_owner_can_read_them() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    let (_folder, path) = worked();
    assert_eq!(mode(&store::backup_folder(&path)), 0o700);
    for entry in fs::read_dir(store::backup_folder(&path)).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
}

#[test]
fn a_store_that_was_deleted_or_emptied_gets_back_what_the_user_did() {
    let (_folder, path) = worked();
    let before = changed(&mut later(&path, 0).store);
    assert_eq!(before.len(), CHANGED as usize);
    let ways: [fn(&Path); 3] = [
        |path| fs::remove_file(path).unwrap(),
        |path| fs::write(path, "").unwrap(),
        // As it was before the user began.
        |path| {
            fs::remove_file(path).unwrap();
            let elsewhere = TempDir::new().unwrap();
            let empty = elsewhere.path().join("vmail.db");
            let (mut store, account) = open(&empty);
            store.put_page(account, &many(COUNT), None).unwrap();
            drop(store);
            fs::copy(empty, path).unwrap();
        },
    ];
    for lose in ways {
        lose(&path);
        let Opened { mut store, notices } = later(&path, 1);
        let [Notice::Restored { restored, .. }] = &notices[..] else { panic!("{notices:?}") };
        assert_eq!((restored.time, restored.contents), (Some(options().now), ALL));
        let said = notices[0].to_string();
        assert!(
            said.contains(
                "the backup of 2026-11-23 12:04 UTC (60 voicemails, 5 notes, 2 tags, 1 caller name)"
            ),
            "{said}"
        );
        assert_eq!(changed(&mut store), before);
        assert_eq!(store.names().unwrap(), [(caller(), Given::new("Anita", 5).unwrap())]);
        // Once.
        store.close();
        assert_eq!(later(&path, 1).notices, []);
    }
    // The same was in the store all the time.
    assert_eq!(backups(&path).len(), 1);
}

#[test]
fn a_store_without_its_header_gets_back_what_the_user_did() {
    let (_folder, path) = worked();
    let before = changed(&mut later(&path, 0).store);
    let mut bytes = fs::read(&path).unwrap();
    bytes[..100].fill(0);
    fs::write(&path, bytes).unwrap();
    let Opened { mut store, notices } = later(&path, 1);
    let [Notice::MovedAside { restored: Some(restored), to, .. }] = &notices[..] else {
        panic!("{notices:?}")
    };
    assert_eq!(restored.contents, ALL);
    assert!(to.exists());
    assert_eq!(changed(&mut store), before);
}

#[test]
fn a_damaged_backup_is_skipped() {
    let (_folder, path) = worked();
    let Opened { mut store, .. } = later(&path, 2);
    let account = store.account(&key()).unwrap();
    apply(&mut store, account, [100], Edit::Fact(Fact::Starred, Some(0)));
    store.close();
    let [newest, older] = &backups(&path)[..] else { panic!() };
    let whole = fs::read(&newest.path).unwrap();
    for damage in [0, 11, whole.len() / 2, whole.len() - 5] {
        let mut bytes = whole.clone();
        bytes[damage] ^= 64;
        for bytes in [&bytes[..], &whole[..damage]] {
            fs::write(&newest.path, bytes).unwrap();
            let read = store::contents(&newest.path);
            assert!(matches!(read, Err(BackupError::Damaged { .. })), "{damage}: {read:?}");
            fs::remove_file(&path).unwrap();
            let Opened { notices, .. } = later(&path, 3);
            let [Notice::Restored { restored, .. }] = &notices[..] else { panic!("{damage}: {notices:?}") };
            assert_eq!((restored.time, restored.contents), (Some(older.time), ALL));
        }
    }
}

#[test]
fn one_a_day_and_one_after_many_changes_and_the_last_seven() {
    let (_folder, path) = worked();
    let times = || backups(&path).iter().map(|backup| backup.time).collect::<Vec<_>>();
    let star = |hours: i64, numbers: std::ops::Range<i64>, starred: bool| {
        let now = options().now + TimeDelta::hours(hours);
        let mut store = Store::open(&path, &Options { now, ..options() }).unwrap().store;
        let account = store.account(&key()).unwrap();
        apply(&mut store, account, numbers, Edit::Fact(Fact::Starred, starred.then_some(0)));
        store.close();
        now
    };
    // Many at once; from then on it is no longer a young store.
    let many = star(1, 0..COUNT, false);
    let many_again = star(2, 0..COUNT, true);
    assert_eq!(times(), [many_again, many, options().now]);
    // A few on the same day, and then the day is over.
    star(3, 0..9, false);
    star(25, 0..1, true);
    assert_eq!(times().len(), 3);
    let daily = star(26, 1..2, true);
    assert_eq!(times()[0], daily);
    // Nothing on some days.
    for day in [3, 5, 6, 8, 9] {
        later(&path, day).store.close();
    }
    assert_eq!(times().len(), 4);
    for day in 10..20 {
        star(24 * day, 1..2, day % 2 == 0);
    }
    assert_eq!(times().len(), 7);
    assert_eq!(times()[6], options().now + TimeDelta::days(13));
}

#[test]
fn the_order_is_right_when_the_clock_is_not() {
    let (_folder, path) = worked();
    let mut made: Vec<DateTime<Utc>> = Vec::new();
    for (days, number) in [(900, 100), (1, 101), (2, 102)] {
        let mut store = later(&path, days).store;
        let account = store.account(&key()).unwrap();
        apply(&mut store, account, [number], Edit::Fact(Fact::Starred, Some(0)));
        let Made::New(backup) = store.back_up().unwrap() else { panic!() };
        made.push(backup.time);
    }
    let wrong = options().now + TimeDelta::days(900);
    assert_eq!(made, [wrong, wrong + TimeDelta::seconds(1), wrong + TimeDelta::seconds(2)]);
    fs::remove_file(&path).unwrap();
    assert_eq!(changed(&mut later(&path, 3).store).len(), CHANGED as usize + 3);
}

#[test]
fn the_same_is_backed_up_once() {
    let (_folder, path) = worked();
    let mut store = later(&path, 9).store;
    assert_eq!(store.back_up().unwrap(), Made::Same(backups(&path)[0].clone()));
    let account = store.account(&key()).unwrap();
    let starred = apply(&mut store, account, [100], Edit::Fact(Fact::Starred, Some(0)));
    store.revert(account, &starred.undo).unwrap();
    store.close();
    assert_eq!(backups(&path).len(), 1);
    let mut store = Store::in_memory(&options()).unwrap();
    assert!(matches!(store.back_up(), Err(BackupError::InMemory)));
}

#[test]
fn nothing_is_backed_up_of_who_did_nothing() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("vmail.db");
    let (mut store, account) = open(&path);
    store.put_page(account, &many(9), None).unwrap();
    // As recordings are decoded.
    store.put_sound(account, id(4), vmail::core::model::Sketch::new(42_000, &[8, 1]), &[1]).unwrap();
    store.close();
    assert_eq!(backups(&path), []);
}

#[test]
fn all_accounts_are_backed_up_and_restored() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("vmail.db");
    let (mut store, first) = open(&path);
    let other = AccountKey::new(Region::India, 7, None);
    let second = store.account(&other).unwrap();
    for (account, text) in [(first, "one"), (second, "two")] {
        store.put_page(account, &many(9), None).unwrap();
        apply(&mut store, account, [3], Edit::Note(note(text, 1)));
    }
    store.close();
    fs::remove_file(&path).unwrap();
    let mut store = later(&path, 0).store;
    for (key, text) in [(other, "two"), (key(), "one")] {
        let account = store.account(&key).unwrap();
        assert_eq!(store.note(account, id(3)).unwrap(), note(text, 1));
        assert_eq!(records(&mut store, account)[0].voicemail, voicemail(3));
    }
}

#[test]
fn restoring_merges_and_says_what_changed() {
    let (_folder, path) = worked();
    let backup = backups(&path)[0].path.clone();
    let Opened { mut store, .. } = later(&path, 0);
    let account = store.account(&key()).unwrap();
    apply(&mut store, account, 0..2, Edit::Fact(Fact::Starred, None));
    apply(&mut store, account, [4], Edit::Note(note("newer", 99)));
    let restored = store.restore(&backup).unwrap();
    assert_eq!((restored.merged.added, restored.merged.changed, restored.names), (0, 2, 0));
    assert_eq!(store.note(account, id(4)).unwrap(), note("newer", 99));
    let restored = store.restore(&backup).unwrap();
    assert_eq!((restored.merged.added, restored.merged.changed), (0, 0));
}

#[test]
fn a_store_that_is_deleted_while_open_is_written_again() {
    let (folder, path) = worked();
    // With and without its log, and with all of its folder.
    for whole in 0..3 {
        let Opened { mut store, .. } = later(&path, 0);
        let account = store.account(&key()).unwrap();
        // In the log alone.
        apply(&mut store, account, [100 + whole], Edit::Fact(Fact::Starred, Some(0)));
        match whole {
            0 => fs::remove_file(&path).unwrap(),
            1 => ["", "-wal", "-shm"].iter().for_each(|suffix| {
                fs::remove_file(format!("{}{suffix}", path.display())).unwrap();
            }),
            _ => folder.path().read_dir().unwrap().for_each(|entry| {
                let path = entry.unwrap().path();
                if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
            }),
        }
        assert!(store.changed_elsewhere().unwrap());
        assert_eq!(store.notices(), [Notice::WrittenAgain { path: path.clone() }]);
        apply(&mut store, account, [110 + whole], Edit::Fact(Fact::Starred, Some(0)));
        let before = changed(&mut store);
        assert_eq!(before.len(), (CHANGED + 2 * (whole + 1)) as usize);
        store.close();
        let Opened { mut store, notices } = later(&path, 0);
        assert_eq!(notices, []);
        assert_eq!(changed(&mut store), before);
        store.close();
        assert_eq!(store::contents(&backups(&path)[0].path).unwrap().voicemails, before.len() as u64);
    }
}

/// Backs up until it is killed.
#[cfg(unix)]
#[test]
#[ignore = "another test runs it in a process of its own"]
fn backs_up_until_killed() {
    let path = PathBuf::from(crate::child::given("VMAIL_TEST_STORE"));
    let mut store = Store::open(&path, &options()).unwrap().store;
    let account = store.account(&key()).unwrap();
    for turn in 0.. {
        let starred = (turn % 2 == 0).then_some(0);
        apply(&mut store, account, [100], Edit::Fact(Fact::Starred, starred));
        store.back_up().unwrap();
        println!("done {turn}");
    }
}

#[cfg(unix)]
#[test]
fn a_process_killed_while_it_backs_up_leaves_whole_ones() {
    use std::io::{BufRead as _, BufReader};
    let (_folder, path) = worked();
    for wait in 1..12 {
        let mut child = crate::child::child(backs_up_until_killed)
            .env("VMAIL_TEST_STORE", &path)
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        lines.filter(|line| line.as_ref().unwrap().starts_with("done ")).nth(wait).unwrap().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        for backup in backups(&path) {
            assert!(store::contents(&backup.path).unwrap().voicemails >= CHANGED as u64);
        }
    }
    // What the last one left is cleared away.
    let mut store = later(&path, 0).store;
    store.back_up().unwrap();
    let names: BTreeSet<_> = fs::read_dir(store::backup_folder(&path))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(names.len() <= 8 && !names.iter().any(|name| name.ends_with(".partial")), "{names:?}");
}

/// 60 stars and 60 notes, half of them newer than the last backup. Where the damage is noticed, the older half is
/// there again, whatever else can still be read.
#[test]
fn what_was_backed_up_survives_every_damage_that_is_noticed() {
    const STORED: i64 = 2_000;
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("vmail.db");
    let (mut store, account) = open(&path);
    store.put_page(account, &many(STORED), None).unwrap();
    let touched = |from: i64| (0..30).map(move |n| n * 60 + from);
    let work = |store: &mut Store, from: i64| {
        apply(store, account, touched(from), Edit::Fact(Fact::Starred, Some(0)));
        for number in touched(from) {
            apply(store, account, [number], Edit::Note(note(&format!("what {number} said"), number)));
        }
    };
    work(&mut store, 0);
    store.back_up().unwrap();
    work(&mut store, 30);
    drop(store);
    let bytes = fs::read(&path).unwrap();
    let backup = fs::read(&backups(&path)[0].path).unwrap();
    let page = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    let mut seed = 1_u64;
    let mut random = move |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    let mut cases: Vec<(String, Vec<u8>)> = [
        ("header zeroed", [&[0; 100], &bytes[100..]].concat()),
        ("first page zeroed", [&vec![0; page], &bytes[page..]].concat()),
        ("all zeroed", vec![0; bytes.len()]),
        ("length zero", Vec::new()),
        ("half cut off", bytes[..bytes.len() / 2].to_vec()),
        ("a tenth cut off", bytes[..bytes.len() / 10 * 9].to_vec()),
    ]
    .map(|(name, bytes)| (name.to_owned(), bytes))
    .into();
    for number in 0..4 {
        let mut noise = bytes.clone();
        for _ in 0..1_000 {
            noise[random(bytes.len())] = random(256) as u8;
        }
        cases.push((format!("1,000 random bytes, {number}"), noise));
    }
    for (name, bytes) in cases {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("vmail.db");
        fs::write(&path, bytes).unwrap();
        fs::create_dir(store::backup_folder(&path)).unwrap();
        fs::write(store::backup_folder(&path).join("vmail-2026-11-23T12-04-08Z.jsonl.gz"), &backup).unwrap();
        let mut store = Store::open(&path, &options()).unwrap().store;
        let account = store.account(&key()).unwrap();
        let records = records(&mut store, account);
        let starred = records.iter().filter(|record| record.facts.get(Fact::Starred).is_some()).count();
        let noted = records.iter().filter(|record| record.note.is_some()).count();
        assert!(starred >= 30 && noted >= 30, "{name}: {starred} stars and {noted} notes are left");
    }
}
