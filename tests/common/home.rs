//! A home folder, and the environment of a program that runs in it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A folder and an environment that are all the program has of its user.
pub struct Home {
    folder: TempDir,
    variables: BTreeMap<&'static str, OsString>,
}

impl Home {
    /// Nothing of the machine's own user, but where programs are found.
    pub fn new() -> Home {
        let folder = TempDir::new().unwrap();
        let path = std::env::vars_os().find(|(name, _)| name == "PATH").unwrap().1;
        let below = |name: &str| folder.path().join(name).into_os_string();
        let variables = BTreeMap::from([
            ("HOME", folder.path().into()),
            ("XDG_CONFIG_HOME", below("config")),
            ("XDG_DATA_HOME", below("data")),
            ("XDG_CACHE_HOME", below("cache")),
            // No keyring: not that of whoever runs the tests either.
            ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus".into()),
            ("PATH", path),
            ("TERM", "xterm-256color".into()),
            ("LANG", "C.UTF-8".into()),
            ("TZ", "UTC".into()),
        ]);
        Home { folder, variables }
    }

    /// One with a settings file.
    pub fn with(settings: &str) -> Home {
        let home = Home::new();
        home.write_settings(settings);
        home
    }

    /// Sets a variable of the environment.
    pub fn set(mut self, name: &'static str, value: impl Into<OsString>) -> Home {
        self.variables.insert(name, value.into());
        self
    }

    /// Sets the account of the demo's app ID, with this secret, at `url`.
    pub fn account(self, url: &str, secret: &str) -> Home {
        let app_id = vmail::demo::APP_ID.to_string();
        self.set("TELECMI_APPID", app_id).set("TELECMI_SECRET", secret).set("VMAIL_BASE_URL", url)
    }

    /// The environment.
    pub fn variables(&self) -> &BTreeMap<&'static str, OsString> {
        &self.variables
    }

    /// The program under test, with this environment alone.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vmail"));
        command.env_clear().envs(&self.variables).current_dir(self.path());
        command.args(arguments).stdin(Stdio::null());
        command
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The settings file, which may not be there.
    pub fn settings(&self) -> PathBuf {
        self.path().join("config/vmail/config.toml")
    }

    pub fn store(&self) -> PathBuf {
        self.path().join("data/vmail/vmail.db")
    }

    /// The file for secrets, where there is no keyring.
    pub fn secrets(&self) -> PathBuf {
        self.path().join("data/vmail/credentials.toml")
    }

    /// Writes the settings file, which may hold a secret.
    pub fn write_settings(&self, text: &str) {
        let path = self.settings();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        set_mode(&path, 0o600);
    }
}

#[cfg(unix)]
pub fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// The permission bits of a file.
#[cfg(unix)]
pub fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[cfg(not(unix))]
pub fn set_mode(_: &Path, _: u32) {}
