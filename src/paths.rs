//! Where files go: the XDG folders, on every system that has them set, and where links lead.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{fs, io};

use directories::ProjectDirs;

/// What of the environment decides where files go.
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

/// The folder for secrets where there is no keyring: that of the store, which belongs to its user
/// alone. Not that of the settings, which people keep under version control.
pub fn secrets_folder(xdg: &XdgDirs) -> Option<PathBuf> {
    Some(store_file(xdg)?.parent()?.to_owned())
}

/// Recordings, a folder for each account below it: they can all be fetched again, so they are in
/// `vmail/recordings` in the folder for caches.
pub fn recordings_folder(xdg: &XdgDirs) -> Option<PathBuf> {
    let usual = || Some(ProjectDirs::from("", "", "vmail")?.cache_dir().to_owned());
    Some(set(xdg.cache.as_ref()).or_else(usual)?.join("recordings"))
}

/// The socket to which the sound of the user's own machine can be forwarded: in a folder that
/// nobody else can enter.
pub fn sound_socket(xdg: &XdgDirs) -> Option<PathBuf> {
    let runtime = xdg.runtime.as_ref().map(PathBuf::from).filter(|path| path.is_absolute());
    match runtime {
        Some(runtime) => Some(runtime.join("vmail-sound")),
        None => Some(store_file(xdg)?.with_file_name("sound")),
    }
}

/// Where `path` leads, through links; what it leads to need not be there. For files that are replaced as
/// a whole: a link to a file elsewhere is to stay one.
///
/// # Errors
/// When links lead around in circles.
pub fn behind_links(path: &Path) -> io::Result<PathBuf> {
    /// As many as Linux follows.
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

/// `directories` heeds these variables on Linux alone; people set them on macOS as well. Relative
/// paths are to be ignored, says the XDG base directory specification.
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
