//! Resampling by a windowed sinc, for the parts of a recording that have another sample rate than the first.

use std::f64::consts::PI;

/// How many zero crossings of the sinc to use on either side.
const CROSSINGS: f64 = 16.0;

/// Converts samples from one rate to another.
pub(super) struct Resampler {
    /// The ratio of the rates, in lowest terms: so many samples become so many.
    from: usize,
    to: usize,
    /// The filter for each position between two samples; all are of equal length.
    filters: Vec<f32>,
    /// How many samples each filter takes on either side.
    half: usize,
}

impl Resampler {
    /// Creates a resampler from one rate to another, in Hz. For those of mp3, it takes 2 MB at most.
    pub fn new(from: u32, to: u32) -> Resampler {
        let shared = shared_factor(from, to);
        let (from, to) = ((from / shared) as usize, (to / shared) as usize);
        // What the lower of the two rates cannot hold is removed.
        let band = (to as f64 / from as f64).min(1.0);
        let half = (CROSSINGS / band).ceil() as usize;
        let mut filters = Vec::with_capacity(to * 2 * half);
        for position in 0..to {
            let offset = position as f64 / to as f64;
            let taps = (0..2 * half).map(|tap| {
                let distance = tap as f64 - (half - 1) as f64 - offset;
                let phase = PI * distance * band;
                let sinc = if phase == 0.0 { 1.0 } else { phase.sin() / phase };
                // A Hann window.
                sinc * (0.5 + 0.5 * (PI * distance / half as f64).cos()) * band
            });
            let taps: Vec<f64> = taps.collect();
            let sum: f64 = taps.iter().sum();
            filters.extend(taps.iter().map(|tap| (tap / sum) as f32));
        }
        Resampler { from, to, filters, half }
    }

    /// Returns `samples` at the other sample rate. Silence surrounds them.
    pub fn resample(&self, samples: &[f32]) -> Vec<f32> {
        let Resampler { from, to, half, .. } = *self;
        let sample = |number: usize| {
            let (place, position) = (number * from / to, number * from % to);
            let filter = &self.filters[position * 2 * half..][..2 * half];
            // The first samples that the filter takes may lie before the start.
            let skipped = (half - 1).saturating_sub(place);
            let taken = samples.get((place + skipped).saturating_sub(half - 1)..).unwrap_or_default();
            let sum: f32 = filter[skipped..].iter().zip(taken).map(|(tap, sample)| tap * sample).sum();
            sum.clamp(-1.0, 1.0)
        };
        (0..samples.len() * to / from).map(sample).collect()
    }
}

/// Returns the greatest common divisor.
fn shared_factor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { shared_factor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::Resampler;

    fn tone(hertz: f64, rate: u32) -> Vec<f32> {
        (0..rate).map(|at| (f64::from(at) * TAU * hertz / f64::from(rate)).sin() as f32 * 0.5).collect()
    }

    #[test]
    fn a_tone_stays_what_it_is_and_one_that_is_too_high_goes() {
        for (from, to) in
            [(16_000, 8_000), (8_000, 16_000), (44_100, 8_000), (8_000, 44_100), (11_025, 48_000)]
        {
            let resampler = Resampler::new(from, to);
            let (got, want) = (resampler.resample(&tone(1_000.0, from)), tone(1_000.0, to));
            assert_eq!(got.len(), want.len(), "{from} to {to}");
            let inner = 1_000..want.len() - 1_000;
            let off = inner.map(|at| (got[at] - want[at]).abs()).fold(0.0, f32::max);
            assert!(off < 2e-3, "{from} to {to}: off by {off}");
        }
        let got = Resampler::new(16_000, 8_000).resample(&tone(6_000.0, 16_000));
        let loudest = got[1_000..7_000].iter().fold(0.0_f32, |loudest, sample| loudest.max(sample.abs()));
        assert!(loudest < 5e-3, "{loudest}");
    }
}
