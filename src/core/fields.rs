//! The fields of a voicemail for scripts: their names, order and format.

use chrono::SecondsFormat;
use serde::Serialize;

use crate::core::caller::CallerForms;
use crate::core::facts::Flags;
use crate::core::model::{RecordingName, Sketch, Voicemail};
use crate::core::triage::{Note, Tag};
use crate::core::zone::Tz;

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
    /// Read, starred, done and called back.
    pub flags: Flags,
    /// The note.
    pub note: Option<&'a Note>,
    /// The tags.
    pub tags: &'a [Tag],
}

/// Makes the fields from one table: the object, the names with their meanings, and the cells.
macro_rules! fields {
    ($parts:ident, $zone:ident, $account:ident; $(
        $(#[$doc:meta])*
        $name:ident: $kind:ty = $meaning:literal, $value:expr;
    )*) => {
        /// A voicemail as a JSON object or a table row. Names and meanings are stable: fields may be
        /// added, but not renamed or removed.
        #[derive(Clone, Debug, PartialEq, Serialize)]
        pub struct Fields<'a> {
            $($(#[$doc])* pub $name: $kind,)*
        }

        impl<'a> Fields<'a> {
            /// The names of the fields in order, with descriptions.
            pub const MEANING: &'static [(&'static str, &'static str)] =
                &[$((stringify!($name), $meaning)),*];

            /// Returns the fields of a voicemail of `account`, with times in `zone`.
            pub fn new($parts: Parts<'a>, $zone: Tz, $account: &'a str) -> Fields<'a> {
                Fields { $($name: $value,)* }
            }

            /// Returns the fields as text in order: empty for null, tags separated by spaces.
            pub fn cells(&self) -> Vec<String> {
                vec![$(self.$name.cell()),*]
            }
        }
    };
}

fields! { parts, zone, account;
    /// The ID: 13 characters, the same on every machine.
    id: String = "ID, 13 characters, the same on every machine",
        parts.voicemail.id.to_string();
    /// When it was left: RFC 3339, in the time zone of the settings.
    time: String = "when it was left, in RFC 3339, in the time zone of the settings",
        parts.voicemail.time.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::AutoSi, true);
    /// When it was left, in milliseconds since the epoch.
    time_ms: i64 = "when it was left, in milliseconds since 1970-01-01 UTC",
        parts.voicemail.time.timestamp_millis();
    /// The number in E.164; null if it is not a valid number.
    caller: Option<&'a str> = "number in E.164, or null",
        parts.caller.e164.as_deref();
    /// The number as sent by the server; empty if withheld.
    caller_raw: &'a str = "number as sent by the server; empty if withheld",
        &parts.voicemail.caller;
    /// The name given to the caller, otherwise the one from a contact file.
    name: Option<&'a str> = "name given to the caller or found in a contact file, or null",
        parts.name;
    /// The name of the recording on the server.
    recording: Option<String> = "name of the recording on the server, or null",
        parts.voicemail.recording.as_ref().map(RecordingName::shown);
    /// The length in seconds; null until the recording is fetched.
    length_s: Option<f64> = "length in seconds; null until the recording is fetched",
        parts.sketch.is_known().then(|| f64::from(parts.sketch.millis) / 1_000.0);
    /// Whether it is read.
    read: bool = "true if read",
        parts.flags.contains(Flags::READ);
    /// Whether it is starred.
    starred: bool = "true if starred",
        parts.flags.contains(Flags::STARRED);
    /// Whether it is done.
    done: bool = "true if done",
        parts.flags.contains(Flags::DONE);
    /// Whether the caller was called back.
    called: bool = "true if the caller was called back",
        parts.flags.contains(Flags::CALLED);
    /// The note.
    note: Option<&'a str> = "note, or null",
        parts.note.map(Note::text);
    /// The tags, sorted alphabetically.
    tags: Vec<&'a str> = "list of tags, sorted",
        parts.tags.iter().map(Tag::as_str).collect();
    /// The account: its name in the settings, otherwise its app ID.
    account: &'a str = "name of the account in the settings, or its app ID",
        account;
}

impl Fields<'_> {
    /// Returns the names of a voicemail's fields for scripts, in order.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Fields::MEANING.iter().map(|(name, _)| *name)
    }
}

/// A value as a cell of a table.
trait Cell {
    /// Returns the text; empty for null.
    fn cell(&self) -> String;
}

impl Cell for String {
    fn cell(&self) -> String {
        self.clone()
    }
}

impl Cell for &str {
    fn cell(&self) -> String {
        (*self).to_owned()
    }
}

impl Cell for i64 {
    fn cell(&self) -> String {
        self.to_string()
    }
}

impl Cell for f64 {
    fn cell(&self) -> String {
        self.to_string()
    }
}

impl Cell for bool {
    fn cell(&self) -> String {
        self.to_string()
    }
}

impl<T: Cell> Cell for Option<T> {
    fn cell(&self) -> String {
        self.as_ref().map(Cell::cell).unwrap_or_default()
    }
}

impl Cell for Vec<&str> {
    fn cell(&self) -> String {
        self.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::core::model::from_millis;

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
