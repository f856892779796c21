//! Settings, as far as they need a terminal: what they may not do to it, and a secret that works.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use vmail::demo::{APP_ID, SECRET};

use crate::harness::Launch;
use crate::world::{Home, Server, inbox, with_credentials};

#[test]
fn settings_that_are_wrong_never_take_the_screen() {
    let home = Home::new();
    home.write_settings("refresh = 1\n");
    let terminal = with_credentials(Launch::vmail::<&str>(&home, [])).start();
    assert_eq!(terminal.end().exit_code(), 2);
    terminal.look(|seen| {
        assert!(seen.shows("refresh"), "{}", seen.text());
        assert!(!seen.bytes.contains(&0x1b), "{}", seen.text());
    });
    assert!(terminal.is_as_found());
}

#[test]
fn a_secret_command_that_fails_is_said_before_the_screen_is_taken() {
    let home = Home::new();
    home.write_settings(&format!(
        "appid = {APP_ID}\nsecret_command = \"echo the keyring is locked >&2; exit 3\"\n"
    ));
    let terminal = Launch::vmail::<&str>(&home, []).start();
    assert_ne!(terminal.end().exit_code(), 0);
    terminal.look(|seen| {
        assert!(seen.shows("secret_command") || seen.shows("locked"), "{}", seen.text());
        assert!(!seen.bytes.contains(&0x1b), "{}", seen.text());
    });
}

#[test]
fn a_dumb_terminal_is_refused_in_one_line() {
    let home = Home::new();
    let terminal = Launch::vmail(&home, ["--demo"]).env("TERM", "dumb").start();
    assert_eq!(terminal.end().exit_code(), 2);
    terminal.look(|seen| {
        assert_eq!(seen.text().trim().lines().count(), 1, "{}", seen.text());
        assert!(seen.shows("TERM"), "{}", seen.text());
    });
}

#[test]
fn a_settings_file_in_use_works_with_a_private_secret() {
    let home = Home::new();
    let server = Server::start();
    home.write_settings(&format!(
        "appid = {APP_ID}\nsecret = \"{SECRET}\"\nbase_url = \"{}\"\n",
        server.url()
    ));
    let terminal = Launch::vmail::<&str>(&home, []).start();
    terminal.wait_until_live();
    // The command's output is the secret as well.
    home.write_settings(&format!("appid = {APP_ID}\nsecret_command = \"echo {SECRET}\"\n"));
    let terminal = inbox(&home, server.url(), &[]).env("TELECMI_SECRET", "").start();
    terminal.wait_until_live();
}

#[test]
fn settings_that_are_taken_over_end_what_plays_and_say_so() {
    let home = Home::new();
    home.write_settings("player_command = \"cat >/dev/null; sleep 600\"\n");
    let server = Server::start();
    let mut terminal = inbox(&home, server.url(), &[]).start();
    terminal.wait_until_live();
    terminal.send(" ");
    terminal.wait_for("▶");
    terminal.send(":reload\r");
    terminal.wait_for("settings reloaded, playback stopped");
    terminal.wait("nothing plays", |seen| !seen.shows("▶"));
}

#[test]
fn who_leaves_faults_in_the_settings_is_asked_to_edit_again() {
    let home = Home::new();
    let editor = home.path().join("editor");
    // The first time it leaves a fault, the second time it takes it away.
    fs::write(
        &editor,
        "#!/bin/sh\nif grep -q 'refresh = 1' \"$1\"; then echo 'refresh = 0' > \"$1\"; else echo 'refresh = 1' > \"$1\"; fi\n",
    )
    .unwrap();
    fs::set_permissions(&editor, fs::Permissions::from_mode(0o700)).unwrap();
    let edit = || {
        let terminal = Launch::vmail(&home, ["config", "edit"]).env("VISUAL", &editor).start();
        terminal.wait_for("Edit again?");
        assert!(terminal.look(|seen| seen.shows("config.toml:1: `refresh`")), "{}", terminal.text());
        terminal
    };
    let mut terminal = edit();
    terminal.send("\r");
    assert_eq!(terminal.end().exit_code(), 0);
    assert!(terminal.text().contains("config.toml: OK"), "{}", terminal.text());
    let mut terminal = edit();
    terminal.send("n\r");
    assert_eq!(terminal.end().exit_code(), 2);
    assert!(terminal.text().contains("still has these errors"), "{}", terminal.text());
}

#[test]
fn keys_and_colours_of_the_settings_are_those_of_the_screen() {
    let home = Home::new();
    let file = home.path().join("mine.toml");
    fs::write(
        &file,
        "theme = \"dark\"\ncolours.accent = \"#010203\"\nkeys.quit = \"Ctrl-q\"\nkeys.help = \"F1\"\n",
    )
    .unwrap();
    let start = |colorterm: &str| {
        let arguments = ["--demo", "--config", "mine.toml"];
        Launch::vmail(&home, arguments).env("TERM", "xterm-256color").env("COLORTERM", colorterm).start()
    };
    let mut terminal = start("truecolor");
    terminal.wait_until_live();
    assert!(terminal.look(|seen| seen.shows("F1 help")), "{}", terminal.text());
    assert!(terminal.written().contains("38;2;1;2;3"), "the colour as it is");
    terminal.send("q");
    terminal.send("\x1bOP");
    terminal.wait_for("Next, previous");
    terminal.send("\x1b");
    terminal.wait("the help closed", |seen| !seen.shows("Next, previous"));
    terminal.send("\x11");
    assert_eq!(terminal.end().exit_code(), 0);
    let mut terminal = start("");
    terminal.wait_until_live();
    let written = terminal.written();
    assert!(written.contains("38;5;16;") && !written.contains("38;2;"), "the nearest of 256");
    terminal.send("\x11");
    assert_eq!(terminal.end().exit_code(), 0);
}
