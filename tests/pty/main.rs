//! The real program in a real terminal: what a user sees, what the terminal is left like, what is
//! on the disk and whether a process stays behind.
//!
//! Tests wait for states and never for time. Each has a home folder of its own. What a process
//! is doing is read from `/proc`, so they run on Linux alone.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by it, in helpers as well")]

mod accounts;
mod again;
mod calling;
#[path = "../common/child.rs"]
#[allow(dead_code, reason = "each test program needs another part of it")]
mod child;
mod crashes;
mod files;
mod harness;
#[path = "../common/home.rs"]
#[allow(dead_code, reason = "each test program needs another part of it")]
mod home;
mod input;
mod jobs;
mod listening;
mod login;
mod looks;
mod notes;
mod recordings;
mod remote;
mod save_all;
mod settings;
mod signals;
#[path = "../common/sound/mod.rs"]
mod sound;
#[path = "../common/until.rs"]
mod until;
mod voices;
mod world;
