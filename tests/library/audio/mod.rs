//! Sound, from a recording's bytes to the samples that are played. Most of it is measured on tones that
//! the tests make; `tests/fixtures/audio` has the kinds that they cannot write, and `assets/demo` has
//! speech.

#![expect(clippy::unwrap_used, reason = "a test that cannot read a recording has failed")]

mod decode;
mod hostile;
mod odd;
mod reader;
mod support;
mod waveform;
