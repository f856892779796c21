//! Saving a recording to a file: the dialog, the result, and the suggested name.

use std::path::PathBuf;

use crate::audio::AudioFormat;
use crate::core::facts::Flags;
use crate::core::humanize;
use crate::core::model::from_millis;
use crate::recording::{name_part, suggested_name};
use crate::store::Row;
use crate::tui::list::changes::subjects;
use crate::tui::list::rows::RowKey;
use crate::tui::msg::{AccountEffect, Effect, Lane, NotSaved};
use crate::tui::overlay::Overlay;
use crate::tui::overlays::elsewhere::update::remember;
use crate::tui::overlays::elsewhere::{Delivery, Elsewhere};
use crate::tui::overlays::save::Save;
use crate::tui::overlays::save_all;
use crate::tui::state::State;
use crate::tui::update::{fault, news};

/// The default folder, in the home folder.
const FOLDER: &str = "voicemail";

/// Closes the dialog for saving. A save in progress continues, and a notice shows its result; several stop being saved.
pub(in crate::tui) fn close(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(Overlay::SaveAll(_)) = &state.overlay {
        return save_all::update::close(state, effects);
    }
    if let Some(Overlay::Save(dialog)) = state.overlay.take()
        && dialog.busy
    {
        news(state, "still saving in the background".to_owned());
    }
}

/// Asks where to save the recordings of the marked voicemails, or of the selected one.
pub(in crate::tui) fn open_subjects(state: &mut State) {
    let keys = subjects(state);
    let has_one =
        |key: &RowKey| state.inbox.find(*key).is_some_and(|row| row.flags.contains(Flags::RECORDING));
    let with: Vec<_> = keys.iter().copied().filter(has_one).collect();
    match (keys.as_slice(), with.as_slice()) {
        ([_], [key]) => open(state, *key),
        ([_], _) => news(state, "this voicemail has no recording".to_owned()),
        (_, []) => news(state, "no marked voicemail has a recording".to_owned()),
        _ => save_all::update::open(state, with, keys.len()),
    }
}

/// Asks where to save the recording of `key`.
pub(in crate::tui) fn open(state: &mut State, key: RowKey) {
    let Some(row) = state.inbox.find(key) else {
        return;
    };
    let name = file_name(state, &row);
    let path = humanize::path(&folder(state).join(&name), state.setup.env.home.as_deref());
    state.overlay = Some(Overlay::Save(Box::new(Save::new(key, path, name))));
}

/// Returns the folder that is suggested: the last one.
pub(in crate::tui) fn folder(state: &State) -> PathBuf {
    let home = state.setup.env.home.as_deref();
    let usual = || home.map_or_else(|| PathBuf::from("."), |home| home.join(FOLDER));
    state.remembered.folder.clone().unwrap_or_else(usual)
}

/// The same as a way to listen to it.
pub(in crate::tui) fn open_to_listen(state: &mut State, key: RowKey) {
    open(state, key);
    if let Some(Overlay::Save(dialog)) = &mut state.overlay {
        dialog.to_listen = true;
    }
}

/// Saves the recording to the path in the dialog.
pub(in crate::tui) fn save(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(Overlay::SaveAll(_)) = &state.overlay {
        return save_all::update::save(state, effects);
    }
    let home = state.setup.env.home.clone();
    let Some(Overlay::Save(dialog)) = &mut state.overlay else { return };
    if dialog.busy {
        return;
    }
    let Some(path) = dialog.path(home.as_deref()) else {
        dialog.error = Some("the path is empty: type a path with a file name".to_owned());
        return;
    };
    dialog.busy = true;
    let (key, name, overwrite) = (dialog.key, dialog.name.clone(), dialog.exists);
    effects.push(Effect::Account(AccountEffect::Save {
        ticket: state.lanes.next(Lane::Save),
        key,
        path,
        name,
        overwrite,
    }));
}

pub(in crate::tui) fn on_saved(
    state: &mut State,
    result: Result<PathBuf, NotSaved>,
    effects: &mut Vec<Effect>,
) {
    let dialog = match &mut state.overlay {
        Some(Overlay::Save(dialog)) if dialog.busy => dialog,
        _ => return after_dialog(state, result),
    };
    dialog.busy = false;
    match result {
        Ok(path) => {
            let (key, to_listen) = (dialog.key, dialog.to_listen);
            state.overlay = None;
            let home = state.setup.env.home.clone();
            news(state, format!("saved: {}", humanize::path(&path, home.as_deref())));
            if state.setup.env.remote {
                // Shows the command that copies the file to the user's machine.
                state.overlay = Some(Overlay::Elsewhere(Elsewhere {
                    at: Delivery::Save,
                    chosen: Some(Delivery::Save),
                    ..Elsewhere::new(key)
                }));
            }
            let folder = path.parent().map(PathBuf::from);
            state.shared.saved = Some((key, path));
            remember_folder(state, folder, effects);
            if to_listen {
                remember(state, Delivery::Save, effects);
            }
        }
        Err(NotSaved::Exists) => dialog.exists = true,
        Err(NotSaved::Other(why)) => dialog.error = Some(why),
    }
}

/// Remembers the folder for next time.
pub(in crate::tui) fn remember_folder(state: &mut State, folder: Option<PathBuf>, effects: &mut Vec<Effect>) {
    if state.remembered.folder != folder {
        state.remembered.folder = folder;
        effects.push(Effect::Account(AccountEffect::Remember(state.remembered.clone())));
    }
}

/// Shows the result of a save after its dialog was closed.
fn after_dialog(state: &mut State, result: Result<PathBuf, NotSaved>) {
    let home = state.setup.env.home.clone();
    match result {
        Ok(path) => news(state, format!("saved: {}", humanize::path(&path, home.as_deref()))),
        Err(NotSaved::Exists) => news(state, "not saved: the file exists".to_owned()),
        Err(NotSaved::Other(why)) => fault(state, why),
    }
}

/// Returns a file name to save a recording. Until the recording is fetched, its format is assumed to be mp3.
pub(in crate::tui) fn file_name(state: &State, row: &Row) -> String {
    let local = from_millis(row.time).with_timezone(&state.setup.zone);
    let format = state.playback.format(row.id).unwrap_or(AudioFormat::Mp3);
    let rows = &state.inbox.rows;
    // A name may have nothing that can be in a file name; then use the number.
    let caller = [rows.caller(row), rows.number(row)].into_iter().find(|caller| name_part(caller).is_some());
    suggested_name(local, caller.unwrap_or_default(), format)
}
