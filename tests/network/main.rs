//! What speaks to a server: the client, syncs, recordings, the page for the browser, the demo server.

#![allow(clippy::unwrap_used, reason = "a test fails by it, in helpers as well")]

mod call;
#[path = "../common/child.rs"]
mod child;
mod demo;
mod recording;
mod support;
mod sync;
mod telecmi;
mod web;
