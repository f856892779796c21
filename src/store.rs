//! What is kept: voicemail, what the user did with it, callers and which stretches of time were
//! fetched. The only SQL.
//!
//! One [`Store`] is one connection and has one owner, usually the thread behind a
//! [`StoreHandle`]. Several processes may use one file. A file that fails while it is in use is
//! dealt with here, and the call that met it is tried once more: a damaged one is moved aside and
//! made anew from what can be read of it, an unusable one is left for a copy in memory. [`Store::notices`] tells the user.
//!
//! [`inspect()`] and [`newest`] look at a file without being a part of all this.
//!
//! Nothing here knows the network or the screen. No clock either: the time comes with [`Options`].

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;

use crate::caller::CallerForms;
use crate::model::{AccountKey, Flags, Sketch, Span, Voicemail, VoicemailId};
use crate::triage::{CallerKey, Given, Note, Tag};

mod callers;
mod file;
mod inspect;
mod log;
mod memory;
mod migrations;
mod records;
mod remarks;
mod salvage;
mod tables;
mod thread;
mod triage;
mod trouble;

use file::{Obstacle, StoreFile};
use tables::Tables;
use trouble::Trouble;

pub use inspect::{Inspection, inspect, newest, tags};
pub use log::Changed;
pub use records::{Entry, Merged, Record};
pub use remarks::{KnownCaller, NoteLine};
pub use thread::StoreHandle;
pub use trouble::{Notice, StoreError};

/// The caller of a row, as a small number (from 1, without gaps) that one store keeps for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallerId(pub u32);

/// The account within one [`Store`], valid as long as that lives, whatever happens to its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AccountId(pub i64);

/// One line of the list, without its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// When it was left, in milliseconds since the epoch.
    pub time: i64,
    /// Its identity.
    pub id: VoicemailId,
    /// Who left it.
    pub caller: CallerId,
    /// What was done with it.
    pub flags: Flags,
    /// Its recording, once that was looked at.
    pub sketch: Sketch,
}

/// Rows, and the text of every caller they name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// Newest first; rows of one millisecond by identity, largest first.
    pub rows: Vec<Row>,
    /// What to show for each caller in `rows`, each once; empty text means withheld.
    pub callers: Vec<(CallerId, String)>,
}

/// What [`Store::put_page`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Put {
    /// The rows that were not stored before.
    pub added: Rows,
}

/// Everything about one voicemail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// As the server described it.
    pub voicemail: Voicemail,
    /// Its caller in every form.
    pub caller: CallerForms,
    /// How many other voicemail of the same caller are stored, in whichever spelling the number
    /// came; 0 when the caller is withheld.
    pub others: u64,
    /// The newest of the others, newest first.
    pub latest_others: Vec<Row>,
    /// The outline of its recording as [`Store::put_sound`] took it, if it was looked at.
    pub waveform: Option<Vec<u8>>,
    /// What is noted.
    pub note: Option<Note>,
    /// Its tags, in the order of the alphabet.
    pub tags: Vec<Tag>,
    /// When it was dealt with, in milliseconds since the epoch.
    pub done: Option<i64>,
    /// When the caller was last called back, in milliseconds since the epoch.
    pub called: Option<i64>,
    /// What the caller is named by; `None` when withheld.
    pub key: Option<CallerKey>,
    /// The name that was given to the caller in the program.
    pub name: Option<Given>,
    /// The caller in every spelling of the number: its whole history. Empty when withheld.
    pub spellings: Vec<CallerId>,
}

/// What a store has to know from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Where callers without a country code are from: two letters, ISO 3166-1.
    pub country: String,
    /// The time now; a damaged file is named by it.
    pub now: DateTime<Utc>,
}

/// An open store, and what its user is to be told.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: Store,
    /// What happened while it was opened.
    pub notices: Vec<Notice>,
}

impl Opened {
    /// The store alone; what there is to tell waits in [`Store::notices`].
    fn into_store(self) -> Store {
        let Opened { mut store, notices } = self;
        store.notices.splice(0..0, notices);
        store
    }
}

/// The store. One thread owns it; see [`StoreHandle`].
#[derive(Debug)]
pub struct Store {
    tables: Tables,
    /// `None` in memory.
    file: Option<StoreFile>,
    notices: Vec<Notice>,
    /// What [`Tables::data_version`] last said; `None` when the file is another one.
    seen_version: Option<i64>,
    opened: (DateTime<Utc>, Instant),
}

/// How often opening is tried when other processes replace the file at the same time.
const OPEN_TRIES: usize = 8;

impl Store {
    /// Opens the store in `path`; makes it, and folders that are missing, for its user alone.
    ///
    /// A damaged store is moved aside and made anew from what can be read of it, which takes
    /// seconds where it is large, and half a minute at most; where there can be none it is in
    /// memory: the notices say so. Fails with [`StoreError::Newer`] and leaves everything as it is
    /// when a newer program wrote the store, and with [`StoreError::Busy`] when another process
    /// does not let it in.
    pub fn open(path: &Path, options: &Options) -> Result<Opened, StoreError> {
        // SQLite keeps its log beside the file itself, so that is where all of it is.
        let target = path.is_symlink().then(|| path.canonicalize().ok()).flatten();
        let path = target.as_deref().unwrap_or(path);
        let mut notices = Vec::new();
        let (file, connection) = open(path, &options.country, options.now, &mut notices)?;
        let mut store = Store::new(file, connection, options)?;
        salvage::bring_back(&mut store.tables, &mut notices);
        Ok(Opened { store, notices })
    }

    /// A store that is gone when dropped.
    pub fn in_memory(options: &Options) -> Result<Store, StoreError> {
        Store::new(None, memory::empty(&options.country)?, options)
    }

    fn new(file: Option<StoreFile>, connection: Connection, options: &Options) -> Result<Store, StoreError> {
        let tables = Tables::new(connection, options.country.clone());
        Ok(Store {
            seen_version: Some(tables.data_version()?),
            tables,
            file,
            notices: Vec::new(),
            opened: (options.now, Instant::now()),
        })
    }

    /// The number of `account`, made when it is new.
    pub fn account(&mut self, account: &AccountKey) -> Result<AccountId, StoreError> {
        self.run(|tables| tables.account(account))
    }

    /// Up to `limit` rows of `span`, newest first, that come after `after` in that order.
    pub fn rows(
        &mut self,
        account: AccountId,
        span: Span,
        after: Option<(i64, VoicemailId)>,
        limit: usize,
    ) -> Result<Rows, StoreError> {
        self.run(|tables| tables.rows(account, span, after, limit))
    }

    /// As [`Store::rows`], without the callers' text: for many rows, whose callers are read faster
    /// one after the other by [`Store::callers`].
    pub fn bare_rows(
        &mut self,
        account: AccountId,
        span: Span,
        after: Option<(i64, VoicemailId)>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        self.run(|tables| tables.bare_rows(account, span, after, limit))
    }

    /// What to show for up to `limit` callers that come after `after`, in the order of their
    /// numbers; of every account.
    pub fn callers(
        &mut self,
        after: Option<CallerId>,
        limit: usize,
    ) -> Result<Vec<(CallerId, String)>, StoreError> {
        self.run(|tables| tables.callers(after, limit))
    }

    /// The row of `id`.
    pub fn row(&mut self, account: AccountId, id: VoicemailId) -> Result<Option<Row>, StoreError> {
        self.run(|tables| tables.row(account, id))
    }

    /// The newest `limit` voicemail of the caller of `id`, in whichever spelling the number came, and
    /// `id` itself in any case. Of a withheld caller nothing else is known.
    pub fn history(&mut self, account: AccountId, id: VoicemailId, limit: usize) -> Result<Rows, StoreError> {
        self.run(|tables| tables.history(account, id, limit))
    }

    /// How many rows `span` holds.
    pub fn count(&mut self, account: AccountId, span: Span) -> Result<u64, StoreError> {
        self.run(|tables| tables.count(account, span))
    }

    /// Stores a page's rows and marks `covered`, both or neither. Rows that are stored already
    /// are left as they are; only one that was saved without its recording gets that.
    pub fn put_page(
        &mut self,
        account: AccountId,
        rows: &[Voicemail],
        covered: Option<Span>,
    ) -> Result<Put, StoreError> {
        self.run(|tables| tables.put_page(account, rows, covered))
    }

    /// The stretches of `span` that were fetched to their end: ascending, disjoint, not touching.
    pub fn coverage(&mut self, account: AccountId, span: Span) -> Result<Vec<Span>, StoreError> {
        self.run(|tables| tables.coverage(account, span))
    }

    /// Everything about one voicemail, with up to `others` more of its caller.
    pub fn details(
        &mut self,
        account: AccountId,
        id: VoicemailId,
        others: usize,
    ) -> Result<Option<Details>, StoreError> {
        self.run(|tables| tables.details(account, id, others))
    }

    /// Keeps what is known of the recording of `id`, once it was looked at: `waveform` is its outline,
    /// bytes that mean nothing here. Nothing happens where there is no such voicemail.
    pub fn put_sound(
        &mut self,
        account: AccountId,
        id: VoicemailId,
        sketch: Sketch,
        waveform: &[u8],
    ) -> Result<(), StoreError> {
        self.run(|tables| tables.put_sound(account, id, sketch, waveform))
    }

    /// The voicemail that have all of `flags`.
    pub fn flagged(&mut self, account: AccountId, flags: Flags) -> Result<HashSet<VoicemailId>, StoreError> {
        self.run(|tables| tables.flagged(account, flags))
    }

    /// What was last chosen for `name`, in the screen rather than in the settings.
    pub fn choice(&mut self, name: &str) -> Result<Option<String>, StoreError> {
        self.run(|tables| tables.choice(name))
    }

    /// Remembers a choice.
    pub fn put_choice(&mut self, name: &str, value: &str) -> Result<(), StoreError> {
        self.run(|tables| tables.put_choice(name, value))
    }

    /// How many voicemail lie in each of `days`.
    pub fn counts(&mut self, account: AccountId, days: &[Span]) -> Result<Vec<u64>, StoreError> {
        self.run(|tables| days.iter().map(|&day| tables.count(account, day)).collect())
    }

    /// Writes up to `limit` callers anew (at least one) if they were written for another default
    /// country, and says how many it wrote: 0 when all are done. For idle moments; until it is
    /// done, some show as before.
    pub fn reformat_callers(&mut self, limit: usize) -> Result<usize, StoreError> {
        let limit = limit.max(1);
        self.run(|tables| tables.reformat_callers(limit))
    }

    /// Counts how often another store took the place of this one. What was stored before that may
    /// be gone: who marks coverage piece by piece must begin again.
    pub fn generation(&self) -> u64 {
        self.tables.generation
    }

    /// As [`Store::put_page`], but `covered` is marked only while the store is still the one of
    /// `generation`.
    pub fn put_page_since(
        &mut self,
        generation: u64,
        account: AccountId,
        rows: &[Voicemail],
        covered: Option<Span>,
    ) -> Result<Put, StoreError> {
        self.run(|tables| {
            let covered = covered.filter(|_| tables.generation == generation);
            tables.put_page(account, rows, covered)
        })
    }

    /// Whether another process changed the store since this was last asked (or since it was
    /// opened).
    pub fn changed_elsewhere(&mut self) -> Result<bool, StoreError> {
        let version = self.run(|tables| tables.data_version())?;
        Ok(self.seen_version.replace(version) != Some(version))
    }

    /// Whether the store is in a file, and not in memory alone.
    pub fn is_kept(&self) -> bool {
        self.file.is_some()
    }

    /// What happened since this was last asked that the user is to be told.
    ///
    /// Worth asking after every call: some notices void what was read before.
    pub fn notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// Runs `work`, and once more if the store failed under it and could be replaced.
    fn run<R>(&mut self, work: impl Fn(&mut Tables) -> rusqlite::Result<R>) -> Result<R, StoreError> {
        if let Some(file) = self.file.take_if(|file| file.is_replaced()) {
            self.reopen(&file, false)?;
        }
        let error = match work(&mut self.tables) {
            Ok(result) => return Ok(result),
            Err(error) => error,
        };
        tracing::warn!(%error, "the store failed");
        let Some(file) = self.file.take() else { return Err(error.into()) };
        match Trouble::of(&error) {
            Trouble::Damaged => self.reopen(&file, true)?,
            Trouble::Unusable(reason) => {
                let copy = memory::copy_of(self.tables.connection(), file.path(), self.tables.country())?;
                self.tables.replace(copy);
                self.notices.push(Notice::InMemory { reason });
            }
            Trouble::Busy | Trouble::Other => {
                self.file = Some(file);
                return Err(error.into());
            }
        }
        work(&mut self.tables).map_err(StoreError::from)
    }

    /// Lets go of `file`, moves it aside if it is `damaged`, and goes on with what its path names
    /// by then. In memory if that cannot be the store.
    fn reopen(&mut self, file: &StoreFile, damaged: bool) -> Result<(), StoreError> {
        let spare = memory::empty(self.tables.country())?;
        let old = self.tables.replace(spare);
        StoreFile::leave_log(&old);
        drop(old);
        self.seen_version = None;
        self.tables.generation += 1;

        let (at, since) = self.opened;
        let now = at + TimeDelta::from_std(since.elapsed()).unwrap_or_default();
        let moved = if damaged { file.move_aside(now) } else { Ok(None) };
        let mut notices = Vec::new();
        let reason = match moved {
            Ok(to) => {
                let from = file.path().to_owned();
                notices.push(match to {
                    Some(to) => Notice::MovedAside { from, to, saved: 0 },
                    None => Notice::Replaced { path: from },
                });
                match open(file.path(), self.tables.country(), now, &mut notices) {
                    Ok((file, connection)) => {
                        self.tables.replace(connection);
                        self.file = file;
                        salvage::bring_back(&mut self.tables, &mut notices);
                        self.notices.append(&mut notices);
                        return Ok(());
                    }
                    Err(error) => error.to_string(),
                }
            }
            Err(error) => unmovable(file.path(), &error),
        };
        self.notices.append(&mut notices);
        self.notices.push(Notice::InMemory { reason });
        Ok(())
    }
}

/// The store in `path`, or one in memory where there can be none.
fn open(
    path: &Path,
    country: &str,
    now: DateTime<Utc>,
    notices: &mut Vec<Notice>,
) -> Result<(Option<StoreFile>, Connection), StoreError> {
    let mut reason = format!("{} is being replaced over and over", path.display());
    for _ in 0..OPEN_TRIES {
        let file = match StoreFile::find(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => {
                reason = format!("{} cannot be made: {error}", path.display());
                break;
            }
        };
        match file.connect(country) {
            Ok(connection) => return Ok((Some(file), connection)),
            Err(Obstacle::Damaged) => match file.move_aside(now) {
                Ok(Some(to)) => {
                    notices.push(Notice::MovedAside { from: path.to_owned(), to, saved: 0 });
                }
                Ok(None) => {}
                Err(error) => {
                    notices.push(Notice::InMemory { reason: unmovable(path, &error) });
                    return Ok((None, memory::empty(country)?));
                }
            },
            Err(Obstacle::Vanished) => {}
            Err(Obstacle::Unusable(why)) => {
                reason = format!("{why} ({})", path.display());
                break;
            }
            Err(Obstacle::Refused(error)) => return Err(error),
        }
    }
    notices.push(Notice::InMemory { reason });
    Ok((None, memory::copy_of_file(path, country)?))
}

fn unmovable(path: &Path, error: &io::Error) -> String {
    format!("{} is damaged and cannot be moved aside: {error}", path.display())
}
