//! The screen begins anew without being left: changed settings.

use vmail::demo::SECRET;

use crate::harness::{Seen, until};
use crate::world::{Home, Server, inbox};

#[test]
fn changed_settings_are_taken_over_and_nothing_else_changes() {
    let home = Home::new();
    let server = Server::start();
    home.settings("timezone = \"Asia/Kolkata\"\n");
    let mut terminal = inbox(&home, server.url(), &[]).start();
    terminal.wait_until_live();
    terminal.wait_for("IST");
    terminal.moves("j");
    let selected = terminal.moves("j");
    terminal.send("s");
    terminal.wait("a star", |seen| seen.shows("★"));
    home.settings("timezone = \"Asia/Tokyo\"\n");
    terminal.send(":reload\r");
    terminal.wait_for("JST");
    terminal.wait_for("taken over");
    terminal.wait_until_live();
    // The times are others, the place is the same.
    let caller = |row: &str| row.split_once("  ").map(|(_, rest)| rest.trim().to_owned());
    terminal.wait("the same row", |seen| seen.selected().as_deref().and_then(caller) == caller(&selected));
    // What was done before can still be undone.
    terminal.send("u");
    terminal.wait("no star", |seen| !seen.shows("★"));

    // Settings that are wrong change nothing.
    home.settings("timezone = \"Asia/Tokyoo\"\nrefresh = 1\n");
    terminal.send(":reload\r");
    terminal.wait_for("Asia/Tokyoo");
    terminal.wait_for("1 more");
    terminal.wait_for("JST");
    terminal.moves("j");
    terminal.send("q");
    assert_eq!(terminal.end().exit_code(), 0);
    terminal.assert_given_back();
    assert!(!terminal.text().contains(SECRET));
}

#[test]
fn an_old_session_leaves_nothing_running() {
    let home = Home::new();
    let server = Server::start();
    let mut terminal = inbox(&home, server.url(), &[]).start();
    terminal.wait_until_live();
    // Each open store has a thread of that name.
    let stores = |pid| {
        let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
        let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
        names.filter(|name| name.trim() == "store").count()
    };
    assert_eq!(stores(terminal.pid()), 1);
    for _ in 0..3 {
        terminal.send(":reload\r");
        terminal.wait_for("taken over");
        terminal.wait_until_live();
        terminal.moves("j");
        terminal.wait("the news is gone", |seen: &Seen| !seen.shows("taken over"));
    }
    until("one store is open", || stores(terminal.pid()) == 1);
}
