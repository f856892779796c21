//! `on_new`: the user's own command for each new voicemail.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::Value;

use crate::verbs::support::{Desk, SECRET};

/// Waits for the embedded demo's server to have a new one: its settings come from `config`.
fn watch(desk: &Desk, on_new: &str) -> Value {
    fs::write(desk.path("config.toml"), format!("on_new = {on_new}\n")).unwrap();
    let arguments = ["sync", "--watch", "--json", "--demo", "--config", "config.toml"];
    let mut child = desk.vmail(&arguments).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    serde_json::from_str(&line).unwrap()
}

#[test]
fn a_new_voicemail_runs_it_with_its_fields_and_no_secret() {
    let desk = Desk::new(Some(0));
    let new = watch(&desk, r#"'cat > "$PWD/stdin"; env > "$PWD/env"'"#);
    let told: Value = serde_json::from_slice(&fs::read(desk.path("stdin")).unwrap()).unwrap();
    assert_eq!(told, new);
    let env = fs::read_to_string(desk.path("env")).unwrap();
    for (name, field) in [("VMAIL_ID", "id"), ("VMAIL_TIME", "time"), ("VMAIL_CALLER_RAW", "caller_raw")] {
        let line = format!("{name}={}", new[field].as_str().unwrap());
        assert!(env.lines().any(|known| known == line), "{line}\n{env}");
    }
    assert!(!env.contains(SECRET), "{env}");
    // What stands for an account without a name is no name by which vmail would find it.
    assert!(env.lines().any(|line| line == "VMAIL_ACCOUNT="), "{env}");
}

#[test]
fn a_vmail_in_it_works_with_the_same_account() {
    let desk = Desk::new(Some(0));
    let program = env!("CARGO_BIN_EXE_vmail");
    // The demo's voicemail is in no store of the disk: what counts is which account is asked for it.
    let show = format!("'{program} show --offline \"$VMAIL_ID\" 2> \"$PWD/said\"; true'");
    let new = watch(&desk, &show);
    let said = fs::read_to_string(desk.path("said")).unwrap();
    assert_eq!(said, format!("vmail: no voicemail with ID \"{}\"\n", new["id"].as_str().unwrap()));
}
