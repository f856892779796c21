//! Maps written samples to positions in the recording, to know which position is heard now. Pure
//! arithmetic.

use std::collections::VecDeque;
use std::time::Duration;

/// How long written samples are remembered. No output has a higher latency.
const MEMORY: Duration = Duration::from_secs(4);

/// The samples written since the last [`clear`](PlaybackClock::clear).
#[derive(Debug)]
pub(super) struct PlaybackClock {
    rate: u32,
    /// How many samples were written.
    written: u64,
    /// Seconds of the recording that were written, without skipped parts.
    played: f64,
    pieces: VecDeque<Piece>,
}

/// Samples from one position of the recording.
#[derive(Clone, Copy, Debug)]
struct Piece {
    /// The index of its first sample.
    first: u64,
    /// Its position in the recording, and the position of the next piece.
    position: Duration,
    end: Duration,
    speed: f32,
}

impl PlaybackClock {
    /// Creates a playback clock for this sample rate (Hz).
    pub(super) fn new(rate: u32) -> PlaybackClock {
        PlaybackClock { rate, written: 0, played: 0.0, pieces: VecDeque::new() }
    }

    /// Records that `count` samples were written from `position` at this speed, and that the next piece
    /// starts at `end`.
    pub(super) fn add(&mut self, count: usize, position: Duration, end: Duration, speed: f32) {
        self.pieces.push_back(Piece { first: self.written, position, end, speed });
        self.written += count as u64;
        self.played += self.seconds(count as f64) * f64::from(speed);
        let memory = MEMORY.as_secs() * u64::from(self.rate);
        while self.pieces.front().is_some_and(|piece| piece.first + memory < self.written) {
            self.pieces.pop_front();
        }
    }

    /// Returns the position heard with a latency of `behind`; `None` if nothing was written.
    pub(super) fn heard(&self, behind: Duration) -> Option<Duration> {
        let at = self.written as f64 - behind.as_secs_f64() * f64::from(self.rate);
        let after = self.pieces.partition_point(|piece| piece.first as f64 <= at);
        let piece = self.pieces.get(after.saturating_sub(1))?;
        let into = self.seconds((at - piece.first as f64).max(0.0)) * f64::from(piece.speed);
        let position = piece.position.saturating_add(Duration::from_secs_f64(into));
        // Not beyond the next piece, unless that is further back because of a seek.
        Some(if piece.end > piece.position { position.min(piece.end) } else { position })
    }

    /// Returns how much of the recording was heard with a latency of `behind`.
    pub(super) fn played(&self, behind: Duration) -> Duration {
        let speed = self.pieces.back().map_or(1.0, |piece| f64::from(piece.speed));
        Duration::from_secs_f64((self.played - behind.as_secs_f64() * speed).max(0.0))
    }

    /// Forgets all positions of the playback clock: samples written within `behind` will not be heard. Keeps
    /// how much was heard.
    pub(super) fn clear(&mut self, behind: Duration) {
        self.played = self.played(behind).as_secs_f64();
        self.written = 0;
        self.pieces.clear();
    }

    fn seconds(&self, samples: f64) -> f64 {
        samples / f64::from(self.rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[test]
    fn the_ear_is_behind_by_time_and_the_place_by_speed() {
        let mut clock = PlaybackClock::new(1_000);
        assert_eq!(clock.heard(ms(50)), None);
        clock.add(100, ms(0), ms(200), 2.0);
        clock.add(100, ms(200), ms(400), 2.0);
        assert_eq!(clock.heard(ms(0)), Some(ms(400)));
        assert_eq!(clock.heard(ms(50)), Some(ms(300)));
        assert_eq!(clock.heard(ms(150)), Some(ms(100)));
        assert_eq!(clock.heard(ms(500)), Some(ms(0)), "nothing is heard yet");
        assert_eq!(clock.played(ms(50)), ms(300));
        clock.clear(ms(50));
        assert_eq!((clock.heard(ms(0)), clock.played(ms(0))), (None, ms(300)));
    }

    #[test]
    fn a_jump_is_at_its_start_or_at_its_end() {
        let mut clock = PlaybackClock::new(1_000);
        clock.add(100, ms(0), ms(5_000), 1.0);
        clock.add(100, ms(5_000), ms(1_000), 1.0);
        clock.add(100, ms(1_000), ms(1_100), 1.0);
        let heard = [250, 150, 50].map(|behind| clock.heard(ms(behind)).unwrap());
        assert_eq!(heard, [ms(50), ms(5_050), ms(1_050)]);
        assert_eq!(clock.played(ms(0)), ms(300), "what is jumped over is not played");
    }

    #[test]
    fn what_is_long_gone_is_forgotten() {
        let mut clock = PlaybackClock::new(1_000);
        for n in 0..10_000 {
            clock.add(10, ms(n * 10), ms(n * 10 + 10), 1.0);
        }
        assert!(clock.pieces.len() <= 402, "{} pieces", clock.pieces.len());
        assert_eq!(clock.heard(ms(1_000)), Some(ms(99_000)));
    }
}
