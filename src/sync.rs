//! Sync: fills the store from the network. Missing windows, their pages, retries and progress.
//!
//! [`run`] is the whole task; dropping its future cancels it. [`plan`] chooses the windows and
//! [`walk`] the order of pages; both are pure. Nothing here knows the wire format, SQL or the screen,
//! and progress reports are plain data.
//!
//! A span is marked as covered only after all its voicemails were received and stored, and never up to
//! the present: a voicemail may appear some time after it was left. Covered spans are not fetched
//! again, so when in doubt, a span stays uncovered and is fetched once more.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::core::model::{AccountKey, Span, Voicemail};
use crate::store::{AccountId, Put, Rows, StoreError, StoreHandle};
use crate::telecmi::{ApiError, Client, Page};

mod order;
pub mod plan;
pub mod walk;

use plan::{Window, cut, plan};
use walk::{Request, Tally, Walk};

/// How many times a page is requested before the sync fails.
pub const TRIES: usize = 5;

/// The most requests in flight at once, whatever the setting says.
pub const CONCURRENCY_MAX: usize = 16;

/// The longest pause between two syncs that fail, unless the user wants longer ones anyway.
pub const PAUSE_MAX: Duration = Duration::from_secs(1_800);

/// How far two clocks may differ and still count as equal, in milliseconds: the `Date` header has
/// no fractions of a second, and the response takes time to arrive.
const SKEW_TOLERANCE: i64 = 2_000;

/// The source of pages.
pub trait Api: Sync {
    /// Fetches the page of a request for a sync. Makes one attempt.
    fn page(&self, request: Request) -> impl Future<Output = Result<Page, ApiError>> + Send;
}

impl Api for Client {
    async fn page(&self, request: Request) -> Result<Page, ApiError> {
        self.pace().ready(request.doubtful).await;
        Client::page(self, request.span, request.page).await
    }
}

/// The destination of pages.
pub trait Sink: Sync {
    /// Returns the covered parts of `span`, which a sync need not fetch again.
    fn coverage(
        &self,
        account: AccountId,
        span: Span,
    ) -> impl Future<Output = Result<Vec<Span>, StoreError>> + Send;

    /// Stores the `rows` of a fetched page and marks `covered` as fetched, in one transaction.
    fn put_page(
        &self,
        account: AccountId,
        rows: Vec<Voicemail>,
        covered: Option<Span>,
    ) -> impl Future<Output = Result<Put, StoreError>> + Send;
}

/// The store, as it was when the sync started.
#[derive(Clone, Debug)]
pub struct StoreSink {
    /// The handle to it.
    pub store: StoreHandle,
    /// [`crate::store::Store::generation`] when the sync started. If the store is replaced meanwhile,
    /// pages stored earlier are gone, so their span must not be marked as covered.
    pub generation: u64,
}

impl Sink for StoreSink {
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
    /// The account.
    pub account: AccountId,
    /// The requested span. Any part of it after now is ignored.
    pub asked: Span,
    /// Whether `asked` has no fixed end but reaches to the present.
    pub reaches_now: bool,
    /// How late a voicemail may appear: this much time before now is fetched every time.
    pub overlap: Duration,
    /// How many requests may be in flight at once: 1 to [`CONCURRENCY_MAX`].
    pub concurrency: usize,
    /// How many attempts to make while the error is transient; usually [`TRIES`].
    pub tries: usize,
    /// Whether to fetch covered spans as well.
    pub force: bool,
    /// The time by this machine's clock.
    pub now: DateTime<Utc>,
}

/// What to fetch into a store: see [`fill`].
#[derive(Clone, Copy, Debug)]
pub struct FetchOptions {
    /// The requested span. Any part of it after now is ignored.
    pub span: Span,
    /// How late a voicemail may appear: this much time before now is fetched every time.
    pub overlap: Duration,
    /// How many requests may be in flight at once: 1 to [`CONCURRENCY_MAX`].
    pub concurrency: usize,
    /// How many attempts to make while the error is transient; usually [`TRIES`].
    pub tries: usize,
    /// Whether to fetch covered spans as well.
    pub force: bool,
    /// The time by this machine's clock.
    pub now: DateTime<Utc>,
}

/// Fetches what is missing of an account into `store`, page by page.
pub async fn fill(
    store: &StoreHandle,
    account: &AccountKey,
    client: Client,
    wanted: FetchOptions,
    progress: mpsc::Sender<Progress>,
) -> Result<Summary, SyncError> {
    let account = account.clone();
    let known = store.call(move |store| Ok((store.account(&account)?, store.generation()))).await;
    let (account, generation) =
        known.map_err(|error| SyncError::Store { error, received: Summary::default() })?;
    let FetchOptions { span, overlap, concurrency, tries, force, now } = wanted;
    // A range that ends now was resolved a moment ago.
    let reaches_now = span.end() >= now - TimeDelta::seconds(1);
    let job = Job { account, asked: span, reaches_now, overlap, concurrency, tries, force, now };
    run(job, client, StoreSink { store: store.clone(), generation }, progress).await
}

impl SyncError {
    /// Returns whether a retry of the sync may succeed.
    pub fn is_transient(&self) -> bool {
        match self {
            SyncError::Api { error, .. } => error.is_transient(),
            SyncError::Store { error, .. } => error.is_transient(),
            SyncError::Endless { .. } => false,
        }
    }

    /// Returns how long to wait for the next sync after this many in a row failed, if one is due every
    /// `refresh`. An error that passes by itself changes nothing; others, such as the page of a network that
    /// wants a login, take up to [`PAUSE_MAX`]. `None` if only the user can help: the secret is wrong, or the
    /// store cannot be used.
    pub fn pause(&self, refresh: Duration, failed: u32) -> Option<Duration> {
        if self.is_transient() {
            return Some(refresh);
        }
        if self.needs_login() || matches!(self, SyncError::Store { .. }) {
            return None;
        }
        let longer = refresh.saturating_mul(1 << failed.clamp(1, 16));
        Some(longer.min(PAUSE_MAX.max(refresh)))
    }

    /// Returns whether a sync failed because there is no secret, or the server refused app ID and secret.
    pub fn needs_login(&self) -> bool {
        use ApiError::{NoSecret, NotAuthenticated};
        matches!(self, SyncError::Api { error: NoSecret { .. } | NotAuthenticated { .. }, .. })
    }

    /// Returns whether a sync failed because the server could not be reached, or did not respond in time.
    pub fn is_offline(&self) -> bool {
        matches!(self, SyncError::Api { error: ApiError::Offline { .. } | ApiError::TimedOut { .. }, .. })
    }
}

/// An event during a sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A page arrived and is stored.
    Page {
        /// The rows that were not stored before.
        added: Rows,
        /// How many voicemails this sync has received so far, whether stored before or not.
        received: usize,
        /// How many voicemails the server announced so far: a hint. Grows with each new window.
        total: Option<u64>,
        /// How many pages have arrived so far.
        page: u32,
        /// How many pages are known so far: a hint as well.
        pages: Option<u32>,
        /// How many rows could not be read so far.
        unreadable: usize,
    },
    /// A request failed and will be retried.
    Retrying {
        /// The number of the next attempt, from 2.
        try_number: usize,
        /// How many attempts there are: [`Job::tries`].
        max_tries: usize,
        /// The wait before the next attempt.
        wait: Duration,
        /// Why the last attempt failed.
        error: ApiError,
    },
}

/// The result of a sync.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many voicemails were not stored before.
    pub added: usize,
    /// How many voicemails were received, whether stored before or not.
    pub seen: usize,
    /// How many rows could not be read.
    pub unreadable: usize,
    /// Whether the store now has everything that the server has in the requested range.
    pub covered: bool,
    /// How many windows were requested; 0 when nothing was missing.
    pub asked_windows: usize,
    /// How far the server's clock is ahead of this machine's (negative: behind), if by more than two
    /// seconds.
    pub server_ahead: Option<TimeDelta>,
}

/// Why a sync ended early. Pages received before that are stored; `got` counts them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyncError {
    /// A request failed, and retrying did not help.
    #[error("{error}")]
    Api {
        /// The cause.
        error: ApiError,
        /// What was received before.
        received: Summary,
    },
    /// The store could not store a page.
    #[error("{error}")]
    Store {
        /// The cause.
        error: StoreError,
        /// What was received and stored before.
        received: Summary,
    },
    /// The server sent new rows [`walk::PAGES_PAST_TOTAL`] pages past its own total, or
    /// [`walk::PAGES_UNREADABLE`] pages in a row that cannot be read.
    #[error("The server sends too many pages. Choose a shorter range.")]
    Endless {
        /// What was received before.
        received: Summary,
    },
}

/// Fetches the missing parts of the requested span and stores each page as it arrives, newest first.
///
/// A request with a transient error is attempted up to [`Job::tries`] times. If a request finally
/// fails, no more requests are sent, and the pages received so far are stored. Dropping the future
/// cancels all requests; a page that is already being stored is still stored.
///
/// Reports go to `progress`. A slow receiver slows the sync down; no page report is dropped.
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
        covered.map_err(|error| SyncError::Store { error, received: Summary::default() })?
    };
    let missing = plan(asked, &covered);
    let walk = job.walk(&missing, clock.now);
    let mut collector =
        Collector { job: &job, clock, missing, walk, skew: Skew::Unknown, api: &api, progress: &progress };
    let mut added = 0;

    // As many pages may wait for the store as can be in flight; after that, fetching waits too.
    let (pages, arrived) = mpsc::channel(CONCURRENCY_MAX);
    let (collected, stored) =
        tokio::join!(collector.collect(pages), keep(&store, job.account, arrived, &mut added, &progress));

    let Tally { received: seen, unreadable, .. } = collector.walk.tally();
    let received = Summary {
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
        (Err(error), _) => Err(SyncError::Store { error, received }),
        (Ok(()), Err(Stop::Failed(error))) => Err(SyncError::Api { error, received }),
        (Ok(()), Err(Stop::Endless)) => Err(SyncError::Endless { received }),
        (Ok(()), Ok(())) => Ok(received),
    }
}

impl Job {
    /// Returns the end of the requested span, in milliseconds, without regard to the time now.
    fn open_end(&self) -> i64 {
        if self.reaches_now { i64::MAX } else { self.asked.end_millis() }
    }

    /// Returns how late a voicemail may appear, in milliseconds.
    fn overlap_millis(&self) -> i64 {
        i64::try_from(self.overlap.as_millis()).unwrap_or(i64::MAX)
    }

    /// Plans the walk through `missing` at the time `now`, allowing for the clock tolerance.
    fn walk(&self, missing: &[Span], now: i64) -> Walk {
        let overlap = self.overlap_millis();
        let settled = now.saturating_sub(overlap).saturating_sub(SKEW_TOLERANCE);
        Walk::new(&cut(missing, settled, overlap), overlap)
    }
}

/// This machine's clock: its time at one moment, and the monotonic time since then.
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
    /// No response has given the server's time yet.
    Unknown,
    /// They agree.
    None,
    /// The server is this many milliseconds ahead, or behind if negative.
    Ahead(i64),
}

/// Returns how far the server's clock is ahead, negative if it is behind; `None` if the clocks agree
/// within the tolerance. `server` is the server's time; `asked` and `answered` are the times, by this
/// machine's clock, when the request was sent and answered. All in milliseconds since the epoch.
pub fn server_ahead(asked: i64, answered: i64, server: i64) -> Option<i64> {
    let ahead = server.saturating_sub(answered);
    let behind = asked.saturating_sub(server);
    if ahead > SKEW_TOLERANCE {
        Some(ahead)
    } else if behind > SKEW_TOLERANCE {
        Some(-behind)
    } else {
        None
    }
}

/// Why no more pages are requested.
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

/// A page, and when it was requested and received.
struct Answer {
    page: Page,
    asked: Instant,
    answered: Instant,
}

/// The result of a request after all its attempts.
struct Outcome {
    request: Request,
    result: Result<Answer, ApiError>,
    rate_limited: bool,
}

/// The network half: requests pages and passes them on.
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
    /// Requests all pages, until a request finally fails or the receiver of `pages` is gone.
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
                        self.walk.arrived(request, &Page::default())
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

    /// Compares the clocks once, by the first response that has the server's time. If the server is
    /// ahead, adds a window for the time in between. If it is behind, less is settled than assumed:
    /// returns the walk to start over with, if it differs from the current one.
    fn compare_clocks(&mut self, answer: &Answer) -> Option<Walk> {
        let (Skew::Unknown, Some(server)) = (self.skew, answer.page.server_time) else { return None };
        let server = server.timestamp_millis();
        let Some(ahead) = server_ahead(self.clock.at(answer.asked), self.clock.at(answer.answered), server)
        else {
            self.skew = Skew::None;
            return None;
        };
        self.skew = Skew::Ahead(ahead);
        if ahead > 0 {
            let unasked = Span::from_millis(self.clock.now, server.min(self.job.open_end()));
            if !unasked.is_empty() {
                self.walk.add_newest(Window { span: unasked, settled: false });
            }
            None
        } else {
            let walk = self.job.walk(&self.missing, server);
            (!walk.windows().eq(self.walk.windows())).then_some(walk)
        }
    }
}

/// Requests one page until it arrives, fails with an error that is not transient, or has had all its
/// attempts.
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
        let page = api.page(request).await?;
        Ok(Answer { page, asked, answered: Instant::now() })
    };
    let result = one_try
        .retry(backoff)
        .when(ApiError::is_transient)
        .adjust(|error, wait| Some(wait?.max(error.retry_after().unwrap_or_default())))
        .notify(|error, wait| {
            try_number += 1;
            rate_limited |= matches!(error, ApiError::RateLimited { .. });
            // If the channel is full, drop the report: the next one replaces it.
            let _ = progress.try_send(Progress::Retrying {
                try_number,
                max_tries: tries,
                wait,
                error: error.clone(),
            });
        })
        .await;
    Outcome { request, result, rate_limited }
}

/// The store half: stores the pages one by one, in order of arrival, because a span may be marked as
/// covered only after all earlier pages are stored.
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
        let Tally { received, total, unreadable, page, pages } = tally;
        // Store the remaining pages even if nobody listens to the reports any more.
        let _ = progress.send(Progress::Page { added, received, total, page, pages, unreadable }).await;
    }
    Ok(())
}
