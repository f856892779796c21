//! `vmail stats`: prints statistics of a range, as charts or for programs.

use std::io::{self, BufWriter, Write};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};
use clap::Args;
use serde::Serialize;

use crate::cli::context::{ContextArgs, VerbContext, block_on};
use crate::cli::query::{Hit, Search, WhichArgs};
use crate::cli::records::{self, Format, FormatArgs};
use crate::cli::style::{self, OutputStyle};
use crate::cli::usage::whole;
use crate::cli::verbs::stats::page::Page;
use crate::cli::{World, environment};
use crate::core::facts::Fact;
use crate::core::stats::{Caller, Count, Item, Spread, Stats, Tally};
use crate::error::Fault;

mod chart;
mod page;

/// The end of the help.
pub const EXAMPLES: &str = "\
Examples:
  vmail stats --range 'last month'
  vmail stats --range 30d --json is:unread
  vmail stats --range 2026 --format csv > days.csv

--json prints one object: account, range, from, to, timezone, count, unread, read, starred, done, called, \
days (day, count, unread), hours (from 0), weekdays (from Monday), callers (caller, number, name, count, \
unread), and until_called, until_done and length (count, total_s, median_s, p90_s; null if unknown). csv \
and tsv print one line per day: day, count, unread.";

/// The columns of the lines per day.
const COLUMNS: [&str; 3] = ["day", "count", "unread"];

/// Flags of `stats`.
#[derive(Args, Debug)]
pub struct StatsArgs {
    #[command(flatten)]
    which: WhichArgs,
    /// Number of callers to list in the charts
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = whole::<usize>)]
    callers: usize,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten, next_help_heading = "Common options")]
    context: ContextArgs,
}

/// Counts the voicemails of a range and prints the statistics.
pub fn run(args: &StatsArgs, world: &World) -> anyhow::Result<()> {
    block_on(async {
        let context = VerbContext::open(&args.context, world).await?;
        let query = args.which.query(&context)?;
        let freshness = context.bring_up(context.span()).await?;
        let stats = counted(&context, Search::new(&context, context.span(), &query).await?).await?;
        style::quietly(write(&context, &stats, args, world))?;
        let nothing = context.nothing_found();
        context.close().await;
        freshness.into_result()?;
        if stats.count.all > 0 { Ok(()) } else { Err(Fault::not_found(nothing).into()) }
    })
}

async fn counted(context: &VerbContext, mut search: Search<'_>) -> anyhow::Result<Stats> {
    let mut tally = Tally::new(context.search.zone);
    while let Some(piece) = search.next().await? {
        for found in &piece {
            tally.add(item(found));
        }
    }
    let resolved = context.settings.range.resolve(context.search.now, context.search.zone);
    // The end of a span is exclusive.
    Ok(tally.finish(resolved.start, context.span().end() - TimeDelta::milliseconds(1)))
}

fn item(found: &Hit) -> Item<'_> {
    let entry = &found.entry;
    let record = &entry.record;
    let known = record.sketch.is_known().then(|| Duration::from_millis(record.sketch.millis.into()));
    Item {
        time: record.voicemail.time,
        caller: entry.forms.e164.as_deref().unwrap_or(&entry.forms.display),
        name: found.name.as_deref(),
        number: &entry.forms.display,
        flags: entry.flags,
        done: record.facts.get(Fact::Done),
        called: record.facts.get(Fact::Called),
        length: known,
    }
}

fn write(context: &VerbContext, stats: &Stats, args: &StatsArgs, world: &World) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    let look = OutputStyle::stdout(world);
    let day = |(day, count): &(NaiveDate, Count)| {
        [day.to_string(), count.all.to_string(), count.unheard.to_string()]
    };
    match args.format.chosen() {
        Format::Json | Format::Jsonl => records::json_line(&mut out, &Object::new(context, stats))?,
        Format::Csv | Format::RawCsv => {
            records::csv_line(&mut out, &COLUMNS)?;
            stats.days.iter().try_for_each(|count| records::csv_line(&mut out, &day(count)))?;
        }
        Format::Tsv => {
            records::tsv_line(&mut out, &COLUMNS)?;
            stats.days.iter().try_for_each(|count| records::tsv_line(&mut out, &day(count)))?;
        }
        Format::Table if stats.count.all == 0 => {}
        Format::Table => {
            let ascii = environment::ascii(&context.settings, world);
            let range = context.settings.range;
            let (now, zone) = (context.search.now, context.search.zone);
            let (label, dates) = (range.label(now, zone), range.dates(now, zone));
            let title = if label == dates { label } else { format!("{label} ({dates})") };
            let title = if ascii { title.replace('–', "-") } else { title };
            Page { look, ascii, title: &title, callers: args.callers }.write(&mut out, stats)?;
        }
    }
    out.flush()
}

/// The statistics as JSON. Names and meanings are stable: fields may be added, but not renamed or
/// removed.
#[derive(Serialize)]
struct Object<'a> {
    account: &'a str,
    /// The range as an expression.
    range: String,
    /// The start, in RFC 3339; null if the range has no start.
    from: Option<String>,
    /// The end, exclusive.
    to: String,
    timezone: &'static str,
    count: u64,
    unread: u64,
    read: u64,
    starred: u64,
    done: u64,
    called: u64,
    days: Vec<Daily>,
    hours: [u64; 24],
    weekdays: [u64; 7],
    callers: Vec<Counted<'a>>,
    until_called: Option<Seconds>,
    until_done: Option<Seconds>,
    length: Option<Seconds>,
}

/// A day in the time zone.
#[derive(Serialize)]
struct Daily {
    /// In the format YYYY-MM-DD.
    day: String,
    count: u64,
    unread: u64,
}

/// A caller with the number of their voicemails.
#[derive(Serialize)]
struct Counted<'a> {
    /// In E.164, otherwise as received; null if withheld.
    caller: Option<&'a str>,
    number: &'a str,
    name: Option<&'a str>,
    count: u64,
    unread: u64,
}

/// A summary of durations, in seconds.
#[derive(Serialize)]
struct Seconds {
    count: u64,
    total_s: f64,
    median_s: f64,
    p90_s: f64,
}

impl From<Spread> for Seconds {
    fn from(spread: Spread) -> Seconds {
        let [total_s, median_s, p90_s] =
            [spread.total, spread.median, spread.p90].map(|time| time.as_secs_f64());
        Seconds { count: spread.count, total_s, median_s, p90_s }
    }
}

impl<'a> Object<'a> {
    fn new(context: &'a VerbContext, stats: &'a Stats) -> Object<'a> {
        let (now, zone) = (context.search.now, context.search.zone);
        let time =
            |time: DateTime<Utc>| time.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::AutoSi, true);
        let day = |(day, count): &(NaiveDate, Count)| Daily {
            day: day.to_string(),
            count: count.all,
            unread: count.unheard,
        };
        let caller = |caller: &'a Caller| Counted {
            caller: Some(&*caller.caller).filter(|caller| !caller.is_empty()),
            number: &caller.number,
            name: caller.name.as_deref(),
            count: caller.count.all,
            unread: caller.count.unheard,
        };
        Object {
            account: &context.label,
            range: context.settings.range.expression(),
            from: context.settings.range.resolve(now, zone).start.map(time),
            to: time(context.span().end()),
            timezone: zone.name(),
            count: stats.count.all,
            unread: stats.count.unheard,
            read: stats.count.all - stats.count.unheard,
            starred: stats.starred,
            done: stats.done,
            called: stats.called,
            days: stats.days.iter().map(day).collect(),
            hours: stats.hours.map(|count| count.all),
            weekdays: stats.weekdays.map(|count| count.all),
            callers: stats.callers.iter().map(caller).collect(),
            until_called: stats.until_called.map(Seconds::from),
            until_done: stats.until_done.map(Seconds::from),
            length: stats.length.map(Seconds::from),
        }
    }
}
