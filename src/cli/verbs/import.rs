//! `vmail import`: imports an export.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use crate::cli::World;
use crate::cli::settings::{self, AccountArgs};
use crate::core::humanize;
use crate::export::{Bad, Whose, import};
use crate::store::Opened;

/// The end of the help.
pub const EXAMPLES: &str = "\
Examples:
  vmail import voicemail.jsonl
  ssh context vmail export | vmail import";

/// Flags of `import`.
#[derive(Args, Debug)]
pub struct ImportArgs {
    /// Input file; stdin if omitted or -
    pub file: Option<PathBuf>,
    /// Import an export of any account into this one
    #[arg(long)]
    pub any_account: bool,
    /// The account to import into.
    #[command(flatten, next_help_heading = "Common options")]
    pub account: AccountArgs,
}

/// The maximum number of invalid lines to report one by one.
const NAMED: u64 = 20;

/// Imports an export from a file or stdin. Fails at the end if lines were skipped.
pub fn run(args: &ImportArgs, world: &World) -> anyhow::Result<()> {
    let input: Box<dyn BufRead> = match args.file.as_deref().filter(|file| *file != Path::new("-")) {
        None => Box::new(io::stdin().lock()),
        Some(path) => {
            let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
            Box::new(BufReader::with_capacity(1 << 16, file))
        }
    };
    let (Opened { mut store, notices }, key) = settings::open_store(&args.account, world)?;
    let whose = if args.any_account { Whose::Anyones } else { Whose::Own };
    for notice in &notices {
        writeln!(io::stderr(), "vmail: {notice}")?;
    }
    anyhow::ensure!(store.is_kept(), "nothing was imported");
    let mut named = 0;
    let imported = import(&mut store, &key, whose, input, |bad: Bad| {
        named += 1;
        if named <= NAMED {
            // A closed stderr must not stop the import.
            let _ = writeln!(io::stderr(), "vmail: {bad}");
        }
    })?;
    if let Some(notice) = store.notices().first() {
        anyhow::bail!("{notice} Import the file again.");
    }
    writeln!(
        io::stderr(),
        "{}: added {}, changed {}; imported {} caller name{}",
        key.as_str(),
        humanize::voicemails(imported.added),
        humanize::count(imported.changed),
        humanize::count(imported.names),
        if imported.names == 1 { "" } else { "s" }
    )?;
    store.close();
    match imported.bad {
        0 => Ok(()),
        1 => anyhow::bail!("1 line was skipped"),
        bad => anyhow::bail!("{bad} lines were skipped"),
    }
}
