//! Completes a query that the user types: keys, and the values after a key.

use std::ops::Range;

use crate::core::range::PRESETS;
use crate::core::search::char_boundary;
use crate::core::search::fold::folded;
use crate::core::search::query::{KEYS, PARTS, Quoted, states};

/// The most candidates to offer.
const OFFERED_MAX: usize = 50;

/// The words of a store that a query can contain.
pub trait Vocabulary {
    /// Returns the tags in use, in the order to offer them in a search.
    fn tags(&self) -> impl Iterator<Item = &str>;

    /// Returns the names of callers, in the order to offer them in a search.
    fn names(&self) -> impl Iterator<Item = &str>;
}

/// Candidates to replace a part of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The part to replace, in bytes of the text.
    pub replace: Range<usize>,
    /// The candidates, quoted if necessary: first those that start with the typed part, then those that
    /// contain it. At least 1, at most 50.
    pub candidates: Vec<String>,
}

/// Completes the word of a query at `cursor` (in bytes of `text`). Returns `None` if there are no matches, or
/// if the word is already complete.
pub fn complete(text: &str, cursor: usize, vocabulary: &impl Vocabulary) -> Option<Completion> {
    let cursor = char_boundary(text, cursor);
    let word = word_at(text, cursor);
    let start = word.end - text[word.clone()].trim_start_matches('-').len();
    // If the cursor is before the dash, there is nothing to complete.
    let typed = text.get(start..cursor)?;
    let Some((key, value)) = typed.split_once(':') else {
        // Keys match only at their start; values may match anywhere, such as in their second word.
        let keys = KEYS.into_iter().filter(|key| key.starts_with(&typed.to_ascii_lowercase()));
        return offer(start..word.end, typed, keys, str::to_owned);
    };
    let place = start + key.len() + 1..word.end;
    let value = value.strip_prefix('"').unwrap_or(value);
    match key.to_ascii_lowercase().as_str() {
        "is" => offer(place, value, states().map(|(word, ..)| word), str::to_owned),
        "has" => offer(place, value, PARTS.iter().map(|(word, _)| *word), str::to_owned),
        "tag" => offer(place, value, vocabulary.tags(), quoted),
        "name" => offer(place, value, vocabulary.names(), quoted),
        "date" => offer(place, value, PRESETS.iter().map(|(range, _)| *range), quoted),
        _ => None,
    }
}

/// Returns the word at `cursor`, including a quoted value.
fn word_at(text: &str, cursor: usize) -> Range<usize> {
    let (mut start, mut quoted, mut escaped) = (0, false, false);
    for (index, c) in text.char_indices() {
        let separates = !quoted && (c.is_whitespace() || matches!(c, '(' | ')'));
        if separates && index >= cursor {
            return start..index;
        }
        if separates {
            start = index + c.len_utf8();
        }
        quoted ^= c == '"' && !escaped;
        escaped = quoted && c == '\\' && !escaped;
    }
    // An open quote ends at the cursor: text after it was there before the quote was typed.
    start..if quoted { cursor.max(start) } else { text.len() }
}

/// Offers the words that match `typed` as replacements for `place`, written by `written`.
fn offer<'v>(
    place: Range<usize>,
    typed: &str,
    words: impl Iterator<Item = &'v str>,
    written: fn(&str) -> String,
) -> Option<Completion> {
    let typed = folded(typed);
    let (mut first, mut then) = (Vec::new(), Vec::new());
    for word in words {
        match folded(word).find(&typed) {
            Some(0) => first.push(written(word)),
            Some(_) if then.len() < OFFERED_MAX => then.push(written(word)),
            _ => {}
        }
        if first.len() == OFFERED_MAX {
            break;
        }
    }
    let there = matches!(first.as_slice(), [only] if then.is_empty() && folded(only) == typed);
    first.append(&mut then);
    first.truncate(OFFERED_MAX);
    (!there && !first.is_empty()).then_some(Completion { replace: place, candidates: first })
}

/// Returns a value, quoted if necessary.
fn quoted(value: &str) -> String {
    let plain = value.chars().all(|c| !c.is_whitespace() && !matches!(c, '(' | ')' | '"'));
    if plain { value.to_owned() } else { Quoted(value).to_string() }
}
