//! The values of settings before they are parsed, and the parser of each type.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use chrono::DateTime;
use toml::de::DeValue;

use super::SHOWN_MAX;
use crate::core::range::Range;
use crate::core::search::{self, Context, Query};
use crate::core::suggest::nearest;
use crate::core::triage::TooLong;
use crate::core::zone::{self, Tz};
use crate::core::{caller, text};

/// The maximum length of a view name, in characters.
const VIEW_MAX: usize = 20;

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

/// The placeholder for the number in [`super::Calling::command`].
pub const NUMBER: &str = "{number}";

/// The time zone of all dates and times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timezone {
    /// The time zone of the session or the machine: see [`super::local_zone`].
    Local,
    /// This time zone.
    Named(Tz),
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

    pub(super) fn whole(&self, range: RangeInclusive<u64>, expected: &str) -> Result<u64, String> {
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

    pub(super) fn range(&self) -> Result<Range, String> {
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

    pub(super) fn truth(&self) -> Result<bool, String> {
        match self {
            Value::Toml(DeValue::Boolean(truth)) => Ok(*truth),
            Value::Toml(DeValue::String(_)) | Value::Text(_) => {
                Err("found text, expected true or false, without quotes".to_owned())
            }
            Value::Toml(other) => Err(mistyped(other, "true or false")),
        }
    }

    pub(super) fn one_of<T: Copy, const N: usize>(
        &self,
        choices: [(&'static str, T); N],
    ) -> Result<T, String> {
        let names = choices.map(|(name, _)| name);
        let text = self.text(&one_of_quoted(&names))?;
        choices.iter().find(|(name, _)| *name == text).map(|(_, choice)| *choice).ok_or_else(|| {
            let hint = hint(nearest(text, names));
            format!("{} is invalid: expected {}{hint}", said(text), one_of_quoted(&names))
        })
    }

    pub(super) fn notifications(&self) -> Result<Vec<Notify>, String> {
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

    /// Parses a setting that is a shell command, or a program and its arguments. Repeats no value: arguments
    /// can be secret.
    pub(super) fn command(&self, expected: &str) -> Result<Vec<String>, String> {
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

    pub(super) fn views(&self) -> Result<Vec<OwnView>, String> {
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
            let name = text::clean(&text("name")?, usize::MAX);
            TooLong::check("the name of a view", VIEW_MAX, &name).map_err(|error| error.to_string())?;
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

    /// Parses the setting of a command for calls, with [`NUMBER`] in it. In a shell command the number is
    /// `$1`, so that the shell never parses it as code.
    pub(super) fn call_command(&self) -> Result<Vec<String>, String> {
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

    pub(super) fn paths(&self) -> Result<Vec<PathBuf>, String> {
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

    pub(super) fn timezone(&self) -> Result<Timezone, String> {
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

    pub(super) fn country(&self) -> Result<String, String> {
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

/// Says which type a setting has and what was expected. Repeats nothing of the value.
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

/// Returns a setting's value in quotes, made safe to display.
pub(super) fn said(value: &str) -> String {
    format!("\"{}\"", text::clean(value, SHOWN_MAX))
}

pub(super) fn hint(meant: Option<&str>) -> String {
    meant.map_or_else(String::new, |meant| format!("; did you mean \"{meant}\"?"))
}

/// Returns the values of a setting as `"a", "b" or "c"`.
pub(super) fn one_of_quoted(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("\"{name}\"")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}
