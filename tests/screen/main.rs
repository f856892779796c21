//! Screens without a terminal: keys and messages in, cells out.

#![allow(clippy::unwrap_used, reason = "a test fails by it, in helpers as well")]

mod account;
#[path = "../common/mod.rs"]
mod common;
mod help;
mod listening;
mod look;
mod overlays;
mod people;
mod people_work;
mod screens;
mod ways;
mod working;
