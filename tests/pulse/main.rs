//! Sound by the PulseAudio protocol: through the real servers to what is heard at the end, and
//! against servers that behave badly.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod failing;
mod lost;
mod player;
mod playing;
mod recorder;
mod servers;
mod tone;

use std::thread;
use std::time::{Duration, Instant};

use vmail::player::pulse::{Environment, Pulse, Stream};
use vmail::player::{Output as _, Unavailable};

/// The rate of telephone recordings.
const RATE: u32 = 8000;

/// How long anything may take that is not looked at: machines are busy.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a server may take for an answer.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Looks again and again until `state` is there. Other processes tell nobody when they are ready.
fn until<T>(what: &str, mut state: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = state() {
            return found;
        }
        assert!(Instant::now() < end, "waited in vain: {what}");
        thread::park_timeout(Duration::from_millis(10));
    }
}

fn open(environment: &Environment) -> Result<Stream, Unavailable> {
    Pulse::connect(environment, TIMEOUT)?.start(RATE)
}

/// Writes all of `samples`, as many at a time as are wanted.
fn feed(stream: &mut Stream, samples: &[i16]) -> Result<(), Unavailable> {
    let end = Instant::now() + PATIENCE;
    let mut left = samples;
    while !left.is_empty() {
        let count = stream.wanted(Duration::from_millis(20))?.min(left.len());
        stream.write(&left[..count])?;
        left = &left[count..];
        assert!(Instant::now() < end, "{} samples are not wanted", left.len());
    }
    Ok(())
}

/// Waits until all is heard.
fn finish(stream: &mut Stream) -> Result<(), Unavailable> {
    let end = Instant::now() + PATIENCE;
    while !stream.drain(Duration::from_millis(20))? {
        assert!(Instant::now() < end, "it does not come to an end");
    }
    Ok(())
}
