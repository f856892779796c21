//! The list: a heading for each day, a line for each voicemail, and the scrollbar.

use std::time::Duration;

use chrono::Datelike as _;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::config::Column;
use crate::core::facts::{Fact, Flags, Symbol, Tone};
use crate::core::humanize;
use crate::core::model::from_millis;
use crate::core::search::SearchedText;
use crate::store::Row;
use crate::tui::layout::Regions;
use crate::tui::list::columns::{self, ColumnPlace, MatchPlace};
use crate::tui::list::matches::{Aside, Fitted, Matches};
use crate::tui::list::rows::{ListLine, RowKey, day_name};
use crate::tui::playback;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::view::cut;
use crate::tui::view::pen::{Pen, width};
use crate::tui::view::scrollbar;

/// Draws the visible lines of the list.
pub fn draw(state: &State, theme: &Theme, regions: &Regions, buffer: &mut Buffer) {
    let area = regions.list;
    let mut matches = Matches::new(state);
    for y in 0..area.height {
        match line_at(state, area, y) {
            Some(ListLine::Heading(day)) => heading(state, theme, day, area, y, buffer),
            Some(ListLine::Row(place)) => {
                let line = Rect { y: area.y + y, height: 1, ..area };
                voicemail(state, theme, place, line, &mut matches, buffer);
            }
            None => break,
        }
    }
    if state.filter.mistake.is_some() {
        // These are the matches of the text before it: not what is asked for.
        let dimmed = theme.quiet.add_modifier(Modifier::DIM);
        buffer.set_style(regions.list.intersection(buffer.area), dimmed);
    }
    draw_scrollbar(state, theme, regions, buffer);
}

/// Returns what is on line `y` of the list. The first line always shows the day, even if its heading is
/// scrolled out.
pub(in crate::tui) fn line_at(state: &State, area: Rect, y: u16) -> Option<ListLine> {
    let days = &state.inbox.list.days;
    let line = state.inbox.top + usize::from(y);
    match (y, days.day_of_line(line)) {
        (0, Some(day)) if area.height > 1 => Some(ListLine::Heading(day)),
        _ => days.at(line),
    }
}

fn heading(state: &State, theme: &Theme, number: usize, area: Rect, y: u16, buffer: &mut Buffer) {
    let Some(day) = state.inbox.list.days.day(number) else { return };
    let inner = Rect { width: area.width.saturating_sub(1), ..area };
    let list = &state.inbox.list;
    // The selected row may not match any more.
    let lingers = state.inbox.selected_place().filter(|_| list.lingering);
    let lingers = lingers.and_then(|place| list.days.day_of_row(place)) == Some(number);
    let count = humanize::count((list.days.rows_of(number) - usize::from(lingers)) as u64);
    Pen::new(buffer, inner, y)
        .skip(3)
        .write(&day_name(day.date, state.today()), theme.quiet)
        .right(&count, theme.faint);
}

fn voicemail(
    state: &State,
    theme: &Theme,
    number: usize,
    area: Rect,
    matches: &mut Matches<'_>,
    buffer: &mut Buffer,
) {
    let Some(row) = state.inbox.at(number) else { return };
    let selected = state.inbox.selected == Some(RowKey::of(&row));
    let unread = !row.flags.contains(Flags::READ);
    // While the detail has the focus, the row keeps only a thin mark: the bar is where the keys go.
    let focused = selected && !state.detail_focused();
    if focused {
        buffer.set_style(area, theme.selected);
    }
    let lift = |style: Style| match selected {
        true if focused => style.patch(theme.selected).patch(theme.strong),
        true => style.patch(theme.strong),
        false => style,
    };
    let mut pen = Pen::new(buffer, area, 0);
    match selected {
        true if focused => pen.column("▌", 1, theme.accent),
        true => pen.column("▏", 1, theme.text),
        false => pen.skip(1),
    };
    let marked = state.inbox.marks.contains(&RowKey::of(&row));
    pen.column(if marked { "◆" } else { "" }, 1, lift(theme.warning));
    let (sign, sign_style) = match state.playback.playback_of(row.id) {
        Some(playback) => playback::view::sign(playback.phase, theme),
        None => (if unread { "●" } else { "" }, theme.accent),
    };
    pen.column(sign, 2, coloured(sign_style, &lift));
    let hit = coloured(theme.found(), &lift);
    let dated = !state.inbox.list.days.has_headings();
    let mut columns = columns::of(&state.setup.look.columns, area.width, dated);
    let (texts, instead) = texts(state, theme, &row, &mut columns, matches);
    let instead_of = instead.as_ref().map_or(0..0, |(place, _)| place.columns.clone());
    for (index, ColumnPlace { column, gap, width: room }) in columns.iter().copied().enumerate() {
        if instead_of.contains(&index) {
            if let Some((place, signs)) = instead.as_ref().filter(|_| index == instead_of.start) {
                let end = pen.skip(place.gap).room().saturating_sub(place.width);
                write(signs, end, hit, &lift, &mut pen);
                pen.skip(pen.room().saturating_sub(end));
            }
            continue;
        }
        let end = pen.skip(gap).room().saturating_sub(room);
        match column {
            Column::Time => {
                pen.column(&when(state, &row, room), room, lift(theme.text));
            }
            Column::Length => length(&row, theme, &lift, &mut pen),
            Column::Outline => outline(state, theme, &row, &lift, &mut pen),
            Column::Caller | Column::Number | Column::Marks | Column::Tags | Column::Note => {
                write(&texts[index], end, hit, &lift, &mut pen);
            }
        }
        pen.skip(pen.room().saturating_sub(end));
    }
}

/// Returns `style` for a line that may be selected, but with its own foreground colour.
fn coloured(style: Style, lift: &impl Fn(Style) -> Style) -> Style {
    lift(style).patch(style.fg.map_or(Style::new(), |fg| Style::new().fg(fg)))
}

/// Formats when it was left: the time of day if the list has headings, else also the day. In a narrow
/// column, only the day if that is not today.
fn when(state: &State, row: &Row, room: u16) -> String {
    let time = from_millis(row.time).with_timezone(&state.setup.zone);
    let (today, date) = (state.today(), time.date_naive());
    let this_year = date.year() == today.year();
    let format = match room {
        columns::DATED if this_year => "%a %e %b  %H:%M",
        columns::DATED => "%e %b %Y %H:%M",
        columns::DATED_SHORT if date == today => "%H:%M",
        columns::DATED_SHORT if this_year => "%e %b",
        columns::DATED_SHORT => "%b %y",
        _ => "%H:%M",
    };
    time.format(format).to_string()
}

/// Draws the waveform of the recording, the played part in another colour; a word if there is none.
fn outline(state: &State, theme: &Theme, row: &Row, lift: &impl Fn(Style) -> Style, pen: &mut Pen<'_>) {
    match playback::view::thumbnail(state, row) {
        Some((cells, played)) => {
            let split = cells.char_indices().nth(played).map_or(cells.len(), |(at, _)| at);
            pen.write(&cells[..split], coloured(theme.good, lift)).write(&cells[split..], lift(theme.quiet));
        }
        None => {
            pen.column(playback::view::missing(state, row), columns::OUTLINE, lift(theme.quiet));
        }
    }
}

/// A sign in a line, and the text after it.
struct Sign<'s> {
    mark: &'static str,
    text: Fitted<'s>,
    style: Style,
}

/// Writes signs, each with a blank after it, up to where `end` cells are left.
fn write(signs: &[Sign<'_>], end: u16, hit: Style, lift: &impl Fn(Style) -> Style, pen: &mut Pen<'_>) {
    let rest = |pen: &Pen<'_>| pen.room().saturating_sub(end);
    for sign in signs {
        let (style, Fitted { text, part, hits }) = (lift(sign.style), &sign.text);
        pen.column(sign.mark, width(sign.mark).min(rest(pen)), style);
        cut::write(text, part, hits, [style, hit], pen);
        pen.skip(rest(pen).min(1));
    }
}

/// Signs that share `room` cells.
struct Signs<'s> {
    signs: Vec<Sign<'s>>,
    room: u16,
}

impl<'s> Signs<'s> {
    /// Begins with the signs of `facts`.
    fn new(facts: Vec<Sign<'s>>, room: u16) -> Signs<'s> {
        let used = facts.iter().map(|sign| width(sign.mark) + 1).sum();
        Signs { signs: facts, room: room.saturating_sub(used) }
    }

    /// Adds a text, fitted into the room that is left.
    fn add(&mut self, found: Aside<'s>, theme: &Theme, anywhere: bool, matches: &mut Matches<'_>) {
        let Aside { mark, text, field } = found;
        let style = if field == SearchedText::Tag { theme.accent } else { theme.quiet };
        let room = self.room.saturating_sub(width(mark));
        let text = matches.fit(field, text, room, anywhere);
        self.room = room.saturating_sub(text.width() + 1);
        self.signs.push(Sign { mark, text, style });
    }
}

/// What a line shows instead of some columns, and where.
type Instead<'s> = (MatchPlace, Vec<Sign<'s>>);

/// Returns the texts of each column, fitted into it, and what matched in others. For that, the column of the
/// caller may shrink.
fn texts<'s>(
    state: &'s State,
    theme: &Theme,
    row: &Row,
    columns: &mut [ColumnPlace],
    matches: &mut Matches<'_>,
) -> (Vec<Vec<Sign<'s>>>, Option<Instead<'s>>) {
    matches.begin();
    let of_column = |place: &ColumnPlace| match place.column {
        Column::Caller => vec![caller(state, theme, row, place.width, matches)],
        Column::Number => {
            let number = Aside::number(state, row);
            let text = matches.fit(number.field, number.text, place.width, true);
            vec![Sign { mark: "", text, style: theme.quiet }]
        }
        Column::Marks | Column::Tags | Column::Note => signs(state, theme, row, *place, matches),
        Column::Time | Column::Length | Column::Outline => Vec::new(),
    };
    let mut texts: Vec<_> = columns.iter().map(of_column).collect();
    let unseen = matches.unseen(state, row);
    let Some(place) = columns::for_match(columns).filter(|_| !unseen.is_empty()) else {
        return (texts, None);
    };
    if let Some(shrunk) = place.columns.start.checked_sub(1).filter(|_| place.from_caller > 0) {
        columns[shrunk].width -= place.from_caller;
        texts[shrunk] = vec![caller(state, theme, row, columns[shrunk].width, matches)];
    }
    let facts = if place.width < columns::MATCH_LEAST { Vec::new() } else { facts(theme, row) };
    let mut signs = Signs::new(facts, place.width);
    for found in unseen {
        signs.add(found, theme, true, matches);
    }
    (texts, Some((place, signs.signs)))
}

/// Returns the caller's name, or number, fitted into `room` cells.
fn caller<'s>(state: &'s State, theme: &Theme, row: &Row, room: u16, matches: &mut Matches<'_>) -> Sign<'s> {
    let (caller, number) = (state.inbox.rows.caller(row), state.inbox.rows.number(row));
    let field = if caller == number { SearchedText::Caller } else { SearchedText::Name };
    let (caller, style) = if caller.is_empty() { ("Withheld", theme.quiet) } else { (caller, theme.text) };
    let style = if row.flags.contains(Flags::READ) { style } else { style.patch(theme.strong) };
    Sign { mark: "", text: matches.fit(field, caller, room, true), style }
}

/// Returns the signs of the facts.
fn facts<'s>(theme: &Theme, row: &Row) -> Vec<Sign<'s>> {
    let sign = |symbol: Symbol| {
        let style = match symbol.tone {
            Tone::Attention => theme.warning,
            Tone::Finished => theme.good,
        };
        Sign { mark: symbol.text, text: Fitted::default(), style }
    };
    Fact::of(row.flags).filter_map(Fact::symbol).map(sign).collect()
}

/// Returns the signs in a column: facts, tags, the start of the note. The flags column leaves out tags and
/// note if they have columns of their own; a narrow one has no texts, and one # for all tags.
fn signs<'s>(
    state: &'s State,
    theme: &Theme,
    row: &Row,
    place: ColumnPlace,
    matches: &mut Matches<'_>,
) -> Vec<Sign<'s>> {
    let ColumnPlace { column, width: room, .. } = place;
    let here = |what| column == what || column == Column::Marks && !state.setup.look.columns.contains(&what);
    let mut signs = Signs::new(if column == Column::Marks { facts(theme, row) } else { Vec::new() }, room);
    let few = column == Column::Marks && room <= columns::FEW_MARKS;
    if here(Column::Tags) {
        let tags = Aside::tags(state, row).map(|tag| if few { Aside { text: "", ..tag } } else { tag });
        for tag in tags.take(if few { 1 } else { usize::MAX }) {
            signs.add(tag, theme, false, matches);
        }
    }
    if let Some(note) = Aside::note(state, row).filter(|_| here(Column::Note)) {
        let (mark, text) = match column {
            Column::Note => ("", note.text),
            _ if few => ("✎", ""),
            _ => (note.mark, note.text),
        };
        // In a column of its own, there is room for the words around a match.
        let anywhere = column == Column::Note && room >= columns::MATCH_LEAST;
        signs.add(Aside { mark, text, ..note }, theme, anywhere, matches);
    }
    signs.signs
}

/// Draws the length, right-aligned; a dash while it is unknown.
fn length(row: &Row, theme: &Theme, lift: &impl Fn(Style) -> Style, pen: &mut Pen<'_>) {
    let (text, style) = if row.sketch.is_known() {
        (humanize::length(Duration::from_millis(row.sketch.millis.into())), theme.text)
    } else if row.flags.contains(Flags::RECORDING) {
        ("–".to_owned(), theme.faint)
    } else {
        (String::new(), theme.text)
    };
    let blank = columns::LENGTH.saturating_sub(width(&text));
    pen.skip(blank).write(&text, lift(style));
}

/// Draws the scrollbar at the right of the list; its thumb shows which part of the lines is visible.
fn draw_scrollbar(state: &State, theme: &Theme, regions: &Regions, buffer: &mut Buffer) {
    let area = regions.scrollbar;
    let lines = state.inbox.list.days.lines();
    let shown = scrollbar::thumb(lines, state.inbox.top, usize::from(area.height));
    let between = regions.detail.is_some();
    // The line is the border of the pane that has the focus.
    let border = if state.detail_focused() { theme.accent.patch(theme.strong) } else { theme.faint };
    for y in 0..area.height {
        let thumb = shown.contains(&usize::from(y));
        if thumb || between {
            let (sign, style) = if thumb { ("┃", theme.quiet) } else { ("│", border) };
            Pen::new(buffer, area, y).write(sign, style);
        }
    }
}
