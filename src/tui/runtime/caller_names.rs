//! Caller names: matches contact files and names given in vmail with the callers in the store.
//!
//! One task, which sleeps until it is told to look. It sends names to the screen in slices, and skips names
//! that are on screen already. Names from contact files are not stored: reading the files takes
//! milliseconds, and a deleted contact should disappear here too.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Notify, mpsc};
use tokio::task::{AbortHandle, spawn_blocking};

use crate::contacts::ContactFiles;
use crate::contacts::{self, Book, Fault, Fingerprint};
use crate::core::model::CallerId;
use crate::store::{KnownCaller, StoreHandle};
use crate::tui::msg::Msg;

/// How many callers to read from the store at once: a few milliseconds of its time.
const SLICE: usize = 2_000;

/// A handle to the task. Requests that arrive while it is looking lead to only one more look.
pub(super) struct CallerNames {
    requests: Arc<Requests>,
    task: AbortHandle,
}

#[derive(Default)]
struct Requests {
    look: Notify,
    again: AtomicBool,
}

impl CallerNames {
    /// Starts the task that looks up caller names. It ends when the loop does, or when it is stopped.
    pub(super) fn start(
        contacts: ContactFiles,
        store: StoreHandle,
        messages: mpsc::Sender<Msg>,
    ) -> CallerNames {
        let requests = Arc::<Requests>::default();
        let wanted = Arc::clone(&requests);
        let mut names = Names {
            contacts,
            store,
            messages,
            book: Book::default(),
            files: None,
            faults: Vec::new(),
            told: HashMap::new(),
            generation: 0,
            seen: None,
        };
        let task = tokio::spawn(async move {
            loop {
                wanted.look.notified().await;
                let again = wanted.again.swap(false, Ordering::Relaxed);
                if names.look(again).await.is_err() {
                    return;
                }
            }
        });
        CallerNames { requests, task: task.abort_handle() }
    }

    /// Makes the task look up caller names: of new callers, or of all if `again`.
    pub(super) fn look(&self, again: bool) {
        self.requests.again.fetch_or(again, Ordering::Relaxed);
        self.requests.look.notify_one();
    }

    /// Stops the task that looks up caller names.
    pub(super) fn stop(&self) {
        self.task.abort();
    }
}

/// The state of the task.
struct Names {
    contacts: ContactFiles,
    store: StoreHandle,
    messages: mpsc::Sender<Msg>,
    book: Book,
    /// The fingerprint of the files when they were read.
    files: Option<Fingerprint>,
    faults: Vec<Fault>,
    /// The names on screen.
    told: HashMap<CallerId, String>,
    /// The generation of the store that the caller IDs belong to.
    generation: u64,
    /// The last caller looked up.
    seen: Option<CallerId>,
}

/// The loop has ended.
struct Gone;

impl Names {
    async fn look(&mut self, again: bool) -> Result<(), Gone> {
        let read = self.read_files().await?;
        if read || again {
            self.seen = None;
        }
        loop {
            let after = self.seen;
            let slice = self.store.call(move |store| {
                let callers = store.callers_whole(after, SLICE)?;
                Ok((callers, store.generation()))
            });
            // Errors of the store are reported by loading the list; the next look retries.
            let Ok((callers, generation)) = slice.await else { return Ok(()) };
            if generation != self.generation {
                // The store was replaced, so the caller IDs are different.
                self.generation = generation;
                self.told.clear();
                self.seen = None;
                continue;
            }
            self.seen = callers.last().map(|caller| caller.id).or(self.seen);
            let names: Vec<_> = callers.iter().filter_map(|caller| self.news_of(caller, again)).collect();
            if !names.is_empty() {
                self.messages.send(Msg::Names(names)).await.map_err(|_| Gone)?;
            }
            if callers.len() < SLICE {
                return Ok(());
            }
        }
    }

    /// Returns the name to send to the screen, if it changed. With `again`, known names are sent too.
    fn news_of(&mut self, caller: &KnownCaller, again: bool) -> Option<(CallerId, String)> {
        match self.book.name_of(caller.name.as_deref(), &caller.forms, &caller.raw) {
            Some(name) => {
                let name = name.to_owned();
                let before = self.told.insert(caller.id, name.clone());
                (again || before.as_ref() != Some(&name)).then_some((caller.id, name))
            }
            None => self.told.remove(&caller.id).map(|_| (caller.id, String::new())),
        }
    }

    /// Reads the contact files if they changed, and returns whether it did.
    async fn read_files(&mut self) -> Result<bool, Gone> {
        if self.contacts.paths.is_empty() {
            return Ok(false);
        }
        let ContactFiles { paths, country } = self.contacts.clone();
        let before = self.files;
        let read = spawn_blocking(move || {
            // Taken before reading: changes in the meantime are seen at the next look.
            let files = contacts::fingerprint(&paths);
            if before == Some(files) {
                return None;
            }
            let (bytes, mut faults) = contacts::load(&paths);
            let (book, more) = Book::read(&bytes, &country);
            faults.extend(more);
            Some((files, book, faults))
        });
        // A panic was logged; the names stay as they are.
        let Ok(Some((files, book, faults))) = read.await else { return Ok(false) };
        tracing::info!(numbers = book.len(), faults = faults.len(), "contact files read");
        self.files = Some(files);
        self.book = book;
        if faults != self.faults {
            self.faults.clone_from(&faults);
            self.messages.send(Msg::ContactFaults(faults)).await.map_err(|_| Gone)?;
        }
        Ok(true)
    }
}
