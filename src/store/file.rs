//! The store's file: created private, opened, checked, and moved aside if damaged.
//!
//! Other processes may do the same at the same time. A path is only a name, so device and inode
//! number identify the file behind it.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, Error, ErrorCode, MAIN_DB, OpenFlags};

use super::error::{Reaction, StoreError};
use super::migrations;
use crate::private_fs;

/// How long a call waits while another process writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Settings of every connection.
///
/// WAL with `NORMAL` keeps the file sound through a crash of the program or the machine; only a
/// crash of the machine can lose the last writes, and those are fetched again. The user's changes
/// are written with `FULL`: see [`super::tables::Tables::for_good`]. On macOS, only `fullfsync`
/// flushes the disk's own cache; elsewhere it has no effect. The page cache is 1 MiB: enough for the
/// inner pages of a million rows; the system caches the rest. `cell_size_check` detects damage on
/// the page where it is, instead of somewhere later.
const SETTINGS: &str = "
    PRAGMA synchronous = NORMAL;
    PRAGMA fullfsync = ON;
    PRAGMA foreign_keys = ON;
    PRAGMA cell_size_check = ON;
    PRAGMA cache_size = -1024;
    PRAGMA journal_size_limit = 4194304;
    PRAGMA temp_store = MEMORY;";

/// Reads the places that damage usually hits: each table's schema entry and root page, and the path
/// to the first and the last leaf of the list's index.
const CHECK: &str = "
    SELECT (SELECT count(*) FROM (SELECT 1 FROM account LIMIT 1)),
           (SELECT count(*) FROM (SELECT 1 FROM coverage LIMIT 1)),
           (SELECT count(*) FROM (SELECT 1 FROM moment LIMIT 1)),
           (SELECT count(*) FROM (SELECT 1 FROM note LIMIT 1)),
           (SELECT count(*) FROM (SELECT 1 FROM tag LIMIT 1)),
           (SELECT count(*) FROM (SELECT 1 FROM given LIMIT 1)),
           (SELECT count(*) FROM (SELECT 1 FROM change LIMIT 1)),
           (SELECT count(display) FROM (SELECT display FROM caller ORDER BY id DESC LIMIT 1)),
           (SELECT count(*) FROM (SELECT recording FROM voicemail ORDER BY account, id LIMIT 1)),
           (SELECT max(time) FROM (SELECT time FROM voicemail INDEXED BY voicemail_newest
                                   ORDER BY account, time DESC, id DESC LIMIT 1)),
           (SELECT max(time) FROM (SELECT time FROM voicemail INDEXED BY voicemail_newest
                                   ORDER BY account DESC, time, id LIMIT 1)),
           (SELECT max(time) FROM (SELECT time FROM voicemail INDEXED BY voicemail_of_caller
                                   ORDER BY account, caller, time DESC, id DESC LIMIT 1))";

/// Why a file cannot be the store.
pub(super) enum Obstacle {
    /// It is damaged.
    Damaged,
    /// It disappeared while it was being opened: another process is replacing it.
    Vanished,
    /// It cannot be used here, for this reason.
    Unusable(String),
    /// A newer program wrote it, or another process keeps it busy.
    Refused(StoreError),
}

impl From<Error> for Obstacle {
    fn from(error: Error) -> Obstacle {
        match Reaction::of(&error) {
            Reaction::Damaged => Obstacle::Damaged,
            Reaction::Unusable(reason) => Obstacle::Unusable(reason),
            Reaction::Busy | Reaction::Other => Obstacle::Refused(error.into()),
        }
    }
}

/// Identifies the file behind a path. `None` on systems that do not report it; there, a file in use
/// cannot be renamed either.
type Identity = Option<(u64, u64)>;

/// A file that is, or was, the store.
#[derive(Clone, Debug)]
pub(super) struct StoreFile {
    path: PathBuf,
    identity: Identity,
}

impl StoreFile {
    /// Finds the store's file in `path`; creates it and its folder if missing.
    ///
    /// Call this before opening the file. If another process replaces the file in between, this
    /// still identifies the old one, so only the old one can be moved aside.
    pub(super) fn find(path: &Path) -> io::Result<StoreFile> {
        make(path)?;
        Ok(StoreFile { path: path.to_owned(), identity: identity(path)? })
    }

    /// Opens the store's file; creates its tables or brings them up to date.
    pub(super) fn connect(&self, country: &str) -> Result<Connection, Obstacle> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opened = Connection::open_with_flags(&self.path, flags).map_err(Obstacle::from);
        let obstacle = match opened {
            Ok(mut connection) => match prepare(&mut connection, &self.path, country) {
                Ok(()) => return Ok(connection),
                Err(obstacle) => {
                    // The log of a damaged store moves aside with it. The log of a newer store is
                    // not ours to write back. A newer store without a log can be closed normally.
                    if has_log(&self.path) || !matches!(obstacle, Obstacle::Refused(_)) {
                        StoreFile::leave_log(&connection);
                    }
                    obstacle
                }
            },
            Err(obstacle) => obstacle,
        };
        Err(match obstacle {
            Obstacle::Unusable(_) if self.is_replaced() => Obstacle::Vanished,
            other => other,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns whether the store's path now names no file.
    pub(super) fn is_gone(&self) -> bool {
        matches!(fs::symlink_metadata(&self.path), Err(error) if error.kind() == io::ErrorKind::NotFound)
    }

    /// Writes the store behind `connection`, whose file was deleted, to its path again.
    pub(super) fn write_again(&self, connection: &Connection) -> io::Result<()> {
        make(&self.path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let copied = Connection::open_with_flags(&self.path, flags).and_then(|mut to| {
            to.busy_timeout(BUSY_TIMEOUT)?;
            // Another process may already use the path again.
            let tables: i64 = to.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
            if tables > 0 {
                return Ok(StepResult::Busy);
            }
            Backup::new(connection, &mut to)?.step(-1)
        });
        match copied {
            Ok(StepResult::Done) => Ok(()),
            Ok(_) => Err(io::ErrorKind::ResourceBusy.into()),
            Err(error) => Err(io::Error::other(error)),
        }
    }

    /// Returns whether the store's path now names another file, or none.
    pub(super) fn is_replaced(&self) -> bool {
        identity(&self.path).ok() != Some(self.identity)
    }

    /// Makes `connection` keep the log when it is closed: for damaged files.
    ///
    /// A normal close would write the log into the file and delete it.
    pub(super) fn leave_log(connection: &Connection) {
        // Fails only for settings unknown to SQLite.
        let _ = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
    }

    /// Renames the store's file and its log to a name with the time. Returns `None` if another process has
    /// already done so. All connections to the file must be closed.
    pub(super) fn move_aside(&self, now: DateTime<Utc>) -> io::Result<Option<PathBuf>> {
        let Ok(damaged) = fs::File::open(&self.path) else { return Ok(None) };
        // One process at a time. Where locks do not work, the check below is nearly as good.
        let _ = damaged.lock();
        if self.is_replaced() {
            return Ok(None);
        }
        let to = free_name(&self.path, now)?;
        // Move the file last: nobody may create a new store under its name while the old log exists.
        for suffix in ["-wal", "-shm"] {
            match fs::rename(with_suffix(&self.path, suffix), with_suffix(&to, suffix)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        fs::rename(&self.path, &to)?;
        Ok(Some(to))
    }
}

/// Prepares a connection for use as the store: refuses a newer store before writing anything, then
/// applies the settings, migrates the tables and checks them for damage.
///
/// `path` is used in messages only.
pub(super) fn prepare(connection: &mut Connection, path: &Path, country: &str) -> Result<(), Obstacle> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(64);
    // In this order: the first tables and their version are written in one transaction, so tables
    // without a version belong to another program.
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
    let found = migrations::version(connection)?;
    if found > migrations::VERSION {
        let newer = StoreError::Newer { path: path.to_owned(), found, known: migrations::VERSION };
        return Err(Obstacle::Refused(newer));
    }
    if found < 0 || (found == 0 && tables > 0) {
        return Err(Obstacle::Damaged);
    }
    if connection.is_readonly(MAIN_DB)? {
        return Err(Obstacle::Unusable("the store is read-only".to_owned()));
    }
    write_ahead(connection)?;
    connection.execute_batch(SETTINGS)?;
    migrations::apply(connection, country)?;
    connection.query_row(CHECK, [], |_| Ok(())).map_err(|error| match error {
        // The query does not fit this file: a table is missing or has other columns.
        Error::SqlInputError { .. } => Obstacle::Damaged,
        _ if error.sqlite_error_code() == Some(ErrorCode::Unknown) => Obstacle::Damaged,
        _ => error.into(),
    })
}

/// Turns on write-ahead logging.
///
/// That needs exclusive access, and two processes that create a store at the same time both want it.
/// SQLite then reports "busy" at once instead of waiting, so this waits for the lock and retries.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let turn_on = || connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()));
    for _ in 0..10 {
        match turn_on() {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                connection.execute_batch("BEGIN IMMEDIATE; COMMIT")?;
            }
            result => return result,
        }
    }
    turn_on()
}

/// Opens the store in `path` for reading only. `immutable` works even where the log's index cannot be created
/// next to the file; it must not be used while another process writes.
pub(super) fn read_only(path: &Path, immutable: bool) -> Option<Connection> {
    let mut uri = String::from("file:");
    for &byte in path.to_str()?.as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    if immutable {
        uri.push_str("?immutable=1");
    }
    Connection::open_with_flags(uri, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI).ok()
}

/// Creates the file and its folder, private from the start. SQLite creates its other files with the
/// same mode.
fn make(path: &Path) -> io::Result<()> {
    let Some(folder) = path.parent() else { return Err(io::ErrorKind::IsADirectory.into()) };
    private_fs::make_folder(folder)?;
    if path.exists() {
        return Ok(());
    }
    // The log of a file that was deleted without it must not become part of the new one, nor may that of
    // a new one be deleted: one process at a time. Where locks do not work, the time between is short.
    let lock = fs::File::open(folder);
    let _ = lock.as_ref().map(fs::File::lock);
    if path.exists() {
        return Ok(());
    }
    for suffix in ["-wal", "-shm"] {
        match fs::remove_file(with_suffix(path, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    match private_fs::options().write(true).create_new(true).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn identity(path: &Path) -> io::Result<Identity> {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(path).map(|file| Some((file.dev(), file.ino())))
}

#[cfg(not(unix))]
fn identity(path: &Path) -> io::Result<Identity> {
    fs::metadata(path).map(|_| None)
}

/// Returns an unused name such as `vmail-damaged-2026-11-23T12-04-08Z.db` for `vmail.db`; adds a
/// number if that name is taken.
fn free_name(path: &Path, now: DateTime<Utc>) -> io::Result<PathBuf> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = path.extension().map(|it| format!(".{}", it.to_string_lossy())).unwrap_or_default();
    let time = now.format("%Y-%m-%dT%H-%M-%SZ");
    let mut to = path.with_file_name(format!("{stem}-damaged-{time}{extension}"));
    let mut count = 1;
    while to.try_exists()? {
        count += 1;
        to.set_file_name(format!("{stem}-damaged-{time}-{count}{extension}"));
    }
    Ok(to)
}

/// Returns whether the store in `path` has a log that is not empty.
pub(super) fn has_log(path: &Path) -> bool {
    fs::metadata(with_suffix(path, "-wal")).is_ok_and(|log| log.len() > 0)
}

/// Returns whether a program may have the store in `path` open: whether its log exists, even if
/// empty.
pub(super) fn in_use(path: &Path) -> bool {
    with_suffix(path, "-wal").exists()
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
