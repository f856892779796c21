//! Raw mode and a status line for commands that use one line of the terminal.

use std::io::{self, Write as _};
use std::{process, thread};

use crossterm::cursor::MoveToColumn;
use crossterm::queue;
use crossterm::style::Print;
use crossterm::terminal::{Clear, ClearType, disable_raw_mode, enable_raw_mode};

use crate::signals::Signals;

/// Raw mode: the terminal sends each key at once. Ends when dropped.
#[derive(Debug)]
pub struct Raw(());

impl Raw {
    /// Turns on the terminal's raw mode. New lines then need a carriage return.
    pub fn take() -> io::Result<Raw> {
        enable_raw_mode().map(Raw)
    }
}

/// Restores the terminal when a signal ends the program, even while it waits for keys. For commands that
/// have nothing else to clean up.
pub fn give_back_on_signal() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let mut signals = runtime.block_on(async { Signals::watch() })?;
    // Must end the process: the default action of these signals is off now.
    let end = move || {
        let code = runtime.block_on(signals.next());
        let _ = disable_raw_mode();
        process::exit(code)
    };
    thread::Builder::new().name("signals".to_owned()).spawn(end).map(drop)
}

impl Drop for Raw {
    fn drop(&mut self) {
        // Fails only if the terminal is gone.
        let _ = disable_raw_mode();
    }
}

/// Replaces the current line of the terminal, on stderr, by `text`.
pub fn rewrite(text: &str) -> io::Result<()> {
    let mut out = io::stderr().lock();
    queue!(out, MoveToColumn(0), Clear(ClearType::CurrentLine), Print(text))?;
    out.flush()
}
