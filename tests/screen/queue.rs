//! The player line, and the queue: what plays and what is selected, keys in and screen out.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail them")]

use std::time::Duration;

use crate::at_three_sizes;
use crate::common::{Opened, Screen, week};
use crate::{key_of, selected};
use chrono::TimeDelta;
use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use vmail::audio::{AudioError, AudioFormat};
use vmail::core::facts::Flags;
use vmail::core::model::Span;
use vmail::player::{Control, Event, Unavailable};
use vmail::recording::FetchError;
use vmail::tui::list::rows::RowKey;
use vmail::tui::msg::{AccountEffect, Effect, Msg, RecordingNews};
use vmail::tui::playback::Phase;

fn filled() -> Opened {
    Opened { stored: week(), covered: Some(Span::from_millis(0, i64::MAX)), ..Opened::default() }
}

fn at(size: (u16, u16)) -> Screen {
    let mut screen = Screen::open(Opened { size, ..filled() });
    screen.synced();
    screen
}

fn open() -> Screen {
    at((120, 40))
}

/// With as many voicemails as that.
fn few(count: usize) -> Screen {
    let mut screen = Screen::open(Opened { stored: week().into_iter().take(count).collect(), ..filled() });
    screen.synced();
    screen
}

fn looks(name: &str, prepare: impl Fn(&mut Screen)) {
    let open = |size| {
        let mut screen = at(size);
        screen.sounds();
        prepare(&mut screen);
        screen
    };
    at_three_sizes(name, open, Screen::snapshot);
}

fn current(screen: &Screen) -> RowKey {
    screen.state.playback.current.as_ref().unwrap().cue.key
}

fn is_done(screen: &Screen, key: RowKey) -> bool {
    screen.state.inbox.find(key).unwrap().flags.contains(Flags::DONE)
}

/// The recording of what waits arrives, and the player has played it up to `millis`.
fn plays(screen: &mut Screen, millis: u64) {
    let key = current(screen);
    screen.recording(key, "invoice.mp3").player(Event::Started);
    screen.player(Event::Position(Duration::from_millis(millis)));
}

/// The current one plays to its end, and the pause after it is over.
fn ends(screen: &mut Screen) {
    plays(screen, 1_000);
    screen.player(Event::Ended).wait(TimeDelta::milliseconds(700));
}

fn controls(screen: &mut Screen) -> Vec<Control> {
    let control = |effect: &Effect| match effect {
        Effect::Account(AccountEffect::Control(Control::Watch(_))) => None,
        Effect::Account(AccountEffect::Control(control)) => Some(*control),
        _ => None,
    };
    std::mem::take(&mut screen.effects).iter().filter_map(control).collect()
}

/// The line of the screen above the status: that of the player.
fn player_line(screen: &mut Screen) -> String {
    let line = usize::from(screen.state.regions().player.y);
    screen.text().lines().nth(line).unwrap().to_owned()
}

fn click(screen: &mut Screen, column: u16, row: u16) {
    let kind = MouseEventKind::Down(MouseButton::Left);
    screen.send(Msg::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
}

#[test]
fn what_plays_while_another_is_selected_looks() {
    looks("player-line", |screen| {
        screen.keys("Space > z");
        plays(screen, 4_200);
        screen.keys("j j").wait(TimeDelta::seconds(5));
    });
}

#[test]
fn the_queue_looks() {
    looks("queue", |screen| {
        screen.keys("m").type_text("Asks for invoice 417").keys("Ctrl-s P");
        plays(screen, 4_200);
        screen.wait(TimeDelta::seconds(5));
    });
}

#[test]
fn the_player_line_has_a_place_of_its_own_at_every_size_and_no_notice_covers_it() {
    let mut screen = open();
    screen.keys("Space");
    plays(&mut screen, 4_200);
    screen.send(Msg::NotReopened("The settings have an error, which takes many words to say.".repeat(4)));
    for height in 2..=40 {
        for width in [20, 40, 80, 120] {
            screen.resize(width, height);
            let line = player_line(&mut screen);
            assert!(line.starts_with(" ▶ +91"), "{width}x{height}: {line:?}");
            let regions = screen.state.regions();
            let others = [regions.header, regions.filter, regions.list, regions.status, regions.hints];
            assert!(others.iter().all(|other| !other.intersects(regions.player)), "{width}x{height}");
        }
    }
    screen.keys("/").type_text("is:x");
    screen.resize(40, 12);
    assert!(player_line(&mut screen).starts_with(" ▶ +91"), "{}", screen.text());
}

#[test]
fn no_dialog_covers_the_player_line() {
    for keys in ["d", "m", "t", ": p", "Y", "c", "C", "w", "v j v w", "b", "/ 9", "?", "m ?"] {
        for size in [(120, 40), (80, 24), (40, 12)] {
            let mut screen = at(size);
            screen.keys("Space");
            plays(&mut screen, 4_200);
            screen.keys(keys);
            for height in 2..=size.1 {
                screen.resize(size.0, height);
                let line = player_line(&mut screen);
                assert!(
                    line.starts_with(" ▶ +91") && line.contains(" 0:04 "),
                    "{keys} {size:?} {height}: {}",
                    screen.text()
                );
            }
        }
    }
}

#[test]
fn the_line_comes_and_goes_without_moving_what_is_selected_off_the_screen() {
    for (size, moves) in [((120, 40), 0), ((80, 24), 1), ((40, 12), 1)] {
        let mut screen = at(size);
        screen.keys("G");
        let before = screen.state.regions().list;
        screen.keys("Space");
        let list = screen.state.regions().list;
        assert_eq!(before.height - list.height, moves, "{size:?}");
        let line = screen.state.inbox.list.days.line_of(screen.state.inbox.selected_place().unwrap());
        let top = screen.state.inbox.top;
        assert!((top..top + usize::from(list.height)).contains(&line), "{size:?}");
        screen.keys("Esc");
        assert_eq!(screen.state.regions().list, before);
    }
}

#[test]
fn the_line_tells_the_caller_the_position_and_the_speed() {
    let mut screen = open();
    screen.keys("Space > z");
    plays(&mut screen, 4_200);
    let line = player_line(&mut screen);
    for part in ["▶ +91 98765 43210 11:42", "0:04", "0:12", "1.25×", "skip silence", "p pause"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    // It changes once a second.
    screen.player(Event::Position(Duration::from_millis(4_900)));
    assert_eq!(player_line(&mut screen), line);
}

#[test]
fn p_pauses_and_resumes_what_plays_whatever_is_selected() {
    let mut screen = open();
    screen.keys("p");
    assert!(screen.text().contains("nothing is playing: Space plays the selected one"));
    screen.keys("Space");
    plays(&mut screen, 1_000);
    let first = current(&screen);
    controls(&mut screen);
    screen.keys("j j p");
    assert_eq!(controls(&mut screen), [Control::Pause(true)]);
    assert!(player_line(&mut screen).contains("p resume"), "{}", screen.text());
    screen.keys("k p");
    assert_eq!(controls(&mut screen), [Control::Pause(false)]);
    assert_eq!(current(&screen), first);
}

#[test]
fn space_on_another_row_switches_and_the_line_says_so() {
    let mut screen = open();
    screen.keys("Space");
    plays(&mut screen, 1_000);
    screen.keys("j Space");
    assert_eq!(current(&screen), selected(&screen));
    assert!(player_line(&mut screen).contains("▷ +91 98450 12345 10:05  fetching"), "{}", screen.text());
}

#[test]
fn what_is_done_while_it_plays_leaves_the_list_and_stays_in_the_line() {
    let mut screen = open();
    screen.keys("Space");
    plays(&mut screen, 1_000);
    let first = current(&screen);
    screen.keys("e");
    assert_eq!(screen.state.inbox.place(first), None);
    assert_eq!(current(&screen), first);
    assert!(player_line(&mut screen).contains("▶ +91 98765 43210 11:42"), "{}", screen.text());
    controls(&mut screen);
    screen.keys("l h p");
    let expected = [Control::Step(5_000), Control::Step(-5_000), Control::Pause(true)];
    assert_eq!(controls(&mut screen), expected);
    // Another range hides it as well.
    screen.keys("[");
    assert!(player_line(&mut screen).contains("‖ +91 98765 43210"), "{}", screen.text());
}

#[test]
fn the_selection_goes_along_with_the_queue_also_over_what_was_marked_as_done() {
    let mut screen = open();
    let keys: Vec<_> = (0..4).map(|index| key_of(&screen, index)).collect();
    screen.keys("P Esc");
    plays(&mut screen, 1_000);
    // The rows between are read: the queue skips them.
    screen.keys("j r j r k k").player(Event::Heard);
    screen.keys("e");
    assert_eq!(selected(&screen), keys[1]);
    ends(&mut screen);
    assert_eq!(selected(&screen), current(&screen));
    // What is marked as done before its turn is not played.
    let skipped = key_of(&screen, 2);
    screen.keys("j e");
    ends(&mut screen);
    assert_ne!(current(&screen), skipped);
}

#[test]
fn the_selection_stays_where_it_is_if_the_setting_says_so() {
    let mut screen = open();
    screen.state.setup.playback.follow = false;
    screen.keys("P Esc");
    let first = selected(&screen);
    ends(&mut screen);
    assert_ne!(current(&screen), first);
    assert_eq!(selected(&screen), first);
}

#[test]
fn another_view_or_range_does_not_end_the_queue() {
    let mut screen = open();
    let second = key_of(&screen, 1);
    screen.keys("P Esc 3");
    ends(&mut screen);
    assert_eq!(current(&screen), second);
    screen.keys("[");
    assert!(player_line(&mut screen).contains("+91 98450 12345 10:05"), "{}", screen.text());
    ends(&mut screen);
    assert!(player_line(&mut screen).contains("Withheld"), "{}", screen.text());
}

#[test]
fn e_marks_what_is_shown_as_done_and_goes_on_to_the_next_until_all_were_played() {
    let mut screen = few(3);
    let keys: Vec<_> = (0..3).map(|index| key_of(&screen, index)).collect();
    screen.keys("P");
    for (place, key) in keys.iter().enumerate() {
        assert_eq!(screen.state.playback.finished, None);
        plays(&mut screen, 1_000);
        assert_eq!((selected(&screen), current(&screen)), (*key, *key));
        let text = screen.text();
        assert_eq!(
            text.matches(&format!("{} of 3", place + 1)).count(),
            2,
            "in the detail and below: {text}"
        );
        controls(&mut screen);
        screen.keys("e");
        assert!(is_done(&screen, *key));
        assert_eq!(controls(&mut screen)[0], Control::Stop);
    }
    let text = screen.text();
    assert!(text.contains("finished: played 3 voicemails · marked as done · u to undo"), "{text}");
    assert!(!screen.state.detail.full && screen.state.playback.current.is_none());
    screen.keys("u");
    assert!(!is_done(&screen, keys[2]));
}

#[test]
fn star_and_note_are_for_what_plays_and_the_next_one_waits_until_the_note_is_written() {
    let mut screen = open();
    screen.keys("v j v v k k k k P s");
    let [starred, first, second] = [0, 2, 3].map(|index| key_of(&screen, index));
    assert!(screen.state.inbox.find(starred).unwrap().flags.contains(Flags::STARRED), "{}", screen.text());
    for other in [first, second] {
        let is_starred = screen.state.inbox.find(other).unwrap().flags.contains(Flags::STARRED);
        assert!(!is_starred, "marked, not shown");
    }
    plays(&mut screen, 1_000);
    screen.keys("m").type_text("call him").player(Event::Ended);
    screen.wait(TimeDelta::seconds(2));
    assert_eq!(current(&screen), first);
    assert!(screen.state.wake_at().unwrap() > screen.state.now, "it does not wait busily");
    screen.keys("Ctrl-s").wait(TimeDelta::milliseconds(1));
    assert_eq!(current(&screen), second);
    assert!(screen.state.inbox.find(first).unwrap().flags.contains(Flags::NOTE));
}

#[test]
fn j_and_k_go_through_the_queue_also_to_what_the_view_hides() {
    let mut screen = open();
    let keys: Vec<_> = (0..3).map(|index| key_of(&screen, index)).collect();
    screen.keys("2 P k");
    assert!(screen.text().contains("1 of 19 is the first"), "{}", screen.text());
    plays(&mut screen, 5_000);
    screen.player(Event::Heard).keys("j");
    assert_eq!((selected(&screen), current(&screen)), (keys[1], keys[1]));
    screen.keys("k");
    assert_eq!((selected(&screen), current(&screen)), (keys[0], keys[0]));
    screen.keys("e k e j");
    assert_eq!((selected(&screen), current(&screen)), (keys[2], keys[2]));
    screen.keys("Esc 1 P");
    assert_eq!((selected(&screen), current(&screen)), (keys[2], keys[2]), "back to the queue");
    assert!(screen.state.shows_queue());
}

#[test]
fn esc_and_q_leave_the_queue_playing_and_esc_stops_it_then() {
    for key in ["Esc", "q"] {
        let mut screen = open();
        screen.keys("P");
        plays(&mut screen, 1_000);
        screen.keys(key);
        assert!(!screen.state.detail.full && screen.state.playback.current.is_some(), "{key}");
        controls(&mut screen);
        screen.keys("Esc");
        assert_eq!(controls(&mut screen), [Control::Stop]);
        assert!(screen.state.playback.current.is_none() && screen.state.playback.queue.is_none());
    }
}

#[test]
fn a_pause_between_two_lasts_until_it_is_ended() {
    for key in ["Space", "p"] {
        let mut screen = open();
        screen.keys("P");
        let (first, second) = (key_of(&screen, 0), key_of(&screen, 1));
        plays(&mut screen, 1_000);
        screen.player(Event::Ended).keys(key).wait(TimeDelta::seconds(9));
        assert_eq!(current(&screen), first);
        screen.keys(key);
        assert_eq!(current(&screen), second);
    }
}

#[test]
fn what_fails_is_said_and_the_next_one_plays() {
    let mut screen = few(3);
    screen.keys("P");
    let keys: Vec<_> = (0..3).map(|index| key_of(&screen, index)).collect();
    screen.send(Msg::Recording(keys[0], RecordingNews::Failed(FetchError::NotReady)));
    assert_eq!((selected(&screen), current(&screen)), (keys[1], keys[1]));
    assert!(screen.text().contains("skipped +91 98765 43210: "), "{}", screen.text());
    let waveform = Err(AudioError::Damaged);
    screen
        .send(Msg::Recording(keys[1], RecordingNews::Here { bytes: 9, format: AudioFormat::Mp3, waveform }));
    assert!(screen.text().contains("skipped +91 98450 12345: "), "{}", screen.text());
    ends(&mut screen);
    assert!(screen.text().contains("finished: played 1 voicemail, skipped 2"), "{}", screen.text());
}

#[test]
fn what_failed_stays_in_the_line_and_p_tries_again() {
    let mut screen = open();
    screen.keys("Space");
    let key = current(&screen);
    screen.send(Msg::Recording(key, RecordingNews::Failed(FetchError::TooLarge { limit: 1 << 20 })));
    let line = player_line(&mut screen);
    assert!(line.contains("✗ +91 98765 43210 11:42  not fetched") && line.contains("p retry"), "{line}");
    screen.keys("j p");
    assert_eq!(screen.state.playback.waiting(), Some(key));
    screen.send(Msg::Recording(key, RecordingNews::Failed(FetchError::TooLarge { limit: 1 << 20 })));
    screen.keys("Esc");
    assert!(screen.state.playback.current.is_none());
}

#[test]
fn a_queue_goes_on_after_the_sound_was_lost() {
    let mut screen = open();
    screen.keys("P");
    plays(&mut screen, 4_000);
    screen.player(Event::Failed(Unavailable::Killed));
    assert!(player_line(&mut screen).contains("✗"), "{}", screen.text());
    screen.keys("p");
    let playback = screen.state.playback.current.as_ref().unwrap();
    assert_eq!((playback.phase, playback.position), (Phase::Starting, Duration::from_secs(4)));
    screen.player(Event::Started).player(Event::Ended).wait(TimeDelta::milliseconds(700));
    assert_eq!(current(&screen), key_of(&screen, 1));
}

#[test]
fn without_sound_there_is_no_queue_to_be_stuck_in() {
    let mut screen = open();
    screen.keys("P");
    let key = current(&screen);
    screen.recording(key, "invoice.mp3").player(Event::Failed(Unavailable::NoServer));
    assert!(screen.text().contains("no sound server is running here"), "{}", screen.text());
    screen.keys("Esc");
    assert!(!screen.state.detail.full && screen.state.playback.queue.is_none());
}

#[test]
fn a_click_on_a_bar_or_on_the_waveform_seeks() {
    let seeks = |screen: &mut Screen, column, row| {
        controls(screen);
        click(screen, column, row);
        controls(screen)
    };
    let column = |line: &str, sign: fn(char) -> bool| line.chars().position(sign).unwrap() as u16;
    let is_wave = |c: char| ('\u{2800}'..'\u{2900}').contains(&c);
    let is_bar = |c: char| "━╸─".contains(c);
    for size in [(120, 40), (80, 24), (40, 12)] {
        let mut screen = at(size);
        screen.keys("Space");
        plays(&mut screen, 0);
        let y = screen.state.regions().player.y;
        let line = player_line(&mut screen);
        let wave = |c: char| ('\u{2800}'..'\u{2900}').contains(&c);
        let cells = line.chars().filter(|c| wave(*c)).count();
        let start = column(&line, is_wave);
        assert_eq!(seeks(&mut screen, start, y), [Control::Seek(Duration::ZERO)], "{size:?}: {line}");
        let length = screen.state.playback.current.as_ref().unwrap().cue.length;
        let half = length.mul_f64((cells / 2) as f64 / cells as f64);
        assert_eq!(seeks(&mut screen, start + cells as u16 / 2, y), [Control::Seek(half)], "{size:?}");
        assert_eq!(seeks(&mut screen, start - 1, y), [], "{size:?}: the time");
        screen.keys("Enter");
        let text = screen.text();
        let detail = screen.state.regions().detail.unwrap();
        let lines: Vec<_> =
            text.lines().enumerate().filter(|(y, _)| detail.contains((detail.x, *y as u16).into())).collect();
        let (y, line) = lines.iter().find(|(_, line)| line.chars().any(is_wave)).unwrap();
        assert!(line.chars().take(usize::from(detail.x)).all(|c| c == ' '));
        assert_eq!(seeks(&mut screen, detail.x, *y as u16), [Control::Seek(Duration::ZERO)], "{text}");
        let (y, line) = lines.iter().find(|(_, line)| line.contains("──")).unwrap();
        let start = column(line, is_bar);
        assert_eq!(seeks(&mut screen, start, *y as u16), [Control::Seek(Duration::ZERO)], "{text}");
        assert_eq!(seeks(&mut screen, start, *y as u16 + 1), [], "{text}");
    }
}

#[test]
fn acting_on_what_the_queue_shows_goes_on_to_the_next() {
    for keys in ["e", "s", "m h i Enter"] {
        let mut screen = open();
        screen.keys("P");
        plays(&mut screen, 1_000);
        let (first, next) = (key_of(&screen, 0), key_of(&screen, 1));
        assert_eq!(current(&screen), first);
        screen.keys(keys);
        assert_eq!((current(&screen), selected(&screen)), (next, next), "{keys}: {}", screen.text());
        assert!(screen.state.shows_queue(), "{keys}: {}", screen.text());
    }
    // What takes something back, or changes nothing, stays.
    let mut screen = open();
    screen.keys("s P");
    plays(&mut screen, 1_000);
    let first = current(&screen);
    screen.keys("s").keys("m Enter").keys("m Esc");
    assert_eq!(current(&screen), first, "{}", screen.text());
}

#[test]
fn done_by_a_click_goes_on_as_by_its_key() {
    let after = |act: fn(&mut Screen)| {
        let mut screen = open();
        screen.keys("P");
        plays(&mut screen, 1_000);
        screen.keys("Esc");
        act(&mut screen);
        ends(&mut screen);
        ends(&mut screen);
        (current(&screen), selected(&screen))
    };
    let by_key = after(|screen| {
        screen.keys("e");
    });
    let by_click = after(|screen| {
        let text = screen.text();
        let (y, line) = text.lines().enumerate().last().unwrap();
        let before = &line[..line.find("e done").unwrap()];
        click(screen, before.chars().count() as u16, y as u16);
    });
    assert_eq!(by_key.0, by_key.1, "the selection goes along");
    assert_eq!(by_click, by_key);
}

#[test]
fn a_click_that_seeks_takes_an_error_away_as_a_key_does() {
    let mut screen = open();
    screen.keys("Space");
    plays(&mut screen, 0);
    screen.send(Msg::NotReopened("The settings cannot be read.".to_owned()));
    assert!(screen.text().contains("cannot be read"));
    let y = screen.state.regions().player.y;
    let wave = |c: char| ('\u{2800}'..'\u{2900}').contains(&c);
    let x = player_line(&mut screen).chars().position(wave).unwrap() as u16;
    controls(&mut screen);
    click(&mut screen, x, y);
    assert_eq!(controls(&mut screen), [Control::Seek(Duration::ZERO)]);
    assert!(!screen.text().contains("cannot be read"), "{}", screen.text());
}

#[test]
fn rows_that_arrive_move_nothing_that_is_open_or_plays() {
    for keys in ["P", "Space", "Enter"] {
        let mut screen = Screen::open(Opened::default());
        screen.page(&week()[5..], 19, 19, 1, 2).keys(keys);
        let opened = selected(&screen);
        screen.page(&week()[..5], 19, 19, 2, 2);
        assert_eq!(selected(&screen), opened, "{keys}: {}", screen.text());
        assert_eq!(screen.state.shows_queue(), keys == "P", "{keys}");
    }
}
