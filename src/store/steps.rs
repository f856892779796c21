//! The table of steps: changes of the last day, so that any process can undo them. `undoing.rs` reads it.
//!
//! A step holds the values before and after, as JSON. It goes when any process undoes it.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::sql::{loaded, stored};
use crate::core::facts::Fact;
use crate::core::triage::{Applied, CallerKey, Given, Note, StepId, Tag, Undo, UndoPart, Value};

/// How long a step can be undone by others.
pub(super) const LIFETIME: TimeDelta = TimeDelta::days(1);

/// How many steps to keep.
const KEPT: i64 = 100;

/// The most values in a step: about 200 kB. Larger steps can be undone only where they were made.
const VALUES_MAX: usize = 10_000;

/// Keeps a step, and drops old ones. Steps about names belong to all accounts: `None`.
pub(super) fn append(
    connection: &Connection,
    account: Option<i64>,
    at: DateTime<Utc>,
    applied: &mut Applied,
) -> rusqlite::Result<()> {
    if applied.undo.is_empty() {
        return Ok(());
    }
    let undo = written(&applied.undo);
    connection
        .prepare_cached("INSERT INTO step (account, at, undo) VALUES (?1, ?2, ?3)")?
        .execute(params![account, at.timestamp_millis(), undo])?;
    let number = connection.last_insert_rowid();
    applied.step = Some(StepId(number));
    connection
        .prepare_cached("DELETE FROM step WHERE number <= ?1 OR at < ?2")?
        .execute(params![number - KEPT, (at - LIFETIME).timestamp_millis()])
        .map(drop)
}

/// Drops a step: it is undone.
pub(super) fn remove(connection: &Connection, step: StepId) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM step WHERE number = ?1")?.execute([step.0]).map(drop)
}

/// A text, and when it was written.
type Dated = (String, i64);

/// A part of a step, as stored.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Part {
    Fact { ids: Vec<i64>, fact: String, from: Option<i64>, to: Option<i64> },
    Note { ids: Vec<i64>, from: Option<Dated>, to: Option<Dated> },
    Tag { ids: Vec<i64>, folded: String, from: Option<String>, to: Option<String> },
    Name { caller: String, from: Option<Dated>, to: Option<Dated> },
}

/// Returns the stored form; `None` if it is too large.
fn written(undo: &Undo) -> Option<String> {
    let values = undo.steps.iter().map(|part| match part {
        UndoPart::Voicemail { ids, .. } => ids.len(),
        UndoPart::Name { .. } => 1,
    });
    if values.sum::<usize>() > VALUES_MAX {
        return None;
    }
    let note = |note: &Option<Note>| note.as_ref().map(|note| (note.text().to_owned(), note.edited()));
    let given = |given: &Option<Given>| given.as_ref().map(|given| (given.name().to_owned(), given.edited()));
    let tag = |tag: &Option<Tag>| tag.as_ref().map(|tag| tag.as_str().to_owned());
    let parts = undo.steps.iter().filter_map(|part| match part {
        UndoPart::Voicemail { ids, from, to } => {
            let ids = ids.iter().copied().map(stored).collect();
            match (from, to) {
                (Value::Fact(fact, from), Value::Fact(_, to)) => {
                    Some(Part::Fact { ids, fact: fact.name().to_owned(), from: *from, to: *to })
                }
                (Value::Note(from), Value::Note(to)) => {
                    Some(Part::Note { ids, from: note(from), to: note(to) })
                }
                (Value::Tag(folded, from), Value::Tag(_, to)) => {
                    Some(Part::Tag { ids, folded: folded.clone(), from: tag(from), to: tag(to) })
                }
                // Both are values of one field.
                _ => None,
            }
        }
        UndoPart::Name { caller, from, to } => {
            Some(Part::Name { caller: caller.as_str().to_owned(), from: given(from), to: given(to) })
        }
    });
    serde_json::to_string(&parts.collect::<Vec<_>>()).ok()
}

/// Reads the stored form; `None` if it has something that this version does not know.
pub(super) fn read(text: &str) -> Option<Undo> {
    let note = |note: Option<Dated>| note.and_then(|(text, edited)| Note::new(&text, edited));
    let given = |given: Option<Dated>| given.and_then(|(name, edited)| Given::new(&name, edited));
    let tag = |tag: Option<String>| tag.as_deref().and_then(Tag::new);
    let of = |ids: Vec<i64>, from, to| {
        let ids = ids.into_iter().map(loaded).collect();
        UndoPart::Voicemail { ids, from, to }
    };
    let parts: Vec<Part> = serde_json::from_str(text).ok()?;
    let steps = parts.into_iter().map(|part| {
        Some(match part {
            Part::Fact { ids, fact, from, to } => {
                let fact = Fact::ALL.into_iter().find(|known| known.name() == fact)?;
                of(ids, Value::Fact(fact, from), Value::Fact(fact, to))
            }
            Part::Note { ids, from, to } => of(ids, Value::Note(note(from)), Value::Note(note(to))),
            Part::Tag { ids, folded, from, to } => {
                of(ids, Value::Tag(folded.clone(), tag(from)), Value::Tag(folded, tag(to)))
            }
            Part::Name { caller, from, to } => {
                UndoPart::Name { caller: CallerKey::from_text(&caller)?, from: given(from), to: given(to) }
            }
        })
    });
    Some(Undo { steps: steps.collect::<Option<_>>()? })
}
