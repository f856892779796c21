//! `vmail config …` and `vmail keys` as processes: what they print, say and end with.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by it, in helpers as well")]

use std::fs;
use std::process::{Output, Stdio};

use vmail::tui::command::TABLE;

use crate::home::{Home, mode, set_mode};
use crate::program::json_lines;

const SECRET: &str = "tell-nobody";

fn run(home: &Home, arguments: &[&str]) -> Ran {
    Ran::of(home.command(arguments).output().unwrap())
}

/// Runs `config edit` with an editor that runs `script` with the file as `$1`.
fn edit(home: &Home, script: &str) -> Ran {
    let path = home.path().join("my editor");
    fs::write(&path, format!("#!/bin/sh\nshift\n{script}\n")).unwrap();
    set_mode(&path, 0o700);
    let editor = format!("'{}' --wait", path.display());
    let mut command = home.command(&["config", "edit"]);
    Ran::of(command.env("EDITOR", editor).env("TELECMI_SECRET", SECRET).output().unwrap())
}

struct Ran {
    code: Option<i32>,
    out: String,
    said: String,
}

impl Ran {
    fn of(output: Output) -> Ran {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code(), out: text(output.stdout), said: text(output.stderr) }
    }
}

#[test]
fn the_default_file_has_two_names() {
    let home = Home::with("nonsense");
    let (short, long) = (run(&home, &["config"]), run(&home, &["config", "default"]));
    assert_eq!((short.code, short.out.as_str()), (Some(0), vmail::config::DEFAULT));
    assert_eq!((long.code, long.out), (Some(0), short.out));
}

#[test]
fn the_path_is_data_and_that_nothing_is_there_is_not() {
    let home = Home::new();
    let ran = run(&home, &["config", "path"]);
    assert_eq!((ran.code, ran.out), (Some(0), format!("{}\n", home.settings().display())));
    assert!(ran.said.contains("does not exist"), "{}", ran.said);
    let ran = run(&Home::with(""), &["config", "path"]);
    assert_eq!((ran.code, ran.said.as_str()), (Some(0), ""));
    let ran = run(&home, &["config", "path", "--config", "mine.toml"]);
    assert_eq!(ran.out, "mine.toml\n");
}

#[test]
fn a_file_as_editors_on_windows_save_it_is_read() {
    let text = "\u{feff}range = \"30d\"\r\ntimezone = \"Asia/Kolkata\"\r\n";
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    for bytes in [text.as_bytes().to_vec(), wide(text)] {
        let home = Home::with("");
        fs::write(home.settings(), bytes).unwrap();
        let ran = run(&home, &["config", "show"]);
        assert_eq!((ran.code, ran.said.as_str()), (Some(0), ""));
        for line in ["range = \"30d\"  # line 1", "timezone = \"Asia/Kolkata\"  # line 2"] {
            assert!(ran.out.lines().any(|shown| shown == line), "{line}:\n{}", ran.out);
        }
        assert_eq!(run(&home, &["config", "check"]).code, Some(0));
    }
    let home = Home::with("\u{feff}range = \"30x\"\n");
    let ran = run(&home, &["config", "check"]);
    assert!(ran.said.contains("config.toml:1: `range`: \"30x\" at `x`"), "{}", ran.said);
    let home = Home::with("");
    fs::write(home.settings(), b"range = \"\xff\"\n").unwrap();
    let ran = run(&home, &["config", "check"]);
    assert!(ran.code == Some(2) && ran.said.contains("config.toml: not UTF-8"), "{}", ran.said);
}

#[test]
fn what_is_in_force_is_shown_with_who_said_so() {
    let settings = format!(
        "range = \"30d\"\nsecret = \"{SECRET}\"\nappid = 42\n\n[keys]\nplay = [\"F5\"]\n\n[call]\nwebrtc = false\n\
         [[views]]\nname = \"A\\\"B\"\nquery = \"x\"\nkey = \"F6\"\n"
    );
    let home = Home::with(&settings);
    let mut command = home.command(&["config", "show", "--region", "india"]);
    command.env("TELECMI_APPID", "42").env("VMAIL_TIMEZONE", "Asia/Kolkata");
    let ran = Ran::of(command.output().unwrap());
    assert_eq!((ran.code, ran.said.as_str()), (Some(0), ""));
    for line in [
        "range = \"30d\"  # line 1",
        "region = \"india\"  # --region",
        "appid = 42  # TELECMI_APPID",
        "timezone = \"Asia/Kolkata\"  # VMAIL_TIMEZONE",
        "# secret is set  # line 2",
        "keys.play = [\"F5\"]  # line 6",
        "call.webrtc = false  # line 9",
        "views = [{ key = \"F6\", name = \"A\\\"B\", query = \"x\" }]  # line 10",
        "refresh = 60  # default",
        "columns = [\"time\", \"caller\", \"length\", \"waveform\", \"flags\"]  # default",
    ] {
        assert!(ran.out.lines().any(|shown| shown == line), "{line}:\n{}", ran.out);
    }
    assert!(ran.out.starts_with("# Current settings; line numbers refer to "), "{}", ran.out);
    assert!(!ran.out.contains(SECRET));
    // It is a settings file itself.
    let other = Home::with(&ran.out);
    assert_eq!(run(&other, &["config", "check"]).code, Some(0));
    assert!(run(&other, &["config", "show"]).out.contains("appid = 42  # line "), "{}", ran.out);
}

#[test]
fn what_would_be_in_force_with_flags_is_shown() {
    let home = Home::with("appid = 1\n[accounts.office]\nappid = 2\nregion = \"india\"\n");
    let flags = ["--account", "office", "--range", "3d", "--timezone", "UTC", "--concurrency", "2"];
    let ran = run(&home, &[&["config", "show"], &flags[..]].concat());
    assert_eq!((ran.code, ran.said.as_str()), (Some(0), ""));
    for line in [
        "appid = 2  # line 3",
        "region = \"india\"  # line 4",
        "range = \"3d\"  # --range",
        "timezone = \"UTC\"  # --timezone",
        "concurrency = 2  # --concurrency",
    ] {
        assert!(ran.out.lines().any(|shown| shown == line), "{line}:\n{}", ran.out);
    }
    let ran = run(&home, &["config", "show", "--account", "ofice"]);
    assert_eq!(ran.code, Some(2), "{}", ran.out);
    assert!(ran.said.contains("unknown account `ofice`"), "{}", ran.said);
}

#[test]
fn secrets_are_shown_nowhere() {
    let home = Home::with(&format!("secret_command = \"echo {SECRET}\"\n"));
    let ran = run(&home, &["config", "show"]);
    assert!(
        ran.out.contains("# secret_command is set  # line 1") && !ran.out.contains(SECRET),
        "{}",
        ran.out
    );
    let mut command = home.command(&["config", "show"]);
    let ran = Ran::of(command.env("TELECMI_SECRET", SECRET).output().unwrap());
    assert!(ran.out.contains("# secret is set  # TELECMI_SECRET"), "{}", ran.out);
    assert!(!ran.out.contains("secret_command") && !ran.out.contains(SECRET), "{}", ran.out);
}

#[test]
fn a_check_says_all_that_is_wrong() {
    let home =
        Home::with("refresh = 1\n\n[keys]\nplay = \"s\"\nplya = \"x\"\n\n[colours]\nacent = \"red\"\n");
    let ran = run(&home, &["config", "check"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""));
    let file = home.settings().display().to_string();
    for (line, said) in [
        (1, "`refresh`: 1 is out of range"),
        (4, "`keys.play`: \"s\" is also a default key of `star`"),
        (5, "`keys.plya`: no such command; did you mean `play`?"),
        (8, "`colours.acent`: no such role; did you mean `accent`?"),
    ] {
        assert!(ran.said.contains(&format!("{file}:{line}: {said}")), "{line}: {}", ran.said);
    }
    assert_eq!(ran.said.lines().count(), 4, "{}", ran.said);
    fs::write(home.path().join("good.toml"), "mouse = true\n").unwrap();
    let ran = run(&home, &["config", "check", "--config", "good.toml"]);
    assert_eq!((ran.code, ran.out.as_str(), ran.said.as_str()), (Some(0), "good.toml: OK\n", ""));
    let ran = run(&Home::new(), &["config", "check"]);
    assert_eq!(ran.code, Some(0));
    assert!(ran.out.starts_with("OK: no settings file"), "{}", ran.out);
    assert_eq!(run(&home, &["config", "check", "--config", "nowhere.toml"]).code, Some(2));
    // What the environment says is checked as well.
    let home = Home::new();
    let mut command = home.command(&["config", "check"]);
    let ran = Ran::of(command.env("VMAIL_RANGE", "7x").output().unwrap());
    assert!(ran.code == Some(2) && ran.said.contains("VMAIL_RANGE"), "{}", ran.said);
}

#[test]
fn editing_makes_the_file_for_its_user_alone() {
    let home = Home::new();
    let ran = edit(&home, "env > \"$HOME/seen\"; cp \"$1\" \"$HOME/made\"; echo 'mouse = true' >> \"$1\"");
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""), "{}", ran.said);
    assert!(ran.said.ends_with("config.toml: OK\n"), "{}", ran.said);
    assert_eq!(mode(&home.settings()), 0o600);
    assert!(!fs::read_to_string(home.path().join("seen")).unwrap().contains(SECRET));
    let made = fs::read_to_string(home.path().join("made")).unwrap();
    assert!(made.lines().all(|line| line.is_empty() || line.starts_with('#')), "{made}");
    assert!(made.contains("#refresh = 60"), "{made}");
    assert!(fs::read_to_string(home.settings()).unwrap().ends_with("mouse = true\n"));
}

#[test]
fn faults_that_an_editor_leaves_are_said() {
    let home = Home::with("mouse = true\n");
    let ran = edit(&home, "echo 'refresh = 1' >> \"$1\"");
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""));
    assert!(ran.said.contains("config.toml:2: `refresh`"), "{}", ran.said);
    assert!(!ran.said.contains("again"), "there is nobody to ask: {}", ran.said);
    let ran = edit(&home, "exit 3");
    assert_eq!(ran.code, Some(1));
    assert!(ran.said.contains("my editor") && ran.said.contains('3'), "{}", ran.said);
}

#[test]
fn keys_are_those_in_force() {
    let home = Home::with("keys.play = [\"F5\", \"x\"]\nkeys.suspend = []\n");
    let ran = run(&home, &["keys"]);
    assert_eq!((ran.code, ran.said.as_str()), (Some(0), ""));
    let line = |out: &str, command: &str| {
        let starts = |line: &&str| line.get(2..).is_some_and(|line| line.starts_with(&format!("{command} ")));
        out.lines().find(starts).unwrap_or_else(|| panic!("{command} is not in\n{out}")).to_owned()
    };
    assert!(line(&ran.out, "play").starts_with("* play"), "{}", ran.out);
    assert!(line(&ran.out, "play").contains("F5  x "), "{}", ran.out);
    assert!(line(&ran.out, "star").starts_with("  star"), "{}", ran.out);
    for entry in TABLE {
        assert!(line(&ran.out, entry.name).ends_with(entry.help));
        assert!(ran.out.lines().any(|line| line == entry.heading()));
    }
    let usual = run(&home, &["keys", "--default"]);
    assert!(line(&usual.out, "play").contains("Space") && !usual.out.contains('*'), "{}", usual.out);
}

#[test]
fn keys_of_views_of_ones_own_are_among_them() {
    let text = "[[views]]\nname = \"Billing\"\nquery = \"tag:billing\"\nkey = \"6\"\n";
    let home = Home::with(text);
    let ran = run(&home, &["keys"]);
    assert!(ran.out.contains("\nYour views\n* Billing "), "{}", ran.out);
    let line = ran.out.lines().last().unwrap();
    assert!(line.contains("  6  ") && line.ends_with("  tag:\"billing\""), "{line}");
    let ran = run(&home, &["keys", "--json"]);
    let last: serde_json::Value = serde_json::from_str(ran.out.lines().last().unwrap()).unwrap();
    assert_eq!(last["group"], "Your views");
    assert_eq!((&last["command"], &last["keys"][0]), (&"Billing".into(), &"6".into()));
    assert!(!run(&home, &["keys", "--default"]).out.contains("Billing"));
}

#[test]
fn keys_are_data() {
    let home = Home::with("keys.play = [\"F5\", \",\"]\nkeys.step-back = []\n");
    let ran = run(&home, &["keys", "--json"]);
    assert_eq!(ran.code, Some(0));
    let lines = json_lines(&ran.out);
    assert_eq!(lines.len(), TABLE.len());
    let play = lines.iter().find(|line| line["command"] == "play").unwrap();
    assert_eq!((&play["group"], &play["scope"]), (&"Listen".into(), &"Inbox".into()));
    assert_eq!(play["keys"], serde_json::json!(["F5", ","]));
    assert_eq!(play["custom"], true);
    assert_eq!(lines.iter().filter(|line| line["custom"] == true).count(), 2);
    assert_eq!(run(&home, &["keys", "--format", "jsonl"]).out, ran.out);
    let mut reader = run(&home, &["keys", "--format", "csv"]).out;
    assert!(reader.starts_with("group,scope,command,keys,custom,help\n"), "{reader}");
    assert!(reader.contains("Listen,Inbox,play,\"F5 ,\",true,"), "{reader}");
    reader = run(&home, &["keys", "--format", "tsv"]).out;
    assert!(reader.contains("Listen\tInbox\tplay\tF5 ,\ttrue\t"), "{reader}");
    let ran = run(&home, &["keys", "--json", "--format", "csv"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""));
}

#[test]
fn faulty_settings_have_no_keys_but_the_usual_ones_are_there() {
    let home = Home::with("keys.play = \"s\"\n");
    let ran = run(&home, &["keys"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""));
    assert!(ran.said.contains("a default key of `star`"), "{}", ran.said);
    assert_eq!(run(&home, &["keys", "--default"]).code, Some(0));
}

/// As before `| head -1`.
#[test]
fn a_reader_that_has_had_enough_is_no_failure() {
    let home = Home::new();
    for arguments in [&["keys"][..], &["keys", "--json"], &["config", "show"], &["config", "path"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = home.command(arguments);
        let ran = Ran::of(
            command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap(),
        );
        assert_eq!(ran.code, Some(0), "{arguments:?}: {}", ran.said);
        assert!(!ran.said.to_lowercase().contains("pipe"), "{}", ran.said);
    }
}
