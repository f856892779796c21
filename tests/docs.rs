//! The documents say what the program does: screens, keys, flags, settings, links.
//!
//! What is generated is made anew by `UPDATE_DOCS=1 cargo test --test docs`.

#![expect(clippy::unwrap_used, reason = "a test that cannot read the project has failed")]

#[path = "common/animation.rs"]
mod animation;
mod common;
#[path = "common/pictures.rs"]
mod pictures;
#[path = "common/svg.rs"]
mod svg;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use clap::{CommandFactory as _, ValueEnum as _};
use common::now;
use vmail::cli::Cli;
use vmail::cli::completions::Shell;
use vmail::config::{self, Overrides, Sources};
use vmail::error::Failure;
use vmail::fields::Fields;
use vmail::range::Range;
use vmail::telecmi::BaseUrl;
use vmail::tui::command::{Scope, TABLE};
use vmail::tui::keymap::own;
use vmail::tui::theme::{self, Role};

/// The command that makes the generated parts anew.
const UPDATE: &str = "UPDATE_DOCS=1 cargo test --test docs";

/// Two tests may write two parts of one document.
static WRITING: Mutex<()> = Mutex::new(());

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A file of the project; empty when it is not there.
fn read(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap_or_default()
}

/// Compares a file with what it should be, or writes it when asked to.
#[expect(clippy::disallowed_methods, reason = "a developer's switch, which the program never sees")]
fn up_to_date(name: &str, wanted: &str) {
    if read(name) == wanted {
        return;
    }
    assert!(
        std::env::var_os("UPDATE_DOCS").is_some(),
        "{name} is not what the program shows now: run `{UPDATE}` and look at what changed"
    );
    fs::write(path(name), wanted).unwrap();
}

/// What stands between the markers of `part` in a document is `wanted`.
fn part_up_to_date(document: &str, part: &str, wanted: &str) {
    let _one_at_a_time = WRITING.lock();
    let text = read(document);
    let (start, end) = (format!("<!-- {part}: generated -->\n"), format!("<!-- {part}: end -->"));
    let (before, rest) = text.split_once(&start).unwrap_or_else(|| panic!("{document} lacks {start}"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("{document} lacks {end}"));
    up_to_date(document, &format!("{before}{start}{wanted}{end}{after}"));
}

// --- Pictures ---------------------------------------------------------------

/// The largest picture, in bytes: a reader on a slow line waits for it, and it is part of the package.
const PICTURE_MAX: usize = 300_000;

#[test]
fn the_pictures_are_those_of_the_program() {
    for (name, svg) in pictures::still().into_iter().chain([pictures::tour()]) {
        assert!(svg.len() < PICTURE_MAX, "{name}.svg has {} bytes", svg.len());
        up_to_date(&format!("assets/screenshots/{name}.svg"), &svg);
    }
}

// --- What is written by the program -----------------------------------------

#[test]
fn the_readme_has_the_keys_of_the_table() {
    let mut table = String::from("| key | name | what it does |\n|---|---|---|\n");
    let mut scopes: Vec<_> = TABLE.iter().map(|entry| entry.scope).collect();
    scopes.sort_by_key(|scope| TABLE.iter().position(|entry| entry.scope == *scope));
    scopes.dedup();
    for scope in scopes {
        let title = if scope == Scope::Help { "Help" } else { scope.title() };
        writeln!(table, "| **{title}** | | |").unwrap();
        for entry in TABLE.iter().filter(|entry| entry.scope == scope) {
            writeln!(table, "| {} | {} | {} |", keys(entry.keys), entry.name, entry.help).unwrap();
        }
    }
    part_up_to_date("docs/keys.md", "keys", &table);
}

/// `j` `Down`, or first to last where they count up.
fn keys(keys: &[&str]) -> String {
    let key = |key: &&str| format!("`{}`", key.replace('|', "\\|"));
    let counted = keys.iter().enumerate().all(|(index, key)| *key == (index + 1).to_string());
    match keys {
        [first, .., last] if counted => format!("{} to {}", key(first), key(last)),
        _ => keys.iter().map(key).collect::<Vec<_>>().join(" "),
    }
}

#[test]
fn the_documents_have_the_flags_of_the_program() {
    let help = Cli::command().term_width(90).render_help().to_string();
    let help = help.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    part_up_to_date("docs/command-line.md", "flags", &format!("```text\n{}\n```\n", help.trim_end()));
}

#[test]
fn the_documents_have_every_command() {
    let mut table = String::from("| command | what it does |\n|---|---|\n");
    for verb in Cli::command().get_subcommands().filter(|verb| !verb.is_hide_set()) {
        let about = verb.get_about().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(table, "| `{}` | {} |", verb.get_name(), about.replace('|', "\\|"));
    }
    part_up_to_date("docs/command-line.md", "verbs", &table);
}

#[test]
fn the_documents_have_every_field() {
    let mut table = String::from("| field | what it is |\n|---|---|\n");
    for (name, meaning) in Fields::MEANING {
        let _ = writeln!(table, "| `{name}` | {meaning} |");
    }
    part_up_to_date("docs/command-line.md", "fields", &table);
}

#[test]
fn the_documents_have_every_exit_code() {
    let mut table = String::from("| exit code | means |\n|---|---|\n| 0 | All was done. |\n");
    for failure in Failure::EVERY {
        let _ = writeln!(table, "| {} | {} |", failure as u8, failure.meaning());
    }
    part_up_to_date("docs/command-line.md", "codes", &table);
}

/// The lines that turn completions on are those of the help.
#[test]
fn the_documents_say_how_completions_are_turned_on() {
    let document = read("docs/command-line.md").replace("\\|", "|");
    for shell in Shell::value_variants() {
        let help = shell.to_possible_value().and_then(|value| value.get_help().map(ToString::to_string));
        let help = help.unwrap();
        let (_, line) = help.split_once(": ").unwrap();
        assert!(document.contains(&format!("`{line}`")), "docs/command-line.md lacks {line}");
    }
}

#[test]
fn the_documents_have_every_setting() {
    let settings = format!("```toml\n{}```\n", read("assets/config.toml"));
    part_up_to_date("docs/configuration.md", "settings", &settings);
}

#[test]
fn the_documents_have_every_column() {
    let columns: Vec<_> = config::Column::names().iter().map(|name| format!("`{name}`")).collect();
    part_up_to_date("docs/configuration.md", "columns", &format!("{}.\n", columns.join(", ")));
}

// --- What is written by hand ------------------------------------------------

#[test]
fn every_sample_of_settings_can_be_used() {
    let mut samples = vec![("assets/config.toml".to_owned(), read("assets/config.toml"))];
    for document in documents() {
        let text = read(&document);
        let parts = text.split("```toml\n").skip(1).filter_map(|part| part.split("```").next());
        samples.extend(parts.map(|part| (document.clone(), part.to_owned())));
    }
    assert!(samples.len() > 1, "no document shows a settings file any more");
    for (name, sample) in samples {
        let sources = Sources {
            file: Some(("config.toml".into(), sample)),
            file_mode: Some(0o600),
            flags: Overrides::default(),
            env: Overrides::default(),
            check_base_url: |url| BaseUrl::parse(url).map(drop).map_err(|error| error.to_string()),
            check_key: |written| own::key(written).map(drop),
            check_keys: own::faults,
            check_colour: |own| theme::own::read(own).map(drop),
        };
        if let Err(error) = config::load(sources) {
            panic!("{name}: {error}");
        }
    }
}

#[test]
fn every_role_and_column_is_documented() {
    let settings = read("assets/config.toml");
    let about = |setting: &str| {
        let (before, _) = settings.split_once(&format!("\n{setting}")).unwrap_or_else(|| panic!("{setting}"));
        before.rsplit("\n\n").next().unwrap().replace("\n# ", " ")
    };
    let (colours, columns) = (about("#colours."), about("columns = "));
    let shade = |role: Role| matches!(role, Role::Shade(_));
    for role in Role::EVERY.into_iter().filter(|role| !shade(*role)).map(Role::name) {
        assert!(colours.contains(role), "{role} is not in: {colours}");
    }
    assert!(colours.contains("shade-1 to shade-3"), "{colours}");
    for column in config::Column::names() {
        assert!(columns.contains(column), "{column} is not in: {columns}");
    }
}

#[test]
fn every_range_in_the_documents_is_one() {
    let document = read("docs/search.md");
    let (_, dates) = document.split_once("## Dates\n").expect("a section about dates");
    let rows = dates.lines().filter(|line| line.starts_with("| `"));
    let written = rows.filter_map(|row| row.split('|').nth(1));
    let ranges: Vec<_> = written.flat_map(quoted).collect();
    assert!(ranges.len() > 10, "{ranges:?}");
    for range in ranges {
        if let Err(error) = Range::parse_at(range, now(), chrono_tz::Asia::Kolkata) {
            panic!("docs/search.md: {range}: {error}");
        }
    }
}

#[test]
fn every_link_leads_somewhere() {
    for document in documents() {
        let text = read(&document);
        let inline = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let pictures = text.split("src=\"").skip(1).filter_map(|rest| rest.split('"').next());
        let folder = Path::new(&document).parent().unwrap_or(Path::new(""));
        for link in inline.chain(pictures).filter(|link| !link.contains("://")) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let file =
                if file.is_empty() { document.clone() } else { folder.join(file).display().to_string() };
            assert!(path(&file).exists(), "{document}: {link} leads nowhere");
            if !heading.is_empty() {
                let there = read(&file).lines().any(|line| line.starts_with('#') && anchor(line) == heading);
                assert!(there, "{document}: {link}: there is no such heading");
            }
        }
    }
}

/// The name by which a heading is linked to.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    text.chars()
        .filter(|c| c.is_alphanumeric() || "- _".contains(*c))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

/// What people read first stays short: in bytes.
#[test]
fn the_first_documents_are_short() {
    for (name, most) in [("README.md", 9_000), ("ARCHITECTURE.md", 14_000)] {
        let length = read(name).len();
        assert!(length <= most, "{name} has {length} bytes: what users look up goes into docs/");
    }
}

/// Nobody finds a page that nothing leads to.
#[test]
fn the_readme_leads_to_every_page() {
    let readme = read("README.md");
    for page in documents().iter().filter(|page| !page.ends_with("README.md")) {
        assert!(readme.contains(&format!("({page})")), "README.md does not lead to {page}");
    }
}

#[test]
fn every_source_file_says_what_it_is_for() {
    for file in sources() {
        let text = read(&file);
        let head = text.lines().next().and_then(|line| line.strip_prefix("//! "));
        assert!(head.is_some_and(|head| !head.is_empty()), "{file} does not start with `//! `");
    }
}

/// The map names every module, and no others.
#[test]
fn the_map_is_that_of_the_tree() {
    let document = read("ARCHITECTURE.md");
    let (_, map) = document.split_once("## The map\n").expect("a map");
    let (map, _) = map.split_once("\n## ").expect("something after it");
    let rows = map.lines().filter(|line| line.starts_with("| `"));
    let mut named: Vec<_> = rows.filter_map(|row| row.split('|').nth(1)).flat_map(quoted).collect();
    let mut modules: Vec<_> = sources()
        .iter()
        .filter_map(|file| file.strip_prefix("src/")?.split(['/', '.']).next().map(str::to_owned))
        .collect();
    modules.sort();
    modules.dedup();
    named.sort_unstable();
    assert_eq!(named, modules, "left: named by ARCHITECTURE.md; right: in src/");
    for folder in sources().iter().filter_map(|file| Path::new(file).parent()?.strip_prefix("src/tui").ok()) {
        let Some(folder) = folder.iter().next().and_then(|folder| folder.to_str()) else { continue };
        assert!(map.contains(&format!("`{folder}/`")), "ARCHITECTURE.md does not name src/tui/{folder}/");
    }
}

/// What stands between backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Every Markdown file of the project.
fn documents() -> Vec<String> {
    let mut found = vec!["assets/demo/README.md".to_owned()];
    for folder in ["", "docs/"] {
        for entry in fs::read_dir(path(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let is_document = Path::new(&name).extension().is_some_and(|end| end == "md");
            found.extend(is_document.then(|| format!("{folder}{name}")));
        }
    }
    assert!(found.len() >= 12, "{found:?}");
    found
}

/// Every source file, a module before its parts.
fn sources() -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec!["src".to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(path(&folder)).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{folder}/{}", entry.file_name().into_string().unwrap());
            let list = if entry.file_type().unwrap().is_dir() { &mut folders } else { &mut found };
            list.push(name);
        }
    }
    found.sort_by_key(|name| name.trim_end_matches(".rs").to_owned());
    found
}

// --- The query language -----------------------------------------------------

#[test]
fn the_documents_list_every_operator_of_the_search() {
    let mut table = String::from("| written | finds |\n|---|---|\n");
    for (example, meaning) in vmail::search::operators() {
        let _ = writeln!(table, "| `{}` | {meaning} |", example.replace('|', "\\|"));
    }
    part_up_to_date("docs/search.md", "query", &table);
}
