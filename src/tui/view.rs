//! Drawing: pure functions from the state to the frame. No clock, no I/O, and only visible rows are
//! formatted. One file per region of the screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use crate::terminal::ascii;
use crate::tui::list::{self, blank};
use crate::tui::overlays::help;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::{detail, search_line};

pub(in crate::tui) mod cut;
pub(in crate::tui) mod field;
pub(in crate::tui) mod frame;
pub(in crate::tui) mod header;
pub(in crate::tui) mod pen;
pub(in crate::tui) mod scrollbar;
pub(in crate::tui) mod status;
pub mod targets;

pub use crate::tui::overlays::help::view::Extent;
pub use crate::tui::overlays::help::view::extent as help_extent;
pub use crate::tui::overlays::palette::view::rows as palette_rows;

/// Returns how many lines the detail on screen can scroll.
pub fn overflow(state: &State) -> u16 {
    match (&state.overlay, state.regions().detail) {
        (None, Some(area)) => detail::view::overflow(state, area),
        _ => 0,
    }
}

/// Draws the whole screen into a blank buffer of the state's size. Returns the position of the cursor
/// if a text field is open.
pub fn draw(state: &State, buffer: &mut Buffer) -> Option<Position> {
    let theme = Theme::new(&state.setup.look);
    let regions = state.regions();
    buffer.set_style(buffer.area, theme.ground());
    header::draw(state, &theme, &regions, buffer);
    match regions.detail {
        Some(area) if state.detail.full => detail::view::draw(state, &theme, area, buffer),
        detail_area => {
            if state.inbox.list.is_empty() {
                blank::draw(state, &theme, regions.list, buffer);
            } else {
                list::view::draw(state, &theme, &regions, buffer);
            }
            if let Some(area) = detail_area {
                detail::view::draw(state, &theme, area, buffer);
            }
        }
    }
    status::draw(state, &theme, &regions, buffer);
    let typing = search_line::view::draw(state, &theme, regions.filter, buffer);
    // The help leaves nothing to be seen of an overlay.
    let overlay = state.overlay.as_ref().filter(|_| state.help.is_none());
    let cursor = overlay.map_or(typing, |overlay| overlay.draw(state, &theme, buffer));
    let cursor = match &state.help {
        Some(help) => help::view::draw(state, help, &theme, buffer),
        None => cursor,
    };
    if state.setup.look.ascii {
        ascii::fold(buffer);
    }
    cursor
}
