//! Exit codes, and which error maps to which.

use std::process::ExitCode;

use crate::config::ConfigError;
use crate::sync::SyncError;
use crate::telecmi::ApiError;

/// The exit code of a program that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Any other error.
    Other = 1,
    /// Invalid arguments or settings. clap uses the same code.
    Usage = 2,
    /// The app ID or secret is missing or wrong.
    Credentials = 3,
    /// The server cannot be reached or returned an unexpected response.
    Network = 4,
    /// The voicemail, account or recording does not exist.
    NotFound = 5,
    /// Only part of the work was done.
    Partly = 6,
    /// Interrupted by a signal: the code that shells report for Ctrl-C.
    Interrupted = 130,
}

impl Failure {
    /// Every failure, in the order of the codes.
    pub const EVERY: [Failure; 7] = [
        Failure::Other,
        Failure::Usage,
        Failure::Credentials,
        Failure::Network,
        Failure::NotFound,
        Failure::Partly,
        Failure::Interrupted,
    ];

    /// Describes the exit code in a sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Failure::Other => "Any other error.",
            Failure::Usage => "Invalid arguments or settings.",
            Failure::Credentials => "The app ID or secret is missing or wrong.",
            Failure::Network => "The server cannot be reached or returned an unexpected response.",
            Failure::NotFound => "Nothing matches, or the voicemail, account or recording does not exist.",
            Failure::Partly => "Only part of the work was done.",
            Failure::Interrupted => "Interrupted by a signal.",
        }
    }
}

/// An error with the exit code of the program.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// The kind of failure.
    pub failure: Failure,
    /// What went wrong and what to do about it.
    pub message: String,
}

impl Fault {
    /// Returns an error for invalid arguments.
    pub fn usage(message: impl Into<String>) -> Fault {
        Fault { failure: Failure::Usage, message: message.into() }
    }

    /// Returns an error for a missing app ID or secret.
    pub fn credentials(message: impl Into<String>) -> Fault {
        Fault { failure: Failure::Credentials, message: message.into() }
    }

    /// Returns an error for something that does not exist.
    pub fn not_found(message: impl Into<String>) -> Fault {
        Fault { failure: Failure::NotFound, message: message.into() }
    }

    /// Returns an error for work that was only partly done.
    pub fn partly(message: impl Into<String>) -> Fault {
        Fault { failure: Failure::Partly, message: message.into() }
    }
}

impl From<Failure> for ExitCode {
    fn from(failure: Failure) -> ExitCode {
        ExitCode::from(failure as u8)
    }
}

impl From<&ApiError> for Failure {
    fn from(error: &ApiError) -> Failure {
        match error {
            ApiError::NotAuthenticated { .. } | ApiError::NoSecret { .. } => Failure::Credentials,
            ApiError::NotReady => Failure::NotFound,
            _ => Failure::Network,
        }
    }
}

impl From<&SyncError> for Failure {
    fn from(error: &SyncError) -> Failure {
        match error {
            SyncError::Api { error, .. } => Failure::from(error),
            SyncError::Endless { .. } => Failure::Network,
            SyncError::Store { .. } => Failure::Other,
        }
    }
}

/// Returns the failure of `error`, and so the exit code: that of the first error in its chain of causes that
/// has one.
pub fn failure(error: &anyhow::Error) -> Failure {
    let known = |cause: &(dyn std::error::Error + 'static)| {
        let fault = cause.downcast_ref().map(|fault: &Fault| fault.failure);
        let config = || cause.downcast_ref().map(|_: &ConfigError| Failure::Usage);
        let api = || cause.downcast_ref::<ApiError>().map(Failure::from);
        let sync = || cause.downcast_ref::<SyncError>().map(Failure::from);
        fault.or_else(config).or_else(api).or_else(sync)
    };
    error.chain().find_map(known).unwrap_or(Failure::Other)
}
