//! The search line: what is typed, what is wrong with it, and what was searched for before.

use crate::search::Mistake;
use crate::tui::field::Field;

/// How many searches are remembered.
const HISTORY_MAX: usize = 100;

/// The search line.
#[derive(Debug, Default)]
pub struct Filter {
    /// It is being typed into.
    pub open: bool,
    /// What is typed, or was when the line was left.
    pub input: Field,
    /// What is wrong with it; the list shows what was found last.
    pub mistake: Option<Mistake>,
    /// Earlier searches, the latest last.
    pub history: Vec<String>,
    /// Which of them is shown, counted from the latest.
    recalled: Option<usize>,
    /// A word with several ways to complete it, of which one is shown.
    pub completing: Option<Completing>,
}

/// One of several ways to complete a word is shown: asked again, the next one is.
#[derive(Debug)]
pub struct Completing {
    /// What was typed.
    pub typed: Field,
    /// How many ways were shown before this one.
    pub turn: usize,
    /// The whole text with this one. Once the text is another, this is over.
    pub shown: String,
}

impl Filter {
    /// Opens the line with what is in it.
    pub fn open(&mut self) {
        self.open = true;
        self.recalled = None;
    }

    /// Puts `input` in the place of what was searched for, which is given back.
    pub fn leave(&mut self, input: Field) -> Field {
        self.open = false;
        self.mistake = None;
        std::mem::replace(&mut self.input, input)
    }

    /// The user is in the text: it is no longer the search that was recalled.
    pub fn on_edit(&mut self) {
        self.recalled = None;
    }

    /// Notes that this was searched for.
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

    /// Shows an earlier search, or a later one.
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
