//! Callers: their IDs in the store, their display texts, and all spellings of one number.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::tables::{Tables, newest_first, read_count, read_row, sql_limit, stored};
use super::{AccountId, Row, Rows};
use crate::core::caller::{self, CallerForms};
use crate::core::model::CallerId;
use crate::core::model::VoicemailId;

/// The newest voicemails of a caller, except one. The index is named because SQLite would otherwise
/// scan the list's index, which holds all these columns, instead of looking up a few rows.
const OTHERS: &str = "
    SELECT time, id, caller, flags, length, thumbnail FROM voicemail INDEXED BY voicemail_of_caller
    WHERE account = ?1 AND caller = ?2 AND id <> ?3
    ORDER BY time DESC, id DESC LIMIT ?4";

impl Tables {
    /// Returns the caller under every spelling of its number.
    pub(super) fn spellings(&self, raw: &str, forms: &CallerForms) -> rusqlite::Result<Vec<CallerId>> {
        self.connection()
            .prepare_cached("SELECT id FROM caller WHERE raw = ?1 OR e164 = ?2 ORDER BY id")?
            .query_map(params![raw, forms.e164], |row| row.get(0).map(CallerId))?
            .collect()
    }

    /// Counts the voicemails of `callers`, without `id`, and returns the newest `limit` of them.
    pub(super) fn others(
        &self,
        account: i64,
        id: VoicemailId,
        callers: &[CallerId],
        limit: usize,
    ) -> rusqlite::Result<(u64, Vec<Row>)> {
        let mut count = 0;
        let mut latest = Vec::new();
        // One query per spelling, so that each is answered in index order.
        for CallerId(caller) in callers {
            count += self
                .connection()
                .prepare_cached(
                    "SELECT count(*) FROM voicemail WHERE account = ?1 AND caller = ?2 AND id <> ?3",
                )?
                .query_row(params![account, caller, stored(id)], read_count)?;
            let mut newest = self.connection().prepare_cached(OTHERS)?;
            for row in newest.query_map(params![account, caller, stored(id), sql_limit(limit)], read_row)? {
                latest.push(row?);
            }
        }
        latest.sort_unstable_by_key(newest_first);
        latest.truncate(limit);
        Ok((count, latest))
    }
}

impl Tables {
    /// Returns `id` and the newest `limit` other voicemails of its caller.
    pub(super) fn history(
        &mut self,
        account: AccountId,
        id: VoicemailId,
        limit: usize,
    ) -> rusqlite::Result<Rows> {
        let Some(details) = self.details(account, id, limit)? else { return Ok(Rows::default()) };
        let mut rows = details.latest_others;
        rows.extend(self.row(account, id)?);
        rows.sort_unstable_by_key(newest_first);
        with_callers(self.connection(), rows)
    }
}

/// Returns the ID of the caller `raw`; adds the caller if it is new.
pub(super) fn intern(connection: &Connection, raw: &str, country: &str) -> rusqlite::Result<CallerId> {
    let known = connection
        .prepare_cached("SELECT id FROM caller WHERE raw = ?1")?
        .query_row([raw], |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        return Ok(CallerId(id));
    }
    let forms = caller::forms(raw, country);
    connection
        .prepare_cached(
            "INSERT INTO caller (raw, display, e164, country) VALUES (?1, ?2, ?3, ?4) RETURNING id",
        )?
        .query_row(params![raw, forms.display, forms.e164, forms.country], |row| row.get(0))
        .map(CallerId)
}

/// Returns `rows` with the display text of every caller in them.
pub(super) fn with_callers(connection: &Connection, rows: Vec<Row>) -> rusqlite::Result<Rows> {
    let mut text = connection.prepare_cached("SELECT display FROM caller WHERE id = ?1")?;
    let mut seen = HashSet::new();
    let mut callers = Vec::new();
    for row in &rows {
        if seen.insert(row.caller) {
            callers.push((row.caller, text.query_row([row.caller.0], |row| row.get(0))?));
        }
    }
    Ok(Rows { rows, callers })
}

#[cfg(test)]
mod tests {
    use super::OTHERS;
    use crate::store::migrations::plan_of;

    #[test]
    fn a_callers_voicemails_are_looked_up_in_the_index() {
        let plan = plan_of(OTHERS);
        let by_caller = "SEARCH voicemail USING INDEX voicemail_of_caller (account=? AND caller=?)";
        assert_eq!(plan, [by_caller], "no scan, no sorting");
    }
}
