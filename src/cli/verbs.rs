//! The verbs, one file each. A new verb is a file, and a variant and an arm here.

use clap::Subcommand;

use crate::cli::World;

pub mod accounts;
pub mod backup;
pub mod completions;
pub mod config;
pub mod demo;
pub mod demo_server;
pub mod doctor;
pub mod download;
pub mod export;
pub mod import;
pub mod keys;
pub mod list;
pub mod login;
pub mod logout;
pub mod man;
pub mod mark;
pub mod note;
pub mod play;
pub mod show;
pub mod stats;
pub mod sync;

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Store an account: check its region, app ID and secret, then save them
    ///
    /// Prompts for anything not given by flags, the environment or the settings. The secret is not echoed. If
    /// stdin is not a terminal, the secret is its first line: `pass show telecmi | vmail login
    /// --app-id 1111113`. The secret is stored in the system keyring or, without a keyring, in a
    /// file that only you can read. The region and app ID are written to the settings file.
    ///
    /// There is no flag for the secret: other users can see command lines, and shells save them in
    /// their history. The environment variable TELECMI_SECRET is safer, but not private: your other
    /// programs can read it in /proc/PID/environ, child processes inherit it, and the shell profile
    /// or service file that sets it contains it in plain text.
    Login(login::LoginArgs),
    /// Delete the stored secret of an account
    ///
    /// Deletes it from the keyring and from the credentials file. Settings and stored voicemails
    /// are kept.
    Logout(logout::LogoutArgs),
    /// List the accounts and where their secrets come from
    Accounts(accounts::AccountsArgs),
    /// List voicemails by date range and query, newest first
    List(list::ListArgs),
    /// Print details of a voicemail
    Show(show::ShowArgs),
    /// Fetch missing voicemails
    Sync(sync::SyncArgs),
    /// Mark voicemails as read, starred, done or called back, or change their tags
    Mark(mark::MarkArgs),
    /// Print or set the note of a voicemail
    Note(note::NoteArgs),
    /// Download recordings to files
    ///
    /// Downloads all matching recordings in the date range, several in parallel. Existing files are
    /// not downloaded again. A file appears only when it is complete; interrupted downloads are
    /// resumed. Downloading does not mark a voicemail as read.
    #[command(after_help = download::EXAMPLES)]
    Download(download::DownloadArgs),
    /// Play voicemails, one after another
    ///
    /// In a terminal, keys work as in the inbox: Space pauses and resumes, the arrow keys or h and l
    /// seek by 5 s, < and > change the speed, n plays the next voicemail, q quits. Played voicemails
    /// are marked as read.
    #[command(after_help = play::EXAMPLES)]
    Play(play::PlayArgs),
    /// Print statistics: voicemails by day, hour and caller, and response times
    #[command(after_help = stats::EXAMPLES)]
    Stats(stats::StatsArgs),
    /// Export an account: voicemails with their states, notes and tags, and caller names
    ///
    /// Writes JSON Lines: the account, then the names given to callers, then the voicemails, newest
    /// first. Times are in milliseconds since 1970-01-01 UTC. `vmail import` reads the file.
    #[command(after_help = export::EXAMPLES)]
    Export(export::ExportArgs),
    /// Import an export into the store
    ///
    /// Merges the export into the store and removes nothing. Missing voicemails are added. Read,
    /// starred, done and called back are set if either side has them set, with the later time. Of
    /// two notes, or two names of a caller, the most recently edited one is kept; if the times are
    /// equal, the one in the store. Tags are combined. Server data and waveforms in the store are not changed.
    /// Importing the same file again changes nothing.
    ///
    /// Invalid lines are reported with their line numbers and skipped; the exit code is then 1. A
    /// file is rejected if its first line is not the header of an export, or if it belongs to
    /// another account.
    #[command(after_help = import::EXAMPLES)]
    Import(import::ImportArgs),
    /// List, make or restore backups of states, notes, tags and caller names
    ///
    /// vmail makes backups by itself, into the folder backups beside the store: at most once a day and
    /// after every 200 changes, more often while a store is new. It keeps the last seven, and restores
    /// the newest undamaged one when the store is missing or damaged. They hold what only you know;
    /// voicemails are fetched again.
    Backup(backup::BackupArgs),
    /// Print the default settings file, or show, check or edit yours
    Config(config::ConfigArgs),
    /// List all commands of the inbox with their keys
    ///
    /// Keys set in your settings replace the default ones and are marked with *.
    Keys(keys::KeysArgs),
    /// Check settings, account, server, store, terminal and sound, and suggest fixes
    ///
    /// Prints one line per check: ok, warning or error. Changes nothing and does not show the
    /// secret. The exit code is 0 if there is no error, even with warnings; otherwise it is that of
    /// the first error: 2 for the settings, 3 for the app ID or secret, 4 for the network, 1 for
    /// anything else.
    Doctor(doctor::DoctorArgs),
    /// Print a completion script for a shell
    Completions(completions::CompletionsArgs),
    /// Print the manual page of vmail or of a command
    ///
    /// To read it: vmail man | man -l -
    Man(man::ManArgs),
    /// Run the demo server and print its base URL
    DemoServer(demo_server::DemoServerArgs),
}

impl Verb {
    /// Runs the verb, by its file.
    pub fn run(self, world: &World) -> anyhow::Result<()> {
        match self {
            Verb::Login(args) => login::run(&args, world),
            Verb::Logout(args) => logout::run(&args, world),
            Verb::Accounts(args) => accounts::run(&args, world),
            Verb::List(args) => list::run(&args, world),
            Verb::Show(args) => show::run(&args, world),
            Verb::Sync(args) => sync::run(&args, world),
            Verb::Download(args) => download::run(&args, world),
            Verb::Play(args) => play::run(&args, world),
            Verb::Stats(args) => stats::run(&args, world),
            Verb::Mark(args) => mark::run(&args, world),
            Verb::Note(args) => note::run(&args, world),
            Verb::Config(args) => config::run(&args, world),
            Verb::DemoServer(args) => demo_server::run(&args, world),
            Verb::Export(args) => export::run(&args, world),
            Verb::Backup(args) => backup::run(&args, world),
            Verb::Import(args) => import::run(&args, world),
            Verb::Keys(args) => keys::run(&args, world),
            Verb::Completions(args) => completions::run(&args),
            Verb::Doctor(args) => doctor::run(&args, world),
            Verb::Man(args) => man::run(&args),
        }
    }
}
