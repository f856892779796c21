//! Export and import from outside: a round trip is identical, and what wins where both sides have
//! something.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail them")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use chrono::{TimeZone as _, Utc};
use proptest::prelude::*;
use vmail::core::facts::{Fact, Flags};
use vmail::core::model::{AccountKey, RecordingName, Region, Sketch, Voicemail, from_millis};
use vmail::core::triage::{BulkEdit, CallerKey, Edit, Given, Note, Tag};
use vmail::export::{Bad, ImportError, Imported, Whose, export, import};
use vmail::store::{Options, Store};

use crate::home::Home;
use crate::verbs::support::said;

fn key() -> AccountKey {
    AccountKey::new(Region::Global, 1_111_112, None)
}

fn empty() -> Store {
    let now = Utc.with_ymd_and_hms(2026, 11, 23, 12, 4, 8).unwrap();
    Store::in_memory(&Options { country: "IN".to_owned(), now }).unwrap()
}

fn exported(store: &mut Store) -> String {
    let mut out = Vec::new();
    export(store, &key(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn imported(store: &mut Store, text: &str) -> (Imported, Vec<String>) {
    let mut told = Vec::new();
    let imported = import(store, &key(), Whose::Own, text.as_bytes(), |bad: Bad| told.push(bad.to_string()));
    (imported.unwrap(), told)
}

fn refused(text: &[u8]) -> String {
    let mut store = empty();
    let error = import(&mut store, &key(), Whose::Own, text, |_| {}).unwrap_err();
    assert_eq!(exported(&mut store).lines().count(), 1);
    error.to_string()
}

const HEADER: &str = r#"{"vmail":{"version":1,"account":"global/1111112"}}"#;

/// A store with what `line`, a voicemail of the same moment and caller, says.
fn store_of(line: &str) -> Store {
    let mut store = empty();
    let (_, told) = imported(&mut store, &lines(&[line]));
    assert_eq!(told, Vec::<String>::new());
    store
}

fn lines(lines: &[&str]) -> String {
    let mut text = format!("{HEADER}\n");
    for line in lines {
        let what = if line.contains("\"name\"") { "name" } else { "voicemail" };
        writeln!(text, "{{\"{what}\":{{{line}}}}}").unwrap();
    }
    text
}

/// What is left of the first voicemail when `theirs` is imported over `ours`.
fn merged(ours: &str, theirs: &str) -> String {
    let with =
        |more: &str| format!(r#""time":1000,"caller":"139"{}{more}"#, if more.is_empty() { "" } else { "," });
    let mut store = store_of(&with(ours));
    let text = lines(&[&with(theirs)]);
    imported(&mut store, &text);
    let once = exported(&mut store);
    assert_eq!(imported(&mut store, &text).0, Imported::default(), "twice is once");
    assert_eq!(exported(&mut store), once);
    let line = once.lines().nth(1).unwrap();
    let (_, rest) = line.split_once(r#""caller":"139""#).unwrap();
    rest.trim_start_matches(',').strip_suffix("}}").unwrap().to_owned()
}

#[test]
fn an_export_looks_like_this() {
    let mut store = empty();
    let account = store.account(&key()).unwrap();
    let first =
        Voicemail::new(from_millis(1_763_879_648_123), "9876543210", Some(RecordingName::new("a.mp3")));
    let second = Voicemail::new(from_millis(1_763_879_600_000), "", None);
    store.put_page(account, &[first.clone(), second], None).unwrap();
    store.put_sound(account, first.id, Sketch::new(42_000, &[8, 1]), &[1, 2, 255]).unwrap();
    let caller = CallerKey::from_text("+919876543210").unwrap();
    store.set_name(&caller, Given::new("Anita", 5).as_ref()).unwrap();
    let edits = [
        Edit::Fact(Fact::Read, Some(0)),
        Edit::Fact(Fact::Starred, Some(0)),
        Edit::Fact(Fact::Done, Some(7)),
        Edit::Fact(Fact::Called, Some(8)),
        Edit::Note(Note::new("call\nback", 9)),
        Edit::Tag { add: vec![Tag::new("Billing").unwrap()], remove: Vec::new() },
    ];
    for edit in edits {
        store.apply(account, &BulkEdit { ids: vec![first.id], edit }).unwrap();
    }
    let text = exported(&mut store);
    let expected = [
        HEADER.to_owned(),
        r#"{"name":{"caller":"+919876543210","name":"Anita","edited":5}}"#.to_owned(),
        format!(
            concat!(
                r#"{{"voicemail":{{"id":"{}","time":1763879648123,"caller":"9876543210","#,
                r#""recording":"a.mp3","read":true,"starred":true,"done":7,"called":8,"#,
                r#""note":{{"text":"call\nback","edited":9}},"tags":["Billing"],"#,
                r#""length":42000,"loudness":7,"waveform":"AQL/"}}}}"#
            ),
            first.id
        ),
    ];
    assert_eq!(text.lines().take(3).collect::<Vec<_>>(), expected);
    assert_eq!(text.lines().count(), 4);
    let mut other = empty();
    let (done, told) = imported(&mut other, &text);
    assert_eq!((done, told), (Imported { added: 2, names: 1, ..Imported::default() }, Vec::new()));
    assert_eq!(exported(&mut other), text);
    let account = other.account(&key()).unwrap();
    let row = other.changed_rows(account, 0, 9).unwrap().rows[0];
    assert_eq!(row.flags, Flags(127));
    assert_eq!(row.sketch, Sketch::new(42_000, &[8, 1]));
}

#[test]
fn an_export_is_read_as_shells_of_windows_write_it() {
    let note = r#""time":1000,"caller":"139","note":{"text":"ring ශ්‍රී 👩‍👧","edited":5}"#;
    let text = lines(&[note]).replace('\n', "\r\n");
    let before = exported(&mut store_of(note));
    let marked = format!("\u{feff}{text}");
    let little = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let big = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>();
    for bytes in [marked.clone().into_bytes(), little(&marked), big(&marked), little(&text), big(&text)] {
        let mut store = empty();
        let done = import(&mut store, &key(), Whose::Own, &bytes[..], |bad| panic!("{bad}")).unwrap();
        assert_eq!(done, Imported { added: 1, ..Imported::default() });
        assert_eq!(exported(&mut store), before);
    }
    assert!(refused(b"\xff\xfe").ends_with("(the file is empty)"));
    assert!(refused(b"\xff\xfe{\0}\0").contains("not a vmail export"));
}

#[test]
fn a_file_and_stdin_are_imported_in_utf16() {
    for name in ["export-utf16.jsonl", "export-bom.jsonl"] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/exports").join(name);
        for stdin in [false, true] {
            let home = Home::new().set("TELECMI_APPID", "1111112");
            let mut command = home.command(&["import", "--any-account"]);
            if stdin {
                command.stdin(fs::File::open(&file).unwrap());
            } else {
                command.arg(&file);
            }
            let output = command.output().unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(0), "{name}: {said}");
            assert!(said.contains("added 1 voicemail"), "{name}: {said}");
        }
    }
}

/// Text of any kind, much of it hostile.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof!["[ -~]{0,12}", "\\PC{0,90}", ".{0,6}\n{0,2}.{0,90}", Just("9876543210".to_owned())]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_round_trip_is_identical(
        voicemail in prop::collection::vec((0..20_i64, any_text(), prop::option::of(any_text()), any::<u64>()), 0..30),
        words in prop::collection::vec(any_text(), 1..8),
    ) {
        let mut store = empty();
        let account = store.account(&key()).unwrap();
        for (time, caller, recording, bits) in voicemail {
            let recording = recording.map(RecordingName::new);
            let voicemail = Voicemail::new(from_millis(time * 977), &caller, recording);
            store.put_page(account, std::slice::from_ref(&voicemail), None).unwrap();
            let word = &words[bits as usize % words.len()];
            let edited = (bits >> 32).cast_signed();
            let edits = [
                Edit::Fact(Fact::Read, Some(0)),
                Edit::Fact(Fact::Starred, Some(0)),
                Edit::Fact(Fact::Done, Some(edited)),
                Edit::Fact(Fact::Called, Some(edited)),
                Edit::Note(Note::new(word, edited)),
                Edit::Tag { add: word.split_whitespace().filter_map(Tag::new).collect(), remove: Vec::new() },
            ];
            for (bit, edit) in edits.into_iter().enumerate() {
                if bits >> bit & 1 == 1 {
                    store.apply(account, &BulkEdit { ids: vec![voicemail.id], edit }).unwrap();
                }
            }
            if bits >> 7 & 1 == 1 {
                let sketch = Sketch::new((bits >> 20) as u32 % 3, &[bits as u8, 3, 5]);
                store.put_sound(account, voicemail.id, sketch, word.as_bytes()).unwrap();
            }
            if bits >> 8 & 1 == 1 {
                let details = store.details(account, voicemail.id, 0).unwrap();
                if let Some(key) = details.and_then(|details| details.key) {
                    let given = Given::new(word, edited).and_then(|given| given.fitting().ok());
                    store.set_name(&key, given.as_ref()).unwrap();
                }
            }
        }
        let text = exported(&mut store);
        let mut other = empty();
        let (_, told) = imported(&mut other, &text);
        prop_assert_eq!(told, Vec::<String>::new());
        prop_assert_eq!(&exported(&mut other), &text);
        // And over itself it changes nothing.
        prop_assert_eq!(imported(&mut store, &text).0, Imported::default());
        prop_assert_eq!(&exported(&mut store), &text);
    }

    #[test]
    fn no_bytes_break_an_import(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0..300_usize) {
        let good = lines(&[r#""time":1,"caller":"139""#, r#""caller":"139","name":"x","edited":1"#]);
        let cut = cut.min(good.len());
        let mut input = good.as_bytes()[..cut].to_vec();
        input.extend(&bytes);
        input.extend(&good.as_bytes()[cut..]);
        // Refused, or with what is good in it; never a panic.
        let result = import(&mut empty(), &key(), Whose::Own, input.as_slice(), |_| {});
        if let Ok(imported) = result {
            prop_assert!(imported.added <= 1 && imported.names <= 1);
        }
    }
}

#[test]
fn read_and_starred_hold_if_either_side_says_so() {
    assert_eq!(merged(r#""read":true"#, r#""starred":true"#), r#""read":true,"starred":true"#);
    assert_eq!(merged(r#""read":true,"starred":true"#, ""), r#""read":true,"starred":true"#);
}

#[test]
fn of_two_times_the_later_one_holds() {
    assert_eq!(merged(r#""done":5"#, r#""called":6"#), r#""done":5,"called":6"#);
    assert_eq!(merged(r#""done":5,"called":9"#, r#""done":7,"called":8"#), r#""done":7,"called":9"#);
    assert_eq!(merged(r#""done":5"#, ""), r#""done":5"#);
}

#[test]
fn the_note_edited_last_stays() {
    let note = |text: &str, edited: i64| format!(r#""note":{{"text":"{text}","edited":{edited}}}"#);
    assert_eq!(merged("", &note("theirs", 1)), note("theirs", 1));
    assert_eq!(merged(&note("ours", 1), ""), note("ours", 1));
    assert_eq!(merged(&note("ours", 1), &note("theirs", 2)), note("theirs", 2));
    assert_eq!(merged(&note("ours", 2), &note("theirs", 1)), note("ours", 2));
    assert_eq!(merged(&note("ours", 2), &note("theirs", 2)), note("ours", 2));
}

#[test]
fn tags_of_both_sides_are_kept() {
    let both = merged(r#""tags":["Billing","a"]"#, r#""tags":["billing","B"]"#);
    assert_eq!(both, r#""tags":["a","B","Billing"]"#);
}

#[test]
fn what_a_recording_looks_like_stays() {
    let ours = r#""length":5,"loudness":1,"waveform":"AQ==""#;
    let theirs = r#""length":9,"loudness":2,"waveform":"Ag==""#;
    assert_eq!(merged(ours, theirs), ours);
    assert_eq!(merged("", theirs), theirs);
    assert_eq!(merged(r#""length":5"#, theirs), theirs);
    assert_eq!(merged(ours, r#""length":9"#), ours);
}

#[test]
fn the_name_given_last_stays() {
    let line = |name: &str, edited: i64| format!(r#""caller":"139","name":"{name}","edited":{edited}"#);
    for (ours, theirs, expected) in [(1, 2, "theirs"), (2, 1, "ours"), (2, 2, "ours")] {
        let mut store = store_of(&line("ours", ours));
        imported(&mut store, &lines(&[&line("theirs", theirs)]));
        assert_eq!(store.names().unwrap()[0].1.name(), expected);
    }
}

#[test]
fn a_bad_line_is_named_and_left_out() {
    let long = format!("{{\"voicemail\":{{\"time\":1,\"caller\":\"{}\"}}}}", "x".repeat(1 << 20));
    let note = format!(
        r#"{{"voicemail":{{"time":1,"caller":"","note":{{"text":"{}","edited":1}}}}}}"#,
        "x".repeat(10_001)
    );
    let name = format!(r#"{{"name":{{"caller":"1","name":"{}","edited":1}}}}"#, "x".repeat(81));
    let caller = format!(r#"{{"name":{{"caller":"{}","name":"x","edited":1}}}}"#, "1".repeat(81));
    let bad = [
        ("", None),
        ("  ", None),
        ("Nonsense", Some("expected value (column 1)")),
        (r#"{"voicemail":{"time":1}}"#, Some("missing field `caller` (column 23)")),
        (r#"{"voicemail":{"time":-1,"caller":""}}"#, Some("time -1 is out of range")),
        (r#"{"voicemail":{"time":100000000000000,"caller":""}}"#, Some("time 100000000000000 is")),
        (r#"{"voicemail":{"time":1,"caller":"","done":9223372036854775807}}"#, Some("is out of range")),
        (r#"{"voicemail":{"time":1,"caller":"","called":-9223372036854775808}}"#, Some("is out of range")),
        (r#"{"voicemail":{"time":1,"caller":"","note":{"text":"x","edited":-1}}}"#, Some("time -1 is")),
        (r#"{"name":{"caller":"1","name":"x","edited":9223372036854775807}}"#, Some("is out of range")),
        (r#"{"voicemail":{"time":1,"caller":"","tag":[]}}"#, Some("unknown field `tag`")),
        (
            r#"{"voicemail":{"time":1,"caller":"","tags":["a b"]}}"#,
            Some("\"a b\" is not a valid tag: a tag is one word of"),
        ),
        (r#"{"voicemail":{"time":1,"caller":"","note":{"text":" ","edited":1}}}"#, Some("the note is blank")),
        (r#"{"voicemail":{"time":1,"caller":"","waveform":"!"}}"#, Some("the waveform is not valid Base64")),
        (r#"{"voicemail":{"id":"0","time":1,"caller":""}}"#, Some("the ID does not match time")),
        (r#"{"name":{"caller":" ","name":"x","edited":1}}"#, Some("the caller is empty")),
        (r#"{"name":{"caller":"1","name":"","edited":1}}"#, Some("the name is empty")),
        ("{\"\u{1b}[31m\":1}", Some("control character")),
        (long.as_str(), Some("longer than 1 MiB")),
        (note.as_str(), Some("a note has at most 10,000 characters, this one has 10,001")),
        (name.as_str(), Some("a name has at most 80 characters, this one has 81")),
        (caller.as_str(), Some("a caller has at most 80 characters, this one has 81")),
    ];
    let mut text = format!("{HEADER}\n");
    for (line, _) in bad {
        text.push_str(line);
        text.push('\n');
    }
    text.push_str(r#"{"voicemail":{"time":5,"caller":"139"}}"#);
    let (done, told) = imported(&mut empty(), &text);
    assert_eq!(done, Imported { added: 1, bad: 20, ..Imported::default() });
    let expected = (2..).zip(bad).filter_map(|(line, (_, reason))| Some((line, reason?)));
    for (told, (line, reason)) in told.iter().zip(expected) {
        assert!(told.starts_with(&format!("line {line}: ")) && told.contains(reason), "{told}: {reason}");
        assert!(!told.contains('\u{1b}'));
    }
}

#[test]
fn a_file_that_is_no_export_is_refused_whole() {
    assert!(refused(b"").contains("the file is empty"));
    assert!(refused(b"{}\n").starts_with("not a vmail export"));
    assert!(refused(&[0xff; 99]).starts_with("not a vmail export"));
    let headless = lines(&[r#""time":1,"caller":"139""#]);
    let (_, headless) = headless.split_once('\n').unwrap();
    assert!(refused(headless.as_bytes()).contains("it has another type"));
    let newer = r#"{"vmail":{"version":2,"account":"global/1111112","more":[]}}"#;
    assert!(refused(newer.as_bytes()).contains("format 2, supported up to 1"));
}

#[test]
fn a_file_of_another_account_comes_in_only_when_told() {
    let text = lines(&[r#""time":1,"caller":"139""#]).replace("1111112", "7");
    assert_eq!(refused(text.as_bytes()), "the export belongs to account global/7, not to global/1111112");
    let mut store = empty();
    let done = import(&mut store, &key(), Whose::Anyones, text.as_bytes(), |_| {}).unwrap();
    assert_eq!(done.added, 1);
    assert!(exported(&mut store).starts_with(HEADER));
}

#[test]
fn an_input_that_fails_is_an_error() {
    struct Failing;
    impl std::io::Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("gone"))
        }
    }
    let input = std::io::BufReader::new(Failing);
    let error = import(&mut empty(), &key(), Whose::Own, input, |_| {}).unwrap_err();
    assert!(matches!(error, ImportError::Read(_)), "{error}");
}

#[test]
fn long_lines_do_not_pile_up_in_memory() {
    /// A line of nearly a mebibyte as often as it is asked for, and then no more.
    struct Endless(u64);
    impl std::io::Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let Some(left) = self.0.checked_sub(1) else { return Err(std::io::Error::other("gone")) };
            self.0 = left;
            let (time, outline) = (1_000 + left, "A".repeat(1_000_000));
            let line =
                format!("{{\"voicemail\":{{\"time\":{time},\"caller\":\"\",\"waveform\":\"{outline}\"}}}}\n");
            buffer[..line.len()].copy_from_slice(line.as_bytes());
            Ok(line.len())
        }
    }
    let mut store = empty();
    let header = format!("{HEADER}\n");
    let lines = std::io::BufReader::with_capacity(1 << 20, Endless(40));
    let input = std::io::Read::chain(header.as_bytes(), lines);
    let error = import(&mut store, &key(), Whose::Own, input, |_| {}).unwrap_err();
    assert!(matches!(error, ImportError::Read(_)), "{error}");
    let account = store.account(&key()).unwrap();
    // What was read before the fault had come in by then, but for the last piece.
    assert!(store.count(account, vmail::core::model::Span::EVER).unwrap() >= 30);
}

// --- The verbs ----------------------------------------------------------------

/// Somebody with an app ID and no secret.
fn home() -> Home {
    Home::new().set("TELECMI_APPID", "1111112")
}

#[test]
fn the_verbs_write_and_read_a_file_without_the_secret() {
    let (home, other) = (home(), home());
    let text =
        lines(&[r#""caller":"139","name":"Railways","edited":3"#, r#""time":5,"caller":"139","done":7"#]);
    fs::write(home.path().join("in.jsonl"), &text).unwrap();
    let output = home.command(&["import", "in.jsonl"]).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(said(&output), "global/1111112: added 1 voicemail, changed 0; imported 1 caller name\n");
    assert!(output.stdout.is_empty());

    let output = home.command(&["export", "--format", "jsonl"]).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(said(&output), "exported 1 voicemail of global/1111112\n");
    let on_stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(on_stdout.lines().count(), 3);

    fs::write(home.path().join("out.jsonl"), "earlier").unwrap();
    let output = home.command(&["export", "out.jsonl"]).output().unwrap();
    assert!(output.status.success() && output.stdout.is_empty(), "{}", said(&output));
    assert_eq!(fs::read_to_string(home.path().join("out.jsonl")).unwrap(), on_stdout);

    #[cfg(unix)]
    {
        let link = home.path().join("link.jsonl");
        std::os::unix::fs::symlink("out.jsonl", &link).unwrap();
        fs::write(home.path().join("out.jsonl"), "earlier").unwrap();
        assert!(home.command(&["export", "link.jsonl"]).status().unwrap().success());
        assert!(link.is_symlink() && fs::read_to_string(link).unwrap() == on_stdout);
    }

    // Into another home, through a pipe.
    let file = fs::File::open(home.path().join("out.jsonl")).unwrap();
    let output = other.command(&["import", "-"]).stdin(file).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let output = other.command(&["export"]).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), on_stdout);
}

#[test]
fn the_verbs_say_what_is_wrong() {
    let home = home();
    let run = |arguments: &[&str]| home.command(arguments).output().unwrap();
    let output = home.command(&["export"]).env_remove("TELECMI_APPID").output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(said(&output), "vmail: no account: run `vmail login`, or set TELECMI_APPID\n");
    let output = run(&["import", "missing.jsonl"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).starts_with("vmail: cannot read missing.jsonl: "), "{}", said(&output));
    let output = run(&["export", "missing/out.jsonl"]);
    assert!(said(&output).starts_with("vmail: cannot write missing/out.jsonl: "), "{}", said(&output));
    assert_eq!(run(&["export", "--format", "xml"]).status.code(), Some(2));

    fs::write(home.path().join("bad.jsonl"), lines(&[r#""time":5,"caller":"139""#, r#""time":5"#])).unwrap();
    let output = run(&["import", "bad.jsonl"]);
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    let said: Vec<_> = said.lines().collect();
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(said[0].starts_with("vmail: line 3: missing field `caller`"), "{said:?}");
    assert!(said[1].starts_with("global/1111112: added "), "{said:?}");
    assert_eq!(said[2], "vmail: 1 line was skipped");
}

#[test]
fn a_damaged_store_does_not_replace_an_export() {
    let home = home();
    fs::create_dir_all(home.store().parent().unwrap()).unwrap();
    fs::write(home.store(), "garbage".repeat(999)).unwrap();
    fs::write(home.path().join("out.jsonl"), "earlier").unwrap();
    let output = home.command(&["export", "out.jsonl"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("was damaged") && said(&output).ends_with("Nothing was exported.\n"));
    assert_eq!(fs::read_to_string(home.path().join("out.jsonl")).unwrap(), "earlier");
}

#[test]
fn the_rules_are_in_the_help() {
    let output = home().command(&["import", "--help"]).output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for rule in ["the later time", "the most recently edited one is kept", "Tags are combined", "skipped"] {
        assert!(help.contains(rule), "{rule}: {help}");
    }
}
