//! `vmail play`: voicemail, one after the other, with keys where there is a terminal.

mod jukebox;
mod keys;
mod line;

use std::io::{self, Write as _};

use clap::{ArgGroup, Args};

use crate::audio::SPEEDS;
use crate::cli::World;
use crate::cli::desk::{Desk, DeskArgs, Freshness, block_on};
use crate::cli::fetcher::Fetcher;
use crate::cli::pick::{Found, Search};
use crate::cli::{screen, show};
use crate::error::{Failure, Fault};
use crate::player::{Manner, Unavailable};
use crate::tui::ways::Surroundings;
use jukebox::{End, Jukebox};

/// What is at the end of the help.
pub const EXAMPLES: &str = "\
Examples:
  vmail play 7h2k
  vmail play --query is:unread --speed 1.5
  vmail list --json is:starred | jq -r .id | vmail play --keep-unread -

Exit codes: 1 where there is no sound, 5 where nothing matched, 6 where some could not be played, \
130 after Ctrl-C.";

/// Flags of `play`.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("which").required(true).args(["ids", "query"]))]
pub struct PlayArgs {
    /// The ID, or how it begins; - reads IDs from stdin
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// All voicemail of the range that match and have a recording, newest first
    #[arg(long, value_name = "QUERY", allow_hyphen_values = true)]
    query: Option<String>,
    /// Do not mark as read what was heard
    #[arg(long)]
    keep_unread: bool,
    /// How fast, from 0.75 to 2.5; the pitch stays
    #[arg(long, value_name = "SPEED", default_value_t = 1.0, value_parser = speed)]
    speed: f32,
    /// Leave silences out
    #[arg(long)]
    cut_silence: bool,
    #[command(flatten, next_help_heading = "Common options")]
    desk: DeskArgs,
}

fn speed(text: &str) -> Result<f32, String> {
    let [slowest, .., fastest] = SPEEDS;
    let speed = text.parse().ok().filter(|speed| (slowest..=fastest).contains(speed));
    speed.ok_or_else(|| format!("a speed is a number from {slowest} to {fastest}"))
}

/// Plays them. What cannot be played is said on stderr and left out.
pub fn run(args: &PlayArgs, world: &World) -> anyhow::Result<()> {
    block_on(async {
        let desk = Desk::open(&args.desk, world).await?;
        let (found, freshness) = which(&desk, args).await?;
        let asks = !args.desk.offline && freshness == Freshness::Current;
        let fetcher = Fetcher::open(&desk, asks).await?;
        let manner = Manner {
            speed: args.speed,
            skip_silence: args.cut_silence,
            auto_level: desk.settings.auto_level,
            ..Manner::default()
        };
        let outputs = screen::outputs(&desk.settings, world);
        let count = found.len();
        let mut jukebox = Jukebox::new(&desk, &fetcher, outputs, manner, !args.keep_unread, world)?;
        let end = jukebox.play(found).await;
        let (failed, why) = jukebox.close();
        fetcher.tidy().await;
        desk.tell_notices().await?;
        let surroundings = screen::surroundings(&desk.settings, world);
        desk.close().await;
        match end? {
            End::NoSound(unavailable) => return Err(anyhow::anyhow!(silence(&unavailable, &surroundings))),
            End::Interrupted => {
                let message = "stopped".to_owned();
                return Err(Fault { failure: Failure::Interrupted, message }.into());
            }
            End::Finished => {}
        }
        match why {
            Some(failure) if count == 1 => {
                return Err(Fault { failure, message: "it could not be played".to_owned() }.into());
            }
            Some(_) => return Err(Fault::partly(format!("{failed} of {count} could not be played")).into()),
            None => {}
        }
        freshness.into_result()
    })
}

async fn which(desk: &Desk, args: &PlayArgs) -> anyhow::Result<(Vec<Found>, Freshness)> {
    let Some(query) = &args.query else {
        return Ok((show::find(desk, &args.ids).await?, Freshness::Current));
    };
    let query = desk.query(std::slice::from_ref(query))?;
    let span = desk.span();
    let freshness = desk.bring_up(span).await?;
    let mut found = Search::new(desk, span, &query).await?.all().await?;
    found.retain(|found| found.entry.record.voicemail.recording.is_some());
    if found.is_empty() {
        freshness.into_result()?;
        let range = desk.settings.range.expression();
        return Err(Fault::not_found(format!("nothing to play in {range}: --range takes in more")).into());
    }
    Ok((found, freshness))
}

/// Why nothing is heard, and what else there is.
fn silence(unavailable: &Unavailable, surroundings: &Surroundings) -> String {
    let mut said = unavailable.to_string();
    if !matches!(unavailable, Unavailable::Program { .. }) {
        said += "\n  `vmail download` saves recordings as files";
        said += "\n  player_command in the settings names a program that plays";
        if let Some(socket) = &surroundings.socket {
            said += "\n  over ssh, this at your desk brings its sound here:\n    ";
            said += &surroundings.server.sound(socket);
        }
    }
    said
}

/// A line on stderr, for people.
fn say(text: &str) -> io::Result<()> {
    writeln!(io::stderr(), "vmail: {text}")
}
