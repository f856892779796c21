//! The log of changes, by which processes that share a store see what the others did.
//!
//! A line names a voicemail that was changed, not how: who reads it looks the row up. Writers come
//! one after the other, so the numbers of the lines are in the order of the changes.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::callers::with_callers;
use super::tables::{Tables, loaded, newest_first, read_row, sql_limit, stored};
use super::{AccountId, CallerId, Row, Rows, Store, StoreError};
use crate::model::VoicemailId;

/// How many lines are kept: about a megabyte. Who is further behind reads everything again, which
/// takes no longer.
const KEPT: i64 = 50_000;

/// What was changed since a cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// The voicemail, each once and as it is now, newest first.
    pub rows: Vec<Row>,
    /// What to show for each of their callers, each once; empty text means withheld.
    pub callers: Vec<(CallerId, String)>,
    /// Whether names were given or taken away.
    pub names: bool,
    /// Ask with this the next time.
    pub cursor: u64,
    /// Whether there is more to ask for at once.
    pub more: bool,
    /// The log does not reach back that far, or is that of another store: nothing is known, so
    /// everything is to be read again.
    pub missed: bool,
}

impl Store {
    /// Where the log of changes ends now: for [`Store::changed_rows`]. To be asked before rows
    /// are read, so that nothing falls in between.
    pub fn change_cursor(&mut self) -> Result<u64, StoreError> {
        self.run(|tables| Ok(tables.log_ends()?.1.unsigned_abs()))
    }

    /// What was done with voicemail since `cursor`, in this process or another: a piece of up to
    /// `limit` changes, the oldest first. Costs microseconds when there were none.
    ///
    /// Flags, notes, tags, times and recordings that were looked at are in it. Voicemail that came
    /// in are not: [`Store::count`] tells those.
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
    /// The numbers of the oldest line and of the newest; 1 and 0 when there is none.
    fn log_ends(&self) -> rusqlite::Result<(i64, i64)> {
        // One question each: SQLite answers both at once only by reading all of it.
        let mut statement = self.connection().prepare_cached(
            "SELECT ifnull((SELECT min(number) FROM change), 1), ifnull((SELECT max(number) FROM change), 0)",
        )?;
        statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
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

/// Adds a line for each of `ids`, and drops the oldest lines.
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

/// Adds a line that says: the names.
pub(super) fn append_names(connection: &Connection) -> rusqlite::Result<()> {
    connection.prepare_cached("INSERT INTO change DEFAULT VALUES")?.execute([])?;
    trim(connection)
}

/// The newest line always stays, so numbers only ever count up.
fn trim(connection: &Connection) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM change WHERE number <= (SELECT max(number) FROM change) - ?1")?
        .execute([KEPT])
        .map(drop)
}
