//! Reads a store's file from outside: for `vmail doctor` and for shell completion. Creates, repairs,
//! migrates and writes nothing.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, params};

use super::error::{Reaction, StoreError};
use super::sql::loaded;
use super::{file, migrations};
use crate::core::model::VoicemailId;

/// How long to wait while another process has the file locked.
const BUSY_TIMEOUT: Duration = Duration::from_secs(1);

/// The result of [`inspect()`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inspection {
    /// The version of its tables.
    pub version: i64,
    /// The newest version that this program reads; an older store is migrated at the next start.
    pub known: i64,
    /// How many voicemails it holds, over all accounts.
    pub voicemail: u64,
    /// How many accounts it holds.
    pub accounts: u64,
    /// The first damage found.
    pub damage: Option<String>,
}

/// Checks every page of the store in `path`, which must exist. Takes about a second for a million
/// voicemails.
pub fn inspect(path: &Path) -> Result<Inspection, StoreError> {
    let mut found = Inspection { known: migrations::VERSION, ..Inspection::default() };
    match look(path, &mut found) {
        Ok(()) => Ok(found),
        Err(error) => match Reaction::of(&error) {
            Reaction::Damaged => Ok(Inspection { damage: Some(error.to_string()), ..found }),
            _ => Err(error.into()),
        },
    }
}

fn look(path: &Path, found: &mut Inspection) -> rusqlite::Result<()> {
    let connection = open(path)?;
    found.version = migrations::version(&connection)?;
    let said: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    found.damage = Some(said).filter(|said| said != "ok");
    // A new file has no tables until vmail first opens it as a store.
    if found.version > 0 && found.damage.is_none() {
        let count = |table: &str| {
            let sql = format!("SELECT count(*) FROM {table}");
            connection.query_row(&sql, [], |row| row.get::<_, i64>(0))
        };
        found.voicemail = count("voicemail")?.unsigned_abs();
        found.accounts = count("account")?.unsigned_abs();
    }
    Ok(())
}

/// Returns the newest voicemails of the store in `path`, newest first, up to `limit` per account: identity,
/// time in milliseconds since the epoch, and the caller's display text, which is empty when withheld.
pub fn newest(path: &Path, limit: u32) -> Result<Vec<(VoicemailId, i64, String)>, StoreError> {
    let connection = open(path)?;
    let accounts: Vec<i64> = connection
        .prepare("SELECT id FROM account")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut statement = connection.prepare(
        "SELECT v.id, v.time, c.display
         FROM (SELECT id, time, caller FROM voicemail WHERE account = ?1
               ORDER BY time DESC, id DESC LIMIT ?2) AS v
         JOIN caller AS c ON c.id = v.caller",
    )?;
    let mut newest = Vec::new();
    for account in accounts {
        let rows = statement
            .query_map(params![account, limit], |row| Ok((loaded(row.get(0)?), row.get(1)?, row.get(2)?)))?;
        for row in rows {
            newest.push(row?);
        }
    }
    newest.sort_by_key(|(_, time, _): &(_, i64, _)| std::cmp::Reverse(*time));
    Ok(newest)
}

/// Returns the tags of all accounts in the store in `path`, the most used first.
pub fn tags(path: &Path) -> Result<Vec<String>, StoreError> {
    let connection = open(path)?;
    let mut statement =
        connection.prepare("SELECT min(text) FROM tag GROUP BY folded ORDER BY count(*) DESC, folded")?;
    let tags = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(tags)
}

/// Opens a read-only connection. While a program has the store open, there is a log that must be
/// read with it. Without a log, opens the file as immutable, so that no new file appears next to it.
fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = match file::read_only(path, !file::in_use(path)) {
        Some(connection) => connection,
        // Only to get the error: SQLite does not create a file without the flag for it.
        None => Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?,
    };
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}
