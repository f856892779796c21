//! `vmail import`: reads an export back.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use crate::cli::World;
use crate::cli::settings::{self, AccountArgs};
use crate::export::{Bad, Whose, import};
use crate::store::Opened;

/// For the end of the help.
pub const EXAMPLES: &str = "\
Examples:
  vmail import voicemail.jsonl
  ssh desk vmail export | vmail import";

/// Flags of `import`.
#[derive(Args, Debug)]
pub struct ImportArgs {
    /// Where from; stdin if it is left out, or -
    pub file: Option<PathBuf>,
    /// Take the export of whichever account as this one's
    #[arg(long)]
    pub any_account: bool,
    /// Whose.
    #[command(flatten, next_help_heading = "Common options")]
    pub account: AccountArgs,
}

/// How many lines that are no good are named; the others are counted.
const NAMED: u64 = 20;

/// Brings a file, or stdin, into the store. Fails when a line was left out, after the others came in.
pub fn run(args: &ImportArgs, world: &World) -> anyhow::Result<()> {
    let input: Box<dyn BufRead> = match args.file.as_deref().filter(|file| *file != Path::new("-")) {
        None => Box::new(io::stdin().lock()),
        Some(path) => {
            let file = File::open(path).with_context(|| format!("{}: cannot be read", path.display()))?;
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
            // The import goes on, whether or not anybody listens.
            let _ = writeln!(io::stderr(), "vmail: {bad}");
        }
    })?;
    if let Some(notice) = store.notices().first() {
        anyhow::bail!("{notice} Import the file again.");
    }
    writeln!(
        io::stderr(),
        "{} voicemail of {} imported, {} others changed, {} names",
        imported.added,
        key.as_str(),
        imported.changed,
        imported.names
    )?;
    match imported.bad {
        0 => Ok(()),
        1 => anyhow::bail!("1 line was left out"),
        bad => anyhow::bail!("{bad} lines were left out"),
    }
}
