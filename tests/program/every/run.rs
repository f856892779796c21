//! Calls of the table, and all that is wrong with them at once.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::every::table::{ID, Verb};
use crate::verbs::support::Desk;

/// A home in which voicemail are stored, and one of them.
pub struct Office {
    pub desk: Desk,
    id: String,
    export: Vec<u8>,
}

impl Office {
    /// So many made-up voicemail, or the demo's own.
    pub fn new(rows: Option<usize>) -> Office {
        let desk = Desk::new(rows);
        desk.home.write_settings("range = \"30d\"\nplayer_command = \"true\"\n");
        let listed = text(&desk.run(&["list", "--json"]).stdout);
        let id = listed.lines().find_map(|line| {
            let voicemail: Value = serde_json::from_str(line).unwrap();
            voicemail["recording"].is_string().then(|| voicemail["id"].as_str().unwrap().to_owned())
        });
        let export = desk.run(&["export"]).stdout;
        // Something to restore.
        desk.run(&["backup", "now"]);
        Office { desk, id: id.unwrap_or_default(), export }
    }

    /// The usual call of a verb.
    pub fn usual(&self, verb: &Verb, more: &[&str]) -> (Command, Vec<u8>) {
        self.call(verb, &[&verb.words(), verb.usual, more].concat())
    }

    /// A call that asks the server.
    pub fn asking(&self, verb: &Verb, more: &[&str]) -> (Command, Vec<u8>) {
        let arguments = if verb.asking.is_empty() { verb.usual } else { verb.asking };
        self.call(verb, &[&verb.words(), arguments, more].concat())
    }

    fn call(&self, verb: &Verb, arguments: &[&str]) -> (Command, Vec<u8>) {
        let arguments: Vec<_> =
            arguments.iter().map(|word| if *word == ID { &*self.id } else { *word }).collect();
        let mut command = self.desk.vmail(&arguments);
        command.env("VISUAL", "true").env("TMPDIR", self.desk.path(""));
        let stdin = if verb.stdin == "<export>" { self.export.clone() } else { verb.stdin.into() };
        (command, stdin)
    }
}

/// Runs a call to its end.
pub fn ended((mut command, stdin): (Command, Vec<u8>)) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let feed = std::thread::spawn(move || {
        // Who refuses its arguments does not read.
        let _ = pipe.write_all(&stdin);
    });
    let output = child.wait_with_output().unwrap();
    feed.join().unwrap();
    output
}

/// What is wrong, of all verbs; fails with the whole of it when dropped.
#[derive(Default)]
pub struct Faults(Vec<String>);

impl Faults {
    /// Takes down `what` of a call, unless it is `fine`.
    pub fn unless(&mut self, fine: bool, call: &str, what: &str, output: &Output) {
        if !fine {
            let (out, said) = (text(&output.stdout), text(&output.stderr));
            let out: String = out.chars().take(300).collect();
            let said: String = said.chars().take(600).collect();
            let status = output.status;
            self.0.push(format!("{call}: {what}\n  {status}\n  stdout: {out:?}\n  stderr: {said:?}"));
        }
    }

    /// It ended with `code`, and no thread panicked.
    pub fn unless_code(&mut self, code: i32, call: &str, output: &Output) {
        self.unless(output.status.code() == Some(code), call, &format!("should end with {code}"), output);
        self.unless(!text(&output.stderr).contains("panicked"), call, "panics", output);
    }

    /// It ended with `code`, printed nothing, and said why in the usual words.
    pub fn unless_fails(&mut self, code: i32, call: &str, output: &Output) {
        self.unless_code(code, call, output);
        self.unless(output.stdout.is_empty(), call, "prints something", output);
        let said = text(&output.stderr);
        self.unless(said.lines().any(|line| line.starts_with("vmail: ")), call, "says nothing", output);
        self.unless(!said.contains("error: "), call, "says it in other words", output);
    }
}

impl Drop for Faults {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert!(self.0.is_empty(), "{} faults:\n{}", self.0.len(), self.0.join("\n"));
        }
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
