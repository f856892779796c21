//! The terminal: taking it, giving it back whatever happens, and what comes from it.
//!
//! The only place with escape sequences. A frame is one synchronized update and one write.

use std::collections::VecDeque;
use std::io::{self, Write as _};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
#[cfg(unix)]
use std::time::Duration;

use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture, Event,
};
use crossterm::terminal::{
    EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};
use ratatui::layout::Size;
use tokio::sync::mpsc;

use crate::config::Notify;
use crate::tui::msg::Msg;
use crate::tui::state::State;

mod cells;
pub mod escape;
mod frames;
pub mod hidden;
pub mod line;
use escape::Through;
use escape::transfer::{self, Transfer};
use frames::Frames;

/// What the settings and the environment say about the terminal.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Take the mouse.
    pub mouse: bool,
    /// How to tell of new voicemail.
    pub notify: Vec<Notify>,
    /// What stands between the program and the terminal.
    pub through: Through,
    /// How the terminal takes a file, if it does.
    pub transfer: Option<Transfer>,
}

/// How many columns and rows the terminal has; `None` where there is none.
pub fn size() -> Option<(u16, u16)> {
    crossterm::terminal::size().ok()
}

/// How long the program may take to end after a signal: longer than the store waits for another
/// process that is writing.
#[cfg(unix)]
const GRACE: Duration = Duration::from_secs(6);

/// The terminal is ours: the panic hook must give it back.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal, while it is ours. Given back when dropped.
pub struct Screen {
    frames: Frames,
    options: Options,
    suspended: bool,
    /// What is still to be written of a file, and how many pieces it has.
    pieces: VecDeque<Vec<u8>>,
    pieces_of: usize,
    /// The number of the latest file.
    session: u32,
}

impl Screen {
    /// Takes the terminal.
    pub fn enter(options: &Options) -> io::Result<Screen> {
        give_back_on_panic();
        take(options)?;
        Ok(Screen {
            frames: Frames::new(),
            options: options.clone(),
            suspended: false,
            pieces: VecDeque::new(),
            pieces_of: 0,
            session: 0,
        })
    }

    /// Takes over what other settings say of the terminal.
    pub fn set_options(&mut self, options: Options) -> io::Result<()> {
        if options.mouse != self.options.mouse {
            let mut bytes = Vec::new();
            if options.mouse {
                crossterm::queue!(bytes, EnableMouseCapture)?;
            } else {
                crossterm::queue!(bytes, DisableMouseCapture)?;
            }
            write(&bytes)?;
        }
        self.options = options;
        Ok(())
    }

    /// The terminal's size.
    pub fn size(&self) -> io::Result<Size> {
        let (width, height) = crossterm::terminal::size()?;
        Ok(Size::new(width, height))
    }

    /// Draws a frame: what changed since the last one, in one write.
    pub fn draw(&mut self, state: &State) -> io::Result<()> {
        if self.suspended {
            return Ok(());
        }
        let bytes = self.frames.next(state)?;
        write(&bytes)
    }

    /// Gives the terminal back and stops the process until the shell continues it. Does nothing
    /// and returns false where no shell could.
    pub fn suspend(&mut self) -> io::Result<bool> {
        if !has_shell() {
            return Ok(false);
        }
        self.suspended = true;
        give_back();
        stop()?;
        Ok(true)
    }

    /// Takes the terminal again after a stop; everything is drawn anew. Returns its size.
    pub fn resume(&mut self) -> io::Result<Size> {
        if !self.suspended {
            // It was a stop that cannot be seen coming (SIGSTOP), and others had the terminal:
            // crossterm sets the line only when it believes it is not set yet.
            disable_raw_mode()?;
        }
        self.suspended = false;
        take(&self.options)?;
        self.frames.forget();
        self.size()
    }

    /// Tells of `text` outside the screen, in the ways that the settings name.
    pub fn notify(&mut self, text: &str) -> io::Result<()> {
        let mut bytes = Vec::new();
        for way in &self.options.notify {
            let sequence = match way {
                Notify::Bell => "\x07".to_owned(),
                Notify::Osc9 => format!("\x1b]9;{text}\x1b\\"),
                Notify::Osc777 => format!("\x1b]777;notify;vmail;{text}\x1b\\"),
            };
            if self.options.through == Through::Tmux && *way != Notify::Bell {
                write!(bytes, "\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b"))?;
            } else {
                bytes.extend_from_slice(sequence.as_bytes());
            }
        }
        write(&bytes)
    }
}

impl Screen {
    /// Puts `text` on the clipboard of the user's terminal. Whether it took it, nobody can know.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        let bytes = escape::copy(text, self.options.through).map_err(io::Error::other)?;
        write(&bytes)
    }

    /// Has kitty ask its user whether a file may come: the first step of [`Screen::transfer`].
    pub fn ask_for_transfer(&mut self) -> io::Result<()> {
        self.session += 1;
        write(&transfer::ask(&self.session_name()))
    }

    /// Gets `file` ready to be written piece by piece.
    pub fn transfer(&mut self, name: &str, file: &[u8]) {
        let Some(way) = self.options.transfer else { return };
        let session = self.session_name();
        self.pieces = transfer::send(way, &session, name, file).collect();
        if way == Transfer::Whole {
            // Nothing may come between its pieces.
            let whole = self.pieces.drain(..).flatten().collect();
            self.pieces.push_back(whole);
        }
        self.pieces_of = self.pieces.len();
    }

    /// Writes the next piece of the file, and says how much of it is written by then, in percent.
    /// `None` when there is none, or when the terminal is not ours for now.
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

/// Writes past standard output's line buffer, which would cut a frame at its last line feed.
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
            // Another program on this terminal may have made it non-blocking.
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

fn take(options: &Options) -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
    if options.mouse {
        execute!(io::stdout(), EnableMouseCapture)?;
    }
    Ok(())
}

/// Puts the terminal back as it was found. On a line that is closed nothing can be done.
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

/// A panic on the thread that draws is the end, and readable. Elsewhere it is caught where it
/// happened and said on the screen, which stays; the log has the rest.
fn give_back_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let drawing = thread::current().id();
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if TAKEN.load(Ordering::SeqCst) && thread::current().id() != drawing {
                tracing::error!("{info}");
            } else {
                give_back();
                before(info);
            }
        }));
    });
}

/// Whether a shell with job control started us: it leads the session and gave us a process group
/// of our own. Without one, as under `ssh -t host vmail`, nobody would continue what is stopped.
#[cfg(unix)]
fn has_shell() -> bool {
    use rustix::process::{getpgrp, getsid};
    getsid(None).is_ok_and(|session| session != getpgrp())
}

#[cfg(not(unix))]
fn has_shell() -> bool {
    false
}

/// Stops the whole process group, as the terminal's own Ctrl-Z would: a program that started us
/// stops as well, and the shell sees it. SIGSTOP, because SIGTSTP comes to us as a message.
#[cfg(unix)]
fn stop() -> io::Result<()> {
    rustix::process::kill_current_process_group(rustix::process::Signal::STOP).map_err(io::Error::from)
}

/// Elsewhere there is no such thing, and [`has_shell`] says so before.
#[cfg(not(unix))]
fn stop() -> io::Result<()> {
    Ok(())
}

/// Passes on what comes from the terminal, and signals.
pub fn listen(sender: &mpsc::Sender<Msg>) -> io::Result<()> {
    signals(sender)?;
    watch_line(sender.clone())?;
    let sender = sender.clone();
    // A thread of its own: from the key to the loop there is one step, and no poll in between.
    thread::Builder::new().name("keys".to_owned()).spawn(move || {
        while let Ok(event) = crossterm::event::read() {
            let msg = match event {
                Event::Key(key) => Msg::Key(key),
                Event::Mouse(mouse) => Msg::Mouse(mouse),
                Event::Paste(text) => Msg::Paste(text),
                // The signal has told.
                Event::Resize(..) if cfg!(unix) => continue,
                Event::Resize(width, height) => Msg::Resize(Size::new(width, height)),
                Event::FocusGained | Event::FocusLost => continue,
            };
            if sender.blocking_send(msg).is_err() {
                return;
            }
        }
        // The terminal cannot be read any more. Nobody is left to tell.
        let _ = sender.blocking_send(Msg::Hangup);
    })?;
    Ok(())
}

/// Tells when the line is closed. The events do not: crossterm reads the end of a file again and
/// again, for good. Nor does a signal for sure: SIGHUP goes to the leader of the session alone.
#[cfg(unix)]
fn watch_line(sender: mpsc::Sender<Msg>) -> io::Result<()> {
    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::io::Errno;
    let wait = move || {
        let terminal = rustix::stdio::stdin();
        // Asked for nothing, the system tells of the line's end alone.
        let mut line = [PollFd::new(&terminal, PollFlags::empty())];
        while poll(&mut line, None) == Err(Errno::INTR) {}
        if line[0].revents().intersects(PollFlags::HUP | PollFlags::ERR) {
            // The loop is gone only when the program ends.
            let _ = sender.blocking_send(Msg::Hangup);
        }
    };
    thread::Builder::new().name("line".to_owned()).spawn(wait).map(drop)
}

#[cfg(not(unix))]
fn watch_line(_: mpsc::Sender<Msg>) -> io::Result<()> {
    Ok(())
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

/// Ends the program, should it still be there after [`GRACE`]: the loop then waits for a terminal
/// that nobody reads, or for a disk. Only the line's settings can be put back.
#[cfg(unix)]
async fn abandon(signal: tokio::signal::unix::SignalKind) {
    tokio::time::sleep(GRACE).await;
    let _ = disable_raw_mode();
    // What a shell reports for a program that the signal ended.
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
