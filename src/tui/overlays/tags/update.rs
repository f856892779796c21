//! Changing tags: loading the current tags, and applying the text.

use crate::core::humanize;
use crate::core::triage::Edit;
use crate::store::StoreError;
use crate::tui::list::changes;
use crate::tui::msg::{Change, Effect, Lane, Read};
use crate::tui::overlay::Overlay;
use crate::tui::overlays::note::about;
use crate::tui::overlays::note::update::is_unwritten;
use crate::tui::overlays::tags::{Known, TagEditor};
use crate::tui::state::State;
use crate::tui::update::fetch::read;
use crate::tui::update::news;

/// Opens the tags of the marked voicemails, or of the selected one.
pub(in crate::tui) fn open(state: &mut State, effects: &mut Vec<Effect>) {
    let keys = changes::subjects(state);
    let about = match keys.as_slice() {
        [] => return,
        [key] => {
            let row = state.inbox.rows.search(*key).ok().and_then(|at| state.inbox.rows.get(at));
            row.map(|row| about(state, &row)).unwrap_or_default()
        }
        many => humanize::voicemails(many.len() as u64),
    };
    state.overlay = Some(Overlay::Tags(Box::new(TagEditor::new(keys, about))));
    go_on(state, effects);
}

/// Loads the tags, unless a change to them must be written first.
pub(in crate::tui) fn go_on(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Overlay::Tags(tagging)) = &state.overlay else { return };
    if tagging.known.is_none() && !is_unwritten(state, &tagging.keys) {
        let ids = tagging.keys.iter().map(|key| key.id).collect();
        read(state, Read::Tagging(ids), effects);
    }
}

/// Handles the loaded tags.
pub(in crate::tui) fn on_read(state: &mut State, known: Known) {
    if let Some(Overlay::Tags(tagging)) = &mut state.overlay {
        tagging.known = Some(known);
    }
}

/// Handles tags that could not be loaded. They can still be changed: nothing is overwritten.
pub(in crate::tui) fn on_unread(state: &mut State, error: &StoreError) {
    if let Some(Overlay::Tags(tagging)) = &mut state.overlay {
        tagging.error = Some(error.to_string());
    }
}

/// Applies the text to the voicemails' tags.
pub(in crate::tui) fn apply(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Overlay::Tags(tagging)) = &mut state.overlay else { return };
    let meaning = match tagging.meaning() {
        Ok(meaning) => meaning,
        Err(why) => {
            tagging.error = Some(why);
            return;
        }
    };
    let keys = std::mem::take(&mut tagging.keys);
    close(state);
    let (add, remove) = (meaning.add, meaning.remove);
    if add.is_empty() && remove.is_empty() {
        return news(state, "no tags typed".to_owned());
    }
    changes::apply(state, Change::Edit { keys, edit: Edit::Tag { add, remove } }, effects);
}

/// Closes the tags without changes.
pub(in crate::tui) fn close(state: &mut State) {
    state.lanes.next(Lane::Tagging);
    state.overlay = None;
}
