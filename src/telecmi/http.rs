//! HTTP as this API needs it: certificates, proxies, redirects, bounded bodies, and what a failed
//! connection means. Knows nothing of voicemail.

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
use crate::text;

/// As many redirects as one request may take.
const REDIRECTS_MAX: usize = 5;

const USER_AGENT: &str = concat!("vmail/", env!("CARGO_PKG_VERSION"));

/// A client for requests to `server`. Proxies come from the environment (`HTTPS_PROXY`,
/// `ALL_PROXY`, `NO_PROXY`), except for the loopback: a proxy would carry what must not leave
/// this machine. Compression and HTTP/2 are agreed with the server.
pub(super) fn client(server: &Url, connect: Duration) -> Result<Client, ApiError> {
    builder(server, connect)?.build().map_err(|error| setup(&error))
}

/// The same for a single request that must not be sent twice: with a connection of its own, and
/// without the second try that HTTP/2 allows where a server says that it did nothing.
pub(super) fn client_for_one(server: &Url, connect: Duration) -> Result<Client, ApiError> {
    builder(server, connect)?.retry(retry::never()).build().map_err(|error| setup(&error))
}

fn builder(server: &Url, connect: Duration) -> Result<ClientBuilder, ApiError> {
    // Fails when a provider is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // Beside the platform's certificates, for machines that have none (containers, mostly).
    let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
    let roots = roots.map(|der| Certificate::from_der(der)).collect::<Result<Vec<_>, _>>();
    let builder = Client::builder()
        .tls_certs_merge(roots.map_err(|error| setup(&error))?)
        .user_agent(USER_AGENT)
        .connect_timeout(connect)
        .referer(false)
        // `send` follows them itself: reqwest would turn a POST into a GET on some.
        .redirect(Policy::none());
    Ok(if is_loopback(server) {
        builder.no_proxy().resolve_to_addrs("localhost", &LOOPBACK.map(|address| (address, 0).into()))
    } else {
        builder
    })
}

/// Sends what `request` builds for `url`, and again to where a redirect points as long as that is
/// the same scheme, host and port: the request carries the secret. The method stays the same:
/// every request here only asks.
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

/// What stands before the body of `response`.
pub(super) fn head(response: &Response) -> Head {
    let header = |name: HeaderName| response.headers().get(name).and_then(|value| value.to_str().ok());
    let time = header(DATE).and_then(http_date);
    let retry_after = header(RETRY_AFTER).and_then(|value| retry_after(value.trim(), time));
    Head { status: response.status(), time, retry_after }
}

fn http_date(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text.trim()).ok().map(|time| time.to_utc())
}

/// `Retry-After`: seconds, or a date. A date is measured against the server's own clock, from the
/// same answer, so that no clock has to be right; without one it is the longest wait.
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

/// Reads on from `response` until all of the body is in `body`, which must not grow beyond `limit`
/// bytes. They are counted after decompression, as they come.
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

/// The answer of `work`, if it comes within `limit`.
pub(super) async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, ApiError>>,
) -> Result<T, ApiError> {
    tokio::time::timeout(limit, work).await.unwrap_or(Err(late(limit)))
}

/// No full answer within `limit`.
pub(super) fn late(limit: Duration) -> ApiError {
    ApiError::TimedOut { waiting_for: WaitingFor::Answer, limit }
}

/// What went wrong with sending a request that had `connect` to reach the server.
pub(super) fn failed_within(error: reqwest::Error, connect: Duration) -> ApiError {
    if error.is_timeout() && error.is_connect() {
        ApiError::TimedOut { waiting_for: WaitingFor::Connection, limit: connect }
    } else {
        failed(error)
    }
}

/// What went wrong with a request. Decided by the types of the causes: their texts may hold the
/// URL and with it the secret, so none of them is kept, save TLS's own.
pub(super) fn failed(error: reqwest::Error) -> ApiError {
    let error = error.without_url();
    if error.is_dns() {
        return ApiError::Offline { reason: OfflineReason::NameLookup };
    }
    let reached = !error.is_connect();
    if let Some(known) = causes(&error).find_map(|cause| meaning(cause, reached)) {
        return known;
    }
    // What fails about a body without HTTP having a part in it is its compression.
    if error.is_decode() && !causes(&error).any(<dyn StdError>::is::<hyper::Error>) {
        return ApiError::Malformed { what: "its compression is damaged" };
    }
    ApiError::Offline { reason: OfflineReason::Other }
}

/// What one cause says for itself; `reached` once there was a connection.
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
        // hyper-util keeps this type to itself. Its texts are fixed and are not kept here.
        OfflineReason::Proxy
    } else {
        return None;
    };
    Some(ApiError::Offline { reason })
}

/// `error` and what caused it. An I/O error's `source` skips the error that it carries, which is
/// where TLS and the decoders put theirs.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    successors(Some(error), |&error| match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner as &(dyn StdError + 'static)),
        None => error.source(),
    })
}

/// No request was made yet, so the deepest cause is TLS's or the platform's and holds no URL.
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
