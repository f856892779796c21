//! Applies messages to the state, and returns the effects that follow.
//!
//! Synchronous, without I/O, and infallible: an error becomes a [`Notice`] that says what to do. The
//! dispatch is here; the submodules do the work, one per topic.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use crossterm::event::{KeyEvent, KeyEventKind};

use crate::core::facts::Fact;
use crate::core::text;
use crate::core::view::View;
use crate::player::Control;
use crate::tui::command::{Command, Scope};
use crate::tui::detail::update::{
    back, close_or_quit, follow, load_details, mark_other, open_history, show_full, switch_pane,
};
use crate::tui::keymap::KeyChord;
use crate::tui::list::changes::{self, on_applied, step_back, withdraw_offer};
use crate::tui::list::moves::{keep_visible, move_day, move_page, move_rows, scroll_line, select_end};
use crate::tui::list::triage;
use crate::tui::msg::{Direction, Effect, Msg, Read, Reopen, TerminalEffect};
use crate::tui::overlay::Overlay;
use crate::tui::overlays::copy::What;
use crate::tui::overlays::dates::Dates;
use crate::tui::overlays::dates::update::show_chosen;
use crate::tui::overlays::elsewhere::Delivery;
use crate::tui::overlays::help::update::Scroll;
use crate::tui::overlays::{
    accounts, call, copy, dates, elsewhere, help, login, name, note, palette, save, tags,
};
use crate::tui::playback::update::{
    change_speed, change_volume, control, done_in_queue, go_on, hold, on_moved, on_player, on_recording,
    pause_playing, play_all, play_next, play_pause, seek, star_in_queue, step_queue, toggle_skip_silence,
    watch,
};
use crate::tui::playback::{ahead, prefetch};
use crate::tui::search_line;
use crate::tui::state::Follows;
use crate::tui::state::{Notice, State};

pub(in crate::tui) mod fetch;
mod mouse;
mod typing;

use fetch::{load, on_reply, on_store_notice, read, shift, sync};

/// How long a notice stays in the status line.
const NEWS: TimeDelta = TimeDelta::seconds(4);

/// The maximum length of what a panic said, in characters.
const PANIC_MAX: usize = 120;

/// Returns the effects at the start of the program.
pub fn start(state: &mut State) -> Vec<Effect> {
    let mut effects = Vec::new();
    if state.setup.account.is_some() {
        load(state, &mut effects);
        sync(state, false, &mut effects);
        read(state, Read::Changes { since: None }, &mut effects);
        name::update::look(state, false, &mut effects);
        read(state, Read::Remembered, &mut effects);
    }
    effects
}

/// Returns the effects at the start of a session that continues from `before`.
pub fn resume(state: &mut State, mut before: State) -> Vec<Effect> {
    let mut effects = Vec::new();
    let silenced = before.playback.current.is_some();
    if let Some(stored) = before.logged_in.take() {
        news(state, stored);
    } else if state.setup.account == before.setup.account {
        let and = if silenced { ", playback stopped" } else { "" };
        news(state, format!("settings reloaded{and}"));
    } else if silenced && state.notice.is_none() {
        news(state, "playback stopped: account switched".to_owned());
    } else if state.notice.is_none() {
        state.notice.clone_from(&before.notice);
    }
    state.go_on_from(before);
    if !state.filter.input.value().is_empty() {
        search_line::update::changed(state, &mut effects);
    }
    effects
}

/// Applies one message to the state. Returns the effects that follow.
pub fn update(state: &mut State, msg: Msg) -> Vec<Effect> {
    let mut effects = Vec::new();
    let before = (state.inbox.selected, state.playback.current.is_some());
    match msg {
        Msg::Key(key) if key.kind != KeyEventKind::Release => {
            // Marking as done moves on by itself.
            let moves_on = state.command(key) == Some(Command::ToggleDone);
            on_key(state, key, &mut effects);
            if state.inbox.selected != before.0 && !moves_on {
                on_moved(state);
            }
        }
        Msg::Mouse(mouse) => {
            let moves_on = mouse::command(state, mouse) == Some(Command::ToggleDone);
            mouse::on_mouse(state, mouse, &mut effects);
            if state.inbox.selected != before.0 && !moves_on {
                on_moved(state);
            }
        }
        Msg::Paste(text) => typing::on_paste(state, &text, &mut effects),
        Msg::Resize(size) => {
            state.size = size;
            keep_visible(state);
            ahead::schedule(state);
            load_details(state, &mut effects);
        }
        Msg::Tick(now) => on_tick(state, now, &mut effects),
        Msg::Reply(ticket, reply) if state.lanes.wants(ticket) => {
            on_reply(state, ticket.lane, reply, &mut effects);
        }
        Msg::Key(_) | Msg::Reply(..) => {}
        Msg::StoreNotice(notice) => on_store_notice(state, &notice, &mut effects),
        Msg::CallersChanged => {
            name::update::look(state, true, &mut effects);
            load(state, &mut effects);
        }
        Msg::Recording(key, news) => on_recording(state, key, news, &mut effects),
        Msg::Ahead(key, news) => ahead::on_news(state, key, news, &mut effects),
        Msg::Player(number, event) => on_player(state, number, event, &mut effects),
        Msg::Page(key, page) => elsewhere::update::on_page(state, key, page, &mut effects),
        Msg::ToSend { name, file } => elsewhere::update::on_file(state, name, file, &mut effects),
        Msg::Sending(percent) => elsewhere::update::on_sending(state, percent, &mut effects),
        Msg::ChangedElsewhere => {
            let since = state.changes_to;
            read(state, Read::Changes { since }, &mut effects);
        }
        Msg::Applied(change, result) => {
            let failed = result.is_err();
            let refused = result.as_ref().map_or_else(|_| Vec::new(), |applied| applied.refused.clone());
            name::update::on_applied(state, &change, !failed, &mut effects);
            on_applied(state, &change, result, &mut effects);
            if failed {
                note::update::keep(state, &change);
            }
            if !refused.is_empty() {
                note::update::not_added(state, &change, &refused);
            }
            note::update::go_on(state, &mut effects);
            tags::update::go_on(state, &mut effects);
        }
        Msg::Names(names) => name::update::on_names(state, &names),
        Msg::ContactFaults(faults) => name::update::on_faults(state, &faults),
        Msg::Called(answer) => call::update::on_called(state, answer, &mut effects),
        Msg::CommandRan(result) => call::update::on_command(state, result, &mut effects),
        Msg::Tried(result) => login::update::on_tried(state, result),
        Msg::NotReopened(why) => fault(state, why),
        Msg::NotDrawn(panic) => close_what_panicked(state, &panic, &mut effects),
        Msg::Hangup => {
            note::update::rescue(state, &mut effects);
            effects.push(Effect::Quit);
        }
        Msg::Stop => suspend(state, &mut effects),
        Msg::NoShell => {
            go_on(state, &mut effects);
            news(state, "no shell to return to".to_owned());
        }
        Msg::Resumed => {
            effects.push(Effect::Terminal(TerminalEffect::Resume));
            go_on(state, &mut effects);
        }
    }
    watch(state, &mut effects);
    if state.playback.current.is_some() != before.1 {
        // The player line came or went.
        keep_visible(state);
    }
    // Changes that are still being written could not be undone in the next session.
    if state.pending.is_empty() {
        effects.extend(state.next_session.take().map(Effect::Reopen));
    }
    effects
}

/// Closes the dialog or the help, since drawing it again would panic again. Saves the note that is being
/// written; other typed text is part of the error.
fn close_what_panicked(state: &mut State, panic: &str, effects: &mut Vec<Effect>) {
    note::update::rescue(state, effects);
    let typed = match &mut state.overlay {
        Some(Overlay::Note(writing)) => writing.field.text().to_owned(),
        Some(overlay) => overlay.field().map(|field| field.value().to_owned()).unwrap_or_default(),
        None => String::new(),
    };
    let typed = if typed.is_empty() { typed } else { format!(" You had typed: {typed}") };
    state.overlay = None;
    state.help = None;
    fault(
        state,
        format!("A bug in vmail: this could not be drawn ({}).{typed}", text::clean(panic, PANIC_MAX)),
    );
}

/// Suspends the program. Playback pauses until the program continues.
fn suspend(state: &mut State, effects: &mut Vec<Effect>) {
    hold(state, effects);
    effects.push(Effect::Terminal(TerminalEffect::Suspend));
}

fn on_key(state: &mut State, key: KeyEvent, effects: &mut Vec<Effect>) {
    if state.notice.as_ref().is_some_and(|notice| notice.fault) {
        state.notice = None;
    }
    if state.help.is_none() {
        dates::update::before_key(state, key);
    }
    if state.command(key) != Some(Command::Undo) {
        withdraw_offer(state);
    }
    let own = state.setup.views.iter().position(|view| view.key == KeyChord::of(key));
    if let Some(number) = own.filter(|_| state.scopes().contains(&Scope::Inbox)) {
        return triage::show_own(state, number, effects);
    }
    let Some(command) = state.command(key) else {
        if state.overlay.is_none() && state.help.is_none() && !state.filter.open {
            typing::not_bound(state, key);
        }
        return typing::on_key(state, key, effects);
    };
    if let Some(why) = command.refused(state) {
        return news(state, why.into_owned());
    }
    let follows = state.inbox.follows.take();
    run(state, command, key, effects);
    // A range up to the end goes on up to the end.
    if command == Command::MarkRange && !state.inbox.marks.is_empty() {
        state.inbox.follows = follows.map(|follows| Follows { marks: true, ..follows });
    }
}

/// Runs a command of the inbox. The arms are in the order of the table, except for shared arms.
#[expect(clippy::too_many_lines, reason = "an arm for each command")]
pub(in crate::tui) fn run(state: &mut State, command: Command, key: KeyEvent, effects: &mut Vec<Effect>) {
    let page = usize::from(state.regions().list.height).max(2) - 1;
    match command {
        Command::Down | Command::NextUnread if state.shows_queue() => step_queue(state, true, effects),
        Command::Up | Command::PreviousUnread if state.shows_queue() => step_queue(state, false, effects),
        Command::ToggleDone if state.shows_queue() => done_in_queue(state, effects),
        Command::ToggleStar if state.shows_queue() => star_in_queue(state, effects),
        Command::Down if state.detail_focused() => mark_other(state, 1),
        Command::Up if state.detail_focused() => mark_other(state, -1),
        Command::Down | Command::NextMatch => move_rows(state, 1, effects),
        Command::Up | Command::PreviousMatch => move_rows(state, -1, effects),
        Command::PlayPause => play_pause(state, effects),
        Command::PausePlaying => pause_playing(state, effects),
        Command::SeekBack => seek(state, -5_000, effects),
        Command::SeekForward => seek(state, 5_000, effects),
        Command::StepBack => seek(state, -1_000, effects),
        Command::StepForward => seek(state, 1_000, effects),
        Command::Restart => control(state, Control::Seek(Duration::ZERO), effects),
        Command::Faster => change_speed(state, true, effects),
        Command::Slower => change_speed(state, false, effects),
        Command::SkipSilence => toggle_skip_silence(state, effects),
        Command::Louder => change_volume(state, true, effects),
        Command::Quieter => change_volume(state, false, effects),
        Command::PlayAll => play_all(state, effects),
        Command::ToggleDone => triage::toggle_done(state, effects),
        Command::ToggleStar => triage::toggle(state, Fact::Starred, effects),
        Command::ToggleRead => triage::toggle(state, Fact::Read, effects),
        Command::Search => search_line::update::open(state),
        Command::Undo => step_back(state, Direction::Undo, effects),
        Command::Redo => step_back(state, Direction::Redo, effects),
        Command::Mark => triage::mark(state, effects),
        Command::MarkRange => triage::mark_range(state),
        Command::MarkAll => triage::mark_all(state),
        Command::NextUnread => triage::move_unread(state, true, effects),
        Command::PreviousUnread => triage::move_unread(state, false, effects),
        Command::ShowInbox => triage::show_view(state, View::Inbox, effects),
        Command::ShowUnread => triage::show_view(state, View::Unread, effects),
        Command::ShowStarred => triage::show_view(state, View::Starred, effects),
        Command::ShowDone => triage::show_view(state, View::Done, effects),
        Command::ShowAll => triage::show_view(state, View::All, effects),
        Command::NextOrder => triage::change_order(state, effects),
        Command::CallBack => call::update::ask(state),
        Command::NameCaller => name::update::name_selected(state),
        Command::History => open_history(state, effects),
        Command::SaveRecording => save::update::open_subjects(state),
        Command::Elsewhere => elsewhere::update::offer_selected(state),
        Command::Note => note::update::open(state, effects),
        Command::Tags => tags::update::open(state, effects),
        Command::CopyNumber => copy::update::number(state, effects),
        Command::CopyMore => copy::update::open(state, effects),
        Command::Palette => palette::update::open(state),
        Command::Open if state.needs_login() && state.inbox.selected.is_none() => {
            login::update::log_in(state);
        }
        Command::Open => show_full(state, false, effects),
        Command::Follow => follow(state, effects),
        Command::Dates => dates::update::open(state, effects),
        Command::Earlier => shift(state, -1, effects),
        Command::Later => shift(state, 1, effects),
        Command::Refresh => sync(state, true, effects),
        Command::Help => help::update::toggle(state),
        Command::HalfPageDown => move_page(state, (page / 2).max(1) as isize, effects),
        Command::HalfPageUp => move_page(state, -((page / 2).max(1) as isize), effects),
        Command::PageDown => move_page(state, page as isize, effects),
        Command::PageUp => move_page(state, -(page as isize), effects),
        Command::ScrollDown => scroll_line(state, true, effects),
        Command::ScrollUp => scroll_line(state, false, effects),
        Command::First => select_end(state, false, effects),
        Command::Last => select_end(state, true, effects),
        Command::DayBefore => move_day(state, true, effects),
        Command::DayAfter => move_day(state, false, effects),
        Command::SwitchPane => switch_pane(state, effects),
        Command::Back => back(state, effects),
        Command::Accounts => accounts::update::offer(state),
        Command::LogIn => login::update::log_in(state),
        Command::Reload => state.next_session = Some(Reopen::Settings),
        Command::CloseWays => elsewhere::update::close(state, effects),
        Command::ShowRange => show_chosen(state, effects),
        Command::CloseDates
        | Command::CloseCopying
        | Command::ClosePalette
        | Command::CloseCall
        | Command::CancelName
        | Command::CloseAccounts => state.overlay = None,
        Command::PickPreset => {
            // One key per preset, in the order of the presets.
            let number =
                state.setup.keymap.keys(command).iter().position(|chord| *chord == KeyChord::of(key));
            if let Some(number) = number {
                dates::update::pick_preset(state, number, key, effects);
            }
        }
        Command::NextPart => dates::update::change(state, effects, |dates| dates.switch(true)),
        Command::PreviousPart => dates::update::change(state, effects, |dates| dates.switch(false)),
        Command::NextPreset => dates::update::change(state, effects, Dates::next_preset),
        Command::PreviousPreset => dates::update::change(state, effects, Dates::previous_preset),
        Command::NextDay => dates::update::change(state, effects, |dates| dates.move_day(1)),
        Command::PreviousDay => dates::update::change(state, effects, |dates| dates.move_day(-1)),
        Command::NextWeek => dates::update::change(state, effects, |dates| dates.move_day(7)),
        Command::PreviousWeek => dates::update::change(state, effects, |dates| dates.move_day(-7)),
        Command::NextMonth => dates::update::change(state, effects, |dates| dates.move_month(1)),
        Command::PreviousMonth => dates::update::change(state, effects, |dates| dates.move_month(-1)),
        Command::MarkDay => dates::update::change(state, effects, Dates::toggle_mark),
        Command::ApplySearch => search_line::update::keep(state),
        Command::ClearSearch => search_line::update::clear(state, effects),
        Command::PreviousSearch => search_line::update::recall(state, true, effects),
        Command::NextSearch => search_line::update::recall(state, false, effects),
        Command::CompleteSearch => search_line::update::complete(state, effects),
        Command::InBrowser => elsewhere::update::take(state, Delivery::Browser, effects),
        Command::SaveHere => elsewhere::update::take(state, Delivery::Save, effects),
        Command::ToTerminal => elsewhere::update::take(state, Delivery::Terminal, effects),
        Command::PlayHere => elsewhere::update::take(state, Delivery::Here, effects),
        Command::UseWay => elsewhere::update::take_marked(state, effects),
        Command::NextWay => elsewhere::update::step(state, true),
        Command::PreviousWay => elsewhere::update::step(state, false),
        Command::CopyLine => elsewhere::update::copy_line(state, effects),
        Command::SaveNow => save::update::save(state, effects),
        Command::CloseSave => save::update::close(state, effects),
        Command::SaveNote | Command::SaveAndCloseNote => note::update::save(state, effects),
        Command::NewLine => note::update::new_line(state),
        Command::CloseNote => note::update::leave(state),
        Command::DiscardNote => note::update::discard(state),
        Command::KeepEditing => note::update::write_on(state),
        Command::ApplyTags => tags::update::apply(state, effects),
        Command::CompleteTag | Command::CompleteTagBack => {
            if let Some(Overlay::Tags(tagging)) = &mut state.overlay {
                tagging.complete(command == Command::CompleteTag);
            }
        }
        Command::CloseTags => tags::update::close(state),
        Command::RunChoice => palette::update::choose(state, effects),
        Command::NextChoice => palette::update::step(state, 1),
        Command::PreviousChoice => palette::update::step(state, -1),
        Command::ChoicePageDown => palette::update::page(state, 1),
        Command::ChoicePageUp => palette::update::page(state, -1),
        Command::TakeNumber => copy::update::choose(state, What::Number, effects),
        Command::TakeName => copy::update::choose(state, What::Name, effects),
        Command::TakeTime => copy::update::choose(state, What::Time, effects),
        Command::TakeFile => copy::update::choose(state, What::File, effects),
        Command::TakeText => copy::update::choose(state, What::Text, effects),
        Command::TakeJson => copy::update::choose(state, What::Json, effects),
        Command::PlaceCall => call::update::place(state, effects),
        Command::SaveName => name::update::keep_name(state, effects),
        Command::SubmitLogIn => login::update::try_key(state, effects),
        Command::NextField | Command::PreviousField => {
            if let Some(Overlay::Login(form)) = &mut state.overlay {
                form.part = form.part.next(command == Command::NextField);
            }
        }
        Command::CancelLogIn => login::update::leave(state, effects),
        Command::SwitchAccount => accounts::update::switch(state),
        Command::NextAccount => accounts::update::step(state, 1),
        Command::PreviousAccount => accounts::update::step(state, -1),
        Command::HelpDown => help::update::scroll(state, Scroll::Down),
        Command::HelpUp => help::update::scroll(state, Scroll::Up),
        Command::HelpPageDown => help::update::scroll(state, Scroll::PageDown),
        Command::HelpPageUp => help::update::scroll(state, Scroll::PageUp),
        Command::HelpStart => help::update::scroll(state, Scroll::Start),
        Command::HelpEnd => help::update::scroll(state, Scroll::End),
        Command::CloseHelp => help::update::close(state),
        Command::Redraw => effects.push(Effect::Terminal(TerminalEffect::Redraw)),
        Command::Suspend => suspend(state, effects),
        Command::QuitAtOnce if note::update::holds(state) => {
            state.help = None;
            note::update::leave(state);
        }
        Command::Quit => close_or_quit(state, effects),
        Command::QuitAtOnce => effects.push(Effect::Quit),
    }
}

fn on_tick(state: &mut State, now: DateTime<Utc>, effects: &mut Vec<Effect>) {
    let new_day = state.today() != now.with_timezone(&state.setup.zone).date_naive();
    state.now = now;
    if state.notice.as_ref().and_then(|notice| notice.until).is_some_and(|until| until <= now) {
        state.notice = None;
    }
    if new_day && state.setup.account.is_some() {
        // Relative ranges such as "Last 7 days" have moved.
        load(state, effects);
        triage::renew(state, effects);
    }
    if state.next_in_queue().is_some_and(|next| next <= now) {
        play_next(state, effects);
    }
    changes::on_tick(state);
    dates::update::on_tick(state, effects);
    prefetch::on_tick(state, effects);
    ahead::on_tick(state, effects);
    name::update::on_tick(state, effects);
    if state.sync.running.is_none() && state.sync.next.is_some_and(|next| next <= now) {
        sync(state, false, effects);
    }
}

/// Shows a notice for a few seconds.
pub(in crate::tui) fn news(state: &mut State, text: String) {
    state.notice = Some(Notice { text, fault: false, until: Some(state.now + NEWS) });
}

/// Shows an error until the next key.
pub(in crate::tui) fn fault(state: &mut State, text: String) {
    state.notice = Some(Notice { text, fault: true, until: None });
}
