//! The screen: rows, keys, sizes, signs, colours, mouse and notifications.

use std::time::Duration;

use vmail::demo::Options;

use crate::harness::{Launch, Seen, Signal, Terminal, row, until};
use crate::world::{Home, Relay, Server, inbox, made_up};

fn demo(home: &Home) -> Launch {
    Launch::vmail(home, ["--demo"])
}

#[test]
fn the_demo_opens_moves_and_leaves_everything_as_it_was() {
    let home = Home::new();
    let mut terminal = demo(&home).start();
    terminal.wait_until_live();
    let first = terminal.look(Seen::selected).unwrap();
    let second = terminal.moves("j");
    assert_eq!(terminal.moves("k"), first);
    assert_eq!(terminal.moves("j"), second);
    let last = terminal.moves("G");
    assert_ne!(last, first);
    assert_eq!(terminal.moves("g"), first);
    terminal.send("q");
    assert_eq!(terminal.end().exit_code(), 0);
    terminal.assert_given_back();
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
}

#[test]
fn keys_that_come_faster_than_frames_are_all_heeded() {
    let home = Home::new();
    let server = Server::with(made_up(300, Duration::ZERO));
    let mut terminal = server.inbox(&home, &["--range", "30d"]).start();
    terminal.wait("all rows", |seen| seen.total() == Some(300) && seen.shows("up to date"));
    for (keys, row) in [("j".repeat(250), 250), ("k".repeat(200), 50), ("j".repeat(249), 299)] {
        terminal.send(&keys);
        let time = home.time_of_row(row).format("%H:%M ").to_string();
        terminal.wait(&format!("row {row} at {time}"), |seen| {
            seen.selected().is_some_and(|row| row.starts_with(&time))
        });
    }
}

#[test]
fn a_storm_of_sizes_ends_in_the_right_screen() {
    let home = Home::new();
    let server = Server::start();
    let mut terminal = server.inbox(&home, &[]).start();
    terminal.wait_until_live();
    terminal.send("jjj");
    for round in 0..20u16 {
        for (width, height) in [(200, 60), (1, 1), (2, 40), (120, 2), (40, 12), (3, 3), (80, 1), (99, 24)] {
            terminal.resize(width + round % 3, height);
            terminal.send(if round % 2 == 0 { "j" } else { "k" });
        }
    }
    terminal.resize(120, 40);
    terminal.wait("the wide screen", |seen| seen.shows("Recording") && seen.shows("up to date"));
    assert_eq!(redrawn(&terminal), cells(&terminal));
    terminal.resize(1, 1);
    terminal.resize(80, 24);
    terminal.wait("the list alone", |seen| seen.shows("? help") && seen.selected().is_some());
    assert_eq!(redrawn(&terminal), cells(&terminal));
    terminal.send("q");
    assert_eq!(terminal.end().exit_code(), 0);
    terminal.assert_given_back();
}

#[test]
fn a_key_that_comes_with_a_resize_is_heeded_at_once() {
    let home = Home::new();
    let server = Server::start();
    let mut terminal = server.inbox(&home, &[]).start();
    terminal.wait_until_live();
    let first = terminal.look(Seen::selected);
    for round in 0..300u16 {
        terminal.resize(80 + round % 2, 24);
        terminal.send(if round % 2 == 0 { "j" } else { "k" });
        terminal.wait("the key's row", |seen| (seen.selected() == first) == (round % 2 == 1));
    }
}

fn cells(terminal: &Terminal) -> Vec<u8> {
    terminal.look(|seen| seen.screen().contents_formatted())
}

/// The screen after it was drawn from nothing: SIGCONT asks for that.
fn redrawn(terminal: &Terminal) -> Vec<u8> {
    let taken = |seen: &Seen| String::from_utf8_lossy(&seen.bytes).matches("\x1b[2J").count();
    let before = terminal.look(taken);
    terminal.signal(Signal::CONT);
    terminal.wait("a new frame", |seen| taken(seen) > before && seen.bytes.ends_with(b"\x1b[?2026l"));
    cells(terminal)
}

#[test]
fn a_voicemail_that_arrives_is_told_and_moves_nothing() {
    let home = Home::new();
    home.write_settings("refresh = 5\nnotify = [\"bell\", \"osc9\", \"osc777\"]\n");
    let arrival = Some(Duration::from_secs(3));
    let server = Server::with(|options| Options { arrival, ..options });
    let mut terminal = server.inbox(&home, &[]).start();
    terminal.wait_until_live();
    let selected = terminal.moves("j");
    let total = terminal.look(Seen::total).unwrap();
    terminal.wait_for("1 new voicemail");
    assert_eq!(terminal.look(Seen::total), Some(total + 1));
    assert_eq!(terminal.look(Seen::selected), Some(selected));
    terminal.send("q");
    terminal.end();
    let written = terminal.written();
    for sequence in ["\x07", "\x1b]9;1 new voicemail\x1b\\", "\x1b]777;notify;vmail;1 new voicemail\x1b\\"] {
        assert!(written.contains(sequence), "{sequence:?}");
    }
}

#[test]
fn the_demo_brings_news_by_itself() {
    let home = Home::new();
    let mut terminal = demo(&home).start();
    terminal.wait_until_live();
    let selected = terminal.moves("j");
    terminal.wait_for("1 new voicemail");
    assert_eq!(terminal.look(Seen::selected), Some(selected));
    assert!(!terminal.written().contains('\x07'));
}

#[test]
fn the_mouse_is_left_to_the_terminal_unless_it_is_asked_for() {
    let home = Home::new();
    let server = Server::start();
    let terminal = server.inbox(&home, &[]).start();
    terminal.wait_until_live();
    assert!(!terminal.written().contains("\x1b[?1000h"));
    terminal.signal(Signal::TERM);
    terminal.end();

    home.write_settings("mouse = true\n");
    let mut terminal = server.inbox(&home, &[]).start();
    terminal.wait_until_live();
    assert!(terminal.written().contains("\x1b[?1000h"));
    assert!(!terminal.written().contains("\x1b[?1003h"), "movements are not asked for");
    let first = terminal.look(Seen::selected).unwrap();
    // The wheel, over the list.
    let wheeled = terminal.moves("\x1b[<65;10;10M");
    assert_ne!(wheeled, first);
    // A click on a row on screen: the one under the selected one.
    let text = terminal.text();
    let at = text.lines().position(|line| line.starts_with('▌')).unwrap();
    let mut below = text.lines().enumerate().skip(at + 1);
    let (line, wanted) = below.find_map(|(at, line)| Some((at + 1, row(line)?))).unwrap();
    assert_eq!(terminal.moves(&format!("\x1b[<0;10;{line}M\x1b[<0;10;{line}m")), wanted);
    terminal.send("q");
    terminal.end();
    terminal.assert_given_back();
}

/// The parameters of every sequence that sets a style.
fn styles(written: &str) -> Vec<Vec<u16>> {
    written
        .split("\x1b[")
        .skip(1)
        .filter_map(|rest| {
            let (parameters, _) = rest.split_once('m')?;
            let plain = parameters.bytes().all(|byte| byte.is_ascii_digit() || b";:".contains(&byte));
            plain.then(|| parameters.split([';', ':']).filter_map(|part| part.parse().ok()).collect())
        })
        .collect()
}

fn is_colour(style: &[u16]) -> bool {
    style.iter().any(|parameter| matches!(parameter, 30..=38 | 40..=48 | 90..=107))
}

#[test]
fn no_color_means_none() {
    for (name, value, colourful) in [("NO_COLOR", "1", false), ("NO_COLOR", "", true), ("A", "b", true)] {
        let home = Home::new();
        let server = Server::start();
        let mut terminal = server.inbox(&home, &[]).env(name, value).size(120, 40).start();
        terminal.wait_until_live();
        terminal.send("jd");
        terminal.wait_for("Dates");
        terminal.send("\x1b");
        terminal.wait("the picker is gone", |seen| !seen.shows("Dates"));
        terminal.send("q");
        terminal.end();
        let styles = styles(&terminal.written());
        assert_eq!(styles.iter().any(|style| is_colour(style)), colourful, "{name}={value}: {styles:?}");
    }
}

#[test]
fn a_locale_without_utf8_gets_ascii() {
    let home = Home::new();
    let server = Server::start();
    let mut terminal = server.inbox(&home, &[]).env("LANG", "C").size(120, 40).start();
    terminal.wait_until_live();
    terminal.send("d");
    terminal.wait_for("Dates");
    terminal.send("\x1b");
    terminal.wait("the picker is gone", |seen| !seen.shows("Dates"));
    terminal.send("?");
    terminal.wait_for("Application");
    terminal.send("?q");
    terminal.end();
    terminal.look(|seen| assert!(seen.bytes.is_ascii(), "{}", seen.text()));
}

#[test]
fn an_idle_inbox_writes_nothing() {
    let home = Home::new();
    home.write_settings("refresh = 5\n");
    let server = Server::start();
    let relay = Relay::before(&server);
    let terminal = inbox(&home, relay.url(), &[]).start();
    terminal.wait_until_live();
    // The frame may have been read up to that word only.
    terminal.wait("the frame's end", |seen| seen.bytes.ends_with(b"\x1b[?2026l"));
    let (text, before) = terminal.look(|seen| (seen.text(), seen.bytes.len()));
    let asked = relay.asked();
    until("two looks for news", || relay.asked() >= asked + 2);
    terminal.look(|seen| {
        // The time of the last look stands there, and changes once a minute.
        assert!(seen.bytes.len() == before || seen.text() != text);
    });
}
