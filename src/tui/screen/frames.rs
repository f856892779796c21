//! Draws frames in as few bytes as possible: either only the changes, or a scrolled list and the remaining
//! changes, whichever is shorter. A frame without changes is empty.

use std::io::{self, Write as _};

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::queue;
use crossterm::terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr as _};

use crate::tui::screen::{Draw, cells};
use crate::tui::state::State;

/// What the terminal shows, and the next frame.
#[derive(Debug, Default)]
pub struct Frames {
    shown: Buffer,
    next: Buffer,
    cursor: Option<Position>,
    list: Option<List>,
    /// The content of the terminal is unknown: draw the next frame completely.
    unknown: bool,
}

/// The position of the list, and its first line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct List {
    area: Rect,
    top: usize,
}

impl Frames {
    /// Creates frames for a terminal with unknown content.
    pub fn new() -> Frames {
        Frames { unknown: true, ..Frames::default() }
    }

    /// Marks the content of the terminal as unknown to the next frame.
    pub fn forget(&mut self) {
        self.unknown = true;
    }

    /// Returns the bytes that make the terminal show `state`, which `draw` draws.
    pub fn next(&mut self, state: &State, draw: Draw) -> io::Result<Vec<u8>> {
        let area = Rect::new(0, 0, state.size.width, state.size.height);
        self.next.resize(area);
        self.next.reset();
        let cursor = draw(state, &mut self.next);
        let list = List { area: state.regions().list, top: state.inbox.top };
        let whole = self.unknown || self.shown.area != area;
        let mut bytes = Vec::new();
        if whole {
            self.shown = Buffer::empty(area);
            queue!(bytes, Hide, Clear(ClearType::All))?;
            self.cursor = None;
        }
        let plain = changes(&self.shown, &self.next);
        match self.list.filter(|_| !whole).and_then(|before| scroll(before, list)) {
            Some(scroll) if !plain.is_empty() => {
                let mut scrolled = scroll.bytes()?;
                scroll.apply(&mut self.shown);
                scrolled.extend(changes(&self.shown, &self.next));
                bytes.extend(if scrolled.len() < plain.len() { scrolled } else { plain });
            }
            _ => bytes.extend(plain),
        }
        if let Some(Position { x, y }) = cursor
            && (!bytes.is_empty() || cursor != self.cursor)
        {
            queue!(bytes, MoveTo(x, y))?;
        }
        match (self.cursor, cursor) {
            (None, Some(_)) => queue!(bytes, Show)?,
            (Some(_), None) => queue!(bytes, Hide)?,
            _ => {}
        }
        std::mem::swap(&mut self.shown, &mut self.next);
        self.list = Some(list);
        self.cursor = cursor;
        self.unknown = false;
        if bytes.is_empty() {
            return Ok(bytes);
        }
        let mut frame = Vec::with_capacity(bytes.len() + 16);
        queue!(frame, BeginSynchronizedUpdate)?;
        frame.append(&mut bytes);
        queue!(frame, EndSynchronizedUpdate)?;
        Ok(frame)
    }
}

/// Returns the bytes that change `from` into `to`, which has the same size.
fn changes(from: &Buffer, to: &Buffer) -> Vec<u8> {
    cells::write(bridged(cleared(from.diff_iter(to), to).into_iter(), to))
}

/// Returns the changed cells, and those that joined characters may cover by mistake: many terminals draw a
/// family as its members side by side. They are written after it.
fn cleared<'a>(
    changed: impl Iterator<Item = (u16, u16, &'a Cell)>,
    to: &'a Buffer,
) -> Vec<(u16, u16, &'a Cell)> {
    let mut cells: Vec<(u16, u16, &Cell)> = Vec::new();
    // The cells from `next` to `end` in line `line` may be covered, and were not written since.
    let (mut line, mut next, mut end) = (0, 0, 0);
    let fill = |cells: &mut Vec<_>, line: u16, from: u16, end: u16| {
        let mut x = from;
        while x < end {
            cells.push((x, line, &to[(x, line)]));
            x += to[(x, line)].symbol().width().max(1) as u16;
        }
    };
    for (x, y, cell) in changed {
        fill(&mut cells, line, next, if y == line { end.min(x) } else { end });
        if y != line {
            (line, end) = (y, 0);
        }
        cells.push((x, y, cell));
        next = x + cell.symbol().width().max(1) as u16;
        let apart: usize = cell.symbol().chars().filter_map(UnicodeWidthChar::width).sum();
        end = end.max(x.saturating_add(apart as u16).min(to.area.right()));
    }
    fill(&mut cells, line, next, end);
    cells
}

/// Moving the cursor takes up to eight bytes, so rewriting a gap of this many cells is shorter.
const GAP: u16 = 6;

/// Returns the changed cells, and the cells in small gaps between them if they have the same style.
fn bridged<'a>(
    changed: impl Iterator<Item = (u16, u16, &'a Cell)>,
    to: &'a Buffer,
) -> Vec<(u16, u16, &'a Cell)> {
    let mut cells: Vec<(u16, u16, &Cell)> = Vec::new();
    for (x, y, cell) in changed {
        if let Some(&(last_x, last_y, last)) = cells.last()
            && last_y == y
            && (2..=GAP + 1).contains(&(x - last_x))
        {
            let gap = || (last_x + 1..x).map(|x| (x, y, &to[(x, y)]));
            // ASCII only: a wide character also covers the next cell, which must not be written.
            let plain = |cell: &Cell| cell.symbol().is_ascii() && cell.style() == last.style();
            if last.symbol().is_ascii() && gap().all(|(_, _, cell)| plain(cell)) {
                cells.extend(gap());
            }
        }
        cells.push((x, y, cell));
    }
    cells
}

/// Lines of the terminal that move up (`by` > 0) or down.
#[derive(Clone, Copy, Debug)]
struct Scroll {
    first: u16,
    last: u16,
    by: i64,
}

/// Returns the scroll that moves the list from one place to another, if it can save bytes.
fn scroll(from: List, to: List) -> Option<Scroll> {
    let by = to.top as i64 - from.top as i64;
    let height = i64::from(to.area.height);
    // The first line is the day heading, which does not scroll.
    let worth = from.area == to.area && by != 0 && by.abs() < height / 2;
    worth.then(|| Scroll { first: to.area.y + 1, last: to.area.bottom() - 1, by })
}

impl Scroll {
    /// Returns line feeds at the bottom of a scrolling region, or reverse ones at its top. Unlike newer
    /// scroll sequences, these also work on the Linux console.
    fn bytes(self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        write!(bytes, "\x1b[{};{}r", self.first + 1, self.last + 1)?;
        let lines = self.by.unsigned_abs() as usize;
        if self.by > 0 {
            queue!(bytes, MoveTo(0, self.last))?;
            bytes.extend(std::iter::repeat_n(b'\n', lines));
        } else {
            queue!(bytes, MoveTo(0, self.first))?;
            bytes.extend(b"\x1bM".repeat(lines));
        }
        bytes.extend(b"\x1b[r");
        Ok(bytes)
    }

    /// Applies the scroll to a buffer.
    fn apply(self, buffer: &mut Buffer) {
        let width = usize::from(buffer.area.width);
        let start = usize::from(self.first) * width;
        let end = (usize::from(self.last) + 1) * width;
        let cells = self.by.unsigned_abs() as usize * width;
        let Some(region) = buffer.content.get_mut(start..end) else { return };
        let blank = if self.by > 0 {
            region.rotate_left(cells);
            &mut region[end - start - cells..]
        } else {
            region.rotate_right(cells);
            &mut region[..cells]
        };
        for cell in blank {
            cell.reset();
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::Style;

    use super::*;

    /// What a terminal shows in the first line, after each of `lines`. This one draws characters one by one.
    fn shown(lines: &[&str]) -> Vec<String> {
        let area = Rect::new(0, 0, 20, 2);
        let mut terminal = vt100::Parser::new(2, 20, 0);
        let mut before = Buffer::empty(area);
        let show = |line: &&str| {
            let mut buffer = Buffer::empty(area);
            buffer.set_string(0, 0, line, Style::new());
            terminal.process(&changes(&before, &buffer));
            before = buffer;
            terminal.screen().rows(0, 20).next().unwrap().trim_end().to_owned()
        };
        lines.iter().map(show).collect()
    }

    #[test]
    fn joined_characters_cover_nothing_and_leave_nothing_behind() {
        let family = "👨\u{200d}👩\u{200d}👧";
        let lines = [format!("{family} abcdef"), format!("{family} abxdef"), "no abxdef".to_owned()];
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        let seen = shown(&lines);
        for (line, end) in seen.iter().zip([" abcdef", " abxdef"]) {
            assert!(line.starts_with('👨') && line.ends_with(end) && !line.contains('👧'), "{line:?}");
        }
        assert_eq!(seen[2], "no abxdef");
        assert_eq!(shown(&[&format!("{family}{family}"), "x"])[1], "x");
        assert!(shown(&["❤\u{fe0f} a", "अनिता राव a"])[1].ends_with(" a"));
    }
}
