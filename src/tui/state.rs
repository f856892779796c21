//! The state of the screen. Plain data: only [`super::update`] changes it, and `view/` reads it.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use ratatui::layout::Size;

use crate::audio::Waveform;
use crate::config::Column;
use crate::core::model::{Span, VoicemailId};
use crate::core::prefetch::Prefetch;
use crate::core::range::Range;
use crate::core::search::Query;
use crate::core::triage::{StepId, Undo};
use crate::core::zone::Tz;
use crate::store::{Details, Row, StoreError};
use crate::sync::SyncError;
use crate::terminal::colours::Depth;
use crate::terminal::remote::RemoteEnv;
use crate::tui::field::Field;
use crate::tui::keymap::{KeyChord, Keymap};
use crate::tui::layout::{self, Regions};
use crate::tui::list::listing::{ListQuery, Listing};
use crate::tui::list::rows::{RowColumns, RowKey};
use crate::tui::msg::{Change, Direction, Lanes, Remembered, Reopen};
use crate::tui::overlay::Overlay;
use crate::tui::overlays::accounts::Choice;
use crate::tui::overlays::call::{CallConfig, Placing};
use crate::tui::overlays::elsewhere::Shared;
use crate::tui::overlays::help::Help;
use crate::tui::overlays::login::KnownAccount;
use crate::tui::overlays::palette::Action;
use crate::tui::playback::{Phase, Playback, PlaybackConfig, Queue, Recording};
use crate::tui::search_line::Filter;
use crate::tui::target::Target;
use crate::tui::theme::ThemeSettings;

/// Settings for the appearance of the screen.
#[derive(Clone, Debug)]
pub struct Look {
    /// Use ASCII signs only: the locale is not UTF-8, or the user asked for it.
    pub ascii: bool,
    /// Use no colours (`NO_COLOR`).
    pub plain: bool,
    /// The number of colours of the terminal.
    pub depth: Depth,
    /// The theme, and the user's changes to it.
    pub colours: ThemeSettings,
    /// The columns of the list.
    pub columns: Vec<Column>,
}

/// What a session starts with: what the settings say of one account. It stays the same until the session
/// ends.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The name of the account; `None` when there are no credentials yet.
    pub account: Option<String>,
    /// What is known of the account, for the login form.
    pub known: KnownAccount,
    /// The accounts in the settings.
    pub accounts: Vec<Choice>,
    /// The user's time zone, for all dates and times on screen.
    pub zone: Tz,
    /// The range at start.
    pub range: Range,
    /// How often to check for new voicemail; `None` for never.
    pub refresh: Option<Duration>,
    /// Settings for listening.
    pub playback: PlaybackConfig,
    /// The keymap.
    pub keymap: Keymap,
    /// The user's own views.
    pub views: Vec<OwnView>,
    /// Settings for calling back.
    pub call_config: CallConfig,
    /// Where vmail runs, as seen from the user's desk.
    pub env: RemoteEnv,
    /// Settings for the appearance.
    pub look: Look,
    /// The path of the settings file, shown on the screen without an account.
    pub config_path: String,
    /// A notice to show at start.
    pub note: Option<String>,
}

/// A view from the user's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnView {
    /// Its name.
    pub name: String,
    /// The query that selects its voicemails.
    pub query: Query,
    /// The key that opens it.
    pub key: KeyChord,
}

impl OwnView {
    /// Returns the custom view's line in the help.
    pub fn help(&self) -> String {
        format!("Show your view: {}", self.query)
    }
}

/// The whole state of the screen.
#[derive(Debug)]
pub struct State {
    /// What the session started with. Does not change.
    pub setup: Setup,
    /// The current time, as of the last message.
    pub now: DateTime<Utc>,
    /// The terminal's size.
    pub size: Size,
    /// The range on screen.
    pub range: Range,
    /// The list.
    pub inbox: Inbox,
    /// The detail pane.
    pub detail: Detail,
    /// The overlay that is open.
    pub overlay: Option<Overlay>,
    /// The help, above everything; an open overlay stays as it is.
    pub help: Option<Help>,
    /// Syncing with the server.
    pub sync: Sync,
    /// Recordings, and playback.
    pub playback: Playback,
    /// The call being placed.
    pub placing: Option<Placing>,
    /// When to look up caller names again, if the screen is awake then.
    pub names_due: Option<DateTime<Utc>>,
    /// What is shared with the user's own machine: the browser page, a file being sent.
    pub shared: Shared,
    /// Choices saved in an earlier session.
    pub remembered: Remembered,
    /// Changes that the store has not confirmed yet.
    pub pending: Vec<Change>,
    /// Where the login stored the secret, to be said in the next session.
    pub logged_in: Option<String>,
    /// The session to start once all pending changes are confirmed.
    pub next_session: Option<Reopen>,
    /// Steps to undo and redo.
    pub steps: Steps,
    /// The cursor in the store's log of changes.
    pub changes_to: Option<u64>,
    /// The search line.
    pub filter: Filter,
    /// What was on screen before a caller's history.
    pub before_history: Option<BeforeHistory>,
    /// Open the caller's history as soon as the details are loaded.
    pub awaits_history: bool,
    /// Notes that could not be saved, kept so that no text is lost.
    pub unsaved: HashMap<VoicemailId, String>,
    /// The last choices in the command palette, latest first.
    pub recent_choices: Vec<Action>,
    /// What the mouse button was pressed on, until it is released.
    pub grabbed: Option<Target>,
    /// The notice in the status line.
    pub notice: Option<Notice>,
    /// The latest ticket of each lane.
    pub lanes: Lanes,
}

/// The list of voicemails.
#[derive(Debug, Default)]
pub struct Inbox {
    /// The rows of the range, as far as they are loaded.
    pub rows: RowColumns,
    /// View, order and filter that the user asked for.
    pub query: ListQuery,
    /// The rows shown, with their day headings.
    pub list: Listing,
    /// The row under the cursor.
    pub selected: Option<RowKey>,
    /// The marked rows.
    pub marks: BTreeSet<RowKey>,
    /// The row where the last mark was set or cleared.
    pub mark_from: Option<RowKey>,
    /// The end of the list that the selection follows while rows arrive, until the next key.
    pub follows: Option<Follows>,
    /// The first line on screen.
    pub top: usize,
    /// Whether all rows are loaded.
    pub load: Load,
    /// The last row loaded.
    pub read_to: Option<RowKey>,
    /// Which texts are partly loaded.
    pub coming: Coming,
    /// All callers' texts are loaded: further rows can come without them.
    pub callers_read: bool,
    /// A sync was cancelled: the last rows it stored may be missing here.
    pub may_lack_rows: bool,
    /// The rows belong to another range: replace them by the next rows from the store.
    pub replace: bool,
    /// The time up to which the store has the whole range, in milliseconds since the epoch.
    pub complete_to: Option<i64>,
}

/// An end of the list that the selection follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Follows {
    /// The last row, rather than the first.
    pub last: bool,
    /// Mark the range from the last mark as well.
    pub marks: bool,
}

/// Texts that the store sends in parts. The first part replaces the earlier texts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Coming {
    /// Notes.
    pub notes: bool,
    /// Tags.
    pub tags: bool,
}

impl Inbox {
    /// Returns the row at a place of the list.
    pub fn at(&self, place: usize) -> Option<Row> {
        self.rows.get(self.list.row(place)?)
    }

    /// Returns the row with this key, even if it is hidden.
    pub fn find(&self, key: RowKey) -> Option<Row> {
        self.rows.get(self.rows.search(key).ok()?)
    }

    /// Returns the place of this row in the list.
    pub fn place(&self, key: RowKey) -> Option<usize> {
        self.list.place(self.rows.search(key).ok()?)
    }

    /// Returns the place of the selected row.
    pub fn selected_place(&self) -> Option<usize> {
        self.place(self.selected?)
    }

    /// Returns the selected row.
    pub fn selected_row(&self) -> Option<Row> {
        self.at(self.selected_place()?)
    }
}

/// The history for undo and redo. It lasts for one session.
#[derive(Debug, Default)]
pub struct Steps {
    /// Steps to undo, latest last.
    pub done: Vec<UndoStep>,
    /// Steps to redo, latest last.
    pub undone: Vec<UndoStep>,
    /// Steps asked for that wait for the store to confirm the one before.
    pub requested: VecDeque<Direction>,
    /// With nothing left to undo here, what was done elsewhere is being looked up.
    pub looks_elsewhere: bool,
    /// The change made elsewhere that can be undone next.
    pub offer: Option<Offer>,
}

/// One step back, as Esc takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WayBack {
    /// Leave the queue for the list. It goes on.
    Queue,
    /// Stop playing.
    Stop,
    /// Clear the highlight in the detail.
    Highlight,
    /// Clear the marks.
    Marks,
    /// Leave the detail.
    List,
    /// Clear the search.
    Search,
    /// Leave the caller's history.
    History,
    /// Stop fetching.
    Fetching,
}

impl WayBack {
    /// Returns the footer's hint for a step back. Fetching has none: it would come and go with every check.
    pub fn hint(self) -> &'static str {
        match self {
            WayBack::Queue | WayBack::List => "list",
            WayBack::Stop => "stop",
            WayBack::Highlight => "back",
            WayBack::Marks => "clear marks",
            WayBack::Search => "clear the search",
            WayBack::History => "leave the history",
            WayBack::Fetching => "",
        }
    }
}

/// What was on screen before a caller's history.
#[derive(Debug)]
pub struct BeforeHistory {
    /// The voicemail whose caller's history is shown.
    pub origin: VoicemailId,
    /// The range. Its sync continues meanwhile.
    pub range: Range,
    /// View, order and filter.
    pub query: ListQuery,
    /// The text of the search line.
    pub search: Field,
    /// The selected row.
    pub selected: Option<RowKey>,
}

/// One step to undo or redo, for one or many voicemails.
#[derive(Clone, Debug)]
pub struct UndoStep {
    /// A short description.
    pub name: String,
    /// The voicemails it changed.
    pub keys: Vec<RowKey>,
    /// The data that reverts it.
    pub undo: Undo,
    /// The number under which the store keeps it.
    pub step: Option<StepId>,
}

/// A change made elsewhere that the next key for undo undoes.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The step.
    pub step: UndoStep,
    /// When it was made, or the key was last pressed too early.
    pub shown: DateTime<Utc>,
    /// When the offer ends.
    pub until: DateTime<Utc>,
}

/// The progress of loading rows from the store.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Load {
    /// Rows are missing.
    #[default]
    Loading,
    /// All rows are loaded.
    Complete,
    /// Loading failed.
    Failed(StoreError),
}

/// The detail pane.
#[derive(Debug, Default)]
pub struct Detail {
    /// Whether it has the focus.
    pub focused: bool,
    /// Whether it covers the whole screen instead of the list.
    pub full: bool,
    /// Whether it covers the screen to go through the queue, and moves on with it.
    pub queue: bool,
    /// The loaded details. They may still belong to the voicemail selected before.
    pub loaded: Option<Box<Details>>,
    /// The stored waveform of its recording.
    pub waveform: Option<Waveform>,
    /// The index of the selected entry among the caller's other voicemails.
    pub marked: Option<usize>,
    /// How many lines are scrolled off the top.
    pub scroll: u16,
}

/// Syncing with the server.
#[derive(Clone, Debug, Default)]
pub struct Sync {
    /// The running sync.
    pub running: Option<Running>,
    /// When the last sync succeeded.
    pub last: Option<DateTime<Utc>>,
    /// Why the last sync failed.
    pub failure: Option<SyncError>,
    /// How many syncs in a row have failed.
    pub failures: u32,
    /// When to check for new voicemail next.
    pub next: Option<DateTime<Utc>>,
    /// How many rows from the server were skipped as unreadable.
    pub unreadable: usize,
    /// The user stopped the sync: part of the range may be missing.
    pub stopped: bool,
}

/// A running sync.
#[derive(Clone, Debug, Default)]
pub struct Running {
    /// Whether the user started it.
    pub by_hand: bool,
    /// Voicemails received.
    pub received: usize,
    /// The total according to the server.
    pub total: Option<u64>,
    /// Pages received.
    pub page: u32,
    /// The estimated number of pages.
    pub pages: Option<u32>,
    /// The retry that is due, if a request failed.
    pub retry: Option<Retry>,
    /// The time of the newest voicemail when the sync started, in milliseconds since the epoch. Newer ones
    /// count as new; once the range is complete, all do.
    pub newest_before: Option<i64>,
    /// How many voicemails were new.
    pub news: usize,
}

/// A failed request that will be retried.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// The number of the next attempt, from 2.
    pub try_number: usize,
    /// The maximum number of attempts.
    pub max_tries: usize,
    /// The time to wait until then.
    pub wait: Duration,
    /// Why it failed.
    pub why: String,
}

/// A message in the status line.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// What happened and what to do.
    pub text: String,
    /// An error: it stays until a key is pressed.
    pub fault: bool,
    /// When it disappears by itself.
    pub until: Option<DateTime<Utc>>,
}

impl State {
    /// Creates the state of the screen at the start of a session.
    pub fn new(setup: Setup, size: Size, now: DateTime<Utc>) -> State {
        State {
            now,
            size,
            range: setup.range,
            inbox: Inbox::default(),
            detail: Detail::default(),
            overlay: None,
            help: None,
            sync: Sync::default(),
            playback: Playback::new(setup.playback.settings),
            placing: None,
            names_due: None,
            shared: Shared::default(),
            remembered: Remembered::default(),
            pending: Vec::new(),
            logged_in: None,
            next_session: None,
            steps: Steps::default(),
            changes_to: None,
            filter: Filter::default(),
            before_history: None,
            awaits_history: false,
            unsaved: HashMap::new(),
            recent_choices: Vec::new(),
            grabbed: None,
            notice: setup.note.clone().map(|text| Notice { text, fault: true, until: None }),
            lanes: Lanes::default(),
            setup,
        }
    }

    /// Returns today's date in the user's time zone.
    pub fn today(&self) -> NaiveDate {
        self.now.with_timezone(&self.setup.zone).date_naive()
    }

    /// Returns the time span whose voicemails belong in the list.
    pub fn view_span(&self) -> Span {
        self.range.resolve(self.now, self.setup.zone).view()
    }

    /// Returns the details of the selected voicemail, if they are loaded.
    pub fn shown_details(&self) -> Option<&Details> {
        let id = self.inbox.selected?.id;
        self.detail.loaded.as_deref().filter(|details| details.voicemail.id == id)
    }

    /// Leaves a caller's history: restores range, view, filter and selection. Returns false if none was
    /// open. The rows are still those of the caller.
    pub fn end_history(&mut self) -> bool {
        let Some(before) = self.before_history.take() else { return false };
        self.range = before.range;
        self.inbox.query = before.query;
        self.inbox.selected = before.selected;
        self.filter.leave(before.search);
        true
    }

    /// Returns the next step back from where the user is.
    pub fn way_back(&self) -> Option<WayBack> {
        let ways = [
            (self.shows_queue(), WayBack::Queue),
            (self.playback.current.is_some(), WayBack::Stop),
            (self.detail.marked.is_some(), WayBack::Highlight),
            (!self.inbox.marks.is_empty(), WayBack::Marks),
            (self.detail.full || self.detail.focused, WayBack::List),
            (self.inbox.query.filter.is_some(), WayBack::Search),
            (self.before_history.is_some(), WayBack::History),
            (self.sync.running.is_some(), WayBack::Fetching),
        ];
        ways.into_iter().find(|(is_open, _)| *is_open).map(|(_, way)| way)
    }

    /// Returns whether logging in is what to do next: there is no account, or its secret is missing or was
    /// refused.
    pub fn needs_login(&self) -> bool {
        self.setup.account.is_none() || self.sync.failure.as_ref().is_some_and(SyncError::needs_login)
    }

    /// Returns the regions of the screen.
    pub fn regions(&self) -> Regions {
        layout::regions(self)
    }

    /// Returns the size of what dialogs may cover: the screen, or what is above the player line.
    pub fn above_player(&self) -> Size {
        let player = self.regions().player;
        Size { height: if player.height > 0 { player.y } else { self.size.height }, ..self.size }
    }

    /// Returns the size of what is above status and key hints as well, unless the screen is very low.
    pub fn above_keys(&self) -> Size {
        let above = self.above_player();
        let keys = if above.height == self.size.height && above.height >= 8 { 2 } else { 0 };
        Size { height: above.height - keys, ..above }
    }

    /// Returns the single-line text field open on screen, where the cursor is shown.
    pub fn open_field(&mut self) -> Option<&mut Field> {
        if let Some(help) = &mut self.help {
            return Some(&mut help.input);
        }
        match &mut self.overlay {
            Some(overlay) => overlay.field(),
            None => self.filter.open.then_some(&mut self.filter.input),
        }
    }

    /// Returns whether keys go to the detail pane.
    pub fn detail_focused(&self) -> bool {
        self.detail.full || self.detail.focused && self.regions().detail.is_some()
    }

    /// Returns whether the detail covers the screen to go through the queue: it shows the voicemail that the
    /// queue is at.
    pub fn shows_queue(&self) -> bool {
        let at = self.playback.queue.as_ref().and_then(Queue::current);
        self.detail.full && self.detail.queue && at.is_some() && self.inbox.selected == at
    }

    /// Returns when the next voicemail of the queue starts. While something is open above the queue, such as
    /// a note to the last voicemail, it waits.
    pub fn next_in_queue(&self) -> Option<DateTime<Utc>> {
        let busy = self.shows_queue() && (self.overlay.is_some() || self.help.is_some());
        self.playback.queue.as_ref().filter(|_| !busy).and_then(|queue| queue.next)
    }

    /// Returns the waveform of the selected voicemail, from its recording or from the store.
    pub fn shown_waveform(&self) -> Option<&Waveform> {
        let id = self.inbox.selected?.id;
        let seen_now = self.playback.waveform(id).map(Arc::as_ref);
        seen_now.or_else(|| self.shown_details().and(self.detail.waveform.as_ref()))
    }

    /// Returns when the screen has to change next without a message: a notice disappears, the server has to
    /// be checked, or a delayed action is due.
    pub fn wake_at(&self) -> Option<DateTime<Utc>> {
        let notice = self.notice.as_ref().and_then(|notice| notice.until);
        let refresh = self.sync.next.filter(|_| self.sync.running.is_none());
        let following = self.next_in_queue();
        let retry = self.next_retry().map(|next| {
            // The countdown on screen changes every second.
            let left = (next - self.now).num_milliseconds().max(0);
            self.now + TimeDelta::milliseconds((left - 1).rem_euclid(1_000) + 1)
        });
        let preset = match &self.overlay {
            Some(Overlay::Dates(dates)) => dates.typed.map(|(_, due)| due),
            _ => None,
        };
        let ahead = self.playback.ahead.next;
        [notice, refresh, self.playback.settles, ahead, following, retry, preset].into_iter().flatten().min()
    }

    /// Returns when to retry the recording of `key`, if the server did not have it yet and it is still
    /// needed.
    pub fn retry_of(&self, key: RowKey) -> Option<DateTime<Utc>> {
        let asks = self.setup.playback.prefetch != Prefetch::Off || self.playback.waiting() == Some(key);
        match self.playback.recordings.get(&key.id)? {
            Recording::NotReady { next, .. } if asks => Some(*next),
            _ => None,
        }
    }

    /// Returns when to retry the recording of the selected or the waiting voicemail.
    pub fn next_retry(&self) -> Option<DateTime<Utc>> {
        let keys = self.inbox.selected.into_iter().chain(self.playback.waiting());
        keys.filter_map(|key| self.retry_of(key)).min()
    }

    /// Returns whether a moving playhead is visible.
    pub fn playhead_is_shown(&self) -> bool {
        let playing = |key: RowKey| {
            let playback = self.playback.playback_of(key.id);
            playback.is_some_and(|playback| playback.phase == Phase::Playing)
        };
        let covered = self.help.is_some();
        self.inbox.selected.is_some_and(playing) && self.regions().detail.is_some() && !covered
    }
}
