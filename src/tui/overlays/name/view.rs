//! Draws the dialog for naming a caller.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect, Size};

use crate::core::humanize::broken;
use crate::tui::command::Command;
use crate::tui::layout::middle;
use crate::tui::overlays::name::NameForm;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::view::field;
use crate::tui::view::frame::frame;
use crate::tui::view::pen::Pen;

/// The maximum width of the dialog.
const WIDTH: u16 = 60;

/// The title of the dialog.
pub const TITLE: &str = "Name the caller";

/// Returns the area of the dialog.
pub fn place(screen: Size) -> Rect {
    middle(screen, WIDTH, 7)
}

/// Draws the dialog for naming a caller. Returns the position of the cursor.
pub fn draw(state: &State, naming: &NameForm, theme: &Theme, buffer: &mut Buffer) -> Option<Position> {
    let inside = frame(place(state.above_player()), TITLE, state, theme, buffer);
    let area = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    Pen::new(buffer, area, 0).write(&naming.number, theme.quiet);
    let cursor = field::draw(&naming.input, area, 1, theme, buffer);
    let enter = state.setup.keymap.named(Command::SaveName);
    let told = match (naming.input.value().trim().is_empty(), naming.shown.is_empty()) {
        (true, true) => "a name for all voicemails from this number".to_owned(),
        (true, false) => {
            format!("{enter} to remove the name given with {}", state.setup.keymap.named(Command::NameCaller))
        }
        (false, _) => format!("{enter} to save, for all voicemails from this number"),
    };
    for (y, line) in broken(&told, area.width).iter().take(2).enumerate() {
        Pen::new(buffer, area, 3 + y as u16).write(line, theme.quiet);
    }
    cursor
}
