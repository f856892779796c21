//! Calling back: what is sent, that it is sent once, and what is said when it goes wrong.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic as the test itself may")]

use std::time::Duration;

use chrono::{TimeZone as _, Utc};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use vmail::core::model::Region;
use vmail::demo;
use vmail::secret::Secret;
use vmail::telecmi::{
    Agent, ApiError, BaseUrl, Call, CallError, CallPlaced, Client, Credentials, Rings, Timeouts, ValidNumber,
};
use wiremock::matchers::{any, body_json, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{self, SECRET, Then, client, loopback, raw};

const PLACED: &str = r#"{"code":200,"msg":"Call initiated","request_id":"s96C6XK1"}"#;

fn number(raw: &str) -> ValidNumber {
    ValidNumber::parse(raw, "IN").unwrap()
}

fn call() -> Call {
    Call {
        agent: Agent::parse("101_1111112").unwrap(),
        to: number("98765 43210"),
        caller_id: None,
        rings: Rings::default(),
    }
}

/// An error's line, once it is sure that it gives nothing away.
fn checked(error: &CallError) -> String {
    let line = support::checked(error);
    // Who does not know whether it rings must not be told to call again.
    assert!(!error.may_have_been_placed() || !line.contains("ry again"), "{line}");
    line
}

/// What the client makes of `answer`, and that it asked exactly once.
async fn called(answer: ResponseTemplate) -> Result<CallPlaced, CallError> {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).expect(1).mount(&server).await;
    let client = client(&server.uri(), Region::Global, Timeouts::default());
    client.call(&call()).await.inspect_err(|error| {
        checked(error);
    })
}

async fn called_with(status: u16, body: &str) -> Result<CallPlaced, CallError> {
    called(ResponseTemplate::new(status).set_body_raw(body, "application/json")).await
}

#[tokio::test]
async fn the_body_is_what_the_vendors_page_asks_for() {
    let plain = json!({
        "user_id": "101_1111112", "secret": SECRET, "to": 919_876_543_210_u64, "webrtc": true, "followme": false
    });
    let with = |changes: Value| {
        let mut body = plain.clone();
        body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        body
    };
    for (call, body) in [
        (call(), plain.clone()),
        (Call { rings: Rings::Mobile, ..call() }, with(json!({"webrtc": false, "followme": true}))),
        (Call { rings: Rings::AsSetAtTelecmi, ..call() }, with(json!({"webrtc": false}))),
        (Call { to: number("442079460018"), ..call() }, with(json!({"to": 442_079_460_018_u64}))),
        (
            Call { caller_id: Some(number("080 2345 6789")), ..call() },
            with(json!({"callerid": 918_023_456_789_u64})),
        ),
    ] {
        for region in [Region::Global, Region::India] {
            let server = MockServer::start().await;
            let route = Mock::given(method("POST")).and(path("/v2/webrtc/click2call")).and(body_json(&body));
            route
                .respond_with(ResponseTemplate::new(200).set_body_string(PLACED))
                .expect(1)
                .mount(&server)
                .await;
            let client = client(&format!("{}/v2", server.uri()), region, Timeouts::default());
            let placed = client.call(&call).await;
            assert_eq!(placed, Ok(CallPlaced { request_id: Some("s96C6XK1".to_owned()) }), "{call:?}");
        }
    }
}

#[test]
fn only_a_valid_number_can_be_called() {
    for raw in [
        "",
        "0",
        "anonymous",
        "139",
        "JD-HDFCBK",
        "12345",
        "+91 12",
        "98765432101234567890",
        "98765\x1b43210",
    ] {
        let error = ValidNumber::parse(raw, "IN").unwrap_err().to_string();
        assert!(error.ends_with("is not a valid phone number: not called"), "{raw:?}: {error}");
        assert!(!error.contains('\x1b'), "{error:?}");
    }
    let number = ValidNumber::parse("(020) 7946 0018", "GB").unwrap();
    assert_eq!(
        (number.to_string(), number.e164()),
        ("+44 20 7946 0018".to_owned(), "+442079460018".to_owned())
    );
}

#[test]
fn only_a_user_id_can_call() {
    for text in ["", "  ", "101 1111112", "101_1111112\"", "101\u{1b}", "agent ü", &"1".repeat(65)] {
        assert!(Agent::parse(text).is_err(), "{text:?}");
    }
    assert_eq!(Agent::parse(" 101_1111112 ").unwrap().as_str(), "101_1111112");
}

#[test]
fn the_switches_never_make_the_combination_that_is_refused() {
    assert_eq!(Rings::from_switches(true, false), Rings::Softphone);
    assert_eq!(Rings::from_switches(false, true), Rings::Mobile);
    assert_eq!(Rings::from_switches(true, true), Rings::Mobile);
    assert_eq!(Rings::from_switches(false, false), Rings::AsSetAtTelecmi);
}

#[tokio::test]
async fn a_success_is_taken_as_it_comes() {
    for (body, request_id) in [
        (PLACED, Some("s96C6XK1")),
        (r#"{"code":"200","msg":"Call initiated"}"#, None),
        (r#"{"code":200,"request_id":null}"#, None),
        (r#"{"code":200.0,"error":false,"request_id":17}"#, Some("17")),
        ("\u{feff}{\"code\":200,\"request_id\":\"a\\u001b[2Jb\"}", Some("a[2Jb")),
    ] {
        let placed = called_with(200, body).await.unwrap();
        assert_eq!(placed.request_id.as_deref(), request_id, "{body}");
    }
}

#[tokio::test]
async fn a_refusal_places_no_call_and_says_so() {
    const CHECK: &str = "Check the agent, the secret and the region.";
    for (status, body, line) in [
        (200, r#"{"code":404,"msg":"Not Authenticated"}"#, "TeleCMI says: Not Authenticated. CHECK"),
        (200, r#"{"code":404,"error":true,"msg":"Invalid user id"}"#, "TeleCMI says: Invalid user id. CHECK"),
        (200, r#"{"code":404,"msg":"Invalid Number"}"#, "TeleCMI says: Invalid Number. CHECK"),
        (
            200,
            r#"{"code":404,"error":true,"msg":"Parameter missing"}"#,
            "TeleCMI says: Parameter missing. CHECK",
        ),
        (200, r#"{"code":400,"msg":"To parameter missing"}"#, "TeleCMI says: To parameter missing. CHECK"),
        (
            200,
            r#"{"code":407,"error":true,"msg":"Authentication Failed"}"#,
            "TeleCMI says: Authentication Failed. CHECK",
        ),
        (200, r#"{"code":404}"#, "TeleCMI says: error 404 without a message. CHECK"),
        (401, "", "TeleCMI says: HTTP 401 Unauthorized. CHECK"),
        (404, "<html>", "TeleCMI says: HTTP 404 Not Found. CHECK"),
        (429, "", "TeleCMI rejected the request: too many requests. Try again in a minute."),
    ] {
        let error = called_with(status, body).await.unwrap_err();
        let line = format!("No call was placed. {}", line.replace("CHECK", CHECK));
        assert_eq!((error.to_string(), error.may_have_been_placed()), (line, false), "{status} {body}");
    }
    let kind = called_with(200, r#"{"code":404,"msg":"Invalid user id"}"#).await.unwrap_err();
    assert!(matches!(kind, CallError::NotPlaced { cause: ApiError::NotAuthenticated { .. } }), "{kind:?}");
}

#[tokio::test]
async fn an_answer_that_settles_nothing_says_that_it_may_ring() {
    let redirect = |status: u16| ResponseTemplate::new(status).insert_header("location", "/elsewhere");
    let text = |status: u16, body: &str| ResponseTemplate::new(status).set_body_string(body);
    let huge = format!("{{\"code\":200,\"msg\":\"{}\"}}", "x".repeat(1 << 17));
    for (answer, why) in [
        (
            text(200, r#"{"code":502,"msg":"Internal Server Error"}"#),
            "TeleCMI reported a server error (Internal Server Error)",
        ),
        (text(503, ""), "TeleCMI reported a server error (HTTP 503 Service Unavailable)"),
        (text(200, ""), "cannot read the server's response (it is empty)"),
        (text(200, "<html>"), "cannot read the server's response (it is a web page, not JSON)"),
        (text(200, "{}"), "cannot read the server's response (it does not say that a call was placed)"),
        (
            text(200, r#"{"code":200,"#),
            "cannot read the server's response (its JSON is damaged or truncated)",
        ),
        (text(200, &huge), "the server's response is too large"),
        (redirect(302), "the server redirected the request"),
        (redirect(307), "the server redirected the request"),
    ] {
        let error = called(answer).await.unwrap_err();
        let line = format!(
            "The call may have been placed: {why}. Check whether a phone rings before you call again."
        );
        assert_eq!((error.to_string(), error.may_have_been_placed()), (line, true));
    }
}

#[tokio::test]
async fn a_connection_lost_after_the_request_may_have_placed_it_and_is_not_tried_again() {
    let short = Duration::from_millis(300);
    let timeouts = Timeouts { page: short, ..Timeouts::default() };
    for (bytes, then, why) in [
        ("", Then::Close, "the connection was lost"),
        ("", Then::Reset, "the connection was lost"),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{\"code\":200",
            Then::Close,
            "the connection was lost",
        ),
        ("", Then::Hold, "no response within 0.3 s"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{", Then::Hold, "no response within 0.3 s"),
        ("SSH-2.0-OpenSSH_9.6\r\n", Then::Close, "cannot read the server's response (it is not HTTP)"),
    ] {
        let (port, requests) = raw(bytes, then).await;
        let error = client(&loopback(port), Region::Global, timeouts).call(&call()).await.unwrap_err();
        let line = checked(&error);
        assert!(line.starts_with(&format!("The call may have been placed: {why}")), "{line}");
        assert!(error.may_have_been_placed(), "{line}");
        assert_eq!(requests.lock().unwrap().len(), 1, "{line}");
    }
}

#[tokio::test]
async fn a_connection_that_never_was_placed_nothing() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let (no_tls, _) = raw("HTTP/1.1 200 OK\r\n\r\n", Then::Close).await;
    for base in [format!("http://{address}"), loopback(no_tls).replace("http:", "https:")] {
        let error = client(&base, Region::Global, Timeouts::default()).call(&call()).await.unwrap_err();
        let line = checked(&error);
        assert!(!error.may_have_been_placed() && line.starts_with("No call was placed. "), "{line}");
    }
}

#[tokio::test]
async fn two_calls_are_two_requests_on_two_connections() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{\"code\":200}";
    let (port, requests) = raw(answer, Then::Hold).await;
    let client = client(&loopback(port), Region::Global, Timeouts::default());
    for expected in 1..=2 {
        assert_eq!(client.call(&call()).await, Ok(CallPlaced { request_id: None }));
        assert_eq!(requests.lock().unwrap().len(), expected);
    }
}

#[tokio::test]
async fn the_demo_places_calls() {
    let now = Utc.with_ymd_and_hms(2026, 11, 23, 10, 0, 0).unwrap();
    let server = demo::Server::start(demo::Options::new(now)).await.unwrap();
    for india in [false, true] {
        let base = BaseUrl::parse(&server.base_url(india)).unwrap();
        let client = |secret: &str| {
            let credentials = Credentials { app_id: demo::APP_ID, secret: Secret::new(secret.to_owned()) };
            Client::new(Region::Global, Some(&base), credentials).unwrap()
        };
        let by = |agent: &str| Call { agent: Agent::parse(agent).unwrap(), rings: Rings::Mobile, ..call() };
        let placed = client(demo::SECRET).call(&by(demo::AGENT)).await.unwrap();
        assert!(placed.request_id.is_some_and(|id| id.starts_with("demo-")));
        for (secret, agent) in [("another", demo::AGENT), (demo::SECRET, "102_1111112")] {
            let error = client(secret).call(&by(agent)).await.unwrap_err();
            let line = "No call was placed. TeleCMI says: Not Authenticated. \
                        Check the agent, the secret and the region.";
            assert_eq!(error.to_string(), line);
        }
    }
}
