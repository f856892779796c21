//! Rebuilds the list after a change of view, search, order or rows.

use crate::tui::detail::update::load_details;
use crate::tui::list::listing::Listing;
use crate::tui::list::moves::keep_visible;
use crate::tui::list::rows::RowKey;
use crate::tui::msg::Effect;
use crate::tui::playback::prefetch;
use crate::tui::state::State;

/// Rebuilds the list. The selected row stays in it even if it no longer matches.
pub(in crate::tui) fn relist(state: &mut State) {
    let shown = state.inbox.selected.filter(|_| state.inbox.selected_place().is_some());
    relist_with(state, shown);
}

/// Rebuilds the list, with the row of `lingers` even if it does not match.
pub(in crate::tui) fn relist_with(state: &mut State, lingers: Option<RowKey>) {
    let inbox = &mut state.inbox;
    let lingers = lingers.and_then(|key| inbox.rows.search(key).ok());
    inbox.list = Listing::new(&inbox.rows, &mut inbox.query, lingers, state.setup.zone);
}

/// Rebuilds the list, for another view, search or order. The selection stays if its row is shown, else it
/// moves to the nearest.
pub(in crate::tui) fn list_anew(state: &mut State, effects: &mut Vec<Effect>) {
    let selected = state.inbox.selected.take();
    relist(state);
    let row = selected.and_then(|key| state.inbox.rows.search(key).ok());
    let place =
        row.map_or(0, |row| state.inbox.list.place(row).unwrap_or_else(|| state.inbox.list.nearest(row)));
    state.inbox.selected = state.inbox.at(place).map(|row| RowKey::of(&row));
    state.detail.marked = None;
    state.detail.scroll = 0;
    let shown = &state.inbox.list;
    let rows = &state.inbox.rows;
    state.inbox.marks.retain(|key| rows.search(*key).is_ok_and(|row| shown.place(row).is_some()));
    keep_visible(state);
    prefetch::schedule(state);
    load_details(state, effects);
}
