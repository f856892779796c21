//! The lines of exports and backups: their format, and their validation when read.

use std::io::{self, BufRead, Read as _, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::records::Record;
use crate::core::facts::{Fact, Facts};
use crate::core::model::{RecordingName, Sketch, TIME_END, Voicemail, from_millis};
use crate::core::text;
use crate::core::triage::{CallerKey, Given, Note, Tag, TooLong};

/// The version that is written, and the newest that can be read.
pub(crate) const VERSION: u32 = 1;

/// The maximum length of a line, in bytes; many times that of the longest note with a waveform.
const LINE_MAX: u64 = 1 << 20;

/// A line: an object with a single key, its type.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ExportLine {
    /// The first line of an account.
    Vmail(Header),
    Name(NameLine),
    Voicemail(VoicemailLine),
}

impl ExportLine {
    /// Reads a line, or says what is wrong with it.
    pub(crate) fn parse(bytes: &[u8]) -> Result<ExportLine, String> {
        if bytes.len() as u64 >= LINE_MAX {
            return Err(format!("longer than {} MiB", LINE_MAX >> 20));
        }
        serde_json::from_slice(bytes).map_err(|error| {
            let text = error.to_string();
            // The parser sees one line at a time, so its line number is always 1.
            let what = text
                .rsplit_once(" at line 1 column ")
                .map(|(what, column)| format!("{what} (column {column})"));
            text::clean(&what.unwrap_or(text), text::MESSAGE_MAX)
        })
    }

    /// Writes the line and its end.
    pub(crate) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")
    }
}

/// Reads the next line into `bytes`. A line that is too long is truncated, so that it is invalid JSON.
/// Returns `false` at the end.
pub(crate) fn read(input: &mut impl BufRead, bytes: &mut Vec<u8>) -> io::Result<bool> {
    bytes.clear();
    input.take(LINE_MAX).read_until(b'\n', bytes)?;
    if bytes.len() as u64 == LINE_MAX && !bytes.ends_with(b"\n") {
        input.skip_until(b'\n')?;
    }
    Ok(!bytes.is_empty())
}

#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Header {
    pub(crate) version: u32,
    pub(crate) account: String,
}

impl Header {
    pub(crate) fn of(account: &str) -> ExportLine {
        ExportLine::Vmail(Header { version: VERSION, account: account.to_owned() })
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NameLine {
    caller: String,
    name: String,
    edited: i64,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VoicemailLine {
    /// Derived from time, caller and recording; checked if present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    time: i64,
    caller: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recording: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    read: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    starred: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    done: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    called: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<NoteText>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    /// In milliseconds.
    #[serde(default, skip_serializing_if = "is_default")]
    length: u32,
    /// [`Sketch::bits`].
    #[serde(default, skip_serializing_if = "is_default")]
    loudness: u32,
    /// In Base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    waveform: Option<String>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct NoteText {
    text: String,
    edited: i64,
}

/// Rejects implausible times: one in the far future would win every merge.
fn check_time(millis: i64) -> Result<(), String> {
    if (0..TIME_END).contains(&millis) { Ok(()) } else { Err(format!("time {millis} is out of range")) }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl NameLine {
    pub(crate) fn new(caller: &CallerKey, given: &Given) -> NameLine {
        NameLine { caller: caller.as_str().to_owned(), name: given.name().to_owned(), edited: given.edited() }
    }

    /// Returns the caller's name on this line, or says what is wrong.
    pub(crate) fn check(self) -> Result<(CallerKey, Given), String> {
        TooLong::check("a caller", text::CALLER_MAX, &self.caller).map_err(|error| error.to_string())?;
        let key = CallerKey::from_text(&self.caller).ok_or("the caller is empty")?;
        check_time(self.edited)?;
        let given = Given::new(&self.name, self.edited).ok_or("the name is empty")?;
        Ok((key, given.fitting().map_err(|error| error.to_string())?))
    }
}

impl VoicemailLine {
    pub(crate) fn new(record: Record) -> VoicemailLine {
        let Record { voicemail, sketch, waveform, facts, note, tags } = record;
        VoicemailLine {
            id: Some(voicemail.id.to_string()),
            time: voicemail.time.timestamp_millis(),
            caller: voicemail.caller,
            recording: voicemail.recording.map(|name| name.as_sent().to_owned()),
            read: facts.has(Fact::Read),
            starred: facts.has(Fact::Starred),
            done: facts.get(Fact::Done),
            called: facts.get(Fact::Called),
            note: note.map(|note| NoteText { text: note.text().to_owned(), edited: note.edited() }),
            tags: tags.iter().map(Tag::to_string).collect(),
            length: sketch.millis,
            loudness: sketch.bits(),
            waveform: waveform.map(|bytes| STANDARD.encode(bytes)),
        }
    }

    /// Returns the line of a voicemail with what only the user knows of it. The rest follows from its
    /// recording, and the ID from the other fields.
    pub(crate) fn of_user(record: Record) -> VoicemailLine {
        let all = VoicemailLine::new(Record { sketch: Sketch::default(), waveform: None, ..record });
        VoicemailLine { id: None, ..all }
    }

    /// Returns the voicemail on this line, or says what is wrong. The input is untrusted.
    pub(crate) fn check(self) -> Result<Record, String> {
        let edited = self.note.as_ref().map(|note| note.edited);
        for time in [Some(self.time), self.done, self.called, edited].into_iter().flatten() {
            check_time(time)?;
        }
        let time = from_millis(self.time);
        let voicemail = Voicemail::new(time, &self.caller, self.recording.map(RecordingName::new));
        if self.id.is_some_and(|id| id != voicemail.id.to_string()) {
            return Err(format!(
                "the ID does not match time, caller and recording: expected {}",
                voicemail.id
            ));
        }
        let note = self.note.map(|note| {
            let note = Note::new(&note.text, note.edited).ok_or("the note is blank")?;
            note.fitting().map_err(|error| error.to_string())
        });
        let tags = self.tags.iter().map(|text| {
            let shown = text::clean(text, Tag::MAX);
            Tag::new(text).ok_or_else(|| format!("\"{shown}\" is not a valid tag: a tag is {}", Tag::RULE))
        });
        let mut facts = Facts::default();
        facts.set(Fact::Read, self.read.then_some(0));
        facts.set(Fact::Starred, self.starred.then_some(0));
        facts.set(Fact::Done, self.done);
        facts.set(Fact::Called, self.called);
        let waveform = self.waveform.map(|text| STANDARD.decode(text));
        Ok(Record {
            sketch: Sketch::from_bits(self.length, self.loudness),
            waveform: waveform
                .transpose()
                .map_err(|error| format!("the waveform is not valid Base64: {error}"))?,
            facts,
            note: note.transpose()?,
            tags: tags.collect::<Result<_, _>>()?,
            voicemail,
        })
    }
}
