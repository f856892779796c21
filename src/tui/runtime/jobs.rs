//! The jobs of one account: queries and changes of the store, syncs, recordings and calls.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use tokio::sync::{OnceCell, mpsc};
use tokio::task::AbortHandle;

use super::AudioDeps;
use super::answers::{answer, remember};
use super::caller_names::CallerNames;
use super::calling::Calls;
use super::sounds::Sounds;
use super::writer::Writer;
use crate::account::{Account, client_of};
use crate::contacts::ContactFiles;
use crate::core::model::Span;
use crate::store::{Store, StoreError, StoreHandle};
use crate::sync::{self, FetchOptions, Summary, SyncError};
use crate::telecmi::Client;
use crate::tui::msg::{AccountEffect, Lane, Msg, Read, Reply, Ticket};

/// How many progress reports of a sync may wait for the screen; then the sync waits.
const REPORTS: usize = 32;

/// How to fetch voicemails.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fetching {
    /// The maximum number of requests at once.
    pub concurrency: usize,
    /// How late a voicemail may appear on the server.
    pub overlap: Duration,
}

/// The jobs of one account. In each lane only the latest counts.
pub(super) struct Jobs {
    account: Arc<Account>,
    client: Arc<OnceCell<Client>>,
    store: StoreHandle,
    messages: mpsc::Sender<Msg>,
    clock: fn() -> DateTime<Utc>,
    fetching: Fetching,
    sounds: Sounds,
    calls: Calls,
    names: CallerNames,
    writer: Writer,
    /// The latest query of each lane: older ones that still wait are skipped.
    asked: [Arc<AtomicU32>; Lane::COUNT],
    sync: Option<AbortHandle>,
}

impl Jobs {
    pub(super) fn new(
        account: Account,
        fetching: Fetching,
        audio: AudioDeps,
        contacts: ContactFiles,
        store: StoreHandle,
        messages: mpsc::Sender<Msg>,
        clock: fn() -> DateTime<Utc>,
    ) -> Jobs {
        let account = Arc::new(account);
        let client = Arc::<OnceCell<Client>>::default();
        let writer = Writer::new(store.clone(), account.key.clone(), messages.clone(), clock);
        let calls = Calls::new(account.clone(), client.clone(), messages.clone(), writer.clone(), clock);
        let sounds =
            Sounds::new(audio, account.clone(), client.clone(), store.clone(), messages.clone(), clock);
        let names = CallerNames::start(contacts, store.clone(), messages.clone());
        let asked = Default::default();
        Jobs {
            account,
            client,
            store,
            messages,
            clock,
            fetching,
            sounds,
            calls,
            names,
            writer,
            asked,
            sync: None,
        }
    }

    /// Carries out `effect` as a job of the account.
    pub(super) fn run(&mut self, effect: AccountEffect) {
        match effect {
            AccountEffect::Prefetch(keys) => self.sounds.prefetch(&keys),
            AccountEffect::FetchAhead(key) => self.sounds.fetch_ahead(key),
            AccountEffect::Play { number, key, from, settings } => {
                self.sounds.play(number, key, from, settings);
            }
            AccountEffect::Control(control) => self.sounds.control(control),
            AccountEffect::Apply(change) => self.writer.write(change),
            AccountEffect::Call { key, call } => self.calls.place(key, call),
            AccountEffect::RunCommand { command } => self.calls.run(command),
            AccountEffect::Remember(remembered) => {
                // Without a store there is nothing to remember it in, which loading the list reports.
                let job = move |store: &mut Store| {
                    remember(store, &remembered);
                    Ok(())
                };
                self.store.post(job, drop);
            }
            AccountEffect::Save { ticket, key, path, name, overwrite } => {
                self.sounds.save(ticket, key, path, name, overwrite);
            }
            AccountEffect::SaveAll { ticket, files, folder } => self.sounds.save_all(ticket, files, folder),
            AccountEffect::StopSavingAll => self.sounds.stop_saving_all(),
            AccountEffect::OpenPage { key, caller, time, file_name } => {
                self.sounds.open_page(key, caller, time, file_name);
            }
            AccountEffect::ClosePage => self.sounds.close_page(),
            AccountEffect::Send { key, name } => self.sounds.read(key, name),
            AccountEffect::Read(ticket, what) => self.read(ticket, what),
            AccountEffect::Sync { ticket, span, again } => self.sync(ticket, span, again),
            AccountEffect::StopSync => self.stop_sync(),
            AccountEffect::Names { again } => self.names.look(again),
        }
    }

    /// Ends the account's jobs: waits until everything is stored.
    pub(super) async fn finish(mut self) {
        self.stop_sync();
        self.names.stop();
        // Both at once, because both have a time limit.
        tokio::join!(self.sounds.finish(), self.calls.finish());
        // Runs after all changes sent so far. An error would be one of the store that was reported before.
        let _ = self.store.call(|_| Ok(())).await;
    }

    /// Waits until the account's sound is silent.
    pub(super) fn wait_for_silence(&self) {
        self.sounds.wait_for_silence();
    }

    /// Queries the store. Its thread sends the answer to the loop directly, to save time.
    fn read(&self, ticket: Ticket, what: Read) {
        let (key, messages) = (self.account.key.clone(), self.messages.clone());
        let asked = Arc::clone(&self.asked[ticket.lane as usize]);
        asked.store(ticket.number, Ordering::Relaxed);
        let job = move |store: &mut Store| {
            if asked.load(Ordering::Relaxed) != ticket.number {
                return Ok(None);
            }
            let reply = answer(store, &key, &what);
            Ok(Some((reply, store.notices())))
        };
        self.store.post(job, move |answered| {
            let (reply, notices) = match answered {
                Ok(None) => return,
                Ok(Some(answered)) => answered,
                Err(error) => (Err(error), Vec::new()),
            };
            // Sending fails only when the program ends.
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

    fn sync(&mut self, ticket: Ticket, span: Span, again: bool) {
        let now = (self.clock)();
        let account = Arc::clone(&self.account);
        let store = self.store.clone();
        let client = Arc::clone(&self.client);
        let messages = self.messages.clone();
        let Fetching { concurrency, overlap } = self.fetching;
        self.stop_sync();
        let task = tokio::spawn(async move {
            let (reports, mut progress) = mpsc::channel(REPORTS);
            let pass_on = async {
                while let Some(report) = progress.recv().await {
                    let _ = messages.send(Msg::Reply(ticket, Reply::Sync(report))).await;
                }
            };
            let fetch = async {
                account.secret.ask_again();
                let client = client_of(&client, &account).await;
                let client =
                    client.map_err(|error| SyncError::Api { error, received: Summary::default() })?;
                let wanted =
                    FetchOptions { span, overlap, concurrency, tries: sync::TRIES, force: again, now };
                let result = sync::fill(&store, &account.key, client.clone(), wanted, reports).await;
                tracing::info!(?result, "sync ended");
                result
            };
            let panicked = |panic: Box<dyn Any + Send>| {
                let error = StoreError::of_panic(panic.as_ref());
                Err(SyncError::Store { error, received: Summary::default() })
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
