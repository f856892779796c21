//! Logging in, and switching accounts.

use super::news;
use crate::tui::accounts::Switching;
use crate::tui::command::Command;
use crate::tui::login::Part;
use crate::tui::msg::{Effect, Reopen};
use crate::tui::state::{Overlay, State};

/// Opens the login form.
pub(super) fn log_in(state: &mut State) {
    state.overlay = Some(Overlay::LoggingIn(Box::default()));
}

/// Logs in if the form is complete, else moves to the missing field.
pub(super) fn try_key(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Overlay::LoggingIn(form)) = &mut state.overlay else { return };
    if form.asking {
        return;
    }
    match form.key() {
        Ok(key) => {
            form.refused = None;
            form.asking = true;
            effects.push(Effect::LogIn(key));
        }
        // No error for a field that the user has not reached yet.
        Err((part, _)) if form.part != part && form.part != Part::Secret => form.part = part,
        Err((part, said)) => {
            form.part = part;
            form.refused = Some(said);
        }
    }
}

/// Closes the form, and cancels the login.
pub(super) fn leave(state: &mut State, effects: &mut Vec<Effect>) {
    state.overlay = None;
    effects.push(Effect::StopLogIn);
}

/// Handles the result of the login.
pub(super) fn on_tried(state: &mut State, result: Result<String, String>) {
    let Some(Overlay::LoggingIn(form)) = &mut state.overlay else { return };
    match result {
        Ok(kept) => {
            state.overlay = None;
            news(state, kept);
            state.next_session = Some(Reopen::Settings);
        }
        Err(why) => form.refuse(&why),
    }
}

/// Opens the list of accounts.
pub(super) fn offer(state: &mut State) {
    let at = state.accounts.iter().position(|choice| Some(&choice.name) == state.account.as_ref());
    state.overlay = Some(Overlay::Switching(Switching { at: at.unwrap_or(0) }));
}

/// Moves the selection in the list of accounts.
pub(super) fn step(state: &mut State, command: Command) {
    let count = state.accounts.len();
    if let Some(Overlay::Switching(switching)) = &mut state.overlay {
        switching.step(if command == Command::NextAccount { 1 } else { -1 }, count);
    }
}

/// Switches to the selected account.
pub(super) fn switch(state: &mut State) {
    let Some(Overlay::Switching(Switching { at })) = state.overlay.take() else { return };
    let Some(choice) = state.accounts.get(at) else { return };
    if state.account.as_ref() == Some(&choice.name) {
        return news(state, format!("already using {}", choice.name));
    }
    state.next_session = Some(Reopen::Account(choice.name.clone()));
}
