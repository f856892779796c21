//! What is answered to whom. A stranger learns nothing but that there is a web server: whatever is
//! not right about a request, the answer is the same 404.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

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
use super::body::Pieces;
use super::html;
use super::span::Span;
use super::token::Token;

/// How a browser says that it fetches a page before somebody asks for it: the standard's way, and
/// those of older browsers. That must not use up the one opening.
const AHEAD: [&str; 4] = ["sec-purpose", "purpose", "x-purpose", "x-moz"];

/// One page, its recording, and how far they are.
pub(super) struct Site {
    options: Options,
    /// In the page's address.
    page: Token,
    /// In the recording's address, which only the page says. A cookie would do the same, but it would
    /// be sent to every other server on the reader's 127.0.0.1 as well.
    audio: Token,
    opened: AtomicBool,
    opening: Notify,
    taken: Arc<Taken>,
}

/// When the browser last took something of the recording.
pub(super) struct Taken(Mutex<Option<Instant>>);

impl Taken {
    /// It takes some now.
    pub(super) fn now(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn last(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer, and whether who asked may stay.
pub(super) struct Answer {
    pub(super) response: Response<Pieces>,
    /// The request held one of the tokens.
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
            taken: Arc::new(Taken(Mutex::new(None))),
        })
    }

    /// What the page's address holds.
    pub(super) fn token(&self) -> &Token {
        &self.page
    }

    /// Returns once, when the page was opened.
    pub(super) async fn opened(&self) {
        self.opening.notified().await;
    }

    /// When the browser last took something of the recording, or the page; `None` before.
    pub(super) fn last_taken(&self) -> Option<Instant> {
        self.taken.last()
    }

    /// Answers one request. A body is not looked at.
    pub(super) fn answer(&self, request: &Parts) -> Answer {
        let refused = |response| Answer { response, trusted: false };
        if request.method != Method::GET && request.method != Method::HEAD {
            let mut response = nothing(StatusCode::METHOD_NOT_ALLOWED);
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return refused(response);
        }
        let path = request.uri.path().strip_prefix('/').unwrap_or_default();
        // All comparisons are made, so that the time does not tell which one failed.
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

    /// The page, once. Asking with HEAD does not open it, nor does fetching ahead.
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
            self.taken.now();
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

    /// The recording or the part of it that a player wants.
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
            .body(Pieces::of_recording(part, Arc::clone(&self.taken)))
    }
}

/// An answer that no cache keeps, no other site can read, and no other page is told of.
fn guarded(status: StatusCode) -> hyper::http::response::Builder {
    Response::builder()
        .status(status)
        .header(CACHE_CONTROL, "no-store")
        .header(REFERRER_POLICY, "no-referrer")
        .header(X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(HeaderName::from_static("cross-origin-resource-policy"), "same-origin")
}

/// A status without a body.
fn nothing(status: StatusCode) -> Response<Pieces> {
    let mut response = Response::new(Pieces::of(Bytes::new()));
    *response.status_mut() = status;
    response
}

/// Whether the address in the browser is 127.0.0.1 or localhost. A name that somebody else's name
/// server points here (DNS rebinding) is not. Any port will do: `ssh -L` may have mapped another one,
/// and a page cannot choose the name that its requests carry.
fn is_for_this_machine(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let Ok(host) = host.to_str() else { return false };
    let (name, port) = host.split_once(':').unwrap_or((host, "80"));
    (name == "127.0.0.1" || name.eq_ignore_ascii_case("localhost")) && port.parse::<u16>().is_ok()
}

/// Whether a browser says that another site's page asks. The same site on another port is another
/// one here. Browsers too old to say so are let through: they do not know the address either.
fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none")
}
