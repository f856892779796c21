//! The last lines: the player line while something plays, the status, and hints for the keys that work now.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::core::humanize::{self, broken};
use crate::tui::command::{Command, Entry, Scope, TABLE};
use crate::tui::layout::Regions;
use crate::tui::list::listing::Order;
use crate::tui::overlay::Overlay;
use crate::tui::overlays::help::{self, Help};
use crate::tui::playback::{self, Phase};
use crate::tui::search_line;
use crate::tui::state::WayBack;
use crate::tui::state::{Notice, Running, State};
use crate::tui::theme::Theme;
use crate::tui::view::pen::{Pen, clear, width};

/// What the hints begin with while the detail goes through the queue.
const QUEUE: [Command; 7] = [
    Command::PlayPause,
    Command::ToggleDone,
    Command::ToggleStar,
    Command::Note,
    Command::CallBack,
    Command::Back,
    Command::Down,
];

/// The width of the progress bar, in cells.
const BAR: u16 = 20;

/// Draws the player line, the status and the key hints.
pub fn draw(state: &State, theme: &Theme, regions: &Regions, buffer: &mut Buffer) {
    playback::view::draw_line(state, theme, regions.player, buffer);
    status(state, theme, regions, buffer);
    hints(state, theme, regions.hints, buffer);
}

fn status(state: &State, theme: &Theme, regions: &Regions, buffer: &mut Buffer) {
    let area = regions.status;
    if area.height == 0 {
        return;
    }
    let inner = Rect { width: area.width.saturating_sub(1), ..area };
    if state.setup.account.is_some() {
        going_on(state, theme, inner, buffer);
    }
    let above = if regions.player.height > 0 { Rect { y: regions.player.y, ..inner } } else { inner };
    if let Some(Notice { text, fault: true, .. }) = &state.notice {
        fault(text, theme, above, buffer);
    } else if let Some(text) = search_line::view::cut_mistake(state, regions.filter) {
        fault(&humanize::sentence(text), theme, above, buffer);
    }
}

/// Draws a notice, the progress or the number of voicemails; at the right, the state of
/// the sync.
fn going_on(state: &State, theme: &Theme, inner: Rect, buffer: &mut Buffer) {
    let mut pen = Pen::new(buffer, inner, 0);
    pen.skip(1);
    // Marked rows may be off screen, but the next action applies to all of them.
    let marked = state.inbox.marks.len();
    if marked > 0 {
        pen.write(&format!("{} marked · ", humanize::count(marked as u64)), theme.warning);
    }
    match (&state.notice, &state.sync.running) {
        (Some(Notice { text, fault: false, .. }), _) => {
            pen.write(text, theme.text);
        }
        // The search has an error: these rows are not what is asked for.
        _ if state.filter.mistake.is_some() => {
            let count = state.inbox.list.matching() as u64;
            let matches = if count == 1 { "match" } else { "matches" };
            pen.write(&format!("{} earlier {matches}", humanize::count(count)), theme.warning);
        }
        (_, Some(running)) if is_worth_showing(state, running) => progress(running, theme, &mut pen),
        _ => {
            let shown = state.inbox.list.matching();
            pen.write(&humanize::voicemails(shown as u64), theme.text);
            if let Some(order) = Some(state.inbox.query.order_now()).filter(|order| *order != Order::Newest) {
                pen.write(&format!(" · {}", order.name()), theme.quiet);
            }
            if state.sync.unreadable > 0 {
                let skipped = state.sync.unreadable as u64;
                let whole = format!(" · {} skipped (unreadable)", humanize::voicemails(skipped));
                let short = format!(" · {} skipped", humanize::count(skipped));
                pen.write(if width(&whole) <= pen.room() { &whole } else { &short }, theme.warning);
            }
        }
    }
    let room = pen.room().saturating_sub(2);
    let standing = standing(state, theme);
    if let Some((text, style)) = standing.iter().find(|(text, _)| width(text) <= room) {
        pen.right(text, *style);
    }
}

/// Draws an error in full. It covers the lines above the player line and the status.
fn fault(text: &str, theme: &Theme, foot: Rect, buffer: &mut Buffer) {
    let lines = broken(text, foot.width.saturating_sub(3));
    // On a screen of one line it replaces the status.
    let shown = (lines.len() as u16).min((foot.y / 2).max(1));
    let area = Rect { y: foot.y.saturating_sub(shown), height: shown, ..foot };
    clear(Rect { width: area.width + 1, ..area }, theme, buffer);
    for (y, line) in lines.iter().enumerate() {
        // Without colours, an error is known by the sign.
        let sign = if y == 0 { "✗ " } else { "  " };
        Pen::new(buffer, area, y as u16).skip(1).write(sign, theme.fault).write(line, theme.fault);
    }
}

/// Whether to show the progress: a check that finds nothing must not make the line flicker.
fn is_worth_showing(state: &State, running: &Running) -> bool {
    state.sync.last.is_none() || running.retry.is_some() || running.pages.is_some_and(|pages| pages > 1)
}

fn progress(running: &Running, theme: &Theme, pen: &mut Pen) {
    let received = humanize::count(running.received as u64);
    match running.total.filter(|&total| total > 0) {
        Some(total) => {
            pen.write(&format!("fetched {received} of {}", humanize::count(total)), theme.text);
            let part = (running.received as u64).min(total);
            if pen.room() > BAR + 10 {
                let full = (u64::from(BAR) * part / total) as usize;
                pen.skip(1).write(&"━".repeat(full), theme.accent);
                pen.write(&"─".repeat(usize::from(BAR) - full), theme.faint);
                pen.write(&format!(" {}%", 100 * part / total), theme.text);
            }
        }
        None if running.received > 0 => {
            pen.write(&format!("fetched {received}"), theme.text);
        }
        None => {
            pen.write("fetching…", theme.text);
        }
    }
    if let Some(retry) = &running.retry {
        let wait = humanize::seconds(retry.wait);
        pen.write(
            &format!("   attempt {} of {} in {wait}", retry.try_number, retry.max_tries),
            theme.warning,
        );
        pen.write(&format!(" · {}", retry.why), theme.quiet);
    } else if let Some(pages) = running.pages.filter(|&pages| pages > 1 && pen.room() > 50) {
        let (page, pages) = (humanize::count(u64::from(running.page)), humanize::count(u64::from(pages)));
        pen.write(&format!("   page {page} of {pages}"), theme.quiet);
    }
}

/// Returns the state of the sync, from the longest wording to the shortest.
fn standing(state: &State, theme: &Theme) -> Vec<(String, Style)> {
    let sync = &state.sync;
    let clock = |time| humanize::clock(time, state.now, state.setup.zone);
    if let Some(failure) = &sync.failure {
        let what = if failure.is_offline() { "offline" } else { "not up to date" };
        let since = match (sync.last, state.inbox.complete_to) {
            (Some(last), _) => format!(" · last fetched {}", clock(last)),
            (None, Some(to)) => format!(" · complete up to {}", clock(crate::core::model::from_millis(to))),
            (None, None) => String::new(),
        };
        let next = match sync.next {
            Some(next) => format!(" · retry at {}", clock(next)),
            None if sync.running.is_some() => " · retrying".to_owned(),
            None => format!(" · {} to retry", state.setup.keymap.named(Command::Refresh)),
        };
        return [
            format!("{what}{since}{next}"),
            format!("{what}{since}"),
            format!("{what}{next}"),
            format!("{what}{}", next.replace(" · ", ", ")),
            what.to_owned(),
        ]
        .into_iter()
        .map(|text| (text, theme.warning))
        .collect();
    }
    if sync.stopped {
        let next = match sync.next {
            Some(next) => format!("stopped · resumes at {}", clock(next)),
            None => format!("stopped · {} to refresh", state.setup.keymap.named(Command::Refresh)),
        };
        return vec![(next, theme.warning), ("stopped".to_owned(), theme.warning)];
    }
    if sync.running.is_some() && sync.last.is_none() {
        // The progress at the left says it already, unless something else is shown there.
        let covered = state.notice.as_ref().is_some_and(|notice| !notice.fault);
        return if covered { vec![("fetching".to_owned(), theme.quiet)] } else { Vec::new() };
    }
    let Some(last) = sync.last else { return Vec::new() };
    let checked = format!("checked {}", clock(last));
    let texts = match state.setup.refresh {
        Some(_) => [format!("up to date · {checked}"), "up to date".to_owned()],
        None => [checked, clock(last)],
    };
    texts.into_iter().map(|text| (text, theme.quiet)).collect()
}

/// Draws hints for the keys that work now.
fn hints(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    for hint in placed_hints(state, area) {
        Pen::new(buffer, Rect { width: area.right() - hint.x, x: hint.x, ..area }, 0)
            .write(&hint.keys, theme.accent)
            .write(&format!(" {}", hint.text), theme.quiet);
    }
}

/// A hint at its place in the footer.
pub(in crate::tui) struct Hint {
    x: u16,
    keys: String,
    text: &'static str,
    command: Command,
}

impl Hint {
    /// Returns the commands that a click runs, with their cells: of two keys, each its own, and one of them
    /// for the text.
    pub(in crate::tui) fn places(&self, area: Rect) -> impl Iterator<Item = (Rect, Command)> {
        let (second, text) = match self.command {
            Command::SeekBack => (Command::SeekForward, Command::SeekForward),
            Command::Down => (Command::Up, Command::Down),
            command => (command, command),
        };
        let first = self.keys.split_once(' ').map_or(width(&self.keys), |(first, _)| width(first));
        let keys = width(&self.keys);
        let cells = |from: u16, to: u16| Rect { x: self.x + from, width: to.saturating_sub(from), ..area };
        [
            (cells(0, first), self.command),
            (cells(first + 1, keys), second),
            (cells(keys, keys + 1 + width(self.text)), text),
        ]
        .into_iter()
    }
}

/// Returns the hints for the keys that work now, from the table of commands, as many as fit.
pub(in crate::tui) fn placed_hints(state: &State, area: Rect) -> Vec<Hint> {
    let mut placed = Vec::new();
    if area.height == 0 {
        return placed;
    }
    let mut x = area.x + 1;
    let scopes = state.scopes();
    // A hint is useless without a key.
    let known = |entry: &Entry| scopes.contains(&entry.scope) && state.key(entry.command).is_some();
    let mut entries: Vec<_> =
        TABLE.iter().filter(|entry| known(entry) && !hint(state, entry.command).is_empty()).collect();
    // In the detail, the meaning of Enter comes first; in the queue, what it is for.
    // Then the way back, so that it is seen on a narrow screen as well; while something plays, Space is.
    let in_queue = |command| QUEUE.iter().position(|each| *each == command).unwrap_or(QUEUE.len());
    entries.sort_by_key(|entry| match entry.command {
        command if state.shows_queue() => in_queue(command),
        _ if entry.scope == Scope::Detail => 0,
        Command::Back if state.way_back() != Some(WayBack::Stop) => 1,
        Command::Open if state.needs_login() => 1,
        _ => 2,
    });
    // Reserve room for the help: it lists the keys that do not fit.
    let help = entries.iter().position(|entry| entry.command == Command::Help).map(|at| entries.remove(at));
    let inbox = scopes.contains(&Scope::Inbox);
    let kept = help.filter(|_| inbox).map_or(0, |entry| width(&text(state, entry.command)) + 3);
    if state.setup.account.is_none() && inbox {
        entries.retain(|entry| matches!(entry.command, Command::Open | Command::Quit));
    }
    let refused = |command: Command| {
        command.refused(state).is_some() && !matches!(state.overlay, Some(Overlay::Dates(_)))
    };
    for entry in entries.into_iter().filter(|entry| !refused(entry.command)).chain(help) {
        let room = if entry.command == Command::Help { 0 } else { kept };
        let cells = width(&text(state, entry.command));
        if cells + room > area.right().saturating_sub(x) {
            continue;
        }
        let (keys, text) = (key(state, entry.command), hint(state, entry.command));
        placed.push(Hint { x, keys, text, command: entry.command });
        x += cells + 3;
    }
    placed
}

fn key(state: &State, command: Command) -> String {
    let first = |command| state.key(command).map(|key| key.to_string()).unwrap_or_default();
    // One hint for both keys.
    let both = |one, other| format!("{} {}", first(one), first(other)).trim().to_owned();
    match command {
        Command::SeekBack => both(command, Command::SeekForward),
        Command::Down => both(command, Command::Up),
        _ => first(command),
    }
}

/// Returns the hint for what the command would do now; empty if it is not worth showing.
fn hint(state: &State, command: Command) -> &'static str {
    let playback = state.playback.current.as_ref();
    let selected = playback.filter(|playback| Some(playback.cue.key) == state.inbox.selected);
    let failed = playback.is_some_and(|playback| playback.phase == Phase::Failed);
    match command {
        Command::Help if state.help.is_some() => "",
        Command::HelpPageDown if help::view::extent(state).last == 0 => "",
        Command::CloseHelp if state.help.as_ref().is_some_and(Help::is_filtered) => "clear",
        Command::Open if state.needs_login() && state.inbox.selected.is_none() => "log in",
        Command::PlayPause => selected.map_or(command.entry().hint, |selected| {
            playback::view::pausing(state, selected).unwrap_or(if state.shows_queue() { "" } else { "stop" })
        }),
        Command::Down if state.shows_queue() => "next",
        Command::Follow if state.shows_queue() => "",
        Command::Follow if state.detail.marked.is_none() => "back",
        Command::SeekBack | Command::Faster | Command::SkipSilence if playback.is_none() => "",
        Command::PlayAll if state.playback.queue.is_some() => "",
        Command::PlayAll if !state.inbox.marks.is_empty() => "play marked",
        Command::ApplySearch if state.filter.mistake.is_some() => "",
        Command::Back if failed && state.way_back() == Some(WayBack::Stop) => "clear",
        Command::Back => state.way_back().map_or("", WayBack::hint),
        Command::Quit if state.detail.full || state.before_history.is_some() => "close",
        // Already chosen: the hint for copying matters more.
        Command::UseWay if matches!(&state.overlay, Some(Overlay::Elsewhere(open)) if open.is_taken()) => "",
        Command::PlaceCall => match &state.overlay {
            Some(Overlay::Call(asked)) => asked.hint(state.placing.as_ref()),
            _ => "",
        },
        _ => command.entry().hint,
    }
}

fn text(state: &State, command: Command) -> String {
    format!("{} {}", key(state, command), hint(state, command))
}
