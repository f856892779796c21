//! Tones, and what a recording has of them.

use std::time::Duration;

/// A sine at half the loudness.
pub fn sine(frequency: f64, length: Duration, rate: u32) -> Vec<i16> {
    let count = (length.as_secs_f64() * f64::from(rate)) as u32;
    let step = std::f64::consts::TAU * frequency / f64::from(rate);
    (0..count).map(|n| ((f64::from(n) * step).sin() * 16_000.0) as i16).collect()
}

/// The tones in `samples`, in their order and without the silence between them: how high each is,
/// in Hz, and how long. Gaps of a machine that is too busy do not count.
pub fn tones(samples: &[i16], rate: u32) -> Vec<(f64, Duration)> {
    let mut found: Vec<(Vec<f64>, usize)> = Vec::new();
    let window = rate as usize / 100;
    for part in samples.chunks(window) {
        let Some(frequency) = frequency(part, rate) else { continue };
        match found.last_mut() {
            Some((same, windows)) if (median(same) / frequency - 1.0).abs() < 0.2 => {
                same.push(frequency);
                *windows += 1;
            }
            _ => found.push((vec![frequency], 1)),
        }
    }
    found
        .into_iter()
        // At the edges of a tone a window holds a part of it, or parts of two.
        .filter(|(_, windows)| *windows > 1)
        .map(|(same, windows)| (median(&same), Duration::from_millis(10 * windows as u64)))
        .collect()
}

/// How high the tone in `part` is: from the first time it rises through zero to the last time.
fn frequency(part: &[i16], rate: u32) -> Option<f64> {
    if part.iter().filter(|sample| sample.unsigned_abs() > 4000).count() < part.len() / 3 {
        return None;
    }
    let rises: Vec<f64> = (1..part.len())
        .filter(|&n| part[n - 1] < 0 && part[n] >= 0)
        .map(|n| n as f64 - f64::from(part[n]) / (f64::from(part[n]) - f64::from(part[n - 1])))
        .collect();
    let (first, last) = (rises.first()?, rises.last()?);
    (rises.len() > 1).then(|| (rises.len() - 1) as f64 / (last - first) * f64::from(rate))
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[test]
fn tones_are_told_apart() {
    let mut samples = vec![0; 1000];
    samples.extend(sine(440.0, Duration::from_millis(300), 8000));
    samples.extend([0; 2000]);
    samples.extend(sine(1500.0, Duration::from_millis(200), 8000));
    let found = tones(&samples, 8000);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!((found[0].0 - 440.0).abs() < 1.0 && (found[1].0 - 1500.0).abs() < 3.0, "{found:?}");
    assert!(found[0].1.abs_diff(Duration::from_millis(300)) <= Duration::from_millis(20), "{found:?}");
}
