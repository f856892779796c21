//! The format of a recording, such as MP3, by its content. One detector for what is received and for what is
//! decoded.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::audio::mp3::frames::{self, Header, JUNK_MAX};
use crate::audio::{AudioError, wav};

/// The format of a recording. vmail plays the first two; the others can be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AudioFormat {
    /// MPEG audio, layer III.
    Mp3,
    /// RIFF WAVE, with samples of any kind.
    Wav,
    /// Advanced Audio Coding, without a container.
    Aac,
    /// Apple's AIFF and AIFF-C.
    Aiff,
    /// AMR, narrowband or wideband.
    Amr,
    /// Sun's.
    Au,
    /// Apple's Core Audio.
    Caf,
    /// Free Lossless Audio Codec.
    Flac,
    /// MPEG audio, layer II.
    Mp2,
    /// MPEG-4 and its relatives: M4A, 3GP, MOV.
    Mp4,
    /// Ogg, with Vorbis, Opus or Speex.
    Ogg,
    /// Sony's Wave64.
    W64,
    /// Matroska, and its kind for the web.
    Webm,
    /// Windows Media.
    Wma,
}

impl AudioFormat {
    /// All formats.
    pub const ALL: [AudioFormat; 14] = [
        AudioFormat::Mp3,
        AudioFormat::Wav,
        AudioFormat::Aac,
        AudioFormat::Aiff,
        AudioFormat::Amr,
        AudioFormat::Au,
        AudioFormat::Caf,
        AudioFormat::Flac,
        AudioFormat::Mp2,
        AudioFormat::Mp4,
        AudioFormat::Ogg,
        AudioFormat::W64,
        AudioFormat::Webm,
        AudioFormat::Wma,
    ];

    /// How many bytes are enough to detect a format: junk, and frames after it.
    pub const ENOUGH: usize = JUNK_MAX + (8 << 10);

    /// Returns the format's usual file name extension, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            AudioFormat::Mp3 => "mp3",
            AudioFormat::Wav => "wav",
            AudioFormat::Aac => "aac",
            AudioFormat::Aiff => "aiff",
            AudioFormat::Amr => "amr",
            AudioFormat::Au => "au",
            AudioFormat::Caf => "caf",
            AudioFormat::Flac => "flac",
            AudioFormat::Mp2 => "mp2",
            AudioFormat::Mp4 => "m4a",
            AudioFormat::Ogg => "ogg",
            AudioFormat::W64 => "w64",
            AudioFormat::Webm => "webm",
            AudioFormat::Wma => "wma",
        }
    }

    /// Returns the format's media type, as browsers know it.
    pub fn media_type(self) -> &'static str {
        match self {
            AudioFormat::Mp3 | AudioFormat::Mp2 => "audio/mpeg",
            AudioFormat::Wav => "audio/wav",
            AudioFormat::Aac => "audio/aac",
            AudioFormat::Aiff => "audio/aiff",
            AudioFormat::Amr => "audio/amr",
            AudioFormat::Au => "audio/basic",
            AudioFormat::Caf => "audio/x-caf",
            AudioFormat::Flac => "audio/flac",
            AudioFormat::Mp4 => "audio/mp4",
            AudioFormat::Ogg => "audio/ogg",
            AudioFormat::W64 => "audio/x-w64",
            AudioFormat::Webm => "audio/webm",
            AudioFormat::Wma => "audio/x-ms-wma",
        }
    }

    /// Detects the format of a recording by its start, and where in it the recording begins. Up to 64 KiB
    /// of something else may come before an MP3 or a WAV: an empty line that a script printed, zeros, or
    /// the rest of a frame. `None` if it is unknown, or if more bytes are needed: [`AudioFormat::ENOUGH`],
    /// or all that there are. `is_whole` says that these are all.
    pub fn detect(start: &[u8], is_whole: bool) -> Option<(AudioFormat, usize)> {
        // Tags are an mp3's, but others have them as well.
        let tags = start.len() - frames::after_tags(start).len();
        if let Some(format) = by_start(&start[tags..], is_whole) {
            return Some((format, if format == AudioFormat::Wav { tags } else { 0 }));
        }
        if start.starts_with(b"ID3") {
            return Some((AudioFormat::Mp3, 0));
        }
        let last = start.len().min(JUNK_MAX);
        (1..last).find_map(|at| match start[at] {
            b'R' | b'W' | b'B' if wav::begins(&start[at..]) => Some((AudioFormat::Wav, at)),
            b'I' if start[at..].starts_with(b"ID3") && frames::tag_length(&start[at..]).is_some() => {
                Some((AudioFormat::Mp3, at))
            }
            0xff if Header::parse(&start[at..]).is_some_and(Header::is_layer3)
                && frames::begins_at(start, at, is_whole) =>
            {
                Some((AudioFormat::Mp3, at))
            }
            _ => None,
        })
    }
}

impl fmt::Display for AudioFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AudioFormat::Mp3 => "MP3",
            AudioFormat::Wav => "WAV",
            AudioFormat::Aac => "AAC",
            AudioFormat::Aiff => "AIFF",
            AudioFormat::Amr => "AMR",
            AudioFormat::Au => "Sun audio (.au)",
            AudioFormat::Caf => "Core Audio (.caf)",
            AudioFormat::Flac => "FLAC",
            AudioFormat::Mp2 => "MP2 (MPEG layer II)",
            AudioFormat::Mp4 => "MP4 (.m4a)",
            AudioFormat::Ogg => "Ogg",
            AudioFormat::W64 => "Wave64",
            AudioFormat::Webm => "WebM",
            AudioFormat::Wma => "Windows Media (.wma)",
        })
    }
}

/// Detects a format by the very first bytes.
fn by_start(bytes: &[u8], is_whole: bool) -> Option<AudioFormat> {
    const STARTS: [(&[u8], AudioFormat); 8] = [
        (b"OggS", AudioFormat::Ogg),
        (b"fLaC", AudioFormat::Flac),
        (b"#!AMR", AudioFormat::Amr),
        (b".snd", AudioFormat::Au),
        (b"caff", AudioFormat::Caf),
        (b"riff\x2e\x91\xcf\x11", AudioFormat::W64),
        (b"\x1a\x45\xdf\xa3", AudioFormat::Webm),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", AudioFormat::Wma),
    ];
    if let Some((_, format)) = STARTS.iter().find(|(start, _)| bytes.starts_with(start)) {
        return Some(*format);
    }
    match bytes {
        _ if wav::begins(bytes) => Some(AudioFormat::Wav),
        [b'F', b'O', b'R', b'M', _, _, _, _, b'A', b'I', b'F', b'F' | b'C', ..] => Some(AudioFormat::Aiff),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some(AudioFormat::Mp4),
        // A frame header: eleven sync bits, layer III, and a valid version, bit rate and sample rate.
        [0xff, version, rates, ..]
            if version & 0xe6 == 0xe2
                && version & 0x18 != 0x08
                && rates & 0xf0 != 0xf0
                && rates & 0x0c != 0x0c =>
        {
            Some(AudioFormat::Mp3)
        }
        _ if Header::parse(bytes).is_some() && frames::begins_at(bytes, 0, is_whole) => {
            Some(AudioFormat::Mp2)
        }
        _ if is_aac(bytes) => Some(AudioFormat::Aac),
        _ => None,
    }
}

/// Returns whether two frames of AAC follow each other (ADTS: ISO/IEC 13818-7, section 6.2).
fn is_aac(bytes: &[u8]) -> bool {
    let length = |at: usize| match bytes.get(at..) {
        Some(&[0xff, kind, _, a, b, c, ..]) if kind & 0xf6 == 0xf0 => {
            Some(usize::from(a & 3) << 11 | usize::from(b) << 3 | usize::from(c >> 5))
        }
        _ => None,
    };
    length(0).is_some_and(|first| first >= 7 && length(first).is_some())
}

/// Returns an error that says what is in place of a recording, by its first bytes.
pub(super) fn otherwise(bytes: &[u8]) -> AudioError {
    const OTHER: [(&[u8], &str); 7] = [
        (b"\x1f\x8b", "a gzip archive"),
        (b"PK\x03\x04", "a zip archive"),
        (b"%PDF", "a PDF document"),
        (b"\x89PNG", "an image"),
        (b"\xff\xd8\xff", "an image"),
        (b"\x28\xb5\x2f\xfd", "a zstd archive"),
        (b"MThd", "a MIDI file"),
    ];
    match bytes.strip_prefix(b"RIFF").map(|riff| riff.get(4..8)) {
        Some(Some(b"WAVE") | None) => return AudioError::Damaged,
        Some(Some(_)) => return AudioError::NotAudio("another kind of RIFF file"),
        None => {}
    }
    if let Some((_, name)) = OTHER.iter().find(|(start, _)| bytes.starts_with(start)) {
        return AudioError::NotAudio(name);
    }
    // Text may start with a byte order mark.
    match bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start() {
        [b'{' | b'[', ..] => AudioError::NotAudio("a JSON response"),
        [b'<', ..] => AudioError::NotAudio("a web page"),
        [] => AudioError::Empty,
        _ => AudioError::NotAudio("data that is neither MP3 nor WAV"),
    }
}

#[cfg(test)]
mod tests {
    use super::AudioFormat;
    use super::AudioFormat::{Aac, Aiff, Amr, Au, Flac, Mp2, Mp3, Mp4, Ogg, W64, Wav, Webm, Wma};

    fn detect(start: &[u8]) -> Option<AudioFormat> {
        AudioFormat::detect(start, true).map(|(format, _)| format)
    }

    #[test]
    fn audio_is_detected_by_its_first_bytes() {
        for (start, format) in [
            (b"RIFF\x24\0\0\0WAVEfmt " as &[u8], Some(Wav)),
            (b"RIFX\0\0\0\x24WAVEfmt ", Some(Wav)),
            (b"RF64\xff\xff\xff\xffWAVEds64", Some(Wav)),
            (b"RIFF\x24\0\0\0AVI LIST", None),
            (b"ID3\x04\0\0\0\0\0\x23TSSE", Some(Mp3)),
            (b"ID3\x04\0\0\0\0\0\x01TfLaC", Some(Flac)),
            (b"\xff\xfb\x90\x64\0\0\0\0\0\0\0\0", Some(Mp3)),
            (b"\xff\xe3\x18\xc4\0\0\0\0\0\0\0\0", Some(Mp3)),
            // An invalid version, bit rate and sample rate, in this order.
            (b"\xff\xeb\x90\x64\0\0\0\0\0\0\0\0", None),
            (b"\xff\xfb\xf0\x64\0\0\0\0\0\0\0\0", None),
            (b"\xff\xfb\x9c\x64\0\0\0\0\0\0\0\0", None),
            (b"OggS\0\x02\0\0\0\0\0\0", Some(Ogg)),
            (b"#!AMR-WB\n", Some(Amr)),
            (b".snd\0\0\0\x18", Some(Au)),
            (b"FORM\0\0\0\x10AIFCFVER", Some(Aiff)),
            (b"FORM\0\0\0\x10ILBMBMHD", None),
            (b"\0\0\0\x1cftypM4A \0\0", Some(Mp4)),
            (b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb", Some(W64)),
            (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81", Some(Webm)),
            (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Some(Wma)),
            (&b"\xff\xf1\x50\x80\x00\xff\xfc".repeat(2), Some(Aac)),
            (&[b"\xff\xfd\x14\xc4".to_vec(), vec![0; 92]].concat().repeat(3), Some(Mp2)),
            (b"\xff\xfe{\0", None),
            (b"", None),
        ] {
            assert_eq!(detect(start), format, "{}", start.escape_ascii());
        }
    }

    /// Silent frames of 72 bytes each, as telephone systems write them.
    fn frames(count: usize) -> Vec<u8> {
        [b"\xff\xe3\x18\xc4".to_vec(), vec![0; 68]].concat().repeat(count)
    }

    #[test]
    fn an_mp3_is_found_behind_64_kib_of_something_else_and_no_more() {
        for (junk, count, format) in [
            (b"\r\n".to_vec(), 9, Some((Mp3, 2))),
            (vec![0; 65_000], 9, Some((Mp3, 65_000))),
            (vec![0; 65_536], 9, None),
            (b"<br />\n<b>Warning</b>: no.php on line 3\n".to_vec(), 9, Some((Mp3, 40))),
            // Two headers may be there by chance.
            (vec![0; 100], 2, None),
        ] {
            let mut file = [junk, frames(count)].concat();
            // What follows is none.
            file.extend([0; 200]);
            assert_eq!(AudioFormat::detect(&file, true), format);
        }
        // Where more is to come, the end of what is there says nothing.
        let file = [b"\r\n".to_vec(), frames(3)].concat();
        assert_eq!(AudioFormat::detect(&file[..100], false), None);
        assert_eq!(AudioFormat::detect(&file[..100], true), Some((Mp3, 2)));
        assert_eq!(AudioFormat::detect(&file, false), Some((Mp3, 2)));
        let wav = b"\0\0\0RIFF\x24\0\0\0WAVEfmt ";
        assert_eq!(AudioFormat::detect(wav, false), Some((Wav, 3)));
    }
}
