//! Changes to voicemails: shown at once, written by the store, shown again over rows that were read
//! before the write, and undone.

use std::collections::HashMap;

use crate::core::facts::{Fact, Flags};
use crate::core::humanize;
use crate::core::triage::{Applied, Edit};
use crate::store::StoreError;
use crate::tui::command::Command;
use crate::tui::list::relist::relist;
use crate::tui::list::rows::{RowColumns, RowKey};
use crate::tui::msg::{AccountEffect, Change, Direction, Effect, Read};
use crate::tui::state::{State, UndoStep};
use crate::tui::update::fetch::{load, read, read_texts};
use crate::tui::update::{fault, news};

/// The maximum number of steps that can be undone.
const STEPS_MAX: usize = 1_000;

/// Applies a change to voicemails, on screen and in the store.
pub(in crate::tui) fn apply(state: &mut State, change: Change, effects: &mut Vec<Effect>) {
    show(&mut state.inbox.rows, &change);
    state.pending.push(change.clone());
    relist(state);
    effects.push(Effect::Account(AccountEffect::Apply(change)));
}

/// Returns the voicemails that an action applies to: the marked ones, or the selected one.
pub(in crate::tui) fn subjects(state: &State) -> Vec<RowKey> {
    if state.inbox.marks.is_empty() {
        return state.inbox.selected_row().map(|row| RowKey::of(&row)).into_iter().collect();
    }
    state.inbox.marks.iter().copied().collect()
}

/// Shows pending changes again after rows were read: the store may not have written them by then.
pub(in crate::tui) fn reapply(state: &mut State) {
    for change in &state.pending {
        show(&mut state.inbox.rows, change);
    }
}

/// Undoes the last change, or redoes the last undone one.
pub(in crate::tui) fn step_back(state: &mut State, direction: Direction, effects: &mut Vec<Effect>) {
    if !state.pending.is_empty() {
        // The step to undo is still being written.
        if state.steps.requested.len() < STEPS_MAX {
            state.steps.requested.push_back(direction);
        }
        return;
    }
    let steps = match direction {
        Direction::Undo => &mut state.steps.done,
        Direction::Redo => &mut state.steps.undone,
    };
    match steps.pop() {
        Some(UndoStep { name, keys, undo }) => {
            apply(state, Change::Revert { name, keys, undo, direction }, effects);
        }
        None => news(state, format!("nothing to {}", direction.name())),
    }
}

pub(in crate::tui) fn on_applied(
    state: &mut State,
    change: &Change,
    result: Result<Applied, StoreError>,
    effects: &mut Vec<Effect>,
) {
    if let Some(at) = state.pending.iter().position(|pending| pending == change) {
        state.pending.remove(at);
    }
    match result {
        Ok(applied) => took(state, change, &applied, effects),
        Err(error) => {
            fault(state, format!("The change could not be saved and was undone ({error})."));
            load(state, effects);
        }
    }
    if state.pending.is_empty()
        && let Some(direction) = state.steps.requested.pop_front()
    {
        step_back(state, direction, effects);
    }
}

/// Handles a written change: shows the new state, and records the step for undo.
fn took(state: &mut State, change: &Change, applied: &Applied, effects: &mut Vec<Effect>) {
    let keys = change.keys();
    let now: HashMap<_, _> = applied.changed.iter().copied().collect();
    let mut differs = false;
    for &key in keys {
        if let Some(flags) = now.get(&key.id) {
            differs |= state.inbox.rows.set_flags(key, *flags);
        }
    }
    // Mostly it was shown when the user asked for it.
    if differs {
        reapply(state);
        relist(state);
    }
    if applied.undo.touches_texts() {
        read_texts(state, effects);
    }
    if let Some(id) = state.shown_details().map(|details| details.voicemail.id)
        && now.contains_key(&id)
    {
        read(state, Read::Details(id), effects);
    }
    if applied.undo.is_empty() || matches!(change, Change::Heard(_)) {
        return;
    }
    let count = applied.changed.len();
    let step =
        |name: &str| UndoStep { name: name.to_owned(), keys: keys.to_vec(), undo: applied.undo.clone() };
    if let Change::Revert { name, direction, .. } = change {
        let steps = match direction {
            Direction::Undo => &mut state.steps.undone,
            Direction::Redo => &mut state.steps.done,
        };
        steps.push(step(name));
        return news(state, format!("{}: {name}{}", direction.name(), how_many(count)));
    }
    let name = change.name();
    state.steps.undone.clear();
    if state.steps.done.len() == STEPS_MAX {
        state.steps.done.remove(0);
    }
    state.steps.done.push(step(&name));
    // After a call, the notice says which phone rings.
    if !matches!(change, Change::Edit { edit: Edit::Fact(Fact::Called, Some(_)), .. }) {
        let undo = state.setup.keymap.named(Command::Undo);
        let saved = format!("{name}{} · {undo} to undo", how_many(count));
        match &state.notice {
            // It came after the key that made this change, so nobody has read it yet.
            Some(before) if before.fault => fault(state, format!("{} {saved}", before.text)),
            _ => news(state, saved),
        }
    }
}

/// Returns " (12 voicemails)"; empty for one.
fn how_many(count: usize) -> String {
    if count < 2 { String::new() } else { format!(" ({})", humanize::voicemails(count as u64)) }
}

fn show(rows: &mut RowColumns, change: &Change) {
    let (keys, edit) = match change {
        Change::Edit { keys, edit } => (keys.as_slice(), edit),
        Change::Heard(key) => (std::slice::from_ref(key), &Edit::Fact(Fact::Read, Some(0))),
        // Only the store knows the previous state.
        Change::Revert { .. } | Change::Name { .. } => return,
    };
    let flag = |flag: Flags, set: bool| if set { (flag, Flags::NONE) } else { (Flags::NONE, flag) };
    for &key in keys {
        let (set, clear) = match edit {
            Edit::Fact(fact, time) => flag(fact.flag(), time.is_some()),
            Edit::Note(note) => {
                rows.put_note(key.id, note.as_ref().map(crate::core::triage::Note::first_words));
                flag(Flags::NOTE, note.is_some())
            }
            Edit::AddToNote(note) => {
                if rows.note_of(key.id).is_none() {
                    rows.put_note(key.id, Some(note.first_words()));
                }
                flag(Flags::NOTE, true)
            }
            Edit::Tag { add, remove } => {
                let goes: Vec<_> = remove.iter().map(crate::core::triage::Tag::folded).collect();
                let mut tags = rows.tags_of(key.id).to_vec();
                for tag in add {
                    if !tags.iter().any(|there| there.to_lowercase() == tag.folded()) {
                        tags.push(tag.as_str().to_owned());
                    }
                }
                tags.retain(|tag| !goes.contains(&tag.to_lowercase()));
                let tagged = !tags.is_empty();
                rows.put_tags(key.id, tags);
                flag(Flags::TAGGED, tagged)
            }
        };
        rows.flag(key, set, clear);
    }
}
