//! `vmail export`: everything of an account, as lines of JSON.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use tempfile::NamedTempFile;

use crate::cli::World;
use crate::cli::settings::{self, AccountArgs};
use crate::export::{ExportError, export};
use crate::model::AccountKey;
use crate::store::{Notice, Opened, Store};

/// For the end of the help.
pub const EXAMPLES: &str = "\
Examples:
  vmail export voicemail.jsonl
  vmail export | gzip > voicemail.jsonl.gz";

/// Flags of `export`.
#[derive(Args, Debug)]
pub struct ExportArgs {
    /// Where to; stdout if it is left out, or -
    pub file: Option<PathBuf>,
    /// How it is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ExportFormat::Jsonl)]
    pub format: ExportFormat,
    /// The same as --format jsonl
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// Whose.
    #[command(flatten, next_help_heading = "Common options")]
    pub account: AccountArgs,
}

/// How an export is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// A JSON object a line
    Jsonl,
}

/// Writes the export to a file or to stdout. A file gets its name once all of it is written; until
/// then an earlier one stays.
pub fn run(args: &ExportArgs, world: &World) -> anyhow::Result<()> {
    let ExportFormat::Jsonl = args.format;
    let (Opened { mut store, notices }, key) = settings::open_store(&args.account, world)?;
    // A store that was just made anew holds nothing, and must not take the place of an older export.
    for notice in &notices {
        if !matches!(notice, Notice::InMemory { .. }) {
            anyhow::bail!("{notice} Nothing was exported.");
        }
        writeln!(io::stderr(), "vmail: {notice}")?;
    }
    match args.file.as_deref().filter(|file| *file != Path::new("-")) {
        None => match write(&mut store, &key, io::stdout().lock()) {
            // A reader that has had enough is no failure.
            Err(error) if is_broken_pipe(&error) => Ok(()),
            result => result,
        },
        Some(path) => {
            let cannot = || format!("{}: cannot be written", path.display());
            // Something that is no file, /dev/fd/3 say, is written as it stands.
            if path.metadata().is_ok_and(|existing| !existing.is_file()) {
                let file = File::options().write(true).open(path).with_context(cannot)?;
                return write(&mut store, &key, file).with_context(cannot);
            }
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let mut file = NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).with_context(cannot)?;
            write(&mut store, &key, &mut file).with_context(cannot)?;
            file.as_file().sync_all().with_context(cannot)?;
            file.persist(path).map_err(|error| error.error).with_context(cannot)?;
            Ok(())
        }
    }
}

fn write(store: &mut Store, key: &AccountKey, out: impl Write) -> anyhow::Result<()> {
    let count = export(store, key, &mut BufWriter::new(out))?;
    // While it was being read, the store may have failed and been made anew.
    if let Some(notice) = store.notices().first() {
        anyhow::bail!("{notice} The export is not complete.");
    }
    writeln!(io::stderr(), "{count} voicemail of {} exported", key.as_str())?;
    Ok(())
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(ExportError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe)
}
