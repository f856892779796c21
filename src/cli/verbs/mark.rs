//! `vmail mark`: changes flags and tags of the given voicemails or of all that match a query.

use std::io::{self, Write as _};

use clap::{ArgGroup, Args};

use crate::cli::World;
use crate::cli::context::{ContextArgs, VerbContext, block_on};
use crate::cli::query::{Hit, Search};
use crate::cli::records::{self, FIELDS_OF_LIST, FormatArgs};
use crate::core::facts::Fact;
use crate::core::humanize;
use crate::core::model::VoicemailId;
use crate::core::triage::{BulkEdit, Edit, Tag};
use crate::error::Fault;

/// Flags of `mark`.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("which").required(true).args(["ids", "query"]))]
#[command(group = ArgGroup::new("what").required(true).multiple(true).args(
    ["read", "unread", "star", "unstar", "done", "not_done", "called", "not_called", "tag", "untag"]
))]
#[command(override_usage = "vmail mark [OPTIONS] <ID...|--query <QUERY>> <--read|--star|--done|…>...")]
#[command(after_help = format!("\
Examples:
  vmail mark 83fj --done --tag billing
  vmail mark --query from:98765 --range 30d --read
  vmail list --json is:unread | jq -r .id | vmail mark - --star

{FIELDS_OF_LIST}"))]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub struct MarkArgs {
    /// ID or ID prefix; - reads IDs from stdin
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// Mark all voicemails in the date range that match a search query
    #[arg(long, value_name = "QUERY", allow_hyphen_values = true)]
    query: Option<String>,
    /// Mark as read
    #[arg(long, conflicts_with = "unread")]
    read: bool,
    /// Mark as unread
    #[arg(long)]
    unread: bool,
    /// Add a star
    #[arg(long, conflicts_with = "unstar")]
    star: bool,
    /// Remove the star
    #[arg(long)]
    unstar: bool,
    /// Mark as done
    #[arg(long, conflicts_with = "not_done")]
    done: bool,
    /// Mark as not done
    #[arg(long)]
    not_done: bool,
    /// Mark as called back now
    #[arg(long, conflicts_with = "not_called")]
    called: bool,
    /// Mark as not called back
    #[arg(long)]
    not_called: bool,
    /// Add this tag; repeatable
    #[arg(long, value_name = "TAG", value_parser = tag)]
    tag: Vec<Tag>,
    /// Remove this tag; repeatable
    #[arg(long, value_name = "TAG", value_parser = tag)]
    untag: Vec<Tag>,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten, next_help_heading = "Common options")]
    context: ContextArgs,
}

fn tag(text: &str) -> Result<Tag, String> {
    Tag::new(text).ok_or_else(|| format!("a tag is {}", Tag::RULE))
}

/// Changes flags and tags of the voicemails and reports the number on stderr. With a format, prints all of
/// them.
pub fn run(args: &MarkArgs, world: &World) -> anyhow::Result<()> {
    block_on(async {
        let context = VerbContext::open(&args.context, world).await?;
        let ids = which(&context, args).await?;
        context.must_keep().await?;
        let account = context.account().await?;
        let mut changed: Vec<VoicemailId> = Vec::new();
        let now = (world.clock)();
        for edit in edits(args, now.timestamp_millis()) {
            let change = BulkEdit { ids: ids.clone(), edit };
            let applied = context.store.call(move |store| store.apply_step(account, &change, now)).await?;
            changed.extend(applied.changed.iter().map(|(id, _)| *id));
        }
        changed.sort_unstable();
        changed.dedup();
        context.tell_notices().await?;
        let said = match (changed.len() as u64, ids.len() as u64) {
            (changed, of) if changed == of => humanize::voicemails(of),
            (changed, of) => format!("{} of {}", humanize::count(changed), humanize::voicemails(of)),
        };
        writeln!(io::stderr(), "{said} changed")?;
        if let Some(format) = args.format.asked() {
            let mut found = Vec::with_capacity(ids.len());
            for id in ids {
                let entry = context.store.call(move |store| store.entry(account, id)).await?;
                found.extend(entry.map(|entry| Hit::new(entry, &context)));
            }
            records::print(format, &context, &found).await?;
        }
        context.close().await;
        Ok(())
    })
}

async fn which(context: &VerbContext, args: &MarkArgs) -> anyhow::Result<Vec<VoicemailId>> {
    let Some(query) = &args.query else { return context.identify_or_fetch(&args.ids).await };
    let query = context.query(std::slice::from_ref(query))?;
    let span = context.span();
    // Do not mark if the list may be incomplete.
    context.bring_up(span).await?.into_result()?;
    let found = Search::new(context, span, &query).await?.all().await?;
    if found.is_empty() {
        return Err(Fault::not_found(context.nothing_found()).into());
    }
    Ok(found.iter().map(|found| found.entry.record.voicemail.id).collect())
}

fn edits(args: &MarkArgs, now: i64) -> Vec<Edit> {
    let tags = !args.tag.is_empty() || !args.untag.is_empty();
    let edits = [
        args.read.then_some(Edit::Fact(Fact::Read, Some(now))),
        args.unread.then_some(Edit::Fact(Fact::Read, None)),
        args.star.then_some(Edit::Fact(Fact::Starred, Some(now))),
        args.unstar.then_some(Edit::Fact(Fact::Starred, None)),
        args.done.then_some(Edit::Fact(Fact::Done, Some(now))),
        args.not_done.then_some(Edit::Fact(Fact::Done, None)),
        args.called.then_some(Edit::Fact(Fact::Called, Some(now))),
        args.not_called.then_some(Edit::Fact(Fact::Called, None)),
        tags.then(|| Edit::Tag { add: args.tag.clone(), remove: args.untag.clone() }),
    ];
    edits.into_iter().flatten().collect()
}
