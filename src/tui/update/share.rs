//! Listening elsewhere, and saving recordings.

use std::path::PathBuf;

use bytes::Bytes;

use super::listen::{begin_alone, mark_heard};
use super::{fault, news};
use crate::model::from_millis;
use crate::player::Unavailable;
use crate::recording::{FetchError, name_part, suggested_name};
use crate::store::Row;
use crate::telecmi::AudioFormat;
use crate::tui::command::Command;
use crate::tui::msg::{Effect, Lane, PageNews, SaveTrouble};
use crate::tui::rows::{RowKey, day_name};
use crate::tui::state::{Overlay, State};
use crate::tui::terminal::escape::transfer::Transfer;
use crate::tui::ways::{Save, Sending, Way, Ways, shown};

/// The default folder, in the home folder.
const FOLDER: &str = "voicemail";

/// Offers the other ways to listen if the user would not hear playback on this machine, and takes the
/// last chosen way at once. Returns whether it did.
pub(super) fn elsewhere(state: &mut State, row: &Row, effects: &mut Vec<Effect>) -> bool {
    if is_heard_here(state) {
        return false;
    }
    let way = state.remembered.way;
    offer(state, RowKey::of(row), None);
    if let Some(way) = way {
        take(state, way, effects);
    }
    true
}

/// Returns whether the user hears playback on this machine.
pub(super) fn is_heard_here(state: &State) -> bool {
    !state.surroundings.remote || state.remembered.way == Some(Way::Here)
}

/// Opens the overlay for `key`.
pub(super) fn offer(state: &mut State, key: RowKey, why: Option<Unavailable>) {
    state.overlay = Some(Overlay::Ways(Ways { why, ..Ways::new(key) }));
}

/// Opens the overlay for the selected voicemail.
pub(super) fn offer_selected(state: &mut State) {
    if let Some(key) = state.inbox.selected {
        offer(state, key, None);
    }
}

/// Runs a command of the overlay.
pub(super) fn in_ways(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    let Some(Overlay::Ways(ways)) = &mut state.overlay else { return };
    let at = ways.at;
    match command {
        Command::NextWay => ways.step(true),
        Command::PreviousWay => ways.step(false),
        Command::UseWay => take(state, at, effects),
        Command::PlayHere => take(state, Way::Here, effects),
        Command::InBrowser => take(state, Way::Browser, effects),
        Command::SaveHere => take(state, Way::Save, effects),
        Command::ToTerminal => take(state, Way::Terminal, effects),
        Command::CopyLine => copy_line(state, effects),
        _ => state.overlay = None,
    }
}

fn take(state: &mut State, way: Way, effects: &mut Vec<Effect>) {
    let Some(Overlay::Ways(ways)) = &mut state.overlay else { return };
    let key = ways.key;
    (ways.at, ways.chosen) = (way, Some(way));
    ways.address_next = false;
    match way {
        Way::Here => {
            state.overlay = None;
            if let Some(row) = state.inbox.find(key) {
                begin_alone(state, &row, effects);
            }
        }
        Way::Browser => open_page(state, key, effects),
        Way::Save => ask_where(state, key),
        Way::Terminal => send(state, key, effects),
    }
    // `Way::Here` is remembered once the sound has started.
    if way != Way::Here {
        remember(state, way, effects);
    }
}

/// Remembers the way for next time.
pub(super) fn remember(state: &mut State, way: Way, effects: &mut Vec<Effect>) {
    if state.surroundings.remote && state.remembered.way != Some(way) {
        state.remembered.way = Some(way);
        effects.push(Effect::Remember(state.remembered.clone()));
    }
}

fn open_page(state: &mut State, key: RowKey, effects: &mut Vec<Effect>) {
    let open = state.shared.page.as_ref().is_some_and(|(of, page)| *of == key && page.is_open());
    if open {
        return;
    }
    let Some(row) = state.inbox.find(key) else {
        return;
    };
    state.shared.page = Some((key, PageNews::Opening));
    let local = from_millis(row.time).with_timezone(&state.zone);
    let time = format!("{}, {}", day_name(local.date_naive(), state.today()), local.format("%H:%M:%S %Z"));
    let (caller, file_name) = (caller(state, &row), file_name(state, &row));
    effects.push(Effect::OpenPage { key, caller, time, file_name });
}

pub(super) fn on_page(state: &mut State, key: RowKey, page: PageNews, effects: &mut Vec<Effect>) {
    match &page {
        // The page plays the recording at once.
        PageNews::Ready { opened: true, .. } => mark_heard(state, key, effects),
        PageNews::Failed(why) => fault(state, why.clone()),
        _ => {}
    }
    state.shared.page = Some((key, page));
}

fn send(state: &mut State, key: RowKey, effects: &mut Vec<Effect>) {
    let Some(transfer) = state.surroundings.transfer else {
        return news(state, "this terminal cannot receive files: use iTerm2 or kitty".to_owned());
    };
    let asks_first = match state.shared.sending {
        Some(Sending::Under(..)) => return news(state, "already sending a file".to_owned()),
        Some(Sending::Asked(asked)) => asked != key,
        Some(Sending::Sent(_)) | None => transfer == Transfer::Kitty,
    };
    if asks_first {
        state.shared.sending = Some(Sending::Asked(key));
        effects.push(Effect::AskTerminal);
        return;
    }
    let Some(row) = state.inbox.find(key) else {
        return;
    };
    state.shared.sending = Some(Sending::Under(key, 0));
    effects.push(Effect::Send { key, name: file_name(state, &row) });
}

/// Returns the line to copy for the chosen way; for the page, the command and the address in turn.
fn line(state: &State) -> Option<String> {
    let Some(Overlay::Ways(ways)) = &state.overlay else { return None };
    let server = &state.surroundings.server;
    match ways.chosen {
        Some(Way::Browser) => match state.shared.page.as_ref().filter(|(key, _)| *key == ways.key) {
            Some((_, PageNews::Ready { url, .. })) if ways.address_next => Some(url.clone()),
            Some((_, PageNews::Ready { port, .. })) => Some(server.page(*port)),
            _ => None,
        },
        Some(Way::Save) => {
            let saved = state.shared.saved.as_ref().filter(|(key, _)| *key == ways.key);
            saved.map(|(_, path)| server.copy(path))
        }
        _ => state.surroundings.socket.as_ref().map(|socket| server.sound(socket)),
    }
}

fn copy_line(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(line) = line(state) else {
        return news(state, "nothing to copy yet: choose how to listen first".to_owned());
    };
    let mut said = "sent to the terminal's clipboard".to_owned();
    if let Some(Overlay::Ways(ways)) = &mut state.overlay
        && ways.chosen == Some(Way::Browser)
    {
        ways.address_next = !ways.address_next;
        if ways.address_next {
            said = format!("{said}; {} again for the link", state.keymap.named(Command::CopyLine));
        }
    }
    news(state, said);
    effects.push(Effect::Copy(line));
}

/// Closes the dialog. A save in progress continues, and a notice shows its result.
pub(super) fn close_save(state: &mut State) {
    if let Some(Overlay::Save(dialog)) = state.overlay.take()
        && dialog.busy
    {
        news(state, "still saving in the background".to_owned());
    }
}

/// Asks where to save the recording of the selected voicemail.
pub(super) fn save_selected(state: &mut State) {
    if let Some(key) = state.inbox.selected {
        ask_where(state, key);
    }
}

fn ask_where(state: &mut State, key: RowKey) {
    let Some(row) = state.inbox.find(key) else {
        return;
    };
    let home = state.surroundings.home.as_deref();
    let usual = || home.map_or_else(|| PathBuf::from("."), |home| home.join(FOLDER));
    let folder = state.remembered.folder.clone().unwrap_or_else(usual);
    let name = file_name(state, &row);
    let path = shown(&folder.join(&name), home);
    state.overlay = Some(Overlay::Save(Box::new(Save::new(key, path, name))));
}

/// Saves to the path in the dialog.
pub(super) fn save(state: &mut State, effects: &mut Vec<Effect>) {
    let home = state.surroundings.home.clone();
    let Some(Overlay::Save(dialog)) = &mut state.overlay else { return };
    if dialog.busy {
        return;
    }
    let Some(path) = dialog.path(home.as_deref()) else {
        dialog.trouble = Some("type a path with a file name".to_owned());
        return;
    };
    dialog.busy = true;
    let (key, name, overwrite) = (dialog.key, dialog.name.clone(), dialog.exists);
    effects.push(Effect::Save { ticket: state.lanes.next(Lane::Save), key, path, name, overwrite });
}

pub(super) fn on_saved(state: &mut State, result: Result<PathBuf, SaveTrouble>, effects: &mut Vec<Effect>) {
    let dialog = match &mut state.overlay {
        Some(Overlay::Save(dialog)) if dialog.busy => dialog,
        _ => return after_dialog(state, result),
    };
    dialog.busy = false;
    match result {
        Ok(path) => {
            let key = dialog.key;
            state.overlay = None;
            let home = state.surroundings.home.clone();
            news(state, format!("saved: {}", shown(&path, home.as_deref())));
            if state.surroundings.remote {
                // Shows the command that copies the file to the user's machine.
                state.overlay =
                    Some(Overlay::Ways(Ways { at: Way::Save, chosen: Some(Way::Save), ..Ways::new(key) }));
            }
            let folder = path.parent().map(PathBuf::from);
            state.shared.saved = Some((key, path));
            if state.remembered.folder != folder {
                state.remembered.folder = folder;
                effects.push(Effect::Remember(state.remembered.clone()));
            }
        }
        Err(SaveTrouble::Exists) => dialog.exists = true,
        Err(SaveTrouble::Other(why)) => dialog.trouble = Some(why),
    }
}

/// Shows the result of a save after its dialog was closed.
fn after_dialog(state: &mut State, result: Result<PathBuf, SaveTrouble>) {
    let home = state.surroundings.home.clone();
    match result {
        Ok(path) => news(state, format!("saved: {}", shown(&path, home.as_deref()))),
        Err(SaveTrouble::Exists) => news(state, "not saved: the file exists".to_owned()),
        Err(SaveTrouble::Other(why)) => fault(state, why),
    }
}

/// Handles the progress of sending a file to the terminal.
pub(super) fn on_sending(state: &mut State, percent: u8) {
    let Some(Sending::Under(key, _)) = state.shared.sending else { return };
    state.shared.sending =
        Some(if percent < 100 { Sending::Under(key, percent) } else { Sending::Sent(key) });
    if percent == 100 {
        news(state, "sent: see your downloads folder".to_owned());
    }
}

/// Sends a recording to the terminal, now that its file was read.
pub(super) fn on_file(
    state: &mut State,
    name: String,
    file: Result<Bytes, FetchError>,
    effects: &mut Vec<Effect>,
) {
    match file {
        Ok(file) => effects.push(Effect::Transfer { name, file }),
        Err(error) => {
            state.shared.sending = None;
            fault(state, error.to_string());
        }
    }
}

fn caller(state: &State, row: &Row) -> String {
    match state.inbox.rows.caller(row) {
        "" => "Withheld".to_owned(),
        caller => caller.to_owned(),
    }
}

/// Returns a file name. Until the recording is fetched, its format is assumed to be mp3.
fn file_name(state: &State, row: &Row) -> String {
    let local = from_millis(row.time).with_timezone(&state.zone);
    let format = match state.listening.waveform(row.id).map(|waveform| waveform.sound().codec) {
        None | Some(crate::audio::Codec::Mp3) => AudioFormat::Mp3,
        Some(_) => AudioFormat::Wav,
    };
    let rows = &state.inbox.rows;
    // A name in a non-Latin script has no usable letters; then use the number.
    let caller = [rows.caller(row), rows.number(row)].into_iter().find(|caller| name_part(caller).is_some());
    suggested_name(local, caller.unwrap_or_default(), format)
}
