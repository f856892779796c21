//! The dialog that asks where to save several recordings. Plain data; [`crate::tui::update`] changes it.

use crate::tui::field::{Field, PATH_MAX};
use crate::tui::list::rows::RowKey;

pub(in crate::tui) mod update;
pub(in crate::tui) mod view;

/// The dialog that asks where to save several recordings.
#[derive(Debug)]
pub struct SaveAll {
    /// The voicemails whose recordings are still to be saved, in the order of the list.
    pub keys: Vec<RowKey>,
    /// How many voicemails were marked, with and without a recording.
    pub marked: usize,
    /// How many of them have no recording.
    pub without: usize,
    /// The folder.
    pub input: Field,
    /// Why saving cannot begin.
    pub error: Option<String>,
    /// How many of [`keys`](SaveAll::keys) are done while they are being saved.
    pub progress: Option<usize>,
    /// Whether the user has stopped it.
    pub stopping: bool,
    /// How many were written by now.
    pub saved: usize,
    /// How many were there already.
    pub present: usize,
    /// Those that failed, and why.
    pub failed: Vec<(RowKey, String)>,
}

impl SaveAll {
    /// Returns a dialog for the recordings of `keys`, all that `marked` voicemails have, with a suggested
    /// folder.
    pub fn new(keys: Vec<RowKey>, marked: usize, folder: String) -> SaveAll {
        SaveAll {
            without: marked - keys.len(),
            keys,
            marked,
            input: Field::new(folder).at_most(PATH_MAX),
            error: None,
            progress: None,
            stopping: false,
            saved: 0,
            present: 0,
            failed: Vec::new(),
        }
    }

    /// Returns the field, unless recordings are being saved.
    pub fn open_field(&mut self) -> Option<&mut Field> {
        self.progress.is_none().then_some(&mut self.input)
    }
}
