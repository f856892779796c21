//! The palette: moving in it, and running what was chosen.

use crossterm::event::{KeyCode, KeyEvent};

use super::work::show_own;
use super::{news, run};
use crate::tui::command::Command;
use crate::tui::msg::Effect;
use crate::tui::palette::{Action, Palette, refused};
use crate::tui::state::{Overlay, State};
use crate::tui::view;

/// Shows every command.
pub(super) fn open(state: &mut State) {
    state.overlay = Some(Overlay::Palette(Box::new(Palette::new(state.last_choice, &state.views))));
}

/// A command of the overlay that does not leave it.
pub(super) fn go(state: &mut State, command: Command) {
    let height = view::palette_rows(state.size);
    let Some(Overlay::Palette(palette)) = &mut state.overlay else { return };
    let page = usize::from(height).max(2) as isize - 1;
    palette.step(match command {
        Command::NextChoice => 1,
        Command::PreviousChoice => -1,
        Command::ChoicePageDown => page,
        _ => -page,
    });
    palette.top = palette.top(height);
}

/// Leaves the palette and does what was chosen; one that cannot run says why, and the palette stays.
pub(super) fn choose(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Overlay::Palette(palette)) = &state.overlay else { return };
    let Some(choice) = palette.chosen() else {
        return news(
            state,
            format!("no command fits that: {} leaves", state.keymap.named(Command::ClosePalette)),
        );
    };
    if let Some(why) = refused(choice, state) {
        return news(state, why.into_owned());
    }
    state.overlay = None;
    state.last_choice = Some(choice);
    match choice {
        Action::Command(command) => {
            // A command with a key for each of its choices does what its first key does.
            let first = state.keymap.keys(command).first();
            let key = first.map_or(KeyEvent::from(KeyCode::Enter), |key| key.event());
            run(state, command, key, effects);
        }
        Action::View(number) => show_own(state, number, effects),
    }
}
