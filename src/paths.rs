//! Where files are stored: in the XDG folders, on every system that sets them; also resolves links.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{fs, io};

use directories::ProjectDirs;

/// The environment variables that set the folders.
#[derive(Clone, Debug, Default)]
pub struct XdgDirs {
    /// `XDG_CONFIG_HOME`.
    pub config: Option<OsString>,
    /// `XDG_DATA_HOME`.
    pub data: Option<OsString>,
    /// `XDG_CACHE_HOME`.
    pub cache: Option<OsString>,
    /// `XDG_RUNTIME_DIR`.
    pub runtime: Option<OsString>,
}

/// Returns the settings file: `vmail/config.toml` in the configuration folder.
pub fn config_file(xdg: &XdgDirs) -> Option<PathBuf> {
    let usual = || Some(ProjectDirs::from("", "", "vmail")?.config_dir().to_owned());
    Some(set(xdg.config.as_ref()).or_else(usual)?.join("config.toml"))
}

/// Returns the store: `vmail/vmail.db` in the data folder.
pub fn store_file(xdg: &XdgDirs) -> Option<PathBuf> {
    let usual = || Some(ProjectDirs::from("", "", "vmail")?.data_dir().to_owned());
    Some(set(xdg.data.as_ref()).or_else(usual)?.join("vmail.db"))
}

/// Returns the folder for secrets if there is no keyring: that of the store, which is private. Not
/// that of the settings, which people keep under version control.
pub fn secrets_folder(xdg: &XdgDirs) -> Option<PathBuf> {
    Some(store_file(xdg)?.parent()?.to_owned())
}

/// Returns the folder for recordings, with a folder per account: `vmail/recordings` in the cache
/// folder, because they can be fetched again.
pub fn recordings_folder(xdg: &XdgDirs) -> Option<PathBuf> {
    let usual = || Some(ProjectDirs::from("", "", "vmail")?.cache_dir().to_owned());
    Some(set(xdg.cache.as_ref()).or_else(usual)?.join("recordings"))
}

/// Returns the socket for sound forwarded to the user's own machine, in a private folder.
pub fn sound_socket(xdg: &XdgDirs) -> Option<PathBuf> {
    let runtime = xdg.runtime.as_ref().map(PathBuf::from).filter(|path| path.is_absolute());
    match runtime {
        Some(runtime) => Some(runtime.join("vmail-sound")),
        None => Some(store_file(xdg)?.with_file_name("sound")),
    }
}

/// Resolves links in the last component of `path`; the target need not exist. Use it before
/// replacing a file, so that a link stays a link.
///
/// # Errors
/// If there is a cycle of links.
pub fn behind_links(path: &Path) -> io::Result<PathBuf> {
    /// The limit of Linux.
    const LINKS_MAX: usize = 40;
    let mut target = path.to_owned();
    for _ in 0..LINKS_MAX {
        match fs::read_link(&target) {
            Ok(next) => target = target.parent().unwrap_or(Path::new(".")).join(next),
            Err(_) => return Ok(target),
        }
    }
    Err(io::Error::other("too many links"))
}

/// Returns `vmail` in the folder that an XDG variable sets. `directories` reads these variables only
/// on Linux; people also set them on macOS. The specification says to ignore relative paths.
fn set(variable: Option<&OsString>) -> Option<PathBuf> {
    let path = PathBuf::from(variable?);
    path.is_absolute().then(|| path.join("vmail"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xdg_folders_are_heeded_unless_relative() {
        let set = XdgDirs {
            config: Some("/tmp/c".into()),
            data: Some("/tmp/d".into()),
            cache: Some("/tmp/e".into()),
            runtime: None,
        };
        assert_eq!(config_file(&set).as_deref(), Some(Path::new("/tmp/c/vmail/config.toml")));
        assert_eq!(store_file(&set).as_deref(), Some(Path::new("/tmp/d/vmail/vmail.db")));
        assert_eq!(recordings_folder(&set).as_deref(), Some(Path::new("/tmp/e/vmail/recordings")));
        let relative = XdgDirs { config: Some("c".into()), ..XdgDirs::default() };
        assert_ne!(config_file(&relative).as_deref(), Some(Path::new("c/vmail/config.toml")));
    }
}
