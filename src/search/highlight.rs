//! What matched in a text that is shown.

use std::ops::Range;

use super::matcher::same_tag;
use super::needle::Scratch;
use super::plan::Plan;

/// Which text of a voicemail is shown: `name:anita` marks nothing in a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The caller's number, or what came in its place.
    Caller,
    /// The name that was given to the caller.
    Name,
    /// The note, or its first words.
    Note,
    /// One tag.
    Tag,
}

/// Finds what a query wants in the texts on screen. What it leaves out marks nothing.
#[derive(Debug)]
pub struct Highlighter<'m> {
    plan: &'m Plan,
    scratch: Scratch,
}

impl<'m> Highlighter<'m> {
    pub(super) fn new(plan: &'m Plan) -> Highlighter<'m> {
        Highlighter { plan, scratch: Scratch::new() }
    }

    /// Puts the bytes of `text` that matched into `out`: whole characters as people see them, in
    /// order, apart from one another.
    pub fn highlight(&mut self, field: Field, text: &str, out: &mut Vec<Range<usize>>) {
        out.clear();
        for test in self.plan.texts.iter().filter(|test| test.wanted) {
            let needle = match field {
                // What came in place of a number is a name as well.
                Field::Caller if !text.chars().any(char::is_alphabetic) => test.elsewhere(),
                Field::Caller | Field::Name => test.in_name(),
                Field::Note | Field::Tag => test.elsewhere(),
            };
            if field == Field::Caller
                && let Some(digits) = test.in_number()
            {
                digits.places(text, out);
            }
            if let Some(needle) = needle {
                needle.places(text, &mut self.scratch, out);
            }
        }
        if field == Field::Tag && self.plan.tags.iter().any(|tag| same_tag(text, tag)) {
            out.push(0..text.len());
        }
        merge(out);
    }
}

/// Puts places in order, and those that touch together.
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
