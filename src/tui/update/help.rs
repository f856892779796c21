//! The help: opening and closing it, scrolling, and the keys that mean something else in its filter
//! while nothing is typed.

use crossterm::event::{KeyEvent, MouseEvent, MouseEventKind};

use crate::tui::command::Command;
use crate::tui::field::{self, Field};
use crate::tui::help::Help;
use crate::tui::state::State;
use crate::tui::view::{self, Extent};

/// How many lines a turn of the wheel scrolls.
const WHEEL: usize = 3;

/// Opens the help above whatever is open, or closes it.
pub(super) fn toggle(state: &mut State) {
    state.help = match state.help {
        None => Some(Help::new(state.scopes())),
        Some(_) => None,
    };
}

/// Clears the filter; without one, closes the help.
pub(super) fn close(state: &mut State) {
    match &mut state.help {
        Some(help) if !help.input.value().is_empty() => {
            help.input = Field::default();
            help.top = 0;
        }
        _ => state.help = None,
    }
}

/// A command that scrolls.
pub(super) fn go(state: &mut State, command: Command) {
    let Extent { page, last, last_page } = view::help_extent(state);
    let Some(help) = &mut state.help else { return };
    // The window may have grown since.
    let top = help.top.min(last_page);
    help.top = match command {
        Command::HelpDown if top >= last => top,
        Command::HelpDown => top + 1,
        Command::HelpUp => top.saturating_sub(1),
        Command::HelpPageDown => ((top / page + 1) * page).min(last_page),
        Command::HelpPageUp => top.saturating_sub(1) / page * page,
        Command::HelpStart => 0,
        _ => last_page,
    };
}

/// The wheel scrolls; clicks do nothing.
pub(super) fn on_mouse(state: &mut State, mouse: MouseEvent) {
    let command = match mouse.kind {
        MouseEventKind::ScrollDown => Command::HelpDown,
        MouseEventKind::ScrollUp => Command::HelpUp,
        _ => return,
    };
    (0..WHEEL).for_each(|_| go(state, command));
}

/// Takes a key that would be the first of the filter and is of no use there: `/`, with which a search
/// begins elsewhere, and a blank, which turns the page as in a pager. Says whether it did.
pub(super) fn takes(state: &mut State, key: KeyEvent) -> bool {
    let empty = state.help.as_ref().is_some_and(|help| help.input.value().is_empty());
    match field::character(key) {
        Some('/') if empty => true,
        Some(' ') if empty => {
            go(state, Command::HelpPageDown);
            true
        }
        _ => false,
    }
}
