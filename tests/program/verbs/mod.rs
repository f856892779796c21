//! The verbs about voicemail from outside: stdout, stderr and exit codes against a server.

#![allow(clippy::unwrap_used, reason = "a test fails by it, in helpers as well")]

mod hook;
mod list;
mod mark;
mod show;
pub mod support;
mod sync;
