//! A recording on its way from the server: what kind it is, and its bytes as they come. Whether it
//! can be played is for those who decode it, how much of it is taken for those who keep it.

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
use crate::secret::Secret;
use crate::text;

/// The most that is read of an answer that is no recording.
const ERROR_MAX: u64 = 1 << 20;

/// Shorter than a WAV header and its first samples, or than an MP3's first frames: the server
/// started to publish the recording and has not finished.
const RECORDING_MIN: usize = 64;

/// The longest text by which a server tells a version that is written down for another run, in bytes.
const VERSION_MAX: usize = 512;

/// What the first bytes of a recording say it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AudioFormat {
    /// MPEG audio, layer III.
    Mp3,
    /// RIFF WAVE, whatever its samples are.
    Wav,
}

impl AudioFormat {
    /// Every format there is.
    pub const ALL: [AudioFormat; 2] = [AudioFormat::Mp3, AudioFormat::Wav];

    /// The usual end of a file's name, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            AudioFormat::Mp3 => "mp3",
            AudioFormat::Wav => "wav",
        }
    }

    /// Its media type, as browsers know it.
    pub fn media_type(self) -> &'static str {
        match self {
            AudioFormat::Mp3 => "audio/mpeg",
            AudioFormat::Wav => "audio/wav",
        }
    }

    /// By the first 12 bytes or more; `None` when they are neither.
    fn sniff(start: &[u8]) -> Option<AudioFormat> {
        match start {
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Some(AudioFormat::Wav),
            [b'I', b'D', b'3', ..] => Some(AudioFormat::Mp3),
            // A frame header: eleven bits of sync, a version that exists, layer III, and a bit
            // rate and a sample rate that exist.
            [0xff, version, rates, ..]
                if version & 0xe6 == 0xe2
                    && version & 0x18 != 0x08
                    && rates & 0xf0 != 0xf0
                    && rates & 0x0c != 0x0c =>
            {
                Some(AudioFormat::Mp3)
            }
            _ => None,
        }
    }
}

/// A recording that is being received. Its bytes come from [`Recording::chunk`].
pub struct Recording {
    start: Option<Bytes>,
    rest: Response,
    content_type: Option<String>,
    length: Option<u64>,
    format: Option<AudioFormat>,
    received: u64,
    /// What the server tells this version of the file by, in a form that `If-Range` takes.
    version: Option<HeaderValue>,
    patience: Duration,
}

/// Where a recording broke off: what [`super::Client::resume`] needs to go on there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bookmark {
    received: u64,
    length: u64,
    content_type: Option<String>,
    format: Option<AudioFormat>,
    version: Option<HeaderValue>,
}

/// What another run of the program needs of a [`Bookmark`] to go on safely, beside how much is there:
/// neither a URL nor a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedBookmark {
    /// How many bytes the whole recording has.
    pub length: u64,
    /// What its first bytes said it is.
    pub format: AudioFormat,
    /// What the server tells this version of the file by.
    version: String,
}

impl SavedBookmark {
    /// The bookmark after `received` bytes; `None` where there is no going on.
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
    /// What of it outlives the program. `None` where the server does not tell versions of the file apart: by
    /// the next run it may be another one, and nobody could tell.
    pub fn saved(&self) -> Option<SavedBookmark> {
        let version = self.version.as_ref().filter(|version| version.len() <= VERSION_MAX);
        let version = version.and_then(|version| version.to_str().ok())?.to_owned();
        Some(SavedBookmark { length: self.length, format: self.format?, version })
    }

    /// Has `request` ask for what is missing, or for all of it where the file is another one by now.
    pub(super) fn ask(&self, request: RequestBuilder) -> RequestBuilder {
        let request = request
            .header(RANGE, format!("bytes={}-", self.received))
            // What is missing is counted in the file's own bytes.
            .header(ACCEPT_ENCODING, "identity");
        match &self.version {
            Some(version) => request.header(IF_RANGE, version),
            None => request,
        }
    }

    /// Whether `response` is exactly what is missing.
    pub(super) fn is_continued_by(&self, response: &Response) -> bool {
        let Bookmark { received, length, .. } = self;
        let due = format!("bytes {received}-{}/{length}", length.saturating_sub(1));
        let range = response.headers().get(CONTENT_RANGE).and_then(|range| range.to_str().ok());
        response.status() == StatusCode::PARTIAL_CONTENT
            // Where it says, it must be the same file: not every server heeds `If-Range`.
            && version(response.headers()).is_none_or(|version| Some(version) == self.version)
            && range.is_some_and(|range| range.trim().eq_ignore_ascii_case(&due))
            // Unknown where it is compressed all the same.
            && response.content_length() == Some(length.saturating_sub(*received))
    }
}

/// Whether `response` is about a part of the file: the part that was asked for, another one, or word
/// that there is none.
pub(super) fn is_partial(response: &Response) -> bool {
    matches!(response.status(), StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE)
}

impl Recording {
    /// Reads the start of `response` and makes sure that it is no error in disguise. Each part of
    /// the body has `patience` to arrive.
    pub(super) async fn begin(
        mut response: Response,
        patience: Duration,
        secret: &Secret,
    ) -> Result<Recording, ApiError> {
        let head = head(&response);
        let content_type = response.headers().get(CONTENT_TYPE);
        let content_type = content_type.map(|value| String::from_utf8_lossy(value.as_bytes()).to_lowercase());
        let length = response.content_length();
        // It may be written down, so it must not be the secret, sent back.
        let version = version(response.headers())
            .filter(|version| version.to_str().is_ok_and(|version| !version.contains(secret.expose())));
        let start = within(patience, read_start(&mut response)).await;
        let format = start.as_deref().ok().and_then(AudioFormat::sniff);
        if !head.status.is_success() {
            return Err(fault(head, response, start.unwrap_or_default(), patience, secret).await);
        }
        let start = start?;
        if format.is_none() && is_text(&start, content_type.as_deref()) {
            return Err(fault(head, response, start, patience, secret).await);
        }
        if start.len() < RECORDING_MIN {
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

    /// Goes on at `bookmark` with `rest`, which [continues it](Bookmark::is_continued_by).
    pub(super) fn go_on(bookmark: &Bookmark, rest: Response, patience: Duration) -> Recording {
        let Bookmark { received, length, content_type, format, version } = bookmark.clone();
        let length = Some(length);
        Recording { start: None, rest, content_type, length, format, received, version, patience }
    }

    /// What the first bytes say it is; `None` when they are of another kind.
    pub fn format(&self) -> Option<AudioFormat> {
        self.format
    }

    /// What the server says it is, in lower case and safe for a terminal. It may be wrong.
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// How many bytes there will be, where the server sent it.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// How many bytes there were before those that [`Recording::chunk`] gives next.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Where it stands. `None` where its length is not known, as with a compressed one: what goes on
    /// there could not be told from another file.
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

    /// The next bytes, `None` after the last ones. An error is final. A recording whose length
    /// was sent and that ends early is an error; one without can end early unnoticed. They may come
    /// without end: the caller must know how much to take.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, ApiError> {
        let next = match self.start.take() {
            Some(start) => Some(start),
            None => within(self.patience, async { self.rest.chunk().await.map_err(failed) }).await?,
        };
        self.received += next.as_ref().map_or(0, |bytes| bytes.len() as u64);
        Ok(next)
    }
}

/// By hand: the response shows its URL, and that holds the secret.
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

/// The first bytes of the body, enough to tell what it is; all of it when it is shorter.
async fn read_start(response: &mut Response) -> Result<Vec<u8>, ApiError> {
    let mut start = Vec::new();
    while start.len() < RECORDING_MIN {
        match response.chunk().await.map_err(failed)? {
            Some(chunk) => start.extend_from_slice(&chunk),
            None => break,
        }
    }
    Ok(start)
}

/// What tells a file from its later versions: a strong `ETag`, or else when it was last changed
/// (RFC 9110, 13.1.5).
fn version(headers: &HeaderMap) -> Option<HeaderValue> {
    let strong = headers.get(ETAG).filter(|tag| tag.as_bytes().starts_with(b"\""));
    strong.or(headers.get(LAST_MODIFIED)).cloned()
}

/// What an answer that is no recording means; `start` was read from its body already.
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

/// Whether an answer that does not start like audio is JSON, a web page or other text: by what
/// the server calls it or by how it starts.
fn is_text(start: &[u8], content_type: Option<&str>) -> bool {
    let called_text = content_type
        .is_some_and(|given| given.starts_with("text/") || given.contains("json") || given.contains("html"));
    let text = decode(start);
    called_text || text.trim_start().starts_with(['{', '[', '<'])
}

#[cfg(test)]
mod tests {
    use super::AudioFormat::{self, Mp3, Wav};

    #[test]
    fn audio_is_known_by_its_first_bytes() {
        for (start, format) in [
            (b"RIFF\x24\0\0\0WAVEfmt " as &[u8], Some(Wav)),
            (b"RIFF\x24\0\0\0AVI LIST", None),
            (b"ID3\x04\0\0\0\0\0\x23TSSE", Some(Mp3)),
            (b"\xff\xfb\x90\x64\0\0\0\0\0\0\0\0", Some(Mp3)),
            (b"\xff\xe3\x18\xc4\0\0\0\0\0\0\0\0", Some(Mp3)),
            // A version, a layer, a bit rate and a sample rate that do not exist or are not MP3's.
            (b"\xff\xeb\x90\x64\0\0\0\0\0\0\0\0", None),
            (b"\xff\xf1\x50\x80\0\0\0\0\0\0\0\0", None),
            (b"\xff\xfb\xf0\x64\0\0\0\0\0\0\0\0", None),
            (b"\xff\xfb\x9c\x64\0\0\0\0\0\0\0\0", None),
            (b"OggS\0\x02\0\0\0\0\0\0", None),
            (b"\xff\xfe{\0", None),
            (b"", None),
        ] {
            assert_eq!(AudioFormat::sniff(start), format, "{start:?}");
        }
    }
}
