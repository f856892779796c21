//! The command palette: moving in it, and running the selected command.

use crossterm::event::{KeyCode, KeyEvent};

use crate::tui::command::Command;
use crate::tui::list::triage::show_own;
use crate::tui::msg::Effect;
use crate::tui::overlay::Overlay;
use crate::tui::overlays::palette::{Action, Palette, refused, remember};
use crate::tui::state::State;
use crate::tui::update::{news, run};
use crate::tui::view;

/// Opens the command palette.
pub(in crate::tui) fn open(state: &mut State) {
    state.overlay = Some(Overlay::Palette(Box::new(Palette::new(state))));
}

/// Moves the selection of the palette by `by` rows.
pub(in crate::tui) fn step(state: &mut State, by: isize) {
    let height = view::palette_rows(state.above_keys());
    let Some(Overlay::Palette(palette)) = &mut state.overlay else { return };
    palette.step(by);
    palette.top = palette.top(height);
}

/// Moves the selection of the palette by `by` pages.
pub(in crate::tui) fn page(state: &mut State, by: isize) {
    let page = usize::from(view::palette_rows(state.above_keys())).max(2) as isize - 1;
    step(state, by * page);
}

/// Closes the palette and runs the selected command. If that cannot run now, says why and stays open.
pub(in crate::tui) fn choose(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Overlay::Palette(palette)) = &state.overlay else { return };
    let Some(choice) = palette.chosen() else {
        return news(
            state,
            format!("no matching command: {} to close", state.setup.keymap.named(Command::ClosePalette)),
        );
    };
    if let Some(why) = refused(choice, state) {
        return news(state, why.into_owned());
    }
    state.overlay = None;
    remember(&mut state.recent_choices, choice);
    match choice {
        Action::Command(command) => {
            // A command with one key per choice runs as with its first key.
            let first = state.setup.keymap.keys(command).first();
            let key = first.map_or(KeyEvent::from(KeyCode::Enter), |key| key.event());
            run(state, command, key, effects);
        }
        Action::View(number) => show_own(state, number, effects),
    }
}
