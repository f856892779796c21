//! `vmail list`: voicemail by range and query.

use std::io::{self, BufWriter, Write};

use clap::Args;

use crate::cli::World;
use crate::cli::desk::{Desk, DeskArgs, block_on};
use crate::cli::output::{self, Format, FormatArgs, Paper};
use crate::cli::pick::Search;
use crate::cli::table::Table;
use crate::store::StoreError;

/// Flags of `list`.
#[derive(Args, Debug)]
#[command(after_help = output::FIELDS)]
pub struct ListArgs {
    /// Only what matches, in the language of the screen's search; after -- if it begins with a hyphen
    #[arg(value_name = "QUERY")]
    query: Vec<String>,
    /// At most so many, the newest
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    desk: DeskArgs,
}

/// Prints them, newest first.
pub fn run(args: &ListArgs, world: &World) -> anyhow::Result<()> {
    block_on(async {
        let desk = Desk::open(&args.desk, world).await?;
        let query = desk.query(&args.query)?;
        let span = desk.span();
        let freshness = desk.bring_up(span).await?;
        let search = Search::new(&desk, span, &query).await?;
        let written = write(&desk, search, args, Paper::stdout(world)).await;
        desk.close().await;
        match written {
            Err(Unwritten::Store(error)) => return Err(error.into()),
            Err(Unwritten::Out(error)) => output::quietly(Err(error))?,
            Ok(()) => {}
        }
        freshness.into_result()
    })
}

/// Why the answer is not complete.
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

async fn write(desk: &Desk, mut search: Search<'_>, args: &ListArgs, paper: Paper) -> Result<(), Unwritten> {
    let mut out = BufWriter::new(io::stdout().lock());
    let format = args.format.chosen();
    output::head(&mut out, format)?;
    let mut left = args.limit.unwrap_or(usize::MAX);
    let mut table = None;
    while left > 0
        && let Some(mut piece) = search.next().await?
    {
        piece.truncate(left);
        left -= piece.len();
        if format == Format::Table {
            if table.is_none() && !piece.is_empty() {
                let made = Table::new(&piece, desk.id_width().await?, paper);
                made.head(&mut out)?;
                table = Some(made);
            }
            for found in &piece {
                table.iter().try_for_each(|table| table.row(&mut out, desk, found))?;
            }
        } else {
            for found in &piece {
                output::line(&mut out, format, &found.fields(desk.context.zone, &desk.label))?;
            }
        }
        out.flush()?;
    }
    if format == Format::Table && table.is_none() {
        // Not data: whoever counts lines must count none.
        let range = desk.settings.range.expression();
        let _ = writeln!(io::stderr(), "vmail: nothing found in {range}: --range takes in more");
    }
    out.flush()?;
    Ok(())
}
