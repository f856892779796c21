//! The mouse, with the setting `mouse`: what a click, a drag and the wheel do.
//!
//! In the list a click selects, and another one opens; in a dialog a click does what the line says. A click
//! outside a dialog does nothing, as in lazygit: what was typed there is not lost by a slip of the hand.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use crate::core::view::View;
use crate::player::Control;
use crate::tui::command::Command;
use crate::tui::detail::update::{follow, show_marked};
use crate::tui::detail::view::bar;
use crate::tui::list::changes::withdraw_offer;
use crate::tui::list::moves::{scroll_detail, scroll_list, select_place};
use crate::tui::list::rows::ListLine;
use crate::tui::list::triage::{show_own, show_view};
use crate::tui::msg::Effect;
use crate::tui::overlay::Overlay;
use crate::tui::overlays::dates::update as dates;
use crate::tui::overlays::dates::{Dates, Focus, view::parts};
use crate::tui::overlays::help::update::{Scroll, scroll};
use crate::tui::overlays::note::{Motion, cells};
use crate::tui::overlays::{accounts, elsewhere, palette};
use crate::tui::playback::update::control;
use crate::tui::search_line;
use crate::tui::state::State;
use crate::tui::target::Target;
use crate::tui::update::on_key;
use crate::tui::view::targets;

/// How many lines a turn of the wheel scrolls.
const WHEEL: isize = 3;

/// Handles what the mouse did.
pub(super) fn on_mouse(state: &mut State, mouse: MouseEvent, effects: &mut Vec<Effect>) {
    if mouse.kind != MouseEventKind::Moved {
        withdraw_offer(state);
    }
    let at = Position::new(mouse.column, mouse.row);
    match mouse.kind {
        MouseEventKind::ScrollDown => wheel(state, at, WHEEL, effects),
        MouseEventKind::ScrollUp => wheel(state, at, -WHEEL, effects),
        MouseEventKind::Down(MouseButton::Left) => {
            let target = targets::at(state, at);
            state.grabbed = target;
            if let Some(target) = target {
                click(state, target, effects);
            }
        }
        MouseEventKind::Drag(MouseButton::Left) => drag(state, at, effects),
        MouseEventKind::Up(MouseButton::Left) => state.grabbed = None,
        _ => {}
    }
}

/// Returns the command that the mouse runs.
pub(super) fn command(state: &State, mouse: MouseEvent) -> Option<Command> {
    if mouse.kind != MouseEventKind::Down(MouseButton::Left) {
        return None;
    }
    match targets::at(state, Position::new(mouse.column, mouse.row)) {
        Some(Target::Command(command)) => Some(command),
        _ => None,
    }
}

fn click(state: &mut State, target: Target, effects: &mut Vec<Effect>) {
    if state.notice.as_ref().is_some_and(|notice| notice.fault) {
        state.notice = None;
    }
    match target {
        Target::Command(command) => press(state, command, effects),
        Target::OwnView(number) => show_own(leave_search(state), number, effects),
        Target::NextView => show_next(leave_search(state), effects),
        Target::Row(place) => {
            let state = leave_search(state);
            let was_focused = !state.detail_focused();
            state.detail.focused = false;
            match place {
                Some(place) if was_focused && state.inbox.selected_place() == Some(place) => {
                    press(state, Command::Open, effects);
                }
                Some(place) => select_place(state, place, effects),
                None => {}
            }
        }
        Target::Seek(to) => control(state, Control::Seek(to), effects),
        Target::Detail(entry) => {
            let state = leave_search(state);
            state.detail.focused = true;
            match entry {
                Some(_) if state.detail.marked == entry => follow(state, effects),
                Some(_) => {
                    state.detail.marked = entry;
                    show_marked(state);
                }
                None => {}
            }
        }
        Target::ListFrom(line) => show_from(state, line, effects),
        Target::DetailFrom(line) => state.detail.scroll = line,
        Target::Preset(number) => {
            dates::change(state, effects, |dates| dates.choose_preset(number));
            dates::show_chosen(state, effects);
        }
        Target::Day(day) => {
            let is_there = |dates: &Dates| dates.part == Focus::Calendar && dates.day == day;
            if matches!(&state.overlay, Some(Overlay::Dates(dates)) if is_there(dates)) {
                return dates::show_chosen(state, effects);
            }
            dates::change(state, effects, |dates| dates.point(day, false));
        }
        Target::Month(by) => dates::change(state, effects, |dates| {
            dates.part = Focus::Calendar;
            dates.move_month(by);
        }),
        Target::RangeText => dates::change(state, effects, |dates| dates.part = Focus::Text),
        Target::Choice(number) => {
            if let Some(Overlay::Palette(palette)) = &mut state.overlay {
                palette.at = number;
            }
            palette::update::choose(state, effects);
        }
        Target::Account(number) => {
            if let Some(Overlay::Accounts(switching)) = &mut state.overlay {
                switching.at = number;
            }
            accounts::update::switch(state);
        }
    }
}

/// Runs a command as its key does, by that key.
fn press(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    // A key that types a character would be text in the search line.
    let state = if state.scopes().contains(&command.entry().scope) { state } else { leave_search(state) };
    if let Some(key) = state.key(command) {
        on_key(state, key.event(), effects);
    }
}

/// Keeps the search, as Enter does, where its line is open.
fn leave_search(state: &mut State) -> &mut State {
    if state.filter.open {
        search_line::update::keep(state);
    }
    state
}

/// Shows the view after the current one, and after the last one the first.
fn show_next(state: &mut State, effects: &mut Vec<Effect>) {
    let built_in = View::EVERY.len();
    let here = match &state.inbox.query.own {
        Some((number, _)) => built_in + number,
        None => View::EVERY.iter().position(|view| *view == state.inbox.query.view).unwrap_or(0),
    };
    let next = (here + 1) % (built_in + state.setup.views.len());
    match View::EVERY.get(next) {
        Some(view) => show_view(state, *view, effects),
        None => show_own(state, next - built_in, effects),
    }
}

/// Shows the list from `line`, and selects what is then where the selected row was.
fn show_from(state: &mut State, line: usize, effects: &mut Vec<Effect>) {
    let inbox = &mut state.inbox;
    let days = &inbox.list.days;
    let before = days.line_of(inbox.selected_place().unwrap_or(0));
    let after = (before + line).saturating_sub(inbox.top);
    let place = match days.at(after.min(days.lines().saturating_sub(1))) {
        Some(ListLine::Row(place)) => place,
        Some(ListLine::Heading(day)) => days.day(day).map_or(0, |day| day.first),
        None => return,
    };
    inbox.top = line;
    select_place(state, place, effects);
}

/// A drag moves the scrollbar that was grabbed, or selects the days it passes as a range.
fn drag(state: &mut State, at: Position, effects: &mut Vec<Effect>) {
    let regions = state.regions();
    match state.grabbed {
        Some(Target::ListFrom(_)) => {
            let at = beside(regions.scrollbar, at);
            if let Some(target @ Target::ListFrom(_)) = targets::at(state, at) {
                click(state, target, effects);
            }
        }
        Some(Target::DetailFrom(_)) => {
            let Some(area) = regions.detail else { return };
            let at = beside(bar(state, area), at);
            if let Some(target @ Target::DetailFrom(_)) = targets::at(state, at) {
                click(state, target, effects);
            }
        }
        Some(Target::Day(_)) => {
            if let Some(Target::Day(day)) = targets::at(state, at) {
                let moved = matches!(&state.overlay, Some(Overlay::Dates(dates)) if dates.day != day);
                if moved {
                    dates::change(state, effects, |dates| dates.point(day, true));
                }
            }
        }
        _ => {}
    }
}

/// Returns the cell of a scrollbar beside `at`: a drag may leave the bar.
fn beside(bar: Rect, at: Position) -> Position {
    Position::new(bar.x, at.y.min(bar.bottom().saturating_sub(1)).max(bar.y))
}

/// Scrolls what is under the mouse by `by` lines.
fn wheel(state: &mut State, at: Position, by: isize, effects: &mut Vec<Effect>) {
    let down = by > 0;
    if state.help.is_some() {
        for _ in 0..by.unsigned_abs() {
            scroll(state, if down { Scroll::Down } else { Scroll::Up });
        }
        return;
    }
    let (size, above) = (state.above_keys(), state.above_player());
    match &mut state.overlay {
        None => {
            let regions = state.regions();
            let list = Position::new(at.x, at.y.max(regions.list.y));
            if state.detail.full || regions.detail.is_some() && !regions.list.contains(list) {
                scroll_detail(state, by);
            } else {
                scroll_list(state, by, effects);
            }
        }
        Some(Overlay::Note(writing)) => {
            for _ in 0..by.unsigned_abs() {
                writing.field.step(if down { Motion::Down } else { Motion::Up }, cells(size));
            }
            writing.field.scroll(cells(size));
        }
        Some(Overlay::Palette(_)) => palette::update::step(state, by),
        Some(Overlay::Accounts(_)) => accounts::update::step(state, by.signum()),
        Some(Overlay::Elsewhere(_)) => elsewhere::update::step(state, down),
        Some(Overlay::Dates(picker)) if parts(above, picker).is_calendar(at) => {
            dates::change(state, effects, |dates| dates.move_month(if down { 1 } else { -1 }));
        }
        Some(Overlay::Dates(picker)) if picker.part != Focus::Text => {
            dates::change(state, effects, |dates| {
                dates.part = Focus::Presets;
                if down { dates.next_preset() } else { dates.previous_preset() }
            });
        }
        Some(_) => {}
    }
}
