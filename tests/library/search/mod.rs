//! The query language: what is read, what it finds, and what is said where it is wrong.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod complete;
mod fuzzy;
mod highlight;
mod matching;
mod mistakes;
mod properties;
mod prose;
mod reuse;
mod rows;
