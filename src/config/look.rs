//! Settings for keys, colours and columns.
//!
//! This module does not know the commands and roles of the screen: keys and colours stay text, and
//! the caller supplies the checks.

use toml::de::DeValue;

use super::value::{Value, hint, mistyped, one_of_quoted, said};
use crate::core::suggest::nearest;

/// The keys that the user assigned to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnKeys {
    /// The name of the command, as in the file.
    pub command: String,
    /// The keys as in the file; empty removes all keys of the command.
    pub keys: Vec<String>,
    /// The line of the file, from 1.
    pub line: usize,
}

/// A fault in the user's keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFault {
    /// The line; `None` for the key of a view.
    pub line: Option<usize>,
    /// What is wrong and what to do.
    pub message: String,
}

/// A style that the user assigned to a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnColour {
    /// The name of the role.
    pub role: String,
    /// The style as in the file: "#ff8800 bold on black".
    pub style: String,
}

/// The built-in colour themes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThemeName {
    /// The terminal's own 16 colours.
    #[default]
    Terminal,
    /// True colours for a dark background.
    Dark,
    /// True colours for a light background.
    Light,
}

/// A column of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    /// The time of day.
    Time,
    /// The caller's name, or number.
    Caller,
    /// The caller's number, even if there is a name.
    Number,
    /// The length of the recording.
    Length,
    /// The waveform of the recording.
    Outline,
    /// Starred, done, called back; also tags and note, unless they have a column.
    Marks,
    /// The tags.
    Tags,
    /// The beginning of the note.
    Note,
}

impl Column {
    /// The default columns.
    pub const USUAL: [Column; 5] =
        [Column::Time, Column::Caller, Column::Length, Column::Outline, Column::Marks];

    const NAMES: [(&'static str, Column); 8] = [
        ("time", Column::Time),
        ("caller", Column::Caller),
        ("number", Column::Number),
        ("length", Column::Length),
        ("waveform", Column::Outline),
        ("flags", Column::Marks),
        ("tags", Column::Tags),
        ("note", Column::Note),
    ];

    /// Returns the names of the columns in the settings.
    pub fn names() -> [&'static str; 8] {
        Column::NAMES.map(|(name, _)| name)
    }
}

/// The groups of settings with names that are defined elsewhere.
pub(super) const OPEN_GROUPS: [&str; 2] = ["keys", "colours"];

/// Says what is wrong with a value for `keys` or `colours` itself.
pub(super) fn not_a_group(value: &Value<'_>) -> String {
    const EXPECTED: &str = "names with values, like `keys.quit = \"q\"` or `colours.accent = \"cyan\"`";
    match value {
        Value::Toml(value) => mistyped(value, EXPECTED),
        Value::Text(_) => format!("found text, expected {EXPECTED}"),
    }
}

impl Value<'_> {
    /// Reads a key or a list of keys from a setting.
    pub(super) fn key_names(&self) -> Result<Vec<String>, String> {
        const EXPECTED: &str = "a key like \"q\", or a list of keys like [\"q\", \"Ctrl-q\"]";
        match self {
            Value::Toml(DeValue::Array(_)) => {
                self.list(EXPECTED)?.iter().map(|key| key.text(EXPECTED).map(str::to_owned)).collect()
            }
            _ => Ok(vec![self.text(EXPECTED)?.to_owned()]),
        }
    }

    pub(super) fn columns(&self) -> Result<Vec<Column>, String> {
        let names = Column::names();
        let mut columns = Vec::new();
        for item in self.list("a list like [\"time\", \"caller\", \"length\"]")? {
            let name = item.text(&one_of_quoted(&names))?;
            let Some((_, column)) = Column::NAMES.iter().find(|(known, _)| *known == name) else {
                let hint = hint(nearest(name, names));
                return Err(format!(
                    "{} is not a column: expected {}{hint}",
                    said(name),
                    one_of_quoted(&names)
                ));
            };
            if columns.contains(column) {
                return Err(format!("{} is listed twice: keep one", said(name)));
            }
            columns.push(*column);
        }
        if columns.contains(&Column::Caller) {
            Ok(columns)
        } else {
            Err("\"caller\" is missing: rows cannot be told apart without it".to_owned())
        }
    }
}
