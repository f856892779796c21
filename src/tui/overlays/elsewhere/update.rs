//! Listening elsewhere: in a browser, from a saved file, or from one sent to the terminal.

use bytes::Bytes;

use crate::core::model::from_millis;
use crate::player::Unavailable;
use crate::recording::FetchError;
use crate::store::Row;
use crate::terminal::escape::transfer::Transfer;
use crate::tui::command::Command;
use crate::tui::list::rows::{RowKey, day_name};
use crate::tui::msg::{AccountEffect, Effect, TerminalEffect};
use crate::tui::overlay::Overlay;
use crate::tui::overlays::elsewhere::{Delivery, Elsewhere, PageNews, Sending};
use crate::tui::overlays::save;
use crate::tui::playback::update::{begin_alone, mark_heard};
use crate::tui::state::State;
use crate::tui::update::{fault, news};

/// Offers the other ways to listen if the user would not hear playback on this machine, and takes the
/// last chosen way at once. Returns whether it did.
pub(in crate::tui) fn elsewhere(state: &mut State, row: &Row, effects: &mut Vec<Effect>) -> bool {
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
pub(in crate::tui) fn is_heard_here(state: &State) -> bool {
    !state.setup.env.remote || state.remembered.way == Some(Delivery::Here)
}

/// Opens the overlay for listening elsewhere to `key`.
pub(in crate::tui) fn offer(state: &mut State, key: RowKey, why: Option<Unavailable>) {
    state.overlay = Some(Overlay::Elsewhere(Elsewhere { why, ..Elsewhere::new(key) }));
}

/// Opens the overlay for listening elsewhere to the selected voicemail.
pub(in crate::tui) fn offer_selected(state: &mut State) {
    if let Some(key) = state.inbox.selected {
        offer(state, key, None);
    }
}

/// Moves the cursor by one way to listen.
pub(in crate::tui) fn step(state: &mut State, forward: bool) {
    if let Some(Overlay::Elsewhere(open)) = &mut state.overlay {
        open.step(forward);
    }
}

/// Takes the way to listen under the cursor.
pub(in crate::tui) fn take_marked(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(Overlay::Elsewhere(open)) = &state.overlay {
        take(state, open.at, effects);
    }
}

/// Takes a way to listen.
pub(in crate::tui) fn take(state: &mut State, way: Delivery, effects: &mut Vec<Effect>) {
    let Some(Overlay::Elsewhere(open)) = &mut state.overlay else { return };
    let key = open.key;
    (open.at, open.chosen) = (way, Some(way));
    open.address_next = false;
    match way {
        Delivery::Here => {
            state.overlay = None;
            if let Some(row) = state.inbox.find(key) {
                begin_alone(state, &row, effects);
            }
        }
        Delivery::Browser => open_page(state, key, effects),
        Delivery::Save => save::update::open_to_listen(state, key),
        Delivery::Terminal => send(state, key, effects),
    }
}

/// Remembers the way to listen for next time. Only called once it came off: the sound has started, the page was
/// opened, the file is saved or sent. A way that was tried in vain is not taken again unasked.
pub(in crate::tui) fn remember(state: &mut State, way: Delivery, effects: &mut Vec<Effect>) {
    if state.setup.env.remote && state.remembered.way != Some(way) {
        state.remembered.way = Some(way);
        effects.push(Effect::Account(AccountEffect::Remember(state.remembered.clone())));
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
    let local = from_millis(row.time).with_timezone(&state.setup.zone);
    let time = format!("{}, {}", day_name(local.date_naive(), state.today()), local.format("%H:%M:%S %Z"));
    let (caller, file_name) = (caller(state, &row), save::update::file_name(state, &row));
    effects.push(Effect::Account(AccountEffect::OpenPage { key, caller, time, file_name }));
}

pub(in crate::tui) fn on_page(state: &mut State, key: RowKey, page: PageNews, effects: &mut Vec<Effect>) {
    match &page {
        // The page plays the recording at once.
        PageNews::Ready { opened: true, .. } => {
            mark_heard(state, key, effects);
            remember(state, Delivery::Browser, effects);
        }
        PageNews::Failed(why) => fault(state, why.clone()),
        _ => {}
    }
    state.shared.page = Some((key, page));
}

fn send(state: &mut State, key: RowKey, effects: &mut Vec<Effect>) {
    let Some(transfer) = state.setup.env.transfer else {
        return news(state, "this terminal cannot receive files: use iTerm2 or kitty".to_owned());
    };
    let asks_first = match state.shared.sending {
        Some(Sending::InProgress(..)) => return news(state, "already sending a file".to_owned()),
        Some(Sending::Asked(asked)) => asked != key,
        Some(Sending::Sent(_)) | None => transfer == Transfer::Kitty,
    };
    if asks_first {
        state.shared.sending = Some(Sending::Asked(key));
        effects.push(Effect::Terminal(TerminalEffect::AskTerminal));
        return;
    }
    let Some(row) = state.inbox.find(key) else {
        return;
    };
    state.shared.sending = Some(Sending::InProgress(key, 0));
    effects.push(Effect::Account(AccountEffect::Send { key, name: save::update::file_name(state, &row) }));
}

/// Returns the line to copy for the chosen way; for the page, the command and the address in turn.
fn line(state: &State) -> Option<String> {
    let Some(Overlay::Elsewhere(open)) = &state.overlay else { return None };
    let server = &state.setup.env.server;
    match open.chosen {
        Some(Delivery::Browser) => match state.shared.page.as_ref().filter(|(key, _)| *key == open.key) {
            Some((_, PageNews::Ready { url, .. })) if open.address_next => Some(url.clone()),
            Some((_, PageNews::Ready { port, .. })) => Some(server.page(*port)),
            _ => None,
        },
        Some(Delivery::Save) => {
            let saved = state.shared.saved.as_ref().filter(|(key, _)| *key == open.key);
            saved.map(|(_, path)| server.copy(path))
        }
        _ => state.setup.env.socket.as_ref().map(|socket| server.sound(socket)),
    }
}

/// Closes the dialog for listening elsewhere, and the page with it, unless somebody listens or is about to: a
/// page that nobody knows of must not be left open.
pub(in crate::tui) fn close(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Overlay::Elsewhere(open)) = state.overlay.take() else { return };
    let unopened =
        |page: &PageNews| matches!(page, PageNews::Opening | PageNews::Ready { opened: false, .. });
    let left = |(key, page): &mut (RowKey, PageNews)| *key == open.key && unopened(page) && !open.copied;
    if state.shared.page.take_if(left).is_some() {
        effects.push(Effect::Account(AccountEffect::ClosePage));
        news(state, "page closed".to_owned());
    }
}

/// Copies the line for the chosen way to listen to the clipboard.
pub(in crate::tui) fn copy_line(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(line) = line(state) else {
        return news(state, "nothing to copy yet: choose how to listen first".to_owned());
    };
    let mut said = "sent to the terminal's clipboard".to_owned();
    if let Some(Overlay::Elsewhere(open)) = &mut state.overlay
        && open.chosen == Some(Delivery::Browser)
    {
        open.copied = true;
        open.address_next = !open.address_next;
        if open.address_next {
            said = format!("{said}; {} again for the link", state.setup.keymap.named(Command::CopyLine));
        }
    }
    news(state, said);
    effects.push(Effect::Terminal(TerminalEffect::Copy(line)));
}

/// Handles the progress of sending a file to the terminal.
pub(in crate::tui) fn on_sending(state: &mut State, percent: u8, effects: &mut Vec<Effect>) {
    let Some(Sending::InProgress(key, _)) = state.shared.sending else { return };
    state.shared.sending =
        Some(if percent < 100 { Sending::InProgress(key, percent) } else { Sending::Sent(key) });
    if percent == 100 {
        news(state, "sent: see your downloads folder".to_owned());
        remember(state, Delivery::Terminal, effects);
    }
}

/// Sends a recording to the terminal, now that its file was read.
pub(in crate::tui) fn on_file(
    state: &mut State,
    name: String,
    file: Result<Bytes, FetchError>,
    effects: &mut Vec<Effect>,
) {
    match file {
        Ok(file) => effects.push(Effect::Terminal(TerminalEffect::Transfer { name, file })),
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
