//! What vmail knows of voicemail, without any I/O: the model, triage, dates, search and words.
//!
//! Everything else builds on it, and it imports nothing of the rest.

pub mod caller;
pub mod encoding;
pub mod facts;
pub mod fields;
pub mod humanize;
pub mod model;
pub mod prefetch;
pub mod range;
pub mod search;
pub mod stats;
pub mod suggest;
pub mod text;
pub mod triage;
pub mod view;
pub mod zone;
