//! The store's file: made private, opened, checked, and moved aside when it is damaged.
//!
//! Other processes may do the same at the same time. A path is only a name: which file is behind
//! it is told by its device and inode number.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, Error, ErrorCode, MAIN_DB, OpenFlags};

use super::migrations;
use super::trouble::{StoreError, Trouble};
use crate::private;

/// How long a call waits for another process that is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How every connection works.
///
/// WAL with `NORMAL` keeps the file sound through a crash of the program or the machine; only the
/// machine's can cost the last writes, and those are fetched again. What the user does is written
/// with `FULL`: see [`super::tables::Tables::for_good`]. On macOS only `fullfsync` goes further than
/// the disk's own memory; elsewhere it means nothing. The cache is 1 MiB: enough for
/// the inner pages of a million rows, and the system caches the rest. `cell_size_check` finds
/// damage on the page where it is instead of somewhere after it.
const SETTINGS: &str = "
    PRAGMA synchronous = NORMAL;
    PRAGMA fullfsync = ON;
    PRAGMA foreign_keys = ON;
    PRAGMA cell_size_check = ON;
    PRAGMA cache_size = -1024;
    PRAGMA journal_size_limit = 4194304;
    PRAGMA temp_store = MEMORY;";

/// Looks at what usual damage ruins: each table's name and root, and the way down to the first
/// and the last leaf of the list's index.
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
    /// It went away while it was being opened: another process is replacing it.
    Vanished,
    /// It cannot be used here, for this reason.
    Unusable(String),
    /// It is not for this program, or not now.
    Refused(StoreError),
}

impl From<Error> for Obstacle {
    fn from(error: Error) -> Obstacle {
        match Trouble::of(&error) {
            Trouble::Damaged => Obstacle::Damaged,
            Trouble::Unusable(reason) => Obstacle::Unusable(reason),
            Trouble::Busy | Trouble::Other => Obstacle::Refused(error.into()),
        }
    }
}

/// Which file is behind a path. `None` where the system does not tell: a file in use cannot be
/// renamed there either.
type Identity = Option<(u64, u64)>;

/// A file that is, or was, the store.
#[derive(Clone, Debug)]
pub(super) struct StoreFile {
    path: PathBuf,
    identity: Identity,
}

impl StoreFile {
    /// The file in `path`, made with its folder where they are missing.
    ///
    /// To be called before it is opened: should another process put a new one in its place in
    /// between, this is the old one, and that one alone may be moved aside.
    pub(super) fn find(path: &Path) -> io::Result<StoreFile> {
        make(path)?;
        Ok(StoreFile { path: path.to_owned(), identity: identity(path)? })
    }

    /// Opens the store, with its tables made or brought up to date.
    pub(super) fn connect(&self, country: &str) -> Result<Connection, Obstacle> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opened = Connection::open_with_flags(&self.path, flags).map_err(Obstacle::from);
        let obstacle = match opened {
            Ok(mut connection) => match prepare(&mut connection, &self.path, country) {
                Ok(()) => return Ok(connection),
                Err(obstacle) => {
                    // The log of a damaged store goes aside with it, and that of a newer one is
                    // not ours to write back. A newer one without a log is closed as it was.
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

    /// Whether the path names another file by now, or none.
    pub(super) fn is_replaced(&self) -> bool {
        identity(&self.path).ok() != Some(self.identity)
    }

    /// Makes `connection` leave the log as it is when it is closed: for a file that is damaged.
    ///
    /// An ordinary close would write the log back into it and delete the log.
    pub(super) fn leave_log(connection: &Connection) {
        // Failing is possible only for a setting that SQLite does not know.
        let _ = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
    }

    /// Renames the file and its log to a name with the time. `None` when another process has
    /// done it already. Connections to it must be closed.
    pub(super) fn move_aside(&self, now: DateTime<Utc>) -> io::Result<Option<PathBuf>> {
        let Ok(damaged) = fs::File::open(&self.path) else { return Ok(None) };
        // One process at a time. Where locks do not work, the check below does nearly as well.
        let _ = damaged.lock();
        if self.is_replaced() {
            return Ok(None);
        }
        let to = free_name(&self.path, now)?;
        // The file goes last: its name must not be free for a new store while the old log is there.
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

/// Makes a connection fit for use as the store: refuses a newer one before anything is written,
/// then sets it up, brings its tables up to date and looks whether they are sound.
///
/// `path` is for the message alone.
pub(super) fn prepare(connection: &mut Connection, path: &Path, country: &str) -> Result<(), Obstacle> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(64);
    // In this order: the first tables and their version are written together, so tables without
    // a version are of another program.
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
        return Err(Obstacle::Unusable("the store cannot be written".to_owned()));
    }
    write_ahead(connection)?;
    connection.execute_batch(SETTINGS)?;
    migrations::apply(connection, country)?;
    connection.query_row(CHECK, [], |_| Ok(())).map_err(|error| match error {
        // A question that is wrong for this file: it lacks a table, or has one of that name.
        Error::SqlInputError { .. } => Obstacle::Damaged,
        _ if error.sqlite_error_code() == Some(ErrorCode::Unknown) => Obstacle::Damaged,
        _ => error.into(),
    })
}

/// Has changes written to a log first.
///
/// Two processes that make a store at once both turn this on, which needs the file alone. SQLite
/// reports that at once instead of waiting, so this waits for the other's lock and looks again.
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

/// A connection that only reads `path`. `immutable` works where not even the log's index can be
/// made beside it; it must not be used while another process writes.
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

/// Makes the file and its folder, private from the start. SQLite gives the files beside it the
/// same mode.
fn make(path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        private::make_folder(parent)?;
    }
    match private::options().write(true).create_new(true).open(path) {
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

/// `vmail.db` to `vmail-damaged-2026-11-23T12-04-08Z.db`, counted up until nothing has that name.
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

/// Whether there is a log beside the store in `path`, with something in it.
pub(super) fn has_log(path: &Path) -> bool {
    fs::metadata(with_suffix(path, "-wal")).is_ok_and(|log| log.len() > 0)
}

/// Whether a program may have the store in `path` open: its log is there, if only as an empty file.
pub(super) fn in_use(path: &Path) -> bool {
    with_suffix(path, "-wal").exists()
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
