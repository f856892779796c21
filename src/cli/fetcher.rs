//! Recordings for the verbs: what is missing is fetched, unless the verb works offline.

use crate::cli::context::VerbContext;
use crate::cli::query::Hit;
use crate::core::model::Sketch;
use crate::recording::{FetchError, Kept, Library};
use crate::telecmi::Client;

/// The recordings of the account in force; fetches missing ones.
#[derive(Debug)]
pub struct Fetcher {
    /// The recordings.
    pub library: Library,
    /// `None` if the server must not be contacted.
    client: Option<Client>,
}

/// Why a recording is not available.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// The voicemail has no recording.
    #[error("This voicemail has no recording.")]
    None,
    /// It is not cached, and the server was not contacted.
    #[error("The recording is not cached, and the server was not contacted.")]
    Offline,
    /// Fetching it failed.
    #[error("{0}")]
    Fetch(#[from] FetchError),
}

impl Fetcher {
    /// Opens the recordings of the account in force. Missing ones are fetched if `asks`.
    pub async fn open(context: &VerbContext, asks: bool) -> anyhow::Result<Fetcher> {
        let client = if asks { Some(context.client().await?.clone()) } else { None };
        let library = Library::new(context.recordings()?, context.store.clone(), context.key.clone());
        Ok(Fetcher { library, client })
    }

    /// Returns the recording of `found`, fetching it if needed; for `progress` see [`Library::fetch`]. It is
    /// in use until it is [released](Library::release).
    pub async fn have(&self, found: &Hit, progress: impl Fn(u64, Option<u64>)) -> Result<Kept, Missing> {
        let voicemail = &found.entry.record.voicemail;
        self.library.hold(voicemail.id);
        if let Some(kept) = self.library.recordings.kept(voicemail.id) {
            return Ok(kept);
        }
        let Some(name) = &voicemail.recording else { return Err(Missing::None) };
        let Some(client) = &self.client else { return Err(Missing::Offline) };
        Ok(self.library.fetch(client, voicemail.id, name, progress).await?)
    }

    /// Returns the summary of the recording of `found`: analyses it if needed; unknown if it cannot be
    /// decoded.
    pub async fn sketch(&self, found: &Hit, kept: &Kept) -> Sketch {
        let known = found.entry.record.sketch;
        if known.is_known() {
            return known;
        }
        match self.library.analyse(found.entry.record.voicemail.id, kept).await {
            Ok(Ok(sound)) => sound.waveform.sketch(),
            other => {
                tracing::warn!(?other, "a recording cannot be analysed");
                known
            }
        }
    }
}
