//! Shared context of the verbs: settings, account, store and client.

use std::io::{self, Write as _};
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use clap::Args;
use tokio::sync::{OnceCell, mpsc};

use crate::account::Account;
use crate::cli::progress::Bar;
use crate::cli::query::Hit;
use crate::cli::settings::{self, xdg};
use crate::cli::startup::{self, ScreenArgs};
use crate::cli::style::OutputStyle;
use crate::cli::table::Table;
use crate::cli::verbs::demo::{self, Demo};
use crate::cli::waiting::Waiting;
use crate::cli::{World, environment};
use crate::config::{self, Asking, Settings, Timezone};
use crate::contacts::{self, Book};
use crate::core::model::{AccountKey, Span, VoicemailId};
use crate::core::range::Range;
use crate::core::search::{self, Query};
use crate::core::zone::Tz;
use crate::core::{humanize, text};
use crate::credentials::LazySecret;
use crate::error::{Failure, Fault};
use crate::paths;
use crate::recording::{self, Limits, Recordings};
use crate::store::{AccountId, Opened, Store, StoreError, StoreHandle};
use crate::sync::{self, FetchOptions, Progress, Summary};
use crate::telecmi::{ApiError, Client};

/// The maximum number of IDs to list for an ambiguous ID prefix.
const CANDIDATES: usize = 5;

/// The number of callers to format at a time.
const CALLERS: usize = 2_000;

/// The number of attempts to reach the server before stored voicemails are used; low, because the user
/// is waiting.
const TRIES: usize = 2;

/// The capacity of the channel for progress reports.
const REPORTS: usize = 32;

/// Flags of all verbs that work with voicemails.
#[derive(Args, Debug)]
pub struct ContextArgs {
    /// Settings.
    #[command(flatten)]
    pub settings: ScreenArgs,
    /// Use stored voicemails only; do not contact the server
    #[arg(long)]
    pub offline: bool,
}

/// Shared context of a verb.
#[derive(Debug)]
pub struct VerbContext {
    /// The settings in force.
    pub settings: Settings,
    /// The current time, and the zone of dates and times.
    pub search: search::Context,
    /// The store.
    pub store: StoreHandle,
    /// The key of the account in the store.
    pub key: AccountKey,
    /// The account's name for display.
    pub label: String,
    /// Names from the contact files.
    pub book: Book,
    offline: bool,
    account: Option<Account>,
    client: OnceCell<Client>,
    world: World,
    /// The demo, if it is used: its data is dropped with it.
    demo: Option<Demo>,
}

/// Whether the store is up to date with the server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Freshness {
    /// Up to date for the requested span.
    Current,
    /// The server could not be reached: the error, and how old the stored data is.
    Stale(String),
}

impl Freshness {
    /// Converts to an error if the data is stale, to return after the stored data has been printed.
    pub fn into_result(self) -> anyhow::Result<()> {
        match self {
            Freshness::Current => Ok(()),
            Freshness::Stale(message) => Err(Fault::partly(message).into()),
        }
    }
}

impl VerbContext {
    /// Opens the shared context of a verb for `args`. Does not need the secret, and does not run
    /// `secret_command`.
    pub async fn open(args: &ContextArgs, world: &World) -> anyhow::Result<VerbContext> {
        let (settings, _) = startup::settings(&args.settings, world)?;
        if let Some(path) = &args.settings.log {
            environment::log_to(path, world)?;
        }
        let zone = zone(&settings, world)?;
        check_range(&settings, (world.clock)(), zone)?;
        let options = settings::store_options(&settings, world);
        let (demo, key, label, account, store);
        if args.settings.demo {
            let running = Demo::start(options, (world.clock)()).await?;
            let known = demo::account(&running.server)?;
            (key, label) = (known.key.clone(), "demo".to_owned());
            store = running.store.clone();
            (account, demo) = (Some(known), Some(running));
        } else {
            let app_id = settings.app_id.ok_or_else(settings::no_account)?;
            key = settings::account_key(&settings, app_id)?.0;
            label = settings.account.clone().unwrap_or_else(|| app_id.to_string());
            (account, demo) = (None, None);
            let path = paths::store_file(&xdg(world)).context("no home folder: set XDG_DATA_HOME")?;
            let Opened { store: opened, notices } = Store::open(&path, &options)?;
            for notice in notices {
                writeln!(io::stderr(), "vmail: {notice}")?;
            }
            store = StoreHandle::spawn(move || Ok(Opened { store: opened, notices: Vec::new() }));
            // Once after a new setting or new rules. If it fails, some callers show their old text.
            while let Ok(1..) = store.call(|store| store.reformat_callers(CALLERS)).await {}
        }
        let contacts = environment::contacts(&settings, world);
        let (files, mut faults) = contacts::load(&contacts.paths);
        let (book, unread) = Book::read(&files, &contacts.country);
        faults.extend(unread);
        for fault in faults {
            writeln!(io::stderr(), "vmail: {fault}")?;
        }
        let search = search::Context { now: (world.clock)(), zone };
        let (offline, client, world) = (args.offline, OnceCell::new(), *world);
        Ok(VerbContext { settings, search, store, key, label, book, offline, account, client, world, demo })
    }

    /// Returns the span of the verb's range.
    pub fn span(&self) -> Span {
        // Not `search.now`: `--watch` runs for weeks.
        let now = (self.world.clock)();
        self.settings.range.resolve(now, self.search.zone).span(now)
    }

    /// Returns the verb's range as the end of a sentence, with a space in front: " in the last 7 days",
    /// " today", " in the range 2026-11"; empty for all time.
    pub fn in_range(&self) -> String {
        let range = &self.settings.range;
        let label = range.label(self.search.now, self.search.zone);
        match label.split_once(' ') {
            _ if *range == Range::ALL => String::new(),
            Some(("Last", rest)) if rest == "hour" || rest.starts_with(|c: char| c.is_ascii_digit()) => {
                format!(" in the last {rest}")
            }
            Some(("Last" | "This", _)) => format!(" {}", label.to_lowercase()),
            None if matches!(label.as_str(), "Today" | "Yesterday") => format!(" {}", label.to_lowercase()),
            _ => format!(" in the range {}", range.expression()),
        }
    }

    /// Returns the verb's message for a search without results.
    pub fn nothing_found(&self) -> String {
        format!("no matching voicemails{}; --range widens the search", self.in_range())
    }

    /// Parses a query given as words of the command line.
    pub fn query(&self, words: &[String]) -> anyhow::Result<Query> {
        let text = words.join(" ");
        search::parse(&text, &self.search).map_err(|mistake| {
            Fault::usage(format!("{}\n{}", mistake.message, text::pointed(&text, &mistake.at))).into()
        })
    }

    /// Returns the ID of the verb's account in the store.
    pub async fn account(&self) -> Result<AccountId, StoreError> {
        let key = self.key.clone();
        self.store.call(move |store| store.account(&key)).await
    }

    /// Returns the client of the verb's account, created on first use.
    pub async fn client(&self) -> anyhow::Result<&Client> {
        let build = || async {
            let account = match &self.account {
                Some(account) => account.clone(),
                None => settings::account(&self.settings, Asking::Terminal, &self.world)?
                    .ok_or_else(settings::no_account)?,
            };
            let from_keyring =
                self.settings.secret.is_none() && matches!(account.secret, LazySecret::Later(_));
            let waiting = from_keyring.then(|| Waiting::for_keyring(settings::KEYRING_PATIENCE));
            let client = account.client().await;
            drop(waiting);
            client.map_err(|error| match error {
                ApiError::NoSecret { reason } => {
                    let stored = "Use --offline to work with stored voicemails.";
                    Fault::credentials(format!("{reason} {stored}")).into()
                }
                error => anyhow::Error::from(error),
            })
        };
        self.client.get_or_try_init(build).await
    }

    /// Opens the recording cache of the verb's account.
    pub fn recordings(&self) -> anyhow::Result<Recordings> {
        let folder = match &self.demo {
            Some(demo) => demo.folder.path().to_owned(),
            None => {
                paths::recordings_folder(&xdg(&self.world)).context("no home folder: set XDG_CACHE_HOME")?
            }
        };
        let limits = Limits {
            max_bytes_each: self.settings.largest_recording,
            cache_bytes: self.settings.cache,
            ..Limits::default()
        };
        let folder = recording::account_folder(&folder, &self.key);
        Recordings::open(folder.clone(), limits, self.search.now)
            .with_context(|| format!("cannot store recordings in {}", folder.display()))
    }

    /// Returns the verb's interval between checks for new voicemail; `usual` if the settings say never.
    pub fn refresh(&self, usual: Duration) -> Duration {
        if self.demo.is_some() { startup::DEMO_REFRESH } else { self.settings.refresh.unwrap_or(usual) }
    }

    /// Fetches for a verb the missing parts of `span`, or all of it if `again`. `on_progress` is called for
    /// each page. A request with a temporary error is sent up to `tries` times.
    pub async fn fetch(
        &self,
        span: Span,
        again: bool,
        tries: usize,
        bar: &Bar,
        mut on_progress: impl FnMut(&Progress),
    ) -> anyhow::Result<Summary> {
        let client = self.client().await?.clone();
        let wanted = FetchOptions {
            span,
            overlap: self.settings.overlap,
            concurrency: self.settings.concurrency,
            tries,
            force: again,
            now: (self.world.clock)(),
        };
        let (reports, mut progress) = mpsc::channel(REPORTS);
        let show = async {
            while let Some(report) = progress.recv().await {
                on_progress(&report);
                bar.show(&report);
            }
        };
        let fetching = sync::fill(&self.store, &self.key, client, wanted, reports);
        let (fetched, ()) = tokio::join!(fetching, show);
        bar.clear();
        self.tell_notices().await?;
        Ok(fetched?)
    }

    /// Updates `span` before a verb reads it. Falls back to stored data on a network error, but not if the
    /// credentials are wrong.
    pub async fn bring_up(&self, span: Span) -> anyhow::Result<Freshness> {
        if self.offline {
            return Ok(Freshness::Current);
        }
        let bar = Bar::when_it_takes_a_moment(&self.world);
        let Err(error) = self.fetch(span, false, TRIES, &bar, |_| ()).await else {
            return Ok(Freshness::Current);
        };
        if crate::error::failure(&error) != Failure::Network {
            return Err(error);
        }
        let stored = self.stored_until(span).await?;
        Ok(Freshness::Stale(format!("{error:#} {stored}")))
    }

    /// Returns a sentence that says how old the stored data of `span` is.
    async fn stored_until(&self, span: Span) -> Result<String, StoreError> {
        let account = self.account().await?;
        let covered = self.store.call(move |store| store.coverage(account, span)).await?;
        let search::Context { now, zone } = self.search;
        Ok(covered.last().map_or_else(
            || "This range has never been fetched.".to_owned(),
            |last| {
                let at = humanize::clock(last.end(), now, zone);
                let age = humanize::age(last.end(), now);
                format!("Stored voicemails are complete up to {at} ({age}).")
            },
        ))
    }

    /// Prints the store's notices to stderr, for a verb.
    pub async fn tell_notices(&self) -> anyhow::Result<()> {
        for notice in self.store.call(|store| Ok(store.notices())).await? {
            writeln!(io::stderr(), "vmail: {notice}")?;
        }
        Ok(())
    }

    /// Fails if the verb's changes would be lost because the store is in memory.
    pub async fn must_keep(&self) -> anyhow::Result<()> {
        if self.demo.is_none() && !self.store.call(|store| Ok(store.is_kept())).await? {
            anyhow::bail!("nothing was changed, because changes cannot be saved");
        }
        Ok(())
    }

    /// Returns the voicemails whose IDs start with `texts`, without duplicates.
    async fn identify(&self, texts: &[String]) -> anyhow::Result<Vec<VoicemailId>> {
        let account = self.account().await?;
        let mut ids = Vec::with_capacity(texts.len());
        for text in texts {
            let Some((first, last)) = VoicemailId::with_prefix(text) else {
                let text = text::clean(text, text::NAME_MAX);
                return Err(Fault::usage(format!(
                    "\"{text}\" is not a valid ID: `vmail list` shows the IDs"
                ))
                .into());
            };
            let found =
                self.store.call(move |store| store.ids_between(account, first, last, CANDIDATES + 1)).await?;
            match found[..] {
                [id] if !ids.contains(&id) => ids.push(id),
                [_] => {}
                [] => return Err(Fault::not_found(format!("no voicemail with ID \"{text}\"")).into()),
                _ => {
                    let mut names: Vec<_> = found.iter().take(CANDIDATES).map(ToString::to_string).collect();
                    if found.len() > CANDIDATES {
                        names.push("…".to_owned());
                    }
                    let names = names.join(", ");
                    return Err(Fault::usage(format!("\"{text}\" is ambiguous: it matches {names}")).into());
                }
            }
        }
        Ok(ids)
    }

    /// Like [`VerbContext::identify`], but updates the range first if an ID is not found.
    pub async fn identify_or_fetch(&self, texts: &[String]) -> anyhow::Result<Vec<VoicemailId>> {
        let texts = given(texts)?;
        match self.identify(&texts).await {
            Err(error) if crate::error::failure(&error) == Failure::NotFound && !self.offline => {
                match self.bring_up(self.span()).await? {
                    Freshness::Current => self.identify(&texts).await,
                    // It may exist: the server could not be reached.
                    Freshness::Stale(message) => {
                        let message = format!("{error:#}. {message}");
                        Err(Fault { failure: Failure::Network, message }.into())
                    }
                }
            }
            done => done,
        }
    }

    /// Returns how many characters of an ID a verb displays, so that it is most likely unique among the
    /// stored ones, now and for some time.
    pub async fn id_width(&self) -> Result<usize, StoreError> {
        let account = self.account().await?;
        let count = self.store.call(move |store| store.count(account, Span::EVER)).await?;
        // With this many bits, the probability of any collision is at most 1/8.
        let needed = 8 * u128::from(count.max(100)).pow(2);
        Ok((1..13).find(|width| 1_u128 << (5 * width - 1) >= needed).unwrap_or(13))
    }

    /// Returns a table for stdout, with columns sized for `piece`.
    pub async fn table(&self, piece: &[Hit]) -> Result<Table, StoreError> {
        let ascii = environment::ascii(&self.settings, &self.world);
        Ok(Table::new(piece, self.id_width().await?, OutputStyle::stdout(&self.world), ascii))
    }

    /// Ends the verb's context: waits until everything is written to the store.
    pub async fn close(self) {
        self.store.close().await;
    }
}

/// Returns the IDs as given, with `-` replaced by the words of stdin.
fn given(texts: &[String]) -> anyhow::Result<Vec<String>> {
    let mut given = Vec::new();
    for text in texts {
        if text == "-" {
            let words = io::read_to_string(io::stdin()).context("cannot read stdin")?;
            given.extend(words.split_whitespace().map(str::to_owned));
        } else {
            given.push(text.clone());
        }
    }
    Ok(given)
}

/// Fails if the range ends before it starts, which can depend on the current day.
fn check_range(settings: &Settings, now: DateTime<Utc>, zone: Tz) -> Result<(), Fault> {
    let text = settings.range.expression();
    Range::parse_at(&text, now, zone)
        .map(drop)
        .map_err(|error| Fault::usage(format!("range: {error}\n{}", text::pointed(&text, &error.at))))
}

/// Returns the time zone of the settings. Prints a note about the local zone to stderr.
pub fn zone(settings: &Settings, world: &World) -> io::Result<Tz> {
    if let Timezone::Named(zone) = settings.timezone {
        return Ok(zone);
    }
    let local = config::local_zone((world.variable)("TZ").as_deref(), (world.system_zone)());
    if let Some(note) = &local.note {
        writeln!(io::stderr(), "vmail: {note}")?;
    }
    Ok(local.zone)
}

/// Runs an async verb to its end.
pub fn block_on<T>(verb: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let result = runtime.block_on(verb);
    // A name look-up may still block a thread; do not wait for it.
    runtime.shutdown_background();
    result
}
