//! Limits of what a user writes: each is named, and what would pass it is refused as a whole.

use vmail::core::triage::Note;
use vmail::secret::Typed;
use vmail::tui::msg::Msg;
use vmail::tui::overlay::Overlay;

use crate::common::{Opened, Screen, week};

fn screen(size: (u16, u16)) -> Screen {
    let covered = Some(vmail::core::model::Span::from_millis(0, i64::MAX));
    let mut screen = Screen::open(Opened { size, stored: week(), covered, ..Opened::default() });
    screen.synced();
    screen
}

fn value(screen: &mut Screen) -> String {
    screen.state.open_field().unwrap().value().to_owned()
}

/// The text of the note that is open.
fn written(screen: &Screen) -> &str {
    let Some(Overlay::Note(writing)) = &screen.state.overlay else { panic!("no note is open") };
    writing.field.text()
}

#[track_caller]
fn shows(screen: &mut Screen, text: &str) {
    // A wrapped message has the frame of its dialog in between.
    let shown = screen.text().replace(['│', '┃'], " ");
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains(text), "{}", screen.text());
}

#[test]
fn a_field_takes_a_paste_as_a_whole_or_not_at_all() {
    for size in [(120, 40), (80, 24), (40, 12)] {
        for (open, most, said) in [
            ("/", 1_000, "1,000"),
            ("t", 1_000, "1,000"),
            (":", 1_000, "1,000"),
            ("d Tab Tab", 1_000, "1,000"),
            ("w", 4_096, "4,096"),
            ("v v w", 4_096, "4,096"),
            ("C", 80, "80"),
            ("?", 1_000, "1,000"),
        ] {
            let told = format!("at most {said} characters");
            let mut screen = screen(size);
            screen.keys(open);
            let before = value(&mut screen);
            // As much as a paste can have. Each character by itself would take minutes.
            screen.send(Msg::Paste("a".repeat(1 << 20)));
            shows(&mut screen, &told);
            assert_eq!(value(&mut screen), before, "{open}");
            screen.keys("Ctrl-u").send(Msg::Paste("a".repeat(most - 1)));
            assert_eq!(value(&mut screen).len(), most - 1, "{open}");
            screen.send(Msg::Paste("bc".to_owned()));
            shows(&mut screen, &told);
            screen.keys("b");
            assert!(!screen.text().contains("at most"), "{open}: {}", screen.text());
            screen.keys("c");
            shows(&mut screen, &told);
            assert!(value(&mut screen).ends_with("ab"), "{open}");
        }
    }
}

#[test]
fn a_note_takes_a_paste_as_a_whole_or_not_at_all() {
    for size in [(120, 40), (80, 24), (40, 12)] {
        let mut screen = screen(size);
        screen.keys("m").type_text("first ").send(Msg::Paste("a".repeat(1 << 20)));
        shows(&mut screen, "Not pasted: a note has at most 10,000 characters.");
        screen.send(Msg::Paste("b".repeat(Note::MAX - 5)));
        assert_eq!(written(&screen), "first ");
        screen.send(Msg::Paste("b".repeat(Note::MAX - 6))).keys("x");
        shows(&mut screen, "The note is full: it has 10,000 characters.");
        assert_eq!(written(&screen).len(), Note::MAX);
        screen.keys("Backspace y Enter m");
        assert!(written(&screen).starts_with("first b") && written(&screen).ends_with("by"));
    }
}

#[test]
fn a_text_is_not_added_to_a_note_without_room_for_it() {
    let mut screen = screen((80, 24));
    screen.keys("m").send(Msg::Paste("a".repeat(Note::MAX - 3))).keys("Enter");
    let full = screen.state.inbox.selected.unwrap();
    screen.keys("v v v m").type_text("more").keys("Enter");
    shows(&mut screen, "Not added to 1 voicemail, whose note would have more than 10,000 characters: ");
    // What is left to do is marked.
    assert_eq!(screen.state.inbox.marks.iter().copied().collect::<Vec<_>>(), [full]);
    let note = |screen: &mut Screen| {
        screen.keys("m");
        let text = written(screen).to_owned();
        screen.keys("Esc");
        text
    };
    screen.keys("Esc g");
    assert_eq!(note(&mut screen).len(), Note::MAX - 3);
    screen.keys("j");
    assert_eq!(note(&mut screen), "more");
    screen.keys("u");
    assert_eq!(note(&mut screen), "");
}

#[test]
fn a_text_that_fits_no_note_is_not_lost() {
    let mut screen = screen((80, 24));
    for keys in ["m", "j m"] {
        screen.keys(keys).send(Msg::Paste("a".repeat(Note::MAX - 3))).keys("Enter");
    }
    screen.keys("g v v m").type_text("more").keys("Enter");
    shows(&mut screen, "Not added to 2 voicemails, whose note would have more than 10,000 characters: ");
    assert_eq!(written(&screen), "more");
}

#[test]
fn a_note_that_grew_too_long_while_it_was_loaded_is_not_saved_and_not_cut() {
    let mut screen = screen((80, 24));
    screen.keys("m").send(Msg::Paste("a".repeat(Note::MAX - 3))).keys("Enter");
    let covered = Some(vmail::core::model::Span::from_millis(0, i64::MAX));
    let mut held = Screen::open_held(Opened { stored: week(), covered, ..Opened::default() });
    while held.answer_one() {}
    let key = held.state.inbox.selected.unwrap();
    let stored = Note::new(&"a".repeat(Note::MAX - 3), 1);
    held.elsewhere(&vmail::tui::msg::Change::Edit {
        keys: vec![key],
        edit: vmail::core::triage::Edit::Note(stored),
    });
    held.keys("m").type_text("before five").keys("Enter");
    while held.answer_one() {}
    shows(&mut held, "Not saved: a note has at most 10,000 characters, this one has 10,008.");
    held.keys("Backspace");
    shows(&mut held, "7 characters too many");
    // Nobody can shorten it any more.
    held.send(Msg::Hangup);
    while held.answer_one() {}
    held.keys("m");
    while held.answer_one() {}
    assert_eq!(written(&held).len(), Note::MAX + 7);
}

#[test]
fn a_secret_is_not_cut() {
    let mut screen = Screen::open(Opened { account: None, ..Opened::default() });
    screen.keys("Enter Tab").send(Msg::Paste("1".repeat(20)));
    shows(&mut screen, "at most 19 characters");
    assert_eq!(value(&mut screen), "");
    screen.type_text("1111113").keys("Down").send(Msg::Paste("s".repeat(Typed::MAX + 1)));
    shows(&mut screen, "too long: a secret has at most 512 bytes");
    screen.keys("Enter");
    shows(&mut screen, "the secret is missing");
    screen.send(Msg::Paste("s".repeat(Typed::MAX))).keys("s");
    shows(&mut screen, "too long: a secret has at most 512 bytes");
}
