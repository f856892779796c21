//! Ctrl-Z and back, under shells and without one; and tmux.

use std::io::{Write as _, stderr};
use std::path::Path;
use std::process::Command;

use crate::harness::{
    ENTER_SCREEN, LEAVE_SCREEN, Launch, Seen, Signal, Terminal, process_state, signal_to, until,
};
use crate::world::{Home, Server, with_credentials};

/// A bash of which nothing is set up.
pub const BASH: [&str; 4] = ["--norc", "--noprofile", "--noediting", "-i"];

/// Whether the machine has `program`. A test that cannot run without it says so.
pub fn has(program: &str) -> bool {
    let found = Command::new(program).arg("-V").output().is_ok();
    if !found {
        // Not eprintln: what that writes is hidden where a test passes.
        let _ = writeln!(stderr(), "!!! SKIPPED, nothing was tested with {program}: it is not here");
    }
    found
}

/// The one child of a process.
fn child_of(pid: u32) -> Option<u32> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
    children.split_whitespace().next()?.parse().ok()
}

/// How often `sequence` was written so far.
fn times(seen: &Seen, sequence: &str) -> usize {
    String::from_utf8_lossy(&seen.bytes).matches(sequence).count()
}

/// A shell with job control in which the inbox of `server` was opened; and the inbox' process.
fn under(shell: &str, arguments: &[&str], home: &Home, server: &Server) -> (Terminal, u32) {
    opened_in(Launch::program(home, Path::new(shell), arguments), server.url())
}

/// The inbox of the server at `url`, opened in the shell that `launch` starts; and its process.
pub fn opened_in(launch: Launch, url: &str) -> (Terminal, u32) {
    let mut terminal = with_credentials(launch).env("PS1", "ready> ").start();
    terminal.wait_for("ready>");
    terminal.send(&format!("\"$VMAIL\" --base-url {url}\n"));
    terminal.wait_until_live();
    let pid = child_of(terminal.pid()).unwrap();
    (terminal, pid)
}

/// The terminal is the shell's again: it takes a command, and echoes it.
#[track_caller]
pub fn shell_answers(terminal: &mut Terminal, number: u32) {
    terminal.send(&format!("echo \"<$(({number} + 1))>\"\n"));
    terminal.wait_for(&format!("<{}>", number + 1));
    terminal.look(|seen| {
        assert!(seen.shows(&format!("<$(({number} + 1))>")), "no echo:\n{}", seen.text());
        let screen = seen.screen();
        assert!(!screen.alternate_screen() && !screen.hide_cursor(), "{}", seen.text());
    });
}

/// The inbox has ended, and the shell goes on.
#[track_caller]
pub fn quits(mut terminal: Terminal, pid: u32) {
    terminal.send("q");
    until("the inbox is gone", || process_state(pid).is_none());
    shell_answers(&mut terminal, 1000);
}

fn stops_and_comes_back(shell: &str, arguments: &[&str]) {
    let (home, server) = (Home::new(), Server::start());
    let (mut terminal, pid) = under(shell, arguments, &home, &server);
    let second = terminal.moves("j");

    for (number, by_signal) in [(100, false), (200, true), (300, false)] {
        let left = terminal.look(|seen| times(seen, LEAVE_SCREEN));
        if by_signal {
            signal_to(pid, Signal::TSTP);
        } else {
            terminal.send("\x1a");
        }
        until("it is stopped", || process_state(pid) == Some('T'));
        terminal.wait("the screen is left", |seen| times(seen, LEAVE_SCREEN) > left);
        shell_answers(&mut terminal, number);

        let entered = terminal.look(|seen| times(seen, ENTER_SCREEN));
        terminal.send("fg\n");
        terminal.wait("the inbox", |seen| {
            times(seen, ENTER_SCREEN) > entered
                && seen.screen().alternate_screen()
                && seen.selected().as_ref() == Some(&second)
        });
        terminal.moves("k");
        assert_eq!(terminal.moves("j"), second);
    }
    quits(terminal, pid);
}

#[test]
fn ctrl_z_and_fg_under_sh() {
    stops_and_comes_back("sh", &["-i"]);
}

#[test]
fn ctrl_z_and_fg_under_bash() {
    if has("bash") {
        stops_and_comes_back("bash", &BASH);
    }
}

#[test]
fn a_resize_while_stopped_is_seen_on_return() {
    let (home, server) = (Home::new(), Server::start());
    let (mut terminal, pid) = under("sh", &["-i"], &home, &server);
    terminal.send("\x1a");
    until("it is stopped", || process_state(pid) == Some('T'));
    terminal.resize(120, 40);
    shell_answers(&mut terminal, 100);
    terminal.send("fg\n");
    terminal.wait_for("Recording");
    quits(terminal, pid);
}

/// As under `ssh -t host vmail`, where nothing could continue it.
#[test]
fn without_a_shell_ctrl_z_does_not_stop_it() {
    let (home, server) = (Home::new(), Server::start());
    let mut terminal = server.inbox(&home, &[]).start();
    terminal.wait_until_live();
    terminal.send("\x1a");
    terminal.wait_for("no shell to return to");
    terminal.moves("j");
    terminal.signal(Signal::TSTP);
    terminal.moves("k");
    assert!(matches!(process_state(terminal.pid()), Some('S' | 'R')));
    terminal.send("q");
    assert_eq!(terminal.end().exit_code(), 0);
    terminal.assert_given_back();
}

/// SIGSTOP cannot be caught: the terminal was not given back, and others may have changed it.
#[test]
fn a_stop_it_could_not_see_is_repaired() {
    let (home, server) = (Home::new(), Server::start());
    let (mut terminal, pid) = under("sh", &["-i"], &home, &server);
    signal_to(pid, Signal::STOP);
    until("it is stopped", || process_state(pid) == Some('T'));
    terminal.send("stty sane; printf '\\033[?1049l\\033[?25h'; echo \"<$((1 + 1))>\"\n");
    terminal.wait_for("<2>");
    shell_answers(&mut terminal, 100);
    terminal.send("fg\n");
    terminal.wait("the inbox", |seen| seen.screen().alternate_screen() && seen.selected().is_some());
    // Without raw mode, this key would wait for the end of a line.
    terminal.moves("j");
    quits(terminal, pid);
}

/// Opens the demo in tmux, in the session `v`, and waits for the inbox. Returns what runs a command of tmux.
pub fn demo_in_tmux(home: &Home) -> impl Fn(&[&str]) -> String {
    let folder = home.path().to_owned();
    let tmux = move |arguments: &[&str]| {
        let mut command = Command::new("tmux");
        command.arg("-S").arg(folder.join("tmux")).args(["-f", "/dev/null"]).args(arguments);
        command.env_remove("TMUX").env("HOME", &folder).env("LANG", "C.UTF-8");
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let vmail = format!("exec {} --demo", env!("CARGO_BIN_EXE_vmail"));
    tmux(&["new-session", "-d", "-x", "80", "-y", "24", "-s", "v", &vmail]);
    until("the inbox in tmux", || tmux(&["capture-pane", "-p", "-t", "v"]).contains("up to date"));
    tmux
}

#[test]
fn tmux_shows_the_inbox() {
    if !has("tmux") {
        return;
    }
    let home = Home::new();
    let tmux = demo_in_tmux(&home);
    let screen = || tmux(&["capture-pane", "-p", "-t", "v"]);
    let selected = || screen().lines().position(|line| line.starts_with('▌'));
    let first = selected();
    tmux(&["send-keys", "-t", "v", "j"]);
    until("another row is selected", || selected().is_some() && selected() != first);
    tmux(&["resize-window", "-t", "v", "-x", "120", "-y", "40"]);
    until("the detail", || screen().contains("Recording"));
    tmux(&["send-keys", "-t", "v", "q"]);
    until("the session is over", || tmux(&["list-sessions"]).is_empty());
}
