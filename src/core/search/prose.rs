//! Searches prose, such as a note: for words in a row, the last of which may be the beginning of one.
//!
//! Letters with gaps, as in names, would be found in nearly every longer text.

use std::ops::Range;

use memchr::memchr2;
use nucleo_matcher::Utf32Str;
use unicode_normalization::char::is_combining_mark;

use crate::core::search::needle::{Needle, Scratch};
use crate::core::search::query::Pattern;

/// A search term, prepared for names and tags, as [`Needle`], and for prose.
#[derive(Clone, Debug)]
pub(super) struct Prose {
    /// The term as it is searched for in names, tags and numbers.
    pub needle: Needle,
    /// The words in the folded letters of the needle. Empty for a term of other characters alone, such as
    /// an emoji, which is found anywhere.
    words: Vec<Range<usize>>,
    /// Whether the last word must be whole, because something else stands after it in the term.
    whole: bool,
}

impl Prose {
    pub fn new(pattern: &Pattern) -> Prose {
        let needle = Needle::new(pattern);
        let letters = &needle.letters.folded;
        let mut words: Vec<Range<usize>> = Vec::new();
        for at in (0..letters.len()).filter(|at| is_in_word(letters[*at])) {
            match words.last_mut().filter(|word| word.end == at) {
                Some(word) => word.end += 1,
                None => words.push(at..at + 1),
            }
        }
        let whole = words.last().is_some_and(|word| word.end < letters.len());
        Prose { needle, words, whole }
    }

    /// Returns whether `text` has the words.
    pub fn matches(&self, text: &str, scratch: &mut Scratch) -> bool {
        self.find(self.needle.letters.utf32(text, &mut scratch.chars), 0).is_some()
    }

    /// Returns the score of `text`, from 1; `None` for no match. The words are worth as much as in a name.
    pub fn score(&self, text: &str, scratch: &mut Scratch) -> Option<u16> {
        let Scratch { fuzzy, chars, .. } = scratch;
        let text = self.needle.letters.utf32(text, chars);
        let found = self.find(text, 0)?;
        let atom = self.needle.fuzzy.as_ref();
        let score = atom.and_then(|atom| atom.score(text.slice(found), fuzzy));
        Some(score.unwrap_or_else(|| self.needle.letters.score_of_word()).max(1))
    }

    /// Adds the byte ranges of `text` where the words are to `out`, as whole graphemes.
    pub fn places(&self, text: &str, scratch: &mut Scratch, out: &mut Vec<Range<usize>>) {
        let Scratch { chars, indices, .. } = scratch;
        indices.clear();
        let characters = self.needle.letters.utf32(text, chars);
        let mut from = 0;
        while let Some(found) = self.find(characters, from) {
            from = found.end.max(found.start + 1);
            indices.extend(found.start as u32..found.end as u32);
        }
        self.needle.letters.graphemes(text, indices, out);
    }

    /// Returns the first match that begins at or after `from`, in characters.
    fn find(&self, text: Utf32Str<'_>, from: usize) -> Option<Range<usize>> {
        let letters = &self.needle.letters;
        let first = *letters.folded.get(self.words.first().map_or(0, |word| word.start))?;
        let mut at = from;
        loop {
            at = match text {
                Utf32Str::Ascii(bytes) => {
                    let (small, large) = letters.in_ascii(first)?;
                    at + memchr2(small, large, bytes.get(at..)?)?
                }
                Utf32Str::Unicode(chars) => {
                    at + chars.get(at..)?.iter().position(|c| letters.fold(*c) == first)?
                }
            };
            if let Some(end) = self.end_at(text, at) {
                return Some(at..end);
            }
            at += 1;
        }
    }

    /// Returns the end of the match that begins at `start`, if there is one.
    fn end_at(&self, text: Utf32Str<'_>, start: usize) -> Option<usize> {
        let stands = |letters: &[char], at: usize| {
            let fold = |at| self.needle.letters.fold(text.get(at as u32));
            at + letters.len() <= text.len() && (at..).zip(letters).all(|(at, letter)| fold(at) == *letter)
        };
        let letters = &self.needle.letters.folded;
        let Some((first, others)) = self.words.split_first() else {
            return stands(letters, start).then(|| start + letters.len());
        };
        if !begins_word(text, start) || !stands(&letters[first.clone()], start) {
            return None;
        }
        let mut end = start + first.len();
        for word in others {
            let between = (end..text.len()).take_while(|at| !is_in_word(text.get(*at as u32))).count();
            let next = end + between;
            if next == text.len() || !begins_word(text, next) || !stands(&letters[word.clone()], next) {
                return None;
            }
            end = next + word.len();
        }
        let ends = end == text.len() || !is_in_word(text.get(end as u32)) || begins_word(text, end);
        (ends || !self.whole).then_some(end)
    }
}

/// Returns whether a word begins with the character at `at`.
fn begins_word(text: Utf32Str<'_>, at: usize) -> bool {
    let c = text.get(at as u32);
    let before = at.checked_sub(1).map(|before| text.get(before as u32));
    is_in_word(c)
        && before.is_none_or(|before| {
            !is_in_word(before) || is_unspaced(before) || (is_unspaced(c) && !is_combining_mark(c))
        })
}

/// Returns whether `c` is part of a word: a letter, a digit, or a mark on one, as the vowels of Devanagari.
fn is_in_word(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() } else { c.is_alphanumeric() || is_combining_mark(c) }
}

/// Returns whether `c` belongs to a script that has no blanks between words, so that any character may
/// begin one: Thai, Lao, Burmese, Khmer, Chinese and Japanese.
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{2e80}'..='\u{312f}' | '\u{31a0}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}')
}
