//! A client, servers that send bytes of the test's choice, and the check that every error of every test
//! goes through: it gives nothing away.

use std::fmt::{Debug, Display};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use vmail::core::model::Region;
use vmail::secret::Secret;
use vmail::telecmi::{BaseUrl, Client, Credentials, Timeouts};

/// Holds what has to be escaped in a URL, in JSON and in HTML.
pub const SECRET: &str = r#"s3cr&t+/"ü %<"#;

pub const APP_ID: u64 = 1_111_112;

pub fn credentials() -> Credentials {
    Credentials { app_id: APP_ID, secret: Secret::new(SECRET.to_owned()) }
}

/// The base URL of a server on the loopback.
pub fn loopback(port: u16) -> String {
    format!("http://127.0.0.1:{port}/v2")
}

pub fn client(base: &str, region: Region, timeouts: Timeouts) -> Client {
    Client::with_timeouts(region, Some(&BaseUrl::parse(base).unwrap()), credentials(), timeouts).unwrap()
}

/// An error's line, once it is sure that neither this nor its debug form gives anything away.
pub fn checked(error: &(impl Debug + Display)) -> String {
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
