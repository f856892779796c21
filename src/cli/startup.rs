//! `vmail` without a verb: opens the inbox, according to flags, settings and environment.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;

use crate::account::Account;
use crate::cli::settings::{self, AccountArgs, SettingsArgs, xdg};
use crate::cli::verbs::demo::{Demo, account};
use crate::cli::verbs::login;
use crate::cli::{World, environment};
use crate::config::{self, Asking, Overrides, SecretSource, Settings, Timezone};
use crate::error::Fault;
use crate::player::PlaybackSettings;
use crate::recording::{self, Limits};
use crate::store::{Store, StoreHandle};
use crate::telecmi::{Agent, Rings};
use crate::terminal::escape::Multiplexer;
use crate::terminal::escape::transfer::Transfer;
use crate::tui::keymap::{self, KeyChord};
use crate::tui::msg::Reopen;
use crate::tui::overlays::accounts::Choice;
use crate::tui::overlays::call::CallConfig;
use crate::tui::overlays::login::{KnownAccount, LoginHandler, LoginRequest};
use crate::tui::playback::PlaybackConfig;
use crate::tui::runtime::{AudioDeps, Deps};
use crate::tui::session::Session;
use crate::tui::state::{Look, OwnView, Setup};
use crate::tui::theme::{self, ThemeSettings};
use crate::tui::view;
use crate::tui::{self, screen};
use crate::{demo, paths};

/// The interval between checks for new voicemail in the demo: short, so that visitors see one arrive.
pub const DEMO_REFRESH: Duration = Duration::from_secs(5);

/// Flags of the screen.
#[derive(Args, Clone, Debug)]
pub struct ScreenArgs {
    /// Try vmail without an account, with sample voicemails from the demo server
    #[arg(long)]
    pub demo: bool,
    /// Settings.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Log to a file; VMAIL_LOG sets the level (error, warn, info, debug or trace)
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
}

/// Opens the inbox and returns when the user quits.
pub fn run(args: &ScreenArgs, world: &World) -> anyhow::Result<()> {
    let (settings, config_path) = settings(args, world)?;
    let term = (world.variable)("TERM").unwrap_or_default();
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(Fault::usage("the inbox needs a terminal on stdin and stdout").into());
    }
    if term == "dumb" {
        return Err(Fault::usage("the inbox needs a terminal that can move the cursor: TERM is dumb").into());
    }
    if let Some(path) = &args.log {
        environment::log_to(path, world)?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let result = runtime.block_on(async {
        let options = settings::store_options(&settings, world);
        let demo = if args.demo { Some(Demo::start(options, (world.clock)()).await?) } else { None };
        let opener = Opener { demo, world: *world, accepted: Arc::default() };
        let first = opener.session(args, &settings, config_path.as_deref(), Asking::Terminal)?;
        let mut args = args.clone();
        let reopen = |what: &Reopen| {
            let next = opener.reopened(&args, what).map_err(|error| first_line(&error))?;
            args = next.0;
            Ok(next.1)
        };
        Box::pin(tui::run(first, reopen, world.clock, view::draw)).await.context("lost the terminal")
    });
    // A terminal read or a name look-up may still block a thread; do not wait for it.
    runtime.shutdown_background();
    result
}

/// Creates the sessions of the screen.
struct Opener {
    demo: Option<Demo>,
    world: World,
    /// What was typed in the login form and accepted by the server. Until vmail ends, it takes precedence over
    /// settings and environment, which may still have a wrong secret.
    accepted: Arc<Mutex<Option<LoginRequest>>>,
}

impl Opener {
    fn accepted(&self) -> MutexGuard<'_, Option<LoginRequest>> {
        // No code here panics while it changes the value.
        self.accepted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a session with the current settings, for the same or another account, and the flags that
    /// select that account.
    fn reopened(&self, args: &ScreenArgs, what: &Reopen) -> anyhow::Result<(ScreenArgs, Session)> {
        let mut args = args.clone();
        if let Reopen::Account(wanted) = what {
            *self.accepted() = None;
            let (settings, _) = settings(&args, &self.world)?;
            let known = settings.accounts.into_iter().find(|account| label(account) == *wanted);
            args.settings.account = known.and_then(|account| account.name);
        }
        let (settings, path) = settings(&args, &self.world)?;
        let session = self.session(&args, &settings, path.as_deref(), Asking::Nobody)?;
        match what {
            Reopen::Account(wanted) if session.setup.account.as_ref() != Some(wanted) => {
                let advice = "the setting `account` or VMAIL_ACCOUNT selects another account";
                Err(Fault::usage(format!("cannot switch to {wanted}: {advice}")).into())
            }
            _ => Ok((args, session)),
        }
    }

    fn session(
        &self,
        args: &ScreenArgs,
        settings: &Settings,
        config_path: Option<&Path>,
        asking: Asking,
    ) -> anyhow::Result<Session> {
        let Opener { demo, world, .. } = self;
        let demo = demo.as_ref();
        let accepted = self.accepted().clone();
        let with_accepted = accepted.map(|accepted| Settings {
            region: accepted.region,
            app_id: Some(accepted.app_id),
            secret: Some(SecretSource::Text(accepted.secret)),
            ..settings.clone()
        });
        let settings = with_accepted.as_ref().unwrap_or(settings);
        let term = (world.variable)("TERM").unwrap_or_default();
        let local = config::local_zone((world.variable)("TZ").as_deref(), (world.system_zone)());
        let (zone, note) = match settings.timezone {
            Timezone::Named(zone) => (zone, None),
            Timezone::Local => (local.zone, local.note),
        };
        let account = match demo {
            Some(demo) => Some(account(&demo.server)?),
            None => settings::account(settings, asking, world)?,
        };
        let app_id = account.as_ref().map(|account| account.app_id.to_string());
        let name = settings.account.clone().or(app_id);
        let note =
            note.or_else(|| half_an_account(settings).map(str::to_owned).filter(|_| account.is_none()));
        let setup = Setup {
            known: KnownAccount { region: settings.region, app_id: settings.app_id },
            accounts: if demo.is_some() { Vec::new() } else { choices(settings) },
            account: if demo.is_some() { Some("demo".to_owned()) } else { name },
            zone,
            range: settings.range,
            refresh: if demo.is_some() { Some(DEMO_REFRESH) } else { settings.refresh },
            playback: playback(settings),
            keymap: keymap::own::keymap(&settings.keys),
            views: own_views(settings),
            call_config: call_config(demo.is_some(), settings),
            env: environment::remote_env(settings, world),
            look: look(settings, world, &term),
            config_path: environment::shown(config_path, world),
            note,
        };
        let folder = demo.map(|demo| demo.folder.path());
        let audio = audio(folder, account.as_ref(), settings, world)?;
        let store = demo.map_or_else(|| open_store(settings, world), |demo| Ok(demo.store.clone()))?;
        let work = Deps {
            account,
            store,
            concurrency: settings.concurrency,
            overlap: settings.overlap,
            audio,
            contacts: environment::contacts(settings, world),
            login: self.login_handler(args, settings, config_path),
        };
        let options = screen::Options {
            mouse: settings.mouse,
            notify: settings.notify.clone(),
            through: Multiplexer::detect(world.variable),
            transfer: Transfer::detect(world.variable),
        };
        Ok(Session { setup, work, options })
    }

    /// Returns the handler of the login form: it checks and stores the account like `vmail login`.
    fn login_handler(
        &self,
        args: &ScreenArgs,
        settings: &Settings,
        config_path: Option<&Path>,
    ) -> LoginHandler {
        let (config, base_url, world) =
            (args.settings.config.clone(), args.settings.base_url.clone(), self.world);
        let (account, accepted) = (settings.account.clone(), Arc::clone(&self.accepted));
        let at =
            settings.secret_at.as_ref().map(|at| settings::place(at, config_path.unwrap_or(Path::new(""))));
        let other = at.map(|at| {
            format!("Logged in until vmail ends: then {at}, which has another secret, takes precedence.")
        });
        LoginHandler::new(move |request| {
            let account = AccountArgs {
                account: account.clone(),
                region: Some(request.region.name().to_owned()),
                base_url: base_url.clone(),
                config: config.clone(),
            };
            let (accepted, other) = (Arc::clone(&accepted), other.clone());
            Box::pin(async move {
                let admitted = login::admit(&account, request.app_id, &request.secret, &world).await;
                let stored = admitted.map_err(|error| first_line(&error))?;
                *accepted.lock().unwrap_or_else(PoisonError::into_inner) = Some(request);
                Ok(other.map_or(stored.clone(), |other| format!("{other} {stored}")))
            })
        })
    }
}

/// Returns the account's name for display.
fn label(account: &config::AccountSettings) -> String {
    account.name.clone().unwrap_or_else(|| account.app_id.to_string())
}

/// Returns the accounts that the user can switch to.
fn choices(settings: &Settings) -> Vec<Choice> {
    let choice = |account: &config::AccountSettings| Choice {
        name: label(account),
        about: format!("{} · {}", account.region.name(), account.app_id),
    };
    settings.accounts.iter().map(choice).collect()
}

/// Returns the first line of an error, and the number of further lines.
fn first_line(error: &anyhow::Error) -> String {
    let all = format!("{error:#}");
    match all.split_once('\n') {
        None => all,
        Some((first, rest)) => {
            format!("{first} (and {} more: run `vmail config check`)", rest.lines().count())
        }
    }
}

/// Returns the settings in force and the path of their file. The demo ignores the user's settings file,
/// unless it is given by a flag.
pub fn settings(args: &ScreenArgs, world: &World) -> anyhow::Result<(Settings, Option<PathBuf>)> {
    let (file, flags) = (args.settings.config.clone(), args.settings.overrides());
    if args.demo {
        settings::load(file, None, Overrides { account: None, ..flags }, Overrides::default())
    } else {
        settings::load(file, paths::config_file(&xdg(world)), flags, settings::env(world))
    }
}

/// Returns what is missing if only the secret is set.
fn half_an_account(settings: &Settings) -> Option<&'static str> {
    (settings.app_id.is_none() && settings.secret.is_some())
        .then_some("A secret is set, but no app ID: set TELECMI_APPID or appid.")
}

/// Opens the store on its own thread, while the first frame is drawn.
fn open_store(settings: &Settings, world: &World) -> anyhow::Result<StoreHandle> {
    let options = settings::store_options(settings, world);
    let path = paths::store_file(&xdg(world)).context("no home folder: set XDG_DATA_HOME")?;
    Ok(StoreHandle::spawn(move || Store::open(&path, &options)))
}

/// Returns the settings for playback.
fn playback(settings: &Settings) -> PlaybackConfig {
    PlaybackConfig {
        prefetch: settings.prefetch,
        settings: PlaybackSettings { auto_level: settings.auto_level, ..PlaybackSettings::default() },
        follow: settings.follow_queue,
    }
}

/// Returns the settings for calling back. The demo has an agent, but nothing rings.
fn call_config(in_demo: bool, settings: &Settings) -> CallConfig {
    let agent = if in_demo { Agent::parse(demo::AGENT).ok() } else { settings.calling.agent.clone() };
    CallConfig {
        agent,
        rings: Rings::from_switches(settings.calling.webrtc, settings.calling.followme),
        caller_id: settings.calling.caller_id.clone(),
        command: settings.calling.command.clone(),
        country: settings.country.clone(),
    }
}

/// Returns the user's views; their keys were checked with the settings.
fn own_views(settings: &Settings) -> Vec<OwnView> {
    let view = |view: &config::OwnView| {
        let key = KeyChord::parse(&view.key)?;
        Some(OwnView { name: view.name.clone(), query: view.query.clone(), key })
    };
    settings.views.iter().filter_map(view).collect()
}

/// Returns what playback needs. Recordings are cached in `folder`, or in the default folder.
fn audio(
    folder: Option<&Path>,
    account: Option<&Account>,
    settings: &Settings,
    world: &World,
) -> anyhow::Result<AudioDeps> {
    let usual = || paths::recordings_folder(&xdg(world)).context("no home folder: set XDG_CACHE_HOME");
    let root = folder.map_or_else(usual, |folder| Ok(folder.to_owned()))?;
    Ok(AudioDeps {
        folder: account
            .map_or_else(|| root.clone(), |account| recording::account_folder(&root, &account.key)),
        limits: Limits {
            max_bytes_each: settings.largest_recording,
            cache_bytes: settings.cache,
            ..Limits::default()
        },
        outputs: environment::outputs(settings, world),
        #[cfg(unix)]
        socket: paths::sound_socket(&xdg(world)),
        heard_after: settings.read_after,
    })
}

/// Returns symbols and colours for this terminal and user.
pub(in crate::cli) fn look(settings: &Settings, world: &World, term: &str) -> Look {
    Look {
        ascii: environment::ascii(settings, world),
        plain: environment::is_plain(world),
        depth: environment::depth(world, term),
        colours: ThemeSettings {
            theme: settings.theme,
            own: settings.colours.iter().filter_map(|own| theme::own::read(own).ok()).collect(),
        },
        columns: settings.columns.clone(),
    }
}
