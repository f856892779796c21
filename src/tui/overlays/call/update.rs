//! Calling back: the question, placing the call once, and the result.

use crate::core::facts::Fact;
use crate::core::triage::Edit;
use crate::telecmi::{CallError, CallPlaced, ValidNumber};
use crate::tui::list::changes::apply;
use crate::tui::list::rows::RowKey;
use crate::tui::msg::{AccountEffect, Change, Effect, TerminalEffect};
use crate::tui::overlay::Overlay;
use crate::tui::overlays::call::{By, CallDialog, Ended, Placing};
use crate::tui::playback::update::pause_for_call;
use crate::tui::state::State;
use crate::tui::update::{fault, news};

/// Asks whether to call the caller of the selected voicemail. Shows why if the number cannot be called.
pub(in crate::tui) fn ask(state: &mut State) {
    let Some(row) = state.inbox.selected_row() else { return };
    let shown = state.inbox.rows.number(&row);
    let number = match ValidNumber::parse(shown, &state.setup.call_config.country) {
        Ok(number) => number,
        Err(invalid) => return news(state, invalid.to_string()),
    };
    let name = Some(state.inbox.rows.caller(&row)).filter(|name| *name != shown).map(str::to_owned);
    let by = state.setup.call_config.way_to(&number);
    let asked = CallDialog { key: RowKey::of(&row), name, number, by, ended: None };
    state.overlay = Some(Overlay::Call(Box::new(asked)));
}

/// Places the call that the dialog asks about. Further key presses do nothing.
pub(in crate::tui) fn place(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Overlay::Call(asked)) = &state.overlay else { return };
    if asked.ended.is_some() || state.placing.is_some() {
        return;
    }
    let (key, number, by) = (asked.key, asked.number.clone(), asked.by.clone());
    effects.push(match &by {
        By::Telecmi(call) => Effect::Account(AccountEffect::Call { key, call: call.clone() }),
        By::Command(command) => Effect::Account(AccountEffect::RunCommand { command: command.clone() }),
        By::Hand => {
            state.overlay = None;
            news(state, format!("{} sent to the terminal's clipboard", number.e164()));
            return effects.push(Effect::Terminal(TerminalEffect::Copy(number.e164())));
        }
    });
    state.placing = Some(Placing { key, number, by });
}

/// Handles the answer of TeleCMI to a call, or its absence.
pub(in crate::tui) fn on_called(
    state: &mut State,
    answer: Result<CallPlaced, CallError>,
    effects: &mut Vec<Effect>,
) {
    let Some(placing) = state.placing.take() else { return };
    let ended = placing.answered(answer);
    end(state, placing.key, ended, effects);
}

/// Handles the result of the user's command for calls. It may still fail after it has started.
pub(in crate::tui) fn on_command(state: &mut State, result: Result<(), String>, effects: &mut Vec<Effect>) {
    match (state.placing.take(), result) {
        (Some(placing), Ok(())) => {
            let ended = Ended::Rings(format!("Calling {}.", placing.number));
            end(state, placing.key, ended, effects);
        }
        (Some(placing), Err(why)) => end(state, placing.key, Ended::Failed(why), effects),
        (None, Err(why)) => fault(state, why),
        (None, Ok(())) => {}
    }
}

/// Shows the result in the overlay, or in the status line if the overlay is closed.
fn end(state: &mut State, key: RowKey, ended: Ended, effects: &mut Vec<Effect>) {
    if matches!(ended, Ended::Rings(_)) {
        let edit = Edit::Fact(Fact::Called, Some(state.now.timestamp_millis()));
        apply(state, Change::Edit { keys: vec![key], edit }, effects);
        pause_for_call(state, effects);
    }
    match (&mut state.overlay, ended) {
        (Some(Overlay::Call(asked)), ended) if asked.key == key => asked.ended = Some(ended),
        (_, Ended::Rings(text)) => news(state, text),
        (_, Ended::Failed(text) | Ended::Unsure(text)) => fault(state, text),
    }
}
