//! A real keyring: GNOME's, on a session bus of its own, in a home of its own.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _, stderr};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use vmail::demo::SECRET;

use super::accounts;
use crate::demo_server::DemoServer;
use crate::home::Home;

/// A session with a keyring, until it is dropped.
struct Session {
    bus: String,
    shell: Child,
    stdin: Option<ChildStdin>,
}

impl Session {
    /// Starts one for whoever lives in `home`. `None` where the programs are missing.
    fn start(home: &Path, keyring: &str) -> Option<Session> {
        let script = format!("{keyring} >/dev/null || exit 1; echo \"$DBUS_SESSION_BUS_ADDRESS\"; cat");
        let mut command = Command::new("dbus-run-session");
        command.args(["--", "sh", "-c", &script]).env_clear().current_dir(home);
        command.env("HOME", home).env("XDG_RUNTIME_DIR", home).env("PATH", "/usr/local/bin:/usr/bin:/bin");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut bus = String::new();
        if let Ok(mut shell) = command.spawn() {
            BufReader::new(shell.stdout.take().unwrap()).read_line(&mut bus).unwrap();
            let stdin = shell.stdin.take();
            let session = Session { bus: bus.trim_end().to_owned(), shell, stdin };
            if !session.bus.is_empty() {
                return Some(session);
            }
        }
        // Not by eprintln!, which is kept back while all is well.
        let _ =
            writeln!(stderr(), "!!! SKIPPED, no keyring was asked: gnome-keyring or dbus-daemon is not here");
        None
    }

    fn variables(&self) -> [(&'static str, &str); 1] {
        [("DBUS_SESSION_BUS_ADDRESS", &self.bus)]
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // The shell ends with its stdin, the bus with the shell, and the keyring with the bus.
        drop(self.stdin.take());
        let _ = self.shell.wait();
    }
}

/// The files below `folder` that hold the secret as it is.
fn holding_the_secret(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding_the_secret(&path));
        } else if let Ok(bytes) = fs::read(&path)
            && bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes())
        {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn a_keyring_keeps_the_secret_and_gives_it_back() {
    let (home, server) = (Home::new(), DemoServer::start(&[]));
    let unlocked = "printf passphrase | gnome-keyring-daemon --unlock --components=secrets";
    let Some(session) = Session::start(home.path(), unlocked) else { return };
    let variables = session.variables();
    let run = |arguments: &[&str], input: &str| super::run(&home, arguments, &variables, input);

    let login = ["login", "--base-url", &server.url, "--app-id", "1111112"];
    let ended = run(&login, SECRET);
    ended.assert(0);
    assert!(ended.said.contains("in the system keyring.\n"), "{}", ended.said);
    assert_eq!(holding_the_secret(home.path()), [""; 0]);
    assert_eq!(accounts(&home, &variables)[0]["secret"], "keyring");
    let ended = run(&["list", "--json"], "");
    ended.assert(0);
    assert!(ended.out.lines().count() > 5, "{}", ended.out);
    let ended = run(&["doctor"], "");
    ended.assert(0);
    assert!(ended.out.contains("secret from the system keyring\n"), "{}", ended.out);

    // One copy, wherever it was before.
    run(&["login", "--no-keyring"], SECRET).assert(0);
    assert_eq!(holding_the_secret(home.path()), [home.secrets().display().to_string()]);
    run(&["login"], SECRET).assert(0);
    assert!(!home.secrets().exists());

    // As after the next start of the machine, with nobody who could open it.
    drop(session);
    let locked = "gnome-keyring-daemon --start --components=secrets";
    let session = Session::start(home.path(), locked).unwrap();
    let ended = super::run(&home, &["list"], &session.variables(), "");
    let said = ended.fails(3);
    assert!(said.contains("keyring cannot be used: it is locked and was not unlocked;"), "{said}");
    assert!(said.contains("`vmail login --no-keyring`") && said.contains("--offline"), "{said}");
    drop(session);

    let session = Session::start(home.path(), unlocked).unwrap();
    let variables = session.variables();
    super::run(&home, &["list"], &variables, "").assert(0);
    let ended = super::run(&home, &["logout"], &variables, "");
    ended.assert(0);
    assert!(ended.said.contains("from the system keyring."), "{}", ended.said);
    let ended = super::run(&home, &["list"], &variables, "");
    let said = ended.fails(3);
    assert!(said.contains("No secret for") && !said.contains("cannot be used"), "{said}");
    super::run(&home, &["logout"], &variables, "").assert(5);
}
