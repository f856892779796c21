//! Audio: detects formats ([`AudioFormat`]), decodes recordings ([`decode`]), analyses them ([`Waveform`])
//! and plays them as samples with speed, silence skipping and level ([`Reader`]).
//!
//! Pure: no files, devices, threads or clock. The player owns the [`Reader`] and pulls samples from it.
//!
//! Samples are mono and have the recording's sample rate, because telephone recordings are mono and sound
//! servers resample. Times are positions in the recording, independent of the speed.

mod cuts;
mod decode;
mod format;
mod level;
mod mp3;
mod reader;
mod resample;
mod stretch;
mod wav;
mod waveform;

use std::fmt;
use std::time::Duration;

pub use decode::decode;
pub use format::AudioFormat;
pub use reader::{Reader, SPEEDS};
pub use waveform::Waveform;

/// The maximum size of a recording, in bytes.
pub const MAX_BYTES: usize = 64 << 20;

/// The maximum length of a recording, in samples: two hours at 8 kHz, or 230 MB of memory at any rate. 64
/// MiB of mp3 could hold eighteen hours.
pub const MAX_SAMPLES: usize = 2 * 60 * 60 * 8_000;

/// A whole recording, decoded to mono.
#[derive(Clone, Debug, PartialEq)]
pub struct Pcm {
    /// The samples, from -1 to 1. Never empty, never NaN.
    pub samples: Vec<f32>,
    /// The format of the recording.
    pub encoding: Encoding,
    /// The recording is truncated, or damaged parts were skipped.
    pub cut: bool,
}

impl Pcm {
    /// Returns the length of a decoded recording, by its samples. The length in the file's header is ignored.
    pub fn length(&self) -> Duration {
        self.encoding.time(self.samples.len())
    }
}

/// The format of a recording, displayed as `8 kHz mono MP3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding {
    /// The codec.
    pub codec: Codec,
    /// The sample rate in Hz, within [`Encoding::RATES`].
    pub rate: u32,
    /// The number of channels before mixing, from 1 to 8.
    pub channels: u8,
}

impl Encoding {
    /// The accepted sample rates, in Hz.
    pub const RATES: std::ops::RangeInclusive<u32> = 4_000..=192_000;

    /// Returns the duration of this many samples.
    fn time(self, samples: usize) -> Duration {
        Duration::from_secs_f64(samples as f64 / f64::from(self.rate))
    }
}

impl fmt::Display for Encoding {
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

/// An audio codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// MPEG-1, 2 or 2.5, layer III.
    Mp3,
    /// Integers of 8, 16, 24 or 32 bits, in a WAV file.
    Pcm,
    /// 32-bit floating point, in a WAV file.
    Float,
    /// G.711 A-law, in a WAV file: used by telephones outside North America and Japan.
    ALaw,
    /// G.711 µ-law, in a WAV file: used by telephones in North America and Japan.
    MuLaw,
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Codec::Mp3 => "MP3",
            Codec::Pcm => "PCM",
            Codec::Float => "float PCM",
            Codec::ALaw => "A-law",
            Codec::MuLaw => "µ-law",
        })
    }
}

/// Why a recording cannot be decoded, as one line for the user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AudioError {
    /// There are no bytes, or no samples.
    #[error("the recording is empty")]
    Empty,
    /// More bytes than [`MAX_BYTES`].
    #[error("the recording is larger than {} MiB", MAX_BYTES >> 20)]
    TooLarge,
    /// More samples than [`MAX_SAMPLES`].
    #[error("the recording is too long to decode")]
    TooLong,
    /// The data is not audio.
    #[error("this is not a recording but {0}")]
    NotAudio(&'static str),
    /// The data is audio in an unsupported format.
    #[error("unsupported audio format: {0}")]
    Unsupported(String),
    /// The data looks like a recording, but nothing in it can be decoded.
    #[error("the recording is damaged and cannot be decoded")]
    Damaged,
}

/// Mixes the samples of all channels. The result is from -1 to 1, and never NaN.
fn mix(channels: &[f32]) -> f32 {
    let mean = match channels {
        [mono] => *mono,
        _ => channels.iter().sum::<f32>() / channels.len() as f32,
    };
    if mean.is_nan() { 0.0 } else { mean.clamp(-1.0, 1.0) }
}
