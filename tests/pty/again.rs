//! The screen begins anew without being left: changed settings, a first account, another one.

use std::time::{Duration, Instant};

use vmail::demo::{APP_ID, SECRET};

use crate::harness::{Launch, Seen, until};
use crate::world::{Home, Server, inbox, made_up};

#[test]
fn changed_settings_are_taken_over_and_nothing_else_changes() {
    let home = Home::new();
    let server = Server::start();
    home.write_settings("timezone = \"Asia/Kolkata\"\n");
    let mut terminal = inbox(&home, server.url(), &[]).start();
    terminal.wait_until_live();
    terminal.wait_for("IST");
    terminal.moves("j");
    let selected = terminal.moves("j");
    terminal.send("s");
    terminal.wait("a star", |seen| seen.shows("★"));
    home.write_settings("timezone = \"Asia/Tokyo\"\n");
    terminal.send(":reload\r");
    terminal.wait_for("JST");
    terminal.wait_for("settings reloaded");
    terminal.wait_until_live();
    // The times change, the selection stays.
    let caller = |row: &str| row.split_once("  ").map(|(_, rest)| rest.trim().to_owned());
    terminal.wait("the same row", |seen| seen.selected().as_deref().and_then(caller) == caller(&selected));
    // Earlier steps can still be undone.
    terminal.send("u");
    terminal.wait("no star", |seen| !seen.shows("★"));

    // Invalid settings change nothing.
    home.write_settings("timezone = \"Asia/Tokyoo\"\nrefresh = 1\n");
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
        terminal.wait_for("settings reloaded");
        terminal.wait_until_live();
        terminal.moves("j");
        terminal.wait("the news is gone", |seen: &Seen| !seen.shows("settings reloaded"));
    }
    until("one store is open", || stores(terminal.pid()) == 1);
}

#[test]
fn the_first_account_is_named_on_the_screen() {
    let home = Home::new();
    let server = Server::start();
    let mut terminal = Launch::vmail(&home, ["--base-url", server.url()]).start();
    terminal.wait_for("Welcome");
    terminal.send("\r");
    terminal.wait_for("Log in to TeleCMI");
    terminal.send(&format!("\t{APP_ID}\twrong-secret\r"));
    terminal.wait_for("Check the app ID");
    assert!(!home.secrets().exists(), "nothing was stored");
    // Ctrl-U takes the secret back.
    terminal.send(&format!("\x15{SECRET}\r"));
    terminal.wait_until_live();
    terminal.moves("j");
    terminal.send("q");
    assert_eq!(terminal.end().exit_code(), 0);
    let settings = std::fs::read_to_string(home.settings()).unwrap();
    assert!(settings.contains(&APP_ID.to_string()) && !settings.contains(SECRET), "{settings}");
    assert!(std::fs::read_to_string(home.secrets()).unwrap().contains(SECRET));
    terminal.look(|seen| {
        for hidden in [SECRET, "wrong-secret"] {
            assert!(!seen.bytes.windows(hidden.len()).any(|part| part == hidden.as_bytes()), "{hidden}");
        }
    });
    // The next start asks for nothing.
    let terminal = Launch::vmail(&home, ["--base-url", server.url()]).start();
    terminal.wait_until_live();
}

#[test]
fn another_account_is_gone_over_to_and_back() {
    let home = Home::new();
    let [first, second] = [Server::start(), Server::with(made_up(7, Duration::ZERO))];
    home.write_settings(&format!(
        "[accounts.office]\nappid = {APP_ID}\nbase_url = \"{}\"\nsecret_command = \"echo {SECRET}\"\n\
         [accounts.shop]\nappid = {APP_ID}\nbase_url = \"{}\"\nsecret_command = \"echo {SECRET}\"\n",
        first.url(),
        second.url(),
    ));
    let mut terminal = Launch::vmail::<&str>(&home, []).start();
    terminal.wait_until_live();
    terminal.wait_for("office");
    let total = terminal.look(Seen::total);
    terminal.send("aj\r");
    terminal.wait("the other account", |seen| seen.shows("shop") && seen.total() != total);
    terminal.wait_until_live();
    terminal.send("s");
    terminal.wait("a star", |seen| seen.shows("★"));
    terminal.send("ak\r");
    terminal.wait("the first one", |seen| seen.shows("office") && seen.total() == total);
    terminal.wait("no star of the other", |seen| !seen.shows("★"));
    terminal.send(":reload\r");
    terminal.wait_for("settings reloaded");
    terminal.wait_for("office");
    terminal.send("q");
    assert_eq!(terminal.end().exit_code(), 0);
    terminal.assert_given_back();
}

#[test]
fn what_plays_ends_with_its_account_and_that_is_said() {
    let home = Home::new();
    let [first, second] = [Server::start(), Server::with(made_up(7, Duration::ZERO))];
    home.write_settings(&format!(
        "player_command = \"cat >/dev/null; sleep 600\"\n\
         [accounts.office]\nappid = {APP_ID}\nbase_url = \"{}\"\nsecret_command = \"echo {SECRET}\"\n\
         [accounts.shop]\nappid = {APP_ID}\nbase_url = \"{}\"\nsecret_command = \"echo {SECRET}\"\n",
        first.url(),
        second.url(),
    ));
    let mut terminal = Launch::vmail::<&str>(&home, []).start();
    terminal.wait_until_live();
    terminal.send(" ");
    terminal.wait_for("▶");
    terminal.send("aj\r");
    terminal.wait_for("playback stopped: account switched");
    terminal.wait("nothing plays", |seen| seen.shows("shop") && !seen.shows("▶"));
    terminal.send("q");
    assert_eq!(terminal.end().exit_code(), 0);
}

#[test]
fn two_windows_agree_and_undo_what_the_other_did() {
    let home = Home::new();
    let server = Server::start();
    let mut first = inbox(&home, server.url(), &[]).start();
    first.wait_until_live();
    let second = inbox(&home, server.url(), &[]).start();
    second.wait_until_live();
    let counts = |seen: &Seen| {
        let text = seen.text();
        let status = text.lines().rev().find_map(|line| line.trim().split_once(" voicemails"));
        (seen.total(), status.and_then(|(count, _)| count.parse().ok()))
    };
    let all = first.look(Seen::total).unwrap();
    assert_eq!(second.look(counts), (Some(all), Some(all)));
    let mut second = second;
    for _ in 0..3 {
        first.send("e");
    }
    first.wait("three are done", |seen| seen.total() == Some(all - 3));
    // Without a key: header and status in one frame, the selected one included.
    second.wait("the other window knows", |seen| seen.total() == Some(all - 3));
    assert_eq!(second.look(counts), (Some(all - 3), Some(all - 3)));
    for left in [2, 1, 0] {
        second.send("u");
        second.wait_for("u again to undo: marked as done, ");
        second.wait_for(", elsewhere at ");
        // It takes the offer only once the key has rested: one that is held down does not.
        let offered = Instant::now();
        until("the key has rested", || offered.elapsed() > Duration::from_millis(500));
        second.send("u");
        second.wait("one less is done", |seen| seen.total() == Some(all - left));
        first.wait("the first window knows", |seen| seen.total() == Some(all - left));
    }
    second.send("u");
    second.wait_for("nothing to undo");
    first.send("u");
    first.wait_for("nothing to undo: \"marked as done\" was changed elsewhere");
    for mut terminal in [first, second] {
        terminal.send("q");
        assert_eq!(terminal.end().exit_code(), 0);
    }
}
