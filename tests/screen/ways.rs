//! Hearing a recording elsewhere, from outside: what the overlay and the dialog that saves do where
//! there is little room, where the user moves on, and where a folder is all they give.

use crate::common::{Opened, Screen, week};
use crate::selected;
use vmail::core::facts::Flags;
use vmail::core::model::Span;
use vmail::player::{Event, Unavailable};
use vmail::tui::list::rows::RowKey;
use vmail::tui::msg::{AccountEffect, Effect, Msg, NotSaved, Remembered, TerminalEffect};
use vmail::tui::overlay::Overlay;
use vmail::tui::overlays::elsewhere::{Delivery, PageNews};

fn filled() -> Opened {
    Opened { stored: week(), covered: Some(Span::from_millis(0, i64::MAX)), ..Opened::default() }
}

fn over_ssh() -> Opened {
    Opened { remote: true, ..filled() }
}

/// What was asked to be played since this was last asked.
fn played(screen: &mut Screen) -> Vec<RowKey> {
    let key =
        |effect| if let Effect::Account(AccountEffect::Play { key, .. }) = effect { Some(key) } else { None };
    std::mem::take(&mut screen.effects).into_iter().filter_map(key).collect()
}

/// Where it was asked to be saved, and under which name in a folder.
fn saves(screen: &mut Screen) -> Vec<(String, String)> {
    let save = |effect| match effect {
        Effect::Account(AccountEffect::Save { path, name, .. }) => Some((path.display().to_string(), name)),
        _ => None,
    };
    std::mem::take(&mut screen.effects).into_iter().filter_map(save).collect()
}

fn page(opened: bool) -> PageNews {
    let url = "http://127.0.0.1:8321/k3v9q2m8z7x1c4b5n6a0s9d8f7/".to_owned();
    PageNews::Ready { url, port: 8321, opened }
}

#[test]
fn what_was_saved_looks() {
    for (width, height) in [(120, 40), (80, 24), (40, 12)] {
        let mut screen = Screen::open(Opened { size: (width, height), ..over_ssh() });
        screen.synced().keys("w Enter");
        screen.saved(Ok("/home/meera/voicemail/2026-11-23_1142_+91-98765-43210.mp3".into()));
        insta::assert_snapshot!(format!("saved-over-ssh-{width}x{height}"), screen.snapshot());
    }
}

#[test]
fn that_a_line_was_copied_is_seen_on_every_screen() {
    for size in [(120, 40), (80, 24), (40, 12)] {
        let mut screen = Screen::open(Opened { size, ..over_ssh() });
        screen.synced().keys("Space b");
        screen.send(Msg::Page(selected(&screen), page(false)));
        screen.keys("c");
        let text = screen.text();
        assert!(text.contains("sent to the terminal's clipboard"), "{text}");
        screen.keys("w Enter");
        screen.saved(Ok("/home/meera/voicemail/2026-11-23_1142_+91-98765-43210.mp3".into()));
        screen.keys("c");
        let text = screen.text();
        assert!(text.contains("sent to the terminal's clipboard") && text.contains(".mp3 ."), "{text}");
    }
}

#[test]
fn both_lines_about_the_page_can_be_copied() {
    let mut screen = Screen::open(over_ssh());
    screen.keys("Space b");
    screen.send(Msg::Page(selected(&screen), page(false)));
    screen.effects.clear();
    screen.keys("c");
    assert!(screen.text().contains("sent to the terminal's clipboard; c again for the link"));
    screen.keys("c c");
    let line = "ssh -N -L 8321:127.0.0.1:8321 meera@web-1.example.in";
    let address = "http://127.0.0.1:8321/k3v9q2m8z7x1c4b5n6a0s9d8f7/";
    assert_eq!(
        screen.effects,
        [line, address, line].map(|text| Effect::Terminal(TerminalEffect::Copy(text.to_owned())))
    );
}

#[test]
fn what_comes_of_a_copy_is_told_where_its_dialog_was_left() {
    let mut screen = Screen::open(filled());
    screen.keys("w Enter Esc");
    assert!(screen.text().contains("still saving in the background"), "{}", screen.text());
    screen.saved(Ok("/home/meera/voicemail/a.mp3".into()));
    assert!(screen.text().contains("saved: ~/voicemail/a.mp3"), "{}", screen.text());
    screen.keys("w Enter Esc w");
    screen.saved(Err(NotSaved::Other("The recording cannot be saved: No space left.".to_owned())));
    assert!(screen.text().contains("No space left."), "{}", screen.text());
    let Some(Overlay::Save(dialog)) = &screen.state.overlay else { panic!("{}", screen.text()) };
    assert_eq!(dialog.error, None, "this dialog has not saved yet");
}

#[test]
fn what_is_played_here_is_what_the_overlay_is_about() {
    let mut screen = Screen::open(filled());
    let first = selected(&screen);
    screen.recording(first, "invoice.mp3").keys("Space j");
    screen.player(Event::Failed(Unavailable::NoServer));
    assert!(screen.text().contains("Listen elsewhere"));
    played(&mut screen);
    screen.keys("p");
    assert_eq!(played(&mut screen), [first]);
}

#[test]
fn over_ssh_a_row_of_unread_ones_does_not_play_where_nobody_hears_it() {
    let mut screen = Screen::open(over_ssh());
    screen.recording(selected(&screen), "invoice.mp3").keys("P");
    assert_eq!(played(&mut screen), []);
    assert!(screen.text().contains("Listen over ssh"));
    screen.keys("Esc").choose(Remembered { way: Some(Delivery::Here), folder: None });
    screen.keys("P");
    assert_eq!(played(&mut screen), [selected(&screen)]);
}

#[test]
fn what_was_opened_in_the_browser_is_heard() {
    let mut screen = Screen::open(over_ssh());
    let key = selected(&screen);
    let is_read = |screen: &Screen| screen.state.inbox.find(key).unwrap().flags.contains(Flags::READ);
    screen.keys("Space b");
    screen.send(Msg::Page(key, page(false)));
    assert!(!is_read(&screen));
    screen.send(Msg::Page(key, page(true)));
    assert!(is_read(&screen));
}

#[test]
fn a_folder_is_enough_to_save_in() {
    let mut screen = Screen::open(filled());
    let name = "2026-11-23_1142_+91-98765-43210.mp3";
    for (typed, path) in [
        ("~/Music/", format!("/home/meera/Music/{name}")),
        ("/srv/calls/", format!("/srv/calls/{name}")),
        ("~", format!("/home/meera/{name}")),
        // It may be a folder: who saves it looks.
        ("/srv/calls", "/srv/calls".to_owned()),
    ] {
        screen.keys("w Ctrl-u").type_text(typed).keys("Enter");
        assert_eq!(saves(&mut screen), [(path, name.to_owned())], "{typed}");
        screen.keys("Esc");
    }
    screen.keys("w Ctrl-u Enter");
    assert_eq!(saves(&mut screen), []);
    assert!(screen.text().contains("type a path with a file name"));
}

#[test]
fn a_file_has_the_name_in_any_script_or_else_the_number() {
    for (name, file) in [
        ("Анита", "2026-11-23_1142_Анита.mp3"),
        ("José Pérez", "2026-11-23_1142_José-Pérez.mp3"),
        ("?!", "2026-11-23_1142_+91-98765-43210.mp3"),
    ] {
        let mut screen = Screen::open(filled());
        let caller = screen.state.inbox.selected_row().unwrap().caller;
        screen.send(Msg::Names(vec![(caller, name.to_owned())]));
        assert!(screen.text().contains(name));
        screen.keys("w");
        let text = screen.text();
        assert!(text.contains(file), "{text}");
    }
}

#[test]
fn a_way_is_found_with_the_keys_of_a_list_and_taken_with_enter() {
    for size in [(120, 40), (80, 24), (40, 12)] {
        let mut screen = Screen::open(Opened { size, ..over_ssh() });
        screen.synced().keys("b");
        let here = |screen: &mut Screen| {
            let text = screen.text();
            let line =
                text.lines().find_map(|line| line.split_once("│▌")).unwrap_or_else(|| panic!("{text}"));
            line.1.trim_start().chars().next().unwrap()
        };
        assert_eq!(here(&mut screen), 'b');
        screen.keys("k");
        assert_eq!(here(&mut screen), 'b', "there is none before the first");
        screen.keys("j Down");
        assert_eq!(here(&mut screen), 't');
        screen.keys("j j j");
        assert_eq!(here(&mut screen), 'p', "nor behind the last");
        screen.keys("k k Enter");
        assert!(matches!(screen.state.overlay, Some(Overlay::Save(_))), "{}", screen.text());
        // Once one was taken it has a low screen to itself; the others are a key away.
        screen.keys("Esc b Enter");
        assert!(
            screen
                .effects
                .iter()
                .any(|effect| matches!(effect, Effect::Account(AccountEffect::OpenPage { .. })))
        );
        screen.keys("j");
        assert_eq!(here(&mut screen), 'w');
    }
}

#[test]
fn a_page_that_nobody_opened_closes_with_the_dialog() {
    let closes = |keys: &str, opened: bool| {
        let mut screen = Screen::open(Opened { stored: week(), ..Opened::default() });
        screen.synced().keys("b b");
        let key = screen.state.inbox.selected.unwrap();
        let page = PageNews::Ready { url: "http://127.0.0.1:7000/x".to_owned(), port: 7000, opened };
        screen.send(Msg::Page(key, page)).keys(keys);
        assert!(screen.state.overlay.is_none(), "{}", screen.text());
        let closed = screen.effects.contains(&Effect::Account(AccountEffect::ClosePage));
        assert_eq!(screen.text().contains("page closed"), closed, "{}", screen.text());
        closed
    };
    assert!(closes("Esc", false));
    assert!(closes("q", false));
    assert!(!closes("Esc", true), "somebody listens");
    assert!(!closes("c Esc", false), "somebody is about to open it");
}
