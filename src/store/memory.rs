//! The store in memory: the fallback when the file cannot be used.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::error::StoreError;
use super::file::{self, Obstacle};

/// Creates an empty store in memory.
pub(super) fn empty(country: &str) -> Result<Connection, StoreError> {
    adopt(Connection::open_in_memory()?, Path::new(":memory:"), country)
}

/// Copies the store in `path` into memory, as far as it can be read, or creates an empty one.
pub(super) fn copy_of_file(path: &Path, country: &str) -> Result<Connection, StoreError> {
    let copied = [false, true]
        .into_iter()
        .filter_map(|immutable| file::read_only(path, immutable))
        .find_map(|source| copy(&source).ok());
    or_empty(copied, path, country)
}

/// Copies the store behind `source`, which is open on `path`, into memory, or creates an empty one.
pub(super) fn copy_of(source: &Connection, path: &Path, country: &str) -> Result<Connection, StoreError> {
    or_empty(copy(source).ok(), path, country)
}

/// Replaces a damaged or incomplete copy with an empty store; refuses a newer one.
fn or_empty(copied: Option<Connection>, path: &Path, country: &str) -> Result<Connection, StoreError> {
    match copied.map(|copied| adopt(copied, path, country)) {
        Some(Err(newer @ StoreError::Newer { .. })) => Err(newer),
        Some(Ok(copied)) => Ok(copied),
        Some(Err(_)) | None => empty(country),
    }
}

fn copy(source: &Connection) -> rusqlite::Result<Connection> {
    let mut copied = Connection::open_in_memory()?;
    let backup = Backup::new(source, &mut copied)?;
    // All in one step: nobody else waits for this.
    let step = backup.step(-1)?;
    drop(backup);
    // If it is busy, start empty: everything can be fetched again.
    if step == StepResult::Done { Ok(copied) } else { Connection::open_in_memory() }
}

fn adopt(mut connection: Connection, path: &Path, country: &str) -> Result<Connection, StoreError> {
    match file::prepare(&mut connection, path, country) {
        Ok(()) => Ok(connection),
        Err(Obstacle::Refused(error)) => Err(error),
        Err(Obstacle::Unusable(reason)) => Err(StoreError::Sql(reason)),
        Err(Obstacle::Damaged | Obstacle::Vanished) => Err(StoreError::Sql("damaged".to_owned())),
    }
}
