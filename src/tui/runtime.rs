//! Turns effects into jobs, and their results into messages.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::MissedTickBehavior;

use crate::account::Account;
use crate::contacts::ContactFiles;
use crate::store::{Store, StoreHandle};
use crate::tui::msg::{AccountEffect, Msg};
use crate::tui::overlays::login::{LoginHandler, LoginRequest};

mod answers;
mod caller_names;
mod calling;
mod fetcher;
mod jobs;
mod sounds;
mod writer;

pub use answers::{answer, apply};
use jobs::{Fetching, Jobs};
pub use sounds::AudioDeps;

/// How often to check whether another process wrote to the store.
const LOOK_ELSEWHERE: Duration = Duration::from_millis(1_500);

/// What the runtime needs to carry out effects.
#[derive(Debug)]
pub struct Deps {
    /// The account; `None` when there are no credentials yet.
    pub account: Option<Account>,
    /// The store.
    pub store: StoreHandle,
    /// The maximum number of requests at once.
    pub concurrency: usize,
    /// How late a voicemail may appear on the server.
    pub overlap: Duration,
    /// Recordings and sound outputs.
    pub audio: AudioDeps,
    /// The contact files.
    pub contacts: ContactFiles,
    /// Checks and saves credentials.
    pub login: LoginHandler,
}

/// Carries out effects.
pub struct Runtime {
    store: StoreHandle,
    messages: mpsc::Sender<Msg>,
    /// `None` without an account.
    jobs: Option<Jobs>,
    login: LoginHandler,
    log_in: Option<AbortHandle>,
    /// Background tasks that run as long as the runtime.
    background: [AbortHandle; 2],
}

impl Runtime {
    /// Creates a runtime that sends its results to `messages`.
    pub fn new(deps: Deps, messages: mpsc::Sender<Msg>, clock: fn() -> DateTime<Utc>) -> Runtime {
        let Deps { account, store, concurrency, overlap, audio, contacts, login } = deps;
        let reformats = tokio::spawn(reformat_callers(store.clone(), messages.clone())).abort_handle();
        let looks = tokio::spawn(look_elsewhere(store.clone(), messages.clone())).abort_handle();
        let fetching = Fetching { concurrency, overlap };
        let jobs = account.map(|account| {
            Jobs::new(account, fetching, audio, contacts, store.clone(), messages.clone(), clock)
        });
        Runtime { store, messages, jobs, login, log_in: None, background: [reformats, looks] }
    }

    /// Carries out an effect for the account, if there is one.
    pub fn run(&mut self, effect: AccountEffect) {
        if let Some(jobs) = &mut self.jobs {
            jobs.run(effect);
        }
    }

    /// Logs in, as a task of the runtime. The result is a [`Msg::Tried`].
    pub fn log_in(&mut self, request: LoginRequest) {
        let (tried, messages) = (self.login.open(request), self.messages.clone());
        let task = tokio::spawn(async move {
            // Sending fails only when the program ends.
            let _ = messages.send(Msg::Tried(tried.await)).await;
        });
        self.log_in = Some(task.abort_handle());
    }

    /// Cancels the task that logs in.
    pub fn stop_log_in(&mut self) {
        if let Some(task) = self.log_in.take() {
            task.abort();
        }
    }

    /// Ends the runtime: waits until everything is stored, and returns the store.
    pub async fn finish(self) -> StoreHandle {
        self.background.iter().for_each(AbortHandle::abort);
        if let Some(jobs) = self.jobs {
            jobs.finish().await;
        }
        self.store
    }

    /// Waits until the sound is silent: the process is about to be stopped.
    pub fn wait_for_silence(&self) {
        if let Some(jobs) = &self.jobs {
            jobs.wait_for_silence();
        }
    }
}

/// Reports when another process has written to the store. Each check takes a few microseconds.
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
            // Busy this time, or an error that loading the list reports too: check again.
            Err(error) if error.is_transient() => {}
            Err(_) => return,
        }
    }
}

/// Formats callers again after the default country changed, in slices, so that other queries to the store
/// wait at most a few milliseconds.
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
