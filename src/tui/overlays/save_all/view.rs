//! The dialog for saving several recordings.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect, Size};
use ratatui::style::Style;

use crate::core::humanize::{self, broken};
use crate::tui::command::Command;
use crate::tui::layout::middle;
use crate::tui::overlays::note::about;
use crate::tui::overlays::save::update::file_name;
use crate::tui::overlays::save_all::SaveAll;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::view::field;
use crate::tui::view::frame::frame;
use crate::tui::view::pen::Pen;

/// The maximum size of the dialog.
const WIDTH: u16 = 76;
const HEIGHT: u16 = 16;

/// The line below the field, and how many it may take.
const TOLD: u16 = 1;
const TOLD_LINES: usize = 2;

/// Returns the area of the dialog.
pub fn place(screen: Size) -> Rect {
    middle(screen, WIDTH, HEIGHT)
}

/// Returns the title of the dialog.
pub fn title(dialog: &SaveAll) -> String {
    format!("Save {} recordings", humanize::count((dialog.marked - dialog.without) as u64))
}

/// Draws the dialog for saving several recordings. Returns the position of the cursor.
pub fn draw(state: &State, dialog: &SaveAll, theme: &Theme, buffer: &mut Buffer) -> Option<Position> {
    let inside = frame(place(state.above_keys()), &title(dialog), state, theme, buffer);
    let area = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let cursor = field::draw(&dialog.input, area, 0, theme, buffer);
    let (told, style) = told(state, dialog, theme);
    for (y, line) in broken(&told, area.width).iter().take(TOLD_LINES).enumerate() {
        Pen::new(buffer, area, TOLD + y as u16).write(line, style);
    }
    // A blank line, where there is room for it.
    let above = TOLD + TOLD_LINES as u16 + u16::from(area.height > 8);
    let below = Rect { y: area.y + above, height: area.height.saturating_sub(above), ..area };
    let room = usize::from(below.height);
    let lines = lines(state, dialog, theme, below.width);
    let shown = if lines.len() > room { room.saturating_sub(1) } else { room };
    for (y, (line, style)) in lines.iter().take(shown).enumerate() {
        Pen::new(buffer, below, y as u16).write(line, *style);
    }
    if lines.len() > shown {
        let more = humanize::count((lines.len() - shown) as u64);
        Pen::new(buffer, below, shown as u16).write(&format!("and {more} more"), theme.quiet);
    }
    cursor.filter(|_| dialog.progress.is_none())
}

/// Returns the line below the field.
fn told(state: &State, dialog: &SaveAll, theme: &Theme) -> (String, Style) {
    let count = |number: usize| humanize::count(number as u64);
    let enter = state.setup.keymap.named(Command::SaveNow);
    let of = dialog.marked - dialog.without;
    match (&dialog.error, dialog.progress) {
        (Some(error), _) => (error.clone(), theme.fault),
        (None, Some(_)) if dialog.stopping => ("stopping…".to_owned(), theme.quiet),
        (None, Some(done)) => {
            let before = of - dialog.keys.len();
            (format!("saving {} of {}", count((before + done + 1).min(of)), count(of)), theme.text)
        }
        (None, None) if dialog.input.value().trim().is_empty() => ("type a folder".to_owned(), theme.quiet),
        (None, None) if !dialog.failed.is_empty() => {
            let done = count(dialog.saved + dialog.present);
            (format!("{done} of {} saved; {enter} to retry the others", count(of)), theme.warning)
        }
        (None, None) => {
            let without = match dialog.without {
                0 => String::new(),
                without => format!("; {} of {} have no recording", count(without), count(dialog.marked)),
            };
            (format!("{enter} to save; creates missing folders{without}"), theme.quiet)
        }
    }
}

/// Returns what is not saved and why, or the names of the files.
fn lines(state: &State, dialog: &SaveAll, theme: &Theme, room: u16) -> Vec<(String, Style)> {
    let rows = |key| state.inbox.find(key);
    if dialog.failed.is_empty() {
        let names = dialog.keys.iter().filter_map(|key| rows(*key)).map(|row| file_name(state, &row));
        return names.map(|name| (name, theme.quiet)).collect();
    }
    let mut lines = Vec::new();
    let mut said: Vec<&str> = Vec::new();
    for (_, why) in &dialog.failed {
        if said.contains(&why.as_str()) {
            continue;
        }
        said.push(why);
        let same = dialog.failed.iter().filter(|(_, other)| other == why);
        let keys: Vec<_> = same.map(|(key, _)| *key).collect();
        let told = format!("{} not saved: {why}", humanize::count(keys.len() as u64));
        lines.extend(broken(&told, room).into_iter().map(|line| (line, theme.fault)));
        let failed = keys.into_iter().filter_map(rows).map(|row| about(state, &row));
        lines.extend(failed.map(|about| (format!("  {about}"), theme.text)));
    }
    lines
}
