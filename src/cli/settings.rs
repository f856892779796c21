//! The settings in force, the account they name and where its store is: for every verb.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::cli::{AccountArgs, Usage, World};
use crate::config::{self, Overrides, Settings, Sources};
use crate::model::AccountKey;
use crate::paths::{self, XdgDirs};
use crate::store::{self, Opened, Store};
use crate::telecmi::BaseUrl;
use crate::text;
use crate::tui::keymap::KeyChord;

/// Reads the settings from `given`, which has to be there, or `usual`, which need not; with what
/// flags and environment say. Also returns where their file is.
pub fn load(
    given: Option<PathBuf>,
    usual: Option<PathBuf>,
    flags: Overrides,
    env: Overrides,
) -> anyhow::Result<(Settings, Option<PathBuf>)> {
    let must_exist = given.is_some();
    let path = given.or(usual);
    let text = path.as_deref().map(|path| (path, fs::read_to_string(path)));
    let file = match text {
        Some((path, Ok(text))) => Some((path.to_owned(), text)),
        Some((_, Err(error))) if error.kind() == io::ErrorKind::NotFound && !must_exist => None,
        Some((path, Err(error))) => {
            return Err(Usage(format!("{}: the settings cannot be read: {error}", path.display())).into());
        }
        None => None,
    };
    let check_base_url = |url: &str| BaseUrl::parse(url).map(drop).map_err(|error| error.to_string());
    let file_mode = file.as_ref().and_then(|(path, _)| mode(path));
    let check_key = |key: &str| {
        let shown = || text::clean(key, text::NAME_MAX);
        let wrong = || format!("\"{}\" is no key: expected one like \"6\" or \"Alt-b\"", shown());
        KeyChord::parse(key).map(drop).ok_or_else(wrong)
    };
    let sources = Sources { file, file_mode, flags, env, check_base_url, check_key };
    Ok((config::load(sources)?, path))
}

#[cfg(unix)]
fn mode(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    Some(fs::metadata(path).ok()?.permissions().mode())
}

#[cfg(not(unix))]
fn mode(_: &Path) -> Option<u32> {
    None
}

/// The name of an account in the store, and its server where that is not TeleCMI's own.
pub fn account_key(settings: &Settings, app_id: u64) -> anyhow::Result<(AccountKey, Option<BaseUrl>)> {
    let base_url = settings.base_url.as_deref().map(BaseUrl::parse).transpose()?;
    // One account has one key, however its server is written.
    let base_url = base_url.filter(|url| url.as_str() != settings.region.base_url());
    Ok((AccountKey::new(settings.region, app_id, base_url.as_ref().map(BaseUrl::as_str)), base_url))
}

/// What a store has to know from outside.
pub fn store_options(settings: &Settings, world: &World) -> store::Options {
    store::Options { country: settings.country.clone(), now: (world.clock)() }
}

/// The store and the account in it that flags, settings and environment name. The secret is not
/// needed, and no command for it is run.
pub fn open_store(args: &AccountArgs, world: &World) -> anyhow::Result<(Opened, AccountKey)> {
    let flags =
        Overrides { region: args.region.clone(), base_url: args.base_url.clone(), ..Overrides::default() };
    let usual = paths::config_file(&xdg(world));
    let (settings, _) = load(args.config.clone(), usual, flags, Overrides::from_env(world.variable))?;
    let app_id = settings
        .app_id
        .ok_or_else(|| Usage("no account: set TELECMI_APPID, or appid in the settings file".to_owned()))?;
    let (key, _) = account_key(&settings, app_id)?;
    let path = paths::store_file(&xdg(world)).context("no home folder: set XDG_DATA_HOME")?;
    Ok((Store::open(&path, &store_options(&settings, world))?, key))
}

/// The XDG folders of the environment.
pub fn xdg(world: &World) -> XdgDirs {
    let folder = |name| (world.variable)(name).map(Into::into);
    XdgDirs {
        config: folder("XDG_CONFIG_HOME"),
        data: folder("XDG_DATA_HOME"),
        cache: folder("XDG_CACHE_HOME"),
        runtime: folder("XDG_RUNTIME_DIR"),
    }
}
