//! What the screen knows of recordings and of what plays. Plain data, as all of the state.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::audio::{AudioError, SPEEDS, Waveform};
use crate::model::VoicemailId;
use crate::player::Manner;
use crate::recording::Prefetch;
use crate::tui::command::Command;
use crate::tui::keymap::Keymap;
use crate::tui::rows::RowKey;
use crate::words;

/// How many steps of the volume keys are as loud as recorded, and how many there are.
const STEPS: f32 = 10.0;
const STEPS_MAX: f32 = 20.0;

/// What the settings say about listening.
#[derive(Clone, Debug, PartialEq)]
pub struct Habits {
    /// Which recordings are fetched before they are asked for.
    pub prefetch: Prefetch,
    /// How it sounds at start.
    pub manner: Manner,
}

/// Recordings, and what plays.
#[derive(Debug)]
pub struct Listening {
    /// What the settings say.
    pub habits: Habits,
    /// How it sounds.
    pub manner: Manner,
    /// What became of the recordings that were asked for.
    pub recordings: HashMap<VoicemailId, Recording>,
    /// What plays, is paused, or will play as soon as it is here.
    pub playback: Option<Playback>,
    /// What plays after it.
    pub queue: Option<Queue>,
    /// Where a recording was when its sound was lost.
    pub lost: Option<(VoicemailId, Duration)>,
    /// When the selection counts as settled: what a held key passes over is not fetched.
    pub settles: Option<DateTime<Utc>>,
    /// The recordings that were asked for last, the most wanted first.
    pub(super) wanted: Vec<RowKey>,
    /// How many times something was played: the number of the latest.
    pub(super) plays: u64,
    /// How far it moves before the player says where it is, as was asked for last.
    pub(super) watch: Option<Duration>,
}

/// What became of a recording.
#[derive(Clone, Debug, PartialEq)]
pub enum Recording {
    /// Asked for; so many bytes are here.
    Coming {
        /// Bytes that are here.
        got: u64,
        /// How many there will be.
        of: Option<u64>,
    },
    /// The server has none yet.
    NotReady {
        /// How often it was asked for.
        tries: u32,
        /// When to ask again.
        next: DateTime<Utc>,
    },
    /// It could not be had: why.
    Failed(String),
    /// It is on the disk.
    Here {
        /// How large it is.
        bytes: u64,
        /// What it looks like, or why it cannot be played.
        looked: Result<Arc<Waveform>, AudioError>,
    },
}

/// A voicemail on its way to the ear.
#[derive(Clone, Debug, PartialEq)]
pub struct Playback {
    /// The number of this play: what the player says about an earlier one is dropped.
    pub number: u64,
    /// The voicemail.
    pub key: RowKey,
    /// How far it has come.
    pub phase: Phase,
    /// Where it is, in the recording's own time.
    pub position: Duration,
    /// The recording's length; zero while it is not known.
    pub length: Duration,
    /// It was paused because the program was stopped, and goes on when that goes on.
    pub stopped: bool,
}

/// How far a playback has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It waits for the recording.
    Fetching,
    /// It waits for the sound device.
    Starting,
    /// It is heard.
    Playing,
    /// It is held.
    Paused,
}

/// Voicemail to play one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// Those that follow.
    pub rest: VecDeque<RowKey>,
    /// The latest of them. The selection goes along for as long as it stands there.
    pub latest: Option<RowKey>,
    /// When the next one begins, between two.
    pub next: Option<DateTime<Utc>>,
    /// How many were heard to their end.
    pub heard: usize,
    /// How many could not be played.
    pub skipped: usize,
}

impl Listening {
    /// Nothing plays.
    pub fn new(habits: Habits) -> Listening {
        Listening {
            manner: habits.manner,
            habits,
            recordings: HashMap::new(),
            playback: None,
            queue: None,
            lost: None,
            settles: None,
            wanted: Vec::new(),
            plays: 0,
            watch: None,
        }
    }

    /// The playback of the voicemail `id`.
    pub fn playback_of(&self, id: VoicemailId) -> Option<&Playback> {
        self.playback.as_ref().filter(|playback| playback.key.id == id)
    }

    /// What the recording of `id` looks like, if it was looked at since the start.
    pub fn waveform(&self, id: VoicemailId) -> Option<&Arc<Waveform>> {
        match self.recordings.get(&id) {
            Some(Recording::Here { looked: Ok(waveform), .. }) => Some(waveform),
            _ => None,
        }
    }
}

/// Why a recording cannot be played, and what can be done with it.
pub fn unplayable(error: &AudioError, keymap: &Keymap) -> String {
    format!("{}. {} saves it.", words::sentence(&error.to_string()), keymap.named(Command::SaveRecording))
}

/// The next speed, or the one before; the same at either end.
pub fn next_speed(speed: f32, faster: bool) -> f32 {
    let nearest = SPEEDS.iter().position(|step| *step >= speed - 0.01).unwrap_or(SPEEDS.len() - 1);
    let next = if faster { (nearest + 1).min(SPEEDS.len() - 1) } else { nearest.saturating_sub(1) };
    SPEEDS[next]
}

/// The volume a step up or down, from 0 to 2.
pub fn next_volume(volume: f32, louder: bool) -> f32 {
    let steps = (volume * STEPS).round() + if louder { 1.0 } else { -1.0 };
    steps.clamp(0.0, STEPS_MAX) / STEPS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_and_volume_go_in_steps_and_end() {
        let speeds = [(1.0, true), (1.0, false), (0.75, false), (2.5, true)];
        let speeds = speeds.map(|(speed, faster)| next_speed(speed, faster).to_string());
        assert_eq!(speeds, ["1.25", "0.75", "0.75", "2.5"]);
        let volume = |start, louder| (0..22).fold(start, |volume, _| next_volume(volume, louder)).to_string();
        assert_eq!([volume(0.5, true), volume(1.0, false)], ["2", "0"]);
        assert_eq!(next_volume(1.0, false).to_string(), "0.9");
    }
}
