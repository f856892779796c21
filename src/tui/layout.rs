//! The layout: the only place that divides the screen into regions.

use ratatui::layout::{Position, Rect, Size};

use crate::tui::state::State;

/// The width in columns from which list and detail stand side by side.
pub const SIDE_BY_SIDE: u16 = 100;

/// The regions of the screen. A region that does not fit has no width or no height.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Regions {
    /// Account, totals, range.
    pub header: Rect,
    /// The underline of the current view, if there is room.
    pub underline: Rect,
    /// The search line, while it is open or a filter is set.
    pub filter: Rect,
    /// The list, or the text shown when it is empty. The full-screen detail covers it.
    pub list: Rect,
    /// The scrollbar, which also separates list and detail.
    pub scrollbar: Rect,
    /// The detail, if it is shown.
    pub detail: Option<Rect>,
    /// The player line, while something is current.
    pub player: Rect,
    /// Progress, counts, notices.
    pub status: Rect,
    /// Key hints.
    pub hints: Rect,
}

/// Divides the screen into regions.
pub fn regions(state: &State) -> Regions {
    let area = Rect::new(0, 0, state.size.width, state.size.height);
    let (width, height) = (area.width, area.height);
    // In order of priority: list, player, status, header, hints, blank lines.
    let player = u16::from(height >= 2 && state.playback.current.is_some());
    let status = u16::from(height >= 2 + player);
    let header = u16::from(height >= 3 + player);
    let hints = u16::from(height >= 5 + player);
    let gap = u16::from(height >= 20);
    // The player line takes the place of the blank line, so that nothing moves when it comes.
    let foot_gap = u16::from(height >= 30 && player == 0);
    let filter = u16::from(height >= 6 + player && (state.filter.open || state.inbox.query.filter.is_some()));
    let body_top = header + gap + filter;
    let foot = player + status + hints;
    let body = Rect::new(0, body_top, width, height.saturating_sub(body_top + foot_gap + foot));
    let row = |y: u16, lines: u16| Rect::new(0, y.min(height), width, lines);
    let mut regions = Regions {
        header: row(0, header),
        underline: row(header, gap),
        filter: row(header + gap, filter),
        player: row(height.saturating_sub(foot), player),
        status: row(height.saturating_sub(hints + status), status),
        hints: row(height.saturating_sub(hints), hints),
        ..Regions::default()
    };
    if width >= SIDE_BY_SIDE && !state.inbox.list.is_empty() && !state.detail.full {
        let list = width * 3 / 5;
        regions.list = Rect { width: list - 1, ..body };
        regions.scrollbar = Rect { x: list - 1, width: 1, ..body };
        regions.detail = Some(Rect { x: list + 2, width: width - list - 3, ..body });
    } else {
        let bar = u16::from(width >= 20);
        regions.list = Rect { width: width - bar, ..body };
        regions.scrollbar = Rect { x: width - bar, width: bar, ..body };
        regions.detail = state.detail.full.then(|| inset(body, 2));
    }
    regions
}

/// Divides the full-screen detail into two columns and the line between them, if it is wide enough.
pub fn columns(area: Rect) -> Option<[Rect; 3]> {
    const BETWEEN: u16 = 5;
    let left = area.width.saturating_sub(BETWEEN) * 3 / 5;
    (area.width + 4 >= SIDE_BY_SIDE).then(|| {
        let line = Rect { x: area.x + left + BETWEEN / 2, width: 1, ..area };
        let right = area.x + left + BETWEEN;
        [Rect { width: left, ..area }, line, Rect { x: right, width: area.right() - right, ..area }]
    })
}

/// Returns `area` with `margin` columns less on each side, if it is wide enough.
fn inset(area: Rect, margin: u16) -> Rect {
    let margin = if area.width > 4 * margin { margin } else { 0 };
    Rect { x: area.x + margin, width: area.width - 2 * margin, ..area }
}

/// Returns the region of a dialog of at most `width` by `height` cells, in the middle of a screen of that size.
pub fn middle(screen: Size, width: u16, height: u16) -> Rect {
    centred(Rect::from((Position::ORIGIN, screen)), width, height)
}

/// Returns the region of a box of at most `width` by `height` cells, centred in `area`.
pub fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}
