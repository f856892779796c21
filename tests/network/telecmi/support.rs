//! Servers to ask, and how their answers are checked.

use std::time::Duration;

use vmail::core::model::{RecordingName, Region, Span};
use vmail::telecmi::{ApiError, Client, Page, Recording, Timeouts};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::loopback;

pub use crate::support::{APP_ID, SECRET, Then, checked, client, credentials, raw};

/// 1 October 2019, a day.
pub fn window() -> Span {
    Span::from_millis(1_569_888_000_000, 1_569_974_400_000)
}

/// Long enough for any server that answers, short enough to wait for one that does not.
pub fn short() -> Timeouts {
    let short = Duration::from_millis(200);
    Timeouts { connect: short, page: short, recording_part: short }
}

/// A well-behaved HTTP server with an answer of the test's choice.
pub struct MockedServer {
    pub mock: MockServer,
    pub client: Client,
}

impl MockedServer {
    pub async fn start(region: Region) -> MockedServer {
        let mock = MockServer::start().await;
        let client = client(&format!("{}/v2/", mock.uri()), region, Timeouts::default());
        MockedServer { mock, client }
    }

    pub async fn answers(&self, answer: ResponseTemplate) {
        self.mock.reset().await;
        Mock::given(any()).respond_with(answer).mount(&self.mock).await;
    }

    /// The page that the client makes of `answer`.
    pub async fn page(&self, answer: ResponseTemplate) -> Result<Page, ApiError> {
        self.answers(answer).await;
        self.client.page(window(), 1).await.inspect_err(|error| {
            checked(error);
        })
    }

    /// The page that the client makes of `body`, sent with HTTP 200.
    pub async fn page_of(&self, body: &str) -> Result<Page, ApiError> {
        self.page(ResponseTemplate::new(200).set_body_raw(body, "application/json")).await
    }

    /// The recording that the client makes of `answer`.
    pub async fn recording(&self, answer: ResponseTemplate) -> Result<Recording, ApiError> {
        self.answers(answer).await;
        self.client.recording(&RecordingName::new("a.mp3")).await.inspect_err(|error| {
            checked(error);
        })
    }
}

/// The page, or the checked error, of a client that asks a [`raw`] server.
pub async fn page_from_raw(bytes: impl Into<Vec<u8>>, then: Then) -> Result<Page, ApiError> {
    let (port, _) = raw(bytes, then).await;
    let client = client(&loopback(port), Region::Global, Timeouts::default());
    client.page(window(), 1).await.inspect_err(|error| {
        checked(error);
    })
}
