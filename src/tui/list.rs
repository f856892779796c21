//! The list of voicemails in the inbox: its rows, what it shows of them, and changes to them.

pub(in crate::tui) mod blank;
pub(in crate::tui) mod changes;
pub(in crate::tui) mod columns;
pub mod listing;
pub(in crate::tui) mod matches;
pub(in crate::tui) mod moves;
pub(in crate::tui) mod relist;
pub mod rows;
pub(in crate::tui) mod triage;
pub(in crate::tui) mod view;
