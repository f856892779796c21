//! What can be clicked. Where it is on screen, `view/targets.rs` knows.

use std::time::Duration;

use chrono::NaiveDate;

use crate::tui::command::Command;

/// Something that can be clicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A command, as its key would run it.
    Command(Command),
    /// The user's own view with this number.
    OwnView(usize),
    /// The view after the current one.
    NextView,
    /// The voicemail at this place of the list; `None` beside them.
    Row(Option<usize>),
    /// A place of the recording that plays: on a bar, or on the waveform.
    Seek(Duration),
    /// An entry of the caller's history in the detail; `None` elsewhere in the detail.
    Detail(Option<usize>),
    /// The scrollbar of the list: the first line to show.
    ListFrom(usize),
    /// The scrollbar of the detail: the first line to show.
    DetailFrom(u16),
    /// A preset of the range picker.
    Preset(usize),
    /// A day of its calendar.
    Day(NaiveDate),
    /// The month before or after in its calendar.
    Month(i32),
    /// Its text field.
    RangeText,
    /// A choice of the command palette.
    Choice(usize),
    /// An account in the list of accounts.
    Account(usize),
}
