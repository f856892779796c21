//! Values and rows of SQL, as SQLite stores them.

use std::cmp::Reverse;

use rusqlite::Row as SqlRow;

use super::Row;
use crate::core::facts::Flags;
use crate::core::model::{CallerId, Sketch, Span, VoicemailId};

/// Returns, for SQL, the time and stored identity that bound the rows of `span` after a given row, exclusive.
pub(super) fn upper_bound(span: Span, after: Option<(i64, VoicemailId)>) -> (i64, i64) {
    // No identity is below the smallest one, so this includes all rows before the span's end and
    // none at its end.
    let end = (span.end_millis(), i64::MIN);
    after.map_or(end, |(time, id)| end.min((time, stored(id))))
}

pub(super) fn read_row(row: &SqlRow<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        time: row.get(0)?,
        id: loaded(row.get(1)?),
        caller: CallerId(row.get(2)?),
        flags: Flags(row.get(3)?),
        sketch: Sketch::from_bits(row.get(4)?, row.get(5)?),
    })
}

pub(super) fn read_count(row: &SqlRow<'_>) -> rusqlite::Result<u64> {
    row.get::<_, i64>(0).map(i64::unsigned_abs)
}

pub(super) fn newest_first(row: &Row) -> Reverse<(i64, VoicemailId)> {
    Reverse((row.time, row.id))
}

pub(super) fn sql_limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// The bit to flip so that SQLite's signed order matches the unsigned order.
const TOP_BIT: u64 = 1 << 63;

pub(super) fn stored(id: VoicemailId) -> i64 {
    (id.bits() ^ TOP_BIT).cast_signed()
}

pub(super) fn loaded(id: i64) -> VoicemailId {
    VoicemailId::from_bits(id.cast_unsigned() ^ TOP_BIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_order_is_that_of_identities() {
        let ids = [0, 1, (1 << 63) - 1, 1 << 63, u64::MAX].map(VoicemailId::from_bits);
        assert!(ids.is_sorted() && ids.map(stored).is_sorted());
        assert_eq!(ids.map(stored).map(loaded), ids);
    }
}
