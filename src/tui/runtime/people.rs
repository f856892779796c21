//! Names for callers: contact files and the names given in the program, matched with the callers in
//! the store.
//!
//! One task, which sleeps until it is told to look. Names go to the screen in pieces; what is on
//! screen already is not sent again. What contact files say is not stored: it is read within
//! milliseconds, and whoever is deleted there should be gone here as well.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Notify, mpsc};
use tokio::task::{AbortHandle, spawn_blocking};

use crate::contacts::{self, Book, Fault, Fingerprint};
use crate::store::{CallerId, KnownCaller, StoreHandle};
use crate::tui::msg::Msg;

/// How many callers each look into the store brings: some milliseconds of its time.
const SLICE: usize = 2_000;

/// The contact files, and how their numbers are read.
#[derive(Clone, Debug, Default)]
pub struct Contacts {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// Where numbers without a country code are from: two letters, ISO 3166-1.
    pub country: String,
}

/// The way to the task. Many looks that are asked for while one is under way make one more.
#[derive(Default)]
pub(super) struct People {
    look: Notify,
    again: AtomicBool,
}

impl People {
    /// Starts the task. It ends with the loop, or when it is told to.
    pub(super) fn start(
        contacts: Contacts,
        store: StoreHandle,
        messages: mpsc::Sender<Msg>,
    ) -> (Arc<People>, AbortHandle) {
        let people = Arc::<People>::default();
        let wanted = Arc::clone(&people);
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
        (people, task.abort_handle())
    }

    /// Has it looked; `again` at callers that were looked at before as well.
    pub(super) fn look(&self, again: bool) {
        self.again.fetch_or(again, Ordering::Relaxed);
        self.look.notify_one();
    }
}

/// What the task knows.
struct Names {
    contacts: Contacts,
    store: StoreHandle,
    messages: mpsc::Sender<Msg>,
    book: Book,
    /// What the files looked like when they were read.
    files: Option<Fingerprint>,
    faults: Vec<Fault>,
    /// The names on screen.
    told: HashMap<CallerId, String>,
    /// Of the store whose callers these are.
    generation: u64,
    /// How far the callers were looked at.
    seen: Option<CallerId>,
}

/// The loop is gone: the program ends.
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
            // Whoever reads the list says what is wrong with the store; the next look tries again.
            let Ok((callers, generation)) = slice.await else { return Ok(()) };
            if generation != self.generation {
                // Another store took its place, whose callers have other numbers.
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

    /// What the screen is to be told of a caller, known or not when it is told `again`.
    fn news_of(&mut self, caller: &KnownCaller, again: bool) -> Option<(CallerId, String)> {
        let is_withheld = caller.forms.display.is_empty();
        let given = caller.name.as_deref();
        let name = given.or_else(|| self.book.name(caller.forms.e164.as_deref(), &caller.raw));
        match name.filter(|_| !is_withheld) {
            Some(name) => {
                let name = name.to_owned();
                let before = self.told.insert(caller.id, name.clone());
                (again || before.as_ref() != Some(&name)).then_some((caller.id, name))
            }
            None => self.told.remove(&caller.id).map(|_| (caller.id, String::new())),
        }
    }

    /// Reads the contact files if they have changed; says whether it did.
    async fn read_files(&mut self) -> Result<bool, Gone> {
        if self.contacts.paths.is_empty() {
            return Ok(false);
        }
        let Contacts { paths, country } = self.contacts.clone();
        let before = self.files;
        let read = spawn_blocking(move || {
            // Before they are read: what changes meanwhile is seen at the next look.
            let files = contacts::fingerprint(&paths);
            if before == Some(files) {
                return None;
            }
            let (bytes, mut faults) = contacts::load(&paths);
            let (book, more) = Book::read(&bytes, &country);
            faults.extend(more);
            Some((files, book, faults))
        });
        // A panic in it was logged; the names stay as they are.
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
