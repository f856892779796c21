//! Time stretching by WSOLA (Verhelst and Roelands, 1993). The sound is split into overlapping frames,
//! which are moved closer together or further apart; each is shifted by a few milliseconds to where it
//! matches the one before best. The pitch stays, because the frames are unchanged.
//!
//! The whole recording is in memory, so a frame can come from anywhere. A seek is just a frame from another
//! position: the overlap is the crossfade. Therefore seeking, silence skipping and speed changes need no
//! extra code.

/// The distance between output frames, and the length of their overlap: 15 ms. A frame has two of these,
/// enough for two periods of the deepest voice.
const HOP: f32 = 0.015;

/// The maximum shift of a frame, in either direction: 12 ms, one period of the deepest voice.
const SEARCH: f32 = 0.012;

/// The state of the time stretching.
#[derive(Clone, Debug)]
pub(super) struct Stretch {
    /// The fade-in over an overlap, from 0 to 1. It and its mirror image add up to 1, so consecutive frames
    /// are reproduced exactly.
    rise: Box<[f32]>,
    search: usize,
    /// The step in samples for comparing frames: 1 at 8 kHz. Higher rates gain nothing from smaller steps,
    /// and the cost would grow with the square of the rate.
    stride: usize,
    /// The position of the last frame in the recording.
    last: usize,
    /// The second half of the last frame, faded out: it overlaps with the next frame.
    open: Box<[f32]>,
    /// The finished samples, and how many were taken.
    done: Box<[f32]>,
    taken: usize,
}

/// The position of the next frame.
#[derive(Clone, Copy)]
pub(super) enum Source {
    /// Exactly this position.
    Jump(usize),
    /// The end of the last frame: the sound is unchanged.
    Next,
    /// The position near this one that matches best.
    Near(usize),
}

impl Stretch {
    /// Starts stretching with silence, so that the first frame fades in.
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

    /// Returns how many samples one frame adds to the stretched sound.
    pub(super) fn hop(&self) -> usize {
        self.rise.len()
    }

    /// Returns how many samples of the last stretched frame were taken.
    pub(super) fn taken(&self) -> usize {
        self.taken
    }

    /// Takes the next stretched sample; `None` if a frame has to be added first.
    pub(super) fn take(&mut self) -> Option<f32> {
        let sample = self.done.get(self.taken)?;
        self.taken += 1;
        Some(*sample)
    }

    /// Adds the next frame to the stretched sound. To be called once all samples are taken.
    pub(super) fn lay(&mut self, recording: &[f32], source: Source) {
        let hop = self.hop();
        let start = match source {
            Source::Jump(at) => at,
            Source::Next => self.last + hop,
            Source::Near(at) => self.best(recording, at),
        };
        // After the end of the recording there is silence.
        let sample = |at: usize| recording.get(at).copied().unwrap_or(0.0);
        for at in 0..hop {
            self.done[at] = self.open[at] + sample(start + at) * self.rise[at];
            self.open[at] = sample(start + hop + at) * (1.0 - self.rise[at]);
        }
        self.last = start;
        self.taken = 0;
    }

    /// Interrupts the current stretched frame: the rest of it fades out under the next one.
    pub(super) fn interrupt(&mut self) {
        let hop = self.hop();
        let to_come = self.done[self.taken..].iter().chain(&self.open);
        let fading = to_come.zip(&self.rise).map(|(sample, rise)| sample * (1.0 - rise));
        self.open = fading.take(hop).collect();
        self.taken = hop;
    }

    /// Returns the position near `ideal` whose frame is most similar to the continuation of the last one,
    /// by normalised correlation.
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
