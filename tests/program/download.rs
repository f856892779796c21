//! `vmail download` from outside: names, what is skipped, what fails, and what is left behind when
//! it is stopped.

#![allow(clippy::unwrap_used, reason = "a test fails by it, in helpers as well")]

use std::collections::HashSet;
use std::fs;
use std::path::{Component, Path};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::program::{Home, Reply, SECRET, Service, json_lines, recording, row, until};

/// The days of the rows below.
const RANGE: [&str; 2] = ["--range", "2026-11-01..2026-11-03"];

const ANITA: &str = "919876543210";

/// Three voicemail, two of one caller.
fn three() -> Vec<serde_json::Value> {
    vec![
        row("2026-11-03T09:31:00Z", "", "c.wav"),
        row("2026-11-02T11:42:08Z", ANITA, "b.mp3"),
        row("2026-11-01T19:12:33Z", ANITA, "a.mp3"),
    ]
}

/// As its name says.
fn audio(name: &str) -> Reply {
    Reply::Whole(recording(if name == "c.wav" { "front-desk.wav" } else { "hello.mp3" }))
}

fn service() -> Service {
    Service::start(three(), audio)
}

fn download<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["download", "--dir", "out"], &RANGE[..], more].concat()
}

const NAMES: [&str; 3] = [
    "2026-11-01_191233_+919876543210.mp3",
    "2026-11-02_114208_+919876543210.mp3",
    "2026-11-03_093100_withheld.wav",
];

#[test]
fn files_are_named_by_when_and_who_and_the_second_run_fetches_nothing() {
    let (home, service) = (Home::new(), service());
    let said = home.run(service.url(), &download(&[])).only_said(0);
    assert!(said.starts_with("saved 3 recordings to out (") && said.ends_with(")\n"), "{said}");
    assert_eq!(home.names("out"), NAMES);
    assert_eq!(fs::read(home.path().join("out").join(NAMES[0])).unwrap(), recording("hello.mp3"));
    assert_eq!(fs::read(home.path().join("out").join(NAMES[2])).unwrap(), recording("front-desk.wav"));
    assert_eq!(service.asked().len(), 3);

    let nothing = "nothing saved, 3 already present\n";
    assert_eq!(home.run(service.url(), &download(&[])).only_said(0), nothing);
    // Nor where nothing is kept any more but the files themselves.
    fs::remove_dir_all(home.path().join("cache")).unwrap();
    assert_eq!(home.run(service.url(), &download(&[])).only_said(0), nothing);
    assert_eq!(service.asked().len(), 3);
    assert_eq!(home.names("out"), NAMES);
}

#[test]
fn what_is_downloaded_is_not_heard_but_its_length_is_known() {
    let (home, service) = (Home::new(), service());
    home.run(service.url(), &download(&[])).only_said(0);
    let listed = home.run(service.url(), &[&["list", "--json", "--offline"], &RANGE[..]].concat()).lines(0);
    assert_eq!(listed.len(), 3);
    assert!(listed.iter().all(|line| line["read"] == false && line["length_s"].as_f64() > Some(1.0)));
}

#[test]
fn files_are_named_by_what_is_in_them() {
    let rows = three();
    let files = [
        ("c.wav", [b"\r\n".to_vec(), recording("hello.mp3")].concat()),
        ("b.mp3", [vec![0; 3_000], recording("front-desk.wav")].concat()),
        ("a.mp3", b"fLaC\0\0\0\x22".repeat(20)),
    ];
    let sent = files.clone();
    let (home, service) = (
        Home::new(),
        Service::start(rows, move |name| {
            Reply::Whole(sent.iter().find(|(own, _)| *own == name).unwrap().1.clone())
        }),
    );
    home.run(service.url(), &download(&[])).only_said(0);
    let names = [
        "2026-11-01_191233_+919876543210.flac",
        "2026-11-02_114208_+919876543210.wav",
        "2026-11-03_093100_withheld.mp3",
    ];
    assert_eq!(home.names("out"), names);
    for (name, (_, bytes)) in names.iter().rev().zip(files) {
        assert_eq!(fs::read(home.path().join("out").join(name)).unwrap(), bytes, "as it is");
    }
    // What can be played has a length.
    let listed = home.run(service.url(), &[&["list", "--json", "--offline"], &RANGE[..]].concat()).lines(0);
    let known: Vec<_> = listed.iter().map(|line| line["length_s"].as_f64() > Some(1.0)).collect();
    assert_eq!(known, [true, true, false]);
    let said = home.run(service.url(), &download(&[])).only_said(0);
    assert_eq!(said, "nothing saved, 3 already present\n");
}

#[test]
fn a_query_or_ids_choose() {
    let (home, service) = (Home::new(), service());
    let lines = home.run(service.url(), &download(&["543210", "--json"])).lines(0);
    assert_eq!(lines.len(), 2);
    assert_eq!(home.names("out"), NAMES[..2]);
    let id = lines[0]["id"].as_str().unwrap();
    home.run(service.url(), &["download", "--dir", "one", "--id", &id[..8]]).only_said(0);
    assert_eq!(home.names("one").len(), 1);

    let said = home.run(service.url(), &download(&["nobody"])).only_said(5);
    assert!(said.contains("no matching voicemails in the range 2026-11-01..2026-11-03"), "{said}");
    let said = home.run(service.url(), &download(&["is:nonsense"])).only_said(2);
    assert!(said.contains("is:nonsense\n") && said.contains('^'), "{said}");
    home.run(service.url(), &["download", "x", "--id", id]).only_said(2);
}

#[test]
fn templates_name_files_and_make_folders() {
    let (home, service) = (Home::new(), service());
    let template = "{account}/{name}/{date}, {{{time}}}.{ext}";
    home.run(service.url(), &download(&["--name", template])).only_said(0);
    assert_eq!(
        home.names("out"),
        [
            "1111112/+919876543210/2026-11-01, {191233}.mp3",
            "1111112/+919876543210/2026-11-02, {114208}.mp3",
            "1111112/withheld/2026-11-03, {093100}.wav",
        ]
    );
}

#[test]
fn a_template_that_cannot_be_used_is_pointed_at() {
    let home = Home::new();
    for (template, words, marks) in [
        (
            "{date}_{calller}",
            "unknown field {calller}; did you mean {caller}? Available fields: {date}, {time}",
            (7, 9),
        ),
        ("{date", "unclosed {", (0, 1)),
        ("date}", "unmatched }", (4, 1)),
        ("a/../{id}", "empty, . or ..", (2, 2)),
        ("/tmp/{id}", "cannot have parts", (0, 1)),
        ("a//{id}", "that are empty", (2, 1)),
        ("a\\{id}", "is not allowed in a file name", (1, 1)),
        ("", "that are empty", (0, 1)),
    ] {
        let said = home.run("http://127.0.0.1:1/v2", &["download", "--name", template]).only_said(2);
        let pointer = format!("\n  {template}\n  {}{}\n", " ".repeat(marks.0), "^".repeat(marks.1));
        assert!(said.contains(words.trim_end()) && said.contains(&pointer), "{template}: {said}");
    }
    assert_eq!(home.names(""), Vec::<String>::new());
}

#[test]
fn voicemail_with_the_same_name_get_names_of_their_own_that_stay() {
    let (home, service) = (Home::new(), service());
    let by_caller = download(&["--name", "{caller}.{ext}", "--json"]);
    let lines = home.run(service.url(), &by_caller).lines(0);
    let newer = lines.iter().find(|line| line["recording"] == "b.mp3").unwrap()["id"].as_str().unwrap();
    let names =
        ["+919876543210.mp3".to_owned(), format!("+919876543210_{newer}.mp3"), "withheld.wav".to_owned()];
    assert_eq!(home.names("out"), names);
    let again = home.run(service.url(), &by_caller);
    assert!(again.lines(0).iter().all(|line| line["status"] == "present"));
    assert_eq!(home.names("out"), names);
    // What is alone today may not have been yesterday: a name that says little is not believed.
    let alone = ["download", "--dir", "out", "--name", "{caller}.{ext}", "--range", "2026-11-02", "--json"];
    let line = &home.run(service.url(), &alone).lines(0)[0];
    assert_eq!(line["status"], "present");
    assert_eq!(service.asked().len(), 3);
}

#[test]
fn another_file_in_the_way_is_left_alone_or_replaced() {
    let mut rows = three();
    rows.truncate(2);
    let (home, service) = (Home::new(), Service::start(rows, audio));
    home.run(service.url(), &download(&[])).only_said(0);
    let (mine, empty) = (home.path().join("out").join(NAMES[1]), home.path().join("out").join(NAMES[2]));
    fs::write(&mine, "mine").unwrap();
    fs::write(&empty, "").unwrap();
    let lines = home.run(service.url(), &download(&["--json"])).lines(0);
    let line = |file: &str| lines.iter().find(|line| line["recording"] == file).unwrap();
    let apart = format!("out/2026-11-02_114208_+919876543210_{}.mp3", line("b.mp3")["id"].as_str().unwrap());
    assert_eq!((&line("b.mp3")["status"], &line("b.mp3")["file"]), (&"saved".into(), &apart.clone().into()));
    assert_eq!(fs::read(&mine).unwrap(), b"mine");
    assert_eq!(line("c.wav")["status"], "saved", "an empty file is none");
    assert_eq!(fs::read(&empty).unwrap(), recording("front-desk.wav"));

    fs::remove_file(home.path().join(apart)).unwrap();
    let said = home.run(service.url(), &download(&["--overwrite"])).only_said(0);
    assert_eq!(said, "saved 1 recording to out, 1 already present\n");
    assert_eq!(fs::read(&mine).unwrap(), recording("hello.mp3"));
    assert_eq!(service.asked().len(), 2);
}

#[test]
fn what_fails_is_told_with_its_id_and_the_rest_is_saved() {
    let mut rows = three();
    rows.push(row("2026-11-01T08:00:00Z", "919000000001", "gone.mp3"));
    rows.push(row("2026-11-01T07:00:00Z", "919000000002", "page.mp3"));
    rows.push(serde_json::json!({ "time": rows[2]["time"].as_i64().unwrap() - 1, "from": ANITA }));
    let (home, service) = (
        Home::new(),
        Service::start(rows, |name| match name {
            "gone.mp3" => Reply::Status(404),
            "page.mp3" => Reply::Whole(b"<!doctype html><title>Log in</title>".repeat(9)),
            name => audio(name),
        }),
    );
    let run = home.run(service.url(), &download(&["--manifest", "all.jsonl", "--json"]));
    let manifest = fs::read_to_string(home.path().join("all.jsonl")).unwrap();
    assert_eq!(run.out(6), manifest);
    let lines = json_lines(&manifest);
    let status = |line: &&serde_json::Value| line["status"].as_str().unwrap().to_owned();
    let mut all: Vec<_> = lines.iter().map(|line| status(&line)).collect();
    all.sort_unstable();
    assert_eq!(all, ["failed", "failed", "none", "saved", "saved", "saved"]);
    for line in lines.iter().filter(|line| status(line) == "failed") {
        let told = format!("vmail: {}: {}\n", line["id"].as_str().unwrap(), line["error"].as_str().unwrap());
        assert!(run.said().contains(&told), "{}", run.said());
        assert!(line["file"].is_null() && line["bytes"].is_null());
    }
    let saved = lines.iter().find(|line| line["recording"] == "a.mp3").unwrap();
    assert_eq!(saved["file"], format!("out/{}", NAMES[0]));
    assert_eq!(saved["bytes"], recording("hello.mp3").len());
    assert!(run.said().ends_with(", 1 without a recording, 2 failed\n"), "{}", run.said());
    assert_eq!(home.names("out"), NAMES);

    let csv = home.run(service.url(), &download(&["--format", "csv", "543210"])).out(0);
    assert!(csv.lines().next().unwrap().ends_with(",account,file,bytes,status,error"), "{csv}");
    let to_stdout = home.run(service.url(), &download(&["--manifest", "-", "543210"])).lines(0);
    assert!(to_stdout.iter().filter(|line| line["status"] == "present").count() == 2);
}

#[test]
fn files_come_even_if_nobody_reads_what_is_said() {
    let (home, service) = (Home::new(), service());
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = home.vmail(service.url(), &download(&["--json"]));
    let child = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    let said = crate::program::Run(child.wait_with_output().unwrap()).only_said(0);
    assert!(said.starts_with("saved 3 recordings to out ("), "{said}");
    assert_eq!(home.names("out"), NAMES);
}

#[test]
fn a_dry_run_changes_nothing() {
    let (home, service) = (Home::new(), service());
    let run = home.run(service.url(), &download(&["--dry-run"]));
    let mut planned: Vec<_> = run.out(0).lines().map(str::to_owned).collect();
    planned.sort_unstable();
    assert_eq!(planned, NAMES.map(|name| format!("out/{name}")));
    assert_eq!(run.said(), "would save 3 recordings to out\n");
    assert!(!home.path().join("out").exists());
    assert_eq!(service.asked(), Vec::<String>::new());
}

#[test]
fn a_folder_that_takes_no_files_is_said_before_anything_is_fetched() {
    let (home, service) = (Home::new(), service());
    fs::write(home.path().join("file"), "").unwrap();
    for folder in ["file", "file/below", "/proc/none"] {
        let arguments = [&["download", "--dir", folder], &RANGE[..]].concat();
        let said = home.run(service.url(), &arguments).only_said(1);
        assert!(said.contains(&format!("cannot write files to {folder}")), "{said}");
    }
    let said = home.run(service.url(), &download(&["--manifest", "no/where.jsonl"])).only_said(1);
    assert!(said.contains("cannot write the manifest no/where.jsonl"), "{said}");
    assert_eq!(service.asked(), Vec::<String>::new());
}

#[test]
fn without_a_network_what_is_kept_is_saved() {
    let (home, service) = (Home::new(), service());
    home.run(service.url(), &download(&["543210"])).only_said(0);
    service.close();
    let arguments = [&["download", "--dir", "other"], &RANGE[..]].concat();
    let said = home.run(service.url(), &arguments).only_said(6);
    assert!(said.contains("connection refused"), "{said}");
    assert!(said.ends_with("vmail: saved 2 recordings to other, 1 failed\n"), "{said}");
    assert_eq!(home.names("other"), NAMES[..2]);
    let said = home.run(service.url(), &download(&["--offline"])).only_said(6);
    assert!(
        said.contains("the server was not contacted") && said.contains(", 2 already present, 1 failed"),
        "{said}"
    );
    // Everything it needs is here.
    let offline = [&["download", "--offline", "543210", "--dir", "third"], &RANGE[..]].concat();
    assert_eq!(home.run(service.url(), &offline).only_said(0), "saved 2 recordings to third\n");
}

/// A server of which the recording `b.mp3` does not come to its end before it is let go.
fn stuck() -> (Service, Arc<AtomicBool>) {
    let free = Arc::new(AtomicBool::new(false));
    let let_go = free.clone();
    let service = Service::start(three(), move |name| match audio(name) {
        Reply::Whole(bytes) if name == "b.mp3" && !let_go.load(Ordering::SeqCst) => Reply::Half(bytes),
        reply => reply,
    });
    (service, free)
}

#[test]
fn what_a_kill_leaves_is_whole_and_the_next_run_does_the_rest() {
    let (home, (service, free)) = (Home::new(), stuck());
    let mut child = home.vmail(service.url(), &download(&[])).stderr(Stdio::null()).spawn().unwrap();
    let whole = [NAMES[0], NAMES[2]];
    until("the others are there", || home.names("out") == whole && service.asked().len() == 3);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(home.names("out"), whole);

    free.store(true, Ordering::SeqCst);
    let said = home.run(service.url(), &download(&[])).only_said(0);
    assert!(
        said.starts_with("saved 1 recording to out (") && said.ends_with("), 2 already present\n"),
        "{said}"
    );
    assert_eq!(home.names("out"), NAMES);
    assert_eq!(service.asked().len(), 4, "what was whole is not fetched again");
    let parts = home.names("cache").iter().filter(|name| name.contains("part")).count();
    assert_eq!(parts, 0, "leftovers are swept out");
}

/// Four minutes as WAV: large enough to come in many pieces.
fn long() -> Vec<u8> {
    let samples = (0..2_000_000_u32).map(|place| (place.wrapping_mul(2_654_435_761) >> 24) as u8);
    let mut wav = b"RIFF\xa4\x84\x1e\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
    wav.extend(b"\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\x80\x84\x1e\0");
    wav.extend(samples);
    wav
}

/// How much of the half of [`long`] is written in the end while more may come: less than 64 KiB are
/// held back.
const ON_DISK: u64 = 1_000_022 - (64 << 10);

/// What is asked for of one long recording in two runs, the first of which ends in the middle of it:
/// `killed` ends it. The server has `versions` for the two.
fn in_two_runs(versions: [&'static str; 2], killed: impl FnOnce(Child)) -> Vec<String> {
    let (home, first) = (Home::new(), Arc::new(AtomicBool::new(true)));
    let is_first = first.clone();
    let service = Service::start(vec![row("2026-11-03T09:31:00Z", "", "c.wav")], move |_| {
        let whole = long();
        let half = whole.len() / 2;
        let is_first = is_first.load(Ordering::SeqCst);
        let (version, until) = if is_first { (versions[0], half) } else { (versions[1], whole.len()) };
        Reply::Version(whole, version, until)
    });
    let child = home.vmail(service.url(), &download(&[])).stderr(Stdio::null()).spawn().unwrap();
    until("the half is on the disk but for what is held back", || {
        let parts =
            home.files("cache").into_iter().filter(|path| path.extension().is_some_and(|it| it == "part"));
        parts
            .map(|part| home.path().join("cache").join(part).metadata().map_or(0, |file| file.len()))
            .sum::<u64>()
            > ON_DISK
    });
    killed(child);
    assert_eq!(home.names("out"), [""; 0]);
    first.store(false, Ordering::SeqCst);
    let said = home.run(service.url(), &download(&[])).only_said(0);
    assert!(said.starts_with("saved 1 recording to out ("), "{said}");
    assert_eq!(home.names("out"), [NAMES[2]]);
    assert!(fs::read(home.path().join("out").join(NAMES[2])).unwrap() == long());
    assert_eq!(home.names("cache").iter().filter(|name| name.contains("parts/")).count(), 0);
    service.asked()
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// From which byte the second run went on, which is at least what was on the disk when the first ended.
fn gone_on_from(asked: &[String]) -> usize {
    let [first, second, from] = asked else { panic!("{asked:?}") };
    assert_eq!((&first[..], &second[..]), ("c.wav", "c.wav"));
    let from = from.strip_prefix("c.wav from ").unwrap().parse().unwrap();
    assert!(from as u64 > ON_DISK && from <= long().len() / 2, "{from}");
    from
}

#[test]
fn what_was_cut_off_by_a_kill_is_gone_on_with() {
    gone_on_from(&in_two_runs(["\"v1\"", "\"v1\""], kill));
}

#[test]
fn what_is_another_file_by_then_is_fetched_anew() {
    assert_eq!(in_two_runs(["\"v1\"", "\"v2\""], kill), ["c.wav", "c.wav"]);
}

#[cfg(unix)]
fn send(signal: rustix::process::Signal, child: &Child) {
    use rustix::process::{Pid, kill_process};
    kill_process(Pid::from_raw(child.id().cast_signed()).unwrap(), signal).unwrap();
}

#[cfg(unix)]
#[test]
fn what_was_interrupted_is_gone_on_with() {
    let interrupted = || {
        let asked = in_two_runs(["\"v1\"", "\"v1\""], |mut child| {
            send(rustix::process::Signal::INT, &child);
            assert_eq!(child.wait().unwrap().code(), Some(130));
        });
        gone_on_from(&asked)
    };
    // It has the time to write what it holds back to write it in one go. How much of the half it had
    // received, only a whole one tells.
    assert!((0..20).any(|_| interrupted() == long().len() / 2), "what was held back was not written");
}

#[cfg(unix)]
#[test]
fn a_signal_stops_it_at_once_and_leaves_whole_files() {
    use rustix::process::Signal;
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let (home, (service, _)) = (Home::new(), stuck());
        let arguments = download(&["--manifest", "all.jsonl"]);
        let child = home.vmail(service.url(), &arguments).stderr(Stdio::piped()).spawn().unwrap();
        let whole = [NAMES[0], NAMES[2]];
        let told = || fs::read_to_string(home.path().join("all.jsonl")).unwrap_or_default();
        until("the others are done", || told().lines().count() == 2 && service.asked().len() == 3);
        send(signal, &child);
        let output = child.wait_with_output().unwrap();
        let said = crate::program::Run(output).only_said(130);
        assert!(
            said.starts_with("vmail: interrupted: saved 2 recordings to out (")
                && said.ends_with(", 1 not started\n"),
            "{said}"
        );
        assert_eq!(home.names("out"), whole);
        assert_eq!(home.names("cache").iter().filter(|name| name.contains("part")).count(), 0);
    }
}

/// As under `nohup`.
#[cfg(target_os = "linux")]
#[test]
fn a_signal_that_is_to_be_ignored_is() {
    use rustix::process::Signal;
    let (home, free) = (Home::new(), Arc::new(AtomicBool::new(false)));
    let let_go = free.clone();
    let service = Service::start(three(), move |name| {
        until("it is let go", || name != "b.mp3" || let_go.load(Ordering::SeqCst));
        audio(name)
    });
    let vmail = home.vmail(service.url(), &download(&["--manifest", "all.jsonl"]));
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "trap '' HUP; exec \"$0\" \"$@\""]).arg(vmail.get_program()).args(vmail.get_args());
    shell.env_clear().envs(vmail.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let child = shell.current_dir(home.path()).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let told = || fs::read_to_string(home.path().join("all.jsonl")).unwrap_or_default();
    until("the others are done", || told().lines().count() == 2 && service.asked().len() == 3);
    send(Signal::HUP, &child);
    free.store(true, Ordering::SeqCst);
    let said = crate::program::Run(child.wait_with_output().unwrap()).only_said(0);
    assert!(said.starts_with("saved 3 recordings to out ("), "{said}");
}

#[test]
fn hostile_names_stay_below_the_folder_and_off_the_terminal() {
    let hostile =
        ["../../../etc/passwd", "a\u{1b}]0;x\u{7}b", "CON\0nul", "..", "/", "%2e%2e%2f", "x\u{202e}y"];
    let rows = hostile.iter().enumerate().map(|(number, caller)| {
        row(&format!("2026-11-02T11:00:{number:02}Z"), caller, &format!("../{number}\u{1b}[31m/{caller}.mp3"))
    });
    let mut rows: Vec<_> = rows.collect();
    rows.reverse();
    let (home, service) = (Home::new(), Service::start(rows, |_| audio("x.mp3")));
    let run =
        home.run(service.url(), &download(&["--name", "{caller}/{name}/{caller}-{id}.{ext}", "--json"]));
    let lines = run.lines(0);
    assert_eq!(lines.len(), hostile.len());
    for line in &lines {
        let file = Path::new(line["file"].as_str().unwrap());
        assert_eq!(file.components().count(), 4, "{file:?}");
        assert!(file.components().all(|part| matches!(part, Component::Normal(_))), "{file:?}");
        let name = file.to_str().unwrap();
        assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b"/+-_.".contains(&b)), "{name}");
        assert!(home.path().join(file).is_file());
    }
    assert!(!run.said().contains(|c: char| c.is_control() && c != '\n'));
    assert!(!run.out(0).contains('\u{1b}'));
    let top: HashSet<_> =
        fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(top, ["out", "cache", "data"].map(Into::into).into());
}

/// A home with a contact for each of `names`, and a server with a voicemail of each, the oldest first.
fn named(names: &[&str]) -> (Home, Service) {
    let home = Home::new();
    fs::create_dir_all(home.path().join("config/vmail")).unwrap();
    fs::write(home.path().join("config/vmail/config.toml"), "contacts = [\"~/c.csv\"]\n").unwrap();
    let number = |index: usize| format!("91987650{index:04}");
    let lines = names.iter().enumerate().map(|(index, name)| format!("\"{name}\",{}\n", number(index)));
    fs::write(home.path().join("c.csv"), format!("Name,Phone\n{}", lines.collect::<String>())).unwrap();
    let rows = (0..names.len())
        .rev()
        .map(|index| row(&format!("2026-11-02T11:00:{index:02}Z"), &number(index), &format!("{index}.mp3")));
    (home, Service::start(rows.collect(), |_| audio("x.mp3")))
}

#[test]
fn names_keep_the_letters_of_every_script() {
    let names = [
        "José Pérez",
        "अनिता राव",
        "山田太郎",
        "ශ්\u{200d}රී ලංකා",
        "김철수",
        "O’Brien & Söhne (Büro)",
        "CON",
        "com1",
        "❤\u{fe0f}",
    ];
    let (home, service) = named(&names);
    home.run(service.url(), &download(&["--name", "{name}.{ext}"])).only_said(0);
    let mut expected = [
        "José-Pérez.mp3",
        "अनिता-राव.mp3",
        "山田太郎.mp3",
        "ශ්\u{200d}රී-ලංකා.mp3",
        "김철수.mp3",
        "O’Brien-Söhne-Büro.mp3",
        "CON_.mp3",
        "com1_.mp3",
        "❤\u{fe0f}.mp3",
    ];
    expected.sort_unstable();
    assert_eq!(home.names("out"), expected);
}

#[test]
fn names_are_bounded_in_bytes_and_end_in_no_dot_or_blank() {
    let (home, service) = named(&["\u{915}\u{93f}".repeat(80).as_str(), "a"]);
    let long = "\u{915}\u{93f}".repeat(20);
    home.run(service.url(), &download(&["--name", "{name}{name}{name}. /nul/{name}{name}{name}.{ext}"]))
        .only_said(0);
    let names = home.names("out");
    assert_eq!(names[0], "aaa/nul_/aaa.mp3");
    let (folder, file) = (&names[1].split('/').next().unwrap(), names[1].rsplit('/').next().unwrap());
    assert!(folder.len() <= 255 && folder.starts_with(&long) && folder.ends_with('\u{93f}'), "{folder}");
    assert!(file.len() <= 255 && file.ends_with("\u{93f}.mp3"), "{file}");
}

#[test]
fn names_that_some_file_systems_take_for_the_same_are_told_apart() {
    let names = ["Jose\u{301}", "José", "JOSÉ", "क\u{94d}ष", "क\u{94d}\u{200d}ष", "Straße", "STRASSE"];
    let (home, service) = named(&names);
    let lines = home.run(service.url(), &download(&["--name", "{name}.{ext}", "--json"])).lines(0);
    let mut seen = HashSet::new();
    for line in &lines {
        let file = line["file"].as_str().unwrap();
        assert!(seen.insert(vmail::core::search::folded(file)), "{file}");
    }
    assert_eq!(lines.len(), names.len());
    let with_id = lines.iter().filter(|line| {
        line["file"].as_str().unwrap().contains(&format!("_{}.", line["id"].as_str().unwrap()))
    });
    assert_eq!(with_id.count(), 4, "the oldest of each keeps its name");
    assert!(home.names("out").contains(&"José.mp3".to_owned()));
}

#[test]
fn the_secret_is_nowhere() {
    let (home, service) = (
        Home::new(),
        Service::start(three(), |name| if name == "b.mp3" { Reply::Status(404) } else { audio(name) }),
    );
    let arguments = download(&["--manifest", "all.jsonl", "--log", "log", "--json"]);
    let run = home.vmail(service.url(), &arguments).env("VMAIL_LOG", "trace").output().unwrap();
    assert_eq!(run.status.code(), Some(6));
    let files = home.files("");
    assert!(files.len() > 6, "{files:?}");
    let mut texts: Vec<_> = files
        .iter()
        .map(|file| (file.display().to_string(), fs::read(home.path().join(file)).unwrap()))
        .collect();
    texts.extend([("stdout".to_owned(), run.stdout), ("stderr".to_owned(), run.stderr)]);
    for (name, text) in texts {
        for secret in [SECRET, "s3cr"] {
            let found = text.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!found && !name.contains(secret), "{name} holds {secret}");
        }
    }
}
