//! Settings: the built-in file, the user's file, the environment and the flags, checked and merged.
//!
//! Pure, but for [`secret_from_command`]: the caller reads the file and the environment. Every
//! fault is reported at once and none repeats a secret. `assets/config.toml` is the default as
//! well as the documentation; it is read by the same code as the user's file.

mod accounts;
pub mod edit;
mod look;
mod origin;
mod secret;
mod settings;
mod zone;

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use crate::secret::{SECRET_VARIABLE, Secret};
use crate::suggest::nearest;
use crate::text;

pub use accounts::{Account, check_name};
pub use look::{Column, KeyFault, OwnColour, OwnKeys, ThemeName};
pub use origin::{Origin, Setting};
pub use secret::{Asking, CommandError, secret_from_command};
pub use settings::{Ascii, Calling, NUMBER, Notify, OwnView, SecretSource, Settings, Timezone};
pub use zone::{LocalZone, local_zone};

use accounts::Chosen;
use look::OPEN_GROUPS;
use settings::{KEYS, Value};

/// The default settings, with comments that document each.
pub const DEFAULT: &str = include_str!("../assets/config.toml");

/// The settings that the environment can set, and by which variable.
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

/// How much of a foreign key or value a message repeats, in characters.
const SHOWN_MAX: usize = 60;

/// Everything settings come from.
#[derive(Debug)]
pub struct Sources {
    /// The user's file and its text, if there is one.
    pub file: Option<(PathBuf, String)>,
    /// The file's permission bits, where the system has some.
    pub file_mode: Option<u32>,
    /// What was given on the command line.
    pub flags: Overrides,
    /// What the environment sets.
    pub env: Overrides,
    /// What is wrong with a base URL, in words that follow "`base_url`: ".
    pub check_base_url: fn(&str) -> Result<(), String>,
    /// What is wrong with a key of the keyboard, in words that follow "`views`: ".
    pub check_key: fn(&str) -> Result<(), String>,
    /// What is wrong with the keys of commands, with those of the views beside them.
    pub check_keys: fn(&[OwnKeys], &[OwnView]) -> Vec<KeyFault>,
    /// What is wrong with a role's style, in words that follow "`colours.ROLE`: ".
    pub check_colour: fn(&OwnColour) -> Result<(), String>,
}

/// Settings given as text, outside a file.
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
    /// What the environment sets, by `get`, which looks a variable up. An empty one counts as unset.
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

    /// What is set, by the settings' names; but not `account`, which decides what the others change.
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

/// Everything that is wrong with the settings, in the order of the lines.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// The user's file, if there is one.
    pub path: Option<PathBuf>,
    /// What is wrong: never empty.
    pub faults: Vec<Fault>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// What, and what to do, in one line. Never holds a secret.
    pub message: String,
}

/// Where a fault is. The order is that in which faults are reported.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The file as a whole.
    File,
    /// A line of the file, from 1.
    Line(usize),
    /// A variable of the environment, by its name.
    Variable(&'static str),
    /// A flag, with its hyphens.
    Flag(String),
}

/// A line a fault: `config.toml:12: …`, `--range: …`. Two more point at the place in a range that
/// was typed.
impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.as_deref().unwrap_or(Path::new("config.toml")).display();
        for (index, Fault { place, message }) in self.faults.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            match place {
                Place::File => write!(f, "{path}: {message}")?,
                Place::Line(line) => write!(f, "{path}:{line}: {message}")?,
                Place::Variable(name) => write!(f, "{name}: {message}")?,
                Place::Flag(name) => write!(f, "{name}: {message}")?,
            }
        }
        Ok(())
    }
}

/// The settings in force: a flag beats the environment, which beats the file, which beats the
/// default. What is wrong is reported even where something else beats it.
///
/// Which account they are of: the one that a flag or the environment names, else the one that
/// `account` in the file names, else the top level's, else the file's first. An account that a flag
/// or `VMAIL_ACCOUNT` names is as the file has it: no app ID, secret, region or base URL of the
/// environment counts.
pub fn load(sources: Sources) -> Result<Settings, ConfigError> {
    read(sources, false).map(|(settings, _)| settings)
}

/// As [`load`]; but an account that a flag or the environment names may be one that is not there
/// yet. It has no app ID then.
pub fn load_for_new(sources: Sources) -> Result<Settings, ConfigError> {
    read(sources, true).map(|(settings, _)| settings)
}

/// As [`load`], and where each setting comes from, in the order in which they are documented.
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
        loader.set(key, &Value::Text(value), Place::Variable(variable.map_or(key, |(_, name)| name)));
    }
    for (key, value) in sources.flags.entries() {
        let flag = if key == "appid" { "app-id".to_owned() } else { key.replace('_', "-") };
        loader.set(key, &Value::Text(value), Place::Flag(format!("--{flag}")));
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

/// The names of all settings, in the order in which they are documented.
pub fn keys() -> impl Iterator<Item = &'static str> {
    KEYS.iter().map(|(name, _)| *name)
}

struct Loader {
    settings: Settings,
    /// The accounts of the file, in its order.
    named: Vec<Settings>,
    /// Who said what each of them is set to.
    named_traced: Vec<Vec<Setting>>,
    /// Where `account` was set.
    account_at: Option<Place>,
    check_base_url: fn(&str) -> Result<(), String>,
    check_key: fn(&str) -> Result<(), String>,
    check_colour: fn(&OwnColour) -> Result<(), String>,
    /// It is the built-in file that is read.
    built_in: bool,
    /// What was set, each setting once.
    traced: Vec<Setting>,
    faults: Vec<Fault>,
}

/// The text of a file, while it is read.
struct Document<'t> {
    text: &'t str,
    /// Lines that could not be read.
    broken: Vec<usize>,
    /// The file's path where others can read it: then it must not hold a secret.
    exposed: Option<&'t Path>,
}

impl Document<'_> {
    /// The line of a place, from 1.
    fn line(&self, at: &Range<usize>) -> usize {
        1 + self.text[..at.start.min(self.text.len())].matches('\n').count()
    }
}

/// A setting as it stands in a file.
struct Entry<'t> {
    /// Its whole name, the group's included.
    name: String,
    /// Its line.
    at: usize,
    value: &'t DeValue<'t>,
}

impl Loader {
    /// Takes over what a file sets. `exposed` is its path where others can read it.
    fn read_file(&mut self, text: &str, exposed: Option<&Path>) {
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut file = Document { text, broken: Vec::new(), exposed };
        for error in errors {
            let at = error.span().map(|span| file.line(&span));
            file.broken.extend(at);
            // Not the error's Display: that quotes the line, secret and all.
            self.fault(at.map_or(Place::File, Place::Line), text::clean(error.message(), text::MESSAGE_MAX));
        }
        let entries = entries(table.get_ref(), &file);
        self.check_secrets(&entries, &file);
        for Entry { name, at, value } in &entries {
            // What was made up for a broken line has faults of its own, and its key may be a value.
            if name != accounts::TABLE && !file.broken.contains(at) {
                self.set(name, &Value::Toml(value), Place::Line(*at));
            }
        }
        for entry in entries.iter().filter(|entry| entry.name == accounts::TABLE) {
            self.read_accounts(entry, &file);
        }
    }

    /// A secret is in one place, and in a file only where nobody else can read it.
    fn check_secrets(&mut self, entries: &[Entry<'_>], file: &Document<'_>) {
        let place_of =
            |key: &str| entries.iter().find(|entry| entry.name == key).map(|entry| Place::Line(entry.at));
        if let (Some(place), Some(path)) = (place_of("secret"), file.exposed) {
            let path = quoted(path);
            self.fault(place, format!("others can read the secret in this file: run `chmod 600 {path}`"));
        }
        if let (Some(one), Some(other)) = (place_of("secret"), place_of("secret_command")) {
            self.fault(one.max(other), "both `secret` and `secret_command` are set: keep one".to_owned());
        }
    }

    fn set(&mut self, key: &str, value: &Value<'_>, place: Place) {
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
                || format!("there are {}", keys().collect::<Vec<_>>().join(", ")),
                |known| format!("did you mean `{known}`?"),
            );
            return self.fault(place, format!("there is no setting `{shown}`: {hint}"));
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
            // A flag and a variable say which setting it is.
            Err(message) if matches!(place, Place::Flag(_) | Place::Variable(_)) => {
                self.fault(place, message);
            }
            Err(message) => self.fault(place, format!("`{name}`: {message}")),
        }
    }

    fn own_keys(&mut self, command: &str, value: &Value<'_>, place: &Place) -> Result<(), String> {
        let keys = value.key_names()?;
        // They can be set nowhere but in the file.
        let line = if let Place::Line(line) = place { *line } else { 0 };
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

    /// Keys can only be checked together: whether two commands have one key.
    fn check_keys(&mut self, check: fn(&[OwnKeys], &[OwnView]) -> Vec<KeyFault>) {
        // A table is read in the order of its names.
        self.settings.keys.sort_by_key(|own| own.line);
        let views = self.traced.iter().find(|setting| setting.name == "views");
        let views = match views.map(|setting| &setting.origin) {
            Some(Origin::Line(line)) => Place::Line(*line),
            _ => Place::File,
        };
        for KeyFault { line, message } in check(&self.settings.keys, &self.settings.views) {
            self.fault(line.map_or(views.clone(), Place::Line), message);
        }
    }

    /// Remembers who said what a setting is: the last one who did.
    fn trace(&mut self, name: &str, value: &Value<'_>, place: Place) {
        let origin = match place {
            Place::File | Place::Line(_) if self.built_in => Origin::Default,
            Place::File => Origin::Line(1),
            Place::Line(line) => Origin::Line(line),
            Place::Variable(name) => Origin::Variable(name),
            Place::Flag(flag) => Origin::Flag(flag),
        };
        self.traced.retain(|setting| setting.name != name);
        self.traced.push(Setting { name: name.to_owned(), value: origin::written(name, value), origin });
    }

    fn fault(&mut self, place: Place, message: String) {
        self.faults.push(Fault { place, message });
    }
}

/// The settings in a table; those of a group can be in a table of their own.
fn entries<'t>(table: &'t DeTable<'t>, file: &Document<'_>) -> Vec<Entry<'t>> {
    let mut entries = Vec::new();
    for (key, value) in table {
        match value.get_ref() {
            DeValue::Table(group) if is_group(key.get_ref()) => {
                entries.extend(group.iter().map(|(inner, value)| Entry {
                    name: format!("{}.{}", key.get_ref(), inner.get_ref()),
                    at: file.line(&inner.span()),
                    value: value.get_ref(),
                }));
            }
            value => {
                entries.push(Entry { name: key.get_ref().to_string(), at: file.line(&key.span()), value });
            }
        }
    }
    entries
}

/// Whether there are, or can be, settings `key.…`, which a file can hold in a table.
fn is_group(key: &str) -> bool {
    OPEN_GROUPS.contains(&key)
        || keys().any(|known| known.strip_prefix(key).is_some_and(|rest| rest.starts_with('.')))
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+@%,".contains(c);
    if path.chars().all(plain) { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
}
