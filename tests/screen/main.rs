//! Screens without a terminal: keys and messages in, cells out.

#![allow(clippy::unwrap_used, reason = "a test fails by it, in helpers as well")]

mod account;
mod ahead;
#[path = "../common/mod.rs"]
mod common;
mod dialogs;
mod found;
mod hands;
mod help;
mod limits;
mod listening;
mod look;
mod mouse;
mod overlays;
mod people;
mod people_work;
mod queue;
mod screens;
mod sizes;
mod ways;
mod working;

use common::Screen;
use vmail::tui::list::rows::RowKey;

/// The sizes at which every screen is looked at: columns and rows.
const SIZES: [(u16, u16); 3] = [(120, 40), (80, 24), (40, 12)];

/// Looks at a screen at three sizes: [`Screen::snapshot`] at the whole of it, [`Screen::dialog`] at what is
/// open above the inbox, so that a change elsewhere does not rewrite it.
fn at_three_sizes(name: &str, screen: impl Fn((u16, u16)) -> Screen, look: fn(&mut Screen) -> String) {
    for (width, height) in SIZES {
        let mut screen = screen((width, height));
        insta::assert_snapshot!(format!("{name}-{width}x{height}"), look(&mut screen));
    }
}

/// The selected voicemail.
fn selected(screen: &Screen) -> RowKey {
    screen.state.inbox.selected.expect("one is selected")
}

/// The voicemail at this place of all that are loaded.
fn key_of(screen: &Screen, index: usize) -> RowKey {
    RowKey::of(&screen.state.inbox.rows.get(index).expect("there are as many"))
}
