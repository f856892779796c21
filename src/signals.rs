//! Signals that end the program, handled so that files and the terminal are left in a clean state.

#[cfg(unix)]
use std::fs;
#[cfg(unix)]
use std::future::pending;
use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals to wait for. Handlers stay installed from the first call on, even after a drop, so that
/// no signal is missed. Signals that are ignored at start stay ignored, such as SIGHUP under `nohup`,
/// on systems that report them (Linux).
#[cfg(unix)]
#[derive(Debug)]
pub struct Signals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
    hangup: Option<Signal>,
}

#[cfg(unix)]
impl Signals {
    /// Installs handlers for the signals that end the program. Needs a Tokio runtime.
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

    /// Waits for a signal that ends the program. Returns the exit code that a shell reports for a program
    /// ended by it.
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

/// Returns the signals that are ignored at start, as a bit mask with SIGHUP as the lowest bit; 0 if
/// the system does not report them.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}

/// The signals to wait for.
#[cfg(windows)]
#[derive(Debug)]
pub struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    /// Installs the handler for the signal that ends the program. Needs a Tokio runtime.
    pub fn watch() -> io::Result<Signals> {
        tokio::signal::windows::ctrl_c().map(Signals)
    }

    /// Waits for Ctrl-C, the signal that ends the program. Returns the exit code.
    pub async fn next(&mut self) -> i32 {
        self.0.recv().await;
        130
    }
}
