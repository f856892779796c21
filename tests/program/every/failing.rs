//! What is said, and with which exit code a verb ends, where something is wrong.

use std::process::Stdio;

use crate::every::run::{Faults, Office, ended, text};
use crate::every::table::{Kind, NO_ID, TABLE, Verb, with};

#[test]
fn a_flag_that_there_is_not_is_a_usage_error() {
    let (office, mut faults) = (Office::new(Some(0)), Faults::default());
    for verb in TABLE {
        let call = format!("{} --nonsense", verb.name);
        let output = office.desk.run(&[&verb.words()[..], &["--nonsense"]].concat());
        faults.unless_fails(2, &call, &output);
        faults.unless(text(&output.stderr).contains("--nonsense"), &call, "does not name it", &output);
        let misleads = text(&output.stderr).contains("'-- --nonsense'");
        let queries = ["list", "stats", "download"].contains(&verb.name);
        faults.unless(!misleads || !queries, &call, "searches for a flag", &output);
    }
}

#[test]
fn wrong_credentials_and_none_are_told_apart_from_the_rest() {
    let (office, mut faults) = (Office::new(None), Faults::default());
    for verb in TABLE.iter().filter(|verb| matches!(verb.kind, Kind::Reads | Kind::Asks)) {
        let (mut command, mut stdin) = office.asking(verb, &[]);
        command.env("TELECMI_SECRET", "wrong");
        if verb.name == "login" {
            stdin = b"wrong".into();
        }
        let output = ended((command, stdin));
        faults.unless_fails(3, &format!("{} with a wrong secret", verb.name), &output);
        let said = text(&output.stderr);
        let fine = said.contains("Authentication Failed") && !said.contains("wrong\n");
        faults.unless(fine, verb.name, "does not give the server's words", &output);

        // Login is what brings them.
        if verb.name == "login" {
            continue;
        }
        let missing: [(&str, &[&str]); 2] =
            [("secret", &["TELECMI_SECRET"]), ("account", &["TELECMI_SECRET", "TELECMI_APPID"])];
        for (what, variables) in missing {
            let (mut command, stdin) = office.asking(verb, &[]);
            for variable in variables {
                command.env_remove(variable);
            }
            let output = ended((command, stdin));
            let call = format!("{} without {what}", verb.name);
            faults.unless_fails(3, &call, &output);
            let advises = text(&output.stderr).contains("`vmail login`");
            faults.unless(advises, &call, "does not say what to do", &output);
        }
    }
    let mut command = office.desk.vmail(&["doctor"]);
    let output = command.env("TELECMI_SECRET", "wrong").stdin(Stdio::null()).output().unwrap();
    faults.unless_code(3, "doctor with a wrong secret", &output);
}

#[test]
fn without_a_network_what_is_stored_will_do() {
    let (mut office, mut faults) = (Office::new(None), Faults::default());
    for verb in TABLE.iter().filter(|verb| verb.kind == Kind::Reads) {
        // What download and play are to work with.
        let output = ended(office.usual(verb, &[]));
        faults.unless_code(verb.code, verb.name, &output);
    }
    office.desk.unplug();
    for verb in TABLE.iter().filter(|verb| matches!(verb.kind, Kind::Reads | Kind::Asks)) {
        let output = ended(office.asking(verb, &[]));
        let call = format!("{} without a network", verb.name);
        let said = text(&output.stderr);
        faults.unless(said.contains("Offline"), &call, "does not say why", &output);
        // There is nothing stored that would do in place of what was asked for.
        if verb.kind == Kind::Asks || verb.asking == [NO_ID] {
            faults.unless_fails(4, &call, &output);
            continue;
        }
        faults.unless_code(6, &call, &output);
        let shows = verb.prints && verb.asking.is_empty();
        faults.unless(shows != output.stdout.is_empty(), &call, "shows what is stored", &output);
        faults.unless(said.contains("are complete up to"), &call, "does not say how old it is", &output);
    }
    let output = office.desk.run(&["doctor"]);
    faults.unless_code(4, "doctor without a network", &output);
}

#[test]
fn what_is_asked_for_offline_is_what_is_stored() {
    let (mut office, mut faults) = (Office::new(None), Faults::default());
    // Whatever is stored and changed by one is shown by the next; so those that only show come last.
    let shows = |verb: &&Verb| ["list", "show", "stats"].contains(&verb.name);
    for verb in with("offline").filter(|verb| !shows(verb)) {
        ended(office.usual(verb, &[]));
    }
    let fresh: Vec<_> =
        with("offline").map(|verb| shows(&verb).then(|| ended(office.usual(verb, &[])))).collect();
    office.desk.unplug();
    for (verb, fresh) in with("offline").zip(fresh) {
        let call = format!("{} --offline", verb.name);
        let output = ended(office.usual(verb, &["--offline"]));
        match verb.name {
            "sync" => faults.unless_fails(2, &call, &output),
            _ => faults.unless_code(verb.code, &call, &output),
        }
        if let Some(fresh) = fresh {
            faults.unless(output.stdout == fresh.stdout, &call, "differs", &output);
        }
    }
}

#[test]
fn an_id_that_there_is_not_is_not_found() {
    let (office, mut faults) = (Office::new(None), Faults::default());
    for arguments in [
        &["show", NO_ID][..],
        &["play", NO_ID],
        &["mark", NO_ID, "--star"],
        &["note", NO_ID],
        &["note", NO_ID, "text"],
        &["download", "--dir", "out", "--id", NO_ID],
    ] {
        for more in [&[][..], &["--offline"]] {
            let arguments = [arguments, more].concat();
            let (call, output) = (arguments.join(" "), office.desk.run(&arguments));
            faults.unless_fails(5, &call, &output);
            let said = format!("vmail: no voicemail with ID \"{NO_ID}\"\n");
            faults.unless(text(&output.stderr) == said, &call, "words", &output);
        }
    }
}

#[test]
fn a_query_and_a_range_that_cannot_be_read_are_pointed_at() {
    let (office, mut faults) = (Office::new(Some(0)), Faults::default());
    let check = |faults: &mut Faults, arguments: &[&str], place: &str| {
        let (call, output) = (arguments.join(" "), office.desk.run(arguments));
        faults.unless_fails(2, &call, &output);
        let said = text(&output.stderr);
        let mut lines = said.lines().skip_while(|line| !line.trim_start().starts_with('^')).peekable();
        let marks = lines.peek().map_or("", |line| line.trim_end());
        let above = said.lines().zip(said.lines().skip(1)).find(|(_, below)| below.trim_end() == marks);
        let at = marks.find('^').unwrap_or_default();
        let pointed = above.and_then(|(above, _)| above.get(at..)).unwrap_or_default();
        let fine = !marks.is_empty() && pointed.starts_with(place);
        faults.unless(fine, &call, &format!("does not point at {place}"), &output);
    };
    for verb in TABLE.iter().filter(|verb| verb.takes_query()) {
        check(&mut faults, &verb.querying("anita is:nonsense"), "nonsense");
    }
    for verb in with("range") {
        let words = verb.words();
        let arguments = if verb.takes_query() { verb.querying("9") } else { [&words, verb.asking].concat() };
        check(&mut faults, &[&arguments[..], &["--range", "last 7 dayz"]].concat(), "dayz");
        // Whether it ends before it starts is known on the day.
        if verb.kind != Kind::Apart {
            check(&mut faults, &[&arguments[..], &["--range", "today..yesterday"]].concat(), "yesterday");
        }
    }
}
