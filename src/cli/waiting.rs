//! Says that a command waits, as for the keyring, if that takes a while.

use std::io::{self, Write as _};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

/// How long to wait in silence.
const SILENCE: Duration = Duration::from_secs(2);

/// Prints a line to stderr if it is not dropped soon.
#[derive(Debug)]
#[must_use]
pub struct Waiting {
    /// `None` if nothing will be printed.
    _over: Option<SyncSender<()>>,
}

impl Waiting {
    /// Says that a command waits for the system keyring, which is asked while this lives, with its time
    /// limit.
    pub fn for_keyring(limit: Duration) -> Waiting {
        let (over, ended) = sync_channel::<()>(0);
        let announce = move || {
            if ended.recv_timeout(SILENCE) == Err(RecvTimeoutError::Timeout) {
                let limit = limit.as_secs();
                // A notice that cannot be written changes nothing.
                let _ = writeln!(
                    io::stderr(),
                    "vmail: waiting up to {limit} s for the system keyring; it may be asking for its passphrase"
                );
            }
        };
        let started = thread::Builder::new().name("waiting".to_owned()).spawn(announce);
        Waiting { _over: started.ok().map(|_| over) }
    }
}
