//! The player as others see it: commands in, events out, and a thread between them that is not their
//! concern.

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::engine::Engine;
use super::mailbox::Mailbox;
use super::{Output, Unavailable};
use crate::audio::{Pcm, Waveform};

/// How long the end of the program waits for the sound to end. A server that hangs is left alone.
const GOODBYE: Duration = Duration::from_millis(500);

/// What can be played: a decoded recording and what is known of it. Cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct Sound {
    /// The samples.
    pub pcm: Arc<Pcm>,
    /// The outline of the same recording.
    pub waveform: Arc<Waveform>,
}

impl Sound {
    /// Looks at a decoded recording.
    pub fn new(pcm: Pcm) -> Sound {
        let waveform = Arc::new(Waveform::new(&pcm));
        Sound { pcm: Arc::new(pcm), waveform }
    }
}

/// How it sounds. Goes on from one recording to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Manner {
    /// From 0.75 to 2.5; the pitch is kept.
    pub speed: f32,
    /// Whether silences are left out.
    pub skip_silence: bool,
    /// From 0 (mute) over 1 to 4 (12 dB more).
    pub volume: f32,
    /// Whether quiet callers are brought up and loud ones down.
    pub auto_level: bool,
}

impl Default for Manner {
    fn default() -> Manner {
        Manner { speed: 1.0, skip_silence: false, volume: 1.0, auto_level: true }
    }
}

/// A recording to be played.
#[derive(Clone, Debug, PartialEq)]
pub struct Play {
    /// A number from whoever asks. It comes back with each event of this play.
    pub number: u64,
    /// What is played.
    pub sound: Sound,
    /// Where to begin, in the recording's own time.
    pub from: Duration,
    /// How it sounds.
    pub manner: Manner,
    /// How much of it has to be heard until [`Event::Heard`]; of a shorter one, all.
    pub heard_after: Duration,
}

/// What a player is asked to do. All but `Play` and `Watch` are about what is being played, and mean
/// nothing when there is nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Plays this, in place of what is being played.
    Play(Play),
    /// Holds the sound, or lets it go on where it was held.
    Pause(bool),
    /// Goes to a place in the recording's own time.
    Seek(Duration),
    /// Goes so many milliseconds on, or back. Silences that are skipped do not count.
    Step(i64),
    /// Sounds differently from now on.
    Manner(Manner),
    /// Whether the position is looked at, and how far it moves before that is told. From the start it
    /// is not.
    Watch(Option<Duration>),
    /// Ends the sound at once. No event tells of it.
    Stop,
}

/// What happens to a play.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The output is open and the first samples are on their way.
    Started,
    /// What is heard now, in the recording's own time. While it is watched, at most ten times a second,
    /// and only after a change that [`Command::Watch`] is interested in.
    Position(Duration),
    /// So much was heard as the play asked for. At most once, and only what was really played counts:
    /// neither what was jumped over nor a pause.
    Heard,
    /// The last sample was heard. The play is over.
    Ended,
    /// The output cannot be opened, or was lost. The play is over; the next one tries again.
    Failed(Unavailable),
}

/// Opens outputs for samples at a rate, one for each play.
pub(super) type Open = Box<dyn FnMut(u32) -> Result<Box<dyn Output>, Unavailable> + Send>;

/// Takes events, each with the number of its play.
pub(super) type Events = Arc<dyn Fn(u64, Event) + Send + Sync>;

/// Plays recordings, one at a time. The thread starts with the first of them, and takes no time while
/// nothing plays. Dropping the player ends the sound.
pub struct Player {
    mailbox: Arc<Mailbox>,
    events: Events,
    /// What the thread needs, until it runs.
    open: Option<Open>,
}

impl Player {
    /// A player that gets its outputs from `open` and tells `events` what happens. Both run on the
    /// player's thread; `events` must not block, because no sound is made meanwhile: it drops what its
    /// receiver has no room for.
    pub fn new(
        open: impl FnMut(u32) -> Result<Box<dyn Output>, Unavailable> + Send + 'static,
        events: impl Fn(u64, Event) + Send + Sync + 'static,
    ) -> Player {
        Player { mailbox: Arc::default(), events: Arc::new(events), open: Some(Box::new(open)) }
    }

    /// Asks for something. Returns at once and never blocks. Steps add up; of everything else that was
    /// not done yet the latest counts.
    pub fn send(&mut self, command: Command) {
        if let Command::Play(play) = &command {
            if let Some(open) = self.open.take() {
                self.start(open);
            }
            if self.mailbox.is_closed() {
                (self.events)(play.number, Event::Failed(Unavailable::NoThread));
            }
        }
        self.mailbox.send(command);
    }

    /// Waits until all that was asked for has taken effect: before the program is stopped, for one,
    /// which would keep a pause from reaching the output. False when that takes longer than `patience`,
    /// as it does when a sound server hangs.
    pub fn settle(&self, patience: Duration) -> bool {
        self.open.is_some() || self.mailbox.settle(patience)
    }

    fn start(&mut self, open: Open) {
        let closing = Closing(Arc::clone(&self.mailbox));
        let (mailbox, events) = (Arc::clone(&self.mailbox), Arc::clone(&self.events));
        // Where there is no thread, dropping what it should have run closes the mailbox.
        let _ = thread::Builder::new().name("player".to_owned()).spawn(move || {
            let _closing = closing;
            Engine::new(mailbox, open, events).run();
        });
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.mailbox.quit();
        self.settle(GOODBYE);
    }
}

impl fmt::Debug for Player {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Player").field("started", &self.open.is_none()).finish_non_exhaustive()
    }
}

/// Closes the mailbox at the thread's end, whatever ended it.
struct Closing(Arc<Mailbox>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
    }
}
