//! The first line: program, account, how many voicemail, and at all times which range.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::range;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::view::pen::{Pen, width};
use crate::tui::view::words;

/// Draws the header.
pub fn draw(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let mut pen = Pen::new(buffer, area, 0);
    pen.skip(1).write("vmail", theme.accent.patch(theme.strong));
    let Some(account) = &state.account else { return };
    let label = state.range.label(state.now, state.zone);
    let mut dates = state.range.dates(state.now, state.zone);
    if label.contains(&dates) {
        dates.clear();
    }
    let zone = range::zone_name(state.now, state.zone);
    // The range is never left out; what stands before it gives way.
    let ends = [
        [label.as_str(), &dates, &zone]
            .iter()
            .filter(|part| !part.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join("  "),
        label.clone(),
    ];
    let room = pen.room().saturating_sub(3);
    let end = ends.iter().find(|end| width(end) + 16 <= room).unwrap_or(&ends[1]);
    let left = room.saturating_sub(width(end));
    if left > width(account) + 2 {
        pen.skip(2).write(account, theme.quiet);
    }
    let total = format!("{} voicemail", words::count(state.inbox.rows.len() as u64));
    if left > width(account) + width(&total) + 8 && !state.inbox.rows.is_empty() {
        pen.skip(4).write(&total, theme.text);
    }
    let mut right = Pen::new(buffer, Rect { width: area.width.saturating_sub(1), ..area }, 0);
    right.skip(7).right(end, theme.text);
}
