//! What comes in a recording's place. Whatever it is, nothing of it stays in the folder.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use vmail::recording::{ANSWERS, FetchError, Limits, TRIES};
use vmail::telecmi::{ApiError, OfflineReason};

use crate::recording::support::{Reply, ScriptedServer, Shelf, checked, limits, mp3};

/// How fetching ends when every try is answered like this; how often it was tried.
async fn outcome(reply: Reply, limits: Limits) -> (FetchError, usize) {
    let shelf = Shelf::new(limits);
    let server = ScriptedServer::start([reply]).await;
    let error = shelf.fetch(&server, 1).await.unwrap_err();
    assert_eq!(shelf.files(), [""; 0], "left after {error:?}");
    assert_eq!(shelf.recordings.kept(crate::recording::support::id(1)), None);
    (error, server.requests().len())
}

fn small() -> Limits {
    Limits { max_bytes_each: 1 << 20, ..limits() }
}

/// `size` bytes of audio, compressed.
fn bomb(start: &[u8], size: usize) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(start).unwrap();
    packed.write_all(&vec![0; size - start.len()]).unwrap();
    packed.finish().unwrap()
}

#[tokio::test]
async fn what_is_not_there_yet_is_a_state_and_asked_for_once() {
    for reply in [
        Reply::audio(""),
        Reply::audio(mp3(63)),
        Reply::new(200, "content-type: audio/mpeg", ""),
        Reply::new(404, "content-length: 0", ""),
        Reply::new(200, "content-type: application/json", r#"{"code":502,"msg":"Internal Server Error"}"#),
        Reply::new(200, "content-type: application/json", r#"{"code":404,"msg":"File not found"}"#),
    ] {
        assert_eq!(outcome(reply, limits()).await, (FetchError::NotReady, 1));
    }
}

#[tokio::test]
async fn json_and_web_pages_with_200_are_errors() {
    let page = format!("<!doctype html><title>Login</title>{}", "x".repeat(5_000));
    for (called, body, what) in [
        ("application/json", r#"{"code":200,"url":"x"}"#, "it is JSON, not a recording"),
        ("audio/mpeg", r#"{"code":200,"url":"x"}"#, "it is JSON, not a recording"),
        ("text/html", page.as_str(), "it is a web page, not a recording"),
        ("audio/mpeg", page.as_str(), "it is a web page, not a recording"),
    ] {
        let reply = Reply::new(200, &format!("content-type: {called}"), body);
        let malformed = FetchError::Api(ApiError::Malformed { what });
        assert_eq!(outcome(reply, limits()).await, (malformed, ANSWERS), "{called}");
    }
    let broken = Reply::new(200, "", r#"{"code":500,"error":true,"msg":"Something broke"}"#);
    let (error, tries) = outcome(broken, limits()).await;
    assert!(checked(&error).contains("Something broke"), "{error:?}");
    assert_eq!(tries, ANSWERS);
    let down = Reply::new(500, "", r#"{"code":500,"error":true,"msg":"Something broke"}"#);
    assert_eq!(outcome(down, limits()).await.1, TRIES);
    let refused = Reply::new(200, "", r#"{"code":407,"error":true,"msg":"Authentication Failed"}"#);
    let (error, tries) = outcome(refused, limits()).await;
    assert!(matches!(error, FetchError::Api(ApiError::NotAuthenticated { .. })), "{error:?}");
    assert_eq!(tries, 1);
}

#[tokio::test]
async fn both_the_name_and_the_first_bytes_must_be_audios() {
    let noise = &mp3(9_000)[4..];
    for (called, body) in [
        ("audio/mpeg", noise),
        ("application/octet-stream", noise),
        ("audio/mpeg", b"\r\nnothing that is audio\r\n".repeat(9_000).as_slice()),
        ("text/html", &mp3(9_000)),
        ("application/json", &mp3(9_000)),
        ("image/png", &mp3(9_000)),
    ] {
        let (error, tries) =
            outcome(Reply::new(200, &format!("content-type: {called}"), body), limits()).await;
        let content_type = Some(called.to_owned());
        assert_eq!((error, tries), (FetchError::NotAudio { content_type }, 1));
    }
    let (nameless, _) = outcome(Reply::new(200, "", noise), limits()).await;
    assert_eq!(nameless, FetchError::NotAudio { content_type: None });
    let (escape, _) = outcome(Reply::new(200, "content-type: a\u{9b}31m/b", noise), limits()).await;
    checked(&escape);
}

#[tokio::test]
async fn more_than_the_limit_is_not_taken() {
    let limit = small().max_bytes_each;
    let endless = b"100000\r\n".iter().copied().chain(mp3(1 << 20)).chain(*b"\r\n").collect::<Vec<_>>();
    let packed = "content-type: audio/mpeg\r\ncontent-encoding: gzip";
    let announced = Reply::new(200, "content-type: audio/mpeg\r\ncontent-length: 200000000", mp3(5_000));
    for (why, reply) in [
        ("it says so itself", announced.then_hold()),
        ("a byte too many", Reply::audio(mp3(limit as usize + 1))),
        ("no length and no end", Reply::new(200, "transfer-encoding: chunked", "").then_forever(endless)),
        ("a bomb", Reply::new(200, packed, bomb(&mp3(4), 64 << 20))),
    ] {
        assert_eq!(outcome(reply, small()).await, (FetchError::TooLarge { limit }, 1), "{why}");
    }
    // Without the look of audio nothing of a bomb is unpacked but its start.
    let (error, _) = outcome(Reply::new(200, packed, bomb(b"", 64 << 20)), small()).await;
    assert_eq!(error, FetchError::NotAudio { content_type: Some("audio/mpeg".to_owned()) });

    let shelf = Shelf::new(small());
    let server = ScriptedServer::start([Reply::audio(mp3(limit as usize))]).await;
    assert_eq!(shelf.fetch(&server, 1).await.unwrap().bytes, limit, "the limit itself is taken");
}

#[tokio::test]
async fn one_that_always_breaks_off_is_given_up() {
    let body = mp3(500_000);
    let (error, tries) = outcome(Reply::cut(&body, 400_000), limits()).await;
    assert_eq!(error, FetchError::Api(ApiError::Offline { reason: OfflineReason::Cut }));
    assert_eq!(tries, TRIES);
    let chunked = Reply::new(200, "transfer-encoding: chunked", [b"10000\r\n", &mp3(5_000)[..]].concat());
    let (error, tries) = outcome(chunked, limits()).await;
    assert_eq!(error, FetchError::Api(ApiError::Offline { reason: OfflineReason::Cut }));
    assert_eq!(tries, TRIES);
}
