//! `vmail sync`.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::verbs::support::{Desk, said};

#[test]
fn it_is_quiet_where_nobody_looks() {
    let mut desk = Desk::new(Some(500));
    let output = desk.run(&["sync", "--range", "30d"]);
    assert_eq!((output.status.code(), output.stdout.len(), said(&output).as_str()), (Some(0), 0, ""));
    assert_eq!(desk.objects(&["list", "--json", "--offline", "--range", "30d"]).len(), 500);
    let output = desk.vmail(&["sync"]).env("TELECMI_SECRET", "wrong").output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    desk.fails(2, &["sync", "--offline"]);
    desk.unplug();
    let said = desk.fails(4, &["sync", "--again"]);
    assert!(said.starts_with("vmail: Offline") && said.lines().count() == 1, "{said}");
}

#[test]
fn new_voicemail_come_as_a_table_where_one_is_asked_for() {
    let desk = Desk::new(Some(0));
    let arguments = ["sync", "--watch", "--format", "table", "--demo"];
    let mut child = desk.vmail(&arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let [head, row] = [(); 2].map(|()| lines.next().unwrap().unwrap());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(head.starts_with("ID ") && head.contains("CALLER"), "{head}");
    assert!(row.contains(" ● ") && !row.contains('{'), "{row}");
}
