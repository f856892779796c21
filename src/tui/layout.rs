//! Where everything stands: the one place that cuts the screen into regions.

use ratatui::layout::Rect;

use crate::tui::state::State;

/// From this width on, list and detail stand side by side.
pub const SIDE_BY_SIDE: u16 = 100;

/// The regions of the screen. A region that does not fit has no height or no width.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Regions {
    /// Account, totals, range.
    pub header: Rect,
    /// The views' underline, where there is room for it.
    pub underline: Rect,
    /// The search line, while something is searched for.
    pub filter: Rect,
    /// The list, or what stands in its place when it is empty. The detail in full covers it.
    pub list: Rect,
    /// The scrollbar, which is the line between list and detail as well.
    pub scrollbar: Rect,
    /// The detail, if it is on screen.
    pub detail: Option<Rect>,
    /// Progress, counts, notices.
    pub status: Rect,
    /// The keys of the moment.
    pub hints: Rect,
}

/// Cuts the screen.
pub fn regions(state: &State) -> Regions {
    let area = Rect::new(0, 0, state.size.width, state.size.height);
    let (width, height) = (area.width, area.height);
    // Rows go to the list first, then status, header, hints, and last to blank lines.
    let header = u16::from(height >= 3);
    let status = u16::from(height >= 2);
    let hints = u16::from(height >= 5);
    let gap = u16::from(height >= 20);
    let foot_gap = u16::from(height >= 30);
    let filter = u16::from(height >= 6 && (state.filter.open || state.inbox.wish.filter.is_some()));
    let body_top = header + gap + filter;
    let body = Rect::new(0, body_top, width, height.saturating_sub(body_top + foot_gap + status + hints));
    let row = |y: u16, lines: u16| Rect::new(0, y.min(height), width, lines);
    let mut regions = Regions {
        header: row(0, header),
        underline: row(header, gap),
        filter: row(header + gap, filter),
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

/// `area` with `margin` columns less on each side, where there is room.
fn inset(area: Rect, margin: u16) -> Rect {
    let margin = if area.width > 4 * margin { margin } else { 0 };
    Rect { x: area.x + margin, width: area.width - 2 * margin, ..area }
}

/// A box of `width` by `height` in the middle of `area`, smaller where it does not fit.
pub fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}
