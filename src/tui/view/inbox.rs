//! The list: a heading for each day, a line for each voicemail, and the scrollbar.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::model::from_millis;
use crate::tui::layout::Regions;
use crate::tui::rows::{Line, RowKey, day_name};
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::view::pen::Pen;
use crate::tui::view::words;

/// Draws the lines that are on screen, and only these.
pub fn draw(state: &State, theme: &Theme, regions: &Regions, buffer: &mut Buffer) {
    let area = regions.list;
    let inbox = &state.inbox;
    for y in 0..area.height {
        let line = inbox.top + usize::from(y);
        // The first line always tells the day, even when its heading is scrolled out.
        let at = match (y, inbox.days.day_of_line(line)) {
            (0, Some(day)) if area.height > 1 => Some(Line::Heading(day)),
            _ => inbox.days.at(line),
        };
        match at {
            Some(Line::Heading(day)) => heading(state, theme, day, area, y, buffer),
            Some(Line::Row(row)) => voicemail(state, theme, row, area, y, buffer),
            None => break,
        }
    }
    scrollbar(state, theme, regions, buffer);
}

fn heading(state: &State, theme: &Theme, number: usize, area: Rect, y: u16, buffer: &mut Buffer) {
    let Some(day) = state.inbox.days.day(number) else { return };
    let inner = Rect { width: area.width.saturating_sub(1), ..area };
    let count = words::count(state.inbox.days.rows_of(number) as u64);
    Pen::new(buffer, inner, y)
        .skip(3)
        .write(&day_name(day.date, state.today()), theme.quiet)
        .right(&count, theme.faint);
}

fn voicemail(state: &State, theme: &Theme, number: usize, area: Rect, y: u16, buffer: &mut Buffer) {
    let Some(row) = state.inbox.rows.get(number) else { return };
    let selected = state.inbox.selected == Some(RowKey::of(&row));
    let caller = state.inbox.rows.caller(&row);
    let (caller, style) = if caller.is_empty() { ("Withheld", theme.quiet) } else { (caller, theme.text) };
    let time = from_millis(row.time).with_timezone(&state.zone).format("%H:%M").to_string();
    if selected {
        let line = Rect { y: area.y + y, height: 1, ..area };
        buffer.set_style(line, theme.selected);
    }
    let lift = |style: ratatui::style::Style| {
        if selected { style.patch(theme.selected).patch(theme.strong) } else { style }
    };
    let mut pen = Pen::new(buffer, area, y);
    pen.column(
        if selected { "▌" } else { "" },
        4,
        theme.accent.patch(if state.detail_focused() { theme.quiet } else { theme.accent }),
    );
    pen.column(&time, 8, lift(theme.text));
    pen.write(caller, lift(style));
}

/// The line at the list's right; its heavy part is the part of all lines that is on screen.
fn scrollbar(state: &State, theme: &Theme, regions: &Regions, buffer: &mut Buffer) {
    let area = regions.scrollbar;
    let lines = state.inbox.days.lines();
    let height = usize::from(area.height);
    let between = regions.detail.is_some();
    let (from, to) = if lines > height && height > 0 {
        // At least one cell, and at an end only when the list is at that end.
        let size = (height * height / lines).max(1);
        let space = height - size;
        let range = lines - height;
        let from = (state.inbox.top * space).div_ceil(range).min(space);
        (from, from + size)
    } else {
        (0, 0)
    };
    for y in 0..area.height {
        let thumb = (from..to).contains(&usize::from(y));
        if thumb || between {
            let (sign, style) = if thumb { ("┃", theme.quiet) } else { ("│", theme.faint) };
            Pen::new(buffer, area, y).write(sign, style);
        }
    }
}
