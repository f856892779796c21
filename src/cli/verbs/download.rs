//! `vmail download`: saves recordings to files, named by a template.
//!
//! [`crate::recording`] fetches a recording into the cache and verifies it; a copy is then renamed to
//! its final name. The names are chosen before the first transfer, so that they do not depend on the
//! order in which transfers finish.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::Context as _;
use clap::Args;
use futures_util::{StreamExt as _, stream};
use tokio::sync::watch;

use crate::audio::AudioFormat;
use crate::cli::World;
use crate::cli::context::{ContextArgs, Freshness, VerbContext, block_on};
use crate::cli::fetcher::Fetcher;
use crate::cli::query::{Hit, Search, WhichArgs};
use crate::cli::records::FormatArgs;
use crate::cli::verbs::download::name::{Template, Values};
use crate::cli::verbs::download::progress::ProgressLine;
use crate::cli::verbs::download::report::{Report, Status};
use crate::cli::verbs::download::save::{SaveJob, Saver};
use crate::cli::verbs::show;
use crate::error::Fault;
use crate::recording::Names;
use crate::signals::Signals;

mod name;
mod progress;
mod report;
mod save;

/// The end of the help.
pub const EXAMPLES: &str = "\
Examples:
  vmail download --range yesterday --dir voicemail
  vmail download is:starred --name '{name}/{date}_{time}.{ext}'
  vmail download --range 7d --dir /srv/vmail --manifest /srv/vmail.jsonl

Exit codes: 5 if nothing matches, 6 if a recording could not be saved, 130 after Ctrl-C or another signal. \
Interrupted downloads are resumed the next time.";

/// Flags of `download`.
#[derive(Args, Debug)]
pub struct DownloadArgs {
    #[command(flatten)]
    which: WhichArgs,
    /// Download this voicemail, by ID or ID prefix; repeatable; - reads IDs from stdin
    #[arg(long = "id", value_name = "ID", conflicts_with_all = ["query", "view"])]
    ids: Vec<String>,
    /// Folder to save to; created if it does not exist
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// Template of the file names: {date}, {time}, {caller}, {name}, {id}, {ext}, {account}; / creates folders
    #[arg(long = "name", value_name = "TEMPLATE", default_value = "{date}_{time}_{caller}.{ext}")]
    template: Template,
    /// Overwrite existing files that differ
    #[arg(long)]
    overwrite: bool,
    /// Write a JSON line per voicemail to FILE (- for stdout): the fields of `vmail list`, and file,
    /// bytes, status (saved, present: already there, planned: with --dry-run, none: no recording,
    /// failed) and error
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// Only print what would be saved
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten, next_help_heading = "Common options")]
    context: ContextArgs,
}

/// Downloads the recordings. Prints errors and a summary to stderr.
pub fn run(args: &DownloadArgs, world: &World) -> anyhow::Result<()> {
    block_on(async {
        let context = VerbContext::open(&args.context, world).await?;
        let (found, freshness) = chosen(&context, args).await?;
        if found.is_empty() {
            freshness.into_result()?;
            return Err(Fault::not_found(context.nothing_found()).into());
        }
        if !args.dry_run {
            must_be_writable(&args.dir)?;
        }
        let mut report = Report::open(args.format.asked(), args.manifest.as_deref(), args.dry_run)?;
        let done = download(&context, args, found, freshness == Freshness::Current, &mut report, world).await;
        context.close().await;
        done?;
        report.finish(&args.dir)?;
        freshness.into_result()
    })
}

/// Returns the voicemails to download, oldest first, and whether the list is complete.
async fn chosen(context: &VerbContext, args: &DownloadArgs) -> anyhow::Result<(Vec<Hit>, Freshness)> {
    if !args.ids.is_empty() {
        let mut found = show::find(context, &args.ids).await?;
        let key = |found: &Hit| (found.entry.record.voicemail.time, found.entry.record.voicemail.id);
        found.sort_unstable_by_key(key);
        return Ok((found, Freshness::Current));
    }
    let query = args.which.query(context)?;
    let span = context.span();
    let freshness = context.bring_up(span).await?;
    let mut found = Search::new(context, span, &query).await?.all().await?;
    found.reverse();
    Ok((found, freshness))
}

/// Fails early, before anything is fetched.
fn must_be_writable(dir: &Path) -> anyhow::Result<()> {
    let probe = || {
        fs::create_dir_all(dir)?;
        // Has no name, on systems that support it, so nothing is left behind if the program is killed.
        tempfile::tempfile_in(dir)
    };
    probe().map(drop).with_context(|| format!("cannot write files to {}", dir.display()))
}

async fn download(
    context: &VerbContext,
    args: &DownloadArgs,
    found: Vec<Hit>,
    asks: bool,
    report: &mut Report,
    world: &World,
) -> anyhow::Result<()> {
    let orders = orders(found, context, args);
    let fetcher = Fetcher::open(context, asks && !args.context.offline && !args.dry_run).await?;
    let line = ProgressLine::new(orders.len(), world);
    let (stop, stopped) = watch::channel(false);
    let saver = Saver {
        fetcher: &fetcher,
        dir: &args.dir,
        template: &args.template,
        overwrite: args.overwrite,
        dry: args.dry_run,
        now: context.search.now,
        line: &line,
        stopped,
        hopeless: OnceLock::new(),
    };
    let outcomes = stream::iter(orders).map(|order| saver.save(order));
    let mut outcomes = std::pin::pin!(outcomes.buffer_unordered(context.settings.concurrency));
    let mut signals = Signals::watch()?;
    let mut written = Ok(());
    loop {
        tokio::select! {
            // Check signals first, so that a busy machine still reacts at once.
            biased;
            // Finish copies, so that no file is incomplete; abort transfers.
            _ = signals.next(), if !*stop.borrow() => {
                stop.send_replace(true);
            }
            outcome = outcomes.next() => {
                let Some(outcome) = outcome else { break };
                line.one_done();
                if let Status::Failed(error) = &outcome.status {
                    line.say(&format!("{}: {error}", outcome.found.entry.record.voicemail.id))?;
                }
                if written.is_ok() {
                    written = report.add(&outcome, context);
                    // Stop if results cannot be reported.
                    if written.is_err() {
                        stop.send_replace(true);
                    }
                }
            }
        }
    }
    fetcher.library.tidy().await;
    report.received(line.clear());
    written
}

/// Assigns the file names. If several voicemails have the same name, the oldest keeps it, and the others
/// get their ID appended.
fn orders(found: Vec<Hit>, context: &VerbContext, args: &DownloadArgs) -> Vec<SaveJob> {
    let mut names = Names::default();
    let order = |found: Hit| {
        let values = Values::new(&found, context.search.zone, &context.label);
        let name = args.template.fill(&values, AudioFormat::Mp3.extension());
        let apart = !names.take(&name);
        SaveJob { found, values, apart }
    };
    let mut orders: Vec<_> = found.into_iter().map(order).collect();
    orders.reverse();
    orders
}
