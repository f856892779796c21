//! Records for programs: the output formats, and how verbs write in them.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::{self, Write};

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::cli::context::VerbContext;
use crate::cli::query::Hit;
use crate::cli::style::quietly;
use crate::core::fields::Fields;

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
    /// One JSON array
    Json,
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

/// Writes records in a format: what stands before them, each record, and what stands after them.
#[derive(Debug)]
pub struct Records {
    format: Format,
    /// Whether a record was written.
    begun: bool,
}

impl Records {
    /// Creates a writer of records. A table is not for programs: its records are written as `jsonl`.
    pub fn new(format: Format) -> Records {
        Records { format, begun: false }
    }

    /// Writes the header line of CSV and TSV.
    pub fn head(&self, out: &mut impl Write, names: &[&str]) -> io::Result<()> {
        match self.format {
            Format::Csv | Format::RawCsv => csv_line(out, names),
            Format::Tsv => tsv_line(out, names),
            Format::Table | Format::Json | Format::Jsonl => Ok(()),
        }
    }

    /// Writes a record: the object, or its values in the order of the header.
    pub fn record(
        &mut self,
        out: &mut impl Write,
        object: &impl Serialize,
        cells: &[String],
    ) -> io::Result<()> {
        match self.format {
            Format::Csv => {
                let cells: Vec<_> = cells.iter().map(|cell| guarded(cell)).collect();
                csv_line(out, &cells.iter().map(|cell| cell.as_bytes()).collect::<Vec<_>>())
            }
            Format::RawCsv => csv_line(out, cells),
            Format::Tsv => tsv_line(out, cells),
            Format::Json => {
                out.write_all(if self.begun { b",\n" } else { b"[\n" })?;
                self.begun = true;
                Ok(serde_json::to_writer(out, object)?)
            }
            Format::Table | Format::Jsonl => json_line(out, object),
        }
    }

    /// Writes the header line for voicemails.
    pub fn head_of_voicemails(&self, out: &mut impl Write) -> io::Result<()> {
        self.head(out, &Fields::names().collect::<Vec<_>>())
    }

    /// Writes a voicemail.
    pub fn voicemail(&mut self, out: &mut impl Write, fields: &Fields<'_>) -> io::Result<()> {
        self.record(out, fields, &fields.cells())
    }

    /// Writes all records, each with its values, after their `names`.
    pub fn write_all<'r, R: Serialize + 'r, const N: usize>(
        mut self,
        out: &mut impl Write,
        names: &[&str; N],
        records: impl IntoIterator<Item = &'r R>,
        cells: impl Fn(&R) -> [String; N],
    ) -> io::Result<()> {
        self.head(out, names)?;
        for record in records {
            self.record(out, record, &cells(record))?;
        }
        self.end(out)?;
        out.flush()
    }

    /// Writes the end of the array. Without it, programs notice that the output is cut off.
    pub fn end(&self, out: &mut impl Write) -> io::Result<()> {
        match self.format {
            Format::Json => out.write_all(if self.begun { b"\n]\n" } else { b"[]\n" }),
            Format::Table | Format::Jsonl | Format::Csv | Format::RawCsv | Format::Tsv => Ok(()),
        }
    }
}

/// Prints a few voicemails in `format`; [`crate::cli::verbs::list`] prints many.
pub async fn print(format: Format, context: &VerbContext, found: &[Hit]) -> anyhow::Result<()> {
    let table = if format == Format::Table { Some(context.table(found).await?) } else { None };
    let mut out = io::stdout().lock();
    let mut write = || {
        let mut records = Records::new(format);
        match &table {
            Some(table) => table.head(&mut out)?,
            None => records.head_of_voicemails(&mut out)?,
        }
        for found in found {
            match &table {
                Some(table) => table.row(&mut out, context, found)?,
                None => records.voicemail(&mut out, &found.fields(context.search.zone, &context.label))?,
            }
        }
        records.end(&mut out)?;
        out.flush()
    };
    quietly(write())
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
