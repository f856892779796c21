//! What the screen knows. Plain data: changed by [`super::update`] alone, read by `view/`.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use crossterm::event::KeyEvent;
use ratatui::layout::Size;

use crate::audio::Waveform;
use crate::config::Column;
use crate::model::{Span, VoicemailId};
use crate::range::Range;
use crate::recording::Prefetch;
use crate::search::Query;
use crate::store::{Details, Row, StoreError};
use crate::sync::SyncError;
use crate::triage::Undo;
use crate::tui::accounts::{Choice, Switching};
use crate::tui::calling::{CallBack, Means, Placing};
use crate::tui::command::{Command, Scope};
use crate::tui::copying::Copying;
use crate::tui::dates::{Dates, Part};
use crate::tui::field::Field;
use crate::tui::filter::Filter;
use crate::tui::help::Help;
use crate::tui::keymap::{KeyChord, Keymap};
use crate::tui::layout::{self, Regions};
use crate::tui::listening::{Habits, Listening, Phase, Recording};
use crate::tui::listing::{Listing, Wish};
use crate::tui::login::LoggingIn;
use crate::tui::msg::{Change, Lanes, Remembered, Reopen};
use crate::tui::note::Writing;
use crate::tui::palette::{Action, Palette};
use crate::tui::people::Naming;
use crate::tui::rows::{RowColumns, RowKey};
use crate::tui::tags::Tagging;
use crate::tui::theme::{Depth, Wanted};
use crate::tui::ways::{Save, Shared, Surroundings, Ways};

/// What the settings say about the screen.
#[derive(Clone, Debug)]
pub struct Look {
    /// Only ASCII signs: the locale is not UTF-8, or the user wants it so.
    pub ascii: bool,
    /// No colour at all (`NO_COLOR`).
    pub plain: bool,
    /// How many colours the terminal has.
    pub depth: Depth,
    /// Which colours the user wants.
    pub colours: Wanted,
    /// The columns of the list.
    pub columns: Vec<Column>,
}

/// What does not change while the screen is up.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The name of the account; `None` when there are no credentials yet.
    pub account: Option<String>,
    /// The accounts of the settings.
    pub accounts: Vec<Choice>,
    /// The user's zone: everything shown is in it.
    pub zone: Tz,
    /// The range at start.
    pub range: Range,
    /// How often to ask for new voicemail; `None` for never.
    pub refresh: Option<Duration>,
    /// What the settings say about listening.
    pub habits: Habits,
    /// What each key means.
    pub keymap: Keymap,
    /// Views of the user's own.
    pub views: Vec<OwnView>,
    /// What the settings say about calling back.
    pub means: Means,
    /// Where vmail runs, seen from where its user sits.
    pub surroundings: Surroundings,
    /// Signs and colours.
    pub look: Look,
    /// Where the settings are, for the screen without an account.
    pub config_path: String,
    /// Something the user should know at start.
    pub note: Option<String>,
}

/// A view of the user's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnView {
    /// Its name.
    pub name: String,
    /// What it shows.
    pub query: Query,
    /// The key that shows it.
    pub key: KeyChord,
}

impl OwnView {
    /// One line for the help.
    pub fn help(&self) -> String {
        format!("A view of your own: {}", self.query)
    }
}

/// Everything on screen.
#[derive(Debug)]
pub struct State {
    /// The present moment, as of the last message.
    pub now: DateTime<Utc>,
    /// The terminal's size.
    pub size: Size,
    /// The user's zone.
    pub zone: Tz,
    /// Signs and colours.
    pub look: Look,
    /// The name of the account, if there is one.
    pub account: Option<String>,
    /// The accounts of the settings.
    pub accounts: Vec<Choice>,
    /// Where the settings are.
    pub config_path: String,
    /// The range on screen.
    pub range: Range,
    /// The list.
    pub inbox: Inbox,
    /// The detail pane.
    pub detail: Detail,
    /// What stands above the inbox.
    pub overlay: Option<Overlay>,
    /// The help, which covers all of that; the overlay stays as it is meanwhile.
    pub help: Option<Help>,
    /// Fetching.
    pub sync: Sync,
    /// Recordings, and what plays.
    pub listening: Listening,
    /// Where vmail runs, seen from where its user sits.
    pub surroundings: Surroundings,
    /// Calling back.
    pub calling: Calling,
    /// When it is next to be looked whether callers have other names, if the screen is awake then.
    pub names_due: Option<DateTime<Utc>>,
    /// What is shared with the user's own machine.
    pub shared: Shared,
    /// What was chosen in the screen before.
    pub remembered: Remembered,
    /// What the user did and the store has not confirmed yet.
    pub pending: Vec<Change>,
    /// What the screen begins anew with, as soon as all of that is confirmed.
    pub next_session: Option<Reopen>,
    /// What can be undone and done again.
    pub steps: Steps,
    /// How far the changes of all processes are known.
    pub changes_to: Option<u64>,
    /// The search line.
    pub filter: Filter,
    /// Views of the user's own.
    pub views: Vec<OwnView>,
    /// What was on screen before a caller's history was.
    pub before_history: Option<BeforeHistory>,
    /// A history was asked for, and waits for what is known of its caller.
    pub awaits_history: bool,
    /// Notes that could not be written: what the user wrote must not be lost.
    pub unsaved: HashMap<VoicemailId, String>,
    /// What was chosen in the palette last.
    pub last_choice: Option<Action>,
    /// What is said in the status line for now.
    pub notice: Option<Notice>,
    /// What each key means.
    pub keymap: Keymap,
    /// The newest question of each kind.
    pub lanes: Lanes,
}

/// The list of voicemail.
#[derive(Debug, Default)]
pub struct Inbox {
    /// The rows of the range that were read so far.
    pub rows: RowColumns,
    /// What the list is to show of them.
    pub wish: Wish,
    /// What it shows.
    pub list: Listing,
    /// The row where the user is.
    pub selected: Option<RowKey>,
    /// The rows that the user marked.
    pub marks: BTreeSet<RowKey>,
    /// The row that was marked last, or unmarked.
    pub mark_from: Option<RowKey>,
    /// The first line on screen.
    pub top: usize,
    /// How far reading the store came.
    pub load: Load,
    /// How far the store was read.
    pub read_to: Option<RowKey>,
    /// Which texts have come in part.
    pub coming: Coming,
    /// The callers' texts are all there: rows can come without.
    pub callers_read: bool,
    /// A sync was cut short: what it stored last may not have reached the screen.
    pub unsure: bool,
    /// The rows are of another range: the next ones from the store take their place.
    pub replace: bool,
    /// How far the range is known to be complete, from the store.
    pub complete_to: Option<i64>,
}

/// What is read from the store in parts, and is not all here yet: the first part takes the place of
/// what was there before.
#[derive(Clone, Copy, Debug, Default)]
pub struct Coming {
    /// Notes.
    pub notes: bool,
    /// Tags.
    pub tags: bool,
}

impl Inbox {
    /// The row at a place of the list.
    pub fn at(&self, place: usize) -> Option<Row> {
        self.rows.get(self.list.row(place)?)
    }

    /// The row at `key`, shown or not.
    pub fn find(&self, key: RowKey) -> Option<Row> {
        self.rows.get(self.rows.search(key).ok()?)
    }

    /// Where the row at `key` is in the list.
    pub fn place(&self, key: RowKey) -> Option<usize> {
        self.list.place(self.rows.search(key).ok()?)
    }

    /// The place of the selected row.
    pub fn selected_place(&self) -> Option<usize> {
        self.place(self.selected?)
    }

    /// The selected row.
    pub fn selected_row(&self) -> Option<Row> {
        self.at(self.selected_place()?)
    }
}

/// What the user did in this session.
#[derive(Debug, Default)]
pub struct Steps {
    /// What can be undone, the latest last.
    pub done: Vec<Step>,
    /// What can be done again, the latest last.
    pub undone: Vec<Step>,
    /// What was asked for while the store had not confirmed the step before: undo, or do again.
    pub waiting: VecDeque<bool>,
}

/// What was on screen before a caller's history was.
#[derive(Debug)]
pub struct BeforeHistory {
    /// The voicemail whose caller it is about.
    pub of: VoicemailId,
    /// The range, which is fetched meanwhile.
    pub range: Range,
    /// What the list showed.
    pub wish: Wish,
    /// What was searched for.
    pub search: Field,
    /// The row where the user was.
    pub selected: Option<RowKey>,
}

/// One step, of one voicemail or of many.
#[derive(Clone, Debug)]
pub struct Step {
    /// What was done.
    pub name: String,
    /// The voicemail.
    pub keys: Vec<RowKey>,
    /// What takes it back.
    pub undo: Undo,
}

/// How far reading from the store came.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Load {
    /// Not all there yet.
    #[default]
    Loading,
    /// All there.
    Complete,
    /// It did not work.
    Failed(StoreError),
}

/// The detail pane.
#[derive(Debug, Default)]
pub struct Detail {
    /// It has the focus.
    pub focused: bool,
    /// It is shown in full, instead of the list.
    pub full: bool,
    /// What is known of the selected voicemail; may still be about the one selected before.
    pub loaded: Option<Box<Details>>,
    /// What its recording looks like, from the store.
    pub waveform: Option<Waveform>,
    /// Which of the caller's other voicemail is marked.
    pub marked: Option<usize>,
    /// How many lines are scrolled out at the top.
    pub scroll: u16,
}

/// What stands above the inbox.
#[derive(Debug)]
pub enum Overlay {
    /// The range picker.
    Dates(Box<Dates>),
    /// Ways to hear a recording elsewhere.
    Ways(Ways),
    /// Where to save a recording.
    Save(Box<Save>),
    /// The note of one voicemail.
    Note(Box<Writing>),
    /// Tags of some voicemail.
    Tags(Box<Tagging>),
    /// Every command.
    Palette(Box<Palette>),
    /// What can be copied.
    Copying(Copying),
    /// Whether to call back.
    CallBack(Box<CallBack>),
    /// A name for a caller.
    Naming(Box<Naming>),
    /// App ID and secret.
    LoggingIn(Box<LoggingIn>),
    /// Which account.
    Switching(Switching),
}

/// Calling back.
#[derive(Clone, Debug)]
pub struct Calling {
    /// What the settings say about it.
    pub means: Means,
    /// The call under way.
    pub placing: Option<Placing>,
}

/// Fetching from the server.
#[derive(Clone, Debug, Default)]
pub struct Sync {
    /// The job under way.
    pub running: Option<Running>,
    /// When the range was last asked for with success.
    pub last: Option<DateTime<Utc>>,
    /// Why the last try failed.
    pub failure: Option<SyncError>,
    /// When to ask again.
    pub next: Option<DateTime<Utc>>,
    /// How many rows could not be read.
    pub unreadable: usize,
    /// The user stopped it: part of the range may be missing.
    pub stopped: bool,
    /// How often to ask; `None` for never.
    pub refresh: Option<Duration>,
}

/// A job that fetches.
#[derive(Clone, Debug, Default)]
pub struct Running {
    /// The user asked for it.
    pub by_hand: bool,
    /// How many voicemail arrived.
    pub got: usize,
    /// How many the server says there are.
    pub of: Option<u64>,
    /// How many pages arrived.
    pub page: u32,
    /// How many pages there seem to be.
    pub pages: Option<u32>,
    /// A request is waiting to be tried again.
    pub retry: Option<Retry>,
    /// The newest voicemail on screen when the job began: what is newer is news, and anything is
    /// once the range was fetched to its end.
    pub newest_before: Option<i64>,
    /// How many were news.
    pub news: usize,
}

/// A request that failed and is tried again.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// The number of the coming try, from 2.
    pub try_number: usize,
    /// How many tries there are.
    pub of: usize,
    /// The time until then.
    pub wait: Duration,
    /// What went wrong.
    pub why: String,
}

/// One line for the user.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// What happened, and what to do.
    pub text: String,
    /// It is a fault: stays until a key.
    pub fault: bool,
    /// When it goes by itself.
    pub until: Option<DateTime<Utc>>,
}

impl State {
    /// The state at start.
    pub fn new(setup: Setup, size: Size, now: DateTime<Utc>) -> State {
        State {
            now,
            size,
            zone: setup.zone,
            look: setup.look,
            account: setup.account,
            accounts: setup.accounts,
            config_path: setup.config_path,
            range: setup.range,
            inbox: Inbox::default(),
            detail: Detail::default(),
            overlay: None,
            help: None,
            sync: Sync { refresh: setup.refresh, ..Sync::default() },
            listening: Listening::new(setup.habits),
            calling: Calling { means: setup.means, placing: None },
            names_due: None,
            surroundings: setup.surroundings,
            shared: Shared::default(),
            remembered: Remembered::default(),
            pending: Vec::new(),
            next_session: None,
            steps: Steps::default(),
            changes_to: None,
            filter: Filter::default(),
            views: setup.views,
            before_history: None,
            awaits_history: false,
            unsaved: HashMap::new(),
            last_choice: None,
            notice: setup.note.map(|text| Notice { text, fault: true, until: None }),
            keymap: setup.keymap,
            lanes: Lanes::default(),
        }
    }

    /// Today in the user's zone.
    pub fn today(&self) -> NaiveDate {
        self.now.with_timezone(&self.zone).date_naive()
    }

    /// The stretch of time whose voicemail belongs in the list.
    pub fn view_span(&self) -> Span {
        self.range.resolve(self.now, self.zone).view()
    }

    /// What is known of the selected voicemail, once it was read.
    pub fn shown_details(&self) -> Option<&Details> {
        let id = self.inbox.selected?.id;
        self.detail.loaded.as_deref().filter(|details| details.voicemail.id == id)
    }

    /// Ends a caller's history: range, view and search are those from before. Says whether there was
    /// one; the rows are still the caller's.
    pub fn end_history(&mut self) -> bool {
        let Some(before) = self.before_history.take() else { return false };
        self.range = before.range;
        self.inbox.wish = before.wish;
        self.inbox.selected = before.selected;
        self.filter.leave(before.search);
        true
    }

    /// Where everything stands.
    pub fn regions(&self) -> Regions {
        layout::regions(self)
    }

    /// Where a key is looked up, in this order. Focus is derived, never stored twice.
    pub fn scopes(&self) -> &'static [Scope] {
        if self.help.is_some() {
            return &[Scope::Help, Scope::Anywhere];
        }
        match &self.overlay {
            Some(Overlay::Ways(_)) => &[Scope::Ways, Scope::Anywhere],
            Some(Overlay::Save(_)) => &[Scope::Save, Scope::Anywhere],
            Some(Overlay::Note(writing)) if writing.asked => &[Scope::NoteLeft, Scope::Anywhere],
            Some(Overlay::Note(_)) => &[Scope::Note, Scope::Anywhere],
            Some(Overlay::Tags(_)) => &[Scope::Tags, Scope::Anywhere],
            Some(Overlay::Palette(_)) => &[Scope::Palette, Scope::Anywhere],
            Some(Overlay::Copying(_)) => &[Scope::Copying, Scope::Anywhere],
            Some(Overlay::CallBack(_)) => &[Scope::CallBack, Scope::Anywhere],
            Some(Overlay::Naming(_)) => &[Scope::Naming, Scope::Anywhere],
            Some(Overlay::LoggingIn(_)) => &[Scope::LoggingIn, Scope::Anywhere],
            Some(Overlay::Switching(_)) => &[Scope::Accounts, Scope::Anywhere],
            Some(Overlay::Dates(dates)) => match dates.part {
                Part::Presets => &[Scope::Presets, Scope::Dates, Scope::Anywhere],
                Part::Calendar => &[Scope::Calendar, Scope::Dates, Scope::Anywhere],
                Part::Text => &[Scope::Dates, Scope::Anywhere],
            },
            None if self.filter.open => &[Scope::Search, Scope::Anywhere],
            None if self.detail_focused() => &[Scope::Detail, Scope::Inbox, Scope::Anywhere],
            None => &[Scope::List, Scope::Inbox, Scope::Anywhere],
        }
    }

    /// Returns what `key` means now.
    pub fn command(&self, key: KeyEvent) -> Option<Command> {
        let command = self.keymap.command(self.scopes(), key)?;
        self.is_heard(command, KeyChord::of(key)).then_some(command)
    }

    /// Returns the first key of `command` that works now.
    pub fn key(&self, command: Command) -> Option<KeyChord> {
        self.keymap.keys(command).iter().copied().find(|key| self.is_heard(command, *key))
    }

    /// Whether `key` is not text now: a key that works everywhere gives way to typing. The help that
    /// nothing is typed into yet closes by the key that opened it.
    fn is_heard(&self, command: Command, key: KeyChord) -> bool {
        let typing = match &self.help {
            Some(help) => !help.input.value().is_empty(),
            None => self.scopes().first().is_some_and(|scope| scope.takes_text()),
        };
        !(typing && key.types() && command.entry().scope == Scope::Anywhere)
    }

    /// The text field of one line that is open: the one where the cursor is shown.
    pub fn open_field(&mut self) -> Option<&mut Field> {
        if let Some(help) = &mut self.help {
            return Some(&mut help.input);
        }
        match &mut self.overlay {
            None => self.filter.open.then_some(&mut self.filter.input),
            Some(Overlay::Dates(dates)) => Some(&mut dates.input),
            Some(Overlay::Save(dialog)) => Some(&mut dialog.input),
            Some(Overlay::Naming(naming)) => Some(&mut naming.input),
            Some(Overlay::Tags(tagging)) => Some(&mut tagging.input),
            Some(Overlay::Palette(palette)) => Some(&mut palette.input),
            Some(Overlay::LoggingIn(form)) => form.open_field(),
            Some(
                Overlay::Ways(_)
                | Overlay::Note(_)
                | Overlay::Copying(_)
                | Overlay::CallBack(_)
                | Overlay::Switching(_),
            ) => None,
        }
    }

    /// Whether keys go to the detail.
    pub fn detail_focused(&self) -> bool {
        self.detail.full || self.detail.focused && self.regions().detail.is_some()
    }

    /// The outline of the selected voicemail's recording, once it was looked at.
    pub fn shown_waveform(&self) -> Option<&Waveform> {
        let id = self.inbox.selected?.id;
        let seen_now = self.listening.waveform(id).map(Arc::as_ref);
        seen_now.or_else(|| self.shown_details().and(self.detail.waveform.as_ref()))
    }

    /// When the screen changes by itself next: a notice goes, the server is asked again, or
    /// something becomes due that was put off.
    pub fn wake_at(&self) -> Option<DateTime<Utc>> {
        let notice = self.notice.as_ref().and_then(|notice| notice.until);
        let refresh = self.sync.next.filter(|_| self.sync.running.is_none());
        let following = self.listening.queue.as_ref().and_then(|queue| queue.next);
        let retry = self.next_retry().map(|next| {
            // Counted down before the user's eyes, by the second.
            let left = (next - self.now).num_milliseconds().max(0);
            self.now + TimeDelta::milliseconds((left - 1).rem_euclid(1_000) + 1)
        });
        [notice, refresh, self.listening.settles, following, retry].into_iter().flatten().min()
    }

    /// The voicemail that plays as soon as its recording is here.
    pub fn waiting(&self) -> Option<RowKey> {
        let playback = self.listening.playback.as_ref();
        playback.filter(|playback| playback.phase == Phase::Fetching).map(|playback| playback.key)
    }

    /// When the recording of `key` is asked for again, if the server had none yet and somebody will ask.
    pub fn retry_of(&self, key: RowKey) -> Option<DateTime<Utc>> {
        let asks = self.listening.habits.prefetch != Prefetch::Off || self.waiting() == Some(key);
        match self.listening.recordings.get(&key.id)? {
            Recording::NotReady { next, .. } if asks => Some(*next),
            _ => None,
        }
    }

    /// When a recording is asked for again: the selected one, or the one that is to be played.
    pub fn next_retry(&self) -> Option<DateTime<Utc>> {
        let keys = self.inbox.selected.into_iter().chain(self.waiting());
        keys.filter_map(|key| self.retry_of(key)).min()
    }

    /// Whether the playhead of what plays is on screen.
    pub fn playhead_is_shown(&self) -> bool {
        let playing = |key: RowKey| {
            let playback = self.listening.playback_of(key.id);
            playback.is_some_and(|playback| playback.phase == Phase::Playing)
        };
        let covered = self.help.is_some();
        self.inbox.selected.is_some_and(playing) && self.regions().detail.is_some() && !covered
    }
}
