//! The documents say what the program does: screens, keys, flags, settings, links.
//!
//! What is generated is made anew by `UPDATE_DOCS=1 cargo test --test docs`.

#![expect(clippy::unwrap_used, reason = "a test that cannot read the project has failed")]

mod common;
#[path = "common/svg.rs"]
mod svg;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use chrono::{NaiveDate, TimeDelta};
use clap::{CommandFactory as _, ValueEnum as _};
use common::{Opened, Screen, now, voicemail};
use vmail::cli::Cli;
use vmail::cli::completions::Shell;
use vmail::config::{self, Overrides, Sources};
use vmail::error::Failure;
use vmail::fields::Fields;
use vmail::model::{Span, Voicemail};
use vmail::player::Event;
use vmail::range::Range;
use vmail::sync::{Summary, SyncError};
use vmail::telecmi::{ApiError, BaseUrl, OfflineReason};
use vmail::tui::command::by_heading;
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

// --- Screens ----------------------------------------------------------------

/// Callers who ring more often than others, for the days before the hand-written ones.
const REGULARS: [&str; 9] = [
    "9845012345",
    "919876543210",
    "918041122000",
    "9811100042",
    "442079460018",
    "JD-ACMEBK",
    "9987065432",
    "914428117000",
    "",
];

/// Four weeks of a small firm's voicemail: busy days, quiet Sundays.
fn month() -> Vec<Voicemail> {
    let recent = [
        ("2026-11-23T11:58:20", "919876543210"),
        ("2026-11-23T11:42:08", "15125550142"),
        ("2026-11-23T10:05:41", "9845012345"),
        ("2026-11-23T09:31:00", ""),
        ("2026-11-23T08:50:12", "JD-ACMEBK"),
        ("2026-11-22T19:12:33", "9811100042"),
        ("2026-11-22T12:02:55", "442079460018"),
        ("2026-11-21T17:58:10", "918041122000"),
        ("2026-11-21T16:20:48", "33199001234"),
        ("2026-11-21T15:01:19", "9811100042"),
        ("2026-11-21T11:11:11", "919876543210"),
        ("2026-11-21T09:47:30", "9987065432"),
        ("2026-11-20T20:30:00", "442079460018"),
        ("2026-11-20T16:20:15", "9876543210"),
        ("2026-11-20T10:15:37", "9845012345"),
        ("2026-11-19T18:04:22", "914428117000"),
        ("2026-11-19T15:37:08", "9876500001"),
        ("2026-11-19T13:26:51", "442079460018"),
        ("2026-11-19T11:18:46", "918041122000"),
        ("2026-11-19T09:00:05", "919876543210"),
    ];
    let mut month: Vec<_> =
        recent.iter().map(|(time, caller)| voicemail(&format!("{time}+05:30"), caller)).collect();
    // How many there were on the 1st, the 2nd, … of the month.
    let counts = [0, 4, 7, 5, 2, 9, 3, 0, 6, 3, 5, 11, 4, 2, 1, 7, 4, 8];
    let first = NaiveDate::from_ymd_opt(2026, 11, 1).unwrap();
    for (day, count) in first.iter_days().zip(counts) {
        for number in 0..count {
            let minute = (number * 37 + count * 11) % 60;
            let caller = REGULARS[(number * 5 + count) % REGULARS.len()];
            month.push(voicemail(&format!("{day}T{:02}:{minute:02}:24+05:30", 19 - number), caller));
        }
    }
    month
}

/// What an account without a name looks like.
fn opened() -> Opened {
    Opened { account: Some("1111113"), ..Opened::default() }
}

/// A window with a month of voicemail, all of it fetched.
fn screen(size: (u16, u16)) -> Screen {
    let november = "2026-11-01T00:00:00+05:30".parse().unwrap();
    let covered = Some(Span::new(november, now() - TimeDelta::minutes(15)));
    Screen::open(Opened { size, stored: month(), covered, ..opened() })
}

fn picture(name: &str, screen: &mut Screen) {
    up_to_date(&format!("assets/screenshots/{name}.svg"), &svg::window(&screen.buffer(), "vmail"));
}

#[test]
fn the_screens_are_those_of_the_program() {
    picture("inbox", screen((120, 28)).synced().sounds().keys("j j"));
    let mut playing = screen((120, 28));
    playing.synced().sounds().keys("j > > z");
    let key = playing.state.inbox.selected.expect("a row is selected");
    playing.recording(key, "delivery.mp3").keys("Space").player(Event::Started);
    playing.player(Event::Position(Duration::from_millis(5_300)));
    playing.wait(TimeDelta::seconds(5));
    picture("playing", &mut playing);
    let mut ssh = Screen::open(Opened { size: (104, 28), remote: true, stored: month(), ..opened() });
    ssh.synced().keys("Space");
    picture("ssh", &mut ssh);
    let mut search = screen((120, 22));
    search.synced().sounds().keys("s j r j r g /").type_text("91 is:unread");
    picture("search", &mut search);
    picture("dates", screen((104, 28)).synced().keys("d Tab h h h v h h h"));

    let mut fetching = Screen::open(Opened { size: (104, 18), range: "30d", ..opened() });
    let pages: Vec<_> = (0..740)
        .map(|number| {
            let time = now() - TimeDelta::minutes(i64::from(number) * 29 + 4);
            voicemail(&time.to_rfc3339(), REGULARS[(number * 5 % 23 % 9) as usize])
        })
        .collect();
    fetching.page(&pages, pages.len(), 1204, 74, 121);
    picture("fetching", &mut fetching);

    let error = ApiError::Offline { reason: OfflineReason::NameLookup };
    let failed = SyncError::Api { error, got: Summary::default() };
    let mut offline = screen((80, 18));
    offline.synced().keys("j j").wait(TimeDelta::seconds(61)).ends(Err(failed));
    picture("offline", &mut offline);
}

// --- What is written by the program -----------------------------------------

#[test]
fn the_readme_has_the_keys_of_the_table() {
    let mut table = String::from("| key | name | what it does |\n|---|---|---|\n");
    for (heading, entries) in by_heading() {
        writeln!(table, "| **{heading}** | | |").unwrap();
        for entry in entries {
            writeln!(table, "| {} | {} | {} |", keys(entry.keys), entry.name, entry.help).unwrap();
        }
    }
    part_up_to_date("README.md", "keys", &table);
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
fn the_readme_has_the_flags_of_the_program() {
    let help = Cli::command().term_width(90).render_help().to_string();
    let help = help.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    part_up_to_date("README.md", "flags", &format!("```text\n{}\n```\n", help.trim_end()));
}

#[test]
fn the_readme_has_every_verb() {
    let mut table = String::from("| verb | what it does |\n|---|---|\n");
    for verb in Cli::command().get_subcommands().filter(|verb| !verb.is_hide_set()) {
        let about = verb.get_about().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(table, "| `{}` | {} |", verb.get_name(), about.replace('|', "\\|"));
    }
    part_up_to_date("README.md", "verbs", &table);
}

#[test]
fn the_readme_has_every_field() {
    let mut table = String::from("| field | what it is |\n|---|---|\n");
    for (name, meaning) in Fields::MEANING {
        let _ = writeln!(table, "| `{name}` | {meaning} |");
    }
    part_up_to_date("README.md", "fields", &table);
}

#[test]
fn the_readme_has_every_exit_code() {
    let mut table = String::from("| exit code | means |\n|---|---|\n| 0 | All was done. |\n");
    for failure in Failure::EVERY {
        let _ = writeln!(table, "| {} | {} |", failure as u8, failure.meaning());
    }
    part_up_to_date("README.md", "codes", &table);
}

/// The lines of the README that turn completions on are those of the help.
#[test]
fn the_readme_says_how_completions_are_turned_on() {
    let readme = read("README.md").replace("\\|", "|");
    for shell in Shell::value_variants() {
        let help = shell.to_possible_value().and_then(|value| value.get_help().map(ToString::to_string));
        let help = help.unwrap();
        let (_, line) = help.split_once(": ").unwrap();
        assert!(readme.contains(&format!("`{line}`")), "README.md lacks {line}");
    }
}

#[test]
fn the_map_of_files_is_that_of_the_tree() {
    let mut map = String::from("| file | what lives there |\n|---|---|\n");
    for file in sources() {
        let head: Vec<_> = read(&file)
            .lines()
            .map_while(|line| line.strip_prefix("//!"))
            .map(|line| line.trim().replace(['[', ']'], ""))
            .take_while(|line| !line.is_empty())
            .collect();
        let head = head.join(" ");
        assert!(!head.is_empty(), "{file} does not say what lives there");
        let first = head.split_once(". ").map_or(head.as_str(), |(first, _)| first);
        writeln!(map, "| `{file}` | {} |", first.trim_end_matches('.').replace('|', "\\|")).unwrap();
    }
    part_up_to_date("ARCHITECTURE.md", "files", &map);
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
    let readme = read("README.md");
    for column in config::Column::names() {
        assert!(columns.contains(column), "{column} is not in: {columns}");
        assert!(readme.contains(&format!("`{column}`")), "{column} is not in README.md");
    }
}

#[test]
fn every_range_in_the_readme_is_one() {
    let readme = read("README.md");
    let (_, dates) = readme.split_once("## Dates\n").expect("a section about dates");
    let (dates, _) = dates.split_once("\n## ").expect("something after it");
    let rows = dates.lines().filter(|line| line.starts_with("| `"));
    let written = rows.filter_map(|row| row.split('|').nth(1));
    let ranges: Vec<_> = written.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    assert!(ranges.len() > 10, "{ranges:?}");
    for range in ranges {
        if let Err(error) = Range::parse_at(range, now(), chrono_tz::Asia::Kolkata) {
            panic!("README.md: {range}: {error}");
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

/// Every Markdown file of the project.
fn documents() -> Vec<String> {
    let mut found = vec!["assets/demo/README.md".to_owned()];
    for entry in fs::read_dir(path("")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        found.extend(Path::new(&name).extension().is_some_and(|end| end == "md").then_some(name));
    }
    assert!(found.len() >= 5, "{found:?}");
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
fn the_readme_lists_every_operator_of_the_search() {
    let mut table = String::from("| written | finds |\n|---|---|\n");
    for (example, meaning) in vmail::search::operators() {
        let _ = writeln!(table, "| `{}` | {meaning} |", example.replace('|', "\\|"));
    }
    part_up_to_date("README.md", "query", &table);
}
