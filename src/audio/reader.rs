//! Reads a decoded recording as samples to play, with speed, silence skipping, position and level.

use std::sync::Arc;
use std::time::Duration;

use crate::audio::cuts::Cuts;
use crate::audio::level::Level;
use crate::audio::stretch::{Source, Stretch};
use crate::audio::{Pcm, Waveform};

/// The speeds to offer, slowest first. Any speed in between works too.
pub const SPEEDS: [f32; 8] = [0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5];

/// A recording being played. Changes are heard within 15 ms of sound, without a click.
#[derive(Clone, Debug)]
pub struct Reader {
    pcm: Arc<Pcm>,
    /// The silences, skipped or not.
    silences: Cuts,
    skip_silence: bool,
    speed: f32,
    level: Level,
    stretch: Stretch,
    /// The position of the current frame in the recording, in samples, and how far the position moves with
    /// each sample taken.
    frame: f64,
    pace: f64,
    /// The position of the next frame, and whether it does not follow the current one.
    next: f64,
    jump: bool,
}

impl Reader {
    /// Starts reading at the beginning of `pcm`, at normal speed, with silence, and with automatic level.
    ///
    /// `waveform` must belong to the same recording.
    pub fn new(pcm: Arc<Pcm>, waveform: &Waveform) -> Reader {
        let rate = pcm.encoding.rate;
        Reader {
            silences: Cuts::new(waveform.silences(), rate),
            skip_silence: false,
            speed: 1.0,
            level: Level::new(waveform.loudness(), rate),
            stretch: Stretch::new(rate),
            frame: 0.0,
            pace: 1.0,
            next: 0.0,
            jump: true,
            pcm,
        }
    }

    /// Returns the reader's sample rate in Hz, which is the recording's.
    pub fn rate(&self) -> u32 {
        self.pcm.encoding.rate
    }

    /// Returns the length of the recording that is read.
    pub fn length(&self) -> Duration {
        self.pcm.length()
    }

    /// Reads the next samples into `out`, from -1 to 1. Returns their number, which is less than the length
    /// of `out` only at the end.
    pub fn fill(&mut self, out: &mut [f32]) -> usize {
        let mut filled = 0;
        while let Some(room) = out.get_mut(filled) {
            if self.at() >= self.end() {
                break;
            }
            if let Some(sample) = self.stretch.take() {
                *room = self.level.apply(sample);
                filled += 1;
            } else {
                self.lay();
            }
        }
        filled
    }

    /// Returns the position of the next sample to read in the recording.
    pub fn position(&self) -> Duration {
        self.time(self.at().min(self.end()))
    }

    /// Returns the remaining playing time of the reader, at the current speed and without skipped silence.
    pub fn left(&self) -> Duration {
        let left = match self.cuts() {
            Some(cuts) => cuts.kept(self.end()) - cuts.kept(self.at()),
            None => self.end() - self.at(),
        };
        self.time(left.max(0.0) / f64::from(self.speed))
    }

    /// Seeks the reader to a position in the recording, at most to its end. In skipped silence, seeks to the
    /// end of the silence.
    pub fn seek(&mut self, to: Duration) {
        let at = to.as_secs_f64() * f64::from(self.rate());
        self.go(at);
    }

    /// Seeks the reader forward by this many milliseconds, or back if negative. Skipped silence does not
    /// count, so that it never stops a seek back.
    pub fn step(&mut self, millis: i64) {
        let by = millis as f64 * f64::from(self.rate()) / 1_000.0;
        let to = |from: f64| (from + by).max(0.0);
        let at = match self.cuts() {
            Some(cuts) => cuts.at(to(cuts.kept(self.at()))),
            None => to(self.at()),
        };
        self.go(at);
    }

    /// Sets the reader's speed, limited to 0.75 to 2.5. The pitch does not change.
    pub fn set_speed(&mut self, speed: f32) {
        let [slowest, .., fastest] = SPEEDS;
        if !speed.is_nan() {
            self.speed = speed.clamp(slowest, fastest);
        }
    }

    /// Returns the reader's speed.
    pub fn speed(&self) -> f32 {
        self.speed
    }

    /// Sets whether the reader skips the silences of the waveform.
    pub fn set_skip_silence(&mut self, skip: bool) {
        self.skip_silence = skip;
    }

    /// Returns whether the reader skips silence.
    pub fn skips_silence(&self) -> bool {
        self.skip_silence
    }

    /// Sets the reader's volume, from 0 (mute) to 4 (+12 dB), applied after the level; 1 is unchanged.
    pub fn set_volume(&mut self, volume: f32) {
        if !volume.is_nan() {
            self.level.set_volume(volume.clamp(0.0, 4.0));
        }
    }

    /// Sets whether the reader makes quiet callers louder and loud ones quieter.
    pub fn set_auto_level(&mut self, on: bool) {
        self.level.set_automatic(on);
    }

    /// Returns the position of the next sample, in samples of the recording.
    fn at(&self) -> f64 {
        let taken = self.stretch.taken();
        if self.jump || taken == self.stretch.hop() {
            self.next
        } else {
            self.frame + taken as f64 * self.pace
        }
    }

    fn end(&self) -> f64 {
        self.pcm.samples.len() as f64
    }

    fn time(&self, samples: f64) -> Duration {
        Duration::from_secs_f64(samples / f64::from(self.rate()))
    }

    /// Returns the parts to skip, if silence is skipped.
    fn cuts(&self) -> Option<&Cuts> {
        self.skip_silence.then_some(&self.silences)
    }

    fn go(&mut self, at: f64) {
        let at = self.cuts().and_then(|cuts| cuts.around(at)).map_or(at, |cut| cut.end);
        self.stretch.interrupt();
        self.next = at.clamp(0.0, self.end());
        self.jump = true;
    }

    /// Adds the next frame.
    fn lay(&mut self) {
        if let Some(cut) = self.cuts().and_then(|cuts| cuts.around(self.next)) {
            // Frames do not end where a silence starts. What the last one already played of the silence is
            // skipped after it, so that exactly the silence's length is skipped.
            let into = self.next - cut.start;
            let step = self.pace * self.stretch.hop() as f64;
            self.next = cut.end + if into < step { into } else { 0.0 };
            self.jump = true;
        }
        let near = self.next.round() as usize;
        let source = if self.jump {
            Source::Jump(near)
        } else if (self.speed - 1.0).abs() < f32::EPSILON {
            Source::Next
        } else {
            Source::Near(near)
        };
        self.stretch.lay(&self.pcm.samples, source);
        self.jump = false;
        self.frame = self.next;
        self.pace = f64::from(self.speed);
        self.next += self.pace * self.stretch.hop() as f64;
    }
}
