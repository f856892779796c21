//! Listening elsewhere, when the user is not at the machine that runs vmail; and saving recordings.

use std::path::{Path, PathBuf};

use crate::player::Unavailable;
use crate::tui::field::Field;
use crate::tui::msg::PageNews;
use crate::tui::rows::RowKey;
use crate::tui::terminal::escape::transfer::Transfer;
use crate::web::ssh::Server;

/// Where vmail runs, from the user's point of view.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Whether vmail runs over ssh, and no sound seems to be forwarded.
    pub remote: bool,
    /// How the user's machine reaches this one.
    pub server: Server,
    /// The socket on this machine for forwarding the sound of the user's machine.
    pub socket: Option<PathBuf>,
    /// How the terminal receives files, if it can.
    pub transfer: Option<Transfer>,
    /// The user's home folder.
    pub home: Option<PathBuf>,
}

/// A way to listen to a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Played on this machine; over ssh, with forwarded sound.
    Here,
    /// On a page in the browser of the user's machine.
    Browser,
    /// As a file on this machine, to be copied.
    Save,
    /// As a file that is sent to the terminal.
    Terminal,
}

impl Way {
    /// Every way, in the order of the overlay.
    pub const EVERY: [Way; 4] = [Way::Browser, Way::Save, Way::Terminal, Way::Here];

    const NAMES: [(Way, &'static str); 4] =
        [(Way::Here, "here"), (Way::Browser, "browser"), (Way::Save, "save"), (Way::Terminal, "terminal")];

    /// Returns the name under which the choice is stored.
    pub fn name(self) -> &'static str {
        Way::NAMES.iter().find(|(way, _)| *way == self).map_or("", |(_, name)| name)
    }

    /// Returns the way with that name.
    pub fn from_name(name: &str) -> Option<Way> {
        Way::NAMES.iter().find(|(_, known)| *known == name).map(|(way, _)| *way)
    }
}

/// The overlay for listening elsewhere.
#[derive(Debug)]
pub struct Ways {
    /// The voicemail.
    pub key: RowKey,
    /// Why playback failed; `None` if it was not tried.
    pub why: Option<Unavailable>,
    /// The way under the cursor.
    pub at: Way,
    /// The chosen way, which has the line to copy.
    pub chosen: Option<Way>,
    /// Whether the command for the page was copied, so that its address is next.
    pub address_next: bool,
}

impl Ways {
    /// Returns the overlay for `key`.
    pub fn new(key: RowKey) -> Ways {
        let [at, ..] = Way::EVERY;
        Ways { key, why: None, at, chosen: None, address_next: false }
    }

    /// Returns whether the way under the cursor is the chosen one.
    pub fn is_taken(&self) -> bool {
        self.chosen == Some(self.at)
    }

    /// Moves the cursor to the next way, or the previous one; stops at the ends.
    pub fn step(&mut self, forth: bool) {
        let here = Way::EVERY.iter().position(|way| *way == self.at).unwrap_or(0);
        let next = if forth { here + 1 } else { here.saturating_sub(1) };
        self.at = Way::EVERY[next.min(Way::EVERY.len() - 1)];
    }
}

/// What is shared with the user's machine.
#[derive(Debug, Default)]
pub struct Shared {
    /// The page for the browser, with its voicemail.
    pub page: Option<(RowKey, PageNews)>,
    /// The last saved file, with its voicemail.
    pub saved: Option<(RowKey, PathBuf)>,
    /// The transfer to the terminal.
    pub sending: Option<Sending>,
}

/// A transfer of a file to the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// The terminal asks its user for permission.
    Asked(RowKey),
    /// It is in progress: how much was sent, in percent.
    Under(RowKey, u8),
    /// It is complete.
    Sent(RowKey),
}

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
    pub trouble: Option<String>,
    /// Whether the file exists and the user was asked.
    pub exists: bool,
    /// Whether it is being fetched or written.
    pub busy: bool,
}

impl Save {
    /// Returns a dialog with a suggested path that ends with `name`.
    pub fn new(key: RowKey, path: String, name: String) -> Save {
        Save { key, input: Field::new(path), name, trouble: None, exists: false, busy: false }
    }

    /// Handles an edit: clears the error.
    pub fn on_edit(&mut self) {
        self.trouble = None;
        self.exists = false;
    }

    /// Returns the path, with `~` expanded; `None` if the field is empty. If it ends with a separator,
    /// appends the file name.
    pub fn path(&self, home: Option<&Path>) -> Option<PathBuf> {
        let text = self.input.value().trim();
        let path = match (text.strip_prefix("~/"), home) {
            (Some(rest), Some(home)) => home.join(rest),
            (None, Some(home)) if text == "~" => home.join(""),
            _ if text.is_empty() => return None,
            _ => PathBuf::from(text),
        };
        let is_folder = text == "~" || text.ends_with(std::path::is_separator);
        Some(if is_folder { path.join(&self.name) } else { path })
    }
}

/// Formats `path`, with `~` for the home folder.
pub fn shown(path: &Path, home: Option<&Path>) -> String {
    match home.and_then(|home| path.strip_prefix(home).ok()) {
        Some(rest) => format!("~/{}", rest.display()),
        None => path.display().to_string(),
    }
}
