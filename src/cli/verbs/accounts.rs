//! `vmail accounts`: lists the accounts and the sources of their secrets.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use crate::cli::World;
use crate::cli::records::{Format, FormatArgs, Records};
use crate::cli::settings::{self, AccountArgs, place, xdg};
use crate::cli::style;
use crate::config::{AccountSettings, FaultPlace, SecretSource, Settings};
use crate::core::model::{AccountKey, Span};
use crate::credentials::Loaded;
use crate::credentials::SecretPlace as Stored;
use crate::paths;
use crate::store::Store;
use crate::telecmi::BaseUrl;

/// Flags of `accounts`.
#[derive(Args, Debug)]
#[command(after_help = "\
Fields of --json, csv and tsv: name (null for the account without a name), region, app_id, base_url \
(null for TeleCMI's server), secret (environment, settings, command, file or keyring), current (true for \
the account in use) and stored (number of stored voicemails).")]
pub struct AccountsArgs {
    /// The output format.
    #[command(flatten)]
    pub format: FormatArgs,
    /// The account in force, and the settings file.
    #[command(flatten, next_help_heading = "Common options")]
    pub account: AccountArgs,
}

/// The names of the fields. They are a stable interface: do not rename or remove them.
const NAMES: [&str; 7] = ["name", "region", "app_id", "base_url", "secret", "current", "stored"];

/// An account for output.
#[derive(Debug, Serialize)]
struct AccountLine {
    /// `null` for the account without a name.
    name: Option<String>,
    region: &'static str,
    app_id: u64,
    /// `null` for TeleCMI's server.
    base_url: Option<String>,
    /// Where to look: `environment`, `settings`, `command`, `file` or `keyring`.
    secret: &'static str,
    /// The same for people.
    #[serde(skip)]
    secret_shown: String,
    /// Whether it is used if no account is named.
    current: bool,
    /// The number of stored voicemails.
    stored: u64,
}

/// Prints the accounts. Does not ask the keyring, which could prompt for a passphrase.
pub fn run(args: &AccountsArgs, world: &World) -> anyhow::Result<()> {
    let (settings, path) = settings::of(&args.account, world)?;
    let path = path.unwrap_or_else(|| PathBuf::from("config.toml"));
    let mut store = open_store(&settings, world)?;
    let lines =
        settings.accounts.iter().map(|account| line(account, &settings, &path, store.as_mut(), world));
    let lines = lines.collect::<anyhow::Result<Vec<_>>>()?;
    if lines.is_empty() {
        writeln!(io::stderr(), "no account: run `vmail login`, or set TELECMI_APPID")?;
    }
    style::quietly(write(&lines, args.format.chosen()))
}

/// Opens the store if it exists: counting voicemails must not create it.
fn open_store(settings: &Settings, world: &World) -> anyhow::Result<Option<Store>> {
    let Some(path) = paths::store_file(&xdg(world)).filter(|path| path.exists()) else { return Ok(None) };
    let opened = Store::open(&path, &settings::store_options(settings, world))?;
    for notice in &opened.notices {
        writeln!(io::stderr(), "vmail: {notice}")?;
    }
    Ok(Some(opened.store))
}

fn line(
    account: &AccountSettings,
    settings: &Settings,
    path: &Path,
    store: Option<&mut Store>,
    world: &World,
) -> anyhow::Result<AccountLine> {
    let base_url = account.base_url.as_deref().map(BaseUrl::parse).transpose()?;
    let key = settings::key_of(account.region, account.app_id, base_url.as_ref());
    let (secret, secret_shown) = secret(account, &key, path, world);
    let stored = match store {
        Some(store) => {
            let account = store.account(&key)?;
            store.count(account, Span::EVER)?
        }
        None => 0,
    };
    Ok(AccountLine {
        name: account.name.clone(),
        region: account.region.name(),
        app_id: account.app_id,
        base_url: account.base_url.clone(),
        secret,
        secret_shown,
        current: account.name == settings.account,
        stored,
    })
}

/// Returns where the secret comes from, for programs and for people.
fn secret(account: &AccountSettings, key: &AccountKey, path: &Path, world: &World) -> (&'static str, String) {
    let at = account.secret_at.as_ref().map(|at| place(at, path)).unwrap_or_default();
    match (&account.secret, &account.secret_at) {
        (Some(SecretSource::Command(_)), _) => ("command", format!("the command at {at}")),
        (Some(SecretSource::Text(_)), Some(FaultPlace::Line(_))) => ("settings", at),
        (Some(SecretSource::Text(_)), _) => ("environment", at),
        (None, _) => {
            let store = settings::secret_store(world);
            match store.map(|store| store.load_from_file(key.as_str())) {
                Some(Ok(Some(Loaded { place: Stored::File(file), .. }))) => {
                    ("file", file.display().to_string())
                }
                Some(Err(error)) => ("file", error.to_string()),
                _ => ("keyring", "keyring (not checked)".to_owned()),
            }
        }
    }
}

fn write(lines: &[AccountLine], format: Format) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if format == Format::Table {
        return print_table(lines, out);
    }
    Records::new(format).write_all(&mut out, &NAMES, lines, AccountLine::cells)
}

impl AccountLine {
    /// Returns the values of the fields in the order of [`NAMES`]; empty for `null`.
    fn cells(&self) -> [String; NAMES.len()] {
        [
            self.name.clone().unwrap_or_default(),
            self.region.to_owned(),
            self.app_id.to_string(),
            self.base_url.clone().unwrap_or_default(),
            self.secret.to_owned(),
            self.current.to_string(),
            self.stored.to_string(),
        ]
    }
}

/// Prints an aligned table; `*` marks the account that is used if none is named.
fn print_table(lines: &[AccountLine], mut out: impl Write) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let cells = |line: &AccountLine| {
        let mark = if line.current { "*" } else { "" };
        // Unambiguous: the name of an account cannot contain brackets.
        let name = line.name.as_deref().unwrap_or("(unnamed)");
        let server = line.base_url.as_ref().map_or_else(String::new, |url| format!(" at {url}"));
        [
            mark.to_owned(),
            name.to_owned(),
            format!("{}{server}", line.region),
            line.app_id.to_string(),
            line.stored.to_string(),
            line.secret_shown.clone(),
        ]
    };
    let head = ["", "ACCOUNT", "REGION", "APP ID", "STORED", "SECRET"].map(str::to_owned);
    let rows: Vec<_> = [head].into_iter().chain(lines.iter().map(cells)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths = [0, 1, 2, 3, 4].map(width);
    for [mark, name, region, app_id, stored, secret] in &rows {
        let [marks, names, regions, app_ids, stores] = widths;
        writeln!(
            out,
            "{mark:marks$} {name:names$}  {region:regions$}  {app_id:>app_ids$}  {stored:>stores$}  {secret}"
        )?;
    }
    out.flush()
}
