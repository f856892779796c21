//! Draws a text field of one line.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::core::humanize;
use crate::tui::field::Field;
use crate::tui::theme::Theme;
use crate::tui::view::pen::{Pen, width};

/// Draws the text field `field` on line `line` of `area`; at its end, the limit that a key or a paste would
/// have passed. Returns the position of the cursor if there is such a line.
pub fn draw(field: &Field, area: Rect, line: u16, theme: &Theme, buffer: &mut Buffer) -> Option<Position> {
    let typed = typed(field, area);
    let hidden = hidden(field, typed);
    let mut skipped = 0;
    let cut = |c: &char| {
        let cut = skipped < hidden;
        skipped += width(c.encode_utf8(&mut [0; 4]));
        cut
    };
    let shown: String = field.value().chars().skip_while(cut).collect();
    Pen::new(buffer, typed, line).write(&shown, theme.text);
    if let Some(told) = told(field, area) {
        Pen::new(buffer, area, line).right(&told, theme.fault);
    }
    let cursor = typed.x + (field.cells_before() as u16).saturating_sub(hidden);
    (area.height > line).then_some(Position::new(cursor.min(typed.right()), area.y + line))
}

/// Returns where the field's text at `part`, in bytes, is in `area`: how many cells are before it, and its
/// width, at least one.
pub fn place(field: &Field, part: &Range<usize>, area: Rect) -> (u16, u16) {
    let cells = |range| width(field.value().get(range).unwrap_or(""));
    let hidden = hidden(field, typed(field, area));
    (cells(0..part.start).saturating_sub(hidden), cells(part.clone()).max(1))
}

/// Returns what the field says about its limit: shorter where there is little room.
fn told(field: &Field, area: Rect) -> Option<String> {
    let told = format!("at most {}", humanize::count(field.refused()? as u64));
    let whole = format!("{told} characters");
    Some(if width(&whole) <= area.width { whole } else { told })
}

/// Returns the part of the field's `area` where its text is.
fn typed(field: &Field, area: Rect) -> Rect {
    let told = told(field, area).map_or(0, |told| width(&told) + 1);
    Rect { width: area.width.saturating_sub(told), ..area }
}

/// Returns how many cells are scrolled out at the left. One column is reserved for the cursor.
fn hidden(field: &Field, typed: Rect) -> u16 {
    field.hidden(typed.width.saturating_sub(1).max(1)) as u16
}
