//! The help: every key, from the table of commands.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::search;
use crate::tui::command::{Scope, TABLE};
use crate::tui::layout::centred;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::view::pen::Pen;
use crate::words::broken;

use super::dates::frame;

/// How wide the help is, where there is room.
const WIDTH: u16 = 88;

/// The order in which scopes are explained.
const SCOPES: &[Scope] = &[
    Scope::Inbox,
    Scope::List,
    Scope::Detail,
    Scope::Search,
    Scope::Dates,
    Scope::Presets,
    Scope::Calendar,
    Scope::Ways,
    Scope::Save,
    Scope::Note,
    Scope::NoteLeft,
    Scope::Tags,
    Scope::Palette,
    Scope::Copying,
    Scope::CallBack,
    Scope::Naming,
    Scope::Help,
    Scope::Anywhere,
];

/// A line of the help: a title, or keys and what they do, or the rest of that.
#[derive(Default)]
struct Line {
    title: &'static str,
    keys: String,
    text: String,
}

/// How many lines do not fit on a screen of this size.
pub fn overflow(state: &State, screen: Rect) -> u16 {
    let (_, lines) = content(state, screen);
    (lines.len() as u16 + 2).saturating_sub(screen.height)
}

/// The width of the column of keys, and the lines.
fn content(state: &State, screen: Rect) -> (u16, Vec<Line>) {
    let width = screen.width.min(WIDTH);
    let keys_width = (width / 4).min(17);
    (keys_width, lines(state, width.saturating_sub(keys_width + 5)))
}

/// Draws the help, scrolled down by `top` lines as far as there are any.
pub fn draw(state: &State, top: u16, theme: &Theme, buffer: &mut Buffer) {
    let (keys_width, lines) = content(state, buffer.area);
    let place = centred(buffer.area, WIDTH, lines.len() as u16 + 2);
    let inside = frame(place, "Keys", state, theme, buffer);
    let below = (lines.len() as u16).saturating_sub(inside.height);
    let top = top.min(below);
    for (y, line) in lines.iter().skip(usize::from(top)).take(usize::from(inside.height)).enumerate() {
        Pen::new(buffer, inside, y as u16)
            .skip(1)
            .write(line.title, theme.strong)
            .column(&line.keys, keys_width, theme.accent)
            .skip(1)
            .write(&line.text, theme.text);
    }
    if below > 0 {
        let more = Rect { y: place.bottom().saturating_sub(1), height: 1, ..place };
        let (last, of) = (top + inside.height, lines.len());
        let inner = Rect { width: more.width.saturating_sub(2), ..more };
        Pen::new(buffer, inner, 0).right(&format!(" line {last} of {of} "), theme.quiet);
    }
}

fn lines(state: &State, room: u16) -> Vec<Line> {
    let mut lines = Vec::new();
    for scope in SCOPES {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.push(Line { title: scope.title(), ..Line::default() });
        for entry in TABLE.iter().filter(|entry| entry.scope == *scope) {
            let keys: Vec<_> = state.keymap.keys(entry.command).iter().map(ToString::to_string).collect();
            let mut keys = match keys.as_slice() {
                [first, .., last] if keys.len() > 4 => format!("{first} – {last}"),
                few => few.join("  "),
            };
            for text in broken(entry.help, room) {
                lines.push(Line { keys: std::mem::take(&mut keys), text, ..Line::default() });
            }
        }
        if *scope == Scope::Inbox {
            for view in &state.views {
                let mut keys = view.key.to_string();
                for text in broken(&format!("{}: {}", view.name, view.query), room) {
                    lines.push(Line { keys: std::mem::take(&mut keys), text, ..Line::default() });
                }
            }
        }
        if *scope == Scope::Search {
            lines.extend(search_language(room));
        }
    }
    lines
}

/// What can be searched for: an example, and under it what it means.
fn search_language(room: u16) -> Vec<Line> {
    let mut lines = vec![Line::default(), Line { title: "What can be searched for", ..Line::default() }];
    for (example, meaning) in search::operators() {
        lines.push(Line { text: example.to_owned(), ..Line::default() });
        let under = broken(meaning, room.saturating_sub(2));
        lines.extend(under.into_iter().map(|text| Line { text: format!("  {text}"), ..Line::default() }));
    }
    lines
}
