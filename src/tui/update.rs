//! What every message does to the state, and the work that follows from it.
//!
//! Synchronous, without I/O, and it never fails: an error becomes a [`Notice`] that says what to
//! do. Keys of the range picker's text field are in [`super::input`].

use chrono::{DateTime, TimeDelta, Utc};
use crossterm::event::{KeyEvent, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use crate::model::from_millis;
use crate::range::Range;
use crate::store;
use crate::sync::{Progress, Summary, SyncError};
use crate::tui::command::Command;
use crate::tui::dates::{Dates, Part};
use crate::tui::input;
use crate::tui::msg::{Effect, Lane, Msg, Read, Reply};
use crate::tui::rows::{Days, Line, RowKey};
use crate::tui::state::{Inbox, Load, Notice, Overlay, Retry, Running, State};
use crate::tui::view;

/// How long a piece of news stays in the status line.
const NEWS: TimeDelta = TimeDelta::seconds(4);

/// How many rows the first look into the store brings: more than any screen shows.
const FIRST_ROWS: usize = 200;

/// How many rows the second look brings, still with their callers: most ranges end here.
const SOME_ROWS: usize = 2_000;

/// How many rows each further look brings: a few milliseconds of work, so that a key or a page
/// that arrives never waits for the rest of a million.
const MORE_ROWS: usize = 20_000;

/// How many callers' texts each look brings.
const MORE_CALLERS: usize = 20_000;

/// The work to do when the program starts.
pub fn start(state: &mut State) -> Vec<Effect> {
    let mut effects = Vec::new();
    if state.account.is_some() {
        load(state, &mut effects);
        sync(state, false, &mut effects);
    }
    effects
}

/// Takes one message in.
pub fn update(state: &mut State, msg: Msg) -> Vec<Effect> {
    let mut effects = Vec::new();
    match msg {
        Msg::Key(key) if key.kind != KeyEventKind::Release => on_key(state, key, &mut effects),
        Msg::Mouse(mouse) => on_mouse(state, mouse, &mut effects),
        Msg::Paste(text) => {
            if let Some(Overlay::Dates(dates)) = &mut state.overlay {
                dates.type_text(&text);
                survey(state, &mut effects);
            }
        }
        Msg::Resize(size) => {
            state.size = size;
            keep_visible(state);
            load_details(state, &mut effects);
        }
        Msg::Tick(now) => on_tick(state, now, &mut effects),
        Msg::Reply(ticket, reply) if state.lanes.wants(ticket) => on_reply(state, reply, &mut effects),
        Msg::Key(_) | Msg::Reply(..) => {}
        Msg::StoreNotice(notice) => on_store_notice(state, &notice, &mut effects),
        Msg::CallersChanged => load(state, &mut effects),
        Msg::Hangup => effects.push(Effect::Quit),
        Msg::Stop => effects.push(Effect::Suspend),
        Msg::NoShell => news(state, "there is no shell to go back to".to_owned()),
        Msg::Resumed => effects.push(Effect::Redraw),
    }
    effects
}

fn on_key(state: &mut State, key: KeyEvent, effects: &mut Vec<Effect>) {
    if state.notice.as_ref().is_some_and(|notice| notice.fault) {
        state.notice = None;
    }
    let Some(command) = state.keymap.command(state.scopes(), key) else {
        if let Some(Overlay::Dates(dates)) = &mut state.overlay
            && input::edit(dates, key)
        {
            survey(state, effects);
        }
        return;
    };
    match command.refused(state) {
        Some(why) => news(state, why.to_owned()),
        None => run(state, command, key, effects),
    }
}

/// Carries a command out. The arms stand in the order of the table.
fn run(state: &mut State, command: Command, key: KeyEvent, effects: &mut Vec<Effect>) {
    let page = usize::from(state.regions().list.height).max(2) - 1;
    match command {
        Command::Down if state.detail_focused() => mark_other(state, 1),
        Command::Up if state.detail_focused() => mark_other(state, -1),
        Command::Down => move_rows(state, 1, effects),
        Command::Up => move_rows(state, -1, effects),
        Command::Open => {
            state.detail.full = true;
            state.detail.scroll = 0;
            load_details(state, effects);
        }
        Command::Follow => follow(state, effects),
        Command::Dates => {
            state.overlay = Some(Overlay::Dates(Box::new(Dates::new(&state.range, state.now, state.zone))));
            survey(state, effects);
        }
        Command::Earlier => shift(state, -1, effects),
        Command::Later => shift(state, 1, effects),
        Command::Again => sync(state, true, effects),
        Command::Help => state.overlay = Some(Overlay::Help(0)),
        Command::HalfPageDown => move_page(state, (page / 2).max(1) as isize, effects),
        Command::HalfPageUp => move_page(state, -((page / 2).max(1) as isize), effects),
        Command::PageDown => move_page(state, page as isize, effects),
        Command::PageUp => move_page(state, -(page as isize), effects),
        Command::First => select_index(state, 0, effects),
        Command::Last => select_index(state, usize::MAX, effects),
        Command::DayBefore => move_day(state, true, effects),
        Command::DayAfter => move_day(state, false, effects),
        Command::SwitchPane => switch_pane(state, effects),
        Command::Back => back(state, effects),
        Command::Quit | Command::QuitAtOnce => effects.push(Effect::Quit),
        Command::ShowRange => show_chosen(state, effects),
        Command::CloseDates | Command::CloseHelp => state.overlay = None,
        Command::HelpDown => scroll_help(state, 1),
        Command::HelpUp => scroll_help(state, -1),
        Command::PickPreset => {
            if let (Some(Overlay::Dates(dates)), Some(number)) = (&mut state.overlay, input::digit(key)) {
                dates.choose_preset(number.saturating_sub(1));
                show_chosen(state, effects);
            }
        }
        Command::NextPart
        | Command::PreviousPart
        | Command::NextPreset
        | Command::PreviousPreset
        | Command::NextDay
        | Command::PreviousDay
        | Command::NextWeek
        | Command::PreviousWeek
        | Command::NextMonth
        | Command::PreviousMonth
        | Command::MarkDay => {
            if let Some(Overlay::Dates(dates)) = &mut state.overlay {
                in_dates(dates, command);
                survey(state, effects);
            }
        }
        Command::Suspend => effects.push(Effect::Suspend),
    }
}

fn scroll_help(state: &mut State, by: i16) {
    let last = view::overflow(state);
    if let Some(Overlay::Help(top)) = &mut state.overlay {
        *top = top.saturating_add_signed(by).min(last);
    }
}

/// Commands that stay within the range picker.
fn in_dates(dates: &mut Dates, command: Command) {
    match command {
        Command::NextPart => dates.switch(true),
        Command::PreviousPart => dates.switch(false),
        Command::NextPreset => dates.choose_preset(dates.preset + 1),
        Command::PreviousPreset => dates.choose_preset(dates.preset.saturating_sub(1)),
        Command::NextDay => dates.move_day(1),
        Command::PreviousDay => dates.move_day(-1),
        Command::NextWeek => dates.move_day(7),
        Command::PreviousWeek => dates.move_day(-7),
        Command::NextMonth => dates.move_month(1),
        Command::PreviousMonth => dates.move_month(-1),
        Command::MarkDay => dates.toggle_mark(),
        _ => {}
    }
}

fn on_mouse(state: &mut State, mouse: MouseEvent, effects: &mut Vec<Effect>) {
    if state.overlay.is_some() {
        return;
    }
    let regions = state.regions();
    let at = Position::new(mouse.column, mouse.row);
    match mouse.kind {
        MouseEventKind::ScrollDown => move_page(state, 3, effects),
        MouseEventKind::ScrollUp => move_page(state, -3, effects),
        MouseEventKind::Down(MouseButton::Left) => {
            if regions.detail.is_some_and(|detail| detail.contains(at)) {
                state.detail.focused = true;
            } else if regions.list.contains(at) {
                state.detail.focused = false;
                let line = state.inbox.top + usize::from(at.y - regions.list.y);
                if let Some(Line::Row(row)) = state.inbox.days.at(line) {
                    select_index(state, row, effects);
                }
            }
        }
        _ => {}
    }
}

fn on_tick(state: &mut State, now: DateTime<Utc>, effects: &mut Vec<Effect>) {
    let new_day = state.today() != now.with_timezone(&state.zone).date_naive();
    state.now = now;
    if state.notice.as_ref().and_then(|notice| notice.until).is_some_and(|until| until <= now) {
        state.notice = None;
    }
    if new_day && state.account.is_some() {
        // "Last 7 days" are other days now.
        load(state, effects);
    }
    if state.sync.running.is_none() && state.sync.next.is_some_and(|next| next <= now) {
        sync(state, false, effects);
    }
}

fn on_reply(state: &mut State, reply: Reply, effects: &mut Vec<Effect>) {
    match reply {
        Reply::Rows { rows, more, complete_to } => {
            if std::mem::take(&mut state.inbox.replace) {
                let Inbox { selected, unsure, .. } = state.inbox;
                state.inbox = Inbox { selected, unsure, ..Inbox::default() };
            }
            state.inbox.read_to = rows.rows.last().map(RowKey::of).or(state.inbox.read_to);
            take_in(state, &rows, effects);
            state.inbox.complete_to = complete_to;
            if more {
                read_on(state, effects);
            } else {
                state.inbox.load = Load::Complete;
            }
        }
        Reply::Callers { callers, more } => {
            state.inbox.rows.name(&callers);
            if more {
                let after = callers.last().map(|(caller, _)| *caller);
                read(state, Lane::Rows, Read::Callers { after, limit: MORE_CALLERS }, effects);
            } else {
                state.inbox.callers_read = true;
                read_on(state, effects);
            }
        }
        Reply::ReadFailed(error) => {
            fault(state, error.to_string());
            state.inbox.load = Load::Failed(error);
        }
        Reply::Details(details) => {
            // The selection may have come back by then, to what is loaded already.
            let selected = state.inbox.selected.map(|key| key.id);
            if details.as_ref().is_some_and(|details| Some(details.voicemail.id) == selected) {
                state.detail.loaded = details;
            }
        }
        Reply::Survey(survey) => {
            if let Some(Overlay::Dates(dates)) = &mut state.overlay {
                dates.survey = Some(survey);
            }
        }
        Reply::Sync(progress) => on_progress(state, progress, effects),
        Reply::Synced(result) => on_synced(state, result, effects),
        Reply::Counted(stored) => {
            let shown = state.inbox.rows.len() as u64;
            if state.inbox.load == Load::Complete && stored.is_some_and(|stored| stored != shown) {
                reload(state, effects);
            }
        }
    }
}

fn on_progress(state: &mut State, progress: Progress, effects: &mut Vec<Effect>) {
    match progress {
        Progress::Page { added, got, of, page, pages, unreadable } => {
            if let Some(running) = &mut state.sync.running {
                // Once all of the range was here, whatever comes is new: it may appear late.
                let complete = state.sync.last.is_some();
                let newest = running.newest_before.unwrap_or(i64::MAX);
                running.news += added.rows.iter().filter(|row| complete || row.time > newest).count();
                (running.got, running.of, running.page, running.pages) = (got, of, page, pages);
                running.retry = None;
                state.sync.unreadable = state.sync.unreadable.max(unreadable);
            }
            take_in(state, &added, effects);
        }
        Progress::Retrying { try_number, of, wait, error } => {
            if let Some(running) = &mut state.sync.running {
                running.retry = Some(Retry { try_number, of, wait, why: error.to_string() });
            }
        }
    }
}

fn on_synced(state: &mut State, result: Result<Summary, SyncError>, effects: &mut Vec<Effect>) {
    let running = state.sync.running.take().unwrap_or_default();
    let refresh = state.sync.refresh;
    match result {
        Ok(summary) => {
            // What was said of a failure holds no longer.
            let over = state.sync.failure.take().map(|failure| failure.to_string());
            state.notice.take_if(|notice| over.as_ref() == Some(&notice.text));
            state.sync.last = Some(state.now);
            state.sync.unreadable = state.sync.unreadable.max(summary.unreadable);
            if running.news > 0 {
                let text = format!("{} new voicemail", running.news);
                news(state, text.clone());
                effects.push(Effect::Notify(text));
            }
            let if_changed = !std::mem::take(&mut state.inbox.unsure);
            read(state, Lane::Count, Read::Count { span: state.view_span(), if_changed }, effects);
        }
        Err(error) => {
            // Said once, not at every look that fails the same way, unless the user asked for this
            // one. Without rows the screen says it.
            let text = error.to_string();
            let said = state.sync.failure.as_ref().map(ToString::to_string);
            if (running.by_hand || said.as_ref() != Some(&text)) && !state.inbox.rows.is_empty() {
                fault(state, text);
            }
            state.sync.failure = Some(error);
        }
    }
    let again = state.sync.failure.as_ref().is_none_or(SyncError::is_transient);
    state.sync.next = refresh.filter(|_| again).map(|every| state.now + every);
}

/// Another store took the place of the one that was read: rows and callers' numbers are void, and
/// what a sync under way had stored may be gone, so both begin again.
fn on_store_notice(state: &mut State, notice: &store::Notice, effects: &mut Vec<Effect>) {
    fault(state, notice.to_string());
    if matches!(notice, store::Notice::MovedAside { .. } | store::Notice::Replaced { .. }) {
        load(state, effects);
        sync(state, false, effects);
    }
}

/// Adds rows to the list; selection and view stay where they are.
fn take_in(state: &mut State, rows: &store::Rows, effects: &mut Vec<Effect>) {
    let span = state.view_span();
    let anchor = match state.inbox.days.at(state.inbox.top) {
        _ if state.inbox.top == 0 => None,
        Some(Line::Row(row)) => state.inbox.rows.get(row),
        Some(Line::Heading(day)) => state.inbox.days.day(day).and_then(|day| state.inbox.rows.get(day.first)),
        None => None,
    };
    let offset = anchor.map(|row| line_of(state, RowKey::of(&row)).saturating_sub(state.inbox.top));
    // Windows are fetched side by side, and the newest need not come first. Who is at the top of
    // a list that was empty when it was asked for wants to begin at the newest.
    let begins = state.inbox.selected_index() == Some(0)
        && state.sync.running.as_ref().is_some_and(|running| running.newest_before.is_none());
    if state.inbox.rows.merge(rows, span) == 0 {
        return;
    }
    state.inbox.days = Days::new(&state.inbox.rows, state.zone);
    if let (Some(anchor), Some(offset)) = (anchor, offset) {
        state.inbox.top = line_of(state, RowKey::of(&anchor)).saturating_sub(offset);
    }
    if begins || state.inbox.selected_index().is_none() {
        state.inbox.selected = state.inbox.rows.get(0).map(|row| RowKey::of(&row));
    }
    keep_visible(state);
    load_details(state, effects);
}

fn line_of(state: &State, key: RowKey) -> usize {
    state.inbox.rows.search(key).map_or(0, |row| state.inbox.days.line_of(row))
}

/// Reads the list anew from the store, for another range. The rows of the old one stay on screen
/// until the first new ones come, a moment later: an empty frame in between would only flicker.
fn load(state: &mut State, effects: &mut Vec<Effect>) {
    state.inbox.replace = true;
    reload(state, effects);
}

/// Reads it again while the rows stay on screen: what is there already is not added twice.
fn reload(state: &mut State, effects: &mut Vec<Effect>) {
    state.inbox.load = Load::Loading;
    state.inbox.callers_read = false;
    let span = state.view_span();
    read(state, Lane::Rows, Read::Rows { span, after: None, limit: FIRST_ROWS, bare: false }, effects);
}

/// Reads on after the first rows: some with their callers, and where there are many, first all
/// callers and then the rows without. Looking each caller up for a million rows takes ten times
/// as long.
fn read_on(state: &mut State, effects: &mut Vec<Effect>) {
    let (span, after) = (state.view_span(), state.inbox.read_to);
    let what = if state.inbox.rows.len() < SOME_ROWS {
        Read::Rows { span, after, limit: SOME_ROWS, bare: false }
    } else if state.inbox.callers_read {
        Read::Rows { span, after, limit: MORE_ROWS, bare: true }
    } else {
        Read::Callers { after: None, limit: MORE_CALLERS }
    };
    read(state, Lane::Rows, what, effects);
}

/// Asks the store; an earlier question of the same lane need not be answered any more.
fn read(state: &mut State, lane: Lane, what: Read, effects: &mut Vec<Effect>) {
    effects.push(Effect::Read(state.lanes.next(lane), what));
}

/// Starts fetching what is missing of the range, or all of it `again`.
fn sync(state: &mut State, again: bool, effects: &mut Vec<Effect>) {
    state.inbox.unsure |= state.sync.running.is_some();
    let newest = state.inbox.rows.get(0).map(|row| row.time);
    state.sync.running = Some(Running { by_hand: again, newest_before: newest, ..Running::default() });
    state.sync.stopped = false;
    state.sync.next = None;
    if again {
        state.sync.unreadable = 0;
    }
    let span = state.range.resolve(state.now, state.zone).span(state.now);
    effects.push(Effect::Sync { ticket: state.lanes.next(Lane::Sync), span, again });
}

/// Puts another range on screen.
fn show(state: &mut State, range: Range, effects: &mut Vec<Effect>) {
    state.range = range;
    state.overlay = None;
    state.sync.last = None;
    state.sync.failure = None;
    state.sync.unreadable = 0;
    state.detail.full = false;
    load(state, effects);
    sync(state, false, effects);
}

fn show_chosen(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Overlay::Dates(dates)) = &state.overlay else { return };
    match dates.range(state.now, state.zone) {
        Ok(range) => show(state, range, effects),
        // The picker marks what is wrong; the status line need not repeat it.
        Err(_) => {
            if let Some(Overlay::Dates(dates)) = &mut state.overlay {
                dates.part = Part::Text;
            }
        }
    }
}

fn shift(state: &mut State, by: i32, effects: &mut Vec<Effect>) {
    if by > 0 && state.range.resolve(state.now, state.zone).view().end() > state.now {
        return news(state, "nothing is later than now".to_owned());
    }
    match state.range.shifted(by, state.now, state.zone) {
        Some(range) => show(state, range, effects),
        None => news(state, "this range has no length to move by: d chooses another".to_owned()),
    }
}

fn survey(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Overlay::Dates(dates)) = &state.overlay else { return };
    let range = dates.range(state.now, state.zone).unwrap_or(state.range);
    let span = range.resolve(state.now, state.zone).span(state.now);
    let days = dates.month(state.zone);
    read(state, Lane::Survey, Read::Survey { days, span }, effects);
}

fn select_index(state: &mut State, index: usize, effects: &mut Vec<Effect>) {
    let index = index.min(state.inbox.rows.len().saturating_sub(1));
    let Some(row) = state.inbox.rows.get(index) else { return };
    let key = RowKey::of(&row);
    if state.inbox.selected != Some(key) {
        state.inbox.selected = Some(key);
        state.detail.marked = None;
        state.detail.scroll = 0;
        load_details(state, effects);
    }
    keep_visible(state);
}

fn move_rows(state: &mut State, by: isize, effects: &mut Vec<Effect>) {
    let index = state.inbox.selected_index().unwrap_or(0).saturating_add_signed(by);
    select_index(state, index, effects);
}

/// Moves selection and view together, so that the row stays where the eye is.
fn move_page(state: &mut State, by: isize, effects: &mut Vec<Effect>) {
    if state.detail_focused() {
        let scroll = state.detail.scroll.saturating_add_signed(by as i16);
        state.detail.scroll = scroll.min(view::overflow(state));
        return;
    }
    state.inbox.top = state.inbox.top.saturating_add_signed(by);
    move_rows(state, by, effects);
}

fn move_day(state: &mut State, older: bool, effects: &mut Vec<Effect>) {
    let Some(row) = state.inbox.selected_index() else { return };
    let days = &state.inbox.days;
    let Some(day) = days.day_of_row(row) else { return };
    let first = days.day(day).map_or(0, |day| day.first);
    let target = if older {
        days.day(day + 1).map(|day| day.first)
    } else if row > first {
        Some(first)
    } else {
        day.checked_sub(1).and_then(|day| days.day(day)).map(|day| day.first)
    };
    if let Some(target) = target {
        select_index(state, target, effects);
    }
}

fn switch_pane(state: &mut State, effects: &mut Vec<Effect>) {
    if state.detail.full {
        state.detail.full = false;
    } else if state.regions().detail.is_some() {
        state.detail.focused = !state.detail.focused;
        state.detail.marked = None;
    } else {
        state.detail.full = true;
        load_details(state, effects);
    }
}

/// One step back: from the detail to the list; in the list, an end to fetching.
fn back(state: &mut State, effects: &mut Vec<Effect>) {
    if state.detail.marked.take().is_some() {
        return;
    }
    if state.detail.full || state.detail.focused {
        state.detail.full = false;
        state.detail.focused = false;
    } else if state.sync.running.take().is_some() {
        state.lanes.next(Lane::Sync);
        state.inbox.unsure = true;
        state.sync.stopped = true;
        state.sync.next = state.sync.refresh.map(|every| state.now + every);
        effects.push(Effect::StopSync);
        news(state, "stopped fetching; what arrived is kept, R goes on".to_owned());
    }
}

/// Marks another voicemail of the caller, `by` further down.
fn mark_other(state: &mut State, by: isize) {
    let others = state.shown_details().map_or(0, |details| details.latest_others.len());
    state.detail.marked = match (state.detail.marked, others) {
        (_, 0) => None,
        (None, _) if by > 0 => Some(0),
        (None, _) => None,
        (Some(0), _) if by < 0 => None,
        (Some(marked), others) => Some(marked.saturating_add_signed(by).min(others - 1)),
    };
}

/// Goes to the marked voicemail; with none marked, back to the list.
fn follow(state: &mut State, effects: &mut Vec<Effect>) {
    let marked = state.detail.marked.take();
    let row = marked.and_then(|marked| state.shown_details()?.latest_others.get(marked).copied());
    let Some(row) = row else {
        state.detail.full = false;
        state.detail.focused = false;
        return;
    };
    let key = RowKey::of(&row);
    if let Ok(index) = state.inbox.rows.search(key) {
        return select_index(state, index, effects);
    }
    // It lies outside the range: the range goes there, and says so in the header.
    let day = from_millis(row.time).with_timezone(&state.zone).date_naive();
    if let Ok(range) = Range::parse(&day.to_string()) {
        let full = state.detail.full;
        state.inbox.selected = Some(key);
        show(state, range, effects);
        state.detail.full = full;
        news(state, format!("the range is {} now: d chooses another", day.format("%a %-d %b %Y")));
    }
}

/// Asks for the details of the selected voicemail, when they are on screen and not there yet.
fn load_details(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(row) = state.inbox.selected_row() else { return };
    if state.shown_details().is_none() && state.regions().detail.is_some() {
        read(state, Lane::Details, Read::Details(row.id), effects);
    }
}

/// Scrolls so that the selected row is on screen, with a little around it.
fn keep_visible(state: &mut State) {
    let height = usize::from(state.regions().list.height);
    let inbox = &mut state.inbox;
    let Some(row) = inbox.selected_index().filter(|_| height > 0) else {
        inbox.top = 0;
        return;
    };
    let line = inbox.days.line_of(row);
    // The first line always shows its day, so a row under it needs one line more.
    let heading = usize::from(height > 1);
    let margin = (height / 6).min(2);
    let last_top = inbox.days.lines().saturating_sub(height);
    let lowest = (line + 1 + margin).saturating_sub(height);
    let highest = line.saturating_sub(heading + margin);
    inbox.top = inbox.top.clamp(lowest.min(highest), highest.max(lowest)).min(last_top);
    inbox.top = inbox.top.min(line.saturating_sub(heading));
}

/// Says something for a few seconds.
fn news(state: &mut State, text: String) {
    state.notice = Some(Notice { text, fault: false, until: Some(state.now + NEWS) });
}

/// Says what went wrong, until a key.
fn fault(state: &mut State, text: String) {
    state.notice = Some(Notice { text, fault: true, until: None });
}
