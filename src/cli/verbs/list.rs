//! `vmail list`: lists voicemails by range and query.

use std::io::{self, BufWriter, Write};

use clap::Args;

use crate::cli::World;
use crate::cli::context::{ContextArgs, VerbContext, block_on};
use crate::cli::query::{Search, WhichArgs};
use crate::cli::style::{self, Format, FormatArgs};
use crate::cli::usage::whole;
use crate::core::fields::Fields;
use crate::store::StoreError;

const EXAMPLES: &str = "\
Examples:
  vmail list
  vmail list --range yesterday is:unread
  vmail list --range 30d from:98765 -is:done
  vmail list --json tag:billing | jq -r .caller";

/// Returns the end of the long help: the examples and the fields.
fn fields() -> String {
    let lines = Fields::MEANING.iter().map(|(name, meaning)| format!("  {name:<10}  {meaning}\n"));
    format!("{EXAMPLES}\n\nFields of --json, csv and tsv:\n{}", lines.collect::<String>().trim_end())
}

/// Flags of `list`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES, after_long_help = fields())]
pub struct ListArgs {
    #[command(flatten)]
    which: WhichArgs,
    /// Print at most N voicemails, the newest ones
    #[arg(long, value_name = "N", value_parser = whole::<usize>, allow_negative_numbers = true)]
    limit: Option<usize>,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten, next_help_heading = "Common options")]
    context: ContextArgs,
}

/// Prints the voicemails, newest first.
pub fn run(args: &ListArgs, world: &World) -> anyhow::Result<()> {
    block_on(async {
        let context = VerbContext::open(&args.context, world).await?;
        let query = args.which.query(&context)?;
        let span = context.span();
        let freshness = context.bring_up(span).await?;
        let search = Search::new(&context, span, &query).await?;
        let written = write(&context, search, args).await;
        context.close().await;
        match written {
            Err(Unwritten::Store(error)) => return Err(error.into()),
            Err(Unwritten::Out(error)) => style::quietly(Err(error))?,
            Ok(()) => {}
        }
        freshness.into_result()
    })
}

/// Why the output is incomplete.
enum Unwritten {
    Store(StoreError),
    Out(io::Error),
}

impl From<StoreError> for Unwritten {
    fn from(error: StoreError) -> Unwritten {
        Unwritten::Store(error)
    }
}

impl From<io::Error> for Unwritten {
    fn from(error: io::Error) -> Unwritten {
        Unwritten::Out(error)
    }
}

async fn write(context: &VerbContext, mut search: Search<'_>, args: &ListArgs) -> Result<(), Unwritten> {
    let mut out = BufWriter::new(io::stdout().lock());
    let format = args.format.chosen();
    style::head(&mut out, format)?;
    let mut left = args.limit.unwrap_or(usize::MAX);
    let mut table = None;
    while left > 0
        && let Some(mut piece) = search.next().await?
    {
        piece.truncate(left);
        left -= piece.len();
        if format == Format::Table {
            if table.is_none() && !piece.is_empty() {
                let made = context.table(&piece).await?;
                made.head(&mut out)?;
                table = Some(made);
            }
            for found in &piece {
                table.iter().try_for_each(|table| table.row(&mut out, context, found))?;
            }
        } else {
            for found in &piece {
                style::line(&mut out, format, &found.fields(context.search.zone, &context.label))?;
            }
        }
        out.flush()?;
    }
    if format == Format::Table && table.is_none() {
        // On stderr, so that scripts counting lines get 0.
        let _ = writeln!(io::stderr(), "vmail: {}", context.nothing_found());
    }
    out.flush()?;
    Ok(())
}
