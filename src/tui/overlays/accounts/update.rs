//! Switching accounts: opening the list, moving in it, and the switch.

use crate::tui::msg::Reopen;
use crate::tui::overlay::Overlay;
use crate::tui::overlays::accounts::AccountMenu;
use crate::tui::state::State;
use crate::tui::update::news;

/// Opens the list of accounts.
pub(in crate::tui) fn offer(state: &mut State) {
    let at =
        state.setup.accounts.iter().position(|choice| Some(&choice.name) == state.setup.account.as_ref());
    state.overlay = Some(Overlay::Accounts(AccountMenu { at: at.unwrap_or(0) }));
}

/// Moves the selection in the list of accounts.
pub(in crate::tui) fn step(state: &mut State, by: isize) {
    let count = state.setup.accounts.len();
    if let Some(Overlay::Accounts(switching)) = &mut state.overlay {
        switching.step(by, count);
    }
}

/// Switches to the selected account.
pub(in crate::tui) fn switch(state: &mut State) {
    let Some(Overlay::Accounts(AccountMenu { at })) = state.overlay.take() else { return };
    let Some(choice) = state.setup.accounts.get(at) else { return };
    if state.setup.account.as_ref() == Some(&choice.name) {
        return news(state, format!("already using {}", choice.name));
    }
    state.next_session = Some(Reopen::Account(choice.name.clone()));
}
