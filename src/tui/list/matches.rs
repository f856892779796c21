//! What a search matched in a line of the list: each of its texts is cut around that, and a text that the
//! line does not show is shown in place of other columns. The detail asks here as well.

use std::ops::Range;

use crate::core::facts::Flags;
use crate::core::search::{Highlighter, SearchedText};
use crate::store::Row;
use crate::tui::state::State;
use crate::tui::view::cut;
use crate::tui::view::pen::width;

/// A text in a cell, and what matched in it.
#[derive(Clone, Debug, Default)]
pub struct Fitted<'t> {
    pub text: &'t str,
    /// The part to show, in bytes.
    pub part: Range<usize>,
    /// What matched, in bytes.
    pub hits: Vec<Range<usize>>,
}

impl Fitted<'_> {
    /// Returns its width in cells.
    pub fn width(&self) -> u16 {
        let cut = u16::from(self.part.start > 0) + u16::from(self.part.end < self.text.len());
        self.text.get(self.part.clone()).map_or(0, width) + cut
    }
}

/// A text of a voicemail beside the name of its caller, and its mark in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aside<'t> {
    pub mark: &'static str,
    pub text: &'t str,
    pub field: SearchedText,
}

impl<'t> Aside<'t> {
    /// Returns the number of the caller.
    pub fn number(state: &'t State, row: &Row) -> Aside<'t> {
        Aside { mark: "", text: state.inbox.rows.number(row), field: SearchedText::Caller }
    }

    /// Returns the tags.
    pub fn tags(state: &'t State, row: &Row) -> impl Iterator<Item = Aside<'t>> {
        let tagged = row.flags.contains(Flags::TAGGED);
        let tags = if tagged { state.inbox.rows.tags_of(row.id) } else { &[] };
        tags.iter().map(|tag| Aside { mark: "#", text: tag, field: SearchedText::Tag })
    }

    /// Returns the note.
    pub fn note(state: &'t State, row: &Row) -> Option<Aside<'t>> {
        let noted = row.flags.contains(Flags::NOTE);
        let text = noted.then(|| state.inbox.rows.note_of(row.id).unwrap_or(""))?;
        Some(Aside { mark: "✎ ", text, field: SearchedText::Note })
    }
}

/// Finds what matched, line by line.
#[derive(Debug)]
pub struct Matches<'m> {
    highlighter: Option<Highlighter<'m>>,
    /// For each term of the query, whether a match of it is shown in this line.
    seen: Vec<bool>,
    places: Vec<Range<usize>>,
}

impl<'m> Matches<'m> {
    /// Finds what the search of `state` matched, if there is one.
    pub fn new(state: &'m State) -> Matches<'m> {
        let filter = state.inbox.query.filter.as_ref();
        let highlighter = filter.map(|(_, matcher)| matcher.highlighter());
        Matches { highlighter, seen: Vec::new(), places: Vec::new() }
    }

    /// Returns what matched in `text`, in bytes.
    pub fn hits(&mut self, field: SearchedText, text: &str) -> Vec<Range<usize>> {
        let mut hits = Vec::new();
        if let Some(highlighter) = &mut self.highlighter {
            highlighter.highlight(field, text, &mut hits);
        }
        hits
    }

    /// Begins a line.
    pub fn begin(&mut self) {
        self.seen.clear();
        self.seen.resize(self.highlighter.as_ref().map_or(0, Highlighter::terms), false);
    }

    /// Fits `text` into `room` cells: around what matched, if it may be cut `anywhere`, else from its start.
    pub fn fit<'t>(&mut self, field: SearchedText, text: &'t str, room: u16, anywhere: bool) -> Fitted<'t> {
        if room == 0 {
            return Fitted::default();
        }
        let mut fitted = Fitted { text, ..Fitted::default() };
        let Some(highlighter) = &mut self.highlighter else {
            return Fitted { part: cut::start(text, room), ..fitted };
        };
        highlighter.highlight(field, text, &mut fitted.hits);
        fitted.part = if anywhere { cut::around(text, &fitted.hits, room) } else { cut::start(text, room) };
        let part = &fitted.part;
        for (term, seen) in self.seen.iter_mut().enumerate().filter(|_| !fitted.hits.is_empty()) {
            highlighter.highlight_term(term, field, text, &mut self.places);
            // A match that is longer than a cell that may be cut anywhere is seen as far as it can be.
            let shows = |hit: &Range<usize>| {
                part.start <= hit.start && if anywhere { hit.start < part.end } else { hit.end <= part.end }
            };
            *seen |= self.places.iter().any(shows);
        }
        fitted
    }

    /// Returns the texts of `row` with the matches that its line does not show: the number of a caller with
    /// a name, tags and the note.
    pub fn unseen<'s>(&mut self, state: &'s State, row: &Row) -> Vec<Aside<'s>> {
        let mut asides: Vec<Aside<'s>> = Vec::new();
        let Some(highlighter) = self.highlighter.as_mut().filter(|_| self.seen.contains(&false)) else {
            return asides;
        };
        let number = std::iter::once(Aside::number(state, row));
        let texts: Vec<_> = number.chain(Aside::tags(state, row)).chain(Aside::note(state, row)).collect();
        for term in (0..self.seen.len()).filter(|term| !self.seen[*term]) {
            let found = texts.iter().find(|aside| {
                highlighter.highlight_term(term, aside.field, aside.text, &mut self.places);
                !self.places.is_empty()
            });
            asides.extend(found.filter(|found| !asides.contains(found)));
        }
        asides
    }
}
