//! What is heard: recordings that are wanted are fetched in their order, and what is here is played,
//! saved, or served elsewhere. How a recording comes here is `library`'s business.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::runtime::Handle;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::{AbortHandle, JoinSet, spawn_blocking};
use tokio::time::timeout;

use super::Account;
use super::library::Library;
use crate::model::VoicemailId;
use crate::player::{Command, Event, Manner, Outputs, Play, Player};
use crate::recording::Limits;
use crate::store::StoreHandle;
use crate::telecmi::Client;
use crate::tui::msg::{Control, Msg, PageNews, RecordingNews, Reply, Ticket};
use crate::tui::rows::RowKey;
use crate::web::{self, Page, Stage};

/// How many recordings are fetched beside the first one, which is waited for or selected.
const BESIDE: usize = 1;

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
    library: Arc<Library>,
    messages: mpsc::Sender<Msg>,
    /// For the transfers beside the first one.
    places: Arc<Semaphore>,
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
        let library = Library::new(account, client, store, messages.clone(), clock, folder, limits);
        Sounds {
            library: Arc::new(library),
            messages,
            places: Arc::new(Semaphore::new(BESIDE)),
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
        let (library, transfers) = (Arc::clone(&self.library), Arc::clone(&self.transfers));
        let begin = move |key: RowKey, place: Option<OwnedSemaphorePermit>| {
            let transfer = tokio::spawn(Arc::clone(&library).transfer(key, place)).abort_handle();
            transfers.lock().unwrap_or_else(PoisonError::into_inner).insert(key.id, transfer);
        };
        let mut missing = missing.into_iter().peekable();
        // The first of all is waited for, or is the selected one.
        if let Some(first) = missing.next_if(|key| keys.first() == Some(key)) {
            begin(first, None);
        }
        if missing.peek().is_some() {
            let places = Arc::clone(&self.places);
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
        let (library, messages) = (Arc::clone(&self.library), self.messages.clone());
        let (deck, heard_after) = (Arc::clone(&self.deck), self.heard_after);
        tokio::spawn(async move {
            let Some(sound) = library.sound(key.id).await else {
                let _ = messages.send(Msg::Recording(key, RecordingNews::Gone)).await;
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
        let (library, messages) = (Arc::clone(&self.library), self.messages.clone());
        self.saving.spawn(async move {
            let wished = path.clone();
            let is_folder = spawn_blocking(move || wished.is_dir()).await.unwrap_or(false);
            let path = if is_folder { path.join(name) } else { path };
            let saved = library.save(key, &path, overwrite).await.map(|()| path);
            let _ = messages.send(Msg::Reply(ticket, Reply::Saved(saved))).await;
        });
    }

    /// Reads a recording, which is fetched first if need be.
    pub(super) fn read(&self, key: RowKey, name: String) {
        let (library, messages) = (Arc::clone(&self.library), self.messages.clone());
        tokio::spawn(async move {
            let file = library.bytes(key).await.map(|(bytes, _)| bytes);
            let _ = messages.send(Msg::ToSend { name, file }).await;
        });
    }

    /// Serves a page with a recording until it was heard or its time is up.
    pub(super) fn open_page(&mut self, key: RowKey, caller: String, time: String, file_name: String) {
        if let Some(page) = self.page.take() {
            page.abort();
        }
        let (library, messages) = (Arc::clone(&self.library), self.messages.clone());
        let serve = async move {
            let told = |page| messages.send(Msg::Page(key, page));
            let options = match library.bytes(key).await {
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
