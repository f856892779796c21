//! Searching: each key narrows the list down or says what is wrong.

use std::collections::BTreeSet;

use super::work::list_anew;
use crate::search::{self, Context, Matcher, Vocabulary};
use crate::tui::field::Field;
use crate::tui::msg::Effect;
use crate::tui::state::State;

/// Opens the search line.
pub(super) fn open(state: &mut State) {
    state.filter.open();
    state.detail.full = false;
    state.detail.focused = false;
}

/// The text has changed: shows what it finds. A mistake is marked, and what was found last stays.
pub(super) fn changed(state: &mut State, effects: &mut Vec<Effect>) {
    let context = Context { now: state.now, zone: state.zone };
    match search::parse(state.filter.input.value(), &context) {
        Ok(query) => {
            state.filter.mistake = None;
            let wish = &mut state.inbox.wish;
            if query.is_all() {
                wish.filter = None;
            } else {
                match &mut wish.filter {
                    Some((known, matcher)) => {
                        matcher.set(&query, &context);
                        *known = query;
                    }
                    None => wish.filter = Some((query.clone(), Matcher::new(&query, &context))),
                }
            }
            list_anew(state, effects);
        }
        Err(mistake) => state.filter.mistake = Some(mistake),
    }
}

/// Keeps the filter and goes back to the list.
pub(super) fn keep(state: &mut State) {
    state.filter.remember();
    state.filter.open = false;
}

/// Shows everything again.
pub(super) fn clear(state: &mut State, effects: &mut Vec<Effect>) {
    state.filter.remember();
    state.filter.open = false;
    state.filter.mistake = None;
    state.filter.input = Field::default();
    state.inbox.wish.filter = None;
    list_anew(state, effects);
}

/// Shows an earlier search, or a later one.
pub(super) fn recall(state: &mut State, earlier: bool, effects: &mut Vec<Effect>) {
    state.filter.recall(earlier);
    changed(state, effects);
}

/// Completes what stands before the cursor as far as there is one way to.
pub(super) fn complete(state: &mut State, effects: &mut Vec<Effect>) {
    let words = Words { state };
    let text = state.filter.input.value();
    let Some(completion) = search::complete(text, state.filter.input.cursor(), &words) else { return };
    let common = common_start(&completion.candidates);
    let now = text.get(completion.replace.clone()).unwrap_or("");
    let next = match completion.candidates.as_slice() {
        [only] => only.clone(),
        _ if common.len() > now.len() => common,
        // Nothing in common that is not there yet: one after the other.
        several => {
            let at = several.iter().position(|candidate| candidate == now);
            several[at.map_or(0, |at| (at + 1) % several.len())].clone()
        }
    };
    state.filter.input.replace(completion.replace, &next);
    changed(state, effects);
}

/// What the user's own words can be: tags and names of what is in the list.
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
