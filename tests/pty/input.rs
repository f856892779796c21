//! What arrives at the keyboard that nobody typed: late answers to other programs' questions, reports, and
//! pastes that are not what they seem.

use std::time::{Duration, Instant};

use crate::harness::{Signal, Terminal, until};
use crate::world::{Home, Server};

fn opened(home: &Home, server: &Server) -> Terminal {
    let terminal = server.inbox(home, &[]).start();
    terminal.wait_until_live();
    terminal
}

#[test]
fn answers_to_other_programs_do_nothing_and_keys_still_work() {
    let (home, server) = (Home::new(), Server::start());
    let mut terminal = opened(&home, &server);
    let second = terminal.moves("j");
    let first = terminal.moves("k");
    let many = format!("\x1b]{}\x07", "e".repeat(5_000));
    for reply in [
        "\x1b[?2026;2$y",
        "\x1b[?997;1n",
        "\x1b[?1;2S",
        "\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\",
        "\x1b]52;c;c2VjcmV0\x1b\\",
        "\x1bP>|XTerm(389)\x1b\\",
        "\x1b_Gi=1;OK\x1b\\",
        &many,
    ] {
        // Each of them is followed by a key: when that has acted, the answer was handled.
        assert_eq!(terminal.moves(&format!("{reply}j")), second, "{}", reply.escape_default());
        assert_eq!(terminal.moves(&format!("{reply}k")), first, "{}", reply.escape_default());
        terminal.look(|seen| {
            let text = seen.text();
            for word in ["undo", "Call back", "Add or remove tags", "Date range", "Esc"] {
                assert!(!text.contains(word), "{} shows {word:?}:\n{text}", reply.escape_default());
            }
        });
    }
    terminal.send("q");
    assert_eq!(terminal.end().exit_code(), 0);
}

#[test]
fn what_never_ends_deadens_no_key() {
    let (home, server) = (Home::new(), Server::start());
    for start in ["\x1b]11;rgb:", "\x1b[?2026;2$", "\x1bP>|", "\x1b[200~"] {
        let mut terminal = opened(&home, &server);
        terminal.send(start);
        // Nobody sees when it is given up, so the key is typed until it acts, as people do.
        let mut typed = Instant::now();
        until("Ctrl-C is heard", || {
            // As fast as people type.
            if typed.elapsed() > Duration::from_millis(100) {
                typed = Instant::now();
                terminal.send("\x03");
            }
            terminal.look(|seen| seen.exit.is_some())
        });
        assert_eq!(terminal.end().exit_code(), 0, "{}", start.escape_default());
    }
}

#[test]
fn a_large_paste_is_refused_and_keeps_no_signal_waiting() {
    let (home, server) = (Home::new(), Server::start());
    for (open, refused) in [
        ("/", "at most 1,000 characters"),
        ("t", "at most 1,000 characters"),
        (":", "at most 1,000 characters"),
        ("m", "a note has at most 10,000 characters"),
    ] {
        let mut terminal = opened(&home, &server);
        let paste = format!("\x1b[200~{}\x1b[201~", "a".repeat(120_000));
        terminal.send(&format!("{open}first"));
        terminal.wait_for("first");
        terminal.send(&paste);
        terminal.wait_for(refused);
        terminal.look(|seen| assert!(seen.shows("first"), "{}", seen.text()));
        terminal.send(&paste);
        terminal.signal(Signal::TERM);
        // Had it not ended by itself, the code would tell of the signal.
        assert_eq!(terminal.end().exit_code(), 0, "{open}");
        terminal.assert_given_back();
    }
}

#[test]
fn a_paste_that_comes_as_keys_is_refused_and_keeps_no_signal_waiting() {
    let (home, server) = (Home::new(), Server::start());
    let mut terminal = opened(&home, &server);
    terminal.send(&format!("/{}", "a".repeat(20_000)));
    terminal.wait_for("at most 1,000 characters");
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.end().exit_code(), 0);
    terminal.assert_given_back();
}

#[test]
fn the_rest_of_a_paste_that_ends_itself_runs_no_command() {
    let (home, server) = (Home::new(), Server::start());
    let mut terminal = opened(&home, &server);
    terminal.send("m");
    terminal.wait_for("Note");
    terminal.send("\x1b[200~first\n\x1b[201~:quit\r\x1b[201~");
    terminal.wait_for(":quit");
    terminal.look(|seen| assert!(seen.shows("first"), "{}", seen.text()));
}
