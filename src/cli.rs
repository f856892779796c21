//! The command line: flags and verbs, one verb a file.

use chrono::{DateTime, Utc};
use clap::{Parser, Subcommand};

pub mod accounts;
pub mod completing;
pub mod completions;
pub mod config;
pub mod demo;
pub mod demo_server;
pub mod desk;
pub mod doctor;
pub mod download;
pub mod export;
pub mod fetcher;
pub mod hook;
pub mod import;
pub mod keys;
pub mod list;
pub mod login;
pub mod logout;
pub mod man;
pub mod mark;
pub mod note;
pub mod output;
pub mod pick;
pub mod play;
pub mod progress;
pub mod screen;
pub mod settings;
pub mod show;
pub mod stats;
pub mod sync;
pub mod table;
pub mod usage;

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

/// A voicemail inbox for the terminal, for TeleCMI accounts.
#[derive(Debug, Parser)]
#[command(name = "vmail", version, about, max_term_width = 100, args_conflicts_with_subcommands = true)]
#[command(after_help = "`vmail login` stores an account and its secret. Credentials can also come from \
    TELECMI_APPID and TELECMI_SECRET, or from the settings file: `vmail config` prints it with every \
    setting explained. No flag takes the secret, because others on the machine can read a command line.")]
pub struct Cli {
    /// Flags of the screen.
    #[command(flatten)]
    pub screen: screen::ScreenArgs,
    /// What to do instead of opening the screen.
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// What to do instead of opening the screen.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Store an account: region, app ID and secret, tried before they are kept
    ///
    /// Asks for what flags, environment and settings do not say. The secret is typed and not
    /// shown; where stdin is no terminal, it is stdin's first line: `pass show telecmi | vmail
    /// login --app-id 1111113`. It goes into the system's keyring, or, where there is none, into a
    /// file that only you can read. Region and app ID go into the settings file.
    ///
    /// No flag takes the secret: every user of the machine can read a command line while the
    /// program runs, and the shell keeps it in its history. The environment (`TELECMI_SECRET`) is
    /// the second best: your other programs can read it in /proc/PID/environ, everything that is
    /// started from there inherits it, and what sets it, a shell's profile or a service's file,
    /// holds it as plain text.
    Login(login::LoginArgs),
    /// Forget the stored secret of an account
    ///
    /// Removes it from the keyring and from the file. The settings stay, and so do the voicemail
    /// that are stored here.
    Logout(logout::LogoutArgs),
    /// List the accounts, and where the secret of each comes from
    Accounts(accounts::AccountsArgs),
    /// Print voicemail by range and query, newest first
    List(list::ListArgs),
    /// Print everything about a voicemail
    Show(show::ShowArgs),
    /// Fetch what is missing, for cron jobs and people
    Sync(sync::SyncArgs),
    /// Mark voicemail as read, starred, done, called back, or with tags
    Mark(mark::MarkArgs),
    /// Print the note of a voicemail, or write it
    Note(note::NoteArgs),
    /// Save recordings as files
    ///
    /// All recordings of the range that match, side by side. What is there already is not fetched
    /// again. Files appear whole or not at all; a transfer that breaks off goes on where it was.
    /// What is downloaded does not count as heard.
    #[command(after_help = download::EXAMPLES)]
    Download(download::DownloadArgs),
    /// Play voicemail, one after the other
    ///
    /// On a terminal, keys work as in the inbox: Space holds and goes on, the arrows or h and l go
    /// 5 s back and on, < and > change the speed, n plays the next one, q ends. What was heard is
    /// marked as read.
    #[command(after_help = play::EXAMPLES)]
    Play(play::PlayArgs),
    /// Count voicemail by day, by hour and by caller, and how long calling back took
    #[command(after_help = stats::EXAMPLES)]
    Stats(stats::StatsArgs),
    /// Write everything of the account: voicemail, notes, tags, names, what was done when
    ///
    /// Lines of JSON: the first names the account, then come the names given to callers and the
    /// voicemail, newest first. Times are milliseconds since 1970. `vmail import` reads it back.
    #[command(after_help = export::EXAMPLES)]
    Export(export::ExportArgs),
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
    #[command(after_help = import::EXAMPLES)]
    Import(import::ImportArgs),
    /// Print the default settings file, with every setting explained; or show, check or edit yours
    Config(config::ConfigArgs),
    /// List every command with its keys
    ///
    /// The keys in force: those that the settings give to a command take the place of its usual
    /// ones, and are marked with a star.
    Keys(keys::KeysArgs),
    /// Check settings, account, server, store, terminal and sound, and say what to do
    ///
    /// A line each: ok, warning or fault. Nothing is changed, and the secret is not shown. The exit
    /// code is 0 without a fault, whatever the warnings; else it is that of the first fault: 2 for
    /// the settings, 3 for app ID and secret, 4 for the network, 1 for anything else.
    Doctor(doctor::DoctorArgs),
    /// Print the script that lets a shell complete verbs, flags, IDs, queries and more
    Completions(completions::CompletionsArgs),
    /// Print the manual page, or that of a verb, for man to show
    ///
    /// To read it: vmail man | man -l -
    Man(man::ManArgs),
    /// Run the demo's server alone and print its base URL
    DemoServer(demo_server::DemoServerArgs),
}
