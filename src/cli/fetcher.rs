//! Recordings for verbs: fetched, looked at, and let go of when they are too many.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::{fs, io};

use tokio::task::spawn_blocking;

use crate::audio::{self, AudioError};
use crate::cli::desk::Desk;
use crate::cli::pick::Found;
use crate::model::{Flags, Sketch, VoicemailId};
use crate::player::Sound;
use crate::recording::{FetchError, Kept, Recordings};
use crate::store::AccountId;
use crate::telecmi::Client;

/// After how many new recordings those are let go of that are too many.
const TIDY_AFTER: u64 = 32;

/// The recordings of an account, and the way to those that are not here.
#[derive(Debug)]
pub struct Fetcher<'d> {
    /// The files.
    pub recordings: Recordings,
    desk: &'d Desk,
    account: AccountId,
    /// `None` where the server is not to be asked.
    client: Option<Client>,
    in_use: Mutex<HashSet<VoicemailId>>,
    fetched: AtomicU64,
}

/// Why a recording is not here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// The server has none for this voicemail.
    #[error("There is no recording.")]
    None,
    /// The server was not to be asked, or could not be.
    #[error("The recording is not here, and the server was not asked for it.")]
    NotAsked,
    /// It was asked for and did not come.
    #[error("{0}")]
    Fetch(#[from] FetchError),
}

impl<'d> Fetcher<'d> {
    /// The recordings of the desk's account; those that are not here are fetched if `asks`.
    pub async fn open(desk: &'d Desk, asks: bool) -> anyhow::Result<Fetcher<'d>> {
        let client = if asks { Some(desk.client().await?.clone()) } else { None };
        Ok(Fetcher {
            recordings: desk.recordings()?,
            desk,
            account: desk.account().await?,
            client,
            in_use: Mutex::default(),
            fetched: AtomicU64::new(0),
        })
    }

    /// Has the recording of `found` here; `progress` is that of [`Recordings::fetch`].
    pub async fn have(&self, found: &Found, progress: impl Fn(u64, Option<u64>)) -> Result<Kept, Missing> {
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

    /// The recording of `id` may be let go of again.
    pub fn leave(&self, id: VoicemailId) {
        self.in_use.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    /// Decodes the recording of `id` and stores what it looks like.
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
        let stored = self.desk.store.call(move |store| store.put_sound(account, id, sketch, &outline));
        if let Err(error) = stored.await {
            // It is looked at again the next time; the recording is here all the same.
            tracing::warn!(%error, "the outline of a recording was not stored");
        }
        Ok(Ok(sound))
    }

    /// What the recording of `found` is like, where it can be decoded and that is not known yet.
    pub async fn sketch(&self, found: &Found, kept: &Kept) -> Sketch {
        let known = found.entry.record.sketch;
        if known.is_known() {
            return known;
        }
        match self.look(found.entry.record.voicemail.id, kept).await {
            Ok(Ok(sound)) => sound.waveform.sketch(),
            other => {
                tracing::warn!(?other, "a recording cannot be looked at");
                known
            }
        }
    }

    /// Lets go of what is kept beyond the limit, but not of what is starred or still needed.
    pub async fn tidy(&self) {
        let account = self.account;
        let starred = self.desk.store.call(move |store| store.flagged(account, Flags::STARRED)).await;
        let Ok(mut needed) = starred else { return };
        needed.extend(self.in_use.lock().unwrap_or_else(PoisonError::into_inner).iter());
        let recordings = self.recordings.clone();
        let evicted = spawn_blocking(move || recordings.evict(&|id| needed.contains(&id))).await;
        tracing::info!(?evicted, "recordings tidied");
    }
}
