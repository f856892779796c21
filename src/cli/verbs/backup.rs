//! `vmail backup`: lists, makes and restores backups of what the user did.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono::SecondsFormat;
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::cli::World;
use crate::cli::context::zone;
use crate::cli::records::{Format, FormatArgs, Records};
use crate::cli::settings::{self, xdg};
use crate::cli::style;
use crate::config::{Overrides, Settings};
use crate::core::humanize;
use crate::core::zone::Tz;
use crate::error::Fault;
use crate::paths;
use crate::store::{self, Backup, BackupError, Contents, Made, Opened, Restored, Store};

/// Flags of `backup`.
#[derive(Args, Debug)]
pub struct BackupArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: Option<BackupVerb>,
}

/// What to do with backups.
#[derive(Debug, Subcommand)]
pub enum BackupVerb {
    /// List the backups, newest first; also without a subcommand
    List(ListArgs),
    /// Make a backup now, unless nothing changed since the last one
    #[command(after_help = "\
Examples:
  vmail backup now && rsync -r ~/.local/share/vmail/backups/ desk:vmail/")]
    Now(SettingsFile),
    /// Merge a backup into the store
    ///
    /// Removes nothing and works like `vmail import`: read, starred, done and called back are set if
    /// either side has them set, the note or name edited last is kept, and tags are combined. vmail
    /// does this by itself when the store is missing or damaged.
    Restore(RestoreArgs),
}

/// Flags of `backup list`.
#[derive(Args, Debug)]
#[command(after_help = "\
Fields of --json, csv and tsv: time, time_ms, voicemails, notes, tags, names (how many of each), bytes, \
state (whole, damaged, or newer if a newer vmail wrote it) and path. Unknown numbers are null.")]
pub struct ListArgs {
    /// The output format.
    #[command(flatten)]
    pub format: FormatArgs,
    /// The settings file.
    #[command(flatten)]
    pub settings: SettingsFile,
}

/// Flags of `backup restore`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  vmail backup restore --dry-run
  vmail backup restore vmail-2026-11-23T12-04-08Z.jsonl.gz")]
pub struct RestoreArgs {
    /// Backup to restore, or its name in the folder; the newest undamaged one if omitted
    pub file: Option<PathBuf>,
    /// Print what would change, but change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The settings file.
    #[command(flatten)]
    pub settings: SettingsFile,
}

/// The settings file to work with.
#[derive(Args, Debug)]
pub struct SettingsFile {
    /// Use this settings file instead of the default one
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

impl SettingsFile {
    fn load(&self, world: &World) -> anyhow::Result<Settings> {
        let usual = paths::config_file(&xdg(world));
        Ok(settings::load(self.config.clone(), usual, Overrides::default(), settings::env(world))?.0)
    }
}

/// Runs a command of `vmail backup`.
pub fn run(args: &BackupArgs, world: &World) -> anyhow::Result<()> {
    let path = paths::store_file(&xdg(world)).context("no home folder: set XDG_DATA_HOME")?;
    // The store's own path, which backups are beside.
    let path = paths::behind_links(&path).unwrap_or(path);
    match &args.verb {
        None => list(Format::default(), &SettingsFile { config: None }, &path, world),
        Some(BackupVerb::List(args)) => list(args.format.chosen(), &args.settings, &path, world),
        Some(BackupVerb::Now(settings)) => now(&settings.load(world)?, &path, world),
        Some(BackupVerb::Restore(args)) => restore(args, &path, world),
    }
}

/// The names of the fields. They are a stable interface: do not rename or remove them.
const NAMES: [&str; 9] =
    ["time", "time_ms", "voicemails", "notes", "tags", "names", "bytes", "state", "path"];

/// A backup for output.
#[derive(Serialize)]
struct BackupLine {
    time: String,
    time_ms: i64,
    voicemails: Option<u64>,
    notes: Option<u64>,
    tags: Option<u64>,
    names: Option<u64>,
    bytes: u64,
    state: &'static str,
    path: String,
}

impl BackupLine {
    fn new(backup: &Backup, zone: Tz) -> anyhow::Result<BackupLine> {
        let (contents, state) = match store::contents(&backup.path) {
            Ok(contents) => (Some(contents), "whole"),
            Err(BackupError::Damaged { .. }) => (None, "damaged"),
            Err(BackupError::Newer { .. }) => (None, "newer"),
            Err(error) => return Err(error.into()),
        };
        let count = |of: fn(&Contents) -> u64| contents.as_ref().map(of);
        Ok(BackupLine {
            time: backup.time.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::AutoSi, true),
            time_ms: backup.time.timestamp_millis(),
            voicemails: count(|contents| contents.voicemails),
            notes: count(|contents| contents.notes),
            tags: count(|contents| contents.tags),
            names: count(|contents| contents.names),
            bytes: backup.path.metadata()?.len(),
            state,
            path: backup.path.display().to_string(),
        })
    }

    fn counts(&self) -> [String; 4] {
        [self.voicemails, self.notes, self.tags, self.names]
            .map(|count| count.map(|count| count.to_string()).unwrap_or_default())
    }

    /// Returns the values of the fields in the order of [`NAMES`]; empty for `null`.
    fn cells(&self) -> [String; NAMES.len()] {
        let [voicemails, notes, tags, names] = self.counts();
        let (time, time_ms, bytes) = (self.time.clone(), self.time_ms.to_string(), self.bytes.to_string());
        [time, time_ms, voicemails, notes, tags, names, bytes, self.state.to_owned(), self.path.clone()]
    }
}

fn list(format: Format, settings: &SettingsFile, path: &Path, world: &World) -> anyhow::Result<()> {
    let zone = zone(&settings.load(world)?, world)?;
    let backups = store::backups(path)?;
    let lines = backups.iter().map(|backup| BackupLine::new(backup, zone));
    let lines = lines.collect::<anyhow::Result<Vec<_>>>()?;
    if lines.is_empty() {
        writeln!(io::stderr(), "no backups in {}", store::backup_folder(path).display())?;
    }
    style::quietly(write(&lines, format))
}

fn write(lines: &[BackupLine], format: Format) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if format == Format::Table {
        return table(lines, out);
    }
    Records::new(format).write_all(&mut out, &NAMES, lines, BackupLine::cells)
}

/// Prints an aligned table, with the paths at the end.
fn table(lines: &[BackupLine], mut out: impl Write) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let head = ["TIME", "VOICEMAILS", "NOTES", "TAGS", "NAMES", "SIZE", "STATE", "FILE"].map(str::to_owned);
    let cells = lines.iter().map(|line| {
        let [voicemails, notes, tags, names] = line.counts();
        let (size, state) = (humanize::bytes(line.bytes), line.state.to_owned());
        [line.time.clone(), voicemails, notes, tags, names, size, state, line.path.clone()]
    });
    let rows: Vec<_> = [head].into_iter().chain(cells).collect();
    let widths: [usize; 7] = std::array::from_fn(|column| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
    });
    for [time, numbers @ .., state, path] in &rows {
        write!(out, "{time:0$}", widths[0])?;
        for (number, width) in numbers.iter().zip(&widths[1..]) {
            write!(out, "  {number:>width$}")?;
        }
        writeln!(out, "  {state:0$}  {path}", widths[6])?;
    }
    out.flush()
}

/// Opens the store; what was restored because it was missing is said.
fn open(settings: &Settings, path: &Path, world: &World) -> anyhow::Result<Store> {
    let Opened { store, notices } = Store::open(path, &settings::store_options(settings, world))?;
    for notice in &notices {
        writeln!(io::stderr(), "vmail: {notice}")?;
    }
    Ok(store)
}

fn now(settings: &Settings, path: &Path, world: &World) -> anyhow::Result<()> {
    let mut store = open(settings, path, world)?;
    let said = match store.back_up()? {
        Made::New(backup) => {
            format!("backed up {} to {}", store::contents(&backup.path)?, backup.path.display())
        }
        Made::Same(backup) => format!("nothing changed since {}", backup.path.display()),
        Made::Nothing => "nothing to back up".to_owned(),
    };
    writeln!(io::stderr(), "{said}")?;
    Ok(())
}

fn restore(args: &RestoreArgs, path: &Path, world: &World) -> anyhow::Result<()> {
    let settings = args.settings.load(world)?;
    let file = match &args.file {
        Some(file) if file.is_relative() && !file.exists() => store::backup_folder(path).join(file),
        Some(file) => file.clone(),
        None => newest(path)?,
    };
    let mut store = if args.dry_run {
        Store::copy_in_memory(path, &settings::store_options(&settings, world))?
    } else {
        let store = open(&settings, path, world)?;
        anyhow::ensure!(store.is_kept(), "nothing was restored");
        store
    };
    let restored = store.restore(&file)?;
    if let Some(notice) = store.notices().first() {
        anyhow::bail!("{notice} Restore the backup again.");
    }
    writeln!(io::stderr(), "{}", said(&restored, args.dry_run))?;
    store.close();
    Ok(())
}

fn said(restored: &Restored, dry_run: bool) -> String {
    let Restored { merged, names, .. } = restored;
    format!(
        "{restored}: {}added {}, changed {}; restored {} caller name{}",
        if dry_run { "would have " } else { "" },
        humanize::voicemails(merged.added),
        humanize::count(merged.changed),
        humanize::count(*names),
        if *names == 1 { "" } else { "s" }
    )
}

/// Returns the newest undamaged backup.
fn newest(path: &Path) -> anyhow::Result<PathBuf> {
    for backup in store::backups(path)? {
        match store::contents(&backup.path) {
            Ok(_) => return Ok(backup.path),
            Err(error) => writeln!(io::stderr(), "vmail: {error}")?,
        }
    }
    let folder = store::backup_folder(path);
    Err(Fault::not_found(format!("no undamaged backup in {}", folder.display())).into())
}
