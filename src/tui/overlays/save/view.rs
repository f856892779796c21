//! Draws the dialog for saving a recording.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect, Size};

use crate::core::humanize::broken;
use crate::tui::command::Command;
use crate::tui::layout::middle;
use crate::tui::overlays::save::Save;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::view::field;
use crate::tui::view::frame::frame;
use crate::tui::view::pen::Pen;

/// The maximum width of the dialog.
const WIDTH: u16 = 76;

/// The title of the dialog.
pub const TITLE: &str = "Save the recording";

/// Returns the area of the dialog.
pub fn place(screen: Size) -> Rect {
    middle(screen, WIDTH, 6)
}

/// Draws the dialog for saving a recording. Returns the position of the cursor.
pub fn draw(state: &State, dialog: &Save, theme: &Theme, buffer: &mut Buffer) -> Option<Position> {
    let inside = frame(place(state.above_player()), TITLE, state, theme, buffer);
    let area = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let cursor = field::draw(&dialog.input, area, 1, theme, buffer);
    let enter = state.setup.keymap.named(Command::SaveNow);
    let replaces = format!("file exists: {enter} to overwrite");
    let saves = format!("{enter} to save; creates missing folders");
    let (told, style) = if let Some(error) = &dialog.error {
        (error.as_str(), theme.fault)
    } else if dialog.exists {
        (replaces.as_str(), theme.warning)
    } else if dialog.busy {
        ("saving…", theme.quiet)
    } else if dialog.path(state.setup.env.home.as_deref()).is_none() {
        ("type a path with a file name", theme.quiet)
    } else {
        (saves.as_str(), theme.quiet)
    };
    for (y, line) in broken(told, area.width).iter().take(2).enumerate() {
        Pen::new(buffer, area, 2 + y as u16).write(line, style);
    }
    cursor
}
