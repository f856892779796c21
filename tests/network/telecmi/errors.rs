//! What an answer means that is no success: by HTTP status, code and words together.

use std::time::Duration;

use vmail::core::model::Region;
use vmail::telecmi::{ApiError, RedirectFault};
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

use crate::telecmi::support::{MockedServer, SECRET, checked, window};

async fn server() -> MockedServer {
    MockedServer::start(Region::Global).await
}

fn kind(error: &ApiError) -> &'static str {
    match error {
        ApiError::NotAuthenticated { .. } => "auth",
        ApiError::BadRequest { .. } => "request",
        ApiError::RateLimited { .. } => "rate",
        ApiError::Server { .. } => "server",
        ApiError::Malformed { .. } => "malformed",
        _ => "other",
    }
}

#[tokio::test]
async fn status_code_and_words_decide_together() {
    let server = server().await;
    for (status, body, expected) in [
        // As the service sends them.
        (200, r#"{"code":407,"error":true,"msg":"Authentication Failed"}"#, "auth"),
        (200, r#"{"code":404,"error":true,"msg":"Parameter missing"}"#, "request"),
        (200, r#"{"code":502,"msg":"Internal Server Error"}"#, "server"),
        // As one page or another of the vendor's has them.
        (200, r#"{"code":401,"msg":"Authentication Failed"}"#, "auth"),
        (200, r#"{"code":404,"msg":"Not Authenticated"}"#, "auth"),
        (200, r#"{"code":404,"msg":"Invalid token"}"#, "auth"),
        (200, r#"{"code":400,"msg":"Parameter missing"}"#, "request"),
        (401, r#"{"code":401,"msg":""}"#, "auth"),
        // Odd forms of the same.
        (200, r#"{"code":"407","error":"true"}"#, "auth"),
        (200, r#"{"code":407.0}"#, "auth"),
        (200, r#"{"error":true,"msg":"Authentication Failed"}"#, "auth"),
        (200, r#"{"error":"Unauthorized"}"#, "auth"),
        (200, r#"{"error":true,"code":null}"#, "server"),
        (200, r#"{"error":1,"code":200,"voicemail":[]}"#, "server"),
        (200, r#"{"error":true,"msg":{"reason":["Parameter missing"]}}"#, "request"),
        (200, r#"{"code":404,"msg":7}"#, "request"),
        (200, r#"{"code":404,"msg":"No record found for this appid"}"#, "request"),
        (200, r#"{"code":404,"msg":"No database"}"#, "request"),
        (200, r#"{"code":404,"msg":"Not Found"}"#, "request"),
        (200, r#"{"code":400,"msg":"No data"}"#, "request"),
        (500, r#"{"code":500,"msg":"No data"}"#, "server"),
        (200, r#"{"code":500,"voicemail":[{"time":1570157223000}]}"#, "server"),
        (200, r#"{"code":0}"#, "server"),
        (200, r#"{"code":1e300}"#, "server"),
        (200, r#"{"code":429,"msg":"slow"}"#, "rate"),
        (200, r#"{"code":400,"msg":"Too many requests"}"#, "rate"),
        (200, r#"{"code":500,"msg":"Authentication backend missing"}"#, "server"),
        // A status that says error is one, whatever the body says.
        (500, r#"{"code":200,"voicemail":[]}"#, "server"),
        (500, r#"{"code":407,"error":true,"msg":"Authentication Failed"}"#, "auth"),
        (400, r#"{"voicemail":[]}"#, "request"),
        (429, r#"{"code":400,"msg":"x"}"#, "rate"),
        (401, "", "auth"),
        (403, "<html>", "auth"),
        (404, "<html>Not Found</html>", "request"),
        (408, "", "server"),
        (429, "", "rate"),
        (500, "<html>", "server"),
        (502, "Bad Gateway", "server"),
        (503, "[]", "server"),
        // No JSON, or none of TeleCMI's.
        (200, "", "malformed"),
        (200, "  \n", "malformed"),
        (204, "", "malformed"),
        (200, "<!DOCTYPE html><title>Sign in</title>", "malformed"),
        (200, "OK", "malformed"),
        (200, "[]", "malformed"),
        (200, "null", "malformed"),
        (200, r#""code""#, "malformed"),
        (200, "{}", "malformed"),
        (200, r#"{"status":"ok"}"#, "malformed"),
        (200, r#"{"code":200,"voicemail":{}}"#, "malformed"),
        (200, r#"{"code":200,"voicemail":"none"}"#, "malformed"),
        (200, r#"{"code":200,"voicemail":[{"time":15701"#, "malformed"),
        (200, r#"{"code":200}{"code":200}"#, "malformed"),
    ] {
        let answer = ResponseTemplate::new(status).set_body_string(body);
        let error = server.page(answer).await.unwrap_err();
        assert_eq!(kind(&error), expected, "{status} {body}: {error:?}");
        let transient = !matches!(expected, "auth" | "request");
        assert_eq!(error.is_transient(), transient, "{error:?}");
    }
}

#[tokio::test]
async fn each_says_what_happened_and_what_to_do() {
    let server = server().await;
    for (status, body, line) in [
        (
            200,
            r#"{"code":407,"error":true,"msg":"Authentication Failed."}"#,
            "TeleCMI says: Authentication Failed. Check the app ID, the secret and the region.",
        ),
        (
            404,
            "<html>",
            "TeleCMI rejected the request: HTTP 404 Not Found. \
             Check the app ID, the region and the base URL.",
        ),
        (
            200,
            r#"{"code":502,"msg":null}"#,
            "TeleCMI reported a server error: error 502 without a message. Try again in a minute.",
        ),
        (429, "", "TeleCMI rejected the request: too many requests. Try again in a minute."),
        (
            200,
            "<html>",
            "Cannot read the server's response: it is a web page, not JSON. Check the base URL, then try again.",
        ),
    ] {
        let answer = ResponseTemplate::new(status).set_body_string(body);
        assert_eq!(checked(&server.page(answer).await.unwrap_err()), line);
    }
}

#[tokio::test]
async fn a_message_is_made_safe_and_cannot_repeat_the_secret() {
    let server = server().await;
    let said = serde_json::json!({
        "code": 400, "msg": format!("bad\u{1b}[31m {SECRET}\r\n{}", "x".repeat(1000)),
    });
    let error = server.page_of(&said.to_string()).await.unwrap_err();
    let ApiError::BadRequest { message } = &error else { panic!("{error:?}") };
    assert!(message.starts_with("bad[31m … xxx"), "{message}");
    assert!(message.chars().count() <= 200);

    let object = serde_json::json!({ "code": 400, "msg": { "secret": SECRET } });
    checked(&server.page_of(&object.to_string()).await.unwrap_err());
}

#[tokio::test]
async fn retry_after_is_kept_and_bounded() {
    let server = server().await;
    for (status, sent, seconds) in [
        (429, "7", Some(7)),
        (503, "7", Some(7)),
        (200, "7", Some(7)),
        (429, "3600", Some(60)),
        (429, "Thu, 01 Jan 2099 00:00:00 GMT", Some(60)),
        (429, "Thu, 01 Jan 2015 00:00:00 GMT", Some(0)),
        (429, "later", None),
    ] {
        let answer = ResponseTemplate::new(status)
            .insert_header("retry-after", sent)
            .set_body_string(r#"{"code":429,"error":true}"#);
        let error = server.page(answer).await.unwrap_err();
        assert_eq!(error.retry_after(), seconds.map(Duration::from_secs), "{status} {sent}");
    }
    let error = ApiError::RateLimited { retry_after: Some(Duration::from_secs(9000)) };
    assert_eq!(error.retry_after(), Some(Duration::from_secs(60)));
}

#[tokio::test]
async fn a_redirect_on_the_same_server_is_followed_with_everything() {
    let server = server().await;
    for status in [301, 302, 307, 308] {
        server.mock.reset().await;
        let moved = ResponseTemplate::new(status).insert_header("location", "/v3/mail?x=1");
        Mock::given(path("/v2/voicemail")).respond_with(moved).mount(&server.mock).await;
        let list = ResponseTemplate::new(200).set_body_string(r#"{"code":200}"#);
        Mock::given(method("POST")).and(path("/v3/mail")).respond_with(list).mount(&server.mock).await;
        server.client.page(window(), 1).await.unwrap_or_else(|error| panic!("{status}: {error}"));
        let requests = server.mock.received_requests().await.unwrap();
        assert_eq!(requests[0].body, requests[1].body);
        assert!(!requests[1].headers.contains_key("referer"));
    }
}

#[tokio::test]
async fn a_redirect_to_any_other_server_is_refused() {
    let server = server().await;
    let other = MockedServer::start(Region::Global).await;
    other.answers(ResponseTemplate::new(200).set_body_string(r#"{"code":200}"#)).await;
    let own = server.mock.address().port();
    let elsewhere = ApiError::BadRedirect { reason: RedirectFault::Elsewhere };
    for location in [
        format!("{}/v2/voicemail", other.mock.uri()),
        format!("//localhost:{own}/"),
        format!("https://127.0.0.1:{own}/"),
        format!("http://127.0.0.1:{}/", own ^ 1),
        "file:///etc/passwd".to_owned(),
    ] {
        let answer = ResponseTemplate::new(307).insert_header("location", location.as_str());
        assert_eq!(server.page(answer.clone()).await, Err(elsewhere.clone()), "{location}");
        assert_eq!(server.recording(answer).await.unwrap_err(), elsewhere, "{location}");
    }
    assert_eq!(other.mock.received_requests().await.unwrap().len(), 0);
    assert!(!elsewhere.is_transient());
}

#[tokio::test]
async fn redirects_come_to_an_end() {
    let server = server().await;
    let around = ResponseTemplate::new(307).insert_header("location", "/v2/voicemail");
    let error = server.page(around).await.unwrap_err();
    assert_eq!(error, ApiError::BadRedirect { reason: RedirectFault::TooMany });
    assert_eq!(server.mock.received_requests().await.unwrap().len(), 6);

    let nowhere = ApiError::BadRedirect { reason: RedirectFault::Nowhere };
    assert_eq!(server.page(ResponseTemplate::new(304)).await, Err(nowhere.clone()));
    let odd = ResponseTemplate::new(307).insert_header("location", "http://[");
    assert_eq!(server.page(odd).await, Err(nowhere));
}
