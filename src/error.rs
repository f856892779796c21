//! How the program ends: exit codes, and which error has which.

use std::process::ExitCode;

use crate::config::ConfigError;
use crate::sync::SyncError;
use crate::telecmi::ApiError;

/// How the program ends when it could not do what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Anything else.
    Other = 1,
    /// Arguments or settings that cannot be used. clap ends with the same code.
    Usage = 2,
    /// No app ID or secret, or wrong ones.
    Credentials = 3,
    /// The server cannot be reached, or does not answer as it should.
    Network = 4,
    /// There is no such voicemail, account or recording.
    NotFound = 5,
    /// Some of it was done, and some was not.
    Partly = 6,
    /// Ctrl-C: what shells say of a program that it ended.
    Interrupted = 130,
}

impl Failure {
    /// Every kind, in the order of the codes.
    pub const EVERY: [Failure; 7] = [
        Failure::Other,
        Failure::Usage,
        Failure::Credentials,
        Failure::Network,
        Failure::NotFound,
        Failure::Partly,
        Failure::Interrupted,
    ];

    /// What the exit code says, in a sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Failure::Other => "Something else failed.",
            Failure::Usage => "Arguments or settings cannot be used.",
            Failure::Credentials => "There is no app ID or secret, or they are wrong.",
            Failure::Network => "The server cannot be reached, or does not answer as it should.",
            Failure::NotFound => "There is no such voicemail, account or recording.",
            Failure::Partly => "Some of it was done, and some was not.",
            Failure::Interrupted => "It was interrupted.",
        }
    }
}

/// An error that says with which code the program ends.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// The kind of failure.
    pub failure: Failure,
    /// What went wrong and what to do about it.
    pub message: String,
}

impl Fault {
    /// Arguments that cannot be used.
    pub fn usage(message: impl Into<String>) -> Fault {
        Fault { failure: Failure::Usage, message: message.into() }
    }

    /// No app ID or secret.
    pub fn credentials(message: impl Into<String>) -> Fault {
        Fault { failure: Failure::Credentials, message: message.into() }
    }

    /// Something that was asked for is not there.
    pub fn not_found(message: impl Into<String>) -> Fault {
        Fault { failure: Failure::NotFound, message: message.into() }
    }

    /// Only a part was done.
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

/// What kind of failure `error` is: the first in its chain of causes that says so.
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
