//! Panics. The program has no way to make one, so tests of this file are started in a terminal: those
//! named `in_a_terminal_…`.

use std::path::Path;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use vmail::account::Account;
use vmail::config::{Column, Notify};
use vmail::core::model::{AccountKey, Region};
use vmail::core::prefetch::Prefetch;
use vmail::core::range::Range;
use vmail::credentials::LazySecret;
use vmail::demo::{APP_ID, SECRET};
use vmail::player::{Outputs, PlaybackSettings};
use vmail::recording::Limits;
use vmail::secret::Secret;
use vmail::store::{self, Opened, Store, StoreHandle};
use vmail::telecmi::BaseUrl;
use vmail::terminal::colours::Depth;
use vmail::terminal::remote::RemoteEnv;
use vmail::terminal::ssh;
use vmail::tui::keymap::Keymap;
use vmail::tui::overlay::Overlay;
use vmail::tui::overlays::login::LoginHandler;
use vmail::tui::playback::PlaybackConfig;
use vmail::tui::runtime::{AudioDeps, Deps};
use vmail::tui::screen::{Draw, Options, Screen};
use vmail::tui::session::Session;
use vmail::tui::state::{Look, Setup, State};
use vmail::tui::theme::ThemeSettings;
use vmail::tui::view;

use crate::child::child;
use crate::harness::{Launch, Terminal, until};
use crate::world::{Home, Server};

/// Starts a test of this file in a terminal.
fn start(test: impl Fn()) -> Terminal {
    let (home, command) = (Home::new(), child(test));
    Launch::program(&home, Path::new(command.get_program()), command.get_args())
        .env("RUST_BACKTRACE", "0")
        .start()
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_speaks() {
    let terminal = start(in_a_terminal_it_panics);
    assert_ne!(terminal.end().exit_code(), 0);
    terminal.assert_given_back();
    terminal.look(|seen| assert!(seen.shows("a fault of ours"), "{}", seen.text()));
    // Line feeds that return to the margin: the message is not a staircase.
    assert!(terminal.text().lines().any(|line| line.starts_with("a fault of ours")), "{}", terminal.text());
}

#[test]
#[ignore = "another test runs it in a process of its own"]
fn in_a_terminal_it_panics() {
    let options = Options { mouse: true, notify: vec![Notify::Bell], ..Options::default() };
    let _screen = Screen::enter(&options).unwrap();
    panic!("a fault of ours");
}

#[test]
fn a_panic_that_the_store_survives_is_said_on_the_screen() {
    let mut terminal = start(in_a_terminal_the_store_panics);
    terminal.wait_for("a bug in vmail ended this request (no store today)");
    terminal.look(|seen| {
        assert!(seen.screen().alternate_screen(), "{}", seen.text());
        assert!(!seen.text().contains("panicked at"), "{}", seen.text());
    });
    // Raw mode is still on: the key comes without a line's end.
    terminal.send("q");
    assert_eq!(terminal.end().exit_code(), 0);
    terminal.assert_given_back();
}

#[test]
#[ignore = "another test runs it in a process of its own"]
fn in_a_terminal_the_store_panics() {
    let store = StoreHandle::spawn(|| {
        until("the screen", || crossterm::terminal::is_raw_mode_enabled().unwrap());
        panic!("no store today")
    });
    open_screen("http://127.0.0.1:9/v2", store);
}

#[test]
fn a_panic_in_a_job_is_said_and_the_job_can_be_started_again() {
    let mut terminal = start(in_a_terminal_a_sync_panics);
    for _ in 0..2 {
        terminal.wait_for("not up to date");
        terminal.look(|seen| assert!(seen.total().is_some_and(|total| total > 10), "{}", seen.text()));
        let again = terminal.look(|seen| seen.bytes.len());
        terminal.send("R");
        terminal.wait("a new sync", |seen| seen.bytes.len() > again);
    }
    terminal.wait_for("not up to date");
    terminal.send("q");
    assert_eq!(terminal.end().exit_code(), 0);
    terminal.assert_given_back();
}

#[test]
#[ignore = "another test runs it in a process of its own"]
fn in_a_terminal_a_sync_panics() {
    // The only thing of a job's that a test can put in: who listens to what it logs at its end.
    tracing_subscriber::registry().with(Accident).init();
    let server = Server::start();
    let options = store::Options { country: "IN".to_owned(), now: clock() };
    let store =
        StoreHandle::spawn(move || Ok(Opened { store: Store::in_memory(&options)?, notices: Vec::new() }));
    open_screen(server.url(), store);
}

#[test]
fn the_first_panic_in_drawing_saves_the_note_and_is_said() {
    let mut terminal = start(in_a_terminal_a_note_cannot_be_drawn);
    terminal.wait("the inbox", |seen| seen.total().is_some_and(|total| total > 10));
    terminal.send("mboom");
    terminal.wait_for("A bug in vmail: this could not be drawn (no such cell).");
    terminal.wait_for("note saved");
    // The dialog is closed, and keys work.
    terminal.look(|seen| assert!(seen.screen().alternate_screen(), "{}", seen.text()));
    terminal.send("u");
    terminal.wait_for("undo: note");
    // The second one ends the program.
    terminal.send("mboom");
    assert_eq!(terminal.end().exit_code(), 101);
    terminal.assert_given_back();
    terminal.look(|seen| assert!(seen.shows("no such cell"), "{}", seen.text()));
}

#[test]
#[ignore = "another test runs it in a process of its own"]
fn in_a_terminal_a_note_cannot_be_drawn() {
    let server = Server::start();
    let options = store::Options { country: "IN".to_owned(), now: clock() };
    let store =
        StoreHandle::spawn(move || Ok(Opened { store: Store::in_memory(&options)?, notices: Vec::new() }));
    let draw: Draw = |state: &State, buffer| {
        if let Some(Overlay::Note(note)) = &state.overlay {
            assert!(!note.field.text().contains("boom"), "no such cell");
        }
        view::draw(state, buffer)
    };
    open_screen_with(server.url(), store, draw);
}

struct Accident;

impl<S: tracing::Subscriber> Layer<S> for Accident {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        assert!(event.metadata().target() != "vmail::tui::runtime::jobs", "an accident");
    }
}

fn clock() -> DateTime<Utc> {
    SystemTime::now().into()
}

fn open_screen(url: &str, store: StoreHandle) {
    open_screen_with(url, store, view::draw);
}

fn open_screen_with(url: &str, store: StoreHandle, draw: Draw) {
    let setup = Setup {
        account: Some("1".to_owned()),
        known: vmail::tui::overlays::login::KnownAccount::default(),
        accounts: Vec::new(),
        zone: vmail::core::zone::Tz::UTC,
        range: Range::parse("7d").unwrap(),
        refresh: None,
        playback: PlaybackConfig {
            prefetch: Prefetch::Off,
            settings: PlaybackSettings::default(),
            follow: true,
        },
        keymap: Keymap::default(),
        views: Vec::new(),
        call_config: vmail::tui::overlays::call::CallConfig::default(),
        env: RemoteEnv {
            remote: false,
            server: ssh::Server::new(None, "meera", "web-1"),
            socket: None,
            transfer: None,
            home: None,
        },
        look: Look {
            ascii: false,
            plain: true,
            depth: Depth::Sixteen,
            colours: ThemeSettings::default(),
            columns: Column::USUAL.into(),
        },
        config_path: String::new(),
        note: None,
    };
    let secret = Secret::new(SECRET.to_owned());
    let account = Account {
        key: AccountKey::new(Region::Global, APP_ID, Some(url)),
        region: Region::Global,
        base_url: Some(BaseUrl::parse(url).unwrap()),
        app_id: APP_ID,
        secret: LazySecret::AtHand(secret),
    };
    let audio = AudioDeps {
        folder: std::env::temp_dir().join("vmail-test-never-made"),
        limits: Limits::default(),
        outputs: Outputs::default(),
        socket: None,
        heard_after: Duration::ZERO,
    };
    let work = Deps {
        account: Some(account),
        store,
        concurrency: 1,
        overlap: Duration::ZERO,
        audio,
        contacts: vmail::contacts::ContactFiles::default(),
        login: LoginHandler::new(|_| Box::pin(async { Err(String::new()) })),
    };
    let session = Session { setup, work, options: Options::default() };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(vmail::tui::run(session, |_| Err(String::new()), clock, draw)).unwrap();
    runtime.shutdown_background();
}
