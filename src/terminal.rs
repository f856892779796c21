//! The terminal as both the command line and the inbox use it. Nothing here knows the state of the inbox.

pub mod ascii;
pub mod colours;
pub mod escape;
pub mod hidden;
#[cfg(unix)]
pub mod input;
pub mod line;
pub mod remote;
pub mod ssh;

/// Returns the columns and rows of the terminal; `None` without a terminal.
pub fn size() -> Option<(u16, u16)> {
    crossterm::terminal::size().ok()
}
