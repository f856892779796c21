//! Working through voicemail, from outside: keys in, screen out, over a real store in memory.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail them")]

use crate::at_three_sizes;
use crate::common::{Opened, Screen, week};
use crate::selected;
use chrono::TimeDelta;
use ratatui::style::Modifier;
use vmail::core::facts::{Fact, Flags};
use vmail::core::model::Span;
use vmail::core::search;
use vmail::core::search::Context;
use vmail::core::triage::{BulkEdit, CallerKey, Edit, Given, Note, Tag};
use vmail::core::view::View;
use vmail::store::StoreError;
use vmail::tui::keymap::KeyChord;
use vmail::tui::list::rows::RowKey;
use vmail::tui::msg::{AccountEffect, Change, Effect, Msg};
use vmail::tui::overlay::Overlay;
use vmail::tui::state::{Look, OwnView};

fn filled() -> Opened {
    Opened { stored: week(), covered: Some(Span::from_millis(0, i64::MAX)), ..Opened::default() }
}

fn looks(name: &str, prepare: impl Fn(&mut Screen)) {
    let open = |size| {
        let mut screen = Screen::open(Opened { size, ..filled() });
        screen.synced();
        prepare(&mut screen);
        screen
    };
    at_three_sizes(name, open, Screen::snapshot);
}

fn screen() -> Screen {
    let mut screen = Screen::open(filled());
    screen.synced();
    screen
}

/// The times on the lines of the list, from the top.
fn times(screen: &mut Screen) -> Vec<String> {
    let inbox = &screen.state.inbox;
    let zone = screen.state.setup.zone;
    let local =
        |time| vmail::core::model::from_millis(time).with_timezone(&zone).format("%d %H:%M").to_string();
    (0..inbox.list.len()).map(|place| local(inbox.at(place).unwrap().time)).collect()
}

fn flags(screen: &Screen, key: RowKey) -> Flags {
    screen.state.inbox.find(key).unwrap().flags
}

fn key_at(screen: &Screen, place: usize) -> RowKey {
    RowKey::of(&screen.state.inbox.at(place).unwrap())
}

/// Gives the voicemail at `place` a note and tags, as other overlays do.
fn annotate(screen: &mut Screen, place: usize, note: &str, tags: &[&str]) {
    let key = key_at(screen, place);
    let add = tags.iter().map(|tag| Tag::new(tag).unwrap()).collect();
    screen.change(Change::Edit { keys: vec![key], edit: Edit::Note(Note::new(note, 1)) });
    screen.change(Change::Edit { keys: vec![key], edit: Edit::Tag { add, remove: Vec::new() } });
}

#[test]
fn every_mark_together_looks() {
    looks("marks", |screen| {
        screen.sounds();
        annotate(screen, 3, "Invoice 417: wants a call before five", &["billing"]);
        screen.keys("s j r j s v v 5 G k e g j j");
        let key = key_at(screen, 4);
        screen.change(Change::Edit { keys: vec![key], edit: Edit::Fact(Fact::Called, Some(7)) });
        screen.keys("v j v");
    });
}

#[test]
fn a_search_looks() {
    looks("search", |screen| {
        screen.sounds();
        screen.keys("s /").type_text("98 is:unread");
    });
}

#[test]
fn a_search_with_a_mistake_looks() {
    looks("search-mistake", |screen| {
        screen.keys("/").type_text("98 is:unraed");
    });
}

#[test]
fn a_view_without_voicemail_says_so() {
    looks("nothing-starred", |screen| {
        screen.keys("3");
    });
}

#[test]
fn done_leaves_the_inbox_and_the_selection_goes_on() {
    let mut screen = screen();
    let (first, second) = (key_at(&screen, 0), key_at(&screen, 1));
    screen.keys("e");
    assert_eq!(selected(&screen), second);
    assert!(flags(&screen, first).contains(Flags::DONE));
    assert_eq!(times(&mut screen).len(), week().len() - 1);
    assert!(screen.text().contains("done · u to undo"));
    screen.keys("4");
    assert_eq!(times(&mut screen), ["23 11:42"]);
    screen.keys("e");
    assert!(screen.text().contains("Nothing done yet"), "{}", screen.text());
    screen.keys("G e 1 G e");
    assert_eq!(screen.state.inbox.selected_place(), Some(week().len() - 2), "the last one has none after it");
}

#[test]
fn read_and_star_go_on_and_off() {
    let mut screen = screen();
    let key = selected(&screen);
    screen.keys("r s");
    assert!(flags(&screen, key).contains(Flags::READ | Flags::STARRED));
    screen.keys("r s");
    assert!(!flags(&screen, key).intersects(Flags::READ | Flags::STARRED));
}

#[test]
fn what_is_looked_at_does_not_vanish() {
    let mut screen = screen();
    screen.keys("2 j");
    let key = selected(&screen);
    screen.keys("r");
    assert_eq!(selected(&screen), key, "it stays until one leaves it");
    let before = times(&mut screen).len();
    screen.keys("j");
    assert_eq!(times(&mut screen).len(), before - 1);
    assert_eq!(screen.state.inbox.selected_place(), Some(1));
}

#[test]
fn marks_are_what_an_action_is_about() {
    let mut screen = screen();
    screen.keys("v v j v");
    assert!(screen.text().contains("3 marked"), "{}", screen.text());
    screen.keys("e");
    assert_eq!(times(&mut screen).len(), week().len() - 3);
    assert!(screen.text().contains("done (3 voicemails)"));
    screen.keys("g v G V s 3");
    assert_eq!(times(&mut screen).len(), week().len() - 3);
    screen.wait(TimeDelta::seconds(5)).keys("A");
    assert!(screen.text().contains("16 marked"));
    screen.keys("A v Esc");
    assert!(screen.state.inbox.marks.is_empty());
}

#[test]
fn a_state_that_all_have_is_cleared_and_one_that_some_have_is_set() {
    let mut screen = screen();
    screen.keys("s v v s");
    assert!([0, 1].iter().all(|place| flags(&screen, key_at(&screen, *place)).contains(Flags::STARRED)));
    screen.keys("g v v s");
    assert!([0, 1].iter().all(|place| !flags(&screen, key_at(&screen, *place)).contains(Flags::STARRED)));
}

#[test]
fn steps_are_undone_and_done_again_by_their_names() {
    let mut screen = screen();
    screen.keys("s v v v e");
    screen.keys("u");
    assert!(screen.text().contains("undo: marked as done (3 voicemails)"), "{}", screen.text());
    assert_eq!(times(&mut screen).len(), week().len());
    screen.keys("u");
    assert!(screen.text().contains("undo: starred"));
    screen.keys("u");
    assert!(screen.text().contains("nothing to undo"));
    screen.keys("Ctrl-r Ctrl-r");
    assert!(screen.text().contains("redo: marked as done (3 voicemails)"));
    assert_eq!(times(&mut screen).len(), week().len() - 3);
    screen.keys("u s Ctrl-r");
    assert!(screen.text().contains("nothing to redo"));
}

#[test]
fn undo_waits_for_what_is_still_being_written() {
    let mut screen = screen();
    let key = selected(&screen);
    screen.hold_changes();
    screen.keys("s u");
    assert!(flags(&screen, key).contains(Flags::STARRED));
    screen.release_changes();
    assert!(!flags(&screen, key).contains(Flags::STARRED));
    assert!(screen.text().contains("undo: starred"));
}

#[test]
fn what_cannot_be_written_is_as_it_was_and_said() {
    let mut screen = screen();
    let key = selected(&screen);
    screen.hold_changes();
    screen.keys("s");
    let change = screen.effects.iter().rev().find_map(|effect| match effect {
        Effect::Account(AccountEffect::Apply(change)) => Some(change.clone()),
        _ => None,
    });
    screen.send(Msg::Applied(change.unwrap(), Err(StoreError::Busy)));
    assert!(screen.text().contains("The change could not be saved and was undone"), "{}", screen.text());
    assert!(!flags(&screen, key).contains(Flags::STARRED));
}

#[test]
fn the_next_unread_is_a_key_away() {
    let mut screen = screen();
    screen.keys("j r j r g J");
    assert_eq!(screen.state.inbox.selected_place(), Some(3));
    screen.keys("K");
    assert_eq!(screen.state.inbox.selected_place(), Some(0));
    screen.keys("K");
    assert!(screen.text().contains("nothing unread above"));
}

#[test]
fn views_have_counts_and_the_header_tells_the_one_that_is_shown() {
    let mut screen = screen();
    screen.keys("r s j e");
    let text = screen.text();
    assert!(text.contains("1 Inbox 18   2 Unread 17   3 Starred 1   4 Done   5 All"), "{text}");
    screen.keys("2");
    assert_eq!(screen.state.inbox.query.view, View::Unread);
    screen.keys("5");
    assert!(screen.text().contains("All 19"));
}

#[test]
fn the_views_count_what_they_show() {
    let stored = week().into_iter().take(10).collect();
    let mut screen = Screen::open(Opened { stored, ..filled() });
    screen.synced().keys("5");
    let keys: Vec<_> = (0..10).map(|place| key_at(&screen, place)).collect();
    for (keys, edit) in [
        (&keys[..4], Edit::Fact(Fact::Done, Some(1))),
        (&keys[3..9], Edit::Fact(Fact::Read, Some(0))),
        (&[keys[0], keys[9]], Edit::Fact(Fact::Starred, Some(0))),
    ] {
        screen.change(Change::Edit { keys: keys.to_vec(), edit });
    }
    // Inbox, unread, starred, done, all. What is done does not ask to be heard.
    assert_eq!(screen.state.inbox.list.counts, [6, 1, 2, 4, 10]);
    screen.keys("u u u");
    assert_eq!(screen.state.inbox.list.counts, [10, 10, 0, 0, 10]);
}

#[test]
fn the_list_has_other_orders() {
    let mut screen = screen();
    screen.sounds();
    let newest = times(&mut screen);
    screen.keys("o");
    let oldest = times(&mut screen);
    assert!(oldest.iter().eq(newest.iter().rev()));
    assert!(screen.text().contains("oldest first"));
    let key = selected(&screen);
    screen.keys("o");
    assert_eq!(selected(&screen), key, "the selection stays with its voicemail");
    let callers: Vec<_> = (0..5)
        .map(|place| screen.state.inbox.rows.caller(&screen.state.inbox.at(place).unwrap()).to_owned())
        .collect();
    assert!(callers.is_sorted(), "{callers:?}");
    screen.keys("o");
    let lengths: Vec<_> = (0..19).map(|place| screen.state.inbox.at(place).unwrap().sketch.millis).collect();
    assert!(lengths.is_sorted_by(|a, b| a >= b));
    screen.keys("o");
    assert_eq!(times(&mut screen), newest);
}

#[test]
fn a_search_narrows_the_list_with_each_key_and_esc_widens_it() {
    let mut screen = screen();
    screen.keys("/").type_text("44");
    let found = times(&mut screen).len();
    assert!(found > 0 && found < week().len());
    screen.type_text("20");
    assert_eq!(times(&mut screen).len(), 1);
    screen.keys("Enter j e");
    assert!(screen.text().contains("No matches"), "{}", screen.text());
    screen.keys("Esc");
    assert_eq!(times(&mut screen).len(), week().len() - 1);
}

#[test]
fn a_mistake_is_marked_and_what_was_found_stays() {
    let mut screen = screen();
    screen.keys("/").type_text("9811 is:");
    let found = times(&mut screen);
    screen.type_text("unraed");
    assert_eq!(times(&mut screen), found);
    let text = screen.text();
    assert!(text.contains("unread"), "{text}");
}

#[test]
fn a_mistake_is_not_kept() {
    let mut screen = screen();
    screen.keys("/").type_text("is:fo");
    let text = screen.text();
    assert!(text.contains("earlier matches") && !text.contains("Enter keep"), "{text}");
    screen.keys("Enter");
    assert!(screen.state.filter.open, "{}", screen.text());
    let notice = screen.state.notice.as_ref().map_or("", |notice| notice.text.as_str());
    assert!(notice.ends_with("Esc to clear it"), "{notice}");
    screen.keys("Backspace Backspace").type_text("unread").keys("Enter");
    assert!(!screen.state.filter.open && screen.state.filter.mistake.is_none());
}

#[test]
fn the_end_stays_the_end_while_rows_arrive_until_the_next_key() {
    let rows = week();
    let (newest, oldest) = rows.split_at(6);
    let mut screen = Screen::open(Opened::default());
    let arrives = |screen: &mut Screen, rows: &[_]| {
        screen.page(rows, rows.len(), 20, 1, 2);
    };
    let last =
        |screen: &Screen| screen.state.inbox.selected_place() == Some(screen.state.inbox.list.len() - 1);
    arrives(&mut screen, newest);
    screen.keys("G");
    assert!(last(&screen));
    arrives(&mut screen, &oldest[..5]);
    assert!(last(&screen), "{}", screen.text());
    screen.keys("k");
    let here = screen.state.inbox.selected;
    arrives(&mut screen, &oldest[5..8]);
    assert_eq!(screen.state.inbox.selected, here);
    // A range of marks up to the end as well.
    screen.keys("g v G V");
    arrives(&mut screen, &oldest[8..]);
    assert_eq!(screen.state.inbox.marks.len(), screen.state.inbox.list.len());
    screen.keys("Esc PgDn PgDn PgDn");
    assert!(last(&screen));
}

#[test]
fn n_goes_through_the_matches_and_a_key_without_a_meaning_says_so() {
    let mut screen = screen();
    let said =
        |screen: &Screen| screen.state.notice.as_ref().map(|notice| notice.text.clone()).unwrap_or_default();
    screen.keys("n");
    assert_eq!(said(&screen), "no search: / searches");
    screen.keys("/").type_text("98").keys("Enter n n");
    assert_eq!(screen.state.inbox.selected_place(), Some(2));
    screen.keys("N");
    assert_eq!(screen.state.inbox.selected_place(), Some(1));
    screen.keys("x");
    assert_eq!(said(&screen), "x is not bound · ? for keys");
}

#[test]
fn the_marked_are_played_in_order() {
    for key in ["Space", "P"] {
        let mut screen = screen();
        screen.keys("j v j v");
        assert!(screen.text().contains("P play marked"), "{}", screen.text());
        let marked: Vec<_> = screen.state.inbox.marks.iter().copied().collect();
        screen.keys(key);
        let queue = screen.state.playback.queue.as_ref().unwrap();
        let all: Vec<_> = queue.cues.iter().map(|cue| cue.key).collect();
        assert_eq!(screen.state.playback.current.as_ref().unwrap().cue.key, all[0]);
        assert_eq!(all.len(), 2);
        assert!(all.iter().all(|key| marked.contains(key)), "{key}");
    }
}

#[test]
fn q_closes_what_is_open_and_quits_at_the_bottom() {
    let mut screen = screen();
    screen.keys("Enter");
    assert!(screen.state.detail.full);
    screen.keys("q");
    assert!(!screen.state.detail.full && !screen.effects.contains(&Effect::Quit));
    screen.keys("H");
    screen.resize(40, 12);
    assert!(screen.text().contains("Esc leave the history"), "{}", screen.text());
    screen.keys("q");
    assert!(screen.state.before_history.is_none() && !screen.effects.contains(&Effect::Quit));
    screen.keys("q");
    assert!(screen.effects.contains(&Effect::Quit));
}

#[test]
fn hints_are_keys_that_work_now() {
    let mut screen = screen();
    screen.keys("/").type_text("xyzzy");
    let text = screen.text();
    assert!(text.contains("No matches") && text.contains("Esc  clear the search"), "{text}");
    assert!(!text.contains("show all") && !text.contains("change dates"), "{text}");
    screen.keys("Enter");
    let text = screen.text();
    assert!(text.contains("show all") && text.contains("change dates"), "{text}");
    screen.keys("5 d");
    assert!(matches!(screen.state.overlay, Some(Overlay::Dates(_))), "{}", screen.text());
}

#[test]
fn earlier_searches_come_back_and_words_are_completed() {
    let mut screen = screen();
    annotate(&mut screen, 0, "a note", &["billing", "urgent"]);
    screen.keys("/").type_text("tag:b").keys("Tab");
    assert_eq!(screen.state.filter.input.value().trim(), "tag:billing");
    assert_eq!(times(&mut screen).len(), 1);
    screen.keys("Esc /").type_text("has:note").keys("Enter Esc / Up");
    assert_eq!(screen.state.filter.input.value(), "has:note");
    screen.keys("Up");
    assert_eq!(screen.state.filter.input.value().trim(), "tag:billing");
    screen.keys("Down Down");
    assert_eq!(screen.state.filter.input.value(), "");
}

#[test]
fn each_way_to_complete_a_word_is_shown_and_told() {
    let mut screen = screen();
    screen.keys("/").type_text("is:").keys("Tab");
    assert_eq!(screen.state.filter.input.value(), "is:unread");
    assert!(screen.text().contains("unread  read  starred  done  called"), "{}", screen.text());
    screen.keys("Tab Tab");
    assert_eq!(screen.state.filter.input.value(), "is:starred");
    screen.keys("Tab Tab Tab");
    assert_eq!(screen.state.filter.input.value(), "is:unread");
    // What is typed on is completed anew.
    screen.type_text(" ha").keys("Tab");
    assert_eq!(screen.state.filter.input.value(), "is:unread has:");
    screen.keys("Tab");
    assert_eq!(screen.state.filter.input.value(), "is:unread has:note");
}

#[test]
fn a_search_goes_into_notes_and_tags() {
    let mut screen = screen();
    annotate(&mut screen, 2, "Wants the papers\nbefore five", &["legal"]);
    screen.keys("/").type_text("papers");
    assert_eq!(times(&mut screen).len(), 1);
    screen.keys("Ctrl-u").type_text("tag:legal -is:done");
    assert_eq!(times(&mut screen).len(), 1);
}

#[test]
fn arrivals_are_shown_where_the_view_and_the_search_have_them() {
    let mut screen = screen();
    screen.keys("3");
    assert_eq!(times(&mut screen).len(), 0);
    screen.keys("R");
    let new = crate::common::voicemail("2026-11-23T12:00:00+05:30", "9845012345");
    screen.page(&[new], 1, 1, 1, 1).synced();
    assert_eq!(times(&mut screen).len(), 0);
    screen.keys("1");
    assert_eq!(times(&mut screen).len(), week().len() + 1);
}

#[test]
fn what_another_process_did_is_shown() {
    let mut screen = screen();
    let key = key_at(&screen, 5);
    screen.elsewhere(&Change::Edit { keys: vec![key], edit: Edit::Fact(Fact::Starred, Some(0)) });
    screen
        .elsewhere(&Change::Edit { keys: vec![key], edit: Edit::Note(Note::new("from the other desk", 5)) });
    screen.send(Msg::ChangedElsewhere);
    assert!(flags(&screen, key).contains(Flags::STARRED | Flags::NOTE));
    assert!(screen.text().contains("★"));
    assert_eq!(screen.state.inbox.rows.note_of(key.id), Some("from the other desk"));
}

#[test]
fn header_status_and_headings_count_alike_at_once() {
    let mut screen = screen();
    let done = |keys: Vec<RowKey>| Change::Edit { keys, edit: Edit::Fact(Fact::Done, Some(0)) };
    let counts = |screen: &mut Screen| {
        let text = screen.text();
        let header = text.split("Inbox ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
        let status =
            text.lines().rev().find_map(|line| line.trim().split_once(" voicemail")).unwrap().0.to_owned();
        let today = text.lines().find(|line| line.contains("Today ·")).unwrap().to_owned();
        let today = today.split('│').next().unwrap().split_whitespace().last().unwrap().to_owned();
        [header, status, today]
    };
    assert_eq!(counts(&mut screen), ["19", "19", "4"]);
    // The selected one is among those that the other window is done with.
    screen.elsewhere(&done((0..3).map(|at| key_at(&screen, at)).collect()));
    screen.send(Msg::ChangedElsewhere);
    assert_eq!(counts(&mut screen), ["16", "16", "1"]);
    assert_eq!(
        screen.state.inbox.selected,
        Some(key_at(&screen, 0)),
        "it stays until the selection moves on"
    );
    screen.keys("j");
    assert_eq!(counts(&mut screen), ["16", "16", "1"]);
    // The same of what this window does.
    screen.keys("s 3 s").wait(TimeDelta::seconds(5));
    let text = screen.text();
    assert!(text.contains("Starred 0") && text.contains(" 0 voicemails"), "{text}");
}

/// Marks voicemails as done in another window.
fn done_elsewhere(screen: &mut Screen, places: std::ops::Range<usize>) -> Vec<RowKey> {
    let keys: Vec<_> = places.map(|at| key_at(screen, at)).collect();
    screen.elsewhere(&Change::Edit { keys: keys.clone(), edit: Edit::Fact(Fact::Done, Some(5)) });
    screen.send(Msg::ChangedElsewhere);
    keys
}

fn are_done(screen: &Screen, keys: &[RowKey]) -> Vec<bool> {
    keys.iter().map(|key| flags(screen, *key).contains(Flags::DONE)).collect()
}

#[test]
fn what_another_window_did_is_undone_by_asking() {
    let mut screen = screen();
    screen.keys("u");
    assert!(screen.text().contains("nothing to undo"), "{}", screen.text());
    let keys = done_elsewhere(&mut screen, 1..4);
    screen.wait(TimeDelta::minutes(90));
    screen.keys("u");
    assert_eq!(are_done(&screen, &keys), [true; 3], "it only asks");
    let offer = "u again to undo: marked as done (3 voicemails), elsewhere at 12:04";
    assert!(screen.text().contains(offer), "{}", screen.text());
    again(&mut screen);
    assert_eq!(are_done(&screen, &keys), [false; 3]);
    assert!(screen.text().contains("undo: marked as done (3 voicemails)"), "{}", screen.text());
    // From now on it is a step of this window.
    screen.keys("Ctrl-r");
    assert_eq!(are_done(&screen, &keys), [true; 3]);
    screen.keys("u");
    assert_eq!(are_done(&screen, &keys), [false; 3]);
    screen.keys("u");
    assert!(screen.text().contains("nothing to undo"), "{}", screen.text());
}

/// Takes the offer, once it was read.
fn again(screen: &mut Screen) {
    screen.wait(TimeDelta::seconds(1)).keys("u");
}

#[test]
fn a_key_held_down_undoes_only_what_was_done_here() {
    let mut screen = screen();
    screen.keys("s j s");
    let keys = done_elsewhere(&mut screen, 4..6);
    for _ in 0..100 {
        screen.keys("u").wait(TimeDelta::milliseconds(33));
    }
    assert_eq!(are_done(&screen, &keys), [true; 2]);
    assert!(
        screen.text().contains("Starred 0") && screen.text().contains("again to undo"),
        "{}",
        screen.text()
    );
    again(&mut screen);
    assert_eq!(are_done(&screen, &keys), [false; 2]);
}

#[test]
fn a_list_that_is_filled_again_has_a_selected_row() {
    let mut screen = Screen::open(filled());
    screen.synced().keys("2");
    let keys: Vec<_> = (0..19).map(|at| key_at(&screen, at)).collect();
    screen.elsewhere(&Change::Edit { keys, edit: Edit::Fact(Fact::Done, Some(5)) });
    screen.send(Msg::ChangedElsewhere).keys("4 1 u");
    assert!(screen.state.inbox.list.is_empty(), "{}", screen.text());
    again(&mut screen);
    assert_eq!((screen.state.inbox.list.len(), selected(&screen)), (19, key_at(&screen, 0)));
}

#[test]
fn another_key_or_time_withdraws_the_offer() {
    let mut screen = screen();
    let keys = done_elsewhere(&mut screen, 1..2);
    for other in ["j", "s u", "/ Esc", "F9", "?"] {
        screen.keys("u").keys(other);
        assert!(!screen.text().contains("again to undo"), "{other}: {}", screen.text());
        if other == "?" {
            screen.keys("Esc");
        }
        screen.keys("u");
        assert!(screen.text().contains("again to undo"), "{other}: {}", screen.text());
        assert_eq!(are_done(&screen, &keys), [true], "{other}");
        screen.keys("k");
    }
    screen.keys("u").wait(TimeDelta::seconds(11));
    screen.keys("u");
    assert_eq!(are_done(&screen, &keys), [true]);
    // One voicemail is named.
    let caller = screen.state.inbox.rows.caller(&screen.state.inbox.find(keys[0]).unwrap()).to_owned();
    assert!(screen.text().contains(&format!("marked as done, {caller}, elsewhere")), "{}", screen.text());
}

#[test]
fn ones_own_steps_come_before_those_of_others() {
    let mut screen = screen();
    let own = key_at(&screen, 0);
    screen.keys("s");
    let keys = done_elsewhere(&mut screen, 4..6);
    screen.keys("u");
    assert!(!flags(&screen, own).contains(Flags::STARRED));
    screen.keys("u");
    again(&mut screen);
    assert_eq!(are_done(&screen, &keys), [false; 2]);
    screen.keys("Ctrl-r Ctrl-r");
    assert!(flags(&screen, own).contains(Flags::STARRED));
    assert_eq!(are_done(&screen, &keys), [true; 2]);
}

#[test]
fn what_was_changed_since_is_not_undone() {
    let mut screen = screen();
    let keys = done_elsewhere(&mut screen, 1..4);
    // One of them is not done any more, and then again.
    for time in [None, Some(9)] {
        let edit = Edit::Fact(Fact::Done, time);
        let (store, key) = screen.store();
        let account = store.account(key).unwrap();
        store.apply(account, &BulkEdit { ids: vec![keys[1].id], edit }).unwrap();
    }
    screen.send(Msg::ChangedElsewhere).keys("u");
    assert!(screen.text().contains("marked as done (2 voicemails), elsewhere"), "{}", screen.text());
    again(&mut screen);
    assert_eq!(are_done(&screen, &keys), [false, true, false]);
    assert!(screen.text().contains("(2 voicemails) · 1 changed elsewhere since"), "{}", screen.text());
    // Nothing of this is left: what the other window did before comes next, of the last day.
    screen.keys("u");
    assert!(screen.text().contains("nothing to undo"), "{}", screen.text());
    done_elsewhere(&mut screen, 6..8);
    screen.wait(TimeDelta::hours(25)).keys("u");
    assert!(screen.text().contains("nothing to undo"), "{}", screen.text());
}

#[test]
fn a_step_that_another_window_undid_is_said_to_be() {
    let mut screen = screen();
    let key = key_at(&screen, 0);
    screen.keys("s");
    let (store, account) = screen.store();
    let account = store.account(account).unwrap();
    let step = store.last_step(account, crate::common::now()).unwrap().unwrap();
    store.undo_step(account, &step.undo, Some(step.id)).unwrap();
    screen.send(Msg::ChangedElsewhere);
    assert!(!flags(&screen, key).contains(Flags::STARRED));
    screen.keys("u");
    assert!(
        screen.text().contains("nothing to undo: \"starred\" was changed elsewhere"),
        "{}",
        screen.text()
    );
}

#[test]
fn notes_tags_and_names_of_another_window_are_undone_too() {
    let mut screen = screen();
    let key = key_at(&screen, 0);
    let tag = |text: &str| Tag::new(text).unwrap();
    screen.elsewhere(&Change::Edit { keys: vec![key], edit: Edit::Note(Note::new("theirs", 5)) });
    screen.elsewhere(&Change::Edit {
        keys: vec![key],
        edit: Edit::Tag { add: vec![tag("Billing"), tag("a")], remove: vec![] },
    });
    let caller = CallerKey::from_text("+919876543210").unwrap();
    screen.elsewhere(&Change::Name { key: caller, name: Given::new("Anita", 5) });
    screen.send(Msg::ChangedElsewhere);
    for name in ["named Anita, elsewhere", "tagged Billing, a, +91", "note saved, +91"] {
        screen.keys("u");
        assert!(screen.text().contains(name), "{name}: {}", screen.text());
        again(&mut screen);
    }
    let row = screen.state.inbox.find(key).unwrap();
    assert_eq!(row.flags.without(Flags::RECORDING), Flags::NONE);
    screen.keys("Ctrl-r Ctrl-r Ctrl-r");
    let row = screen.state.inbox.find(key).unwrap();
    assert!(row.flags.contains(Flags::NOTE | Flags::TAGGED));
    let (store, _) = screen.store();
    assert_eq!(store.names().unwrap()[0].1.name(), "Anita");
}

#[test]
fn the_details_follow_what_another_process_did() {
    let mut screen = screen();
    let key = key_at(&screen, 0);
    screen
        .elsewhere(&Change::Edit { keys: vec![key], edit: Edit::Note(Note::new("from the other desk", 5)) });
    screen.send(Msg::ChangedElsewhere);
    // The list has no room for all of it.
    assert!(screen.text().contains("from the other desk"), "{}", screen.text());
}

#[test]
fn views_of_ones_own_have_a_key_and_a_place_in_the_header() {
    let context = Context { now: crate::common::now(), zone: "Asia/Kolkata".parse().unwrap() };
    let view = |name: &str, query: &str, key: &str| OwnView {
        name: name.to_owned(),
        query: search::parse(query, &context).unwrap(),
        key: KeyChord::parse(key).unwrap(),
    };
    let views = vec![view("Billing", "tag:billing", "6"), view("Today", "date:today", "Alt-t")];
    let mut screen = Screen::open(Opened { views, size: (140, 40), ..filled() });
    screen.synced();
    annotate(&mut screen, 7, "417", &["billing"]);
    screen.keys("6");
    assert_eq!(times(&mut screen).len(), 1);
    assert!(screen.text().contains("5 All   6 Billing 1   Alt-t Today"), "{}", screen.text());
    screen.keys("Alt-t");
    assert_eq!(times(&mut screen).len(), 4);
    screen.keys("1 :").type_text("billing").keys("Enter");
    assert!(screen.text().contains("Billing 1"), "{}", screen.text());
    screen.keys("?");
    let help = screen.text();
    assert!(help.contains("6              Billing: tag:\"billing"), "{help}");
    assert!(help.contains("Alt-t          Today: date:"), "{help}");
    screen.keys("Esc Alt-t");
    screen.keys("/").type_text("6");
    assert!(screen.state.filter.open, "a key in the search line is text");
    screen.keys("Esc");
    // At midnight today is another day.
    screen.wait(TimeDelta::hours(12));
    assert_eq!(times(&mut screen).len(), 0);
    screen.keys("1");
    assert_eq!(screen.state.inbox.query.view, View::Inbox);
}

#[test]
fn a_callers_history_is_a_view_and_esc_leads_back() {
    let mut stored = week();
    stored.push(crate::common::voicemail("2024-02-01T10:00:00+05:30", "+919876543210"));
    let mut screen = Screen::open(Opened { stored, ..filled() });
    screen.synced().keys("j k H");
    let text = screen.text();
    assert_eq!(times(&mut screen), ["23 11:42", "22 18:40", "19 16:20", "01 10:00"], "{text}");
    assert!(text.contains("4 from +91 98765 43210") && text.contains("Thu 1 Feb 2024"), "{text}");
    assert!(text.contains("India") && !text.contains("Withheld"), "{text}");
    // What is fetched is still the range from before.
    let syncs = screen
        .effects
        .iter()
        .filter(|effect| matches!(effect, Effect::Account(AccountEffect::Sync { .. })))
        .count();
    assert_eq!(syncs, 1);
    screen.resize(40, 12);
    assert!(screen.text().contains("4 from +91 98765 43210"), "{}", screen.text());
    screen.resize(28, 12);
    assert!(screen.text().contains("4 from +91 9876…"), "{}", screen.text());
    screen.resize(120, 40).keys("j e Esc");
    assert_eq!(times(&mut screen).len(), week().len() - 1);
    assert!(screen.text().contains("Last 7 days"));
    assert_eq!(screen.state.inbox.selected_place(), Some(0));
}

#[test]
fn the_line_after_the_others_leads_to_all_of_them() {
    let mut screen = screen();
    screen.keys("Tab j j j Enter");
    assert_eq!(times(&mut screen).len(), 3);
}

#[test]
fn a_history_needs_no_detail_on_screen() {
    let mut screen = Screen::open(Opened { size: (80, 24), ..filled() });
    screen.synced().keys("H");
    assert_eq!(times(&mut screen).len(), 3);
    screen.keys("Esc j H");
    assert_eq!(times(&mut screen).len(), 2);
}

#[test]
fn a_list_without_headings_tells_the_day_of_each() {
    let mut stored = week();
    stored.push(crate::common::voicemail("2024-02-01T10:00:00+05:30", "+919876543210"));
    let mut screen = Screen::open(Opened { stored, range: "2024-01-01..", ..filled() });
    screen.synced().keys("o o");
    let text = screen.text();
    assert!(text.contains("Sun 22 Nov  19:12   +91 98111 00042"), "{text}");
    assert!(text.contains(" 1 Feb 2024 10:00   +91 98765 43210"), "{text}");
    screen.resize(40, 12);
    let text = screen.text();
    assert!(text.contains("22 Nov   +91 98765 43210"), "{text}");
    assert!(text.contains("11:42    +91 98765 43210"), "{text}");
    screen.keys("o o");
    assert!(!screen.text().contains("22 Nov   +91"), "{}", screen.text());
}

#[test]
fn a_narrow_list_has_a_mark_for_each_thing_that_was_done() {
    let mut screen = Screen::open(Opened { size: (100, 30), ..filled() });
    screen.synced();
    annotate(&mut screen, 0, "Invoice 417", &["billing", "urgent"]);
    screen.keys("5 s j e g");
    let text = screen.text();
    assert!(text.contains("★ # ✎"), "{text}");
    let key = key_at(&screen, 1);
    screen.change(Change::Edit { keys: vec![key], edit: Edit::Fact(Fact::Called, Some(7)) });
    assert!(screen.text().contains("✓ ↩"), "{}", screen.text());
    // Where there is room for one, it is the first of them.
    screen.resize(40, 12);
    let text = screen.text();
    assert!(text.contains("11:42   +91 98765 43210         – ★"), "{text}");
    assert!(text.contains("10:05   +91 98450 12345         – ✓"), "{text}");
}

#[test]
fn a_mistake_is_said_whole_at_every_size() {
    let message = "nknown `is:foo`: use unread, read, starred, done or called";
    for (size, whole) in [((120, 40), message), ((80, 24), message), ((40, 12), "starred, done or called")] {
        let mut screen = Screen::open(Opened { size, ..filled() });
        screen.synced().keys("/").type_text("is:foo");
        assert!(screen.text().contains(whole), "{}", screen.text());
    }
}

#[test]
fn a_key_that_is_being_typed_hides_nothing() {
    let mut screen = screen();
    screen.keys("j r /").type_text("98 is:un");
    assert_eq!(times(&mut screen).len(), 12, "{}", screen.text());
    screen.type_text("read");
    assert_eq!(times(&mut screen).len(), 11);
    // What was found stays while what it was found by is changed.
    screen.type_text("x");
    assert_eq!(times(&mut screen).len(), 11);
    screen.keys("Ctrl-u").type_text("is:x");
    assert_eq!(times(&mut screen).len(), week().len());
}

#[test]
fn what_was_found_is_marked_without_colours_as_well() {
    let look = Look { plain: true, ..Opened::default().look };
    let mut screen = Screen::open(Opened { look, ..filled() });
    screen.synced().keys("j /").type_text("98111");
    let buffer = screen.buffer();
    let marked = buffer.content.iter().filter(|cell| cell.modifier.contains(Modifier::UNDERLINED));
    assert_eq!(
        marked.map(ratatui::buffer::Cell::symbol).collect::<String>().replace(' ', ""),
        "981119811198111"
    );
}

#[test]
fn without_a_search_nothing_matches_best() {
    let mut screen = screen();
    screen.keys("/").type_text("98").keys("Enter o o o o");
    assert!(screen.text().contains("best match first"));
    screen.wait(TimeDelta::seconds(5)).keys("Esc");
    let text = screen.text();
    assert!(text.contains("Today · Mon 23 Nov") && !text.contains("best match first"), "{text}");
    // The next search has that order again.
    screen.keys("/").type_text("98").keys("Enter");
    assert!(screen.text().contains("best match first"));
}

#[test]
fn who_sent_no_number_is_found_by_what_stands_there() {
    let mut screen = screen();
    screen.keys("/").type_text("withheld");
    assert_eq!(times(&mut screen), ["23 09:31", "17 07:55"]);
    screen.keys("Esc /").type_text("-withheld");
    assert_eq!(times(&mut screen).len(), week().len() - 2);
}

#[test]
fn an_empty_view_says_that_there_is_nothing_to_work_on() {
    let mut screen = screen();
    screen.keys("3");
    for key in ["e", "s", "r", "v", "V", "A", "m", "t", "C", "c", "H", "y", "Y", "w", "b", "Space", "P"] {
        screen.wait(TimeDelta::seconds(5)).keys(key);
        assert!(screen.text().contains("no voicemail here"), "{key}: {}", screen.text());
        assert!(screen.state.overlay.is_none(), "{key}");
    }
    screen.wait(TimeDelta::seconds(5)).keys("Enter");
    assert!(screen.text().contains("nothing to open here"), "{}", screen.text());
}

#[test]
fn how_many_are_marked_is_said_whatever_else_is() {
    let mut screen = screen();
    screen.keys("s u v v");
    let text = screen.text();
    assert!(text.contains("2 marked · undo: starred"), "{text}");
    // A cleared mark does not start a range.
    screen.keys("s j j V");
    assert!(screen.text().contains("mark the first row with v"), "{}", screen.text());
}

#[test]
fn a_name_is_undone_by_its_name() {
    let mut screen = screen();
    screen.keys("C").type_text("Anita Rao").keys("Enter");
    assert!(screen.text().contains("named Anita Rao · u to undo"), "{}", screen.text());
    screen.keys("u");
    assert!(screen.text().contains("undo: named Anita Rao"), "{}", screen.text());
}

#[test]
fn a_history_stays_that_of_its_caller() {
    let mut screen = screen();
    screen.keys("H").wait(TimeDelta::minutes(1));
    screen.page(&[crate::common::voicemail("2026-11-23T12:01:00+05:30", "9811100042")], 1, 1, 1, 1).synced();
    assert!(screen.text().contains("3 from +91 98765 43210"), "{}", screen.text());
    let other = screen.store_elsewhere(&week()[1]);
    screen.elsewhere(&Change::Edit { keys: vec![other], edit: Edit::Fact(Fact::Starred, Some(0)) });
    screen.send(Msg::ChangedElsewhere);
    assert_eq!(screen.state.inbox.rows.len(), 3);
    // Written in another way for another country, the rows are read again: theirs alone.
    screen.send(Msg::CallersChanged);
    assert_eq!(screen.state.inbox.rows.len(), 3);
    screen.wait(TimeDelta::minutes(1));
    screen.page(&[crate::common::voicemail("2026-11-23T12:02:00+05:30", "919876543210")], 1, 1, 1, 1);
    assert!(screen.text().contains("4 from +91 98765 43210"), "{}", screen.text());
}

#[test]
fn a_history_is_whole_whatever_was_searched_for() {
    let mut screen = screen();
    screen.keys("s /").type_text("is:starred").keys("Enter H");
    assert_eq!(times(&mut screen).len(), 3);
    assert!(!screen.text().contains("is:starred"), "{}", screen.text());
    screen.keys("Esc");
    assert!(screen.text().contains("/ is:starred"), "{}", screen.text());
    assert_eq!(times(&mut screen).len(), 1);
}

#[test]
fn a_changed_voicemail_that_was_not_known_brings_its_caller() {
    let mut screen = screen();
    let unknown = crate::common::voicemail("2026-11-23T12:03:00+05:30", "+16505550123");
    let key = screen.store_elsewhere(&unknown);
    screen.elsewhere(&Change::Edit { keys: vec![key], edit: Edit::Fact(Fact::Starred, Some(0)) });
    screen.send(Msg::ChangedElsewhere);
    assert!(screen.text().contains("+1 650-555-0123"), "{}", screen.text());
}
