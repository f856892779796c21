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
    /// The note, or a part of it that begins with a word.
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
        for term in 0..self.terms() {
            self.add_places(term, field, text, out);
        }
        merge(out);
    }

    /// Returns the number of terms that can match a text.
    pub fn terms(&self) -> usize {
        self.plan.texts.len() + self.plan.tags.len()
    }

    /// Does the same as [`Highlighter::highlight`] for one of the [`terms`](Highlighter::terms).
    pub fn highlight_term(
        &mut self,
        term: usize,
        field: SearchedText,
        text: &str,
        out: &mut Vec<Range<usize>>,
    ) {
        out.clear();
        self.add_places(term, field, text, out);
        merge(out);
    }

    fn add_places(&mut self, term: usize, field: SearchedText, text: &str, out: &mut Vec<Range<usize>>) {
        let Some(searched) = self.plan.texts.get(term) else {
            let tag = term.checked_sub(self.plan.texts.len()).and_then(|tag| self.plan.tags.get(tag));
            if field == SearchedText::Tag && tag.is_some_and(|tag| same_tag(text, tag)) {
                out.push(0..text.len());
            }
            return;
        };
        if !searched.wanted {
            return;
        }
        let prose = searched.in_note().filter(|_| field == SearchedText::Note);
        let needle = match field {
            // A caller that is not a number counts as a name.
            SearchedText::Caller if !text.chars().any(char::is_alphabetic) => searched.in_tag(),
            SearchedText::Caller | SearchedText::Name => searched.in_name(),
            SearchedText::Note => None,
            SearchedText::Tag => searched.in_tag(),
        };
        if let Some(prose) = prose {
            prose.places(text, &mut self.scratch, out);
        }
        if field == SearchedText::Caller
            && let Some(digits) = searched.in_number()
        {
            digits.places(text, out);
        }
        if let Some(needle) = needle {
            needle.places(text, &mut self.scratch, out);
        }
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
