//! What is true of every verb, from outside: what goes to stdout and what to stderr, exit codes,
//! formats, and what happens where the home folder, the server or the terminal is not as it should be.
//!
//! What a verb does that the others do not is tested in a program of its own.

#![allow(clippy::unwrap_used, reason = "a test fails by it, in helpers as well")]

mod drift;
mod failing;
#[cfg(target_os = "linux")]
mod full;
mod homes;
mod order;
mod printing;
mod run;
pub mod table;
#[cfg(target_os = "linux")]
mod terminals;
