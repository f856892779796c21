//! The parts of a range: periods such as `7d`, `last month` and `2026-11-01`, and their edges in a time
//! zone. Calendar arithmetic only, no parsing and no descriptions.

use std::fmt;

use chrono::{
    DateTime, Datelike as _, Days, LocalResult, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta,
    TimeZone as _, Timelike as _, Utc, Weekday,
};

use crate::core::range::clock::Clock;
use crate::core::zone::Tz;

/// The years that a range can reach. The service did not exist before 2000, and years have four digits.
pub(super) const YEARS: std::ops::RangeInclusive<i32> = 2000..=2999;

/// The unit after `this` and `last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Week,
    Month,
    Year,
}

impl Unit {
    pub const ALL: [Unit; 3] = [Unit::Week, Unit::Month, Unit::Year];

    pub fn name(self) -> &'static str {
        match self {
            Unit::Week => "week",
            Unit::Month => "month",
            Unit::Year => "year",
        }
    }

    /// Returns the first day of the unit that contains `date`. Weeks start on Monday.
    fn first_day(self, date: NaiveDate) -> NaiveDate {
        match self {
            Unit::Week => date - Days::new(date.weekday().num_days_from_monday().into()),
            Unit::Month => date.with_day(1).unwrap_or(date),
            Unit::Year => date.with_ordinal(1).unwrap_or(date),
        }
    }

    /// Returns the first day of the next unit, given the first day of this one.
    fn next(self, first: NaiveDate) -> NaiveDate {
        match self {
            Unit::Week => first + Days::new(7),
            Unit::Month => first + Months::new(1),
            Unit::Year => first + Months::new(12),
        }
    }

    /// Returns the first day of the previous unit, given the first day of this one.
    fn previous(self, first: NaiveDate) -> NaiveDate {
        self.first_day(first - Days::new(1))
    }
}

/// One local day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Day {
    Today,
    Yesterday,
    /// The latest such day up to today.
    Weekday(Weekday),
    Date(NaiveDate),
}

impl Day {
    /// Returns the date; for a weekday, the latest one up to `latest`.
    fn date(self, clock: &Clock, latest: NaiveDate) -> NaiveDate {
        match self {
            Day::Today => clock.today,
            Day::Yesterday => clock.today - Days::new(1),
            Day::Weekday(weekday) => latest - Days::new(latest.weekday().days_since(weekday).into()),
            Day::Date(date) => date,
        }
    }
}

/// A period, before it is resolved at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Period {
    /// This many hours back from now, to the millisecond.
    Hours(u32),
    /// This many whole local days, including today.
    Days(u32),
    /// This many times seven whole local days, including today.
    Weeks(u32),
    Day(Day),
    This(Unit),
    Last(Unit),
    /// The month that starts on this day.
    Month(NaiveDate),
    Year(i32),
    /// A moment, only as a start or an end.
    At(Day, NaiveTime),
}

impl Period {
    /// Returns the edges of a date, month, year or moment that does not depend on today.
    pub fn fixed(self) -> Option<(Edge, Edge)> {
        let month_or_year = |unit: Unit, first: NaiveDate| (Edge::Day(first), Edge::Day(unit.next(first)));
        match self {
            Period::Day(Day::Date(date)) => Some((Edge::Day(date), Edge::Day(date + Days::new(1)))),
            Period::Month(first) => Some(month_or_year(Unit::Month, first)),
            Period::Year(year) => {
                NaiveDate::from_ymd_opt(year, 1, 1).map(|first| month_or_year(Unit::Year, first))
            }
            Period::At(Day::Date(date), time) => {
                let edge = Edge::Wall(date.and_time(time));
                Some((edge, edge))
            }
            _ => None,
        }
    }

    /// Returns whether the period is fixed: it does not depend on today.
    pub fn is_fixed(self) -> bool {
        self.fixed().is_some()
    }

    /// Returns whether the period consists of calendar months, and so moves by months.
    pub fn is_months(self) -> bool {
        matches!(
            self,
            Period::Month(_)
                | Period::Year(_)
                | Period::This(Unit::Month | Unit::Year)
                | Period::Last(Unit::Month | Unit::Year)
        )
    }

    /// Returns the start of the period. A weekday is the latest one that starts neither after `end`
    /// (`monday..friday` on a Wednesday is last week's) nor after today.
    pub fn start(self, clock: &Clock, end: Option<Edge>) -> Edge {
        let latest = end.map_or(clock.today, |end| end.last_date(clock.zone).min(clock.today));
        let days_back = |days: u64| Edge::Day(clock.today - Days::new(days - 1));
        match self {
            Period::Hours(hours) => Edge::Exact(clock.now - TimeDelta::hours(hours.into())),
            Period::Days(days) => days_back(days.into()),
            Period::Weeks(weeks) => days_back(u64::from(weeks) * 7),
            Period::Day(day) => Edge::Day(day.date(clock, latest)),
            Period::This(unit) => Edge::Day(unit.first_day(clock.today)),
            Period::Last(unit) => Edge::Day(unit.previous(unit.first_day(clock.today))),
            Period::Month(first) => Edge::Day(first),
            Period::Year(year) => Edge::Day(NaiveDate::from_yo_opt(year, 1).unwrap_or(clock.today)),
            Period::At(day, time) => {
                let moment = day.date(clock, latest).and_time(time);
                let limit = end.map_or(clock.now, |end| end.instant(clock.zone));
                let late = Edge::Wall(moment).instant(clock.zone) >= limit;
                let weeks = u64::from(late && matches!(day, Day::Weekday(_)));
                Edge::Wall(moment - Days::new(7 * weeks))
            }
        }
    }

    /// Returns the end of the period; `None` if it has no end.
    pub fn end(self, clock: &Clock) -> Option<Edge> {
        let edge = match self {
            Period::Hours(_) => return None,
            Period::Days(_) | Period::Weeks(_) => Edge::Day(clock.today + Days::new(1)),
            Period::Day(day) => Edge::Day(day.date(clock, clock.today) + Days::new(1)),
            Period::This(unit) => Edge::Day(unit.next(unit.first_day(clock.today))),
            Period::Last(unit) => Edge::Day(unit.first_day(clock.today)),
            Period::Month(_) | Period::Year(_) => self.fixed()?.1,
            Period::At(day, time) => Edge::Wall(day.date(clock, clock.today).and_time(time)),
        };
        Some(edge)
    }
}

/// The text that parses to an equal period.
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Period::Hours(hours) => write!(f, "{hours}h"),
            Period::Days(days) => write!(f, "{days}d"),
            Period::Weeks(weeks) => write!(f, "{weeks}w"),
            Period::Day(day) => day.fmt(f),
            Period::This(unit) => write!(f, "this {}", unit.name()),
            Period::Last(unit) => write!(f, "last {}", unit.name()),
            Period::Month(first) => write!(f, "{}", first.format("%Y-%m")),
            Period::Year(year) => write!(f, "{year}"),
            Period::At(Day::Date(date), time) => write!(f, "{date}T{}", clock_text(*time)),
            Period::At(day, time) => write!(f, "{day} {}", clock_text(*time)),
        }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Day::Today => f.write_str("today"),
            Day::Yesterday => f.write_str("yesterday"),
            Day::Weekday(weekday) => f.write_str(weekday_name(*weekday)),
            Day::Date(date) => date.fmt(f),
        }
    }
}

/// Returns the weekday's full English name, in lower case.
pub(super) fn weekday_name(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Mon => "monday",
        Weekday::Tue => "tuesday",
        Weekday::Wed => "wednesday",
        Weekday::Thu => "thursday",
        Weekday::Fri => "friday",
        Weekday::Sat => "saturday",
        Weekday::Sun => "sunday",
    }
}

/// Formats a time in a range as `09:00`; shows seconds only if they are not 0.
pub(super) fn clock_text(time: NaiveTime) -> String {
    time.format(if time.second() == 0 { "%H:%M" } else { "%H:%M:%S" }).to_string()
}

/// Converts two fixed periods to the same kind (years, months, days or moments), so that equivalent
/// ranges are equal and keep their kind when moved. Returns other periods unchanged.
pub(super) fn same_kind(from: Period, to: Period) -> (Period, Period) {
    let (Some((start, _)), Some((_, end))) = (from.fixed(), to.fixed()) else { return (from, to) };
    let kind = match (from, to) {
        (Period::Year(_), Period::Year(_)) => Kind::Years,
        _ if from.is_months() && to.is_months() => Kind::Months,
        (Period::At(..), _) | (_, Period::At(..)) => Kind::Moments,
        _ => Kind::Days,
    };
    kind.periods(start, end)
}

/// Moves fixed periods by `times` their own length; `None` outside [`YEARS`].
pub(super) fn moved_fixed(from: Period, to: Period, times: i64) -> Option<(Period, Period)> {
    let (start, end) = (from.fixed()?.0, to.fixed()?.1);
    let kind = match from {
        Period::Year(_) => Kind::Years,
        Period::Month(_) => Kind::Months,
        Period::At(..) => Kind::Moments,
        _ => Kind::Days,
    };
    // Fixed edges do not depend on the zone, so any zone will do.
    let step = Shift::between(start, end, from.is_months(), Tz::UTC)?;
    let (start, end) = (start.moved(step, times)?, end.moved(step, times)?);
    Some(kind.periods(start, end))
}

enum Kind {
    Years,
    Months,
    Days,
    Moments,
}

impl Kind {
    /// Returns the periods of this kind that start at `start` and end at `end`.
    fn periods(&self, start: Edge, end: Edge) -> (Period, Period) {
        let (start, end) = (start.wall(Tz::UTC), end.wall(Tz::UTC));
        let (first, last) = (start.date(), end.date() - Days::new(1));
        match self {
            Kind::Years => (Period::Year(first.year()), Period::Year(last.year())),
            Kind::Months => {
                (Period::Month(Unit::Month.first_day(first)), Period::Month(Unit::Month.first_day(last)))
            }
            Kind::Days => (Period::Day(Day::Date(first)), Period::Day(Day::Date(last))),
            Kind::Moments => {
                let at = |moment: NaiveDateTime| Period::At(Day::Date(moment.date()), moment.time());
                (at(start), at(end))
            }
        }
    }
}

/// The start or the end of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    /// The local midnight at which this day begins.
    Day(NaiveDate),
    /// A local date and time.
    Wall(NaiveDateTime),
    /// An exact moment, independent of the calendar.
    Exact(DateTime<Utc>),
}

impl Edge {
    pub fn instant(self, zone: Tz) -> DateTime<Utc> {
        match self {
            Edge::Day(date) => instant(date.and_time(NaiveTime::MIN), zone),
            Edge::Wall(moment) => instant(moment, zone),
            Edge::Exact(instant) => instant,
        }
    }

    /// Returns the edge's local date and time. The zone matters only for [`Edge::Exact`].
    pub fn wall(self, zone: Tz) -> NaiveDateTime {
        match self {
            Edge::Day(date) => date.and_time(NaiveTime::MIN),
            Edge::Wall(moment) => moment,
            Edge::Exact(instant) => instant.with_timezone(&zone).naive_local(),
        }
    }

    /// Returns the last day of a range that ends here.
    pub fn last_date(self, zone: Tz) -> NaiveDate {
        (self.wall(zone) - TimeDelta::milliseconds(1)).date()
    }

    /// Moves this edge of a range by `times` steps; `None` outside [`YEARS`].
    pub fn moved(self, step: Shift, times: i64) -> Option<Edge> {
        let moved = match (self, step) {
            (Edge::Day(date), Shift::Months(months)) => {
                let month = i64::from(date.year()) * 12 + i64::from(date.month0()) + months * times;
                let year = i32::try_from(month.div_euclid(12)).ok()?;
                Edge::Day(NaiveDate::from_ymd_opt(year, month.rem_euclid(12) as u32 + 1, 1)?)
            }
            (Edge::Day(date), Shift::Days(days)) => {
                Edge::Day(date.checked_add_signed(TimeDelta::try_days(days * times)?)?)
            }
            (edge, Shift::Wall(length)) => {
                Edge::Wall(edge.wall(Tz::UTC).checked_add_signed(multiple(length, times)?)?)
            }
            (edge, Shift::Exact(length, zone)) => {
                Edge::Exact(edge.instant(zone).checked_add_signed(multiple(length, times)?)?)
            }
            (Edge::Wall(_) | Edge::Exact(_), Shift::Months(_) | Shift::Days(_)) => return None,
        };
        // An end may be the midnight after the last day of the last year.
        let year = moved.wall(Tz::UTC).checked_sub_signed(TimeDelta::milliseconds(1))?.year();
        (YEARS.contains(&year) || moved == Edge::first()).then_some(moved)
    }

    /// Returns the earliest edge of any range.
    pub fn first() -> Edge {
        Edge::Day(NaiveDate::from_yo_opt(*YEARS.start(), 1).unwrap_or_default())
    }
}

fn multiple(length: TimeDelta, times: i64) -> Option<TimeDelta> {
    TimeDelta::try_milliseconds(length.num_milliseconds().checked_mul(times)?)
}

/// Converts a local time to a moment. A time skipped by a clock change becomes the first moment after
/// the gap; a time that occurs twice becomes the first one. So later local times never become earlier
/// moments.
fn instant(local: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => time.to_utc(),
        LocalResult::None => zone.after_gap(local).unwrap_or(local.and_utc()),
    }
}

/// The distance to move a range: its own length, in its own unit.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shift {
    Months(i64),
    Days(i64),
    /// Wall-clock time: a day with a clock change also has 24 hours.
    Wall(TimeDelta),
    /// Elapsed time, and the zone to convert local times.
    Exact(TimeDelta, Tz),
}

impl Shift {
    /// Returns the length of the range from `start` to `end`; `None` if it is not positive.
    pub fn between(start: Edge, end: Edge, months: bool, zone: Tz) -> Option<Shift> {
        let (step, positive) = match (start, end) {
            (Edge::Day(start), Edge::Day(end)) if months => {
                let count = i64::from(end.year() - start.year()) * 12 + i64::from(end.month())
                    - i64::from(start.month());
                (Shift::Months(count), count > 0)
            }
            (Edge::Day(start), Edge::Day(end)) => {
                let count = (end - start).num_days();
                (Shift::Days(count), count > 0)
            }
            (Edge::Exact(_), _) | (_, Edge::Exact(_)) => {
                let length = end.instant(zone) - start.instant(zone);
                (Shift::Exact(length, zone), length > TimeDelta::zero())
            }
            _ => {
                let length = end.wall(zone) - start.wall(zone);
                (Shift::Wall(length), length > TimeDelta::zero())
            }
        };
        positive.then_some(step)
    }
}
