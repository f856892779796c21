//! `vmail config`: prints the default settings file, which is the documentation; shows, checks and
//! edits the user's file.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::cli::settings::{self, SettingsArgs, xdg};
use crate::cli::{World, style};
use crate::config::{self, DEFAULT, Origin, Overrides, Setting};
use crate::core::text;
use crate::error::Fault;
use crate::paths;

mod edit;

/// The maximum length of a displayed path, in characters: that of any path on Linux.
const PATH_MAX: usize = 4096;

/// Flags of `config`.
#[derive(Args, Debug)]
pub struct ConfigArgs {
    /// What to do with the settings.
    #[command(subcommand)]
    pub verb: Option<ConfigVerb>,
}

/// What to do with the settings.
#[derive(Debug, Subcommand)]
pub enum ConfigVerb {
    /// Print the default settings file; also without a subcommand
    Default,
    /// Print the path of the settings file
    Path(FileArgs),
    /// Print the current settings and where each one is set, but not the secret
    Show(SettingsArgs),
    /// Open the settings file in $VISUAL, $EDITOR or vi, and check it afterwards
    Edit(FileArgs),
    /// Check the settings and report all errors
    Check(FileArgs),
}

/// The settings file to work with.
#[derive(Args, Debug)]
pub struct FileArgs {
    /// Use this settings file instead of the default one
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Runs `vmail config`, or its subcommand.
pub fn run(args: &ConfigArgs, world: &World) -> anyhow::Result<()> {
    match &args.verb {
        None | Some(ConfigVerb::Default) => print(DEFAULT),
        Some(ConfigVerb::Path(file)) => path(file, world),
        Some(ConfigVerb::Show(args)) => show(args, world),
        Some(ConfigVerb::Edit(file)) => edit::run(&place(file, world)?, world),
        Some(ConfigVerb::Check(file)) => check(file, world),
    }
}

/// Prints the result of `vmail config` to stdout. A broken pipe is not an error.
pub fn print(data: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    style::quietly(out.write_all(data.as_bytes()).and_then(|()| out.flush()))
}

/// Prints a message to stderr.
fn tell(line: &str) {
    // An error that cannot be written cannot be reported.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Returns the path of the settings file, which may not exist.
fn place(file: &FileArgs, world: &World) -> anyhow::Result<PathBuf> {
    let usual = || paths::config_file(&xdg(world));
    let place = file.config.clone().or_else(usual);
    Ok(place
        .ok_or_else(|| Fault::usage("no home folder: set XDG_CONFIG_HOME, or name the file with --config"))?)
}

fn path(file: &FileArgs, world: &World) -> anyhow::Result<()> {
    let path = place(file, world)?;
    if !path.exists() {
        tell("vmail: the file does not exist; `vmail config edit` creates it");
    }
    print(&format!("{}\n", path.display()))
}

fn check(file: &FileArgs, world: &World) -> anyhow::Result<()> {
    let usual = paths::config_file(&xdg(world));
    let env = Overrides::from_env(world.variable);
    let (_, path) = settings::load(file.config.clone(), usual, Overrides::default(), env)?;
    let path = path.filter(|path| path.exists());
    print(&path.map_or_else(
        || "OK: no settings file; the defaults apply\n".to_owned(),
        |path| format!("{}: OK\n", path.display()),
    ))
}

fn show(args: &SettingsArgs, world: &World) -> anyhow::Result<()> {
    let usual = paths::config_file(&xdg(world));
    let env = Overrides::from_env(world.variable);
    let (sources, path) = settings::sources(args.config.clone(), usual, args.overrides(), env)?;
    let (_, settings) = config::trace(sources)?;
    print(&shown(&settings, path.filter(|path| path.exists()).as_deref()))
}

/// Returns the settings as TOML, each with its origin in a comment.
fn shown(settings: &[Setting], path: Option<&Path>) -> String {
    let file = path.map_or_else(
        || "there is no settings file".to_owned(),
        |path| format!("line numbers refer to {}", text::clean(&path.display().to_string(), PATH_MAX)),
    );
    let mut out = format!("# Current settings; {file}.\n");
    // A secret from outside the file overrides the command in it.
    let outside = |setting: &Setting| setting.name == "secret" && !matches!(setting.origin, Origin::Line(_));
    let beaten = settings.iter().any(outside);
    for Setting { name, value, origin } in settings {
        let _ = match value {
            Some(value) => writeln!(out, "{name} = {value}  # {origin}"),
            None if beaten && name == "secret_command" => Ok(()),
            None => writeln!(out, "# {name} is set  # {origin}"),
        };
    }
    out
}
