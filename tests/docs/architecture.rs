//! The rules of ARCHITECTURE.md that the compiler does not know: which file may name what.

#![expect(clippy::unwrap_used, reason = "a test that cannot read the project has failed")]

use std::collections::{BTreeMap, BTreeSet};
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
            source.is_in(&["tui"]) && !source.is_in(&["tui/runtime", "tui/screen"]) && source.path != "tui.rs"
        },
        "only runtime and screen do anything",
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
        |source| {
            !source.is_in(&["terminal", "tui/screen", "main"]) && source.path != "cli/verbs/demo_server.rs"
        },
        "what goes to the terminal goes through terminal and tui/screen",
    );
}

#[test]
fn nothing_below_knows_the_command_line_or_the_inbox() {
    none_names(
        &["crate::tui", "crate::cli"],
        60,
        |source| !source.is_in(&["tui", "cli", "main"]),
        "the command line and the inbox stand on it",
    );
    none_names(
        &["ratatui", "crossterm"],
        60,
        |source| !source.is_in(&["tui", "cli", "main", "terminal"]),
        "only terminal knows terminals",
    );
}

#[test]
fn the_command_line_opens_the_inbox_and_lists_its_keys_and_no_more() {
    let opens = ["cli/startup", "cli/checks", "cli/verbs/keys", "cli/verbs/man"];
    none_names(
        &["crate::tui", "tui::"],
        25,
        |source| source.is_in(&["cli"]) && !source.is_in(&opens),
        "what both need stands below both",
    );
}

#[test]
fn the_core_does_no_io_and_imports_only_itself() {
    let io = ["std::fs", "std::net", "std::env", "std::process", "std::thread", "tokio", "Utc::now"];
    none_names(&io, 15, |source| source.is_in(&["core"]), "the core is pure");
    for source in sources().iter().filter(|source| source.is_in(&["core"])) {
        for (at, _) in source.code.match_indices("crate::") {
            let path = &source.code[at..];
            assert!(path.starts_with("crate::core"), "src/{} names {}", source.path, first_line(path));
        }
    }
}

/// Folders and files of `src` import each other in one direction.
#[test]
fn there_is_no_circle_of_imports() {
    let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in sources() {
        let of = source.path.split(['/', '.']).next().unwrap_or_default().to_owned();
        let paths = source.code.match_indices("crate::").map(|(at, found)| &source.code[at + found.len()..]);
        for path in paths {
            // `use crate::{a, b}` names several.
            let group = path.strip_prefix('{').and_then(|group| group.split('}').next());
            for path in group.unwrap_or(path).split(',').take(if group.is_some() { usize::MAX } else { 1 }) {
                let name = path.trim_start().split(|c: char| !c.is_alphanumeric() && c != '_').next();
                let name = name.unwrap_or_default();
                if name != of && !name.is_empty() {
                    imports.entry(of.clone()).or_default().insert(name.to_owned());
                }
            }
        }
    }
    assert!(imports.len() > 10, "{imports:?}");
    // Takes away what imports nothing of the rest, until nothing is left.
    while !imports.is_empty() {
        let left: BTreeSet<_> = imports.keys().cloned().collect();
        let before = imports.len();
        imports.retain(|_, names| names.iter().any(|name| left.contains(name)));
        assert_ne!(imports.len(), before, "these import each other: {imports:?}");
    }
}

/// Files of one group may import each other: ARCHITECTURE names the groups.
const GROUPS: [&[&str]; 3] = [
    // The state and what it is made of.
    &[
        "tui::command",
        "tui::keymap",
        "tui::layout",
        "tui::overlay",
        "tui::overlays::help",
        "tui::overlays::note",
        "tui::overlays::palette",
        "tui::playback",
        "tui::state",
        "tui::target",
        "tui::theme",
    ],
    // What changes the state, feature by feature.
    &[
        "tui::detail::update",
        "tui::list::changes",
        "tui::list::moves",
        "tui::list::relist",
        "tui::list::triage",
        "tui::overlays::dates::update",
        "tui::overlays::elsewhere::update",
        "tui::overlays::save::update",
        "tui::playback::update",
        "tui::update",
        "tui::update::fetch",
    ],
    // What every verb starts from.
    &["cli::context", "cli::progress", "cli::query", "cli::style", "cli::table"],
];

/// Returns the modules that a file names: all of `a` in `use a::{b, c}`, with `super` and `crate` resolved.
fn named(module: &str, code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for root in ["crate::", "super::"] {
        for (at, _) in code.match_indices(root) {
            if code[..at].ends_with("super::") {
                continue;
            }
            let path: String =
                code[at..].chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | ':')).collect();
            let mut base: Vec<&str> =
                if root == "crate::" { Vec::new() } else { module.split("::").collect() };
            let mut rest = path.trim_end_matches(':');
            rest = rest.strip_prefix("crate::").unwrap_or(rest);
            while let Some(after) = rest.strip_prefix("super::").or_else(|| (rest == "super").then_some("")) {
                base.pop();
                rest = after;
            }
            let all = base.into_iter().chain(rest.split("::").filter(|part| !part.is_empty()));
            let start = all.collect::<Vec<_>>().join("::");
            let items = code[at + path.len()..].strip_prefix('{').and_then(|items| items.split('}').next());
            match items {
                None => found.push(start),
                Some(items) => found.extend(items.split(',').map(|item| {
                    let name = item.trim().split(|c: char| !c.is_alphanumeric() && c != '_').next();
                    format!("{start}::{}", name.unwrap_or_default())
                })),
            }
        }
    }
    found
}

#[test]
fn files_import_each_other_only_where_the_architecture_says_so() {
    let sources = sources();
    let module = |path: &str| path.trim_end_matches(".rs").replace('/', "::");
    let modules: BTreeSet<String> = sources.iter().map(|source| module(&source.path)).collect();
    let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in &sources {
        let from = module(&source.path);
        for path in named(&from, &source.code) {
            // The longest part of the path that is a file.
            let mut to = path.as_str();
            while !modules.contains(to) {
                let Some((shorter, _)) = to.rsplit_once("::") else { break };
                to = shorter;
            }
            // A file and what belongs to it may name each other.
            let related = from.starts_with(&format!("{to}::")) || to.starts_with(&format!("{from}::"));
            let grouped = GROUPS.iter().any(|group| group.contains(&from.as_str()) && group.contains(&to));
            if modules.contains(to) && to != from && !related && !grouped {
                imports.entry(from.clone()).or_default().insert(to.to_owned());
            }
        }
    }
    assert!(imports.len() > 100, "{imports:?}");
    while !imports.is_empty() {
        let left: BTreeSet<_> = imports.keys().cloned().collect();
        let before = imports.len();
        imports.retain(|_, names| names.iter().any(|name| left.contains(name)));
        assert_ne!(imports.len(), before, "these import each other: {imports:#?}");
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
