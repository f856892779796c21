//! vmail: a voicemail inbox for the terminal, for TeleCMI accounts.

pub mod caller;
pub mod config;
pub mod demo;
pub mod model;
pub mod range;
pub mod secret;
pub mod store;
pub mod suggest;
pub mod sync;
pub mod telecmi;
pub mod text;
