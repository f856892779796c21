//! What could be typed next: keys, and the values that can stand after one.

use std::ops::Range;

use super::char_boundary;
use super::query::{KEYS, PARTS, Quoted, STATES};
use crate::range::PRESETS;

/// The most that is offered.
const OFFERED_MAX: usize = 50;

/// The words of a store that can stand in a query.
pub trait Vocabulary {
    /// The tags in use, in the order in which they are offered.
    fn tags(&self) -> impl Iterator<Item = &str>;

    /// The names of callers, in the order in which they are offered.
    fn names(&self) -> impl Iterator<Item = &str>;
}

/// What could stand in the place of a part of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The part, in bytes of the text.
    pub replace: Range<usize>,
    /// What could stand there, in quotes where it has to: first what begins as the part does, then
    /// what has it somewhere. At most 50, never none.
    pub candidates: Vec<String>,
}

/// What can be offered for the word in which `cursor` (bytes of `text`) stands; `None` where
/// nothing fits, or it is there in full.
pub fn complete(text: &str, cursor: usize, vocabulary: &impl Vocabulary) -> Option<Completion> {
    let cursor = char_boundary(text, cursor);
    let word = word_at(text, cursor);
    let start = word.end - text[word.clone()].trim_start_matches('-').len();
    // A cursor before the dash: nothing is there to be completed.
    let typed = text.get(start..cursor)?;
    let Some((key, value)) = typed.split_once(':') else {
        // A key is known by how it begins; a value may be known by its second word.
        let keys = KEYS.into_iter().filter(|key| key.starts_with(&typed.to_ascii_lowercase()));
        return offer(start..word.end, typed, keys, str::to_owned);
    };
    let place = start + key.len() + 1..word.end;
    let value = value.strip_prefix('"').unwrap_or(value);
    match key.to_ascii_lowercase().as_str() {
        "is" => offer(place, value, STATES.iter().map(|(word, ..)| *word), str::to_owned),
        "has" => offer(place, value, PARTS.iter().map(|(word, _)| *word), str::to_owned),
        "tag" => offer(place, value, vocabulary.tags(), quoted),
        "name" => offer(place, value, vocabulary.names(), quoted),
        "date" => offer(place, value, PRESETS.iter().map(|(range, _)| *range), quoted),
        _ => None,
    }
}

/// The word in which `cursor` stands, a value in quotes included.
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
    // A quote that is still open reaches to the end of the text, or to the cursor where words
    // follow: they were there before it was opened.
    start..if quoted { cursor.max(start) } else { text.len() }
}

/// The words that fit `typed`, written as `written` says, in `place`.
fn offer<'v>(
    place: Range<usize>,
    typed: &str,
    words: impl Iterator<Item = &'v str>,
    written: fn(&str) -> String,
) -> Option<Completion> {
    let typed = typed.to_lowercase();
    let (mut first, mut then) = (Vec::new(), Vec::new());
    for word in words {
        match word.to_lowercase().find(&typed) {
            Some(0) => first.push(written(word)),
            Some(_) if then.len() < OFFERED_MAX => then.push(written(word)),
            _ => {}
        }
        if first.len() == OFFERED_MAX {
            break;
        }
    }
    let there = matches!(first.as_slice(), [only] if then.is_empty() && only.to_lowercase() == typed);
    first.append(&mut then);
    first.truncate(OFFERED_MAX);
    (!there && !first.is_empty()).then_some(Completion { replace: place, candidates: first })
}

/// A value as it must be written.
fn quoted(value: &str) -> String {
    let plain = value.chars().all(|c| !c.is_whitespace() && !matches!(c, '(' | ')' | '"'));
    if plain { value.to_owned() } else { Quoted(value).to_string() }
}
