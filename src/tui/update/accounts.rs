//! Logging in, and going over to another account.

use super::news;
use crate::tui::accounts::Switching;
use crate::tui::command::Command;
use crate::tui::login::Part;
use crate::tui::msg::{Effect, Reopen};
use crate::tui::state::{Overlay, State};

/// Opens the form.
pub(super) fn log_in(state: &mut State) {
    state.overlay = Some(Overlay::LoggingIn(Box::default()));
}

/// Asks TeleCMI, once all is typed; else goes to what is missing.
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
        // Who has not come to it yet need not be told that it is missing.
        Err((part, _)) if form.part != part && form.part != Part::Secret => form.part = part,
        Err((part, said)) => {
            form.part = part;
            form.refused = Some(said);
        }
    }
}

/// Leaves the form; what was being asked no longer matters.
pub(super) fn leave(state: &mut State, effects: &mut Vec<Effect>) {
    state.overlay = None;
    effects.push(Effect::StopLogIn);
}

/// TeleCMI took the key, and it is kept; or not.
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

/// Shows the accounts there are.
pub(super) fn offer(state: &mut State) {
    let at = state.accounts.iter().position(|choice| Some(&choice.name) == state.account.as_ref());
    state.overlay = Some(Overlay::Switching(Switching { at: at.unwrap_or(0) }));
}

/// A step in the list of accounts.
pub(super) fn step(state: &mut State, command: Command) {
    let count = state.accounts.len();
    if let Some(Overlay::Switching(switching)) = &mut state.overlay {
        switching.step(if command == Command::NextAccount { 1 } else { -1 }, count);
    }
}

/// Goes over to the account where the user is.
pub(super) fn switch(state: &mut State) {
    let Some(Overlay::Switching(Switching { at })) = state.overlay.take() else { return };
    let Some(choice) = state.accounts.get(at) else { return };
    if state.account.as_ref() == Some(&choice.name) {
        return news(state, format!("{} is on screen", choice.name));
    }
    state.next_session = Some(Reopen::Account(choice.name.clone()));
}
