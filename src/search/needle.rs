//! What is looked for in one text: letters in their order, an exact text, or the digits of a number.

use std::ops::Range;

use memchr::memmem::Finder;
use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Utf32Str};
use unicode_segmentation::UnicodeSegmentation as _;

use super::query::Pattern;

/// How good one digit in a row is; a letter at the start of a word has about as much.
const DIGIT_SCORE: u16 = 24;

/// Where the national part of an international number can begin: country codes have 1 to 3 digits.
const COUNTRY_MAX: usize = 3;

/// How many digits must be left of a number without the zeros before it.
const NATIONAL_MIN: usize = 4;

/// Memory that matching needs, about 135 KB: made once and used again.
#[derive(Debug)]
pub(super) struct Scratch {
    fuzzy: nucleo_matcher::Matcher,
    chars: Vec<char>,
    indices: Vec<u32>,
}

impl Scratch {
    pub fn new() -> Scratch {
        let fuzzy = nucleo_matcher::Matcher::new(Config::DEFAULT);
        Scratch { fuzzy, chars: Vec::new(), indices: Vec::new() }
    }
}

/// Something to look for in texts, made ready.
#[derive(Clone, Debug)]
pub(super) struct Needle {
    atom: Atom,
    /// Set for a word that can be a part of a number: such a word is never taken apart, or nearly
    /// every number would have its digits somewhere.
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
        let kind = if fuzzy && digits.is_none() { AtomKind::Fuzzy } else { AtomKind::Substring };
        let plain: String = text.chars().filter(|c| !is_accent(*c)).collect();
        // Accents alone are looked for as they are, and not found where there are letters.
        let plain = if plain.is_empty() { text } else { &plain };
        Needle { atom: Atom::new(plain, CaseMatching::Smart, Normalization::Smart, kind, false), digits }
    }

    /// The digits, where it can be a part of a number.
    pub fn digits(&self) -> Option<&Digits> {
        self.digits.as_ref()
    }

    /// How well `text` matches, from 1; `None` where it does not.
    pub fn score(&self, text: &str, scratch: &mut Scratch) -> Option<u16> {
        if text.is_empty() {
            return None;
        }
        let score = self.atom.score(utf32(text, &mut scratch.chars), &mut scratch.fuzzy)?;
        Some(score.max(1))
    }

    /// Adds the bytes of `text` that match, whole characters as people see them.
    pub fn places(&self, text: &str, scratch: &mut Scratch, out: &mut Vec<Range<usize>>) {
        let Scratch { fuzzy, chars, indices } = scratch;
        indices.clear();
        if self.atom.indices(utf32(text, chars), fuzzy, indices).is_none() {
            return;
        }
        if text.is_ascii() {
            out.extend(indices.iter().map(|&index| index as usize..index as usize + 1));
            return;
        }
        indices.sort_unstable();
        let mut graphemes = text.grapheme_indices(true).peekable();
        let matched = text.char_indices().filter(|(_, c)| !is_accent(*c)).enumerate();
        for (_, (at, _)) in matched.filter(|(index, _)| indices.binary_search(&(*index as u32)).is_ok()) {
            while let Some((start, grapheme)) = graphemes.next_if(|(start, _)| *start <= at) {
                if at < start + grapheme.len() {
                    out.push(start..start + grapheme.len());
                }
            }
        }
    }
}

/// The text as characters without the accents that follow their letter as one of their own.
fn utf32<'t>(text: &'t str, chars: &'t mut Vec<char>) -> Utf32Str<'t> {
    if text.is_ascii() {
        return Utf32Str::Ascii(text.as_bytes());
    }
    chars.clear();
    chars.extend(text.chars().filter(|c| !is_accent(*c)));
    Utf32Str::Unicode(chars)
}

/// Combining diacritical marks: `e` and one of them look the same as `é`.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// Digits in a row.
#[derive(Clone, Debug)]
pub(super) struct Digits {
    whole: Finder<'static>,
    /// Without the zeros with which a number is dialled within the country (`098…`) and from
    /// abroad (`0091…`): an international number has none.
    national: Option<Finder<'static>>,
}

impl Digits {
    /// The digits in `text`; `None` where there are none.
    pub fn of(text: &str) -> Option<Digits> {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let national = digits.trim_start_matches('0');
        let dialled = national.len() < digits.len() && national.len() >= NATIONAL_MIN;
        (!digits.is_empty()).then(|| Digits {
            whole: Finder::new(&digits).into_owned(),
            national: dialled.then(|| Finder::new(national).into_owned()),
        })
    }

    /// Whether they can be those of a number as it is dialled, with zeros before it.
    pub fn may_be_dialled(&self) -> bool {
        self.whole.needle().starts_with(b"0")
    }

    /// How well a number matches, from 1; `None` where it does not.
    pub fn score(&self, number: &str) -> Option<u16> {
        self.find(number.as_bytes()).map(|found| DIGIT_SCORE.saturating_mul(found.len() as u16))
    }

    /// Where they stand among `digits`.
    fn find(&self, digits: &[u8]) -> Option<Range<usize>> {
        if let Some(start) = self.whole.find(digits) {
            return Some(start..start + self.whole.needle().len());
        }
        let national = self.national.as_ref()?;
        let start = national.find(digits).filter(|start| *start <= COUNTRY_MAX)?;
        Some(start..start + national.needle().len())
    }

    /// Adds the bytes of `text` from the first of them to the last, whatever stands between.
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
