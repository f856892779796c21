//! The dialog that switches the account: the list of those in the settings. Plain data;
//! [`crate::tui::update`] changes it.

pub(in crate::tui) mod update;
pub(in crate::tui) mod view;

/// An account that can be switched to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its name in the settings.
    pub name: String,
    /// Its region and app ID, as shown in the list.
    pub about: String,
}

/// The overlay for switching accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountMenu {
    /// The index of the selected account.
    pub at: usize,
}

impl AccountMenu {
    /// Moves the selection by `by` of `count` accounts; stops at the ends.
    pub fn step(&mut self, by: isize, count: usize) {
        self.at = self.at.saturating_add_signed(by).min(count.saturating_sub(1));
    }
}
