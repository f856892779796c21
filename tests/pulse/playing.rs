//! What is written is what is heard.

use std::fs;
use std::time::{Duration, Instant};

use vmail::player::pulse::Pulse;
use vmail::player::{Output as _, Unavailable};

use crate::sound::servers::{Kind, SoundServer};
use crate::sound::tone::{Tone, sine};
use crate::{RATE, feed, finish, open, until};

pub const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

pub fn assert_tones(found: &[Tone], expected: &[(f64, Duration)]) {
    let same = |(tone, (frequency, length)): (&Tone, &(f64, Duration))| {
        (tone.frequency / frequency - 1.0).abs() < 0.01 && tone.length.abs_diff(*length) <= ms(15)
    };
    let all = found.len() == expected.len() && found.iter().zip(expected).all(same);
    assert!(all, "heard {found:?} instead of {expected:?}");
}

/// One server for all that is listened to: they take turns, as voicemail do.
fn plays(kind: Kind) {
    let Some(server) = SoundServer::start(kind) else { return };
    a_tone_arrives_as_it_was(&server);
    a_pause_is_silent_and_loses_nothing(&server);
    a_flush_forgets_what_was_not_heard(&server);
    a_blink_of_sound_is_heard_when_drained(&server);
    little_is_held(&server);
    a_long_pause_is_no_hang(&server);
    dropping_it_silences_it(&server);
}

#[test]
fn plays_through_pulseaudio() {
    plays(Kind::PulseAudio);
}

#[test]
fn plays_through_pipewire() {
    plays(Kind::PipeWire);
}

fn a_tone_arrives_as_it_was(server: &SoundServer) {
    let recorder = server.record();
    let tone = sine(440.0, ms(1000), RATE);

    let mut stream = open(&server.environment()).unwrap();
    feed(&mut stream, &tone[..4000]).unwrap();
    let latency = stream.latency().unwrap();
    feed(&mut stream, &tone[4000..]).unwrap();
    finish(&mut stream).unwrap();
    assert_eq!(stream.drain(Duration::ZERO), Ok(true), "still at its end");
    // What is drained was heard: nothing can be cut off any more.
    drop(stream);

    recorder.settle();
    assert_tones(&recorder.tones(), &[(440.0, ms(1000))]);
    assert!((ms(20)..ms(200)).contains(&latency), "{latency:?} from writing to hearing");
}

fn a_pause_is_silent_and_loses_nothing(server: &SoundServer) {
    let recorder = server.record();
    let tone = sine(600.0, ms(1000), RATE);
    let mut stream = open(&server.environment()).unwrap();
    feed(&mut stream, &tone[..3200]).unwrap();
    until("it is heard", || (recorder.sound() >= ms(200)).then_some(()));

    stream.pause(true).unwrap();
    // What was on its way to the tape arrives.
    recorder.roll(ms(150));
    let heard = recorder.sound();
    assert!(heard < ms(400), "something was kept for later, not {heard:?}");
    recorder.roll(ms(300));
    assert_eq!(recorder.sound(), heard, "heard while paused");

    stream.pause(false).unwrap();
    feed(&mut stream, &tone[3200..]).unwrap();
    finish(&mut stream).unwrap();
    recorder.settle();
    assert_tones(&recorder.tones(), &[(600.0, ms(1000))]);
}

fn a_flush_forgets_what_was_not_heard(server: &SoundServer) {
    let recorder = server.record();
    let mut stream = open(&server.environment()).unwrap();
    stream.pause(true).unwrap();
    let filled = fill(&mut stream, &sine(500.0, ms(1000), RATE));
    stream.flush().unwrap();
    let wanted = stream.accepts(ms(1000)).unwrap();
    assert!(wanted * 10 >= filled * 9, "{wanted} samples are wanted in place of {filled}");

    stream.pause(false).unwrap();
    feed(&mut stream, &sine(1500.0, ms(300), RATE)).unwrap();
    finish(&mut stream).unwrap();
    recorder.settle();
    assert_tones(&recorder.tones(), &[(1500.0, ms(300))]);
}

fn a_blink_of_sound_is_heard_when_drained(server: &SoundServer) {
    let recorder = server.record();
    let mut stream = open(&server.environment()).unwrap();
    feed(&mut stream, &sine(1000.0, ms(40), RATE)).unwrap();
    finish(&mut stream).unwrap();
    recorder.settle();
    assert_tones(&recorder.tones(), &[(1000.0, ms(40))]);
}

fn little_is_held(server: &SoundServer) {
    let mut stream = open(&server.environment()).unwrap();
    stream.pause(true).unwrap();
    let held = fill(&mut stream, &[0; 8000]);
    assert!((400..=1000).contains(&held), "{held} samples are held");
}

fn a_long_pause_is_no_hang(server: &SoundServer) {
    // PulseAudio's silent device wakes up in two seconds unless somebody listens.
    let _listener = server.record();
    let timeout = ms(500);
    let mut stream = Pulse::connect(&server.environment(), timeout).unwrap().start(RATE).unwrap();
    stream.pause(true).unwrap();
    let held = fill(&mut stream, &[0; 8000]);
    let paused = Instant::now();
    while paused.elapsed() < 3 * timeout {
        assert_eq!(stream.accepts(ms(50)), Ok(0), "{held} samples are there");
    }
    stream.pause(false).unwrap();
    feed(&mut stream, &[0; 1600]).unwrap();
    finish(&mut stream).unwrap();
}

fn dropping_it_silences_it(server: &SoundServer) {
    let recorder = server.record();
    let mut stream = open(&server.environment()).unwrap();
    feed(&mut stream, &sine(700.0, ms(300), RATE)).unwrap();
    until("it is heard", || (recorder.sound() >= ms(50)).then_some(()));
    drop(stream);
    recorder.roll(ms(150));
    let heard = recorder.sound();
    recorder.roll(ms(200));
    assert_eq!(recorder.sound(), heard);
}

/// Writes until no more is wanted: how many samples that were.
fn fill(stream: &mut vmail::player::pulse::Stream, samples: &[i16]) -> usize {
    let mut written = 0;
    loop {
        let count = stream.accepts(ms(200)).unwrap().min(samples.len() - written);
        if count == 0 {
            return written;
        }
        stream.write(&samples[written..written + count]).unwrap();
        written += count;
    }
}

#[test]
fn a_cookie_opens_a_port() {
    let Some(server) = SoundServer::start(Kind::PulseAudio) else { return };
    let environment = server.environment_tcp();
    let mut stream = open(&environment).unwrap();
    feed(&mut stream, &sine(440.0, ms(300), RATE)).unwrap();
    finish(&mut stream).unwrap();

    let wrong = server.cookie().with_extension("wrong");
    fs::write(&wrong, [7; 256]).unwrap();
    let stranger = vmail::player::pulse::Environment {
        pulse_cookie: Some(wrong.to_str().unwrap().to_owned()),
        ..environment
    };
    assert_eq!(open(&stranger).unwrap_err(), Unavailable::Refused);
}
