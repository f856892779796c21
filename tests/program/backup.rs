//! Backups from outside: whatever happens to the store, what the user did comes back.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;

use crate::until::until;
use crate::verbs::support::{Desk, id, said};

/// A home in which 60 voicemail are starred, and one of them has a note and a tag.
fn worked() -> Desk {
    let desk = Desk::new(Some(200));
    let listed = desk.objects(&["list", "--range", "30d", "--json"]);
    let ids: Vec<&str> = listed.iter().take(60).map(id).collect();
    desk.prints(&[&["mark"], &ids[..], &["--star", "--tag", "boss"]].concat());
    desk.prints(&["note", ids[0], "Call her."]);
    desk
}

fn starred(desk: &Desk) -> usize {
    desk.objects(&["list", "is:starred", "--range", "all", "--offline", "--json"]).len()
}

/// The backups, newest first.
fn backups(desk: &Desk) -> Vec<Value> {
    desk.objects(&["backup", "list", "--json"])
}

fn file(backup: &Value) -> PathBuf {
    backup["path"].as_str().unwrap().into()
}

/// Changes the bytes of the store.
fn damage(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// A name, and how the store's file is lost.
type Way = (&'static str, fn(&Path));

#[test]
fn whatever_happens_to_the_store_what_the_user_did_comes_back() {
    let desk = worked();
    let store = desk.home.store();
    let ways: [Way; 5] = [
        ("deleted", |path| fs::remove_file(path).unwrap()),
        ("emptied", |path| fs::write(path, "").unwrap()),
        ("header zeroed", |path| damage(path, |bytes| bytes[..100].fill(0))),
        ("all zeroed", |path| damage(path, |bytes| bytes.fill(0))),
        ("half cut off", |path| damage(path, |bytes| bytes.truncate(bytes.len() / 2))),
    ];
    for (how, lose) in ways {
        lose(&store);
        let output = desk.run(&["list", "is:starred", "--range", "all", "--offline"]);
        let said = said(&output);
        assert!(
            said.contains("the backup of ") && said.contains("(60 voicemails, 1 note, 60 tags)"),
            "{how}: {said}"
        );
        assert_eq!(starred(&desk), 60, "{how}");
        let first = desk.objects(&[
            "list",
            "is:starred",
            "tag:boss",
            "has:note",
            "--range",
            "all",
            "--offline",
            "--json",
        ]);
        assert_eq!(first.len(), 1, "{how}");
    }
}

#[test]
fn backups_are_listed() {
    let desk = worked();
    let found = backups(&desk);
    // A young store is backed up after each command.
    assert_eq!(found.len(), 2);
    let newest = &found[0];
    for (name, number) in [("voicemails", 60), ("notes", 1), ("tags", 60), ("names", 0)] {
        assert_eq!(newest[name], number, "{name}");
    }
    assert_eq!(newest["state"], "whole");
    assert!(newest["time"].as_str().unwrap().ends_with("+05:30"));
    assert_eq!(newest["bytes"], fs::metadata(file(newest)).unwrap().len());
    damage(&file(newest), |bytes| bytes[30] ^= 1);
    let found = backups(&desk);
    assert_eq!((&found[0]["state"], &found[0]["notes"]), (&"damaged".into(), &Value::Null));
    let table = desk.prints(&["backup", "list"]);
    let lines: Vec<_> = table.lines().collect();
    assert!(
        lines[0].starts_with("TIME ") && lines[0].contains("  VOICEMAILS  NOTES  TAGS  NAMES "),
        "{table}"
    );
    assert!(lines[1].contains("  damaged  ") && lines[2].contains("  whole    "), "{table}");
}

#[test]
fn a_backup_is_restored_by_hand() {
    let desk = worked();
    let ids: Vec<_> = desk
        .objects(&["list", "is:starred", "--range", "30d", "--json"])
        .iter()
        .map(|it| id(it).to_owned())
        .collect();
    desk.prints(&["mark", &ids[0], &ids[1], "--unstar"]);
    let before = file(&backups(&desk)[1]);
    let before = before.to_str().unwrap();
    let output = desk.run(&["backup", "restore", before, "--dry-run"]);
    let would = said(&output);
    assert!(
        would.ends_with("would have added 0 voicemails, changed 2; restored 0 caller names\n"),
        "{would}"
    );
    assert_eq!(starred(&desk), 58);
    let output = desk.run(&["backup", "restore", before]);
    assert!(
        said(&output).contains(": added 0 voicemails, changed 2; restored 0 caller names"),
        "{}",
        said(&output)
    );
    assert_eq!(starred(&desk), 60);
    // The newest one, if none is named; a damaged one is said and skipped.
    damage(&file(&backups(&desk)[0]), |bytes| bytes.truncate(40));
    let output = desk.run(&["backup", "restore"]);
    let told = said(&output);
    assert!(told.contains("is damaged: ") && told.contains("changed 0"), "{told}");
    let refused = desk.fails(1, &["backup", "restore", file(&backups(&desk)[0]).to_str().unwrap()]);
    assert!(refused.contains("is damaged: "), "{refused}");
    fs::remove_dir_all(desk.home.store().with_file_name("backups")).unwrap();
    assert!(desk.fails(5, &["backup", "restore"]).contains("no undamaged backup in "));
    assert!(said(&desk.run(&["backup", "now"])).starts_with("backed up 60 voicemails, 1 note, 60 tags to "));
    assert!(said(&desk.run(&["backup", "now"])).starts_with("nothing changed since "));
}

#[cfg(unix)]
#[test]
fn a_store_that_is_deleted_under_a_running_command_is_written_again() {
    let desk = worked();
    desk.home.write_settings("refresh = 5\nrange = \"30d\"\n");
    let mut child = desk.vmail(&["sync", "--watch"]).stderr(Stdio::piped()).spawn().unwrap();
    let store = desk.home.store();
    let log = PathBuf::from(format!("{}-wal", store.display()));
    until("the store to be open", || log.exists());
    fs::remove_file(&store).unwrap();
    let line = BufReader::new(child.stderr.take().unwrap()).lines().next().unwrap().unwrap();
    assert!(line.contains("vmail.db was deleted while vmail used it. vmail has written it again"), "{line}");
    child.kill().unwrap();
    child.wait().unwrap();
    fs::remove_dir_all(store.with_file_name("backups")).unwrap();
    assert_eq!(starred(&desk), 60);
}
