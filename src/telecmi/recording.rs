//! Receives a recording: detects its format and returns its bytes as they arrive. Callers decide
//! whether it can be decoded, and how many bytes to accept.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_RANGE, LAST_MODIFIED,
    RANGE,
};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde::{Deserialize, Serialize};

use super::error::ApiError;
use super::http::{failed, head, read_all, within};
use super::wire::{Answer, Asked, Head, decode, judge};
use crate::audio::{self, AudioError, AudioFormat};
use crate::core::text;
use crate::secret::Secret;

/// The most to read of a response that is not a recording, in bytes.
const ERROR_MAX: u64 = 1 << 20;

/// The shortest recording, in bytes, besides a WAV without samples. Anything shorter lacks a WAV header or the
/// first MP3 frames: the server has not finished publishing it.
const RECORDING_MIN: usize = 64;

/// The longest version (`ETag` or `Last-Modified`) to save, in bytes.
const VERSION_MAX: usize = 512;

/// A recording while it is received. [`Recording::chunk`] returns its bytes.
pub struct Recording {
    start: Option<Bytes>,
    rest: Response,
    content_type: Option<String>,
    length: Option<u64>,
    format: Option<AudioFormat>,
    received: u64,
    /// The version of the file, as a validator for `If-Range`.
    version: Option<HeaderValue>,
    patience: Duration,
}

/// The position where a recording was interrupted: what [`super::Client::resume`] needs to continue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bookmark {
    received: u64,
    length: u64,
    content_type: Option<String>,
    format: Option<AudioFormat>,
    version: Option<HeaderValue>,
}

/// The parts of a [`Bookmark`] that a later run of the program needs to resume, except the number of
/// bytes received. Contains neither a URL nor a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedBookmark {
    /// The length of the whole recording, in bytes.
    pub length: u64,
    /// Its format, by its first bytes.
    pub format: AudioFormat,
    /// The version of the file, as a validator for `If-Range`.
    version: String,
}

impl SavedBookmark {
    /// Returns the bookmark after `received` bytes; `None` if the recording cannot be resumed there.
    pub fn at(&self, received: u64) -> Option<Bookmark> {
        let SavedBookmark { length, format, version } = self;
        let version = HeaderValue::from_str(version).ok()?;
        (1..*length).contains(&received).then_some(Bookmark {
            received,
            length: *length,
            content_type: None,
            format: Some(*format),
            version: Some(version),
        })
    }
}

impl Bookmark {
    /// Returns the parts of the bookmark to save. `None` if the server sends no version of the file: by the
    /// next run, it could be a different file without anybody noticing.
    pub fn saved(&self) -> Option<SavedBookmark> {
        let version = self.version.as_ref().filter(|version| version.len() <= VERSION_MAX);
        let version = version.and_then(|version| version.to_str().ok())?.to_owned();
        Some(SavedBookmark { length: self.length, format: self.format?, version })
    }

    /// Makes `request` ask for the recording's missing part, or for the whole file if its version has
    /// changed.
    pub(super) fn ask(&self, request: RequestBuilder) -> RequestBuilder {
        let request = request
            .header(RANGE, format!("bytes={}-", self.received))
            // The range counts uncompressed bytes.
            .header(ACCEPT_ENCODING, "identity");
        match &self.version {
            Some(version) => request.header(IF_RANGE, version),
            None => request,
        }
    }

    /// Returns whether `response` is exactly the recording's missing part.
    pub(super) fn is_continued_by(&self, response: &Response) -> bool {
        let Bookmark { received, length, .. } = self;
        let due = format!("bytes {received}-{}/{length}", length.saturating_sub(1));
        let range = response.headers().get(CONTENT_RANGE).and_then(|range| range.to_str().ok());
        response.status() == StatusCode::PARTIAL_CONTENT
            // If the response has a version, it must be the same: not every server obeys `If-Range`.
            && version(response.headers()).is_none_or(|version| Some(version) == self.version)
            && range.is_some_and(|range| range.trim().eq_ignore_ascii_case(&due))
            // The length is unknown if the server compresses the body anyway.
            && response.content_length() == Some(length.saturating_sub(*received))
    }
}

/// Returns whether `response` is a part of the recording, requested or not, or says that the requested part
/// does not exist.
pub(super) fn is_partial(response: &Response) -> bool {
    matches!(response.status(), StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE)
}

impl Recording {
    /// Reads the start of the recording in `response` and checks that it is not an error with a success
    /// status. Each part of the body must arrive within `patience`.
    pub(super) async fn begin(
        mut response: Response,
        patience: Duration,
        secret: &Secret,
    ) -> Result<Recording, ApiError> {
        let head = head(&response);
        let content_type = response.headers().get(CONTENT_TYPE);
        let content_type = content_type.map(|value| String::from_utf8_lossy(value.as_bytes()).to_lowercase());
        let length = response.content_length();
        // It may be saved to disk, so it must not contain the secret, should the server echo it.
        let version = version(response.headers())
            .filter(|version| version.to_str().is_ok_and(|version| !version.contains(secret.expose())));
        if !head.status.is_success() {
            return Err(fault(head, response, Vec::new(), patience, secret).await);
        }
        let (start, format) = read_start(&mut response, patience).await?;
        if format.is_none() && is_text(&start, content_type.as_deref()) {
            return Err(fault(head, response, start, patience, secret).await);
        }
        let empty = || format == Some(AudioFormat::Wav) && audio::decode(&start) == Err(AudioError::Empty);
        if start.len() < RECORDING_MIN && !empty() {
            return Err(ApiError::NotReady);
        }
        Ok(Recording {
            received: 0,
            start: Some(start.into()),
            rest: response,
            content_type: content_type.map(|given| text::clean(&given, text::NAME_MAX)),
            length,
            format,
            version,
            patience,
        })
    }

    /// Continues the recording at `bookmark` with `rest`, which must
    /// [continue it](Bookmark::is_continued_by).
    pub(super) fn go_on(bookmark: &Bookmark, rest: Response, patience: Duration) -> Recording {
        let Bookmark { received, length, content_type, format, version } = bookmark.clone();
        let length = Some(length);
        Recording { start: None, rest, content_type, length, format, received, version, patience }
    }

    /// Returns the recording's format by its first bytes; `None` if unknown.
    pub fn format(&self) -> Option<AudioFormat> {
        self.format
    }

    /// Returns the recording's media type that the server sent, in lower case and safe for a terminal. It may
    /// be wrong.
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// Returns the length of the whole recording in bytes, if the server sent it.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// Returns how many bytes of the recording were received before those that [`Recording::chunk`] returns
    /// next.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Returns the current position in the recording. `None` if the length is unknown, as with a compressed
    /// body, because the rest could not be told from another file.
    pub fn bookmark(&self) -> Option<Bookmark> {
        let length = self.length.filter(|length| (1..*length).contains(&self.received))?;
        Some(Bookmark {
            received: self.received,
            length,
            content_type: self.content_type.clone(),
            format: self.format,
            version: self.version.clone(),
        })
    }

    /// Returns the next bytes of the recording, or `None` after the last ones. An error is final. If the
    /// server sent the length, an early end is an error; otherwise it goes unnoticed. There is no size limit:
    /// the caller must stop at its own.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, ApiError> {
        let next = match self.start.take() {
            Some(start) => Some(start),
            None => within(self.patience, async { self.rest.chunk().await.map_err(failed) }).await?,
        };
        self.received += next.as_ref().map_or(0, |bytes| bytes.len() as u64);
        Ok(next)
    }
}

/// Written by hand, because the response's `Debug` shows its URL, which contains the secret.
impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording")
            .field("content_type", &self.content_type)
            .field("length", &self.length)
            .field("format", &self.format)
            .field("received", &self.received)
            .finish_non_exhaustive()
    }
}

/// Reads the first bytes of the body, enough to detect the format, or all of a shorter body. Each part must
/// arrive within `patience`.
async fn read_start(
    response: &mut Response,
    patience: Duration,
) -> Result<(Vec<u8>, Option<AudioFormat>), ApiError> {
    let mut start = Vec::new();
    let mut enough = RECORDING_MIN;
    loop {
        let mut is_whole = false;
        while start.len() < enough && !is_whole {
            match within(patience, async { response.chunk().await.map_err(failed) }).await? {
                Some(chunk) => start.extend_from_slice(&chunk),
                None => is_whole = true,
            }
        }
        let format = AudioFormat::detect(&start, is_whole).map(|(format, _)| format);
        if format.is_some() || is_whole || start.len() >= AudioFormat::ENOUGH {
            return Ok((start, format));
        }
        // Each time twice as many: a server that sends single bytes must not make this slow.
        enough = (2 * start.len()).min(AudioFormat::ENOUGH);
    }
}

/// Returns the version of the file: a strong `ETag`, or else `Last-Modified` (RFC 9110, 13.1.5).
fn version(headers: &HeaderMap) -> Option<HeaderValue> {
    let strong = headers.get(ETAG).filter(|tag| tag.as_bytes().starts_with(b"\""));
    strong.or(headers.get(LAST_MODIFIED)).cloned()
}

/// Returns the error for a response that is not a recording; `start` is the part of its body that was
/// already read.
async fn fault(
    head: Head,
    mut response: Response,
    start: Vec<u8>,
    patience: Duration,
    secret: &Secret,
) -> ApiError {
    let body = match within(patience, read_all(&mut response, start, ERROR_MAX)).await {
        Err(error) if head.status.is_success() => return error,
        body => body.unwrap_or_default(),
    };
    let text = decode(&body);
    let answer = Answer::parse(&text);
    let otherwise = match text.trim_start().chars().next() {
        None => ApiError::NotReady,
        Some('<') => ApiError::Malformed { what: "it is a web page, not a recording" },
        Some(_) if answer.is_ok() => ApiError::Malformed { what: "it is JSON, not a recording" },
        Some(_) => ApiError::Malformed { what: "it is text, not a recording" },
    };
    let answer = answer.unwrap_or_else(|_| Answer::silent());
    judge(Asked::Recording, head, &answer, secret).unwrap_or(otherwise)
}

/// Returns whether a response that does not start like audio is JSON, a web page or other text, by its
/// media type or its first bytes.
fn is_text(start: &[u8], content_type: Option<&str>) -> bool {
    let called_text = content_type
        .is_some_and(|given| given.starts_with("text/") || given.contains("json") || given.contains("html"));
    let text = decode(start);
    called_text || text.trim_start().starts_with(['{', '[', '<'])
}
