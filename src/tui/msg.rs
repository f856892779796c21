//! The messages, effects and jobs of the screen. Read this file first.
//!
//! Every event becomes a [`Msg`]. [`super::update`] applies it to the state and returns a list of
//! [`Effect`]s. [`super::runtime`] carries out each effect and sends the result back as another [`Msg`],
//! for example a [`Msg::Reply`]. Messages and effects are plain data: no closures, no futures, no locks.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use crossterm::event::{KeyEvent, MouseEvent};
use ratatui::layout::Size;

use crate::audio::{AudioError, AudioFormat, Waveform};
use crate::contacts::Fault;
use crate::core::facts::Fact;
use crate::core::model::{CallerId, Sketch, Span, VoicemailId};
use crate::core::triage::{Applied, CallerKey, Edit, Given, Note, StepId, Tag, Undo};
use crate::player::{self, Control, PlaybackSettings};
use crate::recording::FetchError;
use crate::store::{self, Details, Row};
use crate::sync::{Progress, Summary, SyncError};
use crate::telecmi::{Call, CallError, CallPlaced};
use crate::tui::list::rows::RowKey;
use crate::tui::overlays::copy::What;
use crate::tui::overlays::elsewhere::{Delivery, PageNews};
use crate::tui::overlays::login::LoginRequest;
use crate::tui::overlays::tags::Known;

/// An event that the screen reacts to.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// A key was pressed.
    Key(KeyEvent),
    /// The mouse moved or a button was pressed; only with the setting `mouse`.
    Mouse(MouseEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has a new size.
    Resize(Size),
    /// The current time: sent before each batch of messages, and at `State::wake_at`.
    Tick(DateTime<Utc>),
    /// A job answered. `update` drops the answer if the ticket is stale.
    Reply(Ticket, Reply),
    /// The store replaced a damaged file, or works in memory. Shown to the user once.
    StoreNotice(store::Notice),
    /// The default country changed, and all callers were formatted again.
    CallersChanged,
    /// News of a recording requested by [`AccountEffect::Prefetch`].
    Recording(RowKey, RecordingNews),
    /// What became of the recording of [`AccountEffect::FetchAhead`].
    Ahead(RowKey, AheadNews),
    /// An event from the player, with the number given in [`AccountEffect::Play`].
    Player(u64, player::Event),
    /// News of the browser page requested by [`AccountEffect::OpenPage`].
    Page(RowKey, PageNews),
    /// The recording requested by [`AccountEffect::Send`], or why it is not available.
    ToSend {
        /// The file name for the terminal.
        name: String,
        /// The whole recording.
        file: Result<Bytes, FetchError>,
    },
    /// Progress of [`TerminalEffect::Transfer`], in percent.
    Sending(u8),
    /// The result of [`AccountEffect::Apply`].
    Applied(Change, Result<Applied, store::StoreError>),
    /// Another process wrote to the store.
    ChangedElsewhere,
    /// Caller names, sent in parts. Each replaces the caller's previous name; an empty string removes it.
    Names(Vec<(CallerId, String)>),
    /// The current problems in the contact files; sent when they change.
    ContactFaults(Vec<Fault>),
    /// The result of [`AccountEffect::Call`].
    Called(Result<CallPlaced, CallError>),
    /// The command of [`AccountEffect::RunCommand`] is running, or why it failed. It can still fail after it was
    /// reported as running.
    CommandRan(Result<(), String>),
    /// The result of [`Effect::LogIn`]: where the secret was saved, or what went wrong.
    Tried(Result<String, String>),
    /// Why [`Effect::Reopen`] failed.
    NotReopened(String),
    /// Drawing panicked for the first time; what the panic said.
    NotDrawn(String),
    /// The terminal is gone, or a signal asks the program to end.
    Hangup,
    /// Another process asked the program to stop (SIGTSTP).
    Stop,
    /// The program did not stop: no shell could continue it.
    NoShell,
    /// The program continues after a stop (SIGCONT): draw the whole screen again.
    Resumed,
}

/// What a job answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// Rows for [`Read::Rows`] or [`Read::History`], sent in parts.
    Rows {
        /// The rows.
        rows: store::Rows,
        /// Whether older rows follow.
        more: bool,
        /// The time up to which the range is complete, in milliseconds since the epoch.
        complete_to: Option<i64>,
    },
    /// Display texts for [`Read::Callers`], sent in parts.
    Callers {
        /// ID and text, ordered by ID.
        callers: Vec<(CallerId, String)>,
        /// Whether more callers follow.
        more: bool,
    },
    /// The store failed to answer.
    ReadFailed(store::StoreError),
    /// Everything about one voicemail; `None` if the store no longer has it.
    Details(Option<Box<Details>>),
    /// Counts and coverage for the range picker.
    RangeSummary(RangeSummary),
    /// Progress of a sync.
    Sync(Progress),
    /// The sync ended, or failed.
    Synced(Result<Summary, SyncError>),
    /// The number of stored voicemails in the range on screen.
    Counted(u64),
    /// The last change made by any process, if it can be undone.
    LastStep(Option<Box<store::Step>>),
    /// Notes in one line each, sent in parts, ordered by voicemail ID.
    Notes {
        /// Voicemail ID and note.
        notes: Vec<(VoicemailId, String)>,
        /// Whether more notes follow.
        more: bool,
    },
    /// Tags of voicemails, sent in parts, ordered by voicemail ID.
    AllTags {
        /// Voicemail ID and all its tags.
        tags: Vec<(VoicemailId, Vec<String>)>,
        /// Whether more tags follow.
        more: bool,
    },
    /// Changes from the log, made by this process or another one.
    Changes(store::Changed),
    /// Choices saved in an earlier session.
    Remembered(Remembered),
    /// The path of the saved recording, or why it was not saved.
    Saved(Result<PathBuf, NotSaved>),
    /// Progress of [`AccountEffect::SaveAll`]: how many are saved or failed.
    SavingAll(usize),
    /// The result of [`AccountEffect::SaveAll`].
    SavedAll(SavedAll),
    /// The note of one voicemail; `None` if it has none.
    Note(Option<Note>),
    /// The tags of the requested voicemails, and all tags in use.
    Tagging(Known),
    /// Data to copy. Voicemails that the store no longer has are missing.
    Copy {
        /// The part to copy; `None` to let the user choose.
        what: Option<What>,
        /// Row and details of each voicemail.
        found: Vec<(Row, Box<Details>)>,
    },
}

/// Choices saved for the next session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remembered {
    /// How to listen over ssh.
    pub way: Option<Delivery>,
    /// The folder of the last saved recording.
    pub folder: Option<PathBuf>,
}

/// Why a recording was not saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotSaved {
    /// The file exists, and overwriting was not requested.
    Exists,
    /// Any other error: what happened and what to do.
    Other(String),
}

/// A recording to save in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileToSave {
    /// The voicemail.
    pub key: RowKey,
    /// The file name; its extension is replaced by that of the format.
    pub name: String,
    /// Whether to append the ID, because another recording has the name.
    pub apart: bool,
}

/// What became of several recordings that were to be saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SavedAll {
    /// The folder.
    pub folder: PathBuf,
    /// How many were written.
    pub saved: usize,
    /// How many were there already.
    pub present: usize,
    /// Those that failed, and why; in the order of the list.
    pub failed: Vec<(RowKey, String)>,
    /// Whether it was stopped: then others were not tried.
    pub stopped: bool,
}

/// Counts and coverage for the range picker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RangeSummary {
    /// Voicemails per requested day.
    pub per_day: Vec<u64>,
    /// Stored voicemails in the range.
    pub stored: u64,
    /// The part of the range that was not fetched yet, in milliseconds.
    pub missing: i64,
}

/// A query to the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// Rows of a range, newest first. Answered by [`Reply::Rows`].
    Rows {
        /// The range on screen.
        span: Span,
        /// The last row already loaded; `None` for the start.
        after: Option<RowKey>,
        /// The maximum number of rows.
        limit: usize,
        /// Omit the callers' texts.
        bare: bool,
    },
    /// The display texts of callers. Answered by [`Reply::Callers`].
    Callers {
        /// The last caller already loaded; `None` for the start.
        after: Option<CallerId>,
        /// The maximum number of callers.
        limit: usize,
    },
    /// All stored voicemails from the same caller. Answered by [`Reply::Rows`].
    History(VoicemailId),
    /// Everything about one voicemail. Answered by [`Reply::Details`].
    Details(VoicemailId),
    /// Counts per day and the coverage of a range. Answered by [`Reply::RangeSummary`].
    RangeSummary {
        /// The days of the calendar.
        days: Vec<Span>,
        /// The range entered so far.
        span: Span,
    },
    /// All notes. Answered by [`Reply::Notes`].
    Notes {
        /// The last note already loaded; `None` for the start.
        after: Option<VoicemailId>,
    },
    /// The tags of all voicemails. Answered by [`Reply::AllTags`].
    AllTags {
        /// The last voicemail already loaded; `None` for the start.
        after: Option<VoicemailId>,
    },
    /// Changes since a cursor. Answered by [`Reply::Changes`].
    Changes {
        /// The cursor; `None` to get the current one.
        since: Option<u64>,
    },
    /// Choices saved in an earlier session. Answered by [`Reply::Remembered`].
    Remembered,
    /// The note of one voicemail. Answered by [`Reply::Note`].
    Note(VoicemailId),
    /// The tags of these voicemails, and all tags in use. Answered by [`Reply::Tagging`].
    Tagging(Vec<VoicemailId>),
    /// Everything about these voicemails. Answered by [`Reply::Copy`].
    Copy {
        /// The voicemails, in list order.
        rows: Vec<Row>,
        /// The part to copy; `None` to let the user choose.
        what: Option<What>,
    },
    /// The number of stored voicemails in a range: shows whether another process, or a cancelled job, added
    /// any. Answered by [`Reply::Counted`].
    Count(Span),
    /// The last change made by any process, if it can be undone. Answered by [`Reply::LastStep`].
    LastStep {
        /// The time.
        now: DateTime<Utc>,
    },
}

impl Read {
    /// Returns the lane of the query to the store.
    pub fn lane(&self) -> Lane {
        match self {
            // All of them fill the list.
            Read::Rows { .. } | Read::Callers { .. } | Read::History(_) => Lane::Rows,
            Read::Details(_) => Lane::Details,
            Read::RangeSummary { .. } => Lane::RangeSummary,
            Read::Notes { .. } => Lane::Notes,
            Read::AllTags { .. } => Lane::AllTags,
            Read::Changes { .. } => Lane::Changes,
            Read::Remembered => Lane::Remembered,
            Read::Note(_) => Lane::Note,
            Read::Tagging(_) => Lane::Tagging,
            Read::Copy { .. } => Lane::Copy,
            Read::Count(_) => Lane::Count,
            Read::LastStep { .. } => Lane::LastStep,
        }
    }
}

/// Progress and state of a recording.
#[derive(Clone, Debug, PartialEq)]
pub enum RecordingNews {
    /// It is being fetched.
    Coming {
        /// Bytes received.
        received: u64,
        /// Total bytes, if the server sent the size.
        total: Option<u64>,
    },
    /// It is cached.
    Here {
        /// Its size in bytes.
        bytes: u64,
        /// Its format.
        format: AudioFormat,
        /// Its waveform, or why it cannot be played.
        waveform: Result<Arc<Waveform>, AudioError>,
    },
    /// It is no longer cached.
    Gone,
    /// It could not be fetched.
    Failed(FetchError),
}

/// What became of a recording that nobody waits for.
#[derive(Clone, Debug, PartialEq)]
pub enum AheadNews {
    /// It is cached; its summary, if it can be decoded.
    Here(Option<Sketch>),
    /// Something else is fetched at the moment: by the user, or by another window.
    Later,
    /// There is no room for it in the cache.
    Full,
    /// It could not be fetched.
    Failed(FetchError),
}

/// A change that the user makes. Changes are written in order, never cancelled, and finished before the
/// program ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// An edit of some voicemails.
    Edit {
        /// The voicemails.
        keys: Vec<RowKey>,
        /// The edit.
        edit: Edit,
    },
    /// Enough was played to mark the voicemail as read. Cannot be undone as a step.
    Heard(RowKey),
    /// A step to undo or redo.
    Revert {
        /// The name of the step.
        name: String,
        /// The voicemails it changed.
        keys: Vec<RowKey>,
        /// The data that reverts it.
        undo: Undo,
        /// Whether it is undone or redone.
        direction: Direction,
        /// The number under which the store keeps it.
        step: Option<StepId>,
    },
    /// The name of a caller.
    Name {
        /// The caller.
        key: CallerKey,
        /// The new name; `None` to remove it.
        name: Option<Given>,
    },
}

impl Change {
    /// Returns the voicemails that the change is about.
    pub fn keys(&self) -> &[RowKey] {
        match self {
            Change::Edit { keys, .. } | Change::Revert { keys, .. } => keys,
            Change::Heard(key) => std::slice::from_ref(key),
            Change::Name { .. } => &[],
        }
    }

    /// Describes the change in a few words, for notices.
    pub fn name(&self) -> String {
        let listed = |tags: &[Tag]| tags.iter().map(Tag::as_str).collect::<Vec<_>>().join(", ");
        let name = match self {
            Change::Edit { edit, .. } => match edit {
                Edit::Fact(fact, time) => fact.notice(time.is_some()),
                Edit::AddToNote(_) => "note added",
                Edit::Note(Some(_)) => "note saved",
                Edit::Note(None) => "note removed",
                Edit::Tag { add, remove } if remove.is_empty() => return format!("tagged {}", listed(add)),
                Edit::Tag { add, remove } if add.is_empty() => {
                    return format!("untagged {}", listed(remove));
                }
                Edit::Tag { add, remove } => {
                    return format!("tagged {}, untagged {}", listed(add), listed(remove));
                }
            },
            Change::Heard(_) => Fact::Read.notice(true),
            Change::Revert { name, .. } => name,
            Change::Name { name: Some(given), .. } => return format!("named {}", given.name()),
            Change::Name { name: None, .. } => "name removed",
        };
        name.to_owned()
    }
}

/// The direction of a step through the history of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Back to what was before a change.
    Undo,
    /// To what was before an undo.
    Redo,
}

impl Direction {
    /// Returns the verb, undo or redo, for notices.
    pub fn name(self) -> &'static str {
        match self {
            Direction::Undo => "undo",
            Direction::Redo => "redo",
        }
    }
}

/// What follows from a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Work for the terminal.
    Terminal(TerminalEffect),
    /// Work for the account on screen. Without an account there is none.
    Account(AccountEffect),
    /// Check app ID and secret with the server, and save them. Answered by [`Msg::Tried`].
    LogIn(LoginRequest),
    /// Cancel [`Effect::LogIn`].
    StopLogIn,
    /// End this session and start another one. On failure this session continues: [`Msg::NotReopened`].
    Reopen(Reopen),
    /// Quit the program.
    Quit,
}

/// Work for the terminal.
#[derive(Clone, Debug, PartialEq)]
pub enum TerminalEffect {
    /// Ask kitty for permission to send a file.
    AskTerminal,
    /// Write a file to the terminal, one piece after each frame. Answered by [`Msg::Sending`].
    Transfer {
        /// The file name for the terminal.
        name: String,
        /// The whole file.
        file: Bytes,
    },
    /// Copy a text to the clipboard of the user's terminal.
    Copy(String),
    /// Notify the user outside the screen (bell, desktop notification), as set in the settings.
    Notify(String),
    /// Release the terminal and stop until the shell continues the program.
    Suspend,
    /// Take the terminal again and draw the whole screen.
    Resume,
    /// Draw the whole screen: something else may have written on it.
    Redraw,
}

/// Work for the account on screen: its store, its server, its recordings.
#[derive(Clone, Debug, PartialEq)]
pub enum AccountEffect {
    /// Query the store. Answered by [`Msg::Reply`].
    Read(Ticket, Read),
    /// Fetch the missing parts of a range from the server. Answered by [`Reply::Sync`] and
    /// [`Reply::Synced`].
    Sync {
        /// The ticket for the answers.
        ticket: Ticket,
        /// The range.
        span: Span,
        /// Refresh: fetch the whole range, even the parts fetched before.
        again: bool,
    },
    /// Stop fetching.
    StopSync,
    /// Fetch these recordings in this order, and cancel the transfer of any other. Answered by
    /// [`Msg::Recording`].
    Prefetch(Vec<RowKey>),
    /// Fetch a recording that nobody waits for, and cancel the transfer of the one before. Answered by
    /// [`Msg::Ahead`], unless it is cancelled.
    FetchAhead(Option<RowKey>),
    /// Play a cached recording. Answered by [`Msg::Player`].
    Play {
        /// The number of this play, repeated in its events.
        number: u64,
        /// The voicemail.
        key: RowKey,
        /// The start position in the recording.
        from: Duration,
        /// Speed, volume, silence skipping and levelling.
        settings: PlaybackSettings,
    },
    /// Control the recording that plays.
    Control(Control),
    /// Write a change to the store. Answered by [`Msg::Applied`].
    Apply(Change),
    /// Look up caller names: new callers, changed contact files. Answered by [`Msg::Names`] and
    /// [`Msg::ContactFaults`].
    Names {
        /// Look up all callers again, because a name was given or removed.
        again: bool,
    },
    /// Place a call through TeleCMI: once, never cancelled, and finished before the program ends. Answered
    /// by [`Msg::Called`].
    Call {
        /// The voicemail whose caller is called back.
        key: RowKey,
        /// The call.
        call: Call,
    },
    /// Run the user's own call command. Answered by [`Msg::CommandRan`].
    RunCommand {
        /// The program and its arguments.
        command: Vec<String>,
    },
    /// Save choices for the next session.
    Remember(Remembered),
    /// Save a recording to a file. Answered by [`Reply::Saved`].
    Save {
        /// The ticket for the answer.
        ticket: Ticket,
        /// The voicemail.
        key: RowKey,
        /// The file, or an existing folder.
        path: PathBuf,
        /// The file name to use in a folder.
        name: String,
        /// Overwrite an existing file.
        overwrite: bool,
    },
    /// Save recordings in a folder, and overwrite nothing. Answered by [`Reply::SavingAll`] and
    /// [`Reply::SavedAll`].
    SaveAll {
        /// The ticket for the answers.
        ticket: Ticket,
        /// The recordings.
        files: Vec<FileToSave>,
        /// The folder.
        folder: PathBuf,
    },
    /// Stop [`AccountEffect::SaveAll`]: no file is left incomplete.
    StopSavingAll,
    /// Serve a recording as a page for the user's browser, replacing an earlier page. Answered by
    /// [`Msg::Page`].
    OpenPage {
        /// The voicemail.
        key: RowKey,
        /// Who called.
        caller: String,
        /// The time of the call, as shown on the page.
        time: String,
        /// The file name for saving from the browser.
        file_name: String,
    },
    /// Stop serving the page of [`AccountEffect::OpenPage`].
    ClosePage,
    /// Read a recording, to send it to the terminal. Answered by [`Msg::ToSend`].
    Send {
        /// The voicemail.
        key: RowKey,
        /// The file name for the terminal.
        name: String,
    },
}

/// Declares the lanes, so that their number follows from the list.
macro_rules! lanes {
    ($($(#[$doc:meta])* $lane:ident),* $(,)?) => {
        /// A kind of job. Only the latest job of each lane counts.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Lane {
            $($(#[$doc])* $lane,)*
        }

        impl Lane {
            /// The number of lanes.
            pub const COUNT: usize = [$(Lane::$lane),*].len();
        }
    };
}

lanes! {
    /// Load rows.
    Rows,
    /// Load the details of one voicemail.
    Details,
    /// Count for the range picker.
    RangeSummary,
    /// Sync with the server.
    Sync,
    /// Count for the list.
    Count,
    /// Load notes.
    Notes,
    /// Load all tags.
    AllTags,
    /// Load changes.
    Changes,
    /// Load saved choices.
    Remembered,
    /// Save a recording.
    Save,
    /// Save several recordings.
    SaveAll,
    /// Load the note to edit.
    Note,
    /// Load the tags to edit.
    Tagging,
    /// Load the data to copy.
    Copy,
    /// Load the last change.
    LastStep,
}

/// Identifies a job in its lane. Answers with an older number are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The lane.
    pub lane: Lane,
    /// Increases with each job.
    pub number: u32,
}

/// The latest ticket of each lane.
#[derive(Clone, Debug, Default)]
pub struct Lanes {
    numbers: [u32; Lane::COUNT],
}

impl Lanes {
    /// Returns a new ticket of `lane`, which makes all earlier ones stale.
    pub fn next(&mut self, lane: Lane) -> Ticket {
        let number = &mut self.numbers[lane as usize];
        *number = number.wrapping_add(1);
        Ticket { lane, number: *number }
    }

    /// Returns the latest ticket of `lane`.
    pub fn last(&self, lane: Lane) -> Ticket {
        Ticket { lane, number: self.numbers[lane as usize] }
    }

    /// Returns whether an answer with this ticket is still wanted.
    pub fn wants(&self, ticket: Ticket) -> bool {
        self.numbers[ticket.lane as usize] == ticket.number
    }
}

/// What the next session starts with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reopen {
    /// The reloaded settings.
    Settings,
    /// The account with this name in the settings.
    Account(String),
}
