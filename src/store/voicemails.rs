//! Reads and writes voicemails in the store, their callers, and coverage.
//!
//! Each method is one attempt on one connection. [`super`] decides what to do when the file fails.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};

use super::intern::{intern, with_callers};
use super::sql::{loaded, newest_first, read_count, read_row, sql_limit, stored, upper_bound};
use super::tables::Tables;
use super::{AccountId, Details, Put, Row, Rows, changes, log};
use crate::core::caller::{self, CallerForms};
use crate::core::facts::Flags;
use crate::core::model::{self, CallerId, RecordingName, Sketch, Span, Voicemail, VoicemailId};
use crate::core::triage::CallerKey;

/// The newest rows of a span after a given row. Answered from the index `voicemail_newest` alone,
/// without sorting, so the cost depends only on the number of rows returned.
const NEWEST: &str = "
    SELECT time, id, caller, flags, length, thumbnail FROM voicemail
    WHERE account = ?1 AND time >= ?2 AND (time, id) < (?3, ?4)
    ORDER BY time DESC, id DESC LIMIT ?5";

impl Tables {
    pub(super) fn rows(
        &mut self,
        account: AccountId,
        span: Span,
        after: Option<(i64, VoicemailId)>,
        limit: usize,
    ) -> rusqlite::Result<Rows> {
        let rows = self.bare_rows(account, span, after, limit)?;
        with_callers(self.connection(), rows)
    }

    pub(super) fn bare_rows(
        &mut self,
        account: AccountId,
        span: Span,
        after: Option<(i64, VoicemailId)>,
        limit: usize,
    ) -> rusqlite::Result<Vec<Row>> {
        let account = self.number(account)?;
        let (time, id) = upper_bound(span, after);
        let mut statement = self.connection().prepare_cached(NEWEST)?;
        statement
            .query_map(params![account, span.start_millis(), time, id, sql_limit(limit)], read_row)?
            .collect()
    }

    pub(super) fn row(&mut self, account: AccountId, id: VoicemailId) -> rusqlite::Result<Option<Row>> {
        let account = self.number(account)?;
        self.connection()
            .prepare_cached(
                "SELECT time, id, caller, flags, length, thumbnail FROM voicemail
                 WHERE account = ?1 AND id = ?2",
            )?
            .query_row(params![account, stored(id)], read_row)
            .optional()
    }

    pub(super) fn callers(
        &self,
        after: Option<CallerId>,
        limit: usize,
    ) -> rusqlite::Result<Vec<(CallerId, String)>> {
        self.connection()
            .prepare_cached("SELECT id, display FROM caller WHERE id > ?1 ORDER BY id LIMIT ?2")?
            .query_map(params![after.map_or(0, |caller| caller.0), sql_limit(limit)], |row| {
                Ok((CallerId(row.get(0)?), row.get(1)?))
            })?
            .collect()
    }

    pub(super) fn count(&mut self, account: AccountId, span: Span) -> rusqlite::Result<u64> {
        let account = self.number(account)?;
        self.connection()
            .prepare_cached("SELECT count(*) FROM voicemail WHERE account = ?1 AND time >= ?2 AND time < ?3")?
            .query_row(params![account, span.start_millis(), span.end_millis()], read_count)
    }

    pub(super) fn put_page(
        &mut self,
        account: AccountId,
        rows: &[Voicemail],
        covered: Option<Span>,
    ) -> rusqlite::Result<Put> {
        let account = self.number(account)?;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut added = Vec::new();
        {
            // A voicemail recovered from a damaged store may lack its recording.
            let mut complete = transaction.prepare_cached(
                "UPDATE voicemail SET recording = ?3, flags = flags | ?4
                 WHERE account = ?1 AND id = ?2 AND recording IS NULL",
            )?;
            let mut completed = Vec::new();
            let mut insert = transaction.prepare_cached(
                "INSERT INTO voicemail (account, id, time, caller, recording, flags)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
            )?;
            for voicemail in rows {
                let caller = intern(&transaction, &voicemail.caller, &self.country)?;
                let recording = voicemail.recording.as_ref().map(RecordingName::as_sent);
                let row = Row {
                    time: voicemail.time.timestamp_millis(),
                    id: voicemail.id,
                    caller,
                    flags: if recording.is_some() { Flags::RECORDING } else { Flags::NONE },
                    sketch: Sketch::default(),
                };
                let values = params![account, stored(row.id), row.time, caller.0, recording, row.flags.0];
                if insert.execute(values)? == 1 {
                    added.push(row);
                } else if recording.is_some() {
                    let values = params![account, stored(row.id), recording, row.flags.0];
                    if complete.execute(values)? == 1 {
                        completed.push(row.id);
                    }
                }
            }
            log::append(&transaction, account, completed)?;
        }
        if let Some(span) = covered.filter(|span| !span.is_empty()) {
            cover(&transaction, account, span)?;
        }
        added.sort_unstable_by_key(newest_first);
        let added = with_callers(&transaction, added)?;
        transaction.commit()?;
        Ok(Put { added })
    }

    pub(super) fn coverage(&mut self, account: AccountId, span: Span) -> rusqlite::Result<Vec<Span>> {
        let account = self.number(account)?;
        self.connection()
            .prepare_cached(
                "SELECT start, until FROM coverage
                 WHERE account = ?1 AND start < ?3 AND until > ?2 ORDER BY start",
            )?
            .query_map(params![account, span.start_millis(), span.end_millis()], |row| {
                Ok(Span::from_millis(row.get(0)?, row.get(1)?).intersect(span))
            })?
            // An empty `span` can match a covered span, but their intersection is empty.
            .filter(|found| found.as_ref().is_ok_and(|span| !span.is_empty()) || found.is_err())
            .collect()
    }

    pub(super) fn details(
        &mut self,
        account: AccountId,
        id: VoicemailId,
        others: usize,
    ) -> rusqlite::Result<Option<Details>> {
        let account = self.number(account)?;
        let found = self
            .connection
            .prepare_cached(
                "SELECT time, recording, raw, display, e164, country, waveform, flags
                 FROM voicemail JOIN caller ON caller.id = voicemail.caller
                 LEFT JOIN sound ON sound.account = voicemail.account AND sound.id = voicemail.id
                 WHERE voicemail.account = ?1 AND voicemail.id = ?2",
            )?
            .query_row(params![account, stored(id)], |row| {
                let voicemail = Voicemail {
                    id,
                    time: model::from_millis(row.get(0)?),
                    recording: row.get::<_, Option<String>>(1)?.map(RecordingName::new),
                    caller: row.get(2)?,
                };
                let caller = CallerForms { display: row.get(3)?, e164: row.get(4)?, country: row.get(5)? };
                Ok((voicemail, caller, row.get(6)?, Flags(row.get(7)?)))
            })
            .optional()?;
        let Some((voicemail, caller, waveform, flags)) = found else { return Ok(None) };
        let caller_key = CallerKey::new(&caller, &voicemail.caller);
        let spellings =
            if caller_key.is_some() { self.spellings(&voicemail.caller, &caller)? } else { Vec::new() };
        let (others, latest_others) = self.others(account, id, &spellings, others)?;
        let (key, connection) = ((account, stored(id)), self.connection());
        Ok(Some(Details {
            name: caller_key.as_ref().map_or(Ok(None), |key| changes::name(connection, key))?,
            note: changes::note(connection, key)?,
            tags: changes::tags(connection, key)?,
            facts: changes::facts(connection, key, flags)?,
            voicemail,
            caller,
            key: caller_key,
            spellings,
            others,
            latest_others,
            waveform,
        }))
    }

    pub(super) fn put_sound(
        &mut self,
        account: AccountId,
        id: VoicemailId,
        sketch: Sketch,
        waveform: &[u8],
    ) -> rusqlite::Result<()> {
        let account = self.number(account)?;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found = transaction
            .prepare_cached(
                "UPDATE voicemail SET length = ?3, thumbnail = ?4 WHERE account = ?1 AND id = ?2",
            )?
            .execute(params![account, stored(id), sketch.millis, sketch.bits()])?;
        if found == 1 {
            transaction
                .prepare_cached(
                    "INSERT INTO sound (account, id, waveform) VALUES (?1, ?2, ?3)
                     ON CONFLICT (account, id) DO UPDATE SET waveform = ?3",
                )?
                .execute(params![account, stored(id), waveform])?;
            log::append(&transaction, account, [id])?;
        }
        transaction.commit()
    }

    pub(super) fn flagged(
        &mut self,
        account: AccountId,
        flags: Flags,
    ) -> rusqlite::Result<HashSet<VoicemailId>> {
        let account = self.number(account)?;
        self.connection()
            .prepare_cached("SELECT id FROM voicemail WHERE account = ?1 AND flags & ?2 = ?2")?
            .query_map(params![account, flags.0], |row| row.get(0).map(loaded))?
            .collect()
    }

    pub(super) fn reformat_callers(&mut self, limit: usize) -> rusqlite::Result<usize> {
        // Check without a lock first: usually nothing is due.
        let due = |connection: &Connection| {
            // Another process may have started to format for another country: leave the rest to it.
            connection
                .query_row("SELECT next FROM formatting WHERE country = ?1", [&self.country], |row| {
                    row.get(0)
                })
                .optional()
                .map(Option::<Option<i64>>::flatten)
        };
        if due(self.connection())?.is_none() {
            return Ok(0);
        }
        let transaction = Transaction::new_unchecked(self.connection(), TransactionBehavior::Immediate)?;
        let Some(next) = due(&transaction)? else { return Ok(0) };
        let callers = transaction
            .prepare_cached("SELECT id, raw FROM caller WHERE id >= ?1 ORDER BY id LIMIT ?2")?
            .query_map(params![next, sql_limit(limit)], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<Vec<(i64, String)>>>()?;
        for (id, raw) in &callers {
            let forms = caller::forms(raw, &self.country);
            transaction
                .prepare_cached("UPDATE caller SET display = ?2, e164 = ?3, country = ?4 WHERE id = ?1")?
                .execute(params![id, forms.display, forms.e164, forms.country])?;
        }
        let next = callers.last().map(|(id, _)| id + 1).filter(|_| callers.len() == limit);
        transaction.execute("UPDATE formatting SET next = ?1", [next])?;
        transaction.commit()?;
        Ok(callers.len())
    }
}

/// Adds `span` to the coverage and merges it with every span it touches.
fn cover(connection: &Connection, account: i64, span: Span) -> rusqlite::Result<()> {
    let (start, until) = (span.start_millis(), span.end_millis());
    let (first, last) = connection
        .prepare_cached(
            "SELECT min(start), max(until) FROM coverage
             WHERE account = ?1 AND start <= ?3 AND until >= ?2",
        )?
        .query_row(params![account, start, until], |row| {
            Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Option<i64>>(1)?))
        })?;
    connection
        .prepare_cached("DELETE FROM coverage WHERE account = ?1 AND start <= ?3 AND until >= ?2")?
        .execute(params![account, start, until])?;
    connection.prepare_cached("INSERT INTO coverage (account, start, until) VALUES (?1, ?2, ?3)")?.execute(
        params![
            account,
            first.map_or(start, |first| first.min(start)),
            last.map_or(until, |last| last.max(until)),
        ],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::NEWEST;
    use crate::store::migrations::plan_of;

    #[test]
    fn the_list_is_read_from_its_index_alone_and_never_sorted() {
        let plan = plan_of(NEWEST);
        assert_eq!(plan.len(), 1, "{plan:?}");
        assert!(plan[0].starts_with("SEARCH voicemail USING COVERING INDEX voicemail_newest"), "{plan:?}");
        // Both ends of the span bound the search; neither is a filter applied after reading.
        assert!(plan[0].contains("time>?") && plan[0].contains("<(?,?)"), "{plan:?}");
    }
}
