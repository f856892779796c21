//! A server, a home of its own, and the program run in it.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

use crate::demo_server::DemoServer;
use crate::home::Home;
use crate::program::json_lines;

/// The fields of a voicemail, and what of JSON each may hold.
pub const VOICEMAIL: [(&str, &str); 15] = [
    ("id", "string"),
    ("time", "string"),
    ("time_ms", "number"),
    ("caller", "string or null"),
    ("caller_raw", "string"),
    ("name", "string or null"),
    ("recording", "string or null"),
    ("length_s", "number or null"),
    ("read", "boolean"),
    ("starred", "boolean"),
    ("done", "boolean"),
    ("called", "boolean"),
    ("note", "string or null"),
    ("tags", "array"),
    ("account", "string"),
];

/// What a value is, in JSON's words.
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A server of so many voicemail, and a home whose settings point to it.
pub struct Desk {
    pub home: Home,
    server: DemoServer,
}

/// The secret that the demo's server takes.
pub const SECRET: &str = "demo-secret";

impl Desk {
    /// The demo's own voicemail, or `rows` over 12 days.
    pub fn new(rows: Option<usize>) -> Desk {
        let server = match rows {
            Some(rows) => DemoServer::start(&["--rows", &rows.to_string()]),
            None => DemoServer::start(&[]),
        };
        Desk { home: Home::new().account(&server.url, SECRET).set("TZ", "Asia/Kolkata"), server }
    }

    /// The server is gone from now on.
    pub fn unplug(&mut self) {
        self.server.child.kill().unwrap();
        self.server.child.wait().unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The program in this home.
    pub fn vmail(&self, arguments: &[&str]) -> Command {
        self.home.command(arguments)
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.vmail(arguments).output().unwrap()
    }

    /// What it prints when all is well.
    #[track_caller]
    pub fn prints(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The objects it prints.
    #[track_caller]
    pub fn objects(&self, arguments: &[&str]) -> Vec<Value> {
        json_lines(&self.prints(arguments))
    }

    /// What it says when it ends with `code`; nothing on stdout.
    #[track_caller]
    pub fn fails(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", said(&output));
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{arguments:?}");
        said(&output)
    }
}

pub fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The identity of an object.
pub fn id(object: &Value) -> &str {
    object["id"].as_str().unwrap()
}

/// How many lines it printed.
pub fn lines(output: &Output) -> usize {
    std::str::from_utf8(&output.stdout).unwrap().lines().count()
}
