//! What can go wrong with a request, one line each that says what happened and what to do.

use std::time::Duration;

/// Why a request failed. Holds no URL and no secret, whatever the cause.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// Placeholder.
    #[error("offline: {0}")]
    Offline(String),
}

impl ApiError {
    /// Whether the same request may succeed when it is tried again.
    pub fn is_transient(&self) -> bool {
        todo!()
    }

    /// How long the server asked to be left alone, at most 60 s.
    pub fn retry_after(&self) -> Option<Duration> {
        todo!()
    }
}
