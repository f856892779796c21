//! The range picker: presets, a calendar and a text field for one expression.
//!
//! The text field has the range. Presets and calendar write to it, and highlight what it contains.

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, Utc};

use crate::core::model::Span;
use crate::core::range::{self, PRESETS, Range, RangeError};
use crate::core::zone::Tz;
use crate::tui::field::Field;
use crate::tui::msg::RangeSummary;

pub(in crate::tui) mod update;
pub(in crate::tui) mod view;

/// The part of the picker that has the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    /// The list of presets.
    Presets,
    /// The calendar.
    Calendar,
    /// The text field.
    Text,
}

/// How many heights a day's mark has.
pub const LEVELS: u64 = 3;

/// Returns the height of a day's mark, from 1 to [`LEVELS`]: a third of the `most` of a day of the month
/// each; 0 without voicemail.
pub fn level(count: u64, most: u64) -> u64 {
    (count * LEVELS).div_ceil(most.max(1)).min(LEVELS)
}

/// Returns the fewest voicemails of a day whose mark has this height; `None` if no day can have it.
pub fn least(level: u64, most: u64) -> Option<u64> {
    let least = (level - 1) * most / LEVELS + 1;
    (least <= level * most / LEVELS).then_some(least)
}

/// The range picker.
#[derive(Debug)]
pub struct Dates {
    /// The part that has the focus.
    pub part: Focus,
    /// The expression.
    pub input: Field,
    /// The highlighted preset; `None` if the range is not a preset.
    pub preset: Option<usize>,
    /// The day under the cursor of the calendar.
    pub day: NaiveDate,
    /// The marked start of a range.
    pub mark: Option<NaiveDate>,
    /// A digit that chose a preset, and when that is shown: until then it may be the start of a text.
    pub typed: Option<(char, DateTime<Utc>)>,
    /// The counts of the month, and how much of the range is stored.
    pub summary: Option<RangeSummary>,
}

impl Dates {
    /// Returns a range picker that shows `range`.
    pub fn new(range: &Range, now: DateTime<Utc>, zone: Tz) -> Dates {
        let expression = range.expression();
        let preset = PRESETS.iter().position(|(text, _)| *text == expression);
        let today = now.with_timezone(&zone).date_naive();
        let shown = range.resolve(now, zone);
        let last = shown.end.map_or(now, |end| end.min(now));
        // The end is exclusive: for a range of whole days, it is the next day.
        let day = (last - chrono::TimeDelta::milliseconds(1)).with_timezone(&zone).date_naive().min(today);
        Dates {
            part: Focus::Presets,
            input: Field::proposed(expression),
            preset,
            day,
            mark: None,
            typed: None,
            summary: None,
        }
    }

    /// Makes the digit that chose a preset the start of a text in the range picker.
    pub fn begin_text(&mut self) {
        if let Some((digit, _)) = self.typed.take() {
            self.input = Field::new(digit.to_string());
            self.on_edit();
        }
    }

    /// Parses the text field of the range picker.
    pub fn range(&self, now: DateTime<Utc>, zone: Tz) -> Result<Range, RangeError> {
        Range::parse_at(self.input.value(), now, zone)
    }

    /// Moves the focus to the next part of the range picker, or the previous one.
    pub fn switch(&mut self, forward: bool) {
        self.part = match (self.part, forward) {
            (Focus::Presets, true) | (Focus::Text, false) => Focus::Calendar,
            (Focus::Calendar, true) | (Focus::Presets, false) => Focus::Text,
            (Focus::Text, true) | (Focus::Calendar, false) => Focus::Presets,
        };
    }

    /// Highlights the next preset of the range picker; stops at the last one.
    pub fn next_preset(&mut self) {
        self.choose_preset(self.preset.map_or(0, |preset| preset + 1));
    }

    /// Highlights the preset before in the range picker; stops at the first one.
    pub fn previous_preset(&mut self) {
        self.choose_preset(self.preset.map_or(0, |preset| preset.saturating_sub(1)));
    }

    /// Highlights preset `index` of the range picker and writes its expression.
    pub fn choose_preset(&mut self, index: usize) {
        if let Some((expression, _)) = PRESETS.get(index) {
            self.preset = Some(index);
            self.mark = None;
            self.write((*expression).to_owned());
        }
    }

    /// Moves the calendar's cursor by days, and writes the range from the mark to it.
    pub fn move_day(&mut self, days: i64) {
        let step = Days::new(days.unsigned_abs());
        let moved = if days < 0 { self.day.checked_sub_days(step) } else { self.day.checked_add_days(step) };
        self.go_to(moved);
    }

    /// Moves the calendar's cursor by months, to the same day of the month or its last day.
    pub fn move_month(&mut self, months: i32) {
        let step = Months::new(months.unsigned_abs());
        let moved =
            if months < 0 { self.day.checked_sub_months(step) } else { self.day.checked_add_months(step) };
        self.go_to(moved);
    }

    /// Moves the cursor of the calendar to `day`, and writes the range from the mark to it; `marks`: from
    /// where the cursor was.
    pub fn point(&mut self, day: NaiveDate, marks: bool) {
        if self.part != Focus::Calendar {
            self.mark = None;
        }
        if marks {
            self.mark = self.mark.or(Some(self.day));
        }
        self.part = Focus::Calendar;
        self.go_to(Some(day));
    }

    fn go_to(&mut self, day: Option<NaiveDate>) {
        let before = self.day;
        self.day = day.unwrap_or(self.day);
        if let Some(summary) = &mut self.summary
            && (before.year(), before.month()) != (self.day.year(), self.day.month())
        {
            // They are of the month before.
            summary.per_day.clear();
        }
        self.write_days();
    }

    /// Marks the start of the range in the calendar, or clears the mark.
    pub fn toggle_mark(&mut self) {
        self.mark = if self.mark == Some(self.day) { None } else { Some(self.day) };
        self.write_days();
    }

    fn write_days(&mut self) {
        let mark = self.mark.unwrap_or(self.day);
        let (first, last) = (mark.min(self.day), mark.max(self.day));
        let text = if first == last { first.to_string() } else { format!("{first}..{last}") };
        self.write(text);
    }

    fn write(&mut self, text: String) {
        self.input = Field::proposed(text);
    }

    /// Handles an edit of the range picker's text field, which gets the focus.
    pub fn on_edit(&mut self) {
        self.part = Focus::Text;
        self.mark = None;
    }

    /// Returns the days of the month in the calendar.
    pub fn month(&self, zone: Tz) -> Vec<Span> {
        range::days_of_month(self.day.year(), self.day.month(), zone)
    }
}

#[cfg(test)]
mod tests {
    use super::{LEVELS, least, level};

    #[test]
    fn the_legend_says_where_each_height_begins() {
        for most in 1..=40 {
            for height in 1..=LEVELS {
                let counts: Vec<_> = (1..=most).filter(|count| level(*count, most) == height).collect();
                assert_eq!(least(height, most), counts.first().copied(), "{height} of {most}");
            }
            assert_eq!((level(0, most), level(most, most)), (0, LEVELS));
        }
        assert_eq!(level(0, 0), 0);
    }
}
