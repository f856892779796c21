//! Complete voicemails, for export and import: everything stored about each.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::changes::{ChangeWriter, facts, note, tags};
use super::intern::intern;
use super::sql::{loaded, sql_limit, stored, upper_bound};
use super::tables::Tables;
use super::{AccountId, Store, StoreError, log};
use crate::core::caller::CallerForms;
use crate::core::facts::{Facts, Flags};
use crate::core::model::{CallerId, RecordingName, Sketch, Span, Voicemail, VoicemailId, from_millis};
use crate::core::triage::{CallerKey, Given, Note, Tag, Value};

/// The columns that [`Tables::read_entry`] reads.
const ENTRIES: &str = "
    SELECT voicemail.id, time, raw, recording, flags, length, thumbnail,
           caller.id, display, e164, country, name
    FROM voicemail JOIN caller ON caller.id = voicemail.caller
    LEFT JOIN given ON given.caller = ifnull(e164, raw) AND display <> ''";

/// The newest rows of a span after a given row. Answered by the index `voicemail_newest`, without
/// sorting.
const NEWEST: &str = "
    WHERE account = ?1 AND time >= ?2 AND (time, voicemail.id) < (?3, ?4)
    ORDER BY time DESC, voicemail.id DESC LIMIT ?5";

/// Everything stored about one voicemail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// As the server described it.
    pub voicemail: Voicemail,
    /// A summary of its recording; empty until the recording has been decoded once.
    pub sketch: Sketch,
    /// The waveform of its recording, as passed to [`Store::put_sound`].
    pub waveform: Option<Vec<u8>>,
    /// What the user stated of it.
    pub facts: Facts,
    /// Its note.
    pub note: Option<Note>,
    /// Its tags, in alphabetical order.
    pub tags: Vec<Tag>,
}

/// A voicemail and its caller, with everything stored about it except the waveform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredVoicemail {
    /// The voicemail, without its waveform.
    pub record: Record,
    /// Its flags.
    pub flags: Flags,
    /// Its caller.
    pub caller: CallerId,
    /// The caller in every form.
    pub forms: CallerForms,
    /// The name that the user gave the caller in vmail.
    pub name: Option<String>,
}

/// The result of [`Store::merge`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// How many voicemails were added.
    pub added: u64,
    /// How many others were changed.
    pub changed: u64,
}

impl Store {
    /// Returns up to `limit` voicemails, newest first, starting after `after`, with everything
    /// stored about them.
    pub fn records(
        &mut self,
        account: AccountId,
        after: Option<(i64, VoicemailId)>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        self.run(|tables| {
            let account = tables.number(account)?;
            let mut records = Vec::new();
            for entry in tables.entries(account, Span::EVER, after, limit)? {
                let waveform = tables.waveform(account, entry.record.voicemail.id)?;
                records.push(Record { waveform, ..entry.record });
            }
            Ok(records)
        })
    }

    /// Returns up to `limit` stored voicemails of `span`, newest first, starting after `after`.
    pub fn entries(
        &mut self,
        account: AccountId,
        span: Span,
        after: Option<(i64, VoicemailId)>,
        limit: usize,
    ) -> Result<Vec<StoredVoicemail>, StoreError> {
        self.run(|tables| {
            let account = tables.number(account)?;
            tables.entries(account, span, after, limit)
        })
    }

    /// Returns the voicemail `id`, if it is stored.
    pub fn entry(
        &mut self,
        account: AccountId,
        id: VoicemailId,
    ) -> Result<Option<StoredVoicemail>, StoreError> {
        self.run(|tables| {
            let account = tables.number(account)?;
            let by_id = format!("{ENTRIES} WHERE account = ?1 AND voicemail.id = ?2");
            let mut rows = tables.connection().prepare_cached(&by_id)?;
            let found =
                rows.query_map(params![account, stored(id)], |row| tables.read_entry(account, row))?.next();
            found.transpose()
        })
    }

    /// Returns up to `limit` identities of stored voicemails from `first` to `last`, inclusive, in ascending
    /// order.
    pub fn ids_between(
        &mut self,
        account: AccountId,
        first: VoicemailId,
        last: VoicemailId,
        limit: usize,
    ) -> Result<Vec<VoicemailId>, StoreError> {
        self.run(|tables| {
            let account = tables.number(account)?;
            tables
                .connection()
                .prepare_cached(
                    "SELECT id FROM voicemail WHERE account = ?1 AND id BETWEEN ?2 AND ?3
                     ORDER BY id LIMIT ?4",
                )?
                .query_map(params![account, stored(first), stored(last), sql_limit(limit)], |row| {
                    row.get(0).map(loaded)
                })?
                .collect()
        })
    }

    /// Merges `records` into the store in one transaction, by the rules of [`crate::export`]. Merging
    /// the same records again changes nothing.
    pub fn merge(&mut self, account: AccountId, records: &[Record]) -> Result<Merged, StoreError> {
        self.run(|tables| tables.merge(account, records))
    }

    /// Merges names into the store in one transaction; the name given last wins. Returns how many
    /// changed.
    pub fn merge_names(&mut self, names: &[(CallerKey, Given)]) -> Result<usize, StoreError> {
        self.run(|tables| tables.merge_names(names))
    }
}

impl Tables {
    fn entries(
        &self,
        account: i64,
        span: Span,
        after: Option<(i64, VoicemailId)>,
        limit: usize,
    ) -> rusqlite::Result<Vec<StoredVoicemail>> {
        let (time, id) = upper_bound(span, after);
        let values = params![account, span.start_millis(), time, id, sql_limit(limit)];
        let mut rows = self.connection().prepare_cached(&format!("{ENTRIES} {NEWEST}"))?;
        rows.query_map(values, |row| self.read_entry(account, row))?.collect()
    }

    fn read_entry(&self, account: i64, row: &rusqlite::Row<'_>) -> rusqlite::Result<StoredVoicemail> {
        let connection = self.connection();
        let key = (account, row.get(0)?);
        let flags = Flags(row.get(4)?);
        let record = Record {
            voicemail: Voicemail {
                id: loaded(key.1),
                time: from_millis(row.get(1)?),
                caller: row.get(2)?,
                recording: row.get::<_, Option<String>>(3)?.map(RecordingName::new),
            },
            sketch: Sketch::from_bits(row.get(5)?, row.get(6)?),
            waveform: None,
            facts: facts(connection, key, flags)?,
            note: if flags.contains(Flags::NOTE) { note(connection, key)? } else { None },
            tags: if flags.contains(Flags::TAGGED) { tags(connection, key)? } else { Vec::new() },
        };
        let forms = CallerForms { display: row.get(8)?, e164: row.get(9)?, country: row.get(10)? };
        Ok(StoredVoicemail { record, flags, caller: CallerId(row.get(7)?), forms, name: row.get(11)? })
    }

    /// Passes every voicemail that the user changed to `take`, newest first, without its waveform.
    pub(super) fn each_changed<E>(
        &self,
        account: i64,
        mut take: impl FnMut(Record) -> Result<(), E>,
    ) -> Result<(), E>
    where
        E: From<StoreError>,
    {
        let sql = StoreError::from;
        let changed = format!(
            "{ENTRIES} WHERE account = ?1 AND flags & ~?2 <> 0 ORDER BY time DESC, voicemail.id DESC"
        );
        let mut statement = self.connection().prepare_cached(&changed).map_err(sql)?;
        let mut rows = statement.query(params![account, Flags::RECORDING.0]).map_err(sql)?;
        while let Some(row) = rows.next().map_err(sql)? {
            take(self.read_entry(account, row).map_err(sql)?.record)?;
        }
        Ok(())
    }

    fn waveform(&self, account: i64, id: VoicemailId) -> rusqlite::Result<Option<Vec<u8>>> {
        self.connection()
            .prepare_cached("SELECT waveform FROM sound WHERE account = ?1 AND id = ?2")?
            .query_row([account, stored(id)], |row| row.get(0))
            .optional()
    }

    fn merge(&mut self, account: AccountId, records: &[Record]) -> rusqlite::Result<Merged> {
        let account = self.number(account)?;
        self.merge_numbered(account, records)
    }

    /// Like [`Store::merge`], into the account with this number in the file.
    pub(super) fn merge_numbered(&mut self, account: i64, records: &[Record]) -> rusqlite::Result<Merged> {
        let country = self.country().to_owned();
        self.write_much(|transaction| {
            let mut writer = ChangeWriter::new(transaction, account);
            let (mut added, mut sounds) = (HashSet::new(), Vec::new());
            let mut insert = transaction.prepare_cached(
                "INSERT INTO voicemail (account, id, time, caller, recording, flags)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
            )?;
            for record in records {
                let Record { voicemail, .. } = record;
                let caller = intern(transaction, &voicemail.caller, &country)?;
                let recording = voicemail.recording.as_ref().map(RecordingName::as_sent);
                let flags = if recording.is_some() { Flags::RECORDING } else { Flags::NONE };
                let time = voicemail.time.timestamp_millis();
                let values = params![account, stored(voicemail.id), time, caller.0, recording, flags.0];
                if insert.execute(values)? == 1 {
                    added.insert(voicemail.id);
                }
                for value in values_of(record) {
                    writer.set(voicemail.id, &value, |old| old.merged(&value))?;
                }
                if merge_sound(transaction, account, record)? {
                    sounds.push(voicemail.id);
                }
            }
            log::append(transaction, account, sounds.iter().copied())?;
            let mut changed: HashSet<_> = sounds.into_iter().collect();
            changed.extend(writer.finish()?.changed.into_iter().map(|(id, _)| id));
            let changed = changed.difference(&added).count();
            Ok(Merged { added: added.len() as u64, changed: changed as u64 })
        })
    }

    pub(super) fn merge_names(&mut self, names: &[(CallerKey, Given)]) -> rusqlite::Result<usize> {
        self.write(|transaction| {
            let mut writer = ChangeWriter::new(transaction, 0);
            for (caller, given) in names {
                writer.name(caller, |old| match old {
                    Some(old) if old.edited() >= given.edited() => Some(old.clone()),
                    _ => Some(given.clone()),
                })?;
            }
            Ok(writer.finish()?.undo.steps.len())
        })
    }
}

/// Stores the summary and the waveform of a recording if they are not known yet. Returns whether it
/// changed the row.
fn merge_sound(connection: &Connection, account: i64, record: &Record) -> rusqlite::Result<bool> {
    let Record { sketch, waveform, .. } = record;
    let id = stored(record.voicemail.id);
    let is_new =
        match waveform {
            Some(waveform) => connection
                .prepare_cached(
                    "INSERT INTO sound (account, id, waveform) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                )?
                .execute(params![account, id, waveform])?
                == 1,
            None => false,
        };
    if !is_new && !sketch.is_known() {
        return Ok(false);
    }
    let written = connection
        .prepare_cached(
            "UPDATE voicemail SET length = ?3, thumbnail = ?4
             WHERE account = ?1 AND id = ?2 AND (?5 OR length = 0)",
        )?
        .execute(params![account, id, sketch.millis, sketch.bits(), is_new])?;
    Ok(written == 1)
}

/// Returns the values that the user set, as `record` has them.
fn values_of(record: &Record) -> Vec<Value> {
    let facts = record.facts.iter().map(|(fact, time)| Value::fact(fact, Some(time)));
    let mut values: Vec<_> = facts.collect();
    if record.note.is_some() {
        values.push(Value::Note(record.note.clone()));
    }
    values.extend(record.tags.iter().map(|tag| Value::Tag(tag.folded(), Some(tag.clone()))));
    values
}

#[cfg(test)]
mod tests {
    use super::{ENTRIES, NEWEST};
    use crate::store::migrations::plan_of;

    #[test]
    fn entries_of_a_span_are_found_by_the_list_index_and_never_sorted() {
        let plan = plan_of(&format!("{ENTRIES} {NEWEST}"));
        // Both ends of the span bound the search; neither is a filter applied after reading.
        let first = &plan[0];
        assert!(first.starts_with("SEARCH voicemail USING INDEX voicemail_newest"), "{plan:?}");
        assert!(first.contains("time>?") && first.contains("<(?,?)"), "{plan:?}");
        assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE")), "{plan:?}");
    }
}
