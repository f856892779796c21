//! `vmail keys`: every command with the keys it has.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::cli::World;
use crate::cli::config::print;
use crate::cli::settings::{self, xdg};
use crate::config::{Overrides, OwnKeys};
use crate::paths;
use crate::tui::command::{Entry, TABLE};
use crate::tui::keymap::{Keymap, own};

/// Flags of `keys`.
#[derive(Args, Debug)]
pub struct KeysArgs {
    /// The usual keys, whatever the settings say
    #[arg(long)]
    pub default: bool,
    /// How it is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Table)]
    pub format: Format,
    /// The same as --format jsonl: an object a line
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// Settings file to use instead of the usual one
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// How the list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Table,
    /// JSON, an object a line
    Jsonl,
    /// Comma-separated, with a line of names
    Csv,
    /// The same with tabs
    Tsv,
}

/// A command and its keys. The fields' names are the format's: they stay.
#[derive(Serialize)]
struct Line {
    scope: &'static str,
    command: &'static str,
    keys: Vec<String>,
    own: bool,
    help: &'static str,
}

/// Prints the list.
pub fn run(args: &KeysArgs, world: &World) -> anyhow::Result<()> {
    let own = if args.default {
        Vec::new()
    } else {
        let usual = paths::config_file(&xdg(world));
        let env = Overrides::from_env(world.variable);
        settings::load(args.config.clone(), usual, Overrides::default(), env)?.0.keys
    };
    let lines = lines(&own);
    let format = if args.json { Format::Jsonl } else { args.format };
    print(&match format {
        Format::Table => table(&lines),
        Format::Jsonl => {
            lines.iter().map(|line| Ok(serde_json::to_string(line)? + "\n")).collect::<anyhow::Result<_>>()?
        }
        Format::Csv => separated(&lines, b',')?,
        Format::Tsv => separated(&lines, b'\t')?,
    })
}

/// Every command, those of one scope together.
fn lines(own: &[OwnKeys]) -> Vec<Line> {
    let keymap = own::keymap(own);
    let mut entries: Vec<_> = TABLE.iter().collect();
    let first_of = |entry: &Entry| TABLE.iter().position(|other| other.scope == entry.scope);
    entries.sort_by_key(|entry| first_of(entry));
    entries.into_iter().map(|entry| line(entry, &keymap, own)).collect()
}

fn line(entry: &Entry, keymap: &Keymap, own: &[OwnKeys]) -> Line {
    Line {
        scope: entry.scope.title(),
        command: entry.name,
        keys: keymap.keys(entry.command).iter().map(ToString::to_string).collect(),
        own: own.iter().any(|own| own.command == entry.name),
        help: entry.help,
    }
}

/// A heading for each scope; the user's own keys after a star.
fn table(lines: &[Line]) -> String {
    let keys = |line: &Line| line.keys.join("  ");
    let widest = |width: &dyn Fn(&Line) -> usize| lines.iter().map(width).max().unwrap_or_default();
    let (names, all_keys) =
        (widest(&|line| line.command.len()), widest(&|line| keys(line).chars().count()).min(24));
    let mut out = String::new();
    for (index, line) in lines.iter().enumerate() {
        if index == 0 || lines[index - 1].scope != line.scope {
            let gap = if index == 0 { "" } else { "\n" };
            let _ = writeln!(out, "{gap}{}", line.scope);
        }
        let star = if line.own { '*' } else { ' ' };
        let _ = writeln!(out, "{star} {:<names$}  {:<all_keys$}  {}", line.command, keys(line), line.help);
    }
    out
}

fn separated(lines: &[Line], delimiter: u8) -> anyhow::Result<String> {
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    writer.write_record(["scope", "command", "keys", "own", "help"])?;
    for line in lines {
        let own = if line.own { "true" } else { "false" };
        writer.write_record([line.scope, line.command, &line.keys.join(" "), own, line.help])?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}
