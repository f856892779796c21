//! The client for the TeleCMI REST API. [`Client`] is its interface; the wire format stays inside.
//!
//! Each call makes one attempt; callers decide whether to retry, by [`ApiError::is_transient`].
//! Nothing here reads the clock, writes to disk or displays anything.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::{RequestBuilder, Response, Url};

use crate::core::model::{RecordingName, Region, Span, Voicemail};
use crate::secret::Secret;

mod base_url;
mod call;
mod dialect;
mod error;
mod http;
pub mod pace;
mod recording;
mod wire;

pub use base_url::{BaseUrl, BaseUrlError};
pub use call::{Agent, AgentError, Call, CallError, InvalidNumber, Rings, ValidNumber};
use dialect::ListRequest;
pub use error::{ApiError, OfflineReason, RedirectFault, WaitingFor};
use pace::Pace;
pub use recording::{Bookmark, Recording, SavedBookmark};
use wire::{Answer, Asked};

/// The largest list response to read, in bytes after decompression; fifty rows are about 10 kB.
const LIST_MAX: u64 = 8 << 20;

/// The credentials of an account: an app ID and its secret.
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
    /// Limit for connecting to the server, including TLS.
    pub connect: Duration,
    /// Limit for a whole page, from the first byte sent to the last byte received.
    pub page: Duration,
    /// Limit for the start of a recording, and then for each part of it. The whole recording has no
    /// limit, because connections can be slow and recordings long.
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

/// A call that TeleCMI has accepted: the agent's telephone rings now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallPlaced {
    /// TeleCMI's ID of the call, for support requests, made safe for a terminal.
    pub request_id: Option<String>,
}

/// One page of voicemails, without its unreadable rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The readable rows, in the order sent.
    pub rows: Vec<Voicemail>,
    /// How many rows could not be read.
    pub unreadable: usize,
    /// A hash of these rows, to tell a page from one that is sent again; 0 without any.
    pub unreadable_hash: u64,
    /// The server's total for the whole window: a hint.
    pub total: Option<u64>,
    /// The server's time (the `Date` header), if sent.
    pub server_time: Option<DateTime<Utc>>,
}

/// A client for one account. Cheap to clone.
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
    pace: Pace,
}

impl Client {
    /// Creates a TeleCMI client for one account. `base_url` replaces the region's own base URL. Opens no
    /// connection, but reads the platform's certificates, so do not call it before the first frame.
    pub fn new(
        region: Region,
        base_url: Option<&BaseUrl>,
        credentials: Credentials,
    ) -> Result<Client, ApiError> {
        Client::with_timeouts(region, base_url, credentials, Timeouts::default())
    }

    /// Creates a TeleCMI client like [`Client::new`], with other timeouts.
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
        let pace = Pace::default();
        Ok(Client(Arc::new(Inner {
            http,
            region,
            credentials,
            list_url,
            play_url,
            call_url,
            timeouts,
            pace,
        })))
    }

    /// Returns how many pages may be requested from TeleCMI, over all clones of this client.
    pub fn pace(&self) -> &Pace {
        &self.0.pace
    }

    /// Fetches page `number` (from 1) of `window` from TeleCMI. Makes one attempt.
    pub async fn page(&self, window: Span, number: u32) -> Result<Page, ApiError> {
        let Inner { http, region, credentials, list_url, timeouts, .. } = &*self.0;
        let body = ListRequest::new(*region, credentials, window, number);
        let page = http::within(timeouts.page, async {
            let request = |url| http.post(url).json(&body);
            let mut response = http::send(list_url.clone(), timeouts.connect, request).await?;
            let head = http::head(&response);
            let body = http::read_all(&mut response, Vec::new(), LIST_MAX).await;
            // If the status already says that it failed, the body is optional.
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

    /// Starts to fetch the recording `name` from TeleCMI. Makes one attempt. Fails with
    /// [`ApiError::NotReady`] if the recording is missing or not published yet.
    pub async fn recording(&self, name: &RecordingName) -> Result<Recording, ApiError> {
        let response = self.play(name, |request| request).await?;
        self.begin(response).await
    }

    /// Resumes fetching the recording `name` at `bookmark`. Makes one attempt. If the server does not send
    /// exactly the missing part, the recording starts over: [`Recording::received`] is then 0.
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

/// Written by hand, because reqwest's own `Debug` shows proxies, and those may contain a password.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("region", &self.0.region)
            .field("credentials", &self.0.credentials)
            .field("timeouts", &self.0.timeouts)
            .finish_non_exhaustive()
    }
}
