//! Listening, from outside: keys, recordings and what the player says go in; the screen and what is
//! asked of the world come out.

use std::time::Duration;

use crate::at_three_sizes;
use crate::common::{Opened, Screen, voicemail, week};
use crate::{key_of, selected};
use chrono::TimeDelta;
use vmail::audio::{AudioError, AudioFormat};
use vmail::core::facts::Flags;
use vmail::core::model::Span;
use vmail::core::prefetch::Prefetch;
use vmail::player::Control;
use vmail::player::{Event, PlaybackSettings, Unavailable};
use vmail::recording::FetchError;
use vmail::tui::list::rows::RowKey;
use vmail::tui::msg::{
    AccountEffect, Effect, Lane, Msg, NotSaved, RecordingNews, Remembered, Reply, TerminalEffect,
};
use vmail::tui::overlays::elsewhere::{Delivery, PageNews};
use vmail::tui::playback::Phase;

fn filled() -> Opened {
    Opened {
        stored: week(),
        covered: Some(Span::from_millis(0, i64::MAX)),
        prefetch: Prefetch::Selected,
        ..Opened::default()
    }
}

fn over_ssh() -> Opened {
    Opened { remote: true, ..filled() }
}

/// The screen in a state, at three sizes.
fn looks(name: &str, opened: fn() -> Opened, prepare: impl Fn(&mut Screen)) {
    let open = |size| {
        let mut screen = Screen::open(Opened { size, ..opened() });
        screen.synced();
        prepare(&mut screen);
        screen
    };
    at_three_sizes(name, open, Screen::snapshot);
}

/// What was asked of the world since this was last asked, that `pick` is interested in.
fn asked<T>(screen: &mut Screen, pick: impl Fn(&Effect) -> Option<T>) -> Vec<T> {
    std::mem::take(&mut screen.effects).iter().filter_map(pick).collect()
}

fn controls(screen: &mut Screen) -> Vec<Control> {
    asked(screen, |effect| match effect {
        Effect::Account(AccountEffect::Control(Control::Watch(_))) => None,
        Effect::Account(AccountEffect::Control(control)) => Some(*control),
        _ => None,
    })
}

fn wanted(screen: &mut Screen) -> Option<Vec<RowKey>> {
    let wanted = |effect: &Effect| match effect {
        Effect::Account(AccountEffect::Prefetch(keys)) => Some(keys.clone()),
        _ => None,
    };
    asked(screen, wanted).pop()
}

/// The recording of the selected voicemail is on the disk.
fn here(screen: &mut Screen) {
    let key = selected(screen);
    screen.recording(key, "invoice.mp3");
}

/// Plays the selected voicemail up to `millis`.
fn playing(screen: &mut Screen, millis: u64) {
    here(screen);
    screen.keys("Space").player(Event::Started);
    screen.player(Event::Position(Duration::from_millis(millis)));
}

#[test]
fn playing_looks() {
    looks("playing", filled, |screen| {
        screen.sounds();
        screen.keys("j");
        playing(screen, 4_200);
    });
}

#[test]
fn playing_in_the_detail_looks() {
    looks("playing-detail", filled, |screen| {
        screen.sounds();
        playing(screen, 4_200);
        screen.keys("Enter");
    });
}

#[test]
fn paused_at_speed_without_silence_looks() {
    looks("paused-fast", filled, |screen| {
        screen.sounds();
        screen.keys("> > z");
        playing(screen, 7_000);
        screen.keys("Space Enter");
        screen.wait(TimeDelta::seconds(5));
    });
}

#[test]
fn all_that_is_changed_of_the_sound_fits_beside_the_list() {
    let mut screen = Screen::open(filled());
    screen.keys("> > z -");
    playing(&mut screen, 1_000);
    screen.wait(TimeDelta::seconds(5));
    let text = screen.text();
    assert!(text.contains("playing  1.5×  skip silence  volume 90%"), "{text}");
}

#[test]
fn not_ready_looks() {
    looks("not-ready", filled, |screen| {
        screen.wait(TimeDelta::seconds(1));
        let key = selected(screen);
        screen.send(Msg::Recording(key, RecordingNews::Failed(FetchError::NotReady)));
        screen.keys("Enter");
    });
}

#[test]
fn no_device_looks() {
    looks("no-device", filled, |screen| {
        here(screen);
        screen.keys("Space").player(Event::Failed(Unavailable::NoServer));
    });
}

#[test]
fn over_ssh_looks() {
    looks("over-ssh", over_ssh, |screen| {
        screen.keys("Space");
    });
}

#[test]
fn a_page_for_the_browser_looks() {
    looks("over-ssh-browser", over_ssh, |screen| {
        screen.keys("Space b");
        let url = "http://127.0.0.1:8321/k3v9q2m8z7x1c4b5n6a0s9d8f7/".to_owned();
        let ready = PageNews::Ready { url, port: 8321, opened: false };
        screen.send(Msg::Page(selected(screen), ready));
    });
}

#[test]
fn saving_looks() {
    looks("saving", filled, |screen| {
        screen.keys("w Enter");
        screen.saved(Err(NotSaved::Exists));
    });
}

#[test]
fn a_recording_that_is_here_plays_at_once() {
    let mut screen = Screen::open(filled());
    here(&mut screen);
    screen.effects.clear();
    screen.keys("Space");
    let key = selected(&screen);
    let plays = asked(&mut screen, |effect| match effect {
        Effect::Account(AccountEffect::Play { key, from, settings, .. }) => Some((*key, *from, *settings)),
        _ => None,
    });
    assert_eq!(plays, [(key, Duration::ZERO, PlaybackSettings::default())]);
}

#[test]
fn one_that_is_not_here_is_fetched_first_and_plays_then() {
    let mut screen = Screen::open(filled());
    screen.keys("j Space");
    let key = selected(&screen);
    assert_eq!(wanted(&mut screen).unwrap()[0], key);
    screen.send(Msg::Recording(key, RecordingNews::Coming { received: 40, total: Some(100) }));
    assert!(screen.text().contains("fetching 40%"), "{}", screen.text());
    here(&mut screen);
    assert_eq!(
        asked(&mut screen, |effect| matches!(effect, Effect::Account(AccountEffect::Play { .. }))
            .then_some(())),
        [()]
    );
}

#[test]
fn space_holds_and_goes_on_and_esc_stops() {
    let mut screen = Screen::open(filled());
    playing(&mut screen, 1_000);
    controls(&mut screen);
    screen.keys("Space");
    assert_eq!(controls(&mut screen), [Control::Pause(true)]);
    screen.keys("Space");
    assert_eq!(controls(&mut screen), [Control::Pause(false)]);
    screen.keys("Esc");
    assert_eq!(controls(&mut screen), [Control::Stop]);
    assert!(screen.state.playback.current.is_none());
}

#[test]
fn keys_move_in_what_plays_and_change_how_it_sounds() {
    let mut screen = Screen::open(filled());
    playing(&mut screen, 1_000);
    controls(&mut screen);
    screen.keys("l Right h Left . , 0");
    let steps = [5_000, 5_000, -5_000, -5_000, 1_000, -1_000].map(Control::Step);
    assert_eq!(controls(&mut screen), [&steps[..], &[Control::Seek(Duration::ZERO)]].concat());
    screen.keys("> > < z - +");
    let manners: Vec<_> = controls(&mut screen)
        .into_iter()
        .map(|control| match control {
            Control::Settings(settings) => (settings.speed, settings.skip_silence, settings.volume),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [
        (1.25, false, 1.0),
        (1.5, false, 1.0),
        (1.25, false, 1.0),
        (1.25, true, 1.0),
        (1.25, true, 0.9),
        (1.25, true, 1.0),
    ];
    assert_eq!(manners, expected);
}

#[test]
fn what_was_heard_is_read() {
    let mut screen = Screen::open(filled());
    playing(&mut screen, 2_900);
    let flags = |screen: &Screen| screen.state.inbox.selected_row().unwrap().flags;
    assert!(!flags(&screen).contains(Flags::READ));
    screen.player(Event::Heard);
    assert!(flags(&screen).contains(Flags::READ));
    // It was written, and what the store says is what is shown.
    screen.keys("[ ]");
    assert!(screen.state.pending.is_empty());
    assert!(flags(&screen).contains(Flags::READ));
}

#[test]
fn rows_read_before_a_change_was_written_do_not_undo_it_on_screen() {
    let mut screen = Screen::open_held(filled());
    while screen.answer_one() {}
    playing(&mut screen, 0);
    screen.send(Msg::CallersChanged);
    let key = selected(&screen);
    screen.hold_changes();
    screen.player(Event::Heard);
    while screen.answer_one() {}
    let row = screen.state.inbox.rows.get(screen.state.inbox.rows.search(key).unwrap()).unwrap();
    assert!(row.flags.contains(Flags::READ));
}

#[test]
fn the_selection_rests_before_its_recording_is_fetched() {
    let mut screen = Screen::open(filled());
    assert_eq!(wanted(&mut screen), None);
    screen.keys("j j j");
    assert_eq!(wanted(&mut screen), None);
    screen.wait(TimeDelta::milliseconds(150));
    let order: Vec<_> = [3, 4, 2, 5, 1].map(|index| key_of(&screen, index)).into();
    assert_eq!(wanted(&mut screen), Some(order));
}

#[test]
fn a_recording_that_is_not_ready_is_asked_for_again_later_and_later() {
    let mut screen = Screen::open(filled());
    screen.wait(TimeDelta::seconds(1));
    let key = selected(&screen);
    for seconds in [10, 20, 40, 60, 60] {
        assert_eq!(wanted(&mut screen).unwrap()[0], key, "before {seconds}");
        screen.send(Msg::Recording(key, RecordingNews::Failed(FetchError::NotReady)));
        let text = screen.text();
        assert!(text.contains(&format!("not ready yet, retry in {seconds} s")), "{text}");
        screen.effects.clear();
        screen.wait(TimeDelta::seconds(seconds - 1));
        assert!(screen.text().contains("retry in 1 s"));
        assert_eq!(wanted(&mut screen), None);
        screen.wait(TimeDelta::seconds(1));
    }
}

/// Whether it is fetched ahead or not, and wherever the selection goes meanwhile.
#[test]
fn what_is_to_be_played_and_is_not_ready_is_asked_for_again_in_time_and_not_before() {
    for prefetch in [Prefetch::Off, Prefetch::Selected] {
        let mut screen = Screen::open(Opened { prefetch, ..filled() });
        let key = selected(&screen);
        screen.keys("Space G").wait(TimeDelta::seconds(1));
        for seconds in [10, 20] {
            assert!(wanted(&mut screen).unwrap().contains(&key), "{prefetch:?}, before {seconds}");
            screen.send(Msg::Recording(key, RecordingNews::Failed(FetchError::NotReady)));
            screen.wait(TimeDelta::seconds(seconds - 1));
            let asked_for = wanted(&mut screen).is_some_and(|keys| keys.contains(&key));
            assert!(!asked_for, "{prefetch:?}, before {seconds} s are over");
            assert!(screen.state.wake_at().unwrap() <= screen.state.now + TimeDelta::seconds(1));
            screen.wait(TimeDelta::seconds(1));
        }
    }
}

/// Not while another plays: it is passed over when its turn comes.
#[test]
fn what_plays_next_and_is_not_ready_is_not_asked_for_at_once_again() {
    let mut screen = Screen::open(Opened { prefetch: Prefetch::Off, ..filled() });
    here(&mut screen);
    screen.keys("P").player(Event::Started);
    let next = key_of(&screen, 1);
    assert_eq!(wanted(&mut screen), Some(vec![next]));
    screen.send(Msg::Recording(next, RecordingNews::Failed(FetchError::NotReady)));
    assert_eq!(wanted(&mut screen), None);
}

/// Without prefetch and playback, it is not retried.
#[test]
fn a_recording_that_nobody_waits_for_is_not_said_to_be_asked_for_again() {
    let mut screen = Screen::open(Opened { prefetch: Prefetch::Off, ..filled() });
    screen.ends(Ok(vmail::sync::Summary::default()));
    let key = selected(&screen);
    screen.keys("Space");
    screen.send(Msg::Recording(key, RecordingNews::Failed(FetchError::NotReady)));
    screen.keys("Esc").wait(TimeDelta::seconds(1));
    let text = screen.text();
    assert!(text.contains("not ready yet") && !text.contains("retry in"), "{text}");
    screen.wait(TimeDelta::seconds(15));
    assert!(!screen.text().contains("retrying"), "{}", screen.text());
}

#[test]
fn a_countdown_wakes_the_screen_each_second() {
    let mut screen = Screen::open(filled());
    screen.synced().wait(TimeDelta::seconds(1));
    let key = selected(&screen);
    screen.send(Msg::Recording(key, RecordingNews::Failed(FetchError::NotReady)));
    let wakes = screen.state.wake_at().unwrap() - screen.state.now;
    assert_eq!(wakes, TimeDelta::seconds(1));
}

#[test]
fn what_cannot_be_played_says_why_and_can_be_saved() {
    let mut screen = Screen::open(filled());
    let key = selected(&screen);
    let waveform = Err(AudioError::Unsupported("GSM".to_owned()));
    screen.send(Msg::Recording(key, RecordingNews::Here { bytes: 900, format: AudioFormat::Wav, waveform }));
    let text = screen.text();
    assert!(text.contains("Unsupported audio format: GSM. Press w to"), "{text}");
    screen.keys("Space");
    let text = screen.text();
    let below = text.lines().find(|line| line.starts_with(" ✗ Unsupported audio format")).unwrap();
    assert!(below.contains("Unsupported audio format: GSM. Press w to save it."), "{text}");
    screen.keys("w");
    let text = screen.text();
    let name = text.lines().find(|line| line.contains("~/voicemail/2026-11-23_1142_")).unwrap();
    assert!(name.contains(".wav"), "{text}");
}

#[test]
fn a_recording_is_saved_under_the_name_of_what_it_is_and_an_empty_one_says_so() {
    let mut screen = Screen::open(filled());
    let key = selected(&screen);
    let waveform = Err(AudioError::Unsupported("Ogg".to_owned()));
    screen.send(Msg::Recording(key, RecordingNews::Here { bytes: 900, format: AudioFormat::Ogg, waveform }));
    screen.keys("w");
    let text = screen.text();
    let name = text.lines().find(|line| line.contains("~/voicemail/2026-11-23_1142_")).unwrap();
    assert!(name.contains(".ogg"), "{text}");
    screen.keys("Esc");
    let waveform = Err(AudioError::Empty);
    screen.send(Msg::Recording(key, RecordingNews::Here { bytes: 44, format: AudioFormat::Wav, waveform }));
    screen.keys("Space");
    let text = screen.text();
    assert!(text.contains("The recording is empty."), "{text}");
    assert!(!text.contains("not ready") && !text.contains("Press w to save"), "{text}");
}

#[test]
fn a_voicemail_without_a_recording_says_so() {
    let mut stored = week();
    stored.push({
        let mut silent = voicemail("2026-11-23T11:50:00+05:30", "9845012345");
        silent.recording = None;
        silent
    });
    let mut screen = Screen::open(Opened { stored, ..filled() });
    screen.effects.clear();
    screen.keys("Space w");
    assert!(screen.text().contains("this voicemail has no recording"));
    assert_eq!(screen.effects, []);
}

#[test]
fn everything_unread_is_played_one_after_another() {
    let mut screen = Screen::open(filled());
    let expected: Vec<_> = (0..4).map(|index| key_of(&screen, index)).collect();
    screen.keys("P");
    for (number, key) in expected.iter().enumerate() {
        assert_eq!(selected(&screen), *key);
        here(&mut screen);
        screen.player(Event::Started).player(Event::Heard).player(Event::Ended);
        assert_eq!(screen.state.playback.current.as_ref().unwrap().phase, Phase::Ended, "{number}: a gap");
        screen.wait(TimeDelta::milliseconds(700));
    }
    // Back to the list, and stop.
    screen.keys("Esc Esc");
    assert!(screen.state.playback.queue.is_none() && screen.state.playback.current.is_none());
    let read = (0..5).map(|index| screen.state.inbox.rows.get(index).unwrap().flags.contains(Flags::READ));
    assert_eq!(read.collect::<Vec<_>>(), [true, true, true, true, false]);
}

#[test]
fn what_plays_is_shown_at_once_with_the_keys_that_are_of_use() {
    let mut screen = Screen::open(filled());
    screen.synced().keys("l");
    assert!(screen.text().contains("nothing is playing"));
    screen.keys("P");
    let text = screen.text();
    assert!(!text.contains("nothing is playing") && text.contains("1 of 19"), "{text}");
    assert!(text.contains("Esc list") && !text.contains("P play unread"), "{text}");
    screen.keys("Esc");
    assert!(screen.text().contains("Space stop"), "{}", screen.text());
    here(&mut screen);
    screen.player(Event::Started);
    assert!(screen.text().contains("Space pause"), "{}", screen.text());
}

#[test]
fn who_moves_away_while_everything_plays_is_left_there() {
    let mut screen = Screen::open(filled());
    let (second, third) = (key_of(&screen, 1), key_of(&screen, 2));
    screen.keys("P Esc");
    here(&mut screen);
    screen.player(Event::Started).player(Event::Heard).keys("j j j j");
    let there = selected(&screen);
    screen.player(Event::Ended).wait(TimeDelta::milliseconds(700));
    assert_eq!(screen.state.playback.current.as_ref().unwrap().cue.key, second);
    assert_eq!(selected(&screen), there);
    // Who comes back goes along again.
    screen.recording(second, "gate.mp3").player(Event::Started).keys("k k k");
    assert_eq!(selected(&screen), second);
    screen.player(Event::Ended).wait(TimeDelta::milliseconds(700));
    assert_eq!(selected(&screen), third);
}

#[test]
fn what_cannot_be_played_is_passed_over_and_counted() {
    let stored = week().into_iter().take(3).collect();
    let mut screen = Screen::open(Opened { stored, ..filled() });
    screen.keys("P");
    let key = selected(&screen);
    screen.send(Msg::Recording(key, RecordingNews::Failed(FetchError::NotReady)));
    let key = selected(&screen);
    let waveform = Err(AudioError::Damaged);
    screen.send(Msg::Recording(key, RecordingNews::Here { bytes: 9, format: AudioFormat::Mp3, waveform }));
    here(&mut screen);
    screen.player(Event::Started).player(Event::Heard).player(Event::Ended);
    screen.wait(TimeDelta::seconds(1));
    let text = screen.text();
    assert!(text.contains("finished: played 1 voicemail, skipped 2"), "{text}");
}

#[test]
fn sound_that_is_lost_goes_on_where_it_was() {
    let mut screen = Screen::open(filled());
    playing(&mut screen, 4_000);
    screen.player(Event::Failed(Unavailable::Killed));
    let text = screen.text();
    let said = "Playback stopped: the sound server ended the playback. Press p to resume.";
    assert!(text.contains(said), "{text}");
    screen.effects.clear();
    screen.keys("Space");
    let from = asked(&mut screen, |effect| match effect {
        Effect::Account(AccountEffect::Play { from, .. }) => Some(*from),
        _ => None,
    });
    assert_eq!(from, [Duration::from_secs(4)]);
    // The sound server is not back yet.
    screen.player(Event::Failed(Unavailable::NoServer));
    assert!(screen.text().contains("no sound server is running here"), "{}", screen.text());
    screen.keys("Esc Space");
    let from = asked(&mut screen, |effect| match effect {
        Effect::Account(AccountEffect::Play { from, .. }) => Some(*from),
        _ => None,
    });
    assert_eq!(from, [Duration::from_secs(4)]);
}

#[test]
fn sound_that_fails_takes_nothing_from_who_types() {
    let mut screen = Screen::open(filled());
    here(&mut screen);
    screen.keys("Space m").type_text("Rao wants his invoice");
    screen.player(Event::Failed(Unavailable::NoServer));
    let text = screen.text();
    assert!(text.contains("Rao wants his invoice"), "{text}");
    assert!(text.contains("No sound: no sound server is running here. Press b to"), "{text}");
}

#[test]
fn events_of_an_earlier_play_are_dropped() {
    let mut screen = Screen::open(filled());
    playing(&mut screen, 1_000);
    let number = screen.play_number();
    screen.keys("Esc Space").player(Event::Started);
    screen.send(Msg::Player(number, Event::Ended));
    assert!(screen.state.playback.current.is_some());
}

#[test]
fn the_playhead_is_watched_closely_only_while_it_is_on_screen() {
    let watches = |screen: &mut Screen| {
        asked(screen, |effect| match effect {
            Effect::Account(AccountEffect::Control(Control::Watch(interval))) => Some(*interval),
            _ => None,
        })
    };
    let (often, seldom) = (Some(Duration::from_millis(50)), Some(Duration::from_millis(500)));
    let mut screen = Screen::open(filled());
    playing(&mut screen, 0);
    assert_eq!(watches(&mut screen).last(), Some(&often));
    screen.keys("j");
    assert_eq!(watches(&mut screen), [seldom]);
    screen.keys("k");
    assert_eq!(watches(&mut screen), [often]);
    screen.keys("?");
    assert_eq!(watches(&mut screen), [seldom]);
    screen.keys("Esc").player(Event::Ended);
    assert_eq!(watches(&mut screen), [often, None]);
}

#[test]
fn a_stop_of_the_program_holds_the_sound_and_going_on_lets_it_go_on() {
    let mut screen = Screen::open(filled());
    playing(&mut screen, 1_000);
    screen.effects.clear();
    screen.keys("Ctrl-z");
    assert_eq!(
        screen.effects[..2],
        [
            Effect::Account(AccountEffect::Control(Control::Pause(true))),
            Effect::Terminal(TerminalEffect::Suspend)
        ]
    );
    screen.effects.clear();
    screen.send(Msg::Resumed);
    assert_eq!(controls(&mut screen), [Control::Pause(false)]);
    // What was held by hand stays held.
    screen.keys("Space Ctrl-z");
    screen.send(Msg::Resumed);
    assert_eq!(controls(&mut screen), [Control::Pause(true)]);
}

#[test]
fn over_ssh_the_last_choice_is_taken_at_once() {
    let mut screen = Screen::open(over_ssh());
    screen.keys("Space");
    assert!(screen.text().contains("Listen over ssh"));
    assert_eq!(wanted(&mut screen), None, "nothing plays where nobody hears it");
    screen.keys("b");
    let page = |effect: &Effect| match effect {
        Effect::Account(AccountEffect::OpenPage { caller, time, file_name, .. }) => {
            Some(format!("{caller}|{time}|{file_name}"))
        }
        _ => None,
    };
    let expected =
        "+91 98765 43210|Today · Mon 23 Nov, 11:42:08 IST|2026-11-23_1142_+91-98765-43210.mp3".to_owned();
    assert_eq!(asked(&mut screen, page), vec![expected]);
    let url = "http://127.0.0.1:8321/k3/".to_owned();
    screen.send(Msg::Page(selected(&screen), PageNews::Ready { url, port: 8321, opened: true }));
    let effects = screen.effects.clone();
    let remembered = Remembered { way: Some(Delivery::Browser), folder: None };
    assert!(effects.contains(&Effect::Account(AccountEffect::Remember(remembered))));
    screen.keys("Esc j k Space");
    assert_eq!(asked(&mut screen, page), Vec::<String>::new(), "the page is there already");
    assert!(screen.text().contains("In your browser"));
    screen.keys("Esc j Space");
    assert_eq!(asked(&mut screen, page).len(), 1);
}

#[test]
fn sound_that_is_forwarded_is_remembered_once_it_was_heard() {
    let mut screen = Screen::open(over_ssh());
    screen.keys("Space Space");
    here(&mut screen);
    assert_eq!(screen.state.remembered.way, None);
    screen.player(Event::Started);
    assert_eq!(screen.state.remembered.way, Some(Delivery::Here));
    screen.player(Event::Ended).keys("Space");
    assert!(screen.state.overlay.is_none());
}

#[test]
fn saving_asks_before_it_replaces_and_remembers_the_folder() {
    let mut screen = Screen::open(filled());
    screen.keys("w Ctrl-u").type_text("/tmp/a b.mp3").keys("Enter");
    let saves = |effect: &Effect| match effect {
        Effect::Account(AccountEffect::Save { path, overwrite, .. }) => {
            Some((path.display().to_string(), *overwrite))
        }
        _ => None,
    };
    assert_eq!(asked(&mut screen, saves), [("/tmp/a b.mp3".to_owned(), false)]);
    screen.saved(Err(NotSaved::Exists));
    assert!(screen.text().contains("file exists: Enter to overwrite"));
    // Another name clears the question.
    screen.keys("Backspace 4 Enter");
    assert_eq!(asked(&mut screen, saves), [("/tmp/a b.mp4".to_owned(), false)]);
    screen.saved(Err(NotSaved::Exists)).keys("Enter");
    assert_eq!(asked(&mut screen, saves), [("/tmp/a b.mp4".to_owned(), true)]);
    screen.saved(Ok("/tmp/a b.mp4".into()));
    assert!(screen.text().contains("saved: /tmp/a b.mp4"));
    screen.keys("w");
    assert!(screen.text().contains("/tmp/2026-11-23_1142_"), "{}", screen.text());
}

#[test]
fn what_was_saved_over_ssh_has_the_line_that_fetches_it() {
    let mut screen = Screen::open(over_ssh());
    screen.keys("w Enter").saved(Ok("/home/meera/voicemail/a.mp3".into()));
    let line = "scp meera@web-1.example.in:/home/meera/voicemail/a.mp3 .";
    assert!(screen.text().contains(line), "{}", screen.text());
    screen.keys("c");
    let copied = asked(&mut screen, |effect| match effect {
        Effect::Terminal(TerminalEffect::Copy(text)) => Some(text.clone()),
        _ => None,
    });
    assert_eq!(copied, [line]);
}

#[test]
fn choices_of_an_earlier_time_count() {
    let mut screen = Screen::open(over_ssh());
    screen.choose(Remembered { way: Some(Delivery::Save), folder: Some("/srv/calls".into()) });
    screen.keys("Space");
    assert!(screen.text().contains("/srv/calls/2026-11-23_1142_"), "{}", screen.text());
}

#[test]
fn a_late_answer_to_a_dialog_that_was_left_is_dropped() {
    let mut screen = Screen::open(filled());
    screen.keys("w Enter");
    let ticket = screen.state.lanes.last(Lane::Save);
    screen.keys("Esc w");
    screen.send(Msg::Reply(ticket, Reply::Saved(Err(NotSaved::Exists))));
    assert!(!screen.text().contains("file exists: Enter"));
}

#[test]
fn lengths_and_thumbnails_come_from_the_store_at_the_next_start() {
    let mut screen = Screen::open(filled());
    screen.sounds();
    assert!(screen.state.playback.recordings.is_empty());
    let text = screen.text();
    assert!(text.contains("0:09") && text.contains('▇'), "{text}");
}
