//! A terminal of which one line is used, for verbs: keys come at once, and the line is written anew.

use std::io::{self, Write as _};

use crossterm::cursor::MoveToColumn;
use crossterm::queue;
use crossterm::style::Print;
use crossterm::terminal::{Clear, ClearType, disable_raw_mode, enable_raw_mode};

/// The terminal gives each key at once, until this is dropped.
#[derive(Debug)]
pub struct Raw(());

impl Raw {
    /// Takes the keys. A new line needs a carriage return from then on.
    pub fn take() -> io::Result<Raw> {
        enable_raw_mode().map(Raw)
    }
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
