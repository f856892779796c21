//! Fetches one recording to disk: attempts, the check that it is audio, and resuming.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use bytes::Bytes;
use tokio::sync::watch;

use super::blocking;
use super::draft::Draft;
use super::folder::{Folder, Kept};
use super::{FetchError, Limits, Progress};
use crate::audio::AudioFormat;
use crate::core::model::{RecordingName, VoicemailId};
use crate::telecmi::{ApiError, Bookmark, Client, OfflineReason, Recording};

/// The maximum number of attempts to fetch a recording.
pub const TRIES: usize = 5;

/// How many wrong answers of the server to accept before giving up. It usually repeats them, and the user
/// is waiting.
pub const ANSWERS: usize = 2;

/// The maximum size of a recording that nobody waits for, in bytes: a few minutes of WAV, half an hour of MP3.
pub const AHEAD_LARGEST: u64 = 4 << 20;

/// A source of recordings.
pub trait RecordingApi: Clone + Send + Sync + 'static {
    /// A recording being received.
    type Transfer: Transfer;

    /// Starts to fetch the recording `name`, or resumes at `bookmark` if possible: see
    /// [`Transfer::received`]. One attempt.
    fn recording(
        &self,
        name: &RecordingName,
        bookmark: Option<&Bookmark>,
    ) -> impl Future<Output = Result<Self::Transfer, ApiError>> + Send;
}

/// A recording being received: the part of [`Recording`] that is needed here.
pub trait Transfer: Send {
    /// Returns the format of the recording, according to its first bytes.
    fn format(&self) -> Option<AudioFormat>;

    /// Returns the recording's content type sent by the server, in lower case and safe for a terminal.
    fn content_type(&self) -> Option<&str>;

    /// Returns the size of the whole recording in bytes, if the server sent it.
    fn length(&self) -> Option<u64>;

    /// Returns how many bytes of the recording were received so far, including earlier attempts; 0 if it
    /// starts from the beginning.
    fn received(&self) -> u64;

    /// Returns the position to resume the transfer from, if possible.
    fn bookmark(&self) -> Option<Bookmark>;

    /// Receives the next bytes of the recording; `None` at the end. Errors are final.
    fn chunk(&mut self) -> impl Future<Output = Result<Option<Bytes>, ApiError>> + Send;
}

impl RecordingApi for Client {
    type Transfer = Recording;

    async fn recording(
        &self,
        name: &RecordingName,
        bookmark: Option<&Bookmark>,
    ) -> Result<Recording, ApiError> {
        match bookmark {
            Some(bookmark) => Client::resume(self, name, bookmark).await,
            None => Client::recording(self, name).await,
        }
    }
}

impl Transfer for Recording {
    fn format(&self) -> Option<AudioFormat> {
        Recording::format(self)
    }

    fn content_type(&self) -> Option<&str> {
        Recording::content_type(self)
    }

    fn length(&self) -> Option<u64> {
        Recording::length(self)
    }

    fn received(&self) -> u64 {
        Recording::received(self)
    }

    fn bookmark(&self) -> Option<Bookmark> {
        Recording::bookmark(self)
    }

    async fn chunk(&mut self) -> Result<Option<Bytes>, ApiError> {
        Recording::chunk(self).await
    }
}

/// What to fetch, and where to report progress.
pub(super) struct Job<'a, A> {
    pub api: &'a A,
    pub name: &'a RecordingName,
    pub folder: &'a Folder,
    pub limits: Limits,
    pub progress: &'a watch::Sender<Progress>,
    /// Whether the user waits for it. If not, there is one attempt, and a lower limit.
    pub awaited: &'a AtomicBool,
}

impl<A: RecordingApi> Job<'_, A> {
    /// Fetches the recording into the cache.
    pub(super) async fn run(&self, id: VoicemailId) -> Result<Kept, FetchError> {
        let mut waits = ExponentialBuilder::new()
            .with_min_delay(self.limits.first_wait)
            .with_factor(2.0)
            .with_max_delay(Duration::from_secs(60))
            .with_max_times(TRIES - 1)
            .with_jitter()
            .build();
        let mut begun = self.begun(id).await;
        let mut answers = 0;
        loop {
            let error = match self.attempt(id, &mut begun).await {
                Ok(whole) => {
                    let (path, bytes, format) = whole.keep(|format| self.folder.path(id, format)).await?;
                    return Ok(Kept { path, bytes, format });
                }
                Err(FetchError::Api(error)) if error.is_transient() => error,
                Err(error) => return Err(error),
            };
            answers += usize::from(is_answer(&error));
            let again = answers < ANSWERS && self.awaited.load(Ordering::Relaxed);
            let Some(wait) = waits.next().filter(|_| again) else { return Err(error.into()) };
            tokio::time::sleep(wait.max(error.retry_after().unwrap_or_default())).await;
        }
    }

    /// Returns the partial file of an earlier run.
    async fn begun(&self, id: VoicemailId) -> Option<Begun> {
        let folder = self.folder.clone();
        let begun = blocking(move || folder.begun(id)).await;
        // On errors, everything is fetched again.
        let (draft, bookmark) =
            begun.inspect_err(|error| tracing::warn!(%error, "partial files cannot be read")).ok()??;
        Some(Begun { draft, bookmark })
    }

    /// Makes one attempt: fetches the whole recording, or the rest of it. On failure, leaves in `begun`
    /// what can be resumed.
    async fn attempt(&self, id: VoicemailId, begun: &mut Option<Begun>) -> Result<Draft, FetchError> {
        let bookmark = begun.as_ref().map(|begun| &begun.bookmark);
        let mut transfer = self.api.recording(self.name, bookmark).await?;
        let mut draft = match begun.take() {
            Some(begun) if transfer.received() > 0 => begun.draft,
            outdated => {
                if let Some(outdated) = outdated {
                    outdated.draft.discard();
                }
                let (folder, format) = (self.folder.clone(), self.verified(&transfer)?);
                blocking(move || folder.begin(id, format)).await?
            }
        };
        match self.receive(&mut transfer, &mut draft).await {
            Ok(()) => Ok(draft),
            Err(error @ FetchError::Api(_)) => {
                *begun = transfer.bookmark().map(|bookmark| Begun { draft, bookmark });
                Err(error)
            }
            Err(error) => {
                draft.discard();
                Err(error)
            }
        }
    }

    /// Returns the format of `transfer`. Fails if it is not audio or too large.
    fn verified(&self, transfer: &A::Transfer) -> Result<AudioFormat, FetchError> {
        let called = transfer.content_type();
        let format = transfer.format().filter(|_| called.is_none_or(may_be_audio));
        let format =
            format.ok_or_else(|| FetchError::NotAudio { content_type: called.map(str::to_owned) })?;
        self.check(transfer.length().unwrap_or_default())?;
        Ok(format)
    }

    async fn receive(&self, transfer: &mut A::Transfer, draft: &mut Draft) -> Result<(), FetchError> {
        let length = transfer.length();
        while let Some(bytes) = transfer.chunk().await? {
            self.check(transfer.received())?;
            draft.add(&bytes, transfer.bookmark()).await?;
            self.progress.send_replace((transfer.received(), length));
        }
        if length.is_some_and(|length| transfer.received() != length) {
            return Err(ApiError::Offline { reason: OfflineReason::Cut }.into());
        }
        Ok(())
    }

    fn check(&self, bytes: u64) -> Result<(), FetchError> {
        let each = self.limits.max_bytes_each;
        let limit = if self.awaited.load(Ordering::Relaxed) { each } else { each.min(AHEAD_LARGEST) };
        if bytes > limit { Err(FetchError::TooLarge { limit }) } else { Ok(()) }
    }
}

/// Returns whether the server works, but answered with something other than the recording. One that fails
/// (HTTP 500 and above) or asks to wait may recover soon.
fn is_answer(error: &ApiError) -> bool {
    matches!(error, ApiError::Malformed { .. } | ApiError::Server { status: ..300, .. })
}

/// A partial file from an interrupted attempt or run.
struct Begun {
    draft: Draft,
    bookmark: Bookmark,
}

/// Returns whether data with this content type may be audio. Servers that do not know the type of a
/// recording send a generic one; any other type is meant.
fn may_be_audio(content_type: &str) -> bool {
    let other = ["text/", "image/", "multipart/"].iter().any(|kind| content_type.starts_with(kind));
    !other && !["json", "html", "xml"].iter().any(|kind| content_type.contains(kind))
}

#[cfg(test)]
mod tests {
    use super::may_be_audio;

    #[test]
    fn what_names_another_kind_is_no_audio() {
        for audio in ["audio/mpeg", "audio/x-wav; x=1", "application/octet-stream", "binary/octet-stream"] {
            assert!(may_be_audio(audio), "{audio}");
        }
        for other in ["text/html; charset=utf-8", "application/problem+json", "image/png", "application/xml"]
        {
            assert!(!may_be_audio(other), "{other}");
        }
    }
}
