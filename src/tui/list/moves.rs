//! Moving through the list: the selection and the scroll position.

use crate::tui::detail::update::load_details;
use crate::tui::list::relist::{relist, relist_with};
use crate::tui::list::rows::RowKey;
use crate::tui::list::triage::mark_range;
use crate::tui::msg::Effect;
use crate::tui::playback::prefetch;
use crate::tui::state::{Follows, State};
use crate::tui::view;

/// Selects the row at `place` of the list, or the last row.
pub(in crate::tui) fn select_place(state: &mut State, place: usize, effects: &mut Vec<Effect>) {
    state.inbox.follows = None;
    let place = place.min(state.inbox.list.len().saturating_sub(1));
    let Some(row) = state.inbox.at(place) else { return };
    let key = RowKey::of(&row);
    if state.inbox.selected != Some(key) {
        state.inbox.selected = Some(key);
        if state.inbox.list.lingering {
            relist(state);
        }
        state.detail.marked = None;
        state.awaits_history = false;
        state.detail.scroll = 0;
        prefetch::schedule(state);
        load_details(state, effects);
    }
    keep_visible(state);
}

/// Selects the row with this key. It joins the list if view or search hide it.
pub(in crate::tui) fn select_key(state: &mut State, key: RowKey, effects: &mut Vec<Effect>) {
    if state.inbox.place(key).is_none() {
        relist_with(state, Some(key));
    }
    if let Some(place) = state.inbox.place(key) {
        select_place(state, place, effects);
    }
}

/// Selects the first or the last row, and stays there while rows arrive.
pub(in crate::tui) fn select_end(state: &mut State, last: bool, effects: &mut Vec<Effect>) {
    select_place(state, if last { usize::MAX } else { 0 }, effects);
    state.inbox.follows = Some(Follows { last, marks: false });
}

/// Selects the end that the selection follows, after rows have arrived.
pub(in crate::tui) fn follow_end(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(follows @ Follows { last, marks }) = state.inbox.follows else { return };
    select_place(state, if last { usize::MAX } else { 0 }, effects);
    state.inbox.follows = Some(follows);
    if marks {
        mark_range(state);
    }
}

pub(in crate::tui) fn move_rows(state: &mut State, by: isize, effects: &mut Vec<Effect>) {
    let place = state.inbox.selected_place().unwrap_or(0).saturating_add_signed(by);
    select_place(state, place, effects);
}

/// Moves by `by` lines in the pane that has the focus.
pub(in crate::tui) fn move_page(state: &mut State, by: isize, effects: &mut Vec<Effect>) {
    if state.detail_focused() { scroll_detail(state, by) } else { scroll_list(state, by, effects) }
}

/// Scrolls the detail, with or without the focus.
pub(in crate::tui) fn scroll_detail(state: &mut State, by: isize) {
    let scroll = state.detail.scroll.saturating_add_signed(by as i16);
    state.detail.scroll = scroll.min(view::overflow(state));
}

/// Moves the selection and the view together, so that the selected row stays at its place on screen.
pub(in crate::tui) fn scroll_list(state: &mut State, by: isize, effects: &mut Vec<Effect>) {
    state.inbox.top = state.inbox.top.saturating_add_signed(by);
    move_rows(state, by, effects);
    // A page beyond the end means the end.
    let last = state.inbox.list.len().saturating_sub(1);
    if by > 0 && state.inbox.selected_place() == Some(last) {
        state.inbox.follows = Some(Follows { last: true, marks: false });
    }
}

/// Scrolls by a line. The selection stays while it is on screen, with its margin.
pub(in crate::tui) fn scroll_line(state: &mut State, down: bool, effects: &mut Vec<Effect>) {
    let by = if down { 1 } else { -1 };
    if state.detail_focused() {
        return move_page(state, by, effects);
    }
    let height = usize::from(state.regions().list.height);
    let Some(row) = state.inbox.selected_place() else { return };
    let days = &state.inbox.list.days;
    let last_top = days.lines().saturating_sub(height);
    let top = state.inbox.top.saturating_add_signed(by).min(last_top);
    let (heading, margin) = (usize::from(height > 1), margin(height));
    let first = if top > 0 { top + heading + margin } else { 0 };
    let last = if top < last_top { top + height.saturating_sub(margin + 1) } else { days.lines() };
    let line = days.line_of(row);
    state.inbox.top = top;
    let place = if line < first {
        (first..=last).find_map(|line| days.row_at(line))
    } else if line > last {
        (0..=last).rev().find_map(|line| days.row_at(line))
    } else {
        None
    };
    if let Some(place) = place {
        select_place(state, place, effects);
    }
}

pub(in crate::tui) fn move_day(state: &mut State, older: bool, effects: &mut Vec<Effect>) {
    let Some(row) = state.inbox.selected_place() else { return };
    let days = &state.inbox.list.days;
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
        select_place(state, target, effects);
    }
}

/// Scrolls so that the selected row is visible, with a margin.
pub(in crate::tui) fn keep_visible(state: &mut State) {
    let height = usize::from(state.regions().list.height);
    let inbox = &mut state.inbox;
    let Some(row) = inbox.selected_place().filter(|_| height > 0) else {
        inbox.top = 0;
        return;
    };
    let line = inbox.list.days.line_of(row);
    // The first line always shows the day, so the row needs one line more.
    let heading = usize::from(height > 1);
    let margin = margin(height);
    let last_top = inbox.list.days.lines().saturating_sub(height);
    let lowest = (line + 1 + margin).saturating_sub(height);
    let highest = line.saturating_sub(heading + margin);
    inbox.top = inbox.top.clamp(lowest.min(highest), highest.max(lowest)).min(last_top);
    inbox.top = inbox.top.min(line.saturating_sub(heading));
}

/// Returns how many lines of the list stay between the selection and the edge of a list of `height` lines.
fn margin(height: usize) -> usize {
    (height / 6).min(2)
}
