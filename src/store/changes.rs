//! The user's changes to voicemails: applies, reverts and merges them.
//!
//! A row's flags say which notes, tags and times it has in other tables. Both change in the same
//! transaction.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::sql::stored;
use super::tables::Tables;
use super::{AccountId, Store, StoreError, log, steps};
use crate::core::facts::{Fact, Facts, Flags};
use crate::core::model::VoicemailId;
use crate::core::triage::{Applied, BulkEdit, CallerKey, Given, Note, StepId, Tag, Undo, UndoPart, Value};

impl Store {
    /// Applies `change` in one transaction and returns what actually changed.
    ///
    /// Once this returns, the change survives a crash of the process or the machine. Unknown
    /// voicemails are skipped.
    pub fn apply(&mut self, account: AccountId, change: &BulkEdit) -> Result<Applied, StoreError> {
        self.run(|tables| tables.apply(account, change, None))
    }

    /// Reverts a change by its `undo`, in one transaction. The `undo` in the result is the redo.
    ///
    /// Works field by field, and keeps what another process has changed since: a field is reverted
    /// only if it still has the value that the change set.
    pub fn revert(&mut self, account: AccountId, undo: &Undo) -> Result<Applied, StoreError> {
        self.run(|tables| tables.revert(account, undo, None, None))
    }

    /// Names a caller or removes the name, for all accounts: the same number is the same person in
    /// each of them. Does nothing if the name is unchanged.
    pub fn set_name(&mut self, caller: &CallerKey, name: Option<&Given>) -> Result<Applied, StoreError> {
        self.run(|tables| tables.set_name(caller, name, None))
    }
}

impl Tables {
    /// Applies a change. If it was made `at` a time, it is kept as a step.
    pub(super) fn apply(
        &mut self,
        account: AccountId,
        change: &BulkEdit,
        at: Option<DateTime<Utc>>,
    ) -> rusqlite::Result<Applied> {
        let account = self.number(account)?;
        self.for_good(|transaction| {
            let mut writer = ChangeWriter::new(transaction, account);
            let mut refused = Vec::new();
            // Value by value, so that equal steps follow each other and `Undo` can group them.
            for wanted in change.edit.wanted() {
                for &id in &change.ids {
                    writer.set(id, &wanted, |value| {
                        change.edit.edited(value, &wanted).unwrap_or_else(|| {
                            refused.push(id);
                            value.clone()
                        })
                    })?;
                }
            }
            Ok(Applied { refused, ..writer.finish_step(Some(account), at)? })
        })
    }

    /// Reverts a change, which drops the step `undone`, or is a step itself if it was made `at` a time.
    pub(super) fn revert(
        &mut self,
        account: AccountId,
        undo: &Undo,
        undone: Option<StepId>,
        at: Option<DateTime<Utc>>,
    ) -> rusqlite::Result<Applied> {
        let account = self.number(account)?;
        self.for_good(|transaction| {
            let mut writer = ChangeWriter::new(transaction, account);
            for step in undo.steps.iter().rev() {
                match step {
                    UndoPart::Voicemail { ids, from, to } => {
                        for &id in ids {
                            writer.set(id, to, |now| put_back(now, from, to).clone())?;
                        }
                    }
                    UndoPart::Name { caller, from, to } => {
                        writer.name(caller, |now| put_back(now, from, to).clone())?;
                    }
                }
            }
            if let Some(step) = undone {
                steps::remove(transaction, step)?;
            }
            // Names are of no account.
            let of_a_voicemail = |part: &UndoPart| matches!(part, UndoPart::Voicemail { .. });
            writer.finish_step(undo.steps.iter().any(of_a_voicemail).then_some(account), at)
        })
    }

    pub(super) fn set_name(
        &mut self,
        caller: &CallerKey,
        name: Option<&Given>,
        at: Option<DateTime<Utc>>,
    ) -> rusqlite::Result<Applied> {
        self.for_good(|transaction| {
            let mut writer = ChangeWriter::new(transaction, 0);
            writer.name(caller, |old| {
                let same = old.as_ref().map(Given::name) == name.map(Given::name);
                if same { old.clone() } else { name.cloned() }
            })?;
            writer.finish_step(None, at)
        })
    }
}

/// Returns `from` if `now` is still the value `to` that the change set; else returns `now`.
fn put_back<'v, T: PartialEq>(now: &'v T, from: &'v T, to: &'v T) -> &'v T {
    if now == to { from } else { now }
}

/// Changes to names and to the voicemails of one account, within one transaction.
pub(super) struct ChangeWriter<'c> {
    connection: &'c Connection,
    account: i64,
    applied: Applied,
    names: bool,
}

impl<'c> ChangeWriter<'c> {
    pub(super) fn new(connection: &'c Connection, account: i64) -> ChangeWriter<'c> {
        ChangeWriter { connection, account, applied: Applied::default(), names: false }
    }

    /// Like [`ChangeWriter::finish`], and keeps the changes as a step, if they were made `at` a time.
    fn finish_step(self, account: Option<i64>, at: Option<DateTime<Utc>>) -> rusqlite::Result<Applied> {
        let connection = self.connection;
        let mut applied = self.finish()?;
        if let Some(at) = at {
            steps::append(connection, account, at, &mut applied)?;
        }
        Ok(applied)
    }

    /// Adds the changes to the log and returns them.
    pub(super) fn finish(mut self) -> rusqlite::Result<Applied> {
        let mut seen = HashSet::with_capacity(self.applied.changed.len());
        // If a voicemail was changed more than once, keep its last flags.
        self.applied.changed.reverse();
        self.applied.changed.retain(|(id, _)| seen.insert(*id));
        self.applied.changed.reverse();
        log::append(self.connection, self.account, self.applied.changed.iter().map(|(id, _)| *id))?;
        if self.names {
            log::append_names(self.connection)?;
        }
        Ok(self.applied)
    }

    /// Sets one field of `id`, the one that `thing` is a value of, to what `decide` returns for its
    /// current value.
    pub(super) fn set(
        &mut self,
        id: VoicemailId,
        thing: &Value,
        decide: impl FnOnce(&Value) -> Value,
    ) -> rusqlite::Result<()> {
        let Some(flags) = self.flags(id)? else { return Ok(()) };
        let from = self.value(id, flags, thing)?;
        let to = decide(&from);
        if from == to {
            return Ok(());
        }
        let now = self.write(id, flags, &to)?;
        if now != flags {
            self.connection
                .prepare_cached("UPDATE voicemail SET flags = ?3 WHERE account = ?1 AND id = ?2")?
                .execute(params![self.account, stored(id), now.0])?;
        }
        self.applied.changed.push((id, now));
        self.applied.undo.push(id, from, to);
        Ok(())
    }

    /// Sets the caller's name to what `decide` returns for the current one.
    pub(super) fn name(
        &mut self,
        caller: &CallerKey,
        decide: impl FnOnce(&Option<Given>) -> Option<Given>,
    ) -> rusqlite::Result<()> {
        let from = name(self.connection, caller)?;
        let to = decide(&from);
        if from == to {
            return Ok(());
        }
        match &to {
            Some(given) => self
                .connection
                .prepare_cached(
                    "INSERT INTO given (caller, name, edited) VALUES (?1, ?2, ?3)
                     ON CONFLICT (caller) DO UPDATE SET name = ?2, edited = ?3",
                )?
                .execute(params![caller.as_str(), given.name(), given.edited()])?,
            None => self
                .connection
                .prepare_cached("DELETE FROM given WHERE caller = ?1")?
                .execute([caller.as_str()])?,
        };
        self.names = true;
        self.applied.undo.steps.push(UndoPart::Name { caller: caller.clone(), from, to });
        Ok(())
    }

    fn flags(&self, id: VoicemailId) -> rusqlite::Result<Option<Flags>> {
        let flags = self
            .connection
            .prepare_cached("SELECT flags FROM voicemail WHERE account = ?1 AND id = ?2")?
            .query_row(params![self.account, stored(id)], |row| row.get(0))
            .optional()?;
        Ok(flags.map(Flags))
    }

    /// Returns the current value of the field that `thing` is a value of; `None` if there is no such
    /// voicemail.
    pub(super) fn current(&self, id: VoicemailId, thing: &Value) -> rusqlite::Result<Option<Value>> {
        self.flags(id)?.map(|flags| self.value(id, flags, thing)).transpose()
    }

    /// Returns the current value of one field of `id`, the one that `thing` is a value of. Queries a
    /// table only if `flags` say that there is something in it.
    fn value(&self, id: VoicemailId, flags: Flags, thing: &Value) -> rusqlite::Result<Value> {
        let key = (self.account, stored(id));
        Ok(match thing {
            Value::Fact(fact, _) if fact.dated().is_some() && flags.contains(fact.flag()) => {
                Value::Fact(*fact, facts(self.connection, key, fact.flag())?.get(*fact))
            }
            Value::Fact(fact, _) => Value::Fact(*fact, flags.contains(fact.flag()).then_some(0)),
            Value::Note(_) if flags.contains(Flags::NOTE) => Value::Note(note(self.connection, key)?),
            Value::Note(_) => Value::Note(None),
            Value::Tag(folded, _) if flags.contains(Flags::TAGGED) => {
                let tag = self
                    .connection
                    .prepare_cached("SELECT text FROM tag WHERE account = ?1 AND id = ?2 AND folded = ?3")?
                    .query_row(params![key.0, key.1, folded], |row| Ok(Tag::new(row.get_ref(0)?.as_str()?)))
                    .optional()?;
                Value::Tag(folded.clone(), tag.flatten())
            }
            Value::Tag(folded, _) => Value::Tag(folded.clone(), None),
        })
    }

    /// Writes `value` to its table, and returns the flags with that change.
    fn write(&self, id: VoicemailId, flags: Flags, value: &Value) -> rusqlite::Result<Flags> {
        let key = (self.account, stored(id));
        let with = |flag, is_set| if is_set { flags | flag } else { flags.without(flag) };
        Ok(match value {
            Value::Fact(fact, time) => {
                if fact.dated().is_some() {
                    self.write_time(key, *fact, *time)?;
                }
                with(fact.flag(), time.is_some())
            }
            Value::Note(note) => {
                self.write_note(key, note.as_ref())?;
                with(Flags::NOTE, note.is_some())
            }
            Value::Tag(folded, tag) => {
                let some_are_left = self.write_tag(key, folded, tag.as_ref())?;
                with(Flags::TAGGED, some_are_left)
            }
        })
    }

    fn write_time(&self, (account, id): Key, fact: Fact, time: Option<i64>) -> rusqlite::Result<()> {
        let column = fact.name();
        let write = format!(
            "INSERT INTO moment (account, id, {column}) VALUES (?1, ?2, ?3)
             ON CONFLICT (account, id) DO UPDATE SET {column} = ?3"
        );
        self.connection.prepare_cached(&write)?.execute(params![account, id, time])?;
        if time.is_none() {
            let columns: Vec<_> = Fact::all_dated().map(Fact::name).collect();
            let empty = columns.join(" IS NULL AND ");
            let delete = format!("DELETE FROM moment WHERE account = ?1 AND id = ?2 AND {empty} IS NULL");
            self.connection.prepare_cached(&delete)?.execute([account, id])?;
        }
        Ok(())
    }

    fn write_note(&self, (account, id): Key, note: Option<&Note>) -> rusqlite::Result<()> {
        match note {
            Some(note) => self
                .connection
                .prepare_cached(
                    "INSERT INTO note (account, id, text, edited) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (account, id) DO UPDATE SET text = ?3, edited = ?4",
                )?
                .execute(params![account, id, note.text(), note.edited()])?,
            None => self
                .connection
                .prepare_cached("DELETE FROM note WHERE account = ?1 AND id = ?2")?
                .execute([account, id])?,
        };
        Ok(())
    }

    /// Writes or deletes a tag. Returns whether the voicemail has any tag left.
    fn write_tag(&self, (account, id): Key, folded: &str, tag: Option<&Tag>) -> rusqlite::Result<bool> {
        if let Some(tag) = tag {
            self.connection
                .prepare_cached(
                    "INSERT INTO tag (account, id, folded, text) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (account, id, folded) DO UPDATE SET text = ?4",
                )?
                .execute(params![account, id, folded, tag.as_str()])?;
            return Ok(true);
        }
        self.connection
            .prepare_cached("DELETE FROM tag WHERE account = ?1 AND id = ?2 AND folded = ?3")?
            .execute(params![account, id, folded])?;
        self.connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM tag WHERE account = ?1 AND id = ?2)")?
            .query_row([account, id], |row| row.get(0))
    }
}

/// The account and the voicemail, in their stored form.
pub(super) type Key = (i64, i64);

/// Returns the facts of a voicemail with `flags`. Queries the times only if one of its facts has one.
pub(super) fn facts(connection: &Connection, (account, id): Key, flags: Flags) -> rusqlite::Result<Facts> {
    if !Fact::all_dated().any(|fact| flags.contains(fact.flag())) {
        return Ok(Facts::new(flags, |_| None));
    }
    let columns: Vec<_> = Fact::all_dated().map(Fact::name).collect();
    let query = format!("SELECT {} FROM moment WHERE account = ?1 AND id = ?2", columns.join(", "));
    let found = connection.prepare_cached(&query)?.query_row([account, id], |row| {
        (0..columns.len()).map(|index| row.get(index)).collect::<rusqlite::Result<Vec<Option<i64>>>>()
    });
    let times = found.optional()?.unwrap_or_default();
    let time =
        |fact| Fact::all_dated().position(|dated| dated == fact).and_then(|place| *times.get(place)?);
    Ok(Facts::new(flags, time))
}

pub(super) fn note(connection: &Connection, (account, id): Key) -> rusqlite::Result<Option<Note>> {
    let found = connection
        .prepare_cached("SELECT text, edited FROM note WHERE account = ?1 AND id = ?2")?
        .query_row([account, id], |row| Ok(Note::new(row.get_ref(0)?.as_str()?, row.get(1)?)));
    Ok(found.optional()?.flatten())
}

/// Returns the tags of a voicemail, in alphabetical order.
pub(super) fn tags(connection: &Connection, (account, id): Key) -> rusqlite::Result<Vec<Tag>> {
    connection
        .prepare_cached("SELECT text FROM tag WHERE account = ?1 AND id = ?2 ORDER BY folded")?
        .query_map([account, id], |row| Ok(Tag::new(row.get_ref(0)?.as_str()?)))?
        .filter_map(Result::transpose)
        .collect()
}

pub(super) fn name(connection: &Connection, caller: &CallerKey) -> rusqlite::Result<Option<Given>> {
    let found = connection
        .prepare_cached("SELECT name, edited FROM given WHERE caller = ?1")?
        .query_row([caller.as_str()], |row| Ok(Given::new(row.get_ref(0)?.as_str()?, row.get(1)?)));
    Ok(found.optional()?.flatten())
}
