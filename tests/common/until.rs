//! Waiting for a state of which nothing tells when it comes.

use std::thread;
use std::time::{Duration, Instant};

/// How long anything may take: machines are busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// Looks again and again until `state` is there.
#[track_caller]
pub fn until(what: &str, mut state: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !state() {
        assert!(Instant::now() < deadline, "waited for {what}");
        thread::park_timeout(Duration::from_millis(5));
    }
}
