//! The command palette: moving in it, and running the selected command.

use crossterm::event::{KeyCode, KeyEvent};

use super::work::show_own;
use super::{news, run};
use crate::tui::command::Command;
use crate::tui::msg::Effect;
use crate::tui::palette::{Action, Palette, refused};
use crate::tui::state::{Overlay, State};
use crate::tui::view;

/// Opens the palette.
pub(super) fn open(state: &mut State) {
    state.overlay = Some(Overlay::Palette(Box::new(Palette::new(state.last_choice, &state.views))));
}

/// Moves the selection.
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

/// Closes the palette and runs the selected command. If that cannot run now, says why and stays open.
pub(super) fn choose(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Overlay::Palette(palette)) = &state.overlay else { return };
    let Some(choice) = palette.chosen() else {
        return news(
            state,
            format!("no matching command: {} to close", state.keymap.named(Command::ClosePalette)),
        );
    };
    if let Some(why) = refused(choice, state) {
        return news(state, why.into_owned());
    }
    state.overlay = None;
    state.last_choice = Some(choice);
    match choice {
        Action::Command(command) => {
            // A command with one key per choice runs as with its first key.
            let first = state.keymap.keys(command).first();
            let key = first.map_or(KeyEvent::from(KeyCode::Enter), |key| key.event());
            run(state, command, key, effects);
        }
        Action::View(number) => show_own(state, number, effects),
    }
}
