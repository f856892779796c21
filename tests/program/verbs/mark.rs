//! `vmail mark`.

use std::io::Write as _;
use std::process::Stdio;

use crate::verbs::support::{Desk, id, said};

#[test]
fn marks_stay_and_can_be_taken_back() {
    let desk = Desk::new(None);
    let all = desk.objects(&["list", "--json"]);
    let [one, two] = [id(&all[0]), id(&all[1])];
    let marked =
        desk.objects(&["mark", one, two, "--read", "--star", "--done", "--tag", "billing", "--json"]);
    assert_eq!(marked.len(), 2);
    for object in &marked {
        assert_eq!(
            (&object["read"], &object["starred"], &object["done"]),
            (&true.into(), &true.into(), &true.into())
        );
        assert_eq!(object["tags"], serde_json::json!(["billing"]));
    }
    assert_eq!(desk.objects(&["list", "--json", "--offline", "tag:billing"]), marked);
    let table = desk.prints(&["mark", one, two, "--done", "--format", "table"]);
    let lines: Vec<_> = table.lines().collect();
    assert!(lines[0].starts_with("ID ") && lines[0].contains("CALLER"), "{table}");
    assert!(lines.len() == 3 && one.starts_with(lines[1].split(' ').next().unwrap()), "{table}");
    let output = desk.run(&["mark", one, two, "--done"]);
    assert_eq!((output.status.code(), said(&output).as_str()), (Some(0), "0 of 2 voicemails changed\n"));
    desk.prints(&["mark", one, "--unread", "--unstar", "--not-done", "--untag", "billing"]);
    assert_eq!(desk.objects(&["show", one, "--json"])[0], all[0]);
}

#[test]
fn a_query_marks_all_that_it_finds_and_a_pipe_all_that_it_names() {
    let desk = Desk::new(None);
    let all = desk.objects(&["list", "--json"]);
    desk.prints(&["mark", "--query", "-from:98765", "--read"]);
    let unread = desk.objects(&["list", "--json", "--offline", "is:unread"]);
    assert!(!unread.is_empty() && unread.len() < all.len());
    assert!(unread.iter().all(|object| object["caller_raw"].as_str().unwrap().contains("98765")));
    assert!(
        desk.fails(5, &["mark", "--query", "tag:nobody", "--read"])
            .contains("no matching voicemails in the last 7 days")
    );
    let mut child =
        desk.vmail(&["mark", "-", "--star"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let ids: Vec<_> = all.iter().take(3).map(id).collect();
    child.stdin.take().unwrap().write_all(ids.join("\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), said(&output).as_str()), (Some(0), "3 voicemails changed\n"));
    assert_eq!(desk.objects(&["list", "--json", "--offline", "is:starred"]).len(), 3);
}

#[test]
fn what_makes_no_sense_is_a_usage_error() {
    let desk = Desk::new(None);
    for arguments in [
        &["mark", "abc"][..],
        &["mark", "--read"],
        &["mark", "abc", "--read", "--unread"],
        &["mark", "abc", "--query", "x", "--read"],
        &["mark", "abc", "--tag", "two words"],
    ] {
        desk.fails(2, arguments);
    }
}

#[test]
fn one_that_is_not_there_leaves_the_others_alone() {
    let desk = Desk::new(None);
    let all = desk.objects(&["list", "--json"]);
    desk.fails(5, &["mark", id(&all[0]), "00000zzzz", "--star"]);
    desk.fails(5, &["list", "--json", "--offline", "is:starred"]);
}

#[test]
fn not_all_of_a_query_is_marked_while_the_server_cannot_be_asked() {
    let mut desk = Desk::new(None);
    desk.prints(&["sync"]);
    desk.unplug();
    desk.fails(6, &["mark", "--query", "98765", "--star"]);
    desk.fails(5, &["list", "--json", "--offline", "is:starred"]);
    desk.prints(&["mark", "--query", "98765", "--star", "--offline"]);
    assert!(!desk.objects(&["list", "--json", "--offline", "is:starred"]).is_empty());
}
