//! Recordings to test with, and measures of sound.

use std::f64::consts::TAU;
use std::fs;
use std::path::{Path, PathBuf};

use vmail::audio::{Codec, Encoding, Pcm};

/// The rate of a telephone line.
pub const RATE: u32 = 8_000;

/// A file of the project.
pub fn file(path: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// A file of `tests/fixtures/audio`.
pub fn fixture(name: &str) -> Vec<u8> {
    file(&format!("tests/fixtures/audio/{name}"))
}

/// The paths of all recordings of the demo and of the fixtures.
pub fn recordings() -> Vec<PathBuf> {
    let folders = ["assets/demo", "tests/fixtures/audio"];
    let mut found: Vec<_> = folders
        .iter()
        .flat_map(|folder| fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|name| name == "mp3" || name == "wav"))
        .collect();
    found.sort();
    assert!(found.len() >= 20, "{} recordings only: were they moved?", found.len());
    found
}

/// So many seconds of a tone, at the rate of a telephone line.
pub fn tone(hertz: f64, seconds: f64, amplitude: f32) -> Vec<f32> {
    let step = TAU * hertz / f64::from(RATE);
    (0..(seconds * f64::from(RATE)) as usize).map(|at| (at as f64 * step).sin() as f32 * amplitude).collect()
}

/// So many seconds of nothing.
pub fn silence(seconds: f64) -> Vec<f32> {
    vec![0.0; (seconds * f64::from(RATE)) as usize]
}

/// A recording of these samples from a telephone line.
pub fn pcm(samples: Vec<f32>) -> Pcm {
    Pcm { samples, encoding: Encoding { codec: Codec::Pcm, rate: RATE, channels: 1 }, cut: false }
}

/// A WAV file: coding, channels, bits of a sample, data.
pub fn wav(tag: u16, channels: u16, bits: u16, data: &[u8]) -> Vec<u8> {
    let frame = channels * bits / 8;
    let mut file = b"RIFF".to_vec();
    file.extend((36 + data.len() as u32).to_le_bytes());
    file.extend(b"WAVEfmt \x10\x00\x00\x00");
    file.extend([tag.to_le_bytes(), channels.to_le_bytes()].concat());
    file.extend([RATE.to_le_bytes(), (RATE * u32::from(frame)).to_le_bytes()].concat());
    file.extend([frame.to_le_bytes(), bits.to_le_bytes()].concat());
    file.extend(b"data");
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    file
}

/// The same as 16 bit integers.
pub fn wav16(samples: &[f32]) -> Vec<u8> {
    let data: Vec<u8> =
        samples.iter().flat_map(|sample| ((sample * 32_767.0) as i16).to_le_bytes()).collect();
    wav(1, 1, 16, &data)
}

/// The frequency of a tone, in Hz, from the moments at which it rises through zero.
pub fn frequency(samples: &[f32]) -> f64 {
    let rises: Vec<f64> = samples
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| pair[0] < 0.0 && pair[1] >= 0.0)
        .map(|(at, pair)| at as f64 + f64::from(pair[0] / (pair[0] - pair[1])))
        .collect();
    let (first, last) = (rises.first().unwrap(), rises.last().unwrap());
    (rises.len() - 1) as f64 / (last - first) * f64::from(RATE)
}

/// The level, in dBFS.
pub fn level(samples: &[f32]) -> f32 {
    let power = samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32;
    10.0 * power.log10()
}

/// The largest step from one sample to the next: a click is a large one.
pub fn largest_step(samples: &[f32]) -> f32 {
    samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
}

/// Numbers that are the same in every run (xorshift).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| (self.next() >> 32) as u8).collect()
    }
}
