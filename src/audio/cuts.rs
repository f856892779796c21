//! The skipped parts of a recording, and the mapping between positions with and without them. Pure
//! arithmetic, in samples.

use std::ops::Range;

/// The skipped parts: in order, and not touching each other.
#[derive(Clone, Debug, Default)]
pub(super) struct Cuts(Vec<Range<f64>>);

impl Cuts {
    /// Converts silences in milliseconds to parts to skip, for this sample rate (Hz).
    pub(super) fn new(silences: &[Range<u32>], rate: u32) -> Cuts {
        let sample = |millis: u32| f64::from(millis) * f64::from(rate) / 1_000.0;
        Cuts(silences.iter().map(|silence| sample(silence.start)..sample(silence.end)).collect())
    }

    /// Returns the skipped part that contains `at`.
    pub(super) fn around(&self, at: f64) -> Option<&Range<f64>> {
        let before = self.0.partition_point(|cut| cut.end <= at);
        self.0.get(before).filter(|cut| cut.start <= at)
    }

    /// Returns how many samples before `at` are not skipped.
    pub(super) fn kept(&self, at: f64) -> f64 {
        let before = self.0.iter().take_while(|cut| cut.start < at);
        at - before.map(|cut| cut.end.min(at) - cut.start).sum::<f64>()
    }

    /// Returns the position before which this many samples are not skipped: the inverse of
    /// [`kept`](Cuts::kept). At a skipped part, returns its end.
    pub(super) fn at(&self, kept: f64) -> f64 {
        let mut at = kept;
        for cut in &self.0 {
            if cut.start > at {
                break;
            }
            at += cut.end - cut.start;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::Cuts;

    #[test]
    #[expect(clippy::float_cmp, reason = "these values are exact")]
    fn there_and_back() {
        let cuts = Cuts::new(&[1_000..3_000, 4_000..4_500], 1_000);
        for (at, kept) in
            [(0.0, 0.0), (999.0, 999.0), (3_000.0, 1_000.0), (3_500.0, 1_500.0), (5_000.0, 2_500.0)]
        {
            assert_eq!((cuts.kept(at), cuts.at(kept)), (kept, at));
        }
        // The count does not grow within a skipped part.
        assert_eq!([cuts.kept(1_000.0), cuts.kept(2_000.0)], [1_000.0; 2]);
        assert!(cuts.around(999.9).is_none() && cuts.around(3_000.0).is_none());
        assert_eq!(cuts.around(1_000.0), Some(&(1_000.0..3_000.0)));
    }
}
