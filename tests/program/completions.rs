//! Completions, asked for by the shells themselves.

#![expect(clippy::unwrap_used, reason = "a test fails by it, in helpers as well")]

use std::fs;
#[cfg(unix)]
use std::io::{Write as _, stderr};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const SHELLS: [&str; 5] = ["bash", "zsh", "fish", "powershell", "elvish"];

/// A command with the program in its PATH and nothing of the machine's own user.
fn command(program: &str, home: &Path) -> Command {
    let bin = Path::new(env!("CARGO_BIN_EXE_vmail")).parent().unwrap();
    let mut command = Command::new(program);
    command.env_clear().env("HOME", home).env("TERM", "dumb").env("LC_ALL", "C.UTF-8").current_dir(home);
    command.env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display())).stdin(Stdio::null());
    command
}

fn vmail(arguments: &[&str]) -> Output {
    let home = TempDir::new().unwrap();
    let output = command(env!("CARGO_BIN_EXE_vmail"), home.path()).args(arguments).output().unwrap();
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "something was written");
    output
}

#[cfg(unix)]
/// What `shell` prints that runs `script`, line by line; `None` where there is no such shell.
fn run(shell: &str, script: &str) -> Option<Vec<String>> {
    let home = TempDir::new().unwrap();
    fs::create_dir(home.path().join("folder")).unwrap();
    let arguments: &[&str] = match shell {
        "bash" => &["--norc", "--noprofile", "-c"],
        "zsh" => &["-f", "-c"],
        "elvish" => &["-norc", "-c"],
        _ => &["--no-config", "-c"],
    };
    let Ok(output) = command(shell, home.path()).args(arguments).arg(script).output() else {
        // Not by eprintln!, which is kept back while all is well.
        let _ = writeln!(stderr(), "!!! SKIPPED, nothing was completed by {shell}: it is not here");
        return None;
    };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.is_empty(), "{shell}: {said}");
    Some(String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect())
}

#[test]
fn each_shell_has_a_script() {
    for shell in SHELLS {
        let output = vmail(&["completions", shell]);
        assert!(output.status.success() && output.stderr.is_empty(), "{shell}: {output:?}");
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(script.contains("vmail") && script.contains("VMAIL_COMPLETE"), "{shell}: {script}");
        // The script must stay good when the program moves.
        assert!(!script.contains(env!("CARGO_BIN_EXE_vmail")), "{shell}: {script}");
    }
}

#[test]
fn a_shell_that_is_not_known_is_a_usage_error() {
    let output = vmail(&["completions", "tcsh"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(SHELLS.iter().all(|shell| said.contains(shell)), "{said}");
}

#[test]
fn nothing_is_said_to_one_who_asks_wrongly() {
    let home = TempDir::new().unwrap();
    for shell in ["tcsh", "bash", "zsh"] {
        let mut asked = command(env!("CARGO_BIN_EXE_vmail"), home.path());
        let output =
            asked.env("VMAIL_COMPLETE", shell).args(["--", "vmail", "--no-such-flag", "nor-this"]).output();
        let output = output.unwrap();
        assert!(output.stderr.is_empty(), "{shell}: {output:?}");
    }
}

#[cfg(unix)]
/// What bash offers after `line`, by its own machinery.
fn bash(line: &str) -> Option<Vec<String>> {
    let script = format!(
        "source <(vmail completions bash)\n\
         complete -p vmail >/dev/null || exit 9\n\
         COMP_LINE={line}; COMP_POINT=${{#COMP_LINE}}; _vmail\n\
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        line = quoted(line)
    );
    run("bash", &script)
}

#[cfg(unix)]
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(unix)]
#[test]
fn bash_completes() {
    let Some(verbs) = bash("vmail doc") else { return };
    assert_eq!(verbs, ["doctor"]);
    assert_eq!(bash("vmail doctor --off").unwrap(), ["--offline"]);
    assert_eq!(bash("vmail --region ").unwrap(), ["global", "india"]);
    assert_eq!(bash("vmail --range th").unwrap(), [r"this\ week", r"this\ month"]);
    // bash has cut the line at the equals sign, and wants the rest alone.
    assert_eq!(bash("vmail --range=tod").unwrap(), ["today"]);
    assert_eq!(bash("vmail --range \"this w").unwrap(), ["this week"]);
    assert_eq!(bash("vmail --timezone Asia/Kolk").unwrap(), ["Asia/Kolkata"]);
    assert_eq!(bash("vmail doctor --config fo").unwrap(), ["folder/"]);
    assert_eq!(bash("vmail man doc").unwrap(), ["doctor"]);
    assert_eq!(bash("vmail --concurrency ").unwrap(), [""]);
}

#[cfg(unix)]
#[test]
fn zsh_completes() {
    // Without a line editor: what its script hands to _describe.
    let script = "compdef() { :; }; source <(vmail completions zsh)\n\
                  _describe() { print -l -- ${(P)${@[-1]}}; }; compadd() { :; }; compset() { :; }\n\
                  words=(vmail doc); CURRENT=2; _clap_dynamic_completer_vmail";
    let Some(found) = run("zsh", script) else { return };
    assert!(found.iter().any(|line| line.starts_with("doctor:Check settings")), "{found:?}");
}

#[cfg(unix)]
#[test]
fn fish_completes() {
    let ask = |line: &str| {
        run("fish", &format!("vmail completions fish | source; complete --do-complete {}", quoted(line)))
    };
    let Some(found) = ask("vmail doc") else { return };
    assert!(found.len() == 1 && found[0].starts_with("doctor\tCheck settings"), "{found:?}");
    let found = ask("vmail --range th").unwrap();
    assert!(found[0].starts_with("this week\tThis week") && found.len() == 2, "{found:?}");
}

#[cfg(unix)]
#[test]
fn elvish_completes() {
    // Without a line editor, which is the one thing that its script names.
    let ask = |words: &str| {
        let script = format!(
            "use str; var script = (str:join \"\\n\" [(vmail completions elvish)])\n\
             var own = (str:replace 'edit:completion:arg-completer[vmail]' completer $script)\n\
             eval \"var completer = $nop~\\n\"$own\"\\n$completer \"{}",
            quoted(words)
        );
        run("elvish", &script)
    };
    let Some(found) = ask("vmail doc") else { return };
    assert_eq!(found, ["doctor"]);
    assert_eq!(ask("vmail --range th").unwrap(), ["this week", "this month"]);
    assert_eq!(ask("vmail list fr").unwrap(), ["from:"]);
}
