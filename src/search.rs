//! The query language: what narrows a list of voicemail down, as the screen's filter, the views
//! and the command line write it.
//!
//! [`parse`] reads a text into a [`Query`], or says what is wrong with it and where. A [`Matcher`]
//! takes a query and goes over the columns of a [`Source`]; a [`Highlighter`] finds what matched
//! in a text that is shown; [`complete`] offers what could be typed next. The operators are listed
//! in `assets/query.txt` ([`operators`]), which is what people are shown.
//!
//! Pure: now and the zone are arguments. Nothing here knows a screen, a store or a file.

mod complete;
mod highlight;
mod matcher;
mod needle;
mod parse;
mod plan;
mod query;

use std::ops::Range;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::model::Flags;
use crate::store::CallerId;

pub use complete::{Completion, Vocabulary, complete};
pub use highlight::{Field, Highlighter};
pub use matcher::Matcher;
pub use parse::parse;
pub use query::Query;

/// When and where a query is asked: what `date:today` means depends on both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// The present.
    pub now: DateTime<Utc>,
    /// The zone in which days begin.
    pub zone: Tz,
}

/// Why a text is no query, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Mistake {
    /// The faulty part, in bytes of the text and on character boundaries; empty where something
    /// is missing.
    pub at: Range<usize>,
    /// What is wrong and what would be right, in one line without a full stop.
    pub message: String,
    /// What could stand in the place of the faulty part.
    pub instead: Option<String>,
}

/// The texts of a caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallerTexts<'s> {
    /// The number as it is shown, or what came when it is no number; empty when withheld.
    pub display: &'s str,
    /// The digits of the number in international form, nothing between them. Where it is no valid
    /// number, the digits of what came.
    pub digits: &'s str,
    /// The name that was given to the caller; empty when there is none.
    pub name: &'s str,
}

/// Voicemail in the order of the list: each column has one value a row.
#[derive(Clone, Copy, Debug)]
pub struct Columns<'s> {
    /// When each was left, in milliseconds since the epoch.
    pub times: &'s [i64],
    /// What is known of each. Notes and tags are looked up only where [`Flags::NOTE`] and
    /// [`Flags::TAGGED`] say that there are some.
    pub flags: &'s [Flags],
    /// How long each is, in milliseconds; 0 where that is not known.
    pub lengths: &'s [u32],
    /// The caller of each.
    pub callers: &'s [CallerId],
}

/// What is searched: voicemail as columns, and the few texts that belong to them.
pub trait Source {
    /// The columns, all of one length.
    fn columns(&self) -> Columns<'_>;

    /// One more than the largest number of a caller: there are far fewer callers than rows, so
    /// their texts are looked at once each.
    fn caller_end(&self) -> u32;

    /// The texts of a caller; all empty for one that is not known.
    fn caller(&self, caller: CallerId) -> CallerTexts<'_>;

    /// Another number whenever the texts of a caller have changed: what was found out about
    /// callers is used again while it stays the same. New callers need none.
    fn generation(&self) -> u64;

    /// The note of a row, empty when it has none. As [`Source::tags`], it is asked for at each
    /// keystroke for every row in question that has one: in large lists, most of a keystroke is
    /// spent on these lookups.
    fn note(&self, row: u32) -> &str;

    /// The tags of a row.
    fn tags(&self, row: u32) -> impl Iterator<Item = &str>;
}

/// The last place up to `at` where a character of `text` begins, or its end.
fn char_boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|place| text.is_char_boundary(*place)).unwrap_or(0)
}

/// Every operator of the language: an example, and what it means. For the help, in its order.
pub fn operators() -> impl Iterator<Item = (&'static str, &'static str)> {
    include_str!("../assets/query.txt")
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(example, meaning)| (example, meaning.trim_start()))
}
