//! The API client against servers that behave, that are odd and that are hostile.

#![allow(clippy::unwrap_used, reason = "a test fails by it, in helpers as well")]

mod answers;
mod connections;
mod environment;
mod errors;
mod recordings;
mod requests;
mod support;
