//! Draws the detail of the selected voicemail.

use std::ops::Range;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::core::caller;
use crate::core::facts::{Fact, Flags};
use crate::core::humanize::{self, broken};
use crate::core::model::{RecordingName, from_millis};
use crate::core::search::SearchedText;
use crate::store::{Details, Row};
use crate::tui::command::Command;
use crate::tui::layout;
use crate::tui::list::matches::Matches;
use crate::tui::list::rows::day_name;
use crate::tui::playback::{self, Queue, Recording};
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::view::cut;
use crate::tui::view::pen::{Pen, width};
use crate::tui::view::scrollbar;

/// The minimum width of the full-screen detail for the times beside the caller.
const BESIDE: u16 = 60;

/// A line of the detail: styled pieces from the left, and one at the right.
#[derive(Default)]
pub(in crate::tui) struct Piece {
    pub(in crate::tui) left: Vec<(String, Style)>,
    right: Option<(String, Style)>,
    pub(in crate::tui) marked: bool,
    /// Its number, if it is a line to choose.
    pub(in crate::tui) entry: Option<usize>,
}

impl Piece {
    pub(in crate::tui) fn new(text: impl Into<String>, style: Style) -> Piece {
        Piece { left: vec![(text.into(), style)], ..Piece::default() }
    }

    pub(in crate::tui) fn and(mut self, text: impl Into<String>, style: Style) -> Piece {
        self.left.push((text.into(), style));
        self
    }

    /// Makes a line of `text`, with `hits`, in bytes, in the second style.
    fn found(text: &str, hits: &[Range<usize>], styles: [Style; 2]) -> Piece {
        let pieces = cut::pieces(text, &(0..text.len()), hits, styles);
        Piece {
            left: pieces.into_iter().map(|(text, style)| (text.to_owned(), style)).collect(),
            ..Piece::default()
        }
    }

    /// Returns the line without its last piece.
    fn without_last(mut self) -> Piece {
        self.left.pop();
        self
    }

    fn width(&self) -> u16 {
        self.left.iter().map(|(text, _)| width(text)).sum()
    }

    /// Appends a sign to the line of the detail, to its last piece if that has the same style.
    pub(in crate::tui) fn push(&mut self, sign: char, style: Style) {
        match self.left.last_mut() {
            Some((text, last)) if *last == style => text.push(sign),
            _ => self.left.push((sign.into(), style)),
        }
    }
}

/// The lines of the detail in one column, or in two.
struct Column {
    area: Rect,
    lines: Vec<Piece>,
}

/// Returns how many lines of the detail do not fit into `area`.
pub fn overflow(state: &State, area: Rect) -> u16 {
    // The theme does not affect the lengths of lines.
    let longest =
        columns(state, &Theme::new(&state.setup.look), area).iter().map(|one| one.lines.len()).max();
    (longest.unwrap_or(0) as u16).saturating_sub(area.height)
}

/// Returns the line of the highlighted voicemail of the caller, from 0.
pub(in crate::tui) fn marked_line(state: &State, area: Rect) -> Option<u16> {
    let columns = columns(state, &Theme::new(&state.setup.look), area);
    columns.iter().find_map(|one| one.lines.iter().position(|line| line.marked)).map(|line| line as u16)
}

/// Returns the entry of the caller's history in this cell, from 0.
pub(in crate::tui) fn entry_at(state: &State, area: Rect, at: Position) -> Option<usize> {
    let columns = columns(state, &Theme::new(&state.setup.look), area);
    let column = columns.iter().find(|one| one.area.contains(at))?;
    let line = usize::from(at.y - area.y) + usize::from(top(state, &columns, area));
    column.lines.get(line)?.entry
}

/// Returns the first visible line: the window may have grown since it was scrolled.
fn top(state: &State, columns: &[Column], area: Rect) -> u16 {
    let longest = columns.iter().map(|one| one.lines.len()).max().unwrap_or(0) as u16;
    state.detail.scroll.min(longest.saturating_sub(area.height))
}

/// Draws the detail from its first visible line.
pub fn draw(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let columns = columns(state, theme, area);
    let top = top(state, &columns, area);
    let beside_list = state.detail_focused() && !state.detail.full;
    for Column { area, lines } in &columns {
        for (y, line) in lines.iter().skip(usize::from(top)).take(usize::from(area.height)).enumerate() {
            let y = y as u16;
            // The bar is where the keys go: at the name, until a line is highlighted.
            let title = beside_list && y == 0 && top == 0;
            let bar = Rect { x: area.x.saturating_sub(1), y: area.y + y, width: area.width + 1, height: 1 };
            if line.marked || title && state.detail.marked.is_none() {
                buffer.set_style(bar.intersection(buffer.area), theme.selected);
            }
            if line.marked || title {
                Pen::new(buffer, bar, 0).write("▌", theme.accent);
            }
            let lifted = |style: Style| if line.marked { style.patch(theme.selected) } else { style };
            let mut pen = Pen::new(buffer, *area, y);
            for (text, style) in &line.left {
                pen.write(text, lifted(*style));
            }
            if let Some((text, style)) = &line.right {
                pen.skip(1).right(text, *style);
            }
        }
    }
    if let Some([_, between, _]) = layout::columns(area).filter(|_| state.detail.full) {
        for y in 0..between.height {
            Pen::new(buffer, between, y).write("│", theme.faint);
        }
    }
    let longest = columns.iter().map(|one| one.lines.len()).max().unwrap_or(0);
    scrollbar::draw(bar(state, area), longest, usize::from(top), theme, buffer);
}

/// Returns where in the recording a click in the detail seeks to.
pub fn seek_at(state: &State, area: Rect, at: Position) -> Option<Duration> {
    let row = state.inbox.selected_row()?;
    let theme = Theme::new(&state.setup.look);
    let columns = columns(state, &theme, area);
    let column = columns.first().filter(|column| column.area.contains(at))?;
    let above = head(state, &theme, &row, column.area, &mut Matches::new(state)).len() as u16;
    let line = (at.y - area.y + top(state, &columns, area)).checked_sub(above)?;
    playback::view::seek_in_detail(state, column.area, line, at.x)
}

/// Returns the place of the scrollbar: the last column of the screen.
pub(in crate::tui) fn bar(state: &State, area: Rect) -> Rect {
    let x = state.size.width.saturating_sub(1);
    Rect { x, width: u16::from(x >= area.right()), ..area }
}

/// Lays the detail out: in two columns where the full screen has room for them.
fn columns(state: &State, theme: &Theme, area: Rect) -> Vec<Column> {
    let Some(row) = state.inbox.selected_row() else { return Vec::new() };
    if let Some([left, _, right]) = layout::columns(area).filter(|_| state.detail.full) {
        return two_columns(state, theme, &row, [left, right]);
    }
    let mut matches = Matches::new(state);
    let mut lines = head(state, theme, &row, area, &mut matches);
    lines.extend(playback::view::lines(state, theme, &row, area.width, area.height));
    if let Some(details) = state.shown_details() {
        lines.extend(work(state, details, theme, area.width, &mut matches));
        let history = others(state, &row, details, theme);
        let recording = recording(state, theme, &row, details, area.width);
        for part in [history, recording].into_iter().filter(|part| !part.is_empty()) {
            // On the full screen, a blank line must not be all that pushes the end out.
            let fills = lines.len() + part.len() == usize::from(area.height);
            if !state.detail.full || !fills {
                lines.push(Piece::default());
            }
            lines.extend(part);
        }
    }
    vec![Column { area, lines }]
}

/// At the left the voicemail and what the user added, at the right the caller's history and the recording.
fn two_columns(state: &State, theme: &Theme, row: &Row, [left, right]: [Rect; 2]) -> Vec<Column> {
    let mut matches = Matches::new(state);
    let mut first = head(state, theme, row, left, &mut matches);
    first.extend(playback::view::lines(state, theme, row, left.width, left.height));
    let Some(details) = state.shown_details() else { return vec![Column { area: left, lines: first }] };
    first.extend(work(state, details, theme, left.width, &mut matches));
    if details.note.is_none() {
        let key = |command| state.setup.keymap.named(command);
        let (note, tags) = (key(Command::Note), key(Command::Tags));
        first.extend([Piece::default(), Piece::new("Note", theme.quiet)]);
        first.push(Piece::new(format!("{note} to write one, {tags} for tags"), theme.quiet));
    }
    let mut second = others(state, row, details, theme);
    if !second.is_empty() {
        second.push(Piece::default());
    }
    second.extend(recording(state, theme, row, details, right.width));
    vec![Column { area: left, lines: first }, Column { area: right, lines: second }]
}

/// Returns who left it and when. In a low window without blank lines and UTC, in a wide one on two lines.
fn head(state: &State, theme: &Theme, row: &Row, area: Rect, matches: &mut Matches<'_>) -> Vec<Piece> {
    let display = state.inbox.rows.number(row);
    let name = state.inbox.rows.caller(row);
    let name = if name.is_empty() { "Withheld" } else { name };
    let name_style = if state.detail_focused() { theme.accent.patch(theme.strong) } else { theme.strong };
    let field = if name == display { SearchedText::Caller } else { SearchedText::Name };
    let hits = matches.hits(field, name);
    let mut who = Piece::found(name, &hits, [name_style, theme.found()]);
    let mut starred = row.flags.contains(Flags::STARRED).then(|| ("★".to_owned(), theme.warning));
    let [here, rest, age] = times(state, row.time);
    let mut number = |room| caller_line(state.shown_details(), name, display, theme, room, matches);
    let both = format!("{here} · {age}");
    let queue = state.playback.queue.as_ref().filter(|_| state.shows_queue()).map(Queue::place);
    if queue.is_some()
        && let Some((star, style)) = starred.take()
    {
        who = who.and(format!("  {star}"), style);
    }
    let corner = queue.clone().map(|place| (place, theme.text)).or(starred.clone());
    if area.height < playback::view::TALL && width(&both) <= area.width {
        who.right = corner;
        let when = Piece::new(here, theme.text).and(format!(" · {age}"), theme.quiet);
        return vec![who, number(area.width), when];
    }
    let beside = queue.as_deref().unwrap_or(&here);
    if state.detail.full && area.width >= BESIDE && who.width() + width(beside) + 6 <= area.width {
        if let Some((star, style)) = starred {
            who = who.and(format!("  {star}"), style);
        }
        let (first, second) = match queue {
            Some(place) => (place, both),
            None => (here, rest),
        };
        who.right = Some((first, theme.text));
        let mut number = number(area.width.saturating_sub(width(&second) + 2));
        let fits = number.width() + 2 + width(&second) <= area.width;
        number.right = Some((if fits { second } else { age }, theme.quiet));
        return vec![who, number];
    }
    let number = number(area.width);
    who.right = corner;
    let mut lines = vec![who, number, Piece::default()];
    if width(&here) + 2 + width(&rest) <= area.width {
        lines.push(Piece::new(here, theme.text).and(format!("  {rest}"), theme.quiet));
    } else {
        lines.extend([Piece::new(here, theme.text), Piece::new(rest, theme.quiet)]);
    }
    lines
}

/// Returns what is known of the recording.
fn recording(state: &State, theme: &Theme, row: &Row, details: &Details, room: u16) -> Vec<Piece> {
    let mut title = Piece::new("Recording", theme.quiet);
    let kind = kind(state, row);
    let beside = kind.as_ref().is_some_and(|kind| state.detail.full && 9 + 4 + width(kind) <= room);
    if beside {
        title.right = kind.clone().map(|kind| (kind, theme.quiet));
    }
    let mut lines = vec![title];
    match details.voicemail.recording.as_ref().map(RecordingName::shown) {
        Some(name) => lines.extend(chunks(&name, room).map(|part| Piece::new(part, theme.text))),
        None => lines.push(Piece::new("none with this voicemail", theme.text)),
    }
    lines.extend(kind.filter(|_| !beside).map(|kind| Piece::new(kind, theme.quiet)));
    lines
}

/// Returns what the user added: the times of done and called back, tags, the note.
fn work(state: &State, details: &Details, theme: &Theme, room: u16, matches: &mut Matches<'_>) -> Vec<Piece> {
    let mut lines = Vec::new();
    let clock = |millis: i64| humanize::clock(from_millis(millis), state.now, state.setup.zone);
    let dated = details.facts.iter().filter(|(fact, _)| fact.dated().is_some());
    let times: Vec<_> = dated.map(|(fact, at)| format!("{} {}", fact.words(), clock(at))).collect();
    if !times.is_empty() {
        lines.push(Piece::new(times.join(" · "), theme.good));
    }
    if !details.tags.is_empty() {
        let (mut tags, mut hits) = (String::new(), Vec::new());
        for tag in &details.tags {
            tags.push_str(if tags.is_empty() { "#" } else { " #" });
            let found = matches.hits(SearchedText::Tag, tag.as_str());
            hits.extend(found.into_iter().map(|hit| tags.len() + hit.start..tags.len() + hit.end));
            tags.push_str(tag.as_str());
        }
        lines.extend(wrapped(&tags, 0, &hits, room, [theme.accent, theme.found()]));
    }
    if let Some(note) = &details.note {
        lines.push(Piece::new("Note", theme.quiet));
        let hits = matches.hits(SearchedText::Note, note.text());
        let mut start = 0;
        for line in note.text().split('\n') {
            lines.extend(wrapped(line, start, &hits, room, [theme.text, theme.found()]));
            start += line.len() + 1;
        }
    }
    if !lines.is_empty() {
        lines.insert(0, Piece::default());
    }
    lines
}

/// Wraps a line that begins at `start` of a text, with the `hits` in the text in the second style.
fn wrapped(
    line: &str,
    start: usize,
    hits: &[Range<usize>],
    room: u16,
    [style, found]: [Style; 2],
) -> Vec<Piece> {
    let hit_at = |at: usize| {
        hits.get(hits.partition_point(|hit| hit.end <= start + at)).filter(|hit| hit.start <= start + at)
    };
    // Wrapping changes blanks alone.
    let mut written = line.char_indices().filter(|(_, c)| !c.is_whitespace()).peekable();
    let mut before = None;
    let mut styled = |wrapped: String| {
        let mut piece = Piece::default();
        for c in wrapped.chars() {
            let hit = if c.is_whitespace() {
                written.peek().and_then(|(next, _)| hit_at(*next)).filter(|hit| before == Some(*hit))
            } else {
                before = written.next().and_then(|(at, _)| hit_at(at));
                before
            };
            piece.push(c, if hit.is_some() { found } else { style });
        }
        piece
    };
    broken(line, room).into_iter().map(&mut styled).collect()
}

/// Returns "8 kHz mono MP3 · 84 kB · cached".
fn kind(state: &State, row: &Row) -> Option<String> {
    let waveform = state.shown_waveform()?;
    let cached = match state.playback.recordings.get(&row.id) {
        Some(Recording::Here { bytes, .. }) => format!(" · {} · cached", humanize::bytes(*bytes)),
        _ => String::new(),
    };
    let cut = if waveform.is_cut() { " · truncated" } else { "" };
    Some(format!("{}{cut}{cached}", waveform.encoding()))
}

/// Returns the number if the caller has a name, the country, and the number as received.
fn caller_line(
    details: Option<&Details>,
    name: &str,
    display: &str,
    theme: &Theme,
    room: u16,
    matches: &mut Matches<'_>,
) -> Piece {
    // The row has the number, so show it before the details are loaded.
    let number = if name == display || display.is_empty() {
        Piece::default()
    } else {
        let hits = matches.hits(SearchedText::Caller, display);
        Piece::found(display, &hits, [theme.text, theme.found()]).and("  ", theme.text)
    };
    let Some(details) = details else { return number };
    if display.is_empty() {
        return Piece::new("number withheld", theme.quiet);
    }
    let country = details.caller.country.as_deref().and_then(caller::country_name);
    let known = match country {
        Some(country) => number.and(country, theme.text).and(" · ", theme.quiet),
        None => number,
    };
    let raw = &details.voicemail.caller;
    let received = format!("received as {raw}");
    let taken = known.width();
    let shown = if taken + width(&received) <= room { received.as_str() } else { raw.as_str() };
    if country.is_some() && taken + width(shown) > room {
        return known.without_last();
    }
    known.and(shown, theme.quiet)
}

/// Returns "Today 11:42:08 IST", "06:12 UTC · 22 min ago" and "22 min ago".
fn times(state: &State, time: i64) -> [String; 3] {
    let utc = from_millis(time);
    let local = utc.with_timezone(&state.setup.zone);
    let (day, today) = (local.date_naive(), state.today());
    let name = day_name(day, today);
    let name = name.split_once(" · ").map_or(name.as_str(), |(word, _)| word);
    let here = format!("{name} {}", local.format("%H:%M:%S %Z"));
    let same_day = utc.date_naive() == day;
    let age = humanize::age(utc, state.now);
    let rest = if local.naive_local() == utc.naive_utc() {
        age.clone()
    } else {
        let form = if same_day { "%H:%M UTC" } else { "%-d %b %H:%M UTC" };
        format!("{} · {age}", utc.format(form))
    };
    [here, rest, age]
}

fn others(state: &State, row: &Row, details: &Details, theme: &Theme) -> Vec<Piece> {
    if state.inbox.rows.number(row).is_empty() {
        return Vec::new();
    }
    let mut lines = vec![Piece::new("From this caller", theme.quiet)];
    if details.others == 0 {
        lines.push(Piece::new("no other voicemails stored", theme.text));
        return lines;
    }
    lines[0].right = Some((humanize::count(details.others), theme.faint));
    for (index, row) in details.latest_others.iter().enumerate() {
        let time = from_millis(row.time);
        let marked = state.detail_focused() && state.detail.marked == Some(index);
        let when = time.with_timezone(&state.setup.zone).format("%a %e %b %Y %H:%M").to_string();
        let this_year = state.today().format(" %Y ").to_string();
        let sign = if marked { "▸ " } else { "  " };
        let length = Duration::from_millis(row.sketch.millis.into());
        let length = if row.sketch.is_known() { humanize::length(length) } else { String::new() };
        let dated = Fact::of(row.flags).filter(|fact| fact.dated().is_some());
        let states: Vec<_> = dated.map(Fact::words).collect();
        let state_word = match states.as_slice() {
            [] if row.flags.contains(Flags::READ) => String::new(),
            [] => "   unread".to_owned(),
            states => format!("   {}", states.join(" · ")),
        };
        let mut line = Piece::new(sign, theme.accent)
            .and(when.replace(&this_year, " "), theme.text)
            .and(format!("{length:>7}"), theme.text)
            .and(state_word, theme.quiet);
        (line.marked, line.entry) = (marked, Some(index));
        lines.push(line);
    }
    let marked = state.detail_focused() && state.detail.marked == Some(details.latest_others.len());
    let all = format!("show all {}", humanize::count(details.others + 1));
    let mut line = Piece::new(if marked { "▸ " } else { "  " }, theme.accent).and(all, theme.quiet);
    (line.marked, line.entry) = (marked, Some(details.latest_others.len()));
    lines.push(line);
    lines
}

/// Splits `text` into pieces of at most `room` cells: file names have no words to break at.
fn chunks(text: &str, room: u16) -> impl Iterator<Item = String> {
    let room = usize::from(room.max(1));
    let mut parts = vec![String::new()];
    for c in text.chars() {
        let mut encoded = [0; 4];
        let last = parts.len() - 1;
        if usize::from(width(&parts[last]) + width(c.encode_utf8(&mut encoded))) > room {
            parts.push(String::new());
        }
        let last = parts.len() - 1;
        parts[last].push(c);
    }
    parts.into_iter()
}
