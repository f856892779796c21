//! Draws the box around a dialog.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::{Color, Style};
use ratatui::symbols::border::ROUNDED;

use crate::tui::command::{Command, TABLE};
use crate::tui::overlays::help::Help;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::view::pen::{Pen, clear, width};

/// Draws a dialog's empty box with a title, and clears what was there. Returns the area inside.
pub fn frame(place: Rect, title: &str, state: &State, theme: &Theme, buffer: &mut Buffer) -> Rect {
    // A blank cell on both sides separates the box from the text behind it.
    clear(place.outer(Margin::new(1, 0)).intersection(buffer.area), theme, buffer);
    border(place, theme.faint, buffer);
    let inside = place.inner(Margin::new(1, 1));
    let top = Rect { x: place.x + 2, width: place.width.saturating_sub(4), height: 1, ..place };
    let closes = closing(state).map_or_else(String::new, |(_, text)| text);
    Pen::new(buffer, top, 0)
        .write(&format!(" {title} "), Style::new().fg(Color::Reset).patch(theme.text).patch(theme.strong))
        .right(&closes, theme.quiet);
    inside
}

/// Returns the cells of the text in a box with that title that says how to close it, and the command.
pub fn way_out(place: Rect, title: &str, state: &State) -> Option<(Rect, Command)> {
    let (command, text) = closing(state)?;
    let cells = width(&text);
    let room = place.width.saturating_sub(4).checked_sub(width(title) + 2)?;
    let x = (place.right() - 2).saturating_sub(cells);
    (cells <= room).then_some((Rect { x, width: cells, height: 1, ..place }, command))
}

/// Returns the command that closes what is open, and the words for it.
fn closing(state: &State) -> Option<(Command, String)> {
    let entry = TABLE.iter().find(|entry| entry.is_way_out() && state.scopes().contains(&entry.scope))?;
    let is_filtered = state.help.as_ref().is_some_and(Help::is_filtered);
    let key = state.setup.keymap.named(entry.command);
    let does = if is_filtered { "clears".to_owned() } else { third_person(entry.hint) };
    Some((entry.command, format!(" {key} {does} ")))
}

/// Returns what a hint of the footer says, in the third person: "keeps editing" for "keep editing".
fn third_person(hint: &str) -> String {
    match hint.split_once(' ') {
        Some((verb, rest)) => format!("{verb}s {rest}"),
        None if hint.is_empty() => "closes".to_owned(),
        None => format!("{hint}s"),
    }
}

/// Draws a rounded border along the inside of `place`, if it has room for one.
fn border(place: Rect, style: Style, buffer: &mut Buffer) {
    let place = place.intersection(buffer.area);
    if place.width < 2 || place.height < 2 {
        return;
    }
    let (left, right, top, bottom) = (place.x, place.right() - 1, place.y, place.bottom() - 1);
    for x in left..=right {
        buffer[(x, top)].set_symbol(ROUNDED.horizontal_top).set_style(style);
        buffer[(x, bottom)].set_symbol(ROUNDED.horizontal_bottom).set_style(style);
    }
    for y in top..=bottom {
        buffer[(left, y)].set_symbol(ROUNDED.vertical_left).set_style(style);
        buffer[(right, y)].set_symbol(ROUNDED.vertical_right).set_style(style);
    }
    buffer[(left, top)].set_symbol(ROUNDED.top_left);
    buffer[(right, top)].set_symbol(ROUNDED.top_right);
    buffer[(left, bottom)].set_symbol(ROUNDED.bottom_left);
    buffer[(right, bottom)].set_symbol(ROUNDED.bottom_right);
}
