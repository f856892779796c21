//! `vmail doctor` from outside: what it finds, what it says about it, and with which code it ends.

#![allow(clippy::unwrap_used, reason = "a test fails by it, in helpers as well")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::thread;

use serde_json::Value;

use crate::demo_server::DemoServer;
use crate::home::{Home, set_mode};

const SECRET: &str = "s3cret-of-the-test";

/// Every check, in the order of the lines, where all is well.
const CHECKS: [&str; 10] = [
    "settings",
    "credentials",
    "server",
    "clock",
    "store",
    "recordings",
    "terminal",
    "clipboard",
    "sound",
    "time zone",
];

fn home() -> Home {
    // Nothing is there: a server of the machine must not change what is tested.
    Home::new().set("PULSE_SERVER", "unix:/nonexistent/no-sound").set("TZ", "Asia/Kolkata")
}

impl Home {
    fn doctor(&self, arguments: &[&str]) -> Output {
        let output = self.command(&[&["doctor"], arguments].concat()).output().unwrap();
        for text in [&output.stdout, &output.stderr] {
            let text = String::from_utf8_lossy(text);
            assert!(!text.contains(SECRET), "the secret was shown: {text}");
            assert!(!text.contains('\x1b'), "colour without a terminal: {text}");
        }
        output
    }

    /// The lines of `doctor --json`, which must end with `code`.
    #[track_caller]
    fn findings(&self, code: i32) -> Vec<Finding> {
        let output = self.doctor(&["--json"]);
        let (out, err) =
            (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert_eq!(output.status.code(), Some(code), "{out}{err}");
        let findings: Vec<_> = out.lines().map(Finding::read).collect();
        let faults = findings.iter().filter(|finding| finding.state == "error").count();
        assert_eq!(faults == 0, code == 0, "{out}");
        match faults {
            0 => assert_eq!(err, ""),
            1 => assert!(err.starts_with("vmail: 1 error, "), "{err}"),
            faults => assert!(err.starts_with(&format!("vmail: {faults} errors, ")), "{err}"),
        }
        findings
    }
}

#[derive(Debug)]
struct Finding {
    check: String,
    state: String,
    said: String,
    advice: Option<String>,
}

impl Finding {
    fn read(line: &str) -> Finding {
        let Value::Object(line) = serde_json::from_str(line).unwrap() else { panic!("{line}") };
        let keys: Vec<_> = line.keys().map(String::as_str).collect();
        assert_eq!(keys, ["advice", "check", "finding", "state"]);
        let text = |key: &str| line[key].as_str().unwrap().to_owned();
        let (check, state) = (text("check"), text("state"));
        assert!(CHECKS.contains(&check.as_str()) && ["ok", "warning", "error"].contains(&state.as_str()));
        let advice = line["advice"].as_str().map(str::to_owned);
        assert!(advice.is_some() || line["advice"].is_null());
        Finding { check, state, said: text("finding"), advice }
    }
}

#[track_caller]
fn of<'f>(findings: &'f [Finding], check: &str) -> &'f Finding {
    findings.iter().find(|finding| finding.check == check).unwrap_or_else(|| panic!("{check}: {findings:#?}"))
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

#[test]
fn the_demo_is_healthy_and_touches_nothing() {
    // What is the user's own is of no account, however bad.
    let home = home().set("VMAIL_REGION", "mars").set("TELECMI_SECRET", SECRET);
    let output = home.doctor(&["--demo"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{text}");
    let checks: Vec<_> = text.lines().map(|line| line[9..22].trim_end()).collect();
    assert_eq!(checks, CHECKS, "{text}");
    for line in text.lines() {
        assert!(line.starts_with("ok       ") || line.starts_with("warning  sound"), "{line}");
    }
    assert!(is_empty(home.path()));
}

#[test]
fn without_settings_it_says_where_to_put_the_account() {
    let home = home();
    let findings = home.findings(3);
    assert!(of(&findings, "settings").said.starts_with("defaults (~/config"));
    let credentials = of(&findings, "credentials");
    assert_eq!(credentials.state, "error");
    assert!(credentials.advice.as_ref().unwrap().contains("vmail login"), "{credentials:?}");
    assert_eq!(of(&findings, "server").state, "warning");
    assert!(of(&findings, "store").said.contains("none yet"));
    assert!(is_empty(home.path()), "something was made");
}

#[test]
fn every_fault_of_the_settings_is_a_line_and_the_rest_is_checked() {
    let text = format!("refresh = 1\ncolour = true\nsecret = \"{SECRET}\"\ntimezone = \"Asia/Kolkatta\"\n");
    let home = home();
    home.write_settings(&text);
    fs::write(with_store(&home), [0x5a; 4096]).unwrap();
    // By the first fault, though the store has one as well.
    let findings = home.findings(2);
    assert_eq!(of(&findings, "store").state, "error");
    let faults: Vec<_> = findings.iter().filter(|finding| finding.check == "settings").collect();
    assert_eq!(faults.len(), 3, "{findings:#?}");
    for (fault, (line, word)) in faults.iter().zip([(1, "refresh"), (2, "colour"), (4, "Asia/Kolkata")]) {
        assert!(
            fault.said.contains(&format!("config.toml:{line}: ")) && fault.said.contains(word),
            "{fault:?}"
        );
    }
    for check in CHECKS.iter().filter(|check| **check != "clock") {
        of(&findings, check);
    }
}

#[test]
fn an_account_that_works_is_said_to() {
    let server = DemoServer::start(&[]);
    let home = home().account(&server.url, "demo-secret");
    let findings = home.findings(0);
    assert_eq!(of(&findings, "credentials").said, "app ID 1111112, secret from the environment");
    assert!(of(&findings, "server").said.starts_with(&format!("{} accepted the account", server.url)));
    assert_eq!(of(&findings, "clock").state, "ok");
    assert_eq!(of(&findings, "time zone").said, "Asia/Kolkata (from the system)");
}

#[test]
fn a_fault_is_a_line_and_an_empty_home_is_none() {
    let home = home().set("VMAIL_RANGE", "last wek").set("HOME", "");
    let findings = home.findings(2);
    let said = &of(&findings, "settings").said;
    assert!(said.starts_with("VMAIL_RANGE: `wek` is") && !said.contains('\n'), "{said}");
    assert!(!of(&findings, "store").said.contains('~'), "{findings:#?}");
}

#[test]
fn where_the_locale_is_not_utf8_it_writes_ascii() {
    for (locale, is_ascii) in [("C", true), ("C.UTF-8", false)] {
        let output = home().set("LC_ALL", locale).doctor(&[]);
        assert_eq!(output.stdout.is_ascii(), is_ascii, "{output:?}");
    }
}

#[test]
fn a_secret_that_is_refused_ends_with_3() {
    let server = DemoServer::start(&[]);
    let findings = home().account(&server.url, SECRET).findings(3);
    let refused = of(&findings, "server");
    assert_eq!(refused.state, "error");
    assert_eq!(refused.advice.as_deref(), Some("check the app ID, the secret and the region"));
    assert_eq!(of(&findings, "credentials").state, "ok");
}

#[test]
fn a_server_that_is_not_there_ends_with_4() {
    let gone = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let home = home().account(&format!("http://{gone}/v2"), SECRET);
    let refused = &home.findings(4);
    assert!(of(refused, "server").said.ends_with("connection refused"), "{refused:#?}");
    // It need not be asked.
    let output = home.doctor(&["--offline"]);
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8(output.stdout).unwrap().contains("not checked (--offline)"));
}

#[test]
fn a_clock_that_is_wrong_is_a_warning() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}/v2", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        // The body is the last thing that comes, and ends with this.
        while !request.ends_with(b"}") {
            let mut part = [0; 1024];
            let count = stream.read(&mut part).unwrap();
            request.extend_from_slice(&part[..count]);
        }
        let body = r#"{"code":200,"count":0,"voicemail":[]}"#;
        let head = "HTTP/1.1 200 OK\r\ndate: Wed, 21 Oct 2015 07:28:00 GMT\r\nconnection: close\r\n";
        write!(
            stream,
            "{head}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
    });
    let findings = home().account(&url, SECRET).findings(0);
    server.join().unwrap();
    let clock = of(&findings, "clock");
    assert!(clock.state == "warning" && clock.said.contains("behind this machine's"), "{clock:?}");
    assert!(clock.advice.as_ref().unwrap().contains("NTP"));
}

#[cfg(unix)]
#[test]
fn a_command_for_the_secret_that_fails_ends_with_3() {
    let settings = "appid = 1\nsecret_command = \"echo the vault is shut >&2; exit 7\"\n";
    let home = home();
    home.write_settings(settings);
    let findings = home.findings(3);
    let credentials = of(&findings, "credentials");
    assert!(credentials.said.contains("the vault is shut"), "{credentials:?}");
}

/// A store with one voicemail, made by the program that keeps it.
fn with_store(home: &Home) -> PathBuf {
    use vmail::core::model::{AccountKey, Region, Voicemail};
    use vmail::store::{Options, Store};
    let path = home.store();
    let now = "2026-11-23T06:34:30Z".parse().unwrap();
    let mut store = Store::open(&path, &Options { country: "IN".to_owned(), now }).unwrap().store;
    let account = store.account(&AccountKey::new(Region::Global, 1_111_112, None)).unwrap();
    store.put_page(account, &[Voicemail::new(now, "919876543210", None)], None).unwrap();
    path
}

/// Every file in the folder of `path`, with what is in it.
fn folder_of(path: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = fs::read_dir(path.parent().unwrap()).unwrap().map(|file| file.unwrap().path());
    files.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

#[test]
fn a_sound_store_is_described_and_left_as_it_is() {
    let home = home();
    let path = with_store(&home);
    let before = folder_of(&path);
    let findings = home.findings(3);
    let store = of(&findings, "store");
    assert!(store.state == "ok" && store.said.contains(": OK, 1 voicemail in 1 account, "), "{store:?}");
    assert_eq!(folder_of(&path), before);
}

#[test]
fn a_damaged_store_ends_with_1_and_is_left_as_it_is() {
    let server = DemoServer::start(&[]);
    let home = home().account(&server.url, "demo-secret");
    let path = with_store(&home);
    let mut bytes = fs::read(&path).unwrap();
    for damage in ["a page", "the head"] {
        let part = if damage == "a page" { 4096..8192 } else { 0..100 };
        bytes[part].fill(0x5a);
        fs::write(&path, &bytes).unwrap();
        let before = folder_of(&path);
        let findings = home.findings(1);
        let store = of(&findings, "store");
        assert!(store.state == "error" && store.said.contains("damaged"), "{damage}: {store:?}");
        assert!(store.advice.as_ref().unwrap().contains("keeps the damaged one"), "{store:?}");
        assert_eq!(folder_of(&path), before, "{damage}");
    }
}

#[test]
fn a_store_of_a_newer_program_is_a_fault() {
    let server = DemoServer::start(&[]);
    let home = home().account(&server.url, "demo-secret");
    let path = with_store(&home);
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let findings = home.findings(1);
    let store = of(&findings, "store");
    assert!(
        store.said.contains("version 99") && store.advice.as_deref() == Some("update vmail"),
        "{store:?}"
    );
}

#[cfg(unix)]
#[test]
fn a_store_that_others_can_read_is_a_warning() {
    let home = home();
    let path = with_store(&home);
    set_mode(&path, 0o644);
    let findings = home.findings(3);
    let warned =
        findings.iter().find(|finding| finding.check == "store" && finding.state == "warning").unwrap();
    assert!(warned.said.contains("(mode 644)"), "{warned:?}");
}

#[cfg(unix)]
#[test]
fn the_terminal_and_the_time_zone_are_looked_at() {
    let findings = home().set("TERM", "dumb").set("LANG", "C").set("TZ", "IST-5:30").findings(3);
    let terminal: Vec<_> = findings.iter().filter(|finding| finding.check == "terminal").collect();
    assert!(terminal[0].state == "warning" && terminal[0].said.starts_with("dumb"), "{terminal:?}");
    assert!(terminal[1].said.contains("not UTF-8"), "{terminal:?}");
    assert_eq!(of(&findings, "clipboard").state, "warning");
    assert_eq!(of(&findings, "time zone").state, "warning");
    let kitty = home().set("TERM", "xterm-kitty").findings(3);
    assert_eq!(of(&kitty, "clipboard").said, "the terminal supports OSC 52");
}

#[cfg(target_os = "linux")]
#[test]
fn a_machine_without_sound_is_a_fault_only_when_a_tone_was_asked_for() {
    let home = home();
    let output = home.doctor(&["--demo", "--tone"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stdout).unwrap().contains("error    sound"));
    home.write_settings("player_command = \"cat > heard.wav\"\n");
    let config = home.settings();
    let output = home.doctor(&["--demo", "--tone", "--config", config.to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
    let heard = fs::read(home.path().join("heard.wav")).unwrap();
    assert!(heard.starts_with(b"RIFF") && heard.len() > 7_000, "{} bytes", heard.len());
}

#[test]
fn a_reader_that_has_had_enough_is_no_failure() {
    let home = home();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = home.command(&["doctor", "--demo"]);
    let output = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

/// What the doctor writes to a terminal.
#[cfg(unix)]
fn in_a_terminal(home: &Home) -> String {
    use portable_pty::{CommandBuilder, PtySize, native_pty_system};
    let size = PtySize { rows: 30, cols: 120, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_vmail"));
    command.env_clear();
    home.variables().iter().for_each(|(name, value)| command.env(name, value));
    command.args(["doctor", "--demo"]);
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut out = Vec::new();
    // Ends with an error where the other side is gone.
    let _ = pair.master.try_clone_reader().unwrap().read_to_end(&mut out);
    child.wait().unwrap();
    String::from_utf8(out).unwrap()
}

#[cfg(unix)]
#[test]
fn colour_is_for_terminals_that_have_it() {
    let coloured = in_a_terminal(&home());
    assert!(
        coloured.contains("\x1b[32mok") && coloured.contains("xterm-256color, 120x30, 256 colours"),
        "{coloured:?}"
    );
    for plain in [home().set("NO_COLOR", "1"), home().set("TERM", "dumb")] {
        let plain = in_a_terminal(&plain);
        assert!(plain.contains("ok       settings") && !plain.contains('\x1b'), "{plain:?}");
    }
}
