//! Typing: keys that are not commands and pasted text go to the open text field.

use crossterm::event::KeyEvent;

use crate::tui::command::Command;
use crate::tui::field::{self, Reaction};
use crate::tui::keymap::KeyChord;
use crate::tui::msg::Effect;
use crate::tui::overlay::{self, Overlay};
use crate::tui::overlays::dates::Focus;
use crate::tui::overlays::note::cells;
use crate::tui::overlays::{help, note};
use crate::tui::search_line;
use crate::tui::state::State;
use crate::tui::update::news;

/// Handles a key that is not a command: it goes to the open text field.
pub(in crate::tui) fn on_key(state: &mut State, key: KeyEvent, effects: &mut Vec<Effect>) {
    // In presets and calendar, only characters go to the text field.
    let beside = matches!(&state.overlay, Some(Overlay::Dates(dates)) if dates.part != Focus::Text)
        && state.help.is_none();
    if beside && field::character(key).is_none() {
        return;
    }
    if help::update::takes(state, key) {
        return;
    }
    if let Some(field) = state.open_field() {
        let reaction = field.key(key);
        return follow(state, reaction, effects);
    }
    let room = cells(state.above_keys());
    match &mut state.overlay {
        Some(Overlay::Note(writing)) => note::update::type_key(writing, key, room),
        Some(Overlay::Login(form)) => form.on_key(key),
        // A menu: Enter in particular is expected to do something.
        Some(_) if state.help.is_none() => not_bound(state, key),
        _ => {}
    }
}

/// Says that a key does nothing here.
pub(in crate::tui) fn not_bound(state: &mut State, key: KeyEvent) {
    let (key, help) = (KeyChord::of(key), state.setup.keymap.named(Command::Help));
    news(state, format!("{key} is not bound · {help} for keys"));
}

/// Handles pasted text: it goes to the open text field.
pub(in crate::tui) fn on_paste(state: &mut State, text: &str, effects: &mut Vec<Effect>) {
    if let Some(field) = state.open_field() {
        let reaction = field.paste(text);
        return follow(state, reaction, effects);
    }
    let room = cells(state.above_keys());
    match &mut state.overlay {
        Some(Overlay::Note(writing)) => note::update::paste(writing, text, room),
        Some(Overlay::Login(form)) => form.on_paste(text),
        _ => {}
    }
}

/// Handles the reaction of the open field.
fn follow(state: &mut State, reaction: Reaction, effects: &mut Vec<Effect>) {
    let changed = match reaction {
        // The field says what is too long.
        Reaction::Ignored | Reaction::TooLong => return,
        Reaction::Taken => false,
        Reaction::Changed => true,
    };
    if let Some(help) = &mut state.help {
        help.top = if changed { 0 } else { help.top };
        return;
    }
    if state.overlay.is_some() {
        return overlay::on_edit(state, changed, effects);
    }
    state.filter.on_edit();
    if changed {
        search_line::update::changed(state, effects);
    }
}
