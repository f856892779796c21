//! Names of callers: the one that is being given.

use tui_input::{Input, InputRequest};

use crate::triage::{CallerKey, Given};

/// The overlay in which a caller is given a name.
#[derive(Clone, Debug)]
pub struct Naming {
    /// What the caller is named by.
    pub key: CallerKey,
    /// The number as people write it.
    pub number: String,
    /// The name that is shown until now, given in the program or from the contact files; empty where
    /// there is none.
    pub shown: String,
    /// The name.
    pub input: Input,
}

impl Naming {
    /// Edits the name.
    pub fn edit(&mut self, request: InputRequest) {
        let full = self.input.value().chars().count() >= Given::MAX;
        if !(full && matches!(request, InputRequest::InsertChar(_))) {
            let _ = self.input.handle(request);
        }
    }

    /// Puts text into the name; it is one line.
    pub fn type_text(&mut self, text: &str) {
        for c in text.chars().filter(|c| !c.is_control()) {
            self.edit(InputRequest::InsertChar(c));
        }
    }
}
