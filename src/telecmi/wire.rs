//! Parses TeleCMI's responses: their JSON, and the errors that they mean.
//!
//! The vendor's pages contradict each other and the service (most errors arrive with HTTP 200), so the
//! parser reads field by field and requires only the fields it needs. No requests are made here.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::StatusCode;
use serde_json::value::RawValue;

use super::error::ApiError;
use super::{CallPlaced, Page};
use crate::core::model::{RecordingName, TIME_END, Voicemail, from_millis};
use crate::core::text;
use crate::secret::Secret;

/// Times below this are in seconds, others in milliseconds: this is the year 5138 in seconds and March
/// 1973 in milliseconds, and no voicemail is that new or that old.
const SECONDS_BELOW: f64 = 1e11;

/// Below this, `f64` represents every integer exactly.
const EXACT_BELOW: f64 = 9_007_199_254_740_992.0;

/// The kind of request: the same code means different things in different responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// A page of voicemails.
    List,
    /// A recording.
    Recording,
    /// A call.
    Call,
}

/// The status and the headers of a response.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    /// The HTTP status.
    pub status: StatusCode,
    /// The server's time.
    pub time: Option<DateTime<Utc>>,
    /// How long the server asks to wait.
    pub retry_after: Option<Duration>,
}

/// A JSON object whose values are not parsed yet, so that one bad value does not fail the whole
/// response. The last of duplicate keys wins.
type Object<'a> = HashMap<String, &'a RawValue>;

/// The JSON object of a response.
pub(super) struct Answer<'a>(Object<'a>);

/// Decodes the body of a response as text: removes a byte-order mark and replaces invalid UTF-8.
pub(super) fn decode(body: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body))
}

impl<'a> Answer<'a> {
    /// Parses `text`, the JSON of a response; the error says what it is instead.
    pub(super) fn parse(text: &'a str) -> Result<Answer<'a>, &'static str> {
        serde_json::from_str(text).map(Answer).map_err(|_| match text.trim_start().chars().next() {
            None => "it is empty",
            Some('<') => "it is a web page, not JSON",
            Some('{') => "its JSON is damaged or truncated",
            Some('[') => "it is a JSON list, not an object",
            Some(_) => "it is not JSON",
        })
    }

    /// Returns an empty answer of TeleCMI, to use for a body that is not JSON.
    pub(super) fn silent() -> Answer<'a> {
        Answer(Object::new())
    }

    fn code(&self) -> Option<i64> {
        self.0.get("code").and_then(|raw| number(raw)).map(|code| code as i64)
    }

    /// Returns whether there is an `error` field with a value other than "no".
    fn says_error(&self) -> bool {
        self.0.get("error").is_some_and(|raw| {
            !matches!(raw.get(), "null" | "false" | "0" | "[]" | "{}" | r#""""# | r#""false""# | r#""0""#)
        })
    }

    /// Returns the server's message, with `secret` removed in case the server repeats it.
    fn message(&self, secret: &Secret) -> Option<String> {
        let said = ["msg", "message", "error"].into_iter().filter_map(|key| self.0.get(key));
        let mut texts = said.map(|raw| as_text(raw)).filter(|said| !said.is_empty() && said != "true");
        let said = texts.next()?.into_owned();
        let secret = secret.expose();
        if secret.is_empty() {
            return Some(said);
        }
        // A message that is not a string is shown as JSON, in which the secret may be escaped.
        let quoted = serde_json::to_string(secret).unwrap_or_default();
        let escaped = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(secret);
        Some(said.replace(secret, "…").replace(escaped, "…"))
    }

    /// Reads the page of voicemails from TeleCMI's response. Call it only after [`judge`] has found no error.
    pub(super) fn page(&self, server_time: Option<DateTime<Utc>>) -> Result<Page, ApiError> {
        // "total" always counts the window; if both are present, "count" may count the page.
        let total = ["total", "count"].into_iter().filter_map(|key| self.0.get(key));
        let total = total.filter_map(|raw| number(raw)).find(|total| *total >= 0.0).map(|total| total as u64);
        let rows: Vec<&RawValue> = match self.0.get("voicemail") {
            Some(raw) => serde_json::from_str::<Option<_>>(raw.get())
                .map_err(|_| ApiError::Malformed { what: "its `voicemail` is not a list" })?
                .unwrap_or_default(),
            None if self.code().is_some() || total.is_some() => Vec::new(),
            None => return Err(ApiError::Malformed { what: "it is JSON, but not a list of voicemails" }),
        };
        let sent = rows.len();
        let mut unreadable = DefaultHasher::new();
        let mut read = |raw: &RawValue| {
            let row = voicemail(raw);
            if row.is_none() {
                raw.get().hash(&mut unreadable);
            }
            row
        };
        let rows: Vec<Voicemail> = rows.into_iter().filter_map(&mut read).collect();
        let unreadable_hash = if rows.len() < sent { unreadable.finish() } else { 0 };
        Ok(Page { unreadable: sent - rows.len(), unreadable_hash, rows, total, server_time })
    }

    /// Reads the placed call from TeleCMI's response. Call it only after [`judge`] has found no error.
    pub(super) fn call(&self) -> Result<CallPlaced, ApiError> {
        if self.code() != Some(200) {
            return Err(ApiError::Malformed { what: "it does not say that a call was placed" });
        }
        let id = self.0.get("request_id").map(|raw| text::clean(&as_text(raw), text::NAME_MAX));
        Ok(CallPlaced { request_id: id.filter(|id| !id.is_empty()) })
    }
}

/// Returns the error that a response means, if any. Considers the HTTP status, the code, the `error`
/// field and the words of the message together, because none of them is reliable alone.
pub(super) fn judge(asked: Asked, head: Head, answer: &Answer<'_>, secret: &Secret) -> Option<ApiError> {
    let http = (!head.status.is_success()).then_some(i64::from(head.status.as_u16()));
    let code = answer.code().filter(|code| *code != 200);
    if http.is_none() && code.is_none() && !answer.says_error() {
        return None;
    }
    let retry_after = head.retry_after;
    let is = |number| code == Some(number) || http == Some(number);
    let number = code.or(http);
    let message = answer.message(secret);
    let words = words(message.as_deref().unwrap_or_default());
    if asked == Asked::List && code == Some(404) && words == Some(Words::Nothing) {
        return None;
    }
    // 500 and up is a server error whatever the message says. Below that, the same number means
    // different things on different API pages, so the words decide.
    let words = words.filter(|_| number.is_none_or(|number| number < 500));

    let message = text::clean(&message.unwrap_or_default(), text::MESSAGE_MAX);
    let message = match message.trim_end_matches('.') {
        "" => match code {
            Some(code) => format!("error {code} without a message"),
            None if http.is_some() => format!("HTTP {}", head.status),
            None => "an error without a message".to_owned(),
        },
        message => message.to_owned(),
    };
    Some(if is(429) || words == Some(Words::SlowDown) {
        ApiError::RateLimited { retry_after }
    } else if words == Some(Words::WhoAreYou) {
        ApiError::NotAuthenticated { message }
    } else if words == Some(Words::WrongShape) {
        ApiError::BadRequest { message }
    } else if is(401) || is(403) || is(407) {
        ApiError::NotAuthenticated { message }
    } else if asked == Asked::Call && code == Some(404) && !message.to_lowercase().contains("number") {
        // An unknown agent or a wrong secret; the same code is used for a number that it cannot dial.
        ApiError::NotAuthenticated { message }
    } else if asked == Asked::Recording && (number == Some(404) || code == Some(502)) {
        ApiError::NotReady
    } else {
        match number {
            // 408 (request timeout) and 425 (too early) are worth a retry.
            Some(400..=407 | 409..=424 | 426..=499) => ApiError::BadRequest { message },
            _ => ApiError::Server { message, status: head.status.as_u16(), retry_after },
        }
    })
}

/// The subject of an error message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Words {
    WhoAreYou,
    WrongShape,
    SlowDown,
    /// Not an error: there are no voicemails.
    Nothing,
}

fn words(message: &str) -> Option<Words> {
    let message = message.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if has(&["too many", "rate limit"]) {
        Some(Words::SlowDown)
    } else if has(&["authent", "authori", "credential", "access denied"]) {
        Some(Words::WhoAreYou)
    } else if has(&["parameter", "missing", "required"]) {
        Some(Words::WrongShape)
    } else if has(&["invalid", "wrong"]) && has(&["token", "secret", "appid", "app id"]) {
        Some(Words::WhoAreYou)
    } else if says_nothing_is_there(&message) {
        Some(Words::Nothing)
    } else {
        None
    }
}

/// Returns whether `message`, in lower case, is exactly a phrase such as "no records found", which some
/// servers send as an error instead of an empty list. TeleCMI's pages do not say what it sends.
fn says_nothing_is_there(message: &str) -> bool {
    let words: Vec<&str> = message.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let (["no", thing] | ["no", thing, "found"] | [thing, "not", "found"]) = words[..] else {
        return false;
    };
    matches!(thing, "record" | "records" | "data" | "voicemail" | "voicemails")
}

/// Reads the needed fields of a row; `None` if it is not an object or has no valid time.
fn voicemail(raw: &RawValue) -> Option<Voicemail> {
    let row: Object = serde_json::from_str(raw.get()).ok()?;
    let time = moment(number(row.get("time")?)?)?;
    let caller = row.get("from").map(|raw| caller(raw)).unwrap_or_default();
    let recording = row.get("voicename").and_then(|raw| recording(raw));
    Some(Voicemail::new(time, &caller, recording))
}

fn moment(time: f64) -> Option<DateTime<Utc>> {
    if time <= 0.0 || time >= TIME_END as f64 {
        return None;
    }
    Some(from_millis(if time < SECONDS_BELOW { time * 1000.0 } else { time } as i64))
}

/// Returns the caller as received, `""` for none. Numbers keep every digit; one written as `9.1e9` is
/// expanded, so that it is the same caller.
fn caller(raw: &RawValue) -> Cow<'_, str> {
    let text = as_text(raw);
    let digits = text.len() == raw.get().len() && text.contains(['.', 'e', 'E']);
    match number(raw).filter(|number| digits && number.fract() == 0.0 && number.abs() < EXACT_BELOW) {
        Some(number) => Cow::Owned(format!("{number:.0}")),
        None => text,
    }
}

/// Returns a recording's name from a string or a number; `None` for anything else.
fn recording(raw: &RawValue) -> Option<RecordingName> {
    let is_text = serde_json::from_str::<String>(raw.get()).is_ok();
    let name = as_text(raw);
    let is_name = (is_text || number(raw).is_some()) && !name.trim().is_empty();
    is_name.then(|| RecordingName::new(name))
}

/// Returns the text of a JSON string, `""` for null, and the JSON itself for any other value.
fn as_text(raw: &RawValue) -> Cow<'_, str> {
    let json = raw.get();
    match serde_json::from_str::<Option<String>>(json) {
        Ok(text) => Cow::Owned(text.unwrap_or_default()),
        // A string fails too if it has half a surrogate pair: then use the raw text between its quotes.
        Err(_) => Cow::Borrowed(json.strip_prefix('"').and_then(|j| j.strip_suffix('"')).unwrap_or(json)),
    }
}

/// Returns the value of a JSON number, or of a string with a number, if it is finite.
fn number(raw: &RawValue) -> Option<f64> {
    as_text(raw).trim().parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::StatusCode;

    use super::{Answer, Asked, Head, decode, judge};
    use crate::secret::Secret;

    /// Does everything that the client does with a body, for every kind of request.
    fn read(status: u16, body: &[u8]) {
        let head = Head { status: StatusCode::from_u16(status).unwrap(), time: None, retry_after: None };
        let text = decode(body);
        let Ok(answer) = Answer::parse(&text) else { return };
        for asked in [Asked::List, Asked::Recording, Asked::Call] {
            let _ = judge(asked, head, &answer, &Secret::new("secret".to_owned()));
        }
        let _ = answer.call();
        if let Ok(page) = answer.page(None) {
            assert!(page.rows.iter().all(|row| row.time.timestamp_millis() > 0));
        }
    }

    /// Generates JSON with the API's keys and arbitrary values.
    fn value() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            any::<bool>().prop_map(|b| b.to_string()),
            any::<i64>().prop_map(|n| n.to_string()),
            any::<f64>()
                .prop_filter("JSON has no such number", |n| n.is_finite())
                .prop_map(|n| format!("{n:e}")),
            "[1-9][0-9]{0,39}(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,3})?",
            any::<String>().prop_map(|s| serde_json::to_string(&s).unwrap()),
            Just(r#""\ud800""#.to_owned()),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            let key = prop_oneof![
                Just("time".to_owned()),
                Just("from".to_owned()),
                Just("voicename".to_owned()),
                Just("voicemail".to_owned()),
                Just("code".to_owned()),
                Just("error".to_owned()),
                Just("msg".to_owned()),
                Just("count".to_owned()),
                "[a-z]{0,3}",
            ];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
                prop::collection::vec((key, inner), 0..5).prop_map(|pairs| {
                    let pairs: Vec<_> =
                        pairs.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                    format!("{{{}}}", pairs.join(","))
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(body: Vec<u8>, status in 200u16..600) {
            read(status, &body);
        }

        #[test]
        fn no_json_makes_the_reader_panic(value in value(), status in 200u16..600) {
            read(status, value.as_bytes());
        }

        #[test]
        fn a_bad_row_never_fails_the_page(rows in prop::collection::vec(value(), 0..6)) {
            let body = format!(r#"{{"code":200,"voicemail":[{}]}}"#, rows.join(","));
            let answer = Answer::parse(&body).unwrap_or_else(|what| panic!("{what}: {body}"));
            let page = answer.page(None).unwrap();
            prop_assert_eq!(page.rows.len() + page.unreadable, rows.len());
        }
    }
}
