//! No answer, and no key that is held down, becomes a storm of requests.

use std::sync::Mutex;
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;
use vmail::core::facts::Flags;
use vmail::core::model::{CallerId, RecordingName, Sketch, Span, Voicemail, from_millis};
use vmail::store::{AccountId, Put, Row, Rows, StoreError};
use vmail::sync::walk::{PAGES_UNREADABLE, Request};
use vmail::sync::{Api, Job, Sink, SyncError, run};
use vmail::telecmi::pace::{A_MINUTE, AT_ONCE, DOUBTFUL_A_MINUTE, DOUBTFUL_AT_ONCE, Pace};
use vmail::telecmi::{ApiError, Page};

const NOW: i64 = 3_600_000_000;
const SPAN: i64 = 86_400_000;
const MINUTE: Duration = Duration::from_secs(60);

/// What the server answers.
#[derive(Clone, Copy, Debug)]
enum Answer {
    /// Ten voicemails that it never sent before.
    New,
    /// The same ten again.
    Same,
    /// Ten rows that cannot be read, as before.
    Unreadable,
    /// Ten rows that cannot be read, other ones.
    UnreadableNew,
    Empty,
    Refused,
    Fault,
}

/// A server whose answers follow each other in a circle.
struct Server {
    answers: Vec<Answer>,
    total: Option<u64>,
    pace: Pace,
    /// When it was asked.
    asked: Mutex<Vec<Instant>>,
}

impl Server {
    fn new(answers: &[Answer], total: Option<u64>) -> Server {
        Server { answers: answers.to_vec(), total, pace: Pace::default(), asked: Mutex::default() }
    }

    fn worst_minute(&self) -> usize {
        let asked = self.asked.lock().unwrap();
        let within = |at: usize| asked[at..].iter().take_while(|then| **then - asked[at] < MINUTE).count();
        (0..asked.len()).map(within).max().unwrap_or(0)
    }
}

impl Api for &Server {
    async fn page(&self, request: Request) -> Result<Page, ApiError> {
        self.pace.ready(request.doubtful).await;
        let number = {
            let mut asked = self.asked.lock().unwrap();
            asked.push(Instant::now());
            asked.len()
        };
        let rows = |first: usize| {
            let row = |number: usize| {
                let time = from_millis(NOW - SPAN + (number as i64 * 977) % (SPAN / 2));
                Voicemail::new(time, "919876543210", Some(RecordingName::new(format!("{number}.mp3"))))
            };
            (first..first + 10).map(row).collect()
        };
        let page = Page { total: self.total, ..Page::default() };
        match self.answers[number % self.answers.len()] {
            Answer::New => Ok(Page { rows: rows(number * 10), ..page }),
            Answer::Same => Ok(Page { rows: rows(0), ..page }),
            Answer::Unreadable => Ok(Page { unreadable: 10, unreadable_hash: 1, ..page }),
            Answer::UnreadableNew => Ok(Page { unreadable: 10, unreadable_hash: number as u64, ..page }),
            Answer::Empty => Ok(page),
            Answer::Refused => Err(ApiError::BadRequest { message: "no such page".to_owned() }),
            Answer::Fault => {
                Err(ApiError::Server { message: "502".to_owned(), status: 502, retry_after: None })
            }
        }
    }
}

/// A store that takes everything.
struct Shelf;

impl Sink for Shelf {
    async fn coverage(&self, _: AccountId, _: Span) -> Result<Vec<Span>, StoreError> {
        Ok(Vec::new())
    }

    async fn put_page(&self, _: AccountId, rows: Vec<Voicemail>, _: Option<Span>) -> Result<Put, StoreError> {
        let row = |row: Voicemail| Row {
            time: row.time.timestamp_millis(),
            id: row.id,
            caller: CallerId(0),
            flags: Flags::RECORDING,
            sketch: Sketch::default(),
        };
        let mut added = Rows::default();
        added.rows.extend(rows.into_iter().map(row));
        Ok(Put { added })
    }
}

async fn sync(server: &Server) -> Result<(), SyncError> {
    let job = Job {
        account: AccountId(1),
        asked: Span::from_millis(NOW - SPAN, NOW),
        reaches_now: true,
        overlap: Duration::from_secs(900),
        concurrency: 16,
        tries: 5,
        force: true,
        now: from_millis(NOW),
    };
    let (sender, mut reports) = tokio::sync::mpsc::channel(64);
    let (ended, ()) =
        tokio::join!(run(job, server, Shelf, sender), async { while reports.recv().await.is_some() {} });
    ended.map(drop)
}

/// Syncs again and again, as fast as it can, for some minutes.
async fn hammer(server: &Server, minutes: u32) {
    let end = Instant::now() + MINUTE * minutes;
    while Instant::now() < end {
        let _ = tokio::time::timeout_at(end, sync(server)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn unreadable_pages_that_repeat_end_the_walk() {
    for total in [None, Some(40), Some(1_000_000_000)] {
        let server = Server::new(&[Answer::Unreadable], total);
        sync(&server).await.unwrap();
        let asked = server.asked.lock().unwrap().len();
        // Two windows, and what is in flight when the repetition is seen.
        assert!(asked <= 2 * (2 + 16), "{total:?}: {asked}");
    }
}

#[tokio::test(start_paused = true)]
async fn unreadable_pages_without_an_end_are_given_up() {
    for total in [None, Some(1_000_000_000)] {
        let server = Server::new(&[Answer::UnreadableNew], total);
        let ended = sync(&server).await;
        assert!(matches!(ended, Err(SyncError::Endless { .. })), "{ended:?}");
        let asked = server.asked.lock().unwrap().len();
        assert!(asked <= 2 * (PAGES_UNREADABLE as usize + 16), "{total:?}: {asked}");
        hammer(&server, 5).await;
        assert!(server.worst_minute() <= (DOUBTFUL_AT_ONCE + DOUBTFUL_A_MINUTE + 16) as usize);
    }
}

#[tokio::test(start_paused = true)]
async fn a_huge_inbox_is_fetched_at_a_steady_pace() {
    let server = Server::new(&[Answer::New], Some(1_000_000_000));
    hammer(&server, 6).await;
    let worst = server.worst_minute();
    assert!(worst <= (AT_ONCE + A_MINUTE + 16) as usize, "{worst}");
    let asked = server.asked.lock().unwrap();
    let last = *asked.last().unwrap() - MINUTE;
    let in_last = asked.iter().filter(|at| **at > last).count();
    assert!((500..=A_MINUTE as usize + 16).contains(&in_last), "{in_last}");
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_is_held_down_asks_no_more_than_twice_a_second() {
    let server = Server::new(&[Answer::Empty], Some(0));
    hammer(&server, 5).await;
    assert!(server.worst_minute() <= (DOUBTFUL_AT_ONCE + DOUBTFUL_A_MINUTE + 16) as usize);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn no_answers_make_a_storm(
        answers in prop::collection::vec(
            prop::sample::select(&[
                Answer::New,
                Answer::Same,
                Answer::Unreadable,
                Answer::UnreadableNew,
                Answer::Empty,
                Answer::Refused,
                Answer::Fault,
            ][..]),
            1..9,
        ),
        total in prop::sample::select(&[None, Some(0), Some(7), Some(35), Some(1_000_000_000)][..]),
    ) {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let server = Server::new(&answers, total);
        runtime.block_on(hammer(&server, 3));
        let worst = server.worst_minute();
        prop_assert!(worst <= (AT_ONCE + A_MINUTE + 16) as usize, "{}", worst);
        // What was sent before is new to each walk.
        if !answers.iter().any(|answer| matches!(answer, Answer::New | Answer::Same)) {
            prop_assert!(worst <= (DOUBTFUL_AT_ONCE + DOUBTFUL_A_MINUTE + 16) as usize, "{}", worst);
        }
    }
}
