//! The screen without a terminal: keys in, cells out. Everything is real but the network and the
//! clock: state, update, views, and a store in memory that answers at once.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::collections::{HashMap, VecDeque};
use std::fmt::Write as _;
use std::hash::Hasher as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use siphasher::sip::SipHasher13;
use vmail::audio::{AudioFormat, Waveform, decode};
use vmail::config::Column;
use vmail::core::model::{AccountKey, RecordingName, Region, Span, Voicemail, VoicemailId};
use vmail::core::prefetch::Prefetch;
use vmail::core::range::Range;
use vmail::player::{Event, PlaybackSettings};
use vmail::store::{self, Put, Store};
use vmail::sync::{Progress, Summary, SyncError};
use vmail::terminal::colours::Depth;
use vmail::terminal::remote::RemoteEnv;
use vmail::terminal::ssh::Server;
use vmail::tui::keymap::{KeyChord, Keymap};
use vmail::tui::list::rows::RowKey;
use vmail::tui::msg::{
    AccountEffect, Change, Effect, Lane, Msg, NotSaved, Read, RecordingNews, Remembered, Reply, Ticket,
};
use vmail::tui::overlays::accounts::Choice;
use vmail::tui::overlays::call::CallConfig;
use vmail::tui::overlays::login::KnownAccount;
use vmail::tui::playback::PlaybackConfig;
use vmail::tui::runtime::{answer, apply};
use vmail::tui::state::{Look, OwnView, Setup, State};
use vmail::tui::theme::ThemeSettings;
use vmail::tui::{update, view};

/// Mon 23 Nov 2026 12:04:30 in India.
pub fn now() -> DateTime<Utc> {
    "2026-11-23T06:34:30Z".parse().unwrap()
}

/// What a screen is opened with.
pub struct Opened {
    pub size: (u16, u16),
    pub account: Option<&'static str>,
    pub range: &'static str,
    pub look: Look,
    pub stored: Vec<Voicemail>,
    pub covered: Option<Span>,
    pub prefetch: Prefetch,
    /// The user came over ssh.
    pub remote: bool,
    pub keymap: Keymap,
    pub views: Vec<OwnView>,
    /// How to call back.
    pub call_config: CallConfig,
    pub accounts: Vec<Choice>,
}

fn env(remote: bool) -> RemoteEnv {
    RemoteEnv {
        remote,
        server: Server::new(Some("10.1.2.3 51000 10.0.0.7 22"), "meera", "web-1.example.in"),
        socket: Some("/run/user/1000/vmail-sound".into()),
        transfer: None,
        home: Some("/home/meera".into()),
    }
}

impl Default for Opened {
    fn default() -> Opened {
        Opened {
            size: (120, 40),
            account: Some("acme-support"),
            range: "7d",
            look: Look {
                ascii: false,
                plain: false,
                depth: Depth::Palette,
                colours: ThemeSettings::default(),
                columns: Column::USUAL.into(),
            },
            stored: Vec::new(),
            covered: None,
            prefetch: Prefetch::Off,
            remote: false,
            keymap: Keymap::default(),
            views: Vec::new(),
            call_config: CallConfig { country: "IN".to_owned(), ..CallConfig::default() },
            accounts: Vec::new(),
        }
    }
}

/// A screen that is driven by hand.
pub struct Screen {
    pub state: State,
    store: Store,
    key: AccountKey,
    /// What the update asked of the world and the harness did not carry out.
    pub effects: Vec<Effect>,
    /// Questions to the store that wait, when they are answered one by one.
    held: Option<VecDeque<(Ticket, Read)>>,
    changes_held: bool,
}

impl Screen {
    /// Opens the screen, which reads the store and asks the server.
    pub fn open(opened: Opened) -> Screen {
        Screen::start(opened, None)
    }

    /// The same with a store that answers only when it is told to: see [`Screen::answer_one`].
    pub fn open_held(opened: Opened) -> Screen {
        Screen::start(opened, Some(VecDeque::new()))
    }

    /// Lets the store answer the oldest question; says whether there was one.
    pub fn answer_one(&mut self) -> bool {
        let Some((ticket, what)) = self.held.as_mut().and_then(VecDeque::pop_front) else { return false };
        let reply = answer(&mut self.store, &self.key, &what).unwrap_or_else(Reply::ReadFailed);
        self.send(Msg::Reply(ticket, reply));
        true
    }

    /// What the store answers.
    pub fn ask(&mut self, what: &Read) -> Reply {
        answer(&mut self.store, &self.key, what).unwrap()
    }

    fn start(opened: Opened, held: Option<VecDeque<(Ticket, Read)>>) -> Screen {
        let options = store::Options { country: "IN".into(), now: now() };
        let mut store = Store::in_memory(&options).unwrap();
        let key = AccountKey::new(Region::Global, 1_111_113, None);
        let account = store.account(&key).unwrap();
        store.put_page(account, &opened.stored, opened.covered).unwrap();
        let (width, height) = opened.size;
        let setup = Setup {
            account: opened.account.map(str::to_owned),
            known: KnownAccount { app_id: opened.account.map(|_| 1_111_112), ..KnownAccount::default() },
            accounts: opened.accounts,
            zone: "Asia/Kolkata".parse().unwrap(),
            range: Range::parse(opened.range).unwrap(),
            refresh: Some(Duration::from_secs(60)),
            playback: PlaybackConfig {
                prefetch: opened.prefetch,
                settings: PlaybackSettings::default(),
                follow: true,
            },
            keymap: opened.keymap,
            views: opened.views,
            call_config: opened.call_config,
            env: env(opened.remote),
            look: opened.look,
            config_path: "~/.config/vmail/config.toml".into(),
            note: None,
        };
        let state = State::new(setup, Size::new(width, height), now());
        let mut screen = Screen { state, store, key, effects: Vec::new(), held, changes_held: false };
        let effects = update::start(&mut screen.state);
        screen.carry_out(effects);
        screen
    }

    /// Sends a message and answers what the store can answer.
    pub fn send(&mut self, msg: Msg) -> &mut Screen {
        let effects = update::update(&mut self.state, msg);
        self.carry_out(effects);
        self
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match (effect, &mut self.held) {
                (Effect::Account(AccountEffect::Read(ticket, what)), Some(held)) => {
                    held.push_back((ticket, what));
                }
                (Effect::Account(AccountEffect::Read(ticket, what)), None) => {
                    let reply = answer(&mut self.store, &self.key, &what).unwrap_or_else(Reply::ReadFailed);
                    self.send(Msg::Reply(ticket, reply));
                }
                (Effect::Account(AccountEffect::Apply(change)), _) if !self.changes_held => {
                    let written = apply(&mut self.store, &self.key, &change, self.state.now);
                    self.send(Msg::Applied(change, written));
                }
                (effect, _) => self.effects.push(effect),
            }
        }
    }

    /// Presses keys, written as in the help and separated by blanks.
    pub fn keys(&mut self, keys: &str) -> &mut Screen {
        for key in keys.split_whitespace() {
            let chord = KeyChord::parse(key).unwrap_or_else(|| panic!("{key} is no key"));
            self.send(Msg::Key(chord.event()));
        }
        self
    }

    /// Types text, blanks included.
    pub fn type_text(&mut self, text: &str) -> &mut Screen {
        for c in text.chars() {
            let key = if c == ' ' { "Space".to_owned() } else { c.to_string() };
            self.keys(&key);
        }
        self
    }

    /// Lets time go by.
    pub fn wait(&mut self, time: TimeDelta) -> &mut Screen {
        self.send(Msg::Tick(self.state.now + time))
    }

    /// The ticket of the sync that was asked for last.
    pub fn sync_ticket(&self) -> Ticket {
        let sync = |effect: &Effect| match effect {
            Effect::Account(AccountEffect::Sync { ticket, .. }) => Some(*ticket),
            _ => None,
        };
        self.effects.iter().rev().find_map(sync).expect("a sync was asked for")
    }

    /// A page arrives: it is stored, and the screen is told.
    pub fn page(
        &mut self,
        rows: &[Voicemail],
        received: usize,
        total: u64,
        page: u32,
        pages: u32,
    ) -> &mut Screen {
        let account = self.store.account(&self.key).unwrap();
        let Put { added } = self.store.put_page(account, rows, None).unwrap();
        let ticket = self.sync_ticket();
        let page =
            Progress::Page { added, received, total: Some(total), page, pages: Some(pages), unreadable: 0 };
        self.send(Msg::Reply(ticket, Reply::Sync(page)))
    }

    /// A request is going to be tried again.
    pub fn progress(&mut self, progress: Progress) -> &mut Screen {
        let ticket = self.sync_ticket();
        self.send(Msg::Reply(ticket, Reply::Sync(progress)))
    }

    /// The sync ends well.
    pub fn synced(&mut self) -> &mut Screen {
        self.ends(Ok(Summary { covered: true, asked_windows: 1, ..Summary::default() }))
    }

    /// The sync ends.
    pub fn ends(&mut self, result: Result<Summary, SyncError>) -> &mut Screen {
        let ticket = self.sync_ticket();
        assert_eq!(ticket.lane, Lane::Sync);
        self.send(Msg::Reply(ticket, Reply::Synced(result)))
    }

    /// The recording of `key` is on the disk: one of the demo's.
    pub fn recording(&mut self, key: RowKey, file: &str) -> &mut Screen {
        let (bytes, waveform) = recording(file);
        let format = if file.contains(".wav") { AudioFormat::Wav } else { AudioFormat::Mp3 };
        let news = RecordingNews::Here { bytes, format, waveform: Ok(Arc::new(waveform)) };
        self.send(Msg::Recording(key, news))
    }

    /// Every recording was waveform at before, and the list is read anew.
    pub fn sounds(&mut self) -> &mut Screen {
        const FILES: [&str; 5] = ["invoice.mp3", "delivery.mp3", "contract.mp3", "hello.mp3", "gate.mp3"];
        let account = self.store.account(&self.key).unwrap();
        let rows = &self.state.inbox.rows;
        let ids: Vec<_> = (0..rows.len()).map(|index| rows.get(index).unwrap().id).collect();
        for (id, file) in ids.iter().zip(FILES.iter().cycle()) {
            let (_, waveform) = recording(file);
            self.store.put_sound(account, *id, waveform.sketch(), &waveform.to_bytes()).unwrap();
        }
        self.send(Msg::CallersChanged)
    }

    /// The recordings of these voicemail were waveform at before, and the list is read anew.
    pub fn sounds_of(&mut self, files: &HashMap<VoicemailId, String>) -> &mut Screen {
        let account = self.store.account(&self.key).unwrap();
        let mut looks = HashMap::new();
        for (id, file) in files {
            let waveform = looks.entry(file).or_insert_with(|| recording(file).1);
            self.store.put_sound(account, *id, waveform.sketch(), &waveform.to_bytes()).unwrap();
        }
        self.send(Msg::CallersChanged)
    }

    /// The store, and the account in it.
    pub fn store(&mut self) -> (&mut Store, &AccountKey) {
        (&mut self.store, &self.key)
    }

    /// The number of the play that was asked for last.
    pub fn play_number(&self) -> u64 {
        self.state.playback.current.as_ref().expect("something plays").number
    }

    /// The player tells of the play that was asked for last.
    pub fn player(&mut self, event: Event) -> &mut Screen {
        self.send(Msg::Player(self.play_number(), event))
    }

    /// It was saved, or not.
    pub fn saved(&mut self, result: Result<PathBuf, NotSaved>) -> &mut Screen {
        let ticket = self.state.lanes.last(Lane::Save);
        self.send(Msg::Reply(ticket, Reply::Saved(result)))
    }

    /// What was chosen before is read.
    pub fn choose(&mut self, remembered: Remembered) -> &mut Screen {
        let ticket = self.state.lanes.last(Lane::Remembered);
        self.send(Msg::Reply(ticket, Reply::Remembered(remembered)))
    }

    /// Something is done that an overlay of its own would ask for.
    pub fn change(&mut self, change: Change) -> &mut Screen {
        let written = apply(&mut self.store, &self.key, &change, self.state.now);
        self.send(Msg::Applied(change, written))
    }

    /// Another process does something.
    pub fn elsewhere(&mut self, change: &Change) {
        apply(&mut self.store, &self.key, change, self.state.now).unwrap();
    }

    /// Another process stores what the server sent.
    pub fn store_elsewhere(&mut self, voicemail: &Voicemail) -> RowKey {
        let account = self.store.account(&self.key).unwrap();
        self.store.put_page(account, std::slice::from_ref(voicemail), None).unwrap();
        RowKey { time: voicemail.time.timestamp_millis(), id: voicemail.id }
    }

    /// What was held is written after all, and so is what follows.
    pub fn release_changes(&mut self) {
        self.changes_held = false;
        let held = |effect: &Effect| matches!(effect, Effect::Account(AccountEffect::Apply(_)));
        let effects = std::mem::take(&mut self.effects);
        let (held, others) = effects.into_iter().partition(held);
        self.effects = others;
        self.carry_out(held);
    }

    /// From now on changes are not written.
    pub fn hold_changes(&mut self) {
        self.changes_held = true;
    }

    /// Gives the window another size.
    pub fn resize(&mut self, width: u16, height: u16) -> &mut Screen {
        self.send(Msg::Resize(Size::new(width, height)))
    }

    /// Draws, and returns the cells.
    pub fn buffer(&mut self) -> Buffer {
        let Size { width, height } = self.state.size;
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        view::draw(&self.state, &mut buffer);
        buffer
    }

    /// The screen as text, without trailing blanks.
    pub fn text(&mut self) -> String {
        text_of(&self.buffer())
    }

    /// The screen as text, and a hash of every cell's style: a changed colour changes it.
    pub fn snapshot(&mut self) -> String {
        let buffer = self.buffer();
        Screen::looks(&buffer)
    }

    /// The same of what is open above the inbox, with the line of key hints.
    pub fn dialog(&mut self) -> String {
        let buffer = self.buffer();
        let corner = |symbol: &str| {
            let at = buffer.content.iter().position(|cell| cell.symbol() == symbol);
            buffer.pos_of(at.unwrap_or_else(|| panic!("no dialog is open:\n{}", text_of(&buffer))))
        };
        let ((left, top), (right, bottom)) = (corner("╭"), corner("╯"));
        let hints = buffer.area.height - 1;
        let rows = (top..=bottom).chain((hints > bottom).then_some(hints));
        let mut shown = Buffer::empty(Rect::new(0, 0, buffer.area.width, rows.clone().count() as u16));
        for (y, row) in rows.enumerate() {
            let columns = if row == hints && row > bottom { 0..=buffer.area.width - 1 } else { left..=right };
            for x in columns {
                shown[(x, y as u16)] = buffer[(x, row)].clone();
            }
        }
        Screen::looks(&shown)
    }

    fn looks(buffer: &Buffer) -> String {
        let mut hasher = SipHasher13::new();
        for cell in &buffer.content {
            hasher.write(format!("{:?}", cell.style()).as_bytes());
        }
        format!("{}\nstyles: {:016x}\n", text_of(buffer), hasher.finish())
    }
}

/// One of the demo's recordings: its size in bytes, and what it looks like.
fn recording(file: &str) -> (u64, Waveform) {
    let path = format!("{}/assets/demo/{file}", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(path).unwrap();
    (bytes.len() as u64, Waveform::new(&decode(&bytes).unwrap()))
}

fn text_of(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let line: String = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect();
        writeln!(text, "{}", line.trim_end()).unwrap();
    }
    text
}

/// A voicemail left at `time` (RFC 3339) by `caller`.
pub fn voicemail(time: &str, caller: &str) -> Voicemail {
    let time: DateTime<Utc> = time.parse().unwrap();
    let name = format!("{}37436692948_{caller}.mp3", time.timestamp());
    Voicemail::new(time, caller, Some(RecordingName::new(name)))
}

/// A week of a small firm's voicemail.
pub fn week() -> Vec<Voicemail> {
    [
        ("2026-11-23T11:42:08+05:30", "919876543210"),
        ("2026-11-23T10:05:41+05:30", "9845012345"),
        ("2026-11-23T09:31:00+05:30", ""),
        ("2026-11-23T08:50:12+05:30", "JD-ACMEBK"),
        ("2026-11-22T19:12:33+05:30", "9811100042"),
        ("2026-11-22T18:40:02+05:30", "919876543210"),
        ("2026-11-22T12:02:55+05:30", "442079460018"),
        ("2026-11-20T17:58:10+05:30", "918041122000"),
        ("2026-11-20T16:20:48+05:30", "9876500001"),
        ("2026-11-20T15:01:19+05:30", "9811100042"),
        ("2026-11-20T11:11:11+05:30", "JD-ACMEBK"),
        ("2026-11-20T09:47:30+05:30", "9987065432"),
        ("2026-11-19T20:30:00+05:30", "9876500002"),
        ("2026-11-19T16:20:15+05:30", "9876543210"),
        ("2026-11-19T10:15:37+05:30", "9845012345"),
        ("2026-11-18T18:04:22+05:30", "9876500001"),
        ("2026-11-18T09:00:05+05:30", "914428117000"),
        ("2026-11-17T14:02:44+05:30", "9876500002"),
        ("2026-11-17T07:55:51+05:30", ""),
    ]
    .map(|(time, caller)| voicemail(time, caller))
    .into()
}
