//! Reading the command line, and what is said of one that cannot be used: clap's words, with the
//! advice that clap cannot know.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::str::FromStr;

use clap::Parser as _;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::cli::Cli;
use crate::error::Failure;

/// Flags by which people try to hand over the secret.
const SECRET_FLAGS: [&str; 5] = ["--secret", "--app-secret", "--appsecret", "--password", "--token"];

/// What `arguments` ask for.
///
/// # Errors
/// clap's, to be told by [`tell`]: also where help or the version was asked for.
pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(arguments).map_err(|mut error| {
        if let Some(advice) = advice(&error) {
            let advice = ContextValue::StyledStrs(vec![StyledStr::from(advice)]);
            error.insert(ContextKind::Suggested, advice);
        }
        error
    })
}

/// Prints what clap has to say: help to stdout, a mistake to stderr.
pub fn tell(error: &clap::Error) -> ExitCode {
    let told = error.print().and_then(|()| io::stdout().flush());
    match told {
        _ if error.use_stderr() => Failure::Usage.into(),
        Err(unwritten) if unwritten.kind() != io::ErrorKind::BrokenPipe => {
            // Nobody is left to be told where this fails.
            let _ = writeln!(io::stderr(), "vmail: stdout cannot be written: {unwritten}");
            Failure::Other.into()
        }
        _ => ExitCode::SUCCESS,
    }
}

/// A whole number, 0 or more, as a flag's value; what is wrong is said in words for people.
pub fn whole<T: FromStr>(text: &str) -> Result<T, &'static str> {
    text.parse().map_err(|_| "expected a whole number, 0 or more")
}

/// What to do about it.
fn advice(error: &clap::Error) -> Option<String> {
    let named = |kind| match error.get(kind) {
        Some(ContextValue::String(name)) => Some(name.clone()),
        Some(ContextValue::Strings(names)) => Some(names.join(" ")),
        _ => None,
    };
    match error.kind() {
        ErrorKind::ArgumentConflict => {
            let (verb, flags) = (named(ContextKind::InvalidSubcommand)?, named(ContextKind::PriorArg)?);
            Some(format!("the flags of a verb stand after it: 'vmail {verb} {flags}'"))
        }
        ErrorKind::UnknownArgument if SECRET_FLAGS.contains(&&*named(ContextKind::InvalidArg)?) => {
            let instead = "'vmail login' asks for it, or takes it from stdin";
            Some(format!("no flag takes the secret, for others can read a command line: {instead}"))
        }
        _ => None,
    }
}
