//! The moment and the time zone that a range is resolved against.

use chrono::{DateTime, NaiveDate, SubsecRound as _, Utc};

use crate::core::zone::Tz;

/// The time and the zone in which a range is resolved.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    pub now: DateTime<Utc>,
    pub zone: Tz,
    pub today: NaiveDate,
}

impl Clock {
    /// Creates a clock for resolving ranges; cuts `now` to milliseconds, like all times that are compared
    /// with it.
    pub fn new(now: DateTime<Utc>, zone: Tz) -> Clock {
        let now = now.trunc_subsecs(3);
        Clock { now, zone, today: now.with_timezone(&zone).date_naive() }
    }
}
