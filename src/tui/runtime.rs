//! Turns effects into work, and the work's end into messages.

use std::any::Any;
use std::collections::{BTreeMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{OnceCell, mpsc};
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::MissedTickBehavior;

use crate::model::{AccountKey, Region, Span, VoicemailId};
use crate::store::{AccountId, Changed, Rows, Store, StoreError, StoreHandle};
use crate::sync::{self, Job, Shelf, Summary, SyncError};
use crate::telecmi::{ApiError, BaseUrl, Client, Credentials};
use crate::triage::{self, Applied, Edit, Tag};
use crate::tui::login::{Door, Key};
use crate::tui::msg::{Change, Effect, Lane, Msg, Read, Remembered, Reply, Survey, Ticket};
use crate::tui::rows::RowKey;
use crate::tui::tags::Known;
use crate::tui::ways::Way;

mod calling;
mod people;
mod sounds;

use calling::Calls;
pub use people::Contacts;
use people::People;
pub use sounds::Equipment;
use sounds::Sounds;

/// How many other voicemail of a caller the detail lists.
const OTHERS: usize = 8;

/// The names under which choices are stored: see [`Remembered`].
const WAY: &str = "way";
const FOLDER: &str = "folder";

/// How many voicemail the history of a caller has at the most.
const HISTORY: usize = 100_000;

/// How many notes, or voicemail with tags, each look brings.
const TEXTS: usize = 5_000;

/// How many changed rows each look brings.
const CHANGED: usize = 2_000;

/// How often it is looked whether another process has written.
const LOOK_ELSEWHERE: Duration = Duration::from_millis(1_500);

/// How many changes may wait to be written: more than hands can make while a disk stalls.
const CHANGES: usize = 1_024;

/// How many progress reports of a sync may wait for the screen; then the network waits as well.
const REPORTS: usize = 32;

/// Whose voicemail is shown, and how it is asked for.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its name in the store.
    pub key: AccountKey,
    /// Which of TeleCMI's services.
    pub region: Region,
    /// Another server than TeleCMI's own.
    pub base_url: Option<BaseUrl>,
    /// Who asks.
    pub credentials: Credentials,
}

/// What the runtime works with.
#[derive(Debug)]
pub struct Work {
    /// The account; `None` when there are no credentials yet.
    pub account: Option<Account>,
    /// The store.
    pub store: StoreHandle,
    /// How many requests may be under way at once.
    pub concurrency: usize,
    /// How late a voicemail may appear on the server.
    pub overlap: Duration,
    /// What there is to listen with.
    pub equipment: Equipment,
    /// Where callers' names are found.
    pub contacts: Contacts,
    /// Tries app ID and secret, and keeps them.
    pub door: Door,
}

/// Runs jobs; of each lane the latest only.
pub struct Runtime {
    store: StoreHandle,
    concurrency: usize,
    overlap: Duration,
    account: Option<Arc<Account>>,
    /// `None` without an account.
    sounds: Option<Sounds>,
    /// `None` without an account.
    calls: Option<Calls>,
    people: Arc<People>,
    changes: mpsc::Sender<Change>,
    writing: JoinHandle<()>,
    client: Arc<OnceCell<Client>>,
    messages: mpsc::Sender<Msg>,
    clock: fn() -> DateTime<Utc>,
    /// The newest question of each lane: an older one that still waits need not be answered.
    asked: [Arc<AtomicU32>; Lane::COUNT],
    sync: Option<AbortHandle>,
    door: Door,
    log_in: Option<AbortHandle>,
    /// What goes on beside, as long as the runtime is there.
    beside: [AbortHandle; 3],
}

impl Runtime {
    /// A runtime that answers through `messages`.
    pub fn new(work: Work, messages: mpsc::Sender<Msg>, clock: fn() -> DateTime<Utc>) -> Runtime {
        let Work { account, store, concurrency, overlap, equipment, contacts, door } = work;
        let account = account.map(Arc::new);
        let client = Arc::<OnceCell<Client>>::default();
        let reformats = tokio::spawn(reformat_callers(store.clone(), messages.clone())).abort_handle();
        let looks = tokio::spawn(look_elsewhere(store.clone(), messages.clone())).abort_handle();
        let (changes, to_write) = mpsc::channel(CHANGES);
        let key = account.as_ref().map(|account| account.key.clone());
        let writing = tokio::spawn(write(to_write, store.clone(), key, messages.clone()));
        let (people, names) = People::start(contacts, store.clone(), messages.clone());
        let calls = account
            .clone()
            .map(|account| Calls::new(account, client.clone(), messages.clone(), changes.clone(), clock));
        let sounds = account.clone().map(|account| {
            Sounds::new(equipment, account, client.clone(), store.clone(), messages.clone(), clock)
        });
        let asked = Default::default();
        Runtime {
            store,
            concurrency,
            overlap,
            account,
            sounds,
            calls,
            people,
            changes,
            writing,
            client,
            messages,
            clock,
            asked,
            sync: None,
            door,
            log_in: None,
            beside: [reformats, looks, names],
        }
    }

    /// Starts the work of `effect`. What concerns the terminal is the loop's, not ours.
    pub fn run(&mut self, effect: Effect) {
        match effect {
            Effect::LogIn(key) => return self.log_in(key),
            Effect::StopLogIn => return self.stop_log_in(),
            _ => {}
        }
        let (Some(account), Some(sounds), Some(calls)) =
            (self.account.clone(), &mut self.sounds, &mut self.calls)
        else {
            return;
        };
        match effect {
            Effect::Want(keys) => sounds.want(&keys),
            Effect::Play { number, key, from, manner } => sounds.play(number, key, from, manner),
            Effect::Control(control) => sounds.control(control),
            Effect::Apply(change) => self.apply(change),
            Effect::Names { again } => self.people.look(again),
            Effect::Call { key, call } => calls.place(key, call),
            Effect::RunCommand { command } => calls.run(command),
            Effect::Remember(remembered) => self.remember(remembered),
            Effect::Save { ticket, key, path, overwrite } => sounds.save(ticket, key, path, overwrite),
            Effect::OpenPage { key, caller, time, file_name } => {
                sounds.open_page(key, caller, time, file_name);
            }
            Effect::Send { key, name } => sounds.read(key, name),
            Effect::Read(ticket, what) => self.read(ticket, what, account.key.clone()),
            Effect::Sync { ticket, span, again } => self.sync(ticket, span, again, account),
            Effect::StopSync => self.stop_sync(),
            Effect::AskTerminal
            | Effect::Transfer { .. }
            | Effect::Copy(_)
            | Effect::Notify(_)
            | Effect::Suspend
            | Effect::Redraw
            | Effect::LogIn(_)
            | Effect::StopLogIn
            | Effect::Reopen(_)
            | Effect::Quit => {}
        }
    }

    fn log_in(&mut self, key: Key) {
        let (tried, messages) = (self.door.open(key), self.messages.clone());
        let task = tokio::spawn(async move {
            // The loop is gone only when the program ends.
            let _ = messages.send(Msg::Tried(tried.await)).await;
        });
        self.log_in = Some(task.abort_handle());
    }

    fn stop_log_in(&mut self) {
        if let Some(task) = self.log_in.take() {
            task.abort();
        }
    }

    /// Waits until all that was to be stored is stored, and returns the store.
    pub async fn finish(mut self) -> StoreHandle {
        self.stop_sync();
        self.beside.iter().for_each(AbortHandle::abort);
        if let Some(sounds) = self.sounds {
            sounds.finish().await;
        }
        if let Some(calls) = self.calls {
            calls.finish().await;
        }
        drop(self.changes);
        // It ends with the last change; a panic in it was reported by then.
        let _ = self.writing.await;
        self.store
    }

    /// Waits until nothing sounds any more: the program is about to be stopped.
    pub fn settle(&self) {
        if let Some(sounds) = &self.sounds {
            sounds.settle();
        }
    }

    /// Keeps what was chosen. Where that fails, it is asked for again the next time.
    fn remember(&self, remembered: Remembered) {
        self.store.post(move |store| {
            let Ok(store) = store else { return };
            let way = remembered.way.map_or("", Way::name);
            let folder = remembered.folder.as_deref().and_then(Path::to_str).unwrap_or("");
            for (name, value) in [(WAY, way), (FOLDER, folder)] {
                if let Err(error) = store.put_choice(name, value) {
                    tracing::warn!(%error, name, "a choice was not kept");
                }
            }
        });
    }

    fn apply(&self, change: Change) {
        if let Err(TrySendError::Full(change) | TrySendError::Closed(change)) = self.changes.try_send(change)
        {
            let messages = self.messages.clone();
            let busy = Err(StoreError::Busy);
            tokio::spawn(async move { messages.send(Msg::Applied(change, busy)).await });
        }
    }

    /// Asks the store, whose thread answers the loop directly: a key waits for nothing in between.
    fn read(&self, ticket: Ticket, what: Read, key: AccountKey) {
        let asked = Arc::clone(&self.asked[ticket.lane as usize]);
        asked.store(ticket.number, Ordering::Relaxed);
        let messages = self.messages.clone();
        self.store.post(move |store| {
            if asked.load(Ordering::Relaxed) != ticket.number {
                return;
            }
            let (reply, notices) = match store {
                Ok(store) => {
                    let answer = catch_unwind(AssertUnwindSafe(|| answer(store, &key, &what)));
                    let reply = answer.unwrap_or_else(|panic| Err(StoreError::of_panic(panic.as_ref())));
                    (reply, store.notices())
                }
                Err(error) => (Err(error), Vec::new()),
            };
            // The loop is gone only when the program ends.
            for notice in notices {
                let _ = messages.blocking_send(Msg::StoreNotice(notice));
            }
            let reply = reply.unwrap_or_else(Reply::ReadFailed);
            let _ = messages.blocking_send(Msg::Reply(ticket, reply));
        });
    }

    fn stop_sync(&mut self) {
        if let Some(job) = self.sync.take() {
            job.abort();
        }
    }

    fn sync(&mut self, ticket: Ticket, span: Span, again: bool, account: Arc<Account>) {
        let now = (self.clock)();
        let store = self.store.clone();
        let client = self.client.clone();
        let messages = self.messages.clone();
        let (concurrency, overlap) = (self.concurrency, self.overlap);
        self.stop_sync();
        let task = tokio::spawn(async move {
            let (reports, mut progress) = mpsc::channel(REPORTS);
            let pass_on = async {
                while let Some(report) = progress.recv().await {
                    let _ = messages.send(Msg::Reply(ticket, Reply::Sync(report))).await;
                }
            };
            let fetch = async {
                let client = self::client(&client, &account).await;
                let client = client.map_err(|error| SyncError::Api { error, got: Summary::default() })?;
                let key = account.key.clone();
                let found = store.call(move |store| Ok((store.account(&key)?, store.generation()))).await;
                let (account, generation) =
                    found.map_err(|error| SyncError::Store { error, got: Summary::default() })?;
                let job = Job {
                    account,
                    asked: span,
                    reaches_now: span.end() >= now - chrono::TimeDelta::seconds(1),
                    overlap,
                    concurrency,
                    tries: sync::TRIES,
                    force: again,
                    now,
                };
                let result =
                    sync::run(job, client.clone(), Shelf { store: store.clone(), generation }, reports).await;
                tracing::info!(?result, "sync ended");
                result
            };
            let panicked = |panic: Box<dyn Any + Send>| {
                let error = StoreError::of_panic(panic.as_ref());
                Err(SyncError::Store { error, got: Summary::default() })
            };
            let fetch = async { AssertUnwindSafe(fetch).catch_unwind().await.unwrap_or_else(panicked) };
            let (result, ()) = tokio::join!(fetch, pass_on);
            let notices = store.call(|store| Ok(store.notices())).await;
            for notice in notices.unwrap_or_default() {
                let _ = messages.send(Msg::StoreNotice(notice)).await;
            }
            let _ = messages.send(Msg::Reply(ticket, Reply::Synced(result))).await;
        });
        self.sync = Some(task.abort_handle());
    }
}

/// The client of `account`. Built when it is first needed, not at start: reading the platform's
/// certificates takes a while.
async fn client<'a>(cell: &'a OnceCell<Client>, account: &Account) -> Result<&'a Client, ApiError> {
    let build = || async {
        let Account { region, base_url, credentials, .. } = account;
        Client::new(*region, base_url.as_ref(), credentials.clone())
    };
    cell.get_or_try_init(build).await
}

/// Writes changes one after the other until nobody can send any more.
async fn write(
    mut changes: mpsc::Receiver<Change>,
    store: StoreHandle,
    key: Option<AccountKey>,
    messages: mpsc::Sender<Msg>,
) {
    let Some(key) = key else { return };
    while let Some(change) = changes.recv().await {
        let (key, what) = (key.clone(), change.clone());
        let written = store.call(move |store| apply(store, &key, &what)).await;
        // The loop is gone only when the program ends; what is left is written all the same.
        let _ = messages.send(Msg::Applied(change, written)).await;
    }
}

/// Writes `change` to the store of account `key`.
pub fn apply(store: &mut Store, key: &AccountKey, change: &Change) -> Result<Applied, StoreError> {
    let account = store.account(key)?;
    let edit = |keys: &[RowKey], edit: &Edit| triage::Change {
        ids: keys.iter().map(|key| key.id).collect(),
        edit: edit.clone(),
    };
    match change {
        Change::Edit { keys, edit: what } => store.apply(account, &edit(keys, what)),
        Change::Heard(heard) => store.apply(account, &edit(&[*heard], &Edit::Read(true))),
        Change::Revert { undo, .. } => store.revert(account, undo),
        Change::Name { key, name } => store.set_name(key, name.as_ref()),
    }
}

/// What the store of account `key` answers.
pub fn answer(store: &mut Store, key: &AccountKey, what: &Read) -> Result<Reply, StoreError> {
    let account = store.account(key)?;
    Ok(match what {
        Read::Rows { span, after, limit, bare } => {
            let after = after.map(|key| (key.time, key.id));
            let rows = if *bare {
                Rows { rows: store.bare_rows(account, *span, after, *limit)?, callers: Vec::new() }
            } else {
                store.rows(account, *span, after, *limit)?
            };
            let covered = store.coverage(account, *span)?;
            // Complete from the range's start on: a gap before a covered stretch does not count.
            let complete = covered.first().filter(|first| first.start_millis() <= span.start_millis());
            let more = rows.rows.len() == *limit;
            Reply::Rows { rows, more, complete_to: complete.map(|first| first.end_millis()) }
        }
        Read::Callers { after, limit } => {
            let callers = store.callers(*after, *limit)?;
            let more = callers.len() == *limit;
            Reply::Callers { callers, more }
        }
        Read::History(id) => {
            let details = store.details(account, *id, HISTORY)?;
            let rows = match (details, store.row(account, *id)?) {
                (Some(details), Some(row)) => details.latest_others.into_iter().chain([row]).collect(),
                _ => Vec::new(),
            };
            Reply::Rows { rows: Rows { rows, callers: Vec::new() }, more: false, complete_to: None }
        }
        Read::Details(id) => Reply::Details(store.details(account, *id, OTHERS)?.map(Box::new)),
        Read::Survey { days, span } => {
            let covered = store.coverage(account, *span)?;
            let covered: i64 = covered.iter().map(|part| part.end_millis() - part.start_millis()).sum();
            Reply::Survey(Survey {
                per_day: store.counts(account, days)?,
                stored: store.count(account, *span)?,
                missing: (span.end_millis() - span.start_millis() - covered).max(0),
            })
        }
        Read::Notes { after } => {
            let lines = store.notes(account, *after, TEXTS)?;
            let more = lines.len() == TEXTS;
            Reply::Notes { notes: lines.into_iter().map(|line| (line.id, line.words)).collect(), more }
        }
        Read::AllTags { after } => {
            let tags = store.tags(account, *after, TEXTS)?;
            let more = tags.len() == TEXTS;
            let text = |tags: Vec<Tag>| tags.iter().map(|tag| tag.as_str().to_owned()).collect();
            Reply::AllTags { tags: tags.into_iter().map(|(id, tags)| (id, text(tags))).collect(), more }
        }
        Read::Changes { since: Some(since) } => Reply::Changes(store.changed_rows(account, *since, CHANGED)?),
        Read::Changes { since: None } => {
            Reply::Changes(Changed { cursor: store.change_cursor()?, ..Changed::default() })
        }
        Read::Remembered => Reply::Remembered(Remembered {
            way: store.choice(WAY)?.and_then(|way| Way::from_name(&way)),
            folder: store.choice(FOLDER)?.filter(|folder| !folder.is_empty()).map(PathBuf::from),
        }),
        Read::Note(id) => Reply::Note(store.note(account, *id)?),
        Read::Tagging(ids) => Reply::Tagging(tags(store, account, ids)?),
        Read::Copy { rows, what } => {
            let mut found = Vec::with_capacity(rows.len());
            for row in rows {
                found.extend(store.details(account, row.id, 0)?.map(|details| (*row, Box::new(details))));
            }
            Reply::Copy { what: *what, found }
        }
        Read::Count(span) => Reply::Counted(store.count(account, *span)?),
    })
}

/// Tells when another process has written to the store. The question costs some microseconds.
async fn look_elsewhere(store: StoreHandle, messages: mpsc::Sender<Msg>) {
    let mut moments = tokio::time::interval(LOOK_ELSEWHERE);
    moments.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        moments.tick().await;
        match store.call(Store::changed_elsewhere).await {
            Ok(false) => {}
            Ok(true) => {
                if messages.send(Msg::ChangedElsewhere).await.is_err() {
                    return;
                }
            }
            Err(_) => return,
        }
    }
}

/// The tags in use, and how many of `ids` have each.
fn tags(store: &mut Store, account: AccountId, ids: &[VoicemailId]) -> Result<Known, StoreError> {
    /// Up to so many are looked up one by one; for more, all that have tags are read.
    const FEW: usize = 100;
    /// How many of these at once.
    const PAGE: usize = 10_000;
    let mut on = BTreeMap::new();
    let mut count = |tag: &Tag| on.entry(tag.folded()).or_insert_with(|| (tag.clone(), 0)).1 += 1;
    if ids.len() <= FEW {
        for &id in ids {
            let details = store.details(account, id, 0)?;
            details.iter().flat_map(|details| &details.tags).for_each(&mut count);
        }
    } else {
        let asked: HashSet<VoicemailId> = ids.iter().copied().collect();
        let mut after = None;
        loop {
            let page = store.tags(account, after, PAGE)?;
            let meant = page.iter().filter(|(id, _)| asked.contains(id));
            meant.flat_map(|(_, tags)| tags).for_each(&mut count);
            after = page.last().map(|(id, _)| *id);
            if page.len() < PAGE {
                break;
            }
        }
    }
    Ok(Known { in_use: store.tags_in_use(account)?, on: on.into_values().collect() })
}

/// Writes callers anew after the default country was changed, a few at a time: whoever asks the
/// store in between waits for some milliseconds at the most.
async fn reformat_callers(store: StoreHandle, messages: mpsc::Sender<Msg>) {
    const SLICE: usize = 200;
    let mut changed = false;
    while let Ok(1..) = store.call(|store| store.reformat_callers(SLICE)).await {
        changed = true;
    }
    if changed {
        let _ = messages.send(Msg::CallersChanged).await;
    }
}
