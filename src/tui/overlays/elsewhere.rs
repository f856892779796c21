//! Listening elsewhere, when the user is not at the machine that runs vmail.

use std::path::PathBuf;

use crate::player::Unavailable;
use crate::tui::list::rows::RowKey;
use crate::web::Closed;

pub(in crate::tui) mod update;
pub(in crate::tui) mod view;

/// The state of the browser page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageNews {
    /// The recording is being fetched, or the server is starting.
    Opening,
    /// The page is being served.
    Ready {
        /// The page's address, including its secret token.
        url: String,
        /// The port on this machine.
        port: u16,
        /// Whether a browser opened the page.
        opened: bool,
    },
    /// The page was closed.
    Closed(Closed),
    /// The page could not be served: why.
    Failed(String),
}

impl PageNews {
    /// Returns whether the browser page is being served or is about to be.
    pub fn is_open(&self) -> bool {
        matches!(self, PageNews::Opening | PageNews::Ready { .. })
    }
}

/// A way to listen to a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Played on this machine; over ssh, with forwarded sound.
    Here,
    /// On a page in the browser of the user's machine.
    Browser,
    /// As a file on this machine, to be copied.
    Save,
    /// As a file that is sent to the terminal.
    Terminal,
}

impl Delivery {
    /// Every way, in the order of the overlay.
    pub const EVERY: [Delivery; 4] = [Delivery::Browser, Delivery::Save, Delivery::Terminal, Delivery::Here];

    const NAMES: [(Delivery, &'static str); 4] = [
        (Delivery::Here, "here"),
        (Delivery::Browser, "browser"),
        (Delivery::Save, "save"),
        (Delivery::Terminal, "terminal"),
    ];

    /// Returns the name under which the way to listen is stored.
    pub fn name(self) -> &'static str {
        Delivery::NAMES.iter().find(|(way, _)| *way == self).map_or("", |(_, name)| name)
    }

    /// Returns the way to listen with that stored name.
    pub fn from_name(name: &str) -> Option<Delivery> {
        Delivery::NAMES.iter().find(|(_, known)| *known == name).map(|(way, _)| *way)
    }
}

/// The overlay for listening elsewhere.
#[derive(Debug)]
pub struct Elsewhere {
    /// The voicemail.
    pub key: RowKey,
    /// Why playback failed; `None` if it was not tried.
    pub why: Option<Unavailable>,
    /// The way under the cursor.
    pub at: Delivery,
    /// The chosen way, which has the line to copy.
    pub chosen: Option<Delivery>,
    /// Whether the command for the page was copied, so that its address is next.
    pub address_next: bool,
    /// Whether the command or the address of the page was copied: then somebody is about to open it.
    pub copied: bool,
}

impl Elsewhere {
    /// Returns the overlay for listening elsewhere to `key`.
    pub fn new(key: RowKey) -> Elsewhere {
        let [at, ..] = Delivery::EVERY;
        Elsewhere { key, why: None, at, chosen: None, address_next: false, copied: false }
    }

    /// Returns whether the way to listen under the cursor is the chosen one.
    pub fn is_taken(&self) -> bool {
        self.chosen == Some(self.at)
    }

    /// Moves the cursor to the next way to listen, or the previous one; stops at the ends.
    pub fn step(&mut self, forward: bool) {
        let here = Delivery::EVERY.iter().position(|way| *way == self.at).unwrap_or(0);
        let next = if forward { here + 1 } else { here.saturating_sub(1) };
        self.at = Delivery::EVERY[next.min(Delivery::EVERY.len() - 1)];
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
    InProgress(RowKey, u8),
    /// It is complete.
    Sent(RowKey),
}
