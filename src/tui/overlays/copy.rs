//! What can be copied from voicemails, and its format. Plain data and pure functions.

use crate::core::facts::Fact;
use crate::core::fields::{Fields, Parts};
use crate::core::model::{RecordingName, from_millis};
use crate::core::triage::Given;
use crate::core::zone::Tz;
use crate::store::{Details, Row};
use crate::terminal::escape::COPY_MAX;
use crate::tui::list::rows::RowKey;

pub(in crate::tui) mod update;
pub(in crate::tui) mod view;

/// The maximum number of voicemails to copy at once: more than terminals accept as text.
pub const COPIED_MAX: usize = 1_000;

/// The menu of what can be copied.
#[derive(Clone, Debug)]
pub struct CopyMenu {
    /// The voicemails.
    pub keys: Vec<RowKey>,
    /// Which voicemails these are, for the title.
    pub about: String,
    /// Their details; `None` until they are loaded.
    pub found: Option<Vec<CopyItem>>,
}

/// All data of a voicemail.
#[derive(Clone, Debug, PartialEq)]
pub struct CopyItem {
    /// Its row in the list.
    pub row: Row,
    /// Its details from the store.
    pub details: Box<Details>,
    /// The caller as shown in the list: a name or the number.
    pub shown: String,
}

/// A part of a voicemail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The caller's number in international form.
    Number,
    /// The caller's name.
    Name,
    /// The time.
    Time,
    /// The name of its recording.
    File,
    /// Everything as text.
    Text,
    /// Everything as JSON, one object per line.
    Json,
}

/// A text for the clipboard, and its notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The text, without a trailing newline.
    pub text: String,
    /// The notice for the user.
    pub said: String,
}

impl What {
    /// Every part, in the order of the menu.
    pub const ALL: [What; 6] = [What::Number, What::Name, What::Time, What::File, What::Text, What::Json];

    /// Returns the name in the menu of what can be copied.
    pub fn title(self) -> &'static str {
        match self {
            What::Number => "number",
            What::Name => "name",
            What::Time => "time",
            What::File => "file name",
            What::Text => "all as text",
            What::Json => "all as JSON",
        }
    }

    /// Returns `count` of them in words, for the notice.
    fn counted(self, count: usize) -> String {
        let many = match self {
            What::Number => "numbers",
            What::Name => "names",
            What::Time => "times",
            What::File => "file names",
            What::Text => "voicemails as text",
            What::Json => "voicemails as JSON",
        };
        match (self, count) {
            (What::Text | What::Json, 1) => format!("voicemail{}", &self.title()["all".len()..]),
            (_, 1) => self.title().to_owned(),
            _ => format!("{count} {many}"),
        }
    }

    /// Returns the message for a voicemail that does not have what to copy.
    pub fn missing(self) -> &'static str {
        match self {
            What::Number => "number withheld",
            What::Name => "this caller has no name",
            What::File => "no recording",
            What::Time | What::Text | What::Json => "no longer stored",
        }
    }

    /// Returns what to copy of one voicemail; `None` if there is none.
    pub fn of(self, found: &CopyItem, zone: Tz, account: &str) -> Option<String> {
        match self {
            What::Number => found.number().map(str::to_owned),
            What::Name => found.name().map(str::to_owned),
            What::Time => Some(found.time(zone)),
            What::File => found.details.voicemail.recording.as_ref().map(RecordingName::shown),
            What::Text => Some(found.text(zone)),
            What::Json => found.json(zone, account),
        }
    }
}

impl CopyItem {
    /// Returns the number to copy: in E.164, or as received if it is not a phone number; `None` if withheld.
    pub fn number(&self) -> Option<&str> {
        let forms = &self.details.caller;
        let number = forms.e164.as_deref().unwrap_or(&forms.display);
        (!number.is_empty()).then_some(number)
    }

    /// Returns the name to copy: given by the user, or the name from a contact file.
    pub fn name(&self) -> Option<&str> {
        let listed = (self.shown != self.details.caller.display && !self.shown.is_empty())
            .then_some(self.shown.as_str());
        self.details.name.as_ref().map(Given::name).or(listed)
    }

    fn time(&self, zone: Tz) -> String {
        from_millis(self.row.time).with_timezone(&zone).format("%Y-%m-%d %H:%M:%S %Z").to_string()
    }

    /// Returns everything as text of a few lines, the note last.
    fn text(&self, zone: Tz) -> String {
        let withheld = if self.number().is_none() { Some("withheld") } else { None };
        let caller: Vec<&str> = self.name().into_iter().chain(self.number()).chain(withheld).collect();
        let mut lines = vec![self.time(zone), caller.join("  ")];
        let length = self.row.sketch.is_known().then(|| format!("{:.1} s", self.seconds()));
        let file = What::File.of(self, zone, "");
        lines.extend(
            file.map(|file| [Some(file), length].into_iter().flatten().collect::<Vec<_>>().join("  ")),
        );
        let states = Fact::of(self.row.flags).map(|fact| fact.words().to_owned());
        let tags = self.details.tags.iter().map(|tag| format!("#{tag}"));
        let marks: Vec<String> = states.chain(tags).collect();
        if !marks.is_empty() {
            lines.push(marks.join("  "));
        }
        lines.extend(self.details.note.iter().map(|note| note.text().to_owned()));
        lines.join("\n")
    }

    fn seconds(&self) -> f64 {
        f64::from(self.row.sketch.millis) / 1_000.0
    }

    fn json(&self, zone: Tz, account: &str) -> Option<String> {
        let Details { voicemail, caller, note, tags, .. } = &*self.details;
        let parts = Parts {
            voicemail,
            caller,
            name: self.name(),
            sketch: self.row.sketch,
            flags: self.row.flags,
            note: note.as_ref(),
            tags,
        };
        serde_json::to_string(&Fields::new(parts, zone, account)).ok()
    }
}

/// Returns what to copy, for all of `found`, one per line; texts are separated by blank lines. Fails with a
/// message if there is nothing to copy, or more than terminals accept.
pub fn copied(what: What, found: &[CopyItem], zone: Tz, account: &str) -> Result<Copied, String> {
    let parts: Vec<String> = found.iter().filter_map(|found| what.of(found, zone, account)).collect();
    let missing = found.len() - parts.len();
    if parts.is_empty() {
        let why = if missing > 1 { "none of the voicemails has one" } else { what.missing() };
        return Err(format!("nothing to copy: {why}"));
    }
    let text = parts.join(if what == What::Text { "\n\n" } else { "\n" });
    if text.len() > COPY_MAX {
        let (size, most) = (text.len().div_ceil(1_000), COPY_MAX / 1_000);
        return Err(format!("too large to copy: {size} kB; terminals accept {most} kB"));
    }
    let said = match found {
        [only] if what == What::Number && only.details.caller.e164.is_none() => {
            format!("\"{text}\" (not a phone number)")
        }
        _ => what.counted(parts.len()),
    };
    let rest = match missing {
        0 => String::new(),
        1 => "; 1 voicemail has none".to_owned(),
        many => format!("; {many} voicemails have none"),
    };
    Ok(Copied { text, said: format!("{said} sent to the terminal's clipboard{rest}") })
}
