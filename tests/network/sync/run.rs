//! The task as a whole, against a server and a store that are not there, on a clock that jumps
//! ahead when everybody waits.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;
use vmail::core::facts::Flags;
use vmail::core::model::{CallerId, Sketch, Span, Voicemail, VoicemailId, from_millis};
use vmail::store::{AccountId, Put, Row, Rows, StoreError};
use vmail::sync::plan::plan;
use vmail::sync::walk::Request;
use vmail::sync::{Api, Job, Progress, Sink, Summary, SyncError, TRIES, run};
use vmail::telecmi::{ApiError, Page};

use crate::sync::server::{PastTheEnd, ServerModel, Total};

const HOUR: i64 = 3_600_000;
const MINUTE: i64 = 60_000;
/// Now, by this machine's clock.
const NOW: i64 = 1_000 * HOUR;
const OVERLAP: i64 = 15 * MINUTE;
const LATENCY: Duration = Duration::from_millis(50);

/// A server that takes [`LATENCY`] for an answer.
struct Fake {
    server: Mutex<ServerModel>,
    /// The server's clock at the start, if it tells it.
    date: Option<i64>,
    started: Instant,
    /// What goes wrong with a page, try by try.
    faults: Mutex<HashMap<u32, Vec<ApiError>>>,
    asked: Mutex<Vec<(Span, u32)>>,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
    /// A voicemail appears on the server with every answer, left by the server's clock.
    busy: bool,
}

impl Fake {
    fn new(server: ServerModel) -> Fake {
        Fake {
            server: Mutex::new(server),
            date: None,
            started: Instant::now(),
            faults: Mutex::default(),
            asked: Mutex::default(),
            in_flight: AtomicUsize::new(0),
            most_in_flight: AtomicUsize::new(0),
            busy: false,
        }
    }

    fn failing(self, page: u32, faults: &[ApiError]) -> Fake {
        let faults = faults.iter().rev().cloned().collect();
        self.faults.lock().unwrap().insert(page, faults);
        self
    }

    fn asked(&self) -> Vec<(Span, u32)> {
        self.asked.lock().unwrap().clone()
    }
}

/// Counts a request as long as it is in flight, cancelled or not.
struct InFlight<'a>(&'a AtomicUsize);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

impl Api for &Fake {
    async fn page(&self, request: Request) -> Result<Page, ApiError> {
        let (window, number) = (request.span, request.page);
        self.asked.lock().unwrap().push((window, number));
        self.most_in_flight.fetch_max(self.in_flight.fetch_add(1, SeqCst) + 1, SeqCst);
        let _in_flight = InFlight(&self.in_flight);
        tokio::time::sleep(LATENCY).await;
        if let Some(fault) = self.faults.lock().unwrap().get_mut(&number).and_then(Vec::pop) {
            return Err(fault);
        }
        let mut server = self.server.lock().unwrap();
        let date = self.date.map(|date| date + self.started.elapsed().as_millis() as i64);
        let page = server.page(window, number);
        if let (true, Some(date)) = (self.busy, date) {
            let number = server.rows.len();
            server.rows.insert(0, (date, Some(crate::sync::server::voicemail(date, number))));
        }
        let mut page = page.ok_or_else(|| ApiError::BadRequest { message: "no such page".to_owned() })?;
        page.server_time = date.map(|date| from_millis(date - date.rem_euclid(1_000)));
        Ok(page)
    }
}

/// A store in memory.
#[derive(Default)]
struct Shelf {
    rows: Mutex<HashMap<VoicemailId, Voicemail>>,
    covered: Mutex<Vec<Span>>,
    broken: bool,
}

impl Shelf {
    fn covering(covered: &[Span]) -> Shelf {
        Shelf { covered: Mutex::new(covered.to_vec()), ..Shelf::default() }
    }

    fn len(&self) -> usize {
        self.rows.lock().unwrap().len()
    }

    fn covered_until(&self) -> Option<i64> {
        self.covered.lock().unwrap().iter().map(|span| span.end_millis()).max()
    }
}

impl Sink for &Shelf {
    async fn coverage(&self, _: AccountId, _: Span) -> Result<Vec<Span>, StoreError> {
        Ok(self.covered.lock().unwrap().clone())
    }

    async fn put_page(
        &self,
        _: AccountId,
        rows: Vec<Voicemail>,
        covered: Option<Span>,
    ) -> Result<Put, StoreError> {
        // The store's thread answers later: others go on meanwhile.
        tokio::task::yield_now().await;
        if self.broken {
            return Err(store_error());
        }
        let mut kept = self.rows.lock().unwrap();
        let mut added = Rows::default();
        for row in rows {
            if kept.insert(row.id, row.clone()).is_none() {
                let time = row.time.timestamp_millis();
                let (flags, sketch) = (Flags::RECORDING, Sketch::default());
                added.rows.push(Row { time, id: row.id, caller: CallerId(0), flags, sketch });
            }
        }
        self.covered.lock().unwrap().extend(covered);
        Ok(Put { added })
    }
}

fn store_error() -> StoreError {
    StoreError::Sql("disk full".to_owned())
}

fn now() -> DateTime<Utc> {
    from_millis(NOW)
}

/// The last day, up to now.
fn job() -> Job {
    Job {
        account: AccountId(1),
        asked: Span::from_millis(NOW - 24 * HOUR, NOW),
        reaches_now: true,
        overlap: Duration::from_millis(OVERLAP as u64),
        concurrency: 6,
        tries: TRIES,
        force: false,
        now: now(),
    }
}

/// An honest server with a voicemail a minute, the newest an hour old.
fn server(rows: i64) -> ServerModel {
    ServerModel::honest((0..rows).map(|i| NOW - HOUR - i * MINUTE), 10)
}

fn fault() -> ApiError {
    ApiError::Server { message: "502".to_owned(), status: 502, retry_after: None }
}

fn rate_limited(seconds: u64) -> ApiError {
    ApiError::RateLimited { retry_after: Some(Duration::from_secs(seconds)) }
}

fn not_authenticated() -> ApiError {
    ApiError::NotAuthenticated { message: "Authentication Failed".to_owned() }
}

/// Runs a job and gives its end together with all its progress and when that came.
async fn sync(
    job: Job,
    fake: &Fake,
    shelf: &Shelf,
) -> (Result<Summary, SyncError>, Vec<(Duration, Progress)>) {
    let began = Instant::now();
    let (sender, mut reports) = tokio::sync::mpsc::channel(64);
    let listen = async {
        let mut seen = Vec::new();
        while let Some(progress) = reports.recv().await {
            seen.push((began.elapsed(), progress));
        }
        seen
    };
    tokio::join!(run(job, fake, shelf, sender), listen)
}

fn waits(progress: &[(Duration, Progress)]) -> Vec<(usize, Duration)> {
    let wait = |(_, progress): &(Duration, Progress)| match progress {
        Progress::Retrying { try_number, wait, .. } => Some((*try_number, *wait)),
        Progress::Page { .. } => None,
    };
    progress.iter().filter_map(wait).collect()
}

#[tokio::test(start_paused = true)]
async fn all_is_fetched_stored_and_summed_up() {
    let (fake, shelf) = (Fake::new(server(25)), Shelf::default());
    let (result, progress) = sync(job(), &fake, &shelf).await;
    let expected = Summary { added: 25, seen: 25, covered: true, asked_windows: 2, ..Summary::default() };
    assert_eq!(result, Ok(expected));
    assert_eq!(shelf.len(), 25);
    let Some((_, Progress::Page { received: 25, total: Some(25), page, pages, .. })) = progress.last() else {
        panic!("the last word is all: {progress:?}")
    };
    assert_eq!(Some(*page), *pages);
}

#[tokio::test(start_paused = true)]
async fn the_first_rows_are_told_after_one_round_trip() {
    let (_, progress) = sync(job(), &Fake::new(server(2_000)), &Shelf::default()).await;
    let first = progress.iter().find_map(|(at, progress)| match progress {
        Progress::Page { added, .. } if !added.rows.is_empty() => Some((*at, added.rows.len())),
        _ => None,
    });
    assert_eq!(first, Some((LATENCY, 10)));
}

#[tokio::test(start_paused = true)]
async fn two_hundred_pages_eight_in_flight_take_little_more_than_their_share() {
    let server = ServerModel::honest((0..2_000).map(|i| NOW - HOUR - i * 1_000), 10);
    let (fake, shelf) = (Fake::new(server), Shelf::default());
    let began = Instant::now();
    let (result, _) = sync(Job { concurrency: 8, ..job() }, &fake, &shelf).await;
    assert_eq!(result.unwrap().added, 2_000);
    assert_eq!(fake.most_in_flight.load(SeqCst), 8);
    assert!(began.elapsed() <= LATENCY * 27, "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn no_more_requests_are_in_flight_than_the_setting_says() {
    for (concurrency, most) in [(0, 1), (1, 1), (3, 3), (100, 16)] {
        let fake = Fake::new(server(400));
        let (result, _) = sync(Job { concurrency, ..job() }, &fake, &Shelf::default()).await;
        assert_eq!(result.unwrap().added, 400);
        assert_eq!(fake.most_in_flight.load(SeqCst), most);
    }
}

#[tokio::test(start_paused = true)]
async fn the_second_sync_asks_only_for_what_may_have_come_late() {
    let (fake, shelf) = (Fake::new(server(25)), Shelf::default());
    sync(job(), &fake, &shelf).await.0.unwrap();
    let until = shelf.covered_until().unwrap();
    assert_eq!(until, NOW - OVERLAP - 2_000);

    fake.asked.lock().unwrap().clear();
    let (result, _) = sync(Job { now: from_millis(NOW + MINUTE), ..job() }, &fake, &shelf).await;
    assert_eq!(result.unwrap(), Summary { covered: true, asked_windows: 1, ..Summary::default() });
    assert_eq!(fake.asked(), [(Span::from_millis(until, NOW + MINUTE), 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_range_that_is_covered_costs_no_request_unless_forced() {
    let asked = Span::from_millis(NOW - 24 * HOUR, NOW - HOUR);
    let (fake, shelf) = (Fake::new(server(25)), Shelf::covering(&[asked]));
    let job = Job { asked, reaches_now: false, ..job() };
    let (result, progress) = sync(job.clone(), &fake, &shelf).await;
    assert_eq!(result, Ok(Summary { covered: true, ..Summary::default() }));
    assert_eq!((fake.asked(), progress), (vec![], vec![]));

    let (result, _) = sync(Job { force: true, ..job }, &fake, &shelf).await;
    assert_eq!(result.unwrap().added, 24, "the end does not belong to a range");
}

#[tokio::test(start_paused = true)]
async fn the_future_is_not_asked_for() {
    let asked = Span::from_millis(NOW - HOUR, NOW + 24 * HOUR);
    let fake = Fake::new(server(0));
    sync(Job { asked, reaches_now: false, ..job() }, &fake, &Shelf::default()).await.0.unwrap();
    assert_eq!(fake.asked()[0].0.end_millis(), NOW);
}

#[tokio::test(start_paused = true)]
async fn each_retry_is_told_with_its_wait() {
    let fake = Fake::new(server(25)).failing(2, &[fault(), fault()]);
    let (result, progress) = sync(job(), &fake, &Shelf::default()).await;
    assert!(result.unwrap().covered);
    let waits = waits(&progress);
    assert_eq!(waits.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [2, 3]);
    assert!((Duration::from_millis(500)..=Duration::from_secs(1)).contains(&waits[0].1), "{waits:?}");
    assert!((Duration::from_secs(1)..=Duration::from_secs(2)).contains(&waits[1].1), "{waits:?}");
    assert!(progress.iter().any(|(_, progress)| matches!(
        progress,
        Progress::Retrying { max_tries: TRIES, error: ApiError::Server { .. }, .. }
    )));
}

#[tokio::test(start_paused = true)]
async fn the_server_says_how_long_to_wait() {
    let fake = Fake::new(server(25)).failing(2, &[rate_limited(7)]);
    let began = Instant::now();
    let (result, progress) = sync(job(), &fake, &Shelf::default()).await;
    assert!(result.unwrap().covered);
    assert_eq!(waits(&progress), [(2, Duration::from_secs(7))]);
    assert!(began.elapsed() >= Duration::from_secs(7));
}

#[tokio::test(start_paused = true)]
async fn each_request_that_met_a_rate_limit_halves_what_is_in_flight() {
    let server = ServerModel::honest((0..3_000).map(|i| NOW - HOUR - i * 1_000), 10);
    let fake = Fake::new(server).failing(2, &[rate_limited(1)]).failing(3, &[rate_limited(1)]);
    let began = Instant::now();
    let (shelf, (sender, mut reports)) = (Shelf::default(), tokio::sync::mpsc::channel(64));
    let listen = async {
        let mut limited = false;
        while reports.recv().await.is_some() {
            // Both limited pages have come by then, and what was in flight beside them.
            if began.elapsed() > Duration::from_secs(1) + LATENCY * 3 && !limited {
                limited = true;
                fake.most_in_flight.store(0, SeqCst);
            }
        }
    };
    let (result, ()) = tokio::join!(run(Job { concurrency: 8, ..job() }, &fake, &shelf, sender), listen);
    assert_eq!(result.unwrap().added, 3_000);
    assert_eq!(fake.most_in_flight.load(SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn five_tries_and_no_more_then_what_arrived_is_kept() {
    let fake = Fake::new(server(100)).failing(3, &vec![fault(); 9]);
    let shelf = Shelf::default();
    let (result, progress) = sync(Job { concurrency: 2, ..job() }, &fake, &shelf).await;
    let Err(SyncError::Api { error, received }) = result else { panic!("{result:?}") };
    assert_eq!(error, fault());
    assert_eq!(waits(&progress).len(), TRIES - 1);
    assert_eq!(fake.asked().iter().filter(|(_, page)| *page == 3).count(), TRIES);
    assert_eq!((received.added, received.covered), (shelf.len(), false));
    // Pages 1 and 2 are newest first and without a gap; what comes after them is still missing.
    let missing = plan(Span::from_millis(NOW - 24 * HOUR, NOW - HOUR), &shelf.covered.lock().unwrap());
    let reached = NOW - HOUR - 19 * MINUTE + 1 + OVERLAP;
    assert_eq!(missing, [Span::from_millis(NOW - 24 * HOUR, reached)]);

    fake.faults.lock().unwrap().clear();
    let (result, _) = sync(job(), &fake, &shelf).await;
    assert!(result.unwrap().covered);
    assert_eq!(shelf.len(), 100);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_secret_stops_at_once() {
    let fake = Fake::new(server(100)).failing(1, &[not_authenticated(), not_authenticated()]);
    let began = Instant::now();
    let (result, progress) = sync(job(), &fake, &Shelf::default()).await;
    assert_eq!(
        result,
        Err(SyncError::Api {
            error: not_authenticated(),
            received: Summary { asked_windows: 2, ..Summary::default() }
        })
    );
    assert_eq!((began.elapsed(), progress), (LATENCY, vec![]));
    assert_eq!(fake.asked().len(), 2, "only what was in flight already");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_past_the_last_page_is_its_end() {
    let server = ServerModel { past_the_end: PastTheEnd::Refuses, total: Total::OfThePage, ..server(20) };
    let (result, progress) = sync(job(), &Fake::new(server), &Shelf::default()).await;
    let summary = result.unwrap();
    assert_eq!((summary.added, summary.covered), (20, true));
    assert_eq!(waits(&progress), []);
}

#[tokio::test(start_paused = true)]
async fn refusals_within_a_total_that_is_too_big_cost_no_page_in_flight() {
    // The refusals are answered first: the pages with rows are late.
    let server = ServerModel { past_the_end: PastTheEnd::Refuses, total: Total::TooBig(100), ..server(57) };
    let late = [5, 6].into_iter().fold(Fake::new(server), |fake, page| fake.failing(page, &[fault()]));
    let shelf = Shelf::default();
    let summary = sync(job(), &late, &shelf).await.0.unwrap();
    assert_eq!((summary.added, summary.covered, shelf.len()), (57, true, 57));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_gives_so_many_pages_and_no_more_is_asked_for_the_rest_next_time() {
    let refusal = || ApiError::BadRequest { message: "page is too high".to_owned() };
    let faults = vec![refusal(); 9];
    let fake = (4..=10).fold(Fake::new(server(100)), |fake, page| fake.failing(page, &faults));
    let shelf = Shelf::default();
    let (result, _) = sync(job(), &fake, &shelf).await;
    let Err(SyncError::Api { error, received }) = result else { panic!("{result:?}") };
    assert_eq!((error, received.added), (refusal(), 30));
    for _ in 0..6 {
        let _ = sync(job(), &fake, &shelf).await;
    }
    assert_eq!(shelf.len(), 100, "each sync begins where the last one ended");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_ahead_is_asked_for_what_came_by_its_clock() {
    let ahead = 10 * MINUTE;
    let mut server = server(25);
    server
        .rows
        .insert(0, (NOW + ahead - 5_000, Some(crate::sync::server::voicemail(NOW + ahead - 5_000, 99))));
    let fake = Fake { date: Some(NOW + ahead), ..Fake::new(server) };
    let shelf = Shelf::default();
    let summary = sync(job(), &fake, &shelf).await.0.unwrap();
    assert_eq!((summary.added, summary.asked_windows), (26, 3));
    let told = summary.server_ahead.unwrap();
    assert!((told - TimeDelta::milliseconds(ahead)).abs() <= TimeDelta::seconds(1), "{told}");
    assert!(fake.asked().iter().any(|(span, _)| span.start_millis() == NOW));
    assert!(shelf.covered_until().unwrap() <= NOW - OVERLAP, "the earlier of two clocks settles");
}

#[tokio::test(start_paused = true)]
async fn a_fixed_end_stays_where_it_is_when_the_server_is_ahead() {
    let asked = Span::from_millis(NOW - 24 * HOUR, NOW - HOUR);
    let fake = Fake { date: Some(NOW + HOUR), ..Fake::new(server(25)) };
    let summary = sync(Job { asked, reaches_now: false, ..job() }, &fake, &Shelf::default()).await.0.unwrap();
    assert_eq!(summary.asked_windows, 1);
    assert!(summary.server_ahead.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_runs_ahead_of_the_server_claims_nothing_too_late() {
    for behind in [3_000, 10 * MINUTE, 3 * HOUR] {
        let date = NOW - behind;
        let server = ServerModel::honest((0..95).map(|i| date - 1 - i * MINUTE), 10);
        let fake = Fake { date: Some(date), busy: true, ..Fake::new(server) };
        let shelf = Shelf::default();
        let summary = sync(job(), &fake, &shelf).await.0.unwrap();
        let told = summary.server_ahead.unwrap() + TimeDelta::milliseconds(behind);
        assert!(told.abs() <= TimeDelta::seconds(1), "{told}");
        let until = shelf.covered_until().unwrap();
        assert!(until <= date - OVERLAP, "{} s too far", (until - date + OVERLAP) / 1_000);

        // New voicemail shifted the pages all the time: none that is claimed is missing.
        let kept = shelf.rows.lock().unwrap();
        let claimed = fake.server.lock().unwrap().voicemail(Span::from_millis(NOW - 24 * HOUR, until));
        assert_eq!(claimed.iter().filter(|id| !kept.contains_key(id)).count(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn clocks_that_agree_cost_nothing() {
    let fake = Fake { date: Some(NOW), ..Fake::new(server(25)) };
    let summary = sync(job(), &fake, &Shelf::default()).await.0.unwrap();
    assert_eq!((summary.server_ahead, summary.asked_windows), (None, 2));
    assert_eq!(fake.asked().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_task_cancels_every_request() {
    let fake = Arc::new(Fake::new(server(400)));
    let shelf = Arc::new(Shelf::default());
    let (told, mut first) = tokio::sync::mpsc::channel(1_000);
    let task = tokio::spawn({
        let (fake, shelf) = (Arc::clone(&fake), Arc::clone(&shelf));
        async move { run(job(), &*fake, &*shelf, told).await }
    });
    first.recv().await.unwrap();
    assert!(fake.in_flight.load(SeqCst) > 0);
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert_eq!(fake.in_flight.load(SeqCst), 0);
    assert!(shelf.len() >= 10, "what was told is kept");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_stops_the_requests() {
    // Nobody waits for the page whose turn comes only in a minute.
    let fake = Fake::new(server(400)).failing(2, &[rate_limited(60)]);
    let (began, shelf) = (Instant::now(), Shelf { broken: true, ..Shelf::default() });
    let (result, _) = sync(Job { concurrency: 1, ..job() }, &fake, &shelf).await;
    let Err(SyncError::Store { error, received }) = result else { panic!("{result:?}") };
    assert_eq!((error, received.added, received.covered), (store_error(), 0, false));
    assert!(began.elapsed() < Duration::from_secs(1));
    assert!(fake.asked().len() < 20);
}
