//! The inbox of an account: the first start, what is kept, going on without a server, two at once.

use std::fs;
use std::time::Duration;

use vmail::demo::{Options, SECRET};

use crate::harness::{Launch, Seen, Signal, until};
use crate::home::mode;
use crate::world::{Home, Relay, Server, inbox, made_up};

/// A port that refuses connections.
const NOBODY: &str = "http://127.0.0.1:9/v2";

#[test]
fn rows_stay_without_the_server_and_the_secret_is_nowhere() {
    let home = Home::new();
    let server = Server::start();
    let log = home.path().join("vmail.log");
    let args = ["--log", log.to_str().unwrap()];
    let mut terminal = server.inbox(&home, &args).env("VMAIL_LOG", "trace").start();
    terminal.wait_until_live();
    let total = terminal.look(Seen::total).unwrap();
    assert!(total > 10, "{total}");
    let command_line = fs::read(format!("/proc/{}/cmdline", terminal.pid())).unwrap();
    terminal.send("q");
    assert_eq!(terminal.end().exit_code(), 0);

    assert_eq!(mode(&home.store()), 0o600);
    assert_eq!(mode(home.store().parent().unwrap()), 0o700);
    assert_eq!(mode(&log), 0o600);
    let places = [
        ("the screen", terminal.look(|seen| seen.bytes.clone())),
        ("the store", fs::read(home.store()).unwrap()),
        ("the log", fs::read(&log).unwrap()),
        ("the command line", command_line),
    ];
    for (place, bytes) in places {
        assert!(!bytes.is_empty(), "nothing in {place}");
        assert!(!bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes()), "in {place}");
    }

    let url = server.url().to_owned();
    drop(server);
    let mut terminal = inbox(&home, &url, &[]).start();
    terminal.wait("the rows of before", |seen| seen.total() == Some(total));
    // After five attempts, with pauses in between.
    terminal.wait("offline, and the retry", |seen| seen.shows("offline") && seen.shows("· retry "));
    assert_eq!(terminal.look(Seen::total), Some(total));
    terminal.moves("j");
    terminal.send("q");
    assert_eq!(terminal.end().exit_code(), 0);
}

#[test]
fn the_first_start_says_what_to_do() {
    let home = Home::new();
    let mut terminal = Launch::vmail::<&str>(&home, []).start();
    for text in ["TELECMI_APPID", "TELECMI_SECRET", "~/config/vmail/config.toml", "vmail --demo", "q quit"] {
        terminal.wait_for(text);
    }
    terminal.send("q");
    assert_eq!(terminal.end().exit_code(), 0);
    terminal.assert_given_back();
}

#[test]
fn a_wrong_secret_is_said_in_the_servers_words_and_can_be_tried_again() {
    let home = Home::new();
    let server = Server::start();
    let relay = Relay::before(&server);
    let mut terminal = inbox(&home, relay.url(), &[]).env("TELECMI_SECRET", "wrong-secret").start();
    terminal.wait_for("Authentication Failed");
    terminal.wait_for("retry");
    // Two windows are fetched in parallel, once each.
    let asked = relay.asked();
    assert!(asked <= 2, "{asked}");
    terminal.send("R");
    until("the server is asked again", || relay.asked() > asked);
    terminal.wait_for("Authentication Failed");
    assert!(!terminal.written().contains("wrong-secret"));
    terminal.send("q");
    assert_eq!(terminal.end().exit_code(), 0);
}

#[test]
fn without_a_network_it_says_offline_and_when_it_tries_again() {
    let home = Home::new();
    let mut terminal = inbox(&home, NOBODY, &[]).start();
    terminal.wait_for("attempt 2 of 5");
    terminal.wait("offline, and the retry", |seen| seen.shows("offline") && seen.shows("· retry "));
    terminal.send("q");
    assert_eq!(terminal.end().exit_code(), 0);
}

#[test]
fn two_at_once_share_one_store() {
    let home = Home::new();
    home.write_settings("refresh = 5\n");
    let nothing = Server::with(|options| Options { rows: Some(0), ..options });
    let (url, port) = (nothing.url().to_owned(), nothing.port());
    let same_port = |options: Options| Options { port, ..options };
    let mut one = inbox(&home, &url, &[]).start();
    one.wait_for("No voicemails");
    // It does not sync while the other one finds voicemails.
    one.signal(Signal::STOP);
    drop(nothing);
    let server = Server::with(same_port);
    let mut other = inbox(&home, &url, &[]).start();
    other.wait_until_live();
    let total = other.look(Seen::total).unwrap();
    drop(server);
    let _nothing = Server::with(|options| Options { rows: Some(0), ..same_port(options) });
    one.signal(Signal::CONT);
    one.wait("the rows the other one stored", |seen| seen.total() == Some(total));
    for terminal in [&mut one, &mut other] {
        terminal.moves("j");
        terminal.send("q");
        assert_eq!(terminal.end().exit_code(), 0);
    }
    assert_eq!(home.stored().0, home.stored().1);
}

#[test]
fn two_at_once_see_what_the_other_does() {
    let home = Home::new();
    let server = Server::start();
    let mut one = inbox(&home, server.url(), &[]).start();
    one.wait_until_live();
    let mut other = inbox(&home, server.url(), &[]).start();
    other.wait_until_live();
    one.send("s");
    one.wait_for("★");
    other.wait_for("★");
    other.send("e");
    other.wait_for("done · u to undo");
    one.send("4");
    one.wait("what the other one has done", |seen| seen.shows("Done 1"));
    // Each undoes only its own steps.
    other.send("u");
    one.wait("what the other one has undone", |seen| seen.shows("Done 0"));
    one.send("3");
    one.wait("its own star", |seen| seen.shows("Starred 1"));
    for terminal in [&mut one, &mut other] {
        terminal.send("q");
        assert_eq!(terminal.end().exit_code(), 0);
    }
}

#[test]
fn two_that_fetch_at_the_same_time_have_every_row_once() {
    const ROWS: usize = 300;
    let home = Home::new();
    let server = Server::with(made_up(ROWS, Duration::from_millis(5)));
    let start = || server.inbox(&home, &["--range", "30d"]).start();
    let terminals = [start(), start()];
    for mut terminal in terminals {
        terminal.wait("all rows", |seen| seen.total() == Some(ROWS) && seen.shows("up to date"));
        terminal.send("q");
        assert_eq!(terminal.end().exit_code(), 0);
    }
    assert_eq!(home.stored(), (ROWS as i64, ROWS as i64));
}

#[test]
fn a_sync_that_was_killed_goes_on_where_it_was() {
    const ROWS: usize = 300;
    let server = Server::with(made_up(ROWS, Duration::from_millis(40)));
    let relay = Relay::before(&server);
    let start = |home: &Home| inbox(home, relay.url(), &["--range", "30d", "--concurrency", "2"]).start();

    let home = Home::new();
    let terminal = start(&home);
    terminal.wait("half of the rows", |seen| seen.total().is_some_and(|total| total >= ROWS / 2));
    terminal.signal(Signal::KILL);
    terminal.end();
    assert!(home.stored().0 < ROWS as i64, "it was done before it was killed");

    let before = relay.asked();
    let mut terminal = start(&home);
    terminal.wait("all rows", |seen| seen.total() == Some(ROWS) && seen.shows("up to date"));
    let second = relay.asked() - before;
    terminal.send("q");
    terminal.end();
    assert_eq!(home.stored(), (ROWS as i64, ROWS as i64));

    let fresh = Home::new();
    let before = relay.asked();
    let terminal = start(&fresh);
    terminal.wait("all rows", |seen| seen.total() == Some(ROWS) && seen.shows("up to date"));
    let whole = relay.asked() - before;
    assert!(second < whole, "{second} pages after the kill, {whole} from nothing");
}
