//! The program without a terminal: verbs, faults and exit codes.

#![allow(clippy::unwrap_used, reason = "a test fails by it, in helpers as well")]

use std::fs;
use std::io::Read as _;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Output, Stdio};

use crate::demo_server::DemoServer;
use crate::home::{Home, set_mode};

fn output(arguments: &[&str]) -> Output {
    let home = Home::new();
    let output = home.command(arguments).output().unwrap();
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "something was written");
    output
}

/// What the program says when it ends with `code`; nothing of it on stdout.
#[track_caller]
fn fault(output: &Output, code: i32) -> String {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(output.stdout.is_empty());
    said
}

/// Writes a settings file and starts the inbox with it.
fn with_settings(text: &str, mode: u32, arguments: &[&str]) -> Output {
    let home = Home::with(text);
    set_mode(&home.settings(), mode);
    home.command(arguments).output().unwrap()
}

#[test]
fn mistakes_that_people_make_are_met_with_advice() {
    for (arguments, advice) in [
        (&["lst"][..], "a similar subcommand exists: 'list'"),
        (&["list", "--jsn"], "a similar argument exists: '--json'"),
        (&["--json", "list"], "'list --json' exists"),
        (&["--demo", "config"], "`vmail config` does not take --demo"),
        (&["--demo", "config", "check"], "`vmail config check` does not take --demo"),
        (&["list", "-billing"], "write NOT before it"),
        (&["login", "--secret", "hush"], "there is no flag for the secret"),
        (&["login", "--app-secret=hush"], "there is no flag for the secret"),
        (&["login", "--app-id", "x"], "the TeleCMI dashboard shows it"),
        (&["list", "--limit", "-3"], "expected a whole number, 1 or more"),
        (&["list", "--limit", "0"], "expected a whole number, 1 or more"),
        (&["stats", "--callers", "ten"], "expected a whole number, 0 or more"),
        (&["man", "lst"], "did you mean list?"),
    ] {
        let said = fault(&output(arguments), 2);
        assert!(said.contains(advice) && !said.contains("hush"), "{arguments:?}: {said}");
    }
}

#[test]
fn the_version_and_the_help_are_data() {
    let version = output(&["--version"]);
    assert!(version.status.success());
    assert_eq!(version.stdout, format!("vmail {}\n", env!("CARGO_PKG_VERSION")).into_bytes());
    let help = output(&["--help"]);
    assert!(help.status.success() && help.stderr.is_empty());
    let help = String::from_utf8(help.stdout).unwrap();
    for word in ["--demo", "--region", "--range", "--timezone", "--base-url", "--concurrency", "--config"] {
        assert!(help.contains(word), "{word}");
    }
    for word in ["--log", "demo-server", "TELECMI_APPID", "TELECMI_SECRET"] {
        assert!(help.contains(word), "{word}");
    }
    assert!(help.lines().all(|line| line.chars().count() <= 100));
}

#[test]
fn without_a_terminal_it_says_so_in_one_line() {
    for arguments in [&[][..], &["--demo"]] {
        let said = fault(&output(arguments), 2);
        assert_eq!(said, "vmail: the inbox needs a terminal on stdin and stdout\n");
    }
}

#[test]
fn a_flag_that_is_wrong_is_pointed_at() {
    let said = fault(&output(&["--range", "nonsense"]), 2);
    assert!(said.contains("--range") && said.contains("nonsense"), "{said}");
    let said = fault(&output(&["--range", "2026-11-01..2026-11-32", "--concurrency", "99"]), 2);
    assert!(said.contains("--range") && said.contains("2026-11-32"), "{said}");
    assert!(said.contains("--concurrency") && said.contains("99"), "{said}");
    let said = fault(&output(&["--no-such-flag"]), 2);
    assert!(said.contains("--no-such-flag"), "{said}");
}

#[test]
fn every_fault_of_the_settings_is_said_at_once_with_its_line() {
    let text = "refresh = 1\ncolour = true\n\ntimezone = \"Asia/Kolkatta\"\nrange = \"7 parsecs\"\n";
    let said = fault(&with_settings(text, 0o600, &[]), 2);
    for (line, word) in [(1, "refresh"), (2, "colour"), (4, "Asia/Kolkata"), (5, "7 parsecs")] {
        let found = said.lines().any(|said| said.contains(&format!("{line}")) && said.contains(word));
        assert!(found, "line {line} with {word} is not in\n{said}");
    }
    assert!(said.contains("config.toml"), "{said}");
}

#[cfg(unix)]
#[test]
fn a_secret_that_others_can_read_is_refused_with_the_chmod() {
    let text = "appid = 1\nsecret = \"tell-nobody\"\n";
    for mode in [0o644, 0o640, 0o604] {
        let said = fault(&with_settings(text, mode, &[]), 2);
        assert!(said.contains("chmod 600 ") && said.contains("vmail/config.toml"), "{said}");
        assert!(!said.contains("tell-nobody"), "{said}");
    }
    let said = fault(&with_settings(text, 0o600, &[]), 2);
    assert!(said.contains("needs a terminal"), "{said}");
}

#[test]
fn a_settings_file_that_was_named_must_be_there() {
    let said = fault(&output(&["--config", "nowhere.toml"]), 2);
    assert!(said.contains("nowhere.toml"), "{said}");
}

#[test]
fn the_demo_does_not_read_the_settings() {
    let said = fault(&with_settings("nonsense", 0o600, &["--demo"]), 2);
    assert!(said.contains("needs a terminal"), "{said}");
}

#[test]
fn the_default_settings_are_printed_and_are_good() {
    let printed = output(&["config"]);
    assert!(printed.status.success() && printed.stderr.is_empty());
    let text = String::from_utf8(printed.stdout).unwrap();
    assert!(text.contains("refresh = 60"), "{text}");
    let said = fault(&with_settings(&text, 0o644, &[]), 2);
    assert!(said.contains("needs a terminal"), "{said}");
}

/// As before `| head -1`.
#[test]
fn a_reader_that_has_had_enough_is_no_failure() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let child = Home::new().command(&["config"]).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    let said = fault(&child.wait_with_output().unwrap(), 0);
    assert_eq!(said, "");
}

#[cfg(unix)]
#[test]
fn the_demo_server_prints_its_url_first_and_ends_on_ctrl_c() {
    use rustix::process::{Pid, Signal, kill_process};
    let mut server = DemoServer::start(&["--rows", "3", "--latency", "1"]);
    let address = server.url.strip_prefix("http://").and_then(|url| url.strip_suffix("/v2")).unwrap();
    TcpStream::connect(address).unwrap();
    let pid = Pid::from_raw(server.child.id().cast_signed()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    assert!(server.child.wait().unwrap().success());
    let mut said = String::new();
    server.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    // The line to copy.
    assert!(said.contains(&format!("vmail --base-url {}", server.url)), "{said}");
    TcpStream::connect(address).unwrap_err();
}

#[test]
fn a_port_in_use_is_said() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let said = fault(&output(&["demo-server", "--port", &port]), 1);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains(&port) && said.contains("--port 0") && said.contains("in use"), "{said}");
}
