//! The menu of what can be copied: the key, name and value of each part.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Position, Rect};

use crate::core::humanize;
use crate::tui::command::Command;
use crate::tui::layout::middle;
use crate::tui::overlays::copy::{CopyMenu, What};
use crate::tui::overlays::note::view::title;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::view::frame::frame;
use crate::tui::view::pen::{Pen, width};

/// The maximum size of the overlay: the parts, and a line above and below.
const WIDTH: u16 = 76;
const HEIGHT: u16 = What::ALL.len() as u16 + 4;

/// The widths of the columns of keys and names.
const KEY: u16 = 3;
const NAME: u16 = 13;

/// Returns the area and the title of the menu.
pub fn place(state: &State, copying: &CopyMenu) -> (Rect, String) {
    let place = middle(state.above_keys(), WIDTH, HEIGHT);
    (place, title("Copy", &copying.about, place))
}

/// Returns what can be copied, each with its line and its command.
pub fn rows(state: &State) -> impl Iterator<Item = (What, Command, Rect)> {
    let inside = middle(state.above_keys(), WIDTH, HEIGHT).inner(Margin::new(1, 1));
    let area = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let blank = u16::from(usize::from(inside.height) > What::ALL.len() + 1);
    What::ALL.into_iter().enumerate().map(move |(y, what)| {
        let command = match what {
            What::Number => Command::TakeNumber,
            What::Name => Command::TakeName,
            What::Time => Command::TakeTime,
            What::File => Command::TakeFile,
            What::Text => Command::TakeText,
            What::Json => Command::TakeJson,
        };
        let line = Rect { y: area.y + blank + y as u16, height: 1, ..area };
        (what, command, line.intersection(area))
    })
}

/// Draws the menu of what can be copied.
pub fn draw(state: &State, copying: &CopyMenu, theme: &Theme, buffer: &mut Buffer) -> Option<Position> {
    let (place, title) = place(state, copying);
    frame(place, &title, state, theme, buffer);
    for (what, command, line) in rows(state) {
        let key = state.setup.keymap.keys(command).first().map(ToString::to_string).unwrap_or_default();
        let (shown, known) = value(state, copying, what);
        let name = if known { theme.text } else { theme.quiet };
        Pen::new(buffer, line, 0)
            .column(&key, KEY.max(width(&key) + 1), theme.accent)
            .column(what.title(), NAME, name)
            .write(&shown, theme.quiet);
    }
    None
}

/// Returns what would be copied, on one line, and whether there is anything to copy.
fn value(state: &State, copying: &CopyMenu, what: What) -> (String, bool) {
    let account = state.setup.account.as_deref().unwrap_or("");
    let Some(found) = &copying.found else { return (String::new(), true) };
    let values = found.iter().filter_map(|found| what.of(found, state.setup.zone, account));
    match (what, found.as_slice()) {
        (_, [only]) => match what.of(only, state.setup.zone, account) {
            Some(value) => (value.lines().collect::<Vec<_>>().join(" · "), true),
            None => (what.missing().to_owned(), false),
        },
        (What::Text, many) => {
            (format!("{}, separated by blank lines", humanize::voicemails(many.len() as u64)), true)
        }
        (What::Json, many) => (format!("{}, one per line", humanize::voicemails(many.len() as u64)), true),
        (_, many) => {
            let count = values.count();
            let told = match many.len() - count {
                _ if count == 0 => "none".to_owned(),
                0 => format!("{count}, one per line"),
                1 => format!("{count}, one per line; 1 has none"),
                without => format!("{count}, one per line; {without} have none"),
            };
            (told, count > 0)
        }
    }
}
