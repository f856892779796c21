//! vmail: a voicemail inbox for the terminal, for TeleCMI accounts.

pub mod caller;
pub mod cli;
pub mod config;
pub mod demo;
pub mod error;
pub mod model;
pub mod paths;
pub mod range;
pub mod secret;
pub mod store;
pub mod suggest;
pub mod sync;
pub mod telecmi;
pub mod text;
pub mod tui;
