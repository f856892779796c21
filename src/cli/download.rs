//! `vmail download`: recordings as files, named as the user wants them.
//!
//! A recording goes through the cache: [`crate::recording`] fetches it there, whole and verified,
//! and a copy gets the final name in one step. Which name that is, is settled before the first
//! transfer, so that it depends on the voicemail alone and not on which came first.

mod name;
mod progress;
mod report;
mod save;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::Context as _;
use clap::Args;
use futures_util::{StreamExt as _, stream};
use tokio::sync::watch;

use crate::cli::World;
use crate::cli::desk::{Desk, DeskArgs, Freshness, block_on};
use crate::cli::fetcher::Fetcher;
use crate::cli::output::FormatArgs;
use crate::cli::pick::{Found, Search, WhichArgs};
use crate::cli::show;
use crate::error::Fault;
use crate::signals::Signals;
use name::{Template, Values};
use progress::Line;
use report::{Report, Status};
use save::{Order, Saver};

/// What is at the end of the help.
pub const EXAMPLES: &str = "\
Examples:
  vmail download --range yesterday --dir voicemail
  vmail download is:starred --name '{name}/{date}_{time}.{ext}'
  vmail download --range 7d --dir /srv/vmail --manifest /srv/vmail.jsonl

Exit codes: 5 where nothing matched, 6 where a recording could not be saved, 130 after Ctrl-C and \
other signals that end it. What is there by then of a recording is gone on with the next time.";

/// Flags of `download`.
#[derive(Args, Debug)]
pub struct DownloadArgs {
    #[command(flatten)]
    which: WhichArgs,
    /// This voicemail, by its ID or how that begins; may be given several times; - reads stdin
    #[arg(long = "id", value_name = "ID", conflicts_with_all = ["query", "view"])]
    ids: Vec<String>,
    /// Where the files go; made where it is missing
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// How files are named: {date}, {time}, {caller}, {name}, {id}, {ext}, {account}; a / makes folders
    #[arg(long = "name", value_name = "TEMPLATE", default_value = "{date}_{time}_{caller}.{ext}")]
    template: Template,
    /// Replace files that are there and differ
    #[arg(long)]
    overwrite: bool,
    /// Write a JSON line for each voicemail, as it is done: the fields of `vmail list`, and file, bytes,
    /// status (saved, present, none, failed) and error; - is stdout
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// Fetch and write nothing, say what would be saved
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten, next_help_heading = "Common options")]
    desk: DeskArgs,
}

/// Downloads them; failures and a summary go to stderr.
pub fn run(args: &DownloadArgs, world: &World) -> anyhow::Result<()> {
    block_on(async {
        let desk = Desk::open(&args.desk, world).await?;
        let (found, freshness) = chosen(&desk, args).await?;
        if found.is_empty() {
            freshness.into_result()?;
            let range = desk.settings.range.expression();
            return Err(Fault::not_found(format!("nothing found in {range}: --range takes in more")).into());
        }
        if !args.dry_run {
            must_be_writable(&args.dir)?;
        }
        let mut report = Report::open(args.format.asked(), args.manifest.as_deref(), args.dry_run)?;
        let done = download(&desk, args, found, freshness == Freshness::Current, &mut report, world).await;
        desk.close().await;
        done?;
        report.finish(&args.dir)?;
        freshness.into_result()
    })
}

/// What is asked for, oldest first, and whether that is all there is.
async fn chosen(desk: &Desk, args: &DownloadArgs) -> anyhow::Result<(Vec<Found>, Freshness)> {
    if !args.ids.is_empty() {
        let mut found = show::find(desk, &args.ids).await?;
        let key = |found: &Found| (found.entry.record.voicemail.time, found.entry.record.voicemail.id);
        found.sort_unstable_by_key(key);
        return Ok((found, Freshness::Current));
    }
    let query = args.which.query(desk)?;
    let span = desk.span();
    let freshness = desk.bring_up(span).await?;
    let mut found = Search::new(desk, span, &query).await?.all().await?;
    found.reverse();
    Ok((found, freshness))
}

/// Better said before anything is fetched than after.
fn must_be_writable(dir: &Path) -> anyhow::Result<()> {
    let probe = || {
        fs::create_dir_all(dir)?;
        // One without a name, where the system has such: whoever is killed now leaves nothing.
        tempfile::tempfile_in(dir)
    };
    probe().map(drop).with_context(|| format!("{}: files cannot be written there", dir.display()))
}

async fn download(
    desk: &Desk,
    args: &DownloadArgs,
    found: Vec<Found>,
    asks: bool,
    report: &mut Report,
    world: &World,
) -> anyhow::Result<()> {
    let orders = orders(found, desk, args);
    let fetcher = Fetcher::open(desk, asks && !args.desk.offline && !args.dry_run).await?;
    let line = Line::new(orders.len(), world);
    let (stop, stopped) = watch::channel(false);
    let saver = Saver {
        fetcher: &fetcher,
        dir: &args.dir,
        template: &args.template,
        overwrite: args.overwrite,
        dry: args.dry_run,
        now: desk.context.now,
        line: &line,
        stopped,
        hopeless: OnceLock::new(),
    };
    let outcomes = stream::iter(orders).map(|order| saver.save(order));
    let mut outcomes = std::pin::pin!(outcomes.buffer_unordered(desk.settings.concurrency));
    let mut signals = Signals::watch()?;
    let mut written = Ok(());
    loop {
        tokio::select! {
            // Who wants it to stop is heard first, also by a machine that was busy with something else.
            biased;
            // Copies under way end, so that no file is half there; transfers are given up.
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
                    written = report.add(&outcome, desk);
                    // What cannot be told is not done.
                    if written.is_err() {
                        stop.send_replace(true);
                    }
                }
            }
        }
    }
    fetcher.tidy().await;
    report.received(line.clear());
    written
}

/// What to save under which name. Of voicemail whose names are the same, the oldest gets it, and
/// the others have their ID in theirs.
fn orders(found: Vec<Found>, desk: &Desk, args: &DownloadArgs) -> Vec<Order> {
    let mut taken = HashSet::with_capacity(found.len());
    let order = |found: Found| {
        let values = Values::new(&found, desk.context.zone, &desk.label);
        // Some file systems do not tell small letters from capitals.
        let name = args.template.fill(&values, "").to_string_lossy().to_lowercase();
        let apart = !taken.insert(name);
        Order { found, values, apart }
    };
    let mut orders: Vec<_> = found.into_iter().map(order).collect();
    orders.reverse();
    orders
}
