//! The look-alike server, asked over HTTP as any client would: nothing of this crate's client is used.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic as the test itself may")]

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, TimeZone as _, Utc};
use reqwest::{Client, Response, StatusCode};
use rlibphonenumber::PHONE_NUMBER_UTIL;
use rlibphonenumber::enums::Region;
use serde_json::{Value, json};
use vmail::audio::{self, Waveform};
use vmail::demo::{APP_ID, Options, SECRET, Server};

const HOUR: i64 = 60 * 60 * 1000;
const DAY: i64 = 24 * HOUR;

/// Monday 23 November 2026, 15:30 in India.
pub fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 23, 10, 0, 0).unwrap()
}

/// The hand-written set, with nothing to arrive.
fn still() -> Options {
    Options { arrival: None, ..Options::new(noon()) }
}

fn generated(rows: usize) -> Options {
    Options { rows: Some(rows), ..still() }
}

fn client() -> Client {
    // Plain HTTP only, but the TLS parts are there and want a provider; a second install is refused.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy().tls_certs_only([]).build().unwrap()
}

struct Demo {
    server: Server,
    client: Client,
}

impl Demo {
    async fn start(options: Options) -> Demo {
        Demo { server: Server::start(options).await.unwrap(), client: client() }
    }

    async fn post(&self, india: bool, body: impl Into<reqwest::Body>) -> Response {
        let url = format!("{}/voicemail", self.server.base_url(india));
        let response = self.client.post(url).body(body).send().await.unwrap();
        assert!(response.headers().contains_key("date"));
        response
    }

    /// The global list with the right credentials and `more`.
    async fn list(&self, more: Value) -> Value {
        json_of(self.post(false, with(json!({"appid": APP_ID, "secret": SECRET}), more)).await).await
    }

    async fn list_india(&self, more: Value) -> Value {
        json_of(self.post(true, with(json!({"appid": APP_ID, "token": SECRET}), more)).await).await
    }

    /// Page `page` of the last 13 days.
    async fn page(&self, page: usize) -> Value {
        self.list(window(13 * DAY, 0, page)).await
    }

    /// Every row of the last 13 days.
    async fn all(&self) -> Vec<Value> {
        let mut rows = Vec::new();
        for page in 1.. {
            match rows_of(&self.page(page).await) {
                [] => break,
                more => rows.extend_from_slice(more),
            }
        }
        rows
    }

    async fn play(&self, india: bool, query: &[(&str, &str)]) -> Response {
        let url = format!("{}/play", self.server.base_url(india));
        self.client.get(url).query(query).send().await.unwrap()
    }

    async fn play_file(&self, file: &str) -> Response {
        self.play(false, &[("appid", &APP_ID.to_string()), ("secret", SECRET), ("file", file)]).await
    }
}

async fn json_of(response: Response) -> Value {
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("application/json"));
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

fn with(mut body: Value, mut more: Value) -> String {
    body.as_object_mut().unwrap().append(more.as_object_mut().unwrap());
    body.to_string()
}

/// From `start` to `end` before noon, in milliseconds.
fn window(start: i64, end: i64, page: usize) -> Value {
    let noon = noon().timestamp_millis();
    json!({"start_date": noon - start, "end_date": noon - end, "page": page})
}

fn rows_of(page: &Value) -> &[Value] {
    page["voicemail"].as_array().unwrap()
}

fn extension(file: &str) -> Option<&str> {
    Path::new(file).extension()?.to_str()
}

fn times(rows: &[Value]) -> Vec<i64> {
    rows.iter().map(|row| row["time"].as_i64().unwrap()).collect()
}

fn missing() -> Value {
    json!({"code": 404, "error": true, "msg": "Parameter missing"})
}

#[tokio::test]
async fn the_first_page_is_the_newest_ten_and_counts_the_whole_window() {
    let demo = Demo::start(still()).await;
    let page = demo.page(1).await;
    assert_eq!(page["code"], 200);
    assert_eq!(page["count"], 60);
    assert_eq!(rows_of(&page).len(), 10);
    assert_eq!(times(rows_of(&page))[0], noon().timestamp_millis() - 251_000);

    let all = times(&demo.all().await);
    assert_eq!(all.len(), 60);
    assert!(all.is_sorted_by(|newer, older| newer > older), "{all:?}");
    assert!(all.iter().all(|&time| noon().timestamp_millis() - time < 12 * DAY));
}

#[tokio::test]
async fn a_page_past_the_end_is_empty_and_still_counts() {
    let demo = Demo::start(still()).await;
    for page in [7, 1_000_000_000_000] {
        let page = demo.page(page).await;
        assert_eq!((&page["voicemail"], &page["count"]), (&json!([]), &json!(60)));
    }
}

#[tokio::test]
async fn the_window_takes_both_its_ends_and_is_the_last_day_by_default() {
    let demo = Demo::start(still()).await;
    let all = times(&demo.all().await);

    let exact = demo.list(json!({"start_date": all[5], "end_date": all[3]})).await;
    assert_eq!(times(rows_of(&exact)), all[3..=5]);
    assert_eq!(exact["count"], 3);

    let within = demo.list(json!({"start_date": all[5] + 1, "end_date": all[3] - 1})).await;
    assert_eq!(times(rows_of(&within)), [all[4]]);

    let backwards = demo.list(json!({"start_date": all[3], "end_date": all[5]})).await;
    assert_eq!((&backwards["voicemail"], &backwards["count"]), (&json!([]), &json!(0)));

    let day = demo.list(json!({})).await;
    let recent = all.iter().filter(|&&time| time > noon().timestamp_millis() - DAY).count();
    assert_eq!(day["count"], recent);
    assert!(recent < all.len());
}

#[tokio::test]
async fn no_row_is_in_the_future_and_some_are_of_the_last_hours_whenever_it_starts() {
    for hour in 0..24 {
        let now = noon() + chrono::Duration::hours(hour);
        let demo = Demo::start(Options { arrival: None, ..Options::new(now) }).await;
        let now = now.timestamp_millis();
        let ahead = json!({"start_date": now - 13 * DAY, "end_date": now + DAY});
        assert_eq!(demo.list(ahead).await["count"], 60, "{hour} h");
        let future = json!({"start_date": now, "end_date": now + DAY});
        assert_eq!(demo.list(future).await["count"], 0, "{hour} h");
        let recent = json!({"start_date": now - 2 * HOUR, "end_date": now});
        assert!(demo.list(recent).await["count"].as_u64().unwrap() >= 4, "{hour} h");
    }
}

#[tokio::test]
async fn the_set_has_callers_of_every_kind_and_its_numbers_could_be_real() {
    let rows = Demo::start(still()).await.all().await;
    let callers: Vec<&Value> = rows.iter().map(|row| &row["from"]).collect();
    assert_eq!(callers.iter().filter(|caller| caller.is_null()).count(), 1);
    assert!(callers.iter().filter(|caller| **caller == &json!(919_876_543_210_u64)).count() > 2);
    assert!(callers.contains(&&json!(9_876_543_210_u64)) && callers.contains(&&json!("919876543210")));
    assert!(callers.contains(&&json!("JD-ACMEBK")));
    assert!(rows.iter().any(|row| row["voicename"].as_str().unwrap().len() > 100));
    assert!(rows.iter().any(|row| extension(row["voicename"].as_str().unwrap()) == Some("wav")));

    let countries: HashSet<&str> = callers
        .iter()
        .map(|caller| caller.as_str().map_or(caller.to_string(), str::to_owned))
        .filter(|caller| caller.ends_with(|last: char| last.is_ascii_digit()))
        .map(|number| country(&number))
        .collect();
    assert_eq!(countries, HashSet::from(["IN", "GB", "US", "SG"]));
}

/// The country a number is valid in, without `+` India before all others. (So a Singapore number needs
/// its `+`: every one of them is an Indian mobile number without.)
fn country(number: &str) -> &'static str {
    let parsed = |text: &str| {
        PHONE_NUMBER_UTIL.parse(text, Some(Region::IN)).ok().filter(rlibphonenumber::PhoneNumber::is_valid)
    };
    let parsed = parsed(number).or_else(|| parsed(&format!("+{number}")));
    let region = parsed.and_then(|number| number.get_region_code());
    match region {
        Some(Region::IN) => "IN",
        Some(Region::GB) => "GB",
        Some(Region::US) => "US",
        Some(Region::SG) => "SG",
        other => panic!("{number} is a number of {other:?}"),
    }
}

#[tokio::test]
async fn wrong_credentials_are_refused_in_the_body_of_a_200() {
    let demo = Demo::start(still()).await;
    let refused = json!({"code": 407, "error": true, "msg": "Authentication Failed"});
    assert_eq!(demo.list(json!({"secret": "wrong"})).await, refused);
    assert_eq!(demo.list(json!({"appid": 1})).await, refused);
    assert_eq!(demo.list_india(json!({"token": "wrong"})).await, refused);

    let file = rows_of(&demo.page(1).await)[0]["voicename"].as_str().unwrap().to_owned();
    let app_id = APP_ID.to_string();
    let query = [("appid", app_id.as_str()), ("secret", "wrong"), ("file", &file)];
    assert_eq!(json_of(demo.play(false, &query).await).await, refused);
}

#[tokio::test]
async fn a_request_of_the_wrong_shape_is_told_so_in_the_body_of_a_200() {
    let demo = Demo::start(still()).await;
    let bodies = [
        String::new(),
        "[]".to_owned(),
        "{".to_owned(),
        json!({"appid": APP_ID}).to_string(),
        json!({"secret": SECRET}).to_string(),
        json!({"appid": APP_ID.to_string(), "secret": SECRET}).to_string(),
        json!({"appid": APP_ID, "token": SECRET}).to_string(),
        json!({"appid": APP_ID, "secret": SECRET, "page": 0}).to_string(),
        json!({"appid": APP_ID, "secret": SECRET, "start_date": "2026-11-01"}).to_string(),
    ];
    for body in bodies {
        assert_eq!(json_of(demo.post(false, body.clone()).await).await, missing(), "{body}");
    }
    let global = json!({"appid": APP_ID, "secret": SECRET}).to_string();
    assert_eq!(json_of(demo.post(true, global).await).await, missing());
    let query = [("appid", "1"), ("secret", SECRET)];
    assert_eq!(json_of(demo.play(false, &query).await).await, missing());
}

#[tokio::test]
async fn india_takes_a_limit_and_gives_ids() {
    let demo = Demo::start(generated(250)).await;
    let ask = |page: usize, limit: Value| {
        let mut ask = window(13 * DAY, 0, page);
        ask["limit"] = limit;
        demo.list_india(ask)
    };
    let page = demo.list_india(window(13 * DAY, 0, 1)).await;
    assert_eq!((rows_of(&page).len(), &page["total"], page.get("count")), (10, &json!(250), None));
    assert_eq!(rows_of(&ask(1, json!(1000)).await).len(), 100);
    assert_eq!(ask(1, json!(0)).await, missing());

    let mut ids = HashSet::new();
    for (page, rows) in [(1, 90), (2, 90), (3, 70), (4, 0)] {
        let page = ask(page, json!(90)).await;
        assert_eq!(rows_of(&page).len(), rows);
        ids.extend(rows_of(&page).iter().map(|row| row["_id"].as_str().unwrap().to_owned()));
    }
    assert_eq!(ids.len(), 250);
    let global = demo.list(json!({"limit": 50})).await;
    assert_eq!(rows_of(&global).len(), 10);
    assert_eq!(rows_of(&global)[0].get("_id"), None);
}

#[tokio::test]
async fn play_gives_the_audio_of_every_row() {
    for options in [still(), generated(40)] {
        let demo = Demo::start(options).await;
        let mut lengths = HashSet::new();
        for row in demo.all().await {
            let file = row["voicename"].as_str().unwrap();
            let response = demo.play_file(file).await;
            assert_eq!(response.status(), StatusCode::OK);
            assert_eq!(response.headers()["content-type"], "audio/mpeg");
            let audio = response.bytes().await.unwrap();
            match extension(file) {
                Some("wav") => assert!(audio.starts_with(b"RIFF") && &audio[8..12] == b"WAVE", "{file}"),
                // Eleven set bits begin a frame.
                Some("mp3") => assert!(audio[0] == 0xff && audio[1] & 0xe0 == 0xe0, "{file}"),
                _ => panic!("{file}"),
            }
            lengths.insert(audio.len());
        }
        assert!(lengths.len() > 8, "different recordings: {lengths:?}");
    }
}

#[tokio::test]
async fn india_plays_with_a_token() {
    let demo = Demo::start(still()).await;
    let page = demo.list_india(json!({})).await;
    let file = rows_of(&page)[0]["voicename"].as_str().unwrap();
    let app_id = APP_ID.to_string();
    let query = |credential| [("appid", app_id.as_str()), (credential, SECRET), ("file", file)];
    let played = demo.play(true, &query("token")).await;
    assert_eq!(played.headers()["content-type"], "audio/mpeg");
    assert_eq!(json_of(demo.play(true, &query("secret")).await).await, missing());
}

#[tokio::test]
async fn a_recording_that_is_not_there_is_a_502_in_the_body_of_a_200() {
    let absent = json!({"code": 502, "msg": "Internal Server Error"});
    for options in [still(), generated(40)] {
        let demo = Demo::start(options).await;
        let known = rows_of(&demo.page(1).await)[3]["voicename"].as_str().unwrap().to_owned();
        let other_time = format!("9{}", &known[1..]);
        let strange =
            ["../../etc/passwd", "निमंत्रण.mp3", "178000000000099999999999_1.mp3", &known[1..], &other_time];
        for file in strange {
            assert_eq!(json_of(demo.play_file(file).await).await, absent, "{file}");
        }
    }
}

#[tokio::test]
async fn other_routes_and_methods_are_errors_of_http() {
    let demo = Demo::start(still()).await;
    let base = demo.server.base_url(false);
    let status = async |request: reqwest::RequestBuilder| {
        let response = request.send().await.unwrap();
        assert!(response.headers().contains_key("date"));
        response.status()
    };
    for path in ["/play/x.mp3", "/voicemail/", "", "/v2/voicemail"] {
        assert_eq!(status(demo.client.get(format!("{base}{path}"))).await, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(status(demo.client.get(format!("{base}/voicemail"))).await, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(status(demo.client.post(format!("{base}/play"))).await, StatusCode::METHOD_NOT_ALLOWED);
    let long = demo.client.post(format!("{base}/voicemail")).body(vec![b' '; 1 << 17]);
    assert_eq!(status(long).await, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn the_date_header_is_the_servers_time_not_the_machines() {
    let demo = Demo::start(still()).await;
    let response = demo.post(false, "").await;
    let date = DateTime::parse_from_rfc2822(response.headers()["date"].to_str().unwrap()).unwrap();
    let passed = date.with_timezone(&Utc) - noon();
    assert!((0..60).contains(&passed.num_seconds()), "{date}");
}

#[tokio::test]
async fn one_more_voicemail_arrives_on_top_while_one_watches() {
    for rows in [None, Some(60)] {
        let tomorrow = Some(Duration::from_secs(24 * 60 * 60));
        let early = Demo::start(Options { rows, arrival: tomorrow, ..still() }).await;
        let ahead = json!({"start_date": noon().timestamp_millis() - 13 * DAY, "end_date": i64::MAX});
        assert_eq!(early.list(ahead.clone()).await["count"], 60);

        let demo = Demo::start(Options { rows, arrival: Some(Duration::from_millis(5)), ..still() }).await;
        let arrived = async {
            loop {
                let page = demo.list(ahead.clone()).await;
                if page["count"] == 61 {
                    break page;
                }
            }
        };
        let page = tokio::time::timeout(Duration::from_secs(20), arrived).await.expect("it arrives");
        assert_eq!(times(rows_of(&page))[0], noon().timestamp_millis() + 5);
        let file = rows_of(&page)[0]["voicename"].as_str().unwrap();
        assert_eq!(demo.play_file(file).await.headers()["content-type"], "audio/mpeg");
        assert_eq!(json_of(early.play_file(file).await).await["code"], 502);
    }
}

#[tokio::test]
async fn a_million_rows_are_there_and_a_page_in_the_middle_is_right() {
    const ROWS: usize = 1_000_000;
    let demo = Demo::start(generated(ROWS)).await;
    let middle = demo.page(50_000).await;
    assert_eq!(middle["count"], ROWS);

    // Spread evenly over 12 days, so the middle is six days old.
    let got = times(rows_of(&middle));
    assert!((noon().timestamp_millis() - got[0] - 6 * DAY).abs() < HOUR / 4);
    let next = times(rows_of(&demo.page(50_001).await));
    assert!([got.clone(), next].concat().is_sorted_by(|newer, older| newer > older));

    // The same page is reached by its time as well.
    let older = noon().timestamp_millis() - got[0];
    assert_eq!(times(rows_of(&demo.list(window(13 * DAY, older, 1)).await)), got);
    assert_eq!(rows_of(&demo.page(100_000).await).len(), 10);
    assert_eq!(rows_of(&demo.page(100_001).await).len(), 0);
}

#[tokio::test]
async fn generated_rows_are_the_same_each_time_with_numbers_that_could_be_real() {
    let rows = Demo::start(generated(300)).await.all().await;
    assert_eq!(rows, Demo::start(generated(300)).await.all().await);
    let numbers: HashSet<String> = rows
        .iter()
        .filter(|row| !row["from"].is_null())
        .map(|row| row["from"].as_str().map_or(row["from"].to_string(), str::to_owned))
        .collect();
    assert!(numbers.iter().all(|number| ["IN", "GB"].contains(&country(number))));
    assert!((30..250).contains(&numbers.len()), "some call again: {}", numbers.len());
}

#[tokio::test]
async fn requests_wait_out_the_latency_side_by_side() {
    let latency = Duration::from_millis(200);
    let demo = Demo::start(Options { latency, ..generated(2_000) }).await;
    let begun = Instant::now();
    let pages = futures_util::future::join_all((1..=64).map(|page| demo.page(page))).await;
    let took = begun.elapsed();
    assert!((latency..latency * 40).contains(&took), "64 one after the other take 12.8 s: {took:?}");
    let rows: HashSet<i64> = pages.iter().flat_map(|page| times(rows_of(page))).collect();
    assert_eq!(rows.len(), 640);
}

#[tokio::test]
async fn dropping_the_server_ends_it() {
    let Demo { server, client } = Demo::start(still()).await;
    let url = server.base_url(false);
    assert!(client.get(&url).send().await.is_ok());
    drop(server);
    let gone = async { while client.get(&url).send().await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(20), gone).await.expect("it ends");
}

/// What is compiled in, as it stands in the repository.
fn set() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/voicemail.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn what_is_said_of_a_recording_is_true_of_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo");
    let names: HashSet<String> = set()["voicemail"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["recording"].as_str().unwrap().to_owned())
        .collect();
    let looks = names.into_iter().map(|name| {
        let decoded = audio::decode(&std::fs::read(folder.join(&name)).unwrap()).unwrap();
        let sketch = Waveform::new(&decoded).sketch();
        (name, json!({ "length": sketch.millis, "loudness": sketch.bits() }))
    });
    assert_eq!(set()["looks"], Value::Object(looks.collect()));
}

#[tokio::test]
async fn the_past_is_of_voicemail_that_the_server_has_and_that_are_not_new() {
    // Whatever the hour, so that an hour of yesterday evening is at times a moment ago.
    for hour in 0..24 {
        let now = noon() + TimeDelta::hours(hour);
        let demo = Demo::start(Options { now, ..still() }).await;
        let mut rows = Vec::new();
        for page in 1.. {
            // The window is seen from noon, and goes on until now.
            let more = demo.list(window(13 * DAY, -hour * HOUR, page)).await;
            if rows_of(&more).is_empty() {
                break;
            }
            rows.extend_from_slice(rows_of(&more));
        }
        let sent: HashSet<_> =
            rows.iter().map(|row| (row["time"].as_i64().unwrap(), row["voicename"].clone())).collect();
        let past = vmail::demo::past(now).unwrap();
        let lines = past.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let past: Vec<_> = lines.filter_map(|line| line.get("voicemail").cloned()).collect();
        assert!(past.len() > 40 && past.len() < rows.len(), "{} of {}", past.len(), rows.len());
        for line in past {
            let time = line["time"].as_i64().unwrap();
            assert!(sent.contains(&(time, line["recording"].clone())), "{line}");
            assert!(now.timestamp_millis() - time >= HOUR, "{line}");
            for at in ["done", "called"].iter().filter_map(|field| line[field].as_i64()) {
                assert!((time..now.timestamp_millis()).contains(&at), "{line}");
            }
        }
    }
}
