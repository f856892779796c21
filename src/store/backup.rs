//! Backups: small files with what only the user knows, beside the store.
//!
//! A backup has the lines of an export for every account, with the voicemails that the user changed
//! and the names given to callers; the rest is fetched again. It is compressed with gzip, whose
//! checksum and length tell a whole file from a damaged one. Restoring merges it by the rules of
//! [`crate::export`].
//!
//! The store remembers its last backup. A folder with a newer one belongs to a store that has lost
//! something: its file was deleted, damaged, emptied, or replaced by an older one.

use std::cmp::Reverse;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDateTime, Utc};

use super::StoreError;
use super::tables::Tables;
use crate::core::humanize;

mod read;
mod write;

pub(super) use read::restore;
pub use read::{Restored, contents};
pub(super) use write::make;

/// How many backups are kept.
const KEPT: usize = 7;

/// After so many changes, a backup is made at once. A store that has seen fewer is backed up whenever
/// its program is idle or ends: then there is no older backup to fall back on, and it takes no time.
const MANY: i64 = 200;

/// Otherwise, how many seconds lie between two backups.
const DAY: i64 = 86_400;

/// How often to look whether a backup is due, and how long the user must have changed nothing.
const LOOK: Duration = Duration::from_secs(10);

/// The time in a file name, and what follows it.
const TIME: &str = "%Y-%m-%dT%H-%M-%SZ";
const ENDING: &str = ".jsonl.gz";

/// The key of the last backup among the stored choices.
const MARK: &str = "backup";

/// A backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// Its file.
    pub path: PathBuf,
    /// When it was made, in whole seconds.
    pub time: DateTime<Utc>,
}

/// How much is in a backup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// The voicemails that the user changed.
    pub voicemails: u64,
    /// Their notes.
    pub notes: u64,
    /// Their tags.
    pub tags: u64,
    /// The names given to callers.
    pub names: u64,
}

impl fmt::Display for Contents {
    /// Writes "60 voicemails, 5 notes"; what there is none of is skipped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Contents { voicemails, notes, tags, names } = *self;
        f.write_str(&humanize::voicemails(voicemails))?;
        for (count, one) in [(notes, "note"), (tags, "tag"), (names, "caller name")] {
            match count {
                0 => {}
                1 => write!(f, ", 1 {one}")?,
                many => write!(f, ", {} {one}s", humanize::count(many))?,
            }
        }
        Ok(())
    }
}

/// Why a backup was not made or not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// It is incomplete, or its checksum is wrong. Nothing was restored.
    #[error("{} is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, safe to display.
        reason: String,
    },
    /// A newer vmail wrote it. Nothing was restored.
    #[error("{} was written by a newer vmail: update vmail", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// The store is in memory: there is nothing to back up.
    #[error("the store is in memory")]
    InMemory,
    /// The store cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl BackupError {
    fn file(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
        let path = path.to_owned();
        move |error| BackupError::File { path, error }
    }
}

/// The result of an attempt to make a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Made {
    /// A new one.
    New(Backup),
    /// None, because this one has all of it.
    Same(Backup),
    /// None, because there is nothing to back up, or another process is at it.
    Nothing,
}

/// Returns the folder with the backups of the store in `path`.
pub fn folder(store: &Path) -> PathBuf {
    store.with_file_name("backups")
}

/// Returns the backups of the store in `path`, newest first.
pub fn list(store: &Path) -> Result<Vec<Backup>, BackupError> {
    let folder = folder(store);
    let entries = match fs::read_dir(&folder) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        entries => entries.map_err(BackupError::file(&folder))?,
    };
    let stem = stem(store);
    let mut backups: Vec<Backup> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let name = path.file_name()?.to_str()?;
            let time = name.strip_prefix(&stem)?.strip_suffix(ENDING)?;
            let time = NaiveDateTime::parse_from_str(time, TIME).ok()?.and_utc();
            Some(Backup { path, time })
        })
        .collect();
    backups.sort_unstable_by_key(|backup| Reverse(backup.time));
    Ok(backups)
}

/// Returns how the names of a store's backups begin.
fn stem(store: &Path) -> String {
    format!("{}-", store.file_stem().unwrap_or_default().to_string_lossy())
}

/// What a store remembers of its last backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    /// The last change in it, by its number in the log.
    change: i64,
    /// The time in its name, in seconds since the epoch.
    name: i64,
    /// The time on the clock when it was made: the other one is later if that clock was set back.
    made: i64,
}

/// How far a store is, and how far its last backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    change: i64,
    mark: Option<Mark>,
}

impl Progress {
    /// Returns the number of changes since the last backup.
    fn changes(self) -> i64 {
        self.mark.map_or(self.change, |mark| self.change - mark.change)
    }

    /// Returns whether so much was changed that a backup cannot wait for an idle moment.
    fn is_urgent(self) -> bool {
        self.changes() >= MANY
    }

    /// Returns whether a backup is due at `now`.
    fn is_due(self, now: DateTime<Utc>) -> bool {
        let age = self.mark.map(|mark| now.timestamp() - mark.made);
        let is_old = age.is_none_or(|age| !(0..DAY).contains(&age));
        self.changes() > 0 && (self.is_urgent() || self.change < MANY || is_old)
    }
}

impl Tables {
    /// Returns how far the store is, and how far its last backup. Takes microseconds.
    pub(super) fn backup_progress(&self) -> rusqlite::Result<Progress> {
        let change = self.last_change()?;
        let mark = self.choice(MARK)?.and_then(|mark| {
            let mut numbers = mark.split(' ').map_while(|number| number.parse().ok());
            Some(Mark { change: numbers.next()?, name: numbers.next()?, made: numbers.next()? })
        });
        Ok(Progress { change, mark })
    }

    fn set_backup_mark(&self, Mark { change, name, made }: Mark) -> rusqlite::Result<()> {
        self.put_choice(MARK, &format!("{change} {name} {made}"))
    }
}

/// Restores the newest whole backup if it is newer than the last one that the store knows of. Returns
/// `None` if nothing was missing.
pub(super) fn catch_up(tables: &mut Tables, store: &Path) -> Option<Restored> {
    let known = tables.backup_progress().ok()?.mark.map(|mark| mark.name);
    let backups = list(store).inspect_err(|error| tracing::warn!(%error, "backups")).ok()?;
    if known.is_some() && backups.is_empty() {
        // They were deleted: the next one is due at once.
        tables.put_choice(MARK, "").ok()?;
    }
    let newer = backups.iter().take_while(|backup| Some(backup.time.timestamp()) > known);
    for backup in newer {
        let brought = restore(&backup.path, |batch| batch.bring_in(tables).map_err(StoreError::from));
        let restored = match brought {
            Ok(restored) => restored,
            Err(error) => {
                tracing::warn!(%error, "a backup was skipped");
                continue;
            }
        };
        let marked = tables.backup_progress().and_then(|progress| {
            let time = backup.time.timestamp();
            tables.set_backup_mark(Mark { change: progress.change, name: time, made: time })
        });
        // Flush it to the disk, because it cannot be fetched again.
        let flushed =
            marked.and_then(|()| tables.connection().query_row("PRAGMA wal_checkpoint", [], |_| Ok(())));
        if let Err(error) = flushed {
            tracing::warn!(%error, "the next start restores the backup again");
        }
        return Some(restored).filter(Restored::changed_anything);
    }
    None
}

/// Makes a backup of the store in `path` if one is due at `now`.
pub(super) fn make_if_due(tables: &Tables, path: &Path, now: DateTime<Utc>) -> Result<(), BackupError> {
    if tables.backup_progress().map_err(StoreError::from)?.is_due(now) {
        make(path, now, false)?;
    }
    Ok(())
}

/// Decides when an open store is backed up, and does it on a thread of its own with a connection of
/// its own, so that nobody waits.
#[derive(Debug)]
pub(super) struct Keeper {
    next: Instant,
    /// The last change when it looked last.
    seen: Option<i64>,
    running: Option<JoinHandle<Result<Made, BackupError>>>,
    /// Whether a failure was reported.
    failed: bool,
}

impl Keeper {
    pub(super) fn new(now: Instant) -> Keeper {
        Keeper { next: now + LOOK, seen: None, running: None, failed: false }
    }

    /// Returns whether it is time to look again.
    pub(super) fn is_time(&mut self) -> bool {
        let now = Instant::now();
        let is_time = now >= self.next;
        if is_time {
            self.next = now + LOOK;
        }
        is_time
    }

    /// Starts a backup if one is due and the user pauses. Returns why the last one failed, once.
    pub(super) fn look(
        &mut self,
        progress: Progress,
        store: &Path,
        now: DateTime<Utc>,
    ) -> Option<BackupError> {
        if self.running.as_ref().is_some_and(|running| !running.is_finished()) {
            return None;
        }
        let failure = self.wait();
        let pauses = self.seen.replace(progress.change) == Some(progress.change);
        if progress.is_due(now) && (pauses || progress.is_urgent()) {
            let store = store.to_owned();
            let made = thread::Builder::new().name("backup".to_owned());
            self.running = made.spawn(move || make(&store, now, false)).ok();
        }
        failure
    }

    /// Waits for a backup that is being made. Returns why it failed, once.
    pub(super) fn wait(&mut self) -> Option<BackupError> {
        let error = self.running.take()?.join().ok()?.err()?;
        tracing::warn!(%error, "no backup was made");
        (!std::mem::replace(&mut self.failed, true)).then_some(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(change: i64, mark: Option<(i64, i64)>, now: i64) -> bool {
        let mark = mark.map(|(change, made)| Mark { change, name: made, made });
        Progress { change, mark }.is_due(DateTime::from_timestamp(now, 0).unwrap())
    }

    #[test]
    fn a_backup_is_due_daily_and_after_many_changes_but_never_without_a_change() {
        assert!(!due(0, None, 9));
        assert!(due(1, None, 9));
        assert!(!due(5_000, Some((5_000, 0)), 9 * DAY));
        assert!(due(5_001, Some((5_000, 0)), DAY));
        assert!(!due(5_199, Some((5_000, 0)), DAY - 1));
        assert!(due(5_200, Some((5_000, 0)), 1));
        // The clock was set back by years.
        assert!(due(5_001, Some((5_000, 9 * DAY)), 1));
        // A young store has no older backup to fall back on.
        assert!(due(60, Some((59, 0)), 1));
    }
}
