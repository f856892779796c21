//! Copying: reading details from the store, and writing to the clipboard.

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
use crate::words;

/// Copies the numbers of the marked voicemails, or of the selected one.
pub(super) fn number(state: &mut State, effects: &mut Vec<Effect>) {
    let keys = changes::subjects(state);
    ask(state, &keys, Some(What::Number), effects);
}

/// Opens the menu.
pub(super) fn open(state: &mut State, effects: &mut Vec<Effect>) {
    let keys = changes::subjects(state);
    let about = match keys.as_slice() {
        [key] => row(state, *key).map(|row| about(state, &row)).unwrap_or_default(),
        many => words::voicemails(many.len() as u64),
    };
    if ask(state, &keys, None, effects) {
        state.overlay = Some(Overlay::Copying(Copying { keys, about, found: None }));
    }
}

/// Runs a command of the menu.
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

/// Reads the details from the store. Returns false if there are too many.
fn ask(state: &mut State, keys: &[RowKey], what: Option<What>, effects: &mut Vec<Effect>) -> bool {
    if keys.len() > COPIED_MAX {
        let (most, marked) = (words::voicemails(COPIED_MAX as u64), words::count(keys.len() as u64));
        news(state, format!("can copy at most {most} at once, {marked} are marked"));
        return false;
    }
    let rows: Vec<Row> = keys.iter().filter_map(|key| row(state, *key)).collect();
    read(state, Lane::Copy, Read::Copy { rows, what }, effects);
    true
}

/// Handles the loaded details: copies `what`, or shows the values in the menu.
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
