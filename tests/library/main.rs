//! The parts that need no network, no terminal and no program: called as a library.

#![allow(clippy::unwrap_used, reason = "a test fails by it, in helpers as well")]

mod audio;
#[path = "../common/child.rs"]
#[allow(dead_code, reason = "not every platform has the tests that need all of it")]
mod child;
mod config;
mod contacts;
mod credentials;
#[cfg(unix)]
mod input;
mod names;
mod package;
mod player;
mod range;
mod search;
mod store;
mod stores;
mod triage;
#[path = "../common/until.rs"]
mod until;
