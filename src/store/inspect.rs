//! A look at a store's file from outside: for a check of its health, and for the shell's
//! completions. Nothing is made, mended, brought up to date or written.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, params};

use super::tables::loaded;
use super::trouble::{StoreError, Trouble};
use super::{file, migrations};
use crate::model::VoicemailId;

/// How long another process is waited for that has the file to itself.
const BUSY_TIMEOUT: Duration = Duration::from_secs(1);

/// What a look at a store showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inspection {
    /// The version of its tables.
    pub version: i64,
    /// The newest version that this program reads; older ones are brought up to it at the next start.
    pub known: i64,
    /// How many voicemail it holds, of every account.
    pub voicemail: u64,
    /// How many accounts it holds.
    pub accounts: u64,
    /// The first damage that was found.
    pub damage: Option<String>,
}

/// Looks at the store in `path`, which must be there, and goes over every page of it: that takes
/// about a second for a million voicemail.
pub fn inspect(path: &Path) -> Result<Inspection, StoreError> {
    let mut found = Inspection { known: migrations::VERSION, ..Inspection::default() };
    match look(path, &mut found) {
        Ok(()) => Ok(found),
        Err(error) => match Trouble::of(&error) {
            Trouble::Damaged => Ok(Inspection { damage: Some(error.to_string()), ..found }),
            _ => Err(error.into()),
        },
    }
}

fn look(path: &Path, found: &mut Inspection) -> rusqlite::Result<()> {
    let connection = open(path)?;
    found.version = migrations::version(&connection)?;
    let said: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    found.damage = Some(said).filter(|said| said != "ok");
    // A new file has no tables until a program first opens it as its store.
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

/// The newest voicemail of every account, newest first: identity, when it was left in milliseconds
/// since the epoch, and its caller as it is shown, empty when withheld. Up to `limit` of each.
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

/// The tags of every account, the one used most first.
pub fn tags(path: &Path) -> Result<Vec<String>, StoreError> {
    let connection = open(path)?;
    let mut statement =
        connection.prepare("SELECT min(text) FROM tag GROUP BY folded ORDER BY count(*) DESC, folded")?;
    let tags = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(tags)
}

/// A connection that reads. While a program has the store open there is a log beside it, and the
/// two belong together; without one the file is read alone, so that nothing appears beside it.
fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = match file::read_only(path, !file::in_use(path)) {
        Some(connection) => connection,
        // Only to have the reason: without the permission to make a file, nothing comes of it.
        None => Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?,
    };
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}
