//! Reads backups: checks them, counts what is in them, and restores them.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use chrono::{DateTime, NaiveDateTime, Utc};
use flate2::read::GzDecoder;

use super::{BackupError, Contents, ENDING, TIME};
use crate::core::text;
use crate::core::triage::{CallerKey, Given};
use crate::store::StoreError;
use crate::store::line::{self, ExportLine, VERSION};
use crate::store::records::{Merged, Record};
use crate::store::tables::Tables;

/// How many voicemails to restore per transaction.
const BATCH: usize = 20_000;

/// What was restored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// When the backup was made; `None` if its name does not say.
    pub time: Option<DateTime<Utc>>,
    /// What is in it.
    pub contents: Contents,
    /// What it changed in the store.
    pub merged: Merged,
    /// How many names it added or changed.
    pub names: u64,
}

impl Restored {
    /// Returns whether something was missing in the store.
    pub(super) fn changed_anything(&self) -> bool {
        self.merged != Merged::default() || self.names > 0
    }
}

impl fmt::Display for Restored {
    /// Writes "the backup of 2026-11-23 12:04 UTC (60 voicemails, 5 notes)".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.time {
            Some(time) => write!(f, "the backup of {}", time.format("%Y-%m-%d %H:%M UTC"))?,
            None => f.write_str("a backup")?,
        }
        write!(f, " ({})", self.contents)
    }
}

/// Lines of one account, to restore in one transaction.
#[derive(Debug, Default)]
pub(in crate::store) struct Batch {
    account: String,
    records: Vec<Record>,
    names: Vec<(CallerKey, Given)>,
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.records.is_empty() && self.names.is_empty()
    }

    /// Merges the batch into the store. Returns what changed, and how many names.
    pub(in crate::store) fn bring_in(&self, tables: &mut Tables) -> rusqlite::Result<(Merged, u64)> {
        let names = tables.merge_names(&self.names)? as u64;
        let account = tables.numbered(&self.account)?;
        Ok((tables.merge_numbered(account, &self.records)?, names))
    }
}

/// Returns how much is in the backup in `path`, if it is whole.
pub fn contents(path: &Path) -> Result<Contents, BackupError> {
    Ok(restore(path, |_| Ok((Merged::default(), 0)))?.contents)
}

/// Passes the backup in `path` to `bring_in`, batch by batch; nothing of it if it is not whole.
pub(in crate::store) fn restore(
    path: &Path,
    mut bring_in: impl FnMut(&Batch) -> Result<(Merged, u64), StoreError>,
) -> Result<Restored, BackupError> {
    check(path)?;
    let mut restored = Restored { time: time(path), ..Restored::default() };
    let mut batch = Batch::default();
    let mut write = |batch: &mut Batch, restored: &mut Restored| {
        if !batch.is_empty() {
            let (merged, names) = bring_in(batch)?;
            restored.merged.added += merged.added;
            restored.merged.changed += merged.changed;
            restored.names += names;
            batch.records.clear();
            batch.names.clear();
        }
        Ok::<_, BackupError>(())
    };
    let mut input = open(path)?;
    let (mut bytes, mut begun) = (Vec::new(), false);
    while line::read(&mut input, &mut bytes).map_err(|error| unreadable(path, error))? {
        let wrong = |reason| BackupError::Damaged { path: path.to_owned(), reason };
        let contents = &mut restored.contents;
        match ExportLine::parse(&bytes).map_err(wrong)? {
            ExportLine::Vmail(header) if header.version > VERSION => {
                return Err(BackupError::Newer { path: path.to_owned() });
            }
            ExportLine::Vmail(header) => {
                write(&mut batch, &mut restored)?;
                batch.account = header.account;
                begun = true;
            }
            _ if !begun => return Err(wrong("it does not begin with an account".to_owned())),
            ExportLine::Name(line) => {
                contents.names += 1;
                batch.names.push(line.check().map_err(wrong)?);
            }
            ExportLine::Voicemail(line) => {
                let record = line.check().map_err(wrong)?;
                contents.voicemails += 1;
                contents.notes += u64::from(record.note.is_some());
                contents.tags += record.tags.len() as u64;
                batch.records.push(record);
            }
        }
        if batch.records.len() + batch.names.len() >= BATCH {
            write(&mut batch, &mut restored)?;
        }
    }
    write(&mut batch, &mut restored)?;
    Ok(restored)
}

/// Returns the time in the name of a backup.
fn time(path: &Path) -> Option<DateTime<Utc>> {
    let name = path.file_name()?.to_str()?.strip_suffix(ENDING)?;
    // The length of "2026-11-23T12-04-08Z".
    let time = name.get(name.len().checked_sub(20)?..)?;
    Some(NaiveDateTime::parse_from_str(time, TIME).ok()?.and_utc())
}

fn open(path: &Path) -> Result<BufReader<GzDecoder<BufReader<File>>>, BackupError> {
    let file = File::open(path).map_err(BackupError::file(path))?;
    Ok(BufReader::new(GzDecoder::new(BufReader::new(file))))
}

/// Reads the whole file, so that its checksum and its length are compared.
fn check(path: &Path) -> Result<(), BackupError> {
    io::copy(&mut open(path)?, &mut io::sink()).map(drop).map_err(|error| unreadable(path, error))
}

/// An error of the system, or damage.
fn unreadable(path: &Path, error: io::Error) -> BackupError {
    let path = path.to_owned();
    if error.raw_os_error().is_some() {
        return BackupError::File { path, error };
    }
    BackupError::Damaged { path, reason: text::clean(&error.to_string(), text::MESSAGE_MAX) }
}
