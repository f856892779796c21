//! A terminal: colour where it takes colours, and Ctrl-C.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use crate::every::run::Office;
use crate::every::table::{Kind, TABLE, Verb};
use crate::harness::{Launch, Terminal};
use crate::world::Home;

/// The usual call of a verb, or one that asks the server, in a terminal.
fn launch(office: &Office, verb: &Verb, asking: bool) -> Launch {
    let (command, _) = if asking { office.asking(verb, &[]) } else { office.usual(verb, &[]) };
    let mut launch = Launch::program(&Home::new(), Path::new(command.get_program()), command.get_args());
    for (name, value) in command.get_envs() {
        launch = launch.env(name.to_str().unwrap(), value.unwrap_or_default());
    }
    launch.size(100, 30)
}

/// The colours among the escape codes of a text: `\x1b[…m`.
fn colours(written: &str) -> Vec<String> {
    let codes = written.split("\x1b[").skip(1);
    let ends = codes.filter_map(|code| Some(code.split_at(code.find(|c: char| c.is_ascii_alphabetic())?)));
    ends.filter(|(_, after)| after.starts_with('m')).map(|(code, _)| code.to_owned()).collect()
}

#[test]
fn colour_is_for_terminals_that_take_it() {
    let office = Office::new(None);
    for verb in TABLE.iter().filter(|verb| verb.kind != Kind::Keeps) {
        if ["demo-server", "login", "play"].contains(&verb.name) {
            continue;
        }
        for (name, value, plain) in
            [("TERM", "xterm-256color", false), ("TERM", "dumb", true), ("NO_COLOR", "1", true)]
        {
            let terminal = launch(&office, verb, false).env(name, value).start();
            let code = terminal.end().exit_code();
            let written = terminal.written();
            let call = format!("{} with {name}={value}", verb.name);
            assert_eq!(code, 0, "{call}: {written}");
            let found = colours(&written);
            // Where it takes a moment, there is a bar.
            let may = verb.colours || matches!(verb.kind, Kind::Reads | Kind::Asks);
            assert!(found.is_empty() || !plain && may, "{call}: {found:?}\n{written}");
            assert!(plain || !verb.colours || !found.is_empty(), "{call}: no colour\n{written}");
            if value == "dumb" {
                assert!(!written.contains('\x1b'), "{call}: {written:?}");
            }
            assert!(terminal.is_as_found(), "{call}");
        }
    }
}

#[test]
fn mistakes_are_coloured_as_all_else() {
    let office = Office::new(Some(0));
    for (name, value, plain) in
        [("TERM", "xterm-256color", false), ("TERM", "dumb", true), ("NO_COLOR", "1", true)]
    {
        let verb = crate::every::table::verb("list");
        let (command, _) = office.usual(verb, &["--nonsense"]);
        let terminal = Launch::program(&Home::new(), Path::new(command.get_program()), command.get_args())
            .env(name, value)
            .start();
        assert_eq!(terminal.end().exit_code(), 2);
        let found = colours(&terminal.written());
        assert_eq!(found.is_empty(), plain, "{name}={value}: {found:?}");
    }
}

/// A server that takes connections and never answers.
struct Stalled {
    url: String,
    asked: mpsc::Receiver<()>,
}

impl Stalled {
    fn start() -> Stalled {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}/v2", listener.local_addr().unwrap());
        let (tell, asked) = mpsc::sync_channel(64);
        thread::spawn(move || {
            let mut held = Vec::new();
            for stream in listener.incoming().map_while(Result::ok) {
                held.push(stream);
                if tell.send(()).is_err() {
                    return;
                }
            }
        });
        Stalled { url, asked }
    }
}

#[test]
fn ctrl_c_ends_what_waits_for_a_server() {
    let office = Office::new(None);
    for verb in TABLE.iter().filter(|verb| matches!(verb.kind, Kind::Reads | Kind::Asks)) {
        let stalled = Stalled::start();
        let mut launch = launch(&office, verb, true).env("VMAIL_BASE_URL", &stalled.url);
        // Nothing of this server is stored.
        let data = office.desk.path(&format!("data-{}", verb.name));
        launch = launch.env("XDG_DATA_HOME", data);
        let mut terminal: Terminal = launch.start();
        if verb.name == "login" {
            terminal.wait("the question", |seen| seen.shows("ecret"));
            terminal.send("typed\r");
        }
        stalled.asked.recv().unwrap();
        terminal.send("\x03");
        let status = terminal.end();
        let written = terminal.written();
        assert!(!status.success(), "{}: {status:?} {written}", verb.name);
        assert!(!written.contains("panicked"), "{}: {written}", verb.name);
        assert!(terminal.is_as_found(), "{}: the line's settings differ", verb.name);
        terminal.look(|seen| {
            assert!(!seen.screen().hide_cursor(), "{}: the cursor is hidden", verb.name);
            let signalled = status.exit_code() == 130 || status.signal().is_some();
            assert!(signalled, "{}: {status:?}\n{}", verb.name, seen.text());
        });
    }
}

#[test]
fn numbers_give_way_to_notes_where_there_is_little_room() {
    for (width, numbers) in [(80, false), (120, true)] {
        let arguments = ["list", "--demo", "--range", "30d", "-n", "9"];
        let terminal = Launch::vmail(&Home::new(), arguments).size(width, 24).start();
        assert_eq!(terminal.end().exit_code(), 0);
        let text = terminal.text();
        assert_eq!(text.contains("NUMBER"), numbers, "{width}: {text}");
        assert_eq!(text.contains("+91 98765 43210"), numbers, "{width}: {text}");
        assert!(text.contains("Anita Rao") && text.contains("✎ Three points"), "{width}: {text}");
        assert!(text.contains("+91 99887 76655"), "who has no name has a number: {text}");
    }
}
