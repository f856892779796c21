//! Recordings and the player: what is wanted is fetched and looked at, and what is here is played.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{fs, io};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use tokio::runtime::Handle;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::{AbortHandle, JoinSet, spawn_blocking};
use tokio::time::timeout;

use super::{Account, client};
use crate::audio::{self, AudioError, Waveform};
use crate::model::{Flags, VoicemailId};
use crate::player::{Command, Event, Manner, Outputs, Play, Player, Sound};
use crate::recording::{FetchError, Kept, Limits, Recordings, SaveError};
use crate::store::StoreHandle;
use crate::telecmi::{AudioFormat, Client};
use crate::tui::msg::{Control, Msg, PageNews, RecordingNews, Reply, SaveTrouble, Ticket};
use crate::tui::rows::RowKey;
use crate::web::{self, Page, Stage};

/// How many recordings are fetched beside the first one, which is waited for or selected.
const BESIDE: usize = 1;

/// How many recordings stay decoded: the latest, and what was looked at ahead.
const DECODED: usize = 4;

/// After how many new recordings those are let go of that are too many.
const TIDY_AFTER: u64 = 32;

/// How long the page in the browser waits to be opened.
const PAGE_LIFETIME: Duration = Duration::from_secs(10 * 60);

/// How long the recording stays on an open page after it was last asked for.
const PAGE_IDLE: Duration = Duration::from_secs(10 * 60);

/// How long a stop of the program waits for silence.
const SILENCE: Duration = Duration::from_millis(200);

/// How long the end of the program waits for what is being saved: a signal leaves it not much more.
const LAST: Duration = Duration::from_secs(4);

/// What there is to play with.
#[derive(Debug)]
pub struct Equipment {
    /// Where recordings are kept.
    pub folder: PathBuf,
    /// How much is kept.
    pub limits: Limits,
    /// Where sound goes.
    pub outputs: Outputs,
    /// Where the user can forward the sound of their own machine to.
    #[cfg(unix)]
    pub socket: Option<PathBuf>,
    /// How much of a recording is heard before it counts as heard.
    pub heard_after: Duration,
}

/// The recordings of one account, and the player.
pub(super) struct Sounds {
    shared: Arc<Shared>,
    transfers: Arc<Mutex<HashMap<VoicemailId, AbortHandle>>>,
    /// Begins the transfers that wait for a place.
    queue: Option<AbortHandle>,
    heard_after: Duration,
    deck: Arc<Mutex<Deck>>,
    #[cfg(unix)]
    socket: Option<PathBuf>,
    page: Option<AbortHandle>,
    /// What is being saved for the user.
    saving: JoinSet<()>,
}

/// The player, and what is wanted of it by the time a recording is decoded. Under one lock, so that a
/// stop in between is never too early.
struct Deck {
    player: Player,
    /// The number of the play that is wanted; `None` for silence.
    wanted: Option<u64>,
    manner: Manner,
}

struct Shared {
    account: Arc<Account>,
    client: Arc<OnceCell<Client>>,
    store: StoreHandle,
    messages: mpsc::Sender<Msg>,
    clock: fn() -> DateTime<Utc>,
    folder: PathBuf,
    limits: Limits,
    recordings: OnceCell<Recordings>,
    places: Arc<Semaphore>,
    decoded: Mutex<Vec<(VoicemailId, Sound)>>,
    fetched: AtomicU64,
}

impl Sounds {
    pub(super) fn new(
        equipment: Equipment,
        account: Arc<Account>,
        client: Arc<OnceCell<Client>>,
        store: StoreHandle,
        messages: mpsc::Sender<Msg>,
        clock: fn() -> DateTime<Utc>,
    ) -> Sounds {
        let Equipment {
            folder,
            limits,
            outputs,
            #[cfg(unix)]
            socket,
            heard_after,
        } = equipment;
        let events = messages.clone();
        let tasks = Handle::current();
        let tell = move |number, event| {
            let moved = matches!(event, Event::Position(_));
            // The sound waits for nobody. Where the playhead was can be left out.
            if let Err(TrySendError::Full(msg)) = events.try_send(Msg::Player(number, event))
                && !moved
            {
                let events = events.clone();
                tasks.spawn(async move { events.send(msg).await });
            }
        };
        let player = Player::new(move |rate| outputs.open(rate), tell);
        let shared = Shared {
            account,
            client,
            store,
            messages,
            clock,
            folder,
            limits,
            recordings: OnceCell::new(),
            places: Arc::new(Semaphore::new(BESIDE)),
            decoded: Mutex::default(),
            fetched: AtomicU64::new(0),
        };
        Sounds {
            shared: Arc::new(shared),
            transfers: Arc::default(),
            queue: None,
            heard_after,
            deck: Arc::new(Mutex::new(Deck { player, wanted: None, manner: Manner::default() })),
            #[cfg(unix)]
            socket,
            page: None,
            saving: JoinSet::new(),
        }
    }

    /// Ends the sound, the page and what is on its way, and waits a little for what is being saved. A
    /// forwarded socket that nobody serves any more would be in the way of the next one: sshd does not
    /// remove it.
    pub(super) async fn finish(mut self) {
        // What is being decoded must not begin any more: it would outlive this.
        self.control(Control::Stop);
        for task in self.page.take().into_iter().chain(self.queue.take()) {
            task.abort();
        }
        let transfers = std::mem::take(&mut *self.transfers.lock().unwrap_or_else(PoisonError::into_inner));
        for transfer in transfers.into_values() {
            transfer.abort();
        }
        let saved = async { while self.saving.join_next().await.is_some() {} };
        if timeout(LAST, saved).await.is_err() {
            tracing::warn!("the program goes on before a recording was saved");
            self.saving.detach_all();
        }
        #[cfg(unix)]
        if let Some(socket) = &self.socket
            && let Err(error) = crate::web::socket::clear(socket).await
        {
            tracing::warn!(%error, "a left-over sound socket was not removed");
        }
    }

    /// Fetches `keys` and nothing else: the first one at once, the others in their order.
    pub(super) fn want(&mut self, keys: &[RowKey]) {
        if let Some(queue) = self.queue.take() {
            queue.abort();
        }
        let mut transfers = self.transfers.lock().unwrap_or_else(PoisonError::into_inner);
        transfers.retain(|id, transfer| {
            let wanted = keys.iter().any(|key| key.id == *id);
            if !wanted {
                transfer.abort();
            }
            wanted && !transfer.is_finished()
        });
        let is_missing = |key: &RowKey| !transfers.contains_key(&key.id);
        let missing: Vec<_> = keys.iter().copied().filter(is_missing).collect();
        drop(transfers);
        let (shared, transfers) = (Arc::clone(&self.shared), Arc::clone(&self.transfers));
        let begin = move |key: RowKey, place: Option<OwnedSemaphorePermit>| {
            let transfer = tokio::spawn(Arc::clone(&shared).transfer(key, place)).abort_handle();
            transfers.lock().unwrap_or_else(PoisonError::into_inner).insert(key.id, transfer);
        };
        let mut missing = missing.into_iter().peekable();
        // The first of all is waited for, or is the selected one.
        if let Some(first) = missing.next_if(|key| keys.first() == Some(key)) {
            begin(first, None);
        }
        if missing.peek().is_some() {
            let places = Arc::clone(&self.shared.places);
            let queue = tokio::spawn(async move {
                for key in missing {
                    begin(key, Arc::clone(&places).acquire_owned().await.ok());
                }
            });
            self.queue = Some(queue.abort_handle());
        }
    }

    /// Plays what is on the disk.
    pub(super) fn play(&mut self, number: u64, key: RowKey, from: Duration, manner: Manner) {
        let mut deck = self.deck();
        (deck.wanted, deck.manner) = (Some(number), manner);
        drop(deck);
        let (shared, deck, heard_after) =
            (Arc::clone(&self.shared), Arc::clone(&self.deck), self.heard_after);
        tokio::spawn(async move {
            let Some(sound) = shared.sound(key.id).await else {
                let _ = shared.messages.send(Msg::Recording(key, RecordingNews::Gone)).await;
                return;
            };
            // Decoding takes a moment, in which the user may have changed their mind.
            let mut deck = deck.lock().unwrap_or_else(PoisonError::into_inner);
            if deck.wanted == Some(number) {
                let manner = deck.manner;
                deck.player.send(Command::Play(Play { number, sound, from, manner, heard_after }));
            }
        });
    }

    /// Saves a recording, which is fetched first if need be: as `path`, or as `name` where that is a
    /// folder. One that is missing on the way there is made.
    pub(super) fn save(&mut self, ticket: Ticket, key: RowKey, path: PathBuf, name: String, overwrite: bool) {
        while self.saving.try_join_next().is_some() {}
        let shared = Arc::clone(&self.shared);
        self.saving.spawn(async move {
            let wished = path.clone();
            let is_folder = spawn_blocking(move || wished.is_dir()).await.unwrap_or(false);
            let path = if is_folder { path.join(name) } else { path };
            let saved = shared.save(key, &path, overwrite).await.map(|()| path);
            let _ = shared.messages.send(Msg::Reply(ticket, Reply::Saved(saved))).await;
        });
    }

    /// Reads a recording, which is fetched first if need be.
    pub(super) fn read(&self, key: RowKey, name: String) {
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move {
            let file = shared.bytes(key).await.map(|(bytes, _)| bytes);
            let _ = shared.messages.send(Msg::ToSend { name, file }).await;
        });
    }

    /// Serves a page with a recording until it was heard or its time is up.
    pub(super) fn open_page(&mut self, key: RowKey, caller: String, time: String, file_name: String) {
        if let Some(page) = self.page.take() {
            page.abort();
        }
        let shared = Arc::clone(&self.shared);
        let serve = async move {
            let told = |page| shared.messages.send(Msg::Page(key, page));
            let options = match shared.bytes(key).await {
                Ok((recording, format)) => web::Options {
                    recording,
                    media_type: format.media_type(),
                    caller,
                    time,
                    file_name,
                    lifetime: PAGE_LIFETIME,
                    idle: PAGE_IDLE,
                    port: web::PORT,
                },
                Err(error) => {
                    let _ = told(PageNews::Failed(error.to_string())).await;
                    return;
                }
            };
            let mut page = match Page::open(options).await {
                Ok(page) => page,
                Err(error) => {
                    let why = format!("The page cannot be served: {error}. It can be saved instead.");
                    let _ = told(PageNews::Failed(why)).await;
                    return;
                }
            };
            let mut opened = false;
            loop {
                let (url, port) = (page.url(), page.port());
                let _ = told(PageNews::Ready { url, port, opened }).await;
                match page.changed().await {
                    Stage::Waiting => {}
                    Stage::Opened => opened = true,
                    Stage::Closed(why) => {
                        let _ = told(PageNews::Closed(why)).await;
                        return;
                    }
                }
            }
        };
        self.page = Some(tokio::spawn(serve).abort_handle());
    }

    pub(super) fn control(&mut self, control: Control) {
        let mut deck = self.deck();
        match control {
            Control::Stop => deck.wanted = None,
            Control::Manner(manner) => deck.manner = manner,
            _ => {}
        }
        deck.player.send(match control {
            Control::Pause(paused) => Command::Pause(paused),
            Control::Seek(position) => Command::Seek(position),
            Control::Step(millis) => Command::Step(millis),
            Control::Manner(manner) => Command::Manner(manner),
            Control::Watch(step) => Command::Watch(step),
            Control::Stop => Command::Stop,
        });
    }

    /// Waits until what was asked of the player is done: the program is about to be stopped.
    pub(super) fn settle(&self) {
        if !self.deck().player.settle(SILENCE) {
            tracing::warn!("the sound did not stop in time");
        }
    }

    fn deck(&self) -> MutexGuard<'_, Deck> {
        // Nothing here panics halfway through a change.
        self.deck.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    async fn recordings(&self) -> Result<&Recordings, FetchError> {
        let open = || async {
            let (folder, limits, now) = (self.folder.clone(), self.limits, (self.clock)());
            let opened = spawn_blocking(move || Recordings::open(folder, limits, now)).await;
            opened.unwrap_or_else(|ended| Err(io::Error::other(ended))).map_err(FetchError::from)
        };
        self.recordings.get_or_try_init(open).await
    }

    /// Fetches a recording, tells what came of it, and gives its place to the next.
    async fn transfer(self: Arc<Shared>, key: RowKey, place: Option<OwnedSemaphorePermit>) {
        let news = self.fetch(key).await.unwrap_or_else(RecordingNews::Failed);
        drop(place);
        // The loop is gone only when the program ends.
        let _ = self.messages.send(Msg::Recording(key, news)).await;
    }

    /// Has the recording of `key` on the disk, and looks at it.
    async fn fetch(self: &Arc<Shared>, key: RowKey) -> Result<RecordingNews, FetchError> {
        let recordings = self.recordings().await?;
        let account = self.account.key.clone();
        let details = self.store.call(move |store| {
            let account = store.account(&account)?;
            store.details(account, key.id, 0)
        });
        let details = details.await.map_err(|error| FetchError::Disk { reason: error.to_string() })?;
        let Some(details) = details else { return Err(FetchError::NotReady) };
        let Some(name) = details.voicemail.recording else { return Err(FetchError::NotReady) };
        let (kept, known) = if let Some(kept) = recordings.kept(key.id) {
            (kept, details.waveform.as_deref().and_then(Waveform::from_bytes))
        } else {
            let client = client(&self.client, &self.account).await.map_err(FetchError::Api)?;
            let told = |got, of| {
                // What is not told now is told with the next piece.
                let _ = self.messages.try_send(Msg::Recording(key, RecordingNews::Coming { got, of }));
            };
            let kept = recordings.fetch(client, key.id, &name, told).await?;
            if self.fetched.fetch_add(1, Ordering::Relaxed).is_multiple_of(TIDY_AFTER) {
                tokio::spawn(Arc::clone(self).tidy());
            }
            // What came now need not be what came when it was looked at before.
            (kept, None)
        };
        let bytes = kept.bytes;
        let looked = match known {
            Some(waveform) => Ok(Arc::new(waveform)),
            None => self.look(key, kept).await?,
        };
        Ok(RecordingNews::Here { bytes, looked })
    }

    /// Has the recording of `key` on the disk.
    async fn kept(self: &Arc<Shared>, key: RowKey) -> Result<Kept, FetchError> {
        let recordings = self.recordings().await?;
        if let Some(kept) = recordings.kept(key.id) {
            return Ok(kept);
        }
        self.fetch(key).await?;
        recordings.kept(key.id).ok_or(FetchError::NotReady)
    }

    async fn bytes(self: &Arc<Shared>, key: RowKey) -> Result<(Bytes, AudioFormat), FetchError> {
        let kept = self.kept(key).await?;
        let read = spawn_blocking(move || fs::read(kept.path)).await;
        let bytes = read.unwrap_or_else(|ended| Err(io::Error::other(ended)))?;
        Ok((bytes.into(), kept.format))
    }

    async fn save(self: &Arc<Shared>, key: RowKey, path: &Path, overwrite: bool) -> Result<(), SaveTrouble> {
        let fetched = |error: FetchError| SaveTrouble::Other(error.to_string());
        self.kept(key).await.map_err(fetched)?;
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            let missing = folder.to_owned();
            let made = spawn_blocking(move || fs::create_dir_all(missing)).await;
            made.unwrap_or_else(|ended| Err(io::Error::other(ended))).map_err(|error| {
                SaveTrouble::Other(format!("{} cannot be made: {error}", folder.display()))
            })?;
        }
        let recordings = self.recordings().await.map_err(fetched)?;
        recordings.save_as(key.id, path, overwrite).await.map_err(|error| match error {
            SaveError::Exists => SaveTrouble::Exists,
            error => SaveTrouble::Other(error.to_string()),
        })
    }

    /// Decodes a recording and notes what it looks like.
    async fn look(&self, key: RowKey, kept: Kept) -> Result<Result<Arc<Waveform>, AudioError>, FetchError> {
        let decoded = spawn_blocking(move || decode(&kept.path)).await;
        let sound = match decoded.unwrap_or_else(|ended| Err(io::Error::other(ended)))? {
            Ok(sound) => sound,
            Err(error) => return Ok(Err(error)),
        };
        let waveform = Arc::clone(&sound.waveform);
        self.keep_decoded(key.id, sound);
        let sketch = waveform.sketch();
        let (account, bytes) = (self.account.key.clone(), waveform.to_bytes());
        let stored = self.store.call(move |store| {
            let account = store.account(&account)?;
            store.put_sound(account, key.id, sketch, &bytes)
        });
        if let Err(error) = stored.await {
            // It is looked at again the next time; what is heard does not depend on it.
            tracing::warn!(%error, "the outline of a recording was not stored");
        }
        Ok(Ok(waveform))
    }

    /// The decoded recording of `id`, if it is on the disk and can be decoded. One that cannot be, though
    /// it was when it came, is let go of: it is fetched again.
    async fn sound(&self, id: VoicemailId) -> Option<Sound> {
        let recordings = self.recordings().await.ok()?;
        let kept = recordings.kept(id)?;
        if let Err(error) = recordings.touch(id, (self.clock)()) {
            tracing::warn!(%error, "a recording's time of hearing was not noted");
        }
        if let Some(sound) = self.decoded(id) {
            return Some(sound);
        }
        match spawn_blocking(move || decode(&kept.path)).await.ok()? {
            Ok(Ok(sound)) => {
                self.keep_decoded(id, sound.clone());
                Some(sound)
            }
            failed => {
                tracing::warn!(?failed, "a kept recording cannot be read any more");
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

    /// Lets go of what is kept beyond the limit, but not of what is starred.
    async fn tidy(self: Arc<Shared>) {
        let account = self.account.key.clone();
        let starred = self.store.call(move |store| {
            let account = store.account(&account)?;
            store.flagged(account, Flags::STARRED)
        });
        let (Ok(starred), Ok(recordings)) = (starred.await, self.recordings().await) else { return };
        let recordings = recordings.clone();
        let evicted = spawn_blocking(move || recordings.evict(&|id| starred.contains(&id))).await;
        tracing::info!(?evicted, "recordings tidied");
    }
}

/// Reads and decodes a recording.
fn decode(path: &Path) -> io::Result<Result<Sound, AudioError>> {
    let bytes = fs::read(path)?;
    Ok(audio::decode(&bytes).map(Sound::new))
}
