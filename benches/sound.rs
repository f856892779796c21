//! Measures the latency of playing: from the play command to the first sample at the monitor of a real
//! sound server's device. Run with `cargo bench --bench sound`; needs PulseAudio and PipeWire.

#![cfg_attr(
    target_os = "linux",
    expect(clippy::unwrap_used, reason = "a benchmark that cannot be set up has failed")
)]

#[cfg(target_os = "linux")]
#[path = "../tests/common/sound/mod.rs"]
mod sound;

#[cfg(target_os = "linux")]
fn main() {
    linux::main();
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("SKIPPED: needs PulseAudio or PipeWire");
}

#[cfg(target_os = "linux")]
mod linux {
    use std::time::{Duration, Instant};

    use vmail::audio;
    use vmail::player::{Outputs, Play, PlaybackSettings, Player, Sound};

    use crate::sound::servers::{Kind, SoundServer};
    use crate::sound::tone::{sine, wav};
    use crate::sound::until;

    /// The rate of telephone recordings.
    const RATE: u32 = 8000;

    /// How many times to play to each server.
    const PLAYS: usize = 20;

    pub fn main() {
        for kind in [Kind::PulseAudio, Kind::PipeWire] {
            let Some(server) = SoundServer::start(kind) else { continue };
            server.hurry();
            let mut took: Vec<_> = (0..PLAYS).map(|_| play_on(&server)).collect();
            took.sort_unstable();
            println!(
                "{kind:?}: first sample after {:.1?} (best), {:.1?} (median), {:.1?} (worst)",
                took[0],
                took[PLAYS / 2],
                took[PLAYS - 1]
            );
        }
    }

    /// Opens the device, plays, and returns how long it took until sound was heard.
    fn play_on(server: &SoundServer) -> Duration {
        let recorder = server.record();
        let outputs = Outputs { environment: server.environment(), ..Outputs::default() };
        let mut player = Player::new(move |rate| outputs.open(rate), |_, _| {});
        let samples = sine(440.0, Duration::from_millis(500), RATE);
        let play = Play {
            number: 1,
            sound: Sound::new(audio::decode(&wav(&samples, RATE)).unwrap()),
            from: Duration::ZERO,
            settings: PlaybackSettings { auto_level: false, ..PlaybackSettings::default() },
            heard_after: Duration::from_secs(3),
        };
        let began = Instant::now();
        player.play(play);
        until("it is heard", || recorder.sounded()) - began
    }
}
