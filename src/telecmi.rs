//! The TeleCMI REST API: [`Client`] is its only public face. The wire format stays inside.
//!
//! One call is one try: whether to try again is the caller's decision, by
//! [`ApiError::is_transient`]. Nothing here looks at a clock, writes to disk or shows anything.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::{RequestBuilder, Response, Url};

use crate::model::{RecordingName, Region, Span, Voicemail};
use crate::secret::Secret;

mod base_url;
mod call;
mod dialect;
mod error;
mod http;
mod recording;
mod wire;

pub use base_url::{BaseUrl, BaseUrlError};
pub use call::{Agent, AgentError, Call, CallError, CallPlaced, InvalidNumber, Rings, ValidNumber};
pub use error::{ApiError, OfflineReason, RedirectFault, WaitingFor};
pub use recording::{AudioFormat, Bookmark, Recording, SavedBookmark};

use dialect::ListRequest;
use wire::{Answer, Asked};

/// The largest list that is read, in bytes after decompression: fifty rows are about 10 kB.
const LIST_MAX: u64 = 8 << 20;

/// Who asks: an app ID and its secret.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The app ID, a number in the TeleCMI dashboard.
    pub app_id: u64,
    /// The app secret.
    pub secret: Secret,
}

/// How long a request may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// To reach the server, TLS included.
    pub connect: Duration,
    /// A whole page, from the first byte out to the last byte in.
    pub page: Duration,
    /// A recording to begin, and from then on each part of it. As a whole it takes as long as it
    /// takes: lines are slow and recordings long.
    pub recording_part: Duration,
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        Timeouts {
            connect: Duration::from_secs(10),
            page: Duration::from_secs(30),
            recording_part: Duration::from_secs(30),
        }
    }
}

/// One page of voicemail, as far as it could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The rows that could be read, in the order in which they were sent.
    pub rows: Vec<Voicemail>,
    /// How many more rows there were that could not be read.
    pub unreadable: usize,
    /// How many voicemail the server says the whole window holds: a hint.
    pub total: Option<u64>,
    /// The server's clock (the `Date` header), where it sent one.
    pub server_time: Option<DateTime<Utc>>,
}

/// Asks TeleCMI. Cheap to clone.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    http: reqwest::Client,
    region: Region,
    credentials: Credentials,
    list_url: Url,
    play_url: Url,
    call_url: Url,
    timeouts: Timeouts,
}

impl Client {
    /// A client for one account, at `base_url` instead of the region's own. Opens no connection,
    /// but reads the platform's certificates: keep it off the way to the first frame.
    pub fn new(
        region: Region,
        base_url: Option<&BaseUrl>,
        credentials: Credentials,
    ) -> Result<Client, ApiError> {
        Client::with_timeouts(region, base_url, credentials, Timeouts::default())
    }

    /// The same with other time-outs.
    pub fn with_timeouts(
        region: Region,
        base_url: Option<&BaseUrl>,
        credentials: Credentials,
        timeouts: Timeouts,
    ) -> Result<Client, ApiError> {
        let base = base_url.map_or(region.base_url(), BaseUrl::as_str);
        let url = |base: &str, route: &str| {
            Url::parse(&format!("{base}/{route}"))
                .map_err(|error| ApiError::Setup { reason: error.to_string() })
        };
        let (list_url, play_url) = (url(base, "voicemail")?, url(base, "play")?);
        let call_url = url(base_url.map_or(dialect::CALL_BASE_URL, BaseUrl::as_str), "webrtc/click2call")?;
        let http = http::client(&list_url, timeouts.connect)?;
        Ok(Client(Arc::new(Inner { http, region, credentials, list_url, play_url, call_url, timeouts })))
    }

    /// The voicemail of `window`, page `number` (from 1). One try.
    pub async fn page(&self, window: Span, number: u32) -> Result<Page, ApiError> {
        let Inner { http, region, credentials, list_url, timeouts, .. } = &*self.0;
        let body = ListRequest::new(*region, credentials, window, number);
        let page = http::within(timeouts.page, async {
            let request = |url| http.post(url).json(&body);
            let mut response = http::send(list_url.clone(), timeouts.connect, request).await?;
            let head = http::head(&response);
            let body = http::read_all(&mut response, Vec::new(), LIST_MAX).await;
            // An error that shows in the status needs no body.
            let body = if head.status.is_success() { body? } else { body.unwrap_or_default() };
            let text = wire::decode(&body);
            let answer = match Answer::parse(&text) {
                Err(what) if head.status.is_success() => return Err(ApiError::Malformed { what }),
                parsed => parsed.unwrap_or_else(|_| Answer::silent()),
            };
            match wire::judge(Asked::List, head, &answer, &credentials.secret) {
                Some(fault) => Err(fault),
                None => answer.page(head.time),
            }
        });
        page.await
    }

    /// Begins to fetch the recording `name`. One try. A recording that is missing or not published
    /// yet is [`ApiError::NotReady`].
    pub async fn recording(&self, name: &RecordingName) -> Result<Recording, ApiError> {
        let response = self.play(name, |request| request).await?;
        self.begin(response).await
    }

    /// Goes on with the recording `name` where it broke off. A server that does not give just that
    /// part begins again: [`Recording::received`] of the result tells, and is then 0. One try.
    pub async fn resume(&self, name: &RecordingName, bookmark: &Bookmark) -> Result<Recording, ApiError> {
        let response = self.play(name, |request| bookmark.ask(request)).await?;
        if bookmark.is_continued_by(&response) {
            Ok(Recording::go_on(bookmark, response, self.0.timeouts.recording_part))
        } else if recording::is_partial(&response) {
            self.recording(name).await
        } else {
            self.begin(response).await
        }
    }

    async fn play(
        &self,
        name: &RecordingName,
        ask: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<Response, ApiError> {
        let Inner { http, region, credentials, play_url, timeouts, .. } = &*self.0;
        let mut url = play_url.clone();
        url.query_pairs_mut().extend_pairs(dialect::play_query(*region, credentials, name));
        let response = http::send(url, timeouts.connect, |url| ask(http.get(url)));
        http::within(timeouts.recording_part, response).await
    }

    async fn begin(&self, response: Response) -> Result<Recording, ApiError> {
        let Inner { credentials, timeouts, .. } = &*self.0;
        Recording::begin(response, timeouts.recording_part, &credentials.secret).await
    }
}

/// By hand: reqwest's own shows proxies, and those may hold a password.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("region", &self.0.region)
            .field("credentials", &self.0.credentials)
            .field("timeouts", &self.0.timeouts)
            .finish_non_exhaustive()
    }
}
