//! Where files go: the XDG folders, on every system that has them set.

use std::ffi::OsString;
use std::path::PathBuf;

use directories::ProjectDirs;

/// What of the environment decides where files go.
#[derive(Clone, Debug, Default)]
pub struct XdgDirs {
    /// `XDG_CONFIG_HOME`.
    pub config: Option<OsString>,
    /// `XDG_DATA_HOME`.
    pub data: Option<OsString>,
}

/// The settings file: `vmail/config.toml` in the folder for settings.
pub fn config_file(xdg: &XdgDirs) -> Option<PathBuf> {
    let usual = || Some(ProjectDirs::from("", "", "vmail")?.config_dir().to_owned());
    Some(set(xdg.config.as_ref()).or_else(usual)?.join("config.toml"))
}

/// The store: `vmail/vmail.db` in the folder for data.
pub fn store_file(xdg: &XdgDirs) -> Option<PathBuf> {
    let usual = || Some(ProjectDirs::from("", "", "vmail")?.data_dir().to_owned());
    Some(set(xdg.data.as_ref()).or_else(usual)?.join("vmail.db"))
}

/// `directories` heeds these variables on Linux alone; people set them on macOS as well. Relative
/// paths are to be ignored, says the XDG base directory specification.
fn set(variable: Option<&OsString>) -> Option<PathBuf> {
    let path = PathBuf::from(variable?);
    path.is_absolute().then(|| path.join("vmail"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn xdg_folders_are_heeded_unless_relative() {
        let set = XdgDirs { config: Some("/tmp/c".into()), data: Some("/tmp/d".into()) };
        assert_eq!(config_file(&set).as_deref(), Some(Path::new("/tmp/c/vmail/config.toml")));
        assert_eq!(store_file(&set).as_deref(), Some(Path::new("/tmp/d/vmail/vmail.db")));
        let relative = XdgDirs { config: Some("c".into()), data: None };
        assert_ne!(config_file(&relative).as_deref(), Some(Path::new("c/vmail/config.toml")));
    }
}
