//! The demo server's responses: routes, parameters, pages and errors of both dialects.
//!
//! A pure function of the request, the rows and the time. The facts are from TeleCMI's published pages
//! and, where those disagree, from responses of the live service seen in public code. Connections,
//! latency and the clock are in [`super`].

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http_body_util::Full;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Response, StatusCode, Uri};
use reqwest::Url;
use serde_json::{Value, json};

use super::recordings::Recording;
use super::rows::Rows;
use super::{AGENT, APP_ID, SECRET};

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;
const PAGE: u64 = 10;
const PAGE_MAX: u64 = 100;

/// The differences between the two services.
struct Dialect {
    prefix: &'static str,
    /// The parameter for the secret.
    credential: &'static str,
    /// The field for the number of voicemails in the window.
    total: &'static str,
    /// Whether `limit` sets the page size, and rows have `_id`.
    india: bool,
}

const GLOBAL: Dialect = Dialect { prefix: "/v2", credential: "secret", total: "count", india: false };
const INDIA: Dialect = Dialect { prefix: "/v1", credential: "token", total: "total", india: true };

/// Errors that are sent with HTTP 200 and an error in the body.
enum Refusal {
    /// The request is malformed: a parameter is missing or has the wrong type.
    ParameterMissing,
    AuthenticationFailed,
    /// The agent or the secret of a call is wrong. Calls have their own message and code for this.
    NotAuthenticated,
    /// The recording does not exist, or not yet.
    NoRecording,
}

/// Answers one request to the demo server. Rows later than `now` are not visible yet.
pub fn answer(
    rows: &Rows,
    now: DateTime<Utc>,
    method: &Method,
    uri: &Uri,
    body: &[u8],
) -> Response<Full<Bytes>> {
    let now = now.timestamp_millis();
    let route = [GLOBAL, INDIA].into_iter().find_map(|dialect| {
        let path = uri.path().strip_prefix(dialect.prefix)?;
        Some((dialect, path))
    });
    match route {
        Some((dialect, "/voicemail")) if method == Method::POST => match list(&dialect, rows, now, body) {
            Ok(page) => reply_json(StatusCode::OK, &page),
            Err(refusal) => refusal.reply(),
        },
        Some((dialect, "/play")) if method == Method::GET => match play(&dialect, rows, now, uri) {
            Ok(recording) => {
                reply(StatusCode::OK, "audio/mpeg", Full::new(Bytes::from_static(recording.audio)))
            }
            Err(refusal) => refusal.reply(),
        },
        Some((_, "/webrtc/click2call")) if method == Method::POST => match call(now, body) {
            Ok(placed) => reply_json(StatusCode::OK, &placed),
            Err(refusal) => refusal.reply(),
        },
        Some((_, "/webrtc/click2call" | "/voicemail")) => not_allowed("POST"),
        Some((_, "/play")) => not_allowed("GET"),
        _ => failure(StatusCode::NOT_FOUND, "Not Found"),
    }
}

/// Returns the demo server's error with an HTTP error status.
pub fn failure(status: StatusCode, message: &str) -> Response<Full<Bytes>> {
    reply_json(status, &json!({ "code": status.as_u16(), "error": true, "msg": message }))
}

fn not_allowed(allowed: &'static str) -> Response<Full<Bytes>> {
    let mut response = failure(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

fn list(dialect: &Dialect, rows: &Rows, now: i64, body: &[u8]) -> Result<Value, Refusal> {
    let asked: Value = serde_json::from_slice(body).map_err(|_| Refusal::ParameterMissing)?;
    let app_id = asked["appid"].as_u64().ok_or(Refusal::ParameterMissing)?;
    let credential = asked[dialect.credential].as_str().ok_or(Refusal::ParameterMissing)?;
    authenticate(app_id, credential)?;

    let end = optional(&asked, "end_date", Value::as_i64)?.unwrap_or(now);
    let start = optional(&asked, "start_date", Value::as_i64)?.unwrap_or(now - DAY_MILLIS);
    let page = optional(&asked, "page", positive)?.unwrap_or(1);
    let limit = if dialect.india { optional(&asked, "limit", positive)? } else { None };
    let size = limit.unwrap_or(PAGE).min(PAGE_MAX);

    let window = rows.between(start, end.min(now));
    let skipped = (page - 1).saturating_mul(size);
    let voicemail: Vec<Value> = window
        .clone()
        .skip(skipped.try_into().unwrap_or(usize::MAX))
        .take(size as usize)
        .map(|index| {
            let mut row = rows.row(index);
            if dialect.india {
                row["_id"] = rows.object_id(index).into();
            }
            row
        })
        .collect();
    let mut reply = json!({ "voicemail": voicemail, "code": 200 });
    reply[dialect.total] = window.len().into();
    Ok(reply)
}

fn play(dialect: &Dialect, rows: &Rows, now: i64, uri: &Uri) -> Result<&'static Recording, Refusal> {
    // Only the query matters; the rest makes it a complete URL.
    let url = format!("http://localhost/?{}", uri.query().unwrap_or_default());
    let url = Url::parse(&url).map_err(|_| Refusal::ParameterMissing)?;
    let parameter = |name: &str| {
        let found = url.query_pairs().find(|(key, value)| key == name && !value.is_empty());
        found.map(|(_, value)| value.into_owned()).ok_or(Refusal::ParameterMissing)
    };
    let app_id = parameter("appid")?.parse().map_err(|_| Refusal::ParameterMissing)?;
    let credential = parameter(dialect.credential)?;
    let file = parameter("file")?;
    authenticate(app_id, &credential)?;
    rows.recording(&file, now).ok_or(Refusal::NoRecording)
}

/// Pretends to place a call. Accepts any number, like the service, where a bad one fails only later.
fn call(now: i64, body: &[u8]) -> Result<Value, Refusal> {
    let asked: Value = serde_json::from_slice(body).map_err(|_| Refusal::ParameterMissing)?;
    let agent = asked["user_id"].as_str().ok_or(Refusal::ParameterMissing)?;
    let secret = asked["secret"].as_str().ok_or(Refusal::ParameterMissing)?;
    let to = asked["to"].as_u64().ok_or(Refusal::ParameterMissing)?;
    let webrtc = optional(&asked, "webrtc", Value::as_bool)?.unwrap_or(true);
    let followme = optional(&asked, "followme", Value::as_bool)?.unwrap_or(false);
    optional(&asked, "callerid", Value::as_u64)?;
    if webrtc && followme {
        return Err(Refusal::ParameterMissing);
    }
    if agent != AGENT || secret != SECRET {
        return Err(Refusal::NotAuthenticated);
    }
    Ok(json!({ "code": 200, "msg": "Call initiated", "request_id": format!("demo-{now:x}-{to:x}") }))
}

fn authenticate(app_id: u64, credential: &str) -> Result<(), Refusal> {
    if app_id == APP_ID && credential == SECRET { Ok(()) } else { Err(Refusal::AuthenticationFailed) }
}

/// Reads a parameter that may be missing, but must not have another type.
fn optional<T>(asked: &Value, name: &str, read: impl Fn(&Value) -> Option<T>) -> Result<Option<T>, Refusal> {
    asked.get(name).map(|value| read(value).ok_or(Refusal::ParameterMissing)).transpose()
}

fn positive(value: &Value) -> Option<u64> {
    value.as_u64().filter(|&number| number > 0)
}

impl Refusal {
    fn reply(&self) -> Response<Full<Bytes>> {
        let envelope = match self {
            Refusal::ParameterMissing => json!({ "code": 404, "error": true, "msg": "Parameter missing" }),
            Refusal::AuthenticationFailed => {
                json!({ "code": 407, "error": true, "msg": "Authentication Failed" })
            }
            Refusal::NotAuthenticated => json!({ "code": 404, "error": true, "msg": "Not Authenticated" }),
            Refusal::NoRecording => json!({ "code": 502, "msg": "Internal Server Error" }),
        };
        reply_json(StatusCode::OK, &envelope)
    }
}

fn reply_json(status: StatusCode, body: &Value) -> Response<Full<Bytes>> {
    reply(status, "application/json; charset=utf-8", Full::from(body.to_string()))
}

fn reply(status: StatusCode, kind: &'static str, body: Full<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
