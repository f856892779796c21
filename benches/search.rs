//! Measures a keystroke in the filter with a hundred thousand and a million voicemails. Each measurement
//! is a query without earlier results; `typed_on` is the usual case of one more letter. Run with
//! `cargo bench --bench search`.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be set up has failed")]

use std::collections::HashMap;

use divan::Bencher;
use vmail::core::facts::Flags;
use vmail::core::model::CallerId;
use vmail::core::search::{CallerTexts, Columns, Context, Matcher, Query, Source, parse};

const SIZES: [usize; 2] = [100_000, 1_000_000];

/// The number of voicemails per caller.
const ROWS_PER_CALLER: usize = 50;

const FIRST: [&str; 12] = [
    "Anita",
    "Ravi",
    "Priya",
    "Suresh",
    "Meera",
    "Arjun",
    "Kavita",
    "José",
    "Lakshmi",
    "Imran",
    "Ingrid",
    "अनिता",
];
const LAST: [&str; 10] = [
    "Rao",
    "Sharma",
    "Iyer",
    "Patel",
    "Menon",
    "Fernandes",
    "Khan",
    "Das",
    "Widgets Private Limited",
    "Nair",
];
const NOTES: [&str; 6] = [
    "asked for a call back about the billing of last month",
    "wants the invoice again, by e-mail this time",
    "wrong number",
    "will ring again on Monday after ten, or Anita should",
    "José says the papers are with Ravi, who is at his desk until six; the tax is wrong on the second page",
    "बिल के बारे में फिर से फ़ोन करेंगे",
];

fn main() {
    divan::main();
}

/// Columns like those of the list: half of the callers have a name, one row in twenty a note.
struct Synthetic {
    times: Vec<i64>,
    flags: Vec<Flags>,
    lengths: Vec<u32>,
    callers: Vec<CallerId>,
    texts: Vec<(String, String, String)>,
    notes: HashMap<u32, &'static str>,
    tags: HashMap<u32, Vec<String>>,
}

impl Synthetic {
    fn new(count: usize) -> Synthetic {
        // Scattered numbers, the same in every run (Knuth's multiplier).
        let scattered = |number: usize| (number as u64).wrapping_mul(6_364_136_223_846_793_005) >> 24;
        let callers = count / ROWS_PER_CALLER;
        let text = |number: usize| {
            let local = 6_000_000_000 + scattered(number) % 4_000_000_000;
            let name = format!("{} {}", FIRST[number % FIRST.len()], LAST[number / 7 % LAST.len()]);
            let display = format!("+91 {} {}", local / 100_000, local % 100_000);
            (display, format!("91{local}"), if number.is_multiple_of(2) { name } else { String::new() })
        };
        let mut made = Synthetic {
            times: (0..count as i64).map(|row| 1_795_415_670_000 - row * 300_000).collect(),
            flags: (0..count).map(|row| Flags((scattered(row) & 0x4f) as u16)).collect(),
            lengths: (0..count).map(|row| (scattered(row) % 180_000) as u32).collect(),
            callers: (0..count).map(|row| CallerId((scattered(row) % callers as u64) as u32 + 1)).collect(),
            texts: (0..=callers).map(text).collect(),
            notes: HashMap::new(),
            tags: HashMap::new(),
        };
        for row in (0..count).step_by(20) {
            made.notes.insert(row as u32, NOTES[row / 20 % NOTES.len()]);
            made.flags[row] = made.flags[row] | Flags::NOTE;
            made.tags.insert(row as u32 + 1, vec!["billing".to_owned()]);
            made.flags[row + 1] = made.flags[row + 1] | Flags::TAGGED;
        }
        made
    }
}

impl Source for Synthetic {
    fn columns(&self) -> Columns<'_> {
        Columns { times: &self.times, flags: &self.flags, lengths: &self.lengths, callers: &self.callers }
    }

    fn caller_end(&self) -> u32 {
        self.texts.len() as u32
    }

    fn caller(&self, caller: CallerId) -> CallerTexts<'_> {
        let (display, digits, name) = &self.texts[caller.0 as usize];
        CallerTexts { display, digits, name }
    }

    fn generation(&self) -> u64 {
        0
    }

    fn note(&self, row: u32) -> &str {
        self.notes.get(&row).copied().unwrap_or("")
    }

    fn tags(&self, row: u32) -> impl Iterator<Item = &str> {
        self.tags.get(&row).into_iter().flatten().map(String::as_str)
    }
}

fn context() -> Context {
    Context { now: "2026-11-23T06:34:30Z".parse().unwrap(), zone: "Asia/Kolkata".parse().unwrap() }
}

fn query(text: &str) -> Query {
    parse(text, &context()).unwrap()
}

/// Measures a keystroke that makes the query `text`, without earlier results.
fn first_time(bencher: Bencher, count: usize, text: &str) {
    let source = Synthetic::new(count);
    let mut matcher = Matcher::new(&Query::ALL, &context());
    let mut rows = Vec::new();
    bencher.bench_local(|| {
        matcher.set(&Query::ALL, &context());
        matcher.set(&query(text), &context());
        matcher.filter(&source, &mut rows);
        rows.len()
    });
}

macro_rules! keystrokes {
    ($($name:ident: $text:literal,)*) => {$(
        #[divan::bench(args = SIZES)]
        fn $name(bencher: Bencher, count: usize) {
            first_time(bencher, count, $text);
        }
    )*};
}

keystrokes! {
    one_letter: "a",
    word: "anita",
    two_words: "anita rao",
    word_with_few: "ingrid widgets",
    number: "98765",
    unread_word: "is:unread anita",
    date: "date:\"2026-09\"",
    date_and_word: "date:\"2026-09\" anita",
    not: "-anita",
    or: "anita OR ravi",
    exact: "\"rao\"",
    from: "from:98765",
    tag: "tag:billing",
    length: "length:30s..2m",
    everything: "(anita OR ravi) -tag:billing is:unread has:recording length:>30s date:2026",
}

#[divan::bench(args = SIZES)]
fn typed_on(bencher: Bencher, count: usize) {
    let source = Synthetic::new(count);
    let mut rows = Vec::new();
    let before = || {
        let mut matcher = Matcher::new(&query("anit"), &context());
        matcher.filter(&source, &mut Vec::new());
        matcher
    };
    bencher.with_inputs(before).bench_local_refs(|matcher| {
        matcher.set(&query("anita"), &context());
        matcher.filter(&source, &mut rows);
        rows.len()
    });
}

#[divan::bench(args = SIZES)]
fn best_first(bencher: Bencher, count: usize) {
    let source = Synthetic::new(count);
    let mut matcher = Matcher::new(&query("anita"), &context());
    let mut rows = Vec::new();
    bencher.bench_local(|| {
        matcher.filter(&source, &mut rows);
        matcher.best_first(&source, &mut rows);
        rows.len()
    });
}
