//! Loading rows from the store, fetching pages from the server, and showing another range.

use super::{fault, news};
use crate::audio::Waveform;
use crate::core::facts::Flags;
use crate::core::humanize;
use crate::core::range::Range;
use crate::store::{self, StoreError};
use crate::sync::{Progress, Summary, SyncError};
use crate::tui::command::Command;
use crate::tui::detail::update::{load_details, open_history};
use crate::tui::list::changes::{on_last_step, reapply};
use crate::tui::list::moves::{follow_end, keep_visible};
use crate::tui::list::relist::relist;
use crate::tui::list::rows::{ListLine, RowKey};
use crate::tui::msg::{AccountEffect, Effect, Lane, Read, Reply, TerminalEffect};
use crate::tui::overlay::Overlay;
use crate::tui::overlays::save::update::on_saved;
use crate::tui::overlays::{copy, name, note, save_all, tags};
use crate::tui::playback::{ahead, prefetch};
use crate::tui::state::{Inbox, Load, Retry, Running, State};

/// The number of rows of the first query: more than any screen shows.
const FIRST_ROWS: usize = 200;

/// The number of rows of the second query, still with their callers: most ranges end here.
const SOME_ROWS: usize = 2_000;

/// The number of rows of further queries: a few milliseconds of work, so that keys and fetched pages do
/// not wait while a million rows are loaded.
const MORE_ROWS: usize = 20_000;

/// The number of callers per query.
const MORE_CALLERS: usize = 20_000;

pub(in crate::tui) fn on_reply(state: &mut State, lane: Lane, reply: Reply, effects: &mut Vec<Effect>) {
    match reply {
        Reply::Rows { rows, more, complete_to } => {
            if std::mem::take(&mut state.inbox.replace) {
                let before = std::mem::take(&mut state.inbox);
                let Inbox { selected, may_lack_rows, query, rows, .. } = before;
                state.inbox =
                    Inbox { selected, may_lack_rows, query, rows: rows.emptied(), ..Inbox::default() };
            }
            state.inbox.read_to = rows.rows.last().map(RowKey::of).or(state.inbox.read_to);
            take_in(state, &rows, effects);
            state.inbox.complete_to = complete_to;
            if more {
                read_on(state, effects);
            } else {
                state.inbox.load = Load::Complete;
                read_texts(state, effects);
            }
        }
        Reply::Callers { callers, more } => {
            state.inbox.rows.number_callers(&callers);
            relist(state);
            if more {
                let after = callers.last().map(|(caller, _)| *caller);
                read(state, Read::Callers { after, limit: MORE_CALLERS }, effects);
            } else {
                state.inbox.callers_read = true;
                read_on(state, effects);
            }
        }
        Reply::ReadFailed(error) => on_read_failed(state, lane, error),
        Reply::Details(details) => {
            // The selection may have moved since.
            let selected = state.inbox.selected.map(|key| key.id);
            if details.as_ref().is_some_and(|details| Some(details.voicemail.id) == selected) {
                let waveform = details.as_ref().and_then(|details| details.waveform.as_deref());
                state.detail.waveform = waveform.and_then(Waveform::from_bytes);
                state.detail.loaded = details;
                if std::mem::take(&mut state.awaits_history) {
                    open_history(state, effects);
                }
            }
        }
        Reply::RangeSummary(summary) => {
            if let Some(Overlay::Dates(dates)) = &mut state.overlay {
                dates.summary = Some(summary);
            }
        }
        Reply::Sync(progress) => on_progress(state, progress, effects),
        Reply::Synced(result) => on_synced(state, result, effects),
        Reply::Notes { notes, more } => {
            // The first part replaces all previous notes.
            if !std::mem::replace(&mut state.inbox.coming.notes, more) {
                state.inbox.rows.forget_notes();
            }
            let after = notes.last().map(|(id, _)| *id);
            for (id, note) in notes {
                state.inbox.rows.put_note(id, Some(note));
            }
            if more {
                read(state, Read::Notes { after }, effects);
            }
            on_texts(state);
        }
        Reply::AllTags { tags, more } => {
            if !std::mem::replace(&mut state.inbox.coming.tags, more) {
                state.inbox.rows.forget_tags();
            }
            let after = tags.last().map(|(id, _)| *id);
            for (id, tags) in tags {
                state.inbox.rows.put_tags(id, tags);
            }
            if more {
                read(state, Read::AllTags { after }, effects);
            }
            on_texts(state);
        }
        Reply::Changes(changed) => on_changes(state, changed, effects),
        Reply::Remembered(remembered) => state.remembered = remembered,
        Reply::Saved(result) => on_saved(state, result, effects),
        Reply::SavingAll(done) => save_all::update::on_progress(state, done),
        Reply::SavedAll(all) => save_all::update::on_saved(state, all, effects),
        Reply::Note(note) => note::update::on_read(state, note.as_ref(), effects),
        Reply::Tagging(known) => tags::update::on_read(state, known),
        Reply::Copy { what, found } => copy::update::on_read(state, what, found, effects),
        Reply::LastStep(step) => on_last_step(state, step.map(|step| *step)),
        Reply::Counted(stored) => {
            let shown = state.inbox.rows.len() as u64;
            let whole = state.inbox.load == Load::Complete && state.before_history.is_none();
            if whole && stored != shown {
                reload(state, effects);
            }
        }
    }
}

/// Handles a failed read in `lane`: the overlay that asked shows the error. A failure of the list or its
/// texts is recorded as `Load::Failed`.
fn on_read_failed(state: &mut State, lane: Lane, error: StoreError) {
    match lane {
        Lane::Note => note::update::on_unread(state, &error),
        Lane::Tagging => tags::update::on_unread(state, &error),
        Lane::Copy | Lane::LastStep => fault(state, error.to_string()),
        _ => {
            fault(state, error.to_string());
            state.inbox.load = Load::Failed(error);
        }
    }
}

/// Loads all notes and tags again.
pub(in crate::tui) fn read_texts(state: &mut State, effects: &mut Vec<Effect>) {
    read(state, Read::Notes { after: None }, effects);
    read(state, Read::AllTags { after: None }, effects);
}

/// Handles loaded notes or tags: shows pending changes again, and repeats the search.
fn on_texts(state: &mut State) {
    reapply(state);
    if state.inbox.query.filter.is_some() {
        relist(state);
    }
}

/// Handles changes by any process: takes in the changed rows, or reloads everything if there were too many.
fn on_changes(state: &mut State, changed: store::Changed, effects: &mut Vec<Effect>) {
    let first = state.changes_to.replace(changed.cursor).is_none();
    if first {
        return;
    }
    if changed.missed {
        return reload(state, effects);
    }
    if !changed.rows.is_empty() {
        let shown = state.shown_details().map(|details| details.voicemail.id);
        if let Some(id) = shown.filter(|id| changed.rows.iter().any(|row| row.id == *id)) {
            read(state, Read::Details(id), effects);
        }
        let texts = Flags::NOTE | Flags::TAGGED;
        let known = |id| state.inbox.rows.note_of(id).is_some() || !state.inbox.rows.tags_of(id).is_empty();
        let texts = changed.rows.iter().any(|row| row.flags.without(texts) != row.flags || known(row.id));
        let rows = store::Rows { rows: changed.rows, callers: changed.callers };
        take_in(state, &rows, effects);
        // Lengths come every few seconds while another window fetches ahead.
        if texts {
            read_texts(state, effects);
        }
    }
    if changed.names {
        name::update::look(state, true, effects);
    }
    if changed.more {
        read(state, Read::Changes { since: Some(changed.cursor) }, effects);
    }
    read(state, Read::Count(state.view_span()), effects);
}

fn on_progress(state: &mut State, progress: Progress, effects: &mut Vec<Effect>) {
    match progress {
        Progress::Page { added, received, total, page, pages, unreadable } => {
            if let Some(running) = &mut state.sync.running {
                // Once the range is complete, every added row is new, even an old one that arrives late.
                let complete = state.sync.last.is_some();
                let newest = running.newest_before.unwrap_or(i64::MAX);
                running.news += added.rows.iter().filter(|row| complete || row.time > newest).count();
                (running.received, running.total, running.page, running.pages) =
                    (received, total, page, pages);
                running.retry = None;
                state.sync.unreadable = state.sync.unreadable.max(unreadable);
            }
            take_in(state, &added, effects);
        }
        Progress::Retrying { try_number, max_tries, wait, error } => {
            if let Some(running) = &mut state.sync.running {
                running.retry = Some(Retry { try_number, max_tries, wait, why: error.to_string() });
            }
        }
    }
}

fn on_synced(state: &mut State, result: Result<Summary, SyncError>, effects: &mut Vec<Effect>) {
    let running = state.sync.running.take().unwrap_or_default();
    let refresh = state.setup.refresh;
    match result {
        Ok(summary) => {
            // Clear the notice of an earlier failure.
            let over = state.sync.failure.take().map(|failure| failure.to_string());
            state.notice.take_if(|notice| over.as_ref() == Some(&notice.text));
            state.sync.failures = 0;
            state.sync.last = Some(state.now);
            ahead::schedule(state);
            name::update::look(state, false, effects);
            state.sync.unreadable = state.sync.unreadable.max(summary.unreadable);
            if running.news > 0 {
                let plural = if running.news == 1 { "" } else { "s" };
                let text = format!("{} new voicemail{plural}", humanize::count(running.news as u64));
                news(state, text.clone());
                effects.push(Effect::Terminal(TerminalEffect::Notify(text)));
            }
            if std::mem::take(&mut state.inbox.may_lack_rows) {
                read(state, Read::Count(state.view_span()), effects);
            }
        }
        Err(error) => {
            // Show the same error only once, unless the user started this sync. Without rows, the screen
            // shows the error.
            let text = error.to_string();
            let said = state.sync.failure.as_ref().map(ToString::to_string);
            if (running.by_hand || said.as_ref() != Some(&text)) && !state.inbox.rows.is_empty() {
                fault(state, text);
            }
            state.sync.failure = Some(error);
            state.sync.failures += 1;
        }
    }
    let pause = refresh.and_then(|every| match &state.sync.failure {
        Some(failure) => failure.pause(every, state.sync.failures),
        None => Some(every),
    });
    state.sync.next = pause.map(|pause| state.now + pause);
}

/// Handles a notice of the store. If the store was replaced, rows and caller IDs are invalid and rows
/// of the running sync may be lost, so loading and fetching start again.
pub(in crate::tui) fn on_store_notice(state: &mut State, notice: &store::Notice, effects: &mut Vec<Effect>) {
    fault(state, notice.to_string());
    if notice.is_new_store() {
        state.inbox.rows.forget_names();
        name::update::look(state, false, effects);
        load(state, effects);
        sync(state, false, effects);
    }
}

/// Adds rows to the list; the selection and the view stay where they are.
fn take_in(state: &mut State, rows: &store::Rows, effects: &mut Vec<Effect>) {
    let span = state.view_span();
    let anchor = match state.inbox.list.days.at(state.inbox.top) {
        _ if state.inbox.top == 0 => None,
        Some(ListLine::Row(place)) => state.inbox.at(place),
        Some(ListLine::Heading(day)) => {
            state.inbox.list.days.day(day).and_then(|day| state.inbox.at(day.first))
        }
        None => None,
    };
    let offset = anchor.map(|row| line_of(state, RowKey::of(&row)).saturating_sub(state.inbox.top));
    // Windows are fetched in parallel, and the newest may not arrive first. In a list that was empty at
    // the start of the sync, a selection at the top stays at the top, until the user has opened or played it.
    let begins = state.inbox.selected_place() == Some(0)
        && !state.detail.full
        && state.playback.current.is_none()
        && state.sync.running.as_ref().is_some_and(|running| running.newest_before.is_none());
    match &state.inbox.query.callers {
        // Only rows of the caller belong in the history.
        Some(callers) => {
            let theirs = rows.rows.iter().filter(|row| callers.contains(&row.caller)).copied().collect();
            let theirs = store::Rows { rows: theirs, callers: rows.callers.clone() };
            state.inbox.rows.merge(&theirs, span);
        }
        None => {
            state.inbox.rows.merge(rows, span);
        }
    }
    reapply(state);
    relist(state);
    if let (Some(anchor), Some(offset)) = (anchor, offset) {
        state.inbox.top = line_of(state, RowKey::of(&anchor)).saturating_sub(offset);
    }
    if begins || state.inbox.selected_place().is_none() {
        state.inbox.selected = state.inbox.at(0).map(|row| RowKey::of(&row));
    }
    prefetch::schedule(state);
    keep_visible(state);
    load_details(state, effects);
    follow_end(state, effects);
}

pub(in crate::tui) fn line_of(state: &State, key: RowKey) -> usize {
    state.inbox.place(key).map_or(0, |place| state.inbox.list.days.line_of(place))
}

/// Loads the list of another range. The old rows stay on screen until the first new ones arrive, so that
/// no empty frame flickers in between.
pub(in crate::tui) fn load(state: &mut State, effects: &mut Vec<Effect>) {
    state.inbox.replace = true;
    reload(state, effects);
}

/// Loads the list again while its rows stay on screen. Known rows are not added twice.
fn reload(state: &mut State, effects: &mut Vec<Effect>) {
    state.inbox.load = Load::Loading;
    state.inbox.callers_read = false;
    let what = match &state.before_history {
        Some(before) => Read::History(before.origin),
        None => Read::Rows { span: state.view_span(), after: None, limit: FIRST_ROWS, bare: false },
    };
    read(state, what, effects);
}

/// Loads the next rows: some with their callers; for many rows, first all callers and then rows without
/// callers. Looking up the caller of each of a million rows would take ten times as long.
fn read_on(state: &mut State, effects: &mut Vec<Effect>) {
    let (span, after) = (state.view_span(), state.inbox.read_to);
    let what = if state.inbox.rows.len() < SOME_ROWS {
        Read::Rows { span, after, limit: SOME_ROWS, bare: false }
    } else if state.inbox.callers_read {
        Read::Rows { span, after, limit: MORE_ROWS, bare: true }
    } else {
        Read::Callers { after: None, limit: MORE_CALLERS }
    };
    read(state, what, effects);
}

/// Queries the store for the screen. Replies to earlier queries of the same lane are ignored.
pub(in crate::tui) fn read(state: &mut State, what: Read, effects: &mut Vec<Effect>) {
    effects.push(Effect::Account(AccountEffect::Read(state.lanes.next(what.lane()), what)));
}

/// Starts fetching the missing parts of the range, or all of it if `again`.
pub(in crate::tui) fn sync(state: &mut State, again: bool, effects: &mut Vec<Effect>) {
    state.inbox.may_lack_rows |= state.sync.running.is_some();
    let newest = state.inbox.rows.get(0).map(|row| row.time);
    state.sync.running = Some(Running { by_hand: again, newest_before: newest, ..Running::default() });
    state.sync.stopped = false;
    state.sync.next = None;
    if again {
        state.sync.unreadable = 0;
    }
    // A history shows only stored voicemails; fetch the range it was opened from.
    let range = state.before_history.as_ref().map_or(state.range, |before| before.range);
    let span = range.resolve(state.now, state.setup.zone).span(state.now);
    effects.push(Effect::Account(AccountEffect::Sync { ticket: state.lanes.next(Lane::Sync), span, again }));
}

/// Shows another range in the list.
pub(in crate::tui) fn show(state: &mut State, range: Range, effects: &mut Vec<Effect>) {
    let selected = state.inbox.selected;
    if state.end_history() {
        state.inbox.selected = selected;
    }
    state.range = range;
    state.overlay = None;
    state.sync.last = None;
    state.sync.failure = None;
    state.sync.unreadable = 0;
    state.detail.full = false;
    load(state, effects);
    sync(state, false, effects);
}

pub(in crate::tui) fn shift(state: &mut State, by: i32, effects: &mut Vec<Effect>) {
    if by > 0 && state.range.resolve(state.now, state.setup.zone).view().end() > state.now {
        return news(state, "the range already includes today".to_owned());
    }
    let Some(range) = state.range.shifted(by, state.now, state.setup.zone) else {
        let dates = state.setup.keymap.named(Command::Dates);
        return news(state, format!("cannot move this range: {dates} to choose another"));
    };
    show(state, range, effects);
}
