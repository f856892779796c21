//! Copying inside a real tmux.

use std::ffi::OsString;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use tempfile::TempDir;
use vmail::terminal::escape::{Multiplexer, copy};

/// A tmux of our own. Dropping it ends it.
struct Tmux {
    folder: TempDir,
}

impl Tmux {
    /// With these settings, or nothing where there is no tmux.
    fn start(settings: &str) -> Option<Tmux> {
        if Command::new("tmux").arg("-V").output().is_err() {
            eprintln!("skipped: tmux is not installed");
            return None;
        }
        let tmux = Tmux { folder: tempfile::tempdir().unwrap() };
        std::fs::write(tmux.path("settings"), settings).unwrap();
        assert!(tmux.run(&["new-session", "-d", "-x", "80", "-y", "24", "exec cat"]).status.success());
        Some(tmux)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn arguments(&self) -> [OsString; 4] {
        ["-S".into(), self.path("socket").into(), "-f".into(), self.path("settings").into()]
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new("tmux").args(self.arguments()).args(arguments).env_remove("TMUX").output().unwrap()
    }

    /// Writes `bytes` to a new pane and returns when tmux has read them: it has answered a question
    /// that came after them.
    fn write(&self, bytes: &[u8]) {
        std::fs::write(self.path("bytes"), bytes).unwrap();
        let (socket, file) = (self.path("socket"), self.path("bytes"));
        let pane = format!(
            r"stty raw -echo; cat '{}'; printf '\033[c'; dd bs=1 count=1 >/dev/null 2>&1; tmux -S '{}' wait-for -S read; exec cat",
            file.display(),
            socket.display()
        );
        assert!(self.run(&["new-window", &pane]).status.success());
        assert!(self.run(&["wait-for", "read"]).status.success());
    }

    fn buffer(&self) -> Option<String> {
        let shown = self.run(&["show-buffer"]);
        shown.status.success().then(|| String::from_utf8(shown.stdout).unwrap())
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}

#[test]
fn tmux_that_takes_copies_has_the_text() {
    let Some(tmux) = Tmux::start("set -s set-clipboard on") else { return };
    let text = "ssh -N -L 8321:127.0.0.1:8321 'asha@desk7' # अनिता";
    tmux.write(&copy(text, Multiplexer::Tmux).unwrap());
    assert_eq!(tmux.buffer().as_deref(), Some(text));
}

#[test]
fn tmux_as_it_comes_hands_the_text_on_when_it_may() {
    let Some(tmux) = Tmux::start("set -s set-clipboard external\nset -g allow-passthrough on") else {
        return;
    };
    let pty = native_pty_system().openpty(PtySize { rows: 24, cols: 80, ..PtySize::default() }).unwrap();
    let mut command = CommandBuilder::new("tmux");
    command.args(tmux.arguments());
    command.arg("attach-session");
    command.env("TERM", "xterm-256color");
    command.env_remove("TMUX");
    let mut client = pty.slave.spawn_command(command).unwrap();
    drop(pty.slave);
    let mut output = pty.master.try_clone_reader().unwrap();
    let (sender, receiver) = mpsc::sync_channel(16);
    thread::spawn(move || {
        let mut piece = [0; 4096];
        while let Ok(len @ 1..) = output.read(&mut piece) {
            if sender.send(piece[..len].to_vec()).is_err() {
                break;
            }
        }
    });
    let mut seen = Vec::new();
    let mut wait_for = |what: &[u8]| {
        while !seen.windows(what.len()).any(|part| part == what) {
            let Ok(piece) = receiver.recv_timeout(Duration::from_secs(20)) else {
                panic!("{what:?} is not in {:?}", String::from_utf8_lossy(&seen));
            };
            seen.extend(piece);
        }
    };
    // Attached: it has taken the terminal's other screen.
    wait_for(b"\x1b[?1049h");
    tmux.write(&copy("hi", Multiplexer::Tmux).unwrap());
    wait_for(b"\x1b]52;c;aGk=\x07");
    assert_eq!(tmux.buffer(), None);
    tmux.run(&["kill-server"]);
    client.wait().unwrap();
}
