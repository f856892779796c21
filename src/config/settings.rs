//! The settings with their types, and the code that parses each one.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use chrono::DateTime;
use toml::de::DeValue;

use super::look::{Column, OwnColour, OwnKeys, ThemeName, not_a_group};
use super::{AccountSettings, FaultPlace, SHOWN_MAX};
use crate::core::model::Region;
use crate::core::prefetch::Prefetch;
use crate::core::range::Range;
use crate::core::search::{self, Context, Query};
use crate::core::suggest::nearest;
use crate::core::zone::{self, Tz};
use crate::core::{caller, text};
use crate::secret::Secret;
use crate::telecmi::{Agent, ValidNumber};

/// The maximum length of a view name, in characters.
const VIEW_MAX: usize = 20;

/// Makes [`Settings`] and [`KEYS`] from one table. An entry is a field, its type, a placeholder until the
/// built-in file is read, and the keys that set it: `set "key" = |value| …` returns the new value, and
/// `part "key" = |field, value| …` changes a part of it. Errors are worded to follow "`key`: ".
macro_rules! settings {
    ($(
        $(#[$doc:meta])*
        $field:ident: $kind:ty = $blank:expr
            $(, set $key:literal = |$value:ident| $parse:expr)?
            $(, part $part:literal = |$whole:ident, $given:ident| $change:expr)*;
    )*) => {
        /// All settings, checked. `assets/config.toml` documents each one.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Settings {
            $($(#[$doc])* pub $field: $kind,)*
        }

        impl Settings {
            /// Returns placeholders. The built-in file then sets everything except the fields that are
            /// `None`.
            pub(super) fn blank() -> Settings {
                Settings { $($field: $blank,)* }
            }
        }

        /// The key of each setting, and what parses and stores its value.
        pub(super) const KEYS: &[(&str, Set)] = &[$(
            $(($key, |settings, value| {
                let parse: fn(&Value<'_>) -> Result<$kind, String> = |$value| $parse;
                settings.$field = parse(value)?;
                Ok(())
            }),)?
            $(($part, |settings, value| {
                let change: fn(&mut $kind, &Value<'_>) -> Result<(), String> = |$whole, $given| $change;
                change(&mut settings.$field, value)
            }),)*
        )*];
    };
}

/// Parses a value and stores it.
type Set = fn(&mut Settings, &Value<'_>) -> Result<(), String>;

settings! {
    /// The name of the account in force; `None` for the one at the top level.
    account: Option<String> = None,
        set "account" = |value| Ok(Some(value.text("the name of an account in quotes")?.to_owned()));
    /// All accounts, in display order.
    accounts: Vec<AccountSettings> = Vec::new();
    /// Where the secret was set, if it was.
    secret_at: Option<FaultPlace> = None;
    /// The service of the account.
    region: Region = Region::Global,
        set "region" = |value| value.one_of([Region::Global, Region::India].map(|region| (region.name(), region)));
    /// The app ID, if one is set.
    app_id: Option<u64> = None,
        set "appid" = |value| value.whole(1..=u64::MAX, "the app ID from the TeleCMI dashboard, a number").map(Some);
    /// The secret or its source, if one is set.
    secret: Option<SecretSource> = None,
        set "secret" = |value| {
            // Error messages contain at most the type, never a character of the value.
            let secret = value.text("the app secret in quotes")?;
            if secret.trim().is_empty() {
                return Err("it is empty: put the app secret between the quotes".to_owned());
            }
            Ok(Some(SecretSource::Text(Secret::new(secret.to_owned()))))
        },
        part "secret_command" = |secret, value| {
            let expected = "a command in quotes, or a list like [\"pass\", \"show\", \"telecmi\"]";
            *secret = Some(SecretSource::Command(value.command(expected)?));
            Ok(())
        };
    /// The base URL of the API, without `/voicemail`, unless it is the default of the region.
    base_url: Option<String> = None,
        set "base_url" = |value| {
            Ok(Some(value.text("a URL in quotes, like \"https://rest.telecmi.com/v2\"")?.to_owned()))
        };
    /// The date range shown at start.
    range: Range = Range::ALL,
        set "range" = |value| value.range();
    /// The time zone of all dates and times.
    timezone: Timezone = Timezone::Named(Tz::UTC),
        set "timezone" = |value| value.timezone();
    /// The country of callers without a country code: two capital letters, ISO 3166-1.
    country: String = String::new(),
        set "country" = |value| value.country();
    /// Whether to draw borders and symbols in ASCII.
    ascii: Ascii = Ascii::Never,
        set "ascii" = |value| value.one_of([
            ("auto", Ascii::Auto),
            ("always", Ascii::Always),
            ("never", Ascii::Never),
        ]);
    /// The colour theme.
    theme: ThemeName = ThemeName::Terminal,
        set "theme" = |value| value.one_of([
            ("terminal", ThemeName::Terminal),
            ("dark", ThemeName::Dark),
            ("light", ThemeName::Light),
        ]);
    /// Styles that override the theme, in file order.
    colours: Vec<OwnColour> = Vec::new(),
        set "colours" = |value| Err(not_a_group(value));
    /// The columns of the list, left to right. Always includes the caller.
    columns: Vec<Column> = Vec::new(),
        set "columns" = |value| value.columns();
    /// Keys set by the user, in file order; checked.
    keys: Vec<OwnKeys> = Vec::new(),
        set "keys" = |value| Err(not_a_group(value));
    /// Views defined by the user.
    views: Vec<OwnView> = Vec::new(),
        set "views" = |value| value.views();
    /// Whether the mouse wheel and clicks are used.
    mouse: bool = false,
        set "mouse" = |value| value.truth();
    /// The number of pages to fetch in parallel, 1 to 16.
    concurrency: usize = 1,
        set "concurrency" = |value| value.whole(1..=16, "1 to 16").map(|number| number as usize);
    /// The time between checks for new voicemail; `None` to never check.
    refresh: Option<Duration> = None,
        set "refresh" = |value| {
            let expected = "5 to 86400 seconds, or 0 for never";
            let seconds = value.whole(0..=86_400, expected)?;
            if (1..5).contains(&seconds) {
                return Err(format!("{seconds} is out of range: expected {expected}"));
            }
            Ok((seconds > 0).then_some(Duration::from_secs(seconds)))
        };
    /// How far before the newest stored voicemail to fetch again.
    overlap: Duration = Duration::ZERO,
        set "overlap" = |value| {
            Ok(Duration::from_secs(60 * value.whole(0..=1440, "0 to 1440 minutes")?))
        };
    /// How to announce new voicemail, without duplicates.
    notify: Vec<Notify> = Vec::new(),
        set "notify" = |value| value.notifications();
    /// Which recordings to fetch in advance.
    prefetch: Prefetch = Prefetch::Off,
        set "prefetch" = |value| value.one_of([
            ("off", Prefetch::Off),
            ("selected", Prefetch::Selected),
            ("unread", Prefetch::Unread),
        ]);
    /// The playback time after which a voicemail is marked as read.
    read_after: Duration = Duration::ZERO,
        set "read_after" = |value| value.whole(0..=600, "0 to 600 seconds").map(Duration::from_secs);
    /// Whether to play quiet and loud callers at the same volume.
    auto_level: bool = false,
        set "auto_level" = |value| value.truth();
    /// Program and arguments that play sound instead of the sound server; never empty.
    player_command: Option<Vec<String>> = None,
        set "player_command" = |value| {
            value.command("a command in quotes, or a list like [\"aplay\", \"-q\"]").map(Some)
        };
    /// The size limit of the recording cache, in bytes.
    cache: u64 = 0,
        set "cache" = |value| Ok(value.whole(16..=1_048_576, "16 to 1048576 MiB")? << 20);
    /// The maximum size of a recording, in bytes.
    largest_recording: u64 = 0,
        set "largest_recording" = |value| Ok(value.whole(1..=64, "1 to 64 MiB")? << 20);
    /// Contact files and folders as written, with `~/` for the home folder.
    contacts: Vec<PathBuf> = Vec::new(),
        set "contacts" = |value| value.paths();
    /// How to call back.
    calling: Calling = Calling::default(),
        part "agent" = |calling, value| {
            let agent = value.text("an agent's user ID in quotes, like \"101_1111112\"")?;
            calling.agent = Some(Agent::parse(agent).map_err(|error| format!("{}: {error}", said(agent)))?);
            Ok(())
        },
        part "call.webrtc" = |calling, value| {
            calling.webrtc = value.truth()?;
            Ok(())
        },
        part "call.followme" = |calling, value| {
            calling.followme = value.truth()?;
            Ok(())
        },
        part "call.callerid" = |calling, value| {
            let number = value.text("a number in quotes, like \"+914428117000\"")?;
            // Without a default country: the setting `country`, which may be set later, must not change it.
            let valid = ValidNumber::parse(number, "")
                .map_err(|_| format!("{} is not a valid phone number with country code", said(number)))?;
            calling.caller_id = Some(valid);
            Ok(())
        },
        part "call_command" = |calling, value| {
            calling.command = Some(value.call_command()?);
            Ok(())
        };
    /// Program and arguments to run for each new voicemail; never empty.
    on_new: Option<Vec<String>> = None,
        set "on_new" = |value| {
            value.command("a command in quotes, or a list like [\"notify-send\", \"Voicemail\"]").map(Some)
        };
}

/// A view defined by the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnView {
    /// The name, safe to display.
    pub name: String,
    /// The query that selects its voicemails.
    pub query: Query,
    /// The key that opens it, as `vmail keys` writes keys.
    pub key: String,
}

/// How to call back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calling {
    /// The agent who calls, if set.
    pub agent: Option<Agent>,
    /// Whether to ring the agent's softphone.
    pub webrtc: bool,
    /// Whether to ring the agent's mobile; takes precedence over `webrtc`.
    pub followme: bool,
    /// The number shown to the person called, unless it is the one set at TeleCMI.
    pub caller_id: Option<ValidNumber>,
    /// Program and arguments that call without TeleCMI; at least one of them contains [`NUMBER`].
    /// Never empty.
    pub command: Option<Vec<String>>,
}

/// The placeholder for the number in [`Calling::command`].
pub const NUMBER: &str = "{number}";

/// The source of the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// The secret itself.
    Text(Secret),
    /// Program and arguments that print it: see [`super::secret_from_command`]. Never empty.
    Command(Vec<String>),
}

/// The time zone of all dates and times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timezone {
    /// The time zone of the session or the machine: see [`super::local_zone`].
    Local,
    /// This time zone.
    Named(Tz),
}

/// Whether to draw borders and symbols in ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ascii {
    /// If the locale is not UTF-8.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// A way to announce new voicemail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notify {
    /// The terminal's bell.
    Bell,
    /// A desktop notification by the escape sequence OSC 9.
    Osc9,
    /// A desktop notification by the escape sequence OSC 777.
    Osc777,
}

/// The value of a setting, before parsing.
pub(super) enum Value<'v> {
    /// From a file.
    Toml(&'v DeValue<'v>),
    /// From a flag or the environment.
    Text(&'v str),
}

impl Value<'_> {
    pub(super) fn text(&self, expected: &str) -> Result<&str, String> {
        match self {
            Value::Text(text) => Ok(text),
            Value::Toml(DeValue::String(text)) => Ok(text),
            Value::Toml(other) => Err(mistyped(other, expected)),
        }
    }

    fn whole(&self, range: RangeInclusive<u64>, expected: &str) -> Result<u64, String> {
        let number = match self {
            Value::Text(text) => text.trim().parse::<i128>().ok(),
            Value::Toml(DeValue::Integer(number)) => {
                i128::from_str_radix(number.as_str(), number.radix()).ok()
            }
            Value::Toml(DeValue::String(_)) => {
                return Err(format!("found text, expected {expected}, without quotes"));
            }
            Value::Toml(other) => return Err(mistyped(other, expected)),
        };
        // Only numbers are repeated: other text could be the secret in the wrong variable.
        let number = number.ok_or_else(|| format!("not a number in range: expected {expected}"))?;
        u64::try_from(number)
            .ok()
            .filter(|number| range.contains(number))
            .ok_or_else(|| format!("{number} is out of range: expected {expected}"))
    }

    fn range(&self) -> Result<Range, String> {
        let text = self.text("a date range in quotes, like \"7d\"")?;
        Range::parse(text).map_err(|error| {
            if let Value::Text(_) = self {
                return format!("{error}\n{}", text::pointed(text, &error.at));
            }
            // The faulty part, if it is visible and not the whole text.
            let part = text.get(error.at.clone()).filter(|part| !part.trim().is_empty() && *part != text);
            let part =
                part.map_or_else(String::new, |part| format!(" at `{}`", text::clean(part, SHOWN_MAX)));
            format!("{}{part}: {error}", said(text))
        })
    }

    fn truth(&self) -> Result<bool, String> {
        match self {
            Value::Toml(DeValue::Boolean(truth)) => Ok(*truth),
            Value::Toml(DeValue::String(_)) | Value::Text(_) => {
                Err("found text, expected true or false, without quotes".to_owned())
            }
            Value::Toml(other) => Err(mistyped(other, "true or false")),
        }
    }

    fn one_of<T: Copy, const N: usize>(&self, choices: [(&'static str, T); N]) -> Result<T, String> {
        let names = choices.map(|(name, _)| name);
        let text = self.text(&one_of_quoted(&names))?;
        choices.iter().find(|(name, _)| *name == text).map(|(_, choice)| *choice).ok_or_else(|| {
            let hint = hint(nearest(text, names));
            format!("{} is invalid: expected {}{hint}", said(text), one_of_quoted(&names))
        })
    }

    fn notifications(&self) -> Result<Vec<Notify>, String> {
        const CHOICES: [(&str, Notify); 3] =
            [("bell", Notify::Bell), ("osc9", Notify::Osc9), ("osc777", Notify::Osc777)];
        let items = self.list("a list like [\"bell\"]")?;
        let mut chosen = Vec::new();
        for item in items {
            let way = item.one_of(CHOICES)?;
            if !chosen.contains(&way) {
                chosen.push(way);
            }
        }
        Ok(chosen)
    }

    /// Parses a shell command, or a program and its arguments. Repeats no value: arguments can be secret.
    fn command(&self, expected: &str) -> Result<Vec<String>, String> {
        let argv = match self {
            Value::Toml(DeValue::Array(_)) => {
                let words = self.list(expected)?;
                words
                    .iter()
                    .map(|word| word.text(expected).map(str::to_owned))
                    .collect::<Result<Vec<_>, _>>()?
            }
            _ => match self.text(expected)?.trim() {
                "" => Vec::new(),
                line => ["sh", "-c", line].map(str::to_owned).to_vec(),
            },
        };
        match argv.first() {
            Some(program) if !program.is_empty() => Ok(argv),
            _ => Err(format!("it is empty: expected {expected}")),
        }
    }

    fn views(&self) -> Result<Vec<OwnView>, String> {
        const EXPECTED: &str = "a list like [{ name = \"Billing\", query = \"tag:billing\", key = \"6\" }]";
        let mut views: Vec<OwnView> = Vec::new();
        for item in self.list(EXPECTED)? {
            let Value::Toml(DeValue::Table(table)) = &item else {
                return Err(format!("expected {EXPECTED}"));
            };
            let text = |key: &str| {
                let value = table.iter().find(|(known, _)| known.get_ref() == key).map(|(_, value)| value);
                let value = value.ok_or_else(|| format!("a view has no `{key}`: expected {EXPECTED}"))?;
                Value::Toml(value.get_ref()).text(EXPECTED).map(str::to_owned)
            };
            let known = ["name", "query", "key"];
            if let Some(key) = table.keys().map(|key| key.get_ref().as_ref()).find(|key| !known.contains(key))
            {
                let hint = hint(nearest(key, known));
                return Err(format!("unknown setting {} in a view{hint}", said(key)));
            }
            let name = text::clean(&text("name")?, VIEW_MAX);
            if name.is_empty() {
                return Err(format!("the name of a view is empty: expected {EXPECTED}"));
            }
            // The result depends on the date, but whether the query is valid does not.
            let context = Context { now: DateTime::UNIX_EPOCH, zone: Tz::UTC };
            let query = search::parse(&text("query")?, &context)
                .map_err(|mistake| format!("query of {}: {mistake}", said(&name)))?;
            let key = text("key")?;
            if let Some(other) = views.iter().find(|view| view.key == key) {
                return Err(format!("{} and {} have the same key", said(&other.name), said(&name)));
            }
            views.push(OwnView { name, query, key });
        }
        Ok(views)
    }

    /// Parses a command with [`NUMBER`] in it. In a shell command the number is `$1`, so that the shell
    /// never parses it as code.
    fn call_command(&self) -> Result<Vec<String>, String> {
        let expected = "a command in quotes, or a list like [\"xdg-open\", \"tel:{number}\"]";
        let mut argv = self.command(expected)?;
        if !matches!(self, Value::Toml(DeValue::Array(_)))
            && let Some(line) = argv.last_mut()
        {
            *line = if line.contains(NUMBER) { line.replace(NUMBER, "$1") } else { format!("{line} \"$1\"") };
            // The argument before `$1` is `$0`, the name that the shell uses in its messages.
            argv.push("call_command".to_owned());
        }
        if !argv.iter().any(|word| word.contains(NUMBER)) {
            argv.push(NUMBER.to_owned());
        }
        Ok(argv)
    }

    fn paths(&self) -> Result<Vec<PathBuf>, String> {
        let expected = "a list like [\"~/contacts.vcf\"]";
        let mut paths = Vec::new();
        for item in self.list(expected)? {
            match item.text(expected)? {
                "" => return Err(format!("a path is empty: expected {expected}")),
                path => paths.push(PathBuf::from(path)),
            }
        }
        Ok(paths)
    }

    pub(super) fn list(&self, expected: &str) -> Result<Vec<Value<'_>>, String> {
        match self {
            Value::Toml(DeValue::Array(items)) => {
                Ok(items.iter().map(|item| Value::Toml(item.get_ref())).collect())
            }
            Value::Toml(other) => Err(mistyped(other, expected)),
            Value::Text(_) => Err(format!("found text, expected {expected}")),
        }
    }

    fn timezone(&self) -> Result<Timezone, String> {
        const EXPECTED: &str = "\"local\" or a name like \"Asia/Kolkata\"";
        let text = self.text(EXPECTED)?;
        if text.eq_ignore_ascii_case("local") {
            return Ok(Timezone::Local);
        }
        text.parse().map(Timezone::Named).map_err(|_| {
            // Compare the city: people know it and mistype it. Abbreviations are too short to guess from.
            let city = text.rsplit('/').next().unwrap_or(text).replace(' ', "_");
            let meant = Some(city.as_str())
                .filter(|city| city.len() > 3)
                .and_then(|city| nearest(city, zone::names().map(city_of).chain(["local"])))
                .map(|city| zone::names().find(|name| city_of(name) == city).unwrap_or(city));
            format!("{} is not a time zone: expected {EXPECTED}{}", said(text), hint(meant))
        })
    }

    fn country(&self) -> Result<String, String> {
        const EXPECTED: &str = "two letters of ISO 3166-1, like \"IN\"";
        let text = self.text(EXPECTED)?;
        let code = text.to_ascii_uppercase();
        if caller::country_name(&code).is_some() {
            return Ok(code);
        }
        // A common code that is not in the standard, a name, or three letters.
        let meant = if code == "UK" {
            Some("GB")
        } else {
            let name = nearest(text, caller::countries().map(|(_, name)| name));
            let named = caller::countries().find(|(_, known)| Some(*known) == name);
            let begun = || caller::countries().find(|(known, _)| code.len() == 3 && code.starts_with(known));
            named.or_else(begun).map(|(code, _)| code)
        };
        Err(format!("{} is not a country code: expected {EXPECTED}{}", said(text), hint(meant)))
    }
}

/// Returns the last part of a zone's name.
fn city_of(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// Says which type was found and what was expected. Repeats nothing of the value.
pub(super) fn mistyped(value: &DeValue<'_>, expected: &str) -> String {
    let found = match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    format!("found {found}, expected {expected}")
}

/// Returns a value in quotes, made safe to display.
pub(super) fn said(value: &str) -> String {
    format!("\"{}\"", text::clean(value, SHOWN_MAX))
}

pub(super) fn hint(meant: Option<&str>) -> String {
    meant.map_or_else(String::new, |meant| format!("; did you mean \"{meant}\"?"))
}

/// Returns `"a", "b" or "c"`.
pub(super) fn one_of_quoted(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("\"{name}\"")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}
