//! The cache of recordings: fetched once, verified to be audio, and evicted when there are too many.
//!
//! [`Recordings`] manages one folder, which several processes may share. Fetching is in
//! `recording/fetch.rs`, partial files in `recording/draft.rs`, file names and eviction in
//! `recording/folder.rs`. Nothing here decodes audio, or uses the store or the screen.
//!
//! Blocking: transfers and [`Recordings::save_as`] write on Tokio's blocking threads. [`Recordings::kept`],
//! [`Recordings::touch`] and [`Recordings::remove`] are a few system calls and may be called anywhere.
//! [`Recordings::open`] and [`Recordings::evict`] read the whole folder: call them on a blocking thread.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{fmt, io};

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use tokio::sync::watch;

use crate::core::model::{RecordingName, VoicemailId};
use crate::telecmi::{ApiError, OfflineReason};

mod draft;
mod fetch;
mod folder;
mod library;
mod place;
mod retry;
mod save;

use fetch::Job;
pub use fetch::{AHEAD_LARGEST, ANSWERS, RecordingApi, TRIES, Transfer};
use folder::Folder;
pub use folder::{AheadLock, Evicted, Kept, account_folder};
pub use library::{Ahead, Library, decode};
pub use place::{Names, Place, PlaceError, with_id};
pub use retry::not_ready_wait;
pub use save::{SaveError, name_part, portable_name, suggested_name};

/// The limits of the cache, and the delay before a retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The maximum size of a recording, in bytes.
    pub max_bytes_each: u64,
    /// The maximum size of all recordings together, in bytes, enforced by [`Recordings::evict`].
    pub cache_bytes: u64,
    /// The wait before the first retry of a transfer. It doubles each time; a random wait of up to the same
    /// length is added.
    pub first_wait: Duration,
}

impl Default for Limits {
    /// 64 MiB each (over an hour of telephone-quality WAV), 1 GiB together, half a second.
    fn default() -> Limits {
        Limits { max_bytes_each: 64 << 20, cache_bytes: 1 << 30, first_wait: Duration::from_millis(500) }
    }
}

/// Why a recording was not fetched. Contains no URL and no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The recording is missing or, more often, not published yet: not an error. [`not_ready_wait`] says
    /// when to retry.
    #[error("The recording is not ready yet. Try again in a minute.")]
    NotReady,
    /// The recording is larger than [`Limits::max_bytes_each`]. Nothing is cached.
    #[error("The recording is larger than {} MiB. Raise the setting largest_recording to fetch it.", limit >> 20)]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The data is not audio. Nothing is cached.
    #[error(
        "The server did not send a recording (type {}). Check the base URL, then try again.",
        content_type.as_deref().unwrap_or("unknown")
    )]
    NotAudio {
        /// The content type sent by the server, safe for a terminal.
        content_type: Option<String>,
    },
    /// The request failed permanently, or on every attempt.
    #[error("{0}")]
    Api(ApiError),
    /// The file could not be written.
    #[error("The recording cannot be cached: {reason}. Check the disk and the cache folder.")]
    Disk {
        /// The system's message.
        reason: String,
    },
}

impl FetchError {
    /// Whether the error will also affect all other recordings.
    pub fn is_hopeless(&self) -> bool {
        match self {
            FetchError::Api(ApiError::NotAuthenticated { .. }) => true,
            FetchError::Api(ApiError::Offline { reason }) => *reason != OfflineReason::Cut,
            _ => false,
        }
    }
}

impl From<ApiError> for FetchError {
    fn from(error: ApiError) -> FetchError {
        match error {
            ApiError::NotReady => FetchError::NotReady,
            error => FetchError::Api(error),
        }
    }
}

impl From<io::Error> for FetchError {
    fn from(error: io::Error) -> FetchError {
        FetchError::Disk { reason: error.to_string() }
    }
}

/// The progress of a transfer: bytes received, and total bytes if known.
type Progress = (u64, Option<u64>);

/// A transfer with all its attempts.
type Whole = BoxFuture<'static, Result<Kept, FetchError>>;

/// A transfer in progress. It is driven by everyone who waits for it, and ends when nobody waits any more:
/// this reference is weak.
struct Flight {
    transfer: WeakShared<Whole>,
    progress: watch::Receiver<Progress>,
    /// Whether the user waits for it; else it is fetched ahead.
    awaited: Arc<AtomicBool>,
}

/// The cached recordings of one account, in one folder. Cheap to clone.
#[derive(Clone)]
pub struct Recordings(Arc<Inner>);

struct Inner {
    folder: Folder,
    limits: Limits,
    /// At most one for each recording. Some may have ended.
    flights: Mutex<HashMap<VoicemailId, Flight>>,
}

impl Recordings {
    /// Opens `folder`, a cache of recordings, and creates it with access for this user only if it is missing.
    /// Deletes partial files that cannot be resumed or are more than a week older than `now`. Keeps those
    /// being written by a running process, and files with other names.
    ///
    /// Voicemail IDs are not unique across accounts: use one folder per account, from [`account_folder`].
    /// Blocks.
    pub fn open(folder: PathBuf, limits: Limits, now: DateTime<Utc>) -> io::Result<Recordings> {
        let folder = Folder::open(folder, now.into())?;
        Ok(Recordings(Arc::new(Inner { folder, limits, flights: Mutex::default() })))
    }

    /// Returns the recording of `id`, called `name` on the server: from the cache, or else fetched. Callers
    /// that fetch the same recording at the same time share the transfer, its progress and its result.
    ///
    /// `progress` is called with the bytes received and the total, if known. Reports that come faster than
    /// they are handled are dropped. If the server makes the transfer start again, the first number drops
    /// too. An interrupted transfer is attempted [`TRIES`] times, and resumed if the server supports it; a
    /// server that answers with something else is asked [`ANSWERS`] times.
    ///
    /// Dropping the future cancels the transfer, unless another caller waits for it. The partial file is
    /// kept then, as it is when the process is killed or all attempts fail. The next fetch resumes it, if
    /// the server gave a version that identifies the file.
    pub async fn fetch(
        &self,
        api: &impl RecordingApi,
        id: VoicemailId,
        name: &RecordingName,
        progress: impl Fn(u64, Option<u64>),
    ) -> Result<Kept, FetchError> {
        if let Some(kept) = self.kept(id) {
            return Ok(kept);
        }
        let (mut transfer, mut heard) = self.flight(api, id, name, true);
        loop {
            tokio::select! {
                outcome = &mut transfer => return outcome,
                // Fails when the transfer ends.
                Ok(()) = heard.changed() => {
                    let (received, total) = *heard.borrow_and_update();
                    progress(received, total);
                }
            }
        }
    }

    /// Like [`Recordings::fetch`], for a recording that nobody waits for: makes one attempt, and refuses a
    /// recording of more than [`AHEAD_LARGEST`] bytes. It will be evicted before those fetched for the user,
    /// until it is played.
    pub async fn fetch_ahead(
        &self,
        api: &impl RecordingApi,
        id: VoicemailId,
        name: &RecordingName,
    ) -> Result<Kept, FetchError> {
        if let Some(kept) = self.kept(id) {
            return Ok(kept);
        }
        let (transfer, _) = self.flight(api, id, name, false);
        let kept = transfer.await?;
        if let Err(error) = self.0.folder.put_behind(id) {
            tracing::warn!(%error, "a recording fetched ahead counts as one that was played");
        }
        Ok(kept)
    }

    /// Returns a lock that one process at a time can have, for as long as it fetches ahead: `None` while
    /// another one does. Where the folder cannot be locked, everyone gets it.
    pub fn lock_ahead(&self) -> Option<AheadLock> {
        self.0.folder.try_lock()
    }

    /// Returns the size of all cached recordings, as [`Recordings::evict`] counts it. Blocks.
    pub fn used(&self) -> io::Result<u64> {
        self.0.folder.used()
    }

    /// Returns the limits.
    pub fn limits(&self) -> Limits {
        self.0.limits
    }

    /// Returns the transfer in progress, or starts one. If the user is `awaiting` it, it goes on like one
    /// that was started so.
    fn flight(
        &self,
        api: &impl RecordingApi,
        id: VoicemailId,
        name: &RecordingName,
        awaiting: bool,
    ) -> (Shared<Whole>, watch::Receiver<Progress>) {
        let mut flights = self.0.flights.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = flights.get(&id)
            && let Some(transfer) = flight.transfer.upgrade()
        {
            flight.awaited.fetch_or(awaiting, Ordering::Relaxed);
            return (transfer, flight.progress.clone());
        }
        flights.retain(|_, flight| flight.transfer.upgrade().is_some());
        let (told, heard) = watch::channel((0, None));
        let (inner, api, name) = (Arc::clone(&self.0), api.clone(), name.clone());
        let awaited = Arc::new(AtomicBool::new(awaiting));
        let asked = Arc::clone(&awaited);
        let transfer = async move {
            // Another transfer may have ended in the meantime.
            if let Some(kept) = inner.folder.kept(id) {
                return Ok(kept);
            }
            let Inner { folder, limits, .. } = &*inner;
            let job =
                Job { api: &api, name: &name, folder, limits: *limits, progress: &told, awaited: &asked };
            job.run(id).await
        };
        let transfer = transfer.boxed().shared();
        if let Some(weak) = transfer.downgrade() {
            flights.insert(id, Flight { transfer: weak, progress: heard.clone(), awaited });
        }
        (transfer, heard)
    }

    /// Returns the recording of `id`, if it is cached.
    pub fn kept(&self, id: VoicemailId) -> Option<Kept> {
        self.0.folder.kept(id)
    }

    /// Records that the recording of `id` was played `now`, to evict it later than others. Until it is
    /// played, the time when it was fetched counts. Does nothing if it is not cached.
    pub fn touch(&self, id: VoicemailId, now: DateTime<Utc>) -> io::Result<()> {
        self.0.folder.touch(id, now.into())
    }

    /// Evicts the least recently played recordings until the rest of the cache fits into
    /// [`Limits::cache_bytes`]. Partial files that nobody is writing count too. Recordings for which `keep`
    /// returns true stay, even if they exceed the limit. Blocks.
    pub fn evict(&self, keep: &dyn Fn(VoicemailId) -> bool) -> io::Result<Evicted> {
        self.0.folder.evict(self.0.limits.cache_bytes, keep)
    }

    /// Removes the recording of `id` and its partial files. Does nothing if it is not cached.
    pub fn remove(&self, id: VoicemailId) -> io::Result<()> {
        self.0.folder.remove(id)
    }

    /// Copies the recording of `id` to `target`, completely or not at all. Overwrites an existing file only
    /// with `overwrite`.
    ///
    /// Dropping the future does not stop a copy in progress.
    pub async fn save_as(&self, id: VoicemailId, target: &Path, overwrite: bool) -> Result<(), SaveError> {
        let kept = self.kept(id).ok_or(SaveError::NotKept)?;
        save::copy(kept.path, target.to_owned(), overwrite).await
    }
}

/// Written by hand, because transfers do not implement it.
impl fmt::Debug for Recordings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recordings")
            .field("folder", &self.0.folder)
            .field("limits", &self.0.limits)
            .finish_non_exhaustive()
    }
}

/// Runs `work` on a blocking thread.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await?
}
