//! What every sound output can do, and why there is no sound.

use std::time::Duration;

/// An open sound stream: mono, 16 bits, at the sample rate it was opened with.
///
/// The player thread owns it and asks how many samples it accepts before it writes them. Nothing is queued
/// except in the output itself, which holds about 100 ms. Without a flush, changes of speed and volume are
/// heard after this delay; pausing and flushing are heard within 50 ms. A user's own command can be slower:
/// see [`super::command::Program`].
///
/// A stream serves one play. Dropping it stops the sound at once. After an error it is unusable: drop it,
/// report the error, and open another when the user tries again.
pub trait Output {
    /// Returns how many samples the sound output accepts now. Waits at most `patience` until it accepts any;
    /// returns 0 if it does not, for example because it is paused and full.
    fn accepts(&mut self, patience: Duration) -> Result<usize, Unavailable>;

    /// Writes samples to the sound output: at most as many as it [accepts](Output::accepts).
    fn write(&mut self, samples: &[i16]) -> Result<(), Unavailable>;

    /// Pauses or resumes the sound output. Samples written before stay buffered.
    fn pause(&mut self, paused: bool) -> Result<(), Unavailable>;

    /// Discards samples that were written to the sound output and not heard yet. The output accepts new ones
    /// at once. A paused output stays paused.
    fn flush(&mut self) -> Result<(), Unavailable>;

    /// Plays the rest of the samples written to the sound output. Waits at most `patience`, and returns false
    /// if they are not all heard yet: call again. Writing or flushing cancels it.
    fn drain(&mut self, patience: Duration) -> Result<bool, Unavailable>;

    /// Returns how long a sample written to the sound output now takes until it is heard.
    fn latency(&mut self) -> Result<Duration, Unavailable>;
}

/// Why there is no sound, as one line for the user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// No sound server listens at the default addresses.
    #[error("no sound server is running here")]
    NoServer,
    /// No sound server listens at the address in `PULSE_SERVER`.
    #[error("no sound server at the address in PULSE_SERVER")]
    NoServerThere,
    /// The server rejected the cookie, or its socket belongs to another user.
    #[error("the sound server refused the connection: wrong cookie, or another user's socket")]
    Refused,
    /// The server did not answer in time.
    #[error("the sound server timed out")]
    Hung,
    /// The server died or closed the stream.
    #[error("the sound server ended the playback")]
    Killed,
    /// The server has no device, or lost it.
    #[error("no sound device found")]
    NoSink,
    /// The device failed, with the system's message.
    #[error("the sound device failed: {0}")]
    Device(String),
    /// The command from the setting `player_command` failed.
    #[error("player_command {program:?} {how}")]
    Program {
        /// The program, or the command line for the shell.
        program: String,
        /// What happened, to follow the program's name.
        how: String,
    },
    /// The player thread could not be started, or has crashed.
    #[error("the player has stopped: restart vmail")]
    NoThread,
    /// The server sent something unexpected.
    #[error("unexpected response from the sound server: {0}")]
    Protocol(String),
}
