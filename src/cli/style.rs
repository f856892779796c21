//! Output of the verbs: formats, aligned columns and broken pipes.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write};

use anstyle::{AnsiColor, Style};
use anyhow::Context as _;
use clap::{Args, ValueEnum};
use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use crate::cli::World;
use crate::cli::context::VerbContext;
use crate::cli::query::Hit;
use crate::core::fields::Fields;
use crate::terminal;

/// The fields, for the help of verbs that print voicemails.
pub const FIELDS_OF_LIST: &str = "--json, csv and tsv have the fields of `vmail list`.";

/// Flags for the output format.
#[derive(Args, Clone, Copy, Debug)]
pub struct FormatArgs {
    /// Output format
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// Same as --format jsonl
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// With csv: do not put ' before text that begins like a formula
    #[arg(long, requires = "format")]
    pub raw: bool,
}

/// An output format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned columns, for people
    #[default]
    Table,
    /// One JSON object per line
    Jsonl,
    /// Comma-separated values with a header line; ' before text that a spreadsheet would run
    Csv,
    /// The same, with every text as it is: `--format csv --raw`.
    #[value(skip)]
    RawCsv,
    /// Tab-separated values with a header line; escapes tab, newline and backslash as \t, \n and \\
    Tsv,
}

impl FormatArgs {
    /// Returns the output format; the default is a table.
    pub fn chosen(self) -> Format {
        self.asked().unwrap_or_default()
    }

    /// Returns the output format given by a flag.
    pub fn asked(self) -> Option<Format> {
        match self.format {
            _ if self.json => Some(Format::Jsonl),
            Some(Format::Csv) if self.raw => Some(Format::RawCsv),
            format => format,
        }
    }
}

/// The properties of stdout that affect output.
#[derive(Clone, Copy, Debug, Default)]
pub struct OutputStyle {
    /// Whether to use colours.
    pub colour: bool,
    /// The width in cells; `None` if lines can have any length.
    pub width: Option<usize>,
}

impl OutputStyle {
    /// Returns the properties of stdout.
    pub fn stdout(world: &World) -> OutputStyle {
        if !io::stdout().is_terminal() {
            return OutputStyle::default();
        }
        let columns = terminal::size().map(|(columns, _)| usize::from(columns));
        OutputStyle { colour: takes_colour(world), width: columns.filter(|columns| *columns > 0) }
    }

    /// Returns `text` in `style` if stdout uses colours.
    pub fn paint(self, text: &str, style: Style) -> String {
        if self.colour && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// Whether verbs may send colours to a terminal.
pub fn takes_colour(world: &World) -> bool {
    let set = |name| (world.variable)(name).is_some_and(|value| !value.is_empty());
    !set("NO_COLOR") && (world.variable)("TERM").is_some_and(|term| term != "dumb")
}

/// Plain text.
pub const PLAIN: Style = Style::new();
/// Bold.
pub const BOLD: Style = Style::new().bold();
/// For failures.
pub const RED: Style = AnsiColor::Red.on_default();
/// For success.
pub const GREEN: Style = AnsiColor::Green.on_default();
/// For warnings.
pub const YELLOW: Style = AnsiColor::Yellow.on_default();
/// For symbols.
pub const CYAN: Style = AnsiColor::Cyan.on_default();
/// For secondary text.
pub const GREY: Style = AnsiColor::BrightBlack.on_default();

/// Converts the result of writing to stdout. A broken pipe is not an error.
pub fn quietly(written: io::Result<()>) -> anyhow::Result<()> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to stdout")
        }
        _ => Ok(()),
    }
}

/// Writes a line of output in JSON.
pub fn json_line(out: &mut impl Write, object: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, object)?;
    out.write_all(b"\n")
}

/// Writes a line of output in comma-separated values.
pub fn csv_line(out: &mut impl Write, cells: &[impl AsRef<[u8]>]) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(cells)?;
    writer.flush()
}

/// Returns a cell that no spreadsheet runs: one that begins like a formula gets a `'` in front, as OWASP
/// recommends. Numbers in E.164 stay as they are: a spreadsheet can do no harm with `+919876543210`.
fn guarded(cell: &str) -> Cow<'_, str> {
    let begins_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let is_e164 = cell.strip_prefix('+').is_some_and(|digits| {
        (1..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    if begins_formula && !is_e164 { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// Writes a line of output in tab-separated values.
pub fn tsv_line(out: &mut impl Write, cells: &[impl Display]) -> io::Result<()> {
    let escaped = |cell: String| cell.replace('\\', r"\\").replace('\t', r"\t").replace('\n', r"\n");
    let cells: Vec<_> = cells.iter().map(|cell| escaped(cell.to_string())).collect();
    writeln!(out, "{}", cells.join("\t"))
}

/// Writes the header line of the output `format`, if it has one.
pub fn names(out: &mut impl Write, format: Format, names: &[&str]) -> io::Result<()> {
    match format {
        Format::Csv | Format::RawCsv => csv_line(out, names),
        Format::Tsv => tsv_line(out, names),
        Format::Table | Format::Jsonl => Ok(()),
    }
}

/// Writes a line of output for programs: the object, or its values in the order of the header.
pub fn record(
    out: &mut impl Write,
    format: Format,
    object: &impl Serialize,
    cells: &[String],
) -> io::Result<()> {
    match format {
        Format::Csv => {
            let cells: Vec<_> = cells.iter().map(|cell| guarded(cell)).collect();
            csv_line(out, &cells.iter().map(|cell| cell.as_bytes()).collect::<Vec<_>>())
        }
        Format::RawCsv => csv_line(out, cells),
        Format::Tsv => tsv_line(out, cells),
        Format::Table | Format::Jsonl => json_line(out, object),
    }
}

/// Writes the header line for voicemails as output.
pub fn head(out: &mut impl Write, format: Format) -> io::Result<()> {
    names(out, format, &Fields::names().collect::<Vec<_>>())
}

/// Writes a voicemail as a line of output for programs.
pub fn line(out: &mut impl Write, format: Format, fields: &Fields<'_>) -> io::Result<()> {
    record(out, format, fields, &fields.cells())
}

/// Prints a few voicemails in `format`; [`crate::cli::verbs::list`] prints many.
pub async fn lines(format: Format, context: &VerbContext, found: &[Hit]) -> anyhow::Result<()> {
    let table = if format == Format::Table { Some(context.table(found).await?) } else { None };
    let mut out = io::stdout().lock();
    let mut write = || {
        match &table {
            Some(table) => table.head(&mut out)?,
            None => head(&mut out, format)?,
        }
        for found in found {
            match &table {
                Some(table) => table.row(&mut out, context, found)?,
                None => line(&mut out, format, &found.fields(context.search.zone, &context.label))?,
            }
        }
        out.flush()
    };
    quietly(write())
}

/// Returns the display width of printed `text` in cells.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Truncates or pads printed `text` to exactly `room` cells.
pub fn fitted(text: &str, room: usize) -> String {
    let text = cut(text, room);
    let blank = room.saturating_sub(width(&text));
    text + &" ".repeat(blank)
}

/// Truncates printed `text` to at most `room` cells, with an ellipsis.
pub fn cut(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        used += width(grapheme);
        if used >= room {
            break;
        }
        kept.push_str(grapheme);
    }
    if room > 0 {
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::guarded;

    #[test]
    fn text_that_begins_like_a_formula_is_guarded_and_numbers_are_not() {
        for text in [
            "=1+2",
            "+1-2",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "＝1",
            "+91 98765 43210",
            "+",
            "+9198765432109876",
            "=cmd|' /C calc'!A0",
        ] {
            assert_eq!(guarded(text), format!("'{text}"));
        }
        for text in ["+919876543210", "", "Anita", "919876543210", "'=1", "a=1", "2026-11-23", "अनिता"]
        {
            assert_eq!(guarded(text), text);
        }
    }
}
