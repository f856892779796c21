//! The range picker: its commands, and its queries to the store.

use chrono::TimeDelta;
use crossterm::event::KeyEvent;

use crate::tui::command::Command;
use crate::tui::field;
use crate::tui::msg::{Effect, Read};
use crate::tui::overlay::Overlay;
use crate::tui::overlays::dates::{Dates, Focus};
use crate::tui::state::State;
use crate::tui::update::fetch::{read, show};
use crate::tui::update::news;

/// Changes the open range picker, and counts for the range that it shows now.
pub(in crate::tui) fn change(state: &mut State, effects: &mut Vec<Effect>, change: impl FnOnce(&mut Dates)) {
    if let Some(Overlay::Dates(dates)) = &mut state.overlay {
        change(dates);
        summarize(state, effects);
    }
}

/// How long a digit waits for the rest of a text, such as `30d`, before its preset is shown.
const REST: TimeDelta = TimeDelta::milliseconds(700);

/// Chooses the range picker's preset with this number, from 0. It is shown when no more is typed.
pub(in crate::tui) fn pick_preset(
    state: &mut State,
    number: usize,
    key: KeyEvent,
    effects: &mut Vec<Effect>,
) {
    let due = state.now + REST;
    let Some(Overlay::Dates(dates)) = &mut state.overlay else { return };
    dates.choose_preset(number);
    dates.typed = field::character(key).filter(char::is_ascii_digit).map(|digit| (digit, due));
    if dates.typed.is_none() {
        show_chosen(state, effects);
    }
}

/// Handles a key in the range picker before its command: after a digit, what is no other command is text.
pub(in crate::tui) fn before_key(state: &mut State, key: KeyEvent) {
    let is_text =
        field::character(key).is_some() && matches!(state.command(key), None | Some(Command::PickPreset));
    let Some(Overlay::Dates(dates)) = &mut state.overlay else { return };
    if is_text {
        dates.begin_text();
    }
    dates.typed = None;
}

/// Shows the range of the preset of a digit after which nothing was typed.
pub(in crate::tui) fn on_tick(state: &mut State, effects: &mut Vec<Effect>) {
    let now = state.now;
    let Some(Overlay::Dates(dates)) = &mut state.overlay else { return };
    if dates.typed.take_if(|(_, due)| *due <= now).is_some() {
        show_chosen(state, effects);
    }
}

/// Opens the range picker.
pub(in crate::tui) fn open(state: &mut State, effects: &mut Vec<Effect>) {
    let dates = Dates::new(&state.range, state.now, state.setup.zone);
    state.overlay = Some(Overlay::Dates(Box::new(dates)));
    summarize(state, effects);
}

/// Shows the chosen range, and closes the range picker; or goes to the text field if it has a mistake.
pub(in crate::tui) fn show_chosen(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Overlay::Dates(dates)) = &mut state.overlay else { return };
    if let Ok(range) = dates.range(state.now, state.setup.zone) {
        return show(state, range, effects);
    }
    // The picker shows the error already.
    dates.part = Focus::Text;
    let cancel = state.setup.keymap.named(Command::CloseDates);
    news(state, format!("not shown: correct the range, or {cancel} to cancel"));
}

/// Counts voicemails for the calendar and the range of the picker.
pub(in crate::tui) fn summarize(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Overlay::Dates(dates)) = &state.overlay else { return };
    let range = dates.range(state.now, state.setup.zone).unwrap_or(state.range);
    let span = range.resolve(state.now, state.setup.zone).span(state.now);
    let days = dates.month(state.setup.zone);
    read(state, Read::RangeSummary { days, span }, effects);
}
