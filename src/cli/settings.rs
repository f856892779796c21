//! For all verbs: the settings in force, the account they select and the path of its store.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;

use crate::account::Account;
use crate::cli::{World, checks};
use crate::config::{self, Asking, FaultPlace, Overrides, SecretSource, Settings, Sources};
use crate::core::encoding;
use crate::core::model::{AccountKey, Region};
use crate::credentials::{self, LazySecret, Loaded, SecretStore};
use crate::error::Fault;
use crate::paths::{self, XdgDirs};
use crate::store::{self, Opened, Store};
use crate::telecmi::BaseUrl;

/// Flags that select an account. All but the last are settings of the same name.
#[derive(Args, Debug)]
pub struct AccountArgs {
    /// Account to use, by its name in the settings file
    #[arg(long, value_name = "ACCOUNT")]
    pub account: Option<String>,
    /// TeleCMI service: global or india
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Base URL of the API, without /voicemail
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// Use this settings file instead of the default one
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

impl AccountArgs {
    /// Returns the account's settings set by flags.
    pub fn overrides(&self) -> Overrides {
        Overrides {
            account: self.account.clone(),
            region: self.region.clone(),
            base_url: self.base_url.clone(),
            ..Overrides::default()
        }
    }
}

/// Flags for settings of the same name, and for the settings file.
#[derive(Args, Clone, Debug)]
pub struct SettingsArgs {
    /// Account to use, by its name in the settings file
    #[arg(long, value_name = "ACCOUNT")]
    pub account: Option<String>,
    /// TeleCMI service: global or india
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Date range: 24h, 7d, 2w, today, "last month", 2026-11-01..2026-11-15, …
    #[arg(long, value_name = "RANGE")]
    pub range: Option<String>,
    /// Time zone of all dates and times: an IANA name, or local
    #[arg(long, value_name = "ZONE")]
    pub timezone: Option<String>,
    /// Base URL of the API, without /voicemail
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// Number of parallel requests, 1 to 16
    #[arg(long, value_name = "N")]
    pub concurrency: Option<String>,
    /// Use this settings file instead of the default one
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

impl SettingsArgs {
    /// Returns the settings set by flags of their name.
    pub fn overrides(&self) -> Overrides {
        Overrides {
            account: self.account.clone(),
            region: self.region.clone(),
            base_url: self.base_url.clone(),
            range: self.range.clone(),
            timezone: self.timezone.clone(),
            concurrency: self.concurrency.clone(),
            ..Overrides::default()
        }
    }
}

/// The timeout of the system keyring, which may ask for its passphrase.
pub const KEYRING_PATIENCE: Duration = Duration::from_secs(30);

/// Loads the settings from `given`, which must exist, or `usual`, which may be missing, with flags and
/// environment. Also returns the path of the file.
pub fn load(
    given: Option<PathBuf>,
    usual: Option<PathBuf>,
    flags: Overrides,
    env: Overrides,
) -> anyhow::Result<(Settings, Option<PathBuf>)> {
    let (sources, path) = sources(given, usual, flags, env)?;
    Ok((config::load(sources)?, path))
}

/// Returns the settings of a verb and the path of their file.
pub fn of(args: &AccountArgs, world: &World) -> anyhow::Result<(Settings, Option<PathBuf>)> {
    load(args.config.clone(), paths::config_file(&xdg(world)), args.overrides(), env(world))
}

/// Returns the settings of a verb like [`of`], but the account may be missing from the settings file.
pub fn of_new(args: &AccountArgs, world: &World) -> anyhow::Result<(Settings, Option<PathBuf>)> {
    let usual = paths::config_file(&xdg(world));
    let (sources, path) = sources(args.config.clone(), usual, args.overrides(), env(world))?;
    Ok((config::load_for_new(sources)?, path))
}

/// Returns the settings set by the environment.
pub fn env(world: &World) -> Overrides {
    Overrides::from_env(world.variable)
}

/// Returns what the settings are [loaded](load) from, with the checks of the screen; and the path of the
/// file.
pub fn sources(
    given: Option<PathBuf>,
    usual: Option<PathBuf>,
    flags: Overrides,
    env: Overrides,
) -> anyhow::Result<(Sources, Option<PathBuf>)> {
    let must_exist = given.is_some();
    let path = given.or(usual);
    let text = path.as_deref().map(|path| (path, read_text(path)));
    let file = match text {
        Some((path, Ok(text))) => Some((path.to_owned(), text)),
        Some((_, Err(error))) if is_absent(&error) && !must_exist => None,
        Some((path, Err(error))) => {
            return Err(
                Fault::usage(format!("cannot read the settings file {}: {error}", path.display())).into()
            );
        }
        None => None,
    };
    let check_base_url = |url: &str| BaseUrl::parse(url).map(drop).map_err(|error| error.to_string());
    let file_mode = file.as_ref().and_then(|(path, _)| mode(path));
    let sources = Sources {
        file,
        file_mode,
        flags,
        env,
        check_base_url,
        check_key: checks::key,
        check_keys: checks::keys,
        check_colour: checks::colour,
    };
    Ok((sources, path))
}

/// Reads a settings file: UTF-8, or as editors on Windows may save it.
pub fn read_text(path: &Path) -> io::Result<String> {
    let text = encoding::to_utf8(&fs::read(path)?).into_owned();
    String::from_utf8(text).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not UTF-8"))
}

/// Whether the file does not exist, or cannot exist because a parent of it is a file.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
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

/// Returns the account's key in the store, and its base URL if it is not TeleCMI's.
pub fn account_key(settings: &Settings, app_id: u64) -> anyhow::Result<(AccountKey, Option<BaseUrl>)> {
    let base_url = settings.base_url.as_deref().map(BaseUrl::parse).transpose()?;
    let base_url = base_url.filter(|url| url.as_str() != settings.region.base_url());
    Ok((key_of(settings.region, app_id, base_url.as_ref()), base_url))
}

/// Returns the account's key in the store. Different spellings of a base URL give the same key.
pub fn key_of(region: Region, app_id: u64, base_url: Option<&BaseUrl>) -> AccountKey {
    let other = base_url.map(BaseUrl::as_str).filter(|url| *url != region.base_url());
    AccountKey::new(region, app_id, other)
}

/// Returns the store of secrets, if there is a home folder.
pub fn secret_store(world: &World) -> Option<SecretStore> {
    Some(SecretStore::new(&paths::secrets_folder(&xdg(world))?, KEYRING_PATIENCE))
}

/// Returns the store of secrets like [`secret_store`], but without the keyring.
pub fn secret_file(world: &World) -> Option<SecretStore> {
    Some(SecretStore::in_file(&paths::secrets_folder(&xdg(world))?))
}

/// Returns where a setting was set, for use in a sentence; `path` is the settings file.
pub fn place(place: &FaultPlace, path: &Path) -> String {
    match place {
        FaultPlace::File => path.display().to_string(),
        FaultPlace::Line(line) => format!("{}:{line}", path.display()),
        FaultPlace::Variable(name) => (*name).to_owned(),
        FaultPlace::Flag(name) => name.clone(),
    }
}

/// Returns how to store a secret for the account in force; follows "Run ".
fn remedy(settings: &Settings) -> String {
    match &settings.account {
        Some(name) => format!("`vmail login --account {name}`"),
        None => "`vmail login`, or set TELECMI_SECRET".to_owned(),
    }
}

/// Returns the command that opens the screen with the account in force.
fn start(settings: &Settings) -> String {
    settings.account.as_ref().map_or_else(|| "`vmail`".to_owned(), |name| format!("`vmail --account {name}`"))
}

/// Returns the account in the settings, if there is an app ID. The secret comes from the environment, the
/// settings, or `vmail login`, in this order. A keyring, and a command that cannot prompt, are only asked
/// when the secret is needed.
pub fn account(settings: &Settings, asking: Asking, world: &World) -> anyhow::Result<Option<Account>> {
    let Some(app_id) = settings.app_id else { return Ok(None) };
    let (key, base_url) = account_key(settings, app_id)?;
    let secret = match &settings.secret {
        Some(SecretSource::Text(secret)) => LazySecret::AtHand(secret.clone()),
        Some(SecretSource::Command(command)) => match asking {
            Asking::Terminal => LazySecret::AtHand(config::secret_from_command(command, asking)?),
            Asking::Nobody => LazySecret::printed(command, &start(settings)),
        },
        None => {
            let store = secret_store(world).context("no home folder: set XDG_DATA_HOME")?;
            match store.load_from_file(key.as_str()).map_err(|error| Fault::credentials(error.to_string()))? {
                Some(Loaded {
                    open_to_others: Some(mode),
                    place: credentials::SecretPlace::File(path),
                    ..
                }) => {
                    return Err(Fault::credentials(format!(
                        "others can read {} (mode {mode:o}): run `chmod 600` on it",
                        path.display()
                    ))
                    .into());
                }
                Some(loaded) => LazySecret::AtHand(loaded.secret),
                None => LazySecret::stored(store, key.as_str(), &remedy(settings)),
            }
        }
    };
    Ok(Some(Account { key, region: settings.region, base_url, app_id, secret }))
}

/// Returns the error for settings without an app ID: the store cannot be selected.
pub fn no_account() -> Fault {
    Fault::credentials("no account: run `vmail login`, or set TELECMI_APPID")
}

/// Returns the options of the store, by the settings.
pub fn store_options(settings: &Settings, world: &World) -> store::Options {
    store::Options { country: settings.country.clone(), now: (world.clock)() }
}

/// Opens the store and returns the key of the account in force. Does not need the secret, and does not
/// run `secret_command`.
pub fn open_store(args: &AccountArgs, world: &World) -> anyhow::Result<(Opened, AccountKey)> {
    let (settings, _) = of(args, world)?;
    let app_id = settings.app_id.ok_or_else(no_account)?;
    let (key, _) = account_key(&settings, app_id)?;
    let path = paths::store_file(&xdg(world)).context("no home folder: set XDG_DATA_HOME")?;
    Ok((Store::open(&path, &store_options(&settings, world))?, key))
}

/// Returns the XDG variables of the environment.
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
    use super::account_key;
    use crate::config::{self, Overrides, Sources};
    use crate::core::model::AccountKey;

    fn key(base_url: Option<&str>) -> AccountKey {
        let flags = Overrides { base_url: base_url.map(str::to_owned), ..Overrides::default() };
        let (file, file_mode, env) = (None, None, Overrides::default());
        let settings = config::load(Sources {
            file,
            file_mode,
            flags,
            env,
            check_base_url: |_| Ok(()),
            check_key: |_| Ok(()),
            check_keys: |_, _| Vec::new(),
            check_colour: |_| Ok(()),
        });
        account_key(&settings.unwrap(), 1_111_113).unwrap().0
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
