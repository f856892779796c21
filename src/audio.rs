//! Understanding and shaping sound: from a recording's bytes to samples ([`decode`]), what they look
//! like ([`Waveform`]), and how they are played ([`Reader`]: speed, silence, level, position).
//!
//! Pure: no files, no devices, no threads, no clock. Whoever plays owns the [`Reader`] and pulls from
//! it. Where the sound goes, and how a recording came here, is not known here.
//!
//! Everything is mono and at the recording's own rate, because that is what a telephone carries and
//! every sound server resamples. Time is always the recording's own time, whatever the speed.

mod cuts;
mod decode;
mod level;
mod mp3;
mod reader;
mod stretch;
mod wav;
mod waveform;

use std::fmt;
use std::time::Duration;

pub use decode::decode;
pub use reader::{Reader, SPEEDS};
pub use waveform::Waveform;

/// The largest recording that is decoded, in bytes.
pub const MAX_BYTES: usize = 64 << 20;

/// The longest recording that is decoded, in samples: two hours from a telephone line (8 kHz), and as
/// much memory (230 MB) at any other rate. 64 MiB of mp3 could hold eighteen hours.
pub const MAX_SAMPLES: usize = 2 * 60 * 60 * 8_000;

/// A whole recording, decoded to mono.
#[derive(Clone, Debug, PartialEq)]
pub struct Pcm {
    /// The samples, from -1 to 1. Never empty, and all of them are numbers.
    pub samples: Vec<f32>,
    /// What was decoded.
    pub sound: Sound,
    /// The recording is not whole: it ends before it says that it does, or parts of it are damaged and
    /// left out.
    pub cut: bool,
}

impl Pcm {
    /// The length, from the number of samples. What a file says about itself is not believed.
    pub fn length(&self) -> Duration {
        self.sound.time(self.samples.len())
    }
}

/// What kind of sound a recording is, written as `8 kHz mono mp3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sound {
    /// How the samples are coded.
    pub codec: Codec,
    /// Samples a second, from [`Sound::RATES`].
    pub rate: u32,
    /// How many channels the recording had before they were mixed, from 1 to 8.
    pub channels: u8,
}

impl Sound {
    /// The rates in which recordings are taken, in samples a second.
    pub const RATES: std::ops::RangeInclusive<u32> = 4_000..=192_000;

    /// How long so many samples last.
    fn time(self, samples: usize) -> Duration {
        Duration::from_secs_f64(samples as f64 / f64::from(self.rate))
    }
}

impl fmt::Display for Sound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} kHz ", f64::from(self.rate) / 1_000.0)?;
        match self.channels {
            1 => f.write_str("mono ")?,
            2 => f.write_str("stereo ")?,
            channels => write!(f, "{channels} channels ")?,
        }
        write!(f, "{}", self.codec)
    }
}

/// How a recording's samples are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// MPEG-1, 2 or 2.5, layer III.
    Mp3,
    /// Plain integers of 8, 16, 24 or 32 bits, in a WAV file.
    Pcm,
    /// Floating point of 32 bits, in a WAV file.
    Float,
    /// G.711 A-law, in a WAV file: telephones outside America and Japan.
    ALaw,
    /// G.711 µ-law, in a WAV file: telephones in America and Japan.
    MuLaw,
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Codec::Mp3 => "mp3",
            Codec::Pcm => "PCM",
            Codec::Float => "float PCM",
            Codec::ALaw => "A-law",
            Codec::MuLaw => "µ-law",
        })
    }
}

/// Why a recording cannot be decoded, in one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AudioError {
    /// There is not a byte, or not a sample.
    #[error("the recording is empty")]
    Empty,
    /// More bytes than [`MAX_BYTES`].
    #[error("the recording is larger than {} MiB", MAX_BYTES >> 20)]
    TooLarge,
    /// More samples than [`MAX_SAMPLES`].
    #[error("the recording is longer than can be held in memory")]
    TooLong,
    /// Something else than sound.
    #[error("this is not a recording but {0}")]
    NotAudio(&'static str),
    /// Sound, in a way that is not understood here: its name.
    #[error("a recording in {0} cannot be played here")]
    Unsupported(String),
    /// It says that it is a recording, but nothing in it can be decoded.
    #[error("the recording is damaged: nothing of it can be decoded")]
    Damaged,
}
