//! The player as a user hears it: recordings through it and the real servers.

use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use vmail::audio;
use vmail::player::{Control, Event, Outputs, Play, PlaybackSettings, Player, Sound};

use crate::playing::{assert_tones, ms};
use crate::sound::servers::{Kind, SoundServer};
use crate::sound::tone::{sine, wav};
use crate::{PATIENCE, RATE, until};

/// How much of a tone's energy is missing where it fades in, in milliseconds: 5/8 of 15.
const FADE: u64 = 9;

fn recording(tones: &[(f64, Duration)]) -> Sound {
    let samples: Vec<i16> =
        tones.iter().flat_map(|(frequency, length)| sine(*frequency, *length, RATE)).collect();
    Sound::new(audio::decode(&wav(&samples, RATE)).unwrap())
}

fn play(sound: &Sound) -> Play {
    play_at(sound, 1.0)
}

fn play_at(sound: &Sound, speed: f32) -> Play {
    Play {
        number: 1,
        sound: sound.clone(),
        from: Duration::ZERO,
        settings: PlaybackSettings { speed, auto_level: false, ..PlaybackSettings::default() },
        heard_after: ms(3_000),
    }
}

/// A player as the program has it.
struct Desk {
    player: Player,
    events: Receiver<Event>,
}

impl Desk {
    fn at(server: &SoundServer) -> Desk {
        let outputs = Outputs { environment: server.environment(), ..Outputs::default() };
        let (sender, events) = sync_channel(1_000);
        let player = Player::new(
            move |rate| outputs.open(rate),
            move |_, event| {
                let _ = sender.try_send(event);
            },
        );
        Desk { player, events }
    }

    fn order(&mut self, control: Control) {
        self.player.send(control);
        assert!(self.player.wait_until_idle(PATIENCE));
    }

    /// Waits for the end of the play: what was told.
    fn rest(&self) -> Vec<Event> {
        let mut all = Vec::new();
        while !matches!(all.last(), Some(Event::Ended | Event::Failed(_))) {
            all.push(self.events.recv_timeout(PATIENCE).unwrap());
        }
        all
    }

    /// Waits until a place from `from` on is reported.
    fn shows(&self, from: Duration) -> Duration {
        until("the position goes on", || match self.events.recv_timeout(PATIENCE).unwrap() {
            Event::Position(position) if position >= from => Some(position),
            _ => None,
        })
    }
}

fn plays(kind: Kind) {
    let Some(server) = SoundServer::start(kind) else { return };
    a_recording_is_heard_as_it_is(&server);
    a_pause_holds_it(&server);
    places_are_heard_and_shown(&server);
    faster_is_shorter_and_as_high(&server);
    the_end_is_an_end(&server);
}

#[test]
fn pulseaudio_plays_recordings() {
    plays(Kind::PulseAudio);
}

#[test]
fn pipewire_plays_recordings() {
    plays(Kind::PipeWire);
}

fn a_recording_is_heard_as_it_is(server: &SoundServer) {
    let recorder = server.record();
    let mut desk = Desk::at(server);
    desk.player.play(play(&recording(&[(440.0, ms(1_000))])));
    assert_eq!(desk.rest(), [Event::Started, Event::Heard, Event::Ended]);
    recorder.settle();
    assert_tones(&recorder.tones(), &[(440.0, ms(1_000 - FADE))]);
}

fn a_pause_holds_it(server: &SoundServer) {
    let recorder = server.record();
    let mut desk = Desk::at(server);
    desk.player.play(play(&recording(&[(600.0, ms(1_000))])));
    until("it is heard", || (recorder.sound() >= ms(200)).then_some(()));
    desk.order(Control::Pause(true));
    // What was on its way to the tape arrives.
    recorder.roll(ms(200));
    let heard = recorder.sound();
    recorder.roll(ms(300));
    assert_eq!(recorder.sound(), heard, "heard while paused");
    desk.order(Control::Pause(false));
    desk.rest();
    recorder.settle();
    assert_tones(&recorder.tones(), &[(600.0, ms(1_000 - FADE))]);
}

fn places_are_heard_and_shown(server: &SoundServer) {
    let recorder = server.record();
    let mut desk = Desk::at(server);
    desk.player.send(Control::Watch(Some(Duration::from_millis(50))));
    desk.player.play(play(&recording(&[(500.0, ms(2_000)), (1_500.0, ms(2_000)), (800.0, ms(2_000))])));
    let mut at = desk.shows(ms(300));
    desk.order(Control::Pause(true));
    // What was on its way to the tape arrives.
    recorder.roll(ms(300));
    // Another is told, within 100 ms, where it went on by 50 ms since.
    if let Some(Event::Position(position)) = desk.events.try_iter().last() {
        at = position;
    }
    let tape = recorder.sound();
    assert!(at.abs_diff(tape) <= ms(120), "{at:?} is shown and {tape:?} heard");
    desk.order(Control::Pause(false));
    desk.order(Control::Seek(ms(3_700)));
    let at = desk.shows(ms(3_700));
    assert!(at < ms(4_000), "{at:?} instead of 3.7 s");
    // In the third tone.
    desk.shows(ms(4_100));
    desk.order(Control::Pause(true));
    desk.order(Control::Seek(ms(5_700)));
    desk.shows(ms(5_700));
    desk.order(Control::Pause(false));
    assert_eq!(desk.rest().last(), Some(&Event::Ended));
    recorder.settle();
    // Where one tone goes over into the next there may be anything for a moment.
    let tones: Vec<_> = recorder.tones().into_iter().filter(|tone| tone.length > ms(30)).collect();
    let heard: Vec<_> = tones.iter().map(|tone| tone.frequency.round()).collect();
    assert_eq!(heard, [500.0, 1_500.0, 800.0], "{tones:?}");
    // From the second tone, 300 ms; of the third the beginning and the last 300 ms.
    assert!(tones[1].length.abs_diff(ms(300)) <= ms(30), "{tones:?}");
    assert!(tones[2].length < ms(900), "{tones:?}");
}

fn faster_is_shorter_and_as_high(server: &SoundServer) {
    let recorder = server.record();
    let mut desk = Desk::at(server);
    desk.player.play(play_at(&recording(&[(440.0, ms(1_500))]), 1.5));
    desk.rest();
    recorder.settle();
    // Two frames of the time stretching more or less.
    let tones = recorder.tones();
    assert_eq!(tones.len(), 1, "{tones:?}");
    assert!((tones[0].frequency / 440.0 - 1.0).abs() < 0.01, "{tones:?}");
    assert!(tones[0].length.abs_diff(ms(1_000)) <= ms(40), "{tones:?}");
}

fn the_end_is_an_end(server: &SoundServer) {
    let _listener = server.record();
    let mut desk = Desk::at(server);
    let sound = recording(&[(440.0, ms(1_000))]);
    desk.player.play(Play { from: ms(60_000), ..play(&sound) });
    assert_eq!(desk.rest().last(), Some(&Event::Ended), "nothing to play");
}

fn starts_at_once(kind: Kind) {
    let Some(server) = SoundServer::start(kind) else { return };
    server.hurry();
    let sound = recording(&[(440.0, ms(500))]);
    // A busy machine holds single plays up: one that is quick shows that nothing in the player waits.
    // How quick it is on a quiet machine, `cargo bench --bench sound` measures.
    let is_quick = |_| {
        let recorder = server.record();
        let mut desk = Desk::at(&server);
        assert_eq!(recorder.sounded(), None, "something else plays");
        let began = Instant::now();
        desk.player.play(play(&sound));
        until("it is heard", || recorder.sounded()) - began < ms(250)
    };
    assert!((0..40).any(is_quick), "a server's own buffer, or something in the player, is waited for");
}

#[test]
fn pulseaudio_starts_at_once() {
    starts_at_once(Kind::PulseAudio);
}

#[test]
fn pipewire_starts_at_once() {
    starts_at_once(Kind::PipeWire);
}

fn dies_and_comes_back(kind: Kind) {
    let Some(mut server) = SoundServer::start(kind) else { return };
    let recorder = server.record();
    let mut desk = Desk::at(&server);
    desk.player.play(play(&recording(&[(440.0, ms(10_000))])));
    until("it is heard", || recorder.sounded());
    server.signal(Signal::KILL);
    let told = desk.rest();
    assert!(matches!(told[..], [Event::Started, Event::Failed(_)]), "{told:?}");
    drop(recorder);
    server.restart();
    let recorder = server.record();
    desk.player.play(play(&recording(&[(700.0, ms(500))])));
    assert_eq!(desk.rest().last(), Some(&Event::Ended));
    recorder.settle();
    assert_tones(&recorder.tones(), &[(700.0, ms(500 - FADE))]);
}

#[test]
fn pulseaudio_dies_and_comes_back() {
    dies_and_comes_back(Kind::PulseAudio);
}

#[test]
fn pipewire_dies_and_comes_back() {
    dies_and_comes_back(Kind::PipeWire);
}

#[test]
fn a_forwarded_socket_is_played_to() {
    let Some(server) = SoundServer::start(Kind::PulseAudio) else { return };
    let recorder = server.record();
    let folder = tempfile::tempdir().unwrap();
    let forwarded = folder.path().join("sound");
    let mut environment = server.environment();
    environment.forwarded = Some(forwarded.clone());
    // What is left of an earlier one is none.
    drop(std::os::unix::net::UnixListener::bind(&forwarded).unwrap());
    assert!(crate::open(&environment).is_ok(), "the server of this machine is there");

    let elsewhere = vmail::player::pulse::Environment {
        forwarded: Some(server.socket()),
        ..vmail::player::pulse::Environment::default()
    };
    let mut stream = crate::open(&elsewhere).unwrap();
    crate::feed(&mut stream, &sine(900.0, ms(300), RATE)).unwrap();
    crate::finish(&mut stream).unwrap();
    recorder.settle();
    assert_tones(&recorder.tones(), &[(900.0, ms(300))]);
}
