//! What the user does with voicemail: carried out, taken back, seen by others, never lost.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail them")]

mod backups;
mod edits;
mod model;
mod others;
#[cfg(unix)]
mod processes;
mod random;
mod reading;
mod recover;
mod support;
