//! The voicemail the look-alike has: the hand-written set of the demo, or any number of generated ones.
//!
//! A row's time decides when it can be seen: one in the future is a voicemail yet to arrive. Requests
//! and replies are [`super::answer`]'s.

use std::io;
use std::ops::Range;
use std::time::Duration;

use chrono::{DateTime, NaiveTime, Timelike as _, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::recordings::{RECORDINGS, Recording};

/// What the demo has.
pub(super) const SET: &str = include_str!("../../assets/demo/voicemail.json");
const DAY: i64 = 24 * 60 * 60;
/// The hand-written hours are those of Asia/Kolkata, which keeps one offset (UTC+5:30) all year.
const KOLKATA: i64 = 5 * 60 * 60 + 30 * 60;

/// All rows, newest first.
pub struct Rows {
    /// When each was left, in milliseconds since the epoch; never ascending.
    times: Vec<i64>,
    content: Content,
}

/// What the rows say, in the order of their times.
enum Content {
    Written(Vec<Written>),
    /// Made from the index when asked for: a million rows as text would be 150 MB.
    Generated {
        /// How many different numbers call.
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
    voicemail: Vec<Entry>,
    arrival: Left,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(flatten)]
    when: When,
    #[serde(flatten)]
    left: Left,
}

/// When a row of the set was left, seen from the start of the server.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum When {
    Ago {
        seconds_ago: i64,
    },
    /// The last time the clocks of Kolkata showed `at` (`HH:MM:SS`), and so many days before that.
    /// So no row is in the future and every row keeps a human hour, whenever the demo starts.
    Clock {
        days_before: i64,
        at: String,
    },
}

/// What a row of the set says: `from` and `voicename` as they are sent, and a file of `assets/demo`.
#[derive(Deserialize)]
struct Left {
    from: Value,
    voicename: String,
    recording: String,
}

impl Rows {
    /// The hand-written set as it looks at `now`, and one more voicemail `arrival` later.
    ///
    /// # Errors
    /// When the compiled-in set cannot be read.
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

    /// `count` rows spread unevenly over the `days` before `now`, always the same for the same
    /// arguments, and one more `arrival` later. At least a millisecond lies between two of them.
    pub fn generated(count: usize, days: u32, now: DateTime<Utc>, arrival: Option<Duration>) -> Rows {
        let step = (i64::from(days) * DAY * 1000 / (count as i64).max(1)).max(1);
        let past = (0..count as i64).map(|n| {
            let jitter = (mix(n as u64) % step as u64) as i64;
            now.timestamp_millis() - n * step - jitter
        });
        let times = later(now, arrival).into_iter().chain(past).collect();
        Rows { times, content: Content::Generated { callers: count as u64 / 4 + 1 } }
    }

    /// The rows left from `start` to `end`, both included, in milliseconds since the epoch.
    pub fn between(&self, start: i64, end: i64) -> Range<usize> {
        let newest = self.times.partition_point(|&time| time > end);
        let past_oldest = self.times.partition_point(|&time| time >= start);
        newest..past_oldest.max(newest)
    }

    /// The row at `index` as it is sent by both services. Panics when there is none.
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

    /// What India sends as `_id`: 24 hexadecimal digits. Panics when there is no such row.
    pub fn object_id(&self, index: usize) -> String {
        let seconds = self.times[index] / 1000;
        format!("{:08x}{:016x}", seconds as u32, mix(index as u64))
    }

    /// The recording a row seen at `now` (milliseconds since the epoch) calls `voicename`.
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

    /// As the vendor's look: a stamp, more digits (here the index, to find the row again), the caller.
    fn generated_name(&self, index: usize, caller: &Caller) -> String {
        let extension = generated_recording(index).extension();
        format!("{:013}{index:011}_{}.{extension}", self.times[index], caller.label())
    }
}

impl When {
    /// The moment meant, where `now` is the start; both in seconds since the epoch.
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
    /// A London number, in full.
    Abroad(u64),
    /// The ten digits of an Indian mobile number.
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

    /// As `from` says it: with and without the country code, as a number and as text.
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

    /// As a file name says it: always with the country code.
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

/// `arrival` after `now`, in milliseconds since the epoch.
fn later(now: DateTime<Utc>, arrival: Option<Duration>) -> Option<i64> {
    Some(now.timestamp_millis().saturating_add(arrival?.as_millis() as i64))
}

/// `SplitMix64`'s output function: scatters neighbouring numbers, the same way every time.
fn mix(number: u64) -> u64 {
    let mut hash = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}
