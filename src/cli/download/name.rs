//! What files are called: a template with fields, and how a voicemail fills it in.
//!
//! Nothing that a server or a caller wrote gets into a name but through [`name_part`]: a template's
//! own text alone makes folders.

use std::ops::Range;
use std::path::PathBuf;
use std::str::FromStr;

use chrono::DateTime;
use chrono_tz::Tz;

use crate::cli::pick::Found;
use crate::recording::name_part;
use crate::suggest::nearest;
use crate::text;

/// The fields and what they stand for.
const FIELDS: [(&str, Field); 7] = [
    ("date", Field::Date),
    ("time", Field::Time),
    ("caller", Field::Caller),
    ("name", Field::Name),
    ("id", Field::Id),
    ("ext", Field::Ext),
    ("account", Field::Account),
];

/// How files are named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(Field),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    /// `2026-11-23`, in the zone that is set.
    Date,
    /// `114208`.
    Time,
    /// The number in E.164, else what came, else `withheld`.
    Caller,
    /// The caller's name, else as the caller.
    Name,
    /// The whole identity.
    Id,
    /// `mp3` or `wav`.
    Ext,
    /// The account.
    Account,
}

/// Why a text is no template, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}\n{}", text::pointed(template, at))]
pub struct TemplateError {
    message: String,
    template: String,
    at: Range<usize>,
}

/// What the fields of one voicemail are.
#[derive(Clone, Debug)]
pub struct Values {
    time: DateTime<Tz>,
    caller: String,
    name: String,
    id: String,
    account: String,
}

impl Values {
    /// Those of a voicemail of `account`, with its time in `zone`.
    pub fn new(found: &Found, zone: Tz, account: &str) -> Values {
        let voicemail = &found.entry.record.voicemail;
        let number = found.entry.forms.e164.as_deref().unwrap_or(&found.entry.forms.display);
        let caller = name_part(number).unwrap_or_else(|| "withheld".to_owned());
        Values {
            time: voicemail.time.with_timezone(&zone),
            name: found.name.as_deref().and_then(name_part).unwrap_or_else(|| caller.clone()),
            caller,
            id: voicemail.id.to_string(),
            account: name_part(account).unwrap_or_else(|| "account".to_owned()),
        }
    }
}

impl Template {
    /// Whether its names are those of one voicemail each, as far as anybody can tell.
    pub fn is_telling(&self) -> bool {
        let has = |field| self.0.contains(&Part::Field(field));
        has(Field::Id) || (has(Field::Date) && has(Field::Time))
    }

    /// The file of a voicemail, below the folder that is chosen.
    pub fn fill(&self, values: &Values, ext: &str) -> PathBuf {
        let mut path = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => path.push_str(text),
                Part::Field(Field::Date) => path.push_str(&values.time.format("%Y-%m-%d").to_string()),
                Part::Field(Field::Time) => path.push_str(&values.time.format("%H%M%S").to_string()),
                Part::Field(Field::Caller) => path.push_str(&values.caller),
                Part::Field(Field::Name) => path.push_str(&values.name),
                Part::Field(Field::Id) => path.push_str(&values.id),
                Part::Field(Field::Ext) => path.push_str(ext),
                Part::Field(Field::Account) => path.push_str(&values.account),
            }
        }
        path.into()
    }

    /// The same with the identity in it, where others would have the same name.
    pub fn fill_apart(&self, values: &Values, ext: &str) -> PathBuf {
        let path = self.fill(values, ext);
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let mut name = format!("{stem}_{}", values.id);
        if let Some(ext) = path.extension() {
            name = format!("{name}.{}", ext.to_string_lossy());
        }
        path.with_file_name(name)
    }
}

impl FromStr for Template {
    type Err = TemplateError;

    /// Reads text with fields in braces; `{{` and `}}` are braces.
    fn from_str(template: &str) -> Result<Template, TemplateError> {
        let fault = |message: String, at: Range<usize>| {
            Err(TemplateError { message, template: template.to_owned(), at })
        };
        if let Some((at, c)) = template.char_indices().find(|(_, c)| c.is_control() || *c == '\\') {
            let message = format!("{c:?} cannot be part of a file's name");
            return fault(message, at..at + c.len_utf8());
        }
        let mut at = 0;
        for part in template.split('/') {
            if matches!(part, "" | "." | "..") {
                let message = "a name stays below the folder: no empty parts, no . and no ..".to_owned();
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
                        return fault("this brace is not closed".to_owned(), at..at + 1);
                    };
                    let name = &rest[1..end];
                    let Some((_, field)) = FIELDS.iter().find(|(known, _)| *known == name) else {
                        return fault(unknown(name), at..at + end + 1);
                    };
                    if !text.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut text)));
                    }
                    parts.push(Part::Field(*field));
                    at += end + 1;
                }
                '}' => return fault("this brace was not opened".to_owned(), at..at + 1),
                c => {
                    text.push(c);
                    at += c.len_utf8();
                }
            }
        }
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        Ok(Template(parts))
    }
}

fn unknown(name: &str) -> String {
    let name = text::clean(name, text::NAME_MAX);
    let names = FIELDS.map(|(name, _)| name);
    let meant = nearest(&name, names).map(|near| format!(" Did you mean {{{near}}}?")).unwrap_or_default();
    let all = names.map(|name| format!("{{{name}}}")).join(", ");
    format!("there is no field {{{name}}}.{meant} There are {all}")
}
