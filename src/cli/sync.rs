//! `vmail sync`: fetches what is missing, for cron jobs and people; keeps on with `--watch`.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use clap::Args;

use crate::cli::World;
use crate::cli::desk::{Desk, DeskArgs, block_on};
use crate::cli::hook;
use crate::cli::output::{self, Format, FormatArgs};
use crate::cli::pick::Found;
use crate::cli::progress::Bar;
use crate::error::{Failure, Fault, failure};
use crate::model::VoicemailId;
use crate::sync::{self, Progress, Summary};
use crate::words;

/// How often is looked where the settings say never.
const REFRESH: Duration = Duration::from_secs(60);

/// Flags of `sync`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  vmail sync --range 30d
  vmail sync --watch
  */10 * * * * vmail sync                 a line of a crontab

The command set as `on_new` is run for each new voicemail: its fields are in the environment as \
VMAIL_ID, VMAIL_CALLER and so on, and on stdin as a line of JSON. New is what was left since the \
range was last fetched: nothing is, the first time.

--json, csv and tsv print the new ones, with the fields of `vmail list`.")]
pub struct SyncArgs {
    /// Ask for the whole range again, stored or not
    #[arg(long)]
    again: bool,
    /// Keep on: look for new voicemail as often as `refresh` says, until Ctrl-C
    #[arg(long, conflicts_with = "again")]
    watch: bool,
    /// Print new voicemail.
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten, next_help_heading = "Common options")]
    desk: DeskArgs,
}

/// Fetches. Where stderr is no terminal, says nothing unless something is wrong.
pub fn run(args: &SyncArgs, world: &World) -> anyhow::Result<()> {
    if args.desk.offline {
        return Err(Fault::usage("sync asks the server: it cannot be --offline").into());
    }
    block_on(async {
        let desk = Desk::open(&args.desk, world).await?;
        if let Some(format @ (Format::Csv | Format::Tsv)) = args.format.asked() {
            output::quietly(output::head(&mut io::stdout(), format))?;
        }
        let mut bar = Bar::new(world);
        let watching = io::stderr().is_terminal();
        let mut offline = false;
        loop {
            let synced = once(&desk, args, &bar).await;
            match synced {
                Ok(summary) if !args.watch => {
                    if watching {
                        writeln!(io::stderr(), "{}", said(&summary, &desk.settings.range.expression()))?;
                    }
                    break;
                }
                Ok(_) if offline => writeln!(io::stderr(), "vmail: the server answers again")?,
                Ok(_) => {}
                // Said once, and not every minute of a night without network.
                Err(error) if args.watch && failure(&error) == Failure::Network => {
                    if !offline {
                        writeln!(io::stderr(), "vmail: {error:#} Trying on.")?;
                    }
                    offline = true;
                    tokio::time::sleep(desk.refresh(REFRESH)).await;
                    continue;
                }
                Err(error) => return Err(error),
            }
            offline = false;
            bar = Bar::when_it_takes_a_moment(world);
            tokio::time::sleep(desk.refresh(REFRESH)).await;
        }
        desk.close().await;
        Ok(())
    })
}

/// Fetches once, and tells of what is new even where it ends early: the next time it is not new.
async fn once(desk: &Desk, args: &SyncArgs, bar: &Bar) -> anyhow::Result<Summary> {
    let span = desk.span();
    let account = desk.account().await?;
    let covered = desk.store.call(move |store| store.coverage(account, span)).await?;
    // What was left before that is no news, although it may be fetched only now.
    let overlap = desk.settings.overlap.as_millis() as i64;
    let since = covered.last().map(|last| last.end_millis() - overlap);
    let mut new: Vec<(i64, VoicemailId)> = Vec::new();
    let fetched = desk.fetch(span, args.again, sync::TRIES, bar, |progress| {
        if let (Progress::Page { added, .. }, Some(since)) = (progress, since) {
            new.extend(added.rows.iter().filter(|row| row.time >= since).map(|row| (row.time, row.id)));
        }
    });
    let fetched = fetched.await;
    new.sort_unstable();
    for (_, id) in new {
        let Some(entry) = desk.store.call(move |store| store.entry(account, id)).await? else { continue };
        let found = Found::new(entry, desk);
        let fields = found.fields(desk.context.zone, &desk.label);
        if let Some(argv) = &desk.settings.on_new
            && let Err(problem) = hook::run(argv, &fields).await
        {
            writeln!(io::stderr(), "vmail: {problem}")?;
        }
        if let Some(format) = args.format.asked() {
            // Whoever reads may leave; the command is run for the others all the same.
            output::quietly(output::line(&mut io::stdout(), format, &fields))?;
        } else if args.watch && io::stderr().is_terminal() {
            let caller = fields.name.or(fields.caller).unwrap_or("a withheld number");
            writeln!(io::stderr(), "{}  {caller}", fields.time)?;
        }
    }
    fetched
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
