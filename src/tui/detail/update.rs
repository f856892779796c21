//! The detail pane: focus, the caller's other voicemails and history, loading, and steps back.

use crate::core::facts::Flags;
use crate::core::model::from_millis;
use crate::core::range::Range;
use crate::core::view::View;
use crate::tui::command::Command;
use crate::tui::detail::view;
use crate::tui::field::Field;
use crate::tui::list::listing::ListQuery;
use crate::tui::list::moves::select_place;
use crate::tui::list::rows::RowKey;
use crate::tui::list::triage::show_view;
use crate::tui::msg::{AccountEffect, Effect, Lane, Read};
use crate::tui::playback::update::stop;
use crate::tui::search_line;
use crate::tui::state::WayBack;
use crate::tui::state::{BeforeHistory, State};
use crate::tui::update::fetch::{load, read, show};
use crate::tui::update::news;

pub(in crate::tui) fn switch_pane(state: &mut State, effects: &mut Vec<Effect>) {
    if state.detail.full {
        state.detail.full = false;
    } else if state.regions().detail.is_some() {
        state.detail.focused = !state.detail.focused;
        state.detail.marked = None;
    } else {
        show_full(state, false, effects);
    }
}

/// Opens the full-screen detail: of the selected voicemail, or of the one that the `queue` is at.
pub(in crate::tui) fn show_full(state: &mut State, queue: bool, effects: &mut Vec<Effect>) {
    state.detail.full = true;
    state.detail.queue = queue;
    state.detail.scroll = 0;
    load_details(state, effects);
}

/// Goes one step back, as out of detail, search or history, if there is one.
pub(in crate::tui) fn back(state: &mut State, effects: &mut Vec<Effect>) {
    match state.way_back() {
        Some(WayBack::Stop) => stop(state, effects),
        Some(WayBack::Highlight) => state.detail.marked = None,
        Some(WayBack::Marks) => state.inbox.marks.clear(),
        Some(WayBack::Queue | WayBack::List) => {
            state.detail.full = false;
            state.detail.focused = false;
        }
        Some(WayBack::Search) => search_line::update::clear(state, effects),
        Some(WayBack::History) => leave_history(state, effects),
        Some(WayBack::Fetching) => {
            state.sync.running = None;
            state.lanes.next(Lane::Sync);
            state.inbox.may_lack_rows = true;
            state.sync.stopped = true;
            state.sync.next = state.setup.refresh.map(|every| state.now + every);
            effects.push(Effect::Account(AccountEffect::StopSync));
            news(state, "stopped fetching; voicemails fetched so far are kept".to_owned());
        }
        None => {}
    }
}

/// Closes what covers the list, or quits if nothing does.
pub(in crate::tui) fn close_or_quit(state: &mut State, effects: &mut Vec<Effect>) {
    if state.detail.full {
        state.detail.full = false;
        state.detail.focused = false;
    } else if state.before_history.is_some() {
        leave_history(state, effects);
    } else {
        effects.push(Effect::Quit);
    }
}

/// Moves the highlight in the caller's other voicemails by `by` lines.
pub(in crate::tui) fn mark_other(state: &mut State, by: isize) {
    // The line after them opens the history.
    let others = state.shown_details().map_or(0, |details| match details.latest_others.len() {
        0 => 0,
        others => others + 1,
    });
    state.detail.marked = match (state.detail.marked, others) {
        (_, 0) => None,
        (None, _) if by > 0 => Some(0),
        (None, _) => None,
        (Some(0), _) if by < 0 => None,
        (Some(marked), others) => Some(marked.saturating_add_signed(by).min(others - 1)),
    };
    show_marked(state);
}

/// Scrolls so that the highlight is visible; without one, back to the caller.
pub(in crate::tui) fn show_marked(state: &mut State) {
    let Some(area) = state.regions().detail else { return };
    let scroll = state.detail.scroll;
    state.detail.scroll = match view::marked_line(state, area) {
        Some(line) => scroll.clamp((line + 1).saturating_sub(area.height), line),
        None => 0,
    };
}

/// Opens the voicemail highlighted in the detail, or returns to the list if none is highlighted.
pub(in crate::tui) fn follow(state: &mut State, effects: &mut Vec<Effect>) {
    let marked = state.detail.marked.take();
    let others = state.shown_details().map_or(0, |details| details.latest_others.len());
    if others > 0 && marked == Some(others) {
        return open_history(state, effects);
    }
    let row = marked.and_then(|marked| state.shown_details()?.latest_others.get(marked).copied());
    let Some(row) = row else {
        state.detail.full = false;
        state.detail.focused = false;
        return;
    };
    let key = RowKey::of(&row);
    if let Some(found) = state.inbox.find(key) {
        if state.inbox.place(key).is_none() {
            // The view or the filter hides it.
            show_view(
                state,
                if found.flags.contains(Flags::DONE) { View::All } else { View::Inbox },
                effects,
            );
        }
        let place = state.inbox.place(key).unwrap_or(0);
        return select_place(state, place, effects);
    }
    // It is outside the range: show the range of its day.
    let day = from_millis(row.time).with_timezone(&state.setup.zone).date_naive();
    if let Ok(range) = Range::parse(&day.to_string()) {
        let full = state.detail.full;
        state.inbox.selected = Some(key);
        show(state, range, effects);
        state.detail.full = full;
        let (day, dates) = (day.format("%a %-d %b %Y"), state.setup.keymap.named(Command::Dates));
        news(state, format!("the range is now {day}: {dates} to change it"));
    }
}

/// Shows all stored voicemails from the caller of the selected one.
pub(in crate::tui) fn open_history(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(details) = state.shown_details() else {
        if let Some(key) = state.inbox.selected {
            state.awaits_history = true;
            read(state, Read::Details(key.id), effects);
        }
        return;
    };
    if details.spellings.is_empty() {
        return news(state, "no history: the number is withheld".to_owned());
    }
    let (id, callers) = (details.voicemail.id, details.spellings.clone());
    if let Some(before) = &mut state.before_history {
        before.origin = id;
    } else {
        let order = state.inbox.query.order;
        let query = std::mem::replace(&mut state.inbox.query, ListQuery { order, ..ListQuery::default() });
        let search = state.filter.leave(Field::default());
        let (range, selected) = (state.range, state.inbox.selected);
        state.before_history = Some(BeforeHistory { origin: id, range, query, search, selected });
    }
    state.range = Range::ALL;
    state.detail.full = false;
    state.detail.focused = false;
    state.inbox.query.view = View::All;
    state.inbox.query.callers = Some(callers);
    load(state, effects);
}

/// Closes the history of a caller, and shows the previous list.
pub(in crate::tui) fn leave_history(state: &mut State, effects: &mut Vec<Effect>) {
    if state.end_history() {
        load(state, effects);
    }
}

/// Loads the details of the selected voicemail if the detail pane is visible.
pub(in crate::tui) fn load_details(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(row) = state.inbox.selected_row() else { return };
    if state.shown_details().is_none() && state.regions().detail.is_some() {
        read(state, Read::Details(row.id), effects);
    }
}
