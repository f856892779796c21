//! The format of a recording, by its content. One detector for what is received and for what is decoded.

use serde::{Deserialize, Serialize};

use crate::audio::AudioError;

/// The format of a recording, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AudioFormat {
    /// MPEG audio, layer III.
    Mp3,
    /// RIFF WAVE, with samples of any kind.
    Wav,
}

impl AudioFormat {
    /// All formats.
    pub const ALL: [AudioFormat; 2] = [AudioFormat::Mp3, AudioFormat::Wav];

    /// Returns the usual file name extension, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            AudioFormat::Mp3 => "mp3",
            AudioFormat::Wav => "wav",
        }
    }

    /// Returns its media type, as browsers know it.
    pub fn media_type(self) -> &'static str {
        match self {
            AudioFormat::Mp3 => "audio/mpeg",
            AudioFormat::Wav => "audio/wav",
        }
    }

    /// Detects the format by the first 12 bytes or more; `None` if unknown.
    pub fn detect(start: &[u8]) -> Option<AudioFormat> {
        match start {
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Some(AudioFormat::Wav),
            [b'I', b'D', b'3', ..] => Some(AudioFormat::Mp3),
            // A frame header: eleven sync bits, layer III, and a valid version, bit rate and sample
            // rate.
            [0xff, version, rates, ..]
                if version & 0xe6 == 0xe2
                    && version & 0x18 != 0x08
                    && rates & 0xf0 != 0xf0
                    && rates & 0x0c != 0x0c =>
            {
                Some(AudioFormat::Mp3)
            }
            _ => None,
        }
    }
}

/// Returns what is in place of an mp3 or a WAV, by its first bytes. No mp3 starts with any of these.
pub(super) fn foreign(bytes: &[u8]) -> Option<AudioError> {
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
    if let Some(riff) = bytes.strip_prefix(b"RIFF") {
        return Some(match riff.get(4..8) {
            Some(_) => AudioError::NotAudio("another kind of RIFF file"),
            None => AudioError::Damaged,
        });
    }
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

#[cfg(test)]
mod tests {
    use super::AudioFormat::{self, Mp3, Wav};

    #[test]
    fn audio_is_detected_by_its_first_bytes() {
        for (start, format) in [
            (b"RIFF\x24\0\0\0WAVEfmt " as &[u8], Some(Wav)),
            (b"RIFF\x24\0\0\0AVI LIST", None),
            (b"ID3\x04\0\0\0\0\0\x23TSSE", Some(Mp3)),
            (b"\xff\xfb\x90\x64\0\0\0\0\0\0\0\0", Some(Mp3)),
            (b"\xff\xe3\x18\xc4\0\0\0\0\0\0\0\0", Some(Mp3)),
            // An invalid version, layer, bit rate and sample rate, in this order.
            (b"\xff\xeb\x90\x64\0\0\0\0\0\0\0\0", None),
            (b"\xff\xf1\x50\x80\0\0\0\0\0\0\0\0", None),
            (b"\xff\xfb\xf0\x64\0\0\0\0\0\0\0\0", None),
            (b"\xff\xfb\x9c\x64\0\0\0\0\0\0\0\0", None),
            (b"OggS\0\x02\0\0\0\0\0\0", None),
            (b"\xff\xfe{\0", None),
            (b"", None),
        ] {
            assert_eq!(AudioFormat::detect(start), format, "{start:?}");
        }
    }
}
