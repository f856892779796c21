//! Answers requests for the page and its recording. Strangers learn only that there is a web server: every
//! invalid request gets the same 404.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use hyper::header::{
    ACCEPT_RANGES, ALLOW, CACHE_CONTROL, CONTENT_RANGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST,
    HeaderMap, HeaderName, HeaderValue, RANGE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::Options;
use super::body::{LastRead, Pieces};
use super::html;
use super::span::Span;
use super::token::Token;

/// The headers of a browser that prefetches a page: the standard one, and those of older browsers. A
/// prefetch must not use up the single opening.
const AHEAD: [&str; 4] = ["sec-purpose", "purpose", "x-purpose", "x-moz"];

/// The page, its recording, and their state.
pub(super) struct Site {
    options: Options,
    /// The token in the page's address.
    page: Token,
    /// The token in the recording's address, which only the page contains. A cookie would work too, but
    /// browsers would also send it to every other server on the user's 127.0.0.1.
    audio: Token,
    opened: AtomicBool,
    opening: Notify,
    last_read: Arc<LastRead>,
}

/// An answer, and whether to trust the client.
pub(super) struct Answer {
    pub(super) response: Response<Pieces>,
    /// Whether the request contained one of the tokens.
    pub(super) trusted: bool,
}

impl Site {
    pub(super) fn new(options: Options) -> io::Result<Site> {
        Ok(Site {
            options,
            page: Token::new()?,
            audio: Token::new()?,
            opened: AtomicBool::new(false),
            opening: Notify::new(),
            last_read: Arc::default(),
        })
    }

    /// Returns the token in the web page's address.
    pub(super) fn token(&self) -> &Token {
        &self.page
    }

    /// Waits until the web page is opened. Returns only once.
    pub(super) async fn opened(&self) {
        self.opening.notified().await;
    }

    /// Returns when the web page was opened or the recording last read; `None` before that.
    pub(super) fn last_read(&self) -> Option<Instant> {
        self.last_read.last()
    }

    /// Answers a request for the page or its recording. Its body is ignored.
    pub(super) fn answer(&self, request: &Parts) -> Answer {
        let refused = |response| Answer { response, trusted: false };
        if request.method != Method::GET && request.method != Method::HEAD {
            let mut response = nothing(StatusCode::METHOD_NOT_ALLOWED);
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return refused(response);
        }
        let path = request.uri.path().strip_prefix('/').unwrap_or_default();
        // All comparisons are made, so that the time does not reveal which one failed.
        let (is_page, is_audio) = (self.page.is(path.strip_suffix('/').unwrap_or(path)), self.audio.is(path));
        let allowed = request.uri.authority().is_none() && is_for_this_machine(&request.headers);
        let response = match (allowed, is_page, is_audio) {
            (true, true, _) => self.page(request),
            (true, _, true) if !is_from_elsewhere(&request.headers) => self.recording(&request.headers),
            _ => return refused(nothing(StatusCode::NOT_FOUND)),
        };
        Answer {
            response: response.unwrap_or_else(|_| nothing(StatusCode::INTERNAL_SERVER_ERROR)),
            trusted: true,
        }
    }

    /// Returns the page, but only once. HEAD requests and prefetching do not count as opening.
    fn page(&self, request: &Parts) -> hyper::http::Result<Response<Pieces>> {
        let is_ahead = AHEAD.iter().any(|name| request.headers.contains_key(*name));
        if is_ahead {
            return Ok(nothing(StatusCode::SERVICE_UNAVAILABLE));
        }
        let Ok(nonce) = Token::new() else { return Ok(nothing(StatusCode::INTERNAL_SERVER_ERROR)) };
        let is_opening = request.method == Method::GET;
        let was_opened = if is_opening {
            self.opened.swap(true, Ordering::AcqRel)
        } else {
            self.opened.load(Ordering::Acquire)
        };
        let (status, text) = if was_opened {
            (StatusCode::GONE, html::opened(&nonce))
        } else {
            let Options { caller, time, media_type, file_name, .. } = &self.options;
            let audio = format!("/{}", self.audio.expose());
            let page = html::Listen { caller, time, media_type, file_name, audio: &audio, nonce: &nonce };
            (StatusCode::OK, html::listen(&page))
        };
        if is_opening && !was_opened {
            self.last_read.now();
            self.opening.notify_one();
        }
        let policy = format!(
            "default-src 'none'; media-src 'self'; img-src data:; style-src 'nonce-{}'; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            nonce.expose(),
        );
        guarded(status)
            .header(CONTENT_TYPE, "text/html; charset=utf-8")
            .header(CONTENT_SECURITY_POLICY, policy)
            .body(Pieces::of(text))
    }

    /// Returns the recording, or the part requested by the player.
    fn recording(&self, headers: &HeaderMap) -> hyper::http::Result<Response<Pieces>> {
        let whole = &self.options.recording;
        let len = whole.len();
        let span = match headers.get(RANGE).map(HeaderValue::to_str) {
            Some(Ok(range)) => Span::parse(range, len),
            _ => Span::Whole,
        };
        let (response, part) = match span {
            Span::Whole => (guarded(StatusCode::OK), whole.clone()),
            Span::Part(range) => {
                let content_range = format!("bytes {}-{}/{len}", range.start, range.end - 1);
                (
                    guarded(StatusCode::PARTIAL_CONTENT).header(CONTENT_RANGE, content_range),
                    whole.slice(range),
                )
            }
            Span::Outside => {
                let content_range = format!("bytes */{len}");
                let response =
                    guarded(StatusCode::RANGE_NOT_SATISFIABLE).header(CONTENT_RANGE, content_range);
                return response.body(Pieces::of(Bytes::new()));
            }
        };
        response
            .header(CONTENT_TYPE, self.options.media_type)
            .header(ACCEPT_RANGES, "bytes")
            .body(Pieces::of_recording(part, Arc::clone(&self.last_read)))
    }
}

/// Starts a response that is not cached, cannot be read by other sites, and sends no referrer.
fn guarded(status: StatusCode) -> hyper::http::response::Builder {
    Response::builder()
        .status(status)
        .header(CACHE_CONTROL, "no-store")
        .header(REFERRER_POLICY, "no-referrer")
        .header(X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(HeaderName::from_static("cross-origin-resource-policy"), "same-origin")
}

/// Returns a response without a body.
fn nothing(status: StatusCode) -> Response<Pieces> {
    let mut response = Response::new(Pieces::of(Bytes::new()));
    *response.status_mut() = status;
    response
}

/// Returns whether the request is for 127.0.0.1 or localhost. Names that another name server points here
/// (DNS rebinding) are rejected. Any port is allowed, because `ssh -L` may map another one, and a web page
/// cannot choose the host name in its requests.
fn is_for_this_machine(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let Ok(host) = host.to_str() else { return false };
    let (name, port) = host.split_once(':').unwrap_or((host, "80"));
    (name == "127.0.0.1" || name.eq_ignore_ascii_case("localhost")) && port.parse::<u16>().is_ok()
}

/// Returns whether the request comes from a page of another site. The same host with another port counts as
/// another site. Old browsers that do not send the header are allowed: a foreign page would still have to
/// know the address.
fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none")
}
