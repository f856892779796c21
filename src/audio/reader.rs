//! Playing as a sequence of samples: speed, silence, position and level over a decoded recording.

use std::sync::Arc;
use std::time::Duration;

use crate::audio::cuts::Cuts;
use crate::audio::level::Level;
use crate::audio::stretch::{Source, Stretch};
use crate::audio::{Pcm, Waveform};

/// The speeds to offer, slowest first. Any other between the first and the last works as well.
pub const SPEEDS: [f32; 8] = [0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5];

/// A recording on its way to the ear. Whatever is changed is heard within 15 ms of sound, without a
/// click.
#[derive(Clone, Debug)]
pub struct Reader {
    pcm: Arc<Pcm>,
    /// The silences, whether they are left out or not.
    silences: Cuts,
    skip_silence: bool,
    speed: f32,
    level: Level,
    stretch: Stretch,
    /// Where the frame that is being taken belongs in the recording, in samples, and how far the
    /// recording goes on with each sample that is taken.
    frame: f64,
    pace: f64,
    /// Where the next frame belongs, and whether it is somewhere else than after this one.
    next: f64,
    jump: bool,
}

impl Reader {
    /// At the start of `pcm`, at its own speed, with its silences, and with automatic level.
    ///
    /// `waveform` is that of the same recording.
    pub fn new(pcm: Arc<Pcm>, waveform: &Waveform) -> Reader {
        let rate = pcm.sound.rate;
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

    /// The rate of the samples, in samples a second: the recording's own.
    pub fn rate(&self) -> u32 {
        self.pcm.sound.rate
    }

    /// The recording's length.
    pub fn length(&self) -> Duration {
        self.pcm.length()
    }

    /// Fills `out` with the next samples, each from -1 to 1. Returns how many there are: fewer than
    /// there is room for only at the end.
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

    /// Where in the recording the next sample is, in the recording's own time.
    pub fn position(&self) -> Duration {
        self.time(self.at().min(self.end()))
    }

    /// How long it will still play, at this speed and without what is skipped.
    pub fn left(&self) -> Duration {
        let left = match self.cuts() {
            Some(cuts) => cuts.kept(self.end()) - cuts.kept(self.at()),
            None => self.end() - self.at(),
        };
        self.time(left.max(0.0) / f64::from(self.speed))
    }

    /// Goes to a place in the recording's own time; behind the end is the end. A place in a silence
    /// that is skipped is where the silence ends.
    pub fn seek(&mut self, to: Duration) {
        let at = to.as_secs_f64() * f64::from(self.rate());
        self.go(at);
    }

    /// Goes so many milliseconds forward, or back where they are negative. What is skipped does not
    /// count, so that one can always get back over a silence.
    pub fn step(&mut self, millis: i64) {
        let by = millis as f64 * f64::from(self.rate()) / 1_000.0;
        let to = |from: f64| (from + by).max(0.0);
        let at = match self.cuts() {
            Some(cuts) => cuts.at(to(cuts.kept(self.at()))),
            None => to(self.at()),
        };
        self.go(at);
    }

    /// The speed, from 0.75 to 2.5; the pitch is kept. What is outside is brought inside.
    pub fn set_speed(&mut self, speed: f32) {
        let [slowest, .., fastest] = SPEEDS;
        if !speed.is_nan() {
            self.speed = speed.clamp(slowest, fastest);
        }
    }

    /// The speed.
    pub fn speed(&self) -> f32 {
        self.speed
    }

    /// Whether to leave out the silences of the waveform.
    pub fn set_skip_silence(&mut self, skip: bool) {
        self.skip_silence = skip;
    }

    /// Whether silences are left out.
    pub fn skips_silence(&self) -> bool {
        self.skip_silence
    }

    /// How loud it is, from 0 (mute) over 1 to 4 (12 dB more), on top of the level.
    pub fn set_volume(&mut self, volume: f32) {
        if !volume.is_nan() {
            self.level.set_volume(volume.clamp(0.0, 4.0));
        }
    }

    /// Whether quiet callers are brought up and loud ones down.
    pub fn set_auto_level(&mut self, on: bool) {
        self.level.set_automatic(on);
    }

    /// Where the next sample is, in samples of the recording.
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

    /// What is left out, if anything is.
    fn cuts(&self) -> Option<&Cuts> {
        self.skip_silence.then_some(&self.silences)
    }

    fn go(&mut self, at: f64) {
        let at = self.cuts().and_then(|cuts| cuts.around(at)).map_or(at, |cut| cut.end);
        self.stretch.interrupt();
        self.next = at.clamp(0.0, self.end());
        self.jump = true;
    }

    /// Lays down the next frame.
    fn lay(&mut self) {
        if let Some(cut) = self.cuts().and_then(|cuts| cuts.around(self.next)) {
            // Frames do not end where a silence begins. What the last one took of it is taken off
            // behind it, so that skipping takes exactly the silence out.
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
