//! `vmail man`: manual pages, generated from the definitions of the help. Other sections (environment,
//! files, exit status, examples) are defined here.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Command, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::cli::{Cli, style};
use crate::core::suggest::nearest;
use crate::error::{Failure, Fault};
use crate::tui::command::by_heading;

/// Flags of `man`.
#[derive(Args, Debug)]
pub struct ManArgs {
    /// Print the page of this command; without it, the page of vmail
    #[arg(value_name = "COMMAND", conflicts_with = "dir")]
    pub verb: Vec<String>,
    /// Write all pages to a folder: vmail.1, and vmail-COMMAND.1 for each command
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

/// The environment variables, most important first.
pub const ENVIRONMENT: &[(&str, &str)] = &[
    ("TELECMI_APPID", "The app ID."),
    (
        "TELECMI_SECRET",
        "The app secret. All programs started from the same shell inherit it; prefer `vmail login` or the \
         setting secret_command.",
    ),
    ("VMAIL_ACCOUNT", "Same as --account."),
    ("VMAIL_REGION", "Same as --region."),
    ("VMAIL_BASE_URL", "Same as --base-url."),
    ("VMAIL_RANGE", "Same as --range."),
    ("VMAIL_TIMEZONE", "Same as --timezone."),
    ("VMAIL_CONCURRENCY", "Same as --concurrency."),
    ("VMAIL_LOG", "Log level of --log: error, warn, info, debug or trace."),
    ("XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_CACHE_HOME", "Folders for files; see FILES."),
    ("HTTPS_PROXY, ALL_PROXY, NO_PROXY", "Proxy for requests, and hosts to reach without it."),
    ("PULSE_SERVER", "Sound server. Other variables of PulseAudio are supported too."),
    ("TZ", "Time zone, if the setting timezone is \"local\"."),
    ("LC_ALL, LC_CTYPE, LANG", "Locale. If it is not UTF-8, the screen is drawn in ASCII."),
    ("NO_COLOR", "If not empty, disables colours."),
];

/// The files.
pub const FILES: &[(&str, &str)] = &[
    ("$XDG_CONFIG_HOME/vmail/config.toml", "Settings. Default: ~/.config/vmail/config.toml."),
    (
        "$XDG_DATA_HOME/vmail/vmail.db",
        "Voicemails with notes, tags and flags. Default: ~/.local/share/vmail/vmail.db.",
    ),
    ("$XDG_DATA_HOME/vmail/backups/", "Backups of notes, tags, flags and caller names."),
    ("$XDG_CACHE_HOME/vmail/recordings/", "Cached recordings. Default: ~/.cache/vmail/recordings/."),
];

/// The examples.
pub const EXAMPLES: &[(&str, &str)] = &[
    ("vmail --demo", "Try vmail without an account."),
    ("vmail --range 'last month'", "Open the inbox with the voicemails of last month."),
    ("vmail doctor", "Find out what is wrong."),
    ("vmail export backup.jsonl", "Export the account to a file."),
    ("source <(vmail completions bash)", "Enable completion in bash."),
    ("vmail man --dir ~/.local/share/man/man1", "Install the manual pages."),
];

/// Prints a manual page, or writes all of them to a folder. A broken pipe is not an error.
pub fn run(args: &ManArgs) -> anyhow::Result<()> {
    let program = program();
    if let Some(dir) = &args.dir {
        let cannot = |path: &PathBuf| format!("cannot write {}", path.display());
        fs::create_dir_all(dir).with_context(|| cannot(dir))?;
        for command in every(&program) {
            let path = dir.join(format!("{}.1", title(command)));
            fs::write(&path, page(command)?).with_context(|| cannot(&path))?;
        }
        return Ok(());
    }
    let command = args.verb.iter().try_fold(&program, |command, verb| {
        command.find_subcommand(verb).ok_or_else(|| {
            let verbs = || command.get_subcommands().map(Command::get_name);
            let hint = nearest(verb, verbs()).map_or_else(
                || format!(": expected one of {}", verbs().collect::<Vec<_>>().join(", ")),
                |known| format!("; did you mean {known}?"),
            );
            Fault::usage(format!("unknown command \"{verb}\"{hint}"))
        })
    })?;
    style::quietly(io::stdout().lock().write_all(&page(command)?))
}

/// Returns the complete command line, in which each verb knows its full name.
fn program() -> Command {
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    program
}

/// Returns `command` and its subcommands, except hidden ones.
fn every(command: &Command) -> Vec<&Command> {
    let below = command.get_subcommands().filter(|verb| !verb.is_hide_set()).flat_map(every);
    std::iter::once(command).chain(below).collect()
}

/// Returns `vmail`, `vmail-doctor` and so on.
fn title(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

/// Returns the page of `command` in roff.
fn page(command: &Command) -> io::Result<Vec<u8>> {
    let man = Man::new(command.clone());
    let mut parts = Vec::new();
    man.render_name_section(&mut parts)?;
    man.render_synopsis_section(&mut parts)?;
    man.render_description_section(&mut parts)?;
    man.render_options_section(&mut parts)?;
    if command.get_subcommands().next().is_some() {
        man.render_subcommands_section(&mut parts)?;
    }
    let is_program = command.get_name() == "vmail";
    let mut more = Roff::new();
    if let Some(after) = command.get_after_long_help().or_else(|| command.get_after_help()) {
        add_end_of_help(&mut more, &after.to_string(), if is_program { "CREDENTIALS" } else { "NOTES" });
    }
    if is_program {
        add_lists(&mut more);
    } else {
        more.control("SH", ["SEE ALSO"]).text([bold("vmail"), roman("(1)")]);
    }
    more.to_writer(&mut parts)?;

    // Each part repeats the preamble that defines apostrophes: keep one.
    let apostrophes = Roff::new().render();
    let parts = String::from_utf8_lossy(&parts).replace(&apostrophes, "");
    // Not rendered by the crate: it omits an empty date, which shifts the other fields.
    let (title, version) = (title(command).to_uppercase(), env!("CARGO_PKG_VERSION"));
    let page = format!(".TH {title} 1 \"\" \"vmail {version}\" \"User Commands\"\n{apostrophes}{parts}");
    Ok(in_ascii(&page).into_bytes())
}

/// Adds the end of the help: examples verbatim, lists as lists, and the rest below `heading`.
fn add_end_of_help(page: &mut Roff, text: &str, heading: &str) {
    let paragraphs = text.split("\n\n");
    let (examples, notes): (Vec<_>, Vec<_>) = paragraphs.partition(|text| text.starts_with("Examples:\n"));
    for examples in examples {
        page.control("SH", ["EXAMPLES"]).control("nf", []);
        for example in examples.lines().skip(1) {
            page.text([roman(example.trim_start())]);
        }
        page.control("fi", []);
    }
    if !notes.is_empty() {
        page.control("SH", [heading]);
    }
    for note in notes {
        page.control("PP", []);
        for line in note.lines() {
            match line.trim_start().split_once("  ") {
                Some((word, meaning)) if line.starts_with("  ") => item(page, word, meaning.trim_start()),
                _ => _ = page.text([roman(line)]),
            }
        }
    }
}

/// Adds the keys of the screen, the lists of this file and the exit codes.
fn add_lists(page: &mut Roff) {
    page.control("SH", ["KEYS"]).text([roman(
        "The default keys of the screen. The settings can change them; \"vmail keys\" lists those in force.",
    )]);
    for (heading, entries) in by_heading() {
        page.control("SS", [heading]);
        for entry in entries {
            let keys = if entry.keys.is_empty() { format!(":{}", entry.name) } else { entry.keys.join(" ") };
            item(page, &keys, entry.help);
        }
    }
    list(page, "ENVIRONMENT", ENVIRONMENT);
    list(page, "FILES", FILES);
    page.control("PP", []).text([roman(
        "Unless the XDG variables are set, macOS uses ~/Library/Application Support and ~/Library/Caches, and \
         Windows uses %APPDATA% and %LOCALAPPDATA%.",
    )]);
    page.control("SH", ["EXIT STATUS"]);
    item(page, "0", "Success.");
    for failure in Failure::EVERY {
        item(page, &(failure as u8).to_string(), failure.meaning());
    }
    list(page, "EXAMPLES", EXAMPLES);
}

/// Escapes non-ASCII characters, because not all formatters support UTF-8.
fn in_ascii(page: &str) -> String {
    let mut out = String::with_capacity(page.len());
    for c in page.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            let _ = write!(out, "\\[u{:04X}]", u32::from(c));
        }
    }
    out
}

/// Adds a section with a list of terms.
fn list(page: &mut Roff, heading: &str, lines: &[(&str, &str)]) {
    page.control("SH", [heading]);
    for (word, meaning) in lines {
        item(page, word, meaning);
    }
}

fn item(page: &mut Roff, word: &str, meaning: &str) {
    page.control("TP", []).text([bold(word)]).text([roman(meaning)]);
}
