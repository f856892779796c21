//! Formats ranges: the label in the header, the compact dates next to it, and the full description.

use chrono::{
    DateTime, Datelike as _, Days, DurationRound as _, Months, NaiveDate, NaiveDateTime, TimeDelta, Utc,
};

use crate::core::range::clock::Clock;
use crate::core::range::period::{Day, Edge, Period, clock_text, weekday_name};
use crate::core::range::{Bounds, Range};
use crate::core::zone::Tz;

impl Range {
    /// Returns the range's label: `Last 7 days`, `Today`, `November 2026`, `1–15 Nov`, `Since 1 Nov`. For a
    /// range that was moved, uses its dates. Equal to [`Range::dates`] if there is no better label.
    pub fn label(&self, now: DateTime<Utc>, zone: Tz) -> String {
        let words = Words::new(self, now, zone);
        match (self.from, self.to) {
            (Some(from), Some(to)) if from == to && self.shift == 0 => words.name(from),
            _ => words.label(),
        }
    }

    /// Returns the range's dates, without the current year: `17–23 Nov`, `28 Dec 2025 – 3 Jan`, `Nov`,
    /// `22 Nov 12:04 – now`, `Up to 15 Nov`, `All time`.
    pub fn dates(&self, now: DateTime<Utc>, zone: Tz) -> String {
        Words::new(self, now, zone).dates()
    }

    /// Describes the range in one line: `Mon 16 Nov 00:00 – Sun 22 Nov 23:59 IST · 7 days`. Shows an end
    /// at midnight as the last minute of the day before.
    pub fn sentence(&self, now: DateTime<Utc>, zone: Tz) -> String {
        Words::new(self, now, zone).sentence()
    }
}

/// Returns the abbreviation of the time zone at that moment: `IST`, `EDT`, `UTC`; `UTC-03` or `UTC+05:45` for
/// zones without one.
pub fn zone_name(at: DateTime<Utc>, zone: Tz) -> String {
    let local = at.with_timezone(&zone);
    let name = local.format("%Z").to_string();
    if name.starts_with(char::is_alphabetic) {
        return name;
    }
    let offset = local.format("%:z").to_string();
    format!("UTC{}", offset.strip_suffix(":00").unwrap_or(&offset))
}

/// The data for formatting a range.
struct Words<'r> {
    range: &'r Range,
    bounds: Bounds,
    clock: Clock,
}

impl<'r> Words<'r> {
    fn new(range: &'r Range, now: DateTime<Utc>, zone: Tz) -> Words<'r> {
        let clock = Clock::new(now, zone);
        Words { range, bounds: range.bounds(&clock), clock }
    }

    /// Returns the label of a single period.
    fn name(&self, period: Period) -> String {
        match period {
            Period::Hours(1) => "Last hour".to_owned(),
            Period::Hours(hours) => format!("Last {hours} hours"),
            Period::Days(1) | Period::Day(Day::Today) => "Today".to_owned(),
            Period::Days(days) => format!("Last {days} days"),
            Period::Weeks(1) => "Last 7 days".to_owned(),
            Period::Weeks(weeks) => format!("Last {weeks} weeks"),
            Period::Day(Day::Yesterday) => "Yesterday".to_owned(),
            Period::Day(Day::Weekday(weekday)) => capitalised(weekday_name(weekday)),
            Period::This(unit) => format!("This {}", unit.name()),
            Period::Last(unit) => format!("Last {}", unit.name()),
            Period::Year(year) => year.to_string(),
            Period::Day(Day::Date(_)) | Period::Month(_) | Period::At(..) => self.label(),
        }
    }

    /// Returns the label by the edges.
    fn label(&self) -> String {
        match (self.bounds.start, self.bounds.end) {
            (Some(start), None) => format!("Since {}", self.edge(start)),
            (Some(Edge::Day(start)), Some(Edge::Day(end))) if start < end => {
                let last = end - Days::new(1);
                if start == last {
                    format!("{} {}", start.format("%a"), self.date(start))
                } else if self.range.is_months() && start + Months::new(1) == end {
                    start.format("%B %Y").to_string()
                } else {
                    self.dates()
                }
            }
            _ => self.dates(),
        }
    }

    fn dates(&self) -> String {
        match (self.bounds.start, self.bounds.end) {
            (None, None) => "All time".to_owned(),
            (Some(start), None) => format!("{} – now", self.edge(start)),
            (None, Some(Edge::Day(end))) => format!("Up to {}", self.date(end - Days::new(1))),
            (None, Some(end)) => format!("Up to {}", self.edge(end)),
            (Some(start), Some(end)) => self.between(start, end),
        }
    }

    fn between(&self, start: Edge, end: Edge) -> String {
        if let (Edge::Day(start), Edge::Day(end)) = (start, end) {
            // A range that ends before it starts is empty: show the day on which it starts.
            let last = (end - Days::new(1)).max(start);
            return if self.range.is_months() { self.months(start, last) } else { self.days(start, last) };
        }
        let (from, to) = (self.local(start), self.local(end));
        if from.date() == to.date() {
            let to = clock_text(minutes(end, to).time());
            format!("{}–{to}", self.edge(start))
        } else {
            format!("{} – {}", self.edge(start), self.edge(end))
        }
    }

    fn days(&self, first: NaiveDate, last: NaiveDate) -> String {
        if first == last {
            return self.date(first);
        }
        if (first.year(), first.month()) == (last.year(), last.month()) {
            return format!("{}–{}", first.day(), self.date(last));
        }
        let first =
            if first.year() == last.year() { first.format("%-d %b").to_string() } else { self.date(first) };
        format!("{first} – {}", self.date(last))
    }

    /// Formats whole calendar months, or whole years.
    fn months(&self, first: NaiveDate, last: NaiveDate) -> String {
        if first.month() == 1 && last.month() == 12 {
            return if first.year() == last.year() {
                first.year().to_string()
            } else {
                format!("{}–{}", first.year(), last.year())
            };
        }
        let month = |date: NaiveDate| date.format("%b").to_string() + &self.year(date);
        if (first.year(), first.month()) == (last.year(), last.month()) {
            return month(first);
        }
        let first = if first.year() == last.year() { first.format("%b").to_string() } else { month(first) };
        format!("{first} – {}", month(last))
    }

    fn sentence(&self) -> String {
        let Clock { now, zone, today } = self.clock;
        let (start, end) = match (self.bounds.start, self.bounds.end) {
            (None, None) => return format!("all time, in {}", zone_name(now, zone)),
            (None, Some(end)) => {
                let (until, name) = self.moment(end, true);
                return format!("up to {until} {name}");
            }
            (Some(start), None) if start.instant(zone) > now => {
                let (from, name) = self.moment(start, false);
                return format!("{from} {name} onwards · in the future");
            }
            (Some(start), end) => (start, end),
        };
        let (from, from_name) = self.moment(start, false);
        let (until, until_name) =
            end.map_or_else(|| ("now".to_owned(), zone_name(now, zone)), |end| self.moment(end, true));
        let length = match (start, end.unwrap_or(self.bounds.measured_end(&self.clock))) {
            (Edge::Day(start), Edge::Day(end)) => days(end - start),
            (start, end) => time(end.instant(zone) - start.instant(zone)),
        };
        let start_name = if from_name == until_name { String::new() } else { format!(" {from_name}") };
        let future = matches!(start, Edge::Day(date) if date > today) || start.instant(zone) > now;
        let note = if future { " · in the future" } else { "" };
        format!("{from}{start_name} – {until} {until_name} · {length}{note}")
    }

    /// Formats an edge in full, and its zone. For an end at midnight, uses the minute before.
    fn moment(&self, edge: Edge, is_end: bool) -> (String, String) {
        let zone = self.clock.zone;
        let mut instant = edge.instant(zone);
        if is_end && matches!(edge, Edge::Day(_)) {
            instant -= TimeDelta::minutes(1);
        }
        let local = minutes(edge, instant.with_timezone(&zone).naive_local());
        let text = format!("{} {} {}", local.format("%a"), self.date(local.date()), clock_text(local.time()));
        (text, zone_name(instant, zone))
    }

    /// Formats `1 Nov` for a day, `1 Nov 09:00` for a moment.
    fn edge(&self, edge: Edge) -> String {
        if let Edge::Day(date) = edge {
            return self.date(date);
        }
        let local = minutes(edge, self.local(edge));
        format!("{} {}", self.date(local.date()), clock_text(local.time()))
    }

    fn local(&self, edge: Edge) -> NaiveDateTime {
        edge.wall(self.clock.zone)
    }

    fn date(&self, date: NaiveDate) -> String {
        date.format("%-d %b").to_string() + &self.year(date)
    }

    /// Returns a blank and the year; nothing for the current year.
    fn year(&self, date: NaiveDate) -> String {
        if date.year() == self.clock.today.year() { String::new() } else { format!(" {}", date.year()) }
    }
}

/// Drops the seconds of edges that come from the clock; keeps seconds that the user typed.
fn minutes(edge: Edge, local: NaiveDateTime) -> NaiveDateTime {
    match edge {
        Edge::Exact(_) => local.duration_trunc(TimeDelta::minutes(1)).unwrap_or(local),
        Edge::Day(_) | Edge::Wall(_) => local,
    }
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn days(length: TimeDelta) -> String {
    match length.num_days() {
        ..=0 => "empty".to_owned(),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

/// Formats `24 hours`, `8 h 30 min`, `8 days 6 h`.
fn time(length: TimeDelta) -> String {
    let (hours, minutes, seconds) =
        (length.num_hours(), length.num_minutes() % 60, length.num_seconds() % 60);
    match (hours, minutes, seconds) {
        _ if length <= TimeDelta::zero() => "empty".to_owned(),
        (1, 0, 0) => "1 hour".to_owned(),
        (2..100, 0, 0) => format!("{hours} hours"),
        _ => {
            let days = if hours < 100 { 0 } else { hours / 24 };
            let parts = [(days, "days"), (hours - days * 24, "h"), (minutes, "min"), (seconds, "s")];
            let parts = parts.iter().filter(|(count, _)| *count > 0);
            parts.map(|(count, unit)| format!("{count} {unit}")).collect::<Vec<_>>().join(" ")
        }
    }
}
