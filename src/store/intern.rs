//! Stores each spelling of a caller once, with its forms; rows refer to it by number.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Row, Rows};
use crate::core::caller;
use crate::core::model::CallerId;

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
