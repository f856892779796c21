//! `vmail man`: manual pages, made from the same definitions as the help. What the definitions do
//! not know (environment, files, exit status, examples) is listed here.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Command, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::cli::{Cli, output};
use crate::error::{Failure, Fault};
use crate::suggest::nearest;
use crate::tui::command::by_heading;

/// Flags of `man`.
#[derive(Args, Debug)]
pub struct ManArgs {
    /// Of this verb; of the program, if it is left out
    #[arg(value_name = "VERB", conflicts_with = "dir")]
    pub verb: Vec<String>,
    /// Write every page to a folder: vmail.1, and vmail-VERB.1 for each verb
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

/// What of the environment counts, in the order of importance.
pub const ENVIRONMENT: &[(&str, &str)] = &[
    ("TELECMI_APPID", "The app ID."),
    (
        "TELECMI_SECRET",
        "The app secret. Every program started from the same shell inherits it; secret_command in the \
         settings file is better.",
    ),
    ("VMAIL_ACCOUNT", "As --account."),
    ("VMAIL_REGION", "As --region."),
    ("VMAIL_BASE_URL", "As --base-url."),
    ("VMAIL_RANGE", "As --range."),
    ("VMAIL_TIMEZONE", "As --timezone."),
    ("VMAIL_CONCURRENCY", "As --concurrency."),
    ("VMAIL_LOG", "How much --log writes: error, warn, info, debug or trace."),
    ("XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_CACHE_HOME", "Where files go: see FILES."),
    ("HTTPS_PROXY, ALL_PROXY, NO_PROXY", "A proxy for requests, and for which hosts there is none."),
    ("PULSE_SERVER", "The sound server, and other variables by the rules of PulseAudio."),
    ("TZ", "The time zone, where the setting timezone is local."),
    ("LC_ALL, LC_CTYPE, LANG", "Where the locale is not UTF-8, the screen is ASCII."),
    ("NO_COLOR", "If it is not empty, there are no colours."),
];

/// What is stored where.
pub const FILES: &[(&str, &str)] = &[
    ("$XDG_CONFIG_HOME/vmail/config.toml", "Settings. Usually ~/.config/vmail/config.toml."),
    (
        "$XDG_DATA_HOME/vmail/vmail.db",
        "Voicemail, and what was done with them. Usually ~/.local/share/vmail/vmail.db.",
    ),
    (
        "$XDG_CACHE_HOME/vmail/recordings/",
        "Recordings, which can all be fetched again. Usually ~/.cache/vmail/recordings/.",
    ),
];

/// What people do with it.
pub const EXAMPLES: &[(&str, &str)] = &[
    ("vmail --demo", "Look around without an account."),
    ("vmail --range 'last month'", "Open the inbox on the voicemail of last month."),
    ("vmail doctor", "Find out why something does not work."),
    ("vmail export backup.jsonl", "Write everything of the account to a file."),
    ("source <(vmail completions bash)", "Have bash complete verbs, flags and more."),
    ("vmail man --dir ~/.local/share/man/man1", "Install the manual pages."),
];

/// Prints a page, or writes all of them. A reader that has had enough is no failure.
pub fn run(args: &ManArgs) -> anyhow::Result<()> {
    let program = program();
    if let Some(dir) = &args.dir {
        let cannot = |path: &PathBuf| format!("{}: cannot be written", path.display());
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
                || format!("there are {}", verbs().collect::<Vec<_>>().join(", ")),
                |known| format!("did you mean {known}?"),
            );
            Fault::usage(format!("there is no verb \"{verb}\": {hint}"))
        })
    })?;
    output::quietly(io::stdout().lock().write_all(&page(command)?))
}

/// The program's command line, complete: each verb knows its full name.
fn program() -> Command {
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    program
}

/// `command` and what is below it, but for what is hidden.
fn every(command: &Command) -> Vec<&Command> {
    let below = command.get_subcommands().filter(|verb| !verb.is_hide_set()).flat_map(every);
    std::iter::once(command).chain(below).collect()
}

/// `vmail`, `vmail-doctor`.
fn title(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

/// The page of `command`, in roff.
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

    // Each part defines apostrophes anew, in the lines that an empty page has: once is enough.
    let apostrophes = Roff::new().render();
    let parts = String::from_utf8_lossy(&parts).replace(&apostrophes, "");
    // By hand: the crate leaves an empty date out, which shifts what follows.
    let (title, version) = (title(command).to_uppercase(), env!("CARGO_PKG_VERSION"));
    let page = format!(".TH {title} 1 \"\" \"vmail {version}\" \"User Commands\"\n{apostrophes}{parts}");
    Ok(in_ascii(&page).into_bytes())
}

/// What stands at the end of the help: examples as they are typed, lists as lists, and the rest below
/// `heading`.
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

/// The keys of the screen, the lists of this file, and the exit codes.
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
        "On macOS the folders are in ~/Library/Application Support, on Windows in %APPDATA%, unless \
         the XDG variables are set.",
    )]);
    page.control("SH", ["EXIT STATUS"]);
    item(page, "0", "All was done.");
    for failure in Failure::EVERY {
        item(page, &(failure as u8).to_string(), failure.meaning());
    }
    list(page, "EXAMPLES", EXAMPLES);
}

/// The page with other characters by their names: not every formatter takes UTF-8.
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

/// A section of words and what each is.
fn list(page: &mut Roff, heading: &str, lines: &[(&str, &str)]) {
    page.control("SH", [heading]);
    for (word, meaning) in lines {
        item(page, word, meaning);
    }
}

fn item(page: &mut Roff, word: &str, meaning: &str) {
    page.control("TP", []).text([bold(word)]).text([roman(meaning)]);
}
