//! How many pages a client may request: a server that answers wrongly, or a key that is held down, must not
//! become a storm of requests.

use std::sync::{Mutex, PoisonError};

use tokio::time::{Duration, Instant};

/// How many pages a minute may be requested while answers bring nothing new, and for first pages: in the worst
/// minute [`DOUBTFUL_AT_ONCE`] and this many.
pub const DOUBTFUL_A_MINUTE: u32 = 60;

/// How many of these may be requested at once.
pub const DOUBTFUL_AT_ONCE: u32 = 60;

/// How many pages a minute may be requested while each brings new voicemail, beyond [`AT_ONCE`].
pub const A_MINUTE: u32 = 600;

/// How many pages may be requested without a pause: 30,000 voicemails or more.
pub const AT_ONCE: u32 = 3_000;

/// The pace of one client's page requests, over all its syncs.
#[derive(Debug)]
pub struct Pace(Mutex<[Bucket; 2]>);

impl Default for Pace {
    fn default() -> Pace {
        let all = Bucket::new(AT_ONCE, A_MINUTE);
        Pace(Mutex::new([all, Bucket::new(DOUBTFUL_AT_ONCE, DOUBTFUL_A_MINUTE)]))
    }
}

impl Pace {
    /// Waits until a page may be requested. `doubtful` says that the answers so far give no reason to expect
    /// new voicemail.
    pub async fn ready(&self, doubtful: bool) {
        let now = Instant::now();
        let wait = {
            let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let [all, few] = &mut *buckets;
            let wait = all.take(now);
            if doubtful { wait.max(few.take(now)) } else { wait }
        };
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }
}

/// A store of permits that fills up at a steady rate.
#[derive(Debug)]
struct Bucket {
    most: f64,
    a_second: f64,
    /// Below 0, as many requests are waiting.
    left: f64,
    at: Option<Instant>,
}

impl Bucket {
    fn new(most: u32, a_minute: u32) -> Bucket {
        Bucket { most: most.into(), a_second: f64::from(a_minute) / 60.0, left: most.into(), at: None }
    }

    /// Takes a permit. Returns how long to wait for it.
    fn take(&mut self, now: Instant) -> Duration {
        let passed = self.at.map_or(0.0, |at| now.duration_since(at).as_secs_f64());
        self.at = Some(now);
        self.left = (self.left + passed * self.a_second).min(self.most) - 1.0;
        Duration::from_secs_f64((-self.left / self.a_second).max(0.0))
    }
}
