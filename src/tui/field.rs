//! A text field of one line: keys and pasted text. Data only; `view/field.rs` draws it. Notes have a
//! multi-line field (`overlays/note/editor.rs`), and secrets are only typed ([`crate::secret::Typed`]).

use std::ops::Range;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::{Input, InputRequest};

/// The longest text of a field that sets no other limit, in characters.
pub const LINE_MAX: usize = 1_000;

/// The longest path, in characters: what Linux takes, in bytes.
pub const PATH_MAX: usize = 4_096;

/// A text field of one line.
#[derive(Clone, Debug)]
pub struct Field {
    input: Input,
    /// Whether the text is a suggestion: the first typed character replaces it.
    proposed: bool,
    /// The maximum number of characters.
    max: usize,
    /// Whether the last key or paste was refused, because the text would have been longer.
    refused: bool,
    /// Converts a typed character; `None` to reject it.
    takes: fn(char) -> Option<char>,
}

/// The effect of a key or a paste on a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// The key means nothing in a field.
    Ignored,
    /// The text is unchanged; the cursor may have moved.
    Taken,
    /// The text has changed.
    Changed,
    /// The text is unchanged: it would be too long. The field says so; see [`Field::refused`].
    TooLong,
}

impl Default for Field {
    fn default() -> Field {
        let takes = |c: char| (!c.is_control()).then_some(c);
        Field { input: Input::default(), proposed: false, max: LINE_MAX, refused: false, takes }
    }
}

impl Field {
    /// Returns a text field of one line with `text`, the cursor at its end.
    pub fn new(text: impl Into<String>) -> Field {
        Field { input: Input::new(text.into()), ..Field::default() }
    }

    /// Returns a text field with a suggestion that the first typed character replaces.
    pub fn proposed(text: impl Into<String>) -> Field {
        Field { proposed: true, ..Field::new(text) }
    }

    /// Limits the text field to `max` characters: what does not fit is refused as a whole.
    #[must_use]
    pub fn at_most(self, max: usize) -> Field {
        Field { max, ..self }
    }

    /// Converts or rejects typed characters with `takes`. By default, only control characters are rejected.
    #[must_use]
    pub fn taking(self, takes: fn(char) -> Option<char>) -> Field {
        Field { takes, ..self }
    }

    /// Returns the maximum number of characters if the last key or paste was refused because of it.
    pub fn refused(&self) -> Option<usize> {
        self.refused.then_some(self.max)
    }

    /// Returns the text of the field.
    pub fn value(&self) -> &str {
        self.input.value()
    }

    /// Returns the position of the field's cursor, in bytes.
    pub fn cursor(&self) -> usize {
        let value = self.value();
        value.char_indices().nth(self.input.cursor()).map_or(value.len(), |(at, _)| at)
    }

    /// Returns how many cells are before the field's cursor.
    pub fn cells_before(&self) -> usize {
        self.input.visual_cursor()
    }

    /// Returns how many cells of the field are scrolled out at the left if `room` cells fit.
    pub fn hidden(&self, room: u16) -> usize {
        self.input.visual_scroll(usize::from(room))
    }

    /// Handles a key in the text field, as in a shell.
    pub fn key(&mut self, key: KeyEvent) -> Reaction {
        if let Some(c) = character(key) {
            return self.insert(c.encode_utf8(&mut [0; 4]));
        }
        let Some(request) = request(key) else { return Reaction::Ignored };
        (self.proposed, self.refused) = (false, false);
        match self.input.handle(request) {
            Some(change) if change.value => Reaction::Changed,
            _ => Reaction::Taken,
        }
    }

    /// Inserts pasted text at the field's cursor, all of it or nothing.
    pub fn paste(&mut self, text: &str) -> Reaction {
        self.insert(text)
    }

    /// Replaces `part` of the field's text, in bytes, by `by`, and moves the cursor after it.
    pub fn replace(&mut self, part: Range<usize>, by: &str) -> Reaction {
        let value = self.input.value();
        let (Some(before), Some(after)) = (value.get(..part.start), value.get(part.end..)) else {
            return Reaction::Taken;
        };
        let cursor = before.chars().count() + by.chars().count();
        self.refused = cursor + after.chars().count() > self.max;
        if self.refused {
            return Reaction::TooLong;
        }
        self.input = Input::new([before, by, after].concat()).with_cursor(cursor);
        Reaction::Changed
    }

    /// Inserts what the field takes of `text` at the cursor: in one step, because each step takes time for
    /// the whole text.
    fn insert(&mut self, text: &str) -> Reaction {
        self.refused = false;
        let text: String = text.chars().filter_map(self.takes).collect();
        if text.is_empty() {
            return Reaction::Taken;
        }
        let place = if self.proposed { 0..self.value().len() } else { self.cursor()..self.cursor() };
        let reaction = self.replace(place, &text);
        self.proposed &= reaction != Reaction::Changed;
        reaction
    }
}

/// Returns the character that a key types in a field.
pub fn character(key: KeyEvent) -> Option<char> {
    let plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    match key.code {
        KeyCode::Char(c) if plain => Some(c),
        _ => None,
    }
}

/// Returns the editing step for a key.
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
        assert_eq!(field.paste("345"), Reaction::TooLong);
        assert_eq!(field.value(), "12");
        assert_eq!(field.paste("3"), Reaction::Changed);
        assert_eq!(field.key(key(KeyCode::Char('4'))), Reaction::TooLong);
        assert_eq!(field.value(), "123");
        assert_eq!(field.key(key(KeyCode::Enter)), Reaction::Ignored);
        assert_eq!(field.key(KeyEvent::new(KeyCode::Char('4'), KeyModifiers::CONTROL)), Reaction::Ignored);
    }

    #[test]
    fn what_does_not_fit_changes_nothing() {
        let mut field = Field::proposed("today").at_most(6);
        assert_eq!(field.paste("last week"), Reaction::TooLong);
        assert_eq!((field.value(), field.refused()), ("today", Some(6)));
        // The suggestion makes room.
        assert_eq!(field.paste("last 7"), Reaction::Changed);
        assert_eq!((field.value(), field.refused()), ("last 7", None));
        assert_eq!(field.replace(5..6, "30"), Reaction::TooLong);
        assert_eq!(field.key(key(KeyCode::Home)), Reaction::Taken);
        assert_eq!(field.key(key(KeyCode::Delete)), Reaction::Changed);
        assert_eq!(field.paste("é"), Reaction::Changed);
        assert_eq!((field.value(), field.cursor()), ("éast 7", 2));
    }

    #[test]
    fn a_part_is_replaced_and_the_cursor_stands_behind_it() {
        let mut field = Field::new("é tag:b x");
        field.replace(3..8, "tag:bücher");
        assert_eq!(field.value(), "é tag:bücher x");
        assert_eq!(field.value().get(..field.cursor()), Some("é tag:bücher"));
    }
}
