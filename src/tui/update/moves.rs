//! Moving through the list: the selection, and what of the list is on screen.

use super::detail::load_details;
use super::want;
use crate::tui::msg::Effect;
use crate::tui::rows::RowKey;
use crate::tui::state::State;
use crate::tui::view;

pub(super) fn select_index(state: &mut State, index: usize, effects: &mut Vec<Effect>) {
    let index = index.min(state.inbox.rows.len().saturating_sub(1));
    let Some(row) = state.inbox.rows.get(index) else { return };
    let key = RowKey::of(&row);
    if state.inbox.selected != Some(key) {
        state.inbox.selected = Some(key);
        state.detail.marked = None;
        state.detail.scroll = 0;
        want::settle(state);
        load_details(state, effects);
    }
    keep_visible(state);
}

pub(super) fn move_rows(state: &mut State, by: isize, effects: &mut Vec<Effect>) {
    let index = state.inbox.selected_index().unwrap_or(0).saturating_add_signed(by);
    select_index(state, index, effects);
}

/// Moves selection and view together, so that the row stays where the eye is.
pub(super) fn move_page(state: &mut State, by: isize, effects: &mut Vec<Effect>) {
    if state.detail_focused() {
        let scroll = state.detail.scroll.saturating_add_signed(by as i16);
        state.detail.scroll = scroll.min(view::overflow(state));
        return;
    }
    state.inbox.top = state.inbox.top.saturating_add_signed(by);
    move_rows(state, by, effects);
}

pub(super) fn move_day(state: &mut State, older: bool, effects: &mut Vec<Effect>) {
    let Some(row) = state.inbox.selected_index() else { return };
    let days = &state.inbox.days;
    let Some(day) = days.day_of_row(row) else { return };
    let first = days.day(day).map_or(0, |day| day.first);
    let target = if older {
        days.day(day + 1).map(|day| day.first)
    } else if row > first {
        Some(first)
    } else {
        day.checked_sub(1).and_then(|day| days.day(day)).map(|day| day.first)
    };
    if let Some(target) = target {
        select_index(state, target, effects);
    }
}

/// Scrolls so that the selected row is on screen, with a little around it.
pub(super) fn keep_visible(state: &mut State) {
    let height = usize::from(state.regions().list.height);
    let inbox = &mut state.inbox;
    let Some(row) = inbox.selected_index().filter(|_| height > 0) else {
        inbox.top = 0;
        return;
    };
    let line = inbox.days.line_of(row);
    // The first line always shows its day, so a row under it needs one line more.
    let heading = usize::from(height > 1);
    let margin = (height / 6).min(2);
    let last_top = inbox.days.lines().saturating_sub(height);
    let lowest = (line + 1 + margin).saturating_sub(height);
    let highest = line.saturating_sub(heading + margin);
    inbox.top = inbox.top.clamp(lowest.min(highest), highest.max(lowest)).min(last_top);
    inbox.top = inbox.top.min(line.saturating_sub(heading));
}
