//! Sync from outside: the planner, the walk through a server's pages, and the task as a whole.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod pace;
mod plan;
mod run;
mod server;
mod walk;
