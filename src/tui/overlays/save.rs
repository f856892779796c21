//! The dialog that asks where to save a recording. Plain data; [`crate::tui::update`] changes it.

use std::path::{Path, PathBuf};

use crate::tui::field::{Field, PATH_MAX};
use crate::tui::list::rows::RowKey;

pub(in crate::tui) mod update;
pub(in crate::tui) mod view;

/// The dialog that asks where to save.
#[derive(Debug)]
pub struct Save {
    /// The voicemail.
    pub key: RowKey,
    /// The path.
    pub input: Field,
    /// The file name, for a path that is only a folder.
    pub name: String,
    /// Why it could not be saved.
    pub error: Option<String>,
    /// Whether the file exists and the user was asked.
    pub exists: bool,
    /// Whether it is being fetched or written.
    pub busy: bool,
    /// Whether the user chose to listen this way, which is then remembered.
    pub to_listen: bool,
}

impl Save {
    /// Returns a dialog for saving with a suggested path that ends with `name`.
    pub fn new(key: RowKey, path: String, name: String) -> Save {
        let input = Field::new(path).at_most(PATH_MAX);
        Save { key, input, name, error: None, exists: false, busy: false, to_listen: false }
    }

    /// Handles an edit in the dialog for saving: clears the error.
    pub fn on_edit(&mut self) {
        self.error = None;
        self.exists = false;
    }

    /// Returns the path to save to, with `~` expanded; `None` if the field is empty. If it ends with a
    /// separator, appends the file name.
    pub fn path(&self, home: Option<&Path>) -> Option<PathBuf> {
        let text = self.input.value().trim();
        let path = typed_path(text, home)?;
        let is_folder = text == "~" || text.ends_with(std::path::is_separator);
        Some(if is_folder { path.join(&self.name) } else { path })
    }
}

/// Returns the path that was typed, with `~` expanded; `None` if it is empty.
pub(in crate::tui) fn typed_path(text: &str, home: Option<&Path>) -> Option<PathBuf> {
    let text = text.trim();
    match (text.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => Some(home.join(rest)),
        (None, Some(home)) if text == "~" => Some(home.join("")),
        _ => (!text.is_empty()).then(|| PathBuf::from(text)),
    }
}
