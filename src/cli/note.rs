//! `vmail note`: reads the note of a voicemail, or writes it.

use std::io::{self, Read as _, Write as _};

use anyhow::Context as _;
use clap::Args;

use crate::cli::World;
use crate::cli::desk::{Desk, DeskArgs, block_on};
use crate::cli::output::{self, FIELDS_OF_LIST, FormatArgs};
use crate::cli::show;
use crate::error::Fault;
use crate::triage::{Change, Edit, Note};

/// Flags of `note`.
#[derive(Args, Debug)]
#[command(after_help = format!("\
Examples:
  vmail note 83fj
  vmail note 83fj 'wants the invoice of June'
  vmail note 83fj --append - < more.txt

{FIELDS_OF_LIST}"))]
pub struct NoteArgs {
    /// The ID, or how it begins
    id: String,
    /// The new note; - reads it from stdin; without it, the note is printed
    #[arg(allow_hyphen_values = true)]
    text: Option<String>,
    /// Put the text below what is noted
    #[arg(long, requires = "text")]
    append: bool,
    /// Take the note away
    #[arg(long, conflicts_with_all = ["text", "append"])]
    remove: bool,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten, next_help_heading = "Common options")]
    desk: DeskArgs,
}

/// Prints the note, or takes a new one in and says so on stderr.
pub fn run(args: &NoteArgs, world: &World) -> anyhow::Result<()> {
    block_on(async {
        let desk = Desk::open(&args.desk, world).await?;
        let found = show::find(&desk, std::slice::from_ref(&args.id)).await?;
        let Some(found) = found.first() else { return Ok(()) };
        let id = found.entry.record.voicemail.id;
        let old = found.entry.record.note.as_ref();
        let Some(text) = text(args, old)? else {
            let result = match (args.format.asked(), old) {
                (Some(format), _) => output::lines(format, &desk, std::slice::from_ref(found)),
                (None, Some(note)) => writeln!(io::stdout(), "{}", note.text()),
                (None, None) => return Err(Fault::not_found(format!("{id} has no note")).into()),
            };
            output::quietly(result)?;
            desk.close().await;
            return Ok(());
        };
        desk.must_keep().await?;
        let note = Note::new(&text, (world.clock)().timestamp_millis());
        if note.is_none() && !args.remove {
            return Err(Fault::usage("the note is blank: --remove takes a note away").into());
        }
        let account = desk.account().await?;
        let said = if note.is_some() { "noted" } else { "the note is gone" };
        let change = Change { ids: vec![id], edit: Edit::Note(note) };
        desk.store.call(move |store| store.apply(account, &change)).await?;
        desk.tell_notices().await?;
        writeln!(io::stderr(), "{id}: {said}")?;
        if let Some(format) = args.format.asked() {
            let entry = desk.store.call(move |store| store.entry(account, id)).await?;
            let found: Vec<_> = entry.map(|entry| show::Found::new(entry, &desk)).into_iter().collect();
            output::quietly(output::lines(format, &desk, &found))?;
        }
        desk.close().await;
        Ok(())
    })
}

/// What is to be noted; `None` where the note is only asked for.
fn text(args: &NoteArgs, old: Option<&Note>) -> anyhow::Result<Option<String>> {
    if args.remove {
        return Ok(Some(String::new()));
    }
    let Some(given) = &args.text else { return Ok(None) };
    let mut new = given.clone();
    if new == "-" {
        new.clear();
        io::stdin().read_to_string(&mut new).context("stdin cannot be read")?;
    }
    Ok(Some(match old.filter(|_| args.append) {
        Some(old) => format!("{}\n{new}", old.text()),
        None => new,
    }))
}
