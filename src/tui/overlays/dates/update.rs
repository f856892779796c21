//! The range picker: its commands, and its queries to the store.

use crate::tui::msg::{Effect, Read};
use crate::tui::overlay::Overlay;
use crate::tui::overlays::dates::{Dates, Focus};
use crate::tui::state::State;
use crate::tui::update::fetch::{read, show};

/// Changes the open picker, and counts for the range that it shows now.
pub(in crate::tui) fn change(state: &mut State, effects: &mut Vec<Effect>, change: impl FnOnce(&mut Dates)) {
    if let Some(Overlay::Dates(dates)) = &mut state.overlay {
        change(dates);
        summarize(state, effects);
    }
}

/// Chooses the preset with this number, from 0, and shows it.
pub(in crate::tui) fn show_preset(state: &mut State, number: usize, effects: &mut Vec<Effect>) {
    if let Some(Overlay::Dates(dates)) = &mut state.overlay {
        dates.choose_preset(number);
        show_chosen(state, effects);
    }
}

/// Opens the picker.
pub(in crate::tui) fn open(state: &mut State, effects: &mut Vec<Effect>) {
    let dates = Dates::new(&state.range, state.now, state.setup.zone);
    state.overlay = Some(Overlay::Dates(Box::new(dates)));
    summarize(state, effects);
}

/// Shows the chosen range, and closes the picker; or goes to the text field if it has a mistake.
pub(in crate::tui) fn show_chosen(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Overlay::Dates(dates)) = &state.overlay else { return };
    match dates.range(state.now, state.setup.zone) {
        Ok(range) => show(state, range, effects),
        // The picker shows the error already.
        Err(_) => {
            if let Some(Overlay::Dates(dates)) = &mut state.overlay {
                dates.part = Focus::Text;
            }
        }
    }
}

/// Counts for the calendar and the range.
pub(in crate::tui) fn summarize(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Overlay::Dates(dates)) = &state.overlay else { return };
    let range = dates.range(state.now, state.setup.zone).unwrap_or(state.range);
    let span = range.resolve(state.now, state.setup.zone).span(state.now);
    let days = dates.month(state.setup.zone);
    read(state, Read::RangeSummary { days, span }, effects);
}
