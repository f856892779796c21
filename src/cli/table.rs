//! Prints voicemails as a table for people.

use std::io::{self, Write};
use std::time::Duration;

use anstyle::Style;
use chrono::Datelike as _;

use crate::cli::context::VerbContext;
use crate::cli::query::Hit;
use crate::cli::style::{self, CYAN, GREEN, GREY, OutputStyle, PLAIN, YELLOW, cut, fitted, width};
use crate::core::facts::{Fact, Flags, Tone};
use crate::core::humanize;
use crate::terminal::ascii;

/// Aligned columns. Their width depends on the first piece; longer text in later pieces is truncated. If
/// there is not enough room, some columns are omitted.
#[derive(Debug)]
pub struct Table {
    id: usize,
    /// Whether to show the day of the week.
    weekday: bool,
    caller: usize,
    /// The width of the numbers of callers with a name; 0 if the column is omitted.
    number: usize,
    length: bool,
    look: OutputStyle,
    /// Whether to use ASCII: the locale is not UTF-8.
    ascii: bool,
}

/// The maximum and minimum width of the caller column.
const CALLER_MAX: usize = 30;
const CALLER_MIN: usize = 10;

/// The width of "Mon 23 Nov 11:58", and of the weekday in it.
const TIME: usize = 16;
const WEEKDAY: usize = 4;

/// The width of "1:02:03".
const LENGTH: usize = 7;

/// The width that flags, tags and notes get before names get numbers.
const FLAGS_MIN: usize = 30;

impl Table {
    /// Returns a table of voicemails sized for `piece`; IDs get `id` cells.
    pub fn new(piece: &[Hit], id: usize, look: OutputStyle, ascii: bool) -> Table {
        let widest = |text: fn(&Hit) -> &str| piece.iter().map(|found| width(text(found))).max().unwrap_or(0);
        let number = widest(|found| if found.name.is_some() { &found.entry.forms.display } else { "" });
        let caller = widest(caller).clamp(6, CALLER_MAX);
        let number = number.min(CALLER_MAX);
        let mut table = Table { id, weekday: true, caller, number, length: true, look, ascii };
        let Some(room) = look.width else { return table };
        if table.width() + 2 + FLAGS_MIN > room {
            table.number = 0;
        }
        table.weekday = table.width() <= room;
        let over = table.width().saturating_sub(room);
        table.caller = table.caller.saturating_sub(over).max(CALLER_MIN.min(caller));
        table.length = table.width() <= room;
        let spare = room.saturating_sub(table.width());
        table.caller = (table.caller + spare).min(caller);
        table
    }

    /// Returns the width without the flags.
    fn width(&self) -> usize {
        let more = |room: usize| if room > 0 { room + 2 } else { 0 };
        let length = if self.length { LENGTH } else { 0 };
        self.id + more(self.time() + 2) + more(self.caller) + more(self.number) + more(length)
    }

    fn time(&self) -> usize {
        if self.weekday { TIME } else { TIME - WEEKDAY }
    }

    /// Writes the header of the table.
    pub fn head(&self, out: &mut impl Write) -> io::Result<()> {
        let mut cells = vec![fitted("ID", self.id), fitted("  TIME", self.time() + 2)];
        cells.push(fitted("CALLER", self.caller));
        cells.extend((self.number > 0).then(|| fitted("NUMBER", self.number)));
        cells.extend(self.length.then(|| format!("{:>LENGTH$}", "LENGTH")));
        cells.push("FLAGS".to_owned());
        let line = cells.join("  ");
        let line = self.look.width.map_or(line.clone(), |room| cut(&line, room));
        writeln!(out, "{}", self.look.paint(&line, GREY))
    }

    /// Writes a voicemail as a row of the table.
    pub fn row(&self, out: &mut impl Write, context: &VerbContext, found: &Hit) -> io::Result<()> {
        let Table { id, number, look, .. } = *self;
        let entry = &found.entry;
        let identity = entry.record.voicemail.id.to_string();
        let unread = !entry.flags.contains(Flags::READ);
        let time = entry.record.voicemail.time.with_timezone(&context.search.zone);
        let this_year = context.search.now.with_timezone(&context.search.zone).year() == time.year();
        let time = time.format(match (this_year, self.weekday) {
            (true, true) => "%a %d %b %H:%M",
            (true, false) => "%d %b %H:%M",
            (false, true) => "%Y-%m-%d %H:%M",
            (false, false) => "%Y-%m-%d",
        });
        let sign = if unread { look.paint("●", CYAN) } else { " ".to_owned() };
        let caller = fitted(caller(found), self.caller);
        let mut cells = vec![
            look.paint(identity.get(..id).unwrap_or(&identity), GREY),
            format!("{sign} {:room$}", time.to_string(), room = self.time()),
            if unread { look.paint(&caller, style::BOLD) } else { caller },
        ];
        let shown = if found.name.is_some() { &*entry.forms.display } else { "" };
        cells.extend((number > 0).then(|| look.paint(&fitted(shown, number), GREY)));
        cells.extend(self.length.then(|| format!("{:>LENGTH$}", length(found))));
        let room = look.width.map(|room| room.saturating_sub(self.width() + 2));
        cells.push(marks(found, look, room));
        let line = cells.join("  ");
        let line = if self.ascii { ascii::folded(&line) } else { line };
        writeln!(out, "{}", line.trim_end())
    }
}

/// Formats the length as on a clock; a dash until it is known.
fn length(found: &Hit) -> String {
    let sketch = found.entry.record.sketch;
    if sketch.is_known() {
        humanize::length(Duration::from_millis(sketch.millis.into()))
    } else if found.entry.flags.contains(Flags::RECORDING) {
        "–".to_owned()
    } else {
        String::new()
    }
}

/// Returns the caller's name or number.
fn caller(found: &Hit) -> &str {
    let number = &found.entry.forms.display;
    found.name.as_deref().unwrap_or(if number.is_empty() { "Withheld" } else { number })
}

/// Returns star, done, called back, tags and the beginning of the note, in `room` cells.
fn marks(found: &Hit, look: OutputStyle, room: Option<usize>) -> String {
    let mut left = room.unwrap_or(usize::MAX);
    let mut marks = Vec::new();
    let mut put = |text: &str, style: Style| {
        let text = cut(text, left);
        if !text.is_empty() {
            left = left.saturating_sub(width(&text) + 1);
            marks.push(look.paint(&text, style));
        }
    };
    for symbol in Fact::of(found.entry.flags).filter_map(Fact::symbol) {
        let style = match symbol.tone {
            Tone::Attention => YELLOW,
            Tone::Finished => GREEN,
        };
        put(symbol.text, style);
    }
    for tag in &found.entry.record.tags {
        put(&format!("#{tag}"), CYAN);
    }
    if let Some(note) = &found.entry.record.note {
        put(&format!("✎ {}", note.first_words()), PLAIN);
    }
    marks.join(" ")
}
