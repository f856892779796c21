//! The help: a line for the filter, and below it keys and commands in as many columns as fit.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::core::humanize::{self, broken};
use crate::tui::command::Command;
use crate::tui::overlays::help::{Chapter, Help, Section, found};
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::view::field;
use crate::tui::view::pen::{Pen, width};

use crate::tui::view::frame::frame;

/// How wide the help is at the most, and a column at the least; the gap between columns.
const WIDTH: u16 = 158;
const COLUMN: u16 = 36;
const GAP: u16 = 3;

/// How wide the keys of a column are, and the gap behind keys.
const KEYS: u16 = 13;
const AFTER_KEYS: u16 = 2;

/// How wide the column of names is in a filtered list, and the room from which on there is one.
const NAME: u16 = 20;
const WITH_NAMES: u16 = 64;

/// How much can be scrolled.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// How many lines are on screen at once; at least one.
    pub page: u16,
    /// How many lines are scrolled out at the top where the last line is at the bottom.
    pub last: u16,
    /// The same where the last page begins.
    pub last_page: u16,
}

impl Extent {
    fn new(lines: &[HelpLine], list: Rect) -> Extent {
        let page = list.height.max(1);
        let height = lines.iter().map(|line| line.y + 1).max().unwrap_or(1);
        Extent { page, last: height.saturating_sub(page), last_page: (height - 1) / page * page }
    }
}

/// The box, and within it the line of the filter and the list of keys.
struct Places {
    outer: Rect,
    filter: Rect,
    list: Rect,
}

/// The title of the help.
pub const TITLE: &str = "Help";

/// Returns the area of the help.
pub fn place(state: &State) -> Rect {
    places(state).outer
}

fn places(state: &State) -> Places {
    let screen = state.size;
    // Header and the keys of the moment stay in sight where there is room for more than that.
    let (above, below) = match screen.height {
        0..8 => (0, 0),
        8..20 => (0, 1),
        20..30 => (1, 2),
        _ => (2, 3),
    };
    let margin = u16::from(screen.width >= 100);
    let outer = Rect {
        x: margin.max(screen.width.saturating_sub(WIDTH) / 2),
        y: above,
        width: screen.width.saturating_sub(2 * margin).min(WIDTH),
        height: screen
            .height
            .saturating_sub(above + below)
            .min(state.above_player().height.saturating_sub(above)),
    };
    let blank = u16::from(screen.height >= 20);
    let filter =
        Rect { x: outer.x + 2, y: outer.y + 1 + blank, width: outer.width.saturating_sub(4), height: 1 };
    let top = filter.bottom() + blank;
    let list = Rect { y: top, height: outer.bottom().saturating_sub(1 + top), ..filter };
    Places { outer, filter: filter.intersection(outer), list: list.intersection(outer) }
}

/// A line of the list: a title, or a row, or the rest of a row that is wrapped.
#[derive(Default)]
struct HelpLine<'a> {
    /// Its place in the list, in cells; `y` counts from the first line.
    x: u16,
    y: u16,
    width: u16,
    title: &'a str,
    keys: String,
    /// Where the text begins, in cells from `x`.
    indent: u16,
    text: String,
    name: &'a str,
}

/// Returns how far the help scrolls.
pub fn extent(state: &State) -> Extent {
    let list = places(state).list;
    match &state.help {
        Some(help) => Extent::new(&lay_out(&help.sections(state), help, list), list),
        None => Extent::new(&[], list),
    }
}

/// Draws the help; returns where the cursor stands.
pub fn draw(state: &State, help: &Help, theme: &Theme, buffer: &mut Buffer) -> Option<Position> {
    let Places { outer, filter, list } = places(state);
    frame(outer, TITLE, state, theme, buffer);
    let sections = help.sections(state);
    let words = help.words();
    let cursor = draw_filter(help, &sections, filter, theme, buffer);
    let lines = lay_out(&sections, help, list);
    let Extent { page, last, last_page } = Extent::new(&lines, list);
    let top = help.top.min(last_page);
    for line in &lines {
        let Some(y) = line.y.checked_sub(top) else { continue };
        let area = Rect { x: list.x + line.x, width: line.width, ..list }.intersection(list);
        let mut pen = Pen::new(buffer, area, y);
        write(&mut pen, line.title, &words, theme.strong, theme);
        write(&mut pen, &line.keys, &words, theme.accent, theme);
        pen.skip(line.indent.saturating_sub(width(&line.keys)));
        write(&mut pen, &line.text, &words, theme.text, theme);
        if !line.name.is_empty() {
            let gap = pen.room().saturating_sub(NAME);
            write(pen.skip(gap), line.name, &words, theme.quiet, theme);
        }
    }
    if sections.is_empty() {
        let [clear, search] =
            [Command::CloseHelp, Command::Search].map(|command| state.setup.keymap.named(command));
        let told =
            format!("No matches: {clear} clears the filter. {search} in the list searches voicemails.");
        for (y, line) in broken(&told, list.width).iter().enumerate() {
            Pen::new(buffer, list, y as u16).write(line, theme.quiet);
        }
    }
    if last_page > 0 {
        let (here, all) = (top / page + 1, last_page / page + 1);
        let here = if top >= last { all } else { here };
        let foot = Rect {
            y: outer.bottom().saturating_sub(1),
            height: 1,
            width: outer.width.saturating_sub(2),
            ..outer
        };
        Pen::new(buffer, foot, 0).right(&format!(" page {here} of {all} "), theme.quiet);
    }
    cursor
}

/// Draws the filter and the number of matches; returns where the cursor stands.
fn draw_filter(
    help: &Help,
    sections: &[Section],
    area: Rect,
    theme: &Theme,
    buffer: &mut Buffer,
) -> Option<Position> {
    Pen::new(buffer, area, 0).write("/", theme.accent);
    let typed = Rect { x: area.x + 2, width: area.width.saturating_sub(2), ..area }.intersection(area);
    if help.input.refused().is_some() {
        // The field says why.
    } else if help.words().is_empty() {
        Pen::new(buffer, typed, 0).skip(1).write("type to find a key or command", theme.faint);
    } else {
        let matches = match sections.iter().map(|section| section.rows.len() as u64).sum() {
            0 => String::new(),
            1 => "1 match".to_owned(),
            matches => format!("{} matches", humanize::count(matches)),
        };
        let room = width(&matches) + 2;
        if typed.width > room + width(help.input.value()) {
            Pen::new(buffer, typed, 0).right(&matches, theme.quiet);
        }
    }
    field::draw(&help.input, typed, 0, theme, buffer).filter(|_| typed.width > 0)
}

/// Writes `text`, with matches of `words` highlighted.
fn write(pen: &mut Pen, text: &str, words: &[&str], style: Style, theme: &Theme) {
    let mut hits: Vec<_> = words.iter().flat_map(|word| found(text, word)).collect();
    hits.sort_by_key(|hit| hit.start);
    let mut at = 0;
    for hit in hits {
        let start = hit.start.max(at);
        if let (Some(before), Some(hit)) = (text.get(at..start), text.get(start..hit.end)) {
            pen.write(before, style).write(hit, style.patch(theme.found()));
            at = start + hit.len();
        }
    }
    pen.write(text.get(at..).unwrap_or_default(), style);
}

/// Lays the sections out: those of a part side by side, each at the end of the shortest column so far.
/// Filtered rows take the whole width, and so does the search syntax.
fn lay_out<'a>(sections: &'a [Section], help: &Help, list: Rect) -> Vec<HelpLine<'a>> {
    let (room, page) = (list.width, list.height.max(1));
    let filtered = help.is_filtered();
    let mut lines: Vec<HelpLine> = Vec::new();
    let mut end = 0;
    for part in sections.chunk_by(|one, next| filtered || one.part == next.part) {
        let wide = filtered || part.iter().any(|section| section.part.is_syntax());
        let count = if wide { 1 } else { ((room + GAP) / (COLUMN + GAP)).max(1) };
        let column = ((room + GAP) / count).saturating_sub(GAP);
        let (first, mut ends) = (lines.len(), vec![0; usize::from(count)]);
        for section in part {
            let shortest = ends.iter_mut().enumerate().min_by_key(|(_, end)| **end);
            let Some((number, end)) = shortest else { continue };
            *end += u16::from(*end > 0);
            let keys =
                if wide { keys_width(part, section.part, column, filtered) } else { KEYS.min(column / 2) };
            for line in lines_of(section, column, keys, filtered) {
                lines.push(HelpLine { x: number as u16 * (column + GAP), y: *end, width: column, ..line });
                *end += 1;
            }
        }
        let height = ends.into_iter().max().unwrap_or(0);
        // Dialogs and search syntax begin a new page unless they fit on this one.
        let begins_page = !filtered && part.iter().all(|section| section.part >= Chapter::Dialogs);
        let top = match end % page {
            0 => end,
            used if begins_page && used + 1 + height > page => end.next_multiple_of(page),
            _ => end + 1,
        };
        lines.iter_mut().skip(first).for_each(|line| line.y += top);
        end = top + height;
    }
    lines
}

/// Returns the width for keys where rows take the whole width: those of commands, or the examples of the
/// search syntax. 0: examples have lines of their own, for want of room.
fn keys_width(sections: &[Section], part: Chapter, column: u16, filtered: bool) -> u16 {
    let alike = sections.iter().filter(|section| section.part.is_syntax() == part.is_syntax());
    let rows = alike.flat_map(|section| &section.rows);
    let widest = rows.map(|row| width(&shown(&row.keys, u16::MAX))).max().unwrap_or(0);
    let most = column * 2 / 5;
    if filtered || widest <= most { widest.min(most) } else { 0 }
}

/// Returns the lines of a section, the title first.
fn lines_of(section: &Section, column: u16, keys_width: u16, filtered: bool) -> Vec<HelpLine<'_>> {
    let names = if filtered && column >= WITH_NAMES { NAME } else { 0 };
    let mut lines = vec![HelpLine { title: section.title, ..HelpLine::default() }];
    for row in &section.rows {
        let mut keys = shown(&row.keys, keys_width);
        let mut name = if names > 0 { row.name.as_str() } else { "" };
        let mut indent = keys_width + AFTER_KEYS;
        if width(&keys) > keys_width {
            // They have a line of their own.
            let keys = std::mem::take(&mut keys);
            lines.push(HelpLine { keys, name: std::mem::take(&mut name), ..HelpLine::default() });
            indent = AFTER_KEYS;
        }
        let room = column.saturating_sub(indent + if names > 0 { names + AFTER_KEYS } else { 0 });
        for text in broken(&row.text, room) {
            let (keys, name) = (std::mem::take(&mut keys), std::mem::take(&mut name));
            lines.push(HelpLine { keys, indent, text, name, ..HelpLine::default() });
        }
    }
    lines
}

/// Returns `keys` as text: as many as fit into `room` cells, and at least the first; of more than four,
/// the first and the last.
fn shown(keys: &[String], room: u16) -> String {
    if let [first, .., last] = keys
        && keys.len() > 4
    {
        return format!("{first} … {last}");
    }
    let mut shown = keys.first().cloned().unwrap_or_default();
    for key in keys.iter().skip(1) {
        if width(&shown) + 1 + width(key) > room {
            break;
        }
        shown = format!("{shown} {key}");
    }
    shown
}
