//! Parses the command line. Usage errors are clap's, with advice that clap cannot give.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::str::FromStr;

use clap::Parser as _;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::cli::Cli;
use crate::error::Failure;

/// Flags with which people may try to pass the secret.
const SECRET_FLAGS: [&str; 5] = ["--secret", "--app-secret", "--appsecret", "--password", "--token"];

/// Parses `arguments`.
///
/// # Errors
/// An error for [`tell`], also for `--help` and `--version`.
pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(arguments).map_err(|mut error| {
        if let Some(advice) = advice(&error) {
            let advice = ContextValue::StyledStrs(vec![StyledStr::from(advice)]);
            error.insert(ContextKind::Suggested, advice);
        }
        error
    })
}

/// Prints clap's message: help to stdout, errors to stderr.
pub fn tell(error: &clap::Error) -> ExitCode {
    let told = error.print().and_then(|()| io::stdout().flush());
    match told {
        _ if error.use_stderr() => Failure::Usage.into(),
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

/// Returns advice for a usage error.
fn advice(error: &clap::Error) -> Option<String> {
    let named = |kind| match error.get(kind) {
        Some(ContextValue::String(name)) => Some(name.clone()),
        Some(ContextValue::Strings(names)) => Some(names.join(" ")),
        _ => None,
    };
    match error.kind() {
        ErrorKind::ArgumentConflict => {
            let (verb, flags) = (named(ContextKind::InvalidSubcommand)?, named(ContextKind::PriorArg)?);
            Some(format!("put the flags of a command after it: `vmail {verb} {flags}`"))
        }
        ErrorKind::UnknownArgument if SECRET_FLAGS.contains(&&*named(ContextKind::InvalidArg)?) => {
            let instead = "`vmail login` prompts for it or reads it from stdin";
            Some(format!(
                "there is no flag for the secret, because other users can see command lines: {instead}"
            ))
        }
        _ => None,
    }
}
