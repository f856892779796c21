//! The help: opening and closing it, scrolling, and the keys that mean something else in its filter
//! while nothing is typed.

use crossterm::event::KeyEvent;

use crate::tui::field::{self, Field};
use crate::tui::overlays::help::Help;
use crate::tui::state::State;
use crate::tui::view::{self, Extent};

/// Opens the help above whatever is open, or closes it.
pub(in crate::tui) fn toggle(state: &mut State) {
    state.help = match state.help {
        None => Some(Help::new(state.scopes())),
        Some(_) => None,
    };
}

/// Clears the help's filter; without one, closes the help.
pub(in crate::tui) fn close(state: &mut State) {
    match &mut state.help {
        Some(help) if !help.input.value().is_empty() => {
            help.input = Field::default();
            help.top = 0;
        }
        _ => state.help = None,
    }
}

/// Where to scroll.
#[derive(Clone, Copy, Debug)]
pub(in crate::tui) enum Scroll {
    /// By one line.
    Down,
    /// By one line.
    Up,
    /// To the next page.
    PageDown,
    /// To the page before.
    PageUp,
    /// To the first line.
    Start,
    /// To the last page.
    End,
}

/// Scrolls the help.
pub(in crate::tui) fn scroll(state: &mut State, to: Scroll) {
    let Extent { page, last, last_page } = view::help_extent(state);
    let Some(help) = &mut state.help else { return };
    // The window may have grown since.
    let top = help.top.min(last_page);
    help.top = match to {
        Scroll::Down if top >= last => top,
        Scroll::Down => top + 1,
        Scroll::Up => top.saturating_sub(1),
        Scroll::PageDown => ((top / page + 1) * page).min(last_page),
        Scroll::PageUp => top.saturating_sub(1) / page * page,
        Scroll::Start => 0,
        Scroll::End => last_page,
    };
}

/// Takes a key that would be the first of the help's filter and is of no use there: `/`, with which a search
/// begins elsewhere, and a blank, which turns the page as in a pager. Says whether it did.
pub(in crate::tui) fn takes(state: &mut State, key: KeyEvent) -> bool {
    let empty = state.help.as_ref().is_some_and(|help| help.input.value().is_empty());
    match field::character(key) {
        Some('/') if empty => true,
        Some(' ') if empty => {
            scroll(state, Scroll::PageDown);
            true
        }
        _ => false,
    }
}
