//! The range picker: its commands, and its queries to the store.

use super::fetch::{read, show};
use crate::tui::command::Command;
use crate::tui::dates::{Dates, Part};
use crate::tui::msg::{Effect, Lane, Read};
use crate::tui::state::{Overlay, State};

/// Runs a command that does not close the picker.
pub(super) fn in_dates(dates: &mut Dates, command: Command) {
    match command {
        Command::NextPart => dates.switch(true),
        Command::PreviousPart => dates.switch(false),
        Command::NextPreset => dates.choose_preset(dates.preset.map_or(0, |preset| preset + 1)),
        Command::PreviousPreset => {
            dates.choose_preset(dates.preset.map_or(0, |preset| preset.saturating_sub(1)));
        }
        Command::NextDay => dates.move_day(1),
        Command::PreviousDay => dates.move_day(-1),
        Command::NextWeek => dates.move_day(7),
        Command::PreviousWeek => dates.move_day(-7),
        Command::NextMonth => dates.move_month(1),
        Command::PreviousMonth => dates.move_month(-1),
        Command::MarkDay => dates.toggle_mark(),
        _ => {}
    }
}

pub(super) fn show_chosen(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Overlay::Dates(dates)) = &state.overlay else { return };
    match dates.range(state.now, state.zone) {
        Ok(range) => show(state, range, effects),
        // The picker shows the error already.
        Err(_) => {
            if let Some(Overlay::Dates(dates)) = &mut state.overlay {
                dates.part = Part::Text;
            }
        }
    }
}

pub(super) fn survey(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Overlay::Dates(dates)) = &state.overlay else { return };
    let range = dates.range(state.now, state.zone).unwrap_or(state.range);
    let span = range.resolve(state.now, state.zone).span(state.now);
    let days = dates.month(state.zone);
    read(state, Lane::Survey, Read::Survey { days, span }, effects);
}
