//! The terminal: takes it, always gives it back, and reads its input.
//!
//! The only place with escape sequences. A frame is one synchronized update, in one write.

use std::any::Any;
use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
#[cfg(unix)]
use std::time::Duration;

use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste};
use crossterm::terminal::{
    EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Size};
use tokio::sync::mpsc;

use crate::config::Notify;
use crate::terminal::escape::transfer::{self, Transfer};
use crate::terminal::escape::{self, Multiplexer};
use crate::tui::msg::Msg;
use crate::tui::screen::frames::Frames;
use crate::tui::state::State;

mod cells;
mod frames;
mod keys;

/// Terminal options, from the settings and the environment.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether to capture the mouse.
    pub mouse: bool,
    /// How to notify of new voicemail.
    pub notify: Vec<Notify>,
    /// The terminal multiplexer in between.
    pub through: Multiplexer,
    /// How to send files to the terminal, if it can receive them.
    pub transfer: Option<Transfer>,
}

/// How long the program may take to end after a signal: longer than the store waits for another process's
/// write.
#[cfg(unix)]
const GRACE: Duration = Duration::from_secs(6);

/// Whether the terminal is taken: then the panic hook must give it back.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Whether the program goes on after a panic on the drawing thread.
static SURVIVES: AtomicBool = AtomicBool::new(false);

/// Draws a state into cells and returns the position of the cursor: `view::draw`, or what a test puts in
/// its place.
pub type Draw = fn(&State, &mut Buffer) -> Option<Position>;

/// A panic in drawing.
#[derive(Debug)]
pub enum DrawPanic {
    /// The first one, which the program survives, and what it said.
    First(String),
    /// A later one, to resume after saving. The terminal was given back.
    Again(Box<dyn Any + Send>),
}

/// The terminal while it is taken. Dropping it gives it back.
pub struct Screen {
    frames: Frames,
    /// Drawing has panicked once: the next panic ends the program.
    panicked: bool,
    options: Options,
    suspended: bool,
    /// The pieces of a file that are still to be written, and how many there were.
    pieces: VecDeque<Vec<u8>>,
    pieces_of: usize,
    /// The number of the last file.
    session: u32,
}

impl Screen {
    /// Takes the terminal for the screen.
    pub fn enter(options: &Options) -> io::Result<Screen> {
        give_back_on_panic();
        take(options)?;
        Ok(Screen {
            frames: Frames::new(),
            panicked: false,
            options: options.clone(),
            suspended: false,
            pieces: VecDeque::new(),
            pieces_of: 0,
            session: 0,
        })
    }

    /// Applies changed options of the screen.
    pub fn set_options(&mut self, options: Options) -> io::Result<()> {
        if options.mouse != self.options.mouse {
            let mut bytes = Vec::new();
            if options.mouse {
                crossterm::queue!(bytes, CaptureButtons)?;
            } else {
                crossterm::queue!(bytes, DisableMouseCapture)?;
            }
            write(&bytes)?;
        }
        self.options = options;
        Ok(())
    }

    /// Returns the terminal's size.
    pub fn size(&self) -> io::Result<Size> {
        let (width, height) = crossterm::terminal::size()?;
        Ok(Size::new(width, height))
    }

    /// Draws a frame: only the changes since the last one, in one write. After a panic in `draw`, the
    /// terminal shows the last frame.
    pub fn draw(&mut self, state: &State, draw: Draw) -> io::Result<Result<(), DrawPanic>> {
        if self.suspended {
            return Ok(Ok(()));
        }
        SURVIVES.store(!self.panicked, Ordering::SeqCst);
        let frame = catch_unwind(AssertUnwindSafe(|| self.frames.next(state, draw)));
        SURVIVES.store(false, Ordering::SeqCst);
        let panic = match frame {
            Ok(bytes) => return write(&bytes?).map(Ok),
            Err(panic) if self.panicked => DrawPanic::Again(panic),
            Err(panic) => DrawPanic::First(panic_text(panic.as_ref())),
        };
        self.panicked = true;
        // What was drawn may be half of a frame.
        self.frames.forget();
        Ok(Err(panic))
    }

    /// Gives the terminal back and stops the process until the shell continues it. Returns false, and does
    /// nothing, if there is no shell to continue it.
    pub fn suspend(&mut self) -> io::Result<bool> {
        if !has_shell() {
            return Ok(false);
        }
        self.suspended = true;
        give_back();
        stop()?;
        Ok(true)
    }

    /// Takes the terminal again after a stop and returns its size. The next frame is drawn completely.
    pub fn resume(&mut self) -> io::Result<Size> {
        if !self.suspended {
            // SIGSTOP cannot be caught, and other programs used the terminal since. crossterm believes that
            // raw mode is still on, so it has to be turned off first.
            disable_raw_mode()?;
        }
        self.suspended = false;
        take(&self.options)?;
        self.frames.forget();
        self.size()
    }

    /// Makes the next frame a complete one, and returns the size of the terminal.
    pub fn redraw(&mut self) -> io::Result<Size> {
        self.frames.forget();
        self.size()
    }

    /// Notifies the user of `text` outside the screen, in the ways set in the options.
    pub fn notify(&mut self, text: &str) -> io::Result<()> {
        let mut bytes = Vec::new();
        for way in &self.options.notify {
            let sequence = match way {
                Notify::Bell => "\x07".to_owned(),
                Notify::Osc9 => format!("\x1b]9;{text}\x1b\\"),
                Notify::Osc777 => format!("\x1b]777;notify;vmail;{text}\x1b\\"),
            };
            if self.options.through == Multiplexer::Tmux && *way != Notify::Bell {
                write!(bytes, "\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b"))?;
            } else {
                bytes.extend_from_slice(sequence.as_bytes());
            }
        }
        write(&bytes)
    }
}

impl Screen {
    /// Copies `text` to the clipboard of the user's terminal. The terminal does not report whether it
    /// worked.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        let bytes = escape::copy(text, self.options.through).map_err(io::Error::other)?;
        write(&bytes)
    }

    /// Makes kitty ask the user for permission to receive a file: the first step of [`Screen::transfer`].
    pub fn ask_for_transfer(&mut self) -> io::Result<()> {
        self.session += 1;
        write(&transfer::ask(&self.session_name()))
    }

    /// Prepares to send `file` to the terminal, for [`send_piece`](Screen::send_piece).
    pub fn transfer(&mut self, name: &str, file: &[u8]) {
        let Some(way) = self.options.transfer else { return };
        let session = self.session_name();
        self.pieces = transfer::send(way, &session, name, file).collect();
        if way == Transfer::Whole {
            // Nothing may be written between its pieces.
            let whole = self.pieces.drain(..).flatten().collect();
            self.pieces.push_back(whole);
        }
        self.pieces_of = self.pieces.len();
    }

    /// Writes the next piece of the file to the terminal and returns the progress in percent. Returns `None`
    /// if there is no piece, or while the terminal is not taken.
    pub fn send_piece(&mut self) -> io::Result<Option<u8>> {
        if self.suspended {
            return Ok(None);
        }
        let Some(piece) = self.pieces.pop_front() else { return Ok(None) };
        write(&piece)?;
        let written = self.pieces_of - self.pieces.len();
        Ok(Some((100 * written / self.pieces_of) as u8))
    }

    fn session_name(&self) -> String {
        format!("vmail{}", self.session)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Writes without the line buffer of stdout, which would split a frame at its last line feed.
#[cfg(unix)]
fn write(mut bytes: &[u8]) -> io::Result<()> {
    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::io::{Errno, write};
    let terminal = rustix::stdio::stdout();
    while !bytes.is_empty() {
        match write(terminal, bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::INTR) => {}
            // Another program may have set the terminal to non-blocking.
            Err(Errno::AGAIN) => {
                poll(&mut [PollFd::new(&terminal, PollFlags::OUT)], None)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn write(bytes: &[u8]) -> io::Result<()> {
    use std::io::Write as _;
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// Asks for buttons, wheel and drags. crossterm's own command also asks for every movement: each would be
/// bytes over ssh and wake the program, for nothing.
struct CaptureButtons;

impl crossterm::Command for CaptureButtons {
    fn write_ansi(&self, f: &mut impl fmt::Write) -> fmt::Result {
        f.write_str("\x1b[?1000h\x1b[?1002h\x1b[?1006h")
    }

    #[cfg(windows)]
    fn execute_winapi(&self) -> io::Result<()> {
        crossterm::event::EnableMouseCapture.execute_winapi()
    }

    #[cfg(windows)]
    fn is_ansi_code_supported(&self) -> bool {
        false
    }
}

fn take(options: &Options) -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
    if options.mouse {
        execute!(io::stdout(), CaptureButtons)?;
    }
    Ok(())
}

/// Restores the terminal. Errors are ignored: if it is closed, there is nothing to restore.
fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = execute!(
            io::stdout(),
            EndSynchronizedUpdate,
            DisableMouseCapture,
            DisableBracketedPaste,
            LeaveAlternateScreen,
            cursor::Show
        );
        let _ = disable_raw_mode();
    }
}

/// Returns what a panic said.
fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().map(str::to_owned);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no text".to_owned())
}

/// Installs a panic hook. A panic on the drawing thread ends the program, so the terminal is restored to
/// make the message readable, except for the first in drawing. On other threads panics are caught, shown
/// on screen and logged.
fn give_back_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let drawing = thread::current().id();
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let survives = thread::current().id() != drawing || SURVIVES.load(Ordering::SeqCst);
            if TAKEN.load(Ordering::SeqCst) && survives {
                tracing::error!("{info}");
            } else {
                give_back();
                before(info);
            }
        }));
    });
}

/// Returns whether a shell with job control started the program: the shell leads the session and gives each
/// job a process group. Without one, as under `ssh -t host vmail`, nothing would continue a stopped
/// program.
#[cfg(unix)]
fn has_shell() -> bool {
    use rustix::process::{getpgrp, getsid};
    getsid(None).is_ok_and(|session| session != getpgrp())
}

#[cfg(not(unix))]
fn has_shell() -> bool {
    false
}

/// Stops the whole process group, like Ctrl-Z in the terminal, so that a parent program stops too and the
/// shell notices. Uses SIGSTOP, because SIGTSTP is handled as a message.
#[cfg(unix)]
fn stop() -> io::Result<()> {
    rustix::process::kill_current_process_group(rustix::process::Signal::STOP).map_err(io::Error::from)
}

/// Never called: [`has_shell`] returns false.
#[cfg(not(unix))]
fn stop() -> io::Result<()> {
    Ok(())
}

/// Starts sending input from the terminal to `input`, and signals to `ends`.
pub fn listen(input: &mpsc::Sender<Msg>, ends: &mpsc::Sender<Msg>) -> io::Result<()> {
    signals(ends)?;
    keys::listen(input.clone())
}

#[cfg(unix)]
fn signals(sender: &mpsc::Sender<Msg>) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let stop = SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw());
    let resumed = SignalKind::from_raw(rustix::process::Signal::CONT.as_raw());
    let kinds = [
        (SignalKind::terminate(), Msg::Hangup),
        (SignalKind::hangup(), Msg::Hangup),
        (SignalKind::interrupt(), Msg::Hangup),
        (SignalKind::quit(), Msg::Hangup),
        // From outside. The program itself aborts only where not even the terminal can be restored.
        (SignalKind::from_raw(rustix::process::Signal::ABORT.as_raw()), Msg::Hangup),
        (stop, Msg::Stop),
        (resumed, Msg::Resumed),
    ];
    for (kind, msg) in kinds {
        let mut signals = signal(kind)?;
        let sender = sender.clone();
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                if msg == Msg::Hangup {
                    tokio::spawn(abandon(kind));
                }
                if sender.send(msg.clone()).await.is_err() {
                    return;
                }
            }
        });
    }
    // They mean nothing here, and would end the program without restoring the terminal. Once a handler is
    // installed, it stays.
    for kind in [SignalKind::user_defined1(), SignalKind::user_defined2(), SignalKind::alarm()] {
        drop(signal(kind)?);
    }
    let mut resized = signal(SignalKind::window_change())?;
    let sender = sender.clone();
    tokio::spawn(async move {
        while resized.recv().await.is_some() {
            let Ok((width, height)) = crossterm::terminal::size() else { continue };
            if sender.send(Msg::Resize(Size::new(width, height))).await.is_err() {
                return;
            }
        }
    });
    Ok(())
}

/// Ends the program if it is still running after [`GRACE`]: then the loop is blocked by a terminal that
/// nobody reads, or by a disk. Only the terminal mode can be restored.
#[cfg(unix)]
async fn abandon(signal: tokio::signal::unix::SignalKind) {
    tokio::time::sleep(GRACE).await;
    let _ = disable_raw_mode();
    // The exit code that shells report for a program ended by this signal.
    std::process::exit(128 + signal.as_raw_value())
}

#[cfg(not(unix))]
fn signals(sender: &mpsc::Sender<Msg>) -> io::Result<()> {
    let sender = sender.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            let _ = sender.send(Msg::Hangup).await;
        }
    });
    Ok(())
}
