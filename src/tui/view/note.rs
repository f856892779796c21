//! The note of one voicemail while it is written.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::triage::Note;
use crate::tui::command::Command;
use crate::tui::note::{Before, Writing, cells, place, window};
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::view::dates::frame;
use crate::tui::view::pen::{Pen, clear, width};
use crate::words::{self, broken};

/// From how many characters that are left on, it is said.
const NEARLY_FULL: usize = 500;

/// Draws the note; says where the cursor stands.
pub fn draw(state: &State, writing: &Writing, theme: &Theme, buffer: &mut Buffer) -> Option<Position> {
    let place = place(state.size);
    frame(place, &title("Note", &writing.about, place), state, theme, buffer);
    let (window, cells) = (window(state.size), cells(state.size));
    let lines = writing.field.lines(cells.width);
    let top = writing.field.top(cells);
    for (y, line) in lines.iter().skip(top).take(usize::from(window.height)).enumerate() {
        let line = writing.field.text().get(line.clone()).unwrap_or("").trim_end();
        Pen::new(buffer, window, y as u16).write(line, theme.text);
    }
    let (told, style) = told(state, writing, theme);
    let told = broken(&told, window.width);
    // What takes several lines covers the text above.
    let height = (told.len() as u16).min(window.height + 1);
    let foot = Rect { y: (window.bottom() + 1).saturating_sub(height), height, ..window };
    clear(foot, theme, buffer);
    for (y, line) in told.iter().enumerate() {
        Pen::new(buffer, foot, y as u16).write(line, style);
    }
    if lines.len() > usize::from(window.height) {
        let last = (top + usize::from(window.height)).min(lines.len());
        let told = told.last().map_or(0, |line| width(line));
        let mut pen = Pen::new(buffer, foot, height.saturating_sub(1));
        pen.skip(told + 1)
            .right(&format!("line {last} of {}", words::count(lines.len() as u64)), theme.quiet);
    }
    if writing.asked {
        return None;
    }
    let (line, column) = writing.field.place(&lines);
    let x = window.x + column.min(usize::from(cells.width)) as u16;
    let y = window.y + line.saturating_sub(top) as u16;
    (window.width > 0 && y < window.bottom()).then_some(Position::new(x.min(window.right() - 1), y))
}

/// How things are.
fn told(state: &State, writing: &Writing, theme: &Theme) -> (String, Style) {
    let key = |command| state.keymap.named(command);
    let left = Note::MAX.saturating_sub(writing.field.text().chars().count());
    if writing.asked {
        let keys = [Command::SaveAndCloseNote, Command::DiscardNote, Command::KeepEditing].map(key);
        let [save, drop, write_on] = keys;
        let question =
            format!("Changed: {save} saves it, {drop} throws it away, {write_on} goes on writing.");
        return (question, theme.warning);
    }
    if let Some(trouble) = &writing.trouble {
        return (trouble.clone(), theme.fault);
    }
    let told = match writing.before {
        Before::Coming { save: true, .. } => "saved as soon as what is there is read …",
        Before::Coming { .. } => "reading what is there …",
        _ if left < NEARLY_FULL => return (format!("room for {left} more characters"), theme.warning),
        _ if writing.changed() => "changed",
        _ if writing.field.text().is_empty() => "What was said, what is to be done …",
        _ => "",
    };
    (told.to_owned(), theme.quiet)
}

/// What an overlay is called and about; in a narrow one only what it is about.
pub(super) fn title(name: &str, about: &str, place: Rect) -> String {
    let whole = format!("{name} · {about}");
    // The frame keeps two cells on each side, and a blank beside the title.
    if width(&whole) + 6 <= place.width { whole } else { about.to_owned() }
}
