//! What the user does to voicemail: shown at once, written by the store, shown again over
//! whatever was read before the store had written it.

use super::fault;
use super::fetch::load;
use crate::store::StoreError;
use crate::tui::msg::{Change, Effect};
use crate::tui::rows::RowColumns;
use crate::tui::state::State;

/// Does `change`, on screen and in the store.
pub(super) fn apply(state: &mut State, change: Change, effects: &mut Vec<Effect>) {
    show(&mut state.inbox.rows, &change);
    state.pending.push(change.clone());
    effects.push(Effect::Apply(change));
}

/// Shows what the store may not have known yet when it was read.
pub(super) fn reapply(state: &mut State) {
    for change in &state.pending {
        show(&mut state.inbox.rows, change);
    }
}

pub(super) fn on_applied(
    state: &mut State,
    change: &Change,
    result: Result<(), StoreError>,
    effects: &mut Vec<Effect>,
) {
    if let Some(at) = state.pending.iter().position(|pending| pending == change) {
        state.pending.remove(at);
    }
    if let Err(error) = result {
        fault(state, format!("This could not be written and is as it was before: {error}"));
        load(state, effects);
    }
}

fn show(rows: &mut RowColumns, change: &Change) {
    match change {
        Change::Flags { keys, set, clear } => {
            for &key in keys {
                rows.flag(key, *set, *clear);
            }
        }
    }
}
