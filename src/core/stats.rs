//! Statistics of a range: how many voicemails there are, when and from whom, and the response times.
//!
//! Pure: zone and times are arguments. Voicemails are added one at a time, so memory grows with the
//! number of days, callers and durations. Formatting is left to the command line.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use chrono::{DateTime, Datelike as _, NaiveDate, Timelike as _, Utc};

use crate::core::facts::Flags;
use crate::core::zone::Tz;

/// The data of a voicemail that statistics need.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// When it was left.
    pub time: DateTime<Utc>,
    /// The key of the caller: the number in E.164, otherwise as received; empty if withheld.
    pub caller: &'a str,
    /// The caller's name.
    pub name: Option<&'a str>,
    /// The number, formatted for people.
    pub number: &'a str,
    /// Read, starred and so on.
    pub flags: Flags,
    /// When it was marked as done, in milliseconds since the epoch.
    pub done: Option<i64>,
    /// When the caller was called back, in milliseconds since the epoch.
    pub called: Option<i64>,
    /// The length of the recording, if known.
    pub length: Option<Duration>,
}

/// A number of voicemails, and how many of them are unread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// The total.
    pub all: u64,
    /// The unread ones.
    pub unheard: u64,
}

impl Count {
    fn add(&mut self, unheard: bool) {
        self.all += 1;
        self.unheard += u64::from(unheard);
    }
}

/// A caller with the number of their voicemails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The number in E.164, otherwise as received; empty if withheld.
    pub caller: String,
    /// The name, if there is one.
    pub name: Option<String>,
    /// The number, formatted for people.
    pub number: String,
    /// The number of voicemails.
    pub count: Count,
}

/// A summary of durations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// The number of durations, 1 or more.
    pub count: u64,
    /// The sum.
    pub total: Duration,
    /// The median; for an even number, the mean of the middle two.
    pub median: Duration,
    /// The 90th percentile, by the nearest-rank method.
    pub p90: Duration,
}

impl Spread {
    /// Summarises durations of the statistics, in any order; `None` if there are none.
    pub fn of(mut durations: Vec<Duration>) -> Option<Spread> {
        durations.sort_unstable();
        let count = durations.len();
        let lower = *durations.get(count.checked_sub(1)? / 2)?;
        let upper = *durations.get(count / 2)?;
        let median = lower.saturating_add(upper) / 2;
        let p90 = *durations.get((count * 9).div_ceil(10) - 1)?;
        let total = durations.iter().fold(Duration::ZERO, |total, one| total.saturating_add(*one));
        Some(Spread { count: count as u64, total, median, p90 })
    }
}

/// The statistics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    /// All voicemail.
    pub count: Count,
    /// The starred ones.
    pub starred: u64,
    /// The ones marked as done.
    pub done: u64,
    /// The ones whose caller was called back.
    pub called: u64,
    /// All days of the range in order, in the zone; including days without voicemail.
    pub days: Vec<(NaiveDate, Count)>,
    /// By the hour of the day in the zone, 0 to 23. On a day of 25 hours, the repeated hour counts as
    /// one.
    pub hours: [Count; 24],
    /// By day of the week, Monday first.
    pub weekdays: [Count; 7],
    /// Callers, sorted by number of voicemails, highest first.
    pub callers: Vec<Caller>,
    /// The time from a voicemail to the call back.
    pub until_called: Option<Spread>,
    /// The time from a voicemail until it was done.
    pub until_done: Option<Spread>,
    /// The lengths of the recordings, if known.
    pub length: Option<Spread>,
}

/// Collects statistics.
#[derive(Clone, Debug)]
pub struct Tally {
    zone: Tz,
    count: Count,
    starred: u64,
    done: u64,
    called: u64,
    days: BTreeMap<NaiveDate, Count>,
    hours: [Count; 24],
    weekdays: [Count; 7],
    callers: HashMap<String, Caller>,
    until_called: Vec<Duration>,
    until_done: Vec<Duration>,
    lengths: Vec<Duration>,
}

impl Tally {
    /// Returns empty statistics to add to. Days and hours are those of `zone`.
    pub fn new(zone: Tz) -> Tally {
        Tally {
            zone,
            count: Count::default(),
            starred: 0,
            done: 0,
            called: 0,
            days: BTreeMap::new(),
            hours: [Count::default(); 24],
            weekdays: [Count::default(); 7],
            callers: HashMap::new(),
            until_called: Vec::new(),
            until_done: Vec::new(),
            lengths: Vec::new(),
        }
    }

    /// Adds a voicemail to the statistics.
    pub fn add(&mut self, item: Item<'_>) {
        let unheard = !item.flags.contains(Flags::READ);
        self.count.add(unheard);
        self.starred += u64::from(item.flags.contains(Flags::STARRED));
        self.done += u64::from(item.done.is_some());
        self.called += u64::from(item.called.is_some());
        let local = item.time.with_timezone(&self.zone);
        self.days.entry(local.date_naive()).or_default().add(unheard);
        self.hours[local.hour() as usize % 24].add(unheard);
        self.weekdays[local.weekday().num_days_from_monday() as usize % 7].add(unheard);
        if let Some(caller) = self.callers.get_mut(item.caller) {
            caller.count.add(unheard);
        } else {
            let count = Count { all: 1, unheard: u64::from(unheard) };
            let (caller, number) = (item.caller.to_owned(), item.number.to_owned());
            let name = item.name.map(str::to_owned);
            self.callers.insert(caller.clone(), Caller { caller, name, number, count });
        }
        // A time before the voicemail was left is due to a wrong clock.
        let since = |then: i64| u64::try_from(then.checked_sub(item.time.timestamp_millis())?).ok();
        self.until_called.extend(item.called.and_then(since).map(Duration::from_millis));
        self.until_done.extend(item.done.and_then(since).map(Duration::from_millis));
        self.lengths.extend(item.length);
    }

    /// Returns the statistics. The days extend from `from`, or from the first voicemail if there is no
    /// start, to `to`, and include all voicemails.
    pub fn finish(self, from: Option<DateTime<Utc>>, to: DateTime<Utc>) -> Stats {
        let day = |time: DateTime<Utc>| time.with_timezone(&self.zone).date_naive();
        let (first, last) = (self.days.keys().next().copied(), self.days.keys().next_back().copied());
        let begin = from.map(day).into_iter().chain(first).min();
        let end = Some(day(to)).into_iter().chain(last).max();
        let days = match (begin, end) {
            (Some(begin), Some(end)) => {
                let days = begin.iter_days().take_while(|day| *day <= end);
                days.map(|day| (day, self.days.get(&day).copied().unwrap_or_default())).collect()
            }
            _ => Vec::new(),
        };
        let mut callers: Vec<_> = self.callers.into_values().collect();
        callers.sort_unstable_by(|one, other| {
            let key = |caller: &Caller| (Reverse(caller.count.all), Reverse(caller.count.unheard));
            key(one).cmp(&key(other)).then_with(|| one.caller.cmp(&other.caller))
        });
        Stats {
            count: self.count,
            starred: self.starred,
            done: self.done,
            called: self.called,
            days,
            hours: self.hours,
            weekdays: self.weekdays,
            callers,
            until_called: Spread::of(self.until_called),
            until_done: Spread::of(self.until_done),
            length: Spread::of(self.lengths),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;

    use super::*;

    fn berlin() -> Tz {
        "Europe/Berlin".parse().unwrap()
    }

    fn at(day: u32, hour: u32, minute: u32) -> DateTime<Utc> {
        // In UTC; Berlin's clocks went back on 25 October 2026 at 01:00 UTC.
        Utc.with_ymd_and_hms(2026, 10, day, hour, minute, 0).unwrap()
    }

    fn item(time: DateTime<Utc>, caller: &str) -> Item<'_> {
        Item {
            time,
            caller,
            name: None,
            number: caller,
            flags: Flags::NONE,
            done: None,
            called: None,
            length: None,
        }
    }

    fn counted(items: &[Item<'_>]) -> Stats {
        let mut tally = Tally::new(berlin());
        for item in items {
            tally.add(*item);
        }
        tally.finish(Some(at(24, 0, 0)), at(26, 12, 0))
    }

    fn seconds(seconds: &[u64]) -> Option<Spread> {
        Spread::of(seconds.iter().copied().map(Duration::from_secs).collect())
    }

    #[test]
    fn nothing_is_nothing() {
        let stats = counted(&[]);
        assert_eq!(stats.count, Count::default());
        assert_eq!(stats.days.len(), 3, "days without voicemail are days");
        assert!(stats.days.iter().all(|(_, count)| *count == Count::default()));
        assert_eq!((&stats.callers[..], stats.until_called, stats.length), (&[][..], None, None));
        let open = Tally::new(berlin()).finish(None, at(26, 12, 0));
        assert_eq!(open.days, [], "an open range begins with the first voicemail");
    }

    #[test]
    fn one_is_counted_everywhere() {
        let time = at(24, 22, 30);
        let one = Item {
            flags: Flags::READ | Flags::STARRED,
            done: Some(time.timestamp_millis() + 5_000),
            called: Some(time.timestamp_millis() + 3_000),
            length: Some(Duration::from_secs(7)),
            name: Some("Anita"),
            ..item(time, "+49301")
        };
        let stats = counted(&[one]);
        let heard = Count { all: 1, unheard: 0 };
        assert_eq!((stats.count, stats.starred, stats.done, stats.called), (heard, 1, 1, 1));
        // 00:30 on Sunday in Berlin.
        assert_eq!(stats.days.iter().map(|(_, count)| count.all).collect::<Vec<_>>(), [0, 1, 0]);
        assert_eq!((stats.hours[0], stats.weekdays[6]), (heard, heard));
        let told =
            |spread: Option<Spread>| spread.map(|spread| (spread.median.as_secs(), spread.p90.as_secs()));
        assert_eq!(told(stats.until_called), Some((3, 3)));
        assert_eq!(told(stats.until_done), Some((5, 5)));
        assert_eq!(told(stats.length), Some((7, 7)));
        assert_eq!(stats.callers[0].name.as_deref(), Some("Anita"));
    }

    #[test]
    fn a_day_of_25_hours_is_a_day() {
        // 02:30 twice, and both ends of the day.
        let stats = counted(&[
            item(at(24, 22, 0), "a"),
            item(at(25, 0, 30), "a"),
            item(at(25, 1, 30), "a"),
            item(at(25, 22, 59), "a"),
            item(at(25, 23, 0), "a"),
        ]);
        let day = |day| NaiveDate::from_ymd_opt(2026, 10, day).unwrap();
        let days: Vec<_> = stats.days.iter().map(|(day, count)| (*day, count.all)).collect();
        assert_eq!(days, [(day(24), 0), (day(25), 4), (day(26), 1)]);
        assert_eq!([0, 2, 23].map(|hour| stats.hours[hour].all), [2, 2, 1]);
    }

    #[test]
    fn who_calls_most_comes_first_and_unheard_before_heard() {
        let heard = |caller| Item { flags: Flags::READ, ..item(at(25, 9, 0), caller) };
        let unheard = |caller| item(at(25, 9, 0), caller);
        let stats =
            counted(&[heard("b"), heard("c"), unheard("c"), unheard("d"), heard("a"), heard(""), heard("")]);
        let callers: Vec<_> = stats.callers.iter().map(|caller| &*caller.caller).collect();
        assert_eq!(callers, ["c", "", "d", "a", "b"]);
        assert_eq!(stats.callers[0].count, Count { all: 2, unheard: 1 });
    }

    #[test]
    fn medians_are_in_the_middle_and_clocks_that_go_back_do_not_count() {
        let told = |spread: Option<Spread>| {
            let spread = spread.unwrap();
            (spread.count, spread.total.as_secs(), spread.median.as_secs(), spread.p90.as_secs())
        };
        assert_eq!(told(seconds(&[4])), (1, 4, 4, 4));
        assert_eq!(told(seconds(&[9, 1])), (2, 10, 5, 9));
        assert_eq!(told(seconds(&[5, 1, 9])), (3, 15, 5, 9));
        assert_eq!(told(seconds(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10])), (10, 55, 5, 9));
        assert_eq!(seconds(&[]), None);
        let time = at(25, 9, 0);
        let early = Item { called: Some(time.timestamp_millis() - 1), ..item(time, "a") };
        let never = Item { called: Some(i64::MIN), done: Some(i64::MAX), ..item(time, "a") };
        let stats = counted(&[early, never]);
        assert_eq!((stats.called, stats.until_called), (2, None));
        assert_eq!(Spread::of(vec![Duration::MAX; 2]).unwrap().total, Duration::MAX, "as far as it goes");
    }

    #[test]
    fn an_open_range_starts_with_the_first_voicemail_and_holds_the_last() {
        let mut tally = Tally::new(berlin());
        tally.add(item(at(3, 9, 0), "a"));
        tally.add(item(at(28, 9, 0), "a"));
        let days = tally.finish(None, at(26, 12, 0)).days;
        assert_eq!((days.len(), days[0].1.all, days[25].1.all), (26, 1, 1));
    }
}
