//! `vmail config edit`: opens the settings file in the user's editor and checks it afterwards.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

use crate::cli::verbs::config::tell;
use crate::cli::{World, settings};
use crate::config::{ConfigError, DEFAULT, Overrides};
use crate::error::Fault;
use crate::private_fs;
use crate::secret::SECRET_VARIABLE;

/// Opens the settings file in the editor until it is valid or the user gives up.
///
/// # Errors
///
/// If the file cannot be created, the editor fails, or faults remain.
pub fn run(path: &Path, world: &World) -> anyhow::Result<()> {
    if !path.exists() {
        make(path).with_context(|| format!("cannot create {}", path.display()))?;
    }
    loop {
        open(path, world)?;
        // Check only the file: the environment cannot be fixed in the editor.
        let nothing = Overrides::default();
        let Err(faults) = settings::load(Some(path.to_owned()), None, nothing.clone(), nothing) else {
            tell(&format!("{}: OK", path.display()));
            return Ok(());
        };
        if !faults.is::<ConfigError>() || !somebody_is_there() {
            return Err(faults);
        }
        tell(&format!("{faults:#}"));
        if !is_wanted_again()? {
            return Err(Fault::usage(format!("{}: still has these errors", path.display())).into());
        }
    }
}

/// Creates a private file with all default settings commented out: a secret may be added to it.
fn make(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        private_fs::make_folder(folder)?;
    }
    private_fs::options().write(true).create_new(true).open(path)?.write_all(commented().as_bytes())
}

/// Returns the default settings, commented out.
fn commented() -> String {
    let set = |line: &str| line.starts_with(|c: char| c.is_ascii_lowercase());
    DEFAULT.lines().flat_map(|line| [if set(line) { "#" } else { "" }, line, "\n"]).collect()
}

/// Runs the editor and waits for it.
fn open(path: &Path, world: &World) -> anyhow::Result<()> {
    let set = |name| (world.variable)(name).filter(|value| !value.trim().is_empty());
    let usual = if cfg!(windows) { "notepad" } else { "vi" };
    let editor = set("VISUAL").or_else(|| set("EDITOR")).unwrap_or_else(|| usual.to_owned());
    let status = command(&editor)
        .arg(path)
        .env_remove(SECRET_VARIABLE)
        .status()
        .with_context(|| format!("cannot start the editor `{editor}`: set VISUAL or EDITOR"))?;
    if status.success() {
        return Ok(());
    }
    Err(Fault {
        failure: crate::error::Failure::Other,
        message: format!("the editor `{editor}` failed ({status})"),
    }
    .into())
}

/// Returns a command that parses the editor like a shell does, as it may have arguments. The path
/// stays one argument.
#[cfg(unix)]
fn command(editor: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{editor} \"$@\""), "vmail"]);
    command
}

#[cfg(not(unix))]
fn command(editor: &str) -> Command {
    let mut words = editor.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words);
    command
}

fn somebody_is_there() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks whether to edit the file again.
fn is_wanted_again() -> io::Result<bool> {
    let mut to_the_user = io::stderr();
    write!(to_the_user, "Edit again? [Y/n] ")?;
    to_the_user.flush()?;
    let mut answer = String::new();
    let got = io::stdin().lock().read_line(&mut answer)?;
    Ok(got > 0 && !answer.trim().to_lowercase().starts_with('n'))
}
