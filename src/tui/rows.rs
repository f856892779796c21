//! The rows of the list as compact columns: what a million voicemail cost while one looks at ten.
//!
//! A row is 29 bytes (time, identity, and what else its line shows); a caller's text is held once
//! however often they called. Nothing here is formatted: only what is visible is, and only in `view/`.

use std::cmp::Ordering;
use std::collections::HashMap;

use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;

use crate::model::{Flags, Sketch, Span, VoicemailId, from_millis};
use crate::range;
use crate::search::{self, Source};
use crate::store::{self, CallerId, Row};

/// Where a row stands in the order of the list: newest first, then by identity, largest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowKey {
    /// Milliseconds since the epoch.
    pub time: i64,
    /// The voicemail.
    pub id: VoicemailId,
}

impl RowKey {
    /// The key of `row`.
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

/// The rows, in the order of the list.
#[derive(Clone, Debug, Default)]
pub struct RowColumns {
    times: Vec<i64>,
    ids: Vec<VoicemailId>,
    callers: Vec<CallerId>,
    flags: Vec<Flags>,
    /// In milliseconds.
    lengths: Vec<u32>,
    thumbnails: Vec<u32>,
    /// What to show for each caller without a name, the digits of it, and the names.
    numbers: Texts,
    digits: Texts,
    names: Texts,
    /// Counts up when a caller's texts change.
    generation: u64,
    notes: HashMap<VoicemailId, String>,
    tags: HashMap<VoicemailId, Vec<String>>,
}

impl RowColumns {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// The row at `index`.
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

    /// Notes all flags of the row at `key`; says whether they were others.
    pub fn set_flags(&mut self, key: RowKey, flags: Flags) -> bool {
        self.search(key).is_ok_and(|index| std::mem::replace(&mut self.flags[index], flags) != flags)
    }

    /// Notes what the recording of a row is like.
    pub fn sketch(&mut self, key: RowKey, sketch: Sketch) {
        if let Ok(index) = self.search(key) {
            (self.lengths[index], self.thumbnails[index]) = (sketch.millis, sketch.bits());
        }
    }

    /// The name of the caller of `row`, else the number; empty when withheld.
    pub fn caller(&self, row: &Row) -> &str {
        Some(self.names.get(row.caller)).filter(|name| !name.is_empty()).unwrap_or(self.number(row))
    }

    /// The number of the caller of `row`, or what came instead of one; empty when withheld.
    pub fn number(&self, row: &Row) -> &str {
        self.numbers.get(row.caller)
    }

    /// The first words of the note of `id`, if it has one.
    pub fn note_of(&self, id: VoicemailId) -> Option<&str> {
        self.notes.get(&id).map(String::as_str)
    }

    /// The tags of `id`.
    pub fn tags_of(&self, id: VoicemailId) -> &[String] {
        self.tags.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Notes the first words of a note, or that there is none.
    pub fn put_note(&mut self, id: VoicemailId, words: Option<String>) {
        match words {
            Some(words) => self.notes.insert(id, words),
            None => self.notes.remove(&id),
        };
    }

    /// Notes all tags of a voicemail.
    pub fn put_tags(&mut self, id: VoicemailId, tags: Vec<String>) {
        if tags.is_empty() {
            self.tags.remove(&id);
        } else {
            self.tags.insert(id, tags);
        }
    }

    /// Forgets all notes, or all tags: they are read anew.
    pub fn forget_notes(&mut self) {
        self.notes.clear();
    }

    /// See [`RowColumns::forget_notes`].
    pub fn forget_tags(&mut self) {
        self.tags.clear();
    }

    /// Every tag there is, some more than once.
    pub fn every_tag(&self) -> impl Iterator<Item = &str> {
        self.tags.values().flatten().map(String::as_str)
    }

    /// Every name of a caller.
    pub fn every_name(&self) -> impl Iterator<Item = &str> {
        (0..self.names.places.len() as u32)
            .map(|id| self.names.get(CallerId(id)))
            .filter(|name| !name.is_empty())
    }

    /// By what the caller of the row with that number is put in order: names before numbers, and
    /// numbers before those who sent none.
    pub fn caller_key(&self, row: usize) -> (u8, String) {
        let Some(row) = self.get(row) else { return (3, String::new()) };
        match self.caller(&row) {
            "" => (2, String::new()),
            caller => (u8::from(self.names.get(row.caller).is_empty()), caller.to_lowercase()),
        }
    }

    /// Where `key` is, or where it would be.
    pub fn search(&self, key: RowKey) -> Result<usize, usize> {
        let at = self.lower_bound(key, self.len());
        if self.get(at).is_some_and(|row| RowKey::of(&row) == key) { Ok(at) } else { Err(at) }
    }

    /// Takes in what to show for callers without a name.
    pub fn number_callers(&mut self, callers: &[(CallerId, String)]) {
        for (caller, text) in callers {
            if self.numbers.put(*caller, text) {
                let digits: String = text.chars().filter(char::is_ascii_digit).collect();
                self.digits.put(*caller, &digits);
                self.generation += 1;
            }
        }
    }

    /// Takes in names of callers; an empty one takes a name away.
    pub fn name_callers(&mut self, callers: &[(CallerId, String)]) {
        for (caller, name) in callers {
            self.generation += u64::from(self.names.put(*caller, name));
        }
    }

    /// The callers with that number, in whichever spelling it came.
    pub fn callers_of(&self, number: &str) -> impl Iterator<Item = CallerId> {
        let ids = (0..self.numbers.places.len() as u32).map(CallerId);
        ids.filter(move |id| self.numbers.get(*id) == number)
    }

    /// Forgets all names.
    pub fn forget_names(&mut self) {
        self.names = Texts::default();
        self.generation += 1;
    }

    /// Nothing but the names: callers keep their numbers whatever rows come next.
    #[must_use]
    pub fn emptied(self) -> RowColumns {
        let (names, generation) = (self.names, self.generation + 1);
        RowColumns { names, generation, ..RowColumns::default() }
    }

    /// Takes in the rows of `new` that lie in `span`; says how many were not there yet.
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
        // From the back, so that the usual case (older rows at the end) moves nothing.
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

    /// Puts `row` in the place of what stands at `index`.
    fn set(&mut self, index: usize, row: &Row) {
        self.times[index] = row.time;
        self.ids[index] = row.id;
        self.callers[index] = row.caller;
        self.flags[index] = row.flags;
        self.lengths[index] = row.sketch.millis;
        self.thumbnails[index] = row.sketch.bits();
    }

    /// Where `key` belongs among the first `len` rows.
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

/// A text for each caller, all in one string, by the small number that the store gave the caller.
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

    /// Text that changed is appended and the old one forgotten: names change rarely. Says whether it
    /// changed.
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

/// The list as lines: a heading before the rows of each local day.
///
/// Line numbers count headings and rows from 0. Found by searching for the ends of days, so it
/// costs the days and not the rows.
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
    /// The first of its rows.
    pub first: usize,
}

/// What stands on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// The heading of the day with that number.
    Heading(usize),
    /// The row with that number.
    Row(usize),
}

impl Days {
    /// The days in `zone` of `rows` rows, whose times fall or rise.
    pub fn new(rows: usize, time: impl Fn(usize) -> i64, zone: Tz) -> Days {
        let mut days = Vec::new();
        let mut first = 0;
        while first < rows {
            let date = from_millis(time(first)).with_timezone(&zone).date_naive();
            days.push(Day { date, first });
            let span = range::day_span(date, zone);
            // A clock set back over midnight can bring a date twice; a day then ends where its
            // rows do, and every turn takes in one row at the least.
            let (mut left, mut right) = (first + 1, rows);
            while left < right {
                let middle = left.midpoint(right);
                if span.contains(time(middle)) { left = middle + 1 } else { right = middle }
            }
            first = left;
        }
        Days { days, rows }
    }

    /// Rows without headings: their order is not that of time.
    pub fn flat(rows: usize) -> Days {
        Days { days: Vec::new(), rows }
    }

    /// Whether headings tell the day of each row.
    pub fn has_headings(&self) -> bool {
        !self.days.is_empty()
    }

    /// How many lines there are.
    pub fn lines(&self) -> usize {
        self.rows + self.days.len()
    }

    /// The line of row `row`.
    pub fn line_of(&self, row: usize) -> usize {
        row + self.days.partition_point(|day| day.first <= row)
    }

    /// What stands on `line`.
    pub fn at(&self, line: usize) -> Option<Line> {
        if line >= self.lines() {
            return None;
        }
        let Some(day) = self.day_of_line(line) else { return Some(Line::Row(line)) };
        let heading = self.days[day].first + day;
        Some(if line == heading { Line::Heading(day) } else { Line::Row(line - day - 1) })
    }

    /// The number of the day that `line` belongs to.
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

    /// The number of the day that row `row` belongs to.
    pub fn day_of_row(&self, row: usize) -> Option<usize> {
        self.days.partition_point(|day| day.first <= row).checked_sub(1)
    }

    /// The day with that number.
    pub fn day(&self, number: usize) -> Option<Day> {
        self.days.get(number).copied()
    }

    /// How many rows that day has.
    pub fn rows_of(&self, number: usize) -> usize {
        let end = self.days.get(number + 1).map_or(self.rows, |day| day.first);
        self.days.get(number).map_or(0, |day| end - day.first)
    }
}

/// "Today · Mon 23 Nov", "Yesterday · Sun 22 Nov", "Mon 16 Nov", "Thu 24 Dec 2025".
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
                // An identity belongs to one time only.
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
            let days = Days::new(columns.len(), |row| columns.times[row], chrono_tz::Asia::Kolkata);
            let seen: Vec<usize> = (0..days.lines())
                .filter_map(|line| match days.at(line) {
                    Some(Line::Row(row)) => {
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
