//! Playback: a [`Player`] on its own thread, and the outputs it plays to.
//!
//! An [`Output`] accepts samples; each kind of output has a file. Decoding, speed and silence skipping are in
//! `audio`; what to play next is up to the caller.

pub mod command;
#[cfg(any(not(target_os = "linux"), feature = "alsa"))]
mod device;
mod engine;
mod handle;
mod mailbox;
mod message;
mod output;
mod outputs;
mod playback_clock;
#[cfg(target_os = "linux")]
pub mod pulse;

use std::time::Duration;

use crate::audio::SPEEDS;

pub use handle::Player;
pub use message::{Control, Event, Play, PlaybackSettings, Sound};
pub use output::{Output, Unavailable};
pub use outputs::Outputs;

/// The pause between two recordings that are played one after another.
pub const PAUSE_BETWEEN: Duration = Duration::from_millis(700);

/// Returns the next playback speed, or the previous one; the same at the ends.
pub fn next_speed(speed: f32, faster: bool) -> f32 {
    let nearest = SPEEDS.iter().position(|step| *step >= speed - 0.01).unwrap_or(SPEEDS.len() - 1);
    let next = if faster { (nearest + 1).min(SPEEDS.len() - 1) } else { nearest.saturating_sub(1) };
    SPEEDS[next]
}

#[cfg(test)]
mod tests {
    use super::next_speed;

    #[test]
    fn the_speed_goes_in_steps_and_ends() {
        let speeds = [(1.0, true), (1.0, false), (0.75, false), (2.5, true)];
        let speeds = speeds.map(|(speed, faster)| next_speed(speed, faster).to_string());
        assert_eq!(speeds, ["1.25", "0.75", "0.75", "2.5"]);
    }
}
