//! The parsed form of a query, and its canonical text.

use std::fmt;

use crate::core::facts::{Fact, Flags};
use crate::core::range;

/// The keys of the language, with their colons, in the order to offer them.
pub(super) const KEYS: [&str; 8] = ["from:", "name:", "note:", "date:", "is:", "has:", "tag:", "length:"];

/// Returns the values of `is:` in a query: the flag, and whether it must be set.
pub(super) fn states() -> impl Iterator<Item = (&'static str, Flags, bool)> {
    Fact::ALL.into_iter().flat_map(|fact| {
        let opposite = fact.opposite().map(|word| (word, fact.flag(), false));
        opposite.into_iter().chain([(fact.name(), fact.flag(), true)])
    })
}

/// The values of `has:`. A name belongs to the caller, so it has no flag.
pub(super) const PARTS: [(&str, Option<Flags>); 4] = [
    ("note", Some(Flags::NOTE)),
    ("tag", Some(Flags::TAGGED)),
    ("name", None),
    ("recording", Some(Flags::RECORDING)),
];

/// A query, not bound to a moment: `date:today` is another day tomorrow.
///
/// Its text (`Display`) is canonical and parses to an equal query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query(pub(super) Node);

impl Query {
    /// The empty query, which matches everything.
    pub const ALL: Query = Query(Node::And(Vec::new()));

    /// Returns a query that matches what both queries match.
    #[must_use]
    pub fn and(self, other: Query) -> Query {
        Query(Node::all(vec![self.0, other.0]))
    }

    /// Returns whether the query is empty and matches everything.
    pub fn is_all(&self) -> bool {
        *self == Query::ALL
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A part of a query. An `And` is never directly in an `And`, nor an `Or` in an `Or`, and only the whole
/// query can be an empty `And`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Term(Term),
    Not(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
}

impl Node {
    /// Combines `parts` of a query: all must match.
    pub fn all(parts: Vec<Node>) -> Node {
        joined(parts, Node::And, |part| match part {
            Node::And(parts) => Ok(parts),
            other => Err(other),
        })
    }

    /// Combines `parts` of a query: at least one must match.
    pub fn any(parts: Vec<Node>) -> Node {
        joined(parts, Node::Or, |part| match part {
            Node::Or(parts) => Ok(parts),
            other => Err(other),
        })
    }

    /// Negates this part of a query.
    pub fn negated(self) -> Node {
        match self {
            Node::Not(inner) => *inner,
            other => Node::Not(Box::new(other)),
        }
    }
}

/// Joins parts; a part that is itself a join of the same kind, by `inner`, is replaced by its parts. A
/// single part is returned as it is.
fn joined(
    parts: Vec<Node>,
    whole: fn(Vec<Node>) -> Node,
    inner: fn(Node) -> Result<Vec<Node>, Node>,
) -> Node {
    let mut parts: Vec<Node> =
        parts.into_iter().flat_map(|part| inner(part).unwrap_or_else(|part| vec![part])).collect();
    if parts.len() == 1 { parts.remove(0) } else { whole(parts) }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separated = |f: &mut fmt::Formatter<'_>, parts: &[Node], separator: &str| {
            parts.iter().enumerate().try_for_each(|(index, part)| {
                f.write_str(if index == 0 { "" } else { separator })?;
                // `a b OR c` parses as `(a b) OR c`.
                match part {
                    Node::Or(_) => write!(f, "({part})"),
                    _ => part.fmt(f),
                }
            })
        };
        match self {
            Node::Term(term) => term.fmt(f),
            Node::Not(inner) => match **inner {
                Node::And(_) | Node::Or(_) => write!(f, "-({inner})"),
                _ => write!(f, "-{inner}"),
            },
            Node::And(parts) => separated(f, parts, " "),
            Node::Or(parts) => separated(f, parts, " OR "),
        }
    }
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Term {
    /// Any text of the voicemail.
    Text(Pattern),
    /// The digits of the caller's number.
    From(String),
    /// The caller's name.
    Name(Pattern),
    /// The note.
    Note(Pattern),
    Date(range::Range),
    /// A word of [`states`].
    Is(&'static str),
    /// A word of [`PARTS`].
    Has(&'static str),
    /// A tag, in any case.
    Tag(String),
    Length(Seconds),
}

/// A pattern to search for in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pattern {
    /// A word: in names and tags matched fuzzily, or as part of a number; in prose as a word or the
    /// beginning of one.
    Word(String),
    /// A quoted text: matched exactly; in prose as words in a row.
    Exact(String),
}

/// Lengths in whole seconds, both ends inclusive. Fractions are ignored, because they are not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seconds {
    pub least: u32,
    pub most: Option<u32>,
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // In parentheses, or it would negate a field after it.
            Term::Text(Pattern::Word(word)) if word == "not" => f.write_str("(not)"),
            Term::Text(pattern) => pattern.fmt(f),
            Term::From(digits) => write!(f, "from:{digits}"),
            Term::Name(pattern) => write!(f, "name:{pattern}"),
            Term::Note(pattern) => write!(f, "note:{pattern}"),
            // Always quoted, or the next word could be parsed as part of the range.
            Term::Date(range) => write!(f, "date:\"{range}\""),
            Term::Is(word) => write!(f, "is:{word}"),
            Term::Has(word) => write!(f, "has:{word}"),
            Term::Tag(tag) => write!(f, "tag:{}", Quoted(tag)),
            Term::Length(seconds) => write!(f, "length:{seconds}"),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pattern::Word(word) => f.write_str(word),
            Pattern::Exact(text) => Quoted(text).fmt(f),
        }
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let least = self.least;
        match self.most {
            None => write!(f, ">={least}s"),
            Some(most) if most == least => write!(f, "={least}s"),
            Some(most) => write!(f, "{least}s..{most}s"),
        }
    }
}

/// Writes a text in quotes, with the parser's escapes.
pub(super) struct Quoted<'t>(pub &'t str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.replace('\\', "\\\\").replace('"', "\\\""))
    }
}
