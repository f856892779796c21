//! Decodes a recording: detects its format and chooses the decoder.

use crate::audio::{AudioError, MAX_BYTES, Pcm, mp3, wav};

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
    if let Some(riff) = bytes.strip_prefix(b"RIFF") {
        return match riff.get(4..8) {
            Some(b"WAVE") => wav::decode(&riff[8..]),
            Some(_) => Err(AudioError::NotAudio("another kind of RIFF file")),
            None => Err(AudioError::Damaged),
        };
    }
    match foreign(bytes) {
        Some(error) => Err(error),
        None => mp3::decode(bytes),
    }
}

/// Detects formats other than mp3 and WAV by their first bytes. No mp3 starts with any of these.
fn foreign(bytes: &[u8]) -> Option<AudioError> {
    const SOUND: [(&[u8], &str); 6] = [
        (b"OggS", "Ogg"),
        (b"fLaC", "FLAC"),
        (b"#!AMR", "AMR"),
        (b".snd", "Sun audio (.au)"),
        (b"FORM", "AIFF"),
        (b"RIFX", "big-endian WAV"),
    ];
    const OTHER: [(&[u8], &str); 5] = [
        (b"\x1f\x8b", "a gzip archive"),
        (b"PK\x03\x04", "a zip archive"),
        (b"%PDF", "a PDF document"),
        (b"\x89PNG", "an image"),
        (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    ];
    if let Some((_, name)) = SOUND.iter().find(|(start, _)| bytes.starts_with(start)) {
        return Some(AudioError::Unsupported((*name).to_owned()));
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        return Some(AudioError::Unsupported("MP4".to_owned()));
    }
    if let Some((_, name)) = OTHER.iter().find(|(start, _)| bytes.starts_with(start)) {
        return Some(AudioError::NotAudio(name));
    }
    // Text may start with a byte order mark.
    match bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start() {
        [b'{' | b'[', ..] => Some(AudioError::NotAudio("a JSON response")),
        [b'<', ..] => Some(AudioError::NotAudio("a web page")),
        [] => Some(AudioError::Empty),
        _ => None,
    }
}
