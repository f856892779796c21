//! The state of recordings and playback. Plain data; [`crate::tui::update`] changes it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use ratatui::layout::Position;

use crate::audio::{AudioError, AudioFormat, Waveform};
use crate::core::humanize;
use crate::core::model::VoicemailId;
use crate::core::prefetch::Prefetch;
use crate::player::PlaybackSettings;
use crate::tui::command::Command;
use crate::tui::detail;
use crate::tui::keymap::Keymap;
use crate::tui::layout::Regions;
use crate::tui::list::rows::RowKey;
use crate::tui::playback::ahead::Ahead;
use crate::tui::state::State;

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
    /// Whether the selection goes along with the queue.
    pub follow: bool,
}

/// Recordings and playback.
#[derive(Debug)]
pub struct Playback {
    /// The current speed, volume and silence skipping.
    pub settings: PlaybackSettings,
    /// The requested recordings.
    pub recordings: HashMap<VoicemailId, Recording>,
    /// The voicemail of the player line: it plays, is paused, waits for its recording, or failed.
    pub current: Option<NowPlaying>,
    /// The voicemails to play one after another. While there is a queue, one of them is current.
    pub queue: Option<Queue>,
    /// How the queue went, to be said with the change that ended it.
    pub finished: Option<String>,
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
    pub cue: Cue,
    /// Its phase.
    pub phase: Phase,
    /// The position in the recording.
    pub position: Duration,
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
    /// It was played to the end, and the next one of the queue follows.
    Ended,
    /// It cannot be played, or the sound was lost.
    Failed,
}

impl Phase {
    /// Returns whether the player has it.
    pub fn has_begun(self) -> bool {
        matches!(self, Phase::Starting | Phase::Playing | Phase::Paused)
    }
}

/// A voicemail to play, with what the player line says of it when its row is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cue {
    /// The voicemail.
    pub key: RowKey,
    /// The caller's name or number.
    pub caller: String,
    /// The length of the recording; zero if unknown.
    pub length: Duration,
}

/// Voicemails to play one after another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// All of them, in order.
    pub cues: Vec<Cue>,
    /// The index of the current one.
    pub at: usize,
    /// When the next one starts, during the pause between two; `None` then if the user paused.
    pub next: Option<DateTime<Utc>>,
    /// Whether the selection goes along: the user did not move it away.
    pub follows: bool,
    /// Those that were played to the end, or marked as done on the way.
    pub heard: BTreeSet<RowKey>,
    /// Those that could not be played.
    pub skipped: BTreeSet<RowKey>,
}

impl Queue {
    /// Returns the current voicemail.
    pub fn current(&self) -> Option<RowKey> {
        self.cues.get(self.at).map(|cue| cue.key)
    }

    /// Returns "3 of 14".
    pub fn place(&self) -> String {
        let [place, all] = [self.at + 1, self.cues.len()].map(|number| humanize::count(number as u64));
        format!("{place} of {all}")
    }
}

impl Playback {
    /// Returns a state of playback in which nothing plays.
    pub fn new(settings: PlaybackSettings) -> Playback {
        Playback {
            settings,
            recordings: HashMap::new(),
            current: None,
            queue: None,
            finished: None,
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
        fetching.map(|current| current.cue.key)
    }

    /// Returns the playback of the voicemail `id`.
    pub fn playback_of(&self, id: VoicemailId) -> Option<&NowPlaying> {
        self.current.as_ref().filter(|playback| playback.cue.key.id == id)
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

/// Returns where in the recording a click seeks to: on the bar of the player line, or on waveform or bar of
/// the detail.
pub fn seek_at(state: &State, regions: &Regions, at: Position) -> Option<Duration> {
    if regions.player.contains(at) {
        return view::seek_in_line(state, regions.player, at.x);
    }
    let detail = regions.detail.filter(|detail| detail.contains(at))?;
    detail::view::seek_at(state, detail, at)
}

/// Returns the message for a recording that cannot be played.
pub fn unplayable(error: &AudioError, keymap: &Keymap) -> String {
    let why = humanize::sentence(&error.to_string());
    match error {
        AudioError::Empty => format!("{why}."),
        _ => format!("{why}. Press {} to save it.", keymap.named(Command::SaveRecording)),
    }
}

/// Returns the volume of playback one step up or down, from 0 to 2.
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
