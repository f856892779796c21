//! The sounds of one account: fetches requested recordings in order, and plays, saves or serves them.
//! Fetching itself is in `fetcher`.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::runtime::Handle;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::{AbortHandle, JoinSet, spawn_blocking};
use tokio::time::timeout;

use super::fetcher::{Fetcher, named};
use crate::account::Account;
use crate::core::model::VoicemailId;
use crate::player::{Control, Event, Outputs, Play, PlaybackSettings, Player};
use crate::recording::Limits;
use crate::store::StoreHandle;
use crate::telecmi::Client;
use crate::tui::list::rows::RowKey;
use crate::tui::msg::{AheadNews, FileToSave, Msg, RecordingNews, Reply, Ticket};
use crate::tui::overlays::elsewhere::PageNews;
use crate::web::{self, Page, Stage};

/// How many recordings to fetch besides the first one, which is selected or waiting to play.
const PARALLEL: usize = 1;

/// How long the browser page waits to be opened.
const PAGE_LIFETIME: Duration = Duration::from_secs(10 * 60);

/// How long an open page stays after the last request for the recording.
const PAGE_IDLE: Duration = Duration::from_secs(10 * 60);

/// How long to wait for silence before the process is stopped.
const SILENCE: Duration = Duration::from_millis(200);

/// How long to wait for saving to finish when the program ends: little more time is left after a signal.
const LAST: Duration = Duration::from_secs(4);

/// Cache, outputs and limits for listening.
#[derive(Debug)]
pub struct AudioDeps {
    /// The cache folder.
    pub folder: PathBuf,
    /// The limits of the cache.
    pub limits: Limits,
    /// The sound outputs.
    pub outputs: Outputs,
    /// The socket to which the user can forward the sound from their own machine.
    #[cfg(unix)]
    pub socket: Option<PathBuf>,
    /// How much of a recording must play before it counts as read.
    pub heard_after: Duration,
}

/// The recordings of one account, and the player.
pub(super) struct Sounds {
    fetcher: Arc<Fetcher>,
    messages: mpsc::Sender<Msg>,
    /// Permits for the transfers besides the first one.
    permits: Arc<Semaphore>,
    transfers: Arc<Mutex<HashMap<VoicemailId, AbortHandle>>>,
    /// The task that starts the transfers waiting for a permit.
    queue: Option<AbortHandle>,
    /// The recording that nobody waits for, and its transfer.
    ahead: Option<(RowKey, AbortHandle)>,
    heard_after: Duration,
    player_state: Arc<Mutex<PlayerState>>,
    #[cfg(unix)]
    socket: Option<PathBuf>,
    page: Option<AbortHandle>,
    /// Recordings being saved.
    saving: JoinSet<()>,
    /// Stops saving several.
    stop_saving: Option<watch::Sender<bool>>,
}

/// The player, and what it should do once a recording is decoded. Both are behind one lock, so that a stop
/// during decoding is not lost.
struct PlayerState {
    player: Player,
    /// The number of the play to start; `None` to stay silent.
    wanted: Option<u64>,
    settings: PlaybackSettings,
}

impl Sounds {
    pub(super) fn new(
        audio: AudioDeps,
        account: Arc<Account>,
        client: Arc<OnceCell<Client>>,
        store: StoreHandle,
        messages: mpsc::Sender<Msg>,
        clock: fn() -> DateTime<Utc>,
    ) -> Sounds {
        let AudioDeps {
            folder,
            limits,
            outputs,
            #[cfg(unix)]
            socket,
            heard_after,
        } = audio;
        let events = messages.clone();
        let tasks = Handle::current();
        let tell = move |number, event| {
            let moved = matches!(event, Event::Position(_));
            // The player must not wait. Positions may be dropped.
            if let Err(TrySendError::Full(msg)) = events.try_send(Msg::Player(number, event))
                && !moved
            {
                let events = events.clone();
                tasks.spawn(async move { events.send(msg).await });
            }
        };
        let player = Player::new(move |rate| outputs.open(rate), tell);
        let fetcher = Fetcher::new(account, client, store, messages.clone(), clock, folder, limits);
        Sounds {
            fetcher: Arc::new(fetcher),
            messages,
            permits: Arc::new(Semaphore::new(PARALLEL)),
            transfers: Arc::default(),
            queue: None,
            ahead: None,
            heard_after,
            player_state: Arc::new(Mutex::new(PlayerState {
                player,
                wanted: None,
                settings: PlaybackSettings::default(),
            })),
            #[cfg(unix)]
            socket,
            page: None,
            saving: JoinSet::new(),
            stop_saving: None,
        }
    }

    /// Stops sound, page and transfers, and waits briefly for recordings being saved. Removes the forwarded
    /// socket if nobody serves it any more: sshd does not, and it would block the next one.
    pub(super) async fn finish(mut self) {
        // A recording being decoded must not start any more: it would outlive this.
        self.control(Control::Stop);
        let ahead = self.ahead.take().map(|(_, transfer)| transfer);
        for task in self.page.take().into_iter().chain(self.queue.take()).chain(ahead) {
            task.abort();
        }
        let transfers = std::mem::take(&mut *self.transfers.lock().unwrap_or_else(PoisonError::into_inner));
        for transfer in transfers.into_values() {
            transfer.abort();
        }
        self.stop_saving_all();
        let saved = async { while self.saving.join_next().await.is_some() {} };
        if timeout(LAST, saved).await.is_err() {
            tracing::warn!("the program ended before a recording was saved");
            self.saving.detach_all();
        }
        #[cfg(unix)]
        if let Some(socket) = &self.socket
            && let Err(error) = crate::web::socket::clear(socket).await
        {
            tracing::warn!(%error, "a stale sound socket was not removed");
        }
    }

    /// Fetches the recordings of `keys` and cancels all other transfers: the first at once, the rest in
    /// order.
    pub(super) fn prefetch(&mut self, keys: &[RowKey]) {
        self.fetcher.hold_only(keys);
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
        let (fetcher, transfers) = (Arc::clone(&self.fetcher), Arc::clone(&self.transfers));
        let begin = move |key: RowKey, place: Option<OwnedSemaphorePermit>| {
            let transfer = tokio::spawn(Arc::clone(&fetcher).transfer(key, place)).abort_handle();
            transfers.lock().unwrap_or_else(PoisonError::into_inner).insert(key.id, transfer);
        };
        let mut missing = missing.into_iter().peekable();
        // The first is selected or waiting to play, and needs no permit.
        if let Some(first) = missing.next_if(|key| keys.first() == Some(key)) {
            begin(first, None);
        }
        if missing.peek().is_some() {
            let permits = Arc::clone(&self.permits);
            let queue = tokio::spawn(async move {
                for key in missing {
                    begin(key, Arc::clone(&permits).acquire_owned().await.ok());
                }
            });
            self.queue = Some(queue.abort_handle());
        }
    }

    /// Fetches the recording of `key`, which nobody waits for, in place of the one before.
    pub(super) fn fetch_ahead(&mut self, key: Option<RowKey>) {
        if let Some((_, transfer)) = self.ahead.take() {
            transfer.abort();
        }
        let start = |key| (key, tokio::spawn(Arc::clone(&self.fetcher).transfer_ahead(key)).abort_handle());
        self.ahead = key.map(start);
    }

    /// Ends the transfer that nobody waits for: the user waits for another one.
    fn give_way(&mut self) {
        let Some((key, transfer)) = self.ahead.take().filter(|(_, transfer)| !transfer.is_finished()) else {
            return;
        };
        transfer.abort();
        let messages = self.messages.clone();
        // If it ended just before, the screen has its own news and drops this.
        tokio::spawn(async move { messages.send(Msg::Ahead(key, AheadNews::Later)).await });
    }

    /// Plays a cached recording.
    pub(super) fn play(&mut self, number: u64, key: RowKey, from: Duration, settings: PlaybackSettings) {
        let mut player_state = self.player_state();
        (player_state.wanted, player_state.settings) = (Some(number), settings);
        drop(player_state);
        let (fetcher, messages) = (Arc::clone(&self.fetcher), self.messages.clone());
        let (player_state, heard_after) = (Arc::clone(&self.player_state), self.heard_after);
        tokio::spawn(async move {
            let Some(sound) = fetcher.sound(key.id).await else {
                let _ = messages.send(Msg::Recording(key, RecordingNews::Gone)).await;
                return;
            };
            // The user may have changed their mind while it was decoded.
            let mut player_state = player_state.lock().unwrap_or_else(PoisonError::into_inner);
            if player_state.wanted == Some(number) {
                let settings = player_state.settings;
                player_state.player.play(Play { number, sound, from, settings, heard_after });
            }
        });
    }

    /// Saves a recording as `path`, or as `name` if `path` is a folder. Fetches it first if needed, and
    /// creates missing folders.
    pub(super) fn save(&mut self, ticket: Ticket, key: RowKey, path: PathBuf, name: String, overwrite: bool) {
        while self.saving.try_join_next().is_some() {}
        self.give_way();
        let (fetcher, messages) = (Arc::clone(&self.fetcher), self.messages.clone());
        self.saving.spawn(async move {
            let wished = path.clone();
            let is_folder = spawn_blocking(move || wished.is_dir()).await.unwrap_or(false);
            let path = if is_folder { path.join(name) } else { path };
            let saved = fetcher.save(key, &path, overwrite).await.map(|()| path);
            let _ = messages.send(Msg::Reply(ticket, Reply::Saved(saved))).await;
        });
    }

    /// Saves several recordings in `folder`, and creates missing folders.
    pub(super) fn save_all(&mut self, ticket: Ticket, files: Vec<FileToSave>, folder: PathBuf) {
        while self.saving.try_join_next().is_some() {}
        let (stop, stopped) = watch::channel(false);
        self.stop_saving = Some(stop);
        let (fetcher, messages) = (Arc::clone(&self.fetcher), self.messages.clone());
        self.saving.spawn(async move {
            let told = |done| {
                // A dropped report is made up for by the next one.
                let _ = messages.try_send(Msg::Reply(ticket, Reply::SavingAll(done)));
            };
            let all = fetcher.save_all(files, folder, &stopped, told).await;
            let _ = messages.send(Msg::Reply(ticket, Reply::SavedAll(all))).await;
        });
    }

    /// Stops saving several: transfers end, copies are finished.
    pub(super) fn stop_saving_all(&mut self) {
        if let Some(stop) = self.stop_saving.take() {
            stop.send_replace(true);
        }
    }

    /// Reads a recording, to send it. Fetches it first if needed.
    pub(super) fn read(&mut self, key: RowKey, name: String) {
        self.give_way();
        let (fetcher, messages) = (Arc::clone(&self.fetcher), self.messages.clone());
        tokio::spawn(async move {
            let (name, file) = match fetcher.bytes(key).await {
                Ok((bytes, format)) => (named(&name, format), Ok(bytes)),
                Err(error) => (name, Err(error)),
            };
            let _ = messages.send(Msg::ToSend { name, file }).await;
        });
    }

    /// Serves a browser page with a recording until it expires.
    pub(super) fn open_page(&mut self, key: RowKey, caller: String, time: String, file_name: String) {
        self.close_page();
        self.give_way();
        let (fetcher, messages) = (Arc::clone(&self.fetcher), self.messages.clone());
        let serve = async move {
            let told = |page| messages.send(Msg::Page(key, page));
            let options = match fetcher.bytes(key).await {
                Ok((recording, format)) => web::Options {
                    recording,
                    media_type: format.media_type(),
                    caller,
                    time,
                    file_name: named(&file_name, format),
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
                    let why = format!("The page cannot be served: {error}. Save the recording instead.");
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

    /// Stops serving the browser page, if there is one.
    pub(super) fn close_page(&mut self) {
        if let Some(page) = self.page.take() {
            page.abort();
        }
    }

    pub(super) fn control(&mut self, control: Control) {
        let mut player_state = self.player_state();
        match control {
            Control::Stop => player_state.wanted = None,
            Control::Settings(settings) => player_state.settings = settings,
            _ => {}
        }
        player_state.player.send(control);
    }

    /// Waits until the player has carried out all commands and is silent: the process is about to be stopped.
    pub(super) fn wait_for_silence(&self) {
        if !self.player_state().player.wait_until_idle(SILENCE) {
            tracing::warn!("the sound did not stop in time");
        }
    }

    fn player_state(&self) -> MutexGuard<'_, PlayerState> {
        // No code here panics while it changes the state.
        self.player_state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
