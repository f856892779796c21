//! Draws the list of accounts to switch to.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Position, Rect};

use crate::tui::layout::middle;
use crate::tui::overlays::accounts::AccountMenu;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::view::frame::frame;
use crate::tui::view::pen::{Pen, width};

/// The maximum width of the dialog.
const WIDTH: u16 = 62;

/// The title of the dialog.
pub const TITLE: &str = "Accounts";

/// Returns the area of the dialog.
pub fn place(state: &State) -> Rect {
    middle(state.above_player(), WIDTH, (state.setup.accounts.len() as u16).saturating_add(4))
}

/// Returns the accounts that are visible, each with its line.
pub fn rows(state: &State, switching: AccountMenu) -> impl Iterator<Item = (usize, Rect)> {
    let inside = place(state).inner(Margin::new(1, 1));
    let area = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let count = state.setup.accounts.len();
    let blank = u16::from(usize::from(area.height) > count + 1);
    let room = usize::from(area.height.saturating_sub(blank)).max(1);
    let top = switching.at.saturating_sub(room - 1);
    (top..count)
        .take(room)
        .enumerate()
        .map(move |(y, number)| (number, Rect { y: area.y + blank + y as u16, height: 1, ..area }))
}

/// Draws the list of accounts.
pub fn draw(state: &State, switching: AccountMenu, theme: &Theme, buffer: &mut Buffer) -> Option<Position> {
    frame(place(state), TITLE, state, theme, buffer);
    let names = state.setup.accounts.iter().map(|choice| width(&choice.name)).max().unwrap_or(0);
    for (number, line) in rows(state, switching) {
        let choice = &state.setup.accounts[number];
        let selected = number == switching.at;
        let shown = Some(&choice.name) == state.setup.account.as_ref();
        if selected {
            buffer.set_style(line, theme.selected);
        }
        let lift = |style: ratatui::style::Style| if selected { style.patch(theme.selected) } else { style };
        Pen::new(buffer, line, 0)
            .column(if selected { "▌" } else { "" }, 1, theme.accent)
            .column(if shown { "●" } else { "" }, 2, lift(theme.accent))
            .column(&choice.name, names.min(30) + 2, lift(if shown { theme.strong } else { theme.text }))
            .write(&choice.about, lift(theme.quiet));
    }
    None
}
