//! Signals that end the program: heeded, so that files and the terminal are left as they should be.

#[cfg(unix)]
use std::fs;
#[cfg(unix)]
use std::future::pending;
use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What is listened for, from the start to the end: none is missed in between. The system no longer
/// ends the program by itself from then on, not even when this is dropped. Those that are ignored stay
/// so, as SIGHUP under `nohup`, where the system tells which they are (Linux does).
#[cfg(unix)]
#[derive(Debug)]
pub struct Signals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
    hangup: Option<Signal>,
}

#[cfg(unix)]
impl Signals {
    /// Listens from now on. Needs a Tokio runtime.
    pub fn watch() -> io::Result<Signals> {
        let ignored = ignored();
        let heed = |kind: SignalKind| {
            let is_ignored = ignored >> (kind.as_raw_value() - 1) & 1 == 1;
            if is_ignored { Ok(None) } else { signal(kind).map(Some) }
        };
        Ok(Signals {
            interrupt: heed(SignalKind::interrupt())?,
            terminate: heed(SignalKind::terminate())?,
            hangup: heed(SignalKind::hangup())?,
        })
    }

    /// Waits until the program is told to end. Returns the exit code that a shell reports of a program
    /// that the signal ended.
    pub async fn next(&mut self) -> i32 {
        let kind = tokio::select! {
            () = come(&mut self.interrupt) => SignalKind::interrupt(),
            () = come(&mut self.terminate) => SignalKind::terminate(),
            () = come(&mut self.hangup) => SignalKind::hangup(),
        };
        128 + kind.as_raw_value()
    }
}

#[cfg(unix)]
async fn come(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => pending().await,
    }
}

/// The signals that whoever started the program has it ignore: a bit for each, SIGHUP's the lowest.
/// None where the system does not tell.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}

/// What is listened for.
#[cfg(windows)]
#[derive(Debug)]
pub struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    /// Listens from now on. Needs a Tokio runtime.
    pub fn watch() -> io::Result<Signals> {
        tokio::signal::windows::ctrl_c().map(Signals)
    }

    /// Waits until the program is told to end. Returns the exit code for that.
    pub async fn next(&mut self) -> i32 {
        self.0.recv().await;
        130
    }
}
