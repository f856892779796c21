//! `vmail completions SHELL`: the script by which a shell asks for completions. What it gets is
//! [`completing`]'s business.

use std::io::{self, Write as _};

use anyhow::Context as _;
use clap::{Args, ValueEnum};

use crate::cli::completing::{self, SHELLS};
use crate::cli::output;

/// Flags of `completions`.
#[derive(Args, Debug)]
pub struct CompletionsArgs {
    /// Whose script
    pub shell: Shell,
}

/// A shell that can be told what could be typed next.
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

/// Prints the script. A reader that has had enough is no failure.
pub fn run(args: &CompletionsArgs) -> anyhow::Result<()> {
    let value = args.shell.to_possible_value().context("a shell without a name")?;
    let shell = SHELLS.completer(value.get_name()).context("a shell without a script")?;
    let mut script = Vec::new();
    // By its name and not by its path: the script stays good when the program moves.
    shell.write_registration(completing::VARIABLE, "vmail", "vmail", "vmail", &mut script)?;
    output::quietly(io::stdout().lock().write_all(&script))
}
