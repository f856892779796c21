//! `vmail login`: asks for an account, checks it and stores its secret.

use std::fs;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono::TimeDelta;
use clap::Args;
use tempfile::NamedTempFile;
use tokio::task::spawn_blocking;

use crate::cli::World;
use crate::cli::settings::{self, AccountArgs, place};
use crate::cli::waiting::Waiting;
use crate::config::Settings;
use crate::config::edit::{EditError, NewAccount};
use crate::core::model::{AccountKey, Region, Span};
use crate::credentials::{SecretStore, Stored};
use crate::error::{Failure, Fault};
use crate::secret::Secret;
use crate::telecmi::{ApiError, BaseUrl, Client, Credentials};
use crate::terminal::hidden;
use crate::{paths, private_fs};

/// How often a secret can be typed.
const TRIES: usize = 3;

/// Flags of `login`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  vmail login
  vmail login --account office --region india
  pass show telecmi | vmail login --app-id 1111113
  vmail login --no-keyring                for cron jobs, without a keyring")]
pub struct LoginArgs {
    /// App ID, shown in the TeleCMI dashboard under Settings
    #[arg(long, value_name = "N", value_parser = app_id)]
    pub app_id: Option<i64>,
    /// Store the secret in a file, even if there is a keyring
    #[arg(long)]
    pub no_keyring: bool,
    /// Store the secret without checking it, for example without a network
    #[arg(long)]
    pub no_check: bool,
    /// The account; one that is not in the settings file is added.
    #[command(flatten)]
    pub account: AccountArgs,
}

fn app_id(text: &str) -> Result<i64, &'static str> {
    let app_id = text.parse().ok().filter(|app_id| *app_id > 0);
    app_id.ok_or("expected a number; the TeleCMI dashboard shows it under Settings")
}

/// Asks for the account, checks it and stores it. Reports to stderr; lines that could not be written
/// to the settings file go to stdout.
pub fn run(args: &LoginArgs, world: &World) -> anyhow::Result<()> {
    let (mut settings, path) = settings::of_new(&args.account, world)?;
    let path = path.context("no home folder: set XDG_CONFIG_HOME")?;
    let store = settings::secret_store(world).filter(|_| !args.no_keyring);
    let store =
        store.or_else(|| settings::secret_file(world)).context("no home folder: set XDG_DATA_HOME")?;

    let app_id = identify(args, &mut settings, world)?;
    let new = New::of(&settings, &path, app_id)?;
    let secret = if args.no_check { secret(&new.key)? } else { accepted(&new, world)? };

    let waiting = (!args.no_keyring).then(|| Waiting::for_keyring(settings::KEYRING_PATIENCE));
    let kept = keep(&store, &new.key, &secret)?;
    drop(waiting);
    writeln!(io::stderr(), "{kept}")?;
    if let Some(at) = &settings.secret_at {
        let at = place(at, &path);
        writeln!(io::stderr(), "{at} also sets a secret, which takes precedence.")?;
    }
    let config = args.account.config.as_ref();
    let Some(edited) = &new.edited else { return next(&settings, config, world) };
    match write_settings(&path, edited) {
        Ok(()) => {
            writeln!(io::stderr(), "Saved the region and app ID in {}.", path.display())?;
            next(&settings, config, world)
        }
        Err(error) => {
            io::stdout().lock().write_all(new.lines.as_bytes())?;
            let message = format!("cannot write {}: {error}. Add the lines above to it.", path.display());
            Err(Fault::partly(message).into())
        }
    }
}

/// Checks and stores the app ID and secret typed on the screen. Returns a message that says where the
/// secret is.
pub async fn admit(
    args: &AccountArgs,
    app_id: u64,
    secret: &Secret,
    world: &World,
) -> anyhow::Result<String> {
    let (settings, path) = settings::of_new(args, world)?;
    let path = path.context("no home folder: set XDG_CONFIG_HOME")?;
    let store = settings::secret_store(world).context("no home folder: set XDG_DATA_HOME")?;
    let new = New::of(&settings, &path, app_id.cast_signed())?;
    check(&new, secret, world).await.map_err(|error| untried(&error, ""))?;
    let (key, secret) = (new.key.clone(), secret.clone());
    // Blocks while the keyring prompts for a passphrase.
    let kept = spawn_blocking(move || keep(&store, &key, &secret)).await??;
    if let Some(edited) = &new.edited {
        write_settings(&path, edited).with_context(|| {
            let lines = new.lines.trim().replace('\n', ", ");
            format!("cannot write {}. Add {lines} to it", path.display())
        })?;
    }
    Ok(kept)
}

/// An account to store.
struct New {
    key: AccountKey,
    region: Region,
    base_url: Option<BaseUrl>,
    app_id: u64,
    /// The settings file with the account; `None` if it needs no change.
    edited: Option<String>,
    /// The lines to add by hand if the file cannot be written.
    lines: String,
}

impl New {
    /// Returns the account in force in `settings`, from the file `path`, with the app ID. Fails if it
    /// cannot be added to that file, before the user types a secret in vain.
    fn of(settings: &Settings, path: &Path, app_id: i64) -> anyhow::Result<New> {
        let (key, base_url) = settings::account_key(settings, app_id.cast_unsigned())?;
        let entry = NewAccount {
            name: settings.account.as_deref(),
            region: settings.region,
            app_id,
            base_url: settings.base_url.as_deref(),
        };
        let text = match settings::read_text(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            text => text.with_context(|| format!("cannot read {}", path.display()))?,
        };
        let edited = entry.put_into(&text).map_err(|error| refused(path, error, app_id))?;
        let (region, app_id, lines) = (settings.region, app_id.cast_unsigned(), entry.lines());
        Ok(New { key, region, base_url, app_id, edited, lines })
    }
}

/// Returns the app ID and sets the region in `settings`; prompts for what is not known.
fn identify(args: &LoginArgs, settings: &mut Settings, world: &World) -> anyhow::Result<i64> {
    let set = |name| (world.variable)(name).is_some_and(|value: String| !value.is_empty());
    let known = args.app_id.or_else(|| settings.app_id?.try_into().ok());
    let is_terminal = io::stdin().is_terminal();
    let region_is_known = args.account.region.is_some() || settings.app_id.is_some() || set("VMAIL_REGION");
    if is_terminal && !region_is_known {
        let question = format!("TeleCMI service, global or india [{}]: ", settings.region.name());
        settings.region = ask(&question, |line| match line {
            "" => Ok(settings.region),
            line => [Region::Global, Region::India]
                .into_iter()
                .find(|region| region.name().eq_ignore_ascii_case(line))
                .ok_or("expected global (CHUB) or india (CHUB India)"),
        })?;
    }
    match known {
        Some(app_id) => Ok(app_id),
        None if is_terminal => ask("App ID: ", app_id),
        None => Err(Fault::usage("stdin is not a terminal: set the app ID with --app-id").into()),
    }
}

/// Prompts for a line until `read` accepts it.
fn ask<T>(question: &str, read: impl Fn(&str) -> Result<T, &'static str>) -> anyhow::Result<T> {
    loop {
        io::stderr().write_all(question.as_bytes())?;
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line)? == 0 {
            return Err(called_off());
        }
        match read(line.trim()) {
            Ok(value) => return Ok(value),
            Err(wrong) => writeln!(io::stderr(), "{wrong}")?,
        }
    }
}

/// Returns a secret that the server accepts. If the user types a wrong one, asks again.
fn accepted(new: &New, world: &World) -> anyhow::Result<Secret> {
    let mut left = if io::stdin().is_terminal() { TRIES } else { 1 };
    loop {
        let secret = secret(&new.key)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let checked = runtime.block_on(check(new, &secret, world));
        // A name look-up may still block a thread; do not wait for it.
        runtime.shutdown_background();
        left -= 1;
        match checked {
            Ok(()) => return Ok(secret),
            Err(error @ ApiError::NotAuthenticated { .. }) if left > 0 => {
                writeln!(io::stderr(), "vmail: {error} Type the secret again, or press Ctrl-C.")?;
            }
            Err(error) => {
                return Err(untried(&error, " Use --no-check to store it without checking.").into());
            }
        }
    }
}

/// Reads the secret: typed without echo, or the first line of stdin.
fn secret(key: &AccountKey) -> anyhow::Result<Secret> {
    if io::stdin().is_terminal() {
        let question = format!("App secret for {} (hidden): ", key.as_str());
        return hidden::ask(&question)?.ok_or_else(called_off);
    }
    let line = hidden::first_line().context("cannot read stdin")?;
    line.ok_or_else(|| Fault::usage("stdin is empty: expected the secret on the first line").into())
}

fn called_off() -> anyhow::Error {
    let message = "cancelled: nothing was stored".to_owned();
    Fault { failure: Failure::Interrupted, message }.into()
}

/// Requests the voicemails of the last hour.
async fn check(new: &New, secret: &Secret, world: &World) -> Result<(), ApiError> {
    let now = (world.clock)();
    let credentials = Credentials { app_id: new.app_id, secret: secret.clone() };
    let client = Client::new(new.region, new.base_url.as_ref(), credentials)?;
    client.page(Span::new(now - TimeDelta::hours(1), now), 1).await.map(drop)
}

/// Adds to `error` that nothing was stored, and `hint` if the credentials may be correct.
fn untried(error: &ApiError, hint: &str) -> Fault {
    let hint = match error {
        ApiError::NotAuthenticated { .. } | ApiError::BadRequest { .. } => "",
        _ => hint,
    };
    Fault { failure: Failure::from(error), message: format!("{error} Nothing was stored.{hint}") }
}

/// Stores the secret and returns a message that says where.
fn keep(store: &SecretStore, key: &AccountKey, secret: &Secret) -> anyhow::Result<String> {
    let Stored { place, instead_of_keyring } = store.store(key.as_str(), secret)?;
    let why = instead_of_keyring.map_or_else(String::new, |unavailable| format!("; {unavailable}"));
    Ok(format!("Stored the secret for {} in {place}{why}.", key.as_str()))
}

fn next(settings: &Settings, config: Option<&PathBuf>, world: &World) -> anyhow::Result<()> {
    // Reload the settings to see whether the account is the default now.
    let args = AccountArgs { account: None, region: None, base_url: None, config: config.cloned() };
    let usual = settings::of(&args, world).is_ok_and(|(usual, _)| usual.account == settings.account);
    let start = match &settings.account {
        Some(name) if !usual => format!("vmail --account {name}"),
        _ => "vmail".to_owned(),
    };
    writeln!(io::stderr(), "Run `{start}` to open the inbox.")?;
    Ok(())
}

fn refused(path: &Path, error: EditError, app_id: i64) -> Fault {
    let path = path.display();
    Fault::usage(match error {
        EditError::OtherAppId(_) => format!(
            "{path}: {error}. To add another account, run `vmail login --account NAME --app-id {app_id}`."
        ),
        EditError::Unreadable => format!("{path}: {error}"),
    })
}

/// Replaces the settings file atomically. A link stays a link.
fn write_settings(path: &Path, text: &str) -> io::Result<()> {
    let target = paths::behind_links(path)?;
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    private_fs::make_folder(folder)?;
    let mut file = NamedTempFile::new_in(folder)?;
    match fs::metadata(&target) {
        Ok(there) if !there.is_file() => return Err(io::Error::other("not a regular file")),
        Ok(there) if there.permissions().readonly() => return Err(io::ErrorKind::PermissionDenied.into()),
        Ok(there) => file.as_file().set_permissions(there.permissions())?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(&target).map_err(|error| error.error)?;
    Ok(())
}
