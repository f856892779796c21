//! Tones, and what a recording has of them.

use std::time::Duration;

/// A sine at half the loudness.
pub fn sine(frequency: f64, length: Duration, rate: u32) -> Vec<i16> {
    let count = (length.as_secs_f64() * f64::from(rate)) as u32;
    let step = std::f64::consts::TAU * frequency / f64::from(rate);
    (0..count).map(|n| ((f64::from(n) * step).sin() * 16_000.0) as i16).collect()
}

/// The WAV of some samples, as a telephone system makes it.
pub fn wav(samples: &[i16], rate: u32) -> Vec<u8> {
    let data: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let length = data.len() as u32;
    [
        b"RIFF",
        &(36 + length).to_le_bytes()[..],
        b"WAVEfmt ",
        &[16, 0, 0, 0, 1, 0, 1, 0],
        &rate.to_le_bytes(),
        &(2 * rate).to_le_bytes(),
        &[2, 0, 16, 0],
        b"data",
        &length.to_le_bytes(),
        &data,
    ]
    .concat()
}

/// A stretch of one tone.
#[derive(Clone, Debug)]
pub struct Tone {
    /// How high, in Hz.
    pub frequency: f64,
    /// How long it sounds.
    pub length: Duration,
}

/// The [sines](sine) in `samples`, in their order. Silence between them and gaps within them, as a
/// machine makes that is too busy, count for nothing.
pub fn tones(samples: &[i16], rate: u32) -> Vec<Tone> {
    const WINDOW: Duration = Duration::from_millis(10);

    #[derive(Default)]
    struct Found {
        frequencies: Vec<f64>,
        /// Of the windows that are full of it.
        energies: Vec<f64>,
        /// With the windows that hold a part of it.
        energy: f64,
    }

    let alike = |a: f64, b: f64| (a / b - 1.0).abs() < 0.2;
    let parts: Vec<_> = samples.chunks((WINDOW.as_secs_f64() * f64::from(rate)) as usize).collect();
    let frequencies: Vec<_> = parts.iter().map(|part| frequency(part, rate)).collect();
    let mut found: Vec<Found> = Vec::new();
    let mut before = 0.0;
    for (n, part) in parts.iter().enumerate() {
        let energy: f64 = part.iter().map(|sample| f64::from(*sample).powi(2)).sum();
        // A window that holds an end of a tone, or a gap, says nothing of how high it is.
        let beside = |n: usize| frequencies.get(n).copied().flatten();
        let sure = frequencies[n].filter(|here| {
            [n.wrapping_sub(1), n + 1].into_iter().filter_map(beside).any(|other| alike(*here, other))
        });
        if let Some(frequency) = sure {
            if found.last().is_none_or(|last| !alike(median(&last.frequencies), frequency)) {
                found.push(Found::default());
            }
            if let Some(last) = found.last_mut() {
                last.frequencies.push(frequency);
                last.energies.push(energy);
            }
        }
        match found.last_mut() {
            Some(last) => last.energy += energy + std::mem::take(&mut before),
            None => before += energy,
        }
    }
    let tone = |found: Found| Tone {
        frequency: median(&found.frequencies),
        length: WINDOW.mul_f64(found.energy / median(&found.energies)),
    };
    found.into_iter().map(tone).collect()
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
    samples.extend(sine(440.0, Duration::from_millis(200), 8000));
    samples.extend([0; 1234]);
    samples.extend(sine(440.0, Duration::from_millis(100), 8000));
    samples.extend([0; 2000]);
    samples.extend(sine(1500.0, Duration::from_millis(200), 8000));
    let found = tones(&samples, 8000);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!((found[0].frequency - 440.0).abs() < 1.0, "{found:?}");
    assert!((found[1].frequency - 1500.0).abs() < 3.0, "{found:?}");
    let near = |length: Duration, count| length.abs_diff(Duration::from_millis(count)).as_millis() <= 5;
    assert!(near(found[0].length, 300) && near(found[1].length, 200), "{found:?}");
}
