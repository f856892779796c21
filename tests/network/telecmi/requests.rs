//! What is sent: strict, whatever the server would take.

use serde_json::{Value, json};
use vmail::core::model::{RecordingName, Region, Span};
use wiremock::ResponseTemplate;

use crate::telecmi::support::{APP_ID, MockedServer, SECRET, window};

const EMPTY: &str = r#"{"code":200,"count":0,"voicemail":[]}"#;

async fn list_request(region: Region, window: Span, page: u32) -> (wiremock::Request, Value) {
    let server = MockedServer::start(region).await;
    server.answers(ResponseTemplate::new(200).set_body_raw(EMPTY, "application/json")).await;
    server.client.page(window, page).await.unwrap();
    let mut requests = server.mock.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1);
    let request = requests.remove(0);
    let body = serde_json::from_slice(&request.body).unwrap();
    (request, body)
}

#[tokio::test]
async fn the_global_dialect() {
    let (request, body) = list_request(Region::Global, window(), 3).await;
    assert_eq!((request.method.as_str(), request.url.path()), ("POST", "/v2/voicemail"));
    assert_eq!(request.url.query(), None);
    assert_eq!(request.headers["content-type"], "application/json");
    assert_eq!(request.headers["user-agent"], concat!("vmail/", env!("CARGO_PKG_VERSION")));
    let expected = json!({
        "appid": APP_ID, "secret": SECRET, "page": 3,
        "start_date": 1_569_888_000_000_i64, "end_date": 1_569_974_399_999_i64,
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn the_dialect_of_india() {
    let (_, body) = list_request(Region::India, window(), 1).await;
    let expected = json!({
        "appid": APP_ID, "token": SECRET, "page": 1, "limit": 50,
        "start_date": 1_569_888_000_000_i64, "end_date": 1_569_974_399_999_i64,
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn pages_count_from_one_and_windows_never_end_before_they_start() {
    let (_, body) = list_request(Region::Global, Span::from_millis(1000, 1000), 0).await;
    assert_eq!(
        (&body["page"], &body["start_date"], &body["end_date"]),
        (&json!(1), &json!(1000), &json!(1000))
    );
}

#[tokio::test]
async fn a_recording_is_asked_for_with_everything_escaped() {
    for (region, field) in [(Region::Global, "secret"), (Region::India, "token")] {
        let server = MockedServer::start(region).await;
        server.answers(ResponseTemplate::new(404)).await;
        let name = "../a b&c=ü#?.mp3";
        server.client.recording(&RecordingName::new(name)).await.unwrap_err();
        let request = server.mock.received_requests().await.unwrap().remove(0);
        assert_eq!((request.method.as_str(), request.url.path()), ("GET", "/v2/play"));
        let pairs: Vec<_> = request.url.query_pairs().into_owned().collect();
        let app_id = APP_ID.to_string();
        let expected = [("appid", app_id.as_str()), (field, SECRET), ("file", name)];
        assert_eq!(pairs, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }
}

#[tokio::test]
async fn a_client_shows_no_secret() {
    let server = MockedServer::start(Region::Global).await;
    let shown = format!("{:?} {:#?}", server.client, crate::telecmi::support::credentials());
    assert!(shown.contains("1111112"), "{shown}");
    assert!(!shown.contains("s3cr"), "{shown}");
}
