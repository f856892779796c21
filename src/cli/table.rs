//! Voicemail as a table for people.

use std::io::{self, Write};
use std::time::Duration;

use anstyle::Style;
use chrono::Datelike as _;

use crate::cli::desk::Desk;
use crate::cli::output::{self, CYAN, GREEN, GREY, PLAIN, Paper, YELLOW, cut, fitted, width};
use crate::cli::pick::Found;
use crate::model::Flags;
use crate::words;

/// Columns that line up. How wide they are depends on the first piece; what comes later and is
/// longer is cut.
#[derive(Debug)]
pub struct Table {
    id: usize,
    caller: usize,
    number: usize,
    paper: Paper,
}

/// The widest that a column of callers gets.
const CALLER_MAX: usize = 30;

/// "Mon 23 Nov 11:58".
const TIME: usize = 16;

/// "1:02:03".
const LENGTH: usize = 7;

impl Table {
    /// The table of which `piece` is the beginning; identities get `id` cells.
    pub fn new(piece: &[Found], id: usize, paper: Paper) -> Table {
        let widest =
            |text: fn(&Found) -> &str| piece.iter().map(|found| width(text(found))).max().unwrap_or(0);
        let number = widest(|found| if found.name.is_some() { &found.entry.forms.display } else { "" });
        let caller = widest(caller).clamp(6, CALLER_MAX);
        Table { id, caller, number: number.min(CALLER_MAX), paper }
    }

    /// Writes the names of the columns.
    pub fn head(&self, out: &mut impl Write) -> io::Result<()> {
        let Table { id, caller, number, paper } = *self;
        let number = if number > 0 { fitted("NUMBER", number + 2) } else { String::new() };
        let head = format!(
            "{:id$}  {:2}{:TIME$}  {:caller$}  {number}{:>LENGTH$}  MARKS",
            "ID", "", "TIME", "CALLER", "LENGTH"
        );
        let head = paper.width.map_or(head.clone(), |width| cut(&head, width));
        writeln!(out, "{}", paper.paint(&head, GREY))
    }

    /// Writes a voicemail.
    pub fn row(&self, out: &mut impl Write, desk: &Desk, found: &Found) -> io::Result<()> {
        let paper = self.paper;
        let entry = &found.entry;
        let id = entry.record.voicemail.id.to_string();
        let unread = !entry.flags.contains(Flags::READ);
        let time = entry.record.voicemail.time.with_timezone(&desk.context.zone);
        let this_year = desk.context.now.with_timezone(&desk.context.zone).year() == time.year();
        let time = time.format(if this_year { "%a %d %b %H:%M" } else { "%Y-%m-%d %H:%M" }).to_string();
        let number = match self.number {
            0 => String::new(),
            room => {
                let number = if found.name.is_some() { &*entry.forms.display } else { "" };
                fitted(number, room) + "  "
            }
        };
        let sketch = entry.record.sketch;
        let length = if sketch.is_known() {
            words::length(Duration::from_millis(sketch.millis.into()))
        } else if entry.flags.contains(Flags::RECORDING) {
            "–".to_owned()
        } else {
            String::new()
        };
        let caller = fitted(caller(found), self.caller);
        let left = self.id + 2 + 2 + TIME + 2 + self.caller + 2 + width(&number) + LENGTH + 2;
        let marks = marks(found, paper, paper.width.map(|width| width.saturating_sub(left)));
        let line = format!(
            "{}  {} {time:TIME$}  {}  {}{length:>LENGTH$}  {marks}",
            paper.paint(id.get(..self.id).unwrap_or(&id), GREY),
            if unread { paper.paint("●", CYAN) } else { " ".to_owned() },
            if unread { paper.paint(&caller, output::BOLD) } else { caller },
            paper.paint(&number, GREY),
        );
        writeln!(out, "{}", line.trim_end())
    }
}

/// What the caller is called.
fn caller(found: &Found) -> &str {
    let number = &found.entry.forms.display;
    found.name.as_deref().unwrap_or(if number.is_empty() { "Withheld" } else { number })
}

/// Star, done, called back, tags, how its note begins: in `room` cells.
fn marks(found: &Found, paper: Paper, room: Option<usize>) -> String {
    let mut left = room.unwrap_or(usize::MAX);
    let mut marks = Vec::new();
    let mut put = |text: &str, style: Style| {
        let text = cut(text, left);
        if !text.is_empty() {
            left = left.saturating_sub(width(&text) + 1);
            marks.push(paper.paint(&text, style));
        }
    };
    for (flag, mark, style) in
        [(Flags::STARRED, "★", YELLOW), (Flags::DONE, "✓", GREEN), (Flags::CALLED, "↩", GREEN)]
    {
        if found.entry.flags.contains(flag) {
            put(mark, style);
        }
    }
    for tag in &found.entry.record.tags {
        put(&format!("#{tag}"), CYAN);
    }
    if let Some(note) = &found.entry.record.note {
        put(&format!("✎ {}", note.first_words()), PLAIN);
    }
    marks.join(" ")
}
