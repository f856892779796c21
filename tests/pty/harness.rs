//! A terminal with a program in it: a PTY, and an emulator that shows what the program wrote.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
pub use rustix::process::Signal;
use rustix::process::{Pid, kill_process};

use crate::home::Home;

pub use crate::until::until;

/// How long a state may take to come before the test fails. The machine may be busy.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Takes the alternate screen.
pub const ENTER_SCREEN: &str = "\x1b[?1049h";
/// Leaves it.
pub const LEAVE_SCREEN: &str = "\x1b[?1049l";

/// A program to start in a terminal.
pub struct Launch {
    command: CommandBuilder,
    size: PtySize,
}

impl Launch {
    /// The program under test, with the environment of `home` alone.
    pub fn vmail<S: AsRef<std::ffi::OsStr>>(home: &Home, args: impl IntoIterator<Item = S>) -> Launch {
        Launch::program(home, Path::new(env!("CARGO_BIN_EXE_vmail")), args)
    }

    /// A shell that runs `script`; `$VMAIL` is the program under test.
    pub fn shell(home: &Home, script: &str) -> Launch {
        Launch::program(home, Path::new("sh"), ["-c", script])
    }

    /// Another program.
    pub fn program<S: AsRef<std::ffi::OsStr>>(
        home: &Home,
        program: &Path,
        args: impl IntoIterator<Item = S>,
    ) -> Launch {
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.env_clear();
        command.cwd(home.path());
        home.variables().iter().for_each(|(name, value)| command.env(name, value));
        command.env("VMAIL", env!("CARGO_BIN_EXE_vmail"));
        Launch { command, size: size(80, 24) }
    }

    pub fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Launch {
        self.command.env(name, value);
        self
    }

    pub fn size(mut self, width: u16, height: u16) -> Launch {
        self.size = size(width, height);
        self
    }

    pub fn start(self) -> Terminal {
        let pair = native_pty_system().openpty(self.size).unwrap();
        let master = pair.master;
        let found = termios(&*master);
        let (reader, writer) = (master.try_clone_reader().unwrap(), master.take_writer().unwrap());
        let mut child = pair.slave.spawn_command(self.command).unwrap();
        // The child alone keeps the terminal open, so that its end is the end of the bytes.
        drop(pair.slave);
        let pid = child.process_id().unwrap();

        let seen = Seen {
            emulator: vt100::Parser::new(self.size.rows, self.size.cols, 0),
            bytes: Vec::new(),
            exit: None,
            closed: false,
        };
        let shared = Arc::new(Shared {
            seen: Mutex::new(seen),
            changed: Condvar::new(),
            let_go: AtomicBool::new(false),
        });
        let watcher = shared.clone();
        thread::spawn(move || {
            let status = child.wait().unwrap();
            watcher.change(|seen| seen.exit = Some(status));
        });
        let watcher = shared.clone();
        let reader = thread::spawn(move || read(reader, &watcher));
        let line = Line { master, writer, reader };
        Terminal { line: Some(line), shared, pid, found }
    }
}

fn size(width: u16, height: u16) -> PtySize {
    PtySize { rows: height, cols: width, pixel_width: 0, pixel_height: 0 }
}

/// The line's settings, as text to be compared.
fn termios(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().unwrap())
}

fn read(mut reader: Box<dyn Read + Send>, shared: &Shared) {
    let mut buffer = [0; 16 * 1024];
    loop {
        // Linux reports the end as an error (EIO), others as the end of the file.
        let count = reader.read(&mut buffer).unwrap_or(0);
        if count == 0 {
            return shared.change(|seen| seen.closed = true);
        }
        shared.change(|seen| {
            seen.emulator.process(&buffer[..count]);
            seen.bytes.extend_from_slice(&buffer[..count]);
        });
        if shared.let_go.load(Ordering::SeqCst) {
            return;
        }
    }
}

struct Shared {
    seen: Mutex<Seen>,
    changed: Condvar,
    /// The reading thread ends after its next read.
    let_go: AtomicBool,
}

impl Shared {
    fn change(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.seen.lock().unwrap());
        self.changed.notify_all();
    }
}

/// What came of the program so far.
pub struct Seen {
    emulator: vt100::Parser,
    /// Every byte it wrote.
    pub bytes: Vec<u8>,
    pub exit: Option<ExitStatus>,
    closed: bool,
}

impl Seen {
    pub fn screen(&self) -> &vt100::Screen {
        self.emulator.screen()
    }

    /// The text on screen, without trailing blanks.
    pub fn text(&self) -> String {
        let (_, columns) = self.screen().size();
        let lines = self.screen().rows(0, columns);
        lines.map(|line| line.trim_end().to_owned() + "\n").collect()
    }

    pub fn shows(&self, text: &str) -> bool {
        self.text().contains(text)
    }

    /// The selected row, if it is on screen: see [`row`].
    pub fn selected(&self) -> Option<String> {
        let text = self.text();
        row(text.lines().find_map(|line| line.strip_prefix('▌'))?)
    }

    /// How many voicemail the header says are in the inbox.
    pub fn total(&self) -> Option<usize> {
        let text = self.text();
        let (_, after) = text.lines().next()?.split_once("Inbox ")?;
        after.split(' ').next()?.replace(',', "").parse().ok()
    }

    fn written(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// The time and the caller on a line of the list. The rest of it changes when a recording comes, is
/// played or was heard.
pub fn row(line: &str) -> Option<String> {
    let row = line.trim_start_matches(['▌', ' ', '●', '▶', '▷', '‖']);
    let mut parts = row.split(['┃', '│']).next()?.split("  ").map(str::trim).filter(|part| !part.is_empty());
    let time = parts.next().filter(|time| time.as_bytes().get(2) == Some(&b':'))?;
    Some(format!("{time} {}", parts.next()?))
}

struct Line {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    reader: JoinHandle<()>,
}

/// A terminal with a running program.
pub struct Terminal {
    /// `None` when it was cut.
    line: Option<Line>,
    shared: Arc<Shared>,
    pid: u32,
    /// The line's settings before the program started.
    found: String,
}

impl Terminal {
    /// Waits until `state` is there; fails with the screen when it does not come.
    #[track_caller]
    pub fn wait(&self, what: &str, state: impl Fn(&Seen) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        let mut seen = self.shared.seen.lock().unwrap();
        while !state(&seen) {
            let left = deadline.saturating_duration_since(Instant::now());
            let over = seen.closed && seen.exit.is_some();
            if left.is_zero() || over {
                let failure = failure(what, &seen);
                drop(seen);
                panic!("{failure}");
            }
            seen = self.shared.changed.wait_timeout(seen, left).unwrap().0;
        }
    }

    #[track_caller]
    pub fn wait_for(&self, text: &str) {
        self.wait(text, |seen| seen.shows(text));
    }

    /// Waits until the inbox shows all that the server has.
    #[track_caller]
    pub fn wait_until_live(&self) {
        self.wait_for("up to date");
    }

    /// Looks at what is there now.
    pub fn look<R>(&self, at: impl FnOnce(&Seen) -> R) -> R {
        // A test may fail in here; what was seen is sound all the same.
        at(&self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn text(&self) -> String {
        self.look(Seen::text)
    }

    /// Everything the program wrote.
    pub fn written(&self) -> String {
        self.look(Seen::written)
    }

    pub fn send(&mut self, keys: &str) {
        let line = self.line.as_mut().unwrap();
        line.writer.write_all(keys.as_bytes()).unwrap();
        line.writer.flush().unwrap();
    }

    /// Sends keys and waits until another row is selected.
    #[track_caller]
    pub fn moves(&mut self, keys: &str) -> String {
        let before = self.look(Seen::selected);
        self.send(keys);
        let other = |seen: &Seen| seen.selected().filter(|now| Some(now) != before.as_ref());
        self.wait(&format!("{keys:?} selects another row"), |seen| other(seen).is_some());
        self.look(other).unwrap()
    }

    pub fn resize(&self, width: u16, height: u16) {
        let line = self.line.as_ref().unwrap();
        // The emulator cannot be smaller; a frame drawn for less fits into it.
        let (rows, columns) = (height.max(2), width.max(2));
        self.shared.change(|seen| seen.emulator.screen_mut().set_size(rows, columns));
        line.master.resize(size(width, height)).unwrap();
    }

    pub fn pid(&self) -> u32 {
        self.pid
    }

    pub fn signal(&self, signal: Signal) {
        signal_to(self.pid, signal);
    }

    /// Waits until the program has ended and all it wrote was read.
    #[track_caller]
    pub fn end(&self) -> ExitStatus {
        self.wait("the end", |seen| seen.exit.is_some() && seen.closed);
        self.look(|seen| seen.exit.clone()).unwrap()
    }

    /// Waits until the program has ended, whether or not its line is still read.
    #[track_caller]
    pub fn exit(&self) -> ExitStatus {
        self.wait("the exit", |seen| seen.exit.is_some());
        self.look(|seen| seen.exit.clone()).unwrap()
    }

    /// The line's settings are those that the program found.
    pub fn is_as_found(&self) -> bool {
        termios(&*self.line.as_ref().unwrap().master) == self.found
    }

    /// Fails unless the terminal was taken and is now as the program found it.
    #[track_caller]
    pub fn assert_given_back(&self) {
        self.look(|seen| {
            let screen = seen.screen();
            let text = seen.text();
            let modes = [
                (seen.written().contains(ENTER_SCREEN), "the screen was never taken"),
                (!screen.alternate_screen(), "the alternate screen is still on"),
                (!screen.hide_cursor(), "the cursor is hidden"),
                (!screen.bracketed_paste(), "bracketed paste is on"),
                (screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None, "the mouse is taken"),
                (screen.fgcolor() == vt100::Color::Default && !screen.bold(), "a style is left on"),
            ];
            for (good, fault) in modes {
                assert!(good, "{fault}:\n{text}");
            }
        });
        assert!(self.is_as_found(), "the line's settings differ");
    }

    /// Stops reading what the program writes, which keeps the line open and lets it fill up. Needs
    /// `keys` that make the program write something.
    pub fn freeze(&mut self, keys: &str) {
        self.shared.let_go.store(true, Ordering::SeqCst);
        self.send(keys);
        let reader = &mut self.line.as_mut().unwrap().reader;
        std::mem::replace(reader, thread::spawn(|| ())).join().unwrap();
    }

    /// Closes the terminal's end of the line, as a broken ssh connection does. Needs `keys` that
    /// make the program write something.
    pub fn cut(&mut self, keys: &str) {
        self.freeze(keys);
        self.hang_up();
    }

    /// The same once it is [frozen](Terminal::freeze).
    pub fn hang_up(&mut self) {
        self.line = None;
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.look(|seen| seen.exit.is_none()) {
            self.signal(Signal::KILL);
        }
    }
}

fn failure(what: &str, seen: &Seen) -> String {
    let mut message = format!("waited for {what}; exit: {:?}; on screen:\n", seen.exit);
    for line in seen.text().lines() {
        writeln!(message, "  |{line}").unwrap();
    }
    let tail = seen.bytes.len().saturating_sub(300);
    write!(message, "last bytes: {:?}", String::from_utf8_lossy(&seen.bytes[tail..])).unwrap();
    message
}

pub fn signal_to(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), signal).unwrap();
}

/// What `/proc` calls the state of a process: `S` sleeping, `T` stopped, `Z` dead.
pub fn process_state(pid: u32) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}
