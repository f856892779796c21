//! HTTP for TeleCMI's API: certificates, proxies, redirects, size limits, and errors. Knows nothing about
//! voicemail.

use std::error::Error as StdError;
use std::io::{self, ErrorKind};
use std::iter::successors;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{DATE, HeaderName, LOCATION, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder, RequestBuilder, Response, Url, retry};

use super::base_url::{LOOPBACK, is_loopback};
use super::error::{ApiError, OfflineReason, RETRY_AFTER_MAX, RedirectFault, WaitingFor};
use super::wire::Head;
use crate::core::text;

/// The most redirects to follow for one request.
const REDIRECTS_MAX: usize = 5;

const USER_AGENT: &str = concat!("vmail/", env!("CARGO_PKG_VERSION"));

/// Creates an HTTP client for requests to `server`. Proxies come from the environment (`HTTPS_PROXY`,
/// `ALL_PROXY`, `NO_PROXY`), except for the loopback, whose requests must not leave this machine.
/// Compression and HTTP/2 are negotiated with the server.
pub(super) fn client(server: &Url, connect: Duration) -> Result<Client, ApiError> {
    builder(server, connect)?.build().map_err(|error| setup(&error))
}

/// Creates an HTTP client for one request that must not be sent twice: with its own connection, and without
/// the retry that HTTP/2 allows when the server reports that it has not processed a request.
pub(super) fn client_for_one(server: &Url, connect: Duration) -> Result<Client, ApiError> {
    builder(server, connect)?.retry(retry::never()).build().map_err(|error| setup(&error))
}

fn builder(server: &Url, connect: Duration) -> Result<ClientBuilder, ApiError> {
    // Fails if a provider is already installed, which is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // Added to the platform's certificates, for machines without any (mostly containers).
    let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
    let roots = roots.map(|der| Certificate::from_der(der)).collect::<Result<Vec<_>, _>>();
    let builder = Client::builder()
        .tls_certs_merge(roots.map_err(|error| setup(&error))?)
        .user_agent(USER_AGENT)
        .connect_timeout(connect)
        .referer(false)
        // `send` follows redirects itself: reqwest would turn some POSTs into GETs.
        .redirect(Policy::none());
    Ok(if is_loopback(server) {
        builder.no_proxy().resolve_to_addrs("localhost", &LOOPBACK.map(|address| (address, 0).into()))
    } else {
        builder
    })
}

/// Sends the HTTP request that `request` builds for `url`. Follows redirects to the same scheme, host and
/// port only, because the request contains the secret. Keeps the method, because no request here
/// changes anything on the server.
pub(super) async fn send(
    mut url: Url,
    connect: Duration,
    request: impl Fn(Url) -> RequestBuilder,
) -> Result<Response, ApiError> {
    for _ in 0..=REDIRECTS_MAX {
        let response = request(url.clone()).send().await.map_err(|error| failed_within(error, connect))?;
        if !response.status().is_redirection() {
            return Ok(response);
        }
        url = next_hop(&url, &response).map_err(|reason| ApiError::BadRedirect { reason })?;
    }
    Err(ApiError::BadRedirect { reason: RedirectFault::TooMany })
}

fn next_hop(url: &Url, response: &Response) -> Result<Url, RedirectFault> {
    let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
    let next = location.and_then(|location| url.join(location).ok()).ok_or(RedirectFault::Nowhere)?;
    if next.origin() == url.origin() { Ok(next) } else { Err(RedirectFault::Elsewhere) }
}

/// Returns the HTTP status and the headers that matter.
pub(super) fn head(response: &Response) -> Head {
    let header = |name: HeaderName| response.headers().get(name).and_then(|value| value.to_str().ok());
    let time = header(DATE).and_then(http_date);
    let retry_after = header(RETRY_AFTER).and_then(|value| retry_after(value.trim(), time));
    Head { status: response.status(), time, retry_after }
}

fn http_date(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text.trim()).ok().map(|time| time.to_utc())
}

/// Parses `Retry-After`: seconds, or a date. A date is compared with the server's own time from the
/// same response, so that no clock has to be right; without that time, returns the longest wait.
fn retry_after(value: &str, server_time: Option<DateTime<Utc>>) -> Option<Duration> {
    let wait = match (value.parse().map(Duration::from_secs), http_date(value)) {
        (Ok(seconds), _) => seconds,
        (_, Some(date)) => {
            server_time.map_or(RETRY_AFTER_MAX, |now| (date - now).to_std().unwrap_or_default())
        }
        _ => return None,
    };
    Some(wait.min(RETRY_AFTER_MAX))
}

/// Reads the rest of the HTTP `response` and appends it to `body`, which must not grow beyond `limit` bytes,
/// counted after decompression.
pub(super) async fn read_all(
    response: &mut Response,
    mut body: Vec<u8>,
    limit: u64,
) -> Result<Vec<u8>, ApiError> {
    if response.content_length().is_some_and(|length| length > limit) {
        return Err(ApiError::TooLarge { limit });
    }
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() as u64 + chunk.len() as u64 > limit {
            return Err(ApiError::TooLarge { limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Returns the result of `work`, a request, or an error after `limit`.
pub(super) async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, ApiError>>,
) -> Result<T, ApiError> {
    tokio::time::timeout(limit, work).await.unwrap_or(Err(late(limit)))
}

/// Returns the error for an HTTP response that did not complete within `limit`.
pub(super) fn late(limit: Duration) -> ApiError {
    ApiError::TimedOut { waiting_for: WaitingFor::Answer, limit }
}

/// Converts the error of an HTTP request whose limit for connecting was `connect`.
pub(super) fn failed_within(error: reqwest::Error, connect: Duration) -> ApiError {
    if error.is_timeout() && error.is_connect() {
        ApiError::TimedOut { waiting_for: WaitingFor::Connection, limit: connect }
    } else {
        failed(error)
    }
}

/// Converts the error of an HTTP request, by the types of its causes. Their texts may contain the URL and so
/// the secret, so none of them is used, except TLS's own.
pub(super) fn failed(error: reqwest::Error) -> ApiError {
    let error = error.without_url();
    if error.is_dns() {
        return ApiError::Offline { reason: OfflineReason::NameLookup };
    }
    let reached = !error.is_connect();
    if let Some(known) = causes(&error).find_map(|cause| meaning(cause, reached)) {
        return known;
    }
    // If a body cannot be decoded and the cause is not HTTP, its compression is damaged.
    if error.is_decode() && !causes(&error).any(<dyn StdError>::is::<hyper::Error>) {
        return ApiError::Malformed { what: "its compression is damaged" };
    }
    ApiError::Offline { reason: OfflineReason::Other }
}

/// Converts one cause, if it is a known one; `reached` says whether there was a connection.
fn meaning(cause: &(dyn StdError + 'static), reached: bool) -> Option<ApiError> {
    let reason = if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
        OfflineReason::Tls { detail: text::clean(&tls.to_string(), text::MESSAGE_MAX) }
    } else if let Some(http) = cause.downcast_ref::<hyper::Error>() {
        if http.is_parse() {
            return Some(ApiError::Malformed { what: "it is not HTTP" });
        }
        if !http.is_incomplete_message() {
            return None;
        }
        OfflineReason::Cut
    } else if let Some(io) = cause.downcast_ref::<io::Error>() {
        match io.kind() {
            ErrorKind::ConnectionRefused => OfflineReason::Refused,
            ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => {
                OfflineReason::Unreachable
            }
            ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::UnexpectedEof => OfflineReason::Cut,
            _ => return None,
        }
    } else if !reached && cause.to_string().starts_with("tunnel error") {
        // hyper-util does not export this type. Its texts are fixed, and not used here.
        OfflineReason::Proxy
    } else {
        return None;
    };
    Some(ApiError::Offline { reason })
}

/// Returns `error` and its causes. An I/O error's `source` skips the error inside it, which is where TLS
/// and the decoders put theirs.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    successors(Some(error), |&error| match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner as &(dyn StdError + 'static)),
        None => error.source(),
    })
}

/// Converts an error while building a client. No request was made, so the deepest cause comes from TLS
/// or the platform and contains no URL.
fn setup(error: &reqwest::Error) -> ApiError {
    let reason = causes(error).last().map(ToString::to_string).unwrap_or_default();
    ApiError::Setup { reason: text::clean(&reason, text::MESSAGE_MAX) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{http_date, retry_after};

    #[test]
    fn retry_after_is_seconds_or_a_date_and_at_most_a_minute() {
        let now = http_date("Wed, 21 Oct 2026 07:28:00 GMT");
        for (value, server_time, seconds) in [
            ("0", now, Some(0)),
            ("7", None, Some(7)),
            ("86400", now, Some(60)),
            ("Wed, 21 Oct 2026 07:28:09 GMT", now, Some(9)),
            ("Wed, 21 Oct 2026 07:38:00 GMT", now, Some(60)),
            ("Wed, 21 Oct 2026 07:27:00 GMT", now, Some(0)),
            ("Wed, 21 Oct 2026 07:28:09 GMT", None, Some(60)),
            ("soon", now, None),
            ("-1", now, None),
            ("", now, None),
        ] {
            assert_eq!(retry_after(value, server_time), seconds.map(Duration::from_secs), "{value:?}");
        }
    }
}
