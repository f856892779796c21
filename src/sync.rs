//! Filling the store from the network: which windows are missing, their pages, retries, progress.
//!
//! [`run`] is the whole task; dropping its future cancels it. What is asked for is planned in
//! [`plan`], the order of pages in [`walk`]: both are pure. Nothing here knows the wire format, SQL
//! or the screen, and what it reports is plain data.
//!
//! A stretch of time is marked as covered only when every voicemail of it was delivered and stored,
//! and never up to now: a voicemail may appear some time after it was left. What is marked is never
//! asked for again, so every doubt is settled by asking once more.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::model::{Span, Voicemail};
use crate::store::{AccountId, Put, Rows, StoreError, StoreHandle};
use crate::telecmi::{ApiError, Client, Page};

mod order;
pub mod plan;
pub mod walk;

use plan::{Window, cut, plan};
use walk::{Request, Tally, Walk};

/// How often a page is asked for before the sync fails.
pub const TRIES: usize = 5;

/// The most requests that are in flight at once, whatever the setting says.
pub const CONCURRENCY_MAX: usize = 16;

/// How far two clocks may differ and still count as the same, in milliseconds: the `Date` header
/// has no fractions of a second, and the answer was some time on its way.
const SKEW_TOLERANCE: i64 = 2_000;

/// Where pages come from.
pub trait Api: Sync {
    /// The voicemail of `window`, page `number` (from 1). One try.
    fn page(&self, window: Span, number: u32) -> impl Future<Output = Result<Page, ApiError>> + Send;
}

impl Api for Client {
    async fn page(&self, window: Span, number: u32) -> Result<Page, ApiError> {
        Client::page(self, window, number).await
    }
}

/// Where pages go, and what went there before.
pub trait Sink: Sync {
    /// The stretches of `span` that need not be asked for again.
    fn coverage(
        &self,
        account: AccountId,
        span: Span,
    ) -> impl Future<Output = Result<Vec<Span>, StoreError>> + Send;

    /// Keeps `rows` and marks `covered`, both or neither.
    fn put_page(
        &self,
        account: AccountId,
        rows: Vec<Voicemail>,
        covered: Option<Span>,
    ) -> impl Future<Output = Result<Put, StoreError>> + Send;
}

/// The store as a sync found it.
#[derive(Clone, Debug)]
pub struct Shelf {
    /// The way to it.
    pub store: StoreHandle,
    /// [`crate::store::Store::generation`] when the sync began. When another store takes its place
    /// in between, pages that were stored are gone, and a mark must not claim them.
    pub generation: u64,
}

impl Sink for Shelf {
    async fn coverage(&self, account: AccountId, span: Span) -> Result<Vec<Span>, StoreError> {
        self.store.call(move |store| store.coverage(account, span)).await
    }

    async fn put_page(
        &self,
        account: AccountId,
        rows: Vec<Voicemail>,
        covered: Option<Span>,
    ) -> Result<Put, StoreError> {
        let generation = self.generation;
        self.store.call(move |store| store.put_page_since(generation, account, &rows, covered)).await
    }
}

/// What to sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Whose voicemail.
    pub account: AccountId,
    /// The stretch of time to have. What of it lies after now is left out.
    pub asked: Span,
    /// Whether `asked` ends at the present, whenever that is, and not at a fixed time.
    pub reaches_now: bool,
    /// How late a voicemail may appear: this much before now is asked for every time.
    pub overlap: Duration,
    /// How many requests may be in flight at once: 1 to [`CONCURRENCY_MAX`].
    pub concurrency: usize,
    /// How often a request is tried whose error may pass: mostly [`TRIES`].
    pub tries: usize,
    /// Whether to ask for all of it again, covered or not.
    pub force: bool,
    /// The time by this machine's clock.
    pub now: DateTime<Utc>,
}

impl SyncError {
    /// Whether asking again later may help by itself.
    pub fn is_transient(&self) -> bool {
        match self {
            SyncError::Api { error, .. } => error.is_transient(),
            SyncError::Store { error, .. } => error.is_transient(),
            SyncError::Endless { .. } => false,
        }
    }

    /// Whether the server could not be reached, or not in time.
    pub fn is_offline(&self) -> bool {
        matches!(self, SyncError::Api { error: ApiError::Offline { .. } | ApiError::TimedOut { .. }, .. })
    }
}

/// What happens while a sync runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A page arrived and is stored.
    Page {
        /// Its rows that were not stored before.
        added: Rows,
        /// Voicemail seen so far in this sync, stored before or not.
        got: usize,
        /// How many there are to see, as far as the server said: a hint, which grows as windows
        /// are begun.
        of: Option<u64>,
        /// Pages that arrived so far.
        page: u32,
        /// How many pages there are, as far as is known: a hint as well.
        pages: Option<u32>,
        /// Rows so far that could not be read.
        unreadable: usize,
    },
    /// A request failed and will be tried again.
    Retrying {
        /// The try to come: from 2.
        try_number: usize,
        /// How many tries there are: [`Job::tries`].
        of: usize,
        /// How long it waits before that.
        wait: Duration,
        /// Why the last try failed.
        error: ApiError,
    },
}

/// What a sync did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Voicemail that were not stored before.
    pub added: usize,
    /// Voicemail seen, stored before or not.
    pub seen: usize,
    /// Rows that could not be read.
    pub unreadable: usize,
    /// Whether the store now holds all that the server has of the asked range.
    pub covered: bool,
    /// How many windows were asked for; 0 when nothing was missing.
    pub asked_windows: usize,
    /// How far the server's clock is ahead of this machine's (negative: behind), when it is more
    /// than two seconds.
    pub server_ahead: Option<TimeDelta>,
}

/// Why a sync ended early. What had arrived is stored, and `got` says what that was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyncError {
    /// A request failed for good.
    #[error("{error}")]
    Api {
        /// Why.
        error: ApiError,
        /// What had arrived.
        got: Summary,
    },
    /// The store could not keep a page.
    #[error("{error}")]
    Store {
        /// Why.
        error: StoreError,
        /// What had arrived and is stored.
        got: Summary,
    },
    /// The server sent new rows [`walk::PAGES_PAST_TOTAL`] pages past its own total.
    #[error("the server's pages do not end: ask for a shorter range")]
    Endless {
        /// What had arrived.
        got: Summary,
    },
}

/// Fetches what is missing of the asked range and stores each page as it arrives, newest first.
///
/// A failed request is tried [`Job::tries`] times, if its error is a transient one. When one fails for
/// good, nothing more is asked for, and what arrived is kept. Dropping the future cancels all
/// requests; a page whose storing has begun is stored.
///
/// Reports go to `progress`. Whoever listens slowly slows the sync down: no page is left out.
pub async fn run(
    job: Job,
    api: impl Api,
    store: impl Sink,
    progress: mpsc::Sender<Progress>,
) -> Result<Summary, SyncError> {
    let clock = Clock { now: job.now.timestamp_millis(), read: Instant::now() };
    let asked = Span::from_millis(job.asked.start_millis(), job.open_end().min(clock.now));
    let covered = if job.force {
        Vec::new()
    } else {
        let covered = store.coverage(job.account, asked).await;
        covered.map_err(|error| SyncError::Store { error, got: Summary::default() })?
    };
    let missing = plan(asked, &covered);
    let walk = job.walk(&missing, clock.now);
    let mut collector =
        Collector { job: &job, clock, missing, walk, skew: Skew::Unknown, api: &api, progress: &progress };
    let mut added = 0;

    // As many pages may wait for the store as can be in flight; then the network waits as well.
    let (pages, arrived) = mpsc::channel(CONCURRENCY_MAX);
    let (collected, stored) =
        tokio::join!(collector.collect(pages), keep(&store, job.account, arrived, &mut added, &progress));

    let Tally { got: seen, unreadable, .. } = collector.walk.tally();
    let got = Summary {
        added,
        seen,
        unreadable,
        covered: collected.is_ok() && stored.is_ok() && collector.walk.is_complete(),
        asked_windows: collector.walk.windows().count(),
        server_ahead: match collector.skew {
            Skew::Unknown | Skew::None => None,
            Skew::Ahead(millis) => Some(TimeDelta::milliseconds(millis)),
        },
    };
    match (stored, collected) {
        (Err(error), _) => Err(SyncError::Store { error, got }),
        (Ok(()), Err(Stop::Failed(error))) => Err(SyncError::Api { error, got }),
        (Ok(()), Err(Stop::Endless)) => Err(SyncError::Endless { got }),
        (Ok(()), Ok(())) => Ok(got),
    }
}

impl Job {
    /// Where the asked range ends if now is late enough.
    fn open_end(&self) -> i64 {
        if self.reaches_now { i64::MAX } else { self.asked.end_millis() }
    }

    /// How late a voicemail may appear, in milliseconds.
    fn overlap_millis(&self) -> i64 {
        i64::try_from(self.overlap.as_millis()).unwrap_or(i64::MAX)
    }

    /// The walk through `missing` when it is `now`, give or take the tolerance.
    fn walk(&self, missing: &[Span], now: i64) -> Walk {
        let overlap = self.overlap_millis();
        let settled = now.saturating_sub(overlap).saturating_sub(SKEW_TOLERANCE);
        Walk::new(&cut(missing, settled, overlap), overlap)
    }
}

/// This machine's clock: what it said once, and the time since then.
#[derive(Clone, Copy)]
struct Clock {
    now: i64,
    read: Instant,
}

impl Clock {
    fn at(self, moment: Instant) -> i64 {
        self.now + moment.duration_since(self.read).as_millis() as i64
    }
}

/// How the server's clock compares with this machine's.
#[derive(Clone, Copy)]
enum Skew {
    /// No answer has told the server's time yet.
    Unknown,
    /// They agree.
    None,
    /// The server is this many milliseconds ahead, or behind if negative.
    Ahead(i64),
}

/// Why no more pages are asked for.
enum Stop {
    Failed(ApiError),
    Endless,
}

/// A page on its way to the store.
struct Arrived {
    rows: Vec<Voicemail>,
    covered: Option<Span>,
    tally: Tally,
}

/// A page, and when it was asked for and answered.
struct Answer {
    page: Page,
    asked: Instant,
    answered: Instant,
}

/// What became of a request after all its tries.
struct Outcome {
    request: Request,
    result: Result<Answer, ApiError>,
    rate_limited: bool,
}

/// The network's half: asks for pages and hands them on.
struct Collector<'a, A> {
    job: &'a Job,
    clock: Clock,
    missing: Vec<Span>,
    walk: Walk,
    skew: Skew,
    api: &'a A,
    progress: &'a mpsc::Sender<Progress>,
}

impl<A: Api> Collector<'_, A> {
    /// Walks to the end, or until a request fails for good or nobody takes the pages any more.
    async fn collect(&mut self, pages: mpsc::Sender<Arrived>) -> Result<(), Stop> {
        let mut concurrency = self.job.concurrency.clamp(1, CONCURRENCY_MAX);
        let mut in_flight = FuturesUnordered::new();
        let mut refusal = None;
        loop {
            while in_flight.len() < concurrency
                && let Some(request) = self.walk.next_request()
            {
                in_flight.push(fetch(self.api, request, self.job.tries, self.progress));
            }
            let outcome = tokio::select! {
                () = pages.closed() => return Ok(()),
                outcome = in_flight.next() => outcome,
            };
            let Some(Outcome { request, result, rate_limited }) = outcome else {
                return match refusal {
                    _ if self.walk.is_endless() => Err(Stop::Endless),
                    Some(error) if !self.walk.is_complete() => Err(Stop::Failed(error)),
                    _ => Ok(()),
                };
            };
            if rate_limited {
                concurrency = (concurrency / 2).max(1);
            }
            let arrived = match result {
                Ok(answer) => {
                    let mut covered = self.walk.arrived(request, &answer.page);
                    let tally = self.walk.tally();
                    if let Some(walk) = self.compare_clocks(&answer) {
                        self.walk = walk;
                        in_flight.clear();
                        covered = None;
                    }
                    Arrived { rows: answer.page.rows, covered, tally }
                }
                Err(error) => {
                    let refused = matches!(error, ApiError::BadRequest { .. });
                    let covered = if self.walk.is_past_the_end(request, refused) {
                        let nothing =
                            Page { rows: Vec::new(), unreadable: 0, total: None, server_time: None };
                        self.walk.arrived(request, &nothing)
                    } else if refused && request.page > 1 {
                        refusal.get_or_insert(error);
                        self.walk.refused(request)
                    } else {
                        return Err(Stop::Failed(error));
                    };
                    Arrived { rows: Vec::new(), covered, tally: self.walk.tally() }
                }
            };
            if pages.send(arrived).await.is_err() {
                return Ok(());
            }
        }
    }

    /// Looks at the first server time that comes. Where the server is ahead, a window for what
    /// arrived in between is added. Where it is behind, less is settled than was thought: the walk
    /// must be begun again with what this returns, unless it makes no difference.
    fn compare_clocks(&mut self, answer: &Answer) -> Option<Walk> {
        let (Skew::Unknown, Some(server)) = (self.skew, answer.page.server_time) else { return None };
        let server = server.timestamp_millis();
        let ahead = server.saturating_sub(self.clock.at(answer.answered));
        let behind = self.clock.at(answer.asked).saturating_sub(server);
        if ahead > SKEW_TOLERANCE {
            self.skew = Skew::Ahead(ahead);
            let unasked = Span::from_millis(self.clock.now, server.min(self.job.open_end()));
            if !unasked.is_empty() {
                self.walk.add_newest(Window { span: unasked, settled: false });
            }
            None
        } else if behind > SKEW_TOLERANCE {
            self.skew = Skew::Ahead(-behind);
            let walk = self.job.walk(&self.missing, server);
            (!walk.windows().eq(self.walk.windows())).then_some(walk)
        } else {
            self.skew = Skew::None;
            None
        }
    }
}

/// Asks for one page until it comes, its error is no transient one, or the tries are used up.
async fn fetch(api: &impl Api, request: Request, tries: usize, progress: &mpsc::Sender<Progress>) -> Outcome {
    let backoff = ExponentialBuilder::new()
        .with_min_delay(Duration::from_millis(500))
        .with_factor(2.0)
        .with_max_delay(Duration::from_secs(60))
        .with_max_times(tries.saturating_sub(1))
        .with_jitter();
    let (mut try_number, mut rate_limited) = (1, false);
    let one_try = || async {
        let asked = Instant::now();
        let page = api.page(request.span, request.page).await?;
        Ok(Answer { page, asked, answered: Instant::now() })
    };
    let result = one_try
        .retry(backoff)
        .when(ApiError::is_transient)
        .adjust(|error, wait| Some(wait?.max(error.retry_after().unwrap_or_default())))
        .notify(|error, wait| {
            try_number += 1;
            rate_limited |= matches!(error, ApiError::RateLimited { .. });
            // Nothing is lost with a report that finds no place: the next one replaces it.
            let _ =
                progress.try_send(Progress::Retrying { try_number, of: tries, wait, error: error.clone() });
        })
        .await;
    Outcome { request, result, rate_limited }
}

/// The store's half: keeps the pages one after the other, in the order in which they arrived, for a
/// mark of coverage is only true once the pages before it are stored.
async fn keep(
    store: &impl Sink,
    account: AccountId,
    mut pages: mpsc::Receiver<Arrived>,
    added_so_far: &mut usize,
    progress: &mpsc::Sender<Progress>,
) -> Result<(), StoreError> {
    while let Some(Arrived { rows, covered, tally }) = pages.recv().await {
        let added = if rows.is_empty() && covered.is_none() {
            Rows::default()
        } else {
            store.put_page(account, rows, covered).await?.added
        };
        *added_so_far += added.rows.len();
        let Tally { got, of, unreadable, page, pages } = tally;
        // Who no longer listens still wants the pages stored.
        let _ = progress.send(Progress::Page { added, got, of, page, pages, unreadable }).await;
    }
    Ok(())
}
