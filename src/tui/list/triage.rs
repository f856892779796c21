//! Working through the list: flags, marks, views, sort order.

use crate::core::facts::{Fact, Flags};
use crate::core::search::{Context, Matcher};
use crate::core::triage::Edit;
use crate::core::view::View;
use crate::store::Row;
use crate::tui::command::Command;
use crate::tui::detail::update::leave_history;
use crate::tui::list::changes::{apply, subjects};
use crate::tui::list::moves::select_place;
use crate::tui::list::relist::{list_anew, relist};
use crate::tui::list::rows::RowKey;
use crate::tui::msg::{Change, Effect};
use crate::tui::state::State;
use crate::tui::update::news;

/// States a fact of the marked or selected voicemails, or takes it back if all of them have it.
pub(in crate::tui) fn toggle(state: &mut State, fact: Fact, effects: &mut Vec<Effect>) {
    let keys = subjects(state);
    let edit = toggled(state, &keys, fact);
    apply(state, Change::Edit { keys, edit }, effects);
    state.inbox.marks.clear();
}

fn toggled(state: &State, keys: &[RowKey], fact: Fact) -> Edit {
    let mut rows = keys.iter().filter_map(|key| state.inbox.find(*key));
    let all_have_it = rows.all(|row| row.flags.contains(fact.flag()));
    Edit::Fact(fact, (!all_have_it).then(|| state.now.timestamp_millis()))
}

/// Marks the marked or selected voicemails as done, or as not done if all of them are done, and moves on.
pub(in crate::tui) fn toggle_done(state: &mut State, effects: &mut Vec<Effect>) {
    let one = state.inbox.marks.is_empty();
    let place = state.inbox.selected_place();
    toggle(state, Fact::Done, effects);
    let last = state.inbox.list.len().saturating_sub(1);
    match place {
        // To the next row. From the last row, if it leaves the list, to the row before.
        Some(place) if one && place < last => select_place(state, place + 1, effects),
        Some(place) if one && place > 0 && state.inbox.list.lingering => {
            select_place(state, place - 1, effects);
        }
        _ => leave_what_is_gone(state, effects),
    }
}

/// Removes the selected row if it no longer belongs in the list, after many rows were changed at once.
pub(in crate::tui) fn leave_what_is_gone(state: &mut State, effects: &mut Vec<Effect>) {
    if !state.inbox.list.lingering {
        return;
    }
    let row = state.inbox.selected.and_then(|key| state.inbox.rows.search(key).ok());
    state.inbox.selected = None;
    relist(state);
    select_place(state, row.map_or(0, |row| state.inbox.list.nearest(row)), effects);
}

/// Marks or unmarks the selected voicemail, and moves to the next.
pub(in crate::tui) fn mark(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(place) = state.inbox.selected_place() else { return };
    let Some(key) = state.inbox.selected else { return };
    if !state.inbox.marks.remove(&key) {
        state.inbox.marks.insert(key);
    }
    state.inbox.mark_from = Some(key);
    select_place(state, place + 1, effects);
}

/// Marks all rows from the last mark to the selected row.
pub(in crate::tui) fn mark_range(state: &mut State) {
    let from = state.inbox.mark_from.filter(|key| state.inbox.marks.contains(key));
    let from = from.and_then(|key| state.inbox.place(key));
    let (Some(from), Some(to)) = (from, state.inbox.selected_place()) else {
        return news(state, format!("mark the first row with {}", state.setup.keymap.named(Command::Mark)));
    };
    for place in from.min(to)..=from.max(to) {
        if let Some(row) = state.inbox.at(place) {
            state.inbox.marks.insert(RowKey::of(&row));
        }
    }
}

/// Marks all shown rows, or clears the marks if all are marked.
pub(in crate::tui) fn mark_all(state: &mut State) {
    let all: Vec<_> = (0..state.inbox.list.len())
        .filter_map(|place| state.inbox.at(place))
        .map(|row| RowKey::of(&row))
        .collect();
    if all.iter().all(|key| state.inbox.marks.contains(key)) {
        state.inbox.marks.clear();
    } else {
        state.inbox.marks.extend(all);
    }
}

/// Selects the next unread voicemail, or the previous one.
pub(in crate::tui) fn move_unread(state: &mut State, forward: bool, effects: &mut Vec<Effect>) {
    let unread =
        |place: &usize| state.inbox.at(*place).is_some_and(|row: Row| !row.flags.contains(Flags::READ));
    let here = state.inbox.selected_place().unwrap_or(0);
    let found =
        if forward { (here + 1..state.inbox.list.len()).find(unread) } else { (0..here).rev().find(unread) };
    match found {
        Some(place) => select_place(state, place, effects),
        None => news(state, format!("nothing unread {}", if forward { "below" } else { "above" })),
    }
}

/// Shows another view of the range in the list.
pub(in crate::tui) fn show_view(state: &mut State, view: View, effects: &mut Vec<Effect>) {
    leave_history(state, effects);
    state.inbox.query.view = view;
    state.inbox.query.own = None;
    list_anew(state, effects);
}

/// Shows a custom view in the list.
pub(in crate::tui) fn show_own(state: &mut State, number: usize, effects: &mut Vec<Effect>) {
    let Some(view) = state.setup.views.get(number) else { return };
    let context = Context { now: state.now, zone: state.setup.zone };
    let matcher = Matcher::new(&view.query, &context);
    leave_history(state, effects);
    state.inbox.query.view = View::All;
    state.inbox.query.own = Some((number, matcher));
    list_anew(state, effects);
}

/// Evaluates views and search again after midnight: "today" is another day.
pub(in crate::tui) fn renew(state: &mut State, effects: &mut Vec<Effect>) {
    let context = Context { now: state.now, zone: state.setup.zone };
    let query = &mut state.inbox.query;
    if let Some((number, matcher)) = &mut query.own
        && let Some(view) = state.setup.views.get(*number)
    {
        matcher.set(&view.query, &context);
    }
    if let Some((query, matcher)) = &mut query.filter {
        matcher.set(query, &context);
    }
    list_anew(state, effects);
}

/// Switches the list to the next sort order.
pub(in crate::tui) fn change_order(state: &mut State, effects: &mut Vec<Effect>) {
    state.inbox.query.order = state.inbox.query.order_now().next(state.inbox.query.filter.is_some());
    news(state, state.inbox.query.order.name().to_owned());
    list_anew(state, effects);
}
