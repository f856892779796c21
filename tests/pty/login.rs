//! The first minute: logging in at a terminal, and the inbox with what was stored.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;

use vmail::demo::{APP_ID, SECRET};

use crate::harness::{Launch, Signal, Terminal};
use crate::home::mode;
use crate::world::{Home, Server};

fn question_of_the_secret(terminal: &Terminal) {
    terminal.wait_for("(hidden):");
}

#[test]
fn what_is_asked_for_is_typed_and_the_inbox_opens_with_it() {
    let home = Home::new();
    let server = Server::start();
    let mut terminal = Launch::vmail(&home, ["login", "--base-url", server.url()]).size(160, 24).start();
    terminal.wait_for("global or india [global]:");
    terminal.send("mars\n");
    terminal.wait_for("expected global (CHUB) or india (CHUB India)");
    terminal.send("\n");
    terminal.wait_for("App ID:");
    terminal.send("my own\n");
    terminal.wait_for("expected a number");
    terminal.send(&format!("{APP_ID}\n"));
    question_of_the_secret(&terminal);
    terminal.send(&format!("oops\u{15}{SECRET}x\u{7f}\r"));
    assert_eq!(terminal.end().exit_code(), 0);
    assert!(terminal.is_as_found());
    assert!(terminal.text().contains("Run `vmail`"), "{}", terminal.text());
    assert!(!terminal.written().contains(&SECRET[1..]), "{}", terminal.text());
    let (settings, secrets) = (home.settings(), home.secrets());
    assert!(!fs::read_to_string(&settings).unwrap().contains(SECRET));
    assert!(fs::read_to_string(&secrets).unwrap().contains(SECRET));
    assert_eq!((mode(&settings), mode(&secrets)), (0o600, 0o600));

    let mut inbox = Launch::vmail::<&str>(&home, []).start();
    inbox.wait_until_live();
    inbox.send("q");
    assert_eq!(inbox.end().exit_code(), 0);

    fs::set_permissions(&secrets, fs::Permissions::from_mode(0o644)).unwrap();
    let refused = Launch::vmail::<&str>(&home, []).size(160, 24).start();
    assert_eq!(refused.end().exit_code(), 3);
    assert!(refused.text().contains("chmod 600"), "{}", refused.text());
}

#[test]
fn a_wrong_secret_is_asked_for_again_and_not_for_ever() {
    let server = Server::start();
    for (right_at, code) in [(3, 0), (4, 3)] {
        let home = Home::new();
        let app_id = APP_ID.to_string();
        let args = ["login", "--region", "global", "--app-id", &app_id, "--base-url", server.url()];
        let mut terminal = Launch::vmail(&home, args).size(160, 24).start();
        for asked in 1..=3 {
            terminal.wait("the question", |seen| seen.text().matches("(hidden):").count() == asked);
            terminal.send(if asked == right_at { SECRET } else { "a guess" });
            terminal.send("\r");
        }
        assert_eq!(terminal.end().exit_code(), code);
        assert!(terminal.is_as_found());
        let text = terminal.text();
        assert_eq!(text.matches("Type the secret again").count(), 2, "{text}");
        assert!(!text.contains("guess"), "{text}");
        assert_eq!(home.secrets().exists(), code == 0);
    }
}

#[test]
fn called_off_nothing_is_stored_and_the_terminal_is_as_before() {
    for key in ["half of it\u{3}", "\u{4}", "\r"] {
        let home = Home::new();
        let args = ["login", "--region", "india", "--app-id", "7", "--base-url", "http://127.0.0.1:9/v1"];
        let mut terminal = Launch::vmail(&home, args).start();
        question_of_the_secret(&terminal);
        terminal.send(key);
        assert_eq!(terminal.end().exit_code(), 130);
        assert!(terminal.is_as_found());
        assert!(terminal.text().contains("nothing was stored"), "{}", terminal.text());
        assert!(!terminal.text().contains("half"), "{}", terminal.text());
        assert!(!home.settings().exists() && !home.secrets().exists());
    }
}

#[test]
fn a_signal_at_the_question_of_the_secret_gives_the_terminal_back() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130)] {
        let home = Home::new();
        let args = ["login", "--region", "india", "--app-id", "7", "--base-url", "http://127.0.0.1:9/v1"];
        let terminal = Launch::vmail(&home, args).start();
        question_of_the_secret(&terminal);
        assert!(!terminal.is_as_found(), "what is typed would be shown");
        terminal.signal(signal);
        assert_eq!(terminal.end().exit_code(), code);
        assert!(terminal.is_as_found(), "{signal:?}");
        assert!(!home.settings().exists() && !home.secrets().exists());
    }
}

/// By then it waits for a server, and not for the terminal.
#[test]
fn a_signal_after_the_secret_was_typed_ends_it_as_well() {
    let (home, silent) = (Home::new(), TcpListener::bind("127.0.0.1:0").unwrap());
    let url = format!("http://{}/v1", silent.local_addr().unwrap());
    let args = ["login", "--region", "india", "--app-id", "7", "--base-url", &url];
    let mut terminal = Launch::vmail(&home, args).start();
    question_of_the_secret(&terminal);
    terminal.send("s3cret\r");
    let _asked = silent.accept().unwrap();
    terminal.send("\u{3}");
    assert_eq!(terminal.end().exit_code(), 130);
    assert!(terminal.is_as_found());
    assert!(!home.secrets().exists());
}

#[test]
fn without_a_stored_secret_the_inbox_says_how_to_store_one() {
    let home = Home::new();
    home.write_settings("[accounts.office]\nappid = 7\nbase_url = \"http://127.0.0.1:9/v2\"\n");
    let mut terminal = Launch::vmail::<&str>(&home, []).size(200, 24).start();
    terminal.wait_for("vmail login --account office");
    terminal.send("q");
    assert_eq!(terminal.end().exit_code(), 0);
    terminal.assert_given_back();
}

#[test]
fn a_keyring_that_says_nothing_holds_up_neither_the_screen_nor_its_end() {
    let home = Home::new();
    home.write_settings("appid = 7\nbase_url = \"http://127.0.0.1:9/v2\"\n");
    let socket = home.path().join("bus");
    let keyring = UnixListener::bind(&socket).unwrap();
    let launch = Launch::vmail::<&str>(&home, []);
    let mut terminal =
        launch.env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", socket.display())).start();
    terminal.wait_for("? help");
    // It was asked, and never answers.
    let _asked = keyring.accept().unwrap();
    terminal.send("?");
    terminal.wait_for("Next, previous");
    terminal.send("\u{1b}");
    // Together they would be one key, Alt-q.
    terminal.wait("the list again", |seen| !seen.shows("Next, previous"));
    terminal.send("q");
    assert_eq!(terminal.end().exit_code(), 0);
    terminal.assert_given_back();
}

#[test]
fn an_account_that_is_named_has_its_own_secret_and_its_command_sees_no_other() {
    let home = Home::new();
    let server = Server::start();
    home.write_settings(&format!(
        "appid = 7\nbase_url = \"http://127.0.0.1:9/v2\"\n\n[accounts.office]\nappid = {APP_ID}\n\
         base_url = \"{}\"\nsecret_command = \"echo ${{TELECMI_SECRET-{SECRET}}}\"\n",
        server.url()
    ));
    let launch = Launch::vmail(&home, ["--account", "office"]);
    let launch = launch.env("TELECMI_APPID", "9").env("TELECMI_SECRET", "of another one");
    let mut terminal = launch.env("VMAIL_BASE_URL", "http://127.0.0.1:9/v2").start();
    terminal.wait_until_live();
    terminal.wait_for("office");
    terminal.send("q");
    assert_eq!(terminal.end().exit_code(), 0);
}

#[test]
fn a_wrong_secret_is_typed_anew_in_the_inbox() {
    let (home, server) = (Home::new(), Server::start());
    let launch = Launch::vmail(&home, ["--base-url", server.url()]).size(120, 30);
    let launch = launch.env("TELECMI_APPID", APP_ID.to_string()).env("TELECMI_SECRET", "nope");
    let mut terminal = launch.start();
    terminal.wait_for("Wrong app ID or secret");
    terminal.look(|seen| assert!(!seen.shows("change dates"), "{}", seen.text()));
    terminal.send("\r");
    // The app ID is there already, and the secret has the focus.
    terminal.wait_for(&APP_ID.to_string());
    terminal.send("nope as well\r");
    terminal.wait_for("Nothing was stored");
    terminal.send(&format!("\u{15}{SECRET}\r"));
    // The variable still has the wrong one, and says so; this session uses what was typed.
    terminal.wait_for("TELECMI_SECRET");
    terminal.wait_until_live();
    terminal.send("q");
    assert_eq!(terminal.end().exit_code(), 0);
    assert!(fs::read_to_string(home.secrets()).unwrap().contains(SECRET));
    assert!(!terminal.written().contains(&SECRET[1..]), "{}", terminal.text());
}
