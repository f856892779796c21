//! Settings: merges the defaults, the user's file, the environment and the flags, and checks them.
//!
//! Pure, except for [`secret_from_command`]: the caller reads the file and the environment. All
//! faults are reported together, and none repeats a secret. `assets/config.toml` holds the defaults
//! and documents them; it is parsed by the same code as the user's file.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use crate::core::suggest::nearest;
use crate::core::text;
use crate::secret::{SECRET_VARIABLE, Secret};

mod accounts;
pub mod edit;
mod look;
mod origin;
mod secret;
mod settings;
mod value;
mod zone;

use accounts::Chosen;
pub use accounts::{AccountSettings, check_name};
use look::OPEN_GROUPS;
pub use look::{Column, KeyFault, OwnColour, OwnKeys, ThemeName};
pub use origin::{Origin, Setting};
pub use secret::{Asking, CommandError, secret_from_command};
use settings::KEYS;
pub use settings::{Ascii, Calling, SecretSource, Settings};
use value::Value;
pub use value::{NUMBER, Notify, OwnView, Timezone};
pub use zone::{LocalZone, local_zone};

/// The default settings, with comments that document each one.
pub const DEFAULT: &str = include_str!("../assets/config.toml");

/// The settings that have an environment variable, with its name.
const VARIABLES: [(&str, &str); 8] = [
    ("account", "VMAIL_ACCOUNT"),
    ("region", "VMAIL_REGION"),
    ("appid", "TELECMI_APPID"),
    ("secret", SECRET_VARIABLE),
    ("base_url", "VMAIL_BASE_URL"),
    ("range", "VMAIL_RANGE"),
    ("timezone", "VMAIL_TIMEZONE"),
    ("concurrency", "VMAIL_CONCURRENCY"),
];

/// How many characters of an unknown key or value a message repeats.
const SHOWN_MAX: usize = 60;

/// The inputs that settings are read from.
#[derive(Debug)]
pub struct Sources {
    /// Path and text of the user's file, if there is one.
    pub file: Option<(PathBuf, String)>,
    /// The permission bits of the file, on systems that have them.
    pub file_mode: Option<u32>,
    /// Settings from the command line.
    pub flags: Overrides,
    /// Settings from the environment.
    pub env: Overrides,
    /// Checks a base URL. Errors are worded to follow "`base_url`: ".
    pub check_base_url: fn(&str) -> Result<(), String>,
    /// Checks the key of a view. Errors are worded to follow "`views`: ".
    pub check_key: fn(&str) -> Result<(), String>,
    /// Checks the keys of all commands together with those of the views.
    pub check_keys: fn(&[OwnKeys], &[OwnView]) -> Vec<KeyFault>,
    /// Checks the style of a role. Errors are worded to follow "`colours.ROLE`: ".
    pub check_colour: fn(&OwnColour) -> Result<(), String>,
}

/// Settings given as text, by flags or the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `account`
    pub account: Option<String>,
    /// `region`
    pub region: Option<String>,
    /// `appid`
    pub app_id: Option<String>,
    /// `secret`
    pub secret: Option<Secret>,
    /// `base_url`
    pub base_url: Option<String>,
    /// `range`
    pub range: Option<String>,
    /// `timezone`
    pub timezone: Option<String>,
    /// `concurrency`
    pub concurrency: Option<String>,
}

impl Overrides {
    /// Reads the settings in the environment with `get`, which looks up a variable. An empty variable counts
    /// as unset.
    pub fn from_env(get: impl Fn(&str) -> Option<String>) -> Overrides {
        let setting = |key: &str| {
            let (_, variable) = VARIABLES.iter().find(|(known, _)| *known == key)?;
            get(variable).filter(|value| !value.is_empty())
        };
        Overrides {
            account: setting("account"),
            region: setting("region"),
            app_id: setting("appid"),
            secret: setting("secret").map(Secret::new),
            base_url: setting("base_url"),
            range: setting("range"),
            timezone: setting("timezone"),
            concurrency: setting("concurrency"),
        }
    }

    /// Returns the settings that are set, by name; without `account`, which decides what the others apply to.
    fn entries(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("region", self.region.as_deref()),
            ("appid", self.app_id.as_deref()),
            ("secret", self.secret.as_ref().map(Secret::expose)),
            ("base_url", self.base_url.as_deref()),
            ("range", self.range.as_deref()),
            ("timezone", self.timezone.as_deref()),
            ("concurrency", self.concurrency.as_deref()),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
    }
}

/// All faults of the settings, sorted by place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// The user's file, if there is one.
    pub path: Option<PathBuf>,
    /// What is wrong; never empty.
    pub faults: Vec<Fault>,
}

/// A fault in the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: FaultPlace,
    /// What is wrong and what to do, in one line. Never holds a secret.
    pub message: String,
}

/// Where a fault is. Faults are reported in this order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultPlace {
    /// The file as a whole.
    File,
    /// A line of the file, from 1.
    Line(usize),
    /// An environment variable, by name.
    Variable(&'static str),
    /// A flag, with its hyphens.
    Flag(String),
}

/// Writes one line per fault: `config.toml:12: …`, `--range: …`. A range given as a flag adds two
/// lines that point at the mistake.
impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.as_deref().unwrap_or(Path::new("config.toml")).display();
        for (index, Fault { place, message }) in self.faults.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            match place {
                FaultPlace::File => write!(f, "{path}: {message}")?,
                FaultPlace::Line(line) => write!(f, "{path}:{line}: {message}")?,
                FaultPlace::Variable(name) => write!(f, "{name}: {message}")?,
                FaultPlace::Flag(name) => write!(f, "{name}: {message}")?,
            }
        }
        Ok(())
    }
}

/// Returns the settings in force. Flags override the environment, which overrides the file, which
/// overrides the defaults. A fault is reported even if the value is overridden.
///
/// The account is the one that a flag or the environment names; otherwise the one that `account` in
/// the file names; otherwise the top level; otherwise the first table of the file. If a flag or
/// `VMAIL_ACCOUNT` names the account, the app ID, secret, region and base URL of the environment
/// are ignored.
pub fn load(sources: Sources) -> Result<Settings, ConfigError> {
    read(sources, false).map(|(settings, _)| settings)
}

/// Returns the settings like [`load`], but the account that a flag or the environment names may be missing
/// from the file. It then has no app ID.
pub fn load_for_new(sources: Sources) -> Result<Settings, ConfigError> {
    read(sources, true).map(|(settings, _)| settings)
}

/// Returns the settings like [`load`], and the origin of each setting, in the documented order.
pub fn trace(sources: Sources) -> Result<(Settings, Vec<Setting>), ConfigError> {
    read(sources, false)
}

fn read(sources: Sources, may_be_new: bool) -> Result<(Settings, Vec<Setting>), ConfigError> {
    let mut loader = Loader {
        settings: Settings::blank(),
        named: Vec::new(),
        named_traced: Vec::new(),
        account_at: None,
        check_base_url: sources.check_base_url,
        check_key: sources.check_key,
        check_colour: sources.check_colour,
        built_in: true,
        traced: Vec::new(),
        faults: Vec::new(),
    };
    loader.read_file(DEFAULT, None);
    loader.built_in = false;
    let mut path = None;
    if let Some((file, text)) = sources.file {
        let open_to = sources.file_mode.filter(|mode| mode & 0o077 != 0).map(|_| file.as_path());
        loader.read_file(&text, open_to);
        path = Some(file);
    }
    let Chosen { by_hand, known } = loader.choose(&sources.flags, &sources.env, may_be_new);
    for (key, value) in sources.env.entries() {
        if by_hand && accounts::OWN.contains(&key) {
            continue;
        }
        let variable = VARIABLES.iter().find(|(known, _)| *known == key);
        loader.set(key, &Value::Text(value), FaultPlace::Variable(variable.map_or(key, |(_, name)| name)));
    }
    for (key, value) in sources.flags.entries() {
        let flag = if key == "appid" { "app-id".to_owned() } else { key.replace('_', "-") };
        loader.set(key, &Value::Text(value), FaultPlace::Flag(format!("--{flag}")));
    }
    loader.check_keys(sources.check_keys);
    let Loader { mut settings, mut traced, mut faults, .. } = loader;
    if faults.is_empty() {
        settings.accounts = accounts::list(known, &settings);
        let group = |setting: &Setting| setting.name.split('.').next().map(str::to_owned);
        let known = |setting: &Setting| keys().position(|key| key == setting.name);
        let open = |setting: &Setting| keys().position(|key| Some(key) == group(setting).as_deref());
        traced.sort_by_key(|setting| known(setting).or_else(|| open(setting)));
        return Ok((settings, traced));
    }
    faults.sort_by(|one, other| one.place.cmp(&other.place));
    Err(ConfigError { path, faults })
}

/// Returns the names of all settings, in the documented order.
pub fn keys() -> impl Iterator<Item = &'static str> {
    KEYS.iter().map(|(name, _)| *name)
}

struct Loader {
    settings: Settings,
    /// The accounts of the file, in file order.
    named: Vec<Settings>,
    /// The origins of the settings of each account in `named`.
    named_traced: Vec<Vec<Setting>>,
    /// Where `account` was set.
    account_at: Option<FaultPlace>,
    check_base_url: fn(&str) -> Result<(), String>,
    check_key: fn(&str) -> Result<(), String>,
    check_colour: fn(&OwnColour) -> Result<(), String>,
    /// Whether the built-in file is being read.
    built_in: bool,
    /// The settings that were set, each once.
    traced: Vec<Setting>,
    faults: Vec<Fault>,
}

/// A file that is being read.
struct Document<'t> {
    text: &'t str,
    /// Lines with syntax errors.
    broken: Vec<usize>,
    /// The path of the file if others can read it: it must not hold a secret then.
    exposed: Option<&'t Path>,
}

impl Document<'_> {
    /// Returns the line of a byte range, from 1.
    fn line(&self, at: &Range<usize>) -> usize {
        1 + self.text[..at.start.min(self.text.len())].matches('\n').count()
    }
}

/// A setting in a file.
struct FileSetting<'t> {
    /// The full name, including the group.
    name: String,
    /// The line, from 1.
    at: usize,
    value: &'t DeValue<'t>,
}

impl Loader {
    /// Applies the settings of a file. `exposed` is its path if others can read it.
    fn read_file(&mut self, text: &str, exposed: Option<&Path>) {
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut file = Document { text, broken: Vec::new(), exposed };
        for error in errors {
            let at = error.span().map(|span| file.line(&span));
            file.broken.extend(at);
            // Not the error's Display: that quotes the line, secret and all.
            self.fault(
                at.map_or(FaultPlace::File, FaultPlace::Line),
                text::clean(error.message(), text::MESSAGE_MAX),
            );
        }
        let entries = entries(table.get_ref(), &file);
        self.check_secrets(&entries, &file);
        for FileSetting { name, at, value } in &entries {
            // The parser's guess for a broken line has faults of its own, and its key may be a value.
            if name != accounts::TABLE && !file.broken.contains(at) {
                self.set(name, &Value::Toml(value), FaultPlace::Line(*at));
            }
        }
        for entry in entries.iter().filter(|entry| entry.name == accounts::TABLE) {
            self.read_accounts(entry, &file);
        }
    }

    /// Checks that the secret is set only once, and not in a file that others can read.
    fn check_secrets(&mut self, entries: &[FileSetting<'_>], file: &Document<'_>) {
        let place_of = |key: &str| {
            entries.iter().find(|entry| entry.name == key).map(|entry| FaultPlace::Line(entry.at))
        };
        if let (Some(place), Some(path)) = (place_of("secret"), file.exposed) {
            let path = quoted(path);
            self.fault(place, format!("others can read the secret in this file: run `chmod 600 {path}`"));
        }
        if let (Some(one), Some(other)) = (place_of("secret"), place_of("secret_command")) {
            self.fault(one.max(other), "both `secret` and `secret_command` are set: keep one".to_owned());
        }
    }

    fn set(&mut self, key: &str, value: &Value<'_>, place: FaultPlace) {
        let own = match key.split_once('.') {
            Some(("keys", command)) => Some(self.own_keys(command, value, &place)),
            Some(("colours", role)) => Some(self.own_colour(role, value)),
            _ => None,
        };
        if let Some(result) = own {
            return match result {
                Ok(()) => self.trace(key, value, place),
                Err(message) => self.fault(place, format!("`{}`: {message}", text::clean(key, SHOWN_MAX))),
            };
        }
        let Some((name, set)) = KEYS.iter().find(|(name, _)| *name == key) else {
            let shown = text::clean(key, SHOWN_MAX);
            let hint = nearest(key, keys()).map_or_else(
                || format!(": expected one of {}", keys().collect::<Vec<_>>().join(", ")),
                |known| format!("; did you mean `{known}`?"),
            );
            return self.fault(place, format!("unknown setting `{shown}`{hint}"));
        };
        let result = set(&mut self.settings, value).and_then(|()| match &self.settings.base_url {
            Some(url) if key == "base_url" => (self.check_base_url)(url),
            _ if key == "views" => {
                self.settings.views.iter().try_for_each(|view| (self.check_key)(&view.key))
            }
            _ => Ok(()),
        });
        match (&result, key) {
            (Ok(()), "secret" | "secret_command") => self.settings.secret_at = Some(place.clone()),
            (Ok(()), "account") => self.account_at = Some(place.clone()),
            _ => {}
        }
        match result {
            Ok(()) => self.trace(name, value, place),
            // Flags and variables already name the setting.
            Err(message) if matches!(place, FaultPlace::Flag(_) | FaultPlace::Variable(_)) => {
                self.fault(place, message);
            }
            Err(message) => self.fault(place, format!("`{name}`: {message}")),
        }
    }

    fn own_keys(&mut self, command: &str, value: &Value<'_>, place: &FaultPlace) -> Result<(), String> {
        let keys = value.key_names()?;
        // They can only be set in the file.
        let line = if let FaultPlace::Line(line) = place { *line } else { 0 };
        self.settings.keys.push(OwnKeys { command: command.to_owned(), keys, line });
        Ok(())
    }

    fn own_colour(&mut self, role: &str, value: &Value<'_>) -> Result<(), String> {
        let style = value.text("a colour in quotes, like \"#ff8800\" or \"bold white on blue\"")?;
        let own = OwnColour { role: role.to_owned(), style: style.to_owned() };
        (self.check_colour)(&own)?;
        self.settings.colours.push(own);
        Ok(())
    }

    /// Checks all keys together, to find keys that two commands share.
    fn check_keys(&mut self, check: fn(&[OwnKeys], &[OwnView]) -> Vec<KeyFault>) {
        // The parser yields a table sorted by name.
        self.settings.keys.sort_by_key(|own| own.line);
        let views = self.traced.iter().find(|setting| setting.name == "views");
        let views = match views.map(|setting| &setting.origin) {
            Some(Origin::Line(line)) => FaultPlace::Line(*line),
            _ => FaultPlace::File,
        };
        for KeyFault { line, message } in check(&self.settings.keys, &self.settings.views) {
            self.fault(line.map_or(views.clone(), FaultPlace::Line), message);
        }
    }

    /// Records the origin of a setting, replacing an earlier one.
    fn trace(&mut self, name: &str, value: &Value<'_>, place: FaultPlace) {
        let origin = match place {
            FaultPlace::File | FaultPlace::Line(_) if self.built_in => Origin::Default,
            FaultPlace::File => Origin::Line(1),
            FaultPlace::Line(line) => Origin::Line(line),
            FaultPlace::Variable(name) => Origin::Variable(name),
            FaultPlace::Flag(flag) => Origin::Flag(flag),
        };
        self.traced.retain(|setting| setting.name != name);
        self.traced.push(Setting { name: name.to_owned(), value: origin::written(name, value), origin });
    }

    fn fault(&mut self, place: FaultPlace, message: String) {
        self.faults.push(Fault { place, message });
    }
}

/// Returns the settings of a table. Those of a group can be in a table of their own.
fn entries<'t>(table: &'t DeTable<'t>, file: &Document<'_>) -> Vec<FileSetting<'t>> {
    let mut entries = Vec::new();
    for (key, value) in table {
        match value.get_ref() {
            DeValue::Table(group) if is_group(key.get_ref()) => {
                entries.extend(group.iter().map(|(inner, value)| FileSetting {
                    name: format!("{}.{}", key.get_ref(), inner.get_ref()),
                    at: file.line(&inner.span()),
                    value: value.get_ref(),
                }));
            }
            value => {
                entries.push(FileSetting {
                    name: key.get_ref().to_string(),
                    at: file.line(&key.span()),
                    value,
                });
            }
        }
    }
    entries
}

/// Whether `key` is a group: settings named `key.…`, which a file can hold in a table.
fn is_group(key: &str) -> bool {
    OPEN_GROUPS.contains(&key)
        || keys().any(|known| known.strip_prefix(key).is_some_and(|rest| rest.starts_with('.')))
}

/// Quotes a path for a shell if needed.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+@%,".contains(c);
    if path.chars().all(plain) { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
}
