//! The user's changes to the demo's voicemails from before the demo starts, so that it looks used.
//!
//! Written as an export for `vmail import`, also without sharing code with the rest of the program.

use std::collections::HashMap;
use std::io;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::rows::{SET, When};

/// How long before the start the imaginary user left, in milliseconds; later voicemails are unread.
const LEFT: i64 = 60 * 60 * 1000;

/// The past, in `assets/demo/voicemail.json`.
#[derive(Deserialize)]
struct Past {
    voicemail: Vec<PastVoicemail>,
    /// The length and loudness of each recording.
    looks: HashMap<String, Look>,
    /// The names of callers, by number in E.164.
    names: HashMap<String, String>,
}

#[derive(Deserialize)]
struct PastVoicemail {
    #[serde(flatten)]
    when: When,
    from: Value,
    voicename: String,
    recording: String,
    /// `None` if it is new.
    was: Option<Was>,
}

/// Fields of an export, with minutes after the voicemail instead of times.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Was {
    read: bool,
    starred: bool,
    done_after: Option<i64>,
    called_after: Option<i64>,
    note: Option<String>,
    tags: Vec<String>,
}

/// Fields of an export.
#[derive(Deserialize)]
struct Look {
    length: u32,
    loudness: u32,
}

/// Returns the user's earlier changes at `now`, the start of the demo, as lines of JSON.
///
/// # Errors
/// If the compiled-in set cannot be read.
pub fn past(now: DateTime<Utc>) -> io::Result<String> {
    let Past { voicemail, looks, names } = serde_json::from_str(SET)?;
    let left = now.timestamp_millis() - LEFT;
    let mut lines = vec![json!({ "vmail": { "version": 1, "account": "demo" } })];
    for (caller, name) in names {
        lines.push(json!({ "name": { "caller": caller, "name": name, "edited": left } }));
    }
    for PastVoicemail { when, from, voicename, recording, was } in voicemail {
        let time = when.seconds(now.timestamp())? * 1000;
        let Some(was) = was.filter(|_| time < left) else { continue };
        let after = |minutes: i64| (time + minutes * 60_000).min(left);
        let caller = from.as_str().map_or_else(|| from.to_string(), str::to_owned);
        let mut line = json!({
            "time": time,
            "caller": if from.is_null() { String::new() } else { caller },
            "recording": voicename,
            "read": was.read,
            "starred": was.starred,
            "done": was.done_after.map(after),
            "called": was.called_after.map(after),
            "note": was.note.map(|text| json!({ "text": text, "edited": after(10) })),
            "tags": was.tags,
        });
        if let Some(Look { length, loudness }) = looks.get(&recording).filter(|_| was.read) {
            line["length"] = json!(length);
            line["loudness"] = json!(loudness);
        }
        lines.push(json!({ "voicemail": line }));
    }
    Ok(lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n"))
}
