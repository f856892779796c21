//! The search line: the query, the number of matches, and errors in the query.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;

use crate::core::humanize;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::view::field;
use crate::tui::view::pen::{Pen, width};

/// Draws the search line if `area` has a line for it. Returns the position of the cursor while it is open.
pub fn draw(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    if area.height == 0 {
        return None;
    }
    let filter = &state.filter;
    let style = if filter.open { theme.accent } else { theme.quiet };
    // A message that is too long for the line is shown above the status line.
    let mistake = filter.mistake.as_ref().filter(|_| cut_mistake(state, area).is_none());
    let told = match (mistake, &filter.mistake) {
        (Some(mistake), _) => mistake.message.clone(),
        // These are not the matches of this query.
        (None, Some(_)) => String::new(),
        (None, None) => {
            let (found, of) = (state.inbox.list.matching() as u64, state.inbox.rows.len() as u64);
            format!("{} of {}", humanize::count(found), humanize::count(of))
        }
    };
    let inner = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let told_width = width(&told).min(room_to_tell(state, inner.width));
    let room = inner.width.saturating_sub(told_width + 5).max(1);
    Pen::new(buffer, inner, 0).write("/", style);
    let typed = Rect { x: inner.x + 2, width: room + 1, ..inner }.intersection(inner);
    let cursor = field::draw(&filter.input, typed, 0, theme, buffer);
    if let Some(mistake) = &filter.mistake {
        let (before, part) = field::place(&filter.input, &mistake.at, typed);
        let marked = Rect { x: typed.x.saturating_add(before), width: part, ..typed }.intersection(typed);
        buffer.set_style(marked, theme.fault.add_modifier(Modifier::UNDERLINED));
    }
    let said = Rect { x: inner.right() - told_width, width: told_width, ..inner };
    Pen::new(buffer, said, 0).write(&told, if mistake.is_some() { theme.fault } else { theme.quiet });
    cursor.filter(|_| filter.open)
}

/// Returns how many cells are for the message: those that the query leaves, at least half the line.
fn room_to_tell(state: &State, line: u16) -> u16 {
    let typed = width(state.filter.input.value()) + 6;
    line.saturating_sub(typed).max(line / 2)
}

/// Returns the error in the query if its message does not fit on the line.
pub fn cut_mistake(state: &State, area: Rect) -> Option<&str> {
    let mistake = state.filter.mistake.as_ref().filter(|_| area.height > 0)?;
    let room = room_to_tell(state, area.width.saturating_sub(2));
    (width(&mistake.message) > room).then_some(mistake.message.as_str())
}
