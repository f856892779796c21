//! The fields of a voicemail for scripts: their names, order and format.

use chrono::SecondsFormat;
use serde::Serialize;

use crate::core::caller::CallerForms;
use crate::core::model::{Flags, RecordingName, Sketch, Voicemail, from_millis};
use crate::core::triage::{Note, Tag};
use crate::core::zone::Tz;

/// A voicemail as a JSON object or a table row. Names and meanings are stable: fields may be added,
/// but not renamed or removed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fields<'a> {
    /// The ID: 13 characters, the same on every machine.
    pub id: String,
    /// When it was left: RFC 3339, in the time zone of the settings.
    pub time: String,
    /// When it was left, in milliseconds since the epoch.
    pub time_ms: i64,
    /// The number in E.164; null if it is not a valid number.
    pub caller: Option<&'a str>,
    /// The number as sent by the server; empty if withheld.
    pub caller_raw: &'a str,
    /// The name given to the caller, otherwise the one from a contact file.
    pub name: Option<&'a str>,
    /// The name of the recording on the server.
    pub recording: Option<String>,
    /// The length in seconds; null until the recording is fetched.
    pub length_s: Option<f64>,
    /// Whether it is read.
    pub read: bool,
    /// Whether it is starred.
    pub starred: bool,
    /// Whether it is done.
    pub done: bool,
    /// The note.
    pub note: Option<&'a str>,
    /// The tags, sorted alphabetically.
    pub tags: Vec<&'a str>,
    /// The account: its name in the settings, otherwise its app ID.
    pub account: &'a str,
}

/// The inputs of [`Fields::new`].
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// The server data.
    pub voicemail: &'a Voicemail,
    /// The caller.
    pub caller: &'a CallerForms,
    /// The caller's name.
    pub name: Option<&'a str>,
    /// Length and loudness of the recording.
    pub sketch: Sketch,
    /// Read, starred and done.
    pub flags: Flags,
    /// The note.
    pub note: Option<&'a Note>,
    /// The tags.
    pub tags: &'a [Tag],
}

impl<'a> Fields<'a> {
    /// The names of the fields in order, with descriptions.
    pub const MEANING: [(&'static str, &'static str); 14] = [
        ("id", "ID, 13 characters, the same on every machine"),
        ("time", "when it was left, in RFC 3339, in the time zone of the settings"),
        ("time_ms", "when it was left, in milliseconds since 1970-01-01 UTC"),
        ("caller", "number in E.164, or null"),
        ("caller_raw", "number as sent by the server; empty if withheld"),
        ("name", "name given to the caller or found in a contact file, or null"),
        ("recording", "name of the recording on the server, or null"),
        ("length_s", "length in seconds; null until the recording is fetched"),
        ("read", "true if read"),
        ("starred", "true if starred"),
        ("done", "true if done"),
        ("note", "note, or null"),
        ("tags", "list of tags, sorted"),
        ("account", "name of the account in the settings, or its app ID"),
    ];

    /// Returns the names of the fields in order.
    pub fn names() -> [&'static str; 14] {
        Fields::MEANING.map(|(name, _)| name)
    }

    /// Returns the fields of a voicemail of `account`, with times in `zone`.
    pub fn new(parts: Parts<'a>, zone: Tz, account: &'a str) -> Fields<'a> {
        let Parts { voicemail, caller, name, sketch, flags, note, tags } = parts;
        let time_ms = voicemail.time.timestamp_millis();
        Fields {
            id: voicemail.id.to_string(),
            time: from_millis(time_ms).with_timezone(&zone).to_rfc3339_opts(SecondsFormat::AutoSi, true),
            time_ms,
            caller: caller.e164.as_deref(),
            caller_raw: &voicemail.caller,
            name,
            recording: voicemail.recording.as_ref().map(RecordingName::shown),
            length_s: sketch.is_known().then(|| f64::from(sketch.millis) / 1_000.0),
            read: flags.contains(Flags::READ),
            starred: flags.contains(Flags::STARRED),
            done: flags.contains(Flags::DONE),
            note: note.map(Note::text),
            tags: tags.iter().map(Tag::as_str).collect(),
            account,
        }
    }

    /// Returns the fields as text in order: empty for null, tags separated by spaces.
    pub fn cells(&self) -> [String; 14] {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        [
            self.id.clone(),
            self.time.clone(),
            self.time_ms.to_string(),
            text(self.caller),
            self.caller_raw.to_owned(),
            text(self.name),
            self.recording.clone().unwrap_or_default(),
            self.length_s.map_or_else(String::new, |length| length.to_string()),
            self.read.to_string(),
            self.starred.to_string(),
            self.done.to_string(),
            text(self.note),
            self.tags.join(" "),
            self.account.to_owned(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_names_are_those_of_the_object() {
        let voicemail = Voicemail::new(from_millis(0), "1", None);
        let parts = Parts {
            voicemail: &voicemail,
            caller: &CallerForms::default(),
            name: None,
            sketch: Sketch::default(),
            flags: Flags::NONE,
            note: None,
            tags: &[],
        };
        let text = serde_json::to_string(&Fields::new(parts, Tz::UTC, "a")).unwrap();
        let Value::Object(object) = serde_json::from_str(&text).unwrap() else { panic!("{text}") };
        assert_eq!(object.len(), Fields::MEANING.len());
        let mut rest = text.as_str();
        for name in Fields::names() {
            let at =
                rest.find(&format!("\"{name}\":")).unwrap_or_else(|| panic!("{name} is not in its place"));
            rest = &rest[at + 1..];
        }
    }
}
