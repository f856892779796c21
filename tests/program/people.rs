//! Who calls, from outside: names from contact files, and callers who withhold their number.

#![allow(clippy::unwrap_used, reason = "a test fails by it, in helpers as well")]

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::program::{Home, Reply, Service, row};

const RANGE: [&str; 2] = ["--range", "2026-11-23"];

/// A server with a voicemail of each of `callers`, the newest first.
fn service(callers: &[&str]) -> Service {
    let row = |(minute, caller): (usize, &&str)| {
        row(&format!("2026-11-23T10:{:02}:00Z", 59 - minute), caller, &format!("{minute}.mp3"))
    };
    Service::start(callers.iter().enumerate().map(row).collect(), |_| Reply::Status(404))
}

/// A home whose contacts are in `files`.
fn home(files: &[(&str, &[u8])]) -> Home {
    let home = Home::new();
    let folder = home.path().join("config/vmail");
    fs::create_dir_all(&folder).unwrap();
    let paths: Vec<_> = files.iter().map(|(name, _)| format!("~/{name}")).collect();
    fs::write(folder.join("config.toml"), format!("contacts = {paths:?}\n")).unwrap();
    for (name, bytes) in files {
        fs::write(home.path().join(name), bytes).unwrap();
    }
    home
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/contacts").join(name)).unwrap()
}

fn card(name: &str, number: &str) -> String {
    format!("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{name}\r\nTEL:{number}\r\nEND:VCARD\r\n")
}

fn with<'a>(verb: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [verb, &RANGE, more].concat()
}

#[test]
fn a_withheld_caller_is_withheld_everywhere() {
    let words = ["unknown", "ANONYMOUS", "withheld", " Private ", "Blocked", "-1", ""];
    let service = service(&words);
    let named: String = words.iter().map(|word| card("Somebody", word)).collect();
    let home = home(&[("withheld.vcf", &fixture("withheld.vcf")), ("named.vcf", named.as_bytes())]);
    let lines = home.run(service.url(), &with(&["list"], &["--json"])).lines(0);
    assert_eq!(lines.len(), words.len());
    for (line, word) in lines.iter().zip(words) {
        assert_eq!((&line["caller"], &line["name"]), (&Value::Null, &Value::Null), "{line}");
        assert_eq!(line["caller_raw"], word.trim());
    }
    let table = home.run(service.url(), &with(&["list"], &[])).out(0);
    assert_eq!(table.matches("  Withheld ").count(), words.len(), "{table}");
    let page = home.run(service.url(), &with(&["stats"], &["--json"])).lines(0);
    let nobody = json!([{ "caller": null, "number": "", "name": null, "count": 7, "unread": 7 }]);
    assert_eq!(page[0]["callers"], nobody);
    let page = home.run(service.url(), &with(&["stats"], &[])).out(0);
    assert!(page.contains("Withheld"), "{page}");
    for page in [table, page] {
        assert!(!page.contains("Somebody") && !page.contains("Empty Tel"), "{page}");
    }
    assert_eq!(home.run(service.url(), &with(&["list"], &["--json", "withheld"])).lines(0).len(), 7);
    assert_eq!(home.run(service.url(), &with(&["list"], &["--json", "has:name"])).out(5), "");
}

#[test]
fn a_store_of_before_withholds_them_as_well() {
    let service = service(&["blocked", "919876543210"]);
    let home = home(&[]);
    home.run(service.url(), &with(&["sync"], &[])).out(0);
    let store = rusqlite::Connection::open(home.path().join("data/vmail/vmail.db")).unwrap();
    let before = "
        UPDATE caller SET display = raw WHERE raw = 'blocked';
        DROP TABLE step;
        PRAGMA user_version = 3";
    store.execute_batch(before).unwrap();
    store.close().unwrap();
    let table = home.run(service.url(), &with(&["list"], &["--offline"])).out(0);
    assert!(table.contains("Withheld") && !table.contains("blocked"), "{table}");
}

#[test]
fn numbers_that_the_rules_do_not_know_have_their_names() {
    let file = card("Beirut office", "+961 23 456 789") + &card("New series", "+91 59876 50001");
    let (home, service) =
        (home(&[("c.vcf", file.as_bytes())]), service(&["96123456789", "915987650001", "+915987650001"]));
    let lines = home.run(service.url(), &with(&["list"], &["--json"])).lines(0);
    let names: Vec<_> = lines.iter().map(|line| line["name"].as_str().unwrap_or_default()).collect();
    assert_eq!(names, ["Beirut office", "New series", "New series"]);
}

#[test]
fn names_are_found_by_every_spelling_and_keep_their_joiners() {
    let service = service(&[
        "919876500000",
        "919876500001",
        "919876500002",
        "919876500003",
        "919876500004",
        "919876500005",
        "919876500006",
        "919876500007",
        "919876500008",
    ]);
    let numbers = |home: &Home, query: &str| {
        let lines = home.run(service.url(), &with(&["list"], &["--json", query])).lines(0);
        let last = lines.iter().map(|line| line["caller"].as_str().unwrap().chars().last().unwrap());
        last.collect::<String>()
    };
    let spelled = home(&[("c.vcf", &fixture("composed-and-not.vcf"))]);
    for (query, expected) in [
        ("name:\u{95e}\u{93f}\u{930}\u{94b}\u{95b}", "01"),
        ("name:\u{92b}\u{93c}\u{93f}\u{930}\u{94b}\u{91c}\u{93c}", "01"),
        ("\"Éloïse Béchet\"", "23"),
        ("\"E\u{301}loi\u{308}se Be\u{301}chet\"", "23"),
        ("name:গ\u{9cb}পাল", "45"),
        ("name:গ\u{9c7}\u{9be}পাল", "45"),
        ("க\u{bca}டி", "6"),
        ("க\u{bc6}\u{bbe}டி", "6"),
        ("김철수", "7"),
        ("철수", "7"),
        ("name:\"nguyen viet\"", "8"),
        ("name:\"Nguy\u{1ec5}n Vi\u{1ec7}t\"", "8"),
        ("name:\"Nguye\u{302}\u{303}n Vie\u{323}\u{302}t\"", "8"),
    ] {
        assert_eq!(numbers(&spelled, query), expected, "{query}");
    }
    let joined = home(&[("c.vcf", &fixture("joiners.vcf"))]);
    for (query, expected) in [("ශ්රී", "0"), ("ශ්\u{200d}රී", "0"), ("میخواهم", "3"), ("👩👧", "5"), ("❤", "6")]
    {
        assert_eq!(numbers(&joined, query), expected, "{query}");
    }
    let lines = joined.run(service.url(), &with(&["list"], &["--json"])).lines(0);
    let names: Vec<_> = lines.iter().map(|line| line["name"].as_str().unwrap_or_default()).collect();
    assert_eq!(names[0], "ශ්\u{200d}රී ලංකා");
    assert_eq!(names[5], "👨\u{200d}👩\u{200d}👧");
}

#[test]
fn a_note_keeps_its_joiners() {
    let (home, service) = (home(&[]), service(&["919876500000"]));
    let id = home.run(service.url(), &with(&["list"], &["--json"])).lines(0)[0]["id"].clone();
    let note = "ශ්\u{200d}රී ❤\u{fe0f}\u{200d}🔥 می\u{200c}خواهم";
    home.run(service.url(), &["note", id.as_str().unwrap(), note]).out(0);
    let lines = home.run(service.url(), &with(&["list"], &["--json", "ශ්රී"])).lines(0);
    assert_eq!(lines[0]["note"], note);
}

#[test]
fn doctor_counts_what_is_in_each_contact_file() {
    let csv = "Name,Phone\nA,98765 00001\nB,\"98765 00002, 98765 00003\"\nC,9.19877E+11\n,98765 00004\n";
    let home = home(&[
        ("a.csv", csv.as_bytes()),
        ("open.csv", &fixture("unclosed-quote.csv")),
        ("withheld.vcf", &fixture("withheld.vcf")),
        ("good.vcf", card("A", "98765 00001").as_bytes()),
    ]);
    fs::remove_file(home.path().join("good.vcf")).unwrap();
    fs::create_dir(home.path().join("good.vcf")).unwrap();
    fs::write(home.path().join("good.vcf/one.vcf"), card("A", "98765 00001")).unwrap();
    let config = home.path().join("config/vmail/config.toml");
    let more = fs::read_to_string(&config).unwrap().replace(']', ", \"~/none.vcf\"]");
    fs::write(&config, more).unwrap();
    let lines = home.run("http://127.0.0.1:9/v2", &["doctor", "--json", "--offline"]).lines(0);
    let found: Vec<_> = lines
        .iter()
        .filter(|line| line["check"] == "contacts")
        .map(|line| (line["state"].as_str().unwrap(), line["finding"].as_str().unwrap()))
        .collect();
    assert_eq!(
        found,
        [
            ("warning", "~/none.vcf: cannot be read: No such file or directory (os error 2)"),
            (
                "warning",
                "~/a.csv: 2 names, 3 numbers, 2 unusable (1 without a name, 1 rounded by a spreadsheet)"
            ),
            ("warning", "~/open.csv: 2 names, 2 numbers; line 2: this quote is never closed"),
            ("ok", "~/withheld.vcf: 0 names, 0 numbers, 3 unusable (3 that mean a withheld number)"),
            ("ok", "~/good.vcf/one.vcf: 1 name, 1 number"),
        ]
    );
}

#[test]
fn csv_is_safe_in_a_spreadsheet() {
    let names = ["=HYPERLINK(\"http://x\")", "+1-2", "-2+3", "@SUM(A1)", "Anita"];
    let callers = ["919876500000", "919876500001", "919876500002", "919876500003", "919876500004"];
    let cards: String = names.iter().zip(callers).map(|(name, caller)| card(name, caller)).collect();
    let (home, service) = (home(&[("c.vcf", cards.as_bytes())]), service(&callers));
    let id = home.run(service.url(), &with(&["list"], &["--json"])).lines(0)[4]["id"].clone();
    home.run(service.url(), &["note", id.as_str().unwrap(), "=1+2"]).out(0);
    let cells = |arguments: &[&str]| {
        let text = home.run(service.url(), &with(arguments, &[])).out(0);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let column = |name: &str| reader.headers().unwrap().iter().position(|known| known == name).unwrap();
        let columns = ["caller", "name", "note"].map(column);
        let rows = reader.records().map(|row| columns.map(|column| row.as_ref().unwrap()[column].to_owned()));
        rows.collect::<Vec<_>>()
    };
    let safe = cells(&["list", "--format", "csv"]);
    let raw = cells(&["list", "--format", "csv", "--raw"]);
    for (index, name) in names.iter().enumerate() {
        let (number, note) = (format!("+{}", callers[index]), if index == 4 { "=1+2" } else { "" });
        assert_eq!(raw[index], [&*number, name, note]);
        let guard = |text: &str| if text.is_empty() || text == "Anita" { "" } else { "'" };
        assert_eq!(safe[index], [number, format!("{}{name}", guard(name)), format!("{}{note}", guard(note))]);
    }
    let saved = cells(&["download", "--dry-run", "--dir", "out", "--format", "csv"]);
    assert_eq!(saved.iter().map(|row| &row[1]).filter(|name| name.starts_with('\'')).count(), 4);
    let both = home.run(service.url(), &with(&["list"], &["--raw"]));
    assert!(both.only_said(2).contains("--format"), "{}", both.said());
}
