//! What a session of the screen starts with, and what it hands over to the next one.

use crate::tui::runtime::Deps;
use crate::tui::screen;
use crate::tui::state::{Setup, State};

/// Everything that a session needs for one account.
#[derive(Debug)]
pub struct Session {
    /// The initial state.
    pub setup: Setup,
    /// What its jobs work with.
    pub work: Deps,
    /// Terminal options.
    pub options: screen::Options,
}

impl State {
    /// Takes over the range of `before`, an ended session. If the account is the same, also takes over the
    /// selection, marks, search and undo history.
    pub fn go_on_from(&mut self, mut before: State) {
        before.end_history();
        self.range = before.range;
        self.detail.full = before.detail.full;
        self.detail.focused = before.detail.focused;
        self.recent_choices = before.recent_choices;
        if self.setup.account != before.setup.account {
            return;
        }
        self.steps = before.steps;
        self.playback.ahead = before.playback.ahead.handed_over();
        self.unsaved = before.unsaved;
        self.inbox.selected = before.inbox.selected;
        self.inbox.marks = before.inbox.marks;
        self.inbox.top = before.inbox.top;
        self.inbox.query.view = before.inbox.query.view;
        self.inbox.query.order = before.inbox.query.order;
        self.filter.input = before.filter.input;
        self.filter.history = before.filter.history;
    }
}
