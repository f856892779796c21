//! What a query is made of, and its normal form as text.

use std::fmt;

use crate::model::Flags;
use crate::range;

/// The keys of the language with their colon, in the order in which they are offered.
pub(super) const KEYS: [&str; 7] = ["from:", "name:", "date:", "is:", "has:", "tag:", "length:"];

/// What can stand after `is:`: the bits, and whether they are to be set.
pub(super) const STATES: [(&str, Flags, bool); 5] = [
    ("unread", Flags::READ, false),
    ("read", Flags::READ, true),
    ("starred", Flags::STARRED, true),
    ("done", Flags::DONE, true),
    ("called", Flags::CALLED, true),
];

/// What can stand after `has:`; a name is the caller's, and so has no bit.
pub(super) const PARTS: [(&str, Option<Flags>); 4] = [
    ("note", Some(Flags::NOTE)),
    ("tag", Some(Flags::TAGGED)),
    ("name", None),
    ("recording", Some(Flags::RECORDING)),
];

/// What is asked for, not bound to a moment: `date:today` is another day tomorrow.
///
/// Its text (`Display`) is a normal form that reads back as an equal query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query(pub(super) Node);

impl Query {
    /// The query that asks for nothing: everything matches.
    pub const ALL: Query = Query(Node::And(Vec::new()));

    /// What both ask for.
    #[must_use]
    pub fn and(self, other: Query) -> Query {
        Query(Node::all(vec![self.0, other.0]))
    }

    /// Whether everything matches because nothing is asked for.
    pub fn is_all(&self) -> bool {
        *self == Query::ALL
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A part of a query. There is no `And` directly in an `And` and no `Or` in an `Or`, and only the
/// whole query can be an empty `And`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Term(Term),
    Not(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
}

impl Node {
    /// All of `parts`.
    pub fn all(parts: Vec<Node>) -> Node {
        joined(parts, Node::And, |part| match part {
            Node::And(parts) => Ok(parts),
            other => Err(other),
        })
    }

    /// Any of `parts`.
    pub fn any(parts: Vec<Node>) -> Node {
        joined(parts, Node::Or, |part| match part {
            Node::Or(parts) => Ok(parts),
            other => Err(other),
        })
    }

    /// Everything but this.
    pub fn negated(self) -> Node {
        match self {
            Node::Not(inner) => *inner,
            other => Node::Not(Box::new(other)),
        }
    }
}

/// Parts joined, with the parts of those that are joined in the same way (`inner` says which) in
/// their place. A single part is itself.
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
                // `a b OR c` reads as `(a b) OR c`.
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
    Date(range::Range),
    /// A word of [`STATES`].
    Is(&'static str),
    /// A word of [`PARTS`].
    Has(&'static str),
    /// A tag, in any case.
    Tag(String),
    Length(Seconds),
}

/// What is looked for in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pattern {
    /// As typed: fuzzy, or a part of a number.
    Word(String),
    /// From between quotes: exactly this.
    Exact(String),
}

/// Lengths in whole seconds, both ends included; parts of a second do not count, as they are not
/// shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seconds {
    pub least: u32,
    pub most: Option<u32>,
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Term::Text(pattern) => pattern.fmt(f),
            Term::From(digits) => write!(f, "from:{digits}"),
            Term::Name(pattern) => write!(f, "name:{pattern}"),
            // Always in quotes, or the next word could be taken for a part of the range.
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

/// A text between quotes, as the parser reads it.
pub(super) struct Quoted<'t>(pub &'t str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.replace('\\', "\\\\").replace('"', "\\\""))
    }
}
