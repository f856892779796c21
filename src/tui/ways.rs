//! Ways to hear a recording where the user is, when that is not where vmail runs; and saving one.

use std::path::{Path, PathBuf};

use crate::player::Unavailable;
use crate::tui::field::Field;
use crate::tui::msg::PageNews;
use crate::tui::rows::RowKey;
use crate::tui::terminal::escape::transfer::Transfer;
use crate::web::ssh::Server;

/// Where vmail runs, seen from where its user sits.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The user came over ssh, and nothing says that sound gets through.
    pub remote: bool,
    /// How the user's own machine reaches this one.
    pub server: Server,
    /// The socket here to which the user can forward their machine's sound.
    pub socket: Option<PathBuf>,
    /// How this terminal takes a file, if it does.
    pub transfer: Option<Transfer>,
    /// The user's home folder.
    pub home: Option<PathBuf>,
}

/// A way to hear a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Played here, as at the desk; the sound is forwarded.
    Here,
    /// On a page in the browser of the user's own machine.
    Browser,
    /// As a file to be copied.
    Save,
    /// As a file that the terminal takes.
    Terminal,
}

impl Way {
    /// Every way, in the order in which they are offered.
    pub const EVERY: [Way; 4] = [Way::Browser, Way::Save, Way::Terminal, Way::Here];

    const NAMES: [(Way, &'static str); 4] =
        [(Way::Here, "here"), (Way::Browser, "browser"), (Way::Save, "save"), (Way::Terminal, "terminal")];

    /// The name under which the choice is remembered.
    pub fn name(self) -> &'static str {
        Way::NAMES.iter().find(|(way, _)| *way == self).map_or("", |(_, name)| name)
    }

    /// The way of that name.
    pub fn from_name(name: &str) -> Option<Way> {
        Way::NAMES.iter().find(|(_, known)| *known == name).map(|(way, _)| *way)
    }
}

/// The overlay that offers the ways.
#[derive(Debug)]
pub struct Ways {
    /// The voicemail.
    pub key: RowKey,
    /// Why it does not simply play; `None` because the user came over ssh.
    pub why: Option<Unavailable>,
    /// Where the user is.
    pub at: Way,
    /// The way that was chosen, and what is to be copied is about.
    pub chosen: Option<Way>,
    /// The line for the page was copied; what is copied next is the page's address.
    pub address_next: bool,
}

impl Ways {
    /// Offers the ways to hear `key`.
    pub fn new(key: RowKey) -> Ways {
        let [at, ..] = Way::EVERY;
        Ways { key, why: None, at, chosen: None, address_next: false }
    }

    /// Whether the user is where they have chosen to be.
    pub fn is_taken(&self) -> bool {
        self.chosen == Some(self.at)
    }

    /// The way after the one where the user is, or before; the same at either end.
    pub fn step(&mut self, forth: bool) {
        let here = Way::EVERY.iter().position(|way| *way == self.at).unwrap_or(0);
        let next = if forth { here + 1 } else { here.saturating_sub(1) };
        self.at = Way::EVERY[next.min(Way::EVERY.len() - 1)];
    }
}

/// What is shared with the user's own machine just now.
#[derive(Debug, Default)]
pub struct Shared {
    /// The page for the browser, and which voicemail it is about.
    pub page: Option<(RowKey, PageNews)>,
    /// The file that was saved last, and of which voicemail.
    pub saved: Option<(RowKey, PathBuf)>,
    /// A file on its way to the terminal.
    pub sending: Option<Sending>,
}

/// A file on its way to the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// The terminal asks its user whether to take it.
    Asked(RowKey),
    /// It is being read or written: how much, in percent.
    Under(RowKey, u8),
    /// All of it was written.
    Sent(RowKey),
}

/// The dialog that asks where to save.
#[derive(Debug)]
pub struct Save {
    /// The voicemail.
    pub key: RowKey,
    /// The path.
    pub input: Field,
    /// What the file is called in a folder that is given alone.
    pub name: String,
    /// Why it could not be saved.
    pub trouble: Option<String>,
    /// A file of that name is there, and the user was asked.
    pub exists: bool,
    /// It is being fetched or written.
    pub busy: bool,
}

impl Save {
    /// Asks, with a path that may well be meant and ends with `name`.
    pub fn new(key: RowKey, path: String, name: String) -> Save {
        Save { key, input: Field::new(path), name, trouble: None, exists: false, busy: false }
    }

    /// The user is in the path; what was said of another one holds no longer.
    pub fn on_edit(&mut self) {
        self.trouble = None;
        self.exists = false;
    }

    /// The path as the system takes it; `None` while there is none. One that ends as folders do goes
    /// on with the name.
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

/// `path` with `~` for the home folder.
pub fn shown(path: &Path, home: Option<&Path>) -> String {
    match home.and_then(|home| path.strip_prefix(home).ok()) {
        Some(rest) => format!("~/{}", rest.display()),
        None => path.display().to_string(),
    }
}
