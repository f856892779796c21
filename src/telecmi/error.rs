//! Errors of requests to TeleCMI. Each message says what happened and what to do.

use std::time::Duration;

/// The longest wait to accept from a server.
pub(super) const RETRY_AFTER_MAX: Duration = Duration::from_secs(60);

/// Why a request failed. Never contains a URL or a secret; text from a server has been made safe for a
/// terminal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// There is no secret, so nothing was sent.
    #[error("{reason}")]
    NoSecret {
        /// Why, and what to do about it.
        reason: String,
    },
    /// The app ID or the secret was rejected.
    #[error("TeleCMI says: {message}. Check the app ID, the secret and the region.")]
    NotAuthenticated {
        /// The server's message.
        message: String,
    },
    /// The server rejected the request itself.
    #[error("TeleCMI rejected the request: {message}. Check the app ID, the region and the base URL.")]
    BadRequest {
        /// The server's message, or the HTTP status.
        message: String,
    },
    /// Too many requests.
    #[error("TeleCMI rejected the request: too many requests. Try again {}.", when(*retry_after))]
    RateLimited {
        /// How long the server asked to wait.
        retry_after: Option<Duration>,
    },
    /// The server failed.
    #[error("TeleCMI reported a server error: {message}. Try again {}.", when(*retry_after))]
    Server {
        /// The server's message, or the HTTP status.
        message: String,
        /// The HTTP status; below 300 if only the body says that something failed.
        status: u16,
        /// How long the server asked to wait.
        retry_after: Option<Duration>,
    },
    /// There was no connection, or it was lost.
    #[error("{reason}")]
    Offline {
        /// The cause.
        reason: OfflineReason,
    },
    /// The request took too long.
    #[error("{waiting_for} timed out after {} s. Check the network, then try again.", limit.as_secs_f64())]
    TimedOut {
        /// What did not complete in time.
        waiting_for: WaitingFor,
        /// The time limit.
        limit: Duration,
    },
    /// The response is not one that the API sends.
    #[error("Cannot read the server's response: {what}. Check the base URL, then try again.")]
    Malformed {
        /// What is wrong with it.
        what: &'static str,
    },
    /// The response is larger than any that the API sends.
    #[error("The server's response is larger than {} MiB. Check the base URL.", limit >> 20)]
    TooLarge {
        /// The largest response to read, in bytes.
        limit: u64,
    },
    /// The recording is missing or, more often, not published yet, which takes up to a minute.
    #[error("The recording is not ready yet. Try again in a minute.")]
    NotReady,
    /// The server redirects to a place where the request must not go.
    #[error("{reason} Check the base URL.")]
    BadRedirect {
        /// What is wrong with the redirect.
        reason: RedirectFault,
    },
    /// This machine cannot make any request.
    #[error("Cannot set up the network: {reason}. Check this machine's certificates.")]
    Setup {
        /// The cause, as reported by the TLS library.
        reason: String,
    },
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OfflineReason {
    /// The host name has no address.
    #[error("Offline: server name not found. Check the network and the base URL.")]
    NameLookup,
    /// Nothing listens there.
    #[error("Offline: connection refused. Check the network and the base URL.")]
    Refused,
    /// There is no route to the server's address.
    #[error("Offline: server unreachable. Check the network.")]
    Unreachable,
    /// There is no secure connection.
    #[error("No secure connection: {detail}. Check this machine's clock and any proxy in between.")]
    Tls {
        /// The cause, as reported by the TLS library.
        detail: String,
    },
    /// The proxy from the environment rejected the request.
    #[error("The proxy rejected the request. Check HTTPS_PROXY and NO_PROXY.")]
    Proxy,
    /// The connection was lost.
    #[error("The connection was lost. Check the network, then try again.")]
    Cut,
    /// Anything else.
    #[error("Offline: the connection failed. Check the network, then try again.")]
    Other,
}

/// The step that timed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WaitingFor {
    /// Connecting to the server.
    #[error("The connection")]
    Connection,
    /// Receiving the whole response or, for a recording, its next part.
    #[error("The response")]
    Answer,
}

/// Why a redirect was not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectFault {
    /// It leads to another scheme, host or port.
    #[error("The server redirects to another address; the secret was not sent there.")]
    Elsewhere,
    /// There were too many redirects.
    #[error("The server redirects too many times.")]
    TooMany,
    /// It has no valid address.
    #[error("The server redirects without a valid address.")]
    Nowhere,
}

impl ApiError {
    /// Returns whether a retry of the same request to TeleCMI may succeed.
    pub fn is_transient(&self) -> bool {
        match self {
            ApiError::RateLimited { .. }
            | ApiError::Server { .. }
            | ApiError::Offline { .. }
            | ApiError::TimedOut { .. }
            | ApiError::Malformed { .. }
            | ApiError::NotReady => true,
            ApiError::NoSecret { .. }
            | ApiError::NotAuthenticated { .. }
            | ApiError::BadRequest { .. }
            | ApiError::TooLarge { .. }
            | ApiError::BadRedirect { .. }
            | ApiError::Setup { .. } => false,
        }
    }

    /// Returns how long the server's error asked to wait, at most 60 s.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            ApiError::RateLimited { retry_after } | ApiError::Server { retry_after, .. } => {
                retry_after.map(|wait| wait.min(RETRY_AFTER_MAX))
            }
            _ => None,
        }
    }
}

/// Returns when to try again, as the end of a sentence.
fn when(retry_after: Option<Duration>) -> String {
    match retry_after {
        Some(wait) => format!("in {} s", wait.min(RETRY_AFTER_MAX).as_secs().max(1)),
        None => "in a minute".to_owned(),
    }
}
