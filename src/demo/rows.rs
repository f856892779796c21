//! The demo server's voicemails: a hand-written set, or any number of generated ones.
//!
//! A row becomes visible at its time: a row in the future is a voicemail that has not arrived yet.
//! Requests and responses are in [`super::answer`].

use std::io;
use std::ops::Range;
use std::time::Duration;

use chrono::{DateTime, NaiveTime, Timelike as _, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::recordings::{RECORDINGS, Recording};

/// The hand-written set.
pub(super) const SET: &str = include_str!("../../assets/demo/voicemail.json");
const DAY: i64 = 24 * 60 * 60;
/// The offset of the hand-written times: Asia/Kolkata, which is UTC+5:30 all year.
const KOLKATA: i64 = 5 * 60 * 60 + 30 * 60;

/// All rows, newest first.
pub struct Rows {
    /// When each was left, in milliseconds since the epoch; in descending order.
    times: Vec<i64>,
    content: Content,
}

/// The contents of the rows, in the order of their times.
enum Content {
    Written(Vec<Written>),
    /// Generated from the index on request: a million rows as text would take 150 MB.
    Generated {
        /// How many different callers there are.
        callers: u64,
    },
}

struct Written {
    from: Value,
    voicename: String,
    recording: &'static Recording,
}

/// `assets/demo/voicemail.json`.
#[derive(Deserialize)]
struct Set {
    voicemail: Vec<SetRow>,
    arrival: Left,
}

#[derive(Deserialize)]
struct SetRow {
    #[serde(flatten)]
    when: When,
    #[serde(flatten)]
    left: Left,
}

/// When a row of the set was left, relative to the start of the server.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum When {
    Ago {
        seconds_ago: i64,
    },
    /// The last time it was `at` (`HH:MM:SS`) in Kolkata, minus this many days. So no row is in the future,
    /// and every row has a plausible time of day, whenever the demo starts.
    Clock {
        days_before: i64,
        at: String,
    },
}

/// The contents of a row of the set: `from` and `voicename` as sent, and a file in `assets/demo`.
#[derive(Deserialize)]
struct Left {
    from: Value,
    voicename: String,
    recording: String,
}

impl Rows {
    /// Creates the demo's hand-written set of voicemails at `now`, and one more voicemail `arrival` later.
    ///
    /// # Errors
    /// If the compiled-in set cannot be read.
    pub fn written(now: DateTime<Utc>, arrival: Option<Duration>) -> io::Result<Rows> {
        let set: Set = serde_json::from_str(SET)?;
        let mut rows = Vec::with_capacity(set.voicemail.len() + 1);
        for entry in set.voicemail {
            rows.push((entry.when.seconds(now.timestamp())? * 1000, entry.left.resolve()?));
        }
        if let Some(time) = later(now, arrival) {
            rows.push((time, set.arrival.resolve()?));
        }
        rows.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
        let (times, written) = rows.into_iter().unzip();
        Ok(Rows { times, content: Content::Written(written) })
    }

    /// Generates `count` rows of the demo, spread unevenly over the `days` before `now`, and one more
    /// `arrival` later. Deterministic. Rows are at least a millisecond apart.
    pub fn generated(count: usize, days: u32, now: DateTime<Utc>, arrival: Option<Duration>) -> Rows {
        let step = (i64::from(days) * DAY * 1000 / (count as i64).max(1)).max(1);
        let past = (0..count as i64).map(|n| {
            let jitter = (mix(n as u64) % step as u64) as i64;
            now.timestamp_millis() - n * step - jitter
        });
        let times = later(now, arrival).into_iter().chain(past).collect();
        Rows { times, content: Content::Generated { callers: count as u64 / 4 + 1 } }
    }

    /// Returns the demo's rows from `start` to `end`, inclusive, in milliseconds since the epoch.
    pub fn between(&self, start: i64, end: i64) -> Range<usize> {
        let newest = self.times.partition_point(|&time| time > end);
        let past_oldest = self.times.partition_point(|&time| time >= start);
        newest..past_oldest.max(newest)
    }

    /// Returns the demo's row at `index` as sent by both services. Panics if there is none.
    pub fn row(&self, index: usize) -> Value {
        let (from, voicename) = match &self.content {
            Content::Written(rows) => (rows[index].from.clone(), rows[index].voicename.clone()),
            Content::Generated { callers } => {
                let caller = Caller::generate(index, *callers);
                (caller.sent(index), self.generated_name(index, &caller))
            }
        };
        json!({ "time": self.times[index], "from": from, "voicename": voicename })
    }

    /// Returns the `_id` that India sends: 24 hexadecimal digits. Panics if there is no such row.
    pub fn object_id(&self, index: usize) -> String {
        let seconds = self.times[index] / 1000;
        format!("{:08x}{:016x}", seconds as u32, mix(index as u64))
    }

    /// Returns the demo's recording `voicename`, if its row is visible at `now` (milliseconds since the
    /// epoch).
    pub fn recording(&self, voicename: &str, now: i64) -> Option<&'static Recording> {
        let (index, recording) = match &self.content {
            Content::Written(rows) => {
                let index = rows.iter().position(|row| row.voicename == voicename)?;
                (index, rows[index].recording)
            }
            Content::Generated { callers } => {
                let index = voicename.get(13..24)?.parse().ok().filter(|&n| n < self.times.len())?;
                let name = self.generated_name(index, &Caller::generate(index, *callers));
                (name == voicename).then(|| (index, generated_recording(index)))?
            }
        };
        (self.times[index] <= now).then_some(recording)
    }

    /// Returns a name like the vendor's: a timestamp, more digits (here the index, to find the row), and
    /// the caller.
    fn generated_name(&self, index: usize, caller: &Caller) -> String {
        let extension = generated_recording(index).extension();
        format!("{:013}{index:011}_{}.{extension}", self.times[index], caller.label())
    }
}

impl When {
    /// Returns the moment in the demo, if its server starts at `now`; both in seconds since the epoch.
    pub(super) fn seconds(&self, now: i64) -> io::Result<i64> {
        match self {
            When::Ago { seconds_ago } => Ok(now - seconds_ago),
            When::Clock { days_before, at } => {
                let at: NaiveTime = at.parse().map_err(io::Error::other)?;
                let since = (now + KOLKATA - i64::from(at.num_seconds_from_midnight())).rem_euclid(DAY);
                Ok(now - since - days_before * DAY)
            }
        }
    }
}

impl Left {
    fn resolve(self) -> io::Result<Written> {
        let recording = RECORDINGS
            .iter()
            .find(|recording| recording.name == self.recording)
            .ok_or_else(|| io::Error::other(format!("no demo recording {}", self.recording)))?;
        Ok(Written { from: self.from, voicename: self.voicename, recording })
    }
}

/// Who left a generated voicemail.
enum Caller {
    Withheld,
    /// A London number, in international form.
    Abroad(u64),
    /// An Indian mobile number: its ten digits.
    Mobile(u64),
}

impl Caller {
    fn generate(index: usize, callers: u64) -> Caller {
        let hash = mix(index as u64);
        match hash % 50 {
            0 => Caller::Withheld,
            1 => Caller::Abroad(442_079_460_000 + hash / 50 % 1000),
            _ => Caller::Mobile(9_876_500_000 + mix(hash % callers) % 100_000),
        }
    }

    /// Returns the value of `from`: with or without the country code, as a number or as text.
    fn sent(&self, index: usize) -> Value {
        match *self {
            Caller::Withheld => Value::Null,
            Caller::Abroad(number) => json!(number),
            Caller::Mobile(number) => match index % 4 {
                0 => json!(number),
                1 => json!(format!("91{number}")),
                _ => json!(910_000_000_000 + number),
            },
        }
    }

    /// Returns the caller as in a file name: always with the country code.
    fn label(&self) -> String {
        match self {
            Caller::Withheld => "anonymous".to_owned(),
            Caller::Abroad(number) => number.to_string(),
            Caller::Mobile(number) => format!("91{number}"),
        }
    }
}

fn generated_recording(index: usize) -> &'static Recording {
    &RECORDINGS[index % RECORDINGS.len()]
}

/// Returns `arrival` after `now`, in milliseconds since the epoch.
fn later(now: DateTime<Utc>, arrival: Option<Duration>) -> Option<i64> {
    Some(now.timestamp_millis().saturating_add(arrival?.as_millis() as i64))
}

/// `SplitMix64`'s output function: a deterministic hash that scatters consecutive numbers.
fn mix(number: u64) -> u64 {
    let mut hash = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}
