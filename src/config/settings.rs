//! The settings with their types, and how each is read from a value.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use chrono::DateTime;
use chrono_tz::{TZ_VARIANTS, Tz};
use toml::de::DeValue;

use super::look::{Column, OwnColour, OwnKeys, ThemeName, not_a_group};
use super::{Account, Place, SHOWN_MAX};
use crate::caller;
use crate::model::Region;
use crate::range::Range;
use crate::recording::Prefetch;
use crate::search::{self, Context, Query};
use crate::secret::Secret;
use crate::suggest::nearest;
use crate::telecmi::{Agent, ValidNumber};
use crate::text;

/// The longest name of a view, in characters.
const VIEW_MAX: usize = 20;

/// Every setting, checked. `assets/config.toml` says what each is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whose settings these are: an account's name, or `None` for the one at the top level.
    pub account: Option<String>,
    /// Every account there is, in the order in which they are shown.
    pub accounts: Vec<Account>,
    /// Where the secret was set, if it was.
    pub secret_at: Option<Place>,
    /// Which service the account belongs to.
    pub region: Region,
    /// The app ID, if one is set.
    pub app_id: Option<u64>,
    /// The secret or where it comes from, if one is set.
    pub secret: Option<SecretSource>,
    /// What stands before `/voicemail` and `/play`, where it is not the region's own.
    pub base_url: Option<String>,
    /// The dates shown at start.
    pub range: Range,
    /// The zone of every date and time.
    pub timezone: Timezone,
    /// Two capital letters, ISO 3166-1: the country of callers without a country code.
    pub country: String,
    /// Whether borders and signs are ASCII.
    pub ascii: Ascii,
    /// The colours to start from.
    pub theme: ThemeName,
    /// What the user changed of them, in the order of the file.
    pub colours: Vec<OwnColour>,
    /// The columns of the list, from the left; the caller is among them.
    pub columns: Vec<Column>,
    /// Keys of the user's own, in the order of the file; checked.
    pub keys: Vec<OwnKeys>,
    /// Views of the user's own.
    pub views: Vec<OwnView>,
    /// Whether wheel and click do something.
    pub mouse: bool,
    /// How many pages are asked for at the same time, 1 to 16.
    pub concurrency: usize,
    /// How long to wait between two looks for new voicemail; `None` is not to look.
    pub refresh: Option<Duration>,
    /// How much before what is already there is asked for again.
    pub overlap: Duration,
    /// How new voicemail is announced; each at most once.
    pub notify: Vec<Notify>,
    /// Which recordings are fetched before they are asked for.
    pub prefetch: Prefetch,
    /// How much of a recording is heard before its voicemail counts as heard.
    pub heard_after: Duration,
    /// Whether quiet callers are made louder.
    pub auto_level: bool,
    /// A program and its arguments that plays instead of the sound server; never empty.
    pub player_command: Option<Vec<String>>,
    /// How much kept recordings may take together, in bytes.
    pub cache: u64,
    /// The largest recording that is fetched, in bytes.
    pub largest_recording: u64,
    /// Files and folders with contacts, as written: `~/` is the home folder.
    pub contacts: Vec<PathBuf>,
    /// How callers are called back.
    pub calling: Calling,
    /// A program and its arguments that is run for each new voicemail; never empty.
    pub on_new: Option<Vec<String>>,
}

/// A view of the user's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnView {
    /// Its name on screen, safe to show.
    pub name: String,
    /// What it shows.
    pub query: Query,
    /// The key that shows it, as it is written in the list of keys.
    pub key: String,
}

/// How callers are called back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calling {
    /// Who calls, if that is set.
    pub agent: Option<Agent>,
    /// Whether the agent's softphone rings when a call is placed.
    pub webrtc: bool,
    /// Whether the agent's mobile rings, which counts more than `webrtc`.
    pub followme: bool,
    /// The number that the called person sees, where it is not what is set at TeleCMI.
    pub caller_id: Option<ValidNumber>,
    /// A program and its arguments that calls without TeleCMI: [`NUMBER`] stands for the number in at
    /// least one of them. Never empty.
    pub command: Option<Vec<String>>,
}

/// What stands for the number in [`Calling::command`].
pub const NUMBER: &str = "{number}";

/// Where the secret comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// It was given as it is.
    Text(Secret),
    /// A program and its arguments print it: see [`super::secret_from_command`]. Never empty.
    Command(Vec<String>),
}

/// The zone of every date and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timezone {
    /// The machine's or the session's own: see [`super::local_zone`].
    Local,
    /// This one.
    Named(Tz),
}

/// Whether borders and signs are ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ascii {
    /// Where the locale is not UTF-8.
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
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

impl Settings {
    /// What there is before the built-in file is read, which sets all but those that are `None`.
    pub(super) fn blank() -> Settings {
        Settings {
            account: None,
            accounts: Vec::new(),
            secret_at: None,
            region: Region::Global,
            app_id: None,
            secret: None,
            base_url: None,
            range: Range::ALL,
            timezone: Timezone::Named(Tz::UTC),
            country: String::new(),
            ascii: Ascii::Never,
            theme: ThemeName::Terminal,
            colours: Vec::new(),
            columns: Vec::new(),
            keys: Vec::new(),
            views: Vec::new(),
            mouse: false,
            concurrency: 1,
            refresh: None,
            overlap: Duration::ZERO,
            notify: Vec::new(),
            prefetch: Prefetch::Off,
            heard_after: Duration::ZERO,
            auto_level: false,
            player_command: None,
            cache: 0,
            largest_recording: 0,
            contacts: Vec::new(),
            calling: Calling::default(),
            on_new: None,
        }
    }
}

/// Takes a value over, or says in words that follow "`name`: " why not.
type Set = fn(&mut Settings, &Value<'_>) -> Result<(), String>;

/// Every setting there is.
pub(super) const KEYS: &[(&str, Set)] = &[
    ("account", |settings, value| {
        settings.account = Some(value.text("the name of one of [accounts.NAME] in quotes")?.to_owned());
        Ok(())
    }),
    ("region", |settings, value| {
        settings.region =
            value.one_of([Region::Global, Region::India].map(|region| (region.name(), region)))?;
        Ok(())
    }),
    ("appid", |settings, value| {
        settings.app_id = Some(value.whole(1..=u64::MAX, "the app ID from the TeleCMI dashboard, a number")?);
        Ok(())
    }),
    ("secret", |settings, value| {
        // The messages name the type at most: not a letter of the value.
        let secret = value.text("the app secret in quotes")?;
        if secret.trim().is_empty() {
            return Err("it is empty: put the app secret between the quotes".to_owned());
        }
        settings.secret = Some(SecretSource::Text(Secret::new(secret.to_owned())));
        Ok(())
    }),
    ("secret_command", |settings, value| {
        let expected = "a command in quotes, or a list like [\"pass\", \"show\", \"telecmi\"]";
        settings.secret = Some(SecretSource::Command(value.command(expected)?));
        Ok(())
    }),
    ("base_url", |settings, value| {
        settings.base_url =
            Some(value.text("a URL in quotes, like \"https://rest.telecmi.com/v2\"")?.to_owned());
        Ok(())
    }),
    ("range", |settings, value| {
        let text = value.text("dates in quotes, like \"7d\"")?;
        settings.range = Range::parse(text).map_err(|error| {
            if let Value::Text(_) = value {
                return format!("{error}\n{}", text::pointed(text, &error.at));
            }
            // The part at fault, where it is not the whole and can be seen.
            let part = text.get(error.at.clone()).filter(|part| !part.trim().is_empty() && *part != text);
            let part =
                part.map_or_else(String::new, |part| format!(" at `{}`", text::clean(part, SHOWN_MAX)));
            format!("{}{part}: {error}", said(text))
        })?;
        Ok(())
    }),
    ("timezone", |settings, value| {
        settings.timezone = value.timezone()?;
        Ok(())
    }),
    ("country", |settings, value| {
        settings.country = value.country()?;
        Ok(())
    }),
    ("ascii", |settings, value| {
        settings.ascii =
            value.one_of([("auto", Ascii::Auto), ("always", Ascii::Always), ("never", Ascii::Never)])?;
        Ok(())
    }),
    ("theme", |settings, value| {
        settings.theme = value.one_of([
            ("terminal", ThemeName::Terminal),
            ("dark", ThemeName::Dark),
            ("light", ThemeName::Light),
        ])?;
        Ok(())
    }),
    ("colours", not_a_group),
    ("columns", |settings, value| {
        settings.columns = value.columns()?;
        Ok(())
    }),
    ("keys", not_a_group),
    ("views", |settings, value| {
        settings.views = value.views()?;
        Ok(())
    }),
    ("mouse", |settings, value| {
        settings.mouse = value.truth()?;
        Ok(())
    }),
    ("concurrency", |settings, value| {
        settings.concurrency = value.whole(1..=16, "1 to 16 pages")? as usize;
        Ok(())
    }),
    ("refresh", |settings, value| {
        let expected = "5 to 86400 seconds, or 0 for never";
        let seconds = value.whole(0..=86_400, expected)?;
        if (1..5).contains(&seconds) {
            return Err(format!("{seconds} is out of range: expected {expected}"));
        }
        settings.refresh = (seconds > 0).then_some(Duration::from_secs(seconds));
        Ok(())
    }),
    ("overlap", |settings, value| {
        settings.overlap = Duration::from_secs(60 * value.whole(0..=1440, "0 to 1440 minutes")?);
        Ok(())
    }),
    ("notify", |settings, value| {
        settings.notify = value.notifications()?;
        Ok(())
    }),
    ("prefetch", |settings, value| {
        settings.prefetch = value.one_of([
            ("off", Prefetch::Off),
            ("selected", Prefetch::Selected),
            ("unread", Prefetch::Unread),
        ])?;
        Ok(())
    }),
    ("heard_after", |settings, value| {
        settings.heard_after = Duration::from_secs(value.whole(0..=600, "0 to 600 seconds")?);
        Ok(())
    }),
    ("auto_level", |settings, value| {
        settings.auto_level = value.truth()?;
        Ok(())
    }),
    ("player_command", |settings, value| {
        let expected = "a command in quotes, or a list like [\"aplay\", \"-q\"]";
        settings.player_command = Some(value.command(expected)?);
        Ok(())
    }),
    ("cache", |settings, value| {
        settings.cache = value.whole(16..=1_048_576, "16 to 1048576 MiB")? << 20;
        Ok(())
    }),
    ("largest_recording", |settings, value| {
        settings.largest_recording = value.whole(1..=64, "1 to 64 MiB")? << 20;
        Ok(())
    }),
    ("contacts", |settings, value| {
        settings.contacts = value.paths()?;
        Ok(())
    }),
    ("agent", |settings, value| {
        let agent = value.text("an agent's user ID in quotes, like \"101_1111112\"")?;
        settings.calling.agent =
            Some(Agent::parse(agent).map_err(|error| format!("{}: {error}", said(agent)))?);
        Ok(())
    }),
    ("call.webrtc", |settings, value| {
        settings.calling.webrtc = value.truth()?;
        Ok(())
    }),
    ("call.followme", |settings, value| {
        settings.calling.followme = value.truth()?;
        Ok(())
    }),
    ("call.callerid", |settings, value| {
        let number = value.text("a number in quotes, like \"+914428117000\"")?;
        // Of no country: a setting that comes later must not change what this one means.
        let valid = ValidNumber::parse(number, "")
            .map_err(|_| format!("{} is no valid telephone number with its country code", said(number)))?;
        settings.calling.caller_id = Some(valid);
        Ok(())
    }),
    ("call_command", |settings, value| {
        settings.calling.command = Some(value.call_command()?);
        Ok(())
    }),
    ("on_new", |settings, value| {
        settings.on_new =
            Some(value.command("a command in quotes, or a list like [\"notify-send\", \"Voicemail\"]")?);
        Ok(())
    }),
];

/// A value as it was given.
pub(super) enum Value<'v> {
    /// In a file.
    Toml(&'v DeValue<'v>),
    /// As a flag or in the environment.
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
                return Err(format!("this is text: expected {expected}, without quotes"));
            }
            Value::Toml(other) => return Err(mistyped(other, expected)),
        };
        // What is no number is not repeated: it may be the secret in the wrong variable.
        let number = number.ok_or_else(|| format!("this is no number in range: expected {expected}"))?;
        u64::try_from(number)
            .ok()
            .filter(|number| range.contains(number))
            .ok_or_else(|| format!("{number} is out of range: expected {expected}"))
    }

    fn truth(&self) -> Result<bool, String> {
        match self {
            Value::Toml(DeValue::Boolean(truth)) => Ok(*truth),
            Value::Toml(DeValue::String(_)) | Value::Text(_) => {
                Err("this is text: expected true or false, without quotes".to_owned())
            }
            Value::Toml(other) => Err(mistyped(other, "true or false")),
        }
    }

    fn one_of<T: Copy, const N: usize>(&self, choices: [(&'static str, T); N]) -> Result<T, String> {
        let names = choices.map(|(name, _)| name);
        let text = self.text(&one_of_quoted(&names))?;
        choices.iter().find(|(name, _)| *name == text).map(|(_, choice)| *choice).ok_or_else(|| {
            let hint = hint(nearest(text, names));
            format!("{} is unknown: expected {}{hint}", said(text), one_of_quoted(&names))
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

    /// A text for the shell, or a program and its arguments. Repeats nothing: arguments can be secret.
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
                return Err(format!("a view has no {}{hint}", said(key)));
            }
            let name = text::clean(&text("name")?, VIEW_MAX);
            // What a relative date means does not change whether it is one.
            let context = Context { now: DateTime::UNIX_EPOCH, zone: Tz::UTC };
            let query = search::parse(&text("query")?, &context)
                .map_err(|mistake| format!("the query of {}: {mistake}", said(&name)))?;
            let key = text("key")?;
            if let Some(other) = views.iter().find(|view| view.key == key) {
                return Err(format!("{} and {} have one key", said(&other.name), said(&name)));
            }
            views.push(OwnView { name, query, key });
        }
        Ok(views)
    }

    /// A command with [`NUMBER`] in it. Never is a number part of what a shell reads: there it is `$1`.
    fn call_command(&self) -> Result<Vec<String>, String> {
        let expected = "a command in quotes, or a list like [\"xdg-open\", \"tel:{number}\"]";
        let mut argv = self.command(expected)?;
        if !matches!(self, Value::Toml(DeValue::Array(_)))
            && let Some(line) = argv.last_mut()
        {
            *line = if line.contains(NUMBER) { line.replace(NUMBER, "$1") } else { format!("{line} \"$1\"") };
            // What a shell calls itself in its messages stands before its arguments.
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
            Value::Text(_) => Err(format!("this is text: expected {expected}")),
        }
    }

    fn timezone(&self) -> Result<Timezone, String> {
        const EXPECTED: &str = "\"local\" or a name like \"Asia/Kolkata\"";
        let text = self.text(EXPECTED)?;
        if text.eq_ignore_ascii_case("local") {
            return Ok(Timezone::Local);
        }
        text.parse().map(Timezone::Named).map_err(|_| {
            // The city decides: people know that, and slip in it. Abbreviations are too short to guess.
            let city = text.rsplit('/').next().unwrap_or(text).replace(' ', "_");
            let meant = Some(city.as_str())
                .filter(|city| city.len() > 3)
                .and_then(|city| nearest(city, TZ_VARIANTS.into_iter().map(city_of).chain(["local"])))
                .map(|city| {
                    TZ_VARIANTS
                        .into_iter()
                        .find(|zone| city_of(*zone) == city)
                        .map_or(city, |zone| zone.name())
                });
            format!("{} is no time zone: expected {EXPECTED}{}", said(text), hint(meant))
        })
    }

    fn country(&self) -> Result<String, String> {
        const EXPECTED: &str = "two letters of ISO 3166-1, like \"IN\"";
        let text = self.text(EXPECTED)?;
        let code = text.to_ascii_uppercase();
        if caller::country_name(&code).is_some() {
            return Ok(code);
        }
        // What people call it, though the standard does not; a name; or three letters.
        let meant = if code == "UK" {
            Some("GB")
        } else {
            let name = nearest(text, caller::countries().map(|(_, name)| name));
            let named = caller::countries().find(|(_, known)| Some(*known) == name);
            let begun = || caller::countries().find(|(known, _)| code.len() == 3 && code.starts_with(known));
            named.or_else(begun).map(|(code, _)| code)
        };
        Err(format!("{} is no country: expected {EXPECTED}{}", said(text), hint(meant)))
    }
}

/// The last part of a zone's name.
fn city_of(zone: Tz) -> &'static str {
    let name = zone.name();
    name.rsplit('/').next().unwrap_or(name)
}

/// A value's type and what it should have been; nothing of the value.
pub(super) fn mistyped(value: &DeValue<'_>, expected: &str) -> String {
    let found = match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    format!("this is {found}: expected {expected}")
}

/// A value made fit to be repeated.
pub(super) fn said(value: &str) -> String {
    format!("\"{}\"", text::clean(value, SHOWN_MAX))
}

pub(super) fn hint(meant: Option<&str>) -> String {
    meant.map_or_else(String::new, |meant| format!("; did you mean \"{meant}\"?"))
}

/// `"a", "b" or "c"`.
pub(super) fn one_of_quoted(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("\"{name}\"")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}
