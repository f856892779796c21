//! `vmail show`: prints the details of voicemails.

use std::io::{self, Write};

use clap::Args;

use crate::cli::World;
use crate::cli::context::{ContextArgs, VerbContext, block_on};
pub use crate::cli::query::Hit;
use crate::cli::records::{FIELDS_OF_LIST, Format, FormatArgs, Records};
use crate::cli::style::{self, BOLD, GREY, OutputStyle, PLAIN};
use crate::core::facts::Fact;
use crate::core::fields::Fields;
use crate::error::Fault;

/// Flags of `show`.
#[derive(Args, Debug)]
#[command(after_help = format!("\
Examples:
  vmail show 83fj
  vmail show 83fj --json | jq -r .note

{FIELDS_OF_LIST}"))]
pub struct ShowArgs {
    /// ID or ID prefix; - reads IDs from stdin
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten, next_help_heading = "Common options")]
    context: ContextArgs,
}

/// Prints the details of voicemails in the given order. Contacts the server only if one is not stored.
pub fn run(args: &ShowArgs, world: &World) -> anyhow::Result<()> {
    block_on(async {
        let context = VerbContext::open(&args.context, world).await?;
        let found = find(&context, &args.ids).await?;
        style::quietly(write(&context, &found, args.format.chosen(), OutputStyle::stdout(world)))?;
        context.close().await;
        Ok(())
    })
}

/// Returns the voicemails to show, with the IDs `texts`. Updates the range if one is not stored.
pub async fn find(context: &VerbContext, texts: &[String]) -> anyhow::Result<Vec<Hit>> {
    let ids = context.identify_or_fetch(texts).await?;
    let account = context.account().await?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        let entry = context.store.call(move |store| store.entry(account, id)).await?;
        let entry = entry.ok_or_else(|| Fault::not_found(format!("no voicemail with ID \"{id}\"")))?;
        found.push(Hit::new(entry, context));
    }
    Ok(found)
}

fn write(context: &VerbContext, found: &[Hit], format: Format, look: OutputStyle) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let mut records = Records::new(format);
    records.head_of_voicemails(&mut out)?;
    for (number, found) in found.iter().enumerate() {
        let fields = found.fields(context.search.zone, &context.label);
        if format == Format::Table {
            if number > 0 {
                writeln!(out)?;
            }
            page(&mut out, found, &fields, look)?;
        } else {
            records.voicemail(&mut out, &fields)?;
        }
    }
    records.end(&mut out)?;
    out.flush()
}

/// Prints a voicemail for people: one line per known value.
fn page(out: &mut impl Write, found: &Hit, fields: &Fields<'_>, look: OutputStyle) -> io::Result<()> {
    let entry = &found.entry;
    let time = chrono::DateTime::parse_from_rfc3339(&fields.time).map_or_else(
        |_| fields.time.clone(),
        |time| time.format("%A %d %B %Y, %H:%M:%S (UTC%:z)").to_string(),
    );
    let number = if entry.forms.display.is_empty() { "withheld" } else { &entry.forms.display };
    let country = entry.forms.country.as_deref().and_then(crate::core::caller::country_name);
    let number = country.map_or_else(|| number.to_owned(), |country| format!("{number}  ({country})"));
    let state =
        |fact: Fact| if entry.flags.contains(fact.flag()) { Some(fact.words()) } else { fact.opposite() };
    let states: Vec<_> = Fact::ALL.into_iter().filter_map(state).collect();
    let length = fields.length_s.map_or_else(String::new, |length| format!("{length:.1} s"));
    let recording = fields.recording.clone().unwrap_or_else(|| "none".to_owned());
    let tags: Vec<_> = fields.tags.iter().map(|tag| format!("#{tag}")).collect();
    for (label, value, style) in [
        ("Caller", fields.name.unwrap_or_default().to_owned(), BOLD),
        ("Number", number, PLAIN),
        ("Time", time, PLAIN),
        ("Length", length, PLAIN),
        ("State", states.join(", "), PLAIN),
        ("Tags", tags.join(" "), PLAIN),
        ("Recording", recording, PLAIN),
        ("ID", fields.id.clone(), PLAIN),
        ("Note", fields.note.unwrap_or_default().replace('\n', "\n           "), PLAIN),
    ] {
        if !value.is_empty() {
            let (label, value) = (look.paint(&format!("{label:10}"), GREY), look.paint(&value, style));
            writeln!(out, "{label} {value}")?;
        }
    }
    Ok(())
}
