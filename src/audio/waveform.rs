//! The waveform of a recording: its peaks, silences, and the loudness of the voice. Computed once and
//! stored in a few hundred bytes, which are enough to draw it.

use std::ops::Range;
use std::time::Duration;

use crate::audio::{Codec, Encoding, MAX_SAMPLES, Pcm};
use crate::core::model::Sketch;

/// The number of peaks per recording: two dots in each of 128 cells.
const PEAKS: usize = 256;

/// Loudness is measured in blocks of 20 ms: about the shortest sound of speech.
const BLOCKS_A_SECOND: u32 = 50;

/// The minimum length of a silence, in blocks: 400 ms. Shorter ones belong to the speech.
const SHORTEST_SILENCE: usize = 20;

/// How much of a silence is kept at its start and end, in blocks: 100 ms.
const EDGE: usize = 5;

/// The level of silence in dBFS: if even the voice is quieter, everything is silence.
const NOTHING: f32 = -60.0;

/// The minimum peak to draw: -48 dBFS, in the unit of [`Waveform`]'s peaks.
const FAINT: u8 = 16;

/// The waveform of a recording. Small, and enough to draw it and to skip its silences.
#[derive(Clone, Debug, PartialEq)]
pub struct Waveform {
    encoding: Encoding,
    samples: usize,
    cut: bool,
    /// The loudness of the voice in tenths of dBFS; `None` if everything is silence.
    loudness: Option<i16>,
    /// The square root of the highest sample in each part, scaled to 0 to 255. Without the root, a byte
    /// would be too coarse for quiet parts.
    peaks: Vec<u8>,
    /// Start and end in milliseconds, in order, not touching each other.
    silences: Vec<Range<u32>>,
}

impl Waveform {
    /// Creates the waveform of a whole recording: analyses it.
    pub fn new(pcm: &Pcm) -> Waveform {
        let blocks = Blocks::new(pcm);
        Waveform {
            encoding: pcm.encoding,
            samples: pcm.samples.len(),
            cut: pcm.cut,
            loudness: blocks.loudness(),
            peaks: peaks(&pcm.samples),
            silences: blocks.silences(),
        }
    }

    /// Returns the length of the waveform's recording.
    pub fn length(&self) -> Duration {
        self.encoding.time(self.samples)
    }

    /// Returns the format of the waveform's recording.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Returns whether the waveform's recording is incomplete: see [`Pcm::cut`].
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// Returns the loudness of the voice in dBFS (a full-scale sine has -3); `None` if everything is
    /// silence.
    pub fn loudness(&self) -> Option<f32> {
        self.loudness.map(|tenths| f32::from(tenths) / 10.0)
    }

    /// Returns the recording's silences that can be skipped, in milliseconds, in order. The first and last
    /// 100 ms of each are not included.
    pub fn silences(&self) -> &[Range<u32>] {
        &self.silences
    }

    /// Returns the total length of the waveform's silences.
    pub fn silence(&self) -> Duration {
        let total = self.silences.iter().map(|silence| u64::from(silence.end - silence.start)).sum();
        Duration::from_millis(total)
    }

    /// Returns the waveform as `width` columns, each with a height of 0 to `height` dots. The loudest
    /// column has `height` dots; if everything is silence, all have 0.
    pub fn columns(&self, width: usize, height: usize) -> Vec<usize> {
        let loudest = self.loudest();
        self.parts(width)
            .map(|part| {
                let peak = part.iter().copied().max().unwrap_or(0);
                if loudest < FAINT { 0 } else { (usize::from(peak) * height).div_ceil(usize::from(loudest)) }
            })
            .map(|dots| dots.min(height))
            .collect()
    }

    /// Returns for each of `width` columns of the waveform whether its middle is in a silence.
    pub fn silent_columns(&self, width: usize) -> Vec<bool> {
        let length = self.length().as_secs_f64() * 1_000.0;
        (0..width)
            .map(|column| {
                let middle = (column as f64 + 0.5) * length / width as f64;
                let before = self.silences.partition_point(|silence| f64::from(silence.end) <= middle);
                self.silences.get(before).is_some_and(|silence| f64::from(silence.start) <= middle)
            })
            .collect()
    }

    /// Returns the recording's loudness in `cells` parts, each from 0 (silent) to 8 (the loudest), for the
    /// block characters of eighths. The scale is linear in amplitude: averaged over a second or more, speech
    /// varies too little for a scale in dB.
    pub fn thumbnail(&self, cells: usize) -> Vec<u8> {
        if self.loudest() < FAINT {
            return vec![0; cells];
        }
        let level = |part: &[u8]| {
            // Peaks are stored as square roots.
            let sum = part.iter().map(|peak| (f32::from(*peak) / 255.0).powi(2)).sum::<f32>();
            sum / part.len().max(1) as f32
        };
        let levels: Vec<f32> = self.parts(cells).map(level).collect();
        let loudest = levels.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
        levels.iter().map(|level| (level / loudest * 8.0).round() as u8).collect()
    }

    /// Returns the summary of the recording, shown in a line of the list.
    pub fn sketch(&self) -> Sketch {
        let millis = u32::try_from(self.length().as_millis()).unwrap_or(u32::MAX);
        // A length of 0 would mean that it is unknown.
        Sketch::new(millis.max(1), &self.thumbnail(Sketch::CELLS))
    }

    /// Splits the peaks into `count` parts, none of them empty.
    fn parts(&self, count: usize) -> impl Iterator<Item = &[u8]> {
        let have = self.peaks.len();
        (0..count).map(move |part| {
            let start = (part * have / count).min(have.saturating_sub(1));
            let end = ((part + 1) * have / count).max(start + 1).min(have);
            &self.peaks[start..end]
        })
    }

    fn loudest(&self) -> u8 {
        self.peaks.iter().copied().max().unwrap_or(0)
    }
}

/// Returns the highest sample of each of up to [`PEAKS`] parts.
fn peaks(samples: &[f32]) -> Vec<u8> {
    let count = PEAKS.min(samples.len());
    (0..count)
        .map(|part| {
            let range = part * samples.len() / count..(part + 1) * samples.len() / count;
            let peak = samples[range].iter().fold(0.0, |peak: f32, sample| peak.max(sample.abs()));
            (peak.min(1.0).sqrt() * 255.0).round() as u8
        })
        .collect()
}

/// Converts power to a level in dB, at least -100.
fn decibels(power: f32) -> f32 {
    10.0 * power.max(1e-10).log10()
}

/// The level of each block of a recording, and the threshold between voice and silence.
struct Blocks {
    /// In dBFS.
    levels: Vec<f32>,
    /// Blocks up to this level are silent.
    threshold: f32,
    /// The length of a block in milliseconds. The last one may be shorter.
    millis: f64,
}

impl Blocks {
    fn new(pcm: &Pcm) -> Blocks {
        let block = (pcm.encoding.rate / BLOCKS_A_SECOND) as usize;
        let level = |block: &[f32]| {
            decibels(block.iter().map(|sample| sample * sample).sum::<f32>() / block.len() as f32)
        };
        let levels: Vec<f32> = pcm.samples.chunks(block).map(level).collect();
        let threshold = threshold(&levels);
        Blocks { levels, threshold, millis: pcm.encoding.time(block).as_secs_f64() * 1_000.0 }
    }

    /// Returns the mean power of the blocks with voice, in tenths of dBFS.
    fn loudness(&self) -> Option<i16> {
        let voiced = self.levels.iter().filter(|level| **level > self.threshold);
        let (count, power) = voiced.fold((0_u32, 0.0), |(count, power), level| {
            (count + 1, power + 10_f64.powf(f64::from(level / 10.0)))
        });
        (count > 0).then(|| (decibels((power / f64::from(count)) as f32) * 10.0).round() as i16)
    }

    fn silences(&self) -> Vec<Range<u32>> {
        let mut silences = Vec::new();
        let mut at = 0;
        for run in self.levels.chunk_by(|a, b| (*a > self.threshold) == (*b > self.threshold)) {
            let (start, end) = (at, at + run.len());
            at = end;
            if run[0] <= self.threshold && run.len() >= SHORTEST_SILENCE {
                let time = |block: usize| (block as f64 * self.millis).round() as u32;
                silences.push(time(start + EDGE)..time(end - EDGE));
            }
        }
        silences
    }
}

/// Returns the highest level of a silent block: 6 dB above the line noise, but 20 to 40 dB below the voice,
/// so that neither a quiet caller nor a noisy line counts as silence.
fn threshold(levels: &[f32]) -> f32 {
    let mut sorted = levels.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    // At least half a second is this loud: longer than a click, shorter than a few words.
    let voice = sorted.get(25.min(sorted.len() / 2)).copied().unwrap_or(NOTHING);
    let noise = sorted.get(sorted.len() * 9 / 10).copied().unwrap_or(NOTHING);
    if voice < NOTHING { f32::INFINITY } else { (noise + 6.0).clamp(voice - 40.0, voice - 20.0) }
}

/// The format of the bytes in the store, all numbers little-endian:
///
/// | bytes | what |
/// |---|---|
/// | 1 | version |
/// | 1, 1, 4 | codec, channels, rate |
/// | 4 | samples |
/// | 1 | whether it is incomplete |
/// | 2 | loudness in tenths of dBFS; the lowest number for none |
/// | 2, then as many | peaks |
/// | 8 each, to the end | silences: start and end in milliseconds |
const VERSION: u8 = 1;

/// The codecs, by their number in the bytes. Only append.
const CODECS: [Codec; 5] = [Codec::Mp3, Codec::Pcm, Codec::Float, Codec::ALaw, Codec::MuLaw];

impl Waveform {
    /// Returns the waveform as bytes to store: a few hundred for a typical recording, at most 150 kB.
    pub fn to_bytes(&self) -> Vec<u8> {
        let codec = CODECS.iter().position(|codec| *codec == self.encoding.codec).unwrap_or(0);
        let mut bytes = vec![VERSION, codec as u8, self.encoding.channels];
        bytes.extend(self.encoding.rate.to_le_bytes());
        bytes.extend((self.samples as u32).to_le_bytes());
        bytes.push(u8::from(self.cut));
        bytes.extend(self.loudness.unwrap_or(i16::MIN).to_le_bytes());
        bytes.extend((self.peaks.len() as u16).to_le_bytes());
        bytes.extend(&self.peaks);
        for silence in &self.silences {
            bytes.extend(silence.start.to_le_bytes());
            bytes.extend(silence.end.to_le_bytes());
        }
        bytes
    }

    /// Reads a waveform from stored bytes. Returns `None` if they are damaged or of another version: analyse
    /// the recording again.
    pub fn from_bytes(bytes: &[u8]) -> Option<Waveform> {
        let mut rest = Rest(bytes);
        let [version, codec, channels] = rest.take()?;
        if version != VERSION || !(1..=8).contains(&channels) {
            return None;
        }
        let encoding = Encoding { codec: *CODECS.get(usize::from(codec))?, rate: rest.number()?, channels };
        let samples = rest.number()? as usize;
        let [cut] = rest.take()?;
        let loudness = i16::from_le_bytes(rest.take()?);
        let peaks = usize::from(u16::from_le_bytes(rest.take()?));
        let known =
            Encoding::RATES.contains(&encoding.rate) && (1..=MAX_SAMPLES).contains(&samples) && cut <= 1;
        if !known || peaks != PEAKS.min(samples) || rest.0.len() < peaks {
            return None;
        }
        let (peaks, silences) = rest.0.split_at(peaks);
        let (silences, []) = silences.as_chunks::<8>() else {
            return None;
        };
        let mut waveform = Waveform {
            encoding,
            samples,
            cut: cut == 1,
            loudness: (loudness != i16::MIN).then_some(loudness),
            peaks: peaks.to_vec(),
            silences: Vec::with_capacity(silences.len()),
        };
        let length = waveform.length().as_secs_f64() * 1_000.0;
        let mut end = 0;
        for silence in silences {
            let mut rest = Rest(silence);
            let silence = rest.number()?..rest.number()?;
            if silence.start < end || silence.is_empty() || f64::from(silence.end) >= length + 1.0 {
                return None;
            }
            end = silence.end;
            waveform.silences.push(silence);
        }
        Some(waveform)
    }
}

/// The bytes not read yet.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn number(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }
}
