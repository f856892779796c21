//! `vmail list`: lists voicemails by range and query.

use std::io::{self, BufWriter, Write};
use std::num::NonZeroUsize;

use clap::Args;

use crate::cli::World;
use crate::cli::context::{ContextArgs, VerbContext, block_on};
use crate::cli::query::{Search, WhichArgs};
use crate::cli::records::{Format, FormatArgs, Records};
use crate::cli::style;
use crate::cli::usage::at_least_one;
use crate::core::fields::Fields;
use crate::core::search::Query;
use crate::error::Fault;
use crate::store::StoreError;

const EXAMPLES: &str = "\
Examples:
  vmail list
  vmail list --range yesterday --unread
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
    /// Only unread voicemails: short for is:unread
    #[arg(long)]
    unread: bool,
    /// Only starred voicemails
    #[arg(long)]
    starred: bool,
    /// Only voicemails that are done
    #[arg(long)]
    done: bool,
    /// Print at most N voicemails, the newest ones
    #[arg(short = 'n', long, value_name = "N", value_parser = at_least_one, allow_negative_numbers = true)]
    limit: Option<NonZeroUsize>,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten, next_help_heading = "Common options")]
    context: ContextArgs,
}

/// Prints the list of voicemails, newest first.
pub fn run(args: &ListArgs, world: &World) -> anyhow::Result<()> {
    block_on(async {
        let context = VerbContext::open(&args.context, world).await?;
        let query = args.query(&context)?;
        let span = context.span();
        let freshness = context.bring_up(span).await?;
        let search = Search::new(&context, span, &query).await?;
        let written = write(&context, search, args).await;
        let nothing = context.nothing_found();
        context.close().await;
        let found = match written {
            Err(Unwritten::Store(error)) => return Err(error.into()),
            // The pipe was closed early: rows were found.
            Err(Unwritten::Out(error)) => style::quietly(Err(error)).map(|()| true)?,
            Ok(found) => found,
        };
        freshness.into_result()?;
        if found { Ok(()) } else { Err(Fault::not_found(nothing).into()) }
    })
}

impl ListArgs {
    /// Returns the query of all flags combined.
    fn query(&self, context: &VerbContext) -> anyhow::Result<Query> {
        let flags = [(self.unread, "is:unread"), (self.starred, "is:starred"), (self.done, "is:done")];
        let given: Vec<_> =
            flags.iter().filter(|(given, _)| *given).map(|(_, term)| (*term).to_owned()).collect();
        Ok(context.query(&given)?.and(self.which.query(context)?))
    }
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

/// Writes the voicemails, and returns whether there are any.
async fn write(context: &VerbContext, mut search: Search<'_>, args: &ListArgs) -> Result<bool, Unwritten> {
    let mut out = BufWriter::new(io::stdout().lock());
    let format = args.format.chosen();
    let mut records = Records::new(format);
    records.head_of_voicemails(&mut out)?;
    let mut left = args.limit.map_or(usize::MAX, NonZeroUsize::get);
    let (mut table, mut found_any) = (None, false);
    while left > 0
        && let Some(mut piece) = search.next().await?
    {
        piece.truncate(left);
        left -= piece.len();
        found_any |= !piece.is_empty();
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
                records.voicemail(&mut out, &found.fields(context.search.zone, &context.label))?;
            }
        }
        out.flush()?;
    }
    records.end(&mut out)?;
    out.flush()?;
    Ok(found_any)
}
