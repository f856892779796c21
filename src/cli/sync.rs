//! `vmail sync`: fetches what is missing, for cron jobs and people; keeps on with `--watch`.

use std::io::{self, IsTerminal as _, Write as _};

use clap::Args;

use crate::cli::World;
use crate::cli::desk::{Desk, DeskArgs, block_on};
use crate::cli::progress::Bar;
use crate::sync::Summary;
use crate::tui::view::words;

/// Flags of `sync`.
#[derive(Args, Debug)]
pub struct SyncArgs {
    /// Ask for the whole range again, stored or not
    #[arg(long)]
    again: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

/// Fetches. Where stderr is no terminal, says nothing unless something is wrong.
pub fn run(args: &SyncArgs, world: &World) -> anyhow::Result<()> {
    block_on(async {
        let desk = Desk::open(&args.desk, world).await?;
        let summary = desk.fetch(desk.span(), args.again, &Bar::new(world)).await?;
        if io::stderr().is_terminal() {
            writeln!(io::stderr(), "{}", said(&summary, &desk.settings.range.expression()))?;
        }
        desk.close().await;
        Ok(())
    })
}

fn said(summary: &Summary, range: &str) -> String {
    let new = match summary.added {
        0 => "nothing new".to_owned(),
        1 => "1 new voicemail".to_owned(),
        added => format!("{} new voicemail", words::count(added as u64)),
    };
    let unreadable = match summary.unreadable {
        0 => String::new(),
        rows => format!("; {rows} of the server's rows cannot be read"),
    };
    format!("{new} in {range}{unreadable}")
}
