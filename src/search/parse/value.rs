//! What stands after a key: one function a key.

use std::ops::Range;

use super::super::char_boundary;
use super::super::query::{PARTS, Pattern, Quoted, STATES, Seconds, Term};
use super::{Mistake, Parser, key_of, length, mistake, shown};
use crate::range;
use crate::suggest::nearest;

/// The most words of a range without quotes: `2026-11-01 09:00 to 2026-11-02 17:30 -1` has six.
const RANGE_WORDS: usize = 8;

/// A value as it was written.
struct Value {
    text: String,
    at: Range<usize>,
    quoted: bool,
}

impl Parser<'_> {
    /// The value that comes next; `missing` says what should stand there.
    fn value(&mut self, key: Range<usize>, missing: impl FnOnce() -> String) -> Result<Value, Mistake> {
        let start = self.at;
        if self.peek() == Some('"') {
            let text = self.quoted()?;
            return Ok(Value { text, at: start..self.at, quoted: true });
        }
        let text = self.word().to_owned();
        if text.is_empty() {
            return Err(mistake(key, missing()));
        }
        self.at += text.len();
        Ok(Value { text, at: start..self.at, quoted: false })
    }

    pub(super) fn from(&mut self, key: Range<usize>) -> Result<Term, Mistake> {
        let value =
            self.value(key.clone(), || "digits of the number are missing, as in from:98765".into())?;
        let digits: String = value.text.chars().filter(char::is_ascii_digit).collect();
        let spelling = |c: char| c.is_ascii_digit() || c.is_whitespace() || "+-./()".contains(c);
        if !digits.is_empty() && value.text.chars().all(spelling) {
            return Ok(Term::From(digits));
        }
        let name = if value.quoted { Quoted(&value.text).to_string() } else { value.text };
        let message =
            format!("after `from:` stand digits of the number; for a name write name:{}", shown(&name));
        Err(mistake(key.start..value.at.end, message).instead(format!("name:{name}")))
    }

    pub(super) fn name(&mut self, key: Range<usize>) -> Result<Term, Mistake> {
        let value = self.value(key, || "a name is missing, as in name:anita".into())?;
        Ok(Term::Name(if value.quoted { Pattern::Exact(value.text) } else { Pattern::Word(value.text) }))
    }

    pub(super) fn tag(&mut self, key: Range<usize>) -> Result<Term, Mistake> {
        self.value(key, || "a tag is missing, as in tag:billing".into()).map(|value| Term::Tag(value.text))
    }

    pub(super) fn is(&mut self, key: Range<usize>) -> Result<Term, Mistake> {
        self.one_of(key, &STATES.map(|(word, ..)| word)).map(Term::Is)
    }

    pub(super) fn has(&mut self, key: Range<usize>) -> Result<Term, Mistake> {
        self.one_of(key, &PARTS.map(|(word, _)| word)).map(Term::Has)
    }

    /// One of `words`, in capitals or small letters.
    fn one_of(&mut self, key: Range<usize>, words: &[&'static str]) -> Result<&'static str, Mistake> {
        let name = self.text[key.clone()].to_ascii_lowercase();
        let (last, others) = words.split_last().unwrap_or((&"", &[]));
        let choice = format!("it can be {} or {last}", others.join(", "));
        let value = self.value(key, || format!("something is missing after `{name}`: {choice}"))?;
        if let Some(word) = words.iter().find(|word| word.eq_ignore_ascii_case(&value.text)) {
            return Ok(word);
        }
        let wrong = format!("there is no `{name}{}`", shown(&value.text));
        Err(match nearest(&value.text, words.iter().copied()) {
            Some(known) => {
                mistake(value.at, format!("{wrong}: did you mean `{name}{known}`?")).instead(known)
            }
            None => mistake(value.at, format!("{wrong}: {choice}")),
        })
    }

    pub(super) fn length(&mut self, key: Range<usize>) -> Result<Term, Mistake> {
        let value = self.value(key, || "a length is missing, as in length:>30s or length:30s..2m".into())?;
        let inner = usize::from(value.quoted);
        length::parse(&value.text).map(Term::Length).map_err(|wrong| Mistake {
            // Quotes that hide others are rare enough to be marked as a whole.
            at: if value.text.len() + 2 * inner == value.at.len() {
                value.at.start + inner + wrong.at.start..value.at.start + inner + wrong.at.end
            } else {
                value.at
            },
            ..wrong
        })
    }

    /// A range between quotes, or the longest run of words that is one.
    pub(super) fn date(&mut self, key: Range<usize>) -> Result<Term, Mistake> {
        let start = self.at;
        if self.peek() == Some('"') {
            let text = self.quoted()?;
            // Escapes are no part of any range, so that what follows the first one is wrong anyhow.
            return self.range(&text).map(Term::Date).map_err(|wrong| self.misread(&wrong, start + 1));
        }
        let mut first_wrong = None;
        for end in self.range_ends().into_iter().rev() {
            match self.range(&self.text[start..end]) {
                Ok(range) => {
                    self.at = end;
                    return Ok(Term::Date(range));
                }
                Err(wrong) => first_wrong = first_wrong.or(Some(wrong)),
            }
        }
        // The longest run knows best: `last weeek` has a wrong second word, and `last` alone no end.
        Err(first_wrong.map_or_else(
            || mistake(key, "a range is missing, as in date:7d or date:last week"),
            |wrong| self.misread(&wrong, start),
        ))
    }

    fn range(&self, text: &str) -> Result<range::Range, range::RangeError> {
        range::Range::parse_at(text, self.context.now, self.context.zone)
    }

    /// Where a range that begins here could end: after each word that could be one of its own.
    fn range_ends(&self) -> Vec<usize> {
        let mut ends = Vec::new();
        let mut start = self.at;
        while ends.len() < RANGE_WORDS {
            let end = self.word_end(start);
            let word = &self.text[start..end];
            if word.is_empty() || !ends.is_empty() && (word == "OR" || key_of(word).is_some()) {
                break;
            }
            ends.push(end);
            start = self.text.len() - self.text[end..].trim_start().len();
        }
        ends
    }

    /// The mistake in a range whose text begins at `start`.
    fn misread(&self, wrong: &range::RangeError, start: usize) -> Mistake {
        let place = |at: usize| char_boundary(self.text, start + at);
        mistake(place(wrong.at.start)..place(wrong.at.end), wrong.to_string())
    }
}

impl Seconds {
    /// All lengths there are.
    pub(super) const ANY: Seconds = Seconds { least: 0, most: None };
}
