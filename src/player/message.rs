//! What is said to the player, and what it says: plays and controls in, events out.

use std::sync::Arc;
use std::time::Duration;

use super::{Output, Unavailable};
use crate::audio::{Pcm, Waveform};

/// A decoded recording with its waveform. Cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct Sound {
    /// The samples.
    pub pcm: Arc<Pcm>,
    /// The waveform of these samples.
    pub waveform: Arc<Waveform>,
}

impl Sound {
    /// Analyses a decoded recording, to be played.
    pub fn new(pcm: Pcm) -> Sound {
        let waveform = Arc::new(Waveform::new(&pcm));
        Sound { pcm: Arc::new(pcm), waveform }
    }
}

/// How to play. Stays the same from one recording to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlaybackSettings {
    /// From 0.75 to 2.5. The pitch does not change.
    pub speed: f32,
    /// Whether to skip silence.
    pub skip_silence: bool,
    /// From 0 (mute) to 4 (+12 dB); 1 is unchanged.
    pub volume: f32,
    /// Whether to make quiet callers louder and loud ones quieter.
    pub auto_level: bool,
}

impl Default for PlaybackSettings {
    fn default() -> PlaybackSettings {
        PlaybackSettings { speed: 1.0, skip_silence: false, volume: 1.0, auto_level: true }
    }
}

/// A recording to play.
#[derive(Clone, Debug, PartialEq)]
pub struct Play {
    /// A number chosen by the caller, repeated in each event of this play.
    pub number: u64,
    /// The recording.
    pub sound: Sound,
    /// The start position in the recording.
    pub from: Duration,
    /// How to play it.
    pub settings: PlaybackSettings,
    /// How much of it must be heard for [`Event::Heard`]; of shorter recordings, all.
    pub heard_after: Duration,
}

/// A command to the player while it plays. All but `Watch` apply to the current play; without one they are
/// ignored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Control {
    /// Pauses or resumes.
    Pause(bool),
    /// Seeks to a position in the recording.
    Seek(Duration),
    /// Seeks forward by this many milliseconds, or back if negative. Skipped silence does not count.
    Step(i64),
    /// Changes how to play.
    Settings(PlaybackSettings),
    /// Reports the position whenever it has moved this far; `None` for never, which is the default.
    Watch(Option<Duration>),
    /// Stops at once, without an event.
    Stop,
}

/// An event of a play.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The output is open and got its first samples.
    Started,
    /// The position in the recording that is heard now. Sent at most ten times a second, and only as
    /// requested by [`Control::Watch`].
    Position(Duration),
    /// As much was heard as [`Play::heard_after`] says. Sent once at most. Pauses and skipped parts do not
    /// count.
    Heard,
    /// The last sample was heard: the play is over.
    Ended,
    /// The output could not be opened or was lost: the play is over. The next play tries again.
    Failed(Unavailable),
}

/// Opens an output for a sample rate, once per play.
pub(super) type Open = Box<dyn FnMut(u32) -> Result<Box<dyn Output>, Unavailable> + Send>;

/// Receives events, with the number of their play.
pub(super) type Events = Arc<dyn Fn(u64, Event) + Send + Sync>;
