//! Turns effects into work, and the work's end into messages.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use tokio::sync::{OnceCell, mpsc};
use tokio::task::AbortHandle;

use crate::model::{AccountKey, Region, Span};
use crate::store::{Rows, Store, StoreError, StoreHandle};
use crate::sync::{self, Job, Shelf, Summary, SyncError};
use crate::telecmi::{BaseUrl, Client, Credentials};
use crate::tui::msg::{Effect, Lane, Msg, Read, Reply, Survey, Ticket};
use crate::tui::terminal::Screen;

/// How many other voicemail of a caller the detail lists.
const OTHERS: usize = 8;

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
}

/// Runs jobs; of each lane the latest only.
pub struct Runtime {
    work: Work,
    account: Option<Arc<Account>>,
    client: Arc<OnceCell<Client>>,
    messages: mpsc::Sender<Msg>,
    clock: fn() -> DateTime<Utc>,
    /// The newest question of each lane: an older one that still waits need not be answered.
    asked: [Arc<AtomicU32>; Lane::COUNT],
    sync: Option<AbortHandle>,
}

impl Runtime {
    /// A runtime that answers through `messages`.
    pub fn new(work: Work, messages: mpsc::Sender<Msg>, clock: fn() -> DateTime<Utc>) -> Runtime {
        let account = work.account.clone().map(Arc::new);
        tokio::spawn(reformat_callers(work.store.clone(), messages.clone()));
        let asked = Default::default();
        Runtime { work, account, client: Arc::default(), messages, clock, asked, sync: None }
    }

    /// Starts the work of `effect`. What concerns the terminal is the loop's, not ours.
    pub fn run(&mut self, effect: Effect) {
        let Some(account) = self.account.clone() else { return };
        match effect {
            Effect::Read(ticket, what) => self.read(ticket, what, account.key.clone()),
            Effect::Sync { ticket, span, again } => self.sync(ticket, span, again, account),
            Effect::StopSync => self.stop_sync(),
            Effect::Notify(_) | Effect::Suspend | Effect::Redraw | Effect::Quit => {}
        }
    }

    /// Gives the terminal back and waits until all that was to be stored is stored.
    pub async fn finish(mut self, screen: Screen) -> io::Result<()> {
        drop(screen);
        self.stop_sync();
        self.work.store.close().await;
        Ok(())
    }

    /// Asks the store, whose thread answers the loop directly: a key waits for nothing in between.
    fn read(&self, ticket: Ticket, what: Read, key: AccountKey) {
        let asked = Arc::clone(&self.asked[ticket.lane as usize]);
        asked.store(ticket.number, Ordering::Relaxed);
        let messages = self.messages.clone();
        self.work.store.post(move |store| {
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
        let store = self.work.store.clone();
        let client = self.client.clone();
        let messages = self.messages.clone();
        let (concurrency, overlap) = (self.work.concurrency, self.work.overlap);
        self.stop_sync();
        let task = tokio::spawn(async move {
            let (reports, mut progress) = mpsc::channel(REPORTS);
            let pass_on = async {
                while let Some(report) = progress.recv().await {
                    let _ = messages.send(Msg::Reply(ticket, Reply::Sync(report))).await;
                }
            };
            let fetch = async {
                // Built here, not at start: reading the platform's certificates takes a while.
                let build = || async {
                    let Account { region, base_url, credentials, .. } = &*account;
                    Client::new(*region, base_url.as_ref(), credentials.clone())
                };
                let client = client.get_or_try_init(build).await;
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
        Read::Count { span, if_changed } => {
            let worth = store.changed_elsewhere()? || !*if_changed;
            Reply::Counted(if worth { Some(store.count(account, *span)?) } else { None })
        }
    })
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
