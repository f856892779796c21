//! What a search matched is on screen: in its cell, cut around it, or in place of other columns.

use crate::at_three_sizes;
use crate::common::{Opened, Screen, week};
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use vmail::config::Column;
use vmail::core::model::Span;
use vmail::core::triage::{CallerKey, Edit, Given, Note, Tag};
use vmail::tui::list::rows::RowKey;
use vmail::tui::msg::{Change, Effect, TerminalEffect};
use vmail::tui::state::Look;

const NOTE: &str = "Anita rang at ten.\nShe says Ravi has the papers about invoice 417 and wants a call back";

fn filled() -> Opened {
    Opened { stored: week(), covered: Some(Span::from_millis(0, i64::MAX)), ..Opened::default() }
}

/// A screen whose second voicemail has a name, a note and tags.
fn noted(opened: Opened) -> Screen {
    let mut screen = Screen::open(opened);
    screen.synced().sounds();
    let row = screen.state.inbox.at(1).unwrap();
    let key = RowKey::of(&row);
    let tags = ["legal", "urgent", "tax-office"].map(|tag| Tag::new(tag).unwrap()).to_vec();
    screen.change(Change::Edit { keys: vec![key], edit: Edit::Note(Note::new(NOTE, 1)) });
    screen.change(Change::Edit { keys: vec![key], edit: Edit::Tag { add: tags, remove: Vec::new() } });
    let name = vec![(row.caller, "Widgets Private Limited".to_owned())];
    screen.state.inbox.rows.name_callers(&name);
    screen
}

/// The first line of the list with a voicemail, and what is highlighted in it, with `|` between.
fn line(screen: &mut Screen) -> (String, String) {
    let list = screen.state.regions().list;
    let buffer = screen.buffer();
    let y = list.y + 1;
    let cells: Vec<&Cell> = (list.x..list.right()).map(|x| &buffer[(x, y)]).collect();
    // The first cells are the bar and the sign for unread.
    let hit = |cell: &Cell| {
        cell.fg == Color::Cyan && cell.modifier.contains(Modifier::BOLD)
            || cell.modifier.contains(Modifier::UNDERLINED)
    };
    let mut marked = String::new();
    for (x, cell) in cells.iter().enumerate().skip(4) {
        match (hit(cell), x > 0 && hit(cells[x - 1])) {
            (true, _) => marked.push_str(cell.symbol()),
            (false, true) => marked.push('|'),
            _ => {}
        }
    }
    let text: String = cells.iter().map(|cell| cell.symbol()).collect();
    (text.trim_end().to_owned(), marked.trim_end_matches('|').to_owned())
}

#[test]
fn what_was_found_in_a_note_looks() {
    let open = |size| {
        let mut screen = noted(Opened { size, ..filled() });
        screen.keys("/").type_text("invoice");
        screen
    };
    at_three_sizes("found-in-a-note", open, Screen::snapshot);
}

#[test]
fn every_match_is_shown_at_every_size() {
    for plain in [false, true] {
        for size in [(120, 40), (100, 30), (80, 24), (60, 20), (40, 12), (30, 10)] {
            let look = Look { plain, ..Opened::default().look };
            let mut screen = noted(Opened { size, look, ..filled() });
            screen.keys("/");
            for (asked, matched) in [
                ("invoice", "invoice"),
                ("\"invoice 417\"", "invoice 417"),
                ("note:papers", "papers"),
                ("rang", "rang"),
                ("tag:tax-office", "tax-office"),
                ("urge", "urge"),
                ("98450", "98450"),
                ("from:984501", "98450 1"),
                ("limited", "Limited"),
                ("name:\"widgets\"", "Widgets"),
            ] {
                screen.keys("Ctrl-u").type_text(asked);
                let (text, marked) = line(&mut screen);
                // The beginning of what is longer than its place.
                let least = if size.0 < 40 { 3 } else { 9 };
                let shows = |part: &str| part == matched || part.len() >= least && matched.starts_with(part);
                assert!(marked.split('|').any(shows), "{asked} at {size:?}: {text:?} has {marked:?}");
                // The time and the caller stay.
                assert!(
                    text.contains("10:05") && (text.contains("Widg") || text.contains("Lim")),
                    "{asked}: {text}"
                );
            }
        }
    }
}

#[test]
fn a_note_is_cut_around_the_match_and_the_flags_stay() {
    let mut screen = noted(filled());
    let key = RowKey::of(&screen.state.inbox.at(1).unwrap());
    screen.keys("j s k");
    let before = line(&mut screen).0;
    screen.keys("/").type_text("invo");
    let (text, marked) = line(&mut screen);
    assert!(text.ends_with("★ ✎ …about invoice 417 and…"), "{text}");
    assert_eq!(marked, "invo");
    assert_eq!(screen.state.inbox.selected, Some(key));
    // Nothing before it has moved, and the match stays where it is while it grows.
    assert_ne!(before, text);
    screen.type_text("ice");
    assert_eq!(line(&mut screen), (text, "invoice".to_owned()));
}

#[test]
fn what_the_cell_shows_stays_there() {
    let mut screen = Screen::open(filled());
    screen.synced().sounds();
    let key = RowKey::of(&screen.state.inbox.at(1).unwrap());
    screen.change(Change::Edit { keys: vec![key], edit: Edit::Note(Note::new("call at ten", 1)) });
    screen.keys("/").type_text("call");
    let (text, marked) = line(&mut screen);
    assert!(text.ends_with("✎ call at ten") && text.contains("0:12"), "{text}");
    assert_eq!(marked, "call");
}

#[test]
fn terms_in_several_hidden_texts_are_all_shown() {
    let mut screen = noted(filled());
    screen.keys("/").type_text("limited urgent 98450 -is:done");
    let (text, marked) = line(&mut screen);
    assert_eq!(marked, "Limited|urgent|98450", "{text}");
    screen.keys("Ctrl-u").type_text("nothing OR legal");
    assert_eq!(line(&mut screen).1, "legal");
}

#[test]
fn a_column_for_notes_is_cut_around_the_match() {
    let look = Look { columns: vec![Column::Time, Column::Caller, Column::Note], ..Opened::default().look };
    let mut screen = noted(Opened { size: (80, 24), look, ..filled() });
    screen.keys("/").type_text("papers");
    let (text, marked) = line(&mut screen);
    assert!(text.contains("…Ravi has the papers about") && !text.contains('✎'), "{text}");
    assert_eq!(marked, "papers");
}

#[test]
fn the_detail_highlights_what_matched() {
    let highlighted = |buffer: &Buffer, x: u16| {
        let cells = buffer.content.iter().enumerate().filter(|(at, _)| buffer.pos_of(*at).0 >= x);
        let hits = cells.filter(|(_, cell)| cell.modifier.contains(Modifier::UNDERLINED));
        hits.map(|(_, cell)| cell.symbol()).collect::<String>()
    };
    let look = Look { plain: true, ..Opened::default().look };
    let mut screen = noted(Opened { look, ..filled() });
    screen.keys("/");
    for (asked, expected) in [
        // The phrase goes over the end of a line.
        ("\"ten she says\"", "ten.She says"),
        ("note:a", "Aaaaa"),
        ("tag:legal", "legal"),
        ("984501", "98450 1"),
    ] {
        screen.keys("Ctrl-u").type_text(asked);
        let x = screen.state.regions().detail.unwrap().x;
        let buffer = screen.buffer();
        assert_eq!(highlighted(&buffer, x), expected, "{asked}: {}", screen.text());
    }
}

#[test]
fn a_note_is_found_to_its_end() {
    let mut screen = Screen::open(filled());
    screen.synced();
    let key = RowKey::of(&screen.state.inbox.at(1).unwrap());
    let long = format!("{}zebra", "word ".repeat(400));
    screen.change(Change::Edit { keys: vec![key], edit: Edit::Note(Note::new(&long, 1)) });
    let more = Edit::AddToNote(Note::new("and a yak", 2).unwrap());
    screen.change(Change::Edit { keys: vec![key], edit: more });
    for (asked, shown) in [("zebra", "zebra"), ("yak", "yak"), ("\"zebra and\"", "zebra and")] {
        screen.keys("/ Ctrl-u").type_text(asked).keys("Enter");
        assert_eq!(screen.state.inbox.list.len(), 1, "{asked}");
        assert!(screen.text().lines().any(|line| line.contains("10:05") && line.contains(shown)), "{asked}");
    }
    // The scattered letters of other words are no match.
    screen.keys("/ Ctrl-u").type_text("wrdwrd");
    assert!(screen.state.inbox.list.is_empty());
}

#[test]
fn a_match_in_the_selected_line_is_coloured_as_well() {
    let mut screen = noted(filled());
    screen.keys("/").type_text("invoice");
    let list = screen.state.regions().list;
    let buffer = screen.buffer();
    let bar = &buffer[(list.x, list.y + 1)];
    assert_eq!(bar.symbol(), "▌");
    assert_eq!(line(&mut screen).1, "invoice");
}

#[test]
fn a_line_is_scrolled_and_the_selection_stays_while_it_is_on_screen() {
    let mut screen = Screen::open(Opened { size: (80, 14), ..filled() });
    screen.synced().keys("j j j j");
    let (here, top) = (screen.state.inbox.selected, screen.state.inbox.top);
    screen.keys("Ctrl-e Ctrl-e");
    assert_eq!((screen.state.inbox.selected, screen.state.inbox.top), (here, top + 2));
    screen.keys("Ctrl-y");
    assert_eq!((screen.state.inbox.selected, screen.state.inbox.top), (here, top + 1));
    let visible = |screen: &Screen| {
        let inbox = &screen.state.inbox;
        let line = inbox.list.days.line_of(inbox.selected_place().unwrap());
        let height = usize::from(screen.state.regions().list.height);
        assert!((inbox.top + 1..inbox.top + height).contains(&line), "{line} from {}", inbox.top);
    };
    for key in ["Ctrl-e", "Ctrl-y"] {
        let mut tops = vec![screen.state.inbox.top];
        for _ in 0..60 {
            screen.keys(key);
            visible(&screen);
            tops.push(screen.state.inbox.top);
        }
        assert!(tops.windows(2).all(|pair| pair[0].abs_diff(pair[1]) <= 1), "{tops:?}");
        let lines = screen.state.inbox.list.days.lines();
        let end = if key == "Ctrl-e" { lines - usize::from(screen.state.regions().list.height) } else { 0 };
        assert_eq!(screen.state.inbox.top, end);
        // The list was longer than what fits, and the selection had to follow.
        assert_ne!(screen.state.inbox.selected, here);
    }
}

#[test]
fn the_detail_scrolls_by_a_line_when_it_has_the_focus() {
    let mut screen = noted(Opened { size: (40, 12), ..filled() });
    screen.keys("j Enter Ctrl-e Ctrl-e");
    assert_eq!(screen.state.detail.scroll, 2);
    screen.keys("Ctrl-y");
    assert_eq!(screen.state.detail.scroll, 1);
}

#[test]
fn ctrl_l_draws_the_screen_anew_wherever_one_is() {
    let anew = Effect::Terminal(TerminalEffect::Redraw);
    for keys in ["", "/ a", "?", "m", "d", ":"] {
        let mut screen = noted(filled());
        screen.keys(keys).keys("Ctrl-l");
        assert_eq!(screen.effects.iter().filter(|effect| **effect == anew).count(), 1, "{keys}");
    }
}

#[test]
fn given_names_are_found_by_number() {
    let mut screen = Screen::open(filled());
    screen.synced();
    let key = CallerKey::from_text("+919845012345").unwrap();
    screen.change(Change::Name { key, name: Given::new("Ravi", 1) });
    let row = screen.state.inbox.at(1).unwrap();
    screen.state.inbox.rows.name_callers(&[(row.caller, "Ravi".to_owned())]);
    screen.keys("/").type_text("98450");
    let (text, marked) = line(&mut screen);
    assert!(text.contains("Ravi") && text.contains("+91 98450 12345"), "{text}");
    assert_eq!(marked, "98450");
}
