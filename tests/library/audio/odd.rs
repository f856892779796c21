//! Recordings as other programs leave them: with junk in front, joined, without lengths.

use vmail::audio::{AudioError, AudioFormat, Codec, Pcm, decode};

use crate::audio::support::{RATE, Random, fixture, level, tone, wav, wav16};

/// What a recording is, and what it must be decoded to.
struct Case {
    name: &'static str,
    bytes: Vec<u8>,
    /// At the rate of the first frame. So many as ffmpeg 9.0.2 makes of it; where it makes others, a comment
    /// says why.
    samples: usize,
    sound: &'static str,
    /// The level of stretches, in dBFS: from and to in thousandths of the whole.
    levels: &'static [(usize, usize, f32)],
}

/// A frame of cbr.mp3: 72 bytes, 576 samples.
const FRAME: usize = 72;

/// What comes in front, with the recording behind it.
fn behind(junk: impl AsRef<[u8]>, recording: &[u8]) -> Vec<u8> {
    [junk.as_ref(), recording].concat()
}

/// The same WAV with another length of its samples in the header.
fn with_length(wav: &[u8], length: u32) -> Vec<u8> {
    let mut wav = wav.to_vec();
    wav[40..44].copy_from_slice(&length.to_le_bytes());
    wav
}

/// A second of the tone that the fixtures have.
fn second() -> Vec<u8> {
    wav16(&tone(440.0, 1.0, 0.5))
}

/// A second with the highest byte of each number first.
fn big_endian() -> Vec<u8> {
    let mut file = second();
    file[..4].copy_from_slice(b"RIFX");
    for (at, bytes) in [(4, 4), (16, 4), (20, 2), (22, 2), (24, 4), (28, 4), (32, 2), (34, 2), (40, 4)] {
        file[at..at + bytes].reverse();
    }
    file[44..].chunks_exact_mut(2).for_each(<[u8]>::reverse);
    file
}

/// A second in a file for more than 4 GiB, with a chunk behind it.
fn long_file(kind: &[u8]) -> Vec<u8> {
    let second = second();
    let data = second.len() as u64 - 44;
    let mut file = [kind, &[0xff; 4], b"WAVEds64\x1c\0\0\0"].concat();
    file.extend([(data + 100).to_le_bytes(), data.to_le_bytes(), (data / 2).to_le_bytes()].concat());
    file.extend([0; 4]);
    file.extend(&with_length(&second, u32::MAX)[12..]);
    file.extend(b"LIST\x04\0\0\0INFO");
    file
}

const TONE: &[(usize, usize, f32)] = &[(200, 800, -9.0)];

fn cases() -> Vec<Case> {
    let (cbr, vbr, stereo, wide) =
        (fixture("cbr.mp3"), fixture("vbr.mp3"), fixture("stereo.mp3"), fixture("wide.mp3"));
    let mp3 = |name, bytes, samples, levels| Case { name, bytes, samples, sound: "8 kHz mono MP3", levels };
    let pcm = |name, bytes| Case { name, bytes, samples: 8_000, sound: "8 kHz mono PCM", levels: TONE };
    let picture = [b"ID3\x03\0\0\0\x04\x00\x00".as_slice(), &b"\xff\xe3\x18\xc4".repeat(16_384)].concat();
    vec![
        mp3("CR LF in front", behind("\r\n", &cbr), 17_280, TONE),
        mp3("a warning in front", behind("<br />\n<b>Warning</b>: no.php\n", &cbr), 17_280, TONE),
        mp3("zeros in front", behind([0; 1_000], &cbr), 17_280, TONE),
        mp3("nearly 64 KiB in front", behind(vec![0; 65_000], &cbr), 17_280, TONE),
        mp3("noise in front", behind(Random::new(7).bytes(60_000), &cbr), 17_280, TONE),
        // A frame less, and that begins with bytes that are missing.
        mp3("from within a frame", cbr[30..].to_vec(), 29 * 576, TONE),
        mp3("a tag behind CR LF", behind("\r\n", &[picture, cbr.clone()].concat()), 17_280, TONE),
        mp3("zeros behind the tag", behind(b"ID3\x04\0\0\0\0\0\0", &behind([0; 500], &cbr)), 17_280, TONE),
        mp3("much behind it", behind(&cbr, &[0; 100_000]), 17_280, TONE),
        // With 175 samples that the encoder of the first put behind: its tag does not tell of the second.
        mp3("two files of a rate", [vbr.clone(), cbr.clone()].concat(), 16_000 + 175 + 17_280, TONE),
        // From here to the WAVs, tags say what the encoder put around each part. ffmpeg heeds the first
        // tag alone: 32 879, 21 359 and 37 743; and 42 095 of a lower rate.
        mp3("two tagged files", [vbr.clone(), vbr.clone()].concat(), 32_000, &[(100, 900, -9.0)]),
        // Half a second at 16 kHz.
        mp3(
            "another rate and channels",
            [vbr.clone(), wide.clone()].concat(),
            20_000,
            &[(100, 700, -9.0), (830, 970, -12.5)],
        ),
        mp3(
            "a rate between two",
            [vbr.clone(), wide.clone(), vbr].concat(),
            36_000,
            &[(50, 400, -9.0), (470, 530, -12.5), (600, 950, -9.0)],
        ),
        mp3(
            "stereo behind mono",
            [cbr.clone(), stereo.clone()].concat(),
            17_280 + 9_216,
            &[(100, 600, -9.0), (700, 900, -9.0)],
        ),
        Case {
            name: "mono behind stereo",
            bytes: [stereo, cbr.clone()].concat(),
            samples: 17_280 + 9_216,
            sound: "8 kHz stereo MP3",
            levels: &[(100, 300, -9.0), (400, 900, -9.0)],
        },
        Case {
            name: "a lower rate",
            bytes: [wide, cbr].concat(),
            samples: 8_000 + 2 * 17_280,
            sound: "16 kHz stereo MP3",
            levels: &[(50, 150, -12.5), (300, 900, -9.0)],
        },
        pcm("no length", with_length(&second(), 0)),
        pcm("a length that is not known", with_length(&second(), u32::MAX)),
        pcm("a length for a pipe", with_length(&second(), 0x7fff_f000)),
        // These two, and the one with the highest bytes first, are nothing or noise to ffmpeg.
        pcm("CR LF in front of a WAV", behind("\r\n", &second())),
        pcm("zeros in front of a WAV", behind([0; 60_000], &second())),
        pcm("RIFX", big_endian()),
        pcm("RF64", long_file(b"RF64")),
        pcm("BW64", long_file(b"BW64")),
        Case {
            name: "µ-law without a length",
            bytes: with_length(&wav(7, 1, 8, &vec![0x8f; 8_000]), 0),
            samples: 8_000,
            sound: "8 kHz mono µ-law",
            levels: &[(0, 1_000, -5.8)],
        },
    ]
}

#[test]
fn lengths_and_levels_are_right() {
    for Case { name, bytes, samples, sound, levels } in cases() {
        let pcm = decode(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((pcm.samples.len(), pcm.encoding.to_string().as_str()), (samples, sound), "{name}");
        assert!(!pcm.cut, "{name}");
        for (from, to, want) in levels {
            let heard = level(&pcm.samples[from * samples / 1_000..to * samples / 1_000]);
            assert!((heard - want).abs() < 0.5, "{name}: {heard} dBFS at {from}");
        }
    }
}

/// How well two sounds agree where `shift` samples lie between them: 1 if they are the same.
fn agreement(one: &[f32], other: &[f32]) -> f32 {
    let product: f32 = one.iter().zip(other).map(|(one, other)| one * other).sum();
    let power = |samples: &[f32]| samples.iter().map(|sample| sample * sample).sum::<f32>();
    product / (power(one) * power(other)).sqrt()
}

#[test]
fn what_is_joined_sounds_like_its_parts() {
    let alone = |name: &str| decode(&fixture(name)).unwrap().samples;
    let (vbr, wide) = (alone("vbr.mp3"), alone("wide.mp3"));
    let joined = decode(&[fixture("vbr.mp3"), fixture("wide.mp3")].concat()).unwrap().samples;
    assert!(agreement(&joined[..16_000], &vbr) > 0.9999);
    // Every other sample of twice the rate.
    let every_other: Vec<f32> = wide.iter().step_by(2).copied().collect();
    assert!(agreement(&joined[16_100..19_900], &every_other[100..3_900]) > 0.999);
}

#[test]
fn a_change_in_the_middle_of_damage_is_none() {
    // One header that says stereo: the frame is skipped, and the rest is heard.
    let mut bytes = fixture("cbr.mp3");
    bytes[10 * FRAME + 3] &= 0x3f;
    let Pcm { samples, encoding, cut } = decode(&bytes).unwrap();
    assert_eq!((samples.len(), encoding.channels, cut), (29 * 576, 1, true));
    assert_eq!(encoding.codec, Codec::Mp3);
}

#[test]
fn a_wav_without_samples_is_empty() {
    let plain = wav(1, 1, 16, &[]);
    assert_eq!(decode(&plain), Err(AudioError::Empty));
    assert_eq!(decode(&with_length(&plain, u32::MAX)), Err(AudioError::Empty));
    assert_eq!(decode(&[plain.clone(), b"LIST\x04\0\0\0INFO".to_vec()].concat()), Err(AudioError::Empty));
    // It had samples, but they did not come.
    assert_eq!(decode(&with_length(&plain, 16_000)), Err(AudioError::Damaged));
}

#[test]
fn other_audio_says_its_name() {
    let layer2 = [b"\xff\xfd\x14\xc4".to_vec(), vec![0; 92]].concat().repeat(5);
    let free = [b"\xff\xe3\x08\xc4".to_vec(), vec![0; 120]].concat().repeat(5);
    for (bytes, name) in [
        (b"OggS\0\x02\0\0\0\0\0\0".as_slice(), "Ogg"),
        (b"fLaC\0\0\0\x22", "FLAC"),
        (b"ID3\x04\0\0\0\0\0\x01TfLaC\0\0\0\x22", "FLAC"),
        (b"#!AMR\n\x3c", "AMR"),
        (b"\0\0\0\x1cftypM4A \0\0", "MP4 (.m4a)"),
        (b"FORM\0\0\0\x10AIFFCOMM", "AIFF"),
        (b".snd\0\0\0\x18", "Sun audio (.au)"),
        (b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb", "Wave64"),
        (&b"\xff\xf1\x50\x80\x00\xff\xfc".repeat(2), "AAC"),
        (&layer2, "MP2 (MPEG layer II)"),
        (&free, "free-format MP3"),
    ] {
        assert_eq!(decode(bytes), Err(AudioError::Unsupported(name.to_owned())));
    }
}

#[test]
fn more_junk_than_that_is_no_recording() {
    let far = behind(vec![0; 70_000], &fixture("cbr.mp3"));
    assert_eq!(AudioFormat::detect(&far, true), None);
    assert!(matches!(decode(&far), Err(AudioError::NotAudio(_))));
    let page = format!("<!doctype html><p>ID3 tags, RIFF and WAVE. {}", "ÿûÿã".repeat(9_000));
    for page in [page.as_bytes(), &page.chars().map(|char| char as u8).collect::<Vec<_>>()] {
        assert_eq!(decode(page), Err(AudioError::NotAudio("a web page")));
    }
}

/// A decoder for each frame, a search from each byte, tags alone: all of it ends.
#[test]
fn hostile_files_have_an_answer() {
    let (mono, wide) = (fixture("cbr.mp3"), fixture("wide.mp3"));
    let pair = [&mono[..2 * FRAME], &wide[180..180 + 2 * 108]].concat();
    let hopping = decode(&pair.repeat(500)).unwrap();
    assert_eq!((hopping.samples.len(), hopping.encoding.rate), (500 * (2 * 576 + 576), RATE));
    assert_eq!(decode(&b"\xff\xe3\x18\xc4".repeat(1 << 20)), Err(AudioError::Damaged));
    assert_eq!(decode(&b"ID3\x04\0\0\0\0\0\0".repeat(1 << 20)), Err(AudioError::Empty));
    for byte in [0, 0xff, b'I'] {
        assert!(matches!(decode(&vec![byte; 8 << 20]), Err(AudioError::NotAudio(_))));
    }
    // Half an hour in few bytes: at the rate of the first, six times as many samples.
    let high = [b"\xff\xfb\x14\xc4".to_vec(), vec![0; 92]].concat().repeat(3);
    let long = [high, mono[..FRAME].repeat(25_000)].concat();
    assert_eq!(decode(&long), Err(AudioError::TooLong));
}
