//! Whether a window's rows come newest first, and down to when they have all come.

use std::collections::BTreeMap;

use crate::model::Voicemail;

/// How many times in a row a row must be older than the one before it until the order is believed.
///
/// No page promises an order. Rows in no order at all pass this once in 9! = 362,880 walks.
const PROOF: usize = 8;

/// Follows the order of rows over the pages of one window, which may arrive in any order.
#[derive(Debug, Default)]
pub struct Order {
    /// Pages that wait for one before them, by number.
    waiting: BTreeMap<u32, Run>,
    /// How many pages, from the first, have arrived without a gap.
    pages: u32,
    /// Their rows, as long as they come newest first.
    run: Run,
    /// Whether a row was newer than the one before it.
    broken: bool,
    /// What [`Order::take_proven`] gave last.
    taken: Option<i64>,
}

impl Order {
    /// Takes in the rows of page `number`.
    pub fn arrived(&mut self, number: u32, rows: &[Voicemail]) {
        if self.broken {
            return;
        }
        let Some(run) = Run::of(rows) else {
            self.broken = true;
            return;
        };
        self.waiting.insert(number, run);
        while let Some(next) = self.waiting.remove(&(self.pages + 1)) {
            self.pages += 1;
            match self.run.then(next) {
                Some(run) => self.run = run,
                None => self.broken = true,
            }
        }
    }

    /// The time of the last row (milliseconds since the epoch) of the pages without a gap, when
    /// they are proven to come newest first and the time has not been given before. All rows that
    /// are newer have come.
    pub fn take_proven(&mut self) -> Option<i64> {
        if self.broken || self.run.descents < PROOF {
            return None;
        }
        let last = self.run.ends.map(|(_, last)| last);
        if last == self.taken {
            return None;
        }
        self.taken = last;
        last
    }
}

/// A run of rows of which none is newer than the one before it.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    /// The times of the first and the last row, in milliseconds since the epoch; none without rows.
    ends: Option<(i64, i64)>,
    /// How many rows are older than the one before them.
    descents: usize,
}

impl Run {
    fn of(rows: &[Voicemail]) -> Option<Run> {
        rows.iter()
            .map(|row| row.time.timestamp_millis())
            .try_fold(Run::default(), |run, time| run.then(Run { ends: Some((time, time)), descents: 0 }))
    }

    /// Both as one run, if `next` does not begin newer than this one ends.
    fn then(self, next: Run) -> Option<Run> {
        let (Some((first, last)), Some((next_first, next_last))) = (self.ends, next.ends) else {
            return Some(if self.ends.is_some() { self } else { next });
        };
        (next_first <= last).then(|| Run {
            ends: Some((first, next_last)),
            descents: self.descents + next.descents + usize::from(next_first < last),
        })
    }
}
