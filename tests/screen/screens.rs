//! Whole screens from keys: every state, at three sizes, with a hash of the styles.

use std::time::Duration;

use crate::at_three_sizes;
use crate::common::{Opened, Screen, voicemail, week};
use chrono::TimeDelta;
use vmail::config::Column;
use vmail::core::model::Span;
use vmail::sync::{Progress, Summary, SyncError};
use vmail::telecmi::{ApiError, OfflineReason, RedirectFault};
use vmail::terminal::colours::Depth;
use vmail::tui::keymap::KeyChord;
use vmail::tui::msg::{AccountEffect, Effect, Msg, Reply, TerminalEffect};
use vmail::tui::state::Look;
use vmail::tui::theme::ThemeSettings;
use vmail::tui::update::update;

/// A snapshot of what `drive` shows, at each size.
fn looks(name: &str, open: impl Fn() -> Opened, drive: impl Fn(&mut Screen)) {
    let open = |size| {
        let mut screen = Screen::open(Opened { size, ..open() });
        drive(&mut screen);
        screen
    };
    at_three_sizes(name, open, Screen::snapshot);
}

fn filled() -> Opened {
    Opened { stored: week(), ..Opened::default() }
}

fn offline() -> SyncError {
    let error = ApiError::Offline { reason: OfflineReason::NameLookup };
    SyncError::Api { error, received: Summary::default() }
}

fn refused() -> SyncError {
    let error = ApiError::NotAuthenticated { message: "Authentication Failed".into() };
    SyncError::Api { error, received: Summary::default() }
}

#[test]
fn inbox() {
    looks("inbox", filled, |screen| {
        screen.synced().keys("j");
    });
}

#[test]
fn detail_in_full() {
    looks("detail-in-full", filled, |screen| {
        screen.synced().keys("Enter j");
    });
}

#[test]
fn partly_loaded() {
    looks("partly-loaded", Opened::default, |screen| {
        screen.page(&week()[..10], 312, 1204, 32, 121);
    });
}

#[test]
fn waiting_for_another_try() {
    let retry = || {
        let error = ApiError::Offline { reason: OfflineReason::Refused };
        Progress::Retrying { try_number: 2, max_tries: 5, wait: Duration::from_millis(1400), error }
    };
    looks("retry-with-rows", filled, |screen| {
        screen.progress(retry());
    });
    looks("retry-without-rows", Opened::default, |screen| {
        screen.progress(retry());
    });
}

#[test]
fn asking() {
    looks("asking", Opened::default, |_| {});
}

#[test]
fn offline_with_rows() {
    looks("offline", filled, |screen| {
        screen.synced().wait(TimeDelta::seconds(61)).ends(Err(offline()));
    });
}

#[test]
fn failed_without_rows() {
    looks("failed", Opened::default, |screen| {
        screen.ends(Err(refused()));
    });
}

#[test]
fn empty() {
    looks("empty", Opened::default, |screen| {
        screen.synced();
    });
}

#[test]
fn a_range_without_voicemails_is_named_in_a_sentence() {
    for (range, title) in [
        ("1h", "No voicemails in the last hour"),
        ("7d", "No voicemails in the last 7 days"),
        ("today", "No voicemails today"),
        ("monday", "No voicemails on Monday"),
        ("last week", "No voicemails last week"),
        ("2026-11-10..2026-11-16", "No voicemails in the range 10–16 Nov"),
        ("2026-11-01..", "No voicemails since 1 Nov"),
        ("..2026-11-15", "No voicemails up to 15 Nov"),
        ("all", "No voicemails"),
    ] {
        let mut screen = Screen::open(Opened { range, ..Opened::default() });
        screen.synced();
        let text = screen.text();
        assert!(text.lines().any(|line| line.trim() == title), "{range}: {title}\n{text}");
    }
}

#[test]
fn first_start() {
    looks("first-start", || Opened { account: None, ..Opened::default() }, |_| {});
}

#[test]
fn dates() {
    looks("dates", filled, |screen| {
        screen.synced().keys("d");
    });
    looks("dates-calendar", filled, |screen| {
        screen.synced().keys("d Tab h h v h h");
    });
    looks("dates-text", filled, |screen| {
        screen.synced().keys("d Tab Tab").type_text("last week..yesterday");
    });
    looks("dates-mistake", filled, |screen| {
        screen.synced().keys("d Tab Tab").type_text("2026-11-01..2026-11-32");
    });
}

#[test]
fn no_colour_and_ascii() {
    let look = Look {
        ascii: true,
        plain: true,
        depth: Depth::Sixteen,
        colours: ThemeSettings::default(),
        columns: Column::USUAL.into(),
    };
    looks(
        "ascii",
        || Opened { look: look.clone(), ..filled() },
        |screen| {
            screen.synced().keys("j");
        },
    );
    let buffer = Screen::open(Opened { look, ..filled() }).synced().buffer();
    assert!(buffer.content.iter().all(|cell| cell.symbol().is_ascii()));
    assert!(buffer.content.iter().all(|cell| cell.fg == ratatui::style::Color::Reset));
}

#[test]
fn nothing_is_too_small() {
    let mut screen = Screen::open(filled());
    screen.synced();
    for keys in ["", "Enter", "d", "Tab", "Tab", "Esc", "?"] {
        screen.keys(keys);
        for (width, height) in [(1, 1), (2, 3), (5, 2), (10, 5), (30, 1), (1, 30), (300, 100)] {
            screen.resize(width, height).text();
        }
    }
}

#[test]
fn the_selected_voicemail_stays_when_newer_ones_arrive() {
    let mut screen = Screen::open(Opened { size: (80, 24), ..filled() });
    screen.synced().keys("j j j");
    let before = screen.state.inbox.selected;
    screen.wait(TimeDelta::seconds(61));
    screen.page(&[voicemail("2026-11-23T12:04:00+05:30", "9876500009")], 1, 1, 1, 1).synced();
    assert_eq!(screen.state.inbox.selected, before);
    assert!(screen.text().contains("1 new voicemail"), "{}", screen.text());
    assert!(screen.effects.contains(&Effect::Terminal(TerminalEffect::Notify("1 new voicemail".into()))));
    screen.wait(TimeDelta::seconds(5));
    assert!(screen.text().contains("20 voicemails"), "{}", screen.text());
}

#[test]
fn voicemail_that_appears_late_is_news_and_so_is_the_first_one() {
    let late = voicemail("2026-11-23T11:35:00+05:30", "9876500009");
    for stored in [week(), Vec::new()] {
        let mut screen = Screen::open(Opened { stored, size: (80, 24), ..Opened::default() });
        screen.synced().wait(TimeDelta::seconds(61));
        screen.page(std::slice::from_ref(&late), 1, 1, 1, 1).synced();
        assert!(screen.text().contains("1 new voicemail"), "{}", screen.text());
    }
}

#[test]
fn what_is_fetched_for_the_first_time_is_no_news() {
    let mut screen = Screen::open(Opened { size: (80, 24), ..Opened::default() });
    screen.page(&week(), 19, 19, 1, 1).synced();
    assert!(!screen.text().contains("new voicemail"), "{}", screen.text());
    assert!(
        screen.effects.iter().all(|effect| !matches!(effect, Effect::Terminal(TerminalEffect::Notify(_))))
    );
}

#[test]
fn a_list_that_fills_begins_at_the_newest_whatever_came_first() {
    let mut screen = Screen::open(Opened { size: (80, 24), ..Opened::default() });
    let week = week();
    let selected = |screen: &Screen| screen.state.inbox.selected_place();
    screen.page(&week[5..], 14, 19, 1, 2);
    assert_eq!(selected(&screen), Some(0));
    screen.page(&week[2..5], 17, 19, 2, 2);
    assert_eq!(selected(&screen), Some(0));
    // From here on the user is somewhere.
    screen.keys("j").page(&week[..2], 19, 19, 2, 2);
    assert_eq!(selected(&screen), Some(3));
}

#[test]
fn there_and_back_keeps_the_detail() {
    let mut screen = Screen::open(filled());
    screen.synced().keys("j");
    let second = screen.state.detail.loaded.clone();
    screen.keys("k");
    let key = |key| Msg::Key(KeyChord::parse(key).unwrap().event());
    let effects = update(&mut screen.state, key("j"));
    let [Effect::Account(AccountEffect::Read(ticket, _))] = effects.as_slice() else { panic!("{effects:?}") };
    // Back before the answer comes.
    assert_eq!(update(&mut screen.state, key("k")), []);
    screen.send(Msg::Reply(*ticket, Reply::Details(second)));
    assert!(screen.state.shown_details().is_some());
}

#[test]
fn what_is_on_screen_stays_on_its_line_when_rows_arrive_above() {
    let mut screen = Screen::open(Opened { size: (80, 12), ..filled() });
    screen.synced().keys("G k k");
    let line = |screen: &mut Screen| screen.text().lines().position(|line| line.contains('▌'));
    let before = line(&mut screen);
    screen.wait(TimeDelta::seconds(61));
    let new: Vec<_> =
        (10..40).map(|minute| voicemail(&format!("2026-11-23T11:{minute}:00+05:30"), "9876500009")).collect();
    screen.page(&new, 30, 30, 1, 1);
    assert_eq!(line(&mut screen), before);
}

#[test]
fn an_answer_for_another_range_is_dropped() {
    let mut screen = Screen::open(filled());
    let stale = screen.sync_ticket();
    screen.keys("[");
    screen.send(Msg::Reply(stale, Reply::Synced(Err(offline()))));
    assert!(screen.state.sync.running.is_some());
    assert!(screen.state.sync.failure.is_none());
}

#[test]
fn the_range_moves_by_its_own_length_and_back() {
    let mut screen = Screen::open(Opened { size: (80, 24), ..filled() });
    screen.synced().keys("[");
    assert!(screen.text().contains("10–16 Nov"), "{}", screen.text());
    screen.keys("]");
    assert!(screen.text().contains("Last 7 days"), "{}", screen.text());
    screen.synced().keys("]");
    assert!(screen.text().contains("the range already includes today"), "{}", screen.text());
}

#[test]
fn a_preset_is_two_keys_away() {
    let mut screen = Screen::open(Opened { size: (80, 24), ..filled() });
    screen.synced().keys("d 3");
    assert!(screen.state.overlay.is_some(), "it may be the start of 30d");
    screen.wait(TimeDelta::seconds(1));
    let text = screen.text();
    assert!(text.contains("Yesterday"), "{text}");
    assert!(text.contains("3 voicemails") || text.contains("19:12"), "{text}");
    assert!(!text.contains("11:42"), "{text}");
}

#[test]
fn a_text_that_begins_with_the_digit_of_a_preset_is_typed() {
    for typed in ["30d", "15d", "2w"] {
        let mut screen = Screen::open(filled());
        screen.synced().keys("d").type_text(typed);
        screen.wait(TimeDelta::seconds(1)).keys("Enter");
        assert_eq!(screen.state.range.expression(), typed);
        assert!(screen.state.inbox.marks.is_empty() && screen.state.overlay.is_none());
    }
}

#[test]
fn a_range_is_picked_on_the_calendar() {
    let mut screen = Screen::open(Opened { size: (80, 24), ..filled() });
    screen.synced().keys("d Tab h h h v h h Enter");
    assert_eq!(screen.state.range.expression(), "2026-11-18..2026-11-20");
}

#[test]
fn a_single_day_stands_in_the_header_once() {
    let mut screen = Screen::open(Opened { range: "2026-11-20", ..filled() });
    let text = screen.synced().text();
    let header = text.lines().next().unwrap_or_default();
    assert!(header.ends_with("Fri 20 Nov  IST"), "{header}");
    assert_eq!(header.matches("20 Nov").count(), 1, "{header}");
}

#[test]
fn days_are_stepped_through() {
    let mut screen = Screen::open(Opened { size: (80, 24), ..filled() });
    let selected = |screen: &mut Screen| {
        let text = screen.text();
        text.lines().find(|line| line.contains('▌')).map(|line| line.trim().to_owned()).unwrap_or_default()
    };
    screen.synced().keys("}");
    assert!(selected(&mut screen).contains("11:42"));
    screen.keys("{");
    assert!(selected(&mut screen).contains("19:12"));
    screen.keys("j {");
    assert!(selected(&mut screen).contains("17:58"));
    screen.keys("j }");
    assert!(selected(&mut screen).contains("17:58"));
    screen.keys("}");
    assert!(selected(&mut screen).contains("19:12"));
}

#[test]
fn the_callers_other_voicemail_are_one_jump_away() {
    let mut screen = Screen::open(filled());
    screen.synced().keys("Tab j j Enter");
    let text = screen.text();
    assert!(text.lines().any(|line| line.contains("▏ ● 16:20")), "{text}");
}

#[test]
fn the_footer_says_what_enter_does_in_the_detail() {
    let mut screen = Screen::open(Opened { size: (80, 24), ..filled() });
    screen.synced().keys("Enter");
    assert!(screen.text().contains("Enter back"), "{}", screen.text());
    screen.keys("j");
    assert!(screen.text().contains("Enter open"), "{}", screen.text());
}

#[test]
fn a_jump_out_of_the_range_takes_the_range_along() {
    let mut stored = week();
    stored.push(voicemail("2026-10-30T14:41:00+05:30", "919876543210"));
    let mut screen = Screen::open(Opened { stored, ..Opened::default() });
    screen.synced().keys("Tab j j j Enter");
    assert_eq!(screen.state.range.expression(), "2026-10-30");
    assert!(screen.text().contains("14:41"), "{}", screen.text());
}

#[test]
fn esc_stops_fetching_and_again_goes_on() {
    let mut screen = Screen::open(filled());
    screen.keys("Esc");
    assert!(screen.effects.contains(&Effect::Account(AccountEffect::StopSync)));
    assert!(screen.text().contains("stopped"), "{}", screen.text());
    screen.keys("R");
    assert!(matches!(screen.effects.last(), Some(Effect::Account(AccountEffect::Sync { again: true, .. }))));
}

#[test]
fn a_failure_is_said_once_and_again_to_who_asks_again() {
    let mut screen = Screen::open(Opened { size: (80, 24), ..filled() });
    let said = |screen: &mut Screen| screen.text().contains("server name not found");
    screen.ends(Err(offline()));
    assert!(said(&mut screen), "{}", screen.text());
    screen.keys("j").wait(TimeDelta::seconds(61)).ends(Err(offline()));
    assert!(!said(&mut screen), "{}", screen.text());
    screen.keys("R").ends(Err(offline()));
    assert!(said(&mut screen), "{}", screen.text());
}

#[test]
fn a_fault_that_is_over_is_not_said_any_more() {
    let mut screen = Screen::open(Opened { size: (120, 40), ..filled() });
    screen.synced().wait(TimeDelta::seconds(61)).ends(Err(offline()));
    assert!(screen.text().contains("server name not found"), "{}", screen.text());
    screen.wait(TimeDelta::seconds(61));
    assert!(screen.text().contains("last fetched 12:04 · retrying"), "{}", screen.text());
    screen.synced();
    assert!(!screen.text().to_lowercase().contains("offline"), "{}", screen.text());
    assert!(screen.text().contains("19 voicemails"), "{}", screen.text());
}

#[test]
fn a_wrong_secret_is_not_tried_again_by_itself() {
    let mut screen = Screen::open(filled());
    screen.ends(Err(refused()));
    assert_eq!(screen.state.wake_at(), None);
}

#[test]
fn an_idle_screen_sleeps_until_the_next_look() {
    let mut screen = Screen::open(filled());
    screen.synced();
    assert_eq!(screen.state.wake_at(), Some(screen.state.now + TimeDelta::seconds(60)));
}

#[test]
fn a_new_range_asks_only_for_itself() {
    let covered =
        Some(Span::new("2026-11-01T00:00:00Z".parse().unwrap(), "2026-11-23T06:00:00Z".parse().unwrap()));
    let mut screen = Screen::open(Opened { covered, ..filled() });
    screen.synced().keys("d 2 Enter");
    let Some(Effect::Account(AccountEffect::Sync { span, again: false, .. })) = screen.effects.last() else {
        panic!("{:?}", screen.effects)
    };
    assert_eq!(span.start(), "2026-11-23T00:00:00+05:30".parse::<chrono::DateTime<chrono::Utc>>().unwrap());
    assert_eq!(span.end(), crate::common::now());
}

#[test]
fn a_large_store_is_read_to_its_end_while_pages_arrive() {
    let minute = |minute: i64| crate::common::now() - TimeDelta::minutes(minute);
    let caller = |number: i64| format!("98765{:05}", number % 997);
    let stored: Vec<_> = (1..=9_000)
        .filter(|number| number % 3 != 0)
        .map(|number| voicemail(&minute(number).to_rfc3339(), &caller(number)))
        .collect();
    let mut screen = Screen::open_held(Opened { range: "30d", stored, ..Opened::default() });
    // What is fetched lies behind, within and before what is read.
    for missing in (0..30).rev().map(|page| page * 300 + 3) {
        let page: Vec<_> = (missing..missing + 300)
            .step_by(3)
            .map(|n| voicemail(&minute(n).to_rfc3339(), &caller(n)))
            .collect();
        screen.page(&page, 1, 9_000, 1, 90);
        screen.answer_one();
    }
    while screen.answer_one() {}
    assert_eq!(screen.state.inbox.rows.len(), 9_000);
    screen.keys("G");
    assert!(screen.text().contains("Inbox 9,000"), "{}", screen.text());
    let blank = screen.text().lines().filter(|line| line.contains("Withheld")).count();
    assert_eq!(blank, 0, "every caller has its text: {}", screen.text());
}

#[test]
fn only_a_wrong_secret_ends_the_checks_for_good() {
    let ends = |error: SyncError| {
        let mut screen = Screen::open(filled());
        screen.synced();
        let mut pauses = Vec::new();
        for _ in 0..12 {
            let Some(next) = screen.state.sync.next else { break };
            pauses.push((next - screen.state.now).num_seconds());
            screen.wait(next - screen.state.now);
            assert!(screen.state.sync.running.is_some(), "the check is due");
            screen.ends(Err(error.clone()));
        }
        (pauses, screen.text())
    };
    let api = |error| SyncError::Api { error, received: Summary::default() };
    // A portal that wants a login for the network, at night.
    let portal = api(ApiError::BadRedirect { reason: RedirectFault::Elsewhere });
    for error in [
        portal,
        api(ApiError::BadRequest { message: "no".to_owned() }),
        api(ApiError::TooLarge { limit: 1 << 23 }),
        SyncError::Endless { received: Summary::default() },
    ] {
        let (pauses, text) = ends(error);
        assert_eq!(pauses[..6], [60, 120, 240, 480, 960, 1800], "{text}");
        assert_eq!(pauses.len(), 12, "{text}");
        assert!(text.contains("retry at "), "{text}");
    }
    let (pauses, _) = ends(offline());
    assert_eq!(pauses, [60; 12]);
    let (pauses, text) = ends(refused());
    assert_eq!(pauses, [60]);
    assert!(text.contains("R to retry") || text.contains("Enter"), "{text}");
}
