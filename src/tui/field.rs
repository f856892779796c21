//! A text field of one line: what keys and pasted text do to it. Data alone; `view/field.rs` draws it.
//! A note has several lines and a field of its own (`note/field.rs`), and a secret is only typed
//! ([`crate::secret::Typed`]).

use std::ops::Range;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::{Input, InputRequest};

/// The field.
#[derive(Clone, Debug)]
pub struct Field {
    input: Input,
    /// The text was not typed: the first character takes its place.
    proposed: bool,
    /// How many characters it has at the most.
    max: usize,
    /// What a character becomes in it; `None` where it has no place.
    takes: fn(char) -> Option<char>,
}

/// What a key or a paste did to a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// It was none for a field.
    Ignored,
    /// The text is the same; the cursor may stand elsewhere.
    Taken,
    /// The text is another one.
    Changed,
}

impl Default for Field {
    fn default() -> Field {
        let takes = |c: char| (!c.is_control()).then_some(c);
        Field { input: Input::default(), proposed: false, max: usize::MAX, takes }
    }
}

impl Field {
    /// A field with `text`, the cursor at its end.
    pub fn new(text: impl Into<String>) -> Field {
        Field { input: Input::new(text.into()), ..Field::default() }
    }

    /// A field whose text the first character that is typed takes the place of.
    pub fn proposed(text: impl Into<String>) -> Field {
        Field { proposed: true, ..Field::new(text) }
    }

    /// The same with at most `max` characters; what would be more is left out.
    #[must_use]
    pub fn at_most(self, max: usize) -> Field {
        Field { max, ..self }
    }

    /// The same in which each character becomes what `takes` says, or is left out. Otherwise that
    /// happens to control characters alone.
    #[must_use]
    pub fn taking(self, takes: fn(char) -> Option<char>) -> Field {
        Field { takes, ..self }
    }

    /// What is in it.
    pub fn value(&self) -> &str {
        self.input.value()
    }

    /// Where the cursor stands, in bytes.
    pub fn cursor(&self) -> usize {
        let value = self.value();
        value.char_indices().nth(self.input.cursor()).map_or(value.len(), |(at, _)| at)
    }

    /// How many cells stand before the cursor.
    pub fn cells_before(&self) -> usize {
        self.input.visual_cursor()
    }

    /// How many cells do not show at the left where there is room for `room` of them.
    pub fn hidden(&self, room: u16) -> usize {
        self.input.visual_scroll(usize::from(room))
    }

    /// Takes a key in, which means what it does in a shell.
    pub fn key(&mut self, key: KeyEvent) -> Reaction {
        if let Some(c) = character(key) {
            return self.insert(c);
        }
        let Some(request) = request(key) else { return Reaction::Ignored };
        self.proposed = false;
        match self.input.handle(request) {
            Some(change) if change.value => Reaction::Changed,
            _ => Reaction::Taken,
        }
    }

    /// Puts text in at the cursor.
    pub fn paste(&mut self, text: &str) -> Reaction {
        let changed = text.chars().filter(|c| self.insert(*c) == Reaction::Changed).count() > 0;
        if changed { Reaction::Changed } else { Reaction::Taken }
    }

    /// Puts `by` in the place of a part of the text, given in bytes, and the cursor behind it.
    pub fn replace(&mut self, part: Range<usize>, by: &str) {
        let value = self.input.value();
        let (Some(before), Some(after)) = (value.get(..part.start), value.get(part.end..)) else { return };
        let text = format!("{before}{by}{after}");
        let cursor = before.chars().count() + by.chars().count();
        self.input = Input::new(text).with_cursor(cursor);
    }

    fn insert(&mut self, c: char) -> Reaction {
        let Some(c) = (self.takes)(c) else { return Reaction::Taken };
        if std::mem::take(&mut self.proposed) {
            self.input.reset();
        }
        if self.value().chars().count() >= self.max {
            return Reaction::Taken;
        }
        let _ = self.input.handle(InputRequest::InsertChar(c));
        Reaction::Changed
    }
}

/// The character that a key types.
pub fn character(key: KeyEvent) -> Option<char> {
    let plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    match key.code {
        KeyCode::Char(c) if plain => Some(c),
        _ => None,
    }
}

/// The editing step that a key means.
fn request(key: KeyEvent) -> Option<InputRequest> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    Some(match key.code {
        KeyCode::Backspace => InputRequest::DeletePrevChar,
        KeyCode::Delete => InputRequest::DeleteNextChar,
        KeyCode::Left if control => InputRequest::GoToPrevWord,
        KeyCode::Right if control => InputRequest::GoToNextWord,
        KeyCode::Left => InputRequest::GoToPrevChar,
        KeyCode::Right => InputRequest::GoToNextChar,
        KeyCode::Home => InputRequest::GoToStart,
        KeyCode::End => InputRequest::GoToEnd,
        KeyCode::Char('a') if control => InputRequest::GoToStart,
        KeyCode::Char('e') if control => InputRequest::GoToEnd,
        KeyCode::Char('w') if control => InputRequest::DeletePrevWord,
        KeyCode::Char('u') if control => InputRequest::DeleteLine,
        KeyCode::Char('k') if control => InputRequest::DeleteTillEnd,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode) -> KeyEvent {
        KeyEvent::from(code)
    }

    #[test]
    fn a_proposed_text_gives_way_to_what_is_typed_and_stays_where_it_is_edited() {
        let mut field = Field::proposed("last 7 days");
        assert_eq!(field.paste("\n"), Reaction::Taken);
        assert_eq!(field.value(), "last 7 days");
        assert_eq!(field.key(key(KeyCode::Char('m'))), Reaction::Changed);
        assert_eq!(field.key(key(KeyCode::Char('y'))), Reaction::Changed);
        assert_eq!(field.value(), "my");
        let mut field = Field::proposed("today");
        assert_eq!(field.key(key(KeyCode::Left)), Reaction::Taken);
        assert_eq!(field.key(key(KeyCode::Char('s'))), Reaction::Changed);
        assert_eq!(field.value(), "todasy");
    }

    #[test]
    fn what_has_no_place_is_left_out() {
        let mut field = Field::new("1").at_most(3).taking(|c| c.is_ascii_digit().then_some(c));
        assert_eq!(field.paste(" a2b\n"), Reaction::Changed);
        assert_eq!(field.paste("xyz"), Reaction::Taken);
        assert_eq!(field.paste("345"), Reaction::Changed);
        assert_eq!(field.value(), "123");
        assert_eq!(field.key(key(KeyCode::Enter)), Reaction::Ignored);
        assert_eq!(field.key(KeyEvent::new(KeyCode::Char('4'), KeyModifiers::CONTROL)), Reaction::Ignored);
    }

    #[test]
    fn a_part_is_replaced_and_the_cursor_stands_behind_it() {
        let mut field = Field::new("é tag:b x");
        field.replace(3..8, "tag:bücher");
        assert_eq!(field.value(), "é tag:bücher x");
        assert_eq!(field.value().get(..field.cursor()), Some("é tag:bücher"));
    }
}
