//! The detail pane: its focus, the caller's other voicemail, and what is read for it.

use super::fetch::{read, show};
use super::listen::stop;
use super::moves::select_index;
use super::news;
use crate::model::from_millis;
use crate::range::Range;
use crate::tui::msg::{Effect, Lane, Read};
use crate::tui::rows::RowKey;
use crate::tui::state::State;

pub(super) fn switch_pane(state: &mut State, effects: &mut Vec<Effect>) {
    if state.detail.full {
        state.detail.full = false;
    } else if state.regions().detail.is_some() {
        state.detail.focused = !state.detail.focused;
        state.detail.marked = None;
    } else {
        state.detail.full = true;
        load_details(state, effects);
    }
}

/// One step back: an end to playing; from the detail to the list; in the list, an end to fetching.
pub(super) fn back(state: &mut State, effects: &mut Vec<Effect>) {
    if state.listening.playback.is_some() {
        return stop(state, effects);
    }
    if state.detail.marked.take().is_some() {
        return;
    }
    if state.detail.full || state.detail.focused {
        state.detail.full = false;
        state.detail.focused = false;
    } else if state.sync.running.take().is_some() {
        state.lanes.next(Lane::Sync);
        state.inbox.unsure = true;
        state.sync.stopped = true;
        state.sync.next = state.sync.refresh.map(|every| state.now + every);
        effects.push(Effect::StopSync);
        news(state, "stopped fetching: what arrived is kept".to_owned());
    }
}

/// Marks another voicemail of the caller, `by` further down.
pub(super) fn mark_other(state: &mut State, by: isize) {
    let others = state.shown_details().map_or(0, |details| details.latest_others.len());
    state.detail.marked = match (state.detail.marked, others) {
        (_, 0) => None,
        (None, _) if by > 0 => Some(0),
        (None, _) => None,
        (Some(0), _) if by < 0 => None,
        (Some(marked), others) => Some(marked.saturating_add_signed(by).min(others - 1)),
    };
}

/// Goes to the marked voicemail; with none marked, back to the list.
pub(super) fn follow(state: &mut State, effects: &mut Vec<Effect>) {
    let marked = state.detail.marked.take();
    let row = marked.and_then(|marked| state.shown_details()?.latest_others.get(marked).copied());
    let Some(row) = row else {
        state.detail.full = false;
        state.detail.focused = false;
        return;
    };
    let key = RowKey::of(&row);
    if let Ok(index) = state.inbox.rows.search(key) {
        return select_index(state, index, effects);
    }
    // It lies outside the range: the range goes there, and says so in the header.
    let day = from_millis(row.time).with_timezone(&state.zone).date_naive();
    if let Ok(range) = Range::parse(&day.to_string()) {
        let full = state.detail.full;
        state.inbox.selected = Some(key);
        show(state, range, effects);
        state.detail.full = full;
        news(state, format!("the range is {} now: d chooses another", day.format("%a %-d %b %Y")));
    }
}

/// Asks for the details of the selected voicemail, when they are on screen and not there yet.
pub(super) fn load_details(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(row) = state.inbox.selected_row() else { return };
    if state.shown_details().is_none() && state.regions().detail.is_some() {
        read(state, Lane::Details, Read::Details(row.id), effects);
    }
}
