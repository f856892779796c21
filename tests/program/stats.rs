//! `vmail stats` from outside: numbers against known rows, and what people see.

#![allow(clippy::unwrap_used, reason = "a test fails by it, in helpers as well")]

use crate::program::{Home, Reply, Service, row};
use serde_json::{Value, json};

const RANGE: [&str; 4] = ["--range", "2026-10-24..2026-10-27", "--timezone", "Europe/Berlin"];

/// Around the night in which Berlin's clocks went back, on 25 October 2026.
fn service() -> Service {
    let rows = vec![
        row("2026-10-26T09:10:00Z", "919876543210", "f.mp3"),
        row("2026-10-25T22:59:00Z", "", "e.mp3"),
        row("2026-10-25T01:30:00Z", "442079460018", "d.mp3"),
        row("2026-10-25T00:30:00Z", "442079460018", "c.mp3"),
        row("2026-10-24T22:00:00Z", "919876543210", "b.mp3"),
        row("2026-10-24T10:05:00Z", "919876543210", "a.mp3"),
    ];
    Service::start(rows, |_| Reply::Status(404))
}

fn stats<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["stats"], &RANGE[..], more].concat()
}

fn object(home: &Home, service: &Service, more: &[&str]) -> Value {
    let lines = home.run(service.url(), &stats(&[&["--json"], more].concat())).lines(0);
    assert_eq!(lines.len(), 1);
    lines[0].clone()
}

fn counted(all: &Value, name: &str) -> Vec<(usize, u64)> {
    let counts = all[name].as_array().unwrap().iter().map(|count| count.as_u64().unwrap());
    counts.enumerate().filter(|(_, count)| *count > 0).collect()
}

#[test]
fn the_numbers_are_those_of_the_rows() {
    let (home, service) = (Home::new(), service());
    let all = object(&home, &service, &[]);
    assert_eq!((&all["count"], &all["read"], &all["unread"]), (&json!(6), &json!(0), &json!(6)));
    assert_eq!((&all["account"], &all["timezone"]), (&json!("1111112"), &json!("Europe/Berlin")));
    assert_eq!(all["from"], "2026-10-24T00:00:00+02:00");
    let day = |day: &str, count: u64| json!({ "day": day, "count": count, "unread": count });
    let days = [day("2026-10-24", 1), day("2026-10-25", 4), day("2026-10-26", 1), day("2026-10-27", 0)];
    assert_eq!(all["days"], json!(days));
    // Half past two came twice.
    assert_eq!(counted(&all, "hours"), [(0, 1), (2, 2), (10, 1), (12, 1), (23, 1)]);
    assert_eq!(counted(&all, "weekdays"), [(0, 1), (5, 1), (6, 4)]);
    let callers = all["callers"].as_array().unwrap();
    let told: Vec<_> =
        callers.iter().map(|caller| (caller["caller"].as_str(), caller["count"].as_u64().unwrap())).collect();
    assert_eq!(told, [(Some("+919876543210"), 3), (Some("+442079460018"), 2), (None, 1)]);
    assert_eq!(
        (&all["until_called"], &all["until_done"], &all["length"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
}

#[test]
fn what_was_done_counts_and_a_query_chooses() {
    let (home, service) = (Home::new(), service());
    object(&home, &service, &[]);
    let mark = |more: &[&str]| {
        home.run(service.url(), &[&["mark", "--offline"], &RANGE[..], more].concat()).only_said(0);
    };
    mark(&["--query", "442079460018", "--read", "--called", "--done"]);
    mark(&["--query", "919876543210", "--star"]);
    let all = object(&home, &service, &["--offline"]);
    let told = ["read", "unread", "starred", "called", "done"].map(|name| all[name].as_u64().unwrap());
    assert_eq!(told, [2, 4, 3, 2, 2]);
    for name in ["until_called", "until_done"] {
        let spread = &all[name];
        assert_eq!(spread["count"], 2);
        // Both were marked at one moment, and left an hour apart.
        let between = spread["p90_s"].as_f64().unwrap() - spread["median_s"].as_f64().unwrap();
        assert!((between - 1_800.0).abs() < 0.01, "{spread}");
    }
    let some = object(&home, &service, &["--offline", "is:starred", "date:2026-10-25.."]);
    assert_eq!(some["count"], 2);
    assert_eq!(some["days"].as_array().unwrap().len(), 4, "the range's days stay");
}

#[test]
fn tables_have_a_line_for_each_day() {
    let (home, service) = (Home::new(), service());
    let csv = home.run(service.url(), &stats(&["--format", "csv"])).out(0);
    let days = "2026-10-24,1,1\n2026-10-25,4,4\n2026-10-26,1,1\n2026-10-27,0,0\n";
    assert_eq!(csv, format!("day,count,unread\n{days}"));
    let tsv = home.run(service.url(), &stats(&["--format", "tsv"])).out(0);
    assert_eq!(tsv, csv.replace(',', "\t"));
}

#[test]
fn people_get_charts_in_the_signs_they_can_read() {
    let (home, service) = (Home::new(), service());
    let shown = |locale: &str| {
        let output = home.vmail(service.url(), &stats(&[])).env("LANG", locale).output().unwrap();
        crate::program::Run(output).out(0)
    };
    let utf8 = shown("C.UTF-8");
    for words in ["6 voicemails · 6 unread\n", "By day\n4 ", "Sat 24", "By hour", "Withheld", "█"] {
        assert!(utf8.contains(words), "{words}\n{utf8}");
    }
    assert!(!utf8.contains('\u{1b}'), "no colours on paper");
    let ascii = shown("C");
    assert!(ascii.is_ascii(), "{ascii}");
    assert!(ascii.contains("+91 98765 43210   3 ####"), "{ascii}");
    assert!(utf8.lines().chain(ascii.lines()).all(|line| line.chars().count() <= 80));
}

#[test]
fn nothing_is_not_found_and_what_is_stored_will_do() {
    let (home, service) = (Home::new(), service());
    let said = home.run(service.url(), &stats(&["nobody"])).only_said(5);
    assert!(said.contains("no matching voicemails in the range 2026-10-24..2026-10-27"), "{said}");
    let run = home.run(service.url(), &stats(&["--json", "nobody"]));
    assert_eq!(run.lines(5)[0]["count"], 0);
    let said = home.run(service.url(), &stats(&["is:nonsense"])).only_said(2);
    assert!(said.contains('^'), "{said}");

    service.close();
    let run = home.run(service.url(), &["stats", "--json", "--range", "2026-10-24.."]);
    assert_eq!(run.lines(6)[0]["count"], 6);
    assert!(run.said().contains("Stored voicemails are complete up to"), "{}", run.said());
    assert_eq!(object(&home, &service, &["--offline"])["count"], 6);
}
