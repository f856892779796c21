//! The program from outside: arguments in, stdout, stderr, files and exit codes out.

#![allow(clippy::unwrap_used, reason = "a test fails by it, in helpers as well")]

mod backup;
mod cli;
mod completions;
mod config_verb;
#[path = "../common/demo_server.rs"]
mod demo_server;
mod doctor;
mod download;
mod every;
mod export;
#[cfg(target_os = "linux")]
#[path = "../pty/harness.rs"]
#[allow(dead_code, reason = "the tests in a terminal need more of it")]
mod harness;
#[path = "../common/home.rs"]
#[allow(dead_code, reason = "not every platform has the tests that need all of it")]
mod home;
mod login;
mod man;
mod people;
mod play;
#[path = "../common/program.rs"]
#[allow(dead_code, reason = "the tests in a terminal need more of it")]
mod program;
mod secret;
mod stats;
#[cfg(target_os = "linux")]
#[path = "../common/sound/tone.rs"]
mod tone;
#[path = "../common/until.rs"]
mod until;
mod verbs;
#[cfg(target_os = "linux")]
#[path = "../pty/world.rs"]
#[allow(dead_code, reason = "the tests in a terminal need more of it")]
mod world;
