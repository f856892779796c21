//! Measures a key and a frame in an inbox of a hundred thousand and of a million voicemails. Run with
//! `cargo bench --bench screen`.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be set up has failed")]

use chrono::{DateTime, Utc};
use divan::Bencher;
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use vmail::config::Column;
use vmail::core::facts::Flags;
use vmail::core::model::CallerId;
use vmail::core::model::{Sketch, Span, VoicemailId};
use vmail::core::prefetch::Prefetch;
use vmail::core::range::Range;
use vmail::core::search::Source as _;
use vmail::player::PlaybackSettings;
use vmail::store::{Row, Rows};
use vmail::terminal::colours::Depth;
use vmail::terminal::remote::RemoteEnv;
use vmail::terminal::ssh::Server;
use vmail::tui::keymap::{KeyChord, Keymap};
use vmail::tui::list::rows::{Days, RowColumns};
use vmail::tui::msg::{Effect, Msg, Reply};
use vmail::tui::playback::PlaybackConfig;
use vmail::tui::state::{Look, Setup, State};
use vmail::tui::theme::ThemeSettings;
use vmail::tui::{update, view};

const SIZES: [usize; 2] = [100_000, 1_000_000];

/// The time between two voicemails, in milliseconds: five minutes.
const STEP: i64 = 300_000;

fn main() {
    divan::main();
}

fn now() -> DateTime<Utc> {
    "2026-11-23T06:34:30Z".parse().unwrap()
}

fn rows(count: usize) -> Rows {
    let newest = now().timestamp_millis();
    let row = |number: i64| Row {
        time: newest - number * STEP,
        id: VoicemailId::from_bits(number as u64),
        caller: CallerId(number as u32 % 1_000 + 1),
        flags: Flags::RECORDING,
        sketch: Sketch::default(),
    };
    Rows {
        rows: (0..count as i64).map(row).collect(),
        callers: (1..=1_000).map(|number| (CallerId(number), format!("+91 98765 {number:05}"))).collect(),
    }
}

fn inbox(count: usize) -> State {
    let setup = Setup {
        account: Some("1111113".into()),
        known: vmail::tui::overlays::login::KnownAccount::default(),
        accounts: Vec::new(),
        zone: "Asia/Kolkata".parse().unwrap(),
        range: Range::ALL,
        refresh: None,
        playback: PlaybackConfig {
            prefetch: Prefetch::Selected,
            settings: PlaybackSettings::default(),
            follow: true,
        },
        keymap: Keymap::default(),
        views: Vec::new(),
        call_config: vmail::tui::overlays::call::CallConfig::default(),
        env: RemoteEnv {
            remote: false,
            server: Server::new(None, "meera", "web-1"),
            socket: None,
            transfer: None,
            home: None,
        },
        look: Look {
            ascii: false,
            plain: false,
            depth: Depth::Palette,
            colours: ThemeSettings::default(),
            columns: Column::USUAL.into(),
        },
        config_path: String::new(),
        note: None,
    };
    let mut state = State::new(setup, Size::new(120, 40), now());
    for effect in update::start(&mut state) {
        if let Effect::Account(vmail::tui::msg::AccountEffect::Read(ticket, _)) = effect {
            let reply = Reply::Rows { rows: rows(count), more: false, complete_to: None };
            update::update(&mut state, Msg::Reply(ticket, reply));
        }
    }
    assert_eq!(state.inbox.rows.len(), count);
    state
}

#[divan::bench(args = SIZES)]
fn key_and_frame(bencher: Bencher, count: usize) {
    let mut state = inbox(count);
    let mut buffer = Buffer::empty(Rect::new(0, 0, 120, 40));
    let key = KeyChord::parse("j").unwrap().event();
    bencher.bench_local(|| {
        update::update(&mut state, Msg::Key(key));
        buffer.reset();
        view::draw(&state, &mut buffer);
    });
}

#[divan::bench(args = SIZES)]
fn a_page_of_new_rows(bencher: Bencher, count: usize) {
    let all = Span::from_millis(0, i64::MAX);
    let mut columns = RowColumns::default();
    columns.merge(&rows(count), all);
    let mut minute = 0;
    bencher.bench_local(|| {
        minute += 1;
        let row = |number: u64| Row {
            time: now().timestamp_millis() + minute * 60_000 + number as i64,
            id: VoicemailId::from_bits(number),
            caller: CallerId(1),
            flags: Flags::RECORDING,
            sketch: Sketch::default(),
        };
        let page = Rows { rows: (0..10).map(row).collect(), callers: Vec::new() };
        assert_eq!(columns.merge(&page, all), 10);
        Days::new(columns.len(), |row| columns.columns().times[row], "Asia/Kolkata".parse().unwrap())
    });
}

#[divan::bench(args = SIZES, sample_count = 10)]
fn reading_all_rows(bencher: Bencher, count: usize) {
    let rows = rows(count);
    bencher.bench_local(|| {
        let mut columns = RowColumns::default();
        columns.merge(&rows, Span::from_millis(i64::MIN, i64::MAX));
        columns
    });
}
