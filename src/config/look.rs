//! What the settings say about keys, colours and columns.
//!
//! Commands and colours belong to the screen, which nothing here knows: they stay text, and whoever
//! loads the settings hands in the checks.

use toml::de::DeValue;

use super::settings::{Settings, Value, hint, mistyped, one_of_quoted, said};
use crate::suggest::nearest;

/// The keys that the user gave to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnKeys {
    /// The command's name, as it is written.
    pub command: String,
    /// The keys as they are written; none takes them all away.
    pub keys: Vec<String>,
    /// The line of the file, from 1.
    pub line: usize,
}

/// What is wrong with keys of the user's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFault {
    /// The line; `None` where it is about the key of a view.
    pub line: Option<usize>,
    /// What, and what to do.
    pub message: String,
}

/// A style that the user gave to a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnColour {
    /// The role's name.
    pub role: String,
    /// The style as it is written: "#ff8800 bold on black".
    pub style: String,
}

/// The colours to start from.
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
    /// The caller's number, whatever the name.
    Number,
    /// How long the recording is.
    Length,
    /// The recording's outline.
    Outline,
    /// Star, done, called back; and tags and note where these have no column of their own.
    Marks,
    /// The tags.
    Tags,
    /// How the note begins.
    Note,
}

impl Column {
    /// The columns that stand there unless the user chose others.
    pub const USUAL: [Column; 5] =
        [Column::Time, Column::Caller, Column::Length, Column::Outline, Column::Marks];

    const NAMES: [(&'static str, Column); 8] = [
        ("time", Column::Time),
        ("caller", Column::Caller),
        ("number", Column::Number),
        ("length", Column::Length),
        ("outline", Column::Outline),
        ("marks", Column::Marks),
        ("tags", Column::Tags),
        ("note", Column::Note),
    ];

    /// How the columns are called in settings.
    pub fn names() -> [&'static str; 8] {
        Column::NAMES.map(|(name, _)| name)
    }
}

/// The groups of settings whose names are not known here.
pub(super) const OPEN_GROUPS: [&str; 2] = ["keys", "colours"];

/// What such a group may not be.
pub(super) fn not_a_group(_: &mut Settings, value: &Value<'_>) -> Result<(), String> {
    const EXPECTED: &str = "names with values, like `keys.quit = \"q\"` or `colours.accent = \"cyan\"`";
    match value {
        Value::Toml(value) => Err(mistyped(value, EXPECTED)),
        Value::Text(_) => Err(format!("this is text: expected {EXPECTED}")),
    }
}

impl Value<'_> {
    /// A key, or several.
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
                return Err(format!("{} is no column: expected {}{hint}", said(name), one_of_quoted(&names)));
            };
            if columns.contains(column) {
                return Err(format!("{} stands there twice: keep one", said(name)));
            }
            columns.push(*column);
        }
        if columns.contains(&Column::Caller) {
            Ok(columns)
        } else {
            Err("there is no \"caller\": without it, rows cannot be told apart".to_owned())
        }
    }
}
