//! `vmail list`.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use chrono::DateTime;
use serde_json::Value;

use crate::program::json_lines;
use crate::verbs::support::{Desk, SECRET, VOICEMAIL, id, kind, lines, said};

#[test]
fn json_has_the_documented_fields() {
    let desk = Desk::new(None);
    let objects = desk.objects(&["list", "--json", "--range", "30d"]);
    assert!(objects.len() > 20, "{}", objects.len());
    let mut before = i64::MAX;
    for object in &objects {
        let fields = object.as_object().unwrap();
        assert_eq!(fields.len(), VOICEMAIL.len(), "{object}");
        for (name, kinds) in VOICEMAIL {
            assert!(kinds.contains(kind(&fields[name])), "{name} of {object}");
        }
        let millis = object["time_ms"].as_i64().unwrap();
        assert!(millis <= before, "newest first");
        before = millis;
        let time = DateTime::parse_from_rfc3339(object["time"].as_str().unwrap()).unwrap();
        assert_eq!(time.timestamp_millis(), millis);
        assert_eq!(time.offset().local_minus_utc(), 19_800, "in the zone that is set");
        assert_eq!((id(object).len(), object["account"].as_str()), (13, Some("1111112")));
    }
    assert!(objects.iter().any(|object| object["caller"].is_null()), "a withheld one");
}

#[test]
fn the_formats_agree() {
    let desk = Desk::new(None);
    let objects = desk.objects(&["list", "--format", "jsonl"]);
    let csv = desk.prints(&["list", "--format", "csv"]);
    let mut csv = csv::Reader::from_reader(csv.as_bytes());
    assert!(csv.headers().unwrap().iter().eq(VOICEMAIL.map(|(name, _)| name)));
    let tsv = desk.prints(&["list", "--format", "tsv"]);
    let mut tsv = tsv.lines();
    assert_eq!(tsv.next().unwrap().split('\t').count(), VOICEMAIL.len());
    for object in &objects {
        let cells = csv.records().next().unwrap().unwrap();
        assert!(cells.iter().eq(tsv.next().unwrap().split('\t')));
        assert_eq!((&cells[0], &cells[4]), (id(object), object["caller_raw"].as_str().unwrap()));
    }
    assert!(csv.records().next().is_none() && tsv.next().is_none());
    let table = desk.prints(&["list"]);
    assert_eq!(table.lines().count(), objects.len() + 1);
    for (line, object) in table.lines().skip(1).zip(&objects) {
        let shown = line.split(' ').next().unwrap();
        assert!(shown.len() >= 4 && id(object).starts_with(shown), "{line}");
    }
    assert!(!table.contains('\x1b'), "colour only on a terminal");
}

#[test]
fn a_query_narrows_it_down() {
    let desk = Desk::new(None);
    let all = desk.objects(&["list", "--json"]);
    let digits = "98765";
    let some = desk.objects(&["list", "--json", digits]);
    let raw = |object: &Value| object["caller_raw"].as_str().unwrap().to_owned();
    let expected: Vec<_> = all.iter().filter(|object| raw(object).contains(digits)).collect();
    assert!(!some.is_empty() && some.len() < all.len());
    assert!(some.iter().eq(expected));
    let both = desk.objects(&["list", "--json", "is:unread", &format!("from:{digits}")]);
    assert_eq!(both.len(), some.len(), "words are one query");
    let others = desk.objects(&["list", "--json", "--", &format!("-from:{digits}")]);
    assert_eq!(others.len() + some.len(), all.len());
    for without in [
        &["list", "-from:98765", "--json"][..],
        &["list", "NOT", "from:98765", "--json"],
        &["list", "--json", "not", "from:98765"],
        &["list", "--json", "not from:98765"],
        &["list", "--range", "7d", "is:unread", "-from:98765", "--json", "-is:read"],
    ] {
        assert_eq!(desk.objects(without), others, "{without:?}");
    }
    for limit in [&["--limit", "3"][..], &["-n", "3"], &["-n3"], &["-n", "9", "--limit", "3"]] {
        assert_eq!(desk.objects(&[&["list", "--json"], limit].concat()), all[..3], "{limit:?}");
    }
    assert!(desk.fails(2, &["list", "-n", "0"]).contains("1 or more"));
}

#[test]
fn notes_are_searched_for_words_and_names_for_letters() {
    let desk = Desk::new(None);
    let all = desk.objects(&["list", "--json"]);
    let noted = id(&all[0]).to_owned();
    let note = "asked about an item: call me, then Ravi";
    desk.prints(&["note", &noted, note]);
    let finds = |query: &str| {
        // What finds nothing ends with 5.
        let found = json_lines(&String::from_utf8_lossy(&desk.run(&["list", "--json", query]).stdout));
        found.iter().any(|object| id(object) == noted)
    };
    for (query, expected) in [
        ("item", true),
        ("ite", true),
        ("tem", false),
        ("askedit", false),
        ("\"call me then\"", true),
        ("\"call then\"", false),
        ("note:ravi", true),
        ("name:item", false),
        ("-note:item", false),
    ] {
        assert_eq!(finds(query), expected, "{query}");
    }
}

#[test]
fn a_query_or_a_range_that_cannot_be_read_is_pointed_at() {
    let desk = Desk::new(None);
    let said = desk.fails(2, &["list", "anita", "lenght:>30s"]);
    let told: Vec<_> = said.lines().collect();
    assert!(told[0].contains("`lenght:`") && told[0].contains("`length:`"), "{said}");
    assert_eq!(told[1..], ["  anita lenght:>30s", "        ^^^^^^^"], "{said}");
    let said = desk.fails(2, &["list", "--range", "last 7 parsecs"]);
    let told: Vec<_> = said.lines().collect();
    assert!(told[0].contains("--range: ") && told[0].contains("`parsecs`"), "{said}");
    assert_eq!(told[1..], ["  last 7 parsecs", "         ^^^^^^^"], "{said}");
}

#[test]
fn nothing_found_is_no_data_and_not_found() {
    let desk = Desk::new(Some(0));
    for (arguments, expected) in
        [(&["list"][..], 0), (&["list", "--json"], 0), (&["list", "--format", "csv"], 1)]
    {
        let output = desk.run(arguments);
        assert_eq!(output.status.code(), Some(5), "{}", said(&output));
        assert_eq!(lines(&output), expected, "{arguments:?}");
    }
    assert!(said(&desk.run(&["list"])).contains("no matching voicemails in the last 7 days"));
}

#[test]
fn a_reader_that_has_had_enough_is_no_failure() {
    let desk = Desk::new(Some(10_000));
    let mut child = desk
        .vmail(&["list", "--json", "--range", "30d"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("{\"id\":"), "{line}");
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), said(&output)), (Some(0), String::new()));
    assert_eq!(desk.objects(&["list", "--json", "--range", "30d", "--offline"]).len(), 10_000);
}

#[test]
fn without_a_network_what_is_stored_is_shown_with_its_age() {
    let mut desk = Desk::new(None);
    let all = desk.prints(&["list", "--json"]);
    desk.unplug();
    let output = desk.run(&["list", "--json"]);
    assert_eq!(output.status.code(), Some(6));
    assert_eq!(String::from_utf8_lossy(&output.stdout), all);
    let said = said(&output);
    assert!(said.starts_with("vmail: Offline: connection refused."), "{said}");
    assert!(
        said.trim_end().contains("Stored voicemails are complete up to ")
            && said.trim_end().ends_with("(15 min ago)."),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1);
    // Asked for, it is no failure.
    assert_eq!(desk.prints(&["list", "--json", "--offline"]), all);
    let output = desk.run(&["list", "--range", "2020-01"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(6), 0));
    assert!(crate::verbs::support::said(&output).contains("This range has never been fetched"));
}

#[test]
fn wrong_credentials_are_their_own_failure() {
    let desk = Desk::new(None);
    let mut command = desk.vmail(&["list"]);
    let output = command.env("TELECMI_SECRET", "guess-nothing").output().unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(3), 0));
    assert!(said(&output).contains("Check the app ID, the secret and the region"), "{}", said(&output));
    assert!(!said(&output).contains("guess-nothing"));
    for missing in ["TELECMI_APPID", "TELECMI_SECRET"] {
        let output = desk.vmail(&["list"]).env_remove(missing).output().unwrap();
        assert_eq!(output.status.code(), Some(3));
        assert!(said(&output).contains(missing), "{}", said(&output));
    }
    // What is stored needs no secret; nothing is.
    let output = desk.vmail(&["list", "--offline"]).env_remove("TELECMI_SECRET").output().unwrap();
    assert_eq!(output.status.code(), Some(5), "{}", said(&output));
}

#[test]
fn a_home_that_cannot_be_written_shows_what_the_server_has() {
    let desk = Desk::new(None);
    // A file where a folder should be: that stops root as well.
    fs::write(desk.path("data"), "").unwrap();
    let output = desk.run(&["list", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(lines(&output) > 5);
    assert!(said(&output).contains("memory"), "{}", said(&output));
    let said = desk.fails(1, &["mark", "--query", "98765", "--done"]);
    assert!(said.contains("nothing was changed"), "{said}");
}

#[test]
fn the_secret_is_nowhere() {
    let mut desk = Desk::new(None);
    let log = desk.path("log");
    let trace = |desk: &Desk| {
        let mut command = desk.vmail(&["list", "--log", log.to_str().unwrap()]);
        let output = command.env("VMAIL_LOG", "trace").output().unwrap();
        for out in [output.stdout, output.stderr] {
            assert!(!String::from_utf8_lossy(&out).contains(SECRET));
        }
    };
    trace(&desk);
    desk.unplug();
    trace(&desk);
    let mut folders = vec![desk.path("")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files += 1;
                let bytes = fs::read(&path).unwrap();
                let found = bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes());
                assert!(!found, "{}", path.display());
            }
        }
    }
    assert!(files >= 2, "a store and a log");
}

#[test]
fn a_view_narrows_it_down_as_on_the_screen() {
    let desk = Desk::new(None);
    let all = desk.objects(&["list", "--json"]);
    desk.prints(&["mark", id(&all[0]), "--done", "--tag", "billing"]);
    desk.prints(&["mark", id(&all[1]), "--read"]);
    let ids = |arguments: &[&str]| {
        let objects = desk.objects(&[&["list", "--json", "--offline"], arguments].concat());
        objects.iter().map(|object| id(object).to_owned()).collect::<Vec<_>>()
    };
    let of = |from: usize| all[from..].iter().map(|object| id(object).to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(&["--view", "inbox"]), of(1));
    assert_eq!(ids(&["--view", "Unread"]), of(2));
    assert_eq!(ids(&["--view", "done"]), [id(&all[0])]);
    assert_eq!(ids(&["--view", "all", "is:read"]), [id(&all[1])]);
    assert_eq!(ids(&["--done"]), [id(&all[0])]);
    assert_eq!(ids(&["--done", "--unread", "not is:starred"]), [id(&all[0])]);
    assert_eq!(ids(&["--unread"]), [&of(0)[..1], &of(2)].concat());
    desk.fails(5, &["list", "--starred"]);
    let own = "views = [{ name = \"Billing\", query = \"tag:billing OR tag:debt\", key = \"6\" }]\n";
    desk.home.write_settings(own);
    assert_eq!(ids(&["--view", "billing"]), [id(&all[0])]);
    desk.fails(5, &["list", "--view", "billing", "is:starred"]);
    let said = desk.fails(2, &["list", "--view", "bilings"]);
    assert!(said.contains("did you mean Billing?"), "{said}");
}

#[cfg(unix)]
#[test]
fn a_keyring_that_says_nothing_is_named() {
    let desk = Desk::new(Some(0));
    let socket = desk.path("bus");
    // It is connected to, and never answers.
    let _keyring = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    for verb in ["list", "sync", "logout"] {
        let mut child = desk
            .vmail(&[verb])
            .env_remove("TELECMI_SECRET")
            .env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", socket.display()))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(line.starts_with("vmail: waiting up to 30 s for the system keyring;"), "{verb}: {line}");
    }
}
