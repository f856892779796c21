//! `vmail show` and `vmail note`.

use serde_json::Value;

use crate::verbs::support::{Desk, id};

#[test]
fn a_voicemail_is_named_by_how_its_id_begins() {
    let desk = Desk::new(None);
    let all = desk.objects(&["list", "--json"]);
    // One whose number is known: the demo's withheld ones have no digits to look for.
    let with_number = |object: &&Value| object["caller"].is_string();
    let one = all.iter().find(with_number).unwrap().clone();
    let whole = id(&one).to_owned();
    let short = &whole[..8];
    assert_eq!(desk.objects(&["show", short, "--json"]), std::slice::from_ref(&one));
    assert_eq!(
        desk.objects(&["show", &whole.to_uppercase(), "--json", "--offline"]),
        std::slice::from_ref(&one)
    );
    let page = desk.prints(&["show", short]);
    let caller = one["caller_raw"].as_str().unwrap();
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    assert!(
        page.lines().any(|line| line.starts_with("Number") && digits(line).ends_with(&digits(caller)[2..]))
    );
    assert!(page.contains(&whole) && page.contains("unread"), "{page}");
    // Several, in the order in which they were asked for, each once.
    let other = all.iter().find(|object| **object != one).unwrap();
    let two = desk.objects(&["show", id(other), short, id(other), "--json"]);
    assert_eq!(two, [other.clone(), one.clone()]);
}

#[test]
fn an_id_that_is_none_or_of_several_is_said_to_be() {
    let desk = Desk::new(Some(2_000));
    desk.prints(&["sync", "--range", "30d"]);
    let said = desk.fails(2, &["show", "0"]);
    assert!(said.contains("\"0\" is ambiguous: it matches 0") && said.contains('…'), "{said}");
    let said = desk.fails(2, &["show", "no-id!"]);
    assert!(said.contains("\"no-id!\" is not a valid ID"), "{said}");
    desk.fails(2, &["show", "zzzzzzzzzzzzz"]);
    let said = desk.fails(5, &["show", "00000zzzz", "--offline"]);
    assert!(said.contains("no voicemail with ID \"00000zzzz\""), "{said}");
}

#[test]
fn what_is_not_stored_yet_is_fetched() {
    let other = Desk::new(None);
    let known = other.objects(&["list", "--json"]);
    let mut command = other.vmail(&["show", id(&known[0]), "--json"]);
    let output = command.env("XDG_DATA_HOME", other.path("another")).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", crate::verbs::support::said(&output));
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap(), known[0]);
}

#[test]
fn a_note_is_written_read_continued_and_taken_away() {
    let desk = Desk::new(None);
    let all = desk.objects(&["list", "--json"]);
    let id = id(&all[0]);
    assert!(desk.fails(5, &["note", id]).contains("has no note"));
    assert!(desk.fails(2, &["note", id, "   "]).contains("--remove"));
    assert_eq!(desk.prints(&["note", id, "-wants the invoice"]), "");
    assert_eq!(desk.prints(&["note", id]), "-wants the invoice\n");
    let mut piped =
        desk.vmail(&["note", id, "-", "--append"]).stdin(std::process::Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut piped.stdin.take().unwrap(), b"of \x1b[31mJune\n\n").unwrap();
    assert!(piped.wait().unwrap().success());
    let note = desk.prints(&["note", id]);
    assert!(note.starts_with("-wants the invoice\nof ") && !note.contains('\x1b'), "{note:?}");
    let listed = desk.objects(&["list", "--json", "--offline", "has:note"]);
    assert_eq!(listed.len(), 1);
    assert_eq!(format!("{}\n", listed[0]["note"].as_str().unwrap()), note);
    // A row stays a row.
    assert_eq!(desk.prints(&["list", "--format", "tsv", "--offline"]).lines().count(), all.len() + 1);
    desk.prints(&["note", id, "--remove"]);
    desk.fails(5, &["note", id]);
}

#[test]
fn a_note_that_is_too_long_is_refused_and_changes_nothing() {
    let desk = Desk::new(None);
    let all = desk.objects(&["list", "--json"]);
    let id = id(&all[0]);
    let piped = |text: &str, more: &[&str]| {
        let mut command = desk.vmail(&[&["note", id, "-"], more].concat());
        let mut child =
            command.stdin(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code(), crate::verbs::support::said(&output))
    };
    desk.prints(&["note", id, "one"]);
    for (text, length) in [("a".repeat(10_001), "10,001"), ("é".repeat(3 << 20), "3,145,728")] {
        let (code, said) = piped(&text, &[]);
        assert_eq!(code, Some(2), "{said}");
        let expected = format!("note not saved: a note has at most 10,000 characters, this one has {length}");
        assert!(said.contains(&expected), "{said}");
        assert_eq!(desk.prints(&["note", id]), "one\n");
    }
    let (code, said) = piped(&"a".repeat(9_997), &["--append"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("nothing appended: a note has at most 10,000 characters, this one has 10,001"));
    assert_eq!(desk.prints(&["note", id]), "one\n");
    assert_eq!(piped(&format!("\n{}\n\n", "é".repeat(10_000)), &[]).0, Some(0));
    assert_eq!(desk.prints(&["note", id]).chars().count(), 10_001);
}

#[test]
fn what_is_noted_while_somebody_types_more_is_kept() {
    let desk = Desk::new(None);
    let all = desk.objects(&["list", "--json"]);
    let id = id(&all[0]);
    desk.prints(&["note", id, "one"]);
    let mut slow =
        desk.vmail(&["note", id, "-", "--append"]).stdin(std::process::Stdio::piped()).spawn().unwrap();
    let mut typed = slow.stdin.take().unwrap();
    // More than a pipe holds: once it is written, the text is being read.
    std::io::Write::write_all(&mut typed, ["three", &" ".repeat(1 << 20)].concat().as_bytes()).unwrap();
    desk.prints(&["note", id, "two"]);
    drop(typed);
    assert!(slow.wait().unwrap().success());
    assert_eq!(desk.prints(&["note", id]), "two\nthree\n");
}
