//! Parses a query: words, operators and parentheses here, the values after keys in `value`. Every
//! mistake has a position.

use std::ops::Range;

use crate::core::search::query::{KEYS, Node, Pattern, Quoted, Term};
use crate::core::search::{Context, Mistake, Query, char_boundary};
use crate::core::suggest::nearest;
use crate::core::text;

mod length;
mod value;

/// The longest query, in bytes. Scores of longer words would overflow.
const TEXT_MAX: usize = 1_000;

/// The deepest nesting of parentheses, so that parsing cannot overflow the stack.
const DEPTH_MAX: usize = 32;

/// The most terms: each takes time for every voicemail.
const TERMS_MAX: usize = 64;

/// How much of a wrong word to quote in a message, in characters.
const SHOWN_MAX: usize = 24;

/// Parses a query with the operators of [`crate::core::search::operators`]. A blank text matches everything.
///
/// A lower-case letter in a word also matches upper case, an upper-case letter only itself; unaccented
/// letters also match accented ones. The context matters only for ranges whose end may be before their
/// start, depending on the day.
pub fn parse(text: &str, context: &Context) -> Result<Query, Mistake> {
    if text.len() > TEXT_MAX {
        let end = char_boundary(text, TEXT_MAX);
        return Err(mistake(end..text.len(), format!("this query is too long: at most {TEXT_MAX} bytes")));
    }
    let mut parser = Parser { text, at: 0, depth: 0, terms: 0, context };
    if parser.at_end() {
        return Ok(Query::ALL);
    }
    let node = parser.alternatives()?;
    if parser.at_end() {
        return Ok(Query(node));
    }
    // Only a closing parenthesis can be left over.
    Err(mistake(parser.at..parser.at + 1, "this parenthesis was never opened").instead(""))
}

struct Parser<'t> {
    text: &'t str,
    /// The current position, in bytes.
    at: usize,
    depth: usize,
    terms: usize,
    context: &'t Context,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Skips `c` if it is next, and returns whether it was.
    fn take(&mut self, c: char) -> bool {
        let found = self.rest().starts_with(c);
        self.at += if found { c.len_utf8() } else { 0 };
        found
    }

    fn skip_blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn at_end(&mut self) -> bool {
        self.skip_blanks();
        self.peek().is_none()
    }

    /// Returns the end of the word that begins at `start`.
    fn word_end(&self, start: usize) -> usize {
        let ends = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"');
        self.text[start..].find(ends).map_or(self.text.len(), |length| start + length)
    }

    /// Returns the next word.
    fn word(&self) -> &'t str {
        &self.text[self.at..self.word_end(self.at)]
    }

    /// Parses `a OR b OR c`.
    fn alternatives(&mut self) -> Result<Node, Mistake> {
        let mut parts = Vec::new();
        loop {
            parts.push(self.conjunction()?);
            if self.word() != "OR" {
                return Ok(Node::any(parts));
            }
            let or = self.at..self.at + 2;
            self.at = or.end;
            self.skip_blanks();
            if self.ends_conjunction() {
                return Err(mistake(or, "`OR` needs a term after it, as in `anita OR ravi`"));
            }
        }
    }

    /// Returns whether the conjunction ends here.
    fn ends_conjunction(&self) -> bool {
        self.peek().is_none_or(|c| c == ')') || self.word() == "OR"
    }

    /// Parses `a b c`: one or more parts.
    fn conjunction(&mut self) -> Result<Node, Mistake> {
        let mut parts = Vec::new();
        self.skip_blanks();
        while !self.ends_conjunction() {
            parts.push(self.part()?);
            self.skip_blanks();
        }
        if !parts.is_empty() {
            return Ok(Node::all(parts));
        }
        Err(match self.peek() {
            Some(')') => mistake(self.at..self.at + 1, "there is no term before this parenthesis"),
            _ => mistake(
                self.at..self.at + self.word().len(),
                "`OR` needs a term before it, as in `anita OR ravi`; to search for the word, write \"OR\"",
            ),
        })
    }

    /// Parses `-a`, `NOT a`, `(a)`, `"a"` or `a`.
    fn part(&mut self) -> Result<Node, Mistake> {
        if let Some(not) = self.not() {
            self.at = not.end;
            self.skip_blanks();
            if self.ends_conjunction() {
                let message =
                    "`NOT` needs a term after it, as in `NOT is:done`; to search for the word, write \"NOT\"";
                return Err(mistake(not, message));
            }
            return Ok(self.part()?.negated());
        }
        let start = self.at;
        let mut negated = false;
        while self.take('-') {
            negated = !negated;
        }
        if self.at > start && (self.ends_conjunction() || self.peek().is_some_and(char::is_whitespace)) {
            let message = "`-` must be directly before the term to exclude, as in -billing";
            return Err(
                mistake(start..self.at, message).instead(Quoted(&self.text[start..self.at]).to_string())
            );
        }
        let node = if self.peek() == Some('(') { self.group()? } else { self.term().map(Node::Term)? };
        Ok(if negated { node.negated() } else { node })
    }

    /// Returns the place of a word that negates what follows: `NOT`, or `not` before a field, as in
    /// `not is:done`. Elsewhere, `not` is a word to search for, as in "could not reach".
    fn not(&self) -> Option<Range<usize>> {
        let word = self.word();
        let after = self.rest()[word.len()..].trim_start();
        let negates = word == "NOT" || word == "not" && begins_with_field(after);
        negates.then(|| self.at..self.at + word.len())
    }

    fn group(&mut self) -> Result<Node, Mistake> {
        let open = self.at..self.at + 1;
        if self.depth == DEPTH_MAX {
            return Err(mistake(open, format!("too many nested parentheses: at most {DEPTH_MAX}")));
        }
        self.at = open.end;
        self.skip_blanks();
        if self.peek().is_none() {
            return Err(mistake(open, "this parenthesis is not closed"));
        }
        self.depth += 1;
        let node = self.alternatives()?;
        self.depth -= 1;
        if self.take(')') { Ok(node) } else { Err(mistake(open, "this parenthesis is not closed")) }
    }

    fn term(&mut self) -> Result<Term, Mistake> {
        self.terms += 1;
        let start = self.at;
        if self.peek() == Some('"') {
            let text = self.quoted()?;
            self.counted(start)?;
            return Ok(Term::Text(Pattern::Exact(text)));
        }
        let word = self.word();
        if word == "AND" {
            let message = "all terms must match anyway: leave AND out; to search for the word, write \"AND\"";
            return Err(mistake(start..start + word.len(), message).instead(""));
        }
        let term = match key_of(word) {
            None => {
                self.at += word.len();
                Term::Text(Pattern::Word(word.to_owned()))
            }
            Some(key) => {
                self.at += key.len();
                let place = start..self.at;
                match key.to_ascii_lowercase().as_str() {
                    "from:" => self.from(place)?,
                    "name:" => self.name(place)?,
                    "note:" => self.note(place)?,
                    "date:" => self.date(place)?,
                    "is:" => self.is(place)?,
                    "has:" => self.has(place)?,
                    "tag:" => self.tag(place)?,
                    "length:" => self.length(place)?,
                    _ => return Err(unknown_key(place, key, word)),
                }
            }
        };
        self.counted(start)?;
        Ok(term)
    }

    /// Checks that the term that starts at `start` is not one too many.
    fn counted(&self, start: usize) -> Result<(), Mistake> {
        if self.terms <= TERMS_MAX {
            return Ok(());
        }
        Err(mistake(start..self.at, format!("too many terms: at most {TERMS_MAX}")))
    }

    /// Parses a quoted text; a backslash escapes `"` and `\`.
    fn quoted(&mut self) -> Result<String, Mistake> {
        let start = self.at;
        let mut text = String::new();
        let mut chars = self.text[start + 1..].char_indices().peekable();
        while let Some((index, c)) = chars.next() {
            match c {
                '"' => {
                    self.at = start + 1 + index + 1;
                    if text.trim().is_empty() {
                        return Err(mistake(start..self.at, "there is nothing between these quotes"));
                    }
                    return Ok(text);
                }
                '\\' => {
                    let escaped = chars.next_if(|(_, next)| matches!(next, '"' | '\\'));
                    text.push(escaped.map_or(c, |(_, next)| next));
                }
                _ => text.push(c),
            }
        }
        Err(mistake(start..self.text.len(), "this quote is not closed")
            .instead(format!("{}\"", self.text[start..].trim_end_matches('\\'))))
    }
}

/// Returns whether `text` begins with a field: letters and a colon, as `is:done`.
pub fn begins_with_field(text: &str) -> bool {
    key_of(text).is_some()
}

/// Returns the key of a word, with its colon: `from:` of `from:98765`. A key has letters only.
fn key_of(word: &str) -> Option<&str> {
    let colon = word.find(':').filter(|colon| *colon > 0)?;
    word[..colon].bytes().all(|byte| byte.is_ascii_alphabetic()).then_some(&word[..=colon])
}

fn unknown_key(place: Range<usize>, key: &str, word: &str) -> Mistake {
    let name = shown(key);
    let known = nearest(key.trim_end_matches(':'), KEYS.map(|known| known.trim_end_matches(':')));
    if let Some(known) = known {
        let message = format!("unknown field `{name}`; did you mean `{known}:`?");
        return mistake(place, message).instead(format!("{known}:"));
    }
    let (last, others) = KEYS.split_last().unwrap_or((&"", &[]));
    let (others, text) = (others.join(", "), shown(word));
    let message = format!(
        "unknown field `{name}`: use {others} or {last}; to search for the text, write {}",
        Quoted(&text)
    );
    mistake(place.start..place.start + word.len(), message).instead(Quoted(word).to_string())
}

impl Mistake {
    /// Adds a replacement for the faulty part.
    fn instead(self, text: impl Into<String>) -> Mistake {
        Mistake { instead: Some(text.into()), ..self }
    }
}

fn mistake(at: Range<usize>, message: impl Into<String>) -> Mistake {
    Mistake { at, message: message.into(), instead: None }
}

/// Makes a typed word safe to quote in a message.
fn shown(word: &str) -> String {
    text::clean(word, SHOWN_MAX)
}
