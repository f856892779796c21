//! What a verb works at: the settings, the account and its store, and the way to the server.

use std::io::{self, Write as _};
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use clap::Args;
use tokio::sync::{OnceCell, mpsc};

use crate::cli::demo::{self, Demo};
use crate::cli::progress::Bar;
use crate::cli::screen::ScreenArgs;
use crate::cli::settings::{self, xdg};
use crate::cli::{World, screen};
use crate::config::{self, Asking, Settings, Timezone};
use crate::contacts::{self, Book};
use crate::error::{Failure, Fault};
use crate::model::{AccountKey, Span, VoicemailId};
use crate::paths;
use crate::range::Range;
use crate::recording::{self, Limits, Recordings};
use crate::search::{self, Query};
use crate::store::{AccountId, Opened, Store, StoreError, StoreHandle};
use crate::sync::{self, Job, Progress, Shelf, Summary};
use crate::telecmi::{ApiError, Client};
use crate::text;
use crate::tui::runtime::Account;
use crate::words;

/// How many candidates are named where the beginning of an identity is that of several.
const CANDIDATES: usize = 5;

/// How often the server is asked before what is stored will do: whoever waits for a list does not
/// wait for long.
const TRIES: usize = 2;

/// How many reports of a sync may wait to be shown.
const REPORTS: usize = 32;

/// Flags of every verb that works with voicemail.
#[derive(Args, Debug)]
pub struct DeskArgs {
    /// Settings.
    #[command(flatten)]
    pub settings: ScreenArgs,
    /// Ask the store alone, not the server
    #[arg(long)]
    pub offline: bool,
}

/// What a verb works at.
#[derive(Debug)]
pub struct Desk {
    /// The settings in force.
    pub settings: Settings,
    /// Now, and the zone of dates and times.
    pub context: search::Context,
    /// The store.
    pub store: StoreHandle,
    /// The account's name in the store.
    pub key: AccountKey,
    /// What people call the account.
    pub label: String,
    /// Names from contact files.
    pub book: Book,
    offline: bool,
    account: Option<Account>,
    client: OnceCell<Client>,
    world: World,
    /// Nothing of the demo stays.
    demo: Option<Demo>,
}

/// How well what is stored agrees with the server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Freshness {
    /// As far as was asked.
    Current,
    /// The server could not be asked: why, and how old it is.
    Stale(String),
}

impl Freshness {
    /// A failure, to end with after what is stored was shown.
    pub fn into_result(self) -> anyhow::Result<()> {
        match self {
            Freshness::Current => Ok(()),
            Freshness::Stale(message) => Err(Fault::partly(message).into()),
        }
    }
}

impl Desk {
    /// Opens what `args` name. The secret is not needed yet, and no command for it is run.
    pub async fn open(args: &DeskArgs, world: &World) -> anyhow::Result<Desk> {
        let (settings, _) = screen::settings(&args.settings, world)?;
        if let Some(path) = &args.settings.log {
            screen::log_to(path, world)?;
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
        }
        let contacts = screen::contacts(&settings, world);
        let (files, mut faults) = contacts::load(&contacts.paths);
        let (book, unread) = Book::read(&files, &contacts.country);
        faults.extend(unread);
        for fault in faults {
            writeln!(io::stderr(), "vmail: {fault}")?;
        }
        let context = search::Context { now: (world.clock)(), zone };
        let (offline, client, world) = (args.offline, OnceCell::new(), *world);
        Ok(Desk { settings, context, store, key, label, book, offline, account, client, world, demo })
    }

    /// The range that is set.
    pub fn span(&self) -> Span {
        // Not the moment when it all began: who watches goes on for weeks.
        let now = (self.world.clock)();
        self.settings.range.resolve(now, self.context.zone).span(now)
    }

    /// Reads a query, given as words.
    pub fn query(&self, words: &[String]) -> anyhow::Result<Query> {
        let text = words.join(" ");
        search::parse(&text, &self.context).map_err(|mistake| {
            Fault::usage(format!("{}\n{}", mistake.message, text::pointed(&text, &mistake.at))).into()
        })
    }

    /// The number of the account in the store.
    pub async fn account(&self) -> Result<AccountId, StoreError> {
        let key = self.key.clone();
        self.store.call(move |store| store.account(&key)).await
    }

    /// The way to the server.
    pub async fn client(&self) -> anyhow::Result<&Client> {
        let build = || async {
            let account = match &self.account {
                Some(account) => account.clone(),
                None => settings::account(&self.settings, Asking::Terminal, &self.world)?
                    .ok_or_else(settings::no_account)?,
            };
            account.client().await.map_err(|error| match error {
                ApiError::NoSecret { reason } => {
                    let stored = "What is stored can be read with --offline.";
                    Fault::credentials(format!("{reason} {stored}")).into()
                }
                error => anyhow::Error::from(error),
            })
        };
        self.client.get_or_try_init(build).await
    }

    /// Where recordings are kept.
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
        Recordings::open(folder.clone(), limits, self.context.now)
            .with_context(|| format!("{}: recordings cannot be kept there", folder.display()))
    }

    /// How often is looked for new voicemail; `usual` where the settings say never.
    pub fn refresh(&self, usual: Duration) -> Duration {
        if self.demo.is_some() { screen::DEMO_REFRESH } else { self.settings.refresh.unwrap_or(usual) }
    }

    /// Fetches what is missing of `span`; of all of it if `again`. `on_progress` hears of each page. A
    /// request whose error may pass is tried so many times.
    pub async fn fetch(
        &self,
        span: Span,
        again: bool,
        tries: usize,
        bar: &Bar,
        mut on_progress: impl FnMut(&Progress),
    ) -> anyhow::Result<Summary> {
        let client = self.client().await?.clone();
        let key = self.key.clone();
        let (account, generation) =
            self.store.call(move |store| Ok((store.account(&key)?, store.generation()))).await?;
        let now = (self.world.clock)();
        let job = Job {
            account,
            asked: span,
            reaches_now: span.end() >= now - TimeDelta::seconds(1),
            overlap: self.settings.overlap,
            concurrency: self.settings.concurrency,
            tries,
            force: again,
            now,
        };
        let (reports, mut progress) = mpsc::channel(REPORTS);
        let show = async {
            while let Some(report) = progress.recv().await {
                on_progress(&report);
                bar.show(&report);
            }
        };
        let sink = Shelf { store: self.store.clone(), generation };
        let (fetched, ()) = tokio::join!(sync::run(job, client, sink, reports), show);
        bar.clear();
        self.tell_notices().await?;
        Ok(fetched?)
    }

    /// Brings `span` up to date before it is read. Where the network fails, what is stored will do;
    /// where the credentials are wrong, it will not.
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

    /// How old what is stored of `span` is, as a sentence.
    async fn stored_until(&self, span: Span) -> Result<String, StoreError> {
        let account = self.account().await?;
        let covered = self.store.call(move |store| store.coverage(account, span)).await?;
        let search::Context { now, zone } = self.context;
        Ok(covered.last().map_or_else(
            || "Nothing of this range was fetched before.".to_owned(),
            |last| {
                let at = words::clock(last.end(), now, zone);
                let age = words::age(last.end(), now);
                format!("What is stored is complete up to {at}, {age}.")
            },
        ))
    }

    /// Tells on stderr what happened to the store.
    pub async fn tell_notices(&self) -> anyhow::Result<()> {
        for notice in self.store.call(|store| Ok(store.notices())).await? {
            writeln!(io::stderr(), "vmail: {notice}")?;
        }
        Ok(())
    }

    /// Fails where nothing that is written would stay.
    pub async fn must_keep(&self) -> anyhow::Result<()> {
        if self.demo.is_none() && !self.store.call(|store| Ok(store.is_kept())).await? {
            anyhow::bail!("nothing was changed, because it could not be kept");
        }
        Ok(())
    }

    /// The voicemail that each of `texts` begins the identity of, each once.
    async fn identify(&self, texts: &[String]) -> anyhow::Result<Vec<VoicemailId>> {
        let account = self.account().await?;
        let mut ids = Vec::with_capacity(texts.len());
        for text in texts {
            let Some((first, last)) = VoicemailId::with_prefix(text) else {
                let text = text::clean(text, text::NAME_MAX);
                return Err(Fault::usage(format!("\"{text}\" is no ID: `vmail list` shows them")).into());
            };
            let found =
                self.store.call(move |store| store.ids_between(account, first, last, CANDIDATES + 1)).await?;
            match found[..] {
                [id] if !ids.contains(&id) => ids.push(id),
                [_] => {}
                [] => return Err(Fault::not_found(format!("no voicemail {text} is stored")).into()),
                _ => {
                    let mut names: Vec<_> = found.iter().take(CANDIDATES).map(ToString::to_string).collect();
                    if found.len() > CANDIDATES {
                        names.push("…".to_owned());
                    }
                    let names = names.join(", ");
                    return Err(Fault::usage(format!("{text} begins several IDs: {names}")).into());
                }
            }
        }
        Ok(ids)
    }

    /// As [`Desk::identify`]; where one is not stored, the range is brought up to date first.
    pub async fn identify_or_fetch(&self, texts: &[String]) -> anyhow::Result<Vec<VoicemailId>> {
        let texts = given(texts)?;
        match self.identify(&texts).await {
            Err(error) if crate::error::failure(&error) == Failure::NotFound && !self.offline => {
                match self.bring_up(self.span()).await? {
                    Freshness::Current => self.identify(&texts).await,
                    // It may be there: the server could not be asked.
                    Freshness::Stale(message) => {
                        let message = format!("{error:#}. {message}");
                        Err(Fault { failure: Failure::Network, message }.into())
                    }
                }
            }
            done => done,
        }
    }

    /// How many characters of an identity tell it from the others that are stored, most likely and
    /// for some time to come.
    pub async fn id_width(&self) -> Result<usize, StoreError> {
        let account = self.account().await?;
        let count = self.store.call(move |store| store.count(account, Span::EVER)).await?;
        // One chance in eight that any two of them begin alike.
        let needed = 8 * u128::from(count.max(100)).pow(2);
        Ok((1..13).find(|width| 1_u128 << (5 * width - 1) >= needed).unwrap_or(13))
    }

    /// Waits until all that was to be stored is stored.
    pub async fn close(self) {
        self.store.close().await;
    }
}

/// IDs as they were given; - stands for the words of stdin.
fn given(texts: &[String]) -> anyhow::Result<Vec<String>> {
    let mut given = Vec::new();
    for text in texts {
        if text == "-" {
            let words = io::read_to_string(io::stdin()).context("stdin cannot be read")?;
            given.extend(words.split_whitespace().map(str::to_owned));
        } else {
            given.push(text.clone());
        }
    }
    Ok(given)
}

/// Fails where the range ends before it starts, which can depend on the day.
fn check_range(settings: &Settings, now: DateTime<Utc>, zone: Tz) -> Result<(), Fault> {
    let text = settings.range.expression();
    Range::parse_at(&text, now, zone)
        .map(drop)
        .map_err(|error| Fault::usage(format!("range: {error}\n{}", text::pointed(&text, &error.at))))
}

/// The zone that is set. What is said of the machine's own goes to stderr.
fn zone(settings: &Settings, world: &World) -> io::Result<Tz> {
    if let Timezone::Named(zone) = settings.timezone {
        return Ok(zone);
    }
    let local = config::local_zone((world.variable)("TZ").as_deref(), (world.system_zone)());
    if let Some(note) = &local.note {
        writeln!(io::stderr(), "vmail: {note}")?;
    }
    Ok(local.zone)
}

/// Runs a verb that waits for others.
pub fn block_on<T>(verb: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let result = runtime.block_on(verb);
    // A name look-up may still block a thread; nobody waits for it.
    runtime.shutdown_background();
    result
}
