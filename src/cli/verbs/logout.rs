//! `vmail logout`: deletes the stored secret of an account.

use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use crate::cli::World;
use crate::cli::settings::{self, AccountArgs, place};
use crate::cli::waiting::Waiting;
use crate::credentials::Removed;
use crate::error::Fault;

/// Flags of `logout`.
#[derive(Args, Debug)]
pub struct LogoutArgs {
    /// The account.
    #[command(flatten, next_help_heading = "Common options")]
    pub account: AccountArgs,
}

/// Deletes the secret that `vmail login` stored, and reports other sources of it.
pub fn run(args: &LogoutArgs, world: &World) -> anyhow::Result<()> {
    let (settings, path) = settings::of(&args.account, world)?;
    let Some(app_id) = settings.app_id else {
        return Err(Fault::not_found("no account: run `vmail login`, or set TELECMI_APPID").into());
    };
    let (key, _) = settings::account_key(&settings, app_id)?;
    let store = settings::secret_store(world).context("no home folder: set XDG_DATA_HOME")?;
    let waiting = Waiting::for_keyring(settings::KEYRING_PATIENCE);
    let Removed { places, keyring_not_asked } = store.remove(key.as_str())?;
    drop(waiting);

    let mut out = io::stderr().lock();
    for place in &places {
        writeln!(out, "Deleted the secret for {} from {place}.", key.as_str())?;
    }
    if let Some(unavailable) = &keyring_not_asked {
        writeln!(out, "Could not check the keyring: {}.", unavailable.reason)?;
    }
    let path = path.unwrap_or_else(|| PathBuf::from("config.toml"));
    match &settings.secret_at {
        Some(at) => writeln!(out, "The secret is still set by {}: remove it there.", place(at, &path))?,
        None => {
            writeln!(out, "The region and app ID are still in the settings.")?;
        }
    }
    if places.is_empty() {
        return Err(Fault::not_found(format!("no stored secret for {}", key.as_str())).into());
    }
    Ok(())
}
