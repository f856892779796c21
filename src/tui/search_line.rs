//! The search line: the query, errors in it, and the search history.

use crate::core::search::Mistake;
use crate::tui::field::Field;

pub(in crate::tui) mod update;
pub(in crate::tui) mod view;

/// The maximum length of the history.
const HISTORY_MAX: usize = 100;

/// The search line.
#[derive(Debug, Default)]
pub struct Filter {
    /// Whether keys go to it.
    pub open: bool,
    /// The query, also after the line was closed.
    pub input: Field,
    /// The error in the query. Meanwhile the list shows the last matches.
    pub mistake: Option<Mistake>,
    /// Earlier searches, latest last.
    pub history: Vec<String>,
    /// Which of them is shown, counted from the latest.
    recalled: Option<usize>,
    /// A completion with several candidates, one of which is shown.
    pub completing: Option<Completing>,
}

/// A completion with several candidates. Completing again shows the next one.
#[derive(Debug)]
pub struct Completing {
    /// The text as typed.
    pub typed: Field,
    /// How many candidates were shown before this one.
    pub turn: usize,
    /// The text with this candidate. If the text differs, the completion is over.
    pub shown: String,
}

impl Filter {
    /// Opens the search line with its current text.
    pub fn open(&mut self) {
        self.open = true;
        self.recalled = None;
    }

    /// Closes the search line and replaces its text by `input`. Returns the old text.
    pub fn leave(&mut self, input: Field) -> Field {
        self.open = false;
        self.mistake = None;
        std::mem::replace(&mut self.input, input)
    }

    /// Handles an edit of the search line: the text is no longer a recalled search.
    pub fn on_edit(&mut self) {
        self.recalled = None;
    }

    /// Adds the text to the search history.
    pub fn remember(&mut self) {
        let text = self.input.value().trim().to_owned();
        if !text.is_empty() {
            self.history.retain(|earlier| *earlier != text);
            self.history.push(text);
            if self.history.len() > HISTORY_MAX {
                self.history.remove(0);
            }
        }
    }

    /// Recalls an earlier search, or a later one.
    pub fn recall(&mut self, earlier: bool) {
        let next = match (self.recalled, earlier) {
            (None, true) => Some(0),
            (Some(shown), true) => Some((shown + 1).min(self.history.len().saturating_sub(1))),
            (Some(0) | None, false) => None,
            (Some(shown), false) => Some(shown - 1),
        };
        let text = next.and_then(|back| self.history.get(self.history.len().checked_sub(back + 1)?));
        self.input = Field::new(text.cloned().unwrap_or_default());
        self.recalled = next;
    }
}
