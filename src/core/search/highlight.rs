//! Finds the matches of a query in a shown text, to highlight them.

use std::ops::Range;

use crate::core::search::needle::Scratch;
use crate::core::search::plan::Plan;
use crate::core::search::plan::same_tag;

/// The kind of a shown text: `name:anita` highlights nothing in a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchedText {
    /// The caller's number, or the caller as received.
    Caller,
    /// The caller's name.
    Name,
    /// The note, or its first words.
    Note,
    /// One tag.
    Tag,
}

/// Finds the matches of a query in the texts on screen. Excluded terms highlight nothing.
#[derive(Debug)]
pub struct Highlighter<'m> {
    plan: &'m Plan,
    scratch: Scratch,
}

impl<'m> Highlighter<'m> {
    pub(super) fn new(plan: &'m Plan) -> Highlighter<'m> {
        Highlighter { plan, scratch: Scratch::new() }
    }

    /// Writes the query's matching byte ranges of `text` to `out`: whole graphemes, in order, not touching.
    pub fn highlight(&mut self, field: SearchedText, text: &str, out: &mut Vec<Range<usize>>) {
        out.clear();
        for test in self.plan.texts.iter().filter(|test| test.wanted) {
            let needle = match field {
                // A caller that is not a number counts as a name.
                SearchedText::Caller if !text.chars().any(char::is_alphabetic) => test.elsewhere(),
                SearchedText::Caller | SearchedText::Name => test.in_name(),
                SearchedText::Note | SearchedText::Tag => test.elsewhere(),
            };
            if field == SearchedText::Caller
                && let Some(digits) = test.in_number()
            {
                digits.places(text, out);
            }
            if let Some(needle) = needle {
                needle.places(text, &mut self.scratch, out);
            }
        }
        if field == SearchedText::Tag && self.plan.tags.iter().any(|tag| same_tag(text, tag)) {
            out.push(0..text.len());
        }
        merge(out);
    }
}

/// Sorts ranges and joins those that touch.
fn merge(places: &mut Vec<Range<usize>>) {
    places.sort_unstable_by_key(|place| place.start);
    places.dedup_by(|next, last| {
        let touches = next.start <= last.end;
        if touches {
            last.end = last.end.max(next.end);
        }
        touches
    });
}
