//! Copying: what is asked of the store for it, and what goes to the clipboard.

use super::changes;
use super::fetch::read;
use super::news;
use crate::store::{Details, Row};
use crate::tui::command::Command;
use crate::tui::copying::{COPIED_MAX, Copying, Found, What, copied};
use crate::tui::msg::{Effect, Lane, Read};
use crate::tui::note::about;
use crate::tui::rows::RowKey;
use crate::tui::state::{Overlay, State};

/// Copies the numbers of the marked voicemail, or that of the selected one.
pub(super) fn number(state: &mut State, effects: &mut Vec<Effect>) {
    let keys = changes::subjects(state);
    ask(state, &keys, Some(What::Number), effects);
}

/// Shows what can be copied.
pub(super) fn open(state: &mut State, effects: &mut Vec<Effect>) {
    let keys = changes::subjects(state);
    let about = match keys.as_slice() {
        [key] => row(state, *key).map(|row| about(state, &row)).unwrap_or_default(),
        many => format!("{} voicemail", many.len()),
    };
    if ask(state, &keys, None, effects) {
        state.overlay = Some(Overlay::Copying(Copying { keys, about, found: None }));
    }
}

/// A command of the menu.
pub(super) fn choose(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    let what = match command {
        Command::TakeNumber => What::Number,
        Command::TakeName => What::Name,
        Command::TakeTime => What::Time,
        Command::TakeFile => What::File,
        Command::TakeText => What::Text,
        Command::TakeJson => What::Json,
        _ => {
            state.overlay = None;
            return;
        }
    };
    let Some(Overlay::Copying(Copying { keys, .. })) = state.overlay.take() else { return };
    ask(state, &keys, Some(what), effects);
}

/// Asks the store; says whether that is worth it.
fn ask(state: &mut State, keys: &[RowKey], what: Option<What>, effects: &mut Vec<Effect>) -> bool {
    if keys.len() > COPIED_MAX {
        news(state, format!("at most {COPIED_MAX} voicemail are copied at once, {} are marked", keys.len()));
        return false;
    }
    let rows: Vec<Row> = keys.iter().filter_map(|key| row(state, *key)).collect();
    read(state, Lane::Copy, Read::Copy { rows, what }, effects);
    true
}

/// What the store knows is there: it is copied, or shown in the menu.
pub(super) fn on_read(
    state: &mut State,
    what: Option<What>,
    found: Vec<(Row, Box<Details>)>,
    effects: &mut Vec<Effect>,
) {
    let shown = |row: &Row| state.inbox.rows.caller(row).to_owned();
    let found: Vec<Found> =
        found.into_iter().map(|(row, details)| Found { row, details, shown: shown(&row) }).collect();
    match (what, &mut state.overlay) {
        (Some(what), _) => match copied(what, &found, state.zone, state.account.as_deref().unwrap_or("")) {
            Ok(copied) => {
                effects.push(Effect::Copy(copied.text));
                news(state, copied.said);
            }
            Err(why) => news(state, why),
        },
        (None, Some(Overlay::Copying(copying))) => copying.found = Some(found),
        (None, _) => {}
    }
}

fn row(state: &State, key: RowKey) -> Option<Row> {
    state.inbox.rows.get(state.inbox.rows.search(key).ok()?)
}
