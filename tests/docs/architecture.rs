//! The rules of ARCHITECTURE.md that the compiler does not know: which file may name what.

#![expect(clippy::unwrap_used, reason = "a test that cannot read the project has failed")]

use std::fs;
use std::path::Path;

/// A source file: its path below `src`, with `/`, and its code without comments and unit tests.
struct Source {
    path: String,
    code: String,
}

impl Source {
    fn is_in(&self, modules: &[&str]) -> bool {
        modules.iter().any(|module| {
            self.path.strip_prefix(module).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        })
    }
}

fn sources() -> Vec<Source> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![src.clone()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
            let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
            let below = path.strip_prefix(&src).unwrap().components();
            let below: Vec<_> = below.map(|part| part.as_os_str().to_string_lossy()).collect();
            found.push(Source { path: below.join("/"), code: code.collect::<Vec<_>>().join("\n") });
        }
    }
    found
}

/// None of the files that `applies` names any of `words`; `applies` holds for `least` files or more.
fn none_names(words: &[&str], least: usize, applies: impl Fn(&Source) -> bool, why: &str) {
    let sources = sources();
    let checked: Vec<_> = sources.iter().filter(|source| applies(source)).collect();
    assert!(checked.len() >= least, "{} files only: were they moved?", checked.len());
    for source in checked {
        for word in words {
            assert!(!source.code.contains(word), "src/{} names `{word}`: {why}", source.path);
        }
    }
}

#[test]
fn the_screen_is_data_and_pure_functions() {
    none_names(
        &[
            "tokio",
            "reqwest",
            "rusqlite",
            "futures",
            "std::fs",
            "std::net",
            "std::env",
            "std::process",
            "std::thread",
            "Mutex",
            "Instant::now",
            "SystemTime",
            "Utc::now",
            "Local::now",
        ],
        20,
        |source| {
            source.is_in(&["tui"])
                && !source.is_in(&["tui/runtime", "tui/terminal"])
                && source.path != "tui.rs"
        },
        "only runtime and terminal do anything",
    );
}

#[test]
fn sql_is_the_stores() {
    none_names(
        &["rusqlite", "SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM", "CREATE TABLE", "PRAGMA"],
        40,
        |source| !source.is_in(&["store"]),
        "SQL lives in store/",
    );
}

#[test]
fn the_wire_format_is_the_clients() {
    none_names(
        &["reqwest", "start_date", "end_date", "voicename", "wire::"],
        40,
        |source| !source.is_in(&["telecmi", "demo"]),
        "the wire format lives in telecmi/",
    );
}

#[test]
fn client_and_demo_share_nothing() {
    none_names(&["crate::"], 3, |source| source.is_in(&["demo"]), "the demo knows nothing of the program");
    none_names(&["demo::"], 5, |source| source.is_in(&["telecmi", "sync", "store"]), "no shared mistakes");
}

#[test]
fn escape_codes_are_the_terminals() {
    none_names(
        &[
            "\\x1b",
            "\\u{1b}",
            "\\u{9b}",
            "\\x07",
            "crossterm::terminal",
            "crossterm::cursor",
            "crossterm::style",
            "crossterm::execute",
            "crossterm::queue",
            "execute!",
            "queue!",
            "println!",
            "print!(",
        ],
        40,
        |source| !source.is_in(&["tui/terminal", "main"]) && source.path != "cli/demo_server.rs",
        "what goes to the terminal goes through tui/terminal",
    );
}

#[test]
fn the_core_knows_no_screen() {
    none_names(
        &["crate::tui", "ratatui", "crossterm", "crate::cli"],
        20,
        |source| !source.is_in(&["tui", "cli", "main"]),
        "the command line uses it without a screen",
    );
}
