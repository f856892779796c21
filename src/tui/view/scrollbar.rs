//! A scrollbar: which part of the lines is visible, and the line that a cell of it stands for.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::theme::Theme;
use crate::tui::view::pen::Pen;

/// Returns the cells of the thumb, of `height` cells, while `lines` lines are shown from line `top`. Empty
/// if all are visible.
pub fn thumb(lines: usize, top: usize, height: usize) -> Range<usize> {
    if lines <= height || height == 0 {
        return 0..0;
    }
    // The thumb has at least one cell, and touches an end only if the list is at that end.
    let size = (height * height / lines).max(1);
    let space = height - size;
    let from = (top * space).div_ceil(lines - height).min(space);
    from..from + size
}

/// Returns the first visible line where the middle of the thumb is at cell `y`.
pub fn top_at(y: usize, lines: usize, height: usize) -> usize {
    let size = thumb(lines, 0, height).len();
    let space = height.saturating_sub(size).max(1);
    (y.saturating_sub(size / 2) * lines.saturating_sub(height) / space).min(lines.saturating_sub(height))
}

/// Draws only the thumb.
pub fn draw(area: Rect, lines: usize, top: usize, theme: &Theme, buffer: &mut Buffer) {
    for y in thumb(lines, top, usize::from(area.height)) {
        Pen::new(buffer, area, y as u16).write("┃", theme.quiet);
    }
}
