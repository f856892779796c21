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
    /// Returns a picker that shows `range`.
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

    /// Makes the digit that chose a preset the start of a text.
    pub fn begin_text(&mut self) {
        if let Some((digit, _)) = self.typed.take() {
            self.input = Field::new(digit.to_string());
            self.on_edit();
        }
    }

    /// Parses the text field.
    pub fn range(&self, now: DateTime<Utc>, zone: Tz) -> Result<Range, RangeError> {
        Range::parse_at(self.input.value(), now, zone)
    }

    /// Moves the focus to the next part, or the previous one.
    pub fn switch(&mut self, forward: bool) {
        self.part = match (self.part, forward) {
            (Focus::Presets, true) | (Focus::Text, false) => Focus::Calendar,
            (Focus::Calendar, true) | (Focus::Presets, false) => Focus::Text,
            (Focus::Text, true) | (Focus::Calendar, false) => Focus::Presets,
        };
    }

    /// Chooses the next preset; stops at the last one.
    pub fn next_preset(&mut self) {
        self.choose_preset(self.preset.map_or(0, |preset| preset + 1));
    }

    /// Chooses the preset before; stops at the first one.
    pub fn previous_preset(&mut self) {
        self.choose_preset(self.preset.map_or(0, |preset| preset.saturating_sub(1)));
    }

    /// Highlights preset `index` and writes its expression.
    pub fn choose_preset(&mut self, index: usize) {
        if let Some((expression, _)) = PRESETS.get(index) {
            self.preset = Some(index);
            self.mark = None;
            self.write((*expression).to_owned());
        }
    }

    /// Moves the cursor of the calendar by days, and writes the range from the mark to it.
    pub fn move_day(&mut self, days: i64) {
        let step = Days::new(days.unsigned_abs());
        let moved = if days < 0 { self.day.checked_sub_days(step) } else { self.day.checked_add_days(step) };
        self.go_to(moved);
    }

    /// Moves the cursor by months, to the same day of the month or its last day.
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
        self.day = day.unwrap_or(self.day);
        self.write_days();
    }

    /// Marks the start of the range, or clears the mark.
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

    /// Handles an edit of the text field, which gets the focus.
    pub fn on_edit(&mut self) {
        self.part = Focus::Text;
        self.mark = None;
    }

    /// Returns the days of the month on screen.
    pub fn month(&self, zone: Tz) -> Vec<Span> {
        range::days_of_month(self.day.year(), self.day.month(), zone)
    }
}
