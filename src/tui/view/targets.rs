//! What a click leads to.

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
}
