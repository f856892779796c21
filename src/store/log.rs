//! The log of changes: tells processes that share a store which rows the others changed.
//!
//! An entry names a changed voicemail, not the change; readers look the row up. SQLite allows one
//! writer at a time, so entry numbers follow the order of the changes.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::intern::with_callers;
use super::sql::{loaded, newest_first, read_row, sql_limit, stored};
use super::tables::Tables;
use super::{AccountId, Row, Rows, Store, StoreError};
use crate::core::model::{CallerId, VoicemailId};

/// How many entries to keep: about a megabyte. A reader further behind reads everything again, which
/// takes no longer.
const KEPT: i64 = 50_000;

/// The changes since a cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// The changed voicemails in their current state, each once, newest first.
    pub rows: Vec<Row>,
    /// The display text of each of their callers, each once; empty text means withheld.
    pub callers: Vec<(CallerId, String)>,
    /// Whether names of callers were added, changed or removed.
    pub names: bool,
    /// The cursor for the next call.
    pub cursor: u64,
    /// Whether there are more changes to read at once.
    pub more: bool,
    /// Whether the changes are unknown, because the log does not reach back that far or belongs to
    /// another store. Everything must be read again.
    pub missed: bool,
}

impl Store {
    /// Returns the current end of the log of changes, for [`Store::changed_rows`]. Call it before
    /// reading rows, so that no change is missed in between.
    pub fn change_cursor(&mut self) -> Result<u64, StoreError> {
        self.run(|tables| Ok(tables.last_change()?.unsigned_abs()))
    }

    /// Returns up to `limit` changes since `cursor`, by this process or others, oldest first. Takes
    /// microseconds if there are none.
    ///
    /// Includes changes to flags, notes, tags, times and recording summaries. New voicemails are not
    /// included; find those with [`Store::count`].
    pub fn changed_rows(
        &mut self,
        account: AccountId,
        cursor: u64,
        limit: usize,
    ) -> Result<Changed, StoreError> {
        self.run(|tables| tables.changed_rows(account, cursor, limit))
    }
}

impl Tables {
    /// Returns the numbers of the oldest and the newest entry; 1 and 0 if there is none.
    fn log_ends(&self) -> rusqlite::Result<(i64, i64)> {
        // Two subqueries: for `min` and `max` in one, SQLite would read the whole table.
        let mut statement = self.connection().prepare_cached(
            "SELECT ifnull((SELECT min(number) FROM change), 1), ifnull((SELECT max(number) FROM change), 0)",
        )?;
        statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// Returns the number of the newest entry; 0 if there is none.
    pub(super) fn last_change(&self) -> rusqlite::Result<i64> {
        Ok(self.log_ends()?.1)
    }

    fn changed_rows(&mut self, account: AccountId, cursor: u64, limit: usize) -> rusqlite::Result<Changed> {
        let account = self.number(account)?;
        let (first, last) = self.log_ends()?;
        let cursor = i64::try_from(cursor).unwrap_or(i64::MAX);
        if cursor > last || cursor < first - 1 {
            return Ok(Changed { cursor: last.unsigned_abs(), missed: true, ..Changed::default() });
        }
        let mut changed = Changed { cursor: cursor.unsigned_abs(), ..Changed::default() };
        let mut ids = HashSet::new();
        let mut lines = self.connection().prepare_cached(
            "SELECT number, account, id FROM change WHERE number > ?1 ORDER BY number LIMIT ?2",
        )?;
        let mut lines = lines.query(params![cursor, sql_limit(limit)])?;
        let mut count = 0;
        while let Some(line) = lines.next()? {
            count += 1;
            changed.cursor = line.get::<_, i64>(0)?.unsigned_abs();
            match line.get::<_, Option<i64>>(2)? {
                None => changed.names = true,
                Some(id) if line.get::<_, Option<i64>>(1)? == Some(account) => {
                    ids.insert(loaded(id));
                }
                Some(_) => {}
            }
        }
        changed.more = count == limit;
        let mut row = self.connection().prepare_cached(
            "SELECT time, id, caller, flags, length, thumbnail FROM voicemail WHERE account = ?1 AND id = ?2",
        )?;
        for id in ids {
            changed.rows.extend(row.query_row(params![account, stored(id)], read_row).optional()?);
        }
        changed.rows.sort_unstable_by_key(newest_first);
        let Rows { rows, callers } = with_callers(self.connection(), changed.rows)?;
        Ok(Changed { rows, callers, ..changed })
    }
}

/// Adds an entry to the log of changes for each of `ids`, and drops the oldest entries.
pub(super) fn append(
    connection: &Connection,
    account: i64,
    ids: impl IntoIterator<Item = VoicemailId>,
) -> rusqlite::Result<()> {
    let mut insert = connection.prepare_cached("INSERT INTO change (account, id) VALUES (?1, ?2)")?;
    for id in ids {
        insert.execute(params![account, stored(id)])?;
    }
    trim(connection)
}

/// Adds to the log of changes an entry that says that names changed.
pub(super) fn append_names(connection: &Connection) -> rusqlite::Result<()> {
    connection.prepare_cached("INSERT INTO change DEFAULT VALUES")?.execute([])?;
    trim(connection)
}

/// Drops the oldest entries. The newest one always stays, so that numbers never repeat.
fn trim(connection: &Connection) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM change WHERE number <= (SELECT max(number) FROM change) - ?1")?
        .execute([KEPT])
        .map(drop)
}
