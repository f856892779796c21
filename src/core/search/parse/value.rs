//! Parses the values after keys in a query: one function per key.

use std::ops::Range;

use crate::core::range;
use crate::core::search::char_boundary;
use crate::core::search::parse::{Mistake, Parser, key_of, length, mistake, shown};
use crate::core::search::query::{PARTS, Pattern, Quoted, Seconds, Term, states};
use crate::core::suggest::nearest;
use crate::core::triage::Tag;

/// The most words of an unquoted range: `2026-11-01 09:00 to 2026-11-02 17:30 -1` has six.
const RANGE_WORDS: usize = 8;

/// A value as written.
struct Value {
    text: String,
    at: Range<usize>,
    quoted: bool,
}

impl Value {
    fn pattern(self) -> Pattern {
        if self.quoted { Pattern::Exact(self.text) } else { Pattern::Word(self.text) }
    }
}

impl Parser<'_> {
    /// Parses the next value; `missing` is the message if there is none.
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
            self.value(key.clone(), || "`from:` needs digits of the number, as in from:98765".into())?;
        let digits: String = value.text.chars().filter(char::is_ascii_digit).collect();
        let spelling = |c: char| c.is_ascii_digit() || c.is_whitespace() || "+-./()".contains(c);
        if !digits.is_empty() && value.text.chars().all(spelling) {
            return Ok(Term::From(digits));
        }
        let name = if value.quoted { Quoted(&value.text).to_string() } else { value.text };
        let message =
            format!("`from:` needs digits of the number; to search by name, write name:{}", shown(&name));
        Err(mistake(key.start..value.at.end, message).instead(format!("name:{name}")))
    }

    pub(super) fn name(&mut self, key: Range<usize>) -> Result<Term, Mistake> {
        let value = self.value(key, || "`name:` needs a name, as in name:anita".into())?;
        Ok(Term::Name(value.pattern()))
    }

    pub(super) fn note(&mut self, key: Range<usize>) -> Result<Term, Mistake> {
        let value = self.value(key, || "`note:` needs a word, as in note:invoice".into())?;
        Ok(Term::Note(value.pattern()))
    }

    pub(super) fn tag(&mut self, key: Range<usize>) -> Result<Term, Mistake> {
        let value = self.value(key, || "`tag:` needs a tag, as in tag:billing".into())?;
        match Tag::new(&value.text) {
            Some(tag) => Ok(Term::Tag(tag.as_str().to_owned())),
            None => Err(mistake(value.at, format!("a tag is {}", Tag::RULE))),
        }
    }

    pub(super) fn is(&mut self, key: Range<usize>) -> Result<Term, Mistake> {
        self.one_of(key, &states().map(|(word, ..)| word).collect::<Vec<_>>()).map(Term::Is)
    }

    pub(super) fn has(&mut self, key: Range<usize>) -> Result<Term, Mistake> {
        self.one_of(key, &PARTS.map(|(word, _)| word)).map(Term::Has)
    }

    /// Parses one of `words`, ignoring case.
    fn one_of(&mut self, key: Range<usize>, words: &[&'static str]) -> Result<&'static str, Mistake> {
        let name = self.text[key.clone()].to_ascii_lowercase();
        let (last, others) = words.split_last().unwrap_or((&"", &[]));
        let choice = format!("use {} or {last}", others.join(", "));
        let value = self.value(key, || format!("missing value after `{name}`: {choice}"))?;
        if let Some(word) = words.iter().find(|word| word.eq_ignore_ascii_case(&value.text)) {
            return Ok(word);
        }
        let wrong = format!("unknown `{name}{}`", shown(&value.text));
        Err(match nearest(&value.text, words.iter().copied()) {
            Some(known) => {
                mistake(value.at, format!("{wrong}; did you mean `{name}{known}`?")).instead(known)
            }
            None => mistake(value.at, format!("{wrong}: {choice}")),
        })
    }

    pub(super) fn length(&mut self, key: Range<usize>) -> Result<Term, Mistake> {
        let value =
            self.value(key, || "`length:` needs a length, as in length:>30s or length:30s..2m".into())?;
        let inner = usize::from(value.quoted);
        length::parse(&value.text).map(Term::Length).map_err(|wrong| Mistake {
            // With escaped quotes inside, which are rare, mark the whole value.
            at: if value.text.len() + 2 * inner == value.at.len() {
                value.at.start + inner + wrong.at.start..value.at.start + inner + wrong.at.end
            } else {
                value.at
            },
            ..wrong
        })
    }

    /// Parses the value of `date:`: a quoted range, or the longest run of words that is a range.
    pub(super) fn date(&mut self, key: Range<usize>) -> Result<Term, Mistake> {
        let start = self.at;
        if self.peek() == Some('"') {
            let text = self.quoted()?;
            // No range contains escapes, so positions are right up to the first one, which is an error.
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
        // Report the error of the longest run: `last weeek` has a wrong second word, not a missing one.
        Err(first_wrong.map_or_else(
            || mistake(key, "`date:` needs a date range, as in date:7d or date:last week"),
            |wrong| self.misread(&wrong, start),
        ))
    }

    fn range(&self, text: &str) -> Result<range::Range, range::RangeError> {
        range::Range::parse_at(text, self.context.now, self.context.zone)
    }

    /// Returns the possible ends of a range that begins here: after each word that can belong to it.
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

    /// Converts an error in a range whose text begins at `start`.
    fn misread(&self, wrong: &range::RangeError, start: usize) -> Mistake {
        let place = |at: usize| char_boundary(self.text, start + at);
        mistake(place(wrong.at.start)..place(wrong.at.end), wrong.to_string())
    }
}

impl Seconds {
    /// Any length.
    pub(super) const ANY: Seconds = Seconds { least: 0, most: None };
}
