//! Logging in: the login form's commands, and the result.

use crate::tui::msg::{Effect, Reopen};
use crate::tui::overlay::Overlay;
use crate::tui::overlays::login::{LoginField, LoginForm};
use crate::tui::state::State;

/// Opens the login form.
pub(in crate::tui) fn log_in(state: &mut State) {
    state.overlay = Some(Overlay::Login(Box::new(LoginForm::new(state.setup.known))));
}

/// Logs in if the login form is complete, else moves to the missing field and says that it is.
pub(in crate::tui) fn try_key(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Overlay::Login(form)) = &mut state.overlay else { return };
    if form.asking {
        return;
    }
    match form.key() {
        Ok(key) => {
            form.on_edit();
            form.asking = true;
            effects.push(Effect::LogIn(key));
        }
        Err((part, said)) => {
            // A field that the user has not reached yet is no mistake.
            let is_next = form.part != part && form.part != LoginField::Secret;
            form.on_edit();
            (form.part, form.wanted) = (part, is_next.then_some(part));
            form.refused = (!is_next).then_some(said);
        }
    }
}

/// Closes the login form, and cancels the login.
pub(in crate::tui) fn leave(state: &mut State, effects: &mut Vec<Effect>) {
    state.overlay = None;
    effects.push(Effect::StopLogIn);
}

/// Handles the result of the login.
pub(in crate::tui) fn on_tried(state: &mut State, result: Result<String, String>) {
    let Some(Overlay::Login(form)) = &mut state.overlay else { return };
    match result {
        Ok(kept) => {
            state.overlay = None;
            state.logged_in = Some(kept);
            state.next_session = Some(Reopen::Settings);
        }
        Err(why) => form.refuse(&why),
    }
}
