//! The overlay for editing the note of a voicemail.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::core::humanize::{self, broken};
use crate::core::triage::Note;
use crate::tui::command::Command;
use crate::tui::overlays::note::{Before, NoteEditor, cells, place, window};
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::view::frame::frame;
use crate::tui::view::pen::{Pen, clear, width};

/// Show how many characters are left once there are fewer than this.
const NEARLY_FULL: usize = 500;

/// Returns the title of the overlay.
pub fn title_of(state: &State, writing: &NoteEditor) -> String {
    title("Note", &writing.about, place(state.above_keys()))
}

/// Draws the note that is edited. Returns the position of the cursor.
pub fn draw(state: &State, writing: &NoteEditor, theme: &Theme, buffer: &mut Buffer) -> Option<Position> {
    frame(place(state.above_keys()), &title_of(state, writing), state, theme, buffer);
    let (window, cells) = (window(state.above_keys()), cells(state.above_keys()));
    let lines = writing.field.lines(cells.width);
    let top = writing.field.top_of(&lines, cells);
    for (y, line) in lines.iter().skip(top).take(usize::from(window.height)).enumerate() {
        let line = writing.field.text().get(line.clone()).unwrap_or("").trim_end();
        Pen::new(buffer, window, y as u16).write(line, theme.text);
    }
    let (told, style) = told(state, writing, theme);
    let told = broken(&told, window.width);
    // A message of several lines covers the end of the text.
    let height = (told.len() as u16).min(window.height + 1);
    let foot = Rect { y: (window.bottom() + 1).saturating_sub(height), height, ..window };
    // On the lowest screens there is no room for it.
    let foot = foot.intersection(place(state.above_keys()));
    clear(foot, theme, buffer);
    for (y, line) in told.iter().take(usize::from(foot.height)).enumerate() {
        Pen::new(buffer, foot, y as u16).write(line, style);
    }
    if lines.len() > usize::from(window.height) && foot.height > 0 {
        let last = (top + usize::from(window.height)).min(lines.len());
        let told = told.last().map_or(0, |line| width(line));
        let mut pen = Pen::new(buffer, foot, foot.height - 1);
        pen.skip(told + 1)
            .right(&format!("line {last} of {}", humanize::count(lines.len() as u64)), theme.quiet);
    }
    if writing.confirming {
        return None;
    }
    let (line, column) = writing.field.place(&lines);
    let x = window.x + column.min(usize::from(cells.width)) as u16;
    let y = window.y + line.saturating_sub(top) as u16;
    (window.width > 0 && y < window.bottom()).then_some(Position::new(x.min(window.right() - 1), y))
}

/// Returns the message below the text.
fn told(state: &State, writing: &NoteEditor, theme: &Theme) -> (String, Style) {
    let key = |command| state.setup.keymap.named(command);
    let length = writing.field.text().chars().count();
    let left = Note::MAX.saturating_sub(length);
    if writing.confirming {
        let keys = [Command::SaveAndCloseNote, Command::DiscardNote, Command::KeepEditing].map(key);
        let [save, discard, edit] = keys;
        let question =
            format!("Unsaved changes: {save} to save, {discard} to discard, {edit} to keep editing.");
        return (question, theme.warning);
    }
    if let Some(error) = &writing.error {
        return (error.clone(), theme.fault);
    }
    let told = match writing.before {
        Before::Coming { save: true, .. } => "will be saved once the stored note has loaded",
        Before::Coming { .. } => "loading…",
        _ if length > Note::MAX => {
            let more = humanize::count((length - Note::MAX) as u64);
            return (format!("{more} characters too many"), theme.warning);
        }
        _ if left == 1 => return ("1 character left".to_owned(), theme.warning),
        _ if left < NEARLY_FULL => return (format!("{left} characters left"), theme.warning),
        _ if writing.changed() => "changed",
        _ if writing.field.text().is_empty() => "Write a note…",
        _ => "",
    };
    (told.to_owned(), theme.quiet)
}

/// Returns the title of an overlay: its name and subject; only the subject if it is narrow.
pub(in crate::tui) fn title(name: &str, about: &str, place: Rect) -> String {
    let whole = format!("{name} · {about}");
    // The frame takes two cells and a blank on each side.
    if width(&whole) + 6 <= place.width { whole } else { about.to_owned() }
}
