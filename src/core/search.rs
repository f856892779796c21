//! The query language for voicemails, used by the screen's filter, the views and the command line.
//!
//! [`parse`] parses a text into a [`Query`]; its errors have a position. A [`Matcher`] applies a query to
//! the columns of a [`Source`], a [`Highlighter`] finds the matches in a shown text, and [`complete`]
//! completes what the user types. `assets/query.txt` lists the operators ([`operators`]) for users.
//!
//! Pure: now and the zone are arguments. Nothing here knows a screen, a store or a file.

use std::ops::Range;

use chrono::{DateTime, Utc};

use crate::core::facts::Flags;
use crate::core::model::CallerId;
use crate::core::zone::Tz;

mod complete;
mod fold;
mod highlight;
mod matcher;
mod needle;
mod parse;
mod plan;
mod prose;
mod query;

pub use crate::core::search::complete::{Completion, Vocabulary, complete};
pub use crate::core::search::fold::folded;
pub use crate::core::search::highlight::{Highlighter, SearchedText};
pub use crate::core::search::matcher::Matcher;
pub use crate::core::search::parse::{begins_with_field, parse};
pub use crate::core::search::query::Query;

/// The time and the time zone of a search: `date:today` depends on both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// The present.
    pub now: DateTime<Utc>,
    /// The zone in which days begin.
    pub zone: Tz,
}

/// Why a text is not a query, and where the error is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Mistake {
    /// The faulty part, in bytes of the text and on character boundaries; empty where something
    /// is missing.
    pub at: Range<usize>,
    /// What is wrong and how to correct it, in one line without a full stop.
    pub message: String,
    /// A replacement for the faulty part.
    pub instead: Option<String>,
}

/// The texts of a caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallerTexts<'s> {
    /// The number as shown, or the caller as received if it is not a number; empty when withheld.
    pub display: &'s str,
    /// The digits of the number in international form, without separators. If the number is not valid,
    /// the digits of the caller as received.
    pub digits: &'s str,
    /// The caller's name; empty if there is none.
    pub name: &'s str,
}

/// Voicemails in the order of the list: each column has one value per row.
#[derive(Clone, Copy, Debug)]
pub struct Columns<'s> {
    /// The times, in milliseconds since the epoch.
    pub times: &'s [i64],
    /// The flags. Notes and tags are looked up only for rows with [`Flags::NOTE`] and
    /// [`Flags::TAGGED`].
    pub flags: &'s [Flags],
    /// The lengths, in milliseconds; 0 if unknown.
    pub lengths: &'s [u32],
    /// The callers.
    pub callers: &'s [CallerId],
}

/// The data to search: voicemails as columns, and their texts.
pub trait Source {
    /// Returns the columns to search, all of the same length.
    fn columns(&self) -> Columns<'_>;

    /// Returns one more than the largest ID of a caller. There are far fewer callers than rows, so the
    /// texts of each caller are tested only once.
    fn caller_end(&self) -> u32;

    /// Returns the texts of a caller to search; all empty if the caller is unknown.
    fn caller(&self, caller: CallerId) -> CallerTexts<'_>;

    /// Returns a number that changes whenever the texts of a caller change: results for callers are
    /// reused while it stays the same. It need not change for new callers.
    fn generation(&self) -> u64;

    /// Returns the note of a row to search, empty if it has none. Like [`Source::tags`], it is called at each
    /// keystroke for every candidate row that has one; in large lists, these lookups take most of the
    /// time.
    fn note(&self, row: u32) -> &str;

    /// Returns the tags of a row to search.
    fn tags(&self, row: u32) -> impl Iterator<Item = &str>;
}

/// Returns the last character boundary of `text` up to `at`.
fn char_boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|place| text.is_char_boundary(*place)).unwrap_or(0)
}

/// Returns every operator of the query language: an example and its meaning, in the order of the help.
pub fn operators() -> impl Iterator<Item = (&'static str, &'static str)> {
    include_str!("../../assets/query.txt")
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(example, meaning)| (example, meaning.trim_start()))
}
