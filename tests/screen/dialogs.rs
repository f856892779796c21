//! What hands expect of the dialogs: Enter that does nothing says why, a note of one line needs no chord,
//! the calendar counts without colours, and only what came off is remembered.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail them")]

use std::path::PathBuf;

use crate::common::{Opened, Screen, now, week};
use crate::selected;
use crate::{SIZES, at_three_sizes};
use vmail::core::model::{Span, Voicemail};
use vmail::core::triage::{Edit, Note};
use vmail::terminal::colours::Depth;
use vmail::terminal::escape::transfer::Transfer;
use vmail::tui::command::Command;
use vmail::tui::keymap::{KeyChord, Keymap};
use vmail::tui::msg::{AccountEffect, Change, Effect, FileToSave, Lane, Msg, NotSaved, Reply, SavedAll};
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
fn enter_starts_a_new_line_where_the_settings_say_so() {
    let keys = [(Command::SaveNote, vec![KeyChord::parse("Ctrl-s").unwrap()])];
    let mut screen = open(Opened { keymap: Keymap::with(&keys), ..opened() });
    screen.hold_changes();
    screen.keys("m a Enter b Ctrl-s");
    assert_eq!(edits(&mut screen), [Edit::Note(Some(note("a\nb")))]);
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

/// What was asked to be saved since this was last asked: the folder, and the names.
fn saves(screen: &mut Screen) -> Vec<(PathBuf, Vec<FileToSave>)> {
    let save = |effect| match effect {
        Effect::Account(AccountEffect::SaveAll { folder, files, .. }) => Some((folder, files)),
        _ => None,
    };
    std::mem::take(&mut screen.effects).into_iter().filter_map(save).collect()
}

fn tell(screen: &mut Screen, reply: Reply) {
    let ticket = screen.state.lanes.last(Lane::SaveAll);
    screen.send(Msg::Reply(ticket, reply));
}

fn saved(saved: usize) -> SavedAll {
    SavedAll { folder: "/home/meera/voicemail".into(), saved, ..SavedAll::default() }
}

const NOT_READY: &str = "The recording is not ready yet. Try again in a minute.";

#[test]
fn saving_several_looks() {
    let marked = |size| {
        let mut screen = open(Opened { size, ..opened() });
        screen.keys("A w");
        screen
    };
    at_three_sizes("save-all", marked, Screen::dialog);
    at_three_sizes(
        "save-all-busy",
        |size| {
            let mut screen = marked(size);
            screen.keys("Enter");
            tell(&mut screen, Reply::SavingAll(6));
            screen
        },
        Screen::dialog,
    );
    at_three_sizes(
        "save-all-failed",
        |size| {
            let mut screen = marked(size);
            let keys: Vec<_> = screen.state.inbox.marks.iter().copied().collect();
            screen.keys("Enter");
            let failed = keys.into_iter().take(2).map(|key| (key, NOT_READY.to_owned())).collect();
            tell(&mut screen, Reply::SavedAll(SavedAll { failed, ..saved(17) }));
            screen
        },
        Screen::dialog,
    );
}

#[test]
fn all_that_is_marked_is_saved_in_one_folder() {
    let mut screen = open(opened());
    screen.keys("v v w");
    shows(&mut screen, "Save 2 recordings");
    shows(&mut screen, "2026-11-23_1005_+91-98450-12345.mp3");
    screen.keys("Enter Enter");
    let [(folder, files)] = saves(&mut screen).try_into().unwrap();
    assert_eq!(folder, PathBuf::from("/home/meera/voicemail"));
    let names: Vec<_> = files.iter().map(|file| (file.name.as_str(), file.apart)).collect();
    assert_eq!(
        names,
        [("2026-11-23_1142_+91-98765-43210.mp3", false), ("2026-11-23_1005_+91-98450-12345.mp3", false)]
    );
    shows(&mut screen, "saving 1 of 2");
    tell(&mut screen, Reply::SavingAll(1));
    shows(&mut screen, "saving 2 of 2");
    tell(&mut screen, Reply::SavedAll(saved(2)));
    assert!(screen.state.overlay.is_none());
    shows(&mut screen, "2 recordings saved in ~/voicemail");
    // The folder is remembered.
    screen.keys("w Ctrl-u").type_text("/srv/calls/").keys("Enter");
    assert_eq!(saves(&mut screen)[0].0, PathBuf::from("/srv/calls/"));
    tell(&mut screen, Reply::SavedAll(SavedAll { folder: "/srv/calls".into(), present: 1, ..saved(1) }));
    shows(&mut screen, "1 recording saved in /srv/calls/, 1 already there");
    screen.keys("w");
    shows(&mut screen, "/srv/calls");
    screen.keys("Ctrl-u Enter");
    shows(&mut screen, "the path is empty: type a folder");
    assert_eq!(saves(&mut screen), []);
}

#[test]
fn one_that_is_marked_is_saved_as_one() {
    let mut screen = open(opened());
    screen.keys("v w");
    shows(&mut screen, "Save the recording");
    shows(&mut screen, "2026-11-23_1142_+91-98765-43210.mp3");
}

#[test]
fn of_several_with_one_name_the_oldest_keeps_it() {
    let stored = ["11:42:08", "11:42:30", "11:42:59"]
        .map(|time| crate::common::voicemail(&format!("2026-11-23T{time}+05:30"), "919876543210"));
    let mut screen = open(Opened { stored: stored.to_vec(), ..opened() });
    screen.keys("A w Enter");
    let files = saves(&mut screen).remove(0).1;
    assert_eq!(files.iter().map(|file| file.apart).collect::<Vec<_>>(), [true, true, false]);
}

#[test]
fn what_is_not_saved_is_said_and_tried_again() {
    let mut screen = open(opened());
    screen.keys("v v v w Enter");
    let keys: Vec<_> = screen.state.inbox.marks.iter().copied().collect();
    saves(&mut screen);
    let failed = vec![(keys[1], NOT_READY.to_owned())];
    tell(&mut screen, Reply::SavedAll(SavedAll { failed: failed.clone(), ..saved(2) }));
    for text in
        ["2 of 3 saved; Enter to retry the others", "1 not saved: The recording is not ready", "10:05"]
    {
        shows(&mut screen, text);
    }
    screen.keys("Enter");
    shows(&mut screen, "saving 3 of 3");
    let files = saves(&mut screen).remove(0).1;
    assert_eq!(files.iter().map(|file| file.key).collect::<Vec<_>>(), [keys[1]]);
    tell(&mut screen, Reply::SavedAll(SavedAll { failed, ..saved(0) }));
    screen.keys("Esc");
    shows(&mut screen, "2 recordings saved in ~/voicemail, 1 not saved");
}

#[test]
fn saving_several_is_stopped_and_says_what_is_there() {
    let mut screen = open(opened());
    screen.keys("v v v w Enter Esc Esc");
    shows(&mut screen, "stopping…");
    let stops = |effect: &&Effect| **effect == Effect::Account(AccountEffect::StopSavingAll);
    assert_eq!(screen.effects.iter().filter(stops).count(), 1);
    tell(&mut screen, Reply::SavedAll(SavedAll { stopped: true, ..saved(1) }));
    assert!(screen.state.overlay.is_none());
    shows(&mut screen, "stopped: 1 recording saved in ~/voicemail, 2 not saved");
    screen.keys("w Esc");
    assert!(screen.state.overlay.is_none());
}

#[test]
fn marked_ones_without_a_recording_are_counted() {
    let without = |voicemail: Voicemail| Voicemail::new(voicemail.time, "9845012345", None);
    let mut stored = week();
    stored[0] = without(stored[0].clone());
    stored[1] = without(stored[1].clone());
    let mut screen = open(Opened { stored, ..opened() });
    screen.keys("v v w");
    shows(&mut screen, "no marked voicemail has a recording");
    screen.keys("v v w");
    shows(&mut screen, "Save 2 recordings");
    shows(&mut screen, "2 of 4 have no recording");
    screen.keys("Enter");
    tell(&mut screen, Reply::SavedAll(saved(2)));
    shows(&mut screen, "2 recordings saved in ~/voicemail, 2 without a recording");
}
