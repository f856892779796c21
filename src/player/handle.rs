//! The player's interface: commands in, events out.

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::engine::Engine;
use super::mailbox::Mailbox;
use super::{Output, Unavailable};
use crate::audio::{Pcm, Waveform};

/// How long to wait for the sound to stop when the program ends. A server that hangs is not waited for.
const GOODBYE: Duration = Duration::from_millis(500);

/// A decoded recording with its waveform. Cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct Sound {
    /// The samples.
    pub pcm: Arc<Pcm>,
    /// The waveform of these samples.
    pub waveform: Arc<Waveform>,
}

impl Sound {
    /// Analyses a decoded recording.
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

/// Plays recordings, one at a time. The thread starts with the first play and uses no CPU while nothing
/// plays. Dropping the player stops the sound.
pub struct Player {
    mailbox: Arc<Mailbox>,
    events: Events,
    /// What the thread needs; taken when it starts.
    open: Option<Open>,
}

impl Player {
    /// Creates a player that opens outputs with `open` and reports to `events`. Both are called on the
    /// player thread. `events` must not block, because that would interrupt the sound: it drops events that
    /// its receiver has no room for.
    pub fn new(
        open: impl FnMut(u32) -> Result<Box<dyn Output>, Unavailable> + Send + 'static,
        events: impl Fn(u64, Event) + Send + Sync + 'static,
    ) -> Player {
        Player { mailbox: Arc::default(), events: Arc::new(events), open: Some(Box::new(open)) }
    }

    /// Plays this instead of the current recording. Never blocks.
    pub fn play(&mut self, play: Play) {
        if let Some(open) = self.open.take() {
            self.start(open);
        }
        if self.mailbox.is_closed() {
            (self.events)(play.number, Event::Failed(Unavailable::NoThread));
        }
        self.mailbox.play(play);
    }

    /// Sends a command. Never blocks. Of commands not carried out yet, steps add up; of every other kind
    /// only the latest counts.
    pub fn send(&mut self, control: Control) {
        self.mailbox.send(control);
    }

    /// Waits until all commands are carried out. Needed before the process is stopped: otherwise a pause
    /// might not reach the output. Returns false after `patience`, for example when a sound server hangs.
    pub fn wait_until_idle(&self, patience: Duration) -> bool {
        self.open.is_some() || self.mailbox.wait_until_idle(patience)
    }

    fn start(&mut self, open: Open) {
        let closing = Closing(Arc::clone(&self.mailbox));
        let (mailbox, events) = (Arc::clone(&self.mailbox), Arc::clone(&self.events));
        // If the thread cannot be started, its closure is dropped, which closes the mailbox.
        let _ = thread::Builder::new().name("player".to_owned()).spawn(move || {
            let _closing = closing;
            Engine::new(mailbox, open, events).run();
        });
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.mailbox.quit();
        self.wait_until_idle(GOODBYE);
    }
}

impl fmt::Debug for Player {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Player").field("started", &self.open.is_none()).finish_non_exhaustive()
    }
}

/// Closes the mailbox when the thread ends, even by a panic.
struct Closing(Arc<Mailbox>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
    }
}
