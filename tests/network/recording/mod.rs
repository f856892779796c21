//! Recordings from the server to the disk, against servers that behave, break off and are hostile.

#![allow(clippy::unwrap_used, reason = "a test fails by it, in helpers as well")]

mod ahead;
mod cache;
mod demo;
mod hostile;
mod leftovers;
mod resuming;
mod save;
mod sharing;
mod support;
mod tries;
