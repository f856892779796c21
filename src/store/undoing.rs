//! Steps that any process can undo: makes, undoes and finds them.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::changes::{self, ChangeWriter};
use super::sql::stored;
use super::tables::Tables;
use super::{AccountId, Store, StoreError, steps};
use crate::core::model::{VoicemailId, from_millis};
use crate::core::triage::{Applied, BulkEdit, CallerKey, Given, StepId, Undo, UndoPart};

/// A change that can be undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its number.
    pub id: StepId,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// How to undo it.
    pub undo: Undo,
    /// Time and ID of the voicemails that still have a value which it set.
    pub voicemails: Vec<(i64, VoicemailId)>,
}

impl Store {
    /// Like [`Store::apply`], and keeps the step, made `at` that time.
    pub fn apply_step(
        &mut self,
        account: AccountId,
        change: &BulkEdit,
        at: DateTime<Utc>,
    ) -> Result<Applied, StoreError> {
        self.run(|tables| tables.apply(account, change, Some(at)))
    }

    /// Like [`Store::set_name`], and keeps the step.
    pub fn name_step(
        &mut self,
        caller: &CallerKey,
        name: Option<&Given>,
        at: DateTime<Utc>,
    ) -> Result<Applied, StoreError> {
        self.run(|tables| tables.set_name(caller, name, Some(at)))
    }

    /// Like [`Store::revert`], and drops the step that is undone.
    pub fn undo_step(
        &mut self,
        account: AccountId,
        undo: &Undo,
        step: Option<StepId>,
    ) -> Result<Applied, StoreError> {
        self.run(|tables| tables.revert(account, undo, step, None))
    }

    /// Like [`Store::revert`], for the undo of an undo, and keeps the step.
    pub fn redo_step(
        &mut self,
        account: AccountId,
        undo: &Undo,
        at: DateTime<Utc>,
    ) -> Result<Applied, StoreError> {
        self.run(|tables| tables.revert(account, undo, None, Some(at)))
    }

    /// Returns the last step that any process made within a day before `now`, unless everything it set was
    /// changed since. A step that is too large to keep hides those before it.
    pub fn last_step(&mut self, account: AccountId, now: DateTime<Utc>) -> Result<Option<Step>, StoreError> {
        self.run(|tables| tables.last_step(account, now))
    }
}

impl Tables {
    fn last_step(&mut self, account: AccountId, now: DateTime<Utc>) -> rusqlite::Result<Option<Step>> {
        let account = self.number(account)?;
        let connection = self.connection();
        let mut found = connection.prepare_cached(
            "SELECT number, at, undo FROM step WHERE ifnull(account, ?1) = ?1 AND at > ?2 ORDER BY number DESC",
        )?;
        let mut found = found.query(params![account, (now - steps::LIFETIME).timestamp_millis()])?;
        while let Some(row) = found.next()? {
            let undo = row.get_ref(2)?.as_str_or_null()?.and_then(steps::read);
            let Some(undo) = undo else { return Ok(None) };
            let (stands, voicemails) = standing(connection, account, &undo)?;
            if stands {
                let at = from_millis(row.get(1)?);
                return Ok(Some(Step { id: StepId(row.get(0)?), at, undo, voicemails }));
            }
        }
        Ok(None)
    }
}

/// Returns whether anything still has the value that the step set, and which voicemails have.
fn standing(
    connection: &Connection,
    account: i64,
    undo: &Undo,
) -> rusqlite::Result<(bool, Vec<(i64, VoicemailId)>)> {
    let reader = ChangeWriter::new(connection, account);
    let (mut seen, mut voicemails, mut stands) = (HashSet::new(), Vec::new(), false);
    let mut time = connection.prepare_cached("SELECT time FROM voicemail WHERE account = ?1 AND id = ?2")?;
    for part in &undo.steps {
        match part {
            UndoPart::Voicemail { ids, to, .. } => {
                for &id in ids {
                    if reader.current(id, to)?.as_ref() == Some(to) && seen.insert(id) {
                        let time =
                            time.query_row(params![account, stored(id)], |row| row.get(0)).optional()?;
                        voicemails.extend(time.map(|time| (time, id)));
                    }
                }
            }
            UndoPart::Name { caller, to, .. } => stands |= changes::name(connection, caller)? == *to,
        }
    }
    Ok((stands || !voicemails.is_empty(), voicemails))
}
