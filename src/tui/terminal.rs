//! The terminal: taking it, giving it back whatever happens, and what comes from it.
//!
//! The only place with escape sequences. A frame is one synchronized update and one write.

use std::io::{self, BufWriter, Stdout, Write as _};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture, Event, EventStream,
};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use futures_util::StreamExt as _;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Rect, Size};
use ratatui::{Terminal, TerminalOptions, Viewport};
use tokio::sync::mpsc;

use crate::config::Notify;
use crate::tui::msg::Msg;
use crate::tui::state::State;
use crate::tui::view;

/// What the settings and the environment say about the terminal.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Take the mouse.
    pub mouse: bool,
    /// How to tell of new voicemail.
    pub notify: Vec<Notify>,
    /// Inside tmux, which passes a sequence on only when it is wrapped.
    pub tmux: bool,
}

/// A frame of 200x60 cells, all of them changed and coloured, is below this.
const FRAME_BYTES: usize = 128 * 1024;

/// The terminal is ours: the panic hook must give it back.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal, while it is ours. Given back when dropped.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
    options: Options,
    suspended: bool,
}

impl Screen {
    /// Takes the terminal.
    pub fn enter(options: &Options) -> io::Result<Screen> {
        give_back_on_panic();
        let (width, height) = crossterm::terminal::size()?;
        // The viewport is fixed so that a frame always has the size that the state was told.
        let viewport = Viewport::Fixed(Rect::new(0, 0, width, height));
        let backend = CrosstermBackend::new(BufWriter::with_capacity(FRAME_BYTES, io::stdout()));
        take(options)?;
        let terminal = Terminal::with_options(backend, TerminalOptions { viewport })?;
        Ok(Screen { terminal, options: options.clone(), suspended: false })
    }

    /// Its size.
    pub fn size(&self) -> Size {
        Size::new(self.terminal.current_buffer_size().width, self.terminal.current_buffer_size().height)
    }

    /// Draws a frame: what changed since the last one, in one write.
    pub fn draw(&mut self, state: &State) -> io::Result<()> {
        if self.suspended {
            return Ok(());
        }
        if self.size() != state.size {
            self.terminal.resize(Rect::new(0, 0, state.size.width, state.size.height))?;
        }
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        self.terminal.draw(|frame| view::draw(state, frame))?;
        queue!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        io::Write::flush(self.terminal.backend_mut())
    }

    /// Gives the terminal back and stops the process until the shell continues it.
    pub fn suspend(&mut self) -> io::Result<()> {
        self.suspended = true;
        give_back();
        stop()
    }

    /// Takes the terminal again after a stop; everything is drawn anew. Returns its size.
    pub fn resume(&mut self) -> io::Result<Size> {
        self.suspended = false;
        take(&self.options)?;
        let (width, height) = crossterm::terminal::size()?;
        self.terminal.resize(Rect::new(0, 0, width, height))?;
        self.terminal.clear()?;
        Ok(Size::new(width, height))
    }

    /// Tells of `text` outside the screen, in the ways that the settings name.
    pub fn notify(&mut self, text: &str) -> io::Result<()> {
        let out = self.terminal.backend_mut();
        for way in &self.options.notify {
            let sequence = match way {
                Notify::Bell => "\x07".to_owned(),
                Notify::Osc9 => format!("\x1b]9;{text}\x1b\\"),
                Notify::Osc777 => format!("\x1b]777;notify;vmail;{text}\x1b\\"),
            };
            if self.options.tmux && *way != Notify::Bell {
                write!(out, "\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b"))?;
            } else {
                out.write_all(sequence.as_bytes())?;
            }
        }
        out.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
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

fn give_back_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            give_back();
            before(info);
        }));
    });
}

/// Stops the whole process group, as the terminal's own Ctrl-Z would: a program that started us
/// stops as well, and the shell sees it. SIGSTOP, because SIGTSTP comes to us as a message.
#[cfg(unix)]
fn stop() -> io::Result<()> {
    rustix::process::kill_current_process_group(rustix::process::Signal::STOP).map_err(io::Error::from)
}

/// Elsewhere there is nothing to stop: the screen is simply taken again.
#[cfg(not(unix))]
fn stop() -> io::Result<()> {
    Ok(())
}

/// Passes on what comes from the terminal, and signals.
pub fn listen(sender: mpsc::Sender<Msg>) -> io::Result<()> {
    signals(&sender)?;
    tokio::spawn(async move {
        let mut events = EventStream::new();
        while let Some(Ok(event)) = events.next().await {
            let msg = match event {
                Event::Key(key) => Msg::Key(key),
                Event::Mouse(mouse) => Msg::Mouse(mouse),
                Event::Paste(text) => Msg::Paste(text),
                Event::Resize(width, height) => Msg::Resize(Size::new(width, height)),
                Event::FocusGained | Event::FocusLost => continue,
            };
            if sender.send(msg).await.is_err() {
                return;
            }
        }
        // The terminal cannot be read any more: the line is closed. Nobody is left to tell.
        let _ = sender.send(Msg::Hangup).await;
    });
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
            while signals.recv().await.is_some() && sender.send(msg.clone()).await.is_ok() {}
        });
    }
    Ok(())
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
