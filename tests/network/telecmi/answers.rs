//! What is taken: everything that can be understood.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use vmail::core::model::{RecordingName, Region, Voicemail};
use wiremock::ResponseTemplate;

use crate::telecmi::support::MockedServer;

const SAMPLE: &str = r#"{"count": 3, "voicemail": [
    {"time": 1570157223000, "from": 9100000000, "voicename": "157013743669294846865923_919100000000.mp3"},
    {"time": 1570157123000, "from": 9100000001, "voicename": "b.wav"}], "code": 200}"#;

async fn server() -> MockedServer {
    MockedServer::start(Region::Global).await
}

/// The one row that `row` is read as.
async fn read(server: &MockedServer, row: &str) -> Voicemail {
    let body = format!(r#"{{"code":200,"count":1,"voicemail":[{row}]}}"#);
    let page = server.page_of(&body).await.unwrap();
    assert_eq!((page.rows.len(), page.unreadable), (1, 0), "{row}");
    page.rows.into_iter().next().unwrap()
}

#[tokio::test]
async fn the_sample_of_the_vendor() {
    let page = server().await.page_of(SAMPLE).await.unwrap();
    assert_eq!((page.rows.len(), page.unreadable, page.total), (2, 0, Some(3)));
    let row = &page.rows[0];
    assert_eq!(row.time.timestamp_millis(), 1_570_157_223_000);
    assert_eq!(row.caller, "9100000000");
    assert_eq!(row.recording, Some(RecordingName::new("157013743669294846865923_919100000000.mp3")));
    assert!(page.server_time.is_some());
}

#[tokio::test]
async fn times_in_every_form() {
    let server = server().await;
    for (sent, millis) in [
        ("1570157223000", 1_570_157_223_000),
        (r#""1570157223000""#, 1_570_157_223_000),
        (r#"" 1570157223000 ""#, 1_570_157_223_000),
        ("1.570157223e12", 1_570_157_223_000),
        (r#""1.570157223E12""#, 1_570_157_223_000),
        ("1570157223000.0", 1_570_157_223_000),
        ("1570157223", 1_570_157_223_000),
        (r#""1570157223""#, 1_570_157_223_000),
        ("1570157223.25", 1_570_157_223_250),
        // The threshold between the two.
        ("99999999999", 99_999_999_999_000),
        ("100000000000", 100_000_000_000),
    ] {
        let row = read(&server, &format!(r#"{{"time":{sent}}}"#)).await;
        assert_eq!(row.time.timestamp_millis(), millis, "{sent}");
    }
}

#[tokio::test]
async fn callers_come_as_they_are() {
    let server = server().await;
    for (sent, caller) in [
        ("919876543210", "919876543210"),
        (r#""+91 98765-43210""#, "+91 98765-43210"),
        (r#""  919876543210 ""#, "919876543210"),
        ("null", ""),
        (r#""""#, ""),
        (r#""anonymous""#, "anonymous"),
        ("9.19876543210e11", "919876543210"),
        ("919876543210.0", "919876543210"),
        ("18446744073709551617123", "18446744073709551617123"),
        ("1e21", "1e21"),
        ("-7", "-7"),
        ("true", "true"),
        (r#"{"number":"1"}"#, r#"{"number":"1"}"#),
        (r"[1,2]", "[1,2]"),
        (r#""a\u001b[31m\u202eb""#, "a[31mb"),
        (r#""\ud83d x""#, r"\ud83d x"),
    ] {
        let row = read(&server, &format!(r#"{{"time":1570157223000,"from":{sent}}}"#)).await;
        assert_eq!(row.caller, caller, "{sent}");
    }
    assert_eq!(read(&server, r#"{"time":1570157223000}"#).await.caller, "");
}

#[tokio::test]
async fn a_voicemail_is_the_same_however_its_numbers_are_written() {
    let server = server().await;
    let plain = read(&server, r#"{"time":1570157223000,"from":919876543210,"voicename":"a.mp3"}"#).await;
    let texts = r#"{"_id":"5d","time":"1570157223","from":"919876543210","voicename":"a.mp3","x":[{}]}"#;
    assert_eq!(read(&server, texts).await, plain);
    let floats = r#"{"time":1.570157223e12,"from":919876543210.0,"voicename":"a.mp3"}"#;
    assert_eq!(read(&server, floats).await, plain);
}

#[tokio::test]
async fn recordings_have_a_name_or_are_none() {
    let server = server().await;
    for (sent, name) in [
        (r#""a.mp3""#, Some("a.mp3")),
        (r#""../../etc/passwd\u0007 ""#, Some("../../etc/passwd\u{7} ")),
        ("157013", Some("157013")),
        ("null", None),
        (r#""""#, None),
        (r#""  ""#, None),
        ("false", None),
        ("{}", None),
        (r#""\ud83d.mp3""#, None),
    ] {
        let row = read(&server, &format!(r#"{{"time":1570157223000,"voicename":{sent}}}"#)).await;
        assert_eq!(row.recording, name.map(RecordingName::new), "{sent}");
    }
    assert_eq!(read(&server, r#"{"time":1570157223000}"#).await.recording, None);
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_counted_and_costs_nothing_else() {
    let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
    let bad = [
        "null",
        "7",
        r#""text""#,
        "[]",
        "{}",
        &deep,
        r#"{"from":1}"#,
        r#"{"time":null}"#,
        r#"{"time":""}"#,
        r#"{"time":"yesterday"}"#,
        r#"{"time":0}"#,
        r#"{"time":-1570157223000}"#,
        r#"{"time":1e999}"#,
        r#"{"time":"NaN"}"#,
        r#"{"time":"inf"}"#,
        r#"{"time":1570157223000000000000}"#,
        r#"{"time":true}"#,
    ];
    let good = format!(r#"{{"time":1570157223000,"from":{deep},"time":1570157224000}}"#);
    let body = format!(r#"{{"code":200,"voicemail":[{},{good}]}}"#, bad.join(","));
    let page = server().await.page_of(&body).await.unwrap();
    assert_eq!((page.rows.len(), page.unreadable), (1, bad.len()));
    assert_eq!(page.rows[0].time.timestamp_millis(), 1_570_157_224_000);
}

#[tokio::test]
async fn an_empty_page_in_every_form() {
    let server = server().await;
    for (body, total) in [
        (r#"{"code":200,"count":0,"voicemail":[]}"#, Some(0)),
        (r#"{"code":200,"count":"12","voicemail":null}"#, Some(12)),
        (r#"{"code":200}"#, None),
        (r#"{"code":"200","error":false,"msg":null}"#, None),
        (r#"{"code":200.0,"error":"false","total":1.2e1}"#, Some(12)),
        (r#"{"voicemail":[]}"#, None),
        (r#"{"count":0}"#, Some(0)),
        (r#"{"voicemail":[],"total":31,"count":10}"#, Some(31)),
        (r#"{"voicemail":[],"total":null,"count":10}"#, Some(10)),
        (r#"{"voicemail":[],"count":-1}"#, None),
        (r#"{"voicemail":[],"count":"many"}"#, None),
        (r#"{"code":"OK","voicemail":[]}"#, None),
        (r#"{"code":404,"error":true,"msg":"No Records Found"}"#, None),
        (r#"{"code":"404","msg":"Voicemail not found."}"#, None),
        (r#"{"code":404,"message":"no data"}"#, None),
    ] {
        let page = server.page_of(body).await.unwrap_or_else(|error| panic!("{body}: {error}"));
        assert_eq!((page.rows.len(), page.unreadable, page.total), (0, 0, total), "{body}");
    }
}

#[tokio::test]
async fn dress_does_not_matter() {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(SAMPLE.as_bytes()).unwrap();
    let latin1 = SAMPLE.replace("9100000000,", "\"caf\u{e9}\",");
    let latin1: Vec<u8> = latin1.chars().map(|c| c as u8).collect();
    let ok = || ResponseTemplate::new(200);
    let server = server().await;
    for answer in [
        ok().set_body_bytes(SAMPLE),
        ok().set_body_raw(SAMPLE, "text/html; charset=iso-8859-1"),
        ok().set_body_raw(format!("\u{feff}{SAMPLE}\r\n\n"), "application/json"),
        ok().set_body_raw(gzip.finish().unwrap(), "application/json")
            .insert_header("content-encoding", "gzip"),
        ok().set_body_bytes(latin1),
        ResponseTemplate::new(201).set_body_bytes(SAMPLE),
    ] {
        assert_eq!(server.page(answer).await.unwrap().rows.len(), 2);
    }
}
