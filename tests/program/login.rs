//! Accounts from the command line: login, logout, accounts, and which account the other verbs take.
//! The keyring of whoever runs this is not reached: there is none, or one that a test has started.

#![allow(clippy::unwrap_used, reason = "a test fails by it, in helpers as well")]

#[cfg(target_os = "linux")]
mod keyring;

use std::fs;
use std::io::Write as _;
use std::process::{Output, Stdio};

use serde_json::Value;
use vmail::demo::{APP_ID, SECRET};

use crate::demo_server::DemoServer;
#[cfg(unix)]
use crate::home::mode;
use crate::home::{Home, set_mode};
use crate::program::json_lines;

/// A port that refuses connections.
const NOBODY: &str = "http://127.0.0.1:9/v2";

fn run(home: &Home, args: &[&str], variables: &[(&str, &str)], input: &str) -> Ended {
    let mut command = home.command(args);
    command.envs(variables.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Who refuses its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    Ended::of(&child.wait_with_output().unwrap())
}

fn login(home: &Home, server: &str, more: &[&str], input: &str) -> Ended {
    let app_id = APP_ID.to_string();
    let args = ["login", "--base-url", server, "--app-id", &app_id];
    run(home, &[&args, more].concat(), &[], input)
}

/// What `accounts --json` says.
fn accounts(home: &Home, variables: &[(&str, &str)]) -> Vec<Value> {
    let ended = run(home, &["accounts", "--json"], variables, "");
    ended.assert(0);
    json_lines(&ended.out)
}

#[track_caller]
fn assert_nothing_is_stored(home: &Home) {
    assert!(!home.settings().exists() && !home.secrets().exists());
}

/// How a run ended.
struct Ended {
    code: Option<i32>,
    out: String,
    said: String,
}

impl Ended {
    fn of(output: &Output) -> Ended {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let (out, said) = (text(&output.stdout), text(&output.stderr));
        assert!(!format!("{out}{said}").contains(SECRET), "{out}{said}");
        Ended { code: output.status.code(), out, said }
    }

    /// It ended with `code`, and wrote no data.
    #[track_caller]
    fn fails(&self, code: i32) -> &str {
        self.assert(code);
        assert_eq!(self.out, "");
        &self.said
    }

    #[track_caller]
    fn assert(&self, code: i32) {
        assert_eq!(self.code, Some(code), "{}", self.said);
    }
}

#[test]
fn a_piped_secret_is_tried_and_stored_and_nowhere_else() {
    let (home, server) = (Home::new(), DemoServer::start(&[]));
    let ended = login(&home, &server.url, &[], &format!("{SECRET}\r\nmore"));
    assert_eq!(ended.out, "");
    ended.assert(0);
    for part in ["credentials.toml", "keyring cannot be used", "config.toml", "`vmail`"] {
        assert!(ended.said.contains(part), "{part} is not in {}", ended.said);
    }
    let text = fs::read_to_string(home.settings()).unwrap();
    assert_eq!(text, format!("region = \"global\"\nappid = {APP_ID}\nbase_url = \"{}\"\n", server.url));
    assert!(fs::read_to_string(home.secrets()).unwrap().contains(SECRET));
    #[cfg(unix)]
    for (path, expected) in [
        (home.settings(), 0o600),
        (home.secrets(), 0o600),
        (home.path().join("config/vmail"), 0o700),
        (home.path().join("data/vmail"), 0o700),
    ] {
        assert_eq!(mode(&path), expected, "{}", path.display());
    }
    // Once more, with all that is known from the settings; nothing is to be written there.
    let before = fs::metadata(home.settings()).unwrap().modified().unwrap();
    let ended = run(&home, &["login", "--no-keyring"], &[], SECRET);
    ended.assert(0);
    assert!(!ended.said.contains("config.toml") && !ended.said.contains("cannot be used"), "{}", ended.said);
    assert_eq!(fs::metadata(home.settings()).unwrap().modified().unwrap(), before);
}

#[test]
fn a_wrong_secret_is_said_in_the_servers_words_and_not_stored() {
    let (home, server) = (Home::new(), DemoServer::start(&[]));
    let ended = login(&home, &server.url, &[], "wrong");
    let said = ended.fails(3);
    assert!(said.contains("Authentication Failed") && said.contains("Nothing was stored"), "{said}");
    assert_nothing_is_stored(&home);
}

#[test]
fn without_a_network_nothing_is_stored_unless_asked_for() {
    let home = Home::new();
    let ended = login(&home, NOBODY, &[], SECRET);
    let said = ended.fails(4);
    assert!(said.contains("Offline") && said.contains("--no-check"), "{said}");
    assert_nothing_is_stored(&home);
    login(&home, NOBODY, &["--no-check"], SECRET).assert(0);
    assert!(home.settings().exists() && home.secrets().exists());
}

#[test]
fn what_cannot_be_asked_for_is_named_by_its_flag() {
    let home = Home::new();
    let said = run(&home, &["login"], &[], SECRET).fails(2).to_owned();
    assert!(said.contains("--app-id"), "{said}");
    let said = login(&home, NOBODY, &[], "").fails(2).to_owned();
    assert!(said.contains("stdin is empty"), "{said}");
    for (args, named) in [
        (["--app-id", "x7"], "--app-id"),
        (["--app-id", "0"], "--app-id"),
        (["--region", "mars"], "--region"),
        (["--base-url", "ftp://x"], "--base-url"),
        (["--account", "a b"], "--account"),
    ] {
        let ended = run(&home, &[&["login", "--no-check"][..], &args].concat(), &[], SECRET);
        let said = ended.fails(2);
        assert!(said.contains(named), "{named}: {said}");
    }
    let help = run(&home, &["login", "--help"], &[], "");
    assert!(!help.out.contains("--secret") && help.out.contains("/proc/PID/environ"), "{}", help.out);
    assert_nothing_is_stored(&home);
}

#[test]
fn comments_stay_and_another_account_is_not_overwritten() {
    let (home, server) = (Home::new(), DemoServer::start(&[]));
    let before = format!("# Mine.\nappid = {APP_ID} # the shop\n\n# Nothing moves.\nmouse = true\n");
    home.write_settings(&before);
    login(&home, &server.url, &[], SECRET).assert(0);
    let text = fs::read_to_string(home.settings()).unwrap();
    assert!(text.starts_with(&before), "{text}");
    let secrets = fs::read(home.secrets()).unwrap();
    let said = run(&home, &["login", "--app-id", "5"], &[], SECRET).fails(2).to_owned();
    assert!(said.contains(&APP_ID.to_string()) && said.contains("--account NAME --app-id 5"), "{said}");
    assert_eq!(fs::read_to_string(home.settings()).unwrap(), text);
    assert_eq!(fs::read(home.secrets()).unwrap(), secrets);
}

#[cfg(unix)]
#[test]
fn a_linked_settings_file_stays_a_link() {
    let (home, server) = (Home::new(), DemoServer::start(&[]));
    home.write_settings("");
    fs::remove_file(home.settings()).unwrap();
    let target = home.path().join("dotfiles.toml");
    fs::write(&target, "# managed\n").unwrap();
    set_mode(&target, 0o640);
    std::os::unix::fs::symlink("../../dotfiles.toml", home.settings()).unwrap();
    login(&home, &server.url, &[], SECRET).assert(0);
    assert!(fs::symlink_metadata(home.settings()).unwrap().is_symlink());
    let text = fs::read_to_string(&target).unwrap();
    assert!(text.starts_with("# managed\n") && text.contains(&format!("appid = {APP_ID}\n")), "{text}");
    assert_eq!(mode(&target), 0o640);
}

/// Where nobody can write, not root either.
#[cfg(target_os = "linux")]
#[test]
fn settings_that_cannot_be_written_are_printed_and_the_secret_is_stored() {
    let (home, server) = (Home::new(), DemoServer::start(&[]));
    home.write_settings("");
    fs::remove_file(home.settings()).unwrap();
    std::os::unix::fs::symlink("/proc/nowhere/config.toml", home.settings()).unwrap();
    let ended = login(&home, &server.url, &["--account", "büro"], SECRET);
    ended.assert(6);
    assert!(ended.said.contains("config.toml: "), "{}", ended.said);
    let lines = format!("region = \"global\"\nappid = {APP_ID}\nbase_url = \"{}\"\n", server.url);
    assert_eq!(ended.out, format!("[accounts.\"büro\"]\n{lines}"));
    assert!(fs::read_to_string(home.secrets()).unwrap().contains(SECRET));
}

#[test]
fn each_verb_takes_the_account_that_is_named() {
    let (home, server) = (Home::new(), DemoServer::start(&[]));
    home.write_settings("appid = 5\n");
    let ended = login(&home, &server.url, &["--account", "office"], SECRET);
    ended.assert(0);
    assert!(ended.said.contains("`vmail --account office`"), "{}", ended.said);
    let exported = |args: &[&str], variables: &[(&str, &str)]| {
        let ended = run(&home, &[&["export"], args].concat(), variables, "");
        ended.assert(0);
        ended.out.lines().next().unwrap().to_owned()
    };
    let (above, office) = ("global/5\"", format!("global/{APP_ID}@{}", server.url));
    assert!(exported(&[], &[]).contains(above), "{}", exported(&[], &[]));
    let set = [("TELECMI_APPID", "9"), ("VMAIL_REGION", "india"), ("VMAIL_BASE_URL", NOBODY)];
    assert!(exported(&["--account", "office"], &set).contains(&office));
    assert!(exported(&[], &[&set[..], &[("VMAIL_ACCOUNT", "office")]].concat()).contains(&office));
    home.write_settings(&format!("account = \"office\"\n{}", fs::read_to_string(home.settings()).unwrap()));
    assert!(exported(&[], &[]).contains(&office));

    // What was exported comes in again, by the same name.
    let lines = run(&home, &["export", "--account", "office"], &[], "").out;
    run(&home, &["import", "--account", "office"], &[], &lines).assert(0);
    for verb in ["export", "import", "logout", "accounts"] {
        let ended = run(&home, &[verb, "--account", "offcie"], &[], "");
        assert!(ended.fails(2).contains("did you mean `office`?"), "{}", ended.said);
    }
}

#[test]
fn the_environment_comes_before_the_settings_and_these_before_what_was_stored() {
    let home = Home::new();
    home.write_settings("[accounts.a]\nappid = 5\n[accounts.b]\nappid = 6\nsecret_command = \"false\"\n");
    let sources = |variables: &[(&str, &str)]| -> Vec<String> {
        let accounts = accounts(&home, variables);
        accounts.iter().map(|account| account["secret"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(sources(&[]), ["keyring", "command"]);
    run(&home, &["login", "--account", "a", "--no-check"], &[], SECRET).assert(0);
    let ended = run(&home, &["login", "--account", "b", "--no-check"], &[], SECRET);
    assert!(
        ended.said.contains("config.toml:6 also sets a secret, which takes precedence"),
        "{}",
        ended.said
    );
    let text = fs::read_to_string(home.settings()).unwrap();
    assert_eq!(sources(&[]), ["file", "command"]);
    home.write_settings(&text.replace("appid = 5\n", "appid = 5\nsecret = \"here\"\n"));
    assert_eq!(sources(&[]), ["settings", "command"]);
    assert_eq!(sources(&[("TELECMI_SECRET", "x")]), ["environment", "command"]);
    // Named, it is as the settings have it.
    assert_eq!(sources(&[("TELECMI_SECRET", "x"), ("VMAIL_ACCOUNT", "a")]), ["settings", "command"]);
}

#[test]
fn accounts_are_listed_for_people_and_for_programs() {
    let home = Home::new();
    let none = run(&home, &["accounts"], &[], "");
    none.assert(0);
    assert!(none.out.is_empty() && none.said.contains("vmail login"), "{}", none.said);
    home.write_settings("appid = 5\n[accounts.office]\nregion = \"india\"\nappid = 6\nsecret = \"x\"\n");
    let listed = accounts(&home, &[]);
    let expected = serde_json::json!([
        { "name": null, "region": "global", "app_id": 5, "base_url": null, "secret": "keyring",
          "current": true, "stored": 0 },
        { "name": "office", "region": "india", "app_id": 6, "base_url": null, "secret": "settings",
          "current": false, "stored": 0 },
    ]);
    assert_eq!(Value::from(listed), expected);
    assert!(!home.path().join("data").exists(), "a store was made");
    let table = run(&home, &["accounts", "--account", "office"], &[], "").out;
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 3, "{table}");
    assert!(
        lines[1].starts_with("  (unnamed)  global  ") && lines[1].ends_with("  keyring (not checked)"),
        "{table}"
    );
    assert!(lines[2].starts_with("* office  ") && lines[2].ends_with("config.toml:5"), "{table}");
}

#[test]
fn logging_out_forgets_the_secret_and_says_what_is_left() {
    let (home, server) = (Home::new(), DemoServer::start(&[]));
    let said = run(&home, &["logout"], &[], "").fails(5).to_owned();
    assert!(said.contains("no account"), "{said}");
    login(&home, &server.url, &[], SECRET).assert(0);
    let text = fs::read_to_string(home.settings()).unwrap();
    let ended = run(&home, &["logout"], &[], "");
    let said = ended.fails(0);
    assert!(said.contains("credentials.toml") && said.contains("still in the settings"), "{said}");
    assert!(!home.secrets().exists());
    assert_eq!(fs::read_to_string(home.settings()).unwrap(), text);
    let said = run(&home, &["logout"], &[("TELECMI_SECRET", "x")], "").fails(5).to_owned();
    assert!(said.contains("still set by TELECMI_SECRET"), "{said}");
}
