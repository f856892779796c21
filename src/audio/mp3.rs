//! mp3, decoded by symphonia: the input is untrusted, so panics in the decoder are caught and not printed.
//! The frames are found here, because files have junk before and between them, and join parts that differ.

use std::cell::Cell;
use std::collections::HashMap;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use symphonia::core::codecs::audio::well_known::CODEC_ID_MP3;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::packet::PacketRef;
use symphonia::core::units::{Duration, Timestamp};
use symphonia::default::codecs::MpaDecoder;

use crate::audio::resample::Resampler;
use crate::audio::{AudioError, Codec, Encoding, MAX_SAMPLES, Pcm, mix};

pub(super) mod frames;
mod tag;

use frames::{Frames, Header, after_tags, is_free_format};
use tag::InfoTag;

/// Decodes an mp3, with or without tags, and with junk around it.
pub(super) fn decode(bytes: &[u8]) -> Result<Pcm, AudioError> {
    let start = after_tags(bytes);
    if start.is_empty() {
        return Err(AudioError::Empty);
    }
    let mut taken = Taken::default();
    match quietly(|| taken.read(bytes)) {
        Some(read) => read?,
        // Samples decoded before a panic are valid.
        None => taken.cut = true,
    }
    taken.finish_part()?;
    match taken.encoding {
        Some(encoding) if !taken.samples.is_empty() => {
            Ok(Pcm { samples: taken.samples, encoding, cut: taken.cut })
        }
        _ if is_free_format(start) => Err(AudioError::Unsupported("free-format MP3".to_owned())),
        _ if starts_frame(start) => Err(AudioError::Damaged),
        _ => Err(AudioError::NotAudio("data that is neither MP3 nor WAV")),
    }
}

/// Returns whether a frame may start here: the first eleven bits are set.
fn starts_frame(bytes: &[u8]) -> bool {
    matches!(bytes, [0xff, 0xe0..=0xff, ..])
}

/// What was decoded so far. Survives a panic in the decoder.
#[derive(Default)]
struct Taken {
    /// The samples of all finished parts, at the rate of the first.
    samples: Vec<f32>,
    encoding: Option<Encoding>,
    cut: bool,
    part: Part,
    /// By the rate that they convert from.
    resamplers: HashMap<u32, Resampler>,
}

/// A part of the file: the samples after a tag of the encoder, or after a change of the sample rate. Files
/// are made by joining others.
#[derive(Default)]
struct Part {
    samples: Vec<f32>,
    rate: u32,
    tag: Option<InfoTag>,
}

impl Taken {
    fn read(&mut self, bytes: &[u8]) -> Result<(), AudioError> {
        let mut frames = Frames::new(bytes);
        let mut decoder: Option<Decoder> = None;
        let mut stored = Stored::default();
        let mut interleaved = Vec::new();
        for (header, frame) in &mut frames {
            let tag = InfoTag::read(header, frame);
            if tag.is_some() || header.rate != self.part.rate {
                self.finish_part()?;
                self.part = Part { samples: Vec::new(), rate: header.rate, tag };
            }
            if tag.is_some() {
                continue;
            }
            let decoder = match &mut decoder {
                Some(decoder) if decoder.header.is_like(header) => decoder,
                other => match Decoder::new(header, frame, &stored) {
                    Some(decoder) => other.insert(decoder),
                    None => break,
                },
            };
            stored.add(header, frame);
            let mut silent = Vec::new();
            let frame = if header.has_mixed_block(frame) {
                // symphonia 0.6.1 does not scale one band of it: a bang.
                silent.extend_from_slice(frame);
                header.silence(&mut silent);
                self.cut = true;
                &silent
            } else {
                frame
            };
            if !decoder.decode(frame, &mut interleaved) {
                self.cut = true;
                continue;
            }
            let channels = usize::from(header.channels);
            self.encoding.get_or_insert(Encoding {
                codec: Codec::Mp3,
                rate: header.rate,
                channels: header.channels,
            });
            self.part.samples.extend(interleaved.chunks_exact(channels).map(mix));
            if self.length() > MAX_SAMPLES {
                return Err(AudioError::TooLong);
            }
        }
        // Where the number of samples is known, it decides.
        self.cut |= frames.broken || frames.truncated && self.part.tag.is_none();
        Ok(())
    }

    /// Returns the number of samples with those of the part.
    fn length(&self) -> usize {
        let rate = self.encoding.map_or(1, |encoding| encoding.rate as usize);
        self.samples.len() + self.part.samples.len() * rate / self.part.rate.max(1) as usize
    }

    /// Appends the samples of the part, at the rate of the first.
    fn finish_part(&mut self) -> Result<(), AudioError> {
        let Part { mut samples, rate, tag } = std::mem::take(&mut self.part);
        self.cut |= tag.is_some_and(|tag| !trim(&mut samples, tag));
        let Some(encoding) = self.encoding else { return Ok(()) };
        if self.samples.is_empty() && rate == encoding.rate {
            self.samples = samples;
        } else if rate == encoding.rate {
            self.samples.extend(samples);
        } else if !samples.is_empty() {
            let resampler =
                self.resamplers.entry(rate).or_insert_with(|| Resampler::new(rate, encoding.rate));
            self.samples.extend(resampler.resample(&samples));
        }
        if self.samples.len() > MAX_SAMPLES { Err(AudioError::TooLong) } else { Ok(()) }
    }
}

/// Removes what the encoder put around the sound as given in its tag, if the tag's sample count is correct.
/// Returns whether there are as many samples as it says.
fn trim(samples: &mut Vec<f32>, tag: InfoTag) -> bool {
    if tag.delay < samples.len() {
        samples.drain(..tag.delay);
    }
    let Some(promised) = tag.samples else { return true };
    let promised = usize::try_from(promised).unwrap_or(usize::MAX);
    if promised > 0 && samples.len() >= promised && samples.len() - promised <= tag.padding {
        samples.truncate(promised);
    }
    samples.len() >= promised
}

/// A decoder of frames that are alike: symphonia's rejects others.
struct Decoder {
    decoder: MpaDecoder,
    header: Header,
}

impl Decoder {
    /// Makes a decoder for `frame` and what follows, with what the frames before stored for it.
    fn new(header: Header, frame: &[u8], stored: &Stored) -> Option<Decoder> {
        let mut params = AudioCodecParameters::new();
        params.for_codec(CODEC_ID_MP3);
        // No trimming: the count in a tag may be wrong, and samples after it are valid.
        let options = AudioDecoderOptions::default().gapless(false);
        let mut decoder = Decoder { decoder: MpaDecoder::try_new(&params, &options).ok()?, header };
        if let Some(silent) = stored.as_frame(frame) {
            decoder.decode(&silent, &mut Vec::new());
        }
        Some(decoder)
    }

    /// Decodes a frame into `interleaved` samples. Returns whether it could.
    fn decode(&mut self, frame: &[u8], interleaved: &mut Vec<f32>) -> bool {
        let packet = PacketRef::new(0, Timestamp::ZERO, Duration::ZERO, frame);
        let Ok(decoded) = self.decoder.decode_ref(&packet) else { return false };
        decoded.copy_to_vec_interleaved::<f32>(interleaved);
        true
    }
}

/// The last main data: a frame may begin with bytes of it, as far back as nine bits can tell.
#[derive(Default)]
struct Stored(Vec<u8>);

impl Stored {
    const MAX: usize = 511;

    fn add(&mut self, header: Header, frame: &[u8]) {
        self.0.extend_from_slice(frame.get(header.main_start()..).unwrap_or_default());
        self.0.drain(..self.0.len().saturating_sub(Stored::MAX));
    }

    /// Returns a silent frame like `next` that ends with these bytes. `None` if there are none.
    fn as_frame(&self, next: &[u8]) -> Option<Vec<u8>> {
        let &[sync, kind, rates, mode, ..] = next else { return None };
        // Without a checksum, and with the highest bit rate: it is long enough.
        let start = [sync, kind | 1, rates & 0x0c | 0xe0, mode];
        let header = Header::parse(&start)?;
        let mut frame = vec![0; header.bytes];
        frame[..start.len()].copy_from_slice(&start);
        let room = header.bytes.checked_sub(header.main_start())?;
        let kept = &self.0[self.0.len().saturating_sub(room)..];
        frame[header.bytes - kept.len()..].copy_from_slice(kept);
        (!kept.is_empty()).then_some(frame)
    }
}

/// Calls `work` and returns `None` if it panics. Nothing is printed, and the previous panic hook, which
/// would restore the terminal, is not called.
///
/// The first call wraps the hook that is installed then; only this thread is affected. The screen installs
/// its own hook when it opens, before anything is decoded.
fn quietly<T>(work: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    thread_local! {
        static QUIET: Cell<bool> = const { Cell::new(false) };
    }
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                before(info);
            }
        }));
    });
    QUIET.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    QUIET.set(false);
    result.ok()
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::process::Command;

    use super::{Decoder, Frames, Stored, quietly};

    #[test]
    fn a_panic_is_caught() {
        assert_eq!(quietly(|| 7), Some(7));
        assert_eq!(quietly(|| [1, 2][black_box(2)]), None);
        assert_eq!(quietly(|| 8), Some(8));
    }

    /// Set in the process that [`a_panic_is_silent`] starts, where the test must fail.
    const STARTED: &str = "VMAIL_TEST_PANIC";

    #[test]
    fn another_panic_is_told() {
        if std::env::vars_os().all(|(name, _)| name != STARTED) {
            return;
        }
        a_panic_is_caught();
        assert_eq!(black_box(1), 2, "told");
    }

    /// Runs the tests in a process of its own, to read its stderr.
    #[test]
    fn a_panic_is_silent() {
        let told = |test: &str| {
            let name = format!("audio::mp3::tests::{test}");
            let mut tests = Command::new(std::env::current_exe().unwrap());
            let run = tests.args(["--exact", &name, "--nocapture"]).env(STARTED, "1").output().unwrap();
            assert!(String::from_utf8_lossy(&run.stdout).contains("running 1 test"));
            String::from_utf8(run.stderr).unwrap()
        };
        assert_eq!(told("a_panic_is_caught"), "");
        assert_eq!(told("another_panic_is_told").matches("panicked").count(), 1);
    }

    /// The samples of a frame of an mp3 whose frames begin with bytes of those before, from a decoder that
    /// takes over two frames earlier.
    fn taken_over(stored: impl Fn(Stored) -> Stored) -> Vec<f32> {
        const FRAME: usize = 20;
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/audio/cbr.mp3");
        let bytes = std::fs::read(file).unwrap();
        let frames: Vec<_> = Frames::new(&bytes).collect();
        let mut before = Stored::default();
        for (header, frame) in &frames[..FRAME - 2] {
            before.add(*header, frame);
        }
        let (header, frame) = frames[FRAME - 2];
        let mut decoder = Decoder::new(header, frame, &stored(before)).unwrap();
        let mut samples = Vec::new();
        for (_, frame) in &frames[FRAME - 2..FRAME] {
            samples.clear();
            decoder.decode(frame, &mut samples);
        }
        samples
    }

    #[test]
    fn a_decoder_that_takes_over_has_what_was_stored() {
        let level = |samples: Vec<f32>| samples.iter().map(|sample| sample * sample).sum::<f32>();
        let (with, without) = (level(taken_over(|stored| stored)), level(taken_over(|_| Stored::default())));
        assert!(with > 50.0, "{with}");
        assert!(without < with / 2.0, "{without} of {with}");
    }
}
