//! `vmail`: from flags, settings and environment to the screen.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::cli::demo::{Demo, account};
use crate::cli::settings::{self, AccountArgs, SettingsArgs, xdg};
use crate::cli::{World, login};
use crate::config::{self, Ascii, Asking, Overrides, Settings, Timezone};
use crate::demo;
use crate::error::Fault;
use crate::paths;
#[cfg(target_os = "linux")]
use crate::player::pulse::Environment;
use crate::player::{Manner, Outputs};
use crate::private;
use crate::recording::{self, Limits};
use crate::store::{Store, StoreHandle};
use crate::telecmi::{Agent, Rings};
use crate::tui::accounts::Choice;
use crate::tui::calling::Means;
use crate::tui::keymap::{self, KeyChord};
use crate::tui::listening::Habits;
use crate::tui::login::Door;
use crate::tui::msg::Reopen;
use crate::tui::runtime::{Account, Contacts, Equipment, Work};
use crate::tui::session::Session;
use crate::tui::state::{Look, OwnView, Setup};
use crate::tui::terminal::escape::Through;
use crate::tui::terminal::escape::transfer::Transfer;
use crate::tui::theme::{self, Depth, Wanted};
use crate::tui::ways::Surroundings;
use crate::tui::{self, terminal};
use crate::web::ssh::Server;

/// How often the demo asks: its visitor should see a voicemail arrive.
pub const DEMO_REFRESH: Duration = Duration::from_secs(5);

/// Flags of the screen.
#[derive(Args, Clone, Debug)]
pub struct ScreenArgs {
    /// Look around without an account: made-up voicemail from a server inside the program
    #[arg(long)]
    pub demo: bool,
    /// Settings.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Log to a file; how much is up to `VMAIL_LOG` (error, warn, info, debug, trace)
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
}

/// Opens the screen, and returns when the user leaves it.
pub fn run(args: &ScreenArgs, world: &World) -> anyhow::Result<()> {
    let (settings, config_path) = settings(args, world)?;
    let term = (world.variable)("TERM").unwrap_or_default();
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(Fault::usage("the inbox needs a terminal: stdin and stdout must be one").into());
    }
    if term == "dumb" {
        return Err(Fault::usage("the inbox needs a terminal that can place the cursor: TERM is dumb").into());
    }
    if let Some(path) = &args.log {
        log_to(path, world)?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let result = runtime.block_on(async {
        let options = settings::store_options(&settings, world);
        let demo = if args.demo { Some(Demo::start(options, (world.clock)()).await?) } else { None };
        let opener = Opener { demo, world: *world };
        let first = opener.session(args, &settings, config_path.as_deref(), Asking::Terminal)?;
        let mut args = args.clone();
        let reopen = |what: &Reopen| {
            let next = opener.reopened(&args, what).map_err(|error| first_line(&error))?;
            args = next.0;
            Ok(next.1)
        };
        Box::pin(tui::run(first, reopen, world.clock)).await.context("the terminal is gone")
    });
    // A read of the terminal or a name look-up may still block a thread; nobody waits for it.
    runtime.shutdown_background();
    result
}

/// Makes what the screen begins with, and begins anew with.
struct Opener {
    demo: Option<Demo>,
    world: World,
}

impl Opener {
    /// What the settings say now, for the account in force or another one; with the flags by which
    /// that is found again.
    fn reopened(&self, args: &ScreenArgs, what: &Reopen) -> anyhow::Result<(ScreenArgs, Session)> {
        let mut args = args.clone();
        if let Reopen::Account(wanted) = what {
            let (settings, _) = settings(&args, &self.world)?;
            let known = settings.accounts.into_iter().find(|account| label(account) == *wanted);
            args.settings.account = known.and_then(|account| account.name);
        }
        let (settings, path) = settings(&args, &self.world)?;
        let session = self.session(&args, &settings, path.as_deref(), Asking::Nobody)?;
        match what {
            Reopen::Account(wanted) if session.setup.account.as_ref() != Some(wanted) => {
                let advice = "`account` of the settings or VMAIL_ACCOUNT names another one";
                Err(Fault::usage(format!("{wanted} cannot be gone over to: {advice}")).into())
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
        let Opener { demo, world } = self;
        let demo = demo.as_ref();
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
            accounts: if demo.is_some() { Vec::new() } else { choices(settings) },
            account: if demo.is_some() { Some("demo".to_owned()) } else { name },
            zone,
            range: settings.range,
            refresh: if demo.is_some() { Some(DEMO_REFRESH) } else { settings.refresh },
            habits: habits(settings),
            keymap: keymap::own::keymap(&settings.keys),
            views: own_views(settings),
            means: means(demo.is_some(), settings),
            surroundings: surroundings(settings, world),
            look: look(settings, world, &term),
            config_path: shown(config_path, world),
            note,
        };
        let folder = demo.map(|demo| demo.folder.path());
        let equipment = equipment(folder, account.as_ref(), settings, world)?;
        let store = demo.map_or_else(|| open_store(settings, world), |demo| Ok(demo.store.clone()))?;
        let work = Work {
            account,
            store,
            concurrency: settings.concurrency,
            overlap: settings.overlap,
            equipment,
            contacts: contacts(settings, world),
            door: door(args, world),
        };
        let options = terminal::Options {
            mouse: settings.mouse,
            notify: settings.notify.clone(),
            through: Through::detect(world.variable),
            transfer: Transfer::detect(world.variable),
        };
        Ok(Session { setup, work, options })
    }
}

/// Tries what is typed into the form, and keeps it as `vmail login` does.
fn door(args: &ScreenArgs, world: &World) -> Door {
    let (config, base_url, world) = (args.settings.config.clone(), args.settings.base_url.clone(), *world);
    Door::new(move |key| {
        let account = AccountArgs {
            account: None,
            region: Some(key.region.name().to_owned()),
            base_url: base_url.clone(),
            config: config.clone(),
        };
        Box::pin(async move {
            let kept = login::admit(&account, key.app_id, &key.secret, &world).await;
            kept.map_err(|error| first_line(&error))
        })
    })
}

/// What people call an account.
fn label(account: &config::Account) -> String {
    account.name.clone().unwrap_or_else(|| account.app_id.to_string())
}

/// The accounts that can be gone over to.
fn choices(settings: &Settings) -> Vec<Choice> {
    let choice = |account: &config::Account| Choice {
        name: label(account),
        about: format!("{} · {}", account.region.name(), account.app_id),
    };
    settings.accounts.iter().map(choice).collect()
}

/// What is wrong, in a line, and how much more there is.
fn first_line(error: &anyhow::Error) -> String {
    let all = format!("{error:#}");
    match all.split_once('\n') {
        None => all,
        Some((first, rest)) => {
            format!("{first}, and {} more: `vmail config check` says them all", rest.lines().count())
        }
    }
}

/// The settings in force and where their file is. The demo touches nothing of the user's, so it
/// reads a file only when told to.
pub fn settings(args: &ScreenArgs, world: &World) -> anyhow::Result<(Settings, Option<PathBuf>)> {
    let (file, flags) = (args.settings.config.clone(), args.settings.overrides());
    if args.demo {
        settings::load(file, None, Overrides { account: None, ..flags }, Overrides::default())
    } else {
        settings::load(file, paths::config_file(&xdg(world)), flags, settings::env(world))
    }
}

/// What is missing where there is a secret alone.
fn half_an_account(settings: &Settings) -> Option<&'static str> {
    (settings.app_id.is_none() && settings.secret.is_some())
        .then_some("The secret is set, the app ID is not: TELECMI_APPID or appid.")
}

/// The store, opened on its own thread while the first frame is drawn.
fn open_store(settings: &Settings, world: &World) -> anyhow::Result<StoreHandle> {
    let options = settings::store_options(settings, world);
    let path = paths::store_file(&xdg(world)).context("no home folder: set XDG_DATA_HOME")?;
    Ok(StoreHandle::spawn(move || Store::open(&path, &options)))
}

/// What the settings say about listening.
fn habits(settings: &Settings) -> Habits {
    Habits {
        prefetch: settings.prefetch,
        manner: Manner { auto_level: settings.auto_level, ..Manner::default() },
    }
}

/// What the settings say about calling back. The demo has an agent, for whom nothing rings.
fn means(in_demo: bool, settings: &Settings) -> Means {
    let agent = if in_demo { Agent::parse(demo::AGENT).ok() } else { settings.calling.agent.clone() };
    Means {
        agent,
        rings: Rings::from_switches(settings.calling.webrtc, settings.calling.followme),
        caller_id: settings.calling.caller_id.clone(),
        command: settings.calling.command.clone(),
        country: settings.country.clone(),
    }
}

/// Where callers' names are found.
pub fn contacts(settings: &Settings, world: &World) -> Contacts {
    let home = (world.variable)("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    let whole = |path: &PathBuf| match (path.strip_prefix("~"), &home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.clone(),
    };
    Contacts { paths: settings.contacts.iter().map(whole).collect(), country: settings.country.clone() }
}

/// The user's own views; their keys were checked with the settings.
fn own_views(settings: &Settings) -> Vec<OwnView> {
    let view = |view: &config::OwnView| {
        let key = KeyChord::parse(&view.key)?;
        Some(OwnView { name: view.name.clone(), query: view.query.clone(), key })
    };
    settings.views.iter().filter_map(view).collect()
}

/// Where the user sits.
pub fn surroundings(settings: &Settings, world: &World) -> Surroundings {
    let set = |name| (world.variable)(name).filter(|value| !value.is_empty());
    let connection = set("SSH_CONNECTION");
    let user = set("USER").or_else(|| set("LOGNAME")).unwrap_or_else(|| "user".to_owned());
    let host = (world.host_name)().unwrap_or_else(|| "this-machine".to_owned());
    // Who named a program or a server for sound has seen to it.
    let sound = settings.player_command.is_some() || set("PULSE_SERVER").is_some();
    Surroundings {
        remote: connection.is_some() && !sound,
        server: Server::new(connection.as_deref(), &user, &host),
        socket: paths::sound_socket(&xdg(world)),
        transfer: Transfer::detect(world.variable),
        home: set("HOME").map(PathBuf::from),
    }
}

/// What there is to listen with. Recordings are kept in `folder`, or where they usually are.
fn equipment(
    folder: Option<&Path>,
    account: Option<&Account>,
    settings: &Settings,
    world: &World,
) -> anyhow::Result<Equipment> {
    let usual = || paths::recordings_folder(&xdg(world)).context("no home folder: set XDG_CACHE_HOME");
    let root = folder.map_or_else(usual, |folder| Ok(folder.to_owned()))?;
    Ok(Equipment {
        folder: account
            .map_or_else(|| root.clone(), |account| recording::account_folder(&root, &account.key)),
        limits: Limits {
            max_bytes_each: settings.largest_recording,
            cache_bytes: settings.cache,
            ..Limits::default()
        },
        outputs: outputs(settings, world),
        #[cfg(unix)]
        socket: paths::sound_socket(&xdg(world)),
        heard_after: settings.heard_after,
    })
}

/// Where sound goes.
#[cfg(target_os = "linux")]
pub fn outputs(settings: &Settings, world: &World) -> Outputs {
    let environment =
        Environment { forwarded: paths::sound_socket(&xdg(world)), ..Environment::new(world.variable) };
    Outputs { player_command: settings.player_command.clone().unwrap_or_default(), environment }
}

/// Where sound goes.
#[cfg(not(target_os = "linux"))]
pub fn outputs(settings: &Settings, _: &World) -> Outputs {
    Outputs { player_command: settings.player_command.clone().unwrap_or_default() }
}

/// Signs and colours that this terminal and its user want.
pub(super) fn look(settings: &Settings, world: &World, term: &str) -> Look {
    let set = |name| (world.variable)(name).filter(|value| !value.is_empty());
    Look {
        ascii: ascii(settings, world),
        plain: set("NO_COLOR").is_some(),
        depth: depth(set("COLORTERM").as_deref(), term),
        colours: Wanted {
            theme: settings.theme,
            own: settings.colours.iter().filter_map(|own| theme::own::read(own).ok()).collect(),
        },
        columns: settings.columns.clone(),
    }
}

/// How many colours a terminal has, by what it and its terminfo are called: asking it takes a
/// round trip, and many do not answer.
fn depth(colorterm: Option<&str>, term: &str) -> Depth {
    match colorterm {
        Some("truecolor" | "24bit") => Depth::True,
        _ if term.ends_with("-direct") => Depth::True,
        Some(_) => Depth::Palette,
        None if term.contains("256color") => Depth::Palette,
        None => Depth::Sixteen,
    }
}

/// Whether signs are to be ASCII.
pub fn ascii(settings: &Settings, world: &World) -> bool {
    match settings.ascii {
        Ascii::Auto => !is_utf8(world),
        Ascii::Always => true,
        Ascii::Never => false,
    }
}

/// Whether the locale is UTF-8.
pub fn is_utf8(world: &World) -> bool {
    let set = |name| (world.variable)(name).filter(|value| !value.is_empty());
    // The first of these that is set decides, says POSIX.
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default().to_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// A path with `~` for the home folder.
pub(super) fn shown(path: Option<&Path>, world: &World) -> String {
    let path = path.unwrap_or(Path::new("config.toml"));
    let home = (world.variable)("HOME").filter(|home| !home.is_empty());
    match home.and_then(|home| path.strip_prefix(home).ok()) {
        Some(rest) => Path::new("~").join(rest).display().to_string(),
        None => path.display().to_string(),
    }
}

/// Sends what the program logs to a file that only its user can read. The program's own lines
/// only: what the HTTP libraries log at the finest level holds requests, and with them the secret.
pub fn log_to(path: &Path, world: &World) -> anyhow::Result<()> {
    let level = (world.variable)("VMAIL_LOG").unwrap_or_else(|| "info".to_owned());
    let level: LevelFilter = level
        .parse()
        .map_err(|_| Fault::usage(format!("VMAIL_LOG is {level}: use error, warn, info, debug or trace")))?;
    let file = private::options().create(true).append(true).open(path);
    let file = file.with_context(|| format!("{}: cannot log there", path.display()))?;
    let own = tracing_subscriber::filter::Targets::new().with_target("vmail", level);
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(Mutex::new(file));
    tracing_subscriber::registry().with(lines).with(own).init();
    Ok(())
}
