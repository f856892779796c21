//! What helps somebody who works over ssh, tried with what they would use: sockets, tmux, ssh.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic as the test itself may")]

#[cfg(unix)]
mod clipboard;
mod page;
#[cfg(unix)]
mod ssh;
