//! `vmail config`: the default settings file, whose comments are the documentation; and the user's
//! own, shown, checked and edited.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::cli::World;
use crate::cli::output;
use crate::cli::settings::{self, SettingsArgs, xdg};
use crate::config::{self, DEFAULT, Origin, Overrides, Setting};
use crate::error::Fault;
use crate::paths;
use crate::text;

mod edit;

/// How much of a path is shown, in characters: as long as any can be.
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
    /// Print the default settings file, with every setting explained, as without a word
    Default,
    /// Print where the settings file is, or would be
    Path(FileArgs),
    /// Print the settings in force, and where each of them comes from; never the secret
    Show(SettingsArgs),
    /// Open the settings file in $VISUAL, $EDITOR or vi, and check it afterwards
    Edit(FileArgs),
    /// Say everything that is wrong with the settings
    Check(FileArgs),
}

/// Which settings file it is about.
#[derive(Args, Debug)]
pub struct FileArgs {
    /// Settings file to use instead of the usual one
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Carries it out.
pub fn run(args: &ConfigArgs, world: &World) -> anyhow::Result<()> {
    match &args.verb {
        None | Some(ConfigVerb::Default) => print(DEFAULT),
        Some(ConfigVerb::Path(file)) => path(file, world),
        Some(ConfigVerb::Show(args)) => show(args, world),
        Some(ConfigVerb::Edit(file)) => edit::run(&place(file, world)?, world),
        Some(ConfigVerb::Check(file)) => check(file, world),
    }
}

/// Prints what was asked for. A reader that has had enough is no failure.
pub fn print(data: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    output::quietly(out.write_all(data.as_bytes()).and_then(|()| out.flush()))
}

/// Tells the user something that is not what was asked for.
fn tell(line: &str) {
    // Nobody is left to be told where this fails.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Where the settings file is, or would be.
fn place(file: &FileArgs, world: &World) -> anyhow::Result<PathBuf> {
    let usual = || paths::config_file(&xdg(world));
    let place = file.config.clone().or_else(usual);
    Ok(place
        .ok_or_else(|| Fault::usage("no home folder: set XDG_CONFIG_HOME, or name the file with --config"))?)
}

fn path(file: &FileArgs, world: &World) -> anyhow::Result<()> {
    let path = place(file, world)?;
    if !path.exists() {
        tell("vmail: it is not there yet: `vmail config edit` makes it");
    }
    print(&format!("{}\n", path.display()))
}

fn check(file: &FileArgs, world: &World) -> anyhow::Result<()> {
    let usual = paths::config_file(&xdg(world));
    let env = Overrides::from_env(world.variable);
    let (_, path) = settings::load(file.config.clone(), usual, Overrides::default(), env)?;
    let path = path.filter(|path| path.exists());
    print(&path.map_or_else(
        || "fine: there is no settings file, the defaults are in force\n".to_owned(),
        |path| format!("{}: fine\n", path.display()),
    ))
}

fn show(args: &SettingsArgs, world: &World) -> anyhow::Result<()> {
    let usual = paths::config_file(&xdg(world));
    let env = Overrides::from_env(world.variable);
    let (sources, path) = settings::sources(args.config.clone(), usual, args.overrides(), env)?;
    let (_, settings) = config::trace(sources)?;
    print(&shown(&settings, path.filter(|path| path.exists()).as_deref()))
}

/// The settings as TOML, each with a comment that says who set it.
fn shown(settings: &[Setting], path: Option<&Path>) -> String {
    let file = path.map_or_else(
        || "there is no settings file".to_owned(),
        |path| format!("lines are those of {}", text::clean(&path.display().to_string(), PATH_MAX)),
    );
    let mut out = format!("# The settings in force; {file}.\n");
    // A secret from outside the file counts more than the command in it.
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
