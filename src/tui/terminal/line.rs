//! A terminal of which one line is used, for verbs: keys come at once, and the line is written anew.

use std::io::{self, Write as _};
use std::{process, thread};

use crossterm::cursor::MoveToColumn;
use crossterm::queue;
use crossterm::style::Print;
use crossterm::terminal::{Clear, ClearType, disable_raw_mode, enable_raw_mode};

use crate::signals::Signals;

/// The terminal gives each key at once, until this is dropped.
#[derive(Debug)]
pub struct Raw(());

impl Raw {
    /// Takes the keys. A new line needs a carriage return from then on.
    pub fn take() -> io::Result<Raw> {
        enable_raw_mode().map(Raw)
    }
}

/// Has a signal that ends the program give the terminal back first, whoever waits for keys then. For
/// verbs that have nothing else to put in order.
pub fn give_back_on_signal() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let mut signals = runtime.block_on(async { Signals::watch() })?;
    // To the end: the system leaves it to us from now on.
    let end = move || {
        let code = runtime.block_on(signals.next());
        let _ = disable_raw_mode();
        process::exit(code)
    };
    thread::Builder::new().name("signals".to_owned()).spawn(end).map(drop)
}

impl Drop for Raw {
    fn drop(&mut self) {
        // Where that fails, the terminal is gone.
        let _ = disable_raw_mode();
    }
}

/// Writes `text` over the line on stderr that the cursor is in.
pub fn rewrite(text: &str) -> io::Result<()> {
    let mut out = io::stderr().lock();
    queue!(out, MoveToColumn(0), Clear(ClearType::CurrentLine), Print(text))?;
    out.flush()
}
