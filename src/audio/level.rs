//! The level of playback: makes quiet callers louder and loud ones quieter, and limits peaks so that nothing
//! clips.

/// The target loudness of a voice, in dBFS. Its peaks are about 15 dB higher: just below the limit.
const TARGET: f32 = -20.0;

/// The maximum gain in dB, up or down. More would amplify noise.
const MAX_GAIN: f32 = 24.0;

/// Samples up to this value are unchanged; larger ones are compressed smoothly.
const KNEE: f32 = 0.8;

/// The time constant of gain changes (to 63 %), in seconds: too short to be noticed, too long to click.
const GLIDE: f32 = 0.005;

/// Volume, automatic level and limiter.
#[derive(Clone, Debug)]
pub(super) struct Level {
    /// The gain that brings the voice to [`TARGET`].
    automatic: f32,
    is_automatic: bool,
    volume: f32,
    /// The current gain, which approaches the wanted one.
    gain: f32,
    glide: f32,
}

impl Level {
    /// Creates a level for a voice of `loudness` dBFS (`None`: no voice) at this sample rate (Hz).
    pub(super) fn new(loudness: Option<f32>, rate: u32) -> Level {
        let gain = loudness.map_or(0.0, |loudness| (TARGET - loudness).clamp(-MAX_GAIN, MAX_GAIN));
        let automatic = 10_f32.powf(gain / 20.0);
        let glide = 1.0 - (-1.0 / (GLIDE * rate as f32)).exp();
        Level { automatic, is_automatic: true, volume: 1.0, gain: automatic, glide }
    }

    pub(super) fn set_volume(&mut self, volume: f32) {
        self.volume = volume;
    }

    pub(super) fn set_automatic(&mut self, on: bool) {
        self.is_automatic = on;
    }

    /// Applies gain and limiter of the level to the next sample.
    pub(super) fn apply(&mut self, sample: f32) -> f32 {
        let wanted = self.volume * if self.is_automatic { self.automatic } else { 1.0 };
        self.gain += (wanted - self.gain) * self.glide;
        limit(sample * self.gain)
    }
}

/// Limits a sample to -1 to 1, without a corner in the curve, which would crackle.
fn limit(sample: f32) -> f32 {
    let above = sample.abs() - KNEE;
    if above <= 0.0 {
        return sample;
    }
    let room = 1.0 - KNEE;
    (KNEE + room * (above / room).tanh()).copysign(sample)
}

#[cfg(test)]
mod tests {
    use super::limit;

    #[test]
    #[expect(clippy::float_cmp, reason = "these values are exact")]
    fn the_limit_is_never_passed_and_has_no_corner() {
        let mut last = limit(-20.0);
        for step in -20_000..=20_000 {
            let now = limit(step as f32 / 1_000.0);
            assert!(now.abs() <= 1.0 && (-1e-6..=0.001_01).contains(&(now - last)), "{step}: {last} {now}");
            last = now;
        }
        assert_eq!([limit(0.5), limit(-0.8)], [0.5, -0.8]);
    }
}
