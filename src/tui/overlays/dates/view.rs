//! The range picker: presets, calendar, text field, and the meaning of the text.

use chrono::{Datelike as _, NaiveDate};
use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Position, Rect, Size};
use ratatui::style::{Modifier, Style};

use crate::core::humanize;
use crate::core::model::Span;
use crate::core::range::{self, PRESETS, Range};
use crate::tui::layout::middle;
use crate::tui::overlays::dates::{Dates, Focus, LEVELS, least, level};
use crate::tui::state::State;
use crate::tui::target::Target;
use crate::tui::theme::Theme;
use crate::tui::view::field;
use crate::tui::view::frame::frame;
use crate::tui::view::pen::{Pen, width};

/// The widths of the presets with their dates, and of the calendar, in cells.
const PRESETS_WIDTH: u16 = 38;
const CALENDAR_WIDTH: u16 = 28;

/// The marks of a day by their height.
const MARKS: [&str; LEVELS as usize + 1] = [" ", "⣀", "⣤", "⣿"];

/// The title of the picker.
pub const TITLE: &str = "Dates";

/// Returns the area of the picker.
pub fn place(screen: Size) -> Rect {
    middle(screen, 76, 18)
}

/// The parts of the picker. In a narrow box, presets or calendar are shown.
pub struct Parts {
    presets: Option<Rect>,
    calendar: Option<Rect>,
    text: Rect,
}

/// Returns where the parts are.
pub fn parts(screen: Size, dates: &Dates) -> Parts {
    let inside = place(screen).inner(Margin::new(1, 1));
    let foot = if inside.height > 12 { 4 } else { 3.min(inside.height) };
    let blank = u16::from(inside.height > 12);
    let body = Rect {
        x: inside.x + 1,
        y: inside.y + blank,
        width: inside.width.saturating_sub(2),
        height: inside.height.saturating_sub(foot + blank),
    };
    let text = Rect { y: inside.bottom().saturating_sub(foot), height: foot, ..body };
    if body.width >= PRESETS_WIDTH + CALENDAR_WIDTH + 4 {
        let presets = Some(Rect { width: PRESETS_WIDTH, ..body });
        let x = body.right() - CALENDAR_WIDTH;
        Parts { presets, calendar: Some(Rect { x, width: CALENDAR_WIDTH, ..body }), text }
    } else if dates.part == Focus::Calendar {
        Parts { presets: None, calendar: Some(body), text }
    } else {
        Parts { presets: Some(body), calendar: None, text }
    }
}

impl Parts {
    /// Returns what a click leads to.
    pub fn target(&self, dates: &Dates, at: Position) -> Option<Target> {
        if self.text.contains(at) {
            return Some(Target::RangeText);
        }
        if let Some(area) = self.presets.filter(|area| area.contains(at)) {
            let number = preset_top(dates, area) + usize::from(at.y - area.y);
            return (number < PRESETS.len()).then_some(Target::Preset(number));
        }
        let area = self.calendar.filter(|area| area.contains(at))?;
        let title = month_title(dates, area);
        if at.y == area.y && title.contains(at) {
            let middle = title.x + title.width / 2;
            return Some(Target::Month(if at.x < middle { -1 } else { 1 }));
        }
        days(dates, area).find(|(_, cell)| cell.contains(at)).map(|(day, _)| Target::Day(day))
    }

    /// Returns whether the calendar is there.
    pub fn is_calendar(&self, at: Position) -> bool {
        self.calendar.is_some_and(|area| area.contains(at))
    }
}

/// Draws the picker. Returns the position of the cursor if the text field has the focus.
pub fn draw(state: &State, dates: &Dates, theme: &Theme, buffer: &mut Buffer) -> Option<Position> {
    frame(place(state.above_player()), TITLE, state, theme, buffer);
    let parts = parts(state.above_player(), dates);
    if let Some(area) = parts.presets {
        presets(state, dates, theme, area, buffer);
    }
    if let Some(area) = parts.calendar {
        calendar(state, dates, theme, area, buffer);
    }
    text(state, dates, theme, parts.text, buffer)
}

/// Returns the first visible preset: in a low box, the list scrolls with the highlight.
fn preset_top(dates: &Dates, area: Rect) -> usize {
    (dates.preset.unwrap_or(0) + 1).saturating_sub(usize::from(area.height.max(1)))
}

fn presets(state: &State, dates: &Dates, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let focused = dates.part == Focus::Presets;
    let top = preset_top(dates, area);
    for (y, (index, (expression, label))) in PRESETS.iter().enumerate().skip(top).enumerate() {
        if y as u16 >= area.height {
            break;
        }
        let here = focused && Some(index) == dates.preset;
        let y = y as u16;
        if here {
            buffer.set_style(Rect { y: area.y + y, height: 1, ..area }, theme.selected);
        }
        let lift = |style: Style| if here { style.patch(theme.selected).patch(theme.strong) } else { style };
        let days = Range::parse(expression)
            .map(|range| range.dates(state.now, state.setup.zone))
            .unwrap_or_default();
        Pen::new(buffer, Rect { width: area.width.saturating_sub(1), ..area }, y)
            .column(if here { "▌" } else { "" }, 1, theme.accent)
            .column(&(index + 1).to_string(), 3, lift(theme.accent))
            .write(label, lift(theme.text))
            .skip(1)
            .right(&days, lift(theme.quiet));
    }
}

/// Returns the place of the title of the calendar.
fn month_title(dates: &Dates, area: Rect) -> Rect {
    let cells = width(&month(dates));
    let indent = area.width.min(CALENDAR_WIDTH).saturating_sub(cells) / 2;
    Rect { x: area.x + indent, width: cells, height: 1, ..area }.intersection(area)
}

fn month(dates: &Dates) -> String {
    dates.day.format("‹ %B %Y ›").to_string()
}

/// Returns the days of the month, each with its cells. In a low box, the weeks scroll with the cursor.
fn days(dates: &Dates, area: Rect) -> impl Iterator<Item = (NaiveDate, Rect)> {
    let (year, month) = (dates.day.year(), dates.day.month());
    let first = NaiveDate::from_ymd_opt(year, month, 1).unwrap_or(dates.day);
    let offset = first.weekday().num_days_from_monday();
    let week = move |date: NaiveDate| ((date.day0() + offset) / 7) as u16;
    let above = (week(dates.day) + 3).saturating_sub(area.height.max(3));
    first.iter_days().take_while(move |date| date.month() == month).filter_map(move |date| {
        let line = week(date).checked_sub(above)? + 2;
        let column = date.weekday().num_days_from_monday() as u16;
        let cell = Rect { x: area.x + column * 4, y: area.y + line, width: 4, height: 1 };
        Some((date, cell.intersection(area)))
    })
}

fn calendar(state: &State, dates: &Dates, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let focused = dates.part == Focus::Calendar;
    let title_style = if focused { theme.accent.patch(theme.strong) } else { theme.strong };
    Pen::new(buffer, month_title(dates, area), 0).write(&month(dates), title_style);
    Pen::new(buffer, area, 1).write(" Mo  Tu  We  Th  Fr  Sa  Su", theme.quiet);
    let chosen = dates
        .range(state.now, state.setup.zone)
        .ok()
        .map(|range| range.resolve(state.now, state.setup.zone).span(state.now));
    // Empty until they are read.
    let counts = dates.summary.as_ref().map_or(&[][..], |summary| &summary.per_day);
    let most = counts.iter().copied().max().unwrap_or(0);
    for (date, place) in days(dates, area) {
        let brought = counts.get(date.day0() as usize).copied().unwrap_or(0);
        let style = day_style(state, theme, date, chosen, brought, most);
        let here = focused && date == dates.day;
        let sign = if here { "›" } else { " " };
        // The mark says how many even where the range covers the shade, and where there are no colours.
        let mark = MARKS[level(brought, most) as usize];
        let cell = format!("{sign}{:>2}{mark}", date.day());
        let style = if here { style.patch(theme.strong).add_modifier(Modifier::UNDERLINED) } else { style };
        Pen::new(buffer, place, 0).write(&cell, style);
    }
    let day_count = counts.get(dates.day.day0() as usize).copied();
    let told = |day: &str, count: fn(u64) -> String| match day_count {
        Some(number) => format!("{} · {}", dates.day.format(day), count(number)),
        None => dates.day.format(day).to_string(),
    };
    let last = area.height.saturating_sub(1);
    if last > 8 {
        legend(most, theme, Rect { y: area.y + last - 1, height: 1, ..area }, buffer);
    }
    if last > 7 {
        Pen::new(buffer, area, last).write(&told("%a %-d %b", humanize::voicemails), theme.quiet);
    } else {
        // Beside the month, which the title names.
        let beside = month_title(dates, area).right() - area.x + 1;
        Pen::new(buffer, area, 0).skip(beside).right(&told("%a %-d", humanize::count), theme.quiet);
    }
}

/// Draws what the marks mean in this month: the fewest voicemails of a day with each.
fn legend(most: u64, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let mut pen = Pen::new(buffer, area, 0);
    let meant = (1..=LEVELS).filter_map(|level| Some((MARKS[level as usize], least(level, most)?)));
    for (mark, least) in meant {
        pen.write(&format!("{mark} {}+", humanize::count(least)), theme.quiet).skip(2);
    }
    if most > 0 && pen.room() >= 5 {
        pen.write("a day", theme.quiet);
    }
}

fn day_style(
    state: &State,
    theme: &Theme,
    date: NaiveDate,
    chosen: Option<Span>,
    brought: u64,
    most: u64,
) -> Style {
    let span = range::day_span(date, state.setup.zone);
    if chosen.is_some_and(|chosen| !chosen.intersect(span).is_empty()) {
        return theme.chosen;
    }
    if date > state.today() {
        return theme.faint;
    }
    match level(brought, most) as usize {
        0 => theme.text,
        level => theme.shades[level - 1],
    }
}

/// Draws the text field, its meaning or the error in it, and how much of the range is stored.
fn text(state: &State, dates: &Dates, theme: &Theme, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    const LABEL: u16 = 7;
    let focused = dates.part == Focus::Text;
    let label = if focused { theme.accent } else { theme.quiet };
    Pen::new(buffer, area, 0).column("Range", LABEL, label);
    let typed = Rect { x: area.x + LABEL, width: area.width.saturating_sub(LABEL), ..area };
    let cursor = field::draw(&dates.input, typed, 0, theme, buffer);
    let mut meaning = Pen::new(buffer, area, 1);
    match dates.range(state.now, state.setup.zone) {
        Ok(range) => {
            meaning.skip(LABEL).write(&range.sentence(state.now, state.setup.zone), theme.good);
            if let Some(summary) = &dates.summary {
                let stored = format!("{} stored", humanize::count(summary.stored));
                Pen::new(buffer, area, 2)
                    .skip(LABEL)
                    .write(&stored, theme.quiet)
                    .write(&missing(summary.missing), theme.quiet);
            }
        }
        Err(error) => {
            let (before, marked) = field::place(&dates.input, &error.at, typed);
            let room = typed.width.saturating_sub(1).max(1);
            meaning.skip(LABEL + before).write(&"▔".repeat(usize::from(marked.min(room))), theme.fault);
            Pen::new(buffer, area, 2).skip(LABEL).write(&error.message, theme.fault);
        }
    }
    cursor.filter(|_| focused)
}

/// Returns ", 2 days not fetched yet".
fn missing(millis: i64) -> String {
    const MINUTE: i64 = 60_000;
    const DAY: i64 = 24 * 60 * MINUTE;
    // Not a gap: every sync fetches the last minutes again, for voicemails that arrive late.
    match millis {
        ..=1_800_000 => ", all fetched".to_owned(),
        short if short < 2 * 60 * MINUTE => format!(", {} min not fetched yet", short / MINUTE),
        short if short < 2 * DAY => format!(", {} h not fetched yet", short / (60 * MINUTE)),
        long => format!(", {} days not fetched yet", humanize::count((long / DAY).unsigned_abs())),
    }
}
