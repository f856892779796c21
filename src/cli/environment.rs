//! What the machine and the environment say, as settings change it: signs, sound, contacts, ssh, the log.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::Context as _;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::cli::World;
use crate::cli::settings::xdg;
use crate::config::{Ascii, Settings};
use crate::contacts::ContactFiles;
use crate::core::humanize;
use crate::error::Fault;
use crate::paths;
use crate::player::Outputs;
#[cfg(target_os = "linux")]
use crate::player::pulse::Environment;
use crate::private_fs;
use crate::terminal::colours::Depth;
use crate::terminal::escape::transfer::Transfer;
use crate::terminal::remote::RemoteEnv;
use crate::terminal::ssh::Server;

/// Returns the settings for caller names, with the home folder for `~`.
pub fn contacts(settings: &Settings, world: &World) -> ContactFiles {
    let home = (world.variable)("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    let whole = |path: &PathBuf| match (path.strip_prefix("~"), &home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.clone(),
    };
    ContactFiles { paths: settings.contacts.iter().map(whole).collect(), country: settings.country.clone() }
}

/// Returns what is known about where the user sits: at this machine or at the other end of ssh.
pub fn remote_env(settings: &Settings, world: &World) -> RemoteEnv {
    let set = |name| (world.variable)(name).filter(|value| !value.is_empty());
    let connection = set("SSH_CONNECTION");
    let user = set("USER").or_else(|| set("LOGNAME")).unwrap_or_else(|| "user".to_owned());
    let host = (world.host_name)().unwrap_or_else(|| "this-machine".to_owned());
    // A sound program or server that was set is expected to work.
    let sound = settings.player_command.is_some() || set("PULSE_SERVER").is_some();
    RemoteEnv {
        remote: connection.is_some() && !sound,
        server: Server::new(connection.as_deref(), &user, &host),
        socket: paths::sound_socket(&xdg(world)),
        transfer: Transfer::detect(world.variable),
        home: set("HOME").map(PathBuf::from),
    }
}

/// Returns the sound outputs, by settings and environment.
#[cfg(target_os = "linux")]
pub fn outputs(settings: &Settings, world: &World) -> Outputs {
    let environment =
        Environment { forwarded: paths::sound_socket(&xdg(world)), ..Environment::new(world.variable) };
    Outputs { player_command: settings.player_command.clone().unwrap_or_default(), environment }
}

/// Returns the sound outputs, by settings and environment.
#[cfg(not(target_os = "linux"))]
pub fn outputs(settings: &Settings, _: &World) -> Outputs {
    Outputs { player_command: settings.player_command.clone().unwrap_or_default() }
}

/// Returns how many colours the terminal named `term` has.
pub fn depth(world: &World, term: &str) -> Depth {
    Depth::detect((world.variable)("COLORTERM").filter(|value| !value.is_empty()).as_deref(), term)
}

/// Whether the environment wants no colours: <https://no-color.org>.
pub fn is_plain(world: &World) -> bool {
    (world.variable)("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// Whether to use ASCII symbols, by settings and locale.
pub fn ascii(settings: &Settings, world: &World) -> bool {
    match settings.ascii {
        Ascii::Auto => !is_utf8(world),
        Ascii::Always => true,
        Ascii::Never => false,
    }
}

/// Whether the locale in the environment is UTF-8.
pub fn is_utf8(world: &World) -> bool {
    let set = |name| (world.variable)(name).filter(|value| !value.is_empty());
    // POSIX: the first of these that is set applies.
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default().to_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// Formats the path of a settings file, with `~` for the home folder.
pub(in crate::cli) fn shown(path: Option<&Path>, world: &World) -> String {
    let home = (world.variable)("HOME").filter(|home| !home.is_empty());
    humanize::path(path.unwrap_or(Path::new("config.toml")), home.as_deref().map(Path::new))
}

/// Logs to a file that only its owner can read. Only vmail's own messages: at the trace level, HTTP
/// libraries log requests, which contain the secret.
pub fn log_to(path: &Path, world: &World) -> anyhow::Result<()> {
    let level = (world.variable)("VMAIL_LOG").unwrap_or_else(|| "info".to_owned());
    let level: LevelFilter = level.parse().map_err(|_| {
        Fault::usage(format!("VMAIL_LOG is {level}: expected error, warn, info, debug or trace"))
    })?;
    let file = private_fs::options().create(true).append(true).open(path);
    let file = file.with_context(|| format!("cannot write the log {}", path.display()))?;
    let own = tracing_subscriber::filter::Targets::new().with_target("vmail", level);
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(Mutex::new(file));
    tracing_subscriber::registry().with(lines).with(own).init();
    Ok(())
}
