//! Saving several recordings in a folder.

use std::path::Path;

use crate::core::humanize;
use crate::recording::Names;
use crate::tui::list::rows::RowKey;
use crate::tui::msg::{AccountEffect, Effect, FileToSave, Lane, SavedAll};
use crate::tui::overlay::Overlay;
use crate::tui::overlays::save::typed_path;
use crate::tui::overlays::save::update::{file_name, folder, remember_folder};
use crate::tui::overlays::save_all::SaveAll;
use crate::tui::state::State;
use crate::tui::update::news;

/// Asks where to save the recordings of `keys`, all that `marked` voicemails have.
pub(in crate::tui) fn open(state: &mut State, keys: Vec<RowKey>, marked: usize) {
    let folder = humanize::path(&folder(state), state.setup.env.home.as_deref());
    state.overlay = Some(Overlay::SaveAll(Box::new(SaveAll::new(keys, marked, folder))));
}

/// Saves in the folder of the dialog what is not saved yet.
pub(in crate::tui) fn save(state: &mut State, effects: &mut Vec<Effect>) {
    let home = state.setup.env.home.clone();
    let Some(Overlay::SaveAll(dialog)) = &mut state.overlay else { return };
    if dialog.progress.is_some() {
        return;
    }
    let Some(folder) = typed_path(dialog.input.value(), home.as_deref()) else {
        dialog.error = Some("the path is empty: type a folder".to_owned());
        return;
    };
    (dialog.progress, dialog.error) = (Some(0), None);
    dialog.failed.clear();
    let keys = dialog.keys.clone();
    let files = files(state, &keys);
    let ticket = state.lanes.next(Lane::SaveAll);
    effects.push(Effect::Account(AccountEffect::SaveAll { ticket, files, folder }));
}

/// Names the files. Of several with the same name, the oldest keeps it.
fn files(state: &State, keys: &[RowKey]) -> Vec<FileToSave> {
    let mut taken = Names::default();
    let file = |key: &RowKey| {
        let name = file_name(state, &state.inbox.find(*key)?);
        let apart = !taken.take(Path::new(&name));
        Some(FileToSave { key: *key, name, apart })
    };
    let mut files: Vec<_> = keys.iter().rev().filter_map(file).collect();
    files.reverse();
    files
}

pub(in crate::tui) fn on_progress(state: &mut State, done: usize) {
    if let Some(Overlay::SaveAll(dialog)) = &mut state.overlay
        && dialog.progress.is_some()
    {
        dialog.progress = Some(done);
    }
}

/// Handles the result: says what is in the folder, and keeps the dialog open for what is not.
pub(in crate::tui) fn on_saved(state: &mut State, all: SavedAll, effects: &mut Vec<Effect>) {
    let SavedAll { folder, saved, present, failed, stopped } = all;
    if saved > 0 {
        remember_folder(state, Some(folder), effects);
    }
    let Some(Overlay::SaveAll(dialog)) = &mut state.overlay else { return };
    dialog.progress = None;
    dialog.saved += saved;
    dialog.present += present;
    if stopped || failed.is_empty() {
        return finish(state, stopped);
    }
    dialog.keys = failed.iter().map(|(key, _)| *key).collect();
    dialog.failed = failed;
}

/// Stops saving, or closes the dialog.
pub(in crate::tui) fn close(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Overlay::SaveAll(dialog)) = &mut state.overlay else { return };
    if dialog.progress.is_some() {
        // The result says what is saved by then.
        if !std::mem::replace(&mut dialog.stopping, true) {
            effects.push(Effect::Account(AccountEffect::StopSavingAll));
        }
    } else if dialog.failed.is_empty() {
        state.overlay = None;
    } else {
        finish(state, false);
    }
}

/// Closes the dialog and says what became of the recordings.
fn finish(state: &mut State, stopped: bool) {
    let Some(Overlay::SaveAll(dialog)) = state.overlay.take() else { return };
    let stopped = if stopped { "stopped: " } else { "" };
    news(state, format!("{stopped}{}", summary(&dialog)));
}

/// Returns "12 recordings saved in ~/voicemail, 2 already there, 1 not saved".
pub(in crate::tui) fn summary(dialog: &SaveAll) -> String {
    let count = |number: usize| humanize::count(number as u64);
    let plural = if dialog.saved == 1 { "" } else { "s" };
    let mut told = match dialog.saved {
        0 => "nothing saved".to_owned(),
        saved => format!("{} recording{plural} saved in {}", count(saved), dialog.input.value().trim()),
    };
    let failed = dialog.marked - dialog.without - dialog.saved - dialog.present;
    for (number, what) in
        [(dialog.present, "already there"), (failed, "not saved"), (dialog.without, "without a recording")]
    {
        if number > 0 {
            told = format!("{told}, {} {what}", count(number));
        }
    }
    told
}
