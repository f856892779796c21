//! The pen, which draws text along a line of cells. Text that does not fit is cut, with an ellipsis.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use crate::tui::theme::Theme;

/// Writes from left to right within one line.
pub struct Pen<'a> {
    buffer: &'a mut Buffer,
    x: u16,
    y: u16,
    end: u16,
}

impl<'a> Pen<'a> {
    /// Starts writing at the left of line `line` of `area`. Writes nothing if there is no such line, in the
    /// area or on the screen: a window can be smaller than any layout.
    pub fn new(buffer: &'a mut Buffer, area: Rect, line: u16) -> Pen<'a> {
        let y = area.y.saturating_add(line);
        let is_there = line < area.height && (buffer.area.y..buffer.area.bottom()).contains(&y);
        let end = if is_there { area.right().min(buffer.area.right()) } else { area.x };
        Pen { buffer, x: area.x, y, end }
    }

    /// Writes `text` along the line, cut at its end.
    pub fn write(&mut self, text: &str, style: Style) -> &mut Self {
        let room = self.end.saturating_sub(self.x);
        self.fit(text, room, style);
        self
    }

    /// Writes `text` along the line in a column of `width` cells and moves to the end of the column.
    pub fn column(&mut self, text: &str, width: u16, style: Style) -> &mut Self {
        let next = self.x.saturating_add(width).min(self.end);
        self.fit(text, next.saturating_sub(self.x), style);
        self.x = next;
        self
    }

    /// Moves the pen on by `cells`.
    pub fn skip(&mut self, cells: u16) -> &mut Self {
        self.x = self.x.saturating_add(cells).min(self.end);
        self
    }

    /// Writes `text` right-aligned on the line, or nothing if it would overwrite something.
    pub fn right(&mut self, text: &str, style: Style) -> &mut Self {
        let width = width(text);
        let start = self.end.saturating_sub(width);
        if start >= self.x && width > 0 && start < self.end {
            self.x = start;
            self.fit(text, width, style);
        }
        self
    }

    /// Returns how many cells are left on the line.
    pub fn room(&self) -> u16 {
        self.end.saturating_sub(self.x)
    }

    fn fit(&mut self, text: &str, room: u16, style: Style) {
        if room == 0 || text.is_empty() {
            return;
        }
        let text = fitted(text, room);
        let (x, _) = self.buffer.set_stringn(self.x, self.y, &text, usize::from(room), style);
        self.x = x;
    }
}

/// Clears the cells of `area`.
pub fn clear(area: Rect, theme: &Theme, buffer: &mut Buffer) {
    let area = area.intersection(buffer.area);
    for position in area.positions() {
        buffer[position].reset();
    }
    buffer.set_style(area, theme.ground());
}

/// Returns the width of drawn `text` in cells.
pub fn width(text: &str) -> u16 {
    text.width().min(usize::from(u16::MAX)) as u16
}

/// Returns drawn `text`, cut with an ellipsis if it is wider than `room` cells.
pub fn fitted(text: &str, room: u16) -> std::borrow::Cow<'_, str> {
    if width(text) <= room {
        return text.into();
    }
    let mut kept = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        used += width(grapheme);
        if used >= room {
            break;
        }
        kept.push_str(grapheme);
    }
    kept.truncate(kept.trim_end().len());
    kept.push('…');
    kept.into()
}
