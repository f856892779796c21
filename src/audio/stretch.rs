//! Time stretching by WSOLA (Verhelst and Roelands, 1993): the sound is laid down in overlapping
//! frames, closer together or further apart than they were, each moved by a few milliseconds to where
//! it best goes on from the one before. The pitch stays, because the frames are as they were.
//!
//! The whole recording is at hand, so a frame can come from anywhere. A jump is no more than a frame
//! from elsewhere: its overlap with the one before is the crossfade. That is why seeking, skipping
//! silence and changing the speed need no care of their own.

/// The step from frame to frame as they are played, and the length of their overlap: 15 ms. A frame
/// has two, enough for two periods of the deepest voice.
const HOP: f32 = 0.015;

/// How far a frame may be moved, either way: 12 ms, a period of the deepest voice.
const SEARCH: f32 = 0.012;

/// Sound being laid down.
#[derive(Clone, Debug)]
pub(super) struct Stretch {
    /// Rises from 0 to 1 over an overlap. Together with its mirror it is 1 everywhere, so frames that
    /// follow on each other come out as they went in.
    rise: Box<[f32]>,
    search: usize,
    /// How coarsely frames are compared: 1 at the rate of a telephone line. At higher rates no more is
    /// to be gained, and the work would grow with the square of the rate.
    stride: usize,
    /// Where in the recording the last frame began.
    last: usize,
    /// The part of the last frame with which the next one will overlap, falling.
    open: Box<[f32]>,
    /// What is done, of which so many samples were taken.
    done: Box<[f32]>,
    taken: usize,
}

/// Where the next frame comes from.
#[derive(Clone, Copy)]
pub(super) enum Source {
    /// From exactly here.
    Jump(usize),
    /// Right from where the last one ends: as it was recorded.
    Next,
    /// From about here, where it goes on best.
    Near(usize),
}

impl Stretch {
    /// With silence before the first frame, so that it fades in.
    pub(super) fn new(rate: u32) -> Stretch {
        let samples = |seconds: f32| (seconds * rate as f32).round() as usize;
        let hop = samples(HOP);
        let rise = (0..hop).map(|at| (std::f32::consts::FRAC_PI_2 * at as f32 / hop as f32).sin().powi(2));
        Stretch {
            rise: rise.collect(),
            search: samples(SEARCH),
            stride: (rate / 12_000).max(1) as usize,
            last: 0,
            open: vec![0.0; hop].into(),
            done: vec![0.0; hop].into(),
            taken: hop,
        }
    }

    /// How many samples one frame adds to what can be taken.
    pub(super) fn hop(&self) -> usize {
        self.rise.len()
    }

    /// How many samples of the last frame were taken.
    pub(super) fn taken(&self) -> usize {
        self.taken
    }

    /// The next sample; `None` when a frame must be laid first.
    pub(super) fn take(&mut self) -> Option<f32> {
        let sample = self.done.get(self.taken)?;
        self.taken += 1;
        Some(*sample)
    }

    /// Lays down the next frame. To be called when all is taken.
    pub(super) fn lay(&mut self, recording: &[f32], source: Source) {
        let hop = self.hop();
        let start = match source {
            Source::Jump(at) => at,
            Source::Next => self.last + hop,
            Source::Near(at) => self.best(recording, at),
        };
        // Behind the recording's end there is silence.
        let sample = |at: usize| recording.get(at).copied().unwrap_or(0.0);
        for at in 0..hop {
            self.done[at] = self.open[at] + sample(start + at) * self.rise[at];
            self.open[at] = sample(start + hop + at) * (1.0 - self.rise[at]);
        }
        self.last = start;
        self.taken = 0;
    }

    /// Stops here, in the middle of a frame: what was to come fades out under the next one.
    pub(super) fn interrupt(&mut self) {
        let hop = self.hop();
        let to_come = self.done[self.taken..].iter().chain(&self.open);
        let fading = to_come.zip(&self.rise).map(|(sample, rise)| sample * (1.0 - rise));
        self.open = fading.take(hop).collect();
        self.taken = hop;
    }

    /// The start of the frame around `ideal` that is most like what would have followed the last one:
    /// the highest correlation, by the size of what is compared.
    fn best(&self, recording: &[f32], ideal: usize) -> usize {
        let hop = self.hop();
        let first = ideal.saturating_sub(self.search);
        let last = (ideal + self.search).min(recording.len().saturating_sub(hop));
        let Some(wanted) = recording.get(self.last + hop..self.last + 2 * hop) else {
            return ideal;
        };
        let (mut best, mut highest) = (ideal, 0.0);
        for start in (first..=last).step_by(self.stride) {
            let Some(found) = recording.get(start..start + hop) else {
                break;
            };
            let (mut product, mut power) = (0.0, 0.0);
            for (a, b) in wanted.iter().zip(found).step_by(self.stride) {
                product += a * b;
                power += b * b;
            }
            let likeness = product / f32::sqrt(power + f32::MIN_POSITIVE);
            if likeness > highest {
                (best, highest) = (start, likeness);
            }
        }
        best
    }
}
