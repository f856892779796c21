//! Drawing: pure functions from the state to the frame. No clock, no I/O, and only visible rows are
//! formatted. One file per region of the screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use crate::tui::state::{Overlay, State};
use crate::tui::theme::Theme;

mod accounts;
pub mod ascii;
mod blank;
mod calling;
mod columns;
mod copying;
mod dates;
mod detail;
mod field;
mod filter;
mod header;
mod help;
mod inbox;
mod note;
mod palette;
mod pen;
mod people;
mod sound;
mod status;
mod tags;
mod ways;

pub use help::{Extent, extent as help_extent};
pub use palette::rows as palette_rows;

/// Returns how many lines the detail can scroll.
pub fn overflow(state: &State) -> u16 {
    match (&state.overlay, state.regions().detail) {
        (None, Some(area)) => detail::overflow(state, area),
        _ => 0,
    }
}

/// Draws the whole screen into a blank buffer of the state's size. Returns the position of the cursor
/// if a text field is open.
pub fn draw(state: &State, buffer: &mut Buffer) -> Option<Position> {
    let theme = Theme::new(&state.look);
    let regions = state.regions();
    buffer.set_style(buffer.area, theme.ground());
    header::draw(state, &theme, &regions, buffer);
    match regions.detail {
        Some(area) if state.detail.full => detail::draw(state, &theme, area, buffer),
        detail_area => {
            if state.inbox.list.is_empty() {
                blank::draw(state, &theme, regions.list, buffer);
            } else {
                inbox::draw(state, &theme, &regions, buffer);
            }
            if let Some(area) = detail_area {
                detail::draw(state, &theme, area, buffer);
            }
        }
    }
    status::draw(state, &theme, &regions, buffer);
    let typing = filter::draw(state, &theme, regions.filter, buffer);
    // The help leaves nothing to be seen of an overlay.
    let overlay = state.overlay.as_ref().filter(|_| state.help.is_none());
    let cursor = match overlay {
        Some(Overlay::Dates(picker)) => dates::draw(state, picker, &theme, buffer),
        Some(Overlay::Ways(open)) => {
            ways::draw(state, open, &theme, buffer);
            None
        }
        Some(Overlay::CallBack(asked)) => {
            calling::draw(state, asked, &theme, buffer);
            None
        }
        Some(Overlay::Naming(naming)) => people::draw(state, naming, &theme, buffer),
        Some(Overlay::LoggingIn(form)) => accounts::draw_login(state, form, &theme, buffer),
        Some(Overlay::Switching(switching)) => {
            accounts::draw_switching(state, *switching, &theme, buffer);
            None
        }
        Some(Overlay::Save(dialog)) => ways::draw_save(state, dialog, &theme, buffer),
        None => typing,
        Some(Overlay::Note(writing)) => note::draw(state, writing, &theme, buffer),
        Some(Overlay::Tags(tagging)) => tags::draw(state, tagging, &theme, buffer),
        Some(Overlay::Palette(palette)) => palette::draw(state, palette, &theme, buffer),
        Some(Overlay::Copying(copying)) => {
            copying::draw(state, copying, &theme, buffer);
            None
        }
    };
    let cursor = match &state.help {
        Some(help) => help::draw(state, help, &theme, buffer),
        None => cursor,
    };
    if state.look.ascii {
        ascii::fold(buffer);
    }
    cursor
}
