//! Detects whether a window's rows arrive newest first, and down to which time they are complete.

use std::collections::BTreeMap;

use crate::core::model::Voicemail;

/// How many rows must be older than the row before them, and none newer, until the order is trusted.
///
/// The API's pages promise no order. Rows in random order pass this test once in 9! = 362,880 walks.
const PROOF: usize = 8;

/// Tracks the order of rows over the pages of one window. The pages may arrive in any order.
#[derive(Debug, Default)]
pub struct PageOrder {
    /// Pages that arrived before one of their predecessors, by number.
    waiting: BTreeMap<u32, Run>,
    /// How many pages, from the first, have arrived without a gap.
    pages: u32,
    /// The rows of those pages, as long as they are newest first.
    run: Run,
    /// Whether a row was newer than the one before it.
    broken: bool,
    /// The last time that [`PageOrder::take_proven`] returned.
    taken: Option<i64>,
}

impl PageOrder {
    /// Adds the rows of page `number`, to detect their order.
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

    /// Returns the time of the last row (milliseconds since the epoch) in the pages without a gap, if
    /// the rows are proven to be newest first and the time was not returned before. All newer rows
    /// have arrived.
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

/// A run of rows in which no row is newer than the one before it.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    /// The times of the first and the last row, in milliseconds since the epoch; `None` without rows.
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

    /// Joins two runs; `None` if the first row of `next` is newer than the last row of this one.
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
