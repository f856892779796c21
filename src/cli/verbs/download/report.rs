//! The results of a download: lines for programs, and a summary for people.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Serialize;

use crate::cli::context::VerbContext;
use crate::cli::query::Hit;
use crate::cli::records::{self, Format, Records};
use crate::cli::style;
use crate::core::fields::Fields;
use crate::core::humanize;
use crate::error::{Failure, Fault};

/// The result for a voicemail.
#[derive(Debug)]
pub struct Outcome {
    /// The voicemail, including what the download found out about it.
    pub found: Hit,
    /// The result.
    pub status: Status,
}

/// The result for a recording.
#[derive(Debug)]
pub enum Status {
    /// Saved as this file, with its size in bytes.
    Saved(PathBuf, u64),
    /// This file already has it.
    Present(PathBuf, u64),
    /// Would be saved as this file.
    Planned(PathBuf),
    /// The voicemail has no recording.
    None,
    /// Saving failed.
    Failed(String),
    /// Not started before the download was interrupted.
    Stopped,
}

/// The fields of a voicemail and the result. Names and meanings are stable.
#[derive(Serialize)]
struct ReportLine<'a> {
    #[serde(flatten)]
    fields: Fields<'a>,
    /// The file, or null.
    file: Option<String>,
    /// The size in bytes; null if unknown.
    bytes: Option<u64>,
    /// `saved`, `present`, `planned`, `none` or `failed`.
    status: &'static str,
    /// The error, or null.
    error: Option<&'a str>,
}

/// The names of the fields after those of the voicemail.
const MORE: [&str; 4] = ["file", "bytes", "status", "error"];

impl<'a> ReportLine<'a> {
    /// `None` if it was not started.
    fn new(outcome: &'a Outcome, context: &'a VerbContext) -> Option<ReportLine<'a>> {
        let (status, file, bytes, error) = match &outcome.status {
            Status::Saved(file, bytes) => ("saved", Some(file), Some(*bytes), None),
            Status::Present(file, bytes) => ("present", Some(file), Some(*bytes), None),
            Status::Planned(file) => ("planned", Some(file), None, None),
            Status::None => ("none", None, None, None),
            Status::Failed(error) => ("failed", None, None, Some(&**error)),
            Status::Stopped => return None,
        };
        let fields = outcome.found.fields(context.search.zone, &context.label);
        Some(ReportLine { fields, file: file.map(|file| file.display().to_string()), bytes, status, error })
    }

    fn cells(&self) -> Vec<String> {
        let mut cells = self.fields.cells();
        cells.extend([
            self.file.clone().unwrap_or_default(),
            self.bytes.map_or_else(String::new, |bytes| bytes.to_string()),
            self.status.to_owned(),
            self.error.unwrap_or_default().to_owned(),
        ]);
        cells
    }
}

/// The results so far.
pub struct Report {
    manifest: Option<BufWriter<File>>,
    /// The format of stdout.
    format: Option<Format>,
    records: Records,
    /// Whether stdout was closed.
    unread: bool,
    dry: bool,
    saved: u64,
    present: u64,
    without: u64,
    failed: u64,
    stopped: u64,
    received: u64,
}

impl Report {
    /// Opens a report on a download that writes to stdout in `format`, and to the file `manifest`.
    pub fn open(format: Option<Format>, manifest: Option<&Path>, dry: bool) -> anyhow::Result<Report> {
        let to_stdout = manifest.is_some_and(|path| path == Path::new("-"));
        let create = |path: &Path| {
            File::create(path).with_context(|| format!("cannot write the manifest {}", path.display()))
        };
        let manifest = manifest.filter(|_| !to_stdout).map(create).transpose()?.map(BufWriter::new);
        let format = format.or(to_stdout.then_some(Format::Jsonl));
        let names: Vec<_> = Fields::names().chain(MORE).collect();
        let records = Records::new(format.unwrap_or_default());
        style::quietly(records.head(&mut io::stdout(), &names))?;
        let (saved, present, without, failed, stopped, received) = (0, 0, 0, 0, 0, 0);
        Ok(Report {
            manifest,
            format,
            records,
            unread: false,
            dry,
            saved,
            present,
            without,
            failed,
            stopped,
            received,
        })
    }

    /// Adds the result of one recording to the report.
    pub fn add(&mut self, outcome: &Outcome, context: &VerbContext) -> anyhow::Result<()> {
        match outcome.status {
            Status::Saved(..) | Status::Planned(_) => self.saved += 1,
            Status::Present(..) => self.present += 1,
            Status::None => self.without += 1,
            Status::Failed(_) => self.failed += 1,
            Status::Stopped => self.stopped += 1,
        }
        let Some(line) = ReportLine::new(outcome, context) else { return Ok(()) };
        if let Some(manifest) = &mut self.manifest {
            // Flush, so that the manifest is complete even if the program is killed.
            let written = records::json_line(manifest, &line).and_then(|()| manifest.flush());
            written.context("cannot write the manifest")?;
        }
        match self.print(&line, &outcome.status) {
            // A broken pipe must not stop the download.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.unread = true,
            printed => style::quietly(printed)?,
        }
        Ok(())
    }

    fn print(&mut self, line: &ReportLine<'_>, status: &Status) -> io::Result<()> {
        if self.unread {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        match (self.format, status) {
            (Some(Format::Table), Status::Saved(file, _) | Status::Planned(file))
            | (None, Status::Planned(file)) => writeln!(out, "{}", file.display())?,
            (Some(Format::Table) | None, _) => {}
            (Some(_), _) => self.records.record(&mut out, line, &line.cells())?,
        }
        out.flush()
    }

    /// Adds the number of bytes downloaded to the report.
    pub fn received(&mut self, bytes: u64) {
        self.received = bytes;
    }

    /// Prints the summary of the download; fails if anything was not saved.
    pub fn finish(&self, dir: &Path) -> anyhow::Result<()> {
        if !self.unread {
            style::quietly(self.records.end(&mut io::stdout()))?;
        }
        let said = self.said(dir);
        if self.stopped > 0 {
            let failure = Failure::Interrupted;
            return Err(Fault { failure, message: format!("interrupted: {said}") }.into());
        }
        if self.failed > 0 {
            return Err(Fault::partly(said).into());
        }
        writeln!(io::stderr(), "{said}")?;
        Ok(())
    }

    fn said(&self, dir: &Path) -> String {
        let size =
            if self.received > 0 { format!(" ({})", humanize::bytes(self.received)) } else { String::new() };
        let place =
            if dir == Path::new(".") { "the current folder".to_owned() } else { dir.display().to_string() };
        let plural = if self.saved == 1 { "" } else { "s" };
        let saved = format!("{} recording{plural} to {place}{size}", humanize::count(self.saved));
        let mut said = match (self.saved, self.dry) {
            (0, _) => "nothing saved".to_owned(),
            (_, true) => format!("would save {saved}"),
            (_, false) => format!("saved {saved}"),
        };
        for (count, what) in [
            (self.present, "already present"),
            (self.without, "without a recording"),
            (self.failed, "failed"),
            (self.stopped, "not started"),
        ] {
            if count > 0 {
                let _ = write!(said, ", {} {what}", humanize::count(count));
            }
        }
        said
    }
}
