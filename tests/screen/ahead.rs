//! What is fetched that nobody waits for: keys, time and what the server says go in; the requests come out.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use vmail::core::model::{RecordingName, Sketch, Span, Voicemail};
use vmail::core::prefetch::Prefetch;
use vmail::recording::FetchError;
use vmail::sync::{Summary, SyncError};
use vmail::telecmi::{ApiError, OfflineReason};
use vmail::tui::list::rows::RowKey;
use vmail::tui::msg::{AccountEffect, AheadNews, Change, Effect, Msg, RecordingNews};

use crate::common::{Opened, Screen, now, week};

fn filled() -> Opened {
    Opened {
        stored: week(),
        covered: Some(Span::from_millis(0, i64::MAX)),
        prefetch: Prefetch::Visible,
        ..Opened::default()
    }
}

/// So many voicemails of the last days, one every ten minutes.
fn many(count: i32) -> Opened {
    let voicemail = |number: i32| {
        let name = RecordingName::new(format!("{number}.mp3"));
        Voicemail::new(
            now() - TimeDelta::minutes(10) * (number + 1),
            &format!("9198765{number:05}"),
            Some(name),
        )
    };
    Opened { stored: (0..count).map(voicemail).collect(), range: "30d", ..filled() }
}

/// What the server does with a request.
type World = dyn Fn(usize) -> AheadNews;

/// A screen, the requests made that nobody waits for, and what comes of them.
struct Session {
    screen: Screen,
    asked: Vec<(DateTime<Utc>, RowKey)>,
    running: Option<RowKey>,
    /// What the user waits for, or will soon; it comes at once unless it is held.
    wanted: Vec<RowKey>,
    held: bool,
}

impl Session {
    /// The list is there, and what is selected was fetched.
    fn open(opened: Opened) -> Session {
        let screen = Screen::open(opened);
        let mut session =
            Session { screen, asked: Vec::new(), running: None, wanted: Vec::new(), held: false };
        session.screen.synced();
        session
    }

    /// Takes the requests of the screen. What is wanted first comes at once.
    fn take(&mut self) {
        for effect in std::mem::take(&mut self.screen.effects) {
            match effect {
                Effect::Account(AccountEffect::FetchAhead(Some(key))) => {
                    assert_eq!(self.running.replace(key), None, "two at once");
                    self.asked.push((self.screen.state.now, key));
                }
                Effect::Account(AccountEffect::FetchAhead(None)) => {
                    assert!(self.running.take().is_some(), "nothing to cancel");
                }
                Effect::Account(AccountEffect::Prefetch(keys)) => self.wanted = keys,
                Effect::Account(AccountEffect::Sync { .. }) => self.screen.effects.push(effect),
                _ => {}
            }
        }
        if !self.held {
            for key in std::mem::take(&mut self.wanted) {
                self.screen.recording(key, "hello.mp3");
            }
            self.wanted.clear();
        }
    }

    /// Lets time go by as the loop does, and the server answer each request after 200 ms.
    fn wait(&mut self, time: TimeDelta, world: &World) {
        let end = self.screen.state.now + time;
        loop {
            self.take();
            if let Some(key) = self.running.take() {
                self.screen.wait(TimeDelta::milliseconds(200));
                let news = world(self.asked.len() - 1);
                self.screen.send(Msg::Ahead(key, news));
                continue;
            }
            if self.screen.state.sync.running.is_some() {
                self.screen.synced();
                continue;
            }
            match self.screen.state.wake_at().filter(|at| *at < end) {
                Some(at) => self.screen.wait((at - self.screen.state.now).max(TimeDelta::milliseconds(1))),
                None => break,
            };
        }
        let rest = end - self.screen.state.now;
        if rest > TimeDelta::zero() {
            self.screen.wait(rest);
        }
    }

    fn times(&self) -> Vec<DateTime<Utc>> {
        self.asked.iter().map(|(at, _)| *at).collect()
    }

    /// The most requests within any minute.
    fn most_a_minute(&self) -> usize {
        let times = self.times();
        let within = |from: &DateTime<Utc>| {
            times.iter().filter(|at| *at >= from && **at < *from + TimeDelta::minutes(1)).count()
        };
        times.iter().map(within).max().unwrap_or(0)
    }
}

fn delivers(_: usize) -> AheadNews {
    AheadNews::Here(Some(Sketch::new(12_000, &[4; 10])))
}

fn fails(error: ApiError) -> AheadNews {
    AheadNews::Failed(FetchError::Api(error))
}

fn server_error(_: usize) -> AheadNews {
    fails(ApiError::Server { message: "HTTP 500".to_owned(), status: 500, retry_after: None })
}

/// When the screen wants to wake up for something else than the next check of the server.
fn wakes(session: &Session) -> bool {
    session.screen.state.wake_at() < session.screen.state.sync.next
}

#[test]
fn rows_get_their_lengths_while_they_are_looked_at() {
    let mut session = Session::open(filled());
    assert_eq!(session.screen.text().matches(" –").count(), 20);
    session.wait(TimeDelta::seconds(1), &delivers);
    assert_eq!(session.asked, [], "the list has to rest first");
    session.wait(TimeDelta::seconds(130), &delivers);
    let text = session.screen.text();
    assert_eq!(text.matches("0:12").count(), 16, "{text}");
    assert_eq!(text.matches("0:04").count(), 4, "the selected one and its neighbours: {text}");
    // From the selected one outwards.
    let order: Vec<_> =
        session.asked.iter().map(|(_, key)| session.screen.state.inbox.place(*key).unwrap()).collect();
    assert_eq!(order, (3..19).collect::<Vec<_>>());
    assert!(!wakes(&session), "it is idle when it is done");
}

#[test]
fn no_more_than_twenty_a_minute_for_as_long_as_it_takes() {
    let mut session = Session::open(many(1_000));
    session.wait(TimeDelta::minutes(75), &|number| match number % 7 {
        5 => AheadNews::Later,
        6 => AheadNews::Failed(FetchError::NotReady),
        _ => delivers(number),
    });
    assert_eq!(session.most_a_minute(), 20);
    let gaps = session.times().windows(2).map(|pair| pair[1] - pair[0]).min().unwrap();
    assert!(gaps >= TimeDelta::seconds(3), "{gaps}");
    // Every unread one, after what is on screen, newest first; none twice but what was put off.
    let places: Vec<_> =
        session.asked.iter().map(|(_, key)| session.screen.state.inbox.place(*key).unwrap()).collect();
    assert!(places.is_sorted() && places.last() == Some(&999), "{places:?}");
    let mut once = places.clone();
    once.dedup();
    assert_eq!(places.len() - once.len(), places.len() / 7);
    assert!(!wakes(&session));
}

#[test]
fn only_unread_ones_are_fetched_of_what_is_not_on_screen() {
    let mut session = Session::open(many(100));
    for place in [50, 60] {
        let key = RowKey::of(&session.screen.state.inbox.at(place).unwrap());
        session.screen.change(Change::Heard(key));
    }
    session.wait(TimeDelta::minutes(20), &delivers);
    let known = |place: usize| session.screen.state.inbox.at(place).unwrap().sketch.is_known();
    let unknown: Vec<_> = (0..100).filter(|place| !known(*place)).collect();
    assert_eq!(unknown, [50, 60]);
}

#[test]
fn a_list_that_moves_is_left_alone() {
    let mut session = Session::open(many(500));
    for _ in 0..60 {
        session.screen.keys("j");
        session.wait(TimeDelta::seconds(1), &delivers);
    }
    assert_eq!(session.asked, []);
    session.wait(TimeDelta::seconds(2), &delivers);
    assert_eq!(session.asked.len(), 1);
}

#[test]
fn it_gives_way_to_what_the_user_waits_for() {
    let mut session = Session::open(many(100));
    session.wait(TimeDelta::seconds(5), &delivers);
    session.screen.wait(TimeDelta::seconds(3));
    session.take();
    assert!(session.running.is_some());
    session.held = true;
    session.screen.keys("G").wait(TimeDelta::milliseconds(150));
    session.take();
    assert_eq!((session.running, session.wanted.len()), (None, 3));
    let before = session.asked.len();
    session.wait(TimeDelta::minutes(10), &delivers);
    assert_eq!(session.asked.len(), before, "the selected one is still being fetched");
    session.held = false;
    session.wait(TimeDelta::seconds(10), &delivers);
    assert!(session.asked.len() > before);
    // A failure of what the user waits for is no reason to stop.
    session.screen.keys("g").wait(TimeDelta::milliseconds(1));
    let key = session.screen.state.inbox.selected.unwrap();
    session.screen.send(Msg::Recording(key, RecordingNews::Failed(FetchError::NotReady)));
    let before = session.asked.len();
    session.wait(TimeDelta::seconds(30), &delivers);
    assert!(session.asked.len() > before);
}

#[test]
fn a_server_that_fails_gets_ever_longer_pauses() {
    let limited = |_| fails(ApiError::RateLimited { retry_after: Some(Duration::from_secs(10)) });
    let lost = |_| fails(ApiError::Offline { reason: OfflineReason::Cut });
    let strange = |_| AheadNews::Failed(FetchError::NotAudio { content_type: None });
    for (what, world, most) in [
        ("HTTP 500", &server_error as &World, 13),
        ("HTTP 429", &limited, 13),
        ("a lost connection", &lost, 13),
        ("web pages", &strange, 65),
    ] {
        let mut session = Session::open(many(500));
        session.wait(TimeDelta::hours(8), world);
        assert!((8..=most).contains(&session.asked.len()), "{what}: {}", session.asked.len());
        let times = session.times();
        let gaps: Vec<_> = times.windows(2).map(|pair| (pair[1] - pair[0]).num_seconds()).collect();
        if most == 13 {
            assert_eq!(gaps[..4], [60, 120, 240, 480], "{what}");
            assert_eq!(gaps.last(), Some(&3_600), "{what}");
        }
        // One success, and it goes on as before.
        let before = session.asked.len();
        session.wait(TimeDelta::hours(2), &delivers);
        assert!(session.asked.len() > before + 400, "{what}");
    }
}

#[test]
fn what_failed_is_not_tried_again_except_by_the_user() {
    let mut session = Session::open(filled());
    session.wait(TimeDelta::hours(2), &|_| AheadNews::Failed(FetchError::NotReady));
    let mut asked: Vec<_> = session.asked.iter().map(|(_, key)| *key).collect();
    asked.sort_unstable();
    asked.dedup();
    assert_eq!((asked.len(), session.asked.len()), (16, 16));
    assert!(!wakes(&session));
    // Nothing of it was shown.
    assert!(!session.screen.text().contains("not ready"), "{}", session.screen.text());
    session.screen.keys("G");
    session.wait(TimeDelta::seconds(10), &delivers);
    assert_eq!(session.screen.text().matches("0:04").count(), 7, "{}", session.screen.text());
    assert_eq!(session.asked.len(), 16);
}

#[test]
fn a_refused_secret_and_a_full_cache_end_it() {
    let refused = |_| fails(ApiError::NotAuthenticated { message: "no".to_owned() });
    let none = |_| fails(ApiError::NoSecret { reason: "no".to_owned() });
    let disk = |_| AheadNews::Failed(FetchError::Disk { reason: "full".to_owned() });
    let full = |_| AheadNews::Full;
    for world in [&refused as &World, &none, &disk, &full] {
        let mut session = Session::open(many(500));
        session.wait(TimeDelta::hours(2), world);
        session.screen.keys("j j k");
        session.wait(TimeDelta::hours(2), world);
        assert_eq!(session.asked.len(), 1);
        assert!(!wakes(&session));
    }
}

#[test]
fn nothing_is_fetched_while_the_server_cannot_be_reached() {
    let mut session = Session::open(many(50));
    session.screen.state.sync.next = Some(session.screen.state.now);
    session.screen.wait(TimeDelta::milliseconds(1));
    let error = ApiError::Offline { reason: OfflineReason::Refused };
    session.screen.ends(Err(SyncError::Api { error, received: Summary::default() }));
    session.wait(TimeDelta::seconds(50), &delivers);
    assert_eq!(session.asked, []);
    session.wait(TimeDelta::minutes(2), &delivers);
    assert!(session.asked.len() > 10);
}

#[test]
fn less_can_be_set() {
    for prefetch in [Prefetch::Off, Prefetch::Selected, Prefetch::Unread] {
        let mut session = Session::open(Opened { prefetch, ..many(100) });
        session.wait(TimeDelta::hours(1), &delivers);
        assert_eq!(session.asked, [], "{prefetch:?}");
    }
}

#[test]
fn reloading_the_settings_does_not_begin_anew() {
    let mut session = Session::open(many(500));
    session.wait(TimeDelta::minutes(1), &server_error);
    assert_eq!(session.asked.len(), 1);
    let mut other = Session::open(many(500));
    std::mem::swap(&mut other.screen.state, &mut session.screen.state);
    let before = other.screen.state;
    session.screen.state.go_on_from(before);
    session.wait(TimeDelta::seconds(50), &server_error);
    assert_eq!(session.asked.len(), 1, "the pause holds");
}
