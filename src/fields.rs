//! The fields of a voicemail as scripts get them: their names, their order and how they are written.

use chrono::SecondsFormat;
use chrono_tz::Tz;
use serde::Serialize;

use crate::caller::CallerForms;
use crate::model::{Flags, RecordingName, Sketch, Voicemail, from_millis};
use crate::triage::{Note, Tag};

/// A voicemail as a JSON object, or as a row of a table with these columns. Names and meaning are
/// stable: fields may be added, and none is renamed or taken away.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fields<'a> {
    /// The identity: thirteen characters, the same on every machine.
    pub id: String,
    /// When it was left: RFC 3339, in the zone that is set.
    pub time: String,
    /// When it was left, in milliseconds since the epoch.
    pub time_ms: i64,
    /// The number in E.164; null where it is none.
    pub caller: Option<&'a str>,
    /// The number as the server sent it; empty when withheld.
    pub caller_raw: &'a str,
    /// The name that was given to the caller, else that of a contact file.
    pub name: Option<&'a str>,
    /// The server's name of the recording.
    pub recording: Option<String>,
    /// The length in seconds; null until the recording was fetched.
    pub length_s: Option<f64>,
    /// Whether it was heard.
    pub read: bool,
    /// Whether it has a star.
    pub starred: bool,
    /// Whether it is dealt with.
    pub done: bool,
    /// What is noted.
    pub note: Option<&'a str>,
    /// Its tags, in the order of the alphabet.
    pub tags: Vec<&'a str>,
    /// The account: its name in the settings, else its app ID.
    pub account: &'a str,
}

/// What a voicemail's fields are made of.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// As the server described it.
    pub voicemail: &'a Voicemail,
    /// Its caller.
    pub caller: &'a CallerForms,
    /// Its caller's name.
    pub name: Option<&'a str>,
    /// What its recording is like.
    pub sketch: Sketch,
    /// What was done with it.
    pub flags: Flags,
    /// What is noted.
    pub note: Option<&'a Note>,
    /// Its tags.
    pub tags: &'a [Tag],
}

impl<'a> Fields<'a> {
    /// The names of the fields, in their order, and what each is.
    pub const MEANING: [(&'static str, &'static str); 14] = [
        ("id", "the identity: thirteen characters, the same on every machine"),
        ("time", "when it was left: RFC 3339, in the zone that is set"),
        ("time_ms", "the same in milliseconds since 1970"),
        ("caller", "the number in E.164; null where it is none"),
        ("caller_raw", "the number as the server sent it; empty when withheld"),
        ("name", "the name given to the caller, else that of a contact file; or null"),
        ("recording", "the server's name of the recording, or null"),
        ("length_s", "seconds; null until the recording was fetched"),
        ("read", "whether it was heard"),
        ("starred", "whether it has a star"),
        ("done", "whether it is dealt with"),
        ("note", "what is noted, or null"),
        ("tags", "a list, by the alphabet"),
        ("account", "its name in the settings, else the app ID"),
    ];

    /// The names of the fields, in their order.
    pub fn names() -> [&'static str; 14] {
        Fields::MEANING.map(|(name, _)| name)
    }

    /// The fields of a voicemail of `account`, with times in `zone`.
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

    /// The fields as texts, in their order: empty where JSON has null, tags with blanks between.
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
