//! `vmail play` from outside: what is heard, what is marked, and what the terminal is left like.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by it, in helpers as well")]

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use crate::harness::{Launch, Signal, Terminal, signal_to};
use crate::program::{Home, Reply, Run, SECRET, Service, recording, row, until};
use vmail::audio;

const RANGE: [&str; 2] = ["--range", "2026-11-01..2026-11-03"];

/// Two with a recording, and one whose recording is gone.
fn service() -> Service {
    let rows = vec![
        row("2026-11-03T09:31:00Z", "", "c.wav"),
        row("2026-11-02T11:42:08Z", "919876543210", "b.mp3"),
        row("2026-11-01T19:12:33Z", "442079460018", "gone.mp3"),
    ];
    Service::start(rows, |name| match name {
        "c.wav" => Reply::Whole(recording("front-desk.wav")),
        "b.mp3" => Reply::Whole(recording("hello.mp3")),
        _ => Reply::Status(404),
    })
}

/// The same, with recordings that do not end before a test does.
fn long() -> Service {
    let rows =
        vec![row("2026-11-03T09:31:00Z", "", "c.wav"), row("2026-11-02T11:42:08Z", "919876543210", "b.wav")];
    Service::start(rows, |_| Reply::Whole(crate::tone::wav(&crate::tone::sine(440.0, LONG, 8_000), 8_000)))
}

const LONG: Duration = Duration::from_secs(300);

/// Sound goes to files, one for each play, named by the process that took it.
fn with_program(home: &Home, read_after: u32) {
    let program = "player_command = [\"sh\", \"-c\", \"cat > heard-$$.wav\"]";
    home.write_settings(&format!("{program}\nread_after = {read_after}\n"));
}

fn play<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["play"], &RANGE[..], more].concat()
}

/// What was heard, each as the seconds that it takes.
fn heard(home: &Home) -> Vec<f64> {
    let names = home.names("");
    let files = names.iter().filter(|name| name.starts_with("heard-"));
    let length = |name: &String| {
        let bytes = fs::read(home.path().join(name)).unwrap();
        audio::decode(&bytes).map_or(0.0, |pcm| pcm.length().as_secs_f64())
    };
    files.map(length).collect()
}

/// Who is marked as read, by the names of their recordings.
fn read(home: &Home, service: &Service) -> Vec<String> {
    let listed = home.run(service.url(), &[&["list", "--json", "--offline"], &RANGE[..]].concat()).lines(0);
    let read = listed.iter().filter(|line| line["read"] == true);
    read.map(|line| line["recording"].as_str().unwrap().to_owned()).collect()
}

fn near(heard: f64, length: f64) -> bool {
    (heard - length).abs() < 0.3
}

fn length(name: &str) -> f64 {
    audio::decode(&recording(name)).unwrap().length().as_secs_f64()
}

/// The identities of the three, newest first.
fn ids(home: &Home, service: &Service) -> Vec<String> {
    let listed = home.run(service.url(), &[&["list", "--json"], &RANGE[..]].concat()).lines(0);
    listed.iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn one_is_heard_to_its_end_and_is_marked_unless_that_is_not_wanted() {
    let (home, service) = (Home::new(), service());
    with_program(&home, 1);
    let id = &ids(&home, &service)[0];
    assert_eq!(home.run(service.url(), &["play", id, "--speed", "2.5", "--keep-unread"]).only_said(0), "");
    assert_eq!(read(&home, &service), Vec::<String>::new());
    let sound = heard(&home);
    assert!(sound.len() == 1 && near(sound[0], length("front-desk.wav") / 2.5), "{sound:?}");
    assert_eq!(home.run(service.url(), &["play", &id[..8], "--speed", "2.5"]).only_said(0), "");
    assert_eq!(read(&home, &service), ["c.wav"]);
    assert_eq!(service.asked(), ["c.wav"], "it was kept");
}

#[test]
fn what_cannot_be_played_is_said_and_the_others_are_heard() {
    let (home, service) = (Home::new(), service());
    with_program(&home, 1);
    let run = home.run(service.url(), &play(&["--query", "is:unread", "--speed", "2.5", "--skip-silence"]));
    let ids = ids(&home, &service);
    let said = run.only_said(6);
    let gone = format!("vmail: {}: The recording is not ready yet. Try again in a minute.\n", ids[2]);
    assert_eq!(said, gone + "vmail: 1 of 3 voicemails could not be played\n");
    let sound = heard(&home);
    assert_eq!(sound.len(), 2);
    let whole = (length("front-desk.wav") + length("hello.mp3")) / 2.5;
    assert!(sound.iter().sum::<f64>() < whole + 0.3, "{sound:?}");
    assert_eq!(read(&home, &service), ["c.wav", "b.mp3"]);
    // Alone, its cause is the exit code.
    home.run(service.url(), &["play", &ids[2]]).only_said(5);
}

/// As other programs leave them: with a line break in front, of a format that is not played, and empty.
fn odd() -> Service {
    let rows = vec![
        row("2026-11-03T09:31:00Z", "", "c.wav"),
        row("2026-11-02T11:42:08Z", "919876543210", "b.mp3"),
        row("2026-11-01T19:12:33Z", "442079460018", "a.wav"),
    ];
    Service::start(rows, |name| {
        Reply::Whole(match name {
            "c.wav" => [b"\r\n".to_vec(), recording("hello.mp3")].concat(),
            "b.mp3" => b"OggS\0\x02".repeat(100),
            _ => crate::tone::wav(&[], 8_000),
        })
    })
}

#[test]
fn junk_in_front_is_no_obstacle_and_what_cannot_be_played_says_what_it_is() {
    let (home, service) = (Home::new(), odd());
    with_program(&home, 1);
    let ids = ids(&home, &service);
    assert_eq!(home.run(service.url(), &["play", &ids[0], "--speed", "2.5"]).only_said(0), "");
    let sound = heard(&home);
    assert!(sound.len() == 1 && near(sound[0], length("hello.mp3") / 2.5), "{sound:?}");
    let said = home.run(service.url(), &["play", &ids[1]]).only_said(1);
    let save = format!("vmail download --id {}", ids[1]);
    let why = "Cannot play the recording: unsupported audio format: Ogg.";
    assert_eq!(said, format!("vmail: {}: {why} Save it with {save}.\nvmail: playback failed\n", ids[1]));
    let said = home.run(service.url(), &["play", &ids[2]]).only_said(1);
    assert_eq!(said, format!("vmail: {}: The recording is empty.\nvmail: playback failed\n", ids[2]));
    // The way that was named.
    let id = ids[1].as_str();
    home.run(service.url(), &["download", "--dir", "out", "--id", id]).only_said(0);
    let saved = home.names("out");
    assert!(matches!(&*saved, [name] if name.contains(".ogg")), "{saved:?}");
    assert_eq!(fs::read(home.path().join("out").join(&saved[0])).unwrap(), b"OggS\0\x02".repeat(100));
}

#[test]
fn without_sound_it_says_what_else_there_is() {
    let (home, service) = (Home::new(), service());
    let said = home.run(service.url(), &play(&["--query", "is:unread"])).only_said(1);
    assert!(said.starts_with("vmail: no sound server is running here\n"), "{said}");
    for way in ["vmail download", "player_command", "ssh -N -R "] {
        assert!(said.contains(way), "{said}");
    }
    assert_eq!(read(&home, &service), Vec::<String>::new());
    home.write_settings("player_command = [\"no-such-program\"]\n");
    let said = home.run(service.url(), &play(&["--query", "is:unread"])).only_said(1);
    assert_eq!(said, "vmail: player_command \"no-such-program\" was not found\n");
}

#[test]
fn what_to_play_must_be_said_and_must_be_there() {
    let (home, service) = (Home::new(), service());
    home.run(service.url(), &["play"]).only_said(2);
    home.run(service.url(), &["play", "7h2k", "--query", "x"]).only_said(2);
    let said = home.run(service.url(), &["play", "7h2k", "--speed", "9"]).only_said(2);
    assert!(said.contains("from 0.75 to 2.5"), "{said}");
    let said = home.run(service.url(), &play(&["--query", "nobody"])).only_said(5);
    assert!(said.contains("no matching voicemails in the range 2026-11-01..2026-11-03"), "{said}");
    home.run(service.url(), &play(&["7h2k7h2k7h2k7"])).only_said(5);
}

#[test]
fn a_signal_ends_it_and_the_sound() {
    let (home, service) = (Home::new(), long());
    with_program(&home, 60);
    let mut command = home.vmail(service.url(), &play(&["--query", "is:unread"]));
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("it plays", || home.names("").iter().any(|name| name.starts_with("heard-")));
    signal_to(child.id(), Signal::TERM);
    assert_eq!(Run(child.wait_with_output().unwrap()).only_said(130), "vmail: interrupted\n");
}

/// In a terminal, with a home folder of its own.
fn in_terminal(service: &Service, more: &[&str]) -> (Home, Terminal) {
    let home = Home::new();
    with_program(&home, 60);
    let launch = Launch::vmail(&home, play(&[&["--base-url", service.url()], more].concat()));
    let launch = launch.env("TELECMI_APPID", "1111112").env("TELECMI_SECRET", SECRET).size(100, 10);
    let terminal = launch.start();
    (home, terminal)
}

/// Nothing of the terminal is other than it was.
#[track_caller]
fn ends(terminal: &Terminal, code: u32) {
    assert_eq!(terminal.end().exit_code(), code);
    assert!(terminal.is_as_found(), "the line's settings differ");
}

#[test]
fn keys_hold_seek_and_go_to_the_next() {
    let service = long();
    let (_home, mut terminal) = in_terminal(&service, &["--query", "is:unread"]);
    terminal.wait_for("▶ Withheld, Tue 3 Nov 09:31  0:0");
    terminal.wait_for("1 of 2  Space pause");
    terminal.send(" ");
    terminal.wait_for("‖ Withheld");
    terminal.send("l");
    terminal.wait("five seconds on", |seen| seen.shows("0:05 / 5:00") || seen.shows("0:06 / 5:00"));
    terminal.send(">");
    terminal.wait_for("1.25×  1 of 2");
    terminal.send("<");
    terminal.wait("the usual speed", |seen| !seen.shows("×"));
    terminal.send("n");
    terminal.wait_for("▶ +91 98765 43210, Mon 2 Nov 11:42  0:0");
    terminal.wait_for("2 of 2");
    terminal.send("q");
    ends(&terminal, 0);
}

#[test]
fn every_way_out_gives_the_terminal_back() {
    let service = long();
    let ways: [(&str, Option<Signal>, u32); 4] =
        [("\x03", None, 130), ("\x1b", None, 0), ("", Some(Signal::TERM), 130), ("", Some(Signal::HUP), 130)];
    for (keys, signal, code) in ways {
        let (_home, mut terminal) = in_terminal(&service, &["--query", "is:unread"]);
        terminal.wait_for("▶ Withheld");
        assert!(!terminal.is_as_found(), "keys come at once");
        terminal.send(keys);
        if let Some(signal) = signal {
            terminal.signal(signal);
        }
        ends(&terminal, code);
    }
}
