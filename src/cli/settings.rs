//! The settings in force, the account they name and where its store is: for every verb.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use crate::cli::World;
use crate::config::{self, Overrides, SecretSource, Settings, Sources};
use crate::error::Fault;
use crate::model::AccountKey;
use crate::paths::{self, XdgDirs};
use crate::store::{self, Opened, Store};
use crate::telecmi::{BaseUrl, Credentials};
use crate::text;
use crate::tui::keymap::KeyChord;
use crate::tui::runtime::Account;

/// Flags that say whose store it is. Each but the last is a setting of the same name.
#[derive(Args, Debug)]
pub struct AccountArgs {
    /// TeleCMI's service: global or india
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// What stands before /voicemail and /play, for another server than TeleCMI's
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// Settings file to use instead of the usual one
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

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
            return Err(
                Fault::usage(format!("{}: the settings cannot be read: {error}", path.display())).into()
            );
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

/// Who asks, once app ID and secret are both there.
pub fn account(settings: &Settings) -> anyhow::Result<Option<Account>> {
    let (Some(app_id), Some(source)) = (settings.app_id, &settings.secret) else { return Ok(None) };
    let secret = match source {
        SecretSource::Text(secret) => secret.clone(),
        SecretSource::Command(command) => config::secret_from_command(command)?,
    };
    let (key, base_url) = account_key(settings, app_id)?;
    Ok(Some(Account { key, region: settings.region, base_url, credentials: Credentials { app_id, secret } }))
}

/// Without an app ID it is not clear whose store is meant.
pub fn no_account() -> Fault {
    Fault::credentials("no account: set TELECMI_APPID, or appid in the settings file")
}

/// Without the secret the server cannot be asked.
pub fn no_secret() -> Fault {
    Fault::credentials(
        "no secret: set TELECMI_SECRET, or secret_command in the settings file. What is stored can be read with --offline",
    )
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
        .ok_or_else(|| Fault::credentials("no account: set TELECMI_APPID, or appid in the settings file"))?;
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

#[cfg(test)]
mod tests {
    use super::account;
    use crate::config::{self, Overrides, Sources};
    use crate::model::AccountKey;
    use crate::secret::Secret;

    fn key(base_url: Option<&str>) -> AccountKey {
        let flags = Overrides {
            app_id: Some("1111113".to_owned()),
            secret: Some(Secret::new("secret".to_owned())),
            base_url: base_url.map(str::to_owned),
            ..Overrides::default()
        };
        let (file, file_mode, env) = (None, None, Overrides::default());
        let settings = config::load(Sources {
            file,
            file_mode,
            flags,
            env,
            check_base_url: |_| Ok(()),
            check_key: |_| Ok(()),
        });
        account(&settings.unwrap()).unwrap().unwrap().key
    }

    #[test]
    fn an_account_has_one_key_however_its_server_is_written() {
        for url in ["https://rest.telecmi.com/v2", "https://REST.telecmi.com/v2/"] {
            assert_eq!(key(Some(url)), key(None), "{url}");
        }
        let local = key(Some("http://127.0.0.1:8080/v2"));
        assert_eq!(key(Some("http://127.0.0.1:8080/v2/")), local);
        assert_ne!(local, key(None));
    }
}
