//! A query made ready for one moment: dates as milliseconds, words as needles, and the cheap tests
//! before the dear ones.

use super::needle::{Digits, Needle, Scratch};
use super::query::{Node, PARTS, Pattern, STATES, Term};
use super::{CallerTexts, Context, Query};
use crate::model::{Flags, Span};

/// What stands for a caller who sent no number.
const WITHHELD: &str = "Withheld";

/// What to do with a row.
#[derive(Debug)]
pub(super) enum Step {
    All(Vec<Step>),
    Any(Vec<Step>),
    Not(Box<Step>),
    /// Whether the bits are set, or not.
    Flags(Flags, bool),
    Time(Span),
    /// Milliseconds, both ends included.
    Length(u32, u32),
    /// In small letters.
    Tag(String),
    /// The number of one of [`Plan::texts`].
    Text(usize),
}

impl Step {
    /// What it costs for a row, roughly: cheap tests go first, and leave less to the others.
    fn cost(&self) -> u32 {
        match self {
            Step::Flags(..) => 1,
            Step::Length(..) | Step::Time(_) => 2,
            Step::Tag(_) => 4,
            Step::Text(_) => 8,
            Step::Not(inner) => inner.cost(),
            Step::All(steps) | Step::Any(steps) => steps.iter().map(Step::cost).fold(0, u32::saturating_add),
        }
    }
}

/// A condition on texts.
#[derive(Debug)]
pub(super) struct TextTest {
    /// What it was made from: equal terms are one test, and keep what was found out about callers.
    pub term: Term,
    /// Whether a row is the better for matching: not where it is to be left out.
    pub wanted: bool,
    look: Look,
}

#[derive(Debug)]
enum Look {
    Anywhere(Needle),
    Name(Needle),
    From(Option<Digits>),
    HasName,
}

impl TextTest {
    /// How well the caller matches, from 1; 0 where they do not.
    pub fn caller_score(&self, caller: &CallerTexts<'_>, scratch: &mut Scratch) -> u16 {
        let score = match &self.look {
            Look::Anywhere(needle) => {
                let number = needle.digits().and_then(|digits| digits.score(caller.digits));
                number.max(needle.score(caller.name, scratch)).max(needle.score(shown(caller), scratch))
            }
            Look::Name(needle) => needle.score(shown_name(caller), scratch),
            Look::From(digits) => digits.as_ref().and_then(|digits| digits.score(caller.digits)),
            Look::HasName => (!caller.name.is_empty()).then_some(1),
        };
        score.unwrap_or(0)
    }

    /// Whether the caller matches: the same as a score, for much less.
    pub fn caller_matches(&self, caller: &CallerTexts<'_>, scratch: &mut Scratch) -> bool {
        match &self.look {
            Look::Anywhere(needle) => {
                needle.digits().is_some_and(|digits| digits.matches(caller.digits))
                    || needle.matches(caller.name, scratch)
                    || needle.matches(shown(caller), scratch)
            }
            Look::Name(needle) => needle.matches(shown_name(caller), scratch),
            Look::From(digits) => digits.as_ref().is_some_and(|digits| digits.matches(caller.digits)),
            Look::HasName => !caller.name.is_empty(),
        }
    }

    /// What to look for in notes and tags, if they are to be looked at.
    pub fn elsewhere(&self) -> Option<&Needle> {
        match &self.look {
            Look::Anywhere(needle) => Some(needle),
            _ => None,
        }
    }

    /// What to look for in the caller's name.
    pub fn in_name(&self) -> Option<&Needle> {
        match &self.look {
            Look::Anywhere(needle) | Look::Name(needle) => Some(needle),
            _ => None,
        }
    }

    /// What to look for in the caller's number.
    pub fn in_number(&self) -> Option<&Digits> {
        match &self.look {
            Look::Anywhere(needle) => needle.digits(),
            Look::From(digits) => digits.as_ref(),
            _ => None,
        }
    }

    /// Whether only callers that match `before` can match this: its text was typed on.
    pub fn narrows(&self, before: &TextTest) -> bool {
        let words = matches!(
            (&self.term, &before.term),
            (Term::Text(Pattern::Word(_)), Term::Text(Pattern::Word(_)))
                | (Term::Name(Pattern::Word(_)), Term::Name(Pattern::Word(_)))
        );
        let (Some(needle), Some(shorter)) = (self.in_name(), before.in_name()) else { return false };
        let same_kind = match (needle.digits(), shorter.digits()) {
            (None, None) => true,
            // With zeros in front, more digits can match what fewer did not.
            (Some(digits), Some(_)) => !digits.may_be_dialled(),
            _ => false,
        };
        words && same_kind && needle.begins_with(shorter)
    }
}

/// What people see of a caller without a name.
fn shown<'c>(caller: &CallerTexts<'c>) -> &'c str {
    if caller.display.is_empty() { WITHHELD } else { caller.display }
}

/// The name that people see: one that was given, or what came in place of a number.
fn shown_name<'c>(caller: &CallerTexts<'c>) -> &'c str {
    let named = caller.name.is_empty() && caller.display.chars().any(char::is_alphabetic);
    if named { caller.display } else { caller.name }
}

/// A query made ready.
#[derive(Debug)]
pub(super) struct Plan {
    pub root: Step,
    pub texts: Vec<TextTest>,
    /// The tags that are asked for, in small letters.
    pub tags: Vec<String>,
}

impl Plan {
    pub fn new(query: &Query, context: &Context) -> Plan {
        let mut plan = Plan { root: Step::All(Vec::new()), texts: Vec::new(), tags: Vec::new() };
        plan.root = plan.step(&query.0, true, context);
        plan
    }

    fn step(&mut self, node: &Node, wanted: bool, context: &Context) -> Step {
        let mut steps = |parts: &[Node]| {
            let mut steps: Vec<Step> = parts.iter().map(|part| self.step(part, wanted, context)).collect();
            steps.sort_by_key(Step::cost);
            steps
        };
        match node {
            Node::And(parts) => Step::All(steps(parts)),
            Node::Or(parts) => Step::Any(steps(parts)),
            Node::Not(inner) => Step::Not(Box::new(self.step(inner, !wanted, context))),
            Node::Term(term) => self.term(term, wanted, context),
        }
    }

    fn term(&mut self, term: &Term, wanted: bool, context: &Context) -> Step {
        match term {
            Term::Date(range) => Step::Time(range.resolve(context.now, context.zone).view()),
            Term::Is(word) => {
                let state = STATES.iter().find(|(known, ..)| known == word);
                state.map_or(Step::All(Vec::new()), |(_, flags, set)| Step::Flags(*flags, *set))
            }
            Term::Has(word) => match PARTS.iter().find(|(known, _)| known == word) {
                Some((_, Some(flags))) => Step::Flags(*flags, true),
                _ => self.text(term, wanted, Look::HasName),
            },
            Term::Tag(tag) => {
                let tag = tag.to_lowercase();
                if wanted {
                    self.tags.push(tag.clone());
                }
                Step::Tag(tag)
            }
            // A length of 0 is an unknown one, which is neither long nor short.
            Term::Length(seconds) => {
                let least = seconds.least.saturating_mul(1_000).max(1);
                let most =
                    seconds.most.map_or(u32::MAX, |most| most.saturating_mul(1_000).saturating_add(999));
                Step::Length(least, most)
            }
            Term::Text(pattern) => self.text(term, wanted, Look::Anywhere(Needle::new(pattern))),
            Term::Name(pattern) => self.text(term, wanted, Look::Name(Needle::new(pattern))),
            Term::From(digits) => self.text(term, wanted, Look::From(Digits::of(digits))),
        }
    }

    fn text(&mut self, term: &Term, wanted: bool, look: Look) -> Step {
        if let Some(known) = self.texts.iter().position(|known| known.term == *term) {
            self.texts[known].wanted |= wanted;
            return Step::Text(known);
        }
        self.texts.push(TextTest { term: term.clone(), wanted, look });
        Step::Text(self.texts.len() - 1)
    }
}
