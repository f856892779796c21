//! What somebody who works over ssh does at their own desk, with real programs: tmux, ssh, scp.
//!
//! Apart from the tests that look whether a port is free: a program that is being started holds the
//! ports of whoever starts it for a moment.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic as the test itself may")]

mod clipboard;
mod ssh;
