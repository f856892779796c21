//! mp3, decoded by symphonia: the input is untrusted, so panics in the decoder are caught and not printed.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatOptions, FormatReader};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions, ReadOnlySource};
use symphonia::default::codecs::MpaDecoder;
use symphonia::default::formats::MpaReader;

use crate::audio::wav::mix;
use crate::audio::{AudioError, Codec, MAX_SAMPLES, Pcm, Sound};

/// Random bytes contain some frame headers by chance; such frames cover a few per cent of them. Of an mp3,
/// however damaged, at least one byte in this many must be decoded.
const LEAST_PART: usize = 4;

/// Decodes an mp3, with or without tags.
pub(super) fn decode(bytes: &[u8]) -> Result<Pcm, AudioError> {
    let frames = without_tags(bytes);
    if frames.is_empty() {
        return Err(AudioError::Empty);
    }
    let mut taken = Taken::default();
    let ended = quietly(|| taken.read(frames));
    match ended {
        Some(Err(error)) => return Err(error),
        Some(Ok(())) => {}
        // Samples decoded before a panic are valid.
        None => taken.cut = true,
    }
    match taken.sound {
        Some(sound) if !taken.samples.is_empty() && taken.bytes * LEAST_PART >= frames.len() => {
            Ok(Pcm { samples: taken.samples, sound, cut: taken.cut })
        }
        _ if starts_frame(frames) => Err(AudioError::Damaged),
        _ => Err(AudioError::NotAudio("data that is neither MP3 nor WAV")),
    }
}

/// Returns whether a frame may start here: the first eleven bits are set.
fn starts_frame(bytes: &[u8]) -> bool {
    matches!(bytes, [0xff, 0xe0..=0xff, ..])
}

/// Returns the bytes without ID3 tags. The tag at the start may contain a picture full of apparent frame
/// headers.
fn without_tags(mut bytes: &[u8]) -> &[u8] {
    while let Some(&[_, _, flags, a, b, c, d]) = bytes.strip_prefix(b"ID3").and_then(<[u8]>::first_chunk) {
        // Lengths use seven bits per byte, so that they never look like a frame header. A footer is as long
        // as the header. https://id3.org/id3v2.4.0-structure, section 3.1
        let length = [a, b, c, d].iter().fold(0, |sum, byte| sum << 7 | usize::from(byte & 0x7f));
        let footer = if flags & 0x10 == 0 { 0 } else { 10 };
        bytes = bytes.get(10 + length + footer..).unwrap_or_default();
    }
    match bytes.len().checked_sub(128).map(|at| bytes.split_at(at)) {
        Some((frames, tag)) if tag.starts_with(b"TAG") => frames,
        _ => bytes,
    }
}

/// The samples decoded so far. Survives a panic in the decoder.
#[derive(Default)]
struct Taken {
    samples: Vec<f32>,
    sound: Option<Sound>,
    /// The number of bytes in decoded frames.
    bytes: usize,
    cut: bool,
}

impl Taken {
    fn read(&mut self, bytes: &[u8]) -> Result<(), AudioError> {
        // With a seekable source, the reader would guess the length from the first frames, and stop there.
        let source =
            MediaSourceStream::new(Box::new(ReadOnlySource::new(bytes)), MediaSourceStreamOptions::default());
        let Ok(mut reader) = MpaReader::try_new(source, FormatOptions::default()) else {
            return Ok(());
        };
        let Some(track) = reader.tracks().first().cloned() else {
            return Ok(());
        };
        let Some(CodecParameters::Audio(params)) = &track.codec_params else {
            return Ok(());
        };
        // No trimming: the count in a Xing tag may be wrong, and samples after it are valid.
        let options = AudioDecoderOptions::default().gapless(false);
        let Ok(mut decoder) = MpaDecoder::try_new(params, &options) else {
            return Ok(());
        };
        let mut interleaved = Vec::new();
        loop {
            let packet = match reader.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) => break,
                Err(_) => {
                    self.cut = true;
                    break;
                }
            };
            let frame = match decoder.decode(&packet) {
                Ok(frame) => frame,
                Err(Error::ResetRequired) => break,
                Err(_) => {
                    self.cut = true;
                    continue;
                }
            };
            let channels = frame.num_planes().max(1);
            // The decoder rejects frames with another format than the first.
            let rate = frame.spec().rate();
            self.sound = Some(Sound { codec: Codec::Mp3, rate, channels: channels as u8 });
            self.bytes += packet.data.len();
            frame.copy_to_vec_interleaved::<f32>(&mut interleaved);
            self.samples.extend(interleaved.chunks_exact(channels).map(mix));
            if self.samples.len() > MAX_SAMPLES {
                return Err(AudioError::TooLong);
            }
        }
        match track.num_frames {
            Some(promised) => self.trim(track.delay, track.padding, promised),
            // Another frame starts here: the file is truncated.
            None => self.cut |= bytes.get(self.bytes..).is_some_and(starts_frame),
        }
        Ok(())
    }

    /// Removes the encoder's delay and padding as given in a LAME tag, if the tag's sample count is
    /// correct.
    fn trim(&mut self, delay: Option<u32>, padding: Option<u32>, promised: u64) {
        let delay = delay.unwrap_or(0) as usize;
        let padding = padding.unwrap_or(0) as usize;
        if delay < self.samples.len() {
            self.samples.drain(..delay);
        }
        let promised = usize::try_from(promised).unwrap_or(usize::MAX);
        if self.samples.len() < promised {
            self.cut = true;
        } else if promised > 0 && self.samples.len() - promised <= padding {
            self.samples.truncate(promised);
        }
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

    use super::{quietly, without_tags};

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

    #[test]
    fn tags_are_skipped_by_their_own_length() {
        let mut bytes = b"ID3\x04\x00\x00\x00\x00\x01\x02".to_vec();
        bytes.extend([0xff; 130]);
        bytes.extend(b"sound");
        assert_eq!(without_tags(&bytes), b"sound");
        bytes.extend(b"TAG");
        bytes.extend([0; 125]);
        assert_eq!(without_tags(&bytes), b"sound");
        assert_eq!(without_tags(b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f"), b"");
    }
}
