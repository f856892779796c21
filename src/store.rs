//! The store: voicemails, the user's changes to them, callers, and coverage, in SQLite. All SQL
//! lives here.
//!
//! A [`Store`] is one connection with one owner, usually the thread behind a [`StoreHandle`].
//! Several processes may share one file. When the file fails while in use, the store recovers and
//! runs the failed call once more: a damaged file is moved aside and rebuilt from its readable
//! parts and the newest backup; a deleted one is written again; an unusable one is replaced by a copy
//! in memory. [`Store::notices`] reports this to the user.
//!
//! [`inspect()`] and [`newest`] read a file from outside, without opening it as a store.
//!
//! Nothing here knows the network, the screen or the clock: the time comes with [`Options`].

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;

use crate::core::caller::CallerForms;
use crate::core::facts::{Facts, Flags};
use crate::core::model::{AccountKey, CallerId, Sketch, Span, Voicemail, VoicemailId};
use crate::core::triage::{CallerKey, Given, Note, Tag};
use crate::paths;

mod annotations;
mod backup;
mod callers;
mod changes;
mod error;
mod file;
mod inspect;
mod intern;
pub(crate) mod line;
mod log;
mod memory;
mod migrations;
mod records;
mod recover;
mod sql;
mod steps;
mod tables;
mod thread;
mod undoing;
mod voicemails;

pub use annotations::{KnownCaller, NoteLine};
use backup::Keeper;
pub use backup::{Backup, BackupError, Contents, Made, Restored, contents};
pub use backup::{folder as backup_folder, list as backups};
use error::Reaction;
pub use error::{Notice, StoreError};
use file::{Obstacle, StoreFile};
pub use inspect::{Inspection, inspect, newest, tags};
pub use log::Changed;
pub use records::{Merged, Record, StoredVoicemail};
use tables::Tables;
pub use thread::StoreHandle;
pub use undoing::Step;

/// An account's number in one [`Store`]. Valid for the life of that `Store`, even if its file is
/// replaced.
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
    /// Its flags: read, starred, done and the like.
    pub flags: Flags,
    /// A summary of its recording; empty until the recording has been decoded once.
    pub sketch: Sketch,
}

/// Rows, and the display text of every caller in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// Newest first; rows with the same time by identity, largest first.
    pub rows: Vec<Row>,
    /// The display text of each caller in `rows`, each once; empty text means withheld.
    pub callers: Vec<(CallerId, String)>,
}

/// The result of [`Store::put_page`].
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
    /// How many other voicemails of the same caller are stored, under any spelling of the number;
    /// 0 when the caller is withheld.
    pub others: u64,
    /// The newest of the others, newest first.
    pub latest_others: Vec<Row>,
    /// The waveform of its recording, as passed to [`Store::put_sound`].
    pub waveform: Option<Vec<u8>>,
    /// Its note.
    pub note: Option<Note>,
    /// Its tags, in alphabetical order.
    pub tags: Vec<Tag>,
    /// What the user stated of it.
    pub facts: Facts,
    /// The key under which a name for the caller is stored; `None` when withheld.
    pub key: Option<CallerKey>,
    /// The name that the user gave the caller in vmail.
    pub name: Option<Given>,
    /// The caller under every spelling of the number: together, its whole history. Empty when
    /// withheld.
    pub spellings: Vec<CallerId>,
}

/// What a store needs to know from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The country of numbers without a country code: two letters, ISO 3166-1.
    pub country: String,
    /// The time now; goes into the name of a damaged file that is moved aside.
    pub now: DateTime<Utc>,
}

/// An open store, and notices for its user.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: Store,
    /// What happened while it was opened.
    pub notices: Vec<Notice>,
}

impl Opened {
    /// Returns the store alone; the notices wait in [`Store::notices`].
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
    /// The last [`Tables::data_version`]; `None` after the file was replaced.
    seen_version: Option<i64>,
    opened: (DateTime<Utc>, Instant),
    keeper: Keeper,
}

/// How many times to try to open a file that other processes replace at the same time.
const OPEN_TRIES: usize = 8;

impl Store {
    /// Opens the store in `path`. Creates the file and missing folders, readable by their owner
    /// alone.
    ///
    /// A damaged store is moved aside and rebuilt from its readable parts; a large one takes
    /// seconds, and at most half a minute. If the file cannot be used at all, the store is in
    /// memory. Notices report both. Fails with [`StoreError::Newer`], and changes nothing, if a
    /// newer vmail wrote the store; with [`StoreError::Busy`] if another process keeps it locked.
    pub fn open(path: &Path, options: &Options) -> Result<Opened, StoreError> {
        // SQLite puts its log next to the path it is given: resolve links first, so that the file
        // and its log stay together.
        let target = paths::behind_links(path);
        let path = target.as_deref().unwrap_or(path);
        let mut notices = Vec::new();
        let (file, connection) = open(path, &options.country, options.now, &mut notices)?;
        let mut store = Store::new(file, connection, options)?;
        store.bring_back(&mut notices);
        Ok(Opened { store, notices })
    }

    /// Copies the store in `path`, which is not changed, into memory: to try something.
    pub fn copy_in_memory(path: &Path, options: &Options) -> Result<Store, StoreError> {
        Store::new(None, memory::copy_of_file(path, &options.country)?, options)
    }

    /// Creates a store in memory. It is gone when dropped.
    pub fn in_memory(options: &Options) -> Result<Store, StoreError> {
        Store::new(None, memory::empty(&options.country)?, options)
    }

    fn new(file: Option<StoreFile>, connection: Connection, options: &Options) -> Result<Store, StoreError> {
        let tables = Tables::new(connection, options.country.clone());
        let opened = Instant::now();
        Ok(Store {
            seen_version: Some(tables.data_version()?),
            tables,
            file,
            notices: Vec::new(),
            opened: (options.now, opened),
            keeper: Keeper::new(opened),
        })
    }

    /// Returns the number of `account` in the store; adds the account if it is new.
    pub fn account(&mut self, account: &AccountKey) -> Result<AccountId, StoreError> {
        self.run(|tables| tables.account(account))
    }

    /// Returns up to `limit` stored rows of `span`, newest first, starting after `after`.
    pub fn rows(
        &mut self,
        account: AccountId,
        span: Span,
        after: Option<(i64, VoicemailId)>,
        limit: usize,
    ) -> Result<Rows, StoreError> {
        self.run(|tables| tables.rows(account, span, after, limit))
    }

    /// Like [`Store::rows`], without the callers' text. Use it for many rows: reading their callers
    /// in order with [`Store::callers`] is faster.
    pub fn bare_rows(
        &mut self,
        account: AccountId,
        span: Span,
        after: Option<(i64, VoicemailId)>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        self.run(|tables| tables.bare_rows(account, span, after, limit))
    }

    /// Returns the display text of up to `limit` callers of all accounts, in the order of their IDs,
    /// starting after `after`.
    pub fn callers(
        &mut self,
        after: Option<CallerId>,
        limit: usize,
    ) -> Result<Vec<(CallerId, String)>, StoreError> {
        self.run(|tables| tables.callers(after, limit))
    }

    /// Returns the stored row of the voicemail `id`.
    pub fn row(&mut self, account: AccountId, id: VoicemailId) -> Result<Option<Row>, StoreError> {
        self.run(|tables| tables.row(account, id))
    }

    /// Returns the voicemail `id` and the newest `limit` other voicemails of its caller, under any spelling
    /// of the number. If the caller is withheld, returns `id` alone.
    pub fn history(&mut self, account: AccountId, id: VoicemailId, limit: usize) -> Result<Rows, StoreError> {
        self.run(|tables| tables.history(account, id, limit))
    }

    /// Counts the stored rows in `span`.
    pub fn count(&mut self, account: AccountId, span: Span) -> Result<u64, StoreError> {
        self.run(|tables| tables.count(account, span))
    }

    /// Stores the rows of a fetched page and marks `covered` as fetched, in one transaction. Rows that are
    /// already stored stay as they are, except that a row without a recording gets one.
    pub fn put_page(
        &mut self,
        account: AccountId,
        rows: &[Voicemail],
        covered: Option<Span>,
    ) -> Result<Put, StoreError> {
        self.run(|tables| tables.put_page(account, rows, covered))
    }

    /// Returns the parts of `span` that are covered: ascending, disjoint, not touching.
    pub fn coverage(&mut self, account: AccountId, span: Span) -> Result<Vec<Span>, StoreError> {
        self.run(|tables| tables.coverage(account, span))
    }

    /// Returns everything stored about one voicemail, with up to `others` more of its caller.
    pub fn details(
        &mut self,
        account: AccountId,
        id: VoicemailId,
        others: usize,
    ) -> Result<Option<Details>, StoreError> {
        self.run(|tables| tables.details(account, id, others))
    }

    /// Stores the summary and the waveform of the recording of `id`. The store does not interpret
    /// the bytes of `waveform`. Does nothing if there is no such voicemail.
    pub fn put_sound(
        &mut self,
        account: AccountId,
        id: VoicemailId,
        sketch: Sketch,
        waveform: &[u8],
    ) -> Result<(), StoreError> {
        self.run(|tables| tables.put_sound(account, id, sketch, waveform))
    }

    /// Returns the stored voicemails that have all of `flags`.
    pub fn flagged(&mut self, account: AccountId, flags: Flags) -> Result<HashSet<VoicemailId>, StoreError> {
        self.run(|tables| tables.flagged(account, flags))
    }

    /// Returns the last choice stored under `name`: a choice made on the screen, not in the settings.
    pub fn choice(&mut self, name: &str) -> Result<Option<String>, StoreError> {
        self.run(|tables| tables.choice(name))
    }

    /// Stores a choice made on the screen under `name`.
    pub fn put_choice(&mut self, name: &str, value: &str) -> Result<(), StoreError> {
        self.run(|tables| tables.put_choice(name, value))
    }

    /// Counts the stored voicemails in each of `days`.
    pub fn counts(&mut self, account: AccountId, days: &[Span]) -> Result<Vec<u64>, StoreError> {
        self.run(|tables| days.iter().map(|&day| tables.count(account, day)).collect())
    }

    /// Formats up to `limit` callers (at least one) again if they were formatted for another default
    /// country. Returns how many it wrote; 0 when none is left. For idle moments; until then, some
    /// callers show their old text.
    pub fn reformat_callers(&mut self, limit: usize) -> Result<usize, StoreError> {
        let limit = limit.max(1);
        self.run(|tables| tables.reformat_callers(limit))
    }

    /// Returns a number that changes whenever another store, in memory or in a file, replaces this
    /// one. Rows stored earlier may then be gone, so a caller that marks coverage piece by piece must
    /// start over.
    pub fn generation(&self) -> u64 {
        self.tables.generation
    }

    /// Like [`Store::put_page`], but marks `covered` only if the store still has this `generation`.
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

    /// Returns whether another process changed the store since the last call, or since the store was
    /// opened.
    pub fn changed_elsewhere(&mut self) -> Result<bool, StoreError> {
        let version = self.run(|tables| tables.data_version())?;
        Ok(self.seen_version.replace(version) != Some(version))
    }

    /// Returns whether the store is in a file, not only in memory.
    pub fn is_kept(&self) -> bool {
        self.file.is_some()
    }

    /// Takes the store's notices for the user since the last call.
    ///
    /// Check after every other call: some notices invalidate rows that were read before.
    pub fn notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// Makes a backup now, unless the newest one has the same in it.
    pub fn back_up(&mut self) -> Result<Made, BackupError> {
        let now = self.now();
        backup::make(self.file.as_ref().ok_or(BackupError::InMemory)?.path(), now, true)
    }

    /// Merges the backup in `path` into the store by the rules of [`crate::export`]; nothing of it if it
    /// is damaged.
    pub fn restore(&mut self, path: &Path) -> Result<Restored, BackupError> {
        backup::restore(path, |batch| self.run(|tables| batch.bring_in(tables)))
    }

    /// Closes the store. Makes a backup before if one is due.
    pub fn close(mut self) {
        self.keeper.wait();
        if let Some(file) = &self.file
            && let Err(error) = backup::make_if_due(&self.tables, file.path(), self.now())
        {
            tracing::warn!(%error, "no backup was made");
        }
    }

    /// Starts a backup if one is due. For idle moments: takes microseconds.
    fn idle(&mut self) {
        let now = self.now();
        let Some(file) = self.file.as_ref().filter(|_| self.keeper.is_time()) else { return };
        if let Ok(progress) = self.tables.backup_progress()
            && let Some(error) = self.keeper.look(progress, file.path(), now)
        {
            self.notices.push(Notice::NoBackup { reason: error.to_string() });
        }
    }

    fn now(&self) -> DateTime<Utc> {
        let (at, since) = self.opened;
        at + TimeDelta::from_std(since.elapsed()).unwrap_or_default()
    }

    /// Brings into a new store what the old one had: from a backup, and from the damaged file.
    fn bring_back(&mut self, notices: &mut Vec<Notice>) {
        let path = self.file.as_ref().map(StoreFile::path);
        // First, because reading a damaged file may take long.
        let restored = path.and_then(|path| backup::catch_up(&mut self.tables, path));
        recover::bring_back(&mut self.tables, notices);
        let Some((path, backup)) = path.zip(restored) else { return };
        let aside = notices.iter_mut().rev().find_map(|notice| match notice {
            Notice::MovedAside { restored, .. } => Some(restored),
            _ => None,
        });
        match aside {
            Some(restored) => *restored = Some(backup),
            None => notices.push(Notice::Restored { path: path.to_owned(), restored: backup }),
        }
    }

    /// Runs `work`. If the store fails and can be replaced, runs it once more.
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
        match Reaction::of(&error) {
            Reaction::Damaged => self.reopen(&file, true)?,
            Reaction::Unusable(reason) => {
                let copy = memory::copy_of(self.tables.connection(), file.path(), self.tables.country())?;
                self.tables.replace(copy);
                self.notices.push(Notice::InMemory { reason });
            }
            Reaction::Busy | Reaction::Other => {
                self.file = Some(file);
                return Err(error.into());
            }
        }
        work(&mut self.tables).map_err(StoreError::from)
    }

    /// Closes `file`, moves it aside if it is `damaged`, and opens whatever its path names then. Falls
    /// back to memory if that file cannot be used.
    fn reopen(&mut self, file: &StoreFile, damaged: bool) -> Result<(), StoreError> {
        // The open connection still reads a file that was deleted.
        let again = (!damaged && file.is_gone()).then(|| {
            let written = file.write_again(self.tables.connection());
            written.inspect_err(|error| tracing::warn!(%error, "the store cannot be written again")).is_ok()
        });
        let spare = memory::empty(self.tables.country())?;
        let old = self.tables.replace(spare);
        StoreFile::leave_log(&old);
        drop(old);
        self.seen_version = None;

        let now = self.now();
        let moved = if damaged { file.move_aside(now) } else { Ok(None) };
        let mut notices = Vec::new();
        let reason = match moved {
            Ok(to) => {
                let from = file.path().to_owned();
                notices.push(match (to, again) {
                    (Some(to), _) => Notice::MovedAside { from, to, saved: 0, restored: None },
                    (None, Some(true)) => Notice::WrittenAgain { path: from },
                    (None, Some(false)) => Notice::Deleted { path: from },
                    (None, None) => Notice::Replaced { path: from },
                });
                match open(file.path(), self.tables.country(), now, &mut notices) {
                    Ok((file, connection)) => {
                        self.tables.replace(connection);
                        self.file = file;
                        self.bring_back(&mut notices);
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

/// Opens the store in `path`, or one in memory if the file cannot be used.
fn open(
    path: &Path,
    country: &str,
    now: DateTime<Utc>,
    notices: &mut Vec<Notice>,
) -> Result<(Option<StoreFile>, Connection), StoreError> {
    let mut reason = format!("another process keeps replacing {}", path.display());
    for _ in 0..OPEN_TRIES {
        let file = match StoreFile::find(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => {
                reason = format!("cannot create {}: {error}", path.display());
                break;
            }
        };
        match file.connect(country) {
            Ok(connection) => return Ok((Some(file), connection)),
            Err(Obstacle::Damaged) => match file.move_aside(now) {
                Ok(Some(to)) => {
                    notices.push(Notice::MovedAside { from: path.to_owned(), to, saved: 0, restored: None });
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
