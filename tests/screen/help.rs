//! The help: what it lists and in which order, its filter, its pages, and where it opens.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail them")]

use crate::common::{Opened, Screen, week};
use crate::{SIZES, at_three_sizes};
use crossterm::event::{KeyModifiers, MouseEvent, MouseEventKind};
use ratatui::style::Modifier;
use vmail::core::model::Span;
use vmail::core::search;
use vmail::tui::command::{Command, TABLE, by_heading};
use vmail::tui::keymap::own;
use vmail::tui::msg::{Effect, Lane, Msg, Reply};
use vmail::tui::overlay::Overlay;

fn opened(size: (u16, u16)) -> Screen {
    let covered = Some(Span::from_millis(0, i64::MAX));
    let mut screen = Screen::open(Opened { size, stored: week(), covered, ..Opened::default() });
    screen.synced();
    screen
}

fn screen() -> Screen {
    opened((120, 40))
}

fn is_open(screen: &Screen) -> bool {
    screen.state.help.is_some()
}

/// The filter of the open help.
fn filter(screen: &Screen) -> &str {
    screen.state.help.as_ref().unwrap().input.value()
}

/// Every line of the open help, from its first page to its last.
fn every_line(screen: &mut Screen) -> Vec<String> {
    screen.keys("Home");
    let mut lines = Vec::new();
    loop {
        let top = screen.state.help.as_ref().unwrap().top;
        lines.extend(screen.text().lines().map(str::to_owned));
        if screen.keys("PgDn").state.help.as_ref().unwrap().top == top {
            return lines;
        }
    }
}

/// The number of the page, and of how many.
fn page(screen: &mut Screen) -> (u16, u16) {
    let text = screen.text();
    let foot = text.lines().find(|line| line.starts_with(['╰', ' ']) && line.contains('╯')).unwrap();
    let sign = foot.split_once(" page ").expect("several pages").1;
    let (page, of) = sign.split_once(" of ").unwrap();
    (page.parse().unwrap(), of.split(' ').next().unwrap().parse().unwrap())
}

/// The titles on the screen, which alone are bold below the filter; those of a line from left to right.
fn titles(screen: &mut Screen) -> Vec<String> {
    let buffer = screen.buffer();
    let mut found = Vec::new();
    for y in 6..buffer.area.height - 2 {
        let bold = |x: u16| buffer[(x, y)].modifier.contains(Modifier::BOLD);
        let line: String =
            (0..buffer.area.width).map(|x| if bold(x) { buffer[(x, y)].symbol() } else { "\n" }).collect();
        found.extend(line.split('\n').filter(|title| !title.is_empty()).map(str::to_owned));
    }
    found
}

// --- What it looks like -----------------------------------------------------

fn looks(name: &str, prepare: impl Fn(&mut Screen)) {
    let open = |size| {
        let mut screen = opened(size);
        prepare(&mut screen);
        screen
    };
    at_three_sizes(name, open, Screen::snapshot);
}

#[test]
fn the_help_looks() {
    looks("help", |screen| {
        screen.keys("?");
    });
    looks("help-page", |screen| {
        screen.keys("? PgDn");
    });
    looks("help-found", |screen| {
        screen.keys("?").type_text("forward");
    });
    looks("help-nothing", |screen| {
        screen.keys("?").type_text("make coffee");
    });
    looks("help-dates", |screen| {
        screen.keys("d Tab ?");
    });
}

// --- What it lists ----------------------------------------------------------

#[test]
fn every_command_is_listed_under_its_heading() {
    for size in SIZES {
        let mut screen = opened(size);
        let lines = every_line(screen.keys("?")).join("\n");
        for (heading, entries) in by_heading() {
            assert!(lines.contains(&format!(" {heading} ")), "{heading} at {size:?}");
            for entry in entries {
                let text = if entry.label.is_empty() { entry.help } else { entry.label };
                assert!(lines.contains(&format!(" {text} ")), "{} at {size:?}", entry.name);
            }
        }
        for (example, _) in search::operators() {
            assert!(lines.contains(&format!(" {example} ")), "{example} at {size:?}");
        }
    }
}

#[test]
fn every_command_is_found_by_name_help_key_and_heading() {
    let mut screen = screen();
    for entry in TABLE {
        for typed in [entry.name, entry.help, entry.heading()].iter().chain(entry.keys) {
            // These are no filter: see below.
            if ["/", "?"].contains(typed) {
                continue;
            }
            screen.keys("?").type_text(typed);
            let name = format!("  {} ", entry.name);
            let shown = every_line(&mut screen).iter().any(|line| line.contains(&name));
            assert!(shown, "{}: {typed}: {}", entry.name, screen.text());
            screen.keys("Esc Esc");
            assert!(!is_open(&screen));
        }
    }
}

#[test]
fn all_that_the_inbox_has_is_one_page_of_a_large_window() {
    let mut screen = screen();
    screen.keys("?");
    assert_eq!(titles(&mut screen), ["Move", "Listen", "Act", "View", "Mark", "Application"]);
    let text = screen.text();
    for entry in TABLE.iter().filter(|entry| entry.group.is_some()) {
        let wanted = if entry.label.is_empty() { entry.help } else { entry.label };
        assert!(text.contains(wanted), "{}: {text}", entry.name);
    }
}

#[test]
fn columns_are_as_many_as_fit() {
    for (width, columns) in [(30, 1), (40, 1), (70, 1), (80, 2), (120, 3), (160, 4), (300, 4)] {
        let mut screen = opened((width, 40));
        let text = screen.keys("?").text();
        let line = text.lines().find(|line| line.contains("│ Move ")).unwrap();
        let titles = ["Move", "Listen", "Act", "View"].iter().filter(|title| line.contains(*title));
        assert_eq!(titles.count(), columns, "{width}: {text}");
    }
}

#[test]
fn keys_are_those_in_force() {
    let keys = |command: Command| own::keymap(&[]).keys(command).to_vec();
    let keymap = vmail::tui::keymap::Keymap::with(&[
        (Command::ToggleStar, keys(Command::Elsewhere)),
        (Command::Undo, Vec::new()),
        (Command::NextOrder, Vec::new()),
    ]);
    let mut screen = Screen::open(Opened { keymap, ..Opened::default() });
    let text = screen.keys("?").text();
    assert!(text.contains("b              Star or unstar"), "{text}");
    assert!(text.contains("Ctrl-r         Undo, redo"), "{text}");
    assert!(text.contains(":order         Sort order"), "by the palette: {text}");
}

// --- The filter -------------------------------------------------------------

#[test]
fn typing_filters_at_once() {
    let mut screen = screen();
    let text = screen.keys("?").type_text("half down").text();
    assert!(text.contains("/ half down") && text.contains("1 match "), "{text}");
    assert!(text.contains("Ctrl-d  Half a page down"), "{text}");
    assert!(text.contains("half-page-down"), "{text}");
    assert_eq!(titles(&mut screen)[0], "Move");
    // j and k, and what means something else in the inbox, are text.
    screen.keys("Ctrl-u").type_text("jkgGqd? /");
    assert_eq!(filter(&screen), "jkgGqd? /");
}

#[test]
fn a_filter_is_pasted_and_edited_as_other_fields_are() {
    let mut screen = screen();
    screen.keys("?").send(Msg::Paste("next un".into()));
    assert_eq!(filter(&screen), "next un");
    screen.keys("Backspace Ctrl-a s Ctrl-e d");
    assert_eq!(filter(&screen), "snext ud");
    screen.keys("Ctrl-w");
    assert_eq!(filter(&screen), "snext ");
}

#[test]
fn the_key_that_is_typed_comes_first() {
    let mut screen = screen();
    let text = screen.keys("? d").text();
    let rows: Vec<_> = text.lines().map(|line| line.trim_matches(['│', ' '])).collect();
    let first = rows.iter().position(|row| *row == "View").unwrap();
    assert!(
        rows[first + 1].starts_with("d  ") && rows[first + 1].contains("Choose the date range"),
        "{text}"
    );
    let next = rows.iter().position(|row| *row == "Note: unsaved changes").unwrap();
    assert!(next < rows.iter().position(|row| *row == "Move").unwrap(), "{text}");
    // Ctrl-d begins with another word, but the part behind the dash counts too.
    assert!(text.contains("Ctrl-d"), "{text}");
}

#[test]
fn what_matches_is_marked() {
    let mut screen = screen();
    screen.keys("?").type_text("unr");
    let text = screen.text();
    let (y, line) = text.lines().enumerate().find(|(_, line)| line.contains("Next unread")).unwrap();
    let x = line.chars().take_while(|c| *c != 'u').count() as u16;
    let buffer = screen.buffer();
    let style = |x: u16| buffer[(x, y as u16)].style();
    assert_eq!(style(x), style(x + 2));
    assert_ne!(style(x), style(x + 3), "only the letters that were typed");
    assert_ne!(style(x), style(x - 2));
}

#[test]
fn nothing_that_matches_says_what_to_do() {
    let mut screen = screen();
    let text = screen.keys("?").type_text("make coffee").text();
    assert!(text.contains("No matches: Esc clears the filter. / in the list searches voicemails."), "{text}");
    screen.keys("Esc");
    assert!(is_open(&screen) && filter(&screen).is_empty());
    assert!(screen.text().contains("type to find a key or command"));
}

#[test]
fn a_slash_before_the_filter_is_no_part_of_it() {
    let mut screen = screen();
    screen.keys("? /").type_text("undo");
    assert_eq!(filter(&screen), "undo");
}

// --- Closing ----------------------------------------------------------------

#[test]
fn esc_clears_and_then_closes() {
    let mut screen = screen();
    assert!(screen.keys("?").text().contains("Esc closes"));
    assert!(screen.type_text("star").text().contains("Esc clears"));
    screen.keys("Esc");
    assert!(is_open(&screen));
    screen.keys("Esc");
    assert!(!is_open(&screen));
}

#[test]
fn the_key_that_opens_closes_while_nothing_is_typed() {
    let mut screen = screen();
    for keys in ["? ?", "F1 F1", "? F1", "? x F1"] {
        screen.keys(keys);
        assert!(!is_open(&screen), "{keys}");
    }
    screen.keys("? x ?");
    assert_eq!(filter(&screen), "x?");
}

// --- Scrolling --------------------------------------------------------------

#[test]
fn pages_are_turned_forth_and_back_and_lines_scrolled() {
    let mut screen = opened((80, 24));
    let top = |screen: &mut Screen, keys: &str| screen.keys(keys).state.help.as_ref().unwrap().top;
    assert_eq!(top(&mut screen, "?"), 0);
    let (first, pages) = page(&mut screen);
    assert!(first == 1 && pages > 2);
    let height = top(&mut screen, "PgDn");
    assert_eq!(page(&mut screen).0, 2);
    assert_eq!(top(&mut screen, "Down Down"), height + 2);
    assert_eq!(top(&mut screen, "PgUp"), height, "back to where a page begins");
    assert_eq!(top(&mut screen, "PgUp PgUp"), 0);
    assert_eq!(top(&mut screen, "Space"), height, "as in a pager");
    let end = top(&mut screen, "End");
    assert_eq!(page(&mut screen), (pages, pages));
    assert_eq!(top(&mut screen, "PgDn Down"), end);
    assert_eq!(top(&mut screen, "Home"), 0);
    // What is typed is looked at from its start.
    assert_eq!(top(&mut screen, "End e"), 0);
}

#[test]
fn the_wheel_scrolls_the_help_and_not_the_list() {
    let mut screen = opened((80, 24));
    screen.keys("?");
    let before = screen.state.inbox.selected;
    let wheel = |kind| Msg::Mouse(MouseEvent { kind, column: 5, row: 5, modifiers: KeyModifiers::NONE });
    screen.send(wheel(MouseEventKind::ScrollDown)).send(wheel(MouseEventKind::ScrollDown));
    assert_eq!(screen.state.help.as_ref().unwrap().top, 6);
    screen.send(wheel(MouseEventKind::ScrollUp));
    assert_eq!(screen.state.help.as_ref().unwrap().top, 3);
    assert_eq!(screen.state.inbox.selected, before);
}

#[test]
fn a_window_that_grows_shows_what_there_is() {
    let mut screen = opened((40, 12));
    screen.keys("? End");
    screen.resize(160, 60);
    assert_eq!(page(&mut screen), (2, 2));
    screen.keys("PgUp");
    assert_eq!(page(&mut screen), (1, 2));
}

#[test]
fn a_help_of_one_page_says_nothing_of_pages() {
    let mut screen = screen();
    let text = screen.keys("?").type_text("undo").text();
    assert!(!text.contains(" page 1") && !text.contains("next page"), "{text}");
}

#[test]
fn it_is_drawn_in_every_window() {
    let mut screen = screen();
    screen.keys("?");
    for typed in ["", "e", "xyzzy"] {
        screen.type_text(typed);
        for (width, height) in [(300, 100), (60, 8), (20, 5), (9, 7), (5, 3), (1, 30), (30, 1), (1, 1)] {
            screen.resize(width, height);
            let mut buffer = screen.buffer();
            let cursor = vmail::tui::view::draw(&screen.state, &mut buffer);
            assert!(cursor.is_none_or(|at| buffer.area.contains(at)), "{width}x{height}");
            screen.keys("PgDn Down Up PgUp End Home");
        }
    }
}

// --- Where it opens ---------------------------------------------------------

#[test]
fn keys_of_where_it_was_opened_come_first() {
    for (keys, wanted) in [
        ("Tab ?", &["Detail", "Move"][..]),
        ("d ?", &["Date range: presets", "Date range", "Move"]),
        ("d Tab ?", &["Date range: calendar", "Date range", "Move"]),
        ("d Tab Tab F1", &["Date range", "Move"]),
        ("/ F1", &["Search line", "Search syntax", "Move"]),
        (": F1", &["Command palette", "Move"]),
        ("m F1", &["Note", "Move"]),
        ("m x Esc ?", &["Note: unsaved changes", "Move"]),
        ("t F1", &["Tags", "Move"]),
        ("Y ?", &["Copy", "Move"]),
        ("w F1", &["Save recording", "Move"]),
        ("v j v w F1", &["Save recording", "Move"]),
        ("b ?", &["Listen elsewhere", "Move"]),
        ("C F1", &["Name the caller", "Move"]),
        ("c ?", &["Call back", "Move"]),
    ] {
        // As high as it must be to see all of it.
        let mut screen = opened((120, 110));
        screen.keys(keys);
        assert!(is_open(&screen), "{keys}: {}", screen.text());
        let titles = titles(&mut screen);
        assert_eq!(titles[..wanted.len()], *wanted, "{keys}");
        // What comes first is not repeated, and nothing is missing.
        assert_eq!(titles.len(), by_heading().len() + 1, "{keys}: {titles:?}");
    }
}

#[test]
fn closing_leads_back_to_where_it_was_opened() {
    let mut screen = screen();
    screen.keys("t").type_text("bill").keys("F1").type_text("tag").keys("Esc Esc");
    assert!(!is_open(&screen));
    screen.type_text("ing");
    assert!(matches!(&screen.state.overlay, Some(Overlay::Tags(tags)) if tags.input.value() == "billing"));
    screen.keys("Esc /").type_text("9845").keys("F1 Esc").type_text("0");
    assert_eq!(screen.state.filter.input.value(), "98450");
}

#[test]
fn a_question_mark_is_text_where_something_is_typed() {
    let mut screen = screen();
    for key in ["/", ":", "m", "t", "C", "w"] {
        screen.keys(key).keys("?");
        assert!(!is_open(&screen), "{key}");
        let footer = screen.text().trim_end().lines().last().unwrap().to_owned();
        assert!(footer.contains("F1 help") && !footer.contains("? help"), "{key}: {footer}");
        screen.keys("Backspace Esc");
        assert!(screen.state.overlay.is_none() && !screen.state.filter.open, "{key}");
    }
}

#[test]
fn what_arrives_meanwhile_reaches_what_is_below() {
    let stored = week();
    let mut screen = Screen::open_held(Opened { stored, ..Opened::default() });
    while screen.answer_one() {}
    screen.keys("m a F1");
    let ticket = screen.state.lanes.last(Lane::Note);
    screen.send(Msg::Reply(ticket, Reply::Note(None))).keys("Esc b");
    assert!(matches!(&screen.state.overlay, Some(Overlay::Note(note)) if note.field.text() == "ab"));
    // And a note is not lost by leaving from there.
    screen.keys("F1 Ctrl-c");
    assert!(!is_open(&screen) && !screen.effects.contains(&Effect::Quit));
    assert!(screen.text().contains("Unsaved changes: s to save"), "{}", screen.text());
}

#[test]
fn the_palette_opens_it_too() {
    let mut screen = screen();
    screen.keys(":").type_text("help").keys("Enter");
    assert!(is_open(&screen));
    assert_eq!(titles(&mut screen)[0], "Move");
}
