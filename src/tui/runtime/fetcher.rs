//! The recordings of one account: fetches, decodes and saves them. What to fetch when
//! is decided in `sounds`.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use std::{fs, io};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{StreamExt as _, stream};
use tokio::sync::{OnceCell, OwnedSemaphorePermit, mpsc, watch};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::account::{Account, client_of};
use crate::audio::{AudioError, AudioFormat, Waveform};
use crate::core::model::{RecordingName, VoicemailId};
use crate::player::Sound;
use crate::recording::{
    self, Ahead, FetchError, Kept, Limits, Place, Recordings, SaveError, decode, with_id,
};
use crate::store::StoreHandle;
use crate::telecmi::{ApiError, Client, WaitingFor};
use crate::tui::list::rows::RowKey;
use crate::tui::msg::{AheadNews, FileToSave, Msg, NotSaved, RecordingNews, SavedAll};

/// How many decoded recordings to keep: the latest, and those prefetched.
const DECODED: usize = 4;

/// How many of several recordings are fetched and saved at once.
const SAVED_AT_ONCE: usize = 4;
/// How long a recording that nobody waits for may take: on a line that slow it is in the way.
const AHEAD_PATIENCE: Duration = Duration::from_secs(120);

/// The recordings, and how to get them.
pub(super) struct Fetcher {
    account: Arc<Account>,
    client: Arc<OnceCell<Client>>,
    store: StoreHandle,
    messages: mpsc::Sender<Msg>,
    clock: fn() -> DateTime<Utc>,
    folder: PathBuf,
    limits: Limits,
    library: OnceCell<recording::Library>,
    /// Cloned by each transfer that the user waits for, besides those of the list.
    awaited: Arc<()>,
    /// Latest last.
    decoded: Mutex<Vec<(VoicemailId, Sound)>>,
}

impl Fetcher {
    /// Creates the fetcher of recordings. `folder` is opened on first use.
    pub(super) fn new(
        account: Arc<Account>,
        client: Arc<OnceCell<Client>>,
        store: StoreHandle,
        messages: mpsc::Sender<Msg>,
        clock: fn() -> DateTime<Utc>,
        folder: PathBuf,
        limits: Limits,
    ) -> Fetcher {
        Fetcher {
            account,
            client,
            store,
            messages,
            clock,
            folder,
            limits,
            library: OnceCell::new(),
            awaited: Arc::default(),
            decoded: Mutex::default(),
        }
    }

    async fn library(&self) -> Result<&recording::Library, FetchError> {
        let open = || async {
            let (folder, limits, now) = (self.folder.clone(), self.limits, (self.clock)());
            let opened = spawn_blocking(move || Recordings::open(folder, limits, now)).await;
            let recordings = opened.unwrap_or_else(|ended| Err(io::Error::other(ended)))?;
            Ok(recording::Library::new(recordings, self.store.clone(), self.account.key.clone()))
        };
        self.library.get_or_try_init(open).await
    }

    /// Keeps these recordings and the decoded ones from being evicted, and no others. The one that plays is
    /// decoded.
    pub(super) fn hold_only(&self, keys: &[RowKey]) {
        // Nothing can be evicted before the first fetch.
        if let Some(library) = self.library.get() {
            let decoded = self.decoded.lock().unwrap_or_else(PoisonError::into_inner);
            let decoded = decoded.iter().map(|(id, _)| *id);
            library.hold_only(keys.iter().map(|key| key.id).chain(decoded));
        }
    }

    /// Fetches a recording, reports the result and passes on its permit.
    pub(super) async fn transfer(self: Arc<Fetcher>, key: RowKey, place: Option<OwnedSemaphorePermit>) {
        let news = self.fetch(key).await.unwrap_or_else(RecordingNews::Failed);
        drop(place);
        // Sending fails only when the program ends.
        let _ = self.messages.send(Msg::Recording(key, news)).await;
    }

    /// Ensures that the recording of `key` is cached, and analyses it.
    async fn fetch(self: &Arc<Fetcher>, key: RowKey) -> Result<RecordingNews, FetchError> {
        let library = self.library().await?;
        let (name, waveform) = self.stored(key).await?;
        let (kept, known) = if let Some(kept) = library.recordings.kept(key.id) {
            (kept, waveform)
        } else {
            let client = client_of(&self.client, &self.account).await.map_err(FetchError::Api)?;
            let told = |received, total| {
                // A dropped report is made up for by the next one.
                let _ =
                    self.messages.try_send(Msg::Recording(key, RecordingNews::Coming { received, total }));
            };
            let kept = library.fetch(client, key.id, &name, told).await?;
            // The server may have sent another file than the one analysed before.
            (kept, None)
        };
        let (bytes, format) = (kept.bytes, kept.format);
        let waveform = match known {
            Some(waveform) => Ok(Arc::new(waveform)),
            None => self.analyse(key, &kept).await?,
        };
        Ok(RecordingNews::Here { bytes, format, waveform })
    }

    /// Returns the name of the recording of `key`, and its waveform if it was decoded before.
    async fn stored(&self, key: RowKey) -> Result<(RecordingName, Option<Waveform>), FetchError> {
        let account = self.account.key.clone();
        let details = self.store.call(move |store| {
            let account = store.account(&account)?;
            store.details(account, key.id, 0)
        });
        let details = details.await.map_err(|error| FetchError::Disk { reason: error.to_string() })?;
        let details = details.ok_or(FetchError::NotReady)?;
        let name = details.voicemail.recording.ok_or(FetchError::NotReady)?;
        Ok((name, details.waveform.as_deref().and_then(Waveform::from_bytes)))
    }

    /// Fetches a recording that nobody waits for, and reports the result.
    pub(super) async fn transfer_ahead(self: Arc<Fetcher>, key: RowKey) {
        let late = ApiError::TimedOut { waiting_for: WaitingFor::Answer, limit: AHEAD_PATIENCE };
        let news = match timeout(AHEAD_PATIENCE, self.fetch_ahead(key)).await {
            Ok(news) => news.unwrap_or_else(AheadNews::Failed),
            Err(_) => AheadNews::Failed(late.into()),
        };
        // Sending fails only when the program ends.
        let _ = self.messages.send(Msg::Ahead(key, news)).await;
    }

    async fn fetch_ahead(&self, key: RowKey) -> Result<AheadNews, FetchError> {
        if Arc::strong_count(&self.awaited) > 1 {
            return Ok(AheadNews::Later);
        }
        let (name, waveform) = self.stored(key).await?;
        if let Some(waveform) = waveform {
            // Another process has decoded it.
            return Ok(AheadNews::Here(Some(waveform.sketch())));
        }
        let library = self.library().await?;
        let client = client_of(&self.client, &self.account).await.map_err(FetchError::Api)?;
        Ok(match library.fetch_ahead(client, key.id, &name).await? {
            Ahead::Kept(kept) => {
                let sound = library.analyse(key.id, &kept).await?;
                AheadNews::Here(sound.ok().map(|sound| sound.waveform.sketch()))
            }
            Ahead::Busy => AheadNews::Later,
            Ahead::Full => AheadNews::Full,
        })
    }

    /// Ensures that the recording of `key` is cached: the user waits for it.
    async fn kept(self: &Arc<Fetcher>, key: RowKey) -> Result<Kept, FetchError> {
        let library = self.library().await?;
        if let Some(kept) = library.recordings.kept(key.id) {
            return Ok(kept);
        }
        let _awaited = Arc::clone(&self.awaited);
        self.fetch(key).await?;
        library.recordings.kept(key.id).ok_or(FetchError::NotReady)
    }

    /// Returns the bytes of a recording. Fetches it first if needed.
    pub(super) async fn bytes(self: &Arc<Fetcher>, key: RowKey) -> Result<(Bytes, AudioFormat), FetchError> {
        let kept = self.kept(key).await?;
        let read = spawn_blocking(move || fs::read(kept.path)).await;
        let bytes = read.unwrap_or_else(|ended| Err(io::Error::other(ended)))?;
        Ok((bytes.into(), kept.format))
    }

    /// Copies a recording to `path` and creates missing folders.
    pub(super) async fn save(
        self: &Arc<Fetcher>,
        key: RowKey,
        path: &Path,
        overwrite: bool,
    ) -> Result<(), NotSaved> {
        let fetched = |error: FetchError| NotSaved::Other(error.to_string());
        self.kept(key).await.map_err(fetched)?;
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            make_folder(folder).await.map_err(NotSaved::Other)?;
        }
        let library = self.library().await.map_err(fetched)?;
        library.recordings.save_as(key.id, path, overwrite).await.map_err(|error| match error {
            SaveError::Exists => NotSaved::Exists,
            error => NotSaved::Other(error.to_string()),
        })
    }

    /// Saves recordings in `folder`. Calls `told` with the number of those that are done.
    pub(super) async fn save_all(
        self: &Arc<Fetcher>,
        files: Vec<FileToSave>,
        folder: PathBuf,
        stopped: &watch::Receiver<bool>,
        told: impl Fn(usize),
    ) -> SavedAll {
        let (mut saved, mut present, mut failed, mut untried) = (0, 0, Vec::new(), false);
        // Before anything is fetched.
        if let Err(why) = make_folder(&folder).await {
            let failed = files.into_iter().map(|file| (file.key, why.clone())).collect();
            return SavedAll { folder, failed, ..SavedAll::default() };
        }
        let hopeless = OnceLock::new();
        let jobs = files.into_iter().map(|file| {
            let (folder, hopeless, stopped) = (&folder, &hopeless, stopped.clone());
            async move { (file.key, self.save_one(&file, folder, hopeless, stopped).await) }
        });
        let mut results = std::pin::pin!(stream::iter(jobs).buffer_unordered(SAVED_AT_ONCE));
        while let Some((key, result)) = results.next().await {
            match result {
                One::Saved => saved += 1,
                One::Present => present += 1,
                One::Failed(why) => failed.push((key, why)),
                One::Stopped => untried = true,
            }
            told(saved + present + failed.len());
        }
        failed.sort_unstable_by_key(|(key, _)| *key);
        SavedAll { folder: folder.clone(), saved, present, failed, stopped: untried }
    }

    /// Saves one of several recordings. Once a transfer was `hopeless`, no other is tried.
    async fn save_one(
        self: &Arc<Fetcher>,
        file: &FileToSave,
        folder: &Path,
        hopeless: &OnceLock<String>,
        mut stopped: watch::Receiver<bool>,
    ) -> One {
        let id = file.key.id;
        let library = match self.library().await {
            Ok(library) => library,
            Err(error) => return One::Failed(error.to_string()),
        };
        if library.recordings.kept(id).is_none()
            && let Some(why) = hopeless.get()
        {
            return One::Failed(why.clone());
        }
        library.hold(id);
        let one = async {
            let kept = tokio::select! {
                biased;
                // An error means that the sender is gone, so nothing can stop it.
                Ok(_) = stopped.wait_for(|stopped| *stopped) => return One::Stopped,
                kept = self.kept(file.key) => kept,
            };
            let kept = match kept {
                Ok(kept) => kept,
                Err(error) => {
                    if error.is_hopeless() {
                        // Another one may have set it first.
                        let _ = hopeless.set(error.to_string());
                    }
                    return One::Failed(error.to_string());
                }
            };
            let usual = folder.join(named(&file.name, kept.format));
            let own = with_id(&usual, id);
            let paths = if file.apart { vec![own] } else { vec![usual, own] };
            let (path, replace) = match kept.place(paths, false).await {
                Ok(Place::There(_)) => return One::Present,
                Ok(Place::Free { path, replace }) => (path, replace),
                Err(error) => return One::Failed(error.to_string()),
            };
            let saved = library.recordings.save_as(id, &path, replace).await;
            saved.map_or_else(|error| One::Failed(error.to_string()), |()| One::Saved)
        };
        let one = one.await;
        library.release(id);
        one
    }

    /// Decodes a recording and stores its waveform.
    async fn analyse(
        &self,
        key: RowKey,
        kept: &Kept,
    ) -> Result<Result<Arc<Waveform>, AudioError>, FetchError> {
        let waveform = self.library().await?.analyse(key.id, kept).await?;
        Ok(waveform.map(|sound| {
            let waveform = Arc::clone(&sound.waveform);
            self.keep_decoded(key.id, sound);
            waveform
        }))
    }

    /// Returns the decoded recording of `id`, if it is cached and valid. If it can no longer be decoded, it
    /// is removed, to be fetched again.
    pub(super) async fn sound(&self, id: VoicemailId) -> Option<Sound> {
        let library = self.library().await.ok()?;
        let recordings = &library.recordings;
        let kept = recordings.kept(id)?;
        if let Err(error) = recordings.touch(id, (self.clock)()) {
            tracing::warn!(%error, "the last use of a recording was not saved");
        }
        if let Some(sound) = self.decoded(id) {
            return Some(sound);
        }
        library.hold(id);
        match spawn_blocking(move || decode(&kept.path)).await.ok()? {
            Ok(Ok(sound)) => {
                self.keep_decoded(id, sound.clone());
                Some(sound)
            }
            failed => {
                tracing::warn!(?failed, "a cached recording cannot be read any more");
                recordings.remove(id).ok()?;
                None
            }
        }
    }

    fn decoded(&self, id: VoicemailId) -> Option<Sound> {
        let decoded = self.decoded.lock().unwrap_or_else(PoisonError::into_inner);
        decoded.iter().find(|(other, _)| *other == id).map(|(_, sound)| sound.clone())
    }

    fn keep_decoded(&self, id: VoicemailId, sound: Sound) {
        let mut decoded = self.decoded.lock().unwrap_or_else(PoisonError::into_inner);
        decoded.retain(|(other, _)| *other != id);
        if decoded.len() == DECODED {
            decoded.remove(0);
        }
        decoded.push((id, sound));
    }
}

/// What became of one of several recordings.
enum One {
    Saved,
    /// The file is there already.
    Present,
    Failed(String),
    /// Not fetched before the user stopped.
    Stopped,
}

/// Creates `folder` and its parents. The error is a message.
async fn make_folder(folder: &Path) -> Result<(), String> {
    let missing = folder.to_owned();
    let made = spawn_blocking(move || fs::create_dir_all(missing)).await;
    made.unwrap_or_else(|ended| Err(io::Error::other(ended)))
        .map_err(|error| format!("{} cannot be created: {error}", folder.display()))
}

/// Returns the file name with the extension of `format`: it was made before the recording was fetched.
pub(super) fn named(file_name: &str, format: AudioFormat) -> String {
    Path::new(file_name).with_extension(format.extension()).to_string_lossy().into_owned()
}
