//! Recordings for the verbs: fetches and analyses them, and evicts old ones.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::{fs, io};

use tokio::task::spawn_blocking;

use crate::audio::{self, AudioError};
use crate::cli::context::VerbContext;
use crate::cli::query::Hit;
use crate::core::model::{Flags, Sketch, VoicemailId};
use crate::player::Sound;
use crate::recording::{FetchError, Kept, Recordings};
use crate::store::AccountId;
use crate::telecmi::Client;

/// Evict old recordings after this many fetched ones.
const TIDY_AFTER: u64 = 32;

/// The recordings of an account; fetches missing ones.
#[derive(Debug)]
pub struct Fetcher<'d> {
    /// The recording cache.
    pub recordings: Recordings,
    context: &'d VerbContext,
    account: AccountId,
    /// `None` if the server must not be contacted.
    client: Option<Client>,
    in_use: Mutex<HashSet<VoicemailId>>,
    fetched: AtomicU64,
}

/// Why a recording is not available.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// The voicemail has no recording.
    #[error("This voicemail has no recording.")]
    None,
    /// It is not cached, and the server was not contacted.
    #[error("The recording is not cached, and the server was not contacted.")]
    NotAsked,
    /// Fetching it failed.
    #[error("{0}")]
    Fetch(#[from] FetchError),
}

impl<'d> Fetcher<'d> {
    /// Opens the recordings of the desk's account. Missing ones are fetched if `asks`.
    pub async fn open(context: &'d VerbContext, asks: bool) -> anyhow::Result<Fetcher<'d>> {
        let client = if asks { Some(context.client().await?.clone()) } else { None };
        Ok(Fetcher {
            recordings: context.recordings()?,
            context,
            account: context.account().await?,
            client,
            in_use: Mutex::default(),
            fetched: AtomicU64::new(0),
        })
    }

    /// Returns the recording of `found`, fetching it if needed; for `progress` see [`Recordings::fetch`].
    pub async fn have(&self, found: &Hit, progress: impl Fn(u64, Option<u64>)) -> Result<Kept, Missing> {
        let voicemail = &found.entry.record.voicemail;
        let id = voicemail.id;
        self.in_use.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        if let Some(kept) = self.recordings.kept(id) {
            return Ok(kept);
        }
        let Some(name) = &voicemail.recording else { return Err(Missing::None) };
        let Some(client) = &self.client else { return Err(Missing::NotAsked) };
        let kept = self.recordings.fetch(client, id, name, progress).await?;
        if self.fetched.fetch_add(1, Ordering::Relaxed) % TIDY_AFTER == TIDY_AFTER - 1 {
            self.tidy().await;
        }
        Ok(kept)
    }

    /// Allows the recording of `id` to be evicted.
    pub fn leave(&self, id: VoicemailId) {
        self.in_use.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    /// Decodes the recording of `id` and stores its length and waveform.
    pub async fn look(&self, id: VoicemailId, kept: &Kept) -> io::Result<Result<Sound, AudioError>> {
        let path = kept.path.clone();
        let decoded = spawn_blocking(move || {
            let bytes = fs::read(path)?;
            io::Result::Ok(audio::decode(&bytes).map(Sound::new))
        });
        let sound = match decoded.await?? {
            Ok(sound) => sound,
            Err(error) => return Ok(Err(error)),
        };
        let (account, sketch, outline) = (self.account, sound.waveform.sketch(), sound.waveform.to_bytes());
        let stored = self.context.store.call(move |store| store.put_sound(account, id, sketch, &outline));
        if let Err(error) = stored.await {
            // Not fatal: it is analysed again the next time.
            tracing::warn!(%error, "the waveform of a recording was not stored");
        }
        Ok(Ok(sound))
    }

    /// Analyses the recording of `found` if that was not done before; `None` if it cannot be decoded.
    pub async fn sketch(&self, found: &Hit, kept: &Kept) -> Sketch {
        let known = found.entry.record.sketch;
        if known.is_known() {
            return known;
        }
        match self.look(found.entry.record.voicemail.id, kept).await {
            Ok(Ok(sound)) => sound.waveform.sketch(),
            other => {
                tracing::warn!(?other, "a recording cannot be analysed");
                known
            }
        }
    }

    /// Evicts recordings over the cache limit, except starred ones and those in use.
    pub async fn tidy(&self) {
        let account = self.account;
        let starred = self.context.store.call(move |store| store.flagged(account, Flags::STARRED)).await;
        let Ok(mut needed) = starred else { return };
        needed.extend(self.in_use.lock().unwrap_or_else(PoisonError::into_inner).iter());
        let recordings = self.recordings.clone();
        let evicted = spawn_blocking(move || recordings.evict(&|id| needed.contains(&id))).await;
        tracing::info!(?evicted, "recordings evicted");
    }
}
