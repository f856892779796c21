//! The command palette: the text field, and the matching commands.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Position, Rect, Size};
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation as _;

use crate::core::humanize::{self, broken};
use crate::tui::layout::middle;
use crate::tui::overlays::palette::{Action, Match, Palette, refused};
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::view::field;
use crate::tui::view::frame::frame;
use crate::tui::view::pen::{Pen, fitted, width};

/// The maximum size of the overlay.
const WIDTH: u16 = 88;
const HEIGHT: u16 = 22;

/// The widths of the column of names, and of the bar before it.
const NAME: u16 = 18;
const MARK: u16 = 2;

/// The minimum width for help texts beside the names. In a narrower overlay, the last lines show the
/// help of the selected command.
const WIDE: u16 = 64;

/// The number of these lines.
const ABOUT: u16 = 2;

/// The title of the overlay.
pub const TITLE: &str = "Commands";

/// Returns the area of the overlay on a screen of that size.
pub fn place(screen: Size) -> Rect {
    middle(screen, WIDTH, HEIGHT)
}

/// Returns how many commands of the palette fit on a screen of that size.
pub fn rows(screen: Size) -> u16 {
    let place = place(screen);
    // The frame, the text field, and in a narrow overlay the help of the selected command.
    let taken = if place.width < WIDE { 3 + ABOUT } else { 3 };
    place.height.saturating_sub(taken)
}

/// Returns the visible choices, each with its line.
pub fn lines(screen: Size, palette: &Palette) -> impl Iterator<Item = (usize, Rect)> {
    let inside = place(screen).inner(Margin::new(1, 1));
    let area = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let shown = rows(screen);
    let choices = (palette.top(shown)..palette.found.len()).take(usize::from(shown));
    choices.enumerate().map(move |(y, choice)| (choice, Rect { y: area.y + 1 + y as u16, height: 1, ..area }))
}

/// Draws the command palette. Returns the position of the cursor.
pub fn draw(state: &State, palette: &Palette, theme: &Theme, buffer: &mut Buffer) -> Option<Position> {
    let place = place(state.above_keys());
    let inside = frame(place, TITLE, state, theme, buffer);
    let area = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    Pen::new(buffer, area, 0).write(":", theme.accent);
    let typed = Rect { x: area.x + 2, width: area.width.saturating_sub(2), ..area };
    let cursor = field::draw(&palette.input, typed, 0, theme, buffer);
    if palette.input.value().is_empty() && palette.input.refused().is_none() {
        Pen::new(buffer, typed, 0).skip(1).write("name or description", theme.quiet);
    }
    for (index, line) in lines(state.above_keys(), palette) {
        row(state, palette, &palette.found[index], index == palette.at, theme, line, buffer);
    }
    if palette.found.is_empty() {
        Pen::new(buffer, area, 1).skip(MARK).write("no matching command", theme.warning);
    }
    if place.width < WIDE {
        let about = Rect { y: area.bottom().saturating_sub(ABOUT), height: ABOUT.min(area.height), ..area };
        let told = palette.chosen().map(|choice| match refused(choice, state) {
            Some(why) => (humanize::sentence(&why), theme.warning),
            None => (palette.texts(choice).1.to_owned(), theme.quiet),
        });
        if let Some((text, style)) = told {
            for (y, line) in broken(&text, about.width).iter().take(usize::from(ABOUT)).enumerate() {
                Pen::new(buffer, about, y as u16).write(line, style);
            }
        }
    }
    cursor
}

/// Draws a command or a view: its name, its help or why it cannot run now, and its key.
fn row(
    state: &State,
    palette: &Palette,
    found: &Match,
    here: bool,
    theme: &Theme,
    area: Rect,
    buffer: &mut Buffer,
) {
    if here {
        buffer.set_style(area, theme.selected);
    }
    let lift = |style: Style| if here { style.patch(theme.selected) } else { style };
    let (called, help) = palette.texts(found.choice);
    let refused = refused(found.choice, state);
    let key = match found.choice {
        Action::Command(command) => state.setup.keymap.keys(command).first(),
        Action::View(number) => state.setup.views.get(number).map(|view| &view.key),
    };
    let keys = key.map(ToString::to_string).unwrap_or_default();
    let name = if refused.is_some() { theme.faint } else { theme.text };
    let name = if here { lift(theme.text).patch(theme.strong) } else { name };
    let mut pen = Pen::new(buffer, area, 0);
    pen.column(if here { "▌" } else { "" }, MARK, theme.accent);
    marked(&mut pen, &fitted(called, NAME - 1), &found.in_name, name, theme);
    pen.skip(NAME.saturating_sub(width(called).min(NAME - 1)));
    if area.width >= WIDE - 4 {
        // Reserve room for the key.
        let room = pen.room().saturating_sub(width(&keys) + 2);
        match &refused {
            Some(why) => {
                pen.column(why, room, if here { lift(theme.quiet).patch(theme.warning) } else { theme.faint })
            }
            None if width(help) <= room => {
                marked(&mut pen, help, &found.in_help, lift(theme.quiet), theme);
                &mut pen
            }
            None => pen.column(help, room, lift(theme.quiet)),
        };
    }
    pen.right(&keys, if refused.is_some() { theme.faint } else { theme.accent });
}

/// Writes `text`, with the characters at `places` in the colour of search matches.
fn marked(pen: &mut Pen, text: &str, places: &[u32], style: Style, theme: &Theme) {
    for (at, grapheme) in text.graphemes(true).enumerate() {
        let hit = places.contains(&(at as u32));
        pen.write(grapheme, if hit { style.patch(theme.found()) } else { style });
    }
}
