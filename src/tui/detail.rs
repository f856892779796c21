//! The detail pane: everything about the selected voicemail.

pub(in crate::tui) mod update;
pub(in crate::tui) mod view;
