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
use crate::tui::list::matches::Matches;
use crate::tui::list::rows::day_name;
use crate::tui::playback::{self, Recording};
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::view::cut;
use crate::tui::view::pen::{Pen, width};

/// The number of lines above the time: name, number, a blank one.
const HEAD: u16 = 3;

/// A line of the detail: styled pieces from the left, and one at the right.
#[derive(Default)]
pub(in crate::tui) struct Piece {
    pub(in crate::tui) left: Vec<(String, Style)>,
    right: Option<(String, Style)>,
    pub(in crate::tui) marked: bool,
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

    /// Appends a sign to the line of the detail, to its last piece if that has the same style.
    pub(in crate::tui) fn push(&mut self, sign: char, style: Style) {
        match self.left.last_mut() {
            Some((text, last)) if *last == style => text.push(sign),
            _ => self.left.push((sign.into(), style)),
        }
    }
}

/// Returns how many lines of the detail do not fit into `area`.
pub fn overflow(state: &State, area: Rect) -> u16 {
    // The theme does not affect the lengths of lines.
    let lines = lines(state, &Theme::new(&state.setup.look), area).len();
    (lines as u16).saturating_sub(area.height)
}

/// Draws the detail from its first visible line.
pub fn draw(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let lines = lines(state, theme, area);
    let below = lines.len().saturating_sub(usize::from(area.height));
    let top = usize::from(state.detail.scroll).min(below);
    for (y, line) in lines.iter().skip(top).take(usize::from(area.height)).enumerate() {
        let y = y as u16;
        if line.marked {
            buffer.set_style(Rect { y: area.y + y, height: 1, ..area }, theme.selected);
        }
        let mut pen = Pen::new(buffer, area, y);
        for (text, style) in &line.left {
            pen.write(text, *style);
        }
        if let Some((text, style)) = &line.right {
            pen.skip(1).right(text, *style);
        }
    }
}

/// Returns where in the recording a click in the detail seeks to.
pub fn seek_at(state: &State, area: Rect, at: Position) -> Option<Duration> {
    let row = state.inbox.selected_row()?;
    let theme = Theme::new(&state.setup.look);
    let above = HEAD + time_lines(state, row.time, &theme, area.width).len() as u16;
    let line = (at.y - area.y + state.detail.scroll.min(overflow(state, area))).checked_sub(above)?;
    playback::view::seek_in_detail(state, area, line, at.x)
}

fn lines(state: &State, theme: &Theme, area: Rect) -> Vec<Piece> {
    let room = area.width;
    let Some(row) = state.inbox.selected_row() else { return Vec::new() };
    let details = state.shown_details();
    let display = state.inbox.rows.number(&row);
    let name = state.inbox.rows.caller(&row);
    let name = if name.is_empty() { "Withheld" } else { name };
    let name_style = if state.detail_focused() { theme.accent.patch(theme.strong) } else { theme.strong };
    let mut matches = Matches::new(state);
    let field = if name == display { SearchedText::Caller } else { SearchedText::Name };
    let hits = matches.hits(field, name);
    let mut lines = vec![
        Piece::found(name, &hits, [name_style, theme.found()]),
        caller_line(details, name, display, theme, room, &mut matches),
        Piece::default(),
    ];
    lines.extend(time_lines(state, row.time, theme, room));
    lines.extend(playback::view::lines(state, theme, &row, room, area.height));
    let starred = row.flags.contains(Flags::STARRED);
    if let Some(queue) = state.playback.queue.as_ref().filter(|_| state.shows_queue()) {
        if starred {
            lines[0] = std::mem::take(&mut lines[0]).and("  ★", theme.warning);
        }
        lines[0].right = Some((queue.place(), theme.text));
    } else if starred {
        lines[0].right = Some(("★".to_owned(), theme.warning));
    }
    let Some(details) = details else { return lines };
    lines.extend(work(state, details, theme, room, &mut matches));
    if !display.is_empty() {
        lines.push(Piece::default());
        lines.extend(others(state, details, theme));
    }
    lines.push(Piece::default());
    lines.push(Piece::new("Recording", theme.quiet));
    match details.voicemail.recording.as_ref().map(RecordingName::shown) {
        Some(name) => lines.extend(chunks(&name, room).map(|part| Piece::new(part, theme.text))),
        None => lines.push(Piece::new("none with this voicemail", theme.text)),
    }
    lines.extend(kind(state, theme, &row));
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
fn kind(state: &State, theme: &Theme, row: &Row) -> Option<Piece> {
    let waveform = state.shown_waveform()?;
    let cached = match state.playback.recordings.get(&row.id) {
        Some(Recording::Here { bytes, .. }) => format!(" · {} · cached", humanize::bytes(*bytes)),
        _ => String::new(),
    };
    let cut = if waveform.is_cut() { " · truncated" } else { "" };
    let text = format!("{}{cut}{cached}", waveform.encoding());
    Some(Piece::new(text, theme.quiet))
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
    let taken: u16 = known.left.iter().map(|(text, _)| width(text)).sum();
    known.and(if taken + width(&received) <= room { received.as_str() } else { raw.as_str() }, theme.quiet)
}

/// Returns "Today 11:42:08 IST  06:12 UTC · 22 min ago", on two lines if it does not fit on one.
fn time_lines(state: &State, time: i64, theme: &Theme, room: u16) -> Vec<Piece> {
    let utc = from_millis(time);
    let local = utc.with_timezone(&state.setup.zone);
    let (day, today) = (local.date_naive(), state.today());
    let name = day_name(day, today);
    let name = name.split_once(" · ").map_or(name.as_str(), |(word, _)| word);
    let here = format!("{name} {}", local.format("%H:%M:%S %Z"));
    let same_day = utc.date_naive() == day;
    let age = humanize::age(utc, state.now);
    let rest = if local.naive_local() == utc.naive_utc() {
        age
    } else {
        let form = if same_day { "%H:%M UTC" } else { "%-d %b %H:%M UTC" };
        format!("{} · {age}", utc.format(form))
    };
    if width(&here) + 2 + width(&rest) <= room {
        vec![Piece::new(here, theme.text).and(format!("  {rest}"), theme.quiet)]
    } else {
        vec![Piece::new(here, theme.text), Piece::new(rest, theme.quiet)]
    }
}

fn others(state: &State, details: &Details, theme: &Theme) -> Vec<Piece> {
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
        line.marked = marked;
        lines.push(line);
    }
    let marked = state.detail_focused() && state.detail.marked == Some(details.latest_others.len());
    let all = format!("show all {}", humanize::count(details.others + 1));
    let mut line = Piece::new(if marked { "▸ " } else { "  " }, theme.accent).and(all, theme.quiet);
    line.marked = marked;
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
