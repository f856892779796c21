//! The mouse: what can be read as a key or a choice can be clicked, and does the same.

use crate::common::{Opened, Screen, week};
use crate::sizes::{STATES, opened};
use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use vmail::core::model::Span;
use vmail::core::view::View;
use vmail::tui::keymap::KeyChord;
use vmail::tui::msg::{Effect, Msg, Reopen, TerminalEffect};
use vmail::tui::overlay::Overlay;
use vmail::tui::overlays::accounts::Choice;

fn synced(opened: Opened) -> Screen {
    let mut screen = Screen::open(opened);
    screen.synced();
    screen
}

fn filled(size: (u16, u16)) -> Opened {
    Opened { size, stored: week(), covered: Some(Span::from_millis(0, i64::MAX)), ..Opened::default() }
}

/// A line of the screen.
fn line(screen: &mut Screen, number: usize) -> String {
    screen.text().lines().nth(number).unwrap_or_default().to_owned()
}

fn mouse(kind: MouseEventKind, column: u16, row: u16) -> Msg {
    Msg::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })
}

fn click(screen: &mut Screen, x: u16, y: u16) {
    screen.send(mouse(MouseEventKind::Down(MouseButton::Left), x, y));
    screen.send(mouse(MouseEventKind::Up(MouseButton::Left), x, y));
}

/// Where a text is on screen: the cell of its first character.
fn find(screen: &mut Screen, text: &str) -> (u16, u16) {
    let shown = screen.text();
    let at = shown.lines().enumerate().find_map(|(y, line)| {
        let x = line.get(..line.find(text)?)?.chars().count();
        Some((x as u16, y as u16))
    });
    at.unwrap_or_else(|| panic!("no {text:?} in\n{shown}"))
}

fn click_text(screen: &mut Screen, text: &str) {
    let (x, y) = find(screen, text);
    click(screen, x, y);
}

/// The hints of the footer: the keys of each, and the first and last column.
fn hints(screen: &mut Screen) -> Vec<(Vec<String>, usize, usize)> {
    let last = usize::from(screen.state.size.height) - 1;
    let footer = line(screen, last);
    let mut hints = Vec::new();
    let mut x = 0;
    for part in footer.split("   ") {
        let text = part.trim();
        let from = x + part.chars().take_while(|c| *c == ' ').count();
        let keys = text.split(' ').take_while(|word| KeyChord::parse(word).is_some());
        let keys: Vec<String> = keys.map(str::to_owned).collect();
        if !keys.is_empty() {
            hints.push((keys, from, from + text.chars().count() - 1));
        }
        x += part.chars().count() + 3;
    }
    hints
}

/// What is seen, and what was asked for.
fn outcome(mut screen: Screen) -> (String, String) {
    (screen.snapshot(), format!("{:?}", screen.effects))
}

#[test]
fn a_click_on_a_hint_of_the_footer_does_what_its_key_does() {
    let mut seen = 0;
    for size in [(120, 40), (40, 12)] {
        for (name, account, keys) in STATES {
            let open = || {
                let mut screen = opened(account, keys);
                screen.resize(size.0, size.1);
                screen
            };
            for (keys, from, to) in hints(&mut open()) {
                let (first, last) = (keys.first().unwrap(), keys.last().unwrap());
                // The text of "j k next" is for the first, that of "h l seek" for the last.
                let second = from + first.chars().count() + 1;
                let named = if first == "j" { first } else { last };
                let ends = [(first, from), (last, second), (named, to)];
                // The keys where they are two, else a cell of the text or the key in turn.
                let clicked = if keys.len() > 1 { &ends[..] } else { &ends[seen % 2 * 2..][..1] };
                for &(key, x) in clicked {
                    let (mut by_key, mut by_click) = (open(), open());
                    by_key.keys(key);
                    click(&mut by_click, x as u16, size.1 - 1);
                    assert_eq!(outcome(by_click), outcome(by_key), "{name} at {size:?}: {key}");
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 150, "{seen} hints only");
}

#[test]
fn a_click_on_a_view_in_the_header_shows_it() {
    for size in [(120, 40), (80, 24)] {
        for keys in ["", "Tab", "/ 9 8", "4"] {
            let open = || {
                let mut screen = opened(Some("acme-support"), keys);
                screen.resize(size.0, size.1);
                screen
            };
            for (key, name) in
                [("1", "Inbox"), ("2", "Unread"), ("3", "Starred"), ("4", "Done"), ("5", "All")]
            {
                let (mut by_key, mut by_click, mut by_name) = (open(), open(), open());
                by_key.keys(if keys.starts_with('/') { "Enter" } else { "" }).keys(key);
                click_text(&mut by_click, &format!("{key} {name}"));
                let (x, y) = find(&mut by_name, &format!("{key} {name}"));
                click(&mut by_name, x + 1 + name.len() as u16, y);
                let by_key = outcome(by_key);
                assert_eq!(outcome(by_click), by_key, "{key} at {size:?} after {keys:?}");
                assert_eq!(outcome(by_name), by_key, "{name} at {size:?} after {keys:?}");
            }
        }
    }
    let mut screen = synced(filled((40, 12)));
    for view in [View::Unread, View::Starred, View::Done, View::All, View::Inbox] {
        click_text(&mut screen, "views");
        assert_eq!(screen.state.inbox.query.view, view);
    }
    click_text(&mut screen, "Last 7 days");
    assert!(matches!(screen.state.overlay, Some(Overlay::Dates(_))));
}

#[test]
fn a_click_selects_a_row_and_another_one_opens_it() {
    let mut screen = synced(filled((120, 40)));
    click_text(&mut screen, "09:31");
    assert_eq!(screen.state.inbox.selected_place(), Some(2));
    assert!(!screen.state.detail.full);
    click_text(&mut screen, "Yesterday");
    assert_eq!(screen.state.inbox.selected_place(), Some(2), "a heading is no row");
    // From the detail, the first click only comes back.
    screen.keys("Tab");
    click_text(&mut screen, "09:31");
    assert!(!screen.state.detail_focused() && !screen.state.detail.full);
    click_text(&mut screen, "09:31");
    assert!(screen.state.detail.full);
}

#[test]
fn a_click_in_the_detail_highlights_an_entry_and_another_one_opens_it() {
    for size in [(120, 40), (80, 24)] {
        let mut screen = synced(filled(size));
        if size.0 < 100 {
            screen.keys("Enter");
        }
        click_text(&mut screen, "Thu 19 Nov 16:20");
        assert!(screen.state.detail.marked == Some(1), "{}", screen.text());
        assert!(screen.state.detail_focused());
        click_text(&mut screen, "Thu 19 Nov 16:20");
        assert!(screen.text().contains("Thu 19 Nov 16:20:"), "{}", screen.text());
        let mut screen = synced(filled(size));
        if size.0 < 100 {
            screen.keys("Enter");
        }
        click_text(&mut screen, "show all 3");
        click_text(&mut screen, "show all 3");
        assert!(screen.text().contains("3 from +91 98765 43210"), "{}", screen.text());
    }
}

#[test]
fn the_scrollbar_is_clicked_and_dragged() {
    let mut screen = synced(filled((80, 12)));
    let bar = screen.state.regions().scrollbar;
    click(&mut screen, bar.x, bar.bottom() - 1);
    assert!(screen.text().contains("Tue 17 Nov"), "{}", screen.text());
    let last = screen.state.inbox.selected_place();
    screen.send(mouse(MouseEventKind::Down(MouseButton::Left), bar.x, bar.bottom() - 1));
    screen.send(mouse(MouseEventKind::Drag(MouseButton::Left), 3, 0));
    assert!(screen.text().contains("Today · Mon 23 Nov"), "{}", screen.text());
    assert!(screen.state.inbox.selected_place() < last);
    screen.send(mouse(MouseEventKind::Up(MouseButton::Left), 3, 0));
    screen.send(mouse(MouseEventKind::Drag(MouseButton::Left), bar.x, bar.bottom() - 1));
    assert!(screen.text().contains("Today · Mon 23 Nov"), "{}", screen.text());
    let mut screen = synced(filled((40, 12)));
    screen.keys("Enter");
    click(&mut screen, 39, 9);
    assert!(screen.text().contains("Recording"), "{}", screen.text());
    click(&mut screen, 39, 1);
    assert!(line(&mut screen, 1).contains("+91 98765 43210"), "{}", screen.text());
}

#[test]
fn the_wheel_scrolls_what_it_is_over() {
    let mut screen = synced(filled((120, 12)));
    let selected = screen.state.inbox.selected;
    screen.send(mouse(MouseEventKind::ScrollDown, 90, 5));
    assert_eq!(screen.state.inbox.selected, selected);
    assert!(screen.state.detail.scroll > 0 && !screen.state.detail_focused());
    screen.send(mouse(MouseEventKind::ScrollDown, 10, 5));
    assert_eq!(screen.state.inbox.selected_place(), Some(3));
    // A dialog has the wheel to itself.
    screen.keys(":");
    screen.send(mouse(MouseEventKind::ScrollDown, 60, 5));
    assert_eq!(screen.state.inbox.selected_place(), Some(3));
    let Some(Overlay::Palette(palette)) = &screen.state.overlay else { panic!("{}", screen.text()) };
    assert_eq!(palette.at, 3);
    screen.keys("Esc m").type_text("a").keys("Ctrl-j Ctrl-j Ctrl-j Ctrl-j Ctrl-j Ctrl-j Ctrl-j Ctrl-j b");
    screen.send(mouse(MouseEventKind::ScrollUp, 60, 5)).send(mouse(MouseEventKind::ScrollUp, 60, 5));
    screen.send(mouse(MouseEventKind::ScrollUp, 60, 5));
    assert!(screen.text().contains("│ a"), "{}", screen.text());
    let mut screen = synced(filled((120, 40)));
    screen.keys("d");
    let (x, y) = find(&mut screen, "Mo  Tu");
    screen.send(mouse(MouseEventKind::ScrollUp, x, y));
    assert!(screen.text().contains("October 2026"), "{}", screen.text());
}

#[test]
fn lines_of_dialogs_are_clicked() {
    let choice = |name: &str| Choice { name: name.to_owned(), about: String::new() };
    let open = |keys: &str| {
        let accounts = vec![choice("acme-support"), choice("office")];
        let mut screen = synced(Opened { accounts, ..filled((120, 40)) });
        screen.effects.clear();
        screen.keys(keys);
        screen
    };
    let mut screen = open(": s t a r");
    click_text(&mut screen, "Star or unstar");
    assert!(screen.state.overlay.is_none() && screen.text().contains("★"), "{}", screen.text());
    let mut screen = open("a");
    click_text(&mut screen, "office");
    assert!(screen.effects.contains(&Effect::Reopen(Reopen::Account("office".to_owned()))));
    let mut screen = open("Y");
    click_text(&mut screen, "number  ");
    let copied = Effect::Terminal(TerminalEffect::Copy("+919876543210".to_owned()));
    assert!(screen.effects.contains(&copied), "{:?}", screen.effects);
    let mut screen = open("b");
    click_text(&mut screen, "As a file");
    assert!(matches!(screen.state.overlay, Some(Overlay::Save(_))), "{}", screen.text());
}

#[test]
fn presets_and_days_are_clicked_and_a_drag_is_a_range() {
    let open = || {
        let mut screen = synced(filled((120, 40)));
        screen.keys("d");
        screen
    };
    let mut by_key = open();
    by_key.keys("2").wait(chrono::TimeDelta::seconds(1));
    let mut screen = open();
    click_text(&mut screen, "2  Today");
    assert_eq!(screen.state.range, by_key.state.range);
    assert!(screen.state.overlay.is_none());
    let mut screen = open();
    click_text(&mut screen, "‹ November");
    assert!(screen.text().contains("‹ October 2026 ›"), "{}", screen.text());
    let (x, y) = find(&mut screen, "October 2026 ›");
    click(&mut screen, x + 13, y);
    click_text(&mut screen, "12  13  14");
    assert!(screen.text().contains("2026-11-12"), "{}", screen.text());
    let (x, y) = find(&mut screen, "12  13  14");
    screen.send(mouse(MouseEventKind::Down(MouseButton::Left), x + 4, y));
    screen.send(mouse(MouseEventKind::Drag(MouseButton::Left), x + 8, y));
    screen.send(mouse(MouseEventKind::Up(MouseButton::Left), x + 8, y));
    assert!(screen.text().contains("2026-11-13..2026-11-14"), "{}", screen.text());
    click(&mut screen, x + 8, y);
    assert!(screen.state.overlay.is_none() && screen.text().contains("13–14 Nov"), "{}", screen.text());
}

#[test]
fn a_click_outside_a_dialog_does_nothing_and_its_title_line_closes_it() {
    for (keys, closes) in [
        ("d", "Esc closes"),
        (":", "Esc closes"),
        ("m", "Esc closes"),
        ("t", "Esc cancels"),
        ("Y", "Esc closes"),
        ("c", "Esc closes"),
        ("C", "Esc cancels"),
        ("w", "Esc cancels"),
        ("b", "Esc closes"),
        ("a", "Esc closes"),
        ("?", "Esc closes"),
    ] {
        let mut screen = opened(Some("acme-support"), keys);
        let before = screen.snapshot();
        for (x, y) in [(20, 0), (10, 4), (0, 39)] {
            if keys != "?" || y == 0 {
                click(&mut screen, x, y);
                assert_eq!(screen.snapshot(), before, "{keys}: {x}, {y}");
            }
        }
        click_text(&mut screen, closes);
        assert!(screen.state.overlay.is_none() && screen.state.help.is_none(), "{}", screen.text());
    }
}
