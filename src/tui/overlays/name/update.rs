//! Caller names: looking them up, and naming callers.

use chrono::TimeDelta;

use crate::contacts::Fault;
use crate::core::caller;
use crate::core::model::CallerId;
use crate::core::triage::{CallerKey, Given};
use crate::tui::field::Field;
use crate::tui::list::changes::apply;
use crate::tui::list::listing::Order;
use crate::tui::list::relist::relist;
use crate::tui::msg::{AccountEffect, Change, Effect, Read};
use crate::tui::overlay::Overlay;
use crate::tui::overlays::name::NameForm;
use crate::tui::state::State;
use crate::tui::update::fetch::read;
use crate::tui::update::{fault, news};

/// The minimum time between two checks of the contact files.
const EVERY: TimeDelta = TimeDelta::seconds(5);

/// Looks up caller names: of new callers, and of all callers if contact files have changed or if `again`.
pub(in crate::tui) fn look(state: &mut State, again: bool, effects: &mut Vec<Effect>) {
    state.names_due = Some(state.now + EVERY);
    effects.push(Effect::Account(AccountEffect::Names { again }));
}

/// Looks up caller names if that is due. Only called when the screen is awake anyway.
pub(in crate::tui) fn on_tick(state: &mut State, effects: &mut Vec<Effect>) {
    if state.names_due.is_some_and(|due| due <= state.now) {
        look(state, false, effects);
    }
}

pub(in crate::tui) fn on_names(state: &mut State, names: &[(CallerId, String)]) {
    state.inbox.rows.name_callers(names);
    if state.inbox.query.filter.is_some() || state.inbox.query.order == Order::Caller {
        relist(state);
    }
}

/// Shows the first error in contact files, and the number of others.
pub(in crate::tui) fn on_faults(state: &mut State, faults: &[Fault]) {
    let Some(first) = faults.first() else { return };
    let more = match faults.len() - 1 {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    fault(state, format!("{first}{more}"));
}

/// Asks for a name for the caller of the selected voicemail. The field starts with the current name, also
/// if it is from a contact file.
pub(in crate::tui) fn name_selected(state: &mut State) {
    let Some(row) = state.inbox.selected_row() else { return };
    let (number, name) = (state.inbox.rows.number(&row), state.inbox.rows.caller(&row));
    // The shown form of a number has all its digits; anything else is shown as received.
    let forms = caller::forms(number, &state.setup.call_config.country);
    let Some(key) = CallerKey::new(&forms, number) else { return };
    let shown = if name == number { "" } else { name };
    let naming = NameForm {
        key,
        number: number.to_owned(),
        shown: shown.to_owned(),
        input: Field::new(shown).at_most(Given::MAX),
    };
    state.overlay = Some(Overlay::Name(Box::new(naming)));
}

/// Saves the typed name of a caller. An empty one removes the given name.
pub(in crate::tui) fn keep_name(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Overlay::Name(naming)) = state.overlay.take() else { return };
    let name = Given::new(naming.input.value(), state.now.timestamp_millis());
    let text = name.as_ref().map_or("", Given::name);
    if text == naming.shown {
        let why = if text.is_empty() { "no name typed" } else { "name unchanged" };
        return news(state, why.to_owned());
    }
    let spellings = state.inbox.rows.callers_of(&naming.number);
    let names: Vec<_> = spellings.map(|caller| (caller, text.to_owned())).collect();
    on_names(state, &names);
    apply(state, Change::Name { key: naming.key, name }, effects);
}

/// Handles the result of writing or undoing a caller's name: looks up names again, as the one from a contact
/// file may apply.
pub(in crate::tui) fn on_applied(
    state: &mut State,
    change: &Change,
    written: bool,
    effects: &mut Vec<Effect>,
) {
    let of_a_caller = match change {
        Change::Name { .. } => true,
        // Steps without voicemails are about a caller.
        Change::Revert { keys, .. } => keys.is_empty(),
        Change::Edit { .. } | Change::Heard(_) => false,
    };
    if !of_a_caller {
        return;
    }
    if !written {
        state.inbox.rows.forget_names();
    }
    look(state, true, effects);
    if let Some(key) = state.inbox.selected {
        read(state, Read::Details(key.id), effects);
    }
}
