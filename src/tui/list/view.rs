//! The list: a heading for each day, a line for each voicemail, and the scrollbar.

use std::time::Duration;

use chrono::Datelike as _;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::config::Column;
use crate::core::facts::{Fact, Flags, Tone};
use crate::core::humanize;
use crate::core::model::from_millis;
use crate::core::search::{Highlighter, SearchedText};
use crate::store::Row;
use crate::tui::layout::Regions;
use crate::tui::list::columns::{self, ColumnPlace};
use crate::tui::list::rows::{ListLine, RowKey, day_name};
use crate::tui::playback;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::view::pen::{Pen, width};
use crate::tui::view::scrollbar;

/// Draws the visible lines.
pub fn draw(state: &State, theme: &Theme, regions: &Regions, buffer: &mut Buffer) {
    let area = regions.list;
    let inbox = &state.inbox;
    let mut highlighter = inbox.query.filter.as_ref().map(|(_, matcher)| matcher.highlighter());
    for y in 0..area.height {
        match line_at(state, area, y) {
            Some(ListLine::Heading(day)) => heading(state, theme, day, area, y, buffer),
            Some(ListLine::Row(place)) => {
                let line = Rect { y: area.y + y, height: 1, ..area };
                voicemail(state, theme, place, line, highlighter.as_mut(), buffer);
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
    let count = humanize::count(state.inbox.list.days.rows_of(number) as u64);
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
    mut highlighter: Option<&mut Highlighter<'_>>,
    buffer: &mut Buffer,
) {
    let Some(row) = state.inbox.at(number) else { return };
    let selected = state.inbox.selected == Some(RowKey::of(&row));
    let caller = state.inbox.rows.caller(&row);
    let unread = !row.flags.contains(Flags::READ);
    let (caller, style) = if caller.is_empty() { ("Withheld", theme.quiet) } else { (caller, theme.text) };
    let style = if unread { style.patch(theme.strong) } else { style };
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
    let hit = lift(theme.found());
    let dated = !state.inbox.list.days.has_headings();
    let columns = columns::of(&state.setup.look.columns, area.width, dated);
    for ColumnPlace { column, gap, width: room } in columns.iter().copied() {
        pen.skip(gap);
        let end = pen.room().saturating_sub(room);
        match column {
            Column::Time => {
                pen.column(&when(state, &row, room), room, lift(theme.text));
            }
            Column::Caller => {
                let fields = [SearchedText::Caller, SearchedText::Name];
                found(highlighter.as_deref_mut(), &fields, caller, room, [lift(style), hit], &mut pen);
            }
            Column::Number => {
                let number = state.inbox.rows.number(&row);
                let fields = [SearchedText::Caller];
                let styles = [lift(theme.quiet), hit];
                found(highlighter.as_deref_mut(), &fields, number, room, styles, &mut pen);
            }
            Column::Length => length(&row, theme, &lift, &mut pen),
            Column::Outline => outline(state, theme, &row, &lift, &mut pen),
            Column::Marks if room <= columns::FEW_MARKS => {
                let mut signs = signs(state, theme, &row, column);
                // One # stands for all tags.
                signs.dedup_by_key(|sign| sign.mark);
                for Sign { mark, style, .. } in signs {
                    let rest = |pen: &Pen<'_>| pen.room().saturating_sub(end);
                    let mark = mark.trim_end();
                    pen.column(mark, width(mark).min(rest(&pen)), lift(style));
                    pen.skip(rest(&pen).min(1));
                }
            }
            Column::Marks | Column::Tags | Column::Note => {
                for Sign { mark, text, field, style } in signs(state, theme, &row, column) {
                    let rest = |pen: &Pen<'_>| pen.room().saturating_sub(end);
                    pen.column(mark, width(mark).min(rest(&pen)), lift(style));
                    let (room, fields) = (rest(&pen), field.as_slice());
                    found(highlighter.as_deref_mut(), fields, text, room, [lift(style), hit], &mut pen);
                    pen.skip(rest(&pen).min(1));
                }
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

/// Writes `text`, with the matches of the search in `fields` in the second style.
fn found(
    highlighter: Option<&mut Highlighter<'_>>,
    fields: &[SearchedText],
    text: &str,
    room: u16,
    [style, hit]: [Style; 2],
    pen: &mut Pen<'_>,
) {
    let mut hits = Vec::new();
    if let Some(highlighter) = highlighter.filter(|_| width(text) <= room) {
        for field in fields {
            if hits.is_empty() {
                highlighter.highlight(*field, text, &mut hits);
            }
        }
    }
    let mut at = 0;
    for range in hits {
        let (Some(before), Some(inside)) = (text.get(at..range.start), text.get(range.clone())) else {
            continue;
        };
        pen.write(before, style).write(inside, hit);
        at = range.end;
    }
    let rest = text.get(at..).unwrap_or("");
    pen.column(rest, width(rest).min(room), style);
}

/// A sign at the end of a line, and its text.
struct Sign<'s> {
    mark: &'static str,
    text: &'s str,
    field: Option<SearchedText>,
    style: Style,
}

/// Returns the signs in a column: facts, tags, the start of the note. The flags
/// column leaves out tags and note if they have columns of their own.
fn signs<'s>(state: &'s State, theme: &Theme, row: &Row, column: Column) -> Vec<Sign<'s>> {
    let mut signs = Vec::new();
    let here = |what| column == what || column == Column::Marks && !state.setup.look.columns.contains(&what);
    if column == Column::Marks {
        let symbols = Fact::of(row.flags).filter_map(Fact::symbol);
        signs.extend(symbols.map(|symbol| {
            let style = match symbol.tone {
                Tone::Attention => theme.warning,
                Tone::Finished => theme.good,
            };
            Sign { mark: symbol.text, text: "", field: None, style }
        }));
    }
    if row.flags.contains(Flags::TAGGED) && here(Column::Tags) {
        let tags = state.inbox.rows.tags_of(row.id).iter();
        signs.extend(tags.map(|tag| Sign {
            mark: "#",
            text: tag,
            field: Some(SearchedText::Tag),
            style: theme.accent,
        }));
    }
    if row.flags.contains(Flags::NOTE) && here(Column::Note) {
        let text = state.inbox.rows.note_of(row.id).unwrap_or("");
        let mark = if column == Column::Note { "" } else { "✎ " };
        signs.push(Sign { mark, text, field: Some(SearchedText::Note), style: theme.quiet });
    }
    signs
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
