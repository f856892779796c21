//! The help: every key, from the table of commands.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::command::{Entry, Scope, TABLE};
use crate::tui::layout::centred;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::view::pen::Pen;

use super::dates::frame;

/// The order in which scopes are explained.
const SCOPES: &[Scope] = &[
    Scope::Inbox,
    Scope::List,
    Scope::Detail,
    Scope::Dates,
    Scope::Presets,
    Scope::Calendar,
    Scope::Help,
    Scope::Anywhere,
];

enum Line {
    Title(&'static str),
    Key(&'static Entry),
    Blank,
}

/// Draws the help, scrolled down by `top` lines as far as there are any.
pub fn draw(state: &State, top: u16, theme: &Theme, buffer: &mut Buffer) {
    let lines = lines();
    let place = centred(buffer.area, 78, lines.len() as u16 + 2);
    let inside = frame(place, "Keys", theme, buffer);
    let below = (lines.len() as u16).saturating_sub(inside.height);
    let top = top.min(below);
    for (y, line) in lines.iter().skip(usize::from(top)).take(usize::from(inside.height)).enumerate() {
        let mut pen = Pen::new(buffer, inside, y as u16);
        match line {
            Line::Title(title) => {
                pen.skip(1).write(title, theme.strong);
            }
            Line::Key(entry) => {
                let keys: Vec<_> = state.keymap.keys(entry.command).iter().map(ToString::to_string).collect();
                let keys = if keys.len() > 3 {
                    format!("{} – {}", keys[0], keys[keys.len() - 1])
                } else {
                    keys.join("  ")
                };
                pen.skip(1)
                    .column(&keys, 20.min(inside.width / 3), theme.accent)
                    .skip(1)
                    .write(entry.help, theme.text);
            }
            Line::Blank => {}
        }
    }
    if below > 0 {
        let more = Rect { y: place.bottom().saturating_sub(1), height: 1, ..place };
        let (last, of) = (top + inside.height, lines.len());
        let inner = Rect { width: more.width.saturating_sub(2), ..more };
        Pen::new(buffer, inner, 0).right(&format!(" line {last} of {of} "), theme.quiet);
    }
}

fn lines() -> Vec<Line> {
    let mut lines = Vec::new();
    for scope in SCOPES {
        if !lines.is_empty() {
            lines.push(Line::Blank);
        }
        lines.push(Line::Title(scope.title()));
        lines.extend(TABLE.iter().filter(|entry| entry.scope == *scope).map(Line::Key));
    }
    lines
}
