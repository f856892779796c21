//! Searching: each key filters the list, or shows an error in the query.

use std::collections::BTreeSet;

use crate::core::search::{self, Completion, Context, Matcher, Query, Vocabulary};
use crate::tui::command::Command;
use crate::tui::field::Field;
use crate::tui::list::relist::list_anew;
use crate::tui::msg::Effect;
use crate::tui::search_line::Completing;
use crate::tui::state::State;
use crate::tui::update::news;

/// The maximum number of completions in the notice.
const TOLD: usize = 12;

/// Opens the search line.
pub(in crate::tui) fn open(state: &mut State) {
    state.filter.open();
    state.detail.full = false;
    state.detail.focused = false;
}

/// Handles a changed search: filters the list, or marks the error and keeps the last matches.
pub(in crate::tui) fn changed(state: &mut State, effects: &mut Vec<Effect>) {
    let context = Context { now: state.now, zone: state.setup.zone };
    let text = state.filter.input.value();
    match search::parse(text, &context) {
        Ok(query) => {
            state.filter.mistake = None;
            find(state, query, &context, effects);
        }
        Err(mistake) => {
            // The start of a key such as `is:unread` is parsed as a word, which rarely matches. Until it
            // is complete, search for the text before it.
            let before = text.get(..mistake.at.start).and_then(|text| text.rsplit_once(char::is_whitespace));
            let before = before.map_or("", |(before, _)| before);
            let begun = mistake.at.end == text.len() && state.inbox.list.is_empty();
            let query = if begun { search::parse(before, &context).ok() } else { None };
            state.filter.mistake = Some(mistake);
            if let Some(query) = query {
                find(state, query, &context, effects);
            }
        }
    }
}

/// Filters the list by `query`.
fn find(state: &mut State, query: Query, context: &Context, effects: &mut Vec<Effect>) {
    let listed = &mut state.inbox.query;
    match &mut listed.filter {
        _ if query.is_all() => listed.filter = None,
        Some((known, matcher)) => {
            matcher.set(&query, context);
            *known = query;
        }
        None => {
            let matcher = Matcher::new(&query, context);
            listed.filter = Some((query, matcher));
        }
    }
    list_anew(state, effects);
}

/// Keeps the search and returns to the list. Refuses a query with an error: the list does not show it.
pub(in crate::tui) fn keep(state: &mut State) {
    if state.filter.mistake.is_some() {
        let clear = state.setup.keymap.named(Command::ClearSearch);
        return news(state, format!("not kept: correct the search, or {clear} to clear it"));
    }
    state.filter.remember();
    state.filter.open = false;
}

/// Clears the search.
pub(in crate::tui) fn clear(state: &mut State, effects: &mut Vec<Effect>) {
    state.filter.remember();
    state.filter.open = false;
    state.filter.mistake = None;
    state.filter.input = Field::default();
    state.inbox.query.filter = None;
    list_anew(state, effects);
}

/// Recalls an earlier search into the line, or a later one.
pub(in crate::tui) fn recall(state: &mut State, earlier: bool, effects: &mut Vec<Effect>) {
    state.filter.recall(earlier);
    changed(state, effects);
}

/// Completes the word of the search before the cursor as far as all candidates agree. Repeated, cycles
/// through the candidates.
pub(in crate::tui) fn complete(state: &mut State, effects: &mut Vec<Effect>) {
    let input = &state.filter.input;
    let begun = state.filter.completing.take().filter(|begun| begun.shown == input.value());
    let (typed, turn) = begun.map_or_else(|| (input.clone(), 0), |begun| (begun.typed, begun.turn + 1));
    let words = Words { state };
    let Some(completion) = search::complete(typed.value(), typed.cursor(), &words) else { return };
    let Completion { replace, candidates } = completion;
    let common = common_start(&candidates);
    let adds = typed.value().get(replace.clone()).is_some_and(|now| common.len() > now.len());
    let mut next = typed.clone();
    let common = (candidates.len() > 1 && turn == 0 && adds).then_some(&common);
    let Some(word) = common.or_else(|| candidates.get(turn % candidates.len().max(1))) else { return };
    next.replace(replace, word);
    if common.is_none() {
        let shown = next.value().to_owned();
        state.filter.completing = (candidates.len() > 1).then_some(Completing { typed, turn, shown });
    }
    state.filter.input = next;
    changed(state, effects);
    if candidates.len() > 1 {
        news(state, candidates.into_iter().take(TOLD).collect::<Vec<_>>().join("  "));
    }
}

/// The words for completion: tags and caller names of the rows.
struct Words<'s> {
    state: &'s State,
}

impl Vocabulary for Words<'_> {
    fn tags(&self) -> impl Iterator<Item = &str> {
        self.state.inbox.rows.every_tag().collect::<BTreeSet<_>>().into_iter()
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.state.inbox.rows.every_name()
    }
}

fn common_start(candidates: &[String]) -> String {
    let Some((first, rest)) = candidates.split_first() else { return String::new() };
    let mut common = first.as_str();
    for candidate in rest {
        let same = common.chars().zip(candidate.chars()).take_while(|(a, b)| a == b);
        common = &common[..same.map(|(a, _)| a.len_utf8()).sum()];
    }
    common.to_owned()
}
