//! What the two regions want to be sent: field names, page sizes, nothing of the answers.
//!
//! From the vendor's pages for CHUB and CHUB India.

use std::borrow::Cow;

use serde::Serialize;

use super::Credentials;
use crate::model::{RecordingName, Region, Span};

/// How many rows to ask for where the server lets one choose. What comes back may be fewer.
const LIMIT: u32 = 50;

/// What stands before the route of a call, in either region: the vendor's page for CHUB India names
/// CHUB's server. (An older edition of it has another route with less to choose.)
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
    /// Asks for page `number` (from 1) of `window`.
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
            // A span does not hold its end, while dates from-to usually do. Naming the last
            // millisecond inside keeps windows that touch from sharing a voicemail, so that
            // their totals add up. An empty span asks for its first millisecond.
            end_date: (window.end_millis() - 1).max(window.start_millis()),
            page: number.max(1),
            limit,
        }
    }
}

/// The query of a request for the recording `name`.
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
