//! Draws a text field of one line.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::tui::field::Field;
use crate::tui::theme::Theme;
use crate::tui::view::pen::{Pen, width};

/// Draws the text field `field` on line `line` of `area`. Returns the position of the cursor if there is such
/// a line.
pub fn draw(field: &Field, area: Rect, line: u16, theme: &Theme, buffer: &mut Buffer) -> Option<Position> {
    let hidden = hidden(field, area);
    let mut skipped = 0;
    let cut = |c: &char| {
        let cut = skipped < hidden;
        skipped += width(c.encode_utf8(&mut [0; 4]));
        cut
    };
    let shown: String = field.value().chars().skip_while(cut).collect();
    Pen::new(buffer, area, line).write(&shown, theme.text);
    let cursor = area.x + (field.cells_before() as u16).saturating_sub(hidden);
    (area.height > line).then_some(Position::new(cursor.min(area.right()), area.y + line))
}

/// Returns where the field's text at `part`, in bytes, is in `area`: how many cells are before it, and its
/// width, at least one.
pub fn place(field: &Field, part: &Range<usize>, area: Rect) -> (u16, u16) {
    let cells = |range| width(field.value().get(range).unwrap_or(""));
    (cells(0..part.start).saturating_sub(hidden(field, area)), cells(part.clone()).max(1))
}

/// Returns how many cells are scrolled out at the left. One column is reserved for the cursor.
fn hidden(field: &Field, area: Rect) -> u16 {
    field.hidden(area.width.saturating_sub(1).max(1)) as u16
}
