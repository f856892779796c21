//! The search line: what is typed, what is wrong with it, and what was searched for before.

use tui_input::{Input, InputRequest};

use crate::search::Mistake;

/// How many searches are remembered.
const HISTORY_MAX: usize = 100;

/// The search line.
#[derive(Debug, Default)]
pub struct Filter {
    /// It is being typed into.
    pub open: bool,
    /// What is typed, or was when the line was left.
    pub input: Input,
    /// What is wrong with it; the list shows what was found last.
    pub mistake: Option<Mistake>,
    /// Earlier searches, the latest last.
    pub history: Vec<String>,
    /// Which of them is shown, counted from the latest.
    recalled: Option<usize>,
}

impl Filter {
    /// Opens the line with what is in it.
    pub fn open(&mut self) {
        self.open = true;
        self.recalled = None;
    }

    /// Edits the text.
    pub fn edit(&mut self, request: InputRequest) {
        self.recalled = None;
        let _ = self.input.handle(request);
    }

    /// Puts text in; it is one line.
    pub fn type_text(&mut self, text: &str) {
        for c in text.chars().filter(|c| !c.is_control()) {
            self.edit(InputRequest::InsertChar(c));
        }
    }

    /// Replaces a part of the text, given in bytes, and puts the cursor behind it.
    pub fn replace(&mut self, part: std::ops::Range<usize>, by: &str) {
        let value = self.input.value();
        let (Some(before), Some(after)) = (value.get(..part.start), value.get(part.end..)) else { return };
        let text = format!("{before}{by}{after}");
        let cursor = before.chars().count() + by.chars().count();
        self.input = Input::new(text).with_cursor(cursor);
    }

    /// The cursor's place in bytes.
    pub fn cursor(&self) -> usize {
        let value = self.input.value();
        value.char_indices().nth(self.input.cursor()).map_or(value.len(), |(at, _)| at)
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
        self.input = Input::new(text.cloned().unwrap_or_default());
        self.recalled = next;
    }
}
