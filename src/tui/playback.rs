//! The state of recordings and playback. Plain data; [`crate::tui::update`] changes it.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::audio::{AudioError, AudioFormat, Waveform};
use crate::core::humanize;
use crate::core::model::VoicemailId;
use crate::core::prefetch::Prefetch;
use crate::player::PlaybackSettings;
use crate::tui::command::Command;
use crate::tui::keymap::Keymap;
use crate::tui::list::rows::RowKey;
use crate::tui::playback::ahead::Ahead;

pub mod ahead;
pub(in crate::tui) mod prefetch;
pub(in crate::tui) mod update;
pub(in crate::tui) mod view;

/// The number of volume steps for 100 %, and the maximum number.
const STEPS: f32 = 10.0;
const STEPS_MAX: f32 = 20.0;

/// The settings for listening.
#[derive(Clone, Debug, PartialEq)]
pub struct PlaybackConfig {
    /// Which recordings to prefetch.
    pub prefetch: Prefetch,
    /// Speed, volume and silence skipping at the start.
    pub settings: PlaybackSettings,
}

/// Recordings and playback.
#[derive(Debug)]
pub struct Playback {
    /// The current speed, volume and silence skipping.
    pub settings: PlaybackSettings,
    /// The requested recordings.
    pub recordings: HashMap<VoicemailId, Recording>,
    /// The voicemail that plays, is paused, or waits for its recording.
    pub current: Option<NowPlaying>,
    /// The voicemails to play next.
    pub queue: Option<Queue>,
    /// The recording and position at which the sound failed.
    pub lost: Option<(VoicemailId, Duration)>,
    /// When the selection counts as settled, so that rows passed by a held key are not fetched.
    pub settles: Option<DateTime<Utc>>,
    /// What is fetched while nothing is requested.
    pub ahead: Ahead,
    /// The last requested recordings, highest priority first.
    pub(in crate::tui) wanted: Vec<RowKey>,
    /// The number of playbacks so far.
    pub(in crate::tui) plays: u64,
    /// The last requested interval of position updates.
    pub(in crate::tui) watch: Option<Duration>,
}

/// The state of a recording.
#[derive(Clone, Debug, PartialEq)]
pub enum Recording {
    /// It is being fetched.
    Coming {
        /// The number of bytes fetched.
        received: u64,
        /// The total number of bytes.
        total: Option<u64>,
    },
    /// The server does not have it yet.
    NotReady {
        /// The number of attempts.
        tries: u32,
        /// When to retry.
        next: DateTime<Utc>,
    },
    /// It could not be fetched, for this reason.
    Failed(String),
    /// It is on disk.
    Here {
        /// Its size.
        bytes: u64,
        /// Its format.
        format: AudioFormat,
        /// Its waveform, or why it cannot be played.
        waveform: Result<Arc<Waveform>, AudioError>,
    },
}

/// The playback of a voicemail.
#[derive(Clone, Debug, PartialEq)]
pub struct NowPlaying {
    /// Its number. Player events with another number are ignored.
    pub number: u64,
    /// The voicemail.
    pub key: RowKey,
    /// Its phase.
    pub phase: Phase,
    /// The position in the recording.
    pub position: Duration,
    /// The length of the recording; zero if unknown.
    pub length: Duration,
    /// Whether it was paused because the program was suspended, and resumes with it.
    pub stopped: bool,
}

/// The phase of a playback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It waits for the recording.
    Fetching,
    /// It waits for the sound device.
    Starting,
    /// It plays.
    Playing,
    /// It is paused.
    Paused,
}

/// Voicemails to play one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// The next voicemails.
    pub rest: VecDeque<RowKey>,
    /// The last one that was started. The selection follows the queue while it is on this one.
    pub latest: Option<RowKey>,
    /// When the next one starts, during the pause between two.
    pub next: Option<DateTime<Utc>>,
    /// How many were played to the end.
    pub heard: usize,
    /// How many could not be played.
    pub skipped: usize,
}

impl Playback {
    /// Returns a state in which nothing plays.
    pub fn new(settings: PlaybackSettings) -> Playback {
        Playback {
            settings,
            recordings: HashMap::new(),
            current: None,
            queue: None,
            lost: None,
            settles: None,
            ahead: Ahead::default(),
            wanted: Vec::new(),
            plays: 0,
            watch: None,
        }
    }

    /// Returns the voicemail that will play as soon as its recording is fetched.
    pub fn waiting(&self) -> Option<RowKey> {
        let fetching = self.current.as_ref().filter(|current| current.phase == Phase::Fetching);
        fetching.map(|current| current.key)
    }

    /// Returns the playback of the voicemail `id`.
    pub fn playback_of(&self, id: VoicemailId) -> Option<&NowPlaying> {
        self.current.as_ref().filter(|playback| playback.key.id == id)
    }

    /// Returns the format of the recording of `id`, if it is known to be on disk.
    pub fn format(&self, id: VoicemailId) -> Option<AudioFormat> {
        match self.recordings.get(&id) {
            Some(Recording::Here { format, .. }) => Some(*format),
            _ => None,
        }
    }

    /// Returns the waveform of the recording of `id`, if it was decoded since the start.
    pub fn waveform(&self, id: VoicemailId) -> Option<&Arc<Waveform>> {
        match self.recordings.get(&id) {
            Some(Recording::Here { waveform: Ok(waveform), .. }) => Some(waveform),
            _ => None,
        }
    }
}

/// Returns the message for a recording that cannot be played.
pub fn unplayable(error: &AudioError, keymap: &Keymap) -> String {
    let why = humanize::sentence(&error.to_string());
    match error {
        AudioError::Empty => format!("{why}."),
        _ => format!("{why}. Press {} to save it.", keymap.named(Command::SaveRecording)),
    }
}

/// Returns the volume one step up or down, from 0 to 2.
pub fn next_volume(volume: f32, louder: bool) -> f32 {
    let steps = (volume * STEPS).round() + if louder { 1.0 } else { -1.0 };
    steps.clamp(0.0, STEPS_MAX) / STEPS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_volume_goes_in_steps_and_ends() {
        let volume = |start, louder| (0..22).fold(start, |volume, _| next_volume(volume, louder)).to_string();
        assert_eq!([volume(0.5, true), volume(1.0, false)], ["2", "0"]);
        assert_eq!(next_volume(1.0, false).to_string(), "0.9");
    }
}
