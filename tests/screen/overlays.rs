//! Notes, tags, the palette and copying, from outside: keys in; the screen, the store and what is
//! asked of the world come out.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail them")]

use crate::at_three_sizes;
use crate::common::{Opened, Screen, week};
use crate::selected;
use vmail::core::facts::Flags;
use vmail::core::model::Span;
use vmail::core::triage::{Applied, Edit, Note, Tag};
use vmail::store::StoreError;
use vmail::tui::list::rows::RowKey;
use vmail::tui::msg::{AccountEffect, Change, Effect, Lane, Msg, Read, Reply, TerminalEffect};
use vmail::tui::overlay::Overlay;
use vmail::tui::overlays::copy::{CopyMenu, What};
use vmail::tui::overlays::tags::{Known, TagEditor};

fn filled() -> Opened {
    Opened { stored: week(), covered: Some(Span::from_millis(0, i64::MAX)), ..Opened::default() }
}

fn screen() -> Screen {
    let mut screen = Screen::open(filled());
    screen.synced();
    screen
}

/// The screen in a state, at three sizes.
fn looks(name: &str, prepare: impl Fn(&mut Screen)) {
    let open = |size| {
        let mut screen = Screen::open(Opened { size, ..filled() });
        screen.synced();
        prepare(&mut screen);
        screen
    };
    at_three_sizes(name, open, Screen::dialog);
}

/// What was done, as the store was told.
fn edits(screen: &mut Screen) -> Vec<Edit> {
    let edit = |effect: &Effect| match effect {
        Effect::Account(AccountEffect::Apply(Change::Edit { edit, .. })) => Some(edit.clone()),
        _ => None,
    };
    std::mem::take(&mut screen.effects).iter().filter_map(edit).collect()
}

fn copied(screen: &mut Screen) -> Vec<String> {
    let copy = |effect: &Effect| match effect {
        Effect::Terminal(TerminalEffect::Copy(text)) => Some(text.clone()),
        _ => None,
    };
    std::mem::take(&mut screen.effects).iter().filter_map(copy).collect()
}

fn notice(screen: &Screen) -> &str {
    screen.state.notice.as_ref().map_or("", |notice| &notice.text)
}

fn quits(screen: &Screen) -> bool {
    screen.effects.contains(&Effect::Quit)
}

/// The text of the note that is open.
fn written(screen: &Screen) -> &str {
    match &screen.state.overlay {
        Some(Overlay::Note(writing)) => writing.field.text(),
        other => panic!("no note is open but {other:?}"),
    }
}

fn tag_line(screen: &Screen) -> &str {
    match &screen.state.overlay {
        Some(Overlay::Tags(tagging)) => tagging.input.value(),
        other => panic!("no tags are open but {other:?}"),
    }
}

fn note(text: &str) -> Note {
    Note::new(text, crate::common::now().timestamp_millis()).unwrap()
}

fn tags(names: &[&str]) -> Vec<Tag> {
    names.iter().map(|name| Tag::new(name).unwrap()).collect()
}

/// Gives the selected voicemail tags.
fn tag(screen: &mut Screen, line: &str) {
    screen.keys("t").type_text(line).keys("Enter");
    assert!(screen.state.overlay.is_none(), "{}", screen.text());
}

// --- Notes ------------------------------------------------------------------

const LONG: &str = "Wants a call before five about invoice 417; Ravi has the papers. \
    The number on the invoice is not the one that they transferred the money to.";

#[test]
fn a_note_looks() {
    looks("note", |screen| {
        screen.keys("m").type_text("Call before five").keys("Ctrl-j Ctrl-j").type_text(LONG);
    });
    looks("note-empty", |screen| {
        screen.keys("m");
    });
    looks("note-asked", |screen| {
        screen.keys("m").type_text(LONG).keys("Esc");
    });
    looks("note-scrolled", |screen| {
        let lines: Vec<_> = (1..=40).map(|line| format!("line {line}")).collect();
        screen.keys("m").send(Msg::Paste(lines.join("\n")));
        screen.keys("PgUp PgUp");
    });
}

#[test]
fn a_note_is_written_and_read_again() {
    let mut screen = screen();
    screen.keys("m").type_text("two").keys("Ctrl-j").type_text("lines").keys("Ctrl-s");
    assert_eq!(notice(&screen), "note saved · u to undo");
    let row = screen.state.inbox.selected_row().unwrap();
    assert!(row.flags.contains(Flags::NOTE));
    screen.keys("m");
    assert_eq!(written(&screen), "two\nlines");
    screen.keys("Esc");
    assert!(screen.state.overlay.is_none(), "nothing was changed: it leaves at once");
    screen.keys("j m");
    assert_eq!(written(&screen), "", "a note is about one voicemail");
}

#[test]
fn a_note_without_text_is_removed() {
    let mut screen = screen();
    screen.keys("m x Ctrl-s m Ctrl-u").type_text("  ").keys("Ctrl-s");
    assert_eq!(notice(&screen), "note removed · u to undo");
    assert!(!screen.state.inbox.selected_row().unwrap().flags.contains(Flags::NOTE));
    screen.keys("m");
    assert_eq!(written(&screen), "");
}

#[test]
fn an_unchanged_note_is_not_written() {
    let mut screen = screen();
    screen.keys("m x Ctrl-s");
    screen.hold_changes();
    screen.keys("m y Backspace Ctrl-s");
    assert!(screen.state.overlay.is_none());
    assert_eq!(edits(&mut screen), []);
}

#[test]
fn leaving_a_changed_note_asks() {
    let mut screen = screen();
    screen.hold_changes();
    screen.keys("m a Esc");
    assert!(screen.text().contains("Unsaved changes: s to save"));
    // Keys now answer the question and are not typed.
    screen.keys("x Enter").send(Msg::Paste("pasted".into()));
    assert_eq!(written(&screen), "a");
    screen.keys("Esc b");
    assert_eq!(written(&screen), "ab");
    screen.keys("Esc d");
    assert!(screen.state.overlay.is_none());
    assert_eq!(edits(&mut screen), []);
    screen.keys("m a Esc s");
    assert!(screen.state.overlay.is_none());
    assert_eq!(edits(&mut screen), [Edit::Note(Some(note("a")))]);
}

#[test]
fn ctrl_c_asks_before_a_changed_note_is_lost() {
    let mut screen = screen();
    screen.keys("m a Ctrl-c");
    assert!(!quits(&screen) && screen.text().contains("Unsaved changes: s to save"));
    screen.keys("Ctrl-c");
    assert!(quits(&screen));
}

#[test]
fn what_is_written_is_saved_when_the_terminal_goes() {
    let mut screen = screen();
    screen.hold_changes();
    screen.keys("m a").send(Msg::Hangup);
    assert_eq!(edits(&mut screen), [Edit::Note(Some(note("a")))]);
    let mut screen = self::screen();
    screen.hold_changes();
    screen.keys("m").send(Msg::Hangup);
    assert!(quits(&screen));
    assert_eq!(edits(&mut screen), []);
}

#[test]
fn typing_does_not_wait_for_the_store() {
    let mut screen = Screen::open_held(filled());
    while screen.answer_one() {}
    screen.keys("m a");
    assert!(screen.text().contains("loading…"));
    let ticket = screen.state.lanes.last(Lane::Note);
    screen.send(Msg::Reply(ticket, Reply::Note(Some(note("before, ")))));
    assert_eq!(written(&screen), "before,a");
}

#[test]
fn saving_waits_for_what_is_there() {
    let mut screen = Screen::open_held(filled());
    while screen.answer_one() {}
    screen.hold_changes();
    screen.keys("m a Ctrl-s");
    assert_eq!(edits(&mut screen), [], "it would overwrite what nobody has read");
    let ticket = screen.state.lanes.last(Lane::Note);
    screen.send(Msg::Reply(ticket, Reply::Note(Some(note("before;")))));
    assert_eq!(edits(&mut screen), [Edit::Note(Some(note("before;a")))]);
}

#[test]
fn a_note_that_cannot_be_read_is_not_overwritten() {
    let mut screen = Screen::open_held(filled());
    while screen.answer_one() {}
    screen.hold_changes();
    screen.keys("m a");
    let ticket = screen.state.lanes.last(Lane::Note);
    screen.send(Msg::Reply(ticket, Reply::ReadFailed(StoreError::Busy)));
    assert!(screen.text().contains(&StoreError::Busy.to_string()[1..20]), "{}", screen.text());
    assert!(screen.text().contains("Press Enter to retry"), "{}", screen.text());
    screen.keys("Ctrl-s");
    assert_eq!(edits(&mut screen), []);
    // It was loaded again; a late reply to the first query is dropped.
    while screen.answer_one() {}
    assert_eq!(written(&screen), "a");
    screen.keys("Ctrl-s");
    assert_eq!(edits(&mut screen), [Edit::Note(Some(note("a")))]);
}

#[test]
fn an_answer_for_a_note_that_was_left_is_dropped() {
    let mut screen = Screen::open_held(filled());
    while screen.answer_one() {}
    screen.keys("m");
    let ticket = screen.state.lanes.last(Lane::Note);
    screen.keys("Esc j m");
    screen.send(Msg::Reply(ticket, Reply::Note(Some(note("of the other")))));
    assert_eq!(written(&screen), "");
}

#[test]
fn a_note_is_read_after_what_was_done_before_it_is_written() {
    let mut screen = screen();
    screen.hold_changes();
    screen.keys("m a Ctrl-s m");
    assert!(screen.text().contains("loading…"));
    screen.keys("b Ctrl-s");
    assert!(screen.text().contains("will be saved once the stored note has loaded"));
    let change = screen.state.pending[0].clone();
    edits(&mut screen);
    screen.send(Msg::Applied(change, Ok(Applied::default())));
    // The store has no note, as the change was held back. Only the order matters here.
    assert_eq!(edits(&mut screen), [Edit::Note(Some(note("b")))]);
}

#[test]
fn a_note_that_could_not_be_written_is_kept() {
    let mut screen = screen();
    screen.hold_changes();
    screen.keys("m a b c Ctrl-s");
    let change = screen.state.pending[0].clone();
    screen.send(Msg::Applied(change, Err(StoreError::Busy)));
    assert!(notice(&screen).contains("Press m to edit the note again"), "{}", notice(&screen));
    screen.keys("m");
    assert_eq!(written(&screen), "abc");
    assert!(screen.text().contains("This note could not be saved earlier"));
    edits(&mut screen);
    screen.keys("Ctrl-s");
    assert_eq!(edits(&mut screen), [Edit::Note(Some(note("abc")))]);
}

#[test]
fn a_note_has_a_limit_and_says_so() {
    let mut screen = screen();
    screen.keys("m").send(Msg::Paste("a".repeat(Note::MAX - 1)));
    assert!(screen.text().contains("1 character left"), "{}", screen.text());
    screen.send(Msg::Paste("bcd".into()));
    assert!(screen.text().contains("Not pasted: a note has at most 10,000 characters."));
    screen.keys("b x");
    assert!(screen.text().contains("The note is full: it has 10,000 characters."));
    assert_eq!(written(&screen).len(), Note::MAX);
    screen.keys("Backspace y");
    assert!(written(&screen).ends_with("ay"));
    screen.keys("Ctrl-s m");
    assert_eq!(written(&screen).len(), Note::MAX);
}

#[test]
fn the_cursor_is_where_one_types_in_every_window() {
    let mut screen = screen();
    screen.keys("m").type_text(LONG);
    for (width, height) in [(120, 40), (80, 24), (40, 12), (20, 5), (9, 4), (5, 3), (1, 1)] {
        screen.resize(width, height);
        let mut buffer = screen.buffer();
        let cursor = vmail::tui::view::draw(&screen.state, &mut buffer);
        assert!(cursor.is_none_or(|at| buffer.area.contains(at)), "{width}x{height}");
        assert!(cursor.is_some() || width < 9, "{width}x{height}");
    }
}

#[test]
fn flags_and_accents_are_one_character_to_the_keys() {
    let mut screen = screen();
    screen.keys("m").send(Msg::Paste("a🇮🇳e\u{301}".into()));
    screen.keys("Left Backspace");
    assert_eq!(written(&screen), "ae\u{301}");
}

// --- Tags -------------------------------------------------------------------

#[test]
fn tags_look() {
    looks("tags", |screen| {
        tag(screen, "billing, urgent");
        screen.keys("j");
        tag(screen, "bills supplier-kolkata");
        screen.keys("t").type_text("-supplier-kolkata  bi").keys("Tab");
    });
    looks("tags-mistake", |screen| {
        tag(screen, "billing");
        screen.keys("t").type_text("-biling").keys("Enter");
    });
}

/// The first three voicemail, as if they were marked.
fn three(screen: &Screen) -> Vec<RowKey> {
    (0..3).map(|index| RowKey::of(&screen.state.inbox.rows.get(index).unwrap())).collect()
}

/// The tags of three voicemails: all have one tag, and one of them has another.
fn tags_of_three(screen: &mut Screen) {
    let tagging = TagEditor::new(three(screen), "3 voicemails".to_owned());
    screen.state.overlay = Some(Overlay::Tags(Box::new(tagging)));
    let [billing, urgent, new] =
        [tags(&["billing"]), tags(&["urgent"]), tags(&["new"])].map(|mut tags| tags.remove(0));
    let on = vec![(billing.clone(), 1), (urgent.clone(), 3)];
    let ticket = screen.state.lanes.next(Lane::Tagging);
    screen.send(Msg::Reply(
        ticket,
        Reply::Tagging(Known { in_use: vec![(urgent, 9), (billing, 2), (new, 1)], on }),
    ));
}

#[test]
fn tags_of_several_look() {
    looks("tags-several", |screen| {
        tags_of_three(screen);
        screen.type_text("-urgent new");
    });
}

#[test]
fn tags_of_several_are_changed_at_once() {
    let mut screen = screen();
    screen.hold_changes();
    tags_of_three(&mut screen);
    screen.keys("Tab");
    assert_eq!(tag_line(&screen), "billing", "not all have it; the one that all have is not offered");
    screen.type_text(" -bi").keys("Tab");
    assert_eq!(tag_line(&screen), "billing -bi", "it stands there already");
    screen.keys("Ctrl-u").type_text("-billing").keys("Enter");
    let keys = three(&screen);
    let edit = Edit::Tag { add: vec![], remove: tags(&["billing"]) };
    assert!(screen.effects.contains(&Effect::Account(AccountEffect::Apply(Change::Edit { keys, edit }))));
}

#[test]
fn tags_come_and_go_in_one_change() {
    let mut screen = screen();
    tag(&mut screen, "billing urgent");
    assert_eq!(notice(&screen), "tagged billing, urgent · u to undo");
    screen.hold_changes();
    screen.keys("t").type_text("#Anita, -billing  -BILLING").keys("Enter");
    let edit = Edit::Tag { add: tags(&["Anita"]), remove: tags(&["billing"]) };
    assert_eq!(edits(&mut screen), [edit]);
}

#[test]
fn tab_completes_by_what_is_in_use() {
    let mut screen = screen();
    tag(&mut screen, "billing");
    screen.keys("j");
    tag(&mut screen, "billing bills rebate");
    screen.keys("j t b Tab");
    assert_eq!(tag_line(&screen), "billing", "the one that is used most");
    screen.keys("Tab");
    assert_eq!(tag_line(&screen), "bills");
    screen.keys("Tab");
    assert_eq!(tag_line(&screen), "rebate", "what has it inside comes last");
    screen.keys("Tab BackTab BackTab");
    assert_eq!(tag_line(&screen), "bills", "around, and back");
    screen.type_text(" bi").keys("Tab");
    assert_eq!(tag_line(&screen), "bills billing", "what stands there is not offered again");
    screen.type_text(" nothing").keys("Tab");
    assert_eq!(tag_line(&screen), "bills billing nothing");
}

#[test]
fn after_a_dash_what_is_there_is_offered() {
    let mut screen = screen();
    tag(&mut screen, "billing");
    screen.keys("j");
    tag(&mut screen, "urgent");
    screen.keys("t - Tab");
    assert_eq!(tag_line(&screen), "-urgent");
    screen.keys("Ctrl-u Tab");
    assert_eq!(tag_line(&screen), "billing", "it has the other already");
}

#[test]
fn a_wrong_tag_says_why_and_stays() {
    let mut screen = screen();
    tag(&mut screen, "billing");
    screen.hold_changes();
    let long = "a".repeat(41);
    for (line, why) in [
        ("-", "missing tag after - or #"),
        ("a -#", "missing tag after - or #"),
        ("one#two", "\"one#two\" contains #"),
        (&long, "at most 40 characters, this one has 41"),
        ("a\u{200b}b", "unprintable characters"),
        ("new -NEW", "\"NEW\" is both added and removed"),
        ("-biling", "no tag \"biling\" to remove; did you mean \"billing\"?"),
        ("-other", "no tag \"other\" to remove"),
    ] {
        screen.keys("t").type_text(line).keys("Enter");
        assert!(screen.text().contains(why), "{line}:\n{}", screen.text());
        assert_eq!(tag_line(&screen), line);
        screen.keys("x");
        assert!(!screen.text().contains(why) || line == "-other", "{line}: another line, another word");
        screen.keys("Esc");
    }
    assert_eq!(edits(&mut screen), []);
}

#[test]
fn nothing_typed_changes_nothing() {
    let mut screen = screen();
    screen.hold_changes();
    screen.keys("t Enter t").type_text(" , ").keys("Enter t x Esc");
    assert!(screen.state.overlay.is_none());
    assert_eq!(edits(&mut screen), []);
}

#[test]
fn tags_can_be_typed_before_they_are_read_and_when_they_cannot_be() {
    let mut screen = Screen::open_held(filled());
    while screen.answer_one() {}
    screen.hold_changes();
    screen.keys("t").type_text("-billing");
    let ticket = screen.state.lanes.last(Lane::Tagging);
    screen.send(Msg::Reply(ticket, Reply::ReadFailed(StoreError::Busy)));
    assert!(screen.text().contains(&StoreError::Busy.to_string()[..20]), "{}", screen.text());
    screen.keys("Enter");
    assert_eq!(edits(&mut screen), [Edit::Tag { add: vec![], remove: tags(&["billing"]) }]);
    // A late answer for tags that were left is dropped.
    screen.send(Msg::Reply(ticket, Reply::Tagging(Known::default())));
    assert!(screen.state.overlay.is_none());
}

#[test]
fn a_pasted_line_of_tags_is_one_line() {
    let mut screen = screen();
    screen.hold_changes();
    screen.keys("t").send(Msg::Paste("one\ntwo\tthree\x1b".into())).keys("Enter");
    assert_eq!(edits(&mut screen), [Edit::Tag { add: tags(&["one", "two", "three"]), remove: vec![] }]);
}

// --- Marks ------------------------------------------------------------------

#[test]
fn tags_and_copying_are_about_all_that_is_marked_and_what_takes_one_says_so() {
    let mut screen = screen();
    screen.keys("v v y");
    assert_eq!(copied(&mut screen), ["+919876543210\n+919845012345"]);
    screen.keys("t");
    assert!(screen.text().contains("Tags · 2 voicemails"));
    screen.type_text("billing").keys("Enter");
    assert_eq!(notice(&screen), "tagged billing (2 voicemails) · u to undo");
    screen.keys("t");
    assert!(screen.text().contains("#billing"));
    assert!(!screen.text().contains("of 2"), "both have it");
    screen.keys("Esc Y");
    assert!(screen.text().contains("Copy · 2 voicemails"));
    screen.keys("Esc");
    for (key, name) in [("b", "elsewhere"), ("c", "call-back"), ("C", "name"), ("H", "history")] {
        screen.keys(key);
        assert_eq!(notice(&screen), format!("{name} takes one voicemail: Esc clears the marks"));
        assert!(screen.state.overlay.is_none());
    }
    screen.keys("Esc m");
    assert!(screen.text().contains("Note · Withheld · 23 Nov 09:31"), "{}", screen.text());
    screen.type_text("who?").keys("Ctrl-s u");
    screen.keys("m");
    assert_eq!(written(&screen), "", "undone");
}

// --- Palette ----------------------------------------------------------------

#[test]
fn the_palette_looks() {
    looks("palette", |screen| {
        screen.keys(":");
    });
    looks("palette-found", |screen| {
        screen.keys(":").type_text("seek");
    });
    looks("palette-nothing", |screen| {
        screen.keys(":").type_text("make coffee");
    });
}

#[test]
fn a_command_is_found_and_run() {
    let mut screen = screen();
    screen.keys(":").type_text("dates").keys("Enter");
    assert!(matches!(screen.state.overlay, Some(Overlay::Dates(_))));
    screen.keys("Esc :").type_text("quit").keys("Enter");
    assert!(quits(&screen));
}

#[test]
fn the_choice_moves_and_stays_among_what_is_there() {
    let mut screen = screen();
    screen.keys(": Up Down Ctrl-n Ctrl-p");
    assert!(screen.text().contains("▌ faster"), "the second command: {}", screen.text());
    screen.keys("Esc j :").type_text("first voicemail").keys("Down Down Down Enter");
    assert_eq!(screen.state.inbox.selected_place(), Some(0));
    screen.resize(80, 24).keys(": PgDn PgDn");
    let Some(Overlay::Palette(palette)) = &screen.state.overlay else { panic!("closed") };
    let chosen = palette.texts(palette.chosen().unwrap()).0.to_owned();
    assert!(screen.text().lines().any(|line| line.contains(&format!("▌ {chosen}"))), "{}", screen.text());
}

#[test]
fn the_last_choice_comes_first() {
    let mut screen = screen();
    screen.keys(":").type_text("dates").keys("Enter Esc : Enter");
    assert!(matches!(screen.state.overlay, Some(Overlay::Dates(_))));
}

#[test]
fn a_text_is_added_to_the_note_of_each_that_is_marked_and_taken_back_at_once() {
    let mut screen = screen();
    screen.keys("m").type_text("call after 5").keys("Ctrl-s v j v m");
    assert!(screen.text().contains("add to 2 voicemails"), "{}", screen.text());
    screen.type_text("sent").keys("Ctrl-s");
    assert_eq!(notice(&screen), "note added (2 voicemails) · u to undo");
    assert!(screen.state.inbox.marks.is_empty());
    let note = |screen: &mut Screen, keys: &str| {
        screen.keys(keys).keys("m");
        let text = written(screen).to_owned();
        screen.keys("Esc");
        text
    };
    assert_eq!(note(&mut screen, "g"), "call after 5\nsent");
    assert_eq!(note(&mut screen, "j j"), "sent");
    screen.keys("u");
    assert_eq!(note(&mut screen, "g"), "call after 5");
    assert_eq!(note(&mut screen, "j j"), "");
}

#[test]
fn what_people_type_quits() {
    for typed in ["q", "x", "wq", "exit", "quit"] {
        let mut screen = screen();
        screen.keys(":").type_text(typed).keys("Enter");
        assert!(quits(&screen), "{typed}");
    }
}

#[test]
fn what_cannot_run_says_why_and_does_nothing() {
    let mut screen = screen();
    screen.keys(":").type_text("seek back");
    assert!(screen.text().contains("nothing is playing: Space plays the selected one"));
    screen.keys("Enter");
    assert_eq!(notice(&screen), "nothing is playing: Space plays the selected one");
    assert!(matches!(screen.state.overlay, Some(Overlay::Palette(_))), "it stays open");
    screen.keys("Ctrl-u").type_text("follow").keys("Enter");
    assert_eq!(notice(&screen), "only in the detail");
    screen.keys("Ctrl-u").type_text("xyzzy").keys("Enter");
    assert_eq!(notice(&screen), "no matching command: Esc to close");
    screen.keys("Esc");
    assert!(screen.state.overlay.is_none());
}

#[test]
fn the_palette_works_without_an_account() {
    let mut screen = Screen::open(Opened { account: None, ..Opened::default() });
    screen.keys(":").type_text("dates").keys("Enter");
    assert!(matches!(screen.state.overlay, Some(Overlay::Palette(_))));
    screen.keys("Ctrl-u").type_text("quit").keys("Enter");
    assert!(quits(&screen));
}

#[test]
fn every_command_of_the_palette_can_be_run() {
    let all = {
        let mut screen = screen();
        screen.keys(":");
        let Some(Overlay::Palette(palette)) = &screen.state.overlay else { panic!("closed") };
        palette.found.len()
    };
    for at in 0..all {
        let mut screen = screen();
        screen.keys(":").keys(&"Down ".repeat(at)).keys("Enter");
        screen.text();
    }
}

// --- Copying -----------------------------------------------------------------

#[test]
fn copying_looks() {
    looks("copying", |screen| {
        screen.keys("m").type_text("Invoice 417").keys("Ctrl-s");
        tag(screen, "billing");
        screen.keys("Y");
    });
    looks("copying-withheld", |screen| {
        screen.keys("j j Y");
    });
}

/// The menu for the first three voicemails; the third has no number.
fn copying_three(screen: &mut Screen) {
    let keys = three(screen);
    let rows: Vec<_> = (0..3).map(|index| screen.state.inbox.rows.get(index).unwrap()).collect();
    screen.state.overlay = Some(Overlay::Copy(CopyMenu { keys, about: "3 voicemails".into(), found: None }));
    let ticket = screen.state.lanes.next(Lane::Copy);
    let reply = screen.ask(&Read::Copy { rows, what: None });
    screen.send(Msg::Reply(ticket, reply));
}

#[test]
fn copying_several_looks() {
    looks("copying-several", copying_three);
}

#[test]
fn several_are_copied_one_a_line() {
    let mut screen = screen();
    for (key, lines, said) in [
        ("y", 2, "2 numbers sent to the terminal's clipboard; 1 voicemail has none"),
        ("t", 3, "3 times sent to the terminal's clipboard"),
        ("f", 3, "3 file names sent to the terminal's clipboard"),
        ("j", 3, "3 voicemails as JSON sent to the terminal's clipboard"),
    ] {
        copying_three(&mut screen);
        screen.keys(key);
        assert_eq!(copied(&mut screen)[0].lines().count(), lines, "{key}");
        assert_eq!(notice(&screen), said);
    }
    copying_three(&mut screen);
    screen.keys("a");
    assert_eq!(copied(&mut screen)[0].split("\n\n").count(), 3);
    copying_three(&mut screen);
    screen.keys("n");
    assert_eq!(copied(&mut screen), [""; 0]);
    assert_eq!(notice(&screen), "nothing to copy: none of the voicemails has one");
}

#[test]
fn what_terminals_do_not_take_is_not_sent() {
    let mut screen = screen();
    for _ in 0..8 {
        screen.keys("m").send(Msg::Paste("x".repeat(Note::MAX))).keys("Ctrl-s j");
    }
    let rows: Vec<_> = (0..8).map(|index| screen.state.inbox.rows.get(index).unwrap()).collect();
    let reply = screen.ask(&Read::Copy { rows, what: Some(What::Text) });
    let ticket = screen.state.lanes.next(Lane::Copy);
    screen.send(Msg::Reply(ticket, reply));
    assert_eq!(copied(&mut screen), [""; 0]);
    assert_eq!(notice(&screen), "too large to copy: 81 kB; terminals accept 74 kB");
}

#[test]
fn a_number_is_copied_in_international_form() {
    let mut screen = screen();
    screen.keys("y");
    assert_eq!(copied(&mut screen), ["+919876543210"]);
    assert_eq!(notice(&screen), "number sent to the terminal's clipboard");
    screen.keys("j y");
    assert_eq!(copied(&mut screen), ["+919845012345"], "it came without its country");
}

#[test]
fn who_gave_no_number_is_said() {
    let mut screen = screen();
    screen.keys("j j y");
    assert_eq!(copied(&mut screen), [""; 0]);
    assert_eq!(notice(&screen), "nothing to copy: number withheld");
    screen.keys("j y");
    assert_eq!(copied(&mut screen), ["JD-ACMEBK"]);
    assert_eq!(notice(&screen), "\"JD-ACMEBK\" (not a phone number) sent to the terminal's clipboard");
}

#[test]
fn each_part_has_its_key() {
    let mut screen = screen();
    screen.keys("Y n");
    assert_eq!(notice(&screen), "nothing to copy: this caller has no name");
    let file = "1795414328" /* the time in seconds */;
    for (key, wanted) in [
        ("y", "+919876543210".to_owned()),
        ("t", "2026-11-23 11:42:08 IST".to_owned()),
        ("f", format!("{file}37436692948_919876543210.mp3")),
    ] {
        screen.keys("Y").keys(key);
        assert_eq!(copied(&mut screen), [wanted]);
        assert!(screen.state.overlay.is_none());
    }
    screen.keys("Y Esc Y q");
    assert!(screen.state.overlay.is_none());
    assert_eq!(copied(&mut screen), [""; 0]);
}

#[test]
fn everything_is_copied_as_text() {
    let mut screen = screen();
    screen.sounds();
    screen.keys("m").type_text("Invoice 417").keys("Ctrl-j").type_text("call Ravi").keys("Ctrl-s");
    tag(&mut screen, "billing");
    screen.keys("Y a");
    let length = screen.state.inbox.selected_row().unwrap().sketch.millis;
    let wanted = format!(
        "2026-11-23 11:42:08 IST\n+919876543210\n179541432837436692948_919876543210.mp3  {:.1} s\n#billing\nInvoice 417\ncall Ravi",
        f64::from(length) / 1_000.0,
    );
    assert_eq!(copied(&mut screen), [wanted]);
    assert_eq!(notice(&screen), "voicemail as text sent to the terminal's clipboard");
}

#[test]
fn everything_is_copied_as_json() {
    let mut screen = screen();
    screen.keys("m").type_text("say \"no\"").keys("Ctrl-j").type_text("twice").keys("Ctrl-s");
    tag(&mut screen, "billing urgent");
    screen.keys("Y j");
    let text = copied(&mut screen).remove(0);
    assert_eq!(text.lines().count(), 1);
    let id = selected(&screen).id.to_string();
    let object: serde_json::Value = serde_json::from_str(&text).unwrap();
    let wanted = serde_json::json!({
        "id": id,
        "time": "2026-11-23T11:42:08+05:30",
        "time_ms": 1_795_414_328_000_i64,
        "caller": "+919876543210",
        "caller_raw": "919876543210",
        "name": null,
        "recording": "179541432837436692948_919876543210.mp3",
        "length_s": null,
        "read": false,
        "starred": false,
        "done": false,
        "called": false,
        "note": "say \"no\"\ntwice",
        "tags": ["billing", "urgent"],
        "account": "acme-support",
    });
    assert_eq!(object, wanted);
    screen.keys("j j Y j");
    let object: serde_json::Value = serde_json::from_str(&copied(&mut screen).remove(0)).unwrap();
    assert_eq!(object["caller"], serde_json::Value::Null, "withheld");
}

#[test]
fn a_store_that_does_not_answer_is_said() {
    let mut screen = Screen::open_held(filled());
    while screen.answer_one() {}
    screen.keys("y");
    let ticket = screen.state.lanes.last(Lane::Copy);
    screen.send(Msg::Reply(ticket, Reply::ReadFailed(StoreError::Busy)));
    assert_eq!(notice(&screen), StoreError::Busy.to_string());
}

#[test]
fn what_has_no_voicemail_is_refused() {
    let mut screen =
        Screen::open(Opened { covered: Some(Span::from_millis(0, i64::MAX)), ..Opened::default() });
    for key in ["m", "t", "y", "Y"] {
        screen.keys(key);
        assert_eq!(notice(&screen), "no voicemail here", "{key}");
        assert!(screen.state.overlay.is_none());
    }
}
