//! The note of a voicemail while it is edited. Plain data; [`crate::tui::update`] changes it.

use chrono::Datelike as _;
use ratatui::layout::{Rect, Size};

use crate::core::humanize;
use crate::core::model::from_millis;
use crate::store::Row;
use crate::tui::layout::middle;
use crate::tui::list::rows::RowKey;
use crate::tui::state::State;

pub mod editor;
pub(in crate::tui) mod update;
pub(in crate::tui) mod view;

pub use crate::tui::overlays::note::editor::{Editor, Motion};

/// The maximum size of the overlay.
const WIDTH: u16 = 76;
const HEIGHT: u16 = 18;

/// The margin on each side of the text.
const MARGIN: u16 = 1;

/// The overlay for editing a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteEditor {
    /// The voicemail, or the first of several.
    pub key: RowKey,
    /// Several voicemails; the text is added to the note of each. Empty for one.
    pub several: Vec<RowKey>,
    /// The caller and the time, or how many voicemails, for the title.
    pub about: String,
    /// The text.
    pub field: Editor,
    /// The stored note.
    pub before: Before,
    /// Whether the question about unsaved changes is open.
    pub confirming: bool,
    /// An error.
    pub error: Option<String>,
}

/// The stored note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Before {
    /// Not loaded yet. Text that is typed meanwhile goes after it.
    Coming {
        /// Whether it is being loaded; otherwise a pending change to it must be written first.
        asked: bool,
        /// Whether to save as soon as it is loaded.
        save: bool,
    },
    /// It could not be loaded. Saving would overwrite it unseen.
    Unread,
    /// Its text; empty if there is none.
    Known(String),
}

impl NoteEditor {
    /// Returns an editor that waits for the note of `key`.
    pub fn new(key: RowKey, about: String) -> NoteEditor {
        let before = Before::Coming { asked: false, save: false };
        let several = Vec::new();
        NoteEditor { key, several, about, field: Editor::default(), before, confirming: false, error: None }
    }

    /// Returns an editor for a text to add to the notes of `keys`; `None` if there are none.
    pub fn for_several(keys: &[RowKey]) -> Option<NoteEditor> {
        let about = format!("add to {}", humanize::voicemails(keys.len() as u64));
        let before = Before::Known(String::new());
        Some(NoteEditor { before, several: keys.to_vec(), ..NoteEditor::new(*keys.first()?, about) })
    }

    /// Returns whether there are unsaved changes of the note.
    pub fn changed(&self) -> bool {
        match &self.before {
            Before::Known(text) => self.field.text().trim_end() != text,
            _ => !self.field.text().trim().is_empty(),
        }
    }
}

/// Returns the area of the note's overlay on a screen of that size.
pub fn place(screen: Size) -> Rect {
    middle(screen, WIDTH, HEIGHT)
}

/// Returns the area of the note's text: inside the frame, above the message line, with a column reserved for
/// the cursor.
pub fn window(screen: Size) -> Rect {
    let place = place(screen);
    Rect {
        x: place.x + 1 + MARGIN,
        y: place.y + 1,
        width: place.width.saturating_sub(2 + 2 * MARGIN),
        height: place.height.saturating_sub(3),
    }
}

/// Returns the cells for the note's text in [`window`], without the column for the cursor.
pub fn cells(screen: Size) -> Size {
    let window = window(screen);
    Size { width: window.width.saturating_sub(1).max(1), height: window.height.max(1) }
}

/// Returns the caller and the time of `row`, for titles of overlays.
pub fn about(state: &State, row: &Row) -> String {
    let caller = match state.inbox.rows.caller(row) {
        "" => "Withheld",
        caller => caller,
    };
    let (time, today) = (from_millis(row.time).with_timezone(&state.setup.zone), state.today());
    let form = if time.year() == today.year() { "%-d %b %H:%M" } else { "%-d %b %Y %H:%M" };
    format!("{caller} · {}", time.format(form))
}
