//! The rows of the list as compact columns, so that a million voicemails fit in memory.
//!
//! A row takes 30 bytes: time, ID, and the other values of its line. The texts of a caller are stored
//! once. Nothing is formatted here: `view/` formats the visible rows.

use std::cmp::Ordering;
use std::collections::HashMap;

use chrono::{NaiveDate, TimeDelta};

use crate::core::facts::Flags;
use crate::core::model::{CallerId, Sketch, Span, VoicemailId, from_millis};
use crate::core::range;
use crate::core::search::{self, Source};
use crate::core::zone::Tz;
use crate::store::{self, Row};

/// The sort key of a row: newest first, then by ID, largest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowKey {
    /// Milliseconds since the epoch.
    pub time: i64,
    /// The voicemail.
    pub id: VoicemailId,
}

impl RowKey {
    /// Returns the key of the list's `row`.
    pub fn of(row: &Row) -> RowKey {
        RowKey { time: row.time, id: row.id }
    }
}

impl Ord for RowKey {
    fn cmp(&self, other: &RowKey) -> Ordering {
        (other.time, other.id).cmp(&(self.time, self.id))
    }
}

impl PartialOrd for RowKey {
    fn partial_cmp(&self, other: &RowKey) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The rows, newest first.
#[derive(Clone, Debug, Default)]
pub struct RowColumns {
    times: Vec<i64>,
    ids: Vec<VoicemailId>,
    callers: Vec<CallerId>,
    flags: Vec<Flags>,
    /// In milliseconds.
    lengths: Vec<u32>,
    thumbnails: Vec<u32>,
    /// For each caller: the number as shown, its digits, and the name.
    numbers: Texts,
    digits: Texts,
    names: Texts,
    /// Increased when the texts of a caller change.
    generation: u64,
    notes: HashMap<VoicemailId, String>,
    tags: HashMap<VoicemailId, Vec<String>>,
}

impl RowColumns {
    /// Returns the number of rows in memory.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Returns whether there are no rows in memory.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Returns the row at `index` of the columns.
    pub fn get(&self, index: usize) -> Option<Row> {
        Some(Row {
            time: *self.times.get(index)?,
            id: *self.ids.get(index)?,
            caller: *self.callers.get(index)?,
            flags: *self.flags.get(index)?,
            sketch: Sketch::from_bits(*self.lengths.get(index)?, *self.thumbnails.get(index)?),
        })
    }

    /// Sets and clears flags of the row at `key`.
    pub fn flag(&mut self, key: RowKey, set: Flags, clear: Flags) {
        if let Ok(index) = self.search(key) {
            self.flags[index] = (self.flags[index] | set).without(clear);
        }
    }

    /// Replaces the flags of the row at `key`. Returns whether they changed.
    pub fn set_flags(&mut self, key: RowKey, flags: Flags) -> bool {
        self.search(key).is_ok_and(|index| std::mem::replace(&mut self.flags[index], flags) != flags)
    }

    /// Sets the length and thumbnail of the row at `key`.
    pub fn sketch(&mut self, key: RowKey, sketch: Sketch) {
        if let Ok(index) = self.search(key) {
            (self.lengths[index], self.thumbnails[index]) = (sketch.millis, sketch.bits());
        }
    }

    /// Returns the name of the caller of `row`, else the number; empty if withheld.
    pub fn caller(&self, row: &Row) -> &str {
        Some(self.names.get(row.caller)).filter(|name| !name.is_empty()).unwrap_or(self.number(row))
    }

    /// Returns the number of the caller of `row`, or the text received instead; empty if withheld.
    pub fn number(&self, row: &Row) -> &str {
        self.numbers.get(row.caller)
    }

    /// Returns the note of the row `id`, in one line.
    pub fn note_of(&self, id: VoicemailId) -> Option<&str> {
        self.notes.get(&id).map(String::as_str)
    }

    /// Returns the tags of the row `id`.
    pub fn tags_of(&self, id: VoicemailId) -> &[String] {
        self.tags.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Sets or removes the note of a row, in one line.
    pub fn put_note(&mut self, id: VoicemailId, note: Option<String>) {
        match note {
            Some(note) => self.notes.insert(id, note),
            None => self.notes.remove(&id),
        };
    }

    /// Replaces the tags of a row's voicemail.
    pub fn put_tags(&mut self, id: VoicemailId, tags: Vec<String>) {
        if tags.is_empty() {
            self.tags.remove(&id);
        } else {
            self.tags.insert(id, tags);
        }
    }

    /// Removes the notes of all rows, before they are loaded again.
    pub fn forget_notes(&mut self) {
        self.notes.clear();
    }

    /// Removes the tags of all rows, before they are loaded again.
    pub fn forget_tags(&mut self) {
        self.tags.clear();
    }

    /// Iterates over the tags of all rows, with duplicates.
    pub fn every_tag(&self) -> impl Iterator<Item = &str> {
        self.tags.values().flatten().map(String::as_str)
    }

    /// Iterates over the names of all rows' callers.
    pub fn every_name(&self) -> impl Iterator<Item = &str> {
        (0..self.names.places.len() as u32)
            .map(|id| self.names.get(CallerId(id)))
            .filter(|name| !name.is_empty())
    }

    /// Returns the sort key for the caller of row `row`: names before numbers, withheld numbers last.
    pub fn caller_key(&self, row: usize) -> (u8, String) {
        let Some(row) = self.get(row) else { return (3, String::new()) };
        match self.caller(&row) {
            "" => (2, String::new()),
            caller => (u8::from(self.names.get(row.caller).is_empty()), caller.to_lowercase()),
        }
    }

    /// Returns the index of the row at `key`, or as an error the index where it would be.
    pub fn search(&self, key: RowKey) -> Result<usize, usize> {
        let at = self.lower_bound(key, self.len());
        if self.get(at).is_some_and(|row| RowKey::of(&row) == key) { Ok(at) } else { Err(at) }
    }

    /// Sets the numbers of the rows' callers.
    pub fn number_callers(&mut self, callers: &[(CallerId, String)]) {
        for (caller, text) in callers {
            if self.numbers.put(*caller, text) {
                let digits: String = text.chars().filter(char::is_ascii_digit).collect();
                self.digits.put(*caller, &digits);
                self.generation += 1;
            }
        }
    }

    /// Sets the names of the rows' callers. An empty one removes a name.
    pub fn name_callers(&mut self, callers: &[(CallerId, String)]) {
        for (caller, name) in callers {
            self.generation += u64::from(self.names.put(*caller, name));
        }
    }

    /// Iterates over the rows' callers with that number, in any spelling.
    pub fn callers_of(&self, number: &str) -> impl Iterator<Item = CallerId> {
        let ids = (0..self.numbers.places.len() as u32).map(CallerId);
        ids.filter(move |id| self.numbers.get(*id) == number)
    }

    /// Removes the names of the rows' callers.
    pub fn forget_names(&mut self) {
        self.names = Texts::default();
        self.generation += 1;
    }

    /// Removes all rows, and everything of them except names: caller IDs stay valid for the next rows.
    #[must_use]
    pub fn emptied(self) -> RowColumns {
        let (names, generation) = (self.names, self.generation + 1);
        RowColumns { names, generation, ..RowColumns::default() }
    }

    /// Adds or updates the rows of `new` within `span`. Returns how many were added.
    pub fn merge(&mut self, new: &store::Rows, span: Span) -> usize {
        self.number_callers(&new.callers);
        let mut fresh: Vec<Row> = Vec::new();
        for row in new.rows.iter().filter(|row| span.contains(row.time)) {
            match self.search(RowKey::of(row)) {
                Ok(index) => self.set(index, row),
                Err(_) => fresh.push(*row),
            }
        }
        fresh.sort_unstable_by_key(RowKey::of);
        fresh.dedup_by_key(|row| row.id);
        let added = fresh.len();
        // From the back, so that appending older rows, the usual case, moves nothing.
        let mut from = self.len();
        let mut to = from + added;
        let Some(filler) = fresh.first().copied() else { return 0 };
        self.times.resize(to, filler.time);
        self.ids.resize(to, filler.id);
        self.callers.resize(to, filler.caller);
        self.flags.resize(to, filler.flags);
        self.lengths.resize(to, 0);
        self.thumbnails.resize(to, 0);
        while let Some(row) = fresh.pop() {
            let at = self.lower_bound(RowKey::of(&row), from);
            let moved = from - at;
            self.times.copy_within(at..from, to - moved);
            self.ids.copy_within(at..from, to - moved);
            self.callers.copy_within(at..from, to - moved);
            self.flags.copy_within(at..from, to - moved);
            self.lengths.copy_within(at..from, to - moved);
            self.thumbnails.copy_within(at..from, to - moved);
            from = at;
            to -= moved + 1;
            self.set(to, &row);
        }
        added
    }

    /// Replaces the row at `index`.
    fn set(&mut self, index: usize, row: &Row) {
        self.times[index] = row.time;
        self.ids[index] = row.id;
        self.callers[index] = row.caller;
        self.flags[index] = row.flags;
        self.lengths[index] = row.sketch.millis;
        self.thumbnails[index] = row.sketch.bits();
    }

    /// Returns the position of `key` among the first `len` rows.
    fn lower_bound(&self, key: RowKey, len: usize) -> usize {
        let (mut left, mut right) = (0, len);
        while left < right {
            let middle = left.midpoint(right);
            if (RowKey { time: self.times[middle], id: self.ids[middle] }) < key {
                left = middle + 1;
            } else {
                right = middle;
            }
        }
        left
    }
}

impl Source for RowColumns {
    fn columns(&self) -> search::Columns<'_> {
        search::Columns {
            times: &self.times,
            flags: &self.flags,
            lengths: &self.lengths,
            callers: &self.callers,
        }
    }

    fn caller_end(&self) -> u32 {
        self.numbers.places.len() as u32
    }

    fn caller(&self, caller: CallerId) -> search::CallerTexts<'_> {
        search::CallerTexts {
            display: self.numbers.get(caller),
            digits: self.digits.get(caller),
            name: self.names.get(caller),
        }
    }

    fn generation(&self) -> u64 {
        self.generation
    }

    fn note(&self, row: u32) -> &str {
        self.ids.get(row as usize).and_then(|id| self.note_of(*id)).unwrap_or("")
    }

    fn tags(&self, row: u32) -> impl Iterator<Item = &str> {
        let tags = self.ids.get(row as usize).map_or(&[][..], |id| self.tags_of(*id));
        tags.iter().map(String::as_str)
    }
}

/// A text per caller, all in one string, indexed by caller ID.
#[derive(Clone, Debug, Default)]
struct Texts {
    text: String,
    places: Vec<(u32, u16)>,
}

impl Texts {
    fn get(&self, caller: CallerId) -> &str {
        let Some(&(start, len)) = self.places.get(caller.0 as usize) else { return "" };
        self.text.get(start as usize..start as usize + usize::from(len)).unwrap_or("")
    }

    /// Sets a text. Returns whether it changed. The old text stays in the string unused: names change
    /// rarely.
    fn put(&mut self, caller: CallerId, text: &str) -> bool {
        if self.get(caller) == text {
            return false;
        }
        let index = caller.0 as usize;
        if self.places.len() <= index {
            self.places.resize(index + 1, (0, 0));
        }
        self.places[index] = (self.text.len() as u32, text.len() as u16);
        self.text.push_str(text);
        true
    }
}

/// The lines of the list: a heading before the rows of each local day.
///
/// Line numbers count headings and rows from 0. The cost is proportional to the number of days, not of
/// rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Days {
    days: Vec<Day>,
    rows: usize,
}

/// One day's heading and its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// The local date.
    pub date: NaiveDate,
    /// The index of its first row.
    pub first: usize,
}

/// The content of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListLine {
    /// The heading of the day with that index.
    Heading(usize),
    /// The row with that index.
    Row(usize),
}

impl Days {
    /// Groups `rows` rows by day in `zone`. Their times must be ascending or descending.
    pub fn new(rows: usize, time: impl Fn(usize) -> i64, zone: Tz) -> Days {
        let mut days = Vec::new();
        let mut first = 0;
        while first < rows {
            let date = from_millis(time(first)).with_timezone(&zone).date_naive();
            days.push(Day { date, first });
            let span = range::day_span(date, zone);
            // If a clock is set back over midnight, a date can occur twice. Each pass takes at least one
            // row, so the loop ends.
            let (mut left, mut right) = (first + 1, rows);
            while left < right {
                let middle = left.midpoint(right);
                if span.contains(time(middle)) { left = middle + 1 } else { right = middle }
            }
            first = left;
        }
        Days { days, rows }
    }

    /// Returns lines of the list without headings, for rows that are not sorted by time.
    pub fn flat(rows: usize) -> Days {
        Days { days: Vec::new(), rows }
    }

    /// Returns whether the list has headings of days.
    pub fn has_headings(&self) -> bool {
        !self.days.is_empty()
    }

    /// Returns the number of lines of the list.
    pub fn lines(&self) -> usize {
        self.rows + self.days.len()
    }

    /// Returns the list's line of row `row`.
    pub fn line_of(&self, row: usize) -> usize {
        row + self.days.partition_point(|day| day.first <= row)
    }

    /// Returns the content of the list's `line`.
    pub fn at(&self, line: usize) -> Option<ListLine> {
        if line >= self.lines() {
            return None;
        }
        let Some(day) = self.day_of_line(line) else { return Some(ListLine::Row(line)) };
        let heading = self.days[day].first + day;
        Some(if line == heading { ListLine::Heading(day) } else { ListLine::Row(line - day - 1) })
    }

    /// Returns the row at `line`, if it is not a heading.
    pub fn row_at(&self, line: usize) -> Option<usize> {
        match self.at(line)? {
            ListLine::Row(row) => Some(row),
            ListLine::Heading(_) => None,
        }
    }

    /// Returns the index of the day that `line` belongs to.
    pub fn day_of_line(&self, line: usize) -> Option<usize> {
        let mut left = 0;
        let mut right = self.days.len();
        while left < right {
            let middle = left.midpoint(right);
            if self.days[middle].first + middle <= line {
                left = middle + 1;
            } else {
                right = middle;
            }
        }
        left.checked_sub(1)
    }

    /// Returns the index of the day that row `row` belongs to.
    pub fn day_of_row(&self, row: usize) -> Option<usize> {
        self.days.partition_point(|day| day.first <= row).checked_sub(1)
    }

    /// Returns the day of the list with that index.
    pub fn day(&self, number: usize) -> Option<Day> {
        self.days.get(number).copied()
    }

    /// Returns how many rows the day with that index has.
    pub fn rows_of(&self, number: usize) -> usize {
        let end = self.days.get(number + 1).map_or(self.rows, |day| day.first);
        self.days.get(number).map_or(0, |day| end - day.first)
    }
}

/// Formats a list's day: "Today · Mon 23 Nov", "Yesterday · Sun 22 Nov", "Mon 16 Nov", "Thu 24 Dec 2025".
pub fn day_name(date: NaiveDate, today: NaiveDate) -> String {
    let plain = date.format("%a %-d %b");
    if date == today {
        format!("Today · {plain}")
    } else if date == today - TimeDelta::days(1) {
        format!("Yesterday · {plain}")
    } else if date.format("%Y").to_string() == today.format("%Y").to_string() {
        plain.to_string()
    } else {
        date.format("%a %-d %b %Y").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(times: &[(i64, u64)]) -> store::Rows {
        store::Rows {
            rows: times
                .iter()
                .map(|&(time, id)| Row {
                    time,
                    id: VoicemailId::from_bits(id),
                    caller: CallerId(1),
                    flags: Flags::NONE,
                    sketch: Sketch::default(),
                })
                .collect(),
            callers: vec![(CallerId(1), "caller".into())],
        }
    }

    proptest! {
        #[test]
        fn merging_in_any_pieces_gives_one_sorted_list(
            pieces in prop::collection::vec(prop::collection::vec((0i64..50, 0u64..4), 0..12), 0..8)
        ) {
            let all = Span::from_millis(5, 45);
            let mut columns = RowColumns::default();
            let mut expected = std::collections::BTreeSet::new();
            for piece in &pieces {
                // An ID has only one time.
                let piece: Vec<_> = piece.iter().map(|&(time, id)| (time, id + 10 * time as u64)).collect();
                let before = expected.len();
                expected.extend(piece.iter().filter(|(time, _)| all.contains(*time)).copied());
                prop_assert_eq!(columns.merge(&rows(&piece), all), expected.len() - before);
            }
            let got: Vec<_> =
                (0..columns.len()).filter_map(|i| columns.get(i)).map(|r| (r.time, r.id.bits())).collect();
            let expected: Vec<_> = expected.into_iter().rev().collect();
            prop_assert_eq!(got, expected);
        }

        #[test]
        fn lines_and_rows_agree(mut times in prop::collection::vec(0i64..40 * 86_400_000, 0..60)) {
            times.sort_unstable();
            times.dedup();
            let pairs: Vec<_> = times.iter().map(|&time| (time, time as u64)).collect();
            let mut columns = RowColumns::default();
            columns.merge(&rows(&pairs), Span::from_millis(0, i64::MAX));
            let days = Days::new(columns.len(), |row| columns.times[row], "Asia/Kolkata".parse().unwrap());
            let seen: Vec<usize> = (0..days.lines())
                .filter_map(|line| match days.at(line) {
                    Some(ListLine::Row(row)) => {
                        assert_eq!(days.line_of(row), line);
                        Some(row)
                    }
                    _ => None,
                })
                .collect();
            prop_assert_eq!(seen, (0..columns.len()).collect::<Vec<_>>());
            prop_assert!(days.at(days.lines()).is_none());
        }
    }
}
