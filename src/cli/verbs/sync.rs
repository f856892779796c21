//! `vmail sync`: fetches missing voicemails, once or continuously with `--watch`.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use clap::Args;

use crate::cli::context::{ContextArgs, VerbContext, block_on};
use crate::cli::progress::Bar;
use crate::cli::query::Hit;
use crate::cli::records::{Format, FormatArgs, Records};
use crate::cli::style;
use crate::cli::table::Table;
use crate::cli::{World, hook};
use crate::core::humanize;
use crate::core::model::VoicemailId;
use crate::error::{Failure, Fault, failure};
use crate::sync::{self, Progress, Summary, SyncError};

/// The interval between checks if the settings say never.
const REFRESH: Duration = Duration::from_secs(60);

/// Flags of `sync`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  vmail sync --range 30d
  vmail sync --watch
  */10 * * * * vmail sync                 in a crontab

The setting `on_new` is a command to run for each new voicemail: the fields are in its environment as \
VMAIL_ID, VMAIL_CALLER and so on, and on its stdin as a line of JSON. A voicemail is new if it was left \
after the range was last fetched; on the first run, none are.

--json, csv and tsv print new voicemails with the fields of `vmail list`.")]
pub struct SyncArgs {
    /// Fetch the whole range again, even if it is stored
    #[arg(long)]
    again: bool,
    /// Keep running and check for new voicemail every `refresh` seconds (a setting), until Ctrl-C
    #[arg(long, conflicts_with = "again")]
    watch: bool,
    /// Print new voicemails.
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten, next_help_heading = "Common options")]
    context: ContextArgs,
}

/// Fetches missing voicemails. If stderr is not a terminal, prints only errors.
pub fn run(args: &SyncArgs, world: &World) -> anyhow::Result<()> {
    if args.context.offline {
        return Err(Fault::usage("sync contacts the server: it cannot be used with --offline").into());
    }
    if args.watch && args.format.asked() == Some(Format::Json) {
        let message = "--watch never ends, so it cannot print one array: use --format jsonl";
        return Err(Fault::usage(message).into());
    }
    block_on(async {
        let context = VerbContext::open(&args.context, world).await?;
        let mut records = Records::new(args.format.asked().unwrap_or_default());
        style::quietly(records.head_of_voicemails(&mut io::stdout()))?;
        let mut bar = Bar::new(world);
        let watching = io::stderr().is_terminal();
        let (mut failures, mut table) = (0, None);
        loop {
            let synced = once(&context, args, &bar, &mut records, &mut table).await;
            if !args.watch {
                style::quietly(records.end(&mut io::stdout()))?;
            }
            match synced {
                Ok(summary) if !args.watch => {
                    if watching {
                        writeln!(io::stderr(), "{}", said(&summary))?;
                    }
                    break;
                }
                Ok(_) if failures > 0 => writeln!(io::stderr(), "vmail: the server is reachable again")?,
                Ok(_) => {}
                // Report the first error only, not one per interval during an outage.
                Err(error) if args.watch && failure(&error) == Failure::Network => {
                    if failures == 0 {
                        writeln!(io::stderr(), "vmail: {error:#} Retrying.")?;
                    }
                    failures += 1;
                    let refresh = context.refresh(REFRESH);
                    let failed = error.downcast_ref::<SyncError>();
                    let pause = failed.and_then(|error| error.pause(refresh, failures));
                    tokio::time::sleep(pause.unwrap_or(refresh)).await;
                    continue;
                }
                Err(error) => return Err(error),
            }
            failures = 0;
            bar = Bar::when_it_takes_a_moment(world);
            tokio::time::sleep(context.refresh(REFRESH)).await;
        }
        context.close().await;
        Ok(())
    })
}

/// Fetches once and reports new voicemails, even if an error ends the fetch early: the next time they
/// would not be new. `table` is the table printed so far, if any.
async fn once(
    context: &VerbContext,
    args: &SyncArgs,
    bar: &Bar,
    records: &mut Records,
    table: &mut Option<Table>,
) -> anyhow::Result<Summary> {
    let span = context.span();
    let account = context.account().await?;
    let covered = context.store.call(move |store| store.coverage(account, span)).await?;
    // Older voicemails are not new, even if they are fetched only now.
    let overlap = context.settings.overlap.as_millis() as i64;
    let since = covered.last().map(|last| last.end_millis() - overlap);
    let mut new: Vec<(i64, VoicemailId)> = Vec::new();
    let fetched = context.fetch(span, args.again, sync::TRIES, bar, |progress| {
        if let (Progress::Page { added, .. }, Some(since)) = (progress, since) {
            new.extend(added.rows.iter().filter(|row| row.time >= since).map(|row| (row.time, row.id)));
        }
    });
    let fetched = fetched.await;
    new.sort_unstable();
    for (_, id) in new {
        let Some(entry) = context.store.call(move |store| store.entry(account, id)).await? else { continue };
        let found = Hit::new(entry, context);
        let fields = found.fields(context.search.zone, &context.label);
        if let Some(argv) = &context.settings.on_new
            && let Err(problem) = hook::run(argv, &fields, context.settings.account.as_deref()).await
        {
            writeln!(io::stderr(), "vmail: {problem}")?;
        }
        if let Some(format) = args.format.asked() {
            let mut out = io::stdout();
            if format == Format::Table && table.is_none() {
                let begun = context.table(std::slice::from_ref(&found)).await?;
                style::quietly(begun.head(&mut out))?;
                *table = Some(begun);
            }
            // A broken pipe must not stop `on_new` for the others.
            style::quietly(match &table {
                Some(table) => table.row(&mut out, context, &found),
                None => records.voicemail(&mut out, &fields),
            })?;
        } else if args.watch && io::stderr().is_terminal() {
            let caller = fields.name.or(fields.caller).unwrap_or("a withheld number");
            writeln!(io::stderr(), "{}  {caller}", fields.time)?;
        }
    }
    fetched
}

fn said(summary: &Summary) -> String {
    let added = match summary.added {
        0 => "no voicemails added".to_owned(),
        added => format!("added {}", humanize::voicemails(added as u64)),
    };
    let unreadable = match summary.unreadable {
        0 => String::new(),
        1 => "; skipped 1 unreadable voicemail".to_owned(),
        many => format!("; skipped {} unreadable voicemails", humanize::count(many as u64)),
    };
    added + &unreadable
}
