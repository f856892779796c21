//! Runs `secret_command`, which prints the secret.

use std::io;
use std::process::{Command, ExitStatus, Stdio};

use zeroize::Zeroizing;

use crate::core::text;
use crate::secret::{SECRET_VARIABLE, Secret};

/// Why a command returned no secret. May quote its stderr, never its stdout.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The command is empty.
    #[error("secret_command is empty")]
    NoCommand,
    /// It could not be started.
    #[error("secret_command: cannot run `{program}`: {source}")]
    NotStarted {
        /// The program.
        program: String,
        /// The system error.
        source: io::Error,
    },
    /// It exited with a status other than 0.
    #[error("secret_command failed ({status}){}", .said.as_ref().map_or_else(String::new, |said| format!(": {said}")))]
    Failed {
        /// The exit status.
        status: ExitStatus,
        /// The first line of its stderr, made safe for a terminal.
        said: Option<String>,
    },
    /// It printed nothing.
    #[error("secret_command printed nothing: it must print the secret")]
    Empty,
    /// It printed more than one line.
    #[error("secret_command printed more than one line: it must print the secret and nothing else")]
    Lines,
    /// It printed something other than text.
    #[error("secret_command printed something other than UTF-8 text")]
    NotText,
}

/// Whether the command can prompt the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// It can: it inherits stdin. Only before the screen is drawn.
    Terminal,
    /// It cannot: the screen is in use.
    Nobody,
}

/// Runs `secret_command` and returns what it prints as the secret, without the trailing newline. Blocks
/// until the program exits.
pub fn secret_from_command(argv: &[String], asking: Asking) -> Result<Secret, CommandError> {
    let (program, arguments) = argv.split_first().ok_or(CommandError::NoCommand)?;
    let mut command = Command::new(program);
    command.args(arguments).env_remove(SECRET_VARIABLE);
    match asking {
        Asking::Terminal => command.stdin(Stdio::inherit()),
        // GnuPG prompts on the terminal in GPG_TTY, whatever stdin is.
        Asking::Nobody => command.stdin(Stdio::null()).env_remove("GPG_TTY"),
    };
    let output = command.output().map_err(|source| CommandError::NotStarted {
        program: text::clean(program, text::NAME_MAX),
        source,
    })?;
    let printed = Zeroizing::new(output.stdout);
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let said =
            stderr.lines().map(|line| text::clean(line, text::MESSAGE_MAX)).find(|line| !line.is_empty());
        return Err(CommandError::Failed { status: output.status, said });
    }
    let secret = std::str::from_utf8(&printed).map_err(|_| CommandError::NotText)?;
    let secret = secret.strip_suffix('\n').unwrap_or(secret);
    let secret = secret.strip_suffix('\r').unwrap_or(secret);
    if secret.trim().is_empty() {
        return Err(CommandError::Empty);
    }
    if secret.contains('\n') {
        return Err(CommandError::Lines);
    }
    Ok(Secret::new(secret.to_owned()))
}
