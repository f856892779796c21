//! What can go wrong with a request, one line each that says what happened and what to do.

use std::time::Duration;

/// The longest wait that a server can ask for.
pub(super) const RETRY_AFTER_MAX: Duration = Duration::from_secs(60);

/// Why a request failed. Holds no URL and no secret, whatever the cause; what a server wrote has
/// been made safe for a terminal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// There is no secret to ask with: nothing was sent.
    #[error("{reason}")]
    NoSecret {
        /// Why, and what to do about it.
        reason: String,
    },
    /// The app ID or the secret was refused.
    #[error("TeleCMI says: {message}. Check the app ID, the secret and the region.")]
    NotAuthenticated {
        /// The server's words.
        message: String,
    },
    /// The server finds the request itself wrong.
    #[error("TeleCMI does not take the request: {message}. Check the app ID, the region and the base URL.")]
    BadRequest {
        /// The server's words, or the HTTP status.
        message: String,
    },
    /// Too many requests.
    #[error("TeleCMI asks to slow down. Try again {}.", when(*retry_after))]
    RateLimited {
        /// How long the server asked to be left alone.
        retry_after: Option<Duration>,
    },
    /// The server failed at something of its own.
    #[error("TeleCMI has a fault of its own: {message}. Try again {}.", when(*retry_after))]
    Server {
        /// The server's words, or the HTTP status.
        message: String,
        /// The HTTP status: below 300 where only the answer in it says that something failed.
        status: u16,
        /// How long the server asked to be left alone.
        retry_after: Option<Duration>,
    },
    /// No connection, or one that broke off.
    #[error("{reason}")]
    Offline {
        /// What stood in the way.
        reason: OfflineReason,
    },
    /// It took too long.
    #[error("No {waiting_for} within {} s. Check the network, then try again.", limit.as_secs_f64())]
    TimedOut {
        /// What did not come in time.
        waiting_for: WaitingFor,
        /// How long it had.
        limit: Duration,
    },
    /// The answer is not what the API sends.
    #[error("The server's answer cannot be read: {what}. Check the base URL, then try again.")]
    Malformed {
        /// What is wrong with it.
        what: &'static str,
    },
    /// The answer is larger than anything the API sends.
    #[error("The server's answer is larger than {} MiB and was not read. Check the base URL.", limit >> 20)]
    TooLarge {
        /// The most that is read, in bytes.
        limit: u64,
    },
    /// The recording is missing or, more often, not published yet: that takes up to a minute.
    #[error("The recording is not there yet. Try again in a minute.")]
    NotReady,
    /// The server sends the request somewhere it must not go.
    #[error("{reason} Check the base URL.")]
    BadRedirect {
        /// What is wrong with where it points.
        reason: RedirectFault,
    },
    /// No request can be made on this machine.
    #[error("The network cannot be set up: {reason}. Check this machine's certificates.")]
    Setup {
        /// The cause, as the TLS library gives it.
        reason: String,
    },
}

/// What stood in the way of a connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OfflineReason {
    /// The host's name has no address.
    #[error("Offline: the server's name is not found. Check the network and the base URL.")]
    NameLookup,
    /// Nothing listens there.
    #[error("Offline: the server refuses the connection. Check the network and the base URL.")]
    Refused,
    /// No way to the server's address.
    #[error("Offline: the server cannot be reached. Check the network.")]
    Unreachable,
    /// No safe connection.
    #[error("No safe connection: {detail}. Check this machine's clock and whether a proxy is in between.")]
    Tls {
        /// The cause, as the TLS library gives it.
        detail: String,
    },
    /// The proxy from the environment did not let the request through.
    #[error("The proxy does not let the request through. Check HTTPS_PROXY and NO_PROXY.")]
    Proxy,
    /// The connection was made and broke off.
    #[error("The connection broke off. Check the network, then try again.")]
    Cut,
    /// Anything else.
    #[error("Offline: the connection failed. Check the network, then try again.")]
    Other,
}

/// What a request waited for when its time was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WaitingFor {
    /// Reaching the server.
    #[error("connection")]
    Connection,
    /// All of the server's answer or, for a recording, its next part.
    #[error("full answer")]
    Answer,
}

/// Why a redirect was not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectFault {
    /// To another scheme, host or port.
    #[error("The server points to another address; the secret was not sent there.")]
    Elsewhere,
    /// Too many, one after the other.
    #[error("The server sends the request around in circles.")]
    TooMany,
    /// It does not say where to.
    #[error("The server points elsewhere without saying where.")]
    Nowhere,
}

impl ApiError {
    /// Whether the same request may succeed when it is tried again.
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

    /// How long the server asked to be left alone, at most 60 s.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            ApiError::RateLimited { retry_after } | ApiError::Server { retry_after, .. } => {
                retry_after.map(|wait| wait.min(RETRY_AFTER_MAX))
            }
            _ => None,
        }
    }
}

/// When to try again, as the end of a sentence.
fn when(retry_after: Option<Duration>) -> String {
    match retry_after {
        Some(wait) => format!("in {} s", wait.min(RETRY_AFTER_MAX).as_secs().max(1)),
        None => "in a minute".to_owned(),
    }
}
