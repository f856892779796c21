//! The player, by what it does to an output and by what it tells.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod commands;
mod failing;
mod fake;
#[cfg(unix)]
mod program;
mod telling;

use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use vmail::audio::{self, Codec, Pcm};
use vmail::player::{Control, Event, Output, Play, PlaybackSettings, Player, Sound, Unavailable};

use fake::Fake;

/// The rate of telephone recordings.
const RATE: u32 = 8000;

/// How long anything may take that is not looked at: machines are busy.
const PATIENCE: Duration = Duration::from_secs(20);

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// A recording that gets louder and louder, so that each sample tells where it comes from.
fn ramp(length: Duration) -> Sound {
    let count = samples(length);
    let samples = (0..count).map(|n| n as f32 / count as f32 * 0.5).collect();
    sound(samples)
}

fn sound(samples: Vec<f32>) -> Sound {
    let encoding = audio::Encoding { codec: Codec::Pcm, rate: RATE, channels: 1 };
    Sound::new(Pcm { samples, encoding, cut: false })
}

fn samples(length: Duration) -> usize {
    (length.as_secs_f64() * f64::from(RATE)).round() as usize
}

/// Where in a [`ramp`] of this length a sample comes from.
fn place(sample: i16, length: Duration) -> Duration {
    length.mul_f64((f64::from(sample) / f64::from(i16::MAX) / 0.5).clamp(0.0, 1.0))
}

/// As it was recorded.
fn plain() -> PlaybackSettings {
    PlaybackSettings { auto_level: false, ..PlaybackSettings::default() }
}

/// A whole play of `sound`, as number 1.
fn play(sound: &Sound) -> Play {
    Play { number: 1, sound: sound.clone(), from: Duration::ZERO, settings: plain(), heard_after: ms(3000) }
}

/// A player, and what it tells.
struct World {
    player: Player,
    events: Receiver<(u64, Event, Instant)>,
}

impl World {
    fn new(open: impl FnMut(u32) -> Result<Box<dyn Output>, Unavailable> + Send + 'static) -> World {
        let (sender, events) = sync_channel(10_000);
        let player = Player::new(open, move |number, event| {
            let _ = sender.try_send((number, event, Instant::now()));
        });
        World { player, events }
    }

    /// One that plays to `fake`.
    fn with(fake: &Fake) -> World {
        World::new(fake.opener())
    }

    fn play(&mut self, play: Play) {
        self.player.play(play);
    }

    /// Starts a play and waits until it has begun.
    fn play_at_once(&mut self, play: Play) {
        self.play(play);
        assert!(self.player.wait_until_idle(PATIENCE), "it does not come to it");
    }

    fn send(&mut self, control: Control) {
        self.player.send(control);
    }

    /// Sends a command and waits until it has taken effect.
    fn order(&mut self, control: Control) {
        self.send(control);
        assert!(self.player.wait_until_idle(PATIENCE), "it does not come to it");
    }

    fn event(&self) -> (u64, Event) {
        let (number, event, _) = self.events.recv_timeout(PATIENCE).unwrap();
        (number, event)
    }

    /// The events up to the last one of a play.
    fn rest(&self) -> Vec<Event> {
        let mut all = Vec::new();
        loop {
            all.push(self.event().1);
            if matches!(all.last(), Some(Event::Ended | Event::Failed(_))) {
                return all;
            }
        }
    }

    /// Waits until this place is reported, give or take `by`.
    fn shows(&self, place: Duration, by: Duration) {
        let end = Instant::now() + PATIENCE;
        let mut seen = Vec::new();
        while Instant::now() < end {
            if let Ok((_, Event::Position(position), _)) = self.events.recv_timeout(ms(100)) {
                if position.abs_diff(place) <= by {
                    return;
                }
                seen.push(position);
            }
        }
        panic!("{place:?} is never shown, but {seen:?}");
    }
}
