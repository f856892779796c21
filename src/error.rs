//! How the program ends: exit codes, and the one line that says why.

use std::process::ExitCode;

/// How the program ends when it could not do what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Anything else.
    Other = 1,
    /// Arguments or settings that cannot be used. clap ends with the same code.
    Usage = 2,
}

impl From<Failure> for ExitCode {
    fn from(failure: Failure) -> ExitCode {
        ExitCode::from(failure as u8)
    }
}
