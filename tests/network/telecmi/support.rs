//! Servers to ask, and the check that every error of every test goes through: it gives nothing away.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use vmail::core::model::{RecordingName, Region, Span};
use vmail::secret::Secret;
use vmail::telecmi::{ApiError, BaseUrl, Client, Credentials, Page, Recording, Timeouts};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// Holds what has to be escaped in a URL, in JSON and in HTML.
pub const SECRET: &str = r#"s3cr&t+/"ü %<"#;

pub const APP_ID: u64 = 1_111_112;

/// 1 October 2019, a day.
pub fn window() -> Span {
    Span::from_millis(1_569_888_000_000, 1_569_974_400_000)
}

pub fn credentials() -> Credentials {
    Credentials { app_id: APP_ID, secret: Secret::new(SECRET.to_owned()) }
}

pub fn client(base: &str, region: Region, timeouts: Timeouts) -> Client {
    Client::with_timeouts(region, Some(&BaseUrl::parse(base).unwrap()), credentials(), timeouts).unwrap()
}

/// Long enough for any server that answers, short enough to wait for one that does not.
pub fn short() -> Timeouts {
    let short = Duration::from_millis(200);
    Timeouts { connect: short, page: short, recording_part: short }
}

/// An error's line, once it is sure that neither this nor its debug form gives anything away.
pub fn checked(error: &ApiError) -> String {
    let line = error.to_string();
    for text in [&line, &format!("{error:?}"), &format!("{error:#?}")] {
        for hidden in [SECRET, "s3cr", "http:", "127.0.0.1", "/v2"] {
            assert!(!text.contains(hidden), "{text} gives away {hidden}");
        }
        assert!(!text.contains('\x1b'), "{text:?} would move the cursor");
    }
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(line.ends_with('.') && !line.contains(".."), "{line}");
    line
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

/// What a [`raw`] server does after its bytes.
#[derive(Clone, Copy)]
pub enum Then {
    Close,
    Reset,
    /// Keeps the connection open and says nothing more.
    Hold,
}

/// Every request that a [`raw`] server got, as text.
pub type Requests = Arc<Mutex<Vec<String>>>;

/// A server on the loopback that sends `bytes` for whatever it is asked. Its port, and what it got.
pub async fn raw(bytes: impl Into<Vec<u8>>, then: Then) -> (u16, Requests) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (bytes, requests) = (bytes.into(), Requests::default());
    let log = Arc::clone(&requests);
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let request = request(&mut stream).await;
            log.lock().unwrap().push(request);
            // The client may have left already.
            let _ = stream.write_all(&bytes).await;
            match then {
                Then::Close => {
                    let _ = stream.shutdown().await;
                }
                Then::Reset => stream.set_zero_linger().unwrap(),
                Then::Hold => held.push(stream),
            }
        }
    });
    (port, requests)
}

/// Reads one request: its head and as much body as it announces. Of TLS, the first bytes.
async fn request(stream: &mut TcpStream) -> String {
    let mut got = Vec::new();
    while stream.read_buf(&mut got).await.unwrap_or(0) > 0 {
        let text = String::from_utf8_lossy(&got);
        let body = text.split_once("\r\n\r\n").map(|(head, body)| {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            body.len() >= length.map_or(0, |length| length.parse().unwrap())
        });
        if body == Some(true) || got[0] == 0x16 {
            break;
        }
    }
    String::from_utf8_lossy(&got).into_owned()
}

/// The page, or the checked error, of a client that asks a [`raw`] server.
pub async fn page_from_raw(bytes: impl Into<Vec<u8>>, then: Then) -> Result<Page, ApiError> {
    let (port, _) = raw(bytes, then).await;
    let client = client(&format!("http://127.0.0.1:{port}/v2"), Region::Global, Timeouts::default());
    client.page(window(), 1).await.inspect_err(|error| {
        checked(error);
    })
}
