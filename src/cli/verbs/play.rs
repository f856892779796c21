//! `vmail play`: plays voicemails one after another; keys control playback in a terminal.

use std::io::{self, Write as _};

use clap::{ArgGroup, Args};

use crate::audio::SPEEDS;
use crate::cli::context::{ContextArgs, Freshness, VerbContext, block_on};
use crate::cli::fetcher::Fetcher;
use crate::cli::query::{Hit, Search};
use crate::cli::verbs::play::jukebox::{End, Jukebox};
use crate::cli::verbs::show;
use crate::cli::{World, environment};
use crate::error::{Failure, Fault};
use crate::player::{PlaybackSettings, Unavailable};
use crate::terminal::remote::RemoteEnv;

mod jukebox;
mod keys;
mod line;

/// The end of the help.
pub const EXAMPLES: &str = "\
Examples:
  vmail play 7h2k
  vmail play --query is:unread --speed 1.5
  vmail list --json is:starred | jq -r .id | vmail play --keep-unread -

Exit codes: 1 if there is no sound output, 5 if nothing matches, 6 if some recordings could not be played, \
130 after Ctrl-C.";

/// Flags of `play`.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("which").required(true).args(["ids", "query"]))]
pub struct PlayArgs {
    /// ID or ID prefix; - reads IDs from stdin
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// Play all voicemails in the date range that match a search query, newest first
    #[arg(long, value_name = "QUERY", allow_hyphen_values = true)]
    query: Option<String>,
    /// Do not mark played voicemails as read
    #[arg(long)]
    keep_unread: bool,
    /// Playback speed, from 0.75 to 2.5; the pitch is preserved
    #[arg(long, value_name = "SPEED", default_value_t = 1.0, value_parser = speed)]
    speed: f32,
    /// Skip silence
    #[arg(long)]
    skip_silence: bool,
    #[command(flatten, next_help_heading = "Common options")]
    context: ContextArgs,
}

fn speed(text: &str) -> Result<f32, String> {
    let [slowest, .., fastest] = SPEEDS;
    let speed = text.parse().ok().filter(|speed| (slowest..=fastest).contains(speed));
    speed.ok_or_else(|| format!("expected a number from {slowest} to {fastest}"))
}

/// Plays the voicemails. Reports those that cannot be played on stderr and skips them.
pub fn run(args: &PlayArgs, world: &World) -> anyhow::Result<()> {
    block_on(async {
        let context = VerbContext::open(&args.context, world).await?;
        let (found, freshness) = which(&context, args).await?;
        let asks = !args.context.offline && freshness == Freshness::Current;
        let fetcher = Fetcher::open(&context, asks).await?;
        let playback = PlaybackSettings {
            speed: args.speed,
            skip_silence: args.skip_silence,
            auto_level: context.settings.auto_level,
            ..PlaybackSettings::default()
        };
        let outputs = environment::outputs(&context.settings, world);
        let count = found.len();
        let mut jukebox = Jukebox::new(&context, &fetcher, outputs, playback, !args.keep_unread, world)?;
        let end = jukebox.play(found).await;
        let (failed, why) = jukebox.close();
        fetcher.library.tidy().await;
        context.tell_notices().await?;
        let env = environment::remote_env(&context.settings, world);
        context.close().await;
        match end? {
            End::NoSound(unavailable) => return Err(anyhow::anyhow!(silence(&unavailable, &env))),
            End::Interrupted => {
                let message = "interrupted".to_owned();
                return Err(Fault { failure: Failure::Interrupted, message }.into());
            }
            End::Finished => {}
        }
        match why {
            Some(failure) if count == 1 => {
                return Err(Fault { failure, message: "playback failed".to_owned() }.into());
            }
            Some(_) => {
                return Err(
                    Fault::partly(format!("{failed} of {count} voicemails could not be played")).into()
                );
            }
            None => {}
        }
        freshness.into_result()
    })
}

async fn which(context: &VerbContext, args: &PlayArgs) -> anyhow::Result<(Vec<Hit>, Freshness)> {
    let Some(query) = &args.query else {
        return Ok((show::find(context, &args.ids).await?, Freshness::Current));
    };
    let query = context.query(std::slice::from_ref(query))?;
    let span = context.span();
    let freshness = context.bring_up(span).await?;
    let mut found = Search::new(context, span, &query).await?.all().await?;
    found.retain(|found| found.entry.record.voicemail.recording.is_some());
    if found.is_empty() {
        freshness.into_result()?;
        return Err(Fault::not_found(context.nothing_found()).into());
    }
    Ok((found, freshness))
}

/// Says why there is no sound, and suggests alternatives.
fn silence(unavailable: &Unavailable, env: &RemoteEnv) -> String {
    let mut said = unavailable.to_string();
    if !matches!(unavailable, Unavailable::Program { .. }) {
        said += "\n  use `vmail download` to save recordings as files";
        said += "\n  or set player_command to a program that plays sound";
        if let Some(socket) = &env.socket {
            said += "\n  or over ssh, run this on your own machine to forward its sound:\n    ";
            said += &env.server.sound(socket);
        }
    }
    said
}

/// Prints a message to stderr.
fn say(text: &str) -> io::Result<()> {
    writeln!(io::stderr(), "vmail: {text}")
}
