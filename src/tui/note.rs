//! The note of one voicemail while it is written. Plain data; [`super::update`] changes it.

use chrono::Datelike as _;
use ratatui::layout::{Rect, Size};

use crate::model::from_millis;
use crate::store::Row;
use crate::tui::layout::centred;
use crate::tui::rows::RowKey;
use crate::tui::state::State;

mod field;

pub use field::{Field, Step};

/// How large the overlay is, where there is room.
const WIDTH: u16 = 76;
const HEIGHT: u16 = 18;

/// How wide the margin beside the text is, on each side.
const MARGIN: u16 = 1;

/// The overlay in which a note is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writing {
    /// The voicemail.
    pub key: RowKey,
    /// Who called and when, as it is to be read.
    pub about: String,
    /// What is written.
    pub field: Field,
    /// How far the note that was there before is known.
    pub before: Before,
    /// Whether the user was asked what becomes of the changes.
    pub asked: bool,
    /// Why something could not be done.
    pub trouble: Option<String>,
}

/// The note as the store has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Before {
    /// It is not there yet. What is typed meanwhile comes after it.
    Coming {
        /// The store was asked; until then an earlier change to it has to be written first.
        asked: bool,
        /// The user wants all of it saved as soon as it is there.
        save: bool,
    },
    /// It could not be read: saving would overwrite what nobody has seen.
    Unread,
    /// It is this; empty when there is none.
    Known(String),
}

impl Writing {
    /// A field that waits for the note of `key`.
    pub fn new(key: RowKey, about: String) -> Writing {
        let before = Before::Coming { asked: false, save: false };
        Writing { key, about, field: Field::default(), before, asked: false, trouble: None }
    }

    /// Whether something would be lost without being saved.
    pub fn changed(&self) -> bool {
        match &self.before {
            Before::Known(text) => self.field.text().trim_end() != text,
            _ => !self.field.text().trim().is_empty(),
        }
    }
}

/// Where the overlay stands on a screen of that size.
pub fn place(screen: Size) -> Rect {
    above_the_keys(screen, WIDTH, HEIGHT)
}

/// A box of `width` by `height` in the middle of the screen, smaller where it does not fit; what is
/// said and the keys of the moment stay in sight where there is room for more than that.
pub fn above_the_keys(screen: Size, width: u16, height: u16) -> Rect {
    let kept = if screen.height >= 8 { 2 } else { 0 };
    centred(Rect::new(0, 0, screen.width, screen.height - kept), width, height)
}

/// Where the text stands: within the frame, over the line that says how things are, and with a
/// column kept for the cursor.
pub fn window(screen: Size) -> Rect {
    let place = place(screen);
    Rect {
        x: place.x + 1 + MARGIN,
        y: place.y + 1,
        width: place.width.saturating_sub(2 + 2 * MARGIN),
        height: place.height.saturating_sub(3),
    }
}

/// The cells for the text in [`window`].
pub fn cells(screen: Size) -> Size {
    let window = window(screen);
    Size { width: window.width.saturating_sub(1).max(1), height: window.height.max(1) }
}

/// Which voicemail `row` is: who called and when.
pub fn about(state: &State, row: &Row) -> String {
    let caller = match state.inbox.rows.caller(row) {
        "" => "Withheld",
        caller => caller,
    };
    let (time, today) = (from_millis(row.time).with_timezone(&state.zone), state.today());
    let form = if time.year() == today.year() { "%-d %b %H:%M" } else { "%-d %b %Y %H:%M" };
    format!("{caller} · {}", time.format(form))
}
