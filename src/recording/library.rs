//! The recordings of one account, for the inbox and the verbs alike: fetched once, decoded, noted in the
//! store, and evicted when the cache is full, but not while they are in use.

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{fs, io};

use tokio::task::spawn_blocking;

use super::{FetchError, Kept, Recordings};
use crate::audio::{self, AudioError};
use crate::core::facts::Flags;
use crate::core::model::{AccountKey, RecordingName, VoicemailId};
use crate::player::Sound;
use crate::store::StoreHandle;
use crate::telecmi::Client;

/// Evict old recordings at the first download, and then after this many.
const TIDY_AFTER: u64 = 32;

/// How much of the cache to leave free when fetching ahead: a tenth.
const FREE: u64 = 10;

/// Read the size of the cache again after this many recordings fetched ahead.
const MEASURE_AFTER: u64 = 16;

/// What became of a recording to fetch ahead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ahead {
    /// It is cached.
    Kept(Kept),
    /// Another process is fetching ahead.
    Busy,
    /// There is no room in the cache.
    Full,
}

/// The recordings of an account, and what the store knows of them.
#[derive(Debug)]
pub struct Library {
    /// The cache.
    pub recordings: Recordings,
    store: StoreHandle,
    account: AccountKey,
    in_use: Mutex<HashSet<VoicemailId>>,
    fetched: AtomicU64,
    /// How many recordings were fetched ahead, and the size of the cache.
    ahead: AtomicU64,
    used: AtomicU64,
}

impl Library {
    /// Returns the library of `account`.
    pub fn new(recordings: Recordings, store: StoreHandle, account: AccountKey) -> Library {
        Library {
            recordings,
            store,
            account,
            in_use: Mutex::default(),
            fetched: AtomicU64::new(0),
            ahead: AtomicU64::new(0),
            used: AtomicU64::new(0),
        }
    }

    /// Fetches a recording, even if it is cached; for `progress` see [`Recordings::fetch`]. It is in use
    /// from then on.
    pub async fn fetch(
        &self,
        client: &Client,
        id: VoicemailId,
        name: &RecordingName,
        progress: impl Fn(u64, Option<u64>),
    ) -> Result<Kept, FetchError> {
        self.hold(id);
        let kept = self.recordings.fetch(client, id, name, progress).await?;
        if self.fetched.fetch_add(1, Ordering::Relaxed).is_multiple_of(TIDY_AFTER) {
            self.tidy().await;
        }
        Ok(kept)
    }

    /// Fetches a recording that nobody waits for: see [`Recordings::fetch_ahead`]. Never evicts another one.
    pub async fn fetch_ahead(
        &self,
        client: &Client,
        id: VoicemailId,
        name: &RecordingName,
    ) -> Result<Ahead, FetchError> {
        // Two processes would both fetch what is on both screens. The second one finds it in the cache.
        let Some(_lock) = self.recordings.lock_ahead() else { return Ok(Ahead::Busy) };
        if let Some(kept) = self.recordings.kept(id) {
            return Ok(Ahead::Kept(kept));
        }
        if self.ahead.fetch_add(1, Ordering::Relaxed).is_multiple_of(MEASURE_AFTER) {
            let recordings = self.recordings.clone();
            let used = spawn_blocking(move || recordings.used()).await.map_err(io::Error::other)??;
            self.used.store(used, Ordering::Relaxed);
        }
        let limit = self.recordings.limits().cache_bytes;
        if self.used.load(Ordering::Relaxed) > limit - limit / FREE {
            return Ok(Ahead::Full);
        }
        let kept = self.recordings.fetch_ahead(client, id, name).await?;
        self.used.fetch_add(kept.bytes, Ordering::Relaxed);
        Ok(Ahead::Kept(kept))
    }

    /// Keeps the recording of `id` from being evicted.
    pub fn hold(&self, id: VoicemailId) {
        self.in_use().insert(id);
    }

    /// Allows the recording of `id` to be evicted.
    pub fn release(&self, id: VoicemailId) {
        self.in_use().remove(&id);
    }

    /// Keeps these recordings from being evicted, and no others.
    pub fn hold_only(&self, ids: impl IntoIterator<Item = VoicemailId>) {
        *self.in_use() = ids.into_iter().collect();
    }

    fn in_use(&self) -> MutexGuard<'_, HashSet<VoicemailId>> {
        self.in_use.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Decodes the recording of `id`, and stores its length and waveform. The outer error is one of reading
    /// the file.
    pub async fn analyse(&self, id: VoicemailId, kept: &Kept) -> io::Result<Result<Sound, AudioError>> {
        let path = kept.path.clone();
        let sound = match spawn_blocking(move || decode(&path)).await?? {
            Ok(sound) => sound,
            Err(error) => return Ok(Err(error)),
        };
        let (account, sketch, bytes) =
            (self.account.clone(), sound.waveform.sketch(), sound.waveform.to_bytes());
        let stored = self.store.call(move |store| {
            let account = store.account(&account)?;
            store.put_sound(account, id, sketch, &bytes)
        });
        if let Err(error) = stored.await {
            // Playing does not need it, and it is computed again the next time.
            tracing::warn!(%error, "the waveform of a recording was not stored");
        }
        Ok(Ok(sound))
    }

    /// Evicts recordings beyond the cache limit, except starred ones and those in use.
    pub async fn tidy(&self) {
        let account = self.account.clone();
        let starred = self.store.call(move |store| {
            let account = store.account(&account)?;
            store.flagged(account, Flags::STARRED)
        });
        let Ok(mut needed) = starred.await else { return };
        needed.extend(self.in_use().iter());
        let recordings = self.recordings.clone();
        let evicted = spawn_blocking(move || recordings.evict(&|id| needed.contains(&id))).await;
        tracing::info!(?evicted, "recordings evicted");
    }
}

/// Reads a recording in the library and decodes it. The outer error is one of reading the file.
pub fn decode(path: &Path) -> io::Result<Result<Sound, AudioError>> {
    let bytes = fs::read(path)?;
    Ok(audio::decode(&bytes).map(Sound::new))
}
