//! Copying: reading details from the store, and writing to the clipboard.

use crate::core::humanize;
use crate::store::{Details, Row};
use crate::tui::list::changes;
use crate::tui::list::rows::RowKey;
use crate::tui::msg::{Effect, Read, TerminalEffect};
use crate::tui::overlay::Overlay;
use crate::tui::overlays::copy::{COPIED_MAX, CopyItem, CopyMenu, What, copied};
use crate::tui::overlays::note::about;
use crate::tui::state::State;
use crate::tui::update::fetch::read;
use crate::tui::update::news;

/// Copies the numbers of the marked voicemails, or of the selected one.
pub(in crate::tui) fn number(state: &mut State, effects: &mut Vec<Effect>) {
    let keys = changes::subjects(state);
    ask(state, &keys, Some(What::Number), effects);
}

/// Opens the menu of what can be copied.
pub(in crate::tui) fn open(state: &mut State, effects: &mut Vec<Effect>) {
    let keys = changes::subjects(state);
    let about = match keys.as_slice() {
        [key] => row(state, *key).map(|row| about(state, &row)).unwrap_or_default(),
        many => humanize::voicemails(many.len() as u64),
    };
    if ask(state, &keys, None, effects) {
        state.overlay = Some(Overlay::Copy(CopyMenu { keys, about, found: None }));
    }
}

/// Copies `what` to the clipboard, and closes the menu.
pub(in crate::tui) fn choose(state: &mut State, what: What, effects: &mut Vec<Effect>) {
    let Some(Overlay::Copy(CopyMenu { keys, .. })) = state.overlay.take() else { return };
    ask(state, &keys, Some(what), effects);
}

/// Reads the details from the store. Returns false if there are too many.
fn ask(state: &mut State, keys: &[RowKey], what: Option<What>, effects: &mut Vec<Effect>) -> bool {
    if keys.len() > COPIED_MAX {
        let (most, marked) = (humanize::voicemails(COPIED_MAX as u64), humanize::count(keys.len() as u64));
        news(state, format!("can copy at most {most} at once, {marked} are marked"));
        return false;
    }
    let rows: Vec<Row> = keys.iter().filter_map(|key| row(state, *key)).collect();
    read(state, Read::Copy { rows, what }, effects);
    true
}

/// Handles the details loaded to copy: copies `what`, or shows the values in the menu.
pub(in crate::tui) fn on_read(
    state: &mut State,
    what: Option<What>,
    found: Vec<(Row, Box<Details>)>,
    effects: &mut Vec<Effect>,
) {
    let shown = |row: &Row| state.inbox.rows.caller(row).to_owned();
    let found: Vec<CopyItem> =
        found.into_iter().map(|(row, details)| CopyItem { row, details, shown: shown(&row) }).collect();
    match (what, &mut state.overlay) {
        (Some(what), _) => {
            match copied(what, &found, state.setup.zone, state.setup.account.as_deref().unwrap_or("")) {
                Ok(copied) => {
                    effects.push(Effect::Terminal(TerminalEffect::Copy(copied.text)));
                    news(state, copied.said);
                }
                Err(why) => news(state, why),
            }
        }
        (None, Some(Overlay::Copy(copying))) => copying.found = Some(found),
        (None, _) => {}
    }
}

fn row(state: &State, key: RowKey) -> Option<Row> {
    state.inbox.rows.get(state.inbox.rows.search(key).ok()?)
}
