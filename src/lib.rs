//! vmail: a voicemail inbox for the terminal, for TeleCMI accounts.
//!
//! The network only fills the store; the screen only shows the store. `ARCHITECTURE.md` has the
//! overview, the terms and the reasons. Start with [`tui::msg`]. Which file of `tui/` draws what:
//!
//! ```text
//!  vmail  1 Inbox 32  2 Unread 9  3–5 views Last 7 days  17–23 Nov  IST   view/header.rs
//!         ━━━━━━━━━━
//!  / 98 is:unread                                               12 of 32   search_line/view.rs
//!    Today · Mon 23 Nov                  5 │  +91 98450 12345              list/view.rs, with the
//!     11:58   +91 98765 43210              │  India · as 9845012345        columns.rs beside it;
//! ▌   10:05   +9╭─ Dates ─────────────────── Esc closes ─╮ ⣿⣷⣤⣀⣤⣶⣷⣀       detail/view.rs, with
//!     09:31   Wi│  1  Last 24 hours    ‹ November 2026 › │                 playback/view.rs;
//!     08:50   JD│  2  Today            Mo  Tu  We  Th  Fr│                 list/blank.rs where there
//!    Yesterday ·│  3  Yesterday         2   3   4   5   6│ 10:15           is nothing to list
//!     19:12   +9│ Range  7d                              │ 17:42
//!     12:02   +4╰────────────────────────────────────────╯ 18:21           above the rest:
//!                                          │                               overlays/*/view.rs
//!  ▶ Anita Rao 10:05  0:04 ⣷⣤⣶⣿⣀⣤ 0:12                     p pause      playback/view.rs
//!  32 voicemails                              up to date · checked 12:04   view/status.rs: how it
//!  Space play   e done   s star   / search   m note   ? help                stands, and keys
//! ```
//!
//! All of them write with `view/pen.rs`, and with `view/field.rs` for text input. They format numbers and
//! times with [`core::humanize`] and take colours from [`tui::theme`]; [`terminal::ascii`] then replaces
//! characters that the terminal cannot show.

pub mod account;
pub mod audio;
pub mod cli;
pub mod config;
pub mod contacts;
pub mod core;
pub mod core_dumps;
pub mod credentials;
pub mod demo;
pub mod error;
pub mod export;
pub mod paths;
pub mod player;
pub mod private_fs;
pub mod recording;
pub mod secret;
pub mod signals;
pub mod store;
pub mod sync;
pub mod telecmi;
pub mod terminal;
pub mod tui;
pub mod web;
