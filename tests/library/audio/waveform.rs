//! What a recording looks like.

use std::ops::Range;
use std::time::Duration;

use proptest::prelude::*;
use vmail::audio::{Waveform, decode};

use crate::audio::support::{Random, file, level, pcm, silence, tone};

/// Two seconds of tone, one and a half of nothing, one of tone, with noise on the line.
fn speech(noise: f32) -> Waveform {
    let mut samples = [tone(300.0, 2.0, 0.4), silence(1.5), tone(300.0, 1.0, 0.4)].concat();
    let mut random = Random::new(1);
    for sample in &mut samples {
        *sample += (random.below(20_001) as f32 / 10_000.0 - 1.0) * noise;
    }
    Waveform::new(&pcm(samples))
}

fn near(silence: &Range<u32>, expected: Range<u32>) -> bool {
    silence.start.abs_diff(expected.start) <= 20 && silence.end.abs_diff(expected.end) <= 20
}

#[test]
fn silence_is_found_by_what_the_voice_is_and_leaves_a_breath() {
    for noise in [0.0, 0.001, 0.01] {
        let waveform = speech(noise);
        let [found] = waveform.silences() else { panic!("{noise}: {:?}", waveform.silences()) };
        assert!(near(found, 2_100..3_400), "{noise}: {found:?}");
        assert_eq!(waveform.silence(), Duration::from_millis(u64::from(found.end - found.start)));
    }
    assert!(speech(0.2).silences().is_empty(), "noise that is nearly as loud as the voice");
}

#[test]
fn a_pause_for_breath_is_no_silence() {
    let with = |seconds| {
        let samples = [tone(300.0, 1.0, 0.4), silence(seconds), tone(300.0, 1.0, 0.4)].concat();
        Waveform::new(&pcm(samples)).silences().len()
    };
    assert_eq!([with(0.0), with(0.35), with(0.45)], [0, 0, 1]);
}

#[test]
fn a_quiet_caller_is_not_silence() {
    let loud = speech(0.0);
    let samples: Vec<f32> = [tone(300.0, 2.0, 0.4), silence(1.5), tone(300.0, 1.0, 0.4)].concat();
    let quiet = Waveform::new(&pcm(samples.iter().map(|sample| sample * 0.01).collect()));
    assert_eq!(quiet.silences(), loud.silences());
    assert_eq!(quiet.thumbnail(10), loud.thumbnail(10));
}

#[test]
fn a_recording_of_nothing_is_one_silence() {
    let waveform = Waveform::new(&pcm(silence(3.0)));
    assert_eq!(waveform.silences().to_vec(), vec![std::ops::Range { start: 100, end: 2_900 }]);
    assert_eq!(waveform.loudness(), None);
    assert_eq!(waveform.thumbnail(10), [0; 10]);
    assert_eq!(waveform.columns(20, 8), [0; 20]);
}

#[test]
fn the_voice_is_as_loud_as_its_own_parts() {
    let loudness = speech(0.0).loudness().unwrap();
    let expected = level(&tone(300.0, 1.0, 0.4));
    assert!((loudness - expected).abs() < 0.3, "{loudness} is not {expected}");
}

#[test]
fn columns_show_where_it_is_loud() {
    let samples = [tone(300.0, 1.0, 0.1), silence(1.0), tone(300.0, 2.0, 0.4)].concat();
    let waveform = Waveform::new(&pcm(samples));
    let columns = waveform.columns(8, 12);
    assert_eq!(columns[2..4], [0, 0]);
    assert_eq!(columns[4..], [12; 4]);
    assert!(columns[..2].iter().all(|dots| (5..=7).contains(dots)), "{columns:?}");
    assert_eq!(waveform.silent_columns(8), [false, false, true, true, false, false, false, false]);
    // More columns than there are peaks, and none at all.
    assert_eq!(waveform.columns(1_000, 12).len(), 1_000);
    assert_eq!((waveform.columns(0, 12).len(), waveform.columns(9, 0)), (0, vec![0; 9]));
    assert!(waveform.silent_columns(0).is_empty());
}

#[test]
fn a_thumbnail_has_steps_of_equal_amplitude() {
    let part = |decibels: f32| tone(300.0, 1.0, 0.5 * 10_f32.powf(decibels / 20.0));
    let samples = [part(0.0), part(-9.0), part(-17.0), part(-25.0), part(-60.0)].concat();
    assert_eq!(Waveform::new(&pcm(samples)).thumbnail(5), [8, 3, 1, 0, 0]);
}

#[test]
fn speech_has_pauses_and_a_shape() {
    let waveform = Waveform::new(&decode(&file("assets/demo/hello.mp3")).unwrap());
    assert_eq!(waveform.encoding().to_string(), "8 kHz mono MP3");
    assert!(!waveform.is_cut());
    assert_eq!(waveform.silences().len(), 3, "{:?}", waveform.silences());
    let thumbnail = waveform.thumbnail(10);
    assert!(thumbnail.contains(&8) && thumbnail.contains(&0), "{thumbnail:?}");
    // Every sentence of the demo has pauses, however loud it is.
    for name in ["quiet", "loud", "invoice", "outage"] {
        let bytes = file(&format!("assets/demo/{name}.mp3"));
        let waveform = Waveform::new(&decode(&bytes).unwrap());
        let part = waveform.silence().as_secs_f64() / waveform.length().as_secs_f64();
        assert!((0.03..0.5).contains(&part), "{name}: {part} of it is silence");
    }
}

#[test]
fn kept_bytes_are_few_and_those_of_a_later_version_are_not_read() {
    let waveform = speech(0.0);
    let mut bytes = waveform.to_bytes();
    assert!(bytes.len() < 300, "{} bytes", bytes.len());
    assert_eq!(Waveform::from_bytes(&bytes), Some(waveform));
    bytes[0] += 1;
    assert_eq!(Waveform::from_bytes(&bytes), None);
    assert_eq!(Waveform::from_bytes(b""), None);
}

proptest! {
    #[test]
    fn bytes_there_and_back(parts in prop::collection::vec((0_u32..12_000, 0.0_f32..1.0), 1..12)) {
        let samples: Vec<f32> =
            parts.iter().flat_map(|(length, level)| std::iter::repeat_n(*level, *length as usize + 1)).collect();
        let waveform = Waveform::new(&pcm(samples));
        prop_assert_eq!(Waveform::from_bytes(&waveform.to_bytes()), Some(waveform));
    }

    #[test]
    fn damaged_bytes_are_refused_or_harmless(at in 0_usize..400, value: u8, end in 0_usize..400) {
        let mut bytes = speech(0.0).to_bytes();
        let at = at % bytes.len();
        bytes[at] = value;
        bytes.truncate(end.max(1));
        if let Some(waveform) = Waveform::from_bytes(&bytes) {
            prop_assert_eq!(waveform.to_bytes(), bytes);
            prop_assert!(waveform.columns(30, 8).iter().all(|dots| *dots <= 8));
            prop_assert!(waveform.thumbnail(10).iter().all(|step| *step <= 8));
        }
    }
}
