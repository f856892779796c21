//! Playing: a [`Player`] on a thread of its own, and the outputs it plays to.
//!
//! Here is what both sides need: what an output is, and why there may be none. The outputs are
//! submodules; they take samples and say how many. What a recording is, how it is decoded, its speed
//! and its silences are `audio`'s business; what is played next is that of whoever sends the commands.

pub mod command;
#[cfg(any(not(target_os = "linux"), feature = "alsa"))]
mod device;
mod engine;
mod handle;
mod mailbox;
mod outputs;
#[cfg(target_os = "linux")]
pub mod pulse;
mod trail;

use std::time::Duration;

pub use handle::{Command, Event, Manner, Play, Player, Sound};
pub use outputs::Outputs;

/// One stream of sound on its way to somebody's ears: mono, 16 bits, at the rate it was opened with.
///
/// The thread that plays owns it and pulls: it asks how many samples are wanted, makes as many and
/// writes them. Nothing else feeds the output, so nothing is queued anywhere but in the output
/// itself, which holds about 100 ms: that is how late a change of speed or volume is heard when
/// nothing is flushed. A pause and a flush are heard within 50 ms; of a program of the user's own that
/// is too much to ask, see [`command::Program`].
///
/// A stream is for one play. Opening makes it, dropping it ends the sound at once. After an error it
/// is of no use: drop it, say the error, and open another one when the user asks again.
pub trait Output {
    /// How many samples the output takes now. Waits for at most `patience` until it takes any; 0 when
    /// it took none in that time, as it does when paused and full.
    fn wanted(&mut self, patience: Duration) -> Result<usize, Unavailable>;

    /// Hands over samples: as many as are [wanted](Output::wanted), or fewer.
    fn write(&mut self, samples: &[i16]) -> Result<(), Unavailable>;

    /// Holds the sound, or lets it go on where it was held. What was written is kept.
    fn pause(&mut self, paused: bool) -> Result<(), Unavailable>;

    /// Forgets what was written and not heard yet, to go on from elsewhere. The output wants samples
    /// again at once. A paused output stays paused.
    fn flush(&mut self) -> Result<(), Unavailable>;

    /// Plays what was written to its end: nothing more comes. Waits for at most `patience`; false
    /// when it is not all heard yet: ask again. Writing or flushing takes it back.
    fn drain(&mut self, patience: Duration) -> Result<bool, Unavailable>;

    /// How long a sample written now takes until it is heard: how far what is heard is behind what
    /// was written.
    fn latency(&mut self) -> Result<Duration, Unavailable>;
}

/// Why there is no sound, in one line for the user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// Nothing listens where a sound server would.
    #[error("no sound server is running here")]
    NoServer,
    /// Nothing listens where the environment says that a sound server is.
    #[error("no sound server answers where PULSE_SERVER says")]
    NoServerThere,
    /// The server wants another cookie, or its socket belongs to another user.
    #[error("the sound server refused vmail: its cookie or its socket belongs to someone else")]
    Refused,
    /// The server took longer than the time-out for an answer.
    #[error("the sound server does not answer")]
    Hung,
    /// The server died or ended the stream.
    #[error("the sound server ended the playback")]
    Killed,
    /// The server runs and has no device, or the device went away.
    #[error("there is no sound device")]
    NoSink,
    /// The device does not do what is asked of it: what the system says.
    #[error("the sound device does not play: {0}")]
    Device(String),
    /// The user's own program for playing failed: what is set, and how.
    #[error("player_command {program:?} {how}")]
    Program {
        /// The program, or the line for the shell.
        program: String,
        /// What became of it, going on from its name.
        how: String,
    },
    /// There is no thread to play on: the system gave none, or it broke.
    #[error("vmail cannot play any more: start it again")]
    NoThread,
    /// The server said what this program does not understand.
    #[error("the sound server and vmail do not understand each other: {0}")]
    Protocol(String),
}
