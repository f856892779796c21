//! Requests in the dialects of the two regions: field names and page sizes. Responses are not here.
//!
//! By the vendor's pages for CHUB and CHUB India.

use std::borrow::Cow;

use serde::Serialize;

use super::Credentials;
use crate::core::model::{RecordingName, Region, Span};

/// How many rows to request per page, where the API has a parameter for it. The server may send fewer.
const LIMIT: u32 = 50;

/// Base URL for calls, in both regions: the vendor's page for CHUB India names CHUB's server. (An older
/// edition of that page has another route with fewer options.)
pub(super) const CALL_BASE_URL: &str = "https://rest.telecmi.com/v2";

/// The body of a list request.
#[derive(Serialize)]
pub(super) struct ListRequest<'a> {
    appid: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    start_date: i64,
    end_date: i64,
    page: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u32>,
}

impl<'a> ListRequest<'a> {
    /// Creates a request in the region's dialect for page `number` (from 1) of `window`.
    pub(super) fn new(region: Region, credentials: &'a Credentials, window: Span, number: u32) -> Self {
        let secret = credentials.secret.expose();
        let (secret, token, limit) = match region {
            Region::Global => (Some(secret), None, None),
            Region::India => (None, Some(secret), Some(LIMIT)),
        };
        ListRequest {
            appid: credentials.app_id,
            secret,
            token,
            start_date: window.start_millis(),
            // A span excludes its end; `end_date` is probably inclusive. So send the last millisecond
            // inside the span: then adjacent windows share no voicemail, and their totals add up. An
            // empty span requests its first millisecond.
            end_date: (window.end_millis() - 1).max(window.start_millis()),
            page: number.max(1),
            limit,
        }
    }
}

/// Returns the query parameters of a request for the recording `name`.
pub(super) fn play_query<'a>(
    region: Region,
    credentials: &'a Credentials,
    name: &'a RecordingName,
) -> [(&'static str, Cow<'a, str>); 3] {
    let secret = match region {
        Region::Global => "secret",
        Region::India => "token",
    };
    [
        ("appid", credentials.app_id.to_string().into()),
        (secret, credentials.secret.expose().into()),
        ("file", name.as_sent().into()),
    ]
}
