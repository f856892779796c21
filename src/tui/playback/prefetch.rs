//! Which recordings to fetch: those waiting to be played, and those to prefetch.

use chrono::TimeDelta;

use crate::core::facts::Flags;
use crate::core::model::VoicemailId;
use crate::core::prefetch::{Candidate, Prefetch, prefetch_order};
use crate::store::Row;
use crate::tui::list::rows::RowKey;
use crate::tui::msg::{AccountEffect, Effect};
use crate::tui::playback::{Recording, ahead};
use crate::tui::state::State;

/// How long the selection must rest before its recording is fetched.
const SETTLED: TimeDelta = TimeDelta::milliseconds(150);

/// Schedules prefetching of recordings after a change of the selection or the list.
pub(in crate::tui) fn schedule(state: &mut State) {
    if state.setup.playback.prefetch != Prefetch::Off {
        state.playback.settles = Some(state.now + SETTLED);
    }
    ahead::schedule(state);
}

/// Fetches the recordings that are due: the selection has settled, or a retry is due.
pub(in crate::tui) fn on_tick(state: &mut State, effects: &mut Vec<Effect>) {
    let now = state.now;
    let settled = state.playback.settles.take_if(|at| *at <= now).is_some();
    if settled || state.next_retry().is_some_and(|next| next <= now) {
        want(state, effects);
    }
}

/// Requests the wanted recordings, if they have changed.
pub(in crate::tui) fn want(state: &mut State, effects: &mut Vec<Effect>) {
    let wanted = wanted(state);
    if wanted != state.playback.wanted {
        state.playback.wanted.clone_from(&wanted);
        for key in &wanted {
            state.playback.recordings.entry(key.id).or_insert(Recording::Coming { received: 0, total: None });
        }
        effects.push(Effect::Account(AccountEffect::Prefetch(wanted)));
    }
    if !state.playback.wanted.is_empty() {
        ahead::give_way(state, effects);
    }
    ahead::schedule(state);
}

fn wanted(state: &State) -> Vec<RowKey> {
    let playback = &state.playback;
    let due = |id: VoicemailId| match playback.recordings.get(&id) {
        None | Some(Recording::Coming { .. }) => true,
        Some(Recording::NotReady { next, .. }) => *next <= state.now,
        Some(Recording::Failed(_) | Recording::Here { .. }) => false,
    };
    let waiting = state.playback.waiting().filter(|key| due(key.id));
    let mut wanted: Vec<_> = waiting.into_iter().collect();
    let queued = playback.queue.as_ref().and_then(|queue| queue.cues.get(queue.at + 1)).map(|cue| cue.key);
    let ahead = |row: Row| {
        (due(row.id) && row.flags.contains(Flags::RECORDING))
            .then(|| Candidate { id: RowKey::of(&row), unread: !row.flags.contains(Flags::READ) })
    };
    let inbox = &state.inbox;
    let selected = inbox.selected_place();
    let order = selected.map(|selected| {
        prefetch_order(state.setup.playback.prefetch, selected, |place| inbox.at(place).and_then(ahead))
    });
    for key in queued.filter(|key| due(key.id)).into_iter().chain(order.unwrap_or_default()) {
        if !wanted.contains(&key) {
            wanted.push(key);
        }
    }
    wanted
}
