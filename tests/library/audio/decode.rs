//! Every kind of recording, and how long it is.

use std::time::Duration;

use vmail::audio::{AudioError, Codec, MAX_BYTES, Pcm, decode};

use crate::audio::support::{RATE, file, fixture, frequency, level, pcm, recordings, tone, wav, wav16};

/// A fixture, and that it holds the tone that was recorded in it.
fn decode_tone(name: &str) -> Pcm {
    let pcm = decode(&fixture(name)).unwrap();
    assert!(!pcm.cut, "{name} is whole");
    assert_eq!(pcm.encoding.rate, RATE, "{name}");
    let middle = &pcm.samples[pcm.samples.len() / 4..pcm.samples.len() * 3 / 4];
    let heard = frequency(middle);
    assert!((heard - 440.0).abs() < 1.0, "{name}: {heard} Hz");
    assert!((level(middle) + 9.0).abs() < 1.0, "{name}: {} dBFS", level(middle));
    pcm
}

#[test]
fn a_tagged_mp3_is_as_long_as_what_was_recorded() {
    let pcm = decode_tone("vbr.mp3");
    assert_eq!((pcm.samples.len(), pcm.length()), (16_000, Duration::from_secs(2)));
}

#[test]
fn an_untagged_mp3_is_as_long_as_its_frames() {
    for (name, frames, sound) in [
        ("cbr.mp3", 30, "8 kHz mono MP3"),
        ("id3v1.mp3", 30, "8 kHz mono MP3"),
        ("stereo.mp3", 16, "8 kHz stereo MP3"),
    ] {
        let pcm = decode_tone(name);
        assert_eq!((pcm.samples.len(), pcm.encoding.to_string().as_str()), (frames * 576, sound), "{name}");
    }
    let pcm = decode(&fixture("vbr-untagged.mp3")).unwrap();
    assert!(!pcm.cut && (2.0..2.3).contains(&pcm.length().as_secs_f64()), "{:?}", pcm.length());
}

#[test]
fn the_demo_is_as_long_as_it_says() {
    let readme = String::from_utf8(file("assets/demo/README.md")).unwrap();
    let mut seen = 0;
    for path in recordings().iter().filter(|path| path.to_string_lossy().contains("demo")) {
        let name = path.file_name().unwrap().to_string_lossy();
        let row = readme.lines().find(|line| line.starts_with(&format!("| `{name}`"))).unwrap();
        let seconds: f64 = row.split('|').nth(2).unwrap().trim().parse().unwrap();
        let pcm = decode(&std::fs::read(path).unwrap()).unwrap();
        // An mp3 without a tag has what the encoder put around the sound, up to three frames of it.
        let more = pcm.length().as_secs_f64() - seconds;
        assert!((-0.05..0.22).contains(&more), "{name}: {:?}", pcm.length());
        assert!(!pcm.cut, "{name}");
        seen += 1;
    }
    assert_eq!(seen, 13);
}

#[test]
fn g711_is_decoded() {
    let pcm = decode_tone("a-law.wav");
    assert_eq!((pcm.samples.len(), pcm.encoding.to_string().as_str()), (3_200, "8 kHz mono A-law"));
    let pcm = decode(&file("assets/demo/front-desk.wav")).unwrap();
    assert_eq!(pcm.encoding.codec, Codec::MuLaw);
}

#[test]
fn pcm_of_every_width_holds_the_same_tone() {
    let tone = tone(440.0, 0.5, 0.5);
    let samples = |make: &dyn Fn(f32) -> Vec<u8>| -> Vec<u8> { tone.iter().flat_map(|s| make(*s)).collect() };
    let files = [
        (wav(1, 1, 8, &samples(&|s| vec![(s * 127.0 + 128.0) as u8])), 0.016),
        (wav16(&tone), 1e-4),
        (wav(1, 1, 24, &samples(&|s| ((s * 8_388_607.0) as i32).to_le_bytes()[..3].to_vec())), 1e-6),
        (
            wav(1, 1, 32, &samples(&|s| ((f64::from(s) * 2_147_483_647.0) as i32).to_le_bytes().to_vec())),
            1e-6,
        ),
        (wav(3, 1, 32, &samples(&|s| s.to_le_bytes().to_vec())), 0.0),
        // Two channels that are the same, and two that are opposite.
        (wav(3, 2, 32, &samples(&|s| [s.to_le_bytes(), s.to_le_bytes()].concat())), 0.0),
    ];
    for (file, tolerance) in files {
        let decoded = decode(&file).unwrap();
        assert_eq!(decoded.samples.len(), tone.len());
        assert_eq!(decoded.length(), Duration::from_millis(500));
        let off = decoded.samples.iter().zip(&tone).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(off <= tolerance, "{:?} is off by {off}", decoded.encoding);
    }
    let opposite = wav(3, 2, 32, &samples(&|s| [s.to_le_bytes(), (-s).to_le_bytes()].concat()));
    assert_eq!(decode(&opposite).unwrap().samples, vec![0.0; tone.len()]);
}

#[test]
fn numbers_that_are_none_are_silence() {
    let data = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 3.0].map(f32::to_le_bytes).concat();
    assert_eq!(decode(&wav(3, 1, 32, &data)).unwrap().samples, [0.0, 1.0, -1.0, 1.0]);
}

#[test]
fn telephone_systems_write_odd_headers() {
    let plain = wav16(&tone(440.0, 0.5, 0.5));
    let whole = decode(&plain).unwrap();
    // Other chunks before and behind, one of them of an odd length.
    let mut chunky = plain[..12].to_vec();
    chunky.extend(b"bext\x03\x00\x00\x00abc\0");
    chunky.extend(&plain[12..]);
    chunky.extend(b"LIST\x04\x00\x00\x00INFO");
    assert_eq!(decode(&chunky).unwrap(), whole);
    // Written to a pipe, where the length is not known.
    let mut piped = plain.clone();
    piped[4..8].fill(0xff);
    piped[40..44].fill(0xff);
    assert_eq!(decode(&piped).unwrap(), whole);
    // An mp3 in a WAV.
    let wrapped = decode(&wav(0x55, 1, 0, &fixture("vbr.mp3"))).unwrap();
    assert_eq!(wrapped, decode(&fixture("vbr.mp3")).unwrap());
    // "Extensible": the coding stands behind.
    let mut extensible = plain[..16].to_vec();
    extensible.extend(b"\x28\x00\x00\x00\xfe\xff");
    extensible.extend(&plain[22..36]);
    extensible.extend(
        b"\x16\x00\x10\x00\x04\x00\x00\x00\x01\x00\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71",
    );
    extensible.extend(&plain[36..]);
    assert_eq!(decode(&extensible).unwrap(), whole);
}

#[test]
fn a_cut_recording_gives_what_is_there() {
    let whole = wav16(&tone(440.0, 2.0, 0.5));
    let cut = decode(&whole[..44 + 16_000]).unwrap();
    assert_eq!((cut.length(), cut.cut), (Duration::from_secs(1), true));

    // One that says how long it is, and one that is cut within a frame.
    for name in ["vbr.mp3", "cbr.mp3"] {
        let bytes = fixture(name);
        let cut = decode(&bytes[..bytes.len() / 2 - 9]).unwrap();
        assert!(cut.cut && (0.5..1.1).contains(&cut.length().as_secs_f64()), "{name}: {:?}", cut.length());
    }

    // A hole in the middle: what is behind it is still heard.
    let mut bytes = fixture("vbr.mp3");
    bytes[1_500..1_600].fill(0);
    let holed = decode(&bytes).unwrap();
    assert!(holed.cut && (1.7..2.0).contains(&holed.length().as_secs_f64()), "{:?}", holed.length());
}

#[test]
fn what_cannot_be_played_says_its_name() {
    let unsupported = |bytes: &[u8]| match decode(bytes) {
        Err(AudioError::Unsupported(name)) => name,
        other => panic!("{other:?}"),
    };
    assert_eq!(unsupported(&fixture("gsm.wav")), "GSM 6.10");
    assert_eq!(unsupported(&fixture("ima-adpcm.wav")), "IMA ADPCM");
    assert_eq!(unsupported(&wav(0x83, 1, 0, &[0; 20])), "G.729");
    assert_eq!(unsupported(&wav(0x7777, 1, 0, &[0; 20])), "WAV with codec 0x7777");
    assert_eq!(unsupported(&wav(1, 1, 12, &[0; 20])), "12-bit WAV");
    assert_eq!(unsupported(b"OggS\0\x02rest"), "Ogg");
    assert_eq!(unsupported(b"#!AMR\n\x3c"), "AMR");
    let message = decode(&fixture("gsm.wav")).unwrap_err().to_string();
    assert_eq!(message, "unsupported audio format: GSM 6.10");
}

#[test]
fn what_is_no_recording_says_what_it_is() {
    let json = br#"{"code":404,"status":"error"}"#;
    let page = "\u{feff}\n<!DOCTYPE html><html><body>Not found</body></html>".as_bytes();
    for (bytes, error) in [
        (&b""[..], AudioError::Empty),
        (b"\r\n \n", AudioError::Empty),
        (json, AudioError::NotAudio("a JSON response")),
        (page, AudioError::NotAudio("a web page")),
        (b"\x1f\x8b\x08\0\0\0\0\0", AudioError::NotAudio("a gzip archive")),
        (b"Not found, sorry.", AudioError::NotAudio("data that is neither MP3 nor WAV")),
        (b"RIFF\x04\0\0\0AVI ", AudioError::NotAudio("another kind of RIFF file")),
        (b"ID3\x03\0\0\0\0\0\x04abcd", AudioError::Empty),
        (b"\xff\xe3\x18\xc4\0\0", AudioError::Damaged),
        (b"RIFF", AudioError::Damaged),
        (b"RIFF\x04\0\0\0WAVE", AudioError::Damaged),
        (&wav(1, 0, 16, &[0; 8]), AudioError::Damaged),
        (&wav(1, 1, 16, &[]), AudioError::Empty),
    ] {
        assert_eq!(decode(bytes), Err(error), "{}", bytes.escape_ascii());
    }
}

#[test]
fn what_is_too_much_is_refused() {
    assert_eq!(decode(&vec![0xff; MAX_BYTES + 1]), Err(AudioError::TooLarge));
    // An hour and a half of every channel, and two hours and three minutes of one, in few bytes.
    assert_eq!(decode(&wav(7, 1, 8, &vec![0xff; 59_000_000])), Err(AudioError::TooLong));
    let frame = &fixture("cbr.mp3")[..72];
    let long = frame.repeat(102_000);
    assert_eq!(decode(&long), Err(AudioError::TooLong));
}

#[test]
fn the_length_is_that_of_the_samples() {
    assert_eq!(pcm(vec![0.0; 12_345]).length(), Duration::from_micros(1_543_125));
}
