//! `vmail export`: exports an account as JSON lines.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use tempfile::NamedTempFile;

use crate::cli::World;
use crate::cli::settings::{self, AccountArgs};
use crate::core::humanize;
use crate::core::model::AccountKey;
use crate::export::{ExportError, export};
use crate::paths;
use crate::store::{Notice, Opened, Store};

/// The end of the help.
pub const EXAMPLES: &str = "\
Examples:
  vmail export voicemail.jsonl
  vmail export | gzip > voicemail.jsonl.gz";

/// Flags of `export`.
#[derive(Args, Debug)]
pub struct ExportArgs {
    /// Output file; stdout if omitted or -
    pub file: Option<PathBuf>,
    /// Output format
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ExportFormat::Jsonl)]
    pub format: ExportFormat,
    /// Same as --format jsonl
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// The account to export.
    #[command(flatten, next_help_heading = "Common options")]
    pub account: AccountArgs,
}

/// The format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// One JSON object per line
    Jsonl,
}

/// Writes the export to a file or to stdout. A file is replaced only when the new one is complete.
pub fn run(args: &ExportArgs, world: &World) -> anyhow::Result<()> {
    let ExportFormat::Jsonl = args.format;
    let (Opened { mut store, notices }, key) = settings::open_store(&args.account, world)?;
    // A store that was just recreated is empty: do not overwrite an older export with it.
    for notice in &notices {
        if !matches!(notice, Notice::InMemory { .. }) {
            anyhow::bail!("{notice} Nothing was exported.");
        }
        writeln!(io::stderr(), "vmail: {notice}")?;
    }
    match args.file.as_deref().filter(|file| *file != Path::new("-")) {
        None => match write(&mut store, &key, io::stdout().lock()) {
            // A broken pipe is not an error.
            Err(error) if is_broken_pipe(&error) => Ok(()),
            result => result,
        },
        Some(path) => {
            let cannot = || format!("cannot write {}", path.display());
            // Write to devices and pipes, such as /dev/fd/3, directly.
            if path.metadata().is_ok_and(|existing| !existing.is_file()) {
                let file = File::options().write(true).open(path).with_context(cannot)?;
                return write(&mut store, &key, file).with_context(cannot);
            }
            let path = paths::behind_links(path).with_context(cannot)?;
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
    // The store may have failed and been recreated during the export.
    if let Some(notice) = store.notices().first() {
        anyhow::bail!("{notice} The export is incomplete.");
    }
    writeln!(io::stderr(), "exported {} of {}", humanize::voicemails(count), key.as_str())?;
    Ok(())
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(ExportError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe)
}
