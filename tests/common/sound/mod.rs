//! Sound to be heard by a test: real servers, what their devices play, and tones in it.

#![allow(dead_code, reason = "each test program uses a part of it")]

pub mod recorder;
pub mod servers;
pub mod tone;

use std::thread;
use std::time::{Duration, Instant};

/// How long anything may take that is not looked at: machines are busy.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// How long a server may take for an answer.
pub const TIMEOUT: Duration = Duration::from_secs(2);

/// Looks again and again until `state` is there. Other processes tell nobody when they are ready.
pub fn until<T>(what: &str, mut state: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = state() {
            return found;
        }
        assert!(Instant::now() < end, "waited in vain: {what}");
        thread::park_timeout(Duration::from_millis(10));
    }
}
