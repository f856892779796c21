//! Homes in which nothing can be written, and the demo, which writes nothing.

use std::fs;
use std::process::Stdio;

use crate::every::run::{Faults, Office, ended, text};
use crate::every::table::{ID, Kind, TABLE, with};

/// The folders that a program may take for its own.
const FOLDERS: [&str; 4] = ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"];

#[test]
fn the_demo_writes_nothing_and_leaves_nothing() {
    let (office, mut faults) = (Office::new(Some(0)), Faults::default());
    let (home, temporary) = (office.desk.path("barred"), office.desk.path("temporary"));
    // A file where a folder should be stops root as well.
    fs::write(&home, "").unwrap();
    fs::create_dir(&temporary).unwrap();
    for verb in with("demo") {
        // The demo's voicemail have another ID each time.
        let by_id = verb.usual.contains(&ID);
        let mut words = if by_id && verb.takes_query() { verb.querying("9") } else { verb.words() };
        match verb.name {
            "show" | "note" => words.push("00000zzzz"),
            "download" => words.push("--dry-run"),
            _ => {}
        }
        words.push("--demo");
        let mut command = office.desk.vmail(&words);
        for folder in FOLDERS {
            command.env(folder, home.join(folder));
        }
        command.env_remove("TELECMI_APPID").env_remove("TELECMI_SECRET").env_remove("VMAIL_BASE_URL");
        command.env("PULSE_SERVER", "unix:/nonexistent");
        command.env("TMPDIR", &temporary).env("VMAIL_RANGE", "30d");
        let output = command.stdin(Stdio::null()).output().unwrap();
        let call = words.join(" ");
        let code = match verb.name {
            "show" | "note" => 5,
            // It is not to be heard: there is no sound server at this socket.
            "play" => 1,
            _ => 0,
        };
        faults.unless_code(code, &call, &output);
        let said = text(&output.stderr);
        faults.unless(verb.name == "play" || said.lines().count() <= 1, &call, "says too much", &output);
        let left = fs::read_dir(&temporary).unwrap().count();
        faults.unless(left == 0, &call, "leaves something behind", &output);
    }
    assert_eq!(fs::read(&home).unwrap(), b"");
}

#[test]
fn a_home_that_cannot_be_written_stops_only_who_must_write() {
    let (office, mut faults) = (Office::new(None), Faults::default());
    let home = office.desk.path("barred");
    fs::write(&home, "").unwrap();
    for verb in TABLE.iter().filter(|verb| verb.name != "demo-server") {
        for unset in [false, true] {
            let (mut command, stdin) = office.usual(verb, &[]);
            for folder in FOLDERS {
                // The system knows a home that the environment does not name: the rest is named.
                if unset && folder == "HOME" {
                    command.env_remove(folder);
                } else if !unset {
                    command.env(folder, home.join(folder));
                }
            }
            command.env("VMAIL_RANGE", "30d");
            let output = ended((command, stdin));
            let call = format!("{} {}", verb.name, if unset { "without a home" } else { "in a barred home" });
            let said = text(&output.stderr);
            faults.unless(!said.contains("panicked"), &call, "panics", &output);
            faults.unless(said.lines().all(|line| !line.trim().is_empty()), &call, "blank lines", &output);
            let code = output.status.code();
            let fine = match (verb.kind, verb.name) {
                _ if unset => code == Some(verb.code),
                (Kind::Apart, "config edit") => code == Some(1) || code == Some(2),
                (Kind::Apart, "doctor") => code.is_some(),
                (Kind::Apart, _) => code == Some(0),
                // Read, and not kept.
                (Kind::Reads, "list" | "stats" | "show") if !unset => {
                    code == Some(0) && !output.stdout.is_empty() && said.contains("vmail: ")
                }
                _ => code.is_some_and(|code| code != 101),
            };
            faults.unless(fine, &call, "exit code", &output);
            eprintln!("{call}: {code:?} {said}");
        }
    }
}
