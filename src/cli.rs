//! The command line: flags and verbs, one verb a file.

use std::path::PathBuf;
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::ConfigError;
use crate::error::Failure;

pub mod config;
pub mod demo_server;
pub mod export;
pub mod import;
pub mod screen;
pub mod settings;

/// What of the world outside enters at `main`.
#[derive(Clone, Copy, Debug)]
pub struct World {
    /// Tells the time.
    pub clock: fn() -> DateTime<Utc>,
    /// Looks up a variable of the environment.
    pub variable: fn(&str) -> Option<String>,
    /// The IANA name of the machine's time zone.
    pub system_zone: fn() -> Option<String>,
    /// What the machine calls itself.
    pub host_name: fn() -> Option<String>,
}

/// The program was asked for something it cannot do; says what to do instead.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// The exit code for `error`.
pub fn exit_code(error: &anyhow::Error) -> ExitCode {
    if error.is::<Usage>() || error.is::<ConfigError>() {
        Failure::Usage.into()
    } else {
        Failure::Other.into()
    }
}

/// A voicemail inbox for the terminal, for TeleCMI accounts.
#[derive(Debug, Parser)]
#[command(name = "vmail", version, about, max_term_width = 100, args_conflicts_with_subcommands = true)]
#[command(after_help = "Credentials come from TELECMI_APPID and TELECMI_SECRET, or from the settings file: \
    `vmail config` prints it with every setting explained. No flag takes the secret, because others \
    on the machine can read a command line.")]
pub struct Cli {
    /// Flags of the screen.
    #[command(flatten)]
    pub screen: ScreenArgs,
    /// What to do instead of opening the screen.
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// Flags of the screen. Each but the first and the last two is a setting of the same name.
#[derive(Args, Debug)]
pub struct ScreenArgs {
    /// Look around without an account: made-up voicemail from a server inside the program
    #[arg(long)]
    pub demo: bool,
    /// TeleCMI's service: global or india
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Dates to show at start: 24h, 7d, 2w, today, "last month", 2026-11-01..2026-11-15, …
    #[arg(long, value_name = "RANGE")]
    pub range: Option<String>,
    /// Zone in which times are shown: an IANA name, or local
    #[arg(long, value_name = "ZONE")]
    pub timezone: Option<String>,
    /// What stands before /voicemail and /play, for another server than TeleCMI's
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// Requests under way at once, 1 to 16
    #[arg(long, value_name = "N")]
    pub concurrency: Option<String>,
    /// Settings file to use instead of the usual one
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Log to a file; how much is up to `VMAIL_LOG` (error, warn, info, debug, trace)
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
}

/// What to do instead of opening the screen.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Print the default settings file, with every setting explained
    Config,
    /// Run the demo's server alone and print its base URL
    DemoServer(DemoServerArgs),
    /// Write everything of the account: voicemail, notes, tags, names, what was done when
    ///
    /// Lines of JSON: the first names the account, then come the names given to callers and the
    /// voicemail, newest first. Times are milliseconds since 1970. `vmail import` reads it back.
    Export(ExportArgs),
    /// Bring an export into the store, empty or filled
    ///
    /// Nothing that is there is taken away. Voicemail that are not there come in. Read, starred,
    /// done and called back hold if either side says so; of two times, the later one. Of two
    /// notes, or two names of a caller, the one edited last stays; of two edited at the same time,
    /// the one that is there. Tags of both sides are kept. What the server said, and what a
    /// recording looks like, stays as it is there. The same file once more changes nothing.
    ///
    /// A line that cannot be used is reported with its number and left out; the others come in,
    /// and the exit code is 1. A file whose first line is not that of an export, or that is of
    /// another account, is refused as a whole.
    Import(ImportArgs),
}

/// Flags that say whose store it is. Each but the last is a setting of the same name.
#[derive(Args, Debug)]
pub struct AccountArgs {
    /// TeleCMI's service: global or india
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// What stands before /voicemail and /play, for another server than TeleCMI's
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// Settings file to use instead of the usual one
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Flags of `export`.
#[derive(Args, Debug)]
pub struct ExportArgs {
    /// Where to; stdout if it is left out, or -
    pub file: Option<PathBuf>,
    /// How it is written
    #[arg(long, value_enum, default_value_t = ExportFormat::Jsonl)]
    pub format: ExportFormat,
    /// Whose.
    #[command(flatten)]
    pub account: AccountArgs,
}

/// How an export is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// A JSON object a line.
    Jsonl,
}

/// Flags of `import`.
#[derive(Args, Debug)]
pub struct ImportArgs {
    /// Where from; stdin if it is left out, or -
    pub file: Option<PathBuf>,
    /// Take the export of whichever account as this one's
    #[arg(long)]
    pub any_account: bool,
    /// Whose.
    #[command(flatten)]
    pub account: AccountArgs,
}

/// Flags of `demo-server`.
#[derive(Args, Debug)]
pub struct DemoServerArgs {
    /// Port on 127.0.0.1; 0 takes any that is free
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Make up so many voicemail instead of serving the demo's
    #[arg(long, value_name = "N")]
    pub rows: Option<usize>,
    /// Days over which these are spread
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=36500))]
    pub days: u32,
    /// Milliseconds by which every answer is held back
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub latency: u64,
}
