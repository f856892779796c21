//! `vmail config`: the default settings file, whose comments are the documentation.

use std::io::{self, Write as _};

use crate::config::DEFAULT;

/// Prints it. A reader that has had enough is no failure.
pub fn run() -> anyhow::Result<()> {
    match io::stdout().lock().write_all(DEFAULT.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
