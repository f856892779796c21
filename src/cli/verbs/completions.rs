//! `vmail completions SHELL`: prints the completion script of a shell. [`completing`] computes the
//! candidates.

use std::io::{self, Write as _};

use anyhow::Context as _;
use clap::{Args, ValueEnum};

use crate::cli::complete::{self, SHELLS};
use crate::cli::style;

/// Flags of `completions`.
#[derive(Args, Debug)]
pub struct CompletionsArgs {
    /// Shell to print the script for
    pub shell: Shell,
}

/// A supported shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// In ~/.bashrc: source <(vmail completions bash)
    Bash,
    /// In ~/.zshrc, after compinit: source <(vmail completions zsh)
    Zsh,
    /// In ~/.config/fish/completions/vmail.fish: vmail completions fish | source
    Fish,
    /// In $PROFILE: vmail completions powershell | Out-String | Invoke-Expression
    Powershell,
    /// In ~/.config/elvish/rc.elv: eval (vmail completions elvish | slurp)
    Elvish,
}

/// Prints the completion script. A broken pipe is not an error.
pub fn run(args: &CompletionsArgs) -> anyhow::Result<()> {
    let value = args.shell.to_possible_value().context("a shell without a name")?;
    let shell = SHELLS.completer(value.get_name()).context("a shell without a script")?;
    let mut script = Vec::new();
    // Use the name of the program, not its path, so that the script still works if the program moves.
    shell.write_registration(complete::VARIABLE, "vmail", "vmail", "vmail", &mut script)?;
    style::quietly(io::stdout().lock().write_all(&script))
}
