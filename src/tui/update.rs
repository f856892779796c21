//! Applies messages to the state, and returns the effects that follow.
//!
//! Synchronous, without I/O, and infallible: an error becomes a [`Notice`] that says what to do. The
//! dispatch is here; the submodules do the work, one per topic.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use crossterm::event::{KeyEvent, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use crate::tui::command::{Command, Scope};
use crate::tui::dates::Dates;
use crate::tui::keymap::KeyChord;
use crate::tui::listing::View;
use crate::tui::msg::{Control, Effect, Lane, Msg, Read, Reopen};
use crate::tui::rows::Line;
use crate::tui::state::{Notice, Overlay, State};

mod accounts;
mod calling;
mod changes;
mod copying;
mod detail;
mod fetch;
mod filter;
mod help;
mod listen;
mod moves;
mod note;
mod palette;
mod people;
mod picker;
mod share;
mod tags;
mod typing;
mod want;
mod work;

use changes::{on_applied, step_back};
use detail::{back, follow, load_details, mark_other, open_history, switch_pane};
use fetch::{load, on_reply, on_store_notice, read, shift, sync};
use listen::{
    change_manner, control, go_on, hold, on_player, on_recording, play_all, play_next, play_pause, seek,
    watch,
};
use moves::{keep_visible, move_day, move_page, move_rows, select_place};
use picker::{in_dates, show_chosen, survey};

/// How long a notice stays in the status line.
const NEWS: TimeDelta = TimeDelta::seconds(4);

/// Returns the effects at the start of the program.
pub fn start(state: &mut State) -> Vec<Effect> {
    let mut effects = Vec::new();
    if state.account.is_some() {
        load(state, &mut effects);
        sync(state, false, &mut effects);
        read(state, Lane::Changes, Read::Changes { since: None }, &mut effects);
        people::look(state, false, &mut effects);
        read(state, Lane::Remembered, Read::Remembered, &mut effects);
    }
    effects
}

/// Returns the effects at the start of a session that continues from `before`.
pub fn resume(state: &mut State, before: State) -> Vec<Effect> {
    let mut effects = Vec::new();
    let silenced = before.listening.playback.is_some();
    if state.account == before.account {
        let and = if silenced { ", playback stopped" } else { "" };
        news(state, format!("settings reloaded{and}"));
    } else if silenced && state.notice.is_none() {
        news(state, "playback stopped: account switched".to_owned());
    } else if state.notice.is_none() {
        state.notice.clone_from(&before.notice);
    }
    state.go_on_from(before);
    if !state.filter.input.value().is_empty() {
        filter::changed(state, &mut effects);
    }
    effects
}

/// Applies one message. Returns the effects that follow.
pub fn update(state: &mut State, msg: Msg) -> Vec<Effect> {
    let mut effects = Vec::new();
    match msg {
        Msg::Key(key) if key.kind != KeyEventKind::Release => on_key(state, key, &mut effects),
        Msg::Mouse(mouse) => on_mouse(state, mouse, &mut effects),
        Msg::Paste(text) => typing::on_paste(state, &text, &mut effects),
        Msg::Resize(size) => {
            state.size = size;
            keep_visible(state);
            load_details(state, &mut effects);
        }
        Msg::Tick(now) => on_tick(state, now, &mut effects),
        Msg::Reply(ticket, reply) if state.lanes.wants(ticket) => {
            on_reply(state, ticket.lane, reply, &mut effects);
        }
        Msg::Key(_) | Msg::Reply(..) => {}
        Msg::StoreNotice(notice) => on_store_notice(state, &notice, &mut effects),
        Msg::CallersChanged => {
            people::look(state, true, &mut effects);
            load(state, &mut effects);
        }
        Msg::Recording(key, news) => on_recording(state, key, news, &mut effects),
        Msg::Player(number, event) => on_player(state, number, event, &mut effects),
        Msg::Page(key, page) => share::on_page(state, key, page, &mut effects),
        Msg::ToSend { name, file } => share::on_file(state, name, file, &mut effects),
        Msg::Sending(percent) => share::on_sending(state, percent),
        Msg::ChangedElsewhere => {
            let since = state.changes_to;
            read(state, Lane::Changes, Read::Changes { since }, &mut effects);
        }
        Msg::Applied(change, result) => {
            let failed = result.is_err();
            people::on_applied(state, &change, !failed, &mut effects);
            on_applied(state, &change, result, &mut effects);
            if failed {
                note::keep(state, &change);
            }
            note::go_on(state, &mut effects);
            tags::go_on(state, &mut effects);
        }
        Msg::Names(names) => people::on_names(state, &names),
        Msg::ContactFaults(faults) => people::on_faults(state, &faults),
        Msg::Called(answer) => calling::on_called(state, answer, &mut effects),
        Msg::CommandRan(result) => calling::on_command(state, result, &mut effects),
        Msg::Tried(result) => accounts::on_tried(state, result),
        Msg::NotReopened(why) => fault(state, why),
        Msg::Hangup => {
            note::rescue(state, &mut effects);
            effects.push(Effect::Quit);
        }
        Msg::Stop => suspend(state, &mut effects),
        Msg::NoShell => {
            go_on(state, &mut effects);
            news(state, "no shell to return to".to_owned());
        }
        Msg::Resumed => {
            effects.push(Effect::Redraw);
            go_on(state, &mut effects);
        }
    }
    watch(state, &mut effects);
    // Changes that are still being written could not be undone in the next session.
    if state.pending.is_empty() {
        effects.extend(state.next_session.take().map(Effect::Reopen));
    }
    effects
}

/// Suspends the program. Playback pauses until the program continues.
fn suspend(state: &mut State, effects: &mut Vec<Effect>) {
    hold(state, effects);
    effects.push(Effect::Suspend);
}

fn on_key(state: &mut State, key: KeyEvent, effects: &mut Vec<Effect>) {
    if state.notice.as_ref().is_some_and(|notice| notice.fault) {
        state.notice = None;
    }
    let own = state.views.iter().position(|view| view.key == KeyChord::of(key));
    if let Some(number) = own.filter(|_| state.scopes().contains(&Scope::Inbox)) {
        return work::show_own(state, number, effects);
    }
    let Some(command) = state.command(key) else {
        return typing::on_key(state, key, effects);
    };
    match command.refused(state) {
        Some(why) => news(state, why.into_owned()),
        None => run(state, command, key, effects),
    }
}

/// Runs a command. The arms are in the order of the table, except for shared arms.
#[expect(clippy::too_many_lines, reason = "an arm for each command")]
fn run(state: &mut State, command: Command, key: KeyEvent, effects: &mut Vec<Effect>) {
    let page = usize::from(state.regions().list.height).max(2) - 1;
    match command {
        Command::Down if state.detail_focused() => mark_other(state, 1),
        Command::Up if state.detail_focused() => mark_other(state, -1),
        Command::Down => move_rows(state, 1, effects),
        Command::Up => move_rows(state, -1, effects),
        Command::PlayPause => play_pause(state, effects),
        Command::SeekBack => seek(state, -5_000, effects),
        Command::SeekForward => seek(state, 5_000, effects),
        Command::StepBack => seek(state, -1_000, effects),
        Command::StepForward => seek(state, 1_000, effects),
        Command::Restart => control(state, Control::Seek(Duration::ZERO), effects),
        Command::Faster | Command::Slower | Command::SkipSilence | Command::Louder | Command::Quieter => {
            change_manner(state, command, effects);
        }
        Command::PlayAll => play_all(state, effects),
        Command::ToggleDone | Command::ToggleStar | Command::ToggleRead => {
            work::toggle(state, command, effects);
        }
        Command::Search => filter::open(state),
        Command::Undo => step_back(state, false, effects),
        Command::Redo => step_back(state, true, effects),
        Command::Mark => work::mark(state, effects),
        Command::MarkRange => work::mark_range(state),
        Command::MarkAll => work::mark_all(state),
        Command::NextUnread => work::move_unread(state, true, effects),
        Command::PreviousUnread => work::move_unread(state, false, effects),
        Command::ShowInbox => work::show_view(state, View::Inbox, effects),
        Command::ShowUnread => work::show_view(state, View::Unread, effects),
        Command::ShowStarred => work::show_view(state, View::Starred, effects),
        Command::ShowDone => work::show_view(state, View::Done, effects),
        Command::ShowAll => work::show_view(state, View::All, effects),
        Command::NextOrder => work::change_order(state, effects),
        Command::CallBack => calling::ask(state),
        Command::NameCaller => people::name_selected(state),
        Command::History => open_history(state, effects),
        Command::SaveRecording => share::save_selected(state),
        Command::Elsewhere => share::offer_selected(state),
        Command::Note => note::open(state, effects),
        Command::Tags => tags::open(state, effects),
        Command::CopyNumber => copying::number(state, effects),
        Command::CopyMore => copying::open(state, effects),
        Command::Palette => palette::open(state),
        Command::Open if state.account.is_none() => accounts::log_in(state),
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
        Command::Refresh => sync(state, true, effects),
        Command::Help => help::toggle(state),
        Command::HalfPageDown => move_page(state, (page / 2).max(1) as isize, effects),
        Command::HalfPageUp => move_page(state, -((page / 2).max(1) as isize), effects),
        Command::PageDown => move_page(state, page as isize, effects),
        Command::PageUp => move_page(state, -(page as isize), effects),
        Command::First => select_place(state, 0, effects),
        Command::Last => select_place(state, usize::MAX, effects),
        Command::DayBefore => move_day(state, true, effects),
        Command::DayAfter => move_day(state, false, effects),
        Command::SwitchPane => switch_pane(state, effects),
        Command::Back => back(state, effects),
        Command::Accounts => accounts::offer(state),
        Command::LogIn => accounts::log_in(state),
        Command::Reload => state.next_session = Some(Reopen::Settings),
        Command::ShowRange => show_chosen(state, effects),
        Command::CloseDates
        | Command::ClosePalette
        | Command::CloseCall
        | Command::CancelName
        | Command::CloseAccounts => state.overlay = None,
        Command::PickPreset => {
            // One key per preset, in the order of the presets.
            let number = state.keymap.keys(command).iter().position(|chord| *chord == KeyChord::of(key));
            if let (Some(Overlay::Dates(dates)), Some(number)) = (&mut state.overlay, number) {
                dates.choose_preset(number);
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
        Command::ApplySearch => filter::keep(state),
        Command::ClearSearch => filter::clear(state, effects),
        Command::PreviousSearch => filter::recall(state, true, effects),
        Command::NextSearch => filter::recall(state, false, effects),
        Command::CompleteSearch => filter::complete(state, effects),
        Command::InBrowser
        | Command::SaveHere
        | Command::ToTerminal
        | Command::PlayHere
        | Command::UseWay
        | Command::NextWay
        | Command::PreviousWay
        | Command::CopyLine
        | Command::CloseWays => share::in_ways(state, command, effects),
        Command::SaveNow => share::save(state, effects),
        Command::CloseSave => share::close_save(state),
        Command::SaveNote | Command::SaveAndCloseNote => note::save(state, effects),
        Command::CloseNote => note::leave(state),
        Command::DiscardNote => note::throw_away(state),
        Command::KeepEditing => note::write_on(state),
        Command::ApplyTags => tags::apply(state, effects),
        Command::CompleteTag | Command::CompleteTagBack => {
            if let Some(Overlay::Tags(tagging)) = &mut state.overlay {
                tagging.complete(command == Command::CompleteTag);
            }
        }
        Command::CloseTags => tags::close(state),
        Command::RunChoice => palette::choose(state, effects),
        Command::NextChoice | Command::PreviousChoice | Command::ChoicePageDown | Command::ChoicePageUp => {
            palette::go(state, command);
        }
        Command::TakeNumber
        | Command::TakeName
        | Command::TakeTime
        | Command::TakeFile
        | Command::TakeText
        | Command::TakeJson
        | Command::CloseCopying => copying::choose(state, command, effects),
        Command::PlaceCall => calling::place(state, effects),
        Command::SaveName => people::keep_name(state, effects),
        Command::SubmitLogIn => accounts::try_key(state, effects),
        Command::NextField | Command::PreviousField => {
            if let Some(Overlay::LoggingIn(form)) = &mut state.overlay {
                form.part = form.part.next(command == Command::NextField);
            }
        }
        Command::CancelLogIn => accounts::leave(state, effects),
        Command::SwitchAccount => accounts::switch(state),
        Command::NextAccount | Command::PreviousAccount => accounts::step(state, command),
        Command::HelpDown
        | Command::HelpUp
        | Command::HelpPageDown
        | Command::HelpPageUp
        | Command::HelpStart
        | Command::HelpEnd => help::go(state, command),
        Command::CloseHelp => help::close(state),
        Command::Suspend => suspend(state, effects),
        Command::QuitAtOnce if note::holds(state) => {
            state.help = None;
            note::leave(state);
        }
        Command::Quit | Command::QuitAtOnce => effects.push(Effect::Quit),
    }
}

fn on_mouse(state: &mut State, mouse: MouseEvent, effects: &mut Vec<Effect>) {
    if state.help.is_some() {
        return help::on_mouse(state, mouse);
    }
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
                if let Some(Line::Row(row)) = state.inbox.list.days.at(line) {
                    select_place(state, row, effects);
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
        // Relative ranges such as "Last 7 days" have moved.
        load(state, effects);
        work::renew(state, effects);
    }
    if state.listening.queue.as_ref().and_then(|queue| queue.next).is_some_and(|next| next <= now) {
        play_next(state, effects);
    }
    want::on_tick(state, effects);
    people::on_tick(state, effects);
    if state.sync.running.is_none() && state.sync.next.is_some_and(|next| next <= now) {
        sync(state, false, effects);
    }
}

/// Shows a notice for a few seconds.
fn news(state: &mut State, text: String) {
    state.notice = Some(Notice { text, fault: false, until: Some(state.now + NEWS) });
}

/// Shows an error until the next key.
fn fault(state: &mut State, text: String) {
    state.notice = Some(Notice { text, fault: true, until: None });
}
