//! vmail: a voicemail inbox for the terminal, for TeleCMI accounts.
//!
//! The network only fills the store; the screen only shows the store. `ARCHITECTURE.md` has the
//! overview, the terms and the reasons. Start with [`tui::msg`]. Which file of `tui/view/` draws what:
//!
//! ```text
//!  vmail  office  Inbox 32  Unread 9  Done   Last 7 days  17–23 Nov  IST   header.rs
//!                 ━━━━━━━━
//!  / 98 is:unread                                               12 of 32   filter.rs
//!    Today · Mon 23 Nov                  5 │  +91 98450 12345              inbox.rs, with the
//!     11:58   +91 98765 43210              │  India · as 9845012345        columns.rs; detail.rs,
//! ▌   10:05   +9╭─ Dates ─────────────────── Esc closes ─╮ ⣿⣷⣤⣀⣤⣶⣷⣀       with its sound.rs;
//!     09:31   Wi│  1  Last 24 hours    ‹ November 2026 › │                 blank.rs where there is
//!     08:50   JD│  2  Today            Mo  Tu  We  Th  Fr│                 nothing to list
//!    Yesterday ·│  3  Yesterday         2   3   4   5   6│ 10:15
//!     19:12   +9│ Range  7d                              │ 17:42           above the rest: dates.rs,
//!     12:02   +4╰────────────────────────────────────────╯ 18:21           help.rs, palette.rs,
//!                                          │                               note.rs, tags.rs, ways.rs,
//!                                          │                               people.rs, calling.rs,
//!                                          │                               copying.rs, accounts.rs
//!  32 voicemails                              up to date · checked 12:04   status.rs: how it
//!  Space play   e done   s star   / search   m note   ? help                stands, and keys
//! ```
//!
//! All of them write with `pen.rs`, and with `field.rs` for text input. They format numbers and
//! times with [`words`] and take colours from [`tui::theme`]; `ascii.rs` then replaces characters
//! that the terminal cannot show.

pub mod audio;
pub mod caller;
pub mod cli;
pub mod config;
pub mod contacts;
pub mod credentials;
pub mod demo;
pub mod error;
pub mod export;
pub mod fields;
pub mod model;
pub mod paths;
pub mod player;
pub mod private;
pub mod range;
pub mod recording;
pub mod search;
pub mod secret;
pub mod signals;
pub mod stats;
pub mod store;
pub mod suggest;
pub mod sync;
pub mod telecmi;
pub mod text;
pub mod triage;
pub mod tui;
pub mod web;
pub mod words;
pub mod zone;
