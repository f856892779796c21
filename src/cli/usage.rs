//! Parses the command line. Usage errors are clap's, with advice that clap cannot give.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write as _};
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::str::FromStr;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory as _, FromArgMatches as _};

use crate::cli::arrange::{arranged, takes_query};
use crate::cli::{Cli, World, help, style};
use crate::error::Failure;

/// Flags with which people may try to pass the secret.
const SECRET_FLAGS: [&str; 5] = ["--secret", "--app-secret", "--appsecret", "--password", "--token"];

/// Parses the command line `arguments`.
///
/// # Errors
/// An error for [`tell`], also for `--help` and `--version`.
pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let words = arranged(arguments.into_iter().collect())?;
    let after: Vec<_> = words.iter().skip(1).filter_map(|word| word.to_str()).collect();
    if help::asks_for_topic(&after) {
        help::topic().try_get_matches_from(["options", "--help"])?;
    }
    let asked_of_verb = after.first() == Some(&"help") && after.len() > 1;
    let long = asked_of_verb || after.len() > 1 && after.contains(&"--help");
    let verb = words.get(1).and_then(|word| word.to_str()).map(str::to_owned);
    let parse = |program: Command| {
        program.try_get_matches_from(&words).and_then(|matches| Cli::from_arg_matches(&matches))
    };
    let read = match parse(Cli::command()) {
        // Only then: it takes as long as the rest of the start.
        Err(error) if is_help(&error) => parse(help::arranged(Cli::command(), long)),
        read => read,
    };
    read.map_err(|mut error| {
        if let Some(advice) = advice(&error, verb.as_deref()) {
            let advice = ContextValue::StyledStrs(vec![StyledStr::from(advice)]);
            error.insert(ContextKind::Suggested, advice);
        } else if error.kind() == ErrorKind::UnknownArgument && verb.as_deref().is_some_and(queries) {
            // `-- --flag` would search for a mistyped flag.
            error.remove(ContextKind::Suggested);
        }
        error
    })
}

fn is_help(error: &clap::Error) -> bool {
    use ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand};
    matches!(error.kind(), DisplayHelp | DisplayHelpOnMissingArgumentOrSubcommand)
}

/// Prints clap's message: help to stdout, errors to stderr.
pub fn tell(error: &clap::Error, world: &World) -> ExitCode {
    if error.use_stderr() {
        let message = error.render();
        let coloured = io::stderr().is_terminal() && style::takes_colour(world);
        let text = if coloured { message.ansi().to_string() } else { message.to_string() };
        // The same prefix as all other errors. An error that cannot be written cannot be reported.
        let _ = write!(io::stderr(), "{}", text.replacen("error:", "vmail:", 1));
        return Failure::Usage.into();
    }
    match error.print().and_then(|()| io::stdout().flush()) {
        Err(unwritten) if unwritten.kind() != io::ErrorKind::BrokenPipe => {
            // An error that cannot be written cannot be reported.
            let _ = writeln!(io::stderr(), "vmail: cannot write to stdout: {unwritten}");
            Failure::Other.into()
        }
        _ => ExitCode::SUCCESS,
    }
}

/// Parses the value of a flag as an integer, 0 or more.
pub fn whole<T: FromStr>(text: &str) -> Result<T, &'static str> {
    text.parse().map_err(|_| "expected a whole number, 0 or more")
}

/// Parses the value of a flag as an integer, 1 or more.
pub fn at_least_one(text: &str) -> Result<NonZeroUsize, &'static str> {
    text.parse().map_err(|_| "expected a whole number, 1 or more")
}

/// Returns advice for a usage error of `verb`.
fn advice(error: &clap::Error, verb: Option<&str>) -> Option<String> {
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else { return None };
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    if SECRET_FLAGS.contains(&flag.as_str()) {
        let instead = "`vmail login` prompts for it or reads it from stdin";
        return Some(format!(
            "there is no flag for the secret, because other users can see command lines: {instead}"
        ));
    }
    let is_letter = flag.chars().count() == 2;
    (verb.is_some_and(queries) && is_letter)
        .then(|| "to exclude a word from the search, write NOT before it: `NOT billing`".to_owned())
}

/// Returns whether `verb` takes a query.
fn queries(verb: &str) -> bool {
    Cli::command().find_subcommand(verb).is_some_and(takes_query)
}
