//! A store that is damaged, newer, in the way, or on a full disk.

use std::fs;

use crate::harness::{Launch, Seen};
use crate::world::{Home, Server, made_up, with_credentials};

/// What is on screen as one text, whatever lines it was broken into.
fn flow(seen: &Seen) -> String {
    seen.text().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_damaged_store_is_moved_aside_and_both_names_are_said() {
    let home = Home::new();
    let server = Server::start();
    fs::create_dir_all(home.store().parent().unwrap()).unwrap();
    let garbage = "not a database, whatever its name says\n".repeat(500);
    fs::write(home.store(), &garbage).unwrap();
    let mut terminal = server.inbox(&home, &[]).start();
    terminal.wait("rows", |seen| seen.total().is_some_and(|total| total > 10));
    terminal.wait_for("was damaged");
    let names = home.stores();
    let [aside, new] = names.as_slice() else { panic!("{names:?}") };
    assert_eq!(new, "vmail.db");
    // Broken lines may part a name.
    let said = terminal.text().split_whitespace().collect::<String>();
    for name in [aside, &home.store().display().to_string()] {
        assert!(said.contains(name.as_str()), "{name} is not in\n{}", terminal.text());
    }
    assert_eq!(fs::read_to_string(home.store().with_file_name(aside)).unwrap(), garbage);
    // A fault stays until a key.
    terminal.moves("j");
    terminal.wait_until_live();
    terminal.send("q");
    assert_eq!(terminal.end().exit_code(), 0);
    assert!(home.stored().0 > 10);
}

#[test]
fn a_store_that_is_deleted_while_it_is_open_is_said_and_written_again() {
    let home = Home::new();
    let server = Server::start();
    let mut terminal = server.inbox(&home, &[]).start();
    terminal.wait_until_live();
    let stars = |seen: &Seen| seen.text().matches('★').count();
    terminal.send("s");
    terminal.wait("a star", |seen| stars(seen) == 1);
    fs::remove_dir_all(home.store().parent().unwrap()).unwrap();
    terminal.wait("what happened", |seen| flow(seen).contains("was deleted while vmail used it"));
    // A fault stays until a key.
    terminal.moves("j");
    terminal.send("s");
    terminal.wait("another star", |seen| stars(seen) == 2);
    terminal.send("q");
    assert_eq!(terminal.end().exit_code(), 0);
    let store = rusqlite::Connection::open(home.store()).unwrap();
    let starred = "SELECT count(*) FROM voicemail WHERE flags & 2 <> 0";
    assert_eq!(store.query_row(starred, [], |row| row.get::<_, i64>(0)).unwrap(), 2);
    // With a backup, made when vmail ended.
    let folder = home.store().with_file_name("backups");
    assert!(fs::read_dir(folder).unwrap().any(|entry| entry.unwrap().path().extension().is_some()));
}

#[test]
fn a_store_of_a_newer_version_is_left_alone_and_said_clearly() {
    let home = Home::new();
    let server = Server::start();
    let mut terminal = server.inbox(&home, &[]).start();
    terminal.wait_until_live();
    terminal.send("q");
    terminal.end();
    let store = rusqlite::Connection::open(home.store()).unwrap();
    store.pragma_update(None, "user_version", 9_999).unwrap();
    drop(store);
    let before = fs::read(home.store()).unwrap();

    let mut terminal = server.inbox(&home, &[]).start();
    terminal.wait_for("Cannot use the stored voicemails");
    let said = terminal.look(flow);
    for text in
        ["newer vmail", "9999", "update vmail, or move the file away to start with an empty store", "q quit"]
    {
        assert!(said.contains(text), "{text} is not in {said}");
    }
    // Retrying does not help.
    assert!(!said.contains("R retry") && !said.contains("· retry "), "{said}");
    terminal.send("q");
    assert_eq!(terminal.end().exit_code(), 0);
    assert_eq!(fs::read(home.store()).unwrap(), before);
}

#[test]
fn where_no_store_can_be_the_inbox_works_from_memory() {
    let home = Home::new();
    let server = Server::start();
    let file = home.path().join("a file");
    fs::write(&file, "in the way").unwrap();
    let mut terminal = server.inbox(&home, &[]).env("XDG_DATA_HOME", file.join("data")).start();
    terminal.wait("rows", |seen| seen.total().is_some_and(|total| total > 10));
    terminal.wait("the reason", |seen| flow(seen).contains("Working in memory; nothing is saved"));
    terminal.moves("j");
    terminal.wait_until_live();
    terminal.send("q");
    assert_eq!(terminal.end().exit_code(), 0);
    assert_eq!(fs::read_to_string(&file).unwrap(), "in the way");
}

#[test]
fn a_disk_that_fills_up_in_mid_sync_costs_no_row() {
    const ROWS: usize = 2_000;
    let home = Home::new();
    let server = Server::with(made_up(ROWS, std::time::Duration::ZERO));
    // Files cannot grow beyond so many blocks of 512 bytes: to a program, a full disk.
    let script =
        format!("trap '' XFSZ; ulimit -f 300; exec \"$VMAIL\" --range 30d --base-url {}", server.url());
    let mut terminal = with_credentials(Launch::shell(&home, &script)).start();
    terminal.wait("all rows", |seen| seen.total() == Some(ROWS));
    terminal.wait("the reason", |seen| flow(seen).contains("Working in memory; nothing is saved"));
    terminal.moves("j");
    terminal.wait_until_live();
    terminal.send("q");
    assert_eq!(terminal.end().exit_code(), 0);
    // What had been stored before is sound.
    let (rows, different) = home.stored();
    assert!(rows == different && rows > 0 && rows < ROWS as i64, "{rows}");
}
