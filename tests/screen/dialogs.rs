//! What hands expect of the dialogs: Enter that does nothing says why, a note of one line needs no chord,
//! the calendar counts without colours, and only what came off is remembered.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail them")]

use crate::SIZES;
use crate::common::{Opened, Screen, now, week};
use vmail::core::model::Span;
use vmail::core::triage::{Edit, Note};
use vmail::terminal::colours::Depth;
use vmail::terminal::escape::transfer::Transfer;
use vmail::tui::list::rows::RowKey;
use vmail::tui::msg::{AccountEffect, Change, Effect, Msg, NotSaved};
use vmail::tui::overlay::Overlay;
use vmail::tui::overlays::elsewhere::{Delivery, PageNews};
use vmail::tui::state::Look;

fn opened() -> Opened {
    Opened { stored: week(), covered: Some(Span::from_millis(0, i64::MAX)), ..Opened::default() }
}

fn open(opened: Opened) -> Screen {
    let mut screen = Screen::open(opened);
    screen.synced();
    screen.effects.clear();
    screen
}

fn over_ssh() -> Screen {
    open(Opened { remote: true, ..opened() })
}

fn selected(screen: &Screen) -> RowKey {
    screen.state.inbox.selected.unwrap()
}

fn edits(screen: &mut Screen) -> Vec<Edit> {
    let edit = |effect| match effect {
        Effect::Account(AccountEffect::Apply(Change::Edit { edit, .. })) => Some(edit),
        _ => None,
    };
    std::mem::take(&mut screen.effects).into_iter().filter_map(edit).collect()
}

fn note(text: &str) -> Note {
    Note::new(text, now().timestamp_millis()).unwrap()
}

#[track_caller]
fn shows(screen: &mut Screen, text: &str) {
    let shown = screen.text();
    assert!(shown.contains(text), "{text:?} is not on screen:\n{shown}");
}

#[test]
fn enter_that_does_nothing_says_why() {
    for (keys, why) in [
        ("C Ctrl-u Enter", "no name typed"),
        ("t Enter", "no tags typed"),
        ("m Enter", "nothing typed: no note saved"),
        (": x q z z y Enter", "no matching command: Esc to close"),
        ("d Tab Tab Ctrl-u Enter", "not shown: correct the range, or Esc to cancel"),
        ("w Ctrl-u Enter", "the path is empty"),
        ("Y Enter", "Enter is not bound"),
        ("/ i s : x Enter", "not kept: correct the search, or Esc to clear it"),
    ] {
        let mut screen = open(Opened { size: (80, 24), ..opened() });
        screen.keys(keys);
        shows(&mut screen, why);
        assert_eq!(edits(&mut screen), [], "{keys}");
    }
    let mut screen = open(opened());
    screen.keys("m x Enter m Enter");
    shows(&mut screen, "note unchanged");
    screen.keys("C").type_text("Anita").keys("Enter C Enter");
    shows(&mut screen, "name unchanged");
    screen.keys("v v m Enter");
    shows(&mut screen, "nothing typed: no note saved");
}

#[test]
fn the_log_in_form_says_which_field_is_empty() {
    for size in SIZES {
        let form = || {
            let mut screen = Screen::open(Opened { account: None, size, ..Opened::default() });
            screen.keys("Enter Enter");
            screen
        };
        let mut screen = form();
        shows(&mut screen, "type the app ID");
        screen.keys("Enter");
        shows(&mut screen, "the app ID is missing");
        screen.type_text("1111113").keys("Enter");
        shows(&mut screen, "type the secret");
        screen.keys("Enter");
        shows(&mut screen, "the secret is missing");
        let mut screen = form();
        screen.keys("Down").send(Msg::Paste("s3cret".to_owned())).keys("Enter");
        shows(&mut screen, "the app ID is missing");
        screen.type_text("1111113").keys("Enter");
        shows(&mut screen, "logging in…");
    }
}

#[test]
fn enter_saves_a_note_and_a_new_line_has_its_own_keys() {
    let mut screen = open(opened());
    screen.hold_changes();
    screen.keys("m").type_text("call back").keys("Enter");
    assert!(screen.state.overlay.is_none(), "{}", screen.text());
    assert_eq!(edits(&mut screen), [Edit::Note(Some(note("call back")))]);
    for key in ["Ctrl-j", "Alt-Enter", "Shift-Enter"] {
        let mut screen = open(opened());
        screen.hold_changes();
        screen.keys("m a").keys(key).keys("b Enter");
        assert_eq!(edits(&mut screen), [Edit::Note(Some(note("a\nb")))], "{key}");
    }
    let mut screen = open(opened());
    screen.hold_changes();
    screen.keys("m").send(Msg::Paste("first\r\nsecond\n\nthird\r".to_owned()));
    assert!(screen.state.overlay.is_some(), "a pasted line end saves nothing");
    screen.keys("Ctrl-s");
    assert_eq!(edits(&mut screen), [Edit::Note(Some(note("first\nsecond\n\nthird")))]);
    let mut screen = open(opened());
    screen.hold_changes();
    screen.keys("v v m a Ctrl-j b Enter");
    assert_eq!(edits(&mut screen), [Edit::AddToNote(note("a\nb"))]);
}

#[test]
fn a_note_says_how_it_is_saved_and_how_a_line_ends() {
    for (size, hints) in [
        ((120, 40), "Enter save   Ctrl-j new line   Esc close"),
        ((80, 24), "Enter save   Ctrl-j new line   Esc close"),
        ((40, 12), "Enter save   Ctrl-j new line"),
    ] {
        let mut screen = open(Opened { size, ..opened() });
        screen.keys("m");
        shows(&mut screen, hints);
        screen.keys("Esc v v m");
        shows(&mut screen, hints);
    }
}

#[test]
fn the_calendar_counts_in_every_terminal() {
    let usual = Opened::default().look;
    let looks = [
        Look { depth: Depth::True, ..usual.clone() },
        Look { depth: Depth::Sixteen, ..usual.clone() },
        Look { plain: true, ..usual.clone() },
    ];
    for look in looks {
        // All of them are in the range.
        let mut screen = open(Opened { look, ..opened() });
        screen.keys("d");
        for day in ["16 ", "17⣤", "18⣤", "19⣤", "20⣿", "21 ", "22⣤", "23⣿", "24 "] {
            shows(&mut screen, day);
        }
        shows(&mut screen, "⣀ 1+  ⣤ 2+  ⣿ 4+  a day");
        shows(&mut screen, "Mon 23 Nov · 4 voicemails");
        screen.keys("Tab h");
        shows(&mut screen, "›22⣤");
        shows(&mut screen, "Sun 22 Nov · 3 voicemails");
    }
    let mut screen = open(Opened { look: Look { ascii: true, ..usual }, ..opened() });
    screen.keys("d");
    for shown in ["17-", "20#", ". 1+  - 2+  # 4+  a day"] {
        shows(&mut screen, shown);
    }
}

#[test]
fn a_low_calendar_leaves_the_legend_out_and_keeps_the_count() {
    let mut screen = open(Opened { size: (40, 12), ..opened() });
    screen.keys("d Tab");
    for shown in ["17⣤", "20⣿", "‹ November 2026 ›", "Mon 23 · 4"] {
        shows(&mut screen, shown);
    }
    assert!(!screen.text().contains("a day"), "{}", screen.text());
    screen.keys("h h");
    shows(&mut screen, "Sat 21 · 0");
}

#[test]
fn another_month_has_no_counts_before_they_are_read() {
    let mut screen = Screen::open_held(opened());
    while screen.answer_one() {}
    screen.keys("d Tab");
    while screen.answer_one() {}
    shows(&mut screen, "20⣿");
    screen.keys("<");
    let text = screen.text();
    assert!(text.contains("October") && !text.contains("20⣿") && text.contains("Fri 23 Oct"), "{text}");
    assert!(!text.contains("Fri 23 Oct ·"), "no count is known yet: {text}");
    while screen.answer_one() {}
    shows(&mut screen, "Fri 23 Oct · 0 voicemails");
}

#[test]
fn a_way_to_listen_is_remembered_once_it_came_off() {
    let way = |screen: &Screen| screen.state.remembered.way;
    let mut screen = over_ssh();
    screen.keys("Space w Esc");
    assert_eq!(way(&screen), None, "nothing was saved");
    screen.keys("Space w Enter").saved(Err(NotSaved::Other("No space left.".to_owned())));
    assert_eq!(way(&screen), None, "nor here");
    screen.keys("Enter").saved(Ok("/home/meera/voicemail/a.mp3".into()));
    assert_eq!(way(&screen), Some(Delivery::Save));
    screen.keys("Esc Space Esc");
    assert_eq!(way(&screen), Some(Delivery::Save));

    let mut screen = over_ssh();
    screen.keys("w Enter").saved(Ok("/home/meera/voicemail/a.mp3".into()));
    assert_eq!(way(&screen), None, "nobody asked how to listen");

    let mut screen = over_ssh();
    let key = selected(&screen);
    screen.keys("Space b Esc");
    assert_eq!(way(&screen), None, "the page was never there");
    screen.send(Msg::Page(key, PageNews::Failed("The page cannot be served.".to_owned())));
    assert_eq!(way(&screen), None, "nor can it be");
    let ready = |opened| PageNews::Ready { url: "http://127.0.0.1:8321/k3/".to_owned(), port: 8321, opened };
    screen.send(Msg::Page(key, ready(false)));
    assert_eq!(way(&screen), None, "nobody opened it");
    screen.send(Msg::Page(key, ready(true)));
    assert_eq!(way(&screen), Some(Delivery::Browser));

    let mut screen = over_ssh();
    screen.keys("Space t");
    shows(&mut screen, "this terminal cannot receive files");
    assert_eq!(way(&screen), None);
    screen.state.setup.env.transfer = Some(Transfer::Kitty);
    screen.keys("t t");
    assert_eq!(way(&screen), None, "it is still to be sent");
    screen.send(Msg::Sending(50));
    assert_eq!(way(&screen), None);
    screen.send(Msg::Sending(100));
    assert_eq!(way(&screen), Some(Delivery::Terminal));
    assert!(matches!(screen.state.overlay, Some(Overlay::Elsewhere(_))));
}
