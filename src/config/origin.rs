//! The origin of each setting, and its value as TOML.

use std::fmt::{self, Write as _};

use toml::de::DeValue;

use super::value::Value;

/// A setting in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The name: `range`, `call.webrtc`, `keys.play`.
    pub name: String,
    /// The value as TOML; `None` if it is or may hold a secret.
    pub value: Option<String>,
    /// Where it was set.
    pub origin: Origin,
}

/// Where a setting was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// In the built-in file.
    Default,
    /// On a line of the user's file, from 1.
    Line(usize),
    /// By an environment variable, by name.
    Variable(&'static str),
    /// By a flag, with its hyphens.
    Flag(String),
}

/// Writes "default", "line 12", "`VMAIL_RANGE`" or "--range".
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::Line(line) => write!(f, "line {line}"),
            Origin::Variable(name) => f.write_str(name),
            Origin::Flag(flag) => f.write_str(flag),
        }
    }
}

/// Returns a setting's value as TOML on one line; `None` for settings that are secret or may hold a secret.
pub(super) fn written(name: &str, value: &Value<'_>) -> Option<String> {
    if is_secret(name) {
        return None;
    }
    Some(match value {
        Value::Toml(value) => toml_of(value),
        Value::Text(text) if matches!(name, "appid" | "concurrency") => text.trim().to_owned(),
        Value::Text(text) => quoted(text),
    })
}

fn toml_of(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => quoted(text),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| toml_of(item.get_ref())).collect();
            format!("[{}]", items.join(", "))
        }
        DeValue::Table(table) => {
            let entries = table
                .iter()
                .filter(|(key, _)| !is_secret(key.get_ref()))
                .map(|(key, value)| format!("{} = {}", key_of(key.get_ref()), toml_of(value.get_ref())));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

fn is_secret(name: &str) -> bool {
    name.rsplit('.').next().is_some_and(|last| last.starts_with("secret"))
}

fn key_of(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if !key.is_empty() && key.chars().all(bare) { key.to_owned() } else { quoted(key) }
}

/// Returns `text` as a TOML basic string.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
