//! `vmail man`: manual pages, made from the same definitions as the help. What the definitions do
//! not know (environment, files, exit status, examples) is listed here.

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Command, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::cli::Cli;
use crate::error::{Failure, Fault};
use crate::suggest::nearest;

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
    match io::stdout().lock().write_all(&page(command)?) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
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
    let man = Man::new(command.clone()).source(concat!("vmail ", env!("CARGO_PKG_VERSION"))).manual("vmail");
    let mut out = Vec::new();
    man.render_title(&mut out)?;
    man.render_name_section(&mut out)?;
    man.render_synopsis_section(&mut out)?;
    man.render_description_section(&mut out)?;
    man.render_options_section(&mut out)?;
    if command.get_subcommands().next().is_some() {
        man.render_subcommands_section(&mut out)?;
    }
    let mut more = Roff::new();
    if command.get_name() == "vmail" {
        if let Some(credentials) = command.get_after_help() {
            more.control("SH", ["CREDENTIALS"]).text([roman(credentials.to_string())]);
        }
        section(&mut more, "ENVIRONMENT", ENVIRONMENT);
        section(&mut more, "FILES", FILES);
        more.control("PP", []).text([roman(
            "On macOS the folders are in ~/Library/Application Support, on Windows in %APPDATA%, unless \
             the XDG variables are set.",
        )]);
        let codes = Failure::EVERY.map(|failure| ((failure as u8).to_string(), failure.meaning()));
        let codes = std::iter::once(("0".to_owned(), "All was done.")).chain(codes).collect::<Vec<_>>();
        let codes = codes.iter().map(|(code, meaning)| (code.as_str(), *meaning)).collect::<Vec<_>>();
        section(&mut more, "EXIT STATUS", &codes);
        section(&mut more, "EXAMPLES", EXAMPLES);
    } else {
        more.control("SH", ["SEE ALSO"]).text([bold("vmail"), roman("(1)")]);
    }
    more.to_writer(&mut out)?;
    Ok(out)
}

/// A list of words and what each is.
fn section(page: &mut Roff, heading: &str, lines: &[(&str, &str)]) {
    page.control("SH", [heading]);
    for (word, meaning) in lines {
        page.control("TP", []).text([bold(*word)]).text([roman(*meaning)]);
    }
}
