//! How verbs write: formats, columns that line up, and readers that have had enough.

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write};

use anstyle::{AnsiColor, Style};
use anyhow::Context as _;
use clap::{Args, ValueEnum};
use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use crate::cli::World;
use crate::cli::desk::Desk;
use crate::cli::pick::Found;
use crate::fields::Fields;
use crate::tui::terminal;

/// What the help of a verb that prints voicemail says of `--json`.
pub const FIELDS_OF_LIST: &str = "--json, csv and tsv have the fields of `vmail list`.";

/// Flags that say how the answer is written.
#[derive(Args, Clone, Copy, Debug)]
pub struct FormatArgs {
    /// How it is written
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// The same as --format jsonl
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
}

/// A format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people: columns that line up
    #[default]
    Table,
    /// A JSON object a line
    Jsonl,
    /// Comma-separated values, with a line of names
    Csv,
    /// Tab-separated values, with a line of names; \t, \n and \\ in a value are written so
    Tsv,
}

impl FormatArgs {
    /// The format, a table unless another one was asked for.
    pub fn chosen(self) -> Format {
        self.asked().unwrap_or_default()
    }

    /// The format that was asked for.
    pub fn asked(self) -> Option<Format> {
        if self.json { Some(Format::Jsonl) } else { self.format }
    }
}

/// What of stdout matters to what is written there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Paper {
    /// Whether it takes colours.
    pub colour: bool,
    /// How wide it is, in cells; `None` where lines may have any length.
    pub width: Option<usize>,
}

impl Paper {
    /// What stdout is.
    pub fn stdout(world: &World) -> Paper {
        if !io::stdout().is_terminal() {
            return Paper::default();
        }
        let columns = terminal::size().map(|(columns, _)| usize::from(columns));
        Paper { colour: takes_colour(world), width: columns.filter(|columns| *columns > 0) }
    }

    /// `text` in `style`, where there are any.
    pub fn paint(self, text: &str, style: Style) -> String {
        if self.colour && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// Whether a terminal may be sent colours.
pub fn takes_colour(world: &World) -> bool {
    let set = |name| (world.variable)(name).is_some_and(|value| !value.is_empty());
    !set("NO_COLOR") && (world.variable)("TERM").is_some_and(|term| term != "dumb")
}

/// As it is.
pub const PLAIN: Style = Style::new();
/// Bold.
pub const BOLD: Style = Style::new().bold();
/// For what failed.
pub const RED: Style = AnsiColor::Red.on_default();
/// For what is done.
pub const GREEN: Style = AnsiColor::Green.on_default();
/// For what needs attention.
pub const YELLOW: Style = AnsiColor::Yellow.on_default();
/// For signs.
pub const CYAN: Style = AnsiColor::Cyan.on_default();
/// For what can wait.
pub const GREY: Style = AnsiColor::BrightBlack.on_default();

/// What became of writing to stdout. A reader that has had enough is no failure.
pub fn quietly(written: io::Result<()>) -> anyhow::Result<()> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("stdout cannot be written")
        }
        _ => Ok(()),
    }
}

/// A line of JSON.
pub fn json_line(out: &mut impl Write, object: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, object)?;
    out.write_all(b"\n")
}

/// A line of values with commas between them.
pub fn csv_line(out: &mut impl Write, cells: &[impl AsRef<[u8]>]) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(cells)?;
    writer.flush()
}

/// A line of values with tabs between them.
pub fn tsv_line(out: &mut impl Write, cells: &[impl Display]) -> io::Result<()> {
    let escaped = |cell: String| cell.replace('\\', r"\\").replace('\t', r"\t").replace('\n', r"\n");
    let cells: Vec<_> = cells.iter().map(|cell| escaped(cell.to_string())).collect();
    writeln!(out, "{}", cells.join("\t"))
}

/// The line of names with which `format` begins.
pub fn names(out: &mut impl Write, format: Format, names: &[&str]) -> io::Result<()> {
    match format {
        Format::Csv => csv_line(out, names),
        Format::Tsv => tsv_line(out, names),
        Format::Table | Format::Jsonl => Ok(()),
    }
}

/// A line for programs: the object, or its values in the order of the names.
pub fn record(
    out: &mut impl Write,
    format: Format,
    object: &impl Serialize,
    cells: &[String],
) -> io::Result<()> {
    match format {
        Format::Csv => csv_line(out, cells),
        Format::Tsv => tsv_line(out, cells),
        Format::Table | Format::Jsonl => json_line(out, object),
    }
}

/// The line of names with which voicemail in `format` begin.
pub fn head(out: &mut impl Write, format: Format) -> io::Result<()> {
    names(out, format, &Fields::names())
}

/// A voicemail as a line for programs.
pub fn line(out: &mut impl Write, format: Format, fields: &Fields<'_>) -> io::Result<()> {
    record(out, format, fields, &fields.cells())
}

/// Voicemail in `format`, all of them. For a few; [`crate::cli::list`] writes many.
pub fn lines(format: Format, desk: &Desk, found: &[Found]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    head(&mut out, format)?;
    for found in found {
        line(&mut out, format, &found.fields(desk.context.zone, &desk.label))?;
    }
    out.flush()
}

/// How many cells `text` takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// `text` in exactly `room` cells: cut with an ellipsis, or with blanks behind it.
pub fn fitted(text: &str, room: usize) -> String {
    let text = cut(text, room);
    let blank = room.saturating_sub(width(&text));
    text + &" ".repeat(blank)
}

/// `text` in `room` cells at the most.
pub fn cut(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        kept.push(c);
        if width(&kept) >= room {
            kept.pop();
            break;
        }
    }
    if room > 0 {
        kept.push('…');
    }
    kept
}
