//! Searches one text for one word of a query: letters in order, an exact text, or the digits of a number.

use std::ops::Range;

use memchr::memmem::Finder;
use memchr::{memchr2, memchr2_iter};
use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Utf32Str, chars};
use unicode_segmentation::UnicodeSegmentation as _;

use crate::core::search::fold::fold;
use crate::core::search::query::Pattern;

/// The score of one letter or digit of a contiguous match: about what nucleo gives.
const SCORE: u16 = 20;

/// The longest country code, in digits: the national part of an international number starts after it.
const COUNTRY_MAX: usize = 3;

/// The fewest digits that a number must have without its leading zeros.
const NATIONAL_MIN: usize = 4;

/// Memory for matching, about 135 KB, to be reused.
#[derive(Debug)]
pub(super) struct Scratch {
    pub fuzzy: nucleo_matcher::Matcher,
    pub chars: Vec<char>,
    pub indices: Vec<u32>,
}

impl Scratch {
    pub fn new() -> Scratch {
        let fuzzy = nucleo_matcher::Matcher::new(Config::DEFAULT);
        Scratch { fuzzy, chars: Vec::new(), indices: Vec::new() }
    }
}

/// A search term, prepared for matching.
#[derive(Clone, Debug)]
pub(super) struct Needle {
    pub letters: Letters,
    /// Set if other letters are allowed in between.
    pub fuzzy: Option<Atom>,
    /// Set for a word that can be part of a number. Such a word is never matched with gaps, or nearly
    /// every number would match.
    digits: Option<Digits>,
}

impl Needle {
    pub fn new(pattern: &Pattern) -> Needle {
        let (text, fuzzy) = match pattern {
            Pattern::Word(word) => (word, true),
            Pattern::Exact(text) => (text, false),
        };
        let spelling = |c: char| c.is_ascii_digit() || "+-./() ".contains(c);
        let digits = Digits::of(text).filter(|_| text.chars().all(spelling));
        let mut folded = String::with_capacity(text.len());
        fold(text, false, |c, _| folded.push(c));
        // A term of accents only is searched as it is; it does not match accented letters.
        let folded = if folded.is_empty() { text } else { &folded };
        let letters = Letters::new(folded);
        let normalization = if letters.plain { Normalization::Smart } else { Normalization::Never };
        let atom = || Atom::new(folded, CaseMatching::Smart, normalization, AtomKind::Fuzzy, false);
        let fuzzy = (fuzzy && digits.is_none()).then(atom);
        Needle { letters, fuzzy, digits }
    }

    /// Returns the digits of the searched term, if it can be part of a number.
    pub fn digits(&self) -> Option<&Digits> {
        self.digits.as_ref()
    }

    /// Returns whether the needle's letters start with those of `other`. Ignores accents: alone they match
    /// nothing, and before a letter they make no difference.
    pub fn begins_with(&self, other: &Needle) -> bool {
        self.letters.folded.starts_with(&other.letters.folded)
    }

    /// Returns the needle's score in `text`, from 1; `None` for no match.
    pub fn score(&self, text: &str, scratch: &mut Scratch) -> Option<u16> {
        if text.is_empty() {
            return None;
        }
        let text = self.letters.utf32(text, &mut scratch.chars);
        match &self.fuzzy {
            Some(atom) => atom.score(text, &mut scratch.fuzzy).map(|score| score.max(1)),
            None => self.letters.find(text).map(|start| self.letters.score(text, start)),
        }
    }

    /// Returns whether `text` matches the needle: equivalent to having a score, but much faster for long
    /// texts.
    pub fn matches(&self, text: &str, scratch: &mut Scratch) -> bool {
        match self.fuzzy {
            Some(_) => self.letters.stand_in_order(text, &mut scratch.chars),
            None => self.letters.find(self.letters.utf32(text, &mut scratch.chars)).is_some(),
        }
    }

    /// Adds the byte ranges of `text` that match the needle to `out`, as whole graphemes.
    pub fn places(&self, text: &str, scratch: &mut Scratch, out: &mut Vec<Range<usize>>) {
        let Scratch { fuzzy, chars, indices } = scratch;
        indices.clear();
        let characters = self.letters.utf32(text, chars);
        if let Some(atom) = &self.fuzzy {
            atom.indices(characters, fuzzy, indices);
        } else if let Some(start) = self.letters.find(characters) {
            indices.extend((start as u32..).take(self.letters.folded.len()));
        }
        self.letters.graphemes(text, indices, out);
    }
}

/// Letters, and rules to compare them. The rules are nucleo's, but its own substring search (0.3.1)
/// misses matches at the end of texts that are not ASCII.
#[derive(Clone, Debug)]
pub(super) struct Letters {
    pub folded: Vec<char>,
    ignore_case: bool,
    /// Whether unaccented letters match accented ones.
    plain: bool,
}

impl Letters {
    fn new(text: &str) -> Letters {
        let folded: Vec<char> = text.chars().collect();
        let ignore_case = !folded.iter().any(|c| chars::is_upper_case(*c));
        let mut bare = Vec::with_capacity(folded.len());
        fold(text, true, |c, _| bare.push(chars::normalize(c)));
        // A term of accents only has no bare letters.
        let plain = bare.is_empty() || bare == folded;
        Letters { folded, ignore_case, plain }
    }

    /// Converts a text to the characters to compare.
    pub fn utf32<'t>(&self, text: &'t str, chars: &'t mut Vec<char>) -> Utf32Str<'t> {
        if text.is_ascii() {
            return Utf32Str::Ascii(text.as_bytes());
        }
        chars.clear();
        fold(text, self.plain, |c, _| chars.push(c));
        Utf32Str::Unicode(chars)
    }

    /// Returns whether `text` contains the letters in order, with or without gaps.
    fn stand_in_order(&self, text: &str, chars: &mut Vec<char>) -> bool {
        if text.is_ascii() {
            let rest = self.folded.iter().try_fold(text.as_bytes(), |rest, letter| {
                let (small, large) = self.in_ascii(*letter)?;
                memchr2(small, large, rest).map(|at| &rest[at + 1..])
            });
            return rest.is_some();
        }
        let mut wanted = self.folded.iter().copied();
        let Some(mut next) = wanted.next() else { return true };
        let Utf32Str::Unicode(chars) = self.utf32(text, chars) else { return false };
        for c in chars {
            if self.fold(*c) == next {
                match wanted.next() {
                    Some(letter) => next = letter,
                    None => return true,
                }
            }
        }
        false
    }

    /// Finds the letters without gaps: the first match at the start of a word, or else the first match.
    /// Returns its index in characters.
    fn find(&self, text: Utf32Str<'_>) -> Option<usize> {
        let last = text.len().checked_sub(self.folded.len())?;
        match (text, self.folded.first()) {
            (Utf32Str::Ascii(bytes), Some(first)) => {
                let (small, large) = self.in_ascii(*first)?;
                self.best_of(text, memchr2_iter(small, large, &bytes[..=last]))
            }
            _ => self.best_of(text, 0..=last),
        }
    }

    /// Returns the first of `starts` that matches; prefers the start of a word.
    fn best_of(&self, text: Utf32Str<'_>, starts: impl Iterator<Item = usize>) -> Option<usize> {
        let mut found = None;
        for start in starts.filter(|start| self.stands_at(text, *start)) {
            if begins_word(text, start) {
                return Some(start);
            }
            found = found.or(Some(start));
        }
        found
    }

    fn stands_at(&self, text: Utf32Str<'_>, start: usize) -> bool {
        self.folded.iter().zip(start as u32..).all(|(wanted, at)| self.fold(text.get(at)) == *wanted)
    }

    /// Returns the two bytes that match a letter in an ASCII text; `None` if no byte does.
    pub fn in_ascii(&self, letter: char) -> Option<(u8, u8)> {
        let byte = u8::try_from(letter).ok().filter(u8::is_ascii)?;
        Some((byte, if self.ignore_case { byte.to_ascii_uppercase() } else { byte }))
    }

    /// Returns `c` as it is compared with a letter.
    pub fn fold(&self, c: char) -> char {
        if c.is_ascii() {
            return if self.ignore_case { c.to_ascii_lowercase() } else { c };
        }
        let c = if self.plain { chars::normalize(c) } else { c };
        if self.ignore_case { chars::to_lower_case(c) } else { c }
    }

    fn score(&self, text: Utf32Str<'_>, start: usize) -> u16 {
        let whole = self.score_of_word();
        if begins_word(text, start) { whole } else { whole.saturating_sub(SCORE) }
    }

    /// Returns the score of a match at the start of a word.
    pub fn score_of_word(&self) -> u16 {
        SCORE.saturating_mul(self.folded.len() as u16).saturating_add(SCORE)
    }

    /// Adds the graphemes of `text` with the characters at `indices`, in any order, to `out`, as byte
    /// ranges.
    pub fn graphemes(&self, text: &str, indices: &mut [u32], out: &mut Vec<Range<usize>>) {
        if text.is_ascii() {
            out.extend(indices.iter().map(|&index| index as usize..index as usize + 1));
            return;
        }
        indices.sort_unstable();
        let mut found = Vec::with_capacity(indices.len());
        let mut index = 0;
        fold(text, self.plain, |_, at| {
            found.extend(indices.binary_search(&index).is_ok().then_some(at));
            index += 1;
        });
        let mut graphemes = text.grapheme_indices(true).peekable();
        for at in found {
            while let Some((start, grapheme)) = graphemes.next_if(|(start, _)| *start <= at) {
                if at < start + grapheme.len() {
                    out.push(start..start + grapheme.len());
                }
            }
        }
    }
}

fn begins_word(text: Utf32Str<'_>, start: usize) -> bool {
    start.checked_sub(1).is_none_or(|before| !text.get(before as u32).is_alphanumeric())
}

/// Consecutive digits.
#[derive(Clone, Debug)]
pub(super) struct Digits {
    whole: Finder<'static>,
    /// The digits without their leading zeros. Numbers are dialled with zeros within the country
    /// (`098…`) and from abroad (`0091…`), but their international form has none.
    national: Option<Finder<'static>>,
}

impl Digits {
    /// Reads the digits to search for in `text`; `None` if there are none.
    pub fn of(text: &str) -> Option<Digits> {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let national = digits.trim_start_matches('0');
        let dialled = national.len() < digits.len() && national.len() >= NATIONAL_MIN;
        (!digits.is_empty()).then(|| Digits {
            whole: Finder::new(&digits).into_owned(),
            national: dialled.then(|| Finder::new(national).into_owned()),
        })
    }

    /// Returns whether the digits may be a number as dialled, with leading zeros.
    pub fn may_be_dialled(&self) -> bool {
        self.whole.needle().starts_with(b"0")
    }

    /// Returns the digits' score in a number, from 1; `None` for no match.
    pub fn score(&self, number: &str) -> Option<u16> {
        self.find(number.as_bytes()).map(|found| SCORE.saturating_mul(found.len() as u16))
    }

    /// Returns whether a number matches the digits.
    pub fn matches(&self, number: &str) -> bool {
        self.find(number.as_bytes()).is_some()
    }

    /// Finds them in `digits`.
    fn find(&self, digits: &[u8]) -> Option<Range<usize>> {
        if let Some(start) = self.whole.find(digits) {
            return Some(start..start + self.whole.needle().len());
        }
        let national = self.national.as_ref()?;
        let start = national.find(digits).filter(|start| *start <= COUNTRY_MAX)?;
        Some(start..start + national.needle().len())
    }

    /// Adds the byte range of `text` from the first to the last matching digit, including separators.
    pub fn places(&self, text: &str, out: &mut Vec<Range<usize>>) {
        let (places, digits): (Vec<usize>, Vec<u8>) =
            text.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_digit()).unzip();
        if let Some(found) = self.find(&digits)
            && let [first, .., last] | [first @ last] = places[found]
        {
            out.push(first..last + 1);
        }
    }
}
