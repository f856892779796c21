//! What is heard: speed, pitch, silence, position, level, and that nothing clicks.

use std::sync::Arc;
use std::time::Duration;

use vmail::audio::{Reader, SPEEDS, Waveform, decode};

use crate::audio::support::{RATE, file, frequency, largest_step, level, pcm, silence, tone};

fn reader(samples: Vec<f32>) -> Reader {
    let pcm = pcm(samples);
    let waveform = Waveform::new(&pcm);
    let mut reader = Reader::new(Arc::new(pcm), &waveform);
    reader.set_auto_level(false);
    // The gain is on its way to 1 for some milliseconds: let it arrive.
    reader.fill(&mut [0.0; 800]);
    reader.seek(Duration::ZERO);
    reader
}

/// All that is left, pulled as a player does.
fn rest(reader: &mut Reader) -> Vec<f32> {
    let mut all = Vec::new();
    let mut some = [0.0; 333];
    loop {
        let filled = reader.fill(&mut some);
        all.extend(&some[..filled]);
        if filled < some.len() {
            return all;
        }
    }
}

fn take(reader: &mut Reader, samples: usize) -> Vec<f32> {
    let mut some = vec![0.0; samples];
    assert_eq!(reader.fill(&mut some), samples);
    some
}

fn seconds(samples: usize) -> f64 {
    samples as f64 / f64::from(RATE)
}

fn millis(reader: &Reader) -> f64 {
    reader.position().as_secs_f64() * 1_000.0
}

#[test]
fn at_its_own_speed_it_is_as_it_was_recorded() {
    let original = [tone(300.0, 1.0, 0.4), tone(700.0, 0.51, 0.3)].concat();
    let mut reader = reader(original.clone());
    let heard = rest(&mut reader);
    assert_eq!(heard.len(), original.len());
    // But for the first frame, under which what was there before the seek fades out.
    let off = heard.iter().zip(&original).skip(120).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(off < 1e-4, "{off}");
    assert_eq!(reader.position(), reader.length());
    assert_eq!(reader.fill(&mut [0.0; 10]), 0);
    assert_eq!(reader.left(), Duration::ZERO);
}

#[test]
fn every_speed_has_its_length_and_keeps_the_pitch() {
    for hertz in [110.0, 220.0, 440.0, 1_000.0, 2_345.0] {
        for speed in SPEEDS {
            let mut reader = reader(tone(hertz, 4.0, 0.5));
            reader.set_speed(speed);
            let expected = 4.0 / f64::from(speed);
            assert!((reader.left().as_secs_f64() - expected).abs() < 0.01);
            let heard = rest(&mut reader);
            let ratio = seconds(heard.len()) / expected;
            assert!((ratio - 1.0).abs() < 0.01, "{hertz} Hz at {speed}: {ratio} of the length");
            let middle = &heard[RATE as usize / 5..heard.len() - RATE as usize / 5];
            let pitch = frequency(middle) / hertz;
            assert!((pitch - 1.0).abs() < 0.005, "{hertz} Hz at {speed}: {pitch} of the pitch");
            let quieter = level(middle) - level(&tone(hertz, 1.0, 0.5));
            assert!(quieter.abs() < 1.0, "{hertz} Hz at {speed}: {quieter} dB");
        }
    }
}

#[test]
fn speech_keeps_its_level_at_every_speed() {
    let pcm = Arc::new(decode(&file("assets/demo/appointment.mp3")).unwrap());
    let waveform = Waveform::new(&pcm);
    for speed in SPEEDS {
        let mut reader = Reader::new(Arc::clone(&pcm), &waveform);
        reader.set_auto_level(false);
        reader.set_speed(speed);
        let heard = rest(&mut reader);
        let off = level(&heard) - level(&pcm.samples);
        assert!(off.abs() < 1.0, "{off} dB at {speed}");
    }
}

#[test]
fn speeds_outside_are_brought_inside() {
    let mut reader = reader(tone(440.0, 1.0, 0.5));
    let speeds = [9.0, 0.1, f32::NAN, 1.1].map(|speed| {
        reader.set_speed(speed);
        reader.speed().to_string()
    });
    assert_eq!(speeds, ["2.5", "0.75", "0.75", "1.1"]);
}

/// A recording that tells where it is: each second has a tone of its own.
fn steps() -> Vec<f32> {
    (0..8).flat_map(|second| tone(200.0 + f64::from(second) * 100.0, 1.0, 0.5)).collect()
}

#[test]
fn a_seek_lands_within_a_millisecond() {
    let mut reader = reader(steps());
    for speed in [1.0, 1.75] {
        reader.set_speed(speed);
        for target in [6_500, 1_250, 3_333, 0, 7_200] {
            reader.seek(Duration::from_millis(target));
            assert!((millis(&reader) - target as f64).abs() < 1.0);
            take(&mut reader, 130);
            let tone = frequency(&take(&mut reader, 1_200));
            let expected = 200.0 + (target / 1_000) as f64 * 100.0;
            assert!((tone - expected).abs() < 5.0, "at {target} ms: {tone} Hz");
            let passed = 1_330.0 / 8.0 * f64::from(speed);
            assert!((millis(&reader) - target as f64 - passed).abs() < 1.0, "{}", millis(&reader));
        }
    }
    // Sample for sample: where an edge was recorded, there it is heard.
    let mut edge = silence(1.0);
    edge.extend(tone(400.0, 1.0, 0.5));
    let mut reader = self::reader(edge);
    reader.seek(Duration::from_millis(700));
    let heard = rest(&mut reader);
    let start = heard.iter().skip(200).position(|sample| sample.abs() > 0.05).unwrap() + 200;
    assert!((seconds(start) - 0.3).abs() < 0.001, "{start}");
}

#[test]
fn seeks_beyond_the_ends_are_the_ends() {
    let mut reader = reader(steps());
    reader.seek(Duration::from_secs(3_600));
    assert_eq!((reader.position(), reader.fill(&mut [0.0; 9])), (reader.length(), 0));
    reader.step(-1_000);
    assert_eq!(reader.position(), Duration::from_secs(7));
    reader.step(-60_000);
    assert_eq!(reader.position(), Duration::ZERO);
    reader.step(i64::MAX);
    assert_eq!(reader.position(), reader.length());
    reader.step(i64::MIN);
    assert_eq!(rest(&mut reader).len(), 8 * RATE as usize);
}

#[test]
fn the_position_runs_with_the_recording_and_never_back() {
    let mut reader = reader(steps());
    let mut last = 0.0;
    for round in 0..90 {
        reader.set_speed(SPEEDS[round * 3 % SPEEDS.len()]);
        take(&mut reader, 250);
        let now = millis(&reader);
        let passed = now - last;
        assert!((20.0..=80.0).contains(&passed), "{passed} ms");
        last = now;
    }
}

#[test]
fn nothing_clicks() {
    let samples = [tone(300.0, 2.0, 0.5), silence(1.5), tone(310.0, 3.0, 0.5)].concat();
    // What the tone itself does from sample to sample; a crossfade of two adds a little.
    let allowed = largest_step(&samples) * 1.25;
    let mut reader = reader(samples);
    take(&mut reader, 200);
    let mut heard = Vec::new();
    for round in 0..400 {
        match round % 7 {
            0 => reader.set_speed(SPEEDS[round % SPEEDS.len()]),
            // Never to the end: what is cut off there was cut off when it was recorded.
            2 => reader.seek(Duration::from_millis((round as u64 * 1_237) % 4_000)),
            3 => reader.step(if round % 2 == 0 { 700 } else { -500 }),
            4 => reader.set_skip_silence(round % 2 == 0),
            _ => {}
        }
        heard.extend(take(&mut reader, 97));
    }
    let step = largest_step(&heard);
    assert!(step <= allowed, "a step of {step}, allowed is {allowed}");

    // A volume that jumps is heard to glide.
    let mut loud = self::reader(tone(300.0, 2.0, 0.3));
    let mut heard = take(&mut loud, 1_000);
    for volume in [0.0, 1.0, 0.2, 1.0] {
        loud.set_volume(volume);
        // Not a multiple of the tone's period: the change does not meet it at zero.
        heard.extend(take(&mut loud, 1_007));
    }
    let step = largest_step(&heard);
    assert!(step < 0.3 * 0.24 * 1.25, "{step}");
}

#[test]
fn skipping_takes_the_silences_out_and_no_more() {
    let samples =
        [tone(300.0, 1.0, 0.5), silence(2.0), tone(400.0, 1.0, 0.5), silence(1.0), tone(500.0, 1.0, 0.5)]
            .concat();
    let waveform = Waveform::new(&pcm(samples.clone()));
    assert_eq!(waveform.silences().len(), 2);
    for speed in [1.0, 1.5, 2.5] {
        let mut reader = reader(samples.clone());
        reader.set_speed(speed);
        reader.set_skip_silence(true);
        let expected = (6.0 - waveform.silence().as_secs_f64()) / f64::from(speed);
        assert!((reader.left().as_secs_f64() - expected).abs() < 0.001);
        let heard = rest(&mut reader);
        assert!((seconds(heard.len()) - expected).abs() < 0.002, "at {speed}: {}", seconds(heard.len()));
        // All that was said is there: 3 s of tone.
        let loud = heard.chunks(40).filter(|part| level(part) > -20.0).count() * 40;
        assert!((seconds(loud) - 3.0 / f64::from(speed)).abs() < 0.06, "at {speed}: {}", seconds(loud));
    }
}

#[test]
fn skipping_from_within_a_silence_loses_nothing_behind_it() {
    let mut reader = reader([tone(300.0, 1.0, 0.5), silence(3.0), tone(400.0, 1.0, 0.5)].concat());
    reader.seek(Duration::from_millis(2_500));
    take(&mut reader, 400);
    reader.set_skip_silence(true);
    take(&mut reader, 121);
    assert!((3_880.0..3_950.0).contains(&millis(&reader)), "{}", millis(&reader));
}

#[test]
fn one_can_always_get_back_over_a_silence() {
    let mut reader = reader([tone(300.0, 2.0, 0.5), silence(10.0), tone(400.0, 2.0, 0.5)].concat());
    reader.set_skip_silence(true);
    reader.seek(Duration::from_secs(7));
    let end = millis(&reader);
    assert!((11_880.0..=11_920.0).contains(&end), "a place in a silence is its end: {end}");
    reader.step(600);
    assert!((millis(&reader) - end - 600.0).abs() < 1.0);
    reader.step(-1_000);
    let back = millis(&reader);
    assert!((1_690.0..=1_710.0).contains(&back), "400 ms before the silence: {back}");
    reader.set_skip_silence(false);
    reader.step(5_000);
    assert!((millis(&reader) - back - 5_000.0).abs() < 1.0);
}

#[test]
fn quiet_and_loud_callers_are_heard_alike() {
    for amplitude in [0.012, 0.05, 0.3, 1.0] {
        let samples = [tone(300.0, 2.0, amplitude), silence(2.0), tone(300.0, 2.0, amplitude)].concat();
        let pcm = pcm(samples);
        let waveform = Waveform::new(&pcm);
        let mut reader = Reader::new(Arc::new(pcm), &waveform);
        let heard = take(&mut reader, 12_000);
        let level = level(&heard);
        assert!((level + 20.0).abs() < 1.5, "{amplitude}: {level} dBFS");
    }
    for name in ["loud", "invoice", "outage"] {
        let pcm = decode(&file(&format!("assets/demo/{name}.mp3"))).unwrap();
        let waveform = Waveform::new(&pcm);
        let mut reader = Reader::new(Arc::new(pcm), &waveform);
        let heard = Waveform::new(&crate::audio::support::pcm(rest(&mut reader)));
        let loudness = heard.loudness().unwrap();
        assert!((loudness + 20.0).abs() < 1.5, "{name}: {loudness} dBFS");
    }
}

#[test]
fn noise_is_not_brought_up_without_end_and_nothing_clips() {
    let far = pcm(tone(300.0, 2.0, 0.003));
    let waveform = Waveform::new(&far);
    let mut reader = Reader::new(Arc::new(far.clone()), &waveform);
    let gained = level(&take(&mut reader, 8_000)[200..]) - level(&far.samples);
    assert!((gained - 24.0).abs() < 0.1, "{gained} dB");

    let pcm = decode(&file("assets/demo/loud.mp3")).unwrap();
    let waveform = Waveform::new(&pcm);
    let mut reader = Reader::new(Arc::new(pcm), &waveform);
    reader.set_volume(100.0);
    let heard = rest(&mut reader);
    assert!(heard.iter().all(|sample| sample.abs() <= 1.0));
    assert!(level(&heard) > -15.0, "{}", level(&heard));
    reader.seek(Duration::ZERO);
    reader.set_volume(0.0);
    assert!(rest(&mut reader)[800..].iter().all(|sample| sample.abs() < 1e-3));
}
