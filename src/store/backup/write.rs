//! Makes backups.

use std::fs::{self, File, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;
use rusqlite::{Connection, OpenFlags};
use tempfile::NamedTempFile;

use super::{Backup, BackupError, ENDING, KEPT, Made, Mark, TIME, folder, list, stem};
use crate::private_fs;
use crate::store::StoreError;
use crate::store::line::{ExportLine, Header, NameLine, VoicemailLine};
use crate::store::tables::Tables;

/// How long to wait while another process writes to the store.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The name of a backup that is not complete.
const PARTIAL: (&str, &str) = ("new-", ".partial");

/// Makes a backup of the store in `path` if one is due at `now`, or `always`. Never changes an older one;
/// removes the oldest ones when the new one is on disk.
pub(in crate::store) fn make(store: &Path, now: DateTime<Utc>, always: bool) -> Result<Made, BackupError> {
    let folder = folder(store);
    let at = || BackupError::file(&folder);
    private_fs::make_folder(&folder).map_err(at())?;
    let lock = private_fs::options().write(true).create(true).truncate(false).open(folder.join("lock"));
    let lock = lock.map_err(at())?;
    // One process at a time. Where locks do not work, two may each make one, which does no harm.
    let locked = if always { lock.lock().map_err(TryLockError::Error) } else { lock.try_lock() };
    if matches!(locked, Err(TryLockError::WouldBlock)) {
        return Ok(Made::Nothing);
    }
    remove_partial(&folder).map_err(at())?;

    let tables = open(store).map_err(StoreError::from)?;
    let progress = tables.backup_progress().map_err(StoreError::from)?;
    if !always && !progress.is_due(now) {
        return Ok(Made::Nothing);
    }
    let mut file =
        tempfile::Builder::new().prefix(PARTIAL.0).suffix(PARTIAL.1).tempfile_in(&folder).map_err(at())?;
    let Written { change, lines } = write(&tables, &mut file)?;
    let backups = list(store)?;
    let newest = backups.first();
    if lines == 0 && newest.is_none() && !always {
        // Only recordings were decoded so far, which counts as changes.
        let mark = Mark { change, name: 0, made: now.timestamp() };
        tables.set_backup_mark(mark).map_err(StoreError::from)?;
        return Ok(Made::Nothing);
    }
    // In order, even if the clock was set back.
    let time = newest.map_or(now.timestamp(), |newest| now.timestamp().max(newest.time.timestamp() + 1));
    let time = DateTime::from_timestamp(time, 0).unwrap_or(now);
    let made = match newest {
        Some(newest) if same(file.path(), &newest.path).map_err(at())? => Made::Same(newest.clone()),
        _ => {
            file.as_file().sync_all().map_err(at())?;
            let path = folder.join(format!("{}{}{ENDING}", stem(store), time.format(TIME)));
            file.persist(&path).map_err(|error| error.error).map_err(at())?;
            // Systems that cannot open folders do not need it.
            let _ = File::open(&folder).and_then(|folder| folder.sync_all());
            for old in backups.iter().skip(KEPT - 1) {
                fs::remove_file(&old.path).map_err(BackupError::file(&old.path))?;
            }
            Made::New(Backup { path, time })
        }
    };
    if let Made::New(Backup { time, .. }) | Made::Same(Backup { time, .. }) = &made {
        let mark = Mark { change, name: time.timestamp(), made: now.timestamp() };
        tables.set_backup_mark(mark).map_err(StoreError::from)?;
    }
    Ok(made)
}

/// Removes what a killed process left.
fn remove_partial(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_str().is_some_and(|name| name.starts_with(PARTIAL.0) && name.ends_with(PARTIAL.1)) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Opens the store in `path` with a connection of its own.
fn open(path: &Path) -> rusqlite::Result<Tables> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.execute_batch("PRAGMA cell_size_check = ON")?;
    // It stores no callers, so their country is of no importance.
    Ok(Tables::new(connection, String::new()))
}

struct Written {
    /// The number of the last change in it.
    change: i64,
    /// How many voicemails and names it has.
    lines: usize,
}

/// Writes a backup, as of one moment.
fn write(tables: &Tables, file: &mut NamedTempFile) -> Result<Written, BackupError> {
    let path = file.path().to_owned();
    let sql = StoreError::from;
    // The fastest one: names of recordings do not become smaller with the others.
    let mut out = GzEncoder::new(BufWriter::new(file), Compression::fast());
    let mut put = |line: &ExportLine| line.write(&mut out).map_err(BackupError::file(&path));
    let snapshot = tables.connection().unchecked_transaction().map_err(sql)?;
    let change = tables.last_change().map_err(sql)?;
    let mut names = tables.names().map_err(sql)?;
    let mut lines = names.len();
    for (account, key) in tables.accounts().map_err(sql)? {
        put(&Header::of(&key))?;
        // They are those of all accounts.
        for (caller, given) in names.drain(..) {
            put(&ExportLine::Name(NameLine::new(&caller, &given)))?;
        }
        tables.each_changed(account, |record| {
            lines += 1;
            put(&ExportLine::Voicemail(VoicemailLine::of_user(record)))
        })?;
    }
    drop(snapshot);
    out.finish().and_then(|mut file| file.flush()).map_err(BackupError::file(&path))?;
    Ok(Written { change, lines })
}

fn same(one: &Path, other: &Path) -> io::Result<bool> {
    Ok(fs::metadata(one)?.len() == fs::metadata(other)?.len() && fs::read(one)? == fs::read(other)?)
}
