//! `vmail note`: prints or sets the note of a voicemail.

use std::io::{self, Read as _, Write as _};

use anyhow::Context as _;
use clap::Args;

use crate::cli::World;
use crate::cli::context::{ContextArgs, VerbContext, block_on};
use crate::cli::records::{self, FIELDS_OF_LIST, FormatArgs};
use crate::cli::style;
use crate::cli::verbs::show;
use crate::core::humanize;
use crate::core::triage::{BulkEdit, Edit, Note};
use crate::error::Fault;
use crate::store::Store;

/// Flags of `note`.
#[derive(Args, Debug)]
#[command(after_help = format!("\
Examples:
  vmail note 83fj
  vmail note 83fj 'wants the June invoice'
  vmail note 83fj --append - < more.txt

{FIELDS_OF_LIST}"))]
pub struct NoteArgs {
    /// ID or ID prefix
    id: String,
    /// Set the note to this text; - reads it from stdin; without text, print the note
    #[arg(allow_hyphen_values = true)]
    text: Option<String>,
    /// Append the text to the note on a new line
    #[arg(long, requires = "text")]
    append: bool,
    /// Remove the note
    #[arg(long, conflicts_with_all = ["text", "append"])]
    remove: bool,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten, next_help_heading = "Common options")]
    context: ContextArgs,
}

/// The longest text to read from stdin, in bytes: far more than fits, so that the error says how long it is.
const STDIN_MAX: u64 = 64 << 20;

/// Prints the note of a voicemail, or sets it and reports that on stderr.
pub fn run(args: &NoteArgs, world: &World) -> anyhow::Result<()> {
    block_on(async {
        let context = VerbContext::open(&args.context, world).await?;
        let found = show::find(&context, std::slice::from_ref(&args.id)).await?;
        let Some(found) = found.first() else { return Ok(()) };
        let id = found.entry.record.voicemail.id;
        let Some(text) = text(args)? else {
            match (args.format.asked(), &found.entry.record.note) {
                (Some(format), _) => records::print(format, &context, std::slice::from_ref(found)).await?,
                (None, Some(note)) => style::quietly(writeln!(io::stdout(), "{}", note.text()))?,
                (None, None) => return Err(Fault::not_found(format!("{id} has no note")).into()),
            }
            context.close().await;
            return Ok(());
        };
        context.must_keep().await?;
        let account = context.account().await?;
        let (append, remove, now) = (args.append, args.remove, (world.clock)());
        // Read the old note only now: reading the text from stdin may have taken minutes.
        let write = move |store: &mut Store| {
            let old = if append { store.note(account, id)? } else { None };
            let text = old.map_or(text.clone(), |old| format!("{}\n{text}", old.text()));
            let note = Note::new(&text, now.timestamp_millis());
            let note = match note.map(Note::fitting).transpose() {
                Err(error) if append => return Ok(Err(format!("nothing appended: {error}"))),
                Err(error) => return Ok(Err(format!("note not saved: {error}"))),
                Ok(None) if !remove => {
                    return Ok(Err("the note is empty: use --remove to remove it".to_owned()));
                }
                Ok(note) => note,
            };
            let change = BulkEdit { ids: vec![id], edit: Edit::Note(note) };
            store.apply_step(account, &change, now).map(|_| Ok(()))
        };
        context.store.call(write).await?.map_err(Fault::usage)?;
        context.tell_notices().await?;
        writeln!(io::stderr(), "{id}: {}", if remove { "note removed" } else { "note saved" })?;
        if let Some(format) = args.format.asked() {
            let entry = context.store.call(move |store| store.entry(account, id)).await?;
            let found: Vec<_> = entry.map(|entry| show::Hit::new(entry, &context)).into_iter().collect();
            records::print(format, &context, &found).await?;
        }
        context.close().await;
        Ok(())
    })
}

/// Returns the text to save or append; `None` to print the note.
fn text(args: &NoteArgs) -> anyhow::Result<Option<String>> {
    if args.remove {
        return Ok(Some(String::new()));
    }
    let Some(given) = &args.text else { return Ok(None) };
    let mut text = given.clone();
    if text == "-" {
        text.clear();
        let read = io::stdin().take(STDIN_MAX).read_to_string(&mut text).context("cannot read stdin")?;
        if read as u64 == STDIN_MAX {
            let most = humanize::count(Note::MAX as u64);
            let why = format!("a note has at most {most} characters, stdin has more than 64 MiB");
            return Err(Fault::usage(format!("note not saved: {why}")).into());
        }
    }
    Ok(Some(text))
}
