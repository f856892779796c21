//! What a call that is fine writes where: data on stdout, words for people on stderr.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use clap::CommandFactory as _;
use serde_json::Value;
use vmail::cli::Cli;

use crate::every::run::{Faults, Office, ended, text};
use crate::every::table::{Kind, TABLE, verb, with};
use crate::verbs::support::{VOICEMAIL, kind};

/// The widest that a line of help may be.
const WIDTH: usize = 100;

/// The fields of a line of each verb; `None` where the lines are not of one kind.
fn schema(verb: &str) -> Option<Vec<(&'static str, &'static str)>> {
    let own: &[(&str, &str)] = match verb {
        "list" | "show" | "mark" | "note" | "sync" => &[],
        "download" => &[
            ("file", "string or null"),
            ("bytes", "number or null"),
            ("status", "string"),
            ("error", "string or null"),
        ],
        "accounts" => &[
            ("name", "string or null"),
            ("region", "string"),
            ("app_id", "number"),
            ("base_url", "string or null"),
            ("secret", "string"),
            ("current", "boolean"),
            ("stored", "number"),
        ],
        "doctor" => {
            &[("check", "string"), ("state", "string"), ("finding", "string"), ("advice", "string or null")]
        }
        "keys" => &[
            ("group", "string"),
            ("scope", "string"),
            ("command", "string"),
            ("keys", "array"),
            ("custom", "boolean"),
            ("help", "string"),
        ],
        "stats" => &[
            ("account", "string"),
            ("range", "string"),
            ("from", "string or null"),
            ("to", "string"),
            ("timezone", "string"),
            ("count", "number"),
            ("unread", "number"),
            ("read", "number"),
            ("starred", "number"),
            ("done", "number"),
            ("called", "number"),
            ("days", "array"),
            ("hours", "array"),
            ("weekdays", "array"),
            ("callers", "array"),
            ("until_called", "object or null"),
            ("until_done", "object or null"),
            ("length", "object or null"),
        ],
        "backup list" => &[
            ("time", "string"),
            ("time_ms", "number"),
            ("voicemails", "number or null"),
            ("notes", "number or null"),
            ("tags", "number or null"),
            ("names", "number or null"),
            ("bytes", "number"),
            ("state", "string"),
            ("path", "string"),
        ],
        "export" => return None,
        _ => panic!("{verb} has no schema"),
    };
    let mut fields = own.to_vec();
    if ["list", "show", "mark", "note", "sync", "download"].contains(&verb) {
        fields.splice(0..0, VOICEMAIL);
    }
    Some(fields)
}

#[test]
fn help_is_data_that_fits() {
    let (office, mut faults) = (Office::new(Some(0)), Faults::default());
    for verb in TABLE {
        for flag in ["--help", "-h"] {
            let call = format!("{} {flag}", verb.name);
            let output = office.desk.run(&[&verb.words()[..], &[flag]].concat());
            faults.unless_code(0, &call, &output);
            let out = text(&output.stdout);
            faults.unless(
                out.contains("Usage: vmail") && output.stderr.is_empty(),
                &call,
                "no help",
                &output,
            );
            let long: Vec<_> = out.lines().filter(|line| line.chars().count() > WIDTH).collect();
            faults.unless(long.is_empty(), &call, &format!("lines are too long: {long:#?}"), &output);
            faults.unless(!out.contains('\x1b'), &call, "is styled", &output);
        }
    }
}

#[test]
fn what_a_verb_takes_is_shown_by_examples_and_wrapped_by_the_terminal() {
    let mut cli = Cli::command();
    cli.build();
    for verb in TABLE {
        let command = verb.words().iter().fold(&cli, |command, word| command.find_subcommand(word).unwrap());
        let after = command.get_after_long_help().or_else(|| command.get_after_help());
        let after = after.map(ToString::to_string).unwrap_or_default();
        let takes_much = verb.kind != Kind::Apart && !["logout", "demo-server"].contains(&verb.name);
        assert_eq!(after.starts_with("Examples:\n"), takes_much, "{}", verb.name);
        for paragraph in after.split("\n\n") {
            let mut below = paragraph.lines().skip(1);
            assert!(below.all(|line| line.starts_with("  ")), "{}: {paragraph}", verb.name);
        }
        let examples = after.lines().filter(|line| line.starts_with("  "));
        for example in examples {
            assert!(example.chars().count() <= 80, "{}: {example}", verb.name);
        }
    }
}

#[test]
fn data_goes_to_stdout_and_words_to_stderr() {
    let (office, mut faults) = (Office::new(None), Faults::default());
    for verb in TABLE.iter().filter(|verb| verb.name != "demo-server" && verb.name != "logout") {
        let output = ended(office.usual(verb, &[]));
        faults.unless_code(verb.code, verb.name, &output);
        faults.unless(
            output.stdout.is_empty() != verb.prints,
            verb.name,
            "data should be on stdout",
            &output,
        );
        let said = text(&output.stderr);
        faults.unless(said.lines().count() <= verb.says, verb.name, "says too much", &output);
        let told = text(&output.stdout) + &said;
        faults.unless(!told.contains(['\x1b', '\r']), verb.name, "writes for a terminal", &output);
    }
    // The secret that login has stored.
    let logout = crate::every::table::verb("logout");
    let output = ended(office.usual(logout, &[]));
    faults.unless_code(0, "logout", &output);
    let fine = output.stdout.is_empty() && text(&output.stderr).lines().count() <= logout.says;
    faults.unless(fine, "logout", "says too much", &output);
}

#[test]
fn the_demos_server_says_where_it_is_and_nothing_else() {
    let office = Office::new(Some(0));
    let mut command = office.desk.vmail(&["demo-server"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut url = String::new();
    out.read_line(&mut url).unwrap();
    assert!(url.starts_with("http://127.0.0.1:") && url.ends_with("/v2\n"), "{url}");
    child.kill().unwrap();
    let rest = child.wait_with_output().unwrap();
    out.read_to_string(&mut url).unwrap();
    assert_eq!(url.lines().count(), 1);
    assert!(!text(&rest.stderr).contains("panicked"));
}

#[test]
fn json_has_the_fields_that_are_documented() {
    let (office, mut faults) = (Office::new(None), Faults::default());
    let help = |name: &str| text(&office.desk.run(&[&verb(name).words()[..], &["--help"]].concat()).stdout);
    for verb in with("json") {
        let call = format!("{} --json", verb.name);
        let output = ended(office.usual(verb, &["--json"]));
        faults.unless_code(0, &call, &output);
        let out = text(&output.stdout);
        // sync has nothing new to tell.
        let silent = verb.name == "sync";
        faults.unless(silent == out.is_empty(), &call, "prints nothing", &output);
        let mut documented = help(verb.name);
        if documented.replace(['\n', ' '], "").contains("fieldsof`vmaillist`") {
            documented += &help("list");
        }
        let words: Vec<_> = documented.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        let schema = schema(verb.name);
        for field in schema.iter().flatten() {
            let what = format!("{} is not in the help", field.0);
            faults.unless(words.contains(&field.0), &call, &what, &output);
        }
        for line in out.lines() {
            let object: Result<BTreeMap<String, Value>, _> = serde_json::from_str(line);
            let Ok(object) = object else {
                faults.unless(false, &call, &format!("no object: {line}"), &output);
                continue;
            };
            let Some(schema) = &schema else { continue };
            let fits = |(name, kinds): &(&str, &str)| {
                let kind = object.get(*name).map(kind);
                kind.is_some_and(|kind| kinds.split(" or ").any(|known| known == kind))
            };
            let fine = object.len() == schema.len() && schema.iter().all(fits);
            faults.unless(fine, &call, &format!("not of the schema: {line}"), &output);
        }
    }
}

#[test]
fn values_that_are_separated_have_a_name_each() {
    let (office, mut faults) = (Office::new(None), Faults::default());
    for verb in with("format").filter(|verb| verb.name != "export") {
        let names = |format: &str| {
            let call = format!("{} --format {format}", verb.name);
            let output = ended(office.usual(verb, &["--format", format]));
            (call, output)
        };
        let (call, output) = names("csv");
        let mut csv = csv::Reader::from_reader(&*output.stdout);
        let head: Vec<_> = csv.headers().unwrap().iter().map(str::to_owned).collect();
        let rows: Vec<_> = csv.records().collect();
        faults.unless_code(0, &call, &output);
        faults.unless(rows.iter().all(Result::is_ok), &call, "columns differ", &output);
        faults.unless(head.len() > 2 && (verb.name == "sync") == rows.is_empty(), &call, "no rows", &output);
        if let Some(schema) = schema(verb.name).filter(|_| verb.name != "stats") {
            let fields: Vec<_> = schema.iter().map(|(name, _)| (*name).to_owned()).collect();
            faults.unless(head == fields, &call, "names differ from those of JSON", &output);
        }
        let (call, output) = names("tsv");
        let out = text(&output.stdout);
        let tabs = out.lines().map(|line| line.split('\t').count());
        faults.unless_code(0, &call, &output);
        faults.unless(tabs.clone().all(|count| count == head.len()), &call, "columns differ", &output);
        let expected = if verb.name == "download" { 0 } else { rows.len() };
        faults.unless(out.lines().count() > expected, &call, "rows are missing", &output);
    }
}

/// How many voicemail there are for readers that want one.
const MANY: usize = 10_000;

#[test]
fn a_reader_that_has_had_enough_is_no_failure() {
    let (office, mut faults) = (Office::new(Some(MANY)), Faults::default());
    let calls: &[(&str, &[&str])] = &[
        ("list", &["--offline"]),
        ("list", &["--json", "--offline"]),
        ("list", &["--format", "csv", "--offline"]),
        ("list", &["--format", "tsv", "--offline"]),
        ("sync", &["--format", "csv"]),
        ("download", &["--dry-run", "--offline"]),
        ("download", &["--dry-run", "--json", "--offline"]),
        ("mark", &["--json", "--offline", "--query", "is:unread", "--read"]),
        ("stats", &["--offline"]),
        ("stats", &["--format", "csv", "--offline"]),
        ("export", &[]),
    ];
    let others = TABLE.iter().filter(|verb| verb.kind == Kind::Apart && verb.prints);
    let others = others.filter(|verb| verb.name != "demo-server").map(|verb| (verb.name, verb.usual));
    for (name, arguments) in calls.iter().copied().chain(others) {
        let words: Vec<_> = name.split(' ').chain(arguments.iter().copied()).collect();
        let mut command = office.desk.vmail(&words);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = Vec::new();
        // A small buffer: what it takes in is not written to a closed pipe.
        let mut reader = BufReader::with_capacity(64, child.stdout.take().unwrap());
        reader.read_until(b'\n', &mut line).unwrap();
        drop(reader);
        let output = child.wait_with_output().unwrap();
        let call = words.join(" ");
        faults.unless_code(0, &call, &output);
        faults.unless(!line.is_empty(), &call, "prints nothing", &output);
        let said = text(&output.stderr).lines().count();
        // Who stores or saves something says so, whoever reads the rest.
        let may_say = usize::from(["mark", "download"].contains(&name));
        faults.unless(said <= may_say, &call, "is not quiet", &output);
    }
}

#[test]
fn a_json_array_has_the_objects_that_the_lines_have() {
    let mut faults = Faults::default();
    for verb in with("json").filter(|verb| verb.name != "export") {
        // Each in a store of its own, since some verbs change it.
        let printed = |flags: &[&str]| {
            let office = Office::new(None);
            let output = ended(office.usual(verb, flags));
            (text(&output.stdout), output)
        };
        let (lines, _) = printed(&["--json"]);
        let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let (array, output) = printed(&["--format", "json"]);
        let call = format!("{} --format json", verb.name);
        faults.unless_code(0, &call, &output);
        let array: Result<Value, _> = serde_json::from_str(&array);
        let Ok(array) = array else {
            faults.unless(false, &call, "is no JSON", &output);
            continue;
        };
        if verb.name == "stats" {
            faults.unless(array.is_object(), &call, "is one object", &output);
            continue;
        }
        // The demo server's voicemails are never the same ones twice.
        let names = |objects: &[Value]| -> Vec<Vec<String>> {
            objects.iter().map(|object| object.as_object().unwrap().keys().cloned().collect()).collect()
        };
        let same = array.as_array().is_some_and(|array| names(array) == names(&lines));
        faults.unless(same, &call, "has other objects", &output);
    }
    let office = Office::new(Some(0));
    let output = office.desk.run(&["list", "--format", "json"]);
    faults.unless_code(5, "list --format json", &output);
    faults.unless(text(&output.stdout) == "[]\n", "list --format json", "an empty array", &output);
    let output = office.desk.run(&["sync", "--watch", "--format", "json"]);
    faults.unless_fails(2, "sync --watch --format json", &output);
    faults.unless(text(&output.stderr).contains("use --format jsonl"), "sync", "says what to use", &output);
}

#[test]
fn a_call_that_finds_nothing_prints_no_data() {
    let (office, mut faults) = (Office::new(Some(0)), Faults::default());
    // Only sync does not search: that there is nothing new is what it usually finds.
    let calls: &[(&str, &[&str], i32)] = &[
        ("list", &[], 5),
        ("list", &["--json"], 5),
        ("list", &["--unread", "--offline"], 5),
        ("stats", &["--offline"], 5),
        ("sync", &[], 0),
        ("sync", &["--json"], 0),
        ("download", &["--dir", "out"], 5),
        ("download", &["--dir", "out", "--json"], 5),
        ("play", &["--query", "is:unread"], 5),
        ("mark", &["--query", "is:unread", "--star"], 5),
    ];
    for (name, arguments, code) in calls {
        let words = [&[*name], *arguments].concat();
        let (call, output) = (words.join(" "), office.desk.run(&words));
        faults.unless_code(*code, &call, &output);
        faults.unless(output.stdout.is_empty(), &call, "prints something", &output);
        let said = text(&output.stderr);
        let quiet = *name == "sync";
        faults.unless(said.lines().count() == usize::from(!quiet), &call, "should be a line", &output);
        let told = said.is_empty() || said.contains("no matching voicemails");
        faults.unless(told && (quiet || said.contains("--range widens the search")), &call, "words", &output);
    }
    for format in ["csv", "tsv"] {
        let output = office.desk.run(&["list", "--format", format]);
        let call = format!("list --format {format}");
        faults.unless_code(5, &call, &output);
        faults.unless(text(&output.stdout).lines().count() == 1, &call, "names alone", &output);
    }
}
