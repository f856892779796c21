//! What can happen to a connection.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::net::TcpListener;
use vmail::core::model::{RecordingName, Region};
use vmail::telecmi::{ApiError, OfflineReason, Timeouts, WaitingFor};

use crate::telecmi::support::{Then, checked, client, page_from_raw, raw, short, window};

const LIST_MAX: usize = 8 << 20;

fn offline(reason: OfflineReason) -> ApiError {
    ApiError::Offline { reason }
}

async fn page_from(base: &str, timeouts: Timeouts) -> ApiError {
    let error = client(base, Region::Global, timeouts).page(window(), 1).await.unwrap_err();
    checked(&error);
    assert!(error.is_transient(), "{error:?}");
    error
}

/// So many blanks, compressed.
fn gzip(size: usize) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&vec![b' '; size]).unwrap();
    gzip.finish().unwrap()
}

/// An answer that ends with its connection and calls itself compressed.
fn compressed(body: &[u8]) -> Vec<u8> {
    [b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n", body].concat()
}

#[tokio::test]
async fn nothing_listens() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert_eq!(page_from(&base, Timeouts::default()).await, offline(OfflineReason::Refused));
}

#[tokio::test]
async fn a_name_without_an_address() {
    // A name that never has one. Without a network it takes the resolver a while to say so.
    let minute = Duration::from_secs(60);
    let patient = Timeouts { connect: minute, page: minute, ..Timeouts::default() };
    assert_eq!(page_from("https://vmail.invalid/v2", patient).await, offline(OfflineReason::NameLookup));
}

#[tokio::test]
async fn a_server_that_speaks_no_tls() {
    let (port, requests) = raw("HTTP/1.1 200 OK\r\n\r\n", Then::Close).await;
    let error = page_from(&format!("https://127.0.0.1:{port}/v2"), Timeouts::default()).await;
    assert!(matches!(error, ApiError::Offline { reason: OfflineReason::Tls { .. } }), "{error:?}");
    assert!(requests.lock().unwrap().iter().all(|request| !request.contains("voicemail")));
}

#[tokio::test]
async fn a_server_that_never_finishes_the_tls_handshake() {
    let (port, _) = raw("", Then::Hold).await;
    let timeouts = Timeouts { page: Timeouts::default().page, ..short() };
    let error = page_from(&format!("https://127.0.0.1:{port}"), timeouts).await;
    let expected = ApiError::TimedOut { waiting_for: WaitingFor::Connection, limit: timeouts.connect };
    assert_eq!(error, expected);
}

#[tokio::test]
async fn a_server_that_never_answers_or_stops_in_the_middle() {
    let expected = ApiError::TimedOut { waiting_for: WaitingFor::Answer, limit: short().page };
    for sent in ["", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"code\":"] {
        let (port, _) = raw(sent, Then::Hold).await;
        assert_eq!(page_from(&format!("http://127.0.0.1:{port}"), short()).await, expected, "{sent}");
    }
    let (port, _) = raw("", Then::Hold).await;
    let client = client(&format!("http://127.0.0.1:{port}"), Region::Global, short());
    assert_eq!(client.recording(&RecordingName::new("a")).await.unwrap_err(), expected);
    assert_eq!(checked(&expected), "The response timed out after 0.2 s. Check the network, then try again.");
}

#[tokio::test]
async fn a_connection_that_is_cut() {
    let mut head = "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n".to_owned();
    for part in ["", "{\"code\":200", ",\"voicemail\":[]}"] {
        write!(head, "{part}").unwrap();
        let error = page_from_raw(head.as_str(), Then::Close).await.unwrap_err();
        assert_eq!(error, offline(OfflineReason::Cut), "{head}");
    }
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"cod";
    assert_eq!(page_from_raw(chunked, Then::Close).await, Err(offline(OfflineReason::Cut)));
    assert_eq!(page_from_raw("", Then::Close).await, Err(offline(OfflineReason::Cut)));
    assert_eq!(page_from_raw("", Then::Reset).await, Err(offline(OfflineReason::Cut)));
}

#[tokio::test]
async fn an_error_status_counts_even_when_its_body_is_cut() {
    let answer = "HTTP/1.1 503 Busy\r\nretry-after: 3\r\ncontent-length: 99\r\n\r\n<html>";
    let error = page_from_raw(answer, Then::Close).await.unwrap_err();
    assert!(matches!(error, ApiError::Server { retry_after: Some(_), .. }), "{error:?}");
}

#[tokio::test]
async fn a_length_that_is_too_short_leaves_broken_json() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{\"code\":200}";
    let error = page_from_raw(answer, Then::Close).await.unwrap_err();
    assert_eq!(error, ApiError::Malformed { what: "its JSON is damaged or truncated" });
}

#[tokio::test]
async fn what_is_not_http_is_malformed() {
    for garbage in ["SSH-2.0-OpenSSH_9.6\r\n", "\0\0\0\0\0\0\0\0", "HTTP/1.1 999999 Eh\r\n\r\n"] {
        let error = page_from_raw(garbage, Then::Close).await.unwrap_err();
        assert_eq!(error, ApiError::Malformed { what: "it is not HTTP" }, "{garbage:?}");
    }
}

#[tokio::test]
async fn damaged_compression() {
    let damaged = ApiError::Malformed { what: "its compression is damaged" };
    assert_eq!(page_from_raw(compressed(br#"{"code":200}"#), Then::Close).await, Err(damaged.clone()));
    let mut body = gzip(100_000);
    body[20] ^= 0xff;
    assert_eq!(page_from_raw(compressed(&body), Then::Close).await, Err(damaged));
    let cut = page_from_raw(compressed(&gzip(100_000)[..50]), Then::Close).await;
    assert_eq!(cut, Err(offline(OfflineReason::Cut)));
}

#[tokio::test]
async fn a_list_has_a_limit_counted_after_decompression() {
    let too_large = ApiError::TooLarge { limit: LIST_MAX as u64 };
    assert!(!too_large.is_transient());
    // A few kilobytes that unpack to one byte too many, and to just not too many.
    let page = page_from_raw(compressed(&gzip(LIST_MAX + 1)), Then::Close).await;
    assert_eq!(page, Err(too_large.clone()));
    let page = page_from_raw(compressed(&gzip(LIST_MAX)), Then::Close).await;
    assert_eq!(page, Err(ApiError::Malformed { what: "it is empty" }));
    // One that says so, before any of it came, and one that does not.
    let announced = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", LIST_MAX + 1);
    assert_eq!(page_from_raw(announced, Then::Hold).await, Err(too_large.clone()));
    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{}", " ".repeat(LIST_MAX + 1));
    assert_eq!(page_from_raw(endless, Then::Hold).await, Err(too_large));
}
