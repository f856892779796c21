//! What a session of the screen begins with, and what of it goes on in the next one.

use crate::tui::runtime::Work;
use crate::tui::state::{Setup, State};
use crate::tui::terminal;

/// All that a session needs: what the settings say of one account.
#[derive(Debug)]
pub struct Session {
    /// What the screen is like.
    pub setup: Setup,
    /// What it works with.
    pub work: Work,
    /// What it may do with the terminal.
    pub options: terminal::Options,
}

impl State {
    /// Goes on where `before` was, a session that has ended: with its range, and where the account is
    /// the same, with the place in the list and all that can be undone.
    pub fn go_on_from(&mut self, mut before: State) {
        before.end_history();
        self.range = before.range;
        self.detail.full = before.detail.full;
        self.detail.focused = before.detail.focused;
        self.last_choice = before.last_choice;
        if self.account != before.account {
            return;
        }
        self.steps = before.steps;
        self.unsaved = before.unsaved;
        self.inbox.selected = before.inbox.selected;
        self.inbox.marks = before.inbox.marks;
        self.inbox.top = before.inbox.top;
        self.inbox.wish.view = before.inbox.wish.view;
        self.inbox.wish.order = before.inbox.wish.order;
        self.filter.input = before.filter.input;
        self.filter.history = before.filter.history;
    }
}
