//! The manual pages and the help: made from one set of definitions, whole, and fit to be read.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{Write as _, stderr};
use std::path::Path;
use std::process::{Command, Output};

use clap::CommandFactory as _;
use tempfile::TempDir;
use vmail::cli::Cli;
use vmail::cli::verbs::man::ENVIRONMENT;
use vmail::error::Failure;

fn vmail(arguments: &[&str]) -> Output {
    let home = TempDir::new().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_vmail"));
    command.env_clear().env("HOME", home.path()).args(arguments).output().unwrap()
}

fn text(arguments: &[&str]) -> String {
    let output = vmail(arguments);
    assert!(output.status.success() && output.stderr.is_empty(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Every verb, as it is written: `["man"]`, and below it `["config", "check"]`.
fn verbs() -> Vec<Vec<String>> {
    fn below(command: &clap::Command, path: &[String], found: &mut Vec<Vec<String>>) {
        for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
            let path = [path, &[verb.get_name().to_owned()]].concat();
            below(verb, &path, found);
            found.push(path);
        }
    }
    let mut found = Vec::new();
    below(&Cli::command(), &[], &mut found);
    assert!(found.len() >= 7, "{found:?}");
    found
}

/// The flags that a text names.
fn flags(text: &str) -> BTreeSet<String> {
    let text = text.replace("\\-", "-").replace("\\fB", " ").replace("\\fR", " ");
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    words.filter(|word| word.starts_with("--") && word.len() > 2).map(str::to_owned).collect()
}

#[test]
fn every_verb_has_a_help_that_fits() {
    for verb in verbs().into_iter().chain([Vec::new()]) {
        let words: Vec<_> = verb.iter().map(String::as_str).chain(["--help"]).collect();
        let help = text(&words);
        assert!(help.contains("Usage: vmail"), "{verb:?}: {help}");
        let first = help.lines().next().unwrap();
        assert!(!first.is_empty() && !first.starts_with("Usage"), "{verb:?} is not described");
        // clap does not break its usage lines.
        let mut lines = help.lines().filter(|line| !line.starts_with("Usage: "));
        let wide = lines.find(|line| line.chars().count() > 100);
        assert_eq!(wide, None, "{verb:?}");
        // In a list, a line each.
        assert!(!first.ends_with('.'), "{verb:?}: {first}");
    }
}

#[test]
fn every_flag_of_the_help_is_in_the_page() {
    for verb in verbs().into_iter().chain([Vec::new()]) {
        let words: Vec<_> = verb.iter().map(String::as_str).collect();
        let help = flags(&text(&[&words[..], &["--help"]].concat()));
        let page = flags(&text(&[&["man"], &words[..]].concat()));
        let missing: Vec<_> = help.difference(&page).collect();
        assert!(missing.is_empty(), "{verb:?}: {missing:?} are not in the page");
    }
}

#[test]
fn the_help_of_a_verb_is_short_and_shows_examples_first() {
    for verb in verbs() {
        for flag in ["--help", "-h"] {
            let words: Vec<_> = verb.iter().map(String::as_str).chain([flag]).collect();
            let help = text(&words);
            assert!(help.lines().count() <= 42, "{verb:?}: {} lines", help.lines().count());
            // These settings are what `config show` shows.
            let shared = help.contains("--concurrency") && verb != ["config", "show"];
            assert!(!help.contains("\n\n\n") && !shared, "{verb:?}: {help}");
            let place = |what: &str| help.find(what);
            assert!(place("Examples:").is_none_or(|at| Some(at) < place("Options:")), "{verb:?}: {help}");
            let page = flags(&text(&[&["man"], &words[..words.len() - 1]].concat()));
            let common = help.ends_with("\nCommon options: vmail help options\n");
            assert!(common || page.is_subset(&flags(&help)), "{verb:?}: {help}");
        }
    }
    assert!(
        text(&["list", "--help"]).contains("caller_raw") && !text(&["list", "-h"]).contains("caller_raw")
    );
    assert!(text(&["help", "login"]).contains("There is no flag for the secret"));
    let topic = flags(&text(&["help", "options"]));
    let page = flags(&text(&["man", "list"]));
    assert!(topic.contains("--offline") && topic.is_subset(&page), "{topic:?}");
}

#[test]
fn a_folder_gets_every_page() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path().join("share/man1");
    assert_eq!(text(&["man", "--dir", dir.to_str().unwrap()]), "");
    let found: BTreeSet<_> = fs::read_dir(&dir).unwrap().map(|file| file.unwrap().file_name()).collect();
    let wanted = verbs().into_iter().map(|verb| format!("vmail-{}.1", verb.join("-")));
    let wanted: BTreeSet<_> = wanted.chain(["vmail.1".to_owned()]).map(Into::into).collect();
    assert_eq!(found, wanted);
    assert_eq!(fs::read_to_string(dir.join("vmail.1")).unwrap(), text(&["man"]));
    for page in &found {
        format(&dir.join(page));
    }
}

/// Formats a page, where there is something to do it, which must find no fault with it.
fn format(page: &Path) {
    let text = fs::read_to_string(page).unwrap();
    assert!(text.is_ascii() && text.starts_with(".TH VMAIL"), "{}", page.display());
    for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS"] {
        assert!(text.contains(&format!(".SH {section}\n")), "{}: {section}", page.display());
    }
    match Command::new("groff").args(["-man", "-ww", "-z", "-Tutf8"]).arg(page).output() {
        Ok(output) => assert!(output.status.success() && output.stderr.is_empty(), "{output:?}"),
        // Not by eprintln!, which is kept back while all is well.
        Err(_) => {
            let _ = writeln!(stderr(), "!!! SKIPPED, {} was not formatted: no groff here", page.display());
        }
    }
}

#[test]
fn the_page_says_what_the_definitions_do_not_know() {
    let page = text(&["man"]);
    for section in ["CREDENTIALS", "ENVIRONMENT", "FILES", "\"EXIT STATUS\"", "EXAMPLES"] {
        assert!(page.contains(&format!(".SH {section}\n")), "{section} in {page}");
    }
    let (_, codes) = page.split_once(".SH \"EXIT STATUS\"").unwrap();
    for failure in Failure::EVERY {
        let line = format!("{}\\fR\n{}", failure as u8, failure.meaning());
        assert!(codes.contains(&line), "{failure:?} in {codes}");
    }
}

#[test]
fn examples_are_lines_and_fields_are_a_list() {
    let page = text(&["man", "list"]);
    let (_, examples) = page.split_once(".SH EXAMPLES\n.nf\nvmail list\n").unwrap();
    let (examples, notes) = examples.split_once(".fi\n.SH NOTES\n").unwrap();
    assert!(examples.contains("| jq \\-r .caller\n"), "{examples}");
    assert!(notes.contains(".TP\n\\fBlength_s\\fR\nlength in seconds; null until"), "{notes}");
}

/// No variable of ours is read and not documented, or documented and not read.
#[test]
fn every_variable_is_in_the_page() {
    fn read(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read(&path, found);
                continue;
            }
            if path.ends_with("cli/man.rs") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]\nmod ").next().unwrap();
            let words =
                text.split('"').filter(|word| word.starts_with("VMAIL_") || word.starts_with("TELECMI_"));
            found.extend(words.filter(|word| !word.contains([' ', '{'])).map(str::to_owned));
        }
    }
    let mut used = BTreeSet::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut used);
    // Between the program and its own script.
    assert!(used.remove(vmail::cli::complete::VARIABLE));
    let ours = |name: &&str| name.starts_with("VMAIL_") || name.starts_with("TELECMI_");
    let documented: BTreeSet<_> =
        ENVIRONMENT.iter().map(|(name, _)| *name).filter(ours).map(str::to_owned).collect();
    assert_eq!(documented, used);
}

#[test]
fn a_verb_that_is_not_there_is_a_usage_error() {
    let output = vmail(&["man", "docter"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("docter") && said.contains("did you mean doctor?"), "{said}");
}
