//! Recordings on disk: fetched once, verified to be audio, kept, and let go of when they are too many.
//!
//! [`Recordings`] owns one folder; other processes may own the same one at the same time. How a
//! recording comes is in `recording/fetch.rs`, how it is written and gone on with in `recording/draft.rs`,
//! what files are called in `recording/folder.rs`. What is heard in them is for those who decode them.
//! Nothing here knows the store, the screen or the wire.
//!
//! What may block: a transfer writes on Tokio's blocking threads, and so does [`Recordings::save_as`].
//! [`Recordings::kept`], [`Recordings::touch`] and [`Recordings::remove`] are a few system calls each
//! and may be called anywhere. [`Recordings::open`] and [`Recordings::evict`] look through the folder:
//! they are for a thread that may wait.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{fmt, io};

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use tokio::sync::watch;

use crate::model::{RecordingName, VoicemailId};
use crate::telecmi::ApiError;

mod draft;
mod fetch;
mod folder;
mod prefetch;
mod save;

pub use fetch::{ANSWERS, RecordingApi, TRIES, Transfer, not_ready_wait};
pub use folder::{Evicted, Kept, account_folder};
pub use prefetch::{Candidate, Prefetch, prefetch_order};
pub use save::{SaveError, name_part, suggested_name};

use fetch::Job;
use folder::Folder;

/// How much is kept, and how hard is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest recording that is taken, in bytes.
    pub max_bytes_each: u64,
    /// What all kept recordings may take together, in bytes: [`Recordings::evict`] goes by it.
    pub cache_bytes: u64,
    /// How long to wait before a transfer that broke off is tried again for the first time; from
    /// then on twice as long each time, and up to as much again by chance.
    pub first_wait: Duration,
}

impl Default for Limits {
    /// 64 MiB each, over an hour of telephone-quality WAV; 1 GiB together; half a second.
    fn default() -> Limits {
        Limits { max_bytes_each: 64 << 20, cache_bytes: 1 << 30, first_wait: Duration::from_millis(500) }
    }
}

/// Why there is no recording. Holds no URL and no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// It is missing or, more often, not published yet: a state and no fault. [`not_ready_wait`]
    /// says when to ask again.
    #[error("The recording is not there yet. Try again in a minute.")]
    NotReady,
    /// It is larger than [`Limits::max_bytes_each`]. Nothing of it is kept.
    #[error("The recording is larger than {} MiB and was not kept. Raise the limit to have it.", limit >> 20)]
    TooLarge {
        /// The most that is taken, in bytes.
        limit: u64,
    },
    /// What came is not what this program takes for audio. Nothing of it is kept.
    #[error(
        "The server sent something that is no MP3 or WAV recording ({}). Check the base URL, then try again.",
        content_type.as_deref().unwrap_or("it does not say what")
    )]
    NotAudio {
        /// What the server calls it, safe for a terminal.
        content_type: Option<String>,
    },
    /// The request failed for good, or as often as it is tried.
    #[error("{0}")]
    Api(ApiError),
    /// It could not be written.
    #[error("The recording cannot be kept: {reason}. Check the disk and its folder.")]
    Disk {
        /// The system's words.
        reason: String,
    },
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

/// How far a transfer has come: the bytes that are here, and how many there will be.
type Progress = (u64, Option<u64>);

/// A whole transfer, with all its tries.
type Whole = BoxFuture<'static, Result<Kept, FetchError>>;

/// A transfer on its way. Everyone who waits for it drives it; it ends when nobody does any more,
/// and this alone does not keep it going.
struct Flight {
    transfer: WeakShared<Whole>,
    progress: watch::Receiver<Progress>,
}

/// The recordings of one account, in one folder. Cheap to clone.
#[derive(Clone)]
pub struct Recordings(Arc<Inner>);

struct Inner {
    folder: Folder,
    limits: Limits,
    /// At most one for each recording. Some may have ended already.
    flights: Mutex<HashMap<VoicemailId, Flight>>,
}

impl Recordings {
    /// Takes `folder`, made for this user alone where it is missing. What other runs left half written
    /// stays for a week before `now`, so that it can be gone on with; the rest of it is swept out. What
    /// a living process is writing there stays, and so does every file that this program did not name.
    ///
    /// An identity does not tell accounts apart: give each its own, by [`account_folder`]. Blocks.
    pub fn open(folder: PathBuf, limits: Limits, now: DateTime<Utc>) -> io::Result<Recordings> {
        let folder = Folder::open(folder, now.into())?;
        Ok(Recordings(Arc::new(Inner { folder, limits, flights: Mutex::default() })))
    }

    /// The recording of `id`, which the server calls `name`: at once when it is kept, else from the
    /// network. Whoever asks for one that is on its way shares that transfer, its progress and its
    /// outcome.
    ///
    /// `progress` is called with the bytes that are here and how many there will be; reports that
    /// come faster than they are taken are left out, and where the server makes it begin anew the
    /// first number falls. A transfer that breaks off is tried [`TRIES`] times, from where it stood if
    /// the server allows that; a server that answers with something else is asked [`ANSWERS`] times.
    ///
    /// Dropping the future cancels the transfer, unless another waits for it. What came of it stays, as
    /// it does when the process is killed or the tries are used up: the next fetch goes on there, if the
    /// server gave a version by which it can tell that the file is still the same.
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
        let (mut transfer, mut heard) = self.flight(api, id, name);
        loop {
            tokio::select! {
                outcome = &mut transfer => return outcome,
                // Ends together with the transfer.
                Ok(()) = heard.changed() => {
                    let (got, of) = *heard.borrow_and_update();
                    progress(got, of);
                }
            }
        }
    }

    /// The transfer that is on its way, or a new one.
    fn flight(
        &self,
        api: &impl RecordingApi,
        id: VoicemailId,
        name: &RecordingName,
    ) -> (Shared<Whole>, watch::Receiver<Progress>) {
        let mut flights = self.0.flights.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = flights.get(&id)
            && let Some(transfer) = flight.transfer.upgrade()
        {
            return (transfer, flight.progress.clone());
        }
        flights.retain(|_, flight| flight.transfer.upgrade().is_some());
        let (told, heard) = watch::channel((0, None));
        let (inner, api, name) = (Arc::clone(&self.0), api.clone(), name.clone());
        let transfer = async move {
            // Another may have ended since the caller looked.
            if let Some(kept) = inner.folder.kept(id) {
                return Ok(kept);
            }
            let Inner { folder, limits, .. } = &*inner;
            let job = Job { api: &api, name: &name, folder, limits: *limits, progress: &told };
            job.run(id).await
        };
        let transfer = transfer.boxed().shared();
        if let Some(weak) = transfer.downgrade() {
            flights.insert(id, Flight { transfer: weak, progress: heard.clone() });
        }
        (transfer, heard)
    }

    /// The recording of `id`, if it is kept.
    pub fn kept(&self, id: VoicemailId) -> Option<Kept> {
        self.0.folder.kept(id)
    }

    /// Notes that `id` is heard `now`, so that it is let go of later than what was not. Until it is
    /// heard, the time of its fetching counts. Nothing happens when it is not kept.
    pub fn touch(&self, id: VoicemailId, now: DateTime<Utc>) -> io::Result<()> {
        self.0.folder.touch(id, now.into())
    }

    /// Lets go of the least recently heard until all together take no more than
    /// [`Limits::cache_bytes`]. Begun ones that nobody writes count like others. Those that `keep` is
    /// true for stay, even if that is too much. Blocks.
    pub fn evict(&self, keep: &dyn Fn(VoicemailId) -> bool) -> io::Result<Evicted> {
        self.0.folder.evict(self.0.limits.cache_bytes, keep)
    }

    /// Lets go of the recording of `id`, and of what is left of transfers of it. Nothing happens when it
    /// is not kept.
    pub fn remove(&self, id: VoicemailId) -> io::Result<()> {
        self.0.folder.remove(id)
    }

    /// Copies the recording of `id` to `target`, which appears whole or not at all. A file that is
    /// there already is replaced when `overwrite` says so.
    ///
    /// Dropping the future does not stop a copy that has begun.
    pub async fn save_as(&self, id: VoicemailId, target: &Path, overwrite: bool) -> Result<(), SaveError> {
        let kept = self.kept(id).ok_or(SaveError::NotKept)?;
        save::copy(kept.path, target.to_owned(), overwrite).await
    }
}

/// By hand: a transfer has nothing to show.
impl fmt::Debug for Recordings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recordings")
            .field("folder", &self.0.folder)
            .field("limits", &self.0.limits)
            .finish_non_exhaustive()
    }
}
