//! Draws the list of accounts to switch to.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::tui::layout::centred;
use crate::tui::overlays::accounts::AccountMenu;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::view::frame::frame;
use crate::tui::view::pen::{Pen, width};

/// The maximum width of the dialog.
const WIDTH: u16 = 62;

/// Draws the list of accounts.
pub fn draw(state: &State, switching: AccountMenu, theme: &Theme, buffer: &mut Buffer) -> Option<Position> {
    let rows = state.setup.accounts.len() as u16;
    let inside = frame(centred(buffer.area, WIDTH, rows.saturating_add(4)), "Accounts", state, theme, buffer);
    let area = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let names = state.setup.accounts.iter().map(|choice| width(&choice.name)).max().unwrap_or(0);
    let blank = u16::from(area.height > rows + 1);
    let room = usize::from(area.height.saturating_sub(blank)).max(1);
    let top = switching.at.saturating_sub(room - 1);
    for (y, (number, choice)) in state.setup.accounts.iter().enumerate().skip(top).take(room).enumerate() {
        let selected = number == switching.at;
        let shown = Some(&choice.name) == state.setup.account.as_ref();
        let line = Rect { y: area.y + blank + y as u16, height: 1, ..area };
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
