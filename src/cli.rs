//! The command line: its flags, its verbs with one file each, and what they share.

use chrono::{DateTime, Utc};
use clap::Parser;

mod arrange;
mod checks;
pub mod complete;
pub mod context;
pub mod environment;
pub mod fetcher;
mod help;
pub mod hook;
pub mod progress;
pub mod query;
pub mod records;
pub mod settings;
pub mod startup;
pub mod style;
pub mod table;
pub mod usage;
pub mod verbs;
mod waiting;

use verbs::Verb;

/// What `main` reads from the outside world.
#[derive(Clone, Copy, Debug)]
pub struct World {
    /// Returns the current time.
    pub clock: fn() -> DateTime<Utc>,
    /// Looks up an environment variable.
    pub variable: fn(&str) -> Option<String>,
    /// Returns the IANA name of the machine's time zone.
    pub system_zone: fn() -> Option<String>,
    /// Returns the host name.
    pub host_name: fn() -> Option<String>,
}

/// A voicemail inbox for the terminal, for TeleCMI accounts.
#[derive(Debug, Parser)]
#[command(name = "vmail", version, about, max_term_width = 100, args_override_self = true)]
#[command(after_help = "`vmail login` stores an account and its secret. Credentials can also come from \
    TELECMI_APPID and TELECMI_SECRET, or from the settings file: `vmail config` prints the \
    default file with comments. There is no flag for the secret, because other users can see command lines.")]
pub struct Cli {
    /// Flags of the screen.
    #[command(flatten)]
    pub screen: startup::ScreenArgs,
    /// The command to run instead of opening the screen.
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// Runs the verb of a command line, or opens the inbox.
pub fn run(cli: Cli, world: &World) -> anyhow::Result<()> {
    match cli.verb {
        None => startup::run(&cli.screen, world),
        Some(verb) => verb.run(world),
    }
}
