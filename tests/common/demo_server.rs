//! The demo server as a process: `vmail demo-server`.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use crate::home::Home;

/// Killed when the test ends.
pub struct DemoServer {
    pub child: Child,
    /// The base URL.
    pub url: String,
    _home: Home,
}

impl DemoServer {
    /// Starts it with these arguments, and waits until it serves. Nothing arrives meanwhile.
    pub fn start(arguments: &[&str]) -> DemoServer {
        let home = Home::new();
        let mut command = home.command(&[&["demo-server", "--arrival", "0"], arguments].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        DemoServer { child, url: url.trim_end().to_owned(), _home: home }
    }
}

impl Drop for DemoServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
