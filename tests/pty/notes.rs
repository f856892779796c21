//! Notes as terminals send their keys: which byte saves, and which starts a new line.

use crate::harness::{Terminal, until};
use crate::jobs::{demo_in_tmux, has};
use crate::voices::{Reply, Voices};
use crate::world::Home;

fn voices() -> Voices {
    Voices::start(2, |_| Reply::new(404, "content-length: 0", b""))
}

fn open(home: &Home, voices: &Voices) -> Terminal {
    let terminal = voices.inbox(home, &[]).start();
    terminal.wait_until_live();
    terminal
}

/// Waits until keys are keys again: right behind a paste of several lines, they belong to it.
fn after_the_paste(terminal: &mut Terminal) {
    let cursor = |terminal: &Terminal| terminal.look(|seen| seen.screen().cursor_position());
    let before = cursor(terminal);
    until("keys act again", || {
        terminal.send("\x1b[D");
        cursor(terminal) != before
    });
}

#[test]
fn enter_saves_and_every_other_line_end_is_text() {
    for line_end in ["\n", "\x1b\r", "\x1b[13;2u", "\x1b[200~\r\x1b[201~"] {
        let (home, voices) = (Home::new(), voices());
        let mut terminal = open(&home, &voices);
        terminal.send("m");
        terminal.wait_for("Write a note");
        terminal.send(&format!("call Ravi{line_end}before five"));
        terminal.wait_for("before five");
        assert!(terminal.text().contains("Enter save"), "{}", terminal.text());
        after_the_paste(&mut terminal);
        terminal.send("\r");
        terminal.wait_for("note saved");
        terminal.send("q");
        assert_eq!(terminal.end().exit_code(), 0);
        terminal.assert_given_back();
        assert_eq!(home.notes(), ["call Ravi\nbefore five"], "{line_end:?}");
    }
}

#[test]
fn a_pasted_text_saves_nothing() {
    let (home, voices) = (Home::new(), voices());
    let mut terminal = open(&home, &voices);
    terminal.send("m");
    terminal.wait_for("Write a note");
    terminal.send("\x1b[200~first\r\nsecond\rthird\n\x1b[201~");
    terminal.wait_for("third");
    assert!(terminal.text().contains("Enter save"), "{}", terminal.text());
    after_the_paste(&mut terminal);
    terminal.send("\x13");
    terminal.wait_for("note saved");
    terminal.send("q");
    assert_eq!(terminal.end().exit_code(), 0);
    assert_eq!(home.notes(), ["first\nsecond\nthird"]);
}

#[test]
fn tmux_passes_the_keys_on() {
    if !has("tmux") {
        return;
    }
    let home = Home::new();
    let tmux = demo_in_tmux(&home);
    let screen = || tmux(&["capture-pane", "-p", "-t", "v"]);
    let keys = |keys: &[&str]| tmux(&[&["send-keys", "-t", "v"], keys].concat());
    keys(&["m"]);
    until("the note", || screen().contains("Write a note"));
    keys(&["one", "C-j", "two", "M-Enter", "three"]);
    tmux(&["set-buffer", "\nfour\nfive"]);
    tmux(&["paste-buffer", "-p", "-t", "v"]);
    until("all five lines", || {
        let text = screen();
        ["one", "two", "three", "four", "five"]
            .iter()
            .all(|line| text.lines().any(|shown| shown.trim_matches(['│', '┃', ' ', '▌']).starts_with(line)))
    });
    // As in `after_the_paste`.
    let cursor = || tmux(&["display-message", "-p", "-t", "v", "#{cursor_x},#{cursor_y}"]);
    let before = cursor();
    until("keys act again", || {
        keys(&["Left"]);
        cursor() != before
    });
    keys(&["Enter"]);
    until("it is saved", || screen().contains("note saved"));
    keys(&["q"]);
    until("the session is over", || tmux(&["list-sessions"]).is_empty());
}
