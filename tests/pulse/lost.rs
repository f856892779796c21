//! Servers and devices that go away while something plays, and servers without a device.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use vmail::player::pulse::{Pulse, Stream};
use vmail::player::{Output as _, Unavailable};

use crate::sound::recorder::Recorder;
use crate::sound::servers::{Kind, SoundServer};
use crate::sound::tone::sine;
use crate::{PATIENCE, RATE, feed, open};

/// Shorter than in use: some of these tests wait for it to pass.
const SHORT: Duration = Duration::from_millis(500);

/// A stream in the middle of a tone, and somebody who listens: PulseAudio's silent device wakes up
/// in two seconds otherwise.
fn playing(server: &SoundServer) -> (Stream, Recorder) {
    let recorder = server.record();
    let mut stream = Pulse::connect(&server.environment(), SHORT).unwrap().start(RATE).unwrap();
    feed(&mut stream, &sine(440.0, Duration::from_millis(300), RATE)).unwrap();
    (stream, recorder)
}

/// Plays on until it fails: why.
fn fails(stream: &mut Stream) -> Unavailable {
    let began = Instant::now();
    let tone = sine(440.0, Duration::from_millis(100), RATE);
    while began.elapsed() < PATIENCE {
        let round = |stream: &mut Stream| {
            let count = stream.accepts(Duration::from_millis(20))?;
            stream.write(&tone[..count.min(tone.len())])
        };
        if let Err(reason) = round(stream) {
            return reason;
        }
    }
    panic!("it plays on and on");
}

fn dies(kind: Kind) {
    let Some(server) = SoundServer::start(kind) else { return };
    let (mut stream, _listener) = playing(&server);
    server.signal(Signal::KILL);
    assert_eq!(fails(&mut stream), Unavailable::Killed);
    assert_eq!(open(&server.environment()).unwrap_err(), Unavailable::NoServer);
}

#[test]
fn pulseaudio_dies() {
    dies(Kind::PulseAudio);
}

#[test]
fn pipewire_dies() {
    dies(Kind::PipeWire);
}

fn hangs(kind: Kind) {
    let Some(server) = SoundServer::start(kind) else { return };
    let (mut stream, _listener) = playing(&server);
    server.signal(Signal::STOP);
    assert_eq!(fails(&mut stream), Unavailable::Hung);
    assert_eq!(open(&server.environment()).unwrap_err(), Unavailable::Hung);
    server.signal(Signal::CONT);
}

#[test]
fn pulseaudio_hangs() {
    hangs(Kind::PulseAudio);
}

#[test]
fn pipewire_hangs() {
    hangs(Kind::PipeWire);
}

#[test]
fn pipewires_device_hangs() {
    let Some(server) = SoundServer::start(Kind::PipeWire) else { return };
    let (mut stream, _listener) = playing(&server);
    server.signal_device(Signal::STOP);
    assert_eq!(fails(&mut stream), Unavailable::Hung);
    server.signal_device(Signal::CONT);
}

#[test]
fn pipewires_device_dies() {
    let Some(server) = SoundServer::start(Kind::PipeWire) else { return };
    let (mut stream, _listener) = playing(&server);
    server.signal_device(Signal::KILL);
    assert_eq!(fails(&mut stream), Unavailable::Killed);
}

fn has_no_device(kind: Kind) {
    let Some(server) = SoundServer::start_without_device(kind) else { return };
    crate::until("it has its stand-in", || server.has_default("auto_null").then_some(()));
    assert_eq!(open(&server.environment()).unwrap_err(), Unavailable::NoSink);
}

#[test]
fn pulseaudio_has_no_device() {
    has_no_device(Kind::PulseAudio);
}

#[test]
fn pipewire_has_no_device() {
    has_no_device(Kind::PipeWire);
}

fn loses_its_device(kind: Kind) {
    let Some(server) = SoundServer::start(kind) else { return };
    let (mut stream, _listener) = playing(&server);
    server.remove_device();
    assert_eq!(fails(&mut stream), Unavailable::NoSink);
}

#[test]
fn pulseaudio_loses_its_device() {
    loses_its_device(Kind::PulseAudio);
}

#[test]
fn pipewire_loses_its_device() {
    loses_its_device(Kind::PipeWire);
}
