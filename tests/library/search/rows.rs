//! A list to search: a dozen voicemail in columns, with names for the rows.

use chrono::{DateTime, NaiveDateTime, TimeZone as _, Utc};
use vmail::core::facts::Flags;
use vmail::core::model::CallerId;
use vmail::core::search::{CallerTexts, Columns, Context, Matcher, Query, Source, parse};
use vmail::core::zone::Tz;

fn kolkata() -> Tz {
    "Asia/Kolkata".parse().unwrap()
}

/// Monday 23 November 2026, 12:04:30 in India.
pub fn context() -> Context {
    Context { now: local("2026-11-23 12:04:30"), zone: kolkata() }
}

fn local(text: &str) -> DateTime<Utc> {
    let naive = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap();
    kolkata().from_local_datetime(&naive).unwrap().to_utc()
}

pub fn query(text: &str) -> Query {
    parse(text, &context()).unwrap_or_else(|mistake| panic!("{text:?}: {mistake} {:?}", mistake.at))
}

/// A caller with its texts.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    pub display: String,
    pub digits: String,
    pub name: String,
}

/// Columns, and what is looked up.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// What tests call the rows.
    pub labels: Vec<String>,
    pub times: Vec<i64>,
    pub flags: Vec<Flags>,
    pub lengths: Vec<u32>,
    pub callers: Vec<CallerId>,
    pub texts: Vec<Caller>,
    pub notes: Vec<String>,
    pub tags: Vec<Vec<String>>,
    pub generation: u64,
}

impl List {
    /// Adds a caller; numbers are taken from its display.
    pub fn add_caller(&mut self, display: &str, name: &str) -> CallerId {
        if self.texts.is_empty() {
            self.texts.push(Caller::default());
        }
        let digits = display.chars().filter(char::is_ascii_digit).collect();
        self.texts.push(Caller { display: display.into(), digits, name: name.into() });
        CallerId(self.texts.len() as u32 - 1)
    }

    /// Adds a row; the bits for note and tags are set by what there is.
    pub fn row(
        &mut self,
        time: i64,
        caller: CallerId,
        flags: Flags,
        seconds: f64,
        note: &str,
        tags: &[&str],
    ) {
        let noted = if note.is_empty() { Flags::NONE } else { Flags::NOTE };
        let tagged = if tags.is_empty() { Flags::NONE } else { Flags::TAGGED };
        self.times.push(time);
        self.flags.push(flags | noted | tagged);
        self.lengths.push((seconds * 1_000.0) as u32);
        self.callers.push(caller);
        self.notes.push(note.to_owned());
        self.tags.push(tags.iter().map(|tag| (*tag).to_owned()).collect());
    }

    /// The names of the rows that match, with blanks between.
    pub fn found(&self, text: &str) -> String {
        let mut rows = Vec::new();
        Matcher::new(&query(text), &context()).filter(self, &mut rows);
        self.named(&rows)
    }

    /// The same, the best first.
    pub fn best(&self, text: &str) -> String {
        let mut rows = Vec::new();
        let mut matcher = Matcher::new(&query(text), &context());
        matcher.filter(self, &mut rows);
        matcher.best_first(self, &mut rows);
        self.named(&rows)
    }

    pub fn named(&self, rows: &[u32]) -> String {
        rows.iter().map(|row| self.labels[*row as usize].as_str()).collect::<Vec<_>>().join(" ")
    }
}

impl Source for List {
    fn columns(&self) -> Columns<'_> {
        Columns { times: &self.times, flags: &self.flags, lengths: &self.lengths, callers: &self.callers }
    }

    fn caller_end(&self) -> u32 {
        self.texts.len() as u32
    }

    fn caller(&self, caller: CallerId) -> CallerTexts<'_> {
        let Caller { display, digits, name } = &self.texts[caller.0 as usize];
        CallerTexts { display, digits, name }
    }

    fn generation(&self) -> u64 {
        self.generation
    }

    fn note(&self, row: u32) -> &str {
        &self.notes[row as usize]
    }

    fn tags(&self, row: u32) -> impl Iterator<Item = &str> {
        self.tags[row as usize].iter().map(String::as_str)
    }
}

/// The list that most tests search, newest first.
pub fn list() -> List {
    let mut list = List::default();
    let anita = list.add_caller("+91 98765 43210", "Anita Rao");
    let ravi = list.add_caller("+91 98450 12345", "Ravi Sharma");
    let london = list.add_caller("+44 20 7946 0018", "");
    let jose = list.add_caller("+34 612 34 56 78", "José Núñez");
    let hindi = list.add_caller("+91 91000 00000", "अनिता राव");
    let widget = list.add_caller("Widget Co", "");
    let withheld = list.add_caller("", "");
    let (none, read, recording) = (Flags::NONE, Flags::READ, Flags::RECORDING);
    let rows = [
        (
            "a1",
            "2026-11-23 11:58:00",
            anita,
            recording,
            42.0,
            "call back about the invoice",
            &["billing"][..],
        ),
        ("r1", "2026-11-23 09:31:00", ravi, read | recording, 30.4, "", &[]),
        ("l1", "2026-11-22 19:12:00", london, recording | Flags::STARRED, 31.0, "", &["Big-Deal", "uk"]),
        ("j1", "2026-11-18 10:00:00", jose, read | Flags::DONE, 90.0, "said \"mañana\" 98450", &[]),
        ("h1", "2026-11-16 00:00:00", hindi, read | Flags::CALLED, 120.0, "", &["billing", "urgent"]),
        ("w1", "2026-11-15 23:59:59", widget, none, 0.0, "", &[]),
        ("x1", "2026-11-01 08:00:00", withheld, recording, 0.4, "Anita again?", &[]),
        ("a2", "2026-10-31 18:00:00", anita, read | recording | Flags::DONE, 3_725.0, "", &[]),
    ];
    for (label, time, caller, flags, seconds, note, tags) in rows {
        list.labels.push(label.to_owned());
        list.row(local(time).timestamp_millis(), caller, flags, seconds, note, tags);
    }
    list
}
