//! `vmail keys`: lists all commands of the inbox with their keys, by group.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::cli::World;
use crate::cli::records::{Format, FormatArgs, Records};
use crate::cli::settings::{self, xdg};
use crate::cli::style;
use crate::config::{Overrides, OwnKeys, OwnView};
use crate::paths;
use crate::tui::command::{Entry, Scope, by_heading};
use crate::tui::keymap::{Keymap, own};
use crate::tui::overlays::help::VIEWS;

/// Flags of `keys`.
#[derive(Args, Debug)]
#[command(after_help = "\
Fields of --json, csv and tsv: group, scope (where the keys work), command, keys, custom (true if set in the \
settings) and help. Your own views are in the group \"Your views\", with their names as commands.")]
pub struct KeysArgs {
    /// Print the default keys and ignore the settings
    #[arg(long)]
    pub default: bool,
    /// The output format.
    #[command(flatten)]
    pub format: FormatArgs,
    /// Use this settings file instead of the default one
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// The names of the fields. They are a stable interface.
const NAMES: [&str; 6] = ["group", "scope", "command", "keys", "custom", "help"];

/// A command and its keys.
#[derive(Serialize)]
struct KeyLine {
    group: &'static str,
    scope: &'static str,
    command: String,
    keys: Vec<String>,
    custom: bool,
    help: String,
}

/// Prints the commands of the inbox with their keys.
pub fn run(args: &KeysArgs, world: &World) -> anyhow::Result<()> {
    let (own, views) = if args.default {
        (Vec::new(), Vec::new())
    } else {
        let usual = paths::config_file(&xdg(world));
        let env = Overrides::from_env(world.variable);
        let settings = settings::load(args.config.clone(), usual, Overrides::default(), env)?.0;
        (settings.keys, settings.views)
    };
    let mut lines = lines(&own);
    lines.extend(views.iter().map(of_view));
    style::quietly(write(&lines, args.format.chosen()))
}

fn write(lines: &[KeyLine], format: Format) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    if format == Format::Table {
        out.write_all(table(lines).as_bytes())?;
        return out.flush();
    }
    Records::new(format).write_all(&mut out, &NAMES, lines, KeyLine::cells)
}

/// Returns all commands, by group.
fn lines(own: &[OwnKeys]) -> Vec<KeyLine> {
    let keymap = own::keymap(own);
    let entries = by_heading().into_iter().flat_map(|(_, entries)| entries);
    entries.map(|entry| line(entry, &keymap, own)).collect()
}

impl KeyLine {
    /// Returns the values of the fields in the order of [`NAMES`].
    fn cells(&self) -> [String; NAMES.len()] {
        let texts = [self.group, self.scope, &self.command, &self.keys.join(" ")].map(str::to_owned);
        let [group, scope, command, keys] = texts;
        [group, scope, command, keys, self.custom.to_string(), self.help.clone()]
    }
}

fn line(entry: &Entry, keymap: &Keymap, own: &[OwnKeys]) -> KeyLine {
    KeyLine {
        group: entry.heading(),
        scope: entry.scope.title(),
        command: entry.name.to_owned(),
        keys: keymap.keys(entry.command).iter().map(ToString::to_string).collect(),
        custom: own.iter().any(|own| own.command == entry.name),
        help: entry.help.to_owned(),
    }
}

fn of_view(view: &OwnView) -> KeyLine {
    let OwnView { name, query, key } = view;
    KeyLine {
        group: VIEWS,
        // As if they were commands of the inbox.
        scope: Scope::Inbox.title(),
        command: name.clone(),
        keys: vec![key.clone()],
        custom: true,
        help: query.to_string(),
    }
}

/// Formats a table with a heading per group; the user's own keys are marked with `*`.
fn table(lines: &[KeyLine]) -> String {
    let keys = |line: &KeyLine| line.keys.join("  ");
    let widest = |width: &dyn Fn(&KeyLine) -> usize| lines.iter().map(width).max().unwrap_or_default();
    let (names, all_keys) =
        (widest(&|line| line.command.chars().count()), widest(&|line| keys(line).chars().count()).min(24));
    let mut out = String::new();
    for (index, line) in lines.iter().enumerate() {
        if index == 0 || lines[index - 1].group != line.group {
            let gap = if index == 0 { "" } else { "\n" };
            let _ = writeln!(out, "{gap}{}", line.group);
        }
        let star = if line.custom { '*' } else { ' ' };
        let _ = writeln!(out, "{star} {:<names$}  {:<all_keys$}  {}", line.command, keys(line), line.help);
    }
    out
}
