//! Callers: their IDs in the store, their display texts, and all spellings of one number.

use rusqlite::params;

use super::intern::with_callers;
use super::sql::{newest_first, read_count, read_row, sql_limit, stored};
use super::tables::Tables;
use super::{AccountId, Row, Rows};
use crate::core::caller::CallerForms;
use crate::core::model::{CallerId, VoicemailId};

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
