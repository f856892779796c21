//! The date-range language: parses ranges such as `7d`, `last month`, `2026-11-01..2026-11-15` and
//! `monday..`, resolves them in a time zone, moves them by their own length, and formats them.
//!
//! Pure: now and the zone are arguments. Nothing here knows the screen or search queries; both use it.
//!
//! | written | means |
//! |---|---|
//! | `24h`, `last 24 hours` | from exactly 24 hours ago, without an end |
//! | `7d`, `2w`, `last 7 days` | whole local days, today included |
//! | `today`, `yesterday`, `monday`, `mon` | one local day; a weekday is the latest up to today |
//! | `this week`, `last month`, `this year` | calendar periods; weeks start on Monday |
//! | `2026-11-01`, `2026-11`, `2026` | a day, a month, a year |
//! | `2026-11-01T09:00`, `today 09:00` | a moment, only as a start or an end; may have seconds |
//! | `A..B`, `A to B`, `A – B` | from the start of A to the end of B |
//! | `A..`, `..B`, `..`, `all` | no end, no start, or neither |
//! | `7d -1`, `this month -2` | moved by its own length, for ranges that depend on the day |
//!
//! A range is half open: a day ends at the midnight after it, and `..today 17:30` excludes 17:30.

use std::fmt;

use chrono::{DateTime, Datelike as _, Days, NaiveDate, Utc};

use crate::core::model::Span;
use crate::core::range::clock::Clock;
use crate::core::range::period::{Edge, Period, Shift};
use crate::core::zone::Tz;

mod clock;
mod describe;
mod parse;
mod period;

pub use crate::core::range::describe::zone_name;

/// Every preset: its expression and its label, in the order to offer them.
pub const PRESETS: &[(&str, &str)] = &[
    ("24h", "Last 24 hours"),
    ("today", "Today"),
    ("yesterday", "Yesterday"),
    ("7d", "Last 7 days"),
    ("30d", "Last 30 days"),
    ("this week", "This week"),
    ("this month", "This month"),
    ("last month", "Last month"),
];

/// The start to send to the server if the range has none: 2010-01-01T00:00Z, before the service
/// existed. Not 0, which a server may treat as missing.
const SERVICE_START_MILLIS: i64 = 1_262_304_000_000;

/// The end to use for a list if the range has none, so that new voicemails belong to it: the end of the
/// year 9999.
const FAR_FUTURE_MILLIS: i64 = 253_402_300_800_000;

/// How many times a range can be moved by its own length, in either direction.
const MAX_SHIFT: i32 = 1_000_000;

/// A range, not bound to a moment: `7d` means other days tomorrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    from: Option<Period>,
    to: Option<Period>,
    /// How many times it was moved by its own length. Always 0 for fixed dates, which become other dates
    /// when moved.
    shift: i32,
}

/// Why a text is not a range, and where the error is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}{} 7d, yesterday, last month, 2026-11-01..2026-11-15", examples(message))]
pub struct RangeError {
    /// The faulty part, in bytes of the text; empty where something is missing.
    pub at: std::ops::Range<usize>,
    /// What is wrong with it, in one line without a full stop.
    pub message: String,
}

/// Introduces the examples after `message`, which may be a question.
fn examples(message: &str) -> &'static str {
    if message.ends_with('?') { " Examples:" } else { "; examples:" }
}

impl Range {
    /// All of time.
    pub const ALL: Range = Range { from: None, to: None, shift: 0 };

    /// Parses a range in any of the forms above, ignoring case.
    ///
    /// Whether the end is before the start can depend on the day (`this week..2026-11-20`); only
    /// [`Range::parse_at`] checks this. This function accepts such a range; it is empty.
    pub fn parse(text: &str) -> Result<Range, RangeError> {
        parse::parse(text).map(|parsed| parsed.range)
    }

    /// Parses a range for use at this moment. Also fails if the end is before the start.
    pub fn parse_at(text: &str, now: DateTime<Utc>, zone: Tz) -> Result<Range, RangeError> {
        let parse::Parsed { range, end } = parse::parse(text)?;
        let bounds = range.unshifted(&Clock::new(now, zone));
        if let (Some(start), Some(until)) = (bounds.start, bounds.end)
            && until.wall(zone) <= start.wall(zone)
        {
            return Err(RangeError { at: end, message: parse::REVERSED.to_owned() });
        }
        Ok(range)
    }

    /// Resolves the start and the end of the range. The end is never before the start.
    pub fn resolve(&self, now: DateTime<Utc>, zone: Tz) -> Resolved {
        let bounds = self.bounds(&Clock::new(now, zone));
        let start = bounds.start.map(|edge| edge.instant(zone));
        let end = bounds.end.map(|edge| edge.instant(zone));
        Resolved { start, end: end.max(end.and(start)) }
    }

    /// Moves the range by `by` times its own length: hours for `24h`, days for `7d`, calendar months for
    /// `this month`, wall-clock time for ranges with times. Each range ends exactly where the next
    /// starts, and moving back returns an equal range.
    ///
    /// A range without an end counts up to now, or to the end of today if it starts with a day. Returns
    /// `None` for a range without a start, which has no length, and outside the years 2000 to 2999.
    pub fn shifted(&self, by: i32, now: DateTime<Utc>, zone: Tz) -> Option<Range> {
        if let (Some(from), Some(to)) = (self.from, self.to)
            && from.is_fixed()
            && to.is_fixed()
        {
            let (from, to) = period::moved_fixed(from, to, by.into())?;
            return Some(Range { from: Some(from), to: Some(to), shift: 0 });
        }
        let clock = Clock::new(now, zone);
        let shift = self.shift.checked_add(by).filter(|shift| (-MAX_SHIFT..=MAX_SHIFT).contains(shift))?;
        let plain = self.unshifted(&clock);
        plain.moved(self.step(plain, &clock)?, shift.into(), &clock)?;
        Some(Range { shift, ..*self })
    }

    /// Returns text that parses to an equal range.
    pub fn expression(&self) -> String {
        self.to_string()
    }

    /// Returns the edges, before moving.
    fn unshifted(&self, clock: &Clock) -> Bounds {
        let end = self.to.and_then(|to| to.end(clock));
        Bounds { start: self.from.map(|from| from.start(clock, end)), end }
    }

    /// Returns the edges. If moving leads out of the supported years, returns an empty range at their
    /// start.
    fn bounds(&self, clock: &Clock) -> Bounds {
        let plain = self.unshifted(clock);
        if self.shift == 0 {
            return plain;
        }
        let Some(step) = self.step(plain, clock) else { return plain };
        let nowhere = Bounds { start: Some(Edge::first()), end: Some(Edge::first()) };
        plain.moved(step, self.shift.into(), clock).unwrap_or(nowhere)
    }

    /// Returns the length of the range, if it has one.
    fn step(&self, plain: Bounds, clock: &Clock) -> Option<Shift> {
        Shift::between(plain.start?, plain.measured_end(clock), self.is_months(), clock.zone)
    }

    /// Returns whether the range consists of whole calendar months.
    fn is_months(&self) -> bool {
        self.from.is_some_and(Period::is_months) && self.to.is_some_and(Period::is_months)
    }
}

/// The canonical text: see [`Range::expression`].
impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.from, self.to) {
            (Some(from), Some(to)) if from == to => write!(f, "{from}")?,
            (from, to) => {
                if let Some(from) = from {
                    write!(f, "{from}")?;
                }
                f.write_str("..")?;
                if let Some(to) = to {
                    write!(f, "{to}")?;
                }
            }
        }
        if self.shift == 0 { Ok(()) } else { write!(f, " {:+}", self.shift) }
    }
}

/// The edges of a range at some moment; `None` if there is no start or no end.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    start: Option<Edge>,
    end: Option<Edge>,
}

impl Bounds {
    /// Returns the end that counts for the length of a range: without an end, now or the end of today.
    fn measured_end(self, clock: &Clock) -> Edge {
        self.end.unwrap_or(match self.start {
            Some(Edge::Day(_)) => Edge::Day(clock.today + Days::new(1)),
            _ => Edge::Exact(clock.now),
        })
    }

    /// Moves both edges by `times` steps.
    fn moved(self, step: Shift, times: i64, clock: &Clock) -> Option<Bounds> {
        if times == 0 {
            return Some(self);
        }
        let start = self.start?.moved(step, times)?;
        let end = self.measured_end(clock).moved(step, times)?;
        Some(Bounds { start: Some(start), end: Some(end) })
    }
}

/// A range at one moment. Half open: `end` does not belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The first moment, if there is a start.
    pub start: Option<DateTime<Utc>>,
    /// The first moment after the range; `None` if there is no end. Can be in the future, as for today.
    pub end: Option<DateTime<Utc>>,
}

impl Resolved {
    /// Returns the range's span to request from the server: from 2010 if there is no start, and at most to
    /// `now`.
    pub fn span(&self, now: DateTime<Utc>) -> Span {
        let start = self.start.map_or(SERVICE_START_MILLIS, |start| start.timestamp_millis());
        let end = self.end.map_or(now, |end| end.min(now));
        Span::from_millis(start, end.timestamp_millis())
    }

    /// Returns the range's span for the list: without an end or with an end in the future, includes
    /// voicemails that have not arrived yet.
    pub fn view(&self) -> Span {
        let start = self.start.map_or(0, |start| start.timestamp_millis());
        Span::from_millis(start, self.end.map_or(FAR_FUTURE_MILLIS, |end| end.timestamp_millis()))
    }
}

/// Returns the span of the local day `date`: 23 or 25 hours if the clock changes, empty if the zone skipped
/// it.
pub fn day_span(date: NaiveDate, zone: Tz) -> Span {
    let midnight = |date: NaiveDate| Edge::Day(date).instant(zone);
    Span::new(midnight(date), date.succ_opt().map_or(DateTime::<Utc>::MAX_UTC, midnight))
}

/// Returns the spans of the local days of a month (1 to 12) in order; none if there is no such month.
pub fn days_of_month(year: i32, month: u32, zone: Tz) -> Vec<Span> {
    NaiveDate::from_ymd_opt(year, month, 1)
        .into_iter()
        .flat_map(|first| first.iter_days().take(first.num_days_in_month().into()))
        .map(|day| day_span(day, zone))
        .collect()
}
