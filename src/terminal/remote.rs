//! Where vmail runs, from the user's point of view: at the desk, or at the other end of ssh.

use std::path::PathBuf;

use crate::terminal::escape::transfer::Transfer;
use crate::terminal::ssh::Server;

/// The machine that vmail runs on, as seen from the user's desk.
#[derive(Clone, Debug)]
pub struct RemoteEnv {
    /// Whether vmail runs over ssh, and no sound seems to be forwarded.
    pub remote: bool,
    /// How the user's machine reaches this one.
    pub server: Server,
    /// The socket on this machine for forwarding the sound of the user's machine.
    pub socket: Option<PathBuf>,
    /// How the terminal receives files, if it can.
    pub transfer: Option<Transfer>,
    /// The user's home folder.
    pub home: Option<PathBuf>,
}
