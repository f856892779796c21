//! The views of the inbox, as the command line names them too.

use crate::core::facts::Flags;

/// A view: which voicemails of the range are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// Voicemails that are not done.
    #[default]
    Inbox,
    /// Unread voicemails that are not done.
    Unread,
    /// Starred voicemails, done or not.
    Starred,
    /// Voicemails that are done.
    Done,
    /// All voicemails.
    All,
}

impl View {
    /// Every view, in the order of their keys.
    pub const EVERY: [View; 5] = [View::Inbox, View::Unread, View::Starred, View::Done, View::All];

    /// Returns the view's name on screen.
    pub fn name(self) -> &'static str {
        match self {
            View::Inbox => "Inbox",
            View::Unread => "Unread",
            View::Starred => "Starred",
            View::Done => "Done",
            View::All => "All",
        }
    }

    /// Returns the query equivalent to the view.
    pub fn search(self) -> &'static str {
        match self {
            View::Inbox => "-is:done",
            View::Unread => "is:unread -is:done",
            View::Starred => "is:starred",
            View::Done => "is:done",
            View::All => "",
        }
    }

    /// Returns whether the view shows voicemails with `flags`.
    pub fn shows(self, flags: Flags) -> bool {
        match self {
            View::Inbox => !flags.contains(Flags::DONE),
            View::Unread => !flags.intersects(Flags::DONE | Flags::READ),
            View::Starred => flags.contains(Flags::STARRED),
            View::Done => flags.contains(Flags::DONE),
            View::All => true,
        }
    }
}
