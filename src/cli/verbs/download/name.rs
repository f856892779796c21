//! The file names of `vmail download`: a template with fields that are filled in from a voicemail.
//!
//! Text from the server or a caller only gets into a name through [`name_part`]: only the template
//! itself can create folders.

use std::ops::Range;
use std::path::PathBuf;
use std::str::FromStr;

use chrono::DateTime;

use crate::cli::query::Hit;
use crate::core::model::VoicemailId;
use crate::core::suggest::nearest;
use crate::core::text;
use crate::core::zone::Tz;
use crate::recording::{name_part, portable_name, with_id};

/// The fields by name.
const FIELDS: [(&str, Placeholder); 7] = [
    ("date", Placeholder::Date),
    ("time", Placeholder::Time),
    ("caller", Placeholder::Caller),
    ("name", Placeholder::Name),
    ("id", Placeholder::Id),
    ("ext", Placeholder::Ext),
    ("account", Placeholder::Account),
];

/// A template for file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<TemplatePart>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum TemplatePart {
    Text(String),
    Placeholder(Placeholder),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Placeholder {
    /// `2026-11-23`, in the time zone of the settings.
    Date,
    /// `114208`.
    Time,
    /// The number in E.164, otherwise as received, otherwise `withheld`.
    Caller,
    /// The caller's name, otherwise the same as `caller`.
    Name,
    /// The full ID.
    Id,
    /// `mp3` or `wav`.
    Ext,
    /// The account.
    Account,
}

/// Why a template is invalid, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}\n{}", text::pointed(template, at))]
pub struct TemplateError {
    message: String,
    template: String,
    at: Range<usize>,
}

/// The values of the fields for a voicemail.
#[derive(Clone, Debug)]
pub struct Values {
    time: DateTime<Tz>,
    caller: String,
    name: String,
    id: VoicemailId,
    account: String,
}

impl Values {
    /// Returns the values of a file name for a voicemail of `account`, with its time in `zone`.
    pub fn new(found: &Hit, zone: Tz, account: &str) -> Values {
        let voicemail = &found.entry.record.voicemail;
        let number = found.entry.forms.e164.as_deref().unwrap_or(&found.entry.forms.display);
        let caller = name_part(number).unwrap_or_else(|| "withheld".to_owned());
        Values {
            time: voicemail.time.with_timezone(&zone),
            name: found.name.as_deref().and_then(name_part).unwrap_or_else(|| caller.clone()),
            caller,
            id: voicemail.id,
            account: name_part(account).unwrap_or_else(|| "account".to_owned()),
        }
    }
}

impl Template {
    /// Whether file names by the template are most likely unique per voicemail.
    pub fn is_telling(&self) -> bool {
        let has = |field| self.0.contains(&TemplatePart::Placeholder(field));
        has(Placeholder::Id) || (has(Placeholder::Date) && has(Placeholder::Time))
    }

    /// Returns the path of a voicemail's file by the template, relative to the target folder.
    pub fn fill(&self, values: &Values, ext: &str) -> PathBuf {
        let mut path = String::new();
        for part in &self.0 {
            match part {
                TemplatePart::Text(text) => path.push_str(text),
                TemplatePart::Placeholder(Placeholder::Date) => {
                    path.push_str(&values.time.format("%Y-%m-%d").to_string());
                }
                TemplatePart::Placeholder(Placeholder::Time) => {
                    path.push_str(&values.time.format("%H%M%S").to_string());
                }
                TemplatePart::Placeholder(Placeholder::Caller) => path.push_str(&values.caller),
                TemplatePart::Placeholder(Placeholder::Name) => path.push_str(&values.name),
                TemplatePart::Placeholder(Placeholder::Id) => path.push_str(&values.id.to_string()),
                TemplatePart::Placeholder(Placeholder::Ext) => path.push_str(ext),
                TemplatePart::Placeholder(Placeholder::Account) => path.push_str(&values.account),
            }
        }
        path.split('/').map(portable_name).collect()
    }

    /// Returns a path like [`Template::fill`], with the ID appended to the file name.
    pub fn fill_apart(&self, values: &Values, ext: &str) -> PathBuf {
        with_id(&self.fill(values, ext), values.id)
    }
}

impl FromStr for Template {
    type Err = TemplateError;

    /// Parses text with fields in braces; `{{` and `}}` stand for braces.
    fn from_str(template: &str) -> Result<Template, TemplateError> {
        let fault = |message: String, at: Range<usize>| {
            Err(TemplateError { message, template: template.to_owned(), at })
        };
        if let Some((at, c)) = template.char_indices().find(|(_, c)| c.is_control() || *c == '\\') {
            let message = format!("{c:?} is not allowed in a file name");
            return fault(message, at..at + c.len_utf8());
        }
        let mut at = 0;
        for part in template.split('/') {
            if matches!(part, "" | "." | "..") {
                let message = "a name cannot have parts that are empty, . or ..".to_owned();
                return fault(message, at..at + part.len());
            }
            at += part.len() + 1;
        }
        let (mut parts, mut text, mut at) = (Vec::new(), String::new(), 0);
        while let Some(c) = template[at..].chars().next() {
            let rest = &template[at..];
            match c {
                '{' | '}' if rest[1..].starts_with(c) => {
                    text.push(c);
                    at += 2;
                }
                '{' => {
                    let Some(end) = rest.find('}') else {
                        return fault("unclosed {".to_owned(), at..at + 1);
                    };
                    let name = &rest[1..end];
                    let Some((_, field)) = FIELDS.iter().find(|(known, _)| *known == name) else {
                        return fault(unknown(name), at..at + end + 1);
                    };
                    if !text.is_empty() {
                        parts.push(TemplatePart::Text(std::mem::take(&mut text)));
                    }
                    parts.push(TemplatePart::Placeholder(*field));
                    at += end + 1;
                }
                '}' => return fault("unmatched }".to_owned(), at..at + 1),
                c => {
                    text.push(c);
                    at += c.len_utf8();
                }
            }
        }
        if !text.is_empty() {
            parts.push(TemplatePart::Text(text));
        }
        Ok(Template(parts))
    }
}

fn unknown(name: &str) -> String {
    let name = text::clean(name, text::NAME_MAX);
    let names = FIELDS.map(|(name, _)| name);
    let meant = nearest(&name, names);
    let meant = meant.map_or_else(|| ".".to_owned(), |near| format!("; did you mean {{{near}}}?"));
    let all = names.map(|name| format!("{{{name}}}")).join(", ");
    format!("unknown field {{{name}}}{meant} Available fields: {all}")
}
