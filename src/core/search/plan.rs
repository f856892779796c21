//! Prepares a query for a moment in time: dates become milliseconds, words become needles, and cheap
//! tests go before expensive ones.

use crate::core::facts::Flags;
use crate::core::model::Span;
use crate::core::search::fold::folded;
use crate::core::search::needle::{Digits, Needle, Scratch};
use crate::core::search::prose::Prose;
use crate::core::search::query::{Node, PARTS, Pattern, Term, states};
use crate::core::search::{CallerTexts, Context, Query};

/// The text shown for a caller who withheld the number.
const WITHHELD: &str = "Withheld";

/// A test of a row.
#[derive(Debug)]
pub(super) enum PlanStep {
    All(Vec<PlanStep>),
    Any(Vec<PlanStep>),
    Not(Box<PlanStep>),
    /// Whether all of the flags are set (true), or not (false).
    Flags(Flags, bool),
    Time(Span),
    /// In milliseconds, both ends inclusive.
    Length(u32, u32),
    /// Folded.
    Tag(String),
    /// An index into [`Plan::texts`].
    Text(usize),
}

impl PlanStep {
    /// Estimates the cost per row: cheap tests go first and leave fewer rows to the others.
    fn cost(&self) -> u32 {
        match self {
            PlanStep::Flags(..) => 1,
            PlanStep::Length(..) | PlanStep::Time(_) => 2,
            PlanStep::Tag(_) => 4,
            PlanStep::Text(_) => 8,
            PlanStep::Not(inner) => inner.cost(),
            PlanStep::All(steps) | PlanStep::Any(steps) => {
                steps.iter().map(PlanStep::cost).fold(0, u32::saturating_add)
            }
        }
    }
}

/// A test of texts.
#[derive(Debug)]
pub(super) struct TextTest {
    /// Its term: equal terms share one test and its results for callers.
    pub term: Term,
    /// Whether a match counts for the score; false if the term excludes rows.
    pub wanted: bool,
    look: Look,
}

#[derive(Debug)]
enum Look {
    Anywhere(Prose),
    Name(Needle),
    Note(Prose),
    From(Option<Digits>),
    HasName,
}

/// A text of a row that is not its caller's.
#[derive(Clone, Copy, Debug)]
pub(super) enum RowText<'s> {
    Note(&'s str),
    Tag(&'s str),
}

impl TextTest {
    /// Returns the caller's score in this test, from 1; 0 for no match.
    pub fn caller_score(&self, caller: &CallerTexts<'_>, scratch: &mut Scratch) -> u16 {
        let score = match &self.look {
            Look::Anywhere(Prose { needle, .. }) => {
                let number = needle.digits().and_then(|digits| digits.score(caller.digits));
                number.max(needle.score(caller.name, scratch)).max(needle.score(shown(caller), scratch))
            }
            Look::Name(needle) => needle.score(shown_name(caller), scratch),
            Look::From(digits) => digits.as_ref().and_then(|digits| digits.score(caller.digits)),
            Look::HasName => (!caller.name.is_empty()).then_some(1),
            Look::Note(_) => None,
        };
        score.unwrap_or(0)
    }

    /// Returns whether the caller matches this test: equivalent to having a score, but much faster.
    pub fn caller_matches(&self, caller: &CallerTexts<'_>, scratch: &mut Scratch) -> bool {
        match &self.look {
            Look::Anywhere(Prose { needle, .. }) => {
                needle.digits().is_some_and(|digits| digits.matches(caller.digits))
                    || needle.matches(caller.name, scratch)
                    || needle.matches(shown(caller), scratch)
            }
            Look::Name(needle) => needle.matches(shown_name(caller), scratch),
            Look::From(digits) => digits.as_ref().is_some_and(|digits| digits.matches(caller.digits)),
            Look::HasName => !caller.name.is_empty(),
            Look::Note(_) => false,
        }
    }

    /// Returns the flags of rows with texts of their own to search; none if only callers matter.
    pub fn row_flags(&self) -> Flags {
        match &self.look {
            Look::Anywhere(_) => Flags::NOTE | Flags::TAGGED,
            Look::Note(_) => Flags::NOTE,
            Look::Name(_) | Look::From(_) | Look::HasName => Flags::NONE,
        }
    }

    /// Returns the score of a text of a row, from 1; `None` for no match.
    pub fn row_score(&self, text: RowText<'_>, scratch: &mut Scratch) -> Option<u16> {
        match text {
            RowText::Note(text) => self.in_note()?.score(text, scratch),
            RowText::Tag(text) => self.in_tag()?.score(text, scratch),
        }
    }

    /// Returns whether a text of a row matches: equivalent to having a score, but much faster.
    pub fn row_matches(&self, text: RowText<'_>, scratch: &mut Scratch) -> bool {
        match text {
            RowText::Note(text) => self.in_note().is_some_and(|prose| prose.matches(text, scratch)),
            RowText::Tag(text) => self.in_tag().is_some_and(|needle| needle.matches(text, scratch)),
        }
    }

    /// Returns the words to search for in the note, if any.
    pub fn in_note(&self) -> Option<&Prose> {
        match &self.look {
            Look::Anywhere(prose) | Look::Note(prose) => Some(prose),
            _ => None,
        }
    }

    /// Returns the needle to search for in tags, if any.
    pub fn in_tag(&self) -> Option<&Needle> {
        match &self.look {
            Look::Anywhere(prose) => Some(&prose.needle),
            _ => None,
        }
    }

    /// Returns this test's needle to search for in the caller's name, if any.
    pub fn in_name(&self) -> Option<&Needle> {
        match &self.look {
            Look::Anywhere(Prose { needle, .. }) | Look::Name(needle) => Some(needle),
            _ => None,
        }
    }

    /// Returns this test's digits to search for in the caller's number, if any.
    pub fn in_number(&self) -> Option<&Digits> {
        match &self.look {
            Look::Anywhere(prose) => prose.needle.digits(),
            Look::From(digits) => digits.as_ref(),
            _ => None,
        }
    }

    /// Returns whether only callers that match `before` can match this test, because its text extends the
    /// text of `before`.
    pub fn narrows(&self, before: &TextTest) -> bool {
        let words = matches!(
            (&self.term, &before.term),
            (Term::Text(Pattern::Word(_)), Term::Text(Pattern::Word(_)))
                | (Term::Name(Pattern::Word(_)), Term::Name(Pattern::Word(_)))
        );
        let (Some(needle), Some(shorter)) = (self.in_name(), before.in_name()) else { return false };
        let same_kind = match (needle.digits(), shorter.digits()) {
            (None, None) => true,
            // With leading zeros, more digits can match numbers that fewer digits did not.
            (Some(digits), Some(_)) => !digits.may_be_dialled(),
            _ => false,
        };
        words && same_kind && needle.begins_with(shorter)
    }
}

/// Returns the text shown for a caller without a name.
fn shown<'c>(caller: &CallerTexts<'c>) -> &'c str {
    if caller.display.is_empty() { WITHHELD } else { caller.display }
}

/// Returns the name shown: the caller's name, or the caller as received if it is not a number.
fn shown_name<'c>(caller: &CallerTexts<'c>) -> &'c str {
    let named = caller.name.is_empty() && caller.display.chars().any(char::is_alphabetic);
    if named { caller.display } else { caller.name }
}

/// A prepared query.
#[derive(Debug)]
pub(super) struct Plan {
    pub root: PlanStep,
    pub texts: Vec<TextTest>,
    /// The tags searched for, folded.
    pub tags: Vec<String>,
}

impl Plan {
    pub fn new(query: &Query, context: &Context) -> Plan {
        let mut plan = Plan { root: PlanStep::All(Vec::new()), texts: Vec::new(), tags: Vec::new() };
        plan.root = plan.step(&query.0, true, context);
        plan
    }

    fn step(&mut self, node: &Node, wanted: bool, context: &Context) -> PlanStep {
        let mut steps = |parts: &[Node]| {
            let mut steps: Vec<PlanStep> =
                parts.iter().map(|part| self.step(part, wanted, context)).collect();
            steps.sort_by_key(PlanStep::cost);
            steps
        };
        match node {
            Node::And(parts) => PlanStep::All(steps(parts)),
            Node::Or(parts) => PlanStep::Any(steps(parts)),
            Node::Not(inner) => PlanStep::Not(Box::new(self.step(inner, !wanted, context))),
            Node::Term(term) => self.term(term, wanted, context),
        }
    }

    fn term(&mut self, term: &Term, wanted: bool, context: &Context) -> PlanStep {
        match term {
            Term::Date(range) => PlanStep::Time(range.resolve(context.now, context.zone).view()),
            Term::Is(word) => {
                let state = states().find(|(known, ..)| known == word);
                state.map_or(PlanStep::All(Vec::new()), |(_, flags, set)| PlanStep::Flags(flags, set))
            }
            Term::Has(word) => match PARTS.iter().find(|(known, _)| known == word) {
                Some((_, Some(flags))) => PlanStep::Flags(*flags, true),
                _ => self.text(term, wanted, Look::HasName),
            },
            Term::Tag(tag) => {
                let tag = folded(tag);
                if wanted {
                    self.tags.push(tag.clone());
                }
                PlanStep::Tag(tag)
            }
            // A length of 0 is unknown, so it never matches.
            Term::Length(seconds) => {
                let least = seconds.least.saturating_mul(1_000).max(1);
                let most =
                    seconds.most.map_or(u32::MAX, |most| most.saturating_mul(1_000).saturating_add(999));
                PlanStep::Length(least, most)
            }
            Term::Text(pattern) => self.text(term, wanted, Look::Anywhere(Prose::new(pattern))),
            Term::Note(pattern) => self.text(term, wanted, Look::Note(Prose::new(pattern))),
            Term::Name(pattern) => self.text(term, wanted, Look::Name(Needle::new(pattern))),
            Term::From(digits) => self.text(term, wanted, Look::From(Digits::of(digits))),
        }
    }

    fn text(&mut self, term: &Term, wanted: bool, look: Look) -> PlanStep {
        if let Some(known) = self.texts.iter().position(|known| known.term == *term) {
            self.texts[known].wanted |= wanted;
            return PlanStep::Text(known);
        }
        self.texts.push(TextTest { term: term.clone(), wanted, look });
        PlanStep::Text(self.texts.len() - 1)
    }
}

/// Returns whether a tag, folded, is the `wanted` one of a query.
pub(super) fn same_tag(tag: &str, wanted: &str) -> bool {
    if tag.is_ascii() {
        return tag.bytes().map(|byte| byte.to_ascii_lowercase()).eq(wanted.bytes());
    }
    folded(tag) == wanted
}
