//! The pictures in the documents: the program's own screens, made from keys on the demo's voicemail.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use serde::Deserialize;
use serde_json::Value;
use vmail::core::model::{RecordingName, Span, Voicemail, VoicemailId};
use vmail::core::zone::Tz;
use vmail::demo;
use vmail::export::{self, Whose};
use vmail::player::Event;
use vmail::sync::{Summary, SyncError};
use vmail::telecmi::{ApiError, OfflineReason};
use vmail::tui::list::rows::RowKey;
use vmail::tui::msg::Msg;
use vmail::tui::view;

use crate::animation::{self, Frame};
use crate::common::{Opened, Screen, now, voicemail};
use crate::svg;

/// A picture: its name, and the SVG.
pub type Picture = (&'static str, String);

// --- What is on the screens ---------------------------------------------------

/// `assets/demo/voicemail.json`.
#[derive(Deserialize)]
struct Set {
    voicemail: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    seconds_ago: Option<i64>,
    days_before: Option<u64>,
    at: Option<String>,
    from: Value,
    voicename: String,
    recording: String,
}

impl Entry {
    fn voicemail(&self) -> Voicemail {
        let time = match (self.seconds_ago, self.days_before.zip(self.at.as_deref())) {
            (Some(ago), _) => now() - TimeDelta::seconds(ago),
            (None, Some((days, at))) => {
                let here = now().with_timezone(&"Asia/Kolkata".parse::<Tz>().unwrap());
                let at: NaiveTime = at.parse().unwrap();
                let days = if at <= here.time() { days } else { days + 1 };
                let day = here.date_naive() - Days::new(days);
                day.and_time(at)
                    .and_local_timezone("Asia/Kolkata".parse::<Tz>().unwrap())
                    .unwrap()
                    .with_timezone(&Utc)
            }
            (None, None) => panic!("{} has no time", self.voicename),
        };
        let caller = match &self.from {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            number => number.to_string(),
        };
        Voicemail::new(time, &caller, Some(RecordingName::new(self.voicename.clone())))
    }
}

/// The demo's voicemail.
fn set() -> Vec<Entry> {
    let set: Set = serde_json::from_str(include_str!("../../assets/demo/voicemail.json")).unwrap();
    set.voicemail
}

/// Callers who ring often, for the days before those of the demo.
const REGULARS: [&str; 9] = [
    "9845012345",
    "919876543210",
    "918041122000",
    "9811100042",
    "442079460018",
    "JD-ACMEBK",
    "9987065432",
    "914428117000",
    "",
];

/// The demo's days, and before them more of a small firm's voicemail: busy days, quiet Sundays.
fn month() -> Vec<Voicemail> {
    let mut month: Vec<_> = set().iter().map(Entry::voicemail).collect();
    // How many there were on the 1st, the 2nd, … of the month.
    let counts = [0, 4, 7, 5, 2, 9, 3, 0, 6, 3, 5];
    let first = NaiveDate::from_ymd_opt(2026, 11, 1).unwrap();
    for (day, count) in first.iter_days().zip(counts) {
        for number in 0..count {
            let minute = (number * 37 + count * 11) % 60;
            let caller = REGULARS[(number * 5 + count) % REGULARS.len()];
            month.push(voicemail(&format!("{day}T{:02}:{minute:02}:24+05:30", 19 - number), caller));
        }
    }
    month
}

/// A window with a month of voicemail, all of it fetched: some is done, has notes, tags, names.
fn lived_in(opened: Opened) -> Screen {
    let november = "2026-11-01T00:00:00+05:30".parse().unwrap();
    let covered = Some(Span::new(november, now() - TimeDelta::minutes(15)));
    let opened = Opened { account: Some("1111113"), stored: month(), covered, ..opened };
    let mut screen = Screen::open(opened);
    screen.synced().sounds_of(&recordings());
    let past = demo::past(now()).unwrap();
    let (store, key) = screen.store();
    export::import(store, key, Whose::Anyones, past.as_bytes(), |bad| panic!("{bad:?}")).unwrap();
    let callers = store.callers_whole(None, month().len()).unwrap();
    let names = callers.into_iter().filter_map(|caller| Some((caller.id, caller.name?))).collect();
    screen.send(Msg::CallersChanged).send(Msg::Names(names)).wait(TimeDelta::seconds(3));
    fetch(&mut screen);
    // The details were read before the past was there.
    screen.keys("j k");
    screen
}

/// How many of the newest recordings are on the disk.
const FETCHED: usize = 6;

/// The newest recordings are on the disk, as they are when they were fetched ahead.
fn fetch(screen: &mut Screen) {
    let files: HashMap<_, _> = recordings();
    let rows = (0..FETCHED).filter_map(|place| screen.state.inbox.at(place));
    for key in rows.map(|row| RowKey::of(&row)).collect::<Vec<_>>() {
        screen.recording(key, &files[&key.id]);
    }
}

/// Which file of the demo is the recording of which voicemail.
fn recordings() -> HashMap<VoicemailId, String> {
    set().into_iter().map(|entry| (entry.voicemail().id, entry.recording)).collect()
}

// --- Pictures that stand still ------------------------------------------------

/// Every picture that stands still.
pub fn still() -> Vec<Picture> {
    let picture = |name, about, screen: &mut Screen| (name, svg::still(&screen.buffer(), "vmail", about));
    let mut inbox = lived_in(Opened { size: (120, 28), ..Opened::default() });
    inbox.keys("j j j");

    let mut playing = lived_in(Opened { size: (120, 28), ..Opened::default() });
    playing.keys("j > > z Space").player(Event::Started);
    playing.player(Event::Position(Duration::from_millis(5_300)));
    playing.wait(TimeDelta::seconds(5));

    let mut search = lived_in(Opened { size: (120, 22), ..Opened::default() });
    search.keys("5 /").type_text("Anita OR tag:export");

    let mut dates = lived_in(Opened { size: (104, 28), ..Opened::default() });
    dates.keys("d Tab h h h v h h h");

    let mut ssh = lived_in(Opened { size: (104, 28), remote: true, ..Opened::default() });
    ssh.keys("Space");

    let mut fetching =
        Screen::open(Opened { size: (116, 18), account: Some("1111113"), range: "30d", ..Opened::default() });
    let pages: Vec<_> = (0..740)
        .map(|number| {
            let time = now() - TimeDelta::minutes(i64::from(number) * 29 + 4);
            voicemail(&time.to_rfc3339(), REGULARS[(number * 5 % 23 % 9) as usize])
        })
        .collect();
    fetching.page(&pages, pages.len(), 1204, 74, 121);

    let error = ApiError::Offline { reason: OfflineReason::NameLookup };
    let failed = SyncError::Api { error, received: Summary::default() };
    let mut offline = lived_in(Opened { size: (80, 18), ..Opened::default() });
    offline.keys("j j").wait(TimeDelta::seconds(61)).ends(Err(failed));

    vec![
        picture(
            "inbox",
            "The inbox: voicemail by day, and beside it the details of the selected one",
            &mut inbox,
        ),
        picture("playing", "A voicemail plays: its waveform, the playhead, the speed", &mut playing),
        picture("search", "A search: the list shows the matches, and what matched in them", &mut search),
        picture("dates", "The dates dialog: presets, a calendar, and the range as text", &mut dates),
        picture("ssh", "Four ways to listen over ssh, each with the command to copy", &mut ssh),
        picture("fetching", "Voicemail is being fetched, and the list can be used already", &mut fetching),
        picture(
            "offline",
            "Offline: the list stays, and the status line says when it was fetched",
            &mut offline,
        ),
    ]
}

// --- The picture that moves ---------------------------------------------------

/// How long a key is shown before the screen answers, and how long it stays down after that.
const DOWN_BEFORE: u32 = 180;
const DOWN_AFTER: u32 = 170;
/// From one place of the playhead to the next.
const STEP: u32 = 100;

/// A screen that is filmed: what is pressed, and what it looks like for how long.
struct Film {
    screen: Screen,
    frames: Vec<Frame>,
    caption: String,
    key: Option<String>,
    /// Where the recording is, and how fast it plays.
    position: f64,
    speed: f64,
}

impl Film {
    fn frame(&mut self, down: bool, lasts: u32) {
        let Size { width, height } = self.screen.state.size;
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        let cursor = view::draw(&self.screen.state, &mut buffer);
        let key = self.key.clone().map(|key| (key, down));
        self.frames.push(Frame { buffer, cursor, key, caption: self.caption.clone(), lasts });
    }

    /// Shows what is there for `lasts` milliseconds.
    fn rest(&mut self, lasts: u32) {
        self.frame(false, lasts);
        self.screen.wait(TimeDelta::milliseconds(lasts.into()));
    }

    /// Presses `key`, which `does` something, and shows the answer for `lasts` milliseconds.
    fn press(&mut self, key: &str, does: &str, lasts: u32) {
        self.down(key, does);
        self.screen.keys(key);
        self.frame(true, DOWN_AFTER);
        self.rest(lasts - DOWN_AFTER);
    }

    /// The key goes down, and the screen has not answered yet.
    fn down(&mut self, key: &str, does: &str) {
        self.key = Some(key.to_owned());
        does.clone_into(&mut self.caption);
        self.frame(true, DOWN_BEFORE);
        self.screen.wait(TimeDelta::milliseconds(DOWN_BEFORE.into()));
    }

    /// Types `text`, a letter every `each` milliseconds.
    fn types(&mut self, text: &str, each: u32) {
        for letter in text.chars() {
            self.key = Some(letter.to_string());
            self.screen.type_text(&letter.to_string());
            self.frame(true, each / 2);
            self.rest(each - each / 2);
        }
    }

    /// Something plays for `lasts` milliseconds.
    fn plays(&mut self, lasts: u32) {
        let mut left = lasts;
        while left > 0 {
            let step = left.min(STEP);
            // What is down at first is up after a moment.
            let down = lasts - left < DOWN_AFTER;
            self.frame(down, step);
            self.screen.wait(TimeDelta::milliseconds(step.into()));
            self.position += f64::from(step) / 1e3 * self.speed;
            self.screen.player(Event::Position(Duration::from_secs_f64(self.position)));
            left -= step;
        }
    }
}

/// The still frame's caption.
const STILL: &str = "play: the playhead moves along the waveform";

/// The tour: through the list, a voicemail that plays, done, a search, other dates.
pub fn tour() -> Picture {
    let screen = lived_in(Opened { size: (114, 24), ..Opened::default() });
    let caption = "the last seven days, newest first".to_owned();
    let (frames, key) = (Vec::new(), None);
    let mut film = Film { screen, frames, caption, key, position: 0.0, speed: 1.0 };
    film.rest(1_500);
    film.press("j", "next voicemail", 900);

    film.down("Space", STILL);
    film.screen.keys("Space").player(Event::Started);
    film.plays(2_200);
    for speed in [1.25, 1.5] {
        film.down(">", "faster: the pitch stays");
        film.screen.keys(">");
        film.speed = speed;
        film.plays(500);
    }
    film.screen.player(Event::Heard);
    film.plays(900);
    film.down("l", "forward 5 seconds");
    film.screen.keys("l");
    film.position += 5.0;
    film.screen.player(Event::Position(Duration::from_secs_f64(film.position)));
    film.plays(1_800);
    film.screen.player(Event::Ended);

    film.press("e", "done: out of the inbox, and on to the next", 1_700);
    film.press("/", "search: the list follows while you type", 500);
    film.types("Anita", 240);
    film.rest(1_400);
    film.press("Enter", "keep the matches", 900);
    film.press("Esc", "clear the search", 800);
    film.press("d", "choose the dates", 900);
    film.press("j", "pick a preset", 350);
    film.press("j", "pick a preset", 350);
    film.press("Tab", "or days in the calendar", 700);
    for _ in 0..3 {
        film.press("h", "or days in the calendar", 250);
    }
    film.press("Esc", "back to the inbox", 1_200);

    let still = film.frames.iter().rposition(|frame| frame.caption == STILL).unwrap();
    let about = "A tour of vmail: moving through the inbox, playing a voicemail, marking it as done, \
                 searching while typing, and choosing dates";
    ("tour", animation::moving(&film.frames, still, "vmail", about))
}
