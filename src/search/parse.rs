//! Reading a query: words, operators and parentheses here, what stands after a key in `value`.
//! Every mistake carries its place.

mod length;
mod value;

use std::ops::Range;

use super::query::{KEYS, Node, Pattern, Quoted, Term};
use super::{Context, Mistake, Query, char_boundary};
use crate::suggest::nearest;
use crate::text;

/// The longest query, in bytes. Scores of longer words would not fit their numbers.
const TEXT_MAX: usize = 1_000;

/// How deep parentheses can stand in one another: reading them must not use up the stack.
const DEPTH_MAX: usize = 32;

/// The most conditions: each costs time for every voicemail.
const TERMS_MAX: usize = 64;

/// How much of a wrong word is repeated in a message, in characters.
const SHOWN_MAX: usize = 24;

/// Reads a query in any of the forms of [`super::operators`]. A text of blanks asks for everything.
///
/// Small letters in words match capitals as well, a capital only itself; accents are matched by
/// plain letters. The context decides alone whether the end of a range comes before its start.
pub fn parse(text: &str, context: &Context) -> Result<Query, Mistake> {
    if text.len() > TEXT_MAX {
        let end = char_boundary(text, TEXT_MAX);
        return Err(mistake(end..text.len(), "this is too long for a query"));
    }
    let mut parser = Parser { text, at: 0, depth: 0, terms: 0, context };
    if parser.at_end() {
        return Ok(Query::ALL);
    }
    let node = parser.alternatives()?;
    if parser.at_end() {
        return Ok(Query(node));
    }
    // Only a parenthesis can be left over.
    Err(mistake(parser.at..parser.at + 1, "no parenthesis is open here").instead(""))
}

struct Parser<'t> {
    text: &'t str,
    /// How far it is read, in bytes.
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

    /// Takes the character if it comes next.
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

    /// Where the word that begins here ends.
    fn word_end(&self, start: usize) -> usize {
        let ends = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"');
        self.text[start..].find(ends).map_or(self.text.len(), |length| start + length)
    }

    /// The word that comes next.
    fn word(&self) -> &'t str {
        &self.text[self.at..self.word_end(self.at)]
    }

    /// `a OR b OR c`
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
                return Err(mistake(or, "`OR` needs something after it, as in `anita OR ravi`"));
            }
        }
    }

    /// Whether nothing more of it comes.
    fn ends_conjunction(&self) -> bool {
        self.peek().is_none_or(|c| c == ')') || self.word() == "OR"
    }

    /// `a b c`; one part at the least.
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
            Some(')') => mistake(self.at..self.at + 1, "something is missing before this parenthesis"),
            _ => mistake(
                self.at..self.at + self.word().len(),
                "`OR` needs something before it, as in `anita OR ravi`; write \"OR\" for the word itself",
            ),
        })
    }

    /// `-a`, `(a)`, `"a"`, `a`
    fn part(&mut self) -> Result<Node, Mistake> {
        let start = self.at;
        let mut negated = false;
        while self.take('-') {
            negated = !negated;
        }
        if self.at > start && (self.ends_conjunction() || self.peek().is_some_and(char::is_whitespace)) {
            let message = "`-` stands directly before what is left out, as in -billing";
            return Err(
                mistake(start..self.at, message).instead(Quoted(&self.text[start..self.at]).to_string())
            );
        }
        let node = if self.peek() == Some('(') { self.group()? } else { self.term().map(Node::Term)? };
        Ok(if negated { node.negated() } else { node })
    }

    fn group(&mut self) -> Result<Node, Mistake> {
        let open = self.at..self.at + 1;
        if self.depth == DEPTH_MAX {
            return Err(mistake(open, format!("too many parentheses: {DEPTH_MAX} in one another at most")));
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
            let message = "words beside one another are all needed: leave AND out, or write \"AND\"";
            return Err(mistake(start..start + word.len(), message).instead(""));
        }
        if word == "NOT" {
            let message = "`-` leaves out what it stands before, as in -billing; write \"NOT\" for the word";
            return Err(mistake(start..start + word.len(), message));
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

    /// Refuses the term that starts here if it is one too many.
    fn counted(&self, start: usize) -> Result<(), Mistake> {
        if self.terms <= TERMS_MAX {
            return Ok(());
        }
        Err(mistake(start..self.at, format!("this is too much: {TERMS_MAX} conditions at most")))
    }

    /// A text between quotes, which begins here; a backslash takes the meaning from `"` and `\`.
    fn quoted(&mut self) -> Result<String, Mistake> {
        let start = self.at;
        let mut text = String::new();
        let mut chars = self.text[start + 1..].char_indices().peekable();
        while let Some((index, c)) = chars.next() {
            match c {
                '"' => {
                    self.at = start + 1 + index + 1;
                    if text.trim().is_empty() {
                        return Err(mistake(start..self.at, "nothing stands between these quotes"));
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

/// `from:` of `from:98765`: letters and a colon.
fn key_of(word: &str) -> Option<&str> {
    let colon = word.find(':').filter(|colon| *colon > 0)?;
    word[..colon].bytes().all(|byte| byte.is_ascii_alphabetic()).then_some(&word[..=colon])
}

fn unknown_key(place: Range<usize>, key: &str, word: &str) -> Mistake {
    let name = shown(key);
    let known = nearest(key.trim_end_matches(':'), KEYS.map(|known| known.trim_end_matches(':')));
    if let Some(known) = known {
        let message = format!("there is no `{name}`: did you mean `{known}:`?");
        return mistake(place, message).instead(format!("{known}:"));
    }
    let keys = KEYS.join(" ");
    let message = format!("there is no `{name}`: it can be {keys} or, as a text, {}", Quoted(&shown(word)));
    mistake(place.start..place.start + word.len(), message).instead(Quoted(word).to_string())
}

impl Mistake {
    /// With what could stand in its place.
    fn instead(self, text: impl Into<String>) -> Mistake {
        Mistake { instead: Some(text.into()), ..self }
    }
}

fn mistake(at: Range<usize>, message: impl Into<String>) -> Mistake {
    Mistake { at, message: message.into(), instead: None }
}

/// A typed word made fit to be repeated.
fn shown(word: &str) -> String {
    text::clean(word, SHOWN_MAX)
}
