//! Recordings: the audio, and everything that comes in its place.

use vmail::audio::AudioFormat;
use vmail::core::model::{RecordingName, Region};
use vmail::secret::Secret;
use vmail::telecmi::{ApiError, BaseUrl, Client, Credentials, OfflineReason, Recording, Timeouts};
use wiremock::matchers::any;
use wiremock::{Mock, ResponseTemplate};

use crate::telecmi::support::{APP_ID, MockedServer, Then, checked, client, raw, short};

async fn server() -> MockedServer {
    MockedServer::start(Region::Global).await
}

fn mp3() -> Vec<u8> {
    [b"\xff\xfb\x90\x64".as_slice(), &b"\x07".repeat(200_000)].concat()
}

fn wav() -> Vec<u8> {
    [b"RIFF\x24\x10\0\0WAVEfmt ".as_slice(), &b"\x07".repeat(5_000)].concat()
}

/// Silent frames of 72 bytes each.
fn frames(count: usize) -> Vec<u8> {
    [b"\xff\xe3\x18\xc4".to_vec(), vec![0; 68]].concat().repeat(count)
}

/// The 44 bytes before the samples of a WAV that has this many bytes of them.
fn bare_wav(samples: u32) -> Vec<u8> {
    let head = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data";
    [head.as_slice(), &samples.to_le_bytes()].concat()
}

async fn bytes(mut recording: Recording) -> Result<Vec<u8>, ApiError> {
    let mut all = Vec::new();
    while let Some(chunk) = recording.chunk().await? {
        all.extend_from_slice(&chunk);
    }
    Ok(all)
}

#[tokio::test]
async fn audio_comes_whole_with_what_is_known_about_it() {
    let server = server().await;
    for (body, called, format) in [
        (mp3(), "audio/mpeg", Some(AudioFormat::Mp3)),
        (wav(), "audio/x-wav", Some(AudioFormat::Wav)),
        // The bytes are believed before the name.
        (wav(), "text/html", Some(AudioFormat::Wav)),
        (mp3(), "application/json", Some(AudioFormat::Mp3)),
        ([b"\r\n", &*frames(9)].concat(), "audio/mpeg", Some(AudioFormat::Mp3)),
        ([vec![0; 60_000], frames(9)].concat(), "audio/mpeg", Some(AudioFormat::Mp3)),
        ([b"\r\n", &*wav()].concat(), "audio/wav", Some(AudioFormat::Wav)),
        (bare_wav(0), "audio/wav", Some(AudioFormat::Wav)),
        (b"OggS".repeat(100), "application/octet-stream", Some(AudioFormat::Ogg)),
        (b"noise".repeat(20_000), "application/octet-stream", None),
    ] {
        let answer = ResponseTemplate::new(200).set_body_raw(body.clone(), called);
        let recording = server.recording(answer).await.unwrap_or_else(|error| panic!("{called}: {error}"));
        assert_eq!(recording.format(), format);
        assert_eq!(recording.content_type(), Some(called));
        assert_eq!(recording.length(), Some(body.len() as u64));
        let shown = format!("{recording:?}");
        assert!(!shown.contains("s3cr") && !shown.contains("http"), "{shown}");
        assert!(bytes(recording).await.unwrap() == body, "{called}");
    }
    let nameless = ResponseTemplate::new(200).set_body_bytes(mp3());
    assert_eq!(server.recording(nameless).await.unwrap().content_type(), None);
}

#[tokio::test]
async fn a_recording_that_is_not_published_yet() {
    let server = server().await;
    let json = |status, body: &str| ResponseTemplate::new(status).set_body_raw(body, "application/json");
    for answer in [
        json(200, r#"{"code":502,"msg":"Internal Server Error"}"#),
        json(502, r#"{"code":502,"msg":"Internal Server Error"}"#),
        json(200, r#"{"code":"404","error":true,"msg":"File not found"}"#),
        json(404, ""),
        ResponseTemplate::new(404).set_body_raw("<html>Not Found</html>", "text/html"),
        ResponseTemplate::new(200),
        ResponseTemplate::new(204),
        ResponseTemplate::new(200).set_body_raw("", "audio/mpeg"),
        ResponseTemplate::new(200).set_body_raw("", "application/json"),
        ResponseTemplate::new(200).set_body_raw(&wav()[..44], "audio/wav"),
        // The samples that it speaks of are still to come.
        ResponseTemplate::new(200).set_body_raw(bare_wav(16_000), "audio/wav"),
    ] {
        assert_eq!(server.recording(answer.clone()).await.unwrap_err(), ApiError::NotReady, "{answer:?}");
    }
    assert_eq!(checked(&ApiError::NotReady), "The recording is not ready yet. Try again in a minute.");
}

#[tokio::test]
async fn errors_in_disguise() {
    let server = server().await;
    let auth = r#"{"code":407,"error":true,"msg":"Authentication Failed"}"#;
    for called in ["audio/mpeg", "application/json", "text/html"] {
        let answer = ResponseTemplate::new(200).set_body_raw(format!("\u{feff} {auth}"), called);
        let error = server.recording(answer).await.unwrap_err();
        assert!(matches!(error, ApiError::NotAuthenticated { .. }), "{called}: {error:?}");
    }
    let missing = ResponseTemplate::new(200).set_body_string(r#"{"code":404,"msg":"Parameter missing"}"#);
    let error = server.recording(missing).await.unwrap_err();
    assert!(matches!(error, ApiError::BadRequest { .. }), "{error:?}");
    let gateway = ResponseTemplate::new(502).set_body_string("<html>Bad Gateway</html>");
    let error = server.recording(gateway).await.unwrap_err();
    assert!(matches!(error, ApiError::Server { .. }), "{error:?}");

    // Words of what is inside files, in both ways to write them.
    let page = format!("<html>ID3 RIFF WAVE ÿûÿã {}</html>", "x".repeat(200_000));
    for (body, called, what) in [
        (page.as_str(), "audio/mpeg", "it is a web page, not a recording"),
        (page.as_str(), "text/html", "it is a web page, not a recording"),
        (r#"{"code":200,"url":"https://example.com/a.mp3"}"#, "audio/mpeg", "it is JSON, not a recording"),
        ("[1]", "audio/mpeg", "it is text, not a recording"),
        ("please come back later", "text/plain", "it is text, not a recording"),
    ] {
        let answer = ResponseTemplate::new(200).set_body_raw(body, called);
        assert_eq!(server.recording(answer).await.unwrap_err(), ApiError::Malformed { what }, "{body}");
    }
}

#[tokio::test]
async fn a_recording_that_breaks_off_says_so() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: audio/mpeg\r\ncontent-length: 999999\r\n\r\n";
    let begun = [head.as_bytes(), &mp3()].concat();
    for (then, timeouts, transient) in [
        (Then::Close, Timeouts::default(), ApiError::Offline { reason: OfflineReason::Cut }),
        (
            Then::Hold,
            short(),
            ApiError::TimedOut {
                waiting_for: vmail::telecmi::WaitingFor::Answer,
                limit: short().recording_part,
            },
        ),
    ] {
        let (port, _) = raw(begun.clone(), then).await;
        let client = client(&format!("http://127.0.0.1:{port}"), Region::Global, timeouts);
        let recording = client.recording(&RecordingName::new("a")).await.unwrap();
        assert_eq!(recording.length(), Some(999_999));
        let error = bytes(recording).await.unwrap_err();
        checked(&error);
        assert_eq!(error, transient);
    }
}

/// Long enough not to come in one piece.
fn long() -> Vec<u8> {
    let noise = (0..4_000_000_u32).map(|place| (place.wrapping_mul(2_654_435_761) >> 24) as u8);
    b"\xff\xfb\x90\x64".iter().copied().chain(noise).collect()
}

/// What the client makes of the rest of a long recording that broke off, when the server answers
/// `rest(received)` to the next request and the whole to every one after it. With it, what came
/// before and how the next request asked.
async fn resumed(
    version: Option<(&'static str, &str)>,
    rest: impl Fn(usize) -> ResponseTemplate,
) -> (Vec<u8>, Result<Recording, ApiError>, wiremock::Request) {
    let server = server().await;
    let mut whole = ResponseTemplate::new(200).set_body_raw(long(), "audio/mpeg");
    if let Some((name, value)) = version {
        whole = whole.insert_header(name, value);
    }
    let mut broken = server.recording(whole.clone()).await.unwrap();
    assert_eq!((broken.received(), broken.bookmark()), (0, None), "nothing came, nothing to go on with");
    let before = broken.chunk().await.unwrap().unwrap().to_vec();
    assert_eq!(broken.received(), before.len() as u64);
    let bookmark = broken.bookmark().unwrap();
    drop(broken);

    server.mock.reset().await;
    let rest = rest(before.len());
    Mock::given(any()).respond_with(rest).up_to_n_times(1).mount(&server.mock).await;
    Mock::given(any()).respond_with(whole).mount(&server.mock).await;
    let resumed = server.client.resume(&RecordingName::new("a.mp3"), &bookmark).await;
    let request = server.mock.received_requests().await.unwrap().remove(0);
    (before, resumed, request)
}

/// The part of the long recording from `start`, called `range`.
fn part(start: usize, range: &str) -> ResponseTemplate {
    let part = ResponseTemplate::new(206).set_body_raw(&long()[start..], "audio/mpeg");
    part.insert_header("content-range", range)
}

#[tokio::test]
async fn a_recording_goes_on_where_it_broke_off() {
    let total = long().len();
    let last = "Mon, 23 Nov 2026 10:00:00 GMT";
    for (version, if_range) in [
        (None, None),
        (Some(("etag", "\"a1\"")), Some("\"a1\"")),
        (Some(("last-modified", last)), Some(last)),
        // A weak one does not promise the same bytes.
        (Some(("etag", "W/\"a1\"")), None),
    ] {
        let rest = |start| part(start, &format!("bytes {start}-{}/{total}", total - 1));
        let (mut all, resumed, request) = resumed(version, rest).await;
        let resumed = resumed.unwrap();
        assert_eq!(resumed.received(), all.len() as u64);
        assert_eq!((resumed.format(), resumed.length()), (Some(AudioFormat::Mp3), Some(total as u64)));
        assert_eq!(resumed.content_type(), Some("audio/mpeg"));
        assert_eq!(request.headers["range"], format!("bytes={}-", all.len()));
        assert_eq!(request.headers["accept-encoding"], "identity");
        assert_eq!(request.headers.get("if-range").map(|value| value.to_str().unwrap()), if_range);
        all.extend(bytes(resumed).await.unwrap());
        assert!(all == long());
    }
}

#[tokio::test]
async fn a_part_that_is_not_the_missing_one_is_not_taken() {
    let total = long().len();
    let whole = || ResponseTemplate::new(200).set_body_raw(long(), "audio/mpeg");
    let answers: [(&str, &dyn Fn(usize) -> ResponseTemplate); 7] = [
        ("it ignores ranges", &|_| whole()),
        ("it has no such part", &|_| ResponseTemplate::new(416)),
        ("another start", &|start| part(start, &format!("bytes {}-{}/{total}", start - 1, total - 1))),
        ("another end", &|start| part(start, &format!("bytes {start}-{}/{total}", total - 2))),
        ("another length", &|start| part(start, &format!("bytes {start}-{total}/{}", total + 1))),
        ("fewer bytes than it says", &|start| {
            part(start + 1, &format!("bytes {start}-{}/{total}", total - 1))
        }),
        ("no word on what part", &|start| ResponseTemplate::new(206).set_body_bytes(&long()[start..])),
    ];
    for (why, answer) in answers {
        let (_, resumed, _) = resumed(None, answer).await;
        let resumed = resumed.unwrap();
        assert_eq!(resumed.received(), 0, "{why}");
        assert!(bytes(resumed).await.unwrap() == long(), "{why}");
    }
    // Not every server heeds what it is asked for.
    let version = Some(("etag", "\"a1\""));
    let other =
        |start| part(start, &format!("bytes {start}-{}/{total}", total - 1)).insert_header("etag", "\"a2\"");
    let (_, resumed_anew, _) = resumed(version, other).await;
    assert_eq!(resumed_anew.unwrap().received(), 0, "another version");
    let (_, gone, _) = resumed(None, |_| ResponseTemplate::new(404)).await;
    assert_eq!(gone.unwrap_err(), ApiError::NotReady);
}

#[tokio::test]
async fn what_outlives_the_program_is_a_version_and_never_the_secret() {
    let last = "Mon, 23 Nov 2026 10:00:00 GMT";
    // A header cannot hold the other tests' secret.
    let secret = "s3cr3t";
    let echo = format!("\"{secret}\"");
    for (version, lasts) in [
        (None, false),
        (Some(("etag", "\"a1\"")), true),
        (Some(("last-modified", last)), true),
        (Some(("etag", "W/\"a1\"")), false),
        (Some(("etag", echo.as_str())), false),
    ] {
        let mut server = server().await;
        let base = BaseUrl::parse(&format!("{}/v2/", server.mock.uri())).unwrap();
        let credentials = Credentials { app_id: APP_ID, secret: Secret::new(secret.to_owned()) };
        server.client = Client::new(Region::Global, Some(&base), credentials).unwrap();
        let mut whole = ResponseTemplate::new(200).set_body_raw(long(), "audio/mpeg");
        if let Some((name, value)) = version {
            whole = whole.insert_header(name, value);
        }
        let mut recording = server.recording(whole).await.unwrap();
        recording.chunk().await.unwrap();
        let bookmark = recording.bookmark().unwrap();
        let saved = bookmark.saved();
        assert_eq!(saved.is_some(), lasts, "{version:?}");
        let Some(saved) = saved else { continue };
        let total = long().len() as u64;
        assert_eq!((saved.length, saved.format), (total, AudioFormat::Mp3));
        assert!(saved.at(1).is_some() && saved.at(total - 1).is_some());
        assert_eq!((saved.at(0), saved.at(total)), (None, None), "there is nothing to go on with");
    }
}
