//! The date-range language: what is read, what it means in a zone, how it moves and what it is called.

use chrono::{DateTime, NaiveDate, TimeDelta, TimeZone as _, Utc};
use proptest::prelude::*;
use vmail::core::model::Span;
use vmail::core::range::{PRESETS, Range, day_span, days_of_month, zone_name};
use vmail::core::zone::Tz;

fn kolkata() -> Tz {
    "Asia/Kolkata".parse().unwrap()
}

fn new_york() -> Tz {
    "America/New_York".parse().unwrap()
}

/// Monday 23 November 2026, 12:04:30 in India.
fn now() -> DateTime<Utc> {
    local(kolkata(), "2026-11-23 12:04:30")
}

fn local(zone: Tz, text: &str) -> DateTime<Utc> {
    let naive = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").expect("a local time");
    zone.from_local_datetime(&naive).unwrap().to_utc()
}

fn range(text: &str) -> Range {
    Range::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

/// Start and end in local time, `-` for open.
fn resolved(range: &Range, now: DateTime<Utc>, zone: Tz) -> (String, String) {
    let resolved = range.resolve(now, zone);
    let text = |moment: Option<DateTime<Utc>>| {
        moment.map_or("-".to_owned(), |at| at.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S").to_string())
    };
    (text(resolved.start), text(resolved.end))
}

#[test]
fn every_form_means_what_it_says() {
    let table = [
        ("24h", "2026-11-22 12:04:30", "-"),
        ("36h", "2026-11-22 00:04:30", "-"),
        ("last 24 hours", "2026-11-22 12:04:30", "-"),
        ("1 hour", "2026-11-23 11:04:30", "-"),
        ("7d", "2026-11-17 00:00:00", "2026-11-24 00:00:00"),
        ("LAST 7 Days", "2026-11-17 00:00:00", "2026-11-24 00:00:00"),
        ("2w", "2026-11-10 00:00:00", "2026-11-24 00:00:00"),
        ("last 2 weeks", "2026-11-10 00:00:00", "2026-11-24 00:00:00"),
        ("today", "2026-11-23 00:00:00", "2026-11-24 00:00:00"),
        ("  Yesterday ", "2026-11-22 00:00:00", "2026-11-23 00:00:00"),
        ("this week", "2026-11-23 00:00:00", "2026-11-30 00:00:00"),
        ("last week", "2026-11-16 00:00:00", "2026-11-23 00:00:00"),
        ("this month", "2026-11-01 00:00:00", "2026-12-01 00:00:00"),
        ("last month", "2026-10-01 00:00:00", "2026-11-01 00:00:00"),
        ("this year", "2026-01-01 00:00:00", "2027-01-01 00:00:00"),
        ("last year", "2025-01-01 00:00:00", "2026-01-01 00:00:00"),
        ("monday", "2026-11-23 00:00:00", "2026-11-24 00:00:00"),
        ("tue", "2026-11-17 00:00:00", "2026-11-18 00:00:00"),
        ("Sunday", "2026-11-22 00:00:00", "2026-11-23 00:00:00"),
        ("2026-11-01", "2026-11-01 00:00:00", "2026-11-02 00:00:00"),
        ("2024-02-29", "2024-02-29 00:00:00", "2024-03-01 00:00:00"),
        ("2026-12", "2026-12-01 00:00:00", "2027-01-01 00:00:00"),
        ("2026", "2026-01-01 00:00:00", "2027-01-01 00:00:00"),
        ("2026-11-01..2026-11-15", "2026-11-01 00:00:00", "2026-11-16 00:00:00"),
        ("2026-11-01 .. 2026-11-15", "2026-11-01 00:00:00", "2026-11-16 00:00:00"),
        ("2026-11-01 – 2026-11-15", "2026-11-01 00:00:00", "2026-11-16 00:00:00"),
        ("2026-11-01 to 2026-11-15", "2026-11-01 00:00:00", "2026-11-16 00:00:00"),
        ("2025 to 2026-03", "2025-01-01 00:00:00", "2026-04-01 00:00:00"),
        ("last week..yesterday", "2026-11-16 00:00:00", "2026-11-23 00:00:00"),
        ("last month..", "2026-10-01 00:00:00", "-"),
        ("2026-11-01..24h", "2026-11-01 00:00:00", "-"),
        ("..yesterday", "-", "2026-11-23 00:00:00"),
        ("..", "-", "-"),
        ("ALL", "-", "-"),
        ("2026-11-01T09:00..2026-11-01T17:30", "2026-11-01 09:00:00", "2026-11-01 17:30:00"),
        ("2026-11-01 09:00:15..2026-11-01t17:30", "2026-11-01 09:00:15", "2026-11-01 17:30:00"),
        ("2026-11-01..2026-11-02T12:00", "2026-11-01 00:00:00", "2026-11-02 12:00:00"),
        ("2026-11-01T12:00..2026-11-02", "2026-11-01 12:00:00", "2026-11-03 00:00:00"),
        ("yesterday 18:00..today 09:00", "2026-11-22 18:00:00", "2026-11-23 09:00:00"),
        // The latest weekday that does not begin after the end.
        ("monday..sunday", "2026-11-16 00:00:00", "2026-11-23 00:00:00"),
        ("fri..", "2026-11-20 00:00:00", "-"),
        ("monday 18:00..", "2026-11-16 18:00:00", "-"),
        ("monday 18:00..monday 09:00", "2026-11-16 18:00:00", "2026-11-23 09:00:00"),
        ("friday..2026-12-31", "2026-11-20 00:00:00", "2027-01-01 00:00:00"),
        // Moved by its own length.
        ("7d -1", "2026-11-10 00:00:00", "2026-11-17 00:00:00"),
        ("24h-1", "2026-11-21 12:04:30", "2026-11-22 12:04:30"),
        ("this month -2", "2026-09-01 00:00:00", "2026-10-01 00:00:00"),
        ("today +1", "2026-11-24 00:00:00", "2026-11-25 00:00:00"),
        ("2026-11-01.. -1", "2026-10-09 00:00:00", "2026-11-01 00:00:00"),
    ];
    for (text, start, end) in table {
        assert_eq!(resolved(&range(text), now(), kolkata()), (start.to_owned(), end.to_owned()), "{text}");
    }
}

#[test]
fn the_zone_decides_what_today_is() {
    // 12:04 on Monday in India is 22:34 on Sunday in Los Angeles.
    let today = resolved(&range("today"), now(), "America/Los_Angeles".parse().unwrap());
    assert_eq!(today, ("2026-11-22 00:00:00".to_owned(), "2026-11-23 00:00:00".to_owned()));
}

#[test]
fn every_form_has_words() {
    let table = [
        ("24h", "Last 24 hours", "22 Nov 12:04 – now", "Sun 22 Nov 12:04 – now IST · 24 hours"),
        ("7d", "Last 7 days", "17–23 Nov", "Tue 17 Nov 00:00 – Mon 23 Nov 23:59 IST · 7 days"),
        ("30d", "Last 30 days", "25 Oct – 23 Nov", "Sun 25 Oct 00:00 – Mon 23 Nov 23:59 IST · 30 days"),
        ("2w", "Last 2 weeks", "10–23 Nov", "Tue 10 Nov 00:00 – Mon 23 Nov 23:59 IST · 14 days"),
        ("today", "Today", "23 Nov", "Mon 23 Nov 00:00 – Mon 23 Nov 23:59 IST · 1 day"),
        ("1d", "Today", "23 Nov", "Mon 23 Nov 00:00 – Mon 23 Nov 23:59 IST · 1 day"),
        ("thu", "Thursday", "19 Nov", "Thu 19 Nov 00:00 – Thu 19 Nov 23:59 IST · 1 day"),
        ("this week", "This week", "23–29 Nov", "Mon 23 Nov 00:00 – Sun 29 Nov 23:59 IST · 7 days"),
        ("this month", "This month", "Nov", "Sun 1 Nov 00:00 – Mon 30 Nov 23:59 IST · 30 days"),
        ("last year", "Last year", "2025", "Wed 1 Jan 2025 00:00 – Wed 31 Dec 2025 23:59 IST · 365 days"),
        ("2026-11", "November 2026", "Nov", "Sun 1 Nov 00:00 – Mon 30 Nov 23:59 IST · 30 days"),
        (
            "2025-11",
            "November 2025",
            "Nov 2025",
            "Sat 1 Nov 2025 00:00 – Sun 30 Nov 2025 23:59 IST · 30 days",
        ),
        (
            "2025-12..2026-01",
            "Dec 2025 – Jan",
            "Dec 2025 – Jan",
            "Mon 1 Dec 2025 00:00 – Sat 31 Jan 23:59 IST · 62 days",
        ),
        ("2026-11-01", "Sun 1 Nov", "1 Nov", "Sun 1 Nov 00:00 – Sun 1 Nov 23:59 IST · 1 day"),
        (
            "2026-11-01..2026-11-15",
            "1–15 Nov",
            "1–15 Nov",
            "Sun 1 Nov 00:00 – Sun 15 Nov 23:59 IST · 15 days",
        ),
        (
            "2025-12-28..2026-01-03",
            "28 Dec 2025 – 3 Jan",
            "28 Dec 2025 – 3 Jan",
            "Sun 28 Dec 2025 00:00 – Sat 3 Jan 23:59 IST · 7 days",
        ),
        (
            "2025-10-28..2025-11-03",
            "28 Oct – 3 Nov 2025",
            "28 Oct – 3 Nov 2025",
            "Tue 28 Oct 2025 00:00 – Mon 3 Nov 2025 23:59 IST · 7 days",
        ),
        (
            "last week..yesterday",
            "16–22 Nov",
            "16–22 Nov",
            "Mon 16 Nov 00:00 – Sun 22 Nov 23:59 IST · 7 days",
        ),
        ("2026-11-01..", "Since 1 Nov", "1 Nov – now", "Sun 1 Nov 00:00 – now IST · 23 days"),
        ("..2026-11-15", "Up to 15 Nov", "Up to 15 Nov", "up to Sun 15 Nov 23:59 IST"),
        ("all", "All time", "All time", "all time, in IST"),
        (
            "2026-11-01T09:00..2026-11-01T17:30",
            "1 Nov 09:00–17:30",
            "1 Nov 09:00–17:30",
            "Sun 1 Nov 09:00 – Sun 1 Nov 17:30 IST · 8 h 30 min",
        ),
        (
            "2026-11-01T09:00..2026-11-09T17:30",
            "1 Nov 09:00 – 9 Nov 17:30",
            "1 Nov 09:00 – 9 Nov 17:30",
            "Sun 1 Nov 09:00 – Mon 9 Nov 17:30 IST · 8 days 8 h 30 min",
        ),
        // A moved range is named by its dates.
        ("7d -1", "10–16 Nov", "10–16 Nov", "Tue 10 Nov 00:00 – Mon 16 Nov 23:59 IST · 7 days"),
        ("today -2", "Sat 21 Nov", "21 Nov", "Sat 21 Nov 00:00 – Sat 21 Nov 23:59 IST · 1 day"),
        ("this month -2", "September 2026", "Sep", "Tue 1 Sep 00:00 – Wed 30 Sep 23:59 IST · 30 days"),
        (
            "24h -1",
            "21 Nov 12:04 – 22 Nov 12:04",
            "21 Nov 12:04 – 22 Nov 12:04",
            "Sat 21 Nov 12:04 – Sun 22 Nov 12:04 IST · 24 hours",
        ),
        (
            "today +1",
            "Tue 24 Nov",
            "24 Nov",
            "Tue 24 Nov 00:00 – Tue 24 Nov 23:59 IST · 1 day · in the future",
        ),
        (
            "2027-01-01..",
            "Since 1 Jan 2027",
            "1 Jan 2027 – now",
            "Fri 1 Jan 2027 00:00 IST onwards · in the future",
        ),
    ];
    for (text, label, dates, sentence) in table {
        let range = range(text);
        assert_eq!(range.label(now(), kolkata()), label, "{text}");
        assert_eq!(range.dates(now(), kolkata()), dates, "{text}");
        assert_eq!(range.sentence(now(), kolkata()), sentence, "{text}");
    }
}

#[test]
fn a_sentence_names_both_zones_where_the_clock_changes() {
    let now = local(new_york(), "2026-11-04 09:00:00");
    let sentence = range("2026-10-31..2026-11-01").sentence(now, new_york());
    assert_eq!(sentence, "Sat 31 Oct 00:00 EDT – Sun 1 Nov 23:59 EST · 2 days");
    assert_eq!(zone_name(now, "America/Sao_Paulo".parse().unwrap()), "UTC-03");
    assert_eq!(zone_name(now, "Asia/Kathmandu".parse().unwrap()), "UTC+05:45");
}

#[test]
fn errors_mark_the_faulty_part() {
    let table = [
        ("", "", "no range"),
        ("   ", "   ", "no range"),
        ("yestreday", "yestreday", "`yesterday`"),
        ("lst week", "lst", "`last`"),
        ("last wek", "wek", "`week`"),
        ("this", "this", "week, month or year"),
        ("last 7", "7", "hours, days or weeks"),
        ("last 7 dsys", "dsys", "`days`"),
        ("7x", "x", "h, d or w"),
        ("7", "7", "unit"),
        ("0d", "0", "at least 1"),
        ("99999d", "99999", "too many days: at most 3660"),
        ("99999999999999999999h", "99999999999999999999", "too many hours: at most 87600"),
        ("2026-02-30", "30", "the day must be 01 to 28 in February 2026"),
        ("2026-13-01", "13", "01 to 12"),
        ("2026-", "2026-", "missing month"),
        ("2026-11-", "2026-11-", "missing day"),
        ("1999", "1999", "2000 to 2999"),
        ("01-11-2026", "01", "starts with the year"),
        ("2026-11-01..2026-02-30", "30", "February 2026"),
        ("2026-11-15..2026-11-01", "2026-11-01", "before the start"),
        ("2026-11..2026-10", "2026-10", "before the start"),
        ("2026-11-01T09:00..2026-11-01T08:59", "2026-11-01T08:59", "before the start"),
        ("2026-11-01T09:00..2026-11-01T09:00", "2026-11-01T09:00", "the same as the start"),
        ("2026-11-01T09:00", "2026-11-01T09:00", "moment"),
        ("2026-11-01T25:00..", "25:00", "00:00 to 23:59"),
        ("2026-11-01T09..", "T09", "incomplete time"),
        ("2026-11-01 09:..", "09:", "incomplete time"),
        ("2026-11-01 - 2026-11-15", "-", "`..`"),
        ("2026-11-01 -1", "-1", "fixed dates"),
        ("..today -1", "-1", "without a start"),
        ("7d -9999999", "-9999999", "too far"),
        ("today to", "to", "missing"),
        ("today..all", "all", "must stand alone"),
        ("7d junk", "junk", "unexpected"),
        ("7d..today..", "..", "unexpected"),
        ("ünï", "ünï", "not a date"),
        ("\u{1b}[31m", "\u{1b}", "unexpected"),
    ];
    for (text, part, says) in table {
        let error = Range::parse(text).expect_err(text);
        assert_eq!(&text[error.at.clone()], part, "{text}: {error}");
        assert!(error.message.contains(says), "{text}: {error}");
        assert!(!error.to_string().contains('\u{1b}'), "{error:?}");
    }
    // The last `..` of a repeated one is at fault, not the first.
    assert_eq!(Range::parse("7d..today..").unwrap_err().at, 9..11);
}

#[test]
fn an_end_before_the_start_can_depend_on_the_day() {
    let text = "this week..2026-11-20";
    let error = Range::parse_at(text, now(), kolkata()).unwrap_err();
    assert_eq!(&text[error.at], "2026-11-20");
    assert!(Range::parse_at(text, now() - TimeDelta::days(7), kolkata()).is_ok());
    assert!(Range::parse_at("today..yesterday", now(), kolkata()).is_err());

    let resolved = range(text).resolve(now(), kolkata());
    assert_eq!(resolved.start, resolved.end, "read without a day it is empty");
    assert!(range(text).sentence(now(), kolkata()).ends_with("· empty"));
    assert_eq!(range(text).shifted(-1, now(), kolkata()), None);
}

#[test]
fn presets_read_and_are_called_what_they_say() {
    for (expression, label) in PRESETS {
        let range = range(expression);
        assert_eq!(range.expression(), *expression);
        assert_eq!(range.label(now(), kolkata()), *label);
    }
}

#[test]
fn equal_ranges_are_equal_however_they_were_typed() {
    for (one, other) in [
        ("last 7 days", "7d"),
        ("MON", "monday"),
        ("all", ".."),
        ("today..today", "today"),
        ("2026-11-01..2026-11", "2026-11-01..2026-11-30"),
        ("2026..2026-03", "2026-01..2026-03"),
        ("2026-11-01..2026-11-02T00:00", "2026-11-01T00:00..2026-11-02T00:00"),
    ] {
        assert_eq!(range(one), range(other), "{one}");
    }
    assert_ne!(range("2026-11"), range("2026-11-01..2026-11-30"), "one moves by months, one by days");
}

#[test]
fn ranges_move_by_what_they_are_made_of() {
    let table = [
        ("7d", -1, "7d -1"),
        ("7d -1", 1, "7d"),
        ("2026-11-01..2026-11-15", -1, "2026-10-17..2026-10-31"),
        ("2026-03", -1, "2026-02"),
        ("2026-01..2026-03", -1, "2025-10..2025-12"),
        ("2026", 2, "2028"),
        ("2024-02-29", 1, "2024-03-01"),
        ("2026-11-01T09:00..2026-11-01T17:30", 1, "2026-11-01T17:30..2026-11-02T02:00"),
        ("this year", -1, "this year -1"),
    ];
    for (text, by, moved) in table {
        let result = range(text).shifted(by, now(), kolkata());
        assert_eq!(result.map(|range| range.expression()).as_deref(), Some(moved), "{text} {by}");
    }
    for (text, by) in [("..", -1), ("..today", -1), ("2000", -1), ("2999-12-31", 1), ("this year", -900)] {
        assert_eq!(range(text).shifted(by, now(), kolkata()), None, "{text} {by}");
    }
}

#[test]
fn the_server_is_never_asked_for_the_future_or_for_zero() {
    let all = Range::ALL.resolve(now(), kolkata());
    let service_start = Utc.with_ymd_and_hms(2010, 1, 1, 0, 0, 0).unwrap();
    assert_eq!(all.span(now()), Span::new(service_start, now()));
    assert_eq!(all.view().start_millis(), 0);
    assert!(all.view().contains((now() + TimeDelta::days(365_000)).timestamp_millis()));

    let week = range("7d").resolve(now(), kolkata());
    assert_eq!(week.span(now()), Span::new(local(kolkata(), "2026-11-17 00:00:00"), now()));
    assert_eq!(week.view().end(), local(kolkata(), "2026-11-24 00:00:00"));

    assert!(range("2027").resolve(now(), kolkata()).span(now()).is_empty());
    assert!(range("24h").resolve(now(), kolkata()).view().contains(now().timestamp_millis() + 60_000));
}

#[test]
fn days_are_as_long_as_the_clock_makes_them() {
    let hours = |zone, year, month, day| {
        let span = day_span(NaiveDate::from_ymd_opt(year, month, day).unwrap(), zone);
        (span.end() - span.start()).num_hours()
    };
    assert_eq!(hours(new_york(), 2026, 3, 8), 23);
    assert_eq!(hours(new_york(), 2026, 11, 1), 25);
    assert_eq!(hours("America/Sao_Paulo".parse().unwrap(), 2018, 11, 4), 23, "midnight itself was left out");
    assert_eq!(hours("Pacific/Apia".parse().unwrap(), 2011, 12, 30), 0, "the zone skipped this day");
    assert_eq!(hours("America/Havana".parse().unwrap(), 2025, 11, 2), 25, "midnight came twice");

    let days = days_of_month(2026, 11, new_york());
    assert_eq!(days.len(), 30);
    assert!(days.windows(2).all(|pair| pair[0].end() == pair[1].start()));
    assert_eq!(days_of_month(2024, 2, kolkata()).len(), 29);
    assert_eq!(days_of_month(2026, 13, kolkata()), []);
}

/// Zones whose clocks change in unusual ways, and two without changes.
fn zones() -> Vec<Tz> {
    let names = [
        "America/New_York",
        "Europe/London",
        "Asia/Kolkata",
        "Pacific/Apia",
        "America/Sao_Paulo",
        "America/Havana",
        "Australia/Lord_Howe",
        "UTC",
    ];
    names.map(|name| name.parse().unwrap()).to_vec()
}

/// A zone and a moment in it: any, or one close to a clock change that has hurt before.
fn moments() -> impl Strategy<Value = (DateTime<Utc>, Tz)> {
    let changes: Vec<i64> = [
        (new_york(), "2026-03-08 00:30:00"),
        (new_york(), "2026-11-01 00:30:00"),
        ("Europe/London".parse().unwrap(), "2026-10-25 00:30:00"),
        ("Pacific/Apia".parse().unwrap(), "2011-12-29 23:30:00"),
        ("America/Sao_Paulo".parse().unwrap(), "2018-11-03 23:30:00"),
        ("America/Sao_Paulo".parse().unwrap(), "2018-02-17 22:30:00"),
    ]
    .map(|(zone, text)| local(zone, text).timestamp_millis())
    .to_vec();
    let near = (prop::sample::select(changes), -172_800_000_i64..172_800_000).prop_map(|(at, by)| at + by);
    let any = 1_262_304_000_000_i64..4_102_444_800_000;
    (prop_oneof![near, any], prop::sample::select(zones()))
        .prop_map(|(millis, zone)| (Utc.timestamp_millis_opt(millis).unwrap(), zone))
}

fn points() -> impl Strategy<Value = String> {
    let day = prop::sample::select(vec!["today", "yesterday", "mon", "friday", "sunday"]);
    let date = (2005..2030, 1..=12, 1..=28).prop_map(|(y, m, d)| format!("{y}-{m:02}-{d:02}"));
    let day = prop_oneof![day.prop_map(str::to_owned), date];
    prop_oneof![
        4 => day.clone(),
        2 => (day, 0..24, 0..60).prop_map(|(day, h, m)| format!("{day} {h:02}:{m:02}")),
        1 => (1..5000).prop_map(|hours| format!("{hours}h")),
        1 => (1..3000).prop_map(|days| format!("{days}d")),
        1 => (1..50).prop_map(|weeks| format!("last {weeks} weeks")),
        2 => prop::sample::select(vec!["this week", "last week", "this month", "last month", "this year", "last year"])
            .prop_map(str::to_owned),
        1 => (2005..2030, 1..=12).prop_map(|(y, m)| format!("{y}-{m:02}")),
        1 => (2005..2030_i32).prop_map(|y| y.to_string()),
    ]
}

/// Ranges from texts of the language; texts that are refused (a moment alone, a reversed range)
/// are tried again.
fn ranges() -> impl Strategy<Value = Range> {
    let text = prop_oneof![
        4 => points(),
        4 => (points(), points()).prop_map(|(from, to)| format!("{from}..{to}")),
        1 => points().prop_map(|from| format!("{from}..")),
        1 => points().prop_map(|to| format!("..{to}")),
    ];
    let shift = prop_oneof![3 => Just(String::new()), 1 => (-40..40).prop_map(|by| format!(" {by:+}"))];
    (text, shift).prop_filter_map("not a range", |(text, shift)| {
        Range::parse(&(text.clone() + &shift)).or_else(|_| Range::parse(&text)).ok()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reading_never_panics_and_marks_what_is_there(
        text in prop_oneof![
            any::<String>(),
            "[0-9a-z.:T –+-]{0,24}",
            r"(last|this|20[0-9]{2}|[0-9]{1,3}|-|:|T|\.\.|to|days|h|week|mon|today| ){0,9}",
        ],
        (now, zone) in moments(),
    ) {
        match Range::parse_at(&text, now, zone) {
            Ok(range) => {
                let _ = (range.label(now, zone), range.dates(now, zone), range.sentence(now, zone));
            }
            Err(error) => prop_assert!(text.get(error.at.clone()).is_some(), "{:?} in {:?}", error.at, text),
        }
    }

    #[test]
    fn an_expression_reads_back_as_the_same_range(range in ranges()) {
        prop_assert_eq!(Range::parse(&range.expression()), Ok(range));
    }

    #[test]
    fn nothing_ends_before_it_starts(range in ranges(), (now, zone) in moments()) {
        let resolved = range.resolve(now, zone);
        if let (Some(start), Some(end)) = (resolved.start, resolved.end) {
            prop_assert!(start <= end);
        }
        prop_assert!(resolved.span(now).end() <= now.max(resolved.span(now).start()));
    }

    // A range that was typed as moved out of all years has neither a neighbour nor a way back:
    // moving by 0 leaves those out.

    #[test]
    fn the_end_of_one_is_the_start_of_the_next(range in ranges(), (now, zone) in moments()) {
        let range = range.shifted(0, now, zone);
        if let Some((range, before)) = range.and_then(|range| Some((range, range.shifted(-1, now, zone)?))) {
            let end = before.resolve(now, zone).end;
            // What was moved into the future comes back to an open end, which touches everything.
            prop_assert!(end.is_none() || end == range.resolve(now, zone).start, "{end:?}");
        }
    }

    #[test]
    fn moving_there_and_back_changes_nothing(range in ranges(), by in -30..30, (now, zone) in moments()) {
        let moved = range.shifted(0, now, zone).and_then(|range| range.shifted(by, now, zone));
        if let Some(moved) = moved {
            prop_assert_eq!(moved.shifted(-by, now, zone), Some(range));
            prop_assert_eq!(Range::parse(&moved.expression()), Ok(moved));
        }
    }
}
