//! Disks that are full: `/dev/full` takes nothing.

use std::fs::File;
use std::process::{Command, Output, Stdio};

use crate::every::run::{Faults, Office, text};
use crate::every::table::{TABLE, with};

fn full() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

/// Runs a call whose data can be written nowhere.
fn without_paper(mut command: Command) -> Output {
    command
        .stdin(Stdio::null())
        .stdout(full())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
        .wait_with_output()
        .unwrap()
}

#[test]
fn data_that_cannot_be_written_is_a_failure_that_says_so() {
    let (office, mut faults) = (Office::new(None), Faults::default());
    let check = |faults: &mut Faults, call: &str, output: &Output| {
        faults.unless_code(1, call, output);
        let said = text(&output.stderr);
        let last = said.lines().last().unwrap_or_default();
        let fine = last.starts_with("vmail: ") && last.matches("cannot write ").count() == 1;
        faults.unless(fine && last.matches("(os error").count() == 1, call, "words", output);
    };
    for verb in TABLE {
        if verb.prints {
            check(&mut faults, verb.name, &without_paper(office.usual(verb, &[]).0));
        }
        let help = [&verb.words()[..], &["--help"]].concat();
        check(&mut faults, &help.join(" "), &without_paper(office.desk.vmail(&help)));
    }
    for verb in with("json").filter(|verb| ["mark", "note", "download"].contains(&verb.name)) {
        check(&mut faults, verb.name, &without_paper(office.usual(verb, &["--json"]).0));
    }
}

#[test]
fn words_that_cannot_be_written_are_no_crash() {
    let (office, mut faults) = (Office::new(None), Faults::default());
    for verb in TABLE.iter().filter(|verb| verb.name != "demo-server") {
        for more in [&[][..], &["--nonsense"]] {
            let (mut command, _) = office.usual(verb, more);
            let output = command.stdin(Stdio::null()).stderr(full()).output().unwrap();
            // Who cannot say what was done may call it a failure; 101 is a panic.
            let fine = output.status.code().is_some_and(|code| code <= 6);
            faults.unless(fine, &format!("{} {more:?}", verb.name), "crashes", &output);
        }
    }
}
