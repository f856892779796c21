//! Sound by the PulseAudio protocol: through the real servers to what is heard at the end, and
//! against servers that behave badly.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod failing;
mod lost;
mod player;
mod playing;
#[path = "../common/sound/mod.rs"]
mod sound;

use std::time::{Duration, Instant};

use vmail::player::pulse::{Environment, Pulse, Stream};
use vmail::player::{Output as _, Unavailable};

use sound::{PATIENCE, TIMEOUT, until};

/// The rate of telephone recordings.
const RATE: u32 = 8000;

fn open(environment: &Environment) -> Result<Stream, Unavailable> {
    Pulse::connect(environment, TIMEOUT)?.start(RATE)
}

/// Writes all of `samples`, as many at a time as are wanted.
fn feed(stream: &mut Stream, samples: &[i16]) -> Result<(), Unavailable> {
    let end = Instant::now() + PATIENCE;
    let mut left = samples;
    while !left.is_empty() {
        let count = stream.accepts(Duration::from_millis(20))?.min(left.len());
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
