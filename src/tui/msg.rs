//! The whole vocabulary of the screen: read this first.
//!
//! Everything that happens becomes a [`Msg`]. [`super::update`] turns it into a changed state and
//! a list of [`Effect`]s. [`super::runtime`] turns an effect into work, and the work's end into a
//! [`Msg::Reply`]. Both are data: no closures, no futures, no locks.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use crossterm::event::{KeyEvent, MouseEvent};
use ratatui::layout::Size;

use crate::audio::{AudioError, Waveform};
use crate::contacts::Fault;
use crate::model::{Span, VoicemailId};
use crate::player::{self, Manner};
use crate::recording::FetchError;
use crate::store::{self, CallerId, Details, Row};
use crate::sync::{Progress, Summary, SyncError};
use crate::telecmi::{Call, CallError, CallPlaced};
use crate::triage::{Applied, CallerKey, Edit, Given, Note, Tag, Undo};
use crate::tui::copying::What;
use crate::tui::login::Key;
use crate::tui::rows::RowKey;
use crate::tui::tags::Known;
use crate::tui::ways::Way;
use crate::web::Closed;

/// Something happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// A key was pressed.
    Key(KeyEvent),
    /// The mouse was used (only when the setting `mouse` is on).
    Mouse(MouseEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has a new size.
    Resize(Size),
    /// Time went by: comes before every other message, and when the state asked to be woken.
    Tick(DateTime<Utc>),
    /// A job says something. Dropped at the head of `update` when the job is no longer wanted.
    Reply(Ticket, Reply),
    /// The store moved a damaged file aside, or works from memory: said to the user once.
    StoreNotice(store::Notice),
    /// Callers are written in another way now, for another default country.
    CallersChanged,
    /// What became of a recording that was asked for by [`Effect::Want`].
    Recording(RowKey, RecordingNews),
    /// What the player says of the play with that number.
    Player(u64, player::Event),
    /// How the page in the browser is that was asked for by [`Effect::OpenPage`].
    Page(RowKey, PageNews),
    /// The recording that was asked for by [`Effect::Send`], or why there is none.
    ToSend {
        /// The name for the terminal.
        name: String,
        /// The whole recording.
        file: Result<Bytes, FetchError>,
    },
    /// So much of a file was written to the terminal, in percent.
    Sending(u8),
    /// A change was written to the store, or could not be.
    Applied(Change, Result<Applied, store::StoreError>),
    /// Another process has written to the store.
    ChangedElsewhere,
    /// Names of callers, a part of them: in place of what was said of these before. An empty one is
    /// none.
    Names(Vec<(CallerId, String)>),
    /// What is wrong with the contact files, when that is not what was said of them before.
    ContactFaults(Vec<Fault>),
    /// What became of the call that was asked for by [`Effect::Call`].
    Called(Result<CallPlaced, CallError>),
    /// The command that was asked for by [`Effect::RunCommand`] runs well, or has failed: why. It may
    /// fail after it ran well for a while.
    CommandRan(Result<(), String>),
    /// What became of [`Effect::LogIn`]: where the secret is kept, or why it is not.
    Tried(Result<String, String>),
    /// What was asked for by [`Effect::Reopen`] cannot be: why.
    NotReopened(String),
    /// The terminal is gone, or a signal asks to end.
    Hangup,
    /// Another process asks to stop for now (SIGTSTP).
    Stop,
    /// It cannot stop: there is no shell that could continue it.
    NoShell,
    /// The process runs again after a stop (SIGCONT): the screen has to be drawn anew.
    Resumed,
}

/// What a job answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// Stored rows, a part of what was asked for. `more` when the store holds further ones.
    Rows {
        /// The rows.
        rows: store::Rows,
        /// Whether older ones are still to be read.
        more: bool,
        /// How far the asked range is known to be complete, in milliseconds since the epoch.
        complete_to: Option<i64>,
    },
    /// The text of callers, a part of what was asked for.
    Callers {
        /// In the order of their numbers.
        callers: Vec<(CallerId, String)>,
        /// Whether there are further ones.
        more: bool,
    },
    /// The store could not answer.
    ReadFailed(store::StoreError),
    /// Everything about one voicemail; `None` when the store no longer has it.
    Details(Option<Box<Details>>),
    /// What the range picker shows besides the calendar.
    Survey(Survey),
    /// The sync goes on.
    Sync(Progress),
    /// The sync ended.
    Synced(Result<Summary, SyncError>),
    /// How many voicemail the store holds in the range on screen.
    Counted(u64),
    /// How notes begin, a part of them, in the order of the voicemail.
    Notes {
        /// The first words of each.
        notes: Vec<(VoicemailId, String)>,
        /// Whether there are further ones.
        more: bool,
    },
    /// Tags of voicemail, a part of them, in the order of the voicemail.
    AllTags {
        /// All tags of each.
        tags: Vec<(VoicemailId, Vec<String>)>,
        /// Whether there are further ones.
        more: bool,
    },
    /// What any process has changed.
    Changes(store::Changed),
    /// What was chosen in the screen before.
    Remembered(Remembered),
    /// Where a recording was saved, or why it was not.
    Saved(Result<PathBuf, SaveTrouble>),
    /// The note of one voicemail; `None` where there is none.
    Note(Option<Note>),
    /// The tags of some voicemail, and those in use.
    Tagging(Known),
    /// What is to be copied; voicemail that the store no longer has are left out.
    Copy {
        /// Which part of it; `None` where the user is only asked.
        what: Option<What>,
        /// Everything about each.
        found: Vec<(Row, Box<Details>)>,
    },
}

/// What was chosen in the screen, for the next time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remembered {
    /// How recordings are heard over ssh.
    pub way: Option<Way>,
    /// The folder where one was saved last.
    pub folder: Option<PathBuf>,
}

/// How the page for the browser is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageNews {
    /// The recording is fetched and a port is looked for.
    Opening,
    /// It can be opened.
    Ready {
        /// Its address, with the word that lets one in.
        url: String,
        /// Its port on this machine.
        port: u16,
        /// A browser has opened it.
        opened: bool,
    },
    /// It is gone.
    Closed(Closed),
    /// It could not be made.
    Failed(String),
}

impl PageNews {
    /// Whether it is there, or will be.
    pub fn is_open(&self) -> bool {
        matches!(self, PageNews::Opening | PageNews::Ready { .. })
    }
}

/// Why a recording was not saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SaveTrouble {
    /// A file of that name is there, and nothing was said about replacing it.
    Exists,
    /// Something else: what, and what to do.
    Other(String),
}

/// How much voicemail some days brought, and what is known of a range.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// One number for each day asked for.
    pub per_day: Vec<u64>,
    /// How many voicemail the range holds in the store.
    pub stored: u64,
    /// How much of the range was not fetched yet, in milliseconds.
    pub missing: i64,
}

/// A question to the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// Rows of `span`, newest first, those after `after`: answered by [`Reply::Rows`].
    Rows {
        /// The range on screen.
        span: Span,
        /// The last row that is there already.
        after: Option<RowKey>,
        /// How many at the most.
        limit: usize,
        /// Without the callers' text.
        bare: bool,
    },
    /// The text of callers that come after this one: answered by [`Reply::Callers`].
    Callers {
        /// The last one that is there already.
        after: Option<CallerId>,
        /// How many at the most.
        limit: usize,
    },
    /// Every stored voicemail of the caller of this one: answered by [`Reply::Rows`].
    History(VoicemailId),
    /// Everything about one voicemail: answered by [`Reply::Details`].
    Details(VoicemailId),
    /// How much voicemail some days brought, and what of a range is missing: answered by
    /// [`Reply::Survey`].
    Survey {
        /// The calendar's days.
        days: Vec<Span>,
        /// The range as typed so far.
        span: Span,
    },
    /// How notes begin: answered by [`Reply::Notes`].
    Notes {
        /// The last one that is there already.
        after: Option<VoicemailId>,
    },
    /// Tags of all voicemail: answered by [`Reply::AllTags`].
    AllTags {
        /// The last voicemail whose tags are there already.
        after: Option<VoicemailId>,
    },
    /// What was changed since, and with nothing to begin at where to begin: answered by
    /// [`Reply::Changes`].
    Changes {
        /// How far the changes are known.
        since: Option<u64>,
    },
    /// What was chosen in the screen before: answered by [`Reply::Remembered`].
    Remembered,
    /// The note of one voicemail: answered by [`Reply::Note`].
    Note(VoicemailId),
    /// The tags of these, and those in use: answered by [`Reply::Tagging`].
    Tagging(Vec<VoicemailId>),
    /// Everything about these: answered by [`Reply::Copy`].
    Copy {
        /// The voicemail, as they stand in the list.
        rows: Vec<Row>,
        /// Which part is copied; `None` where the user is only asked.
        what: Option<What>,
    },
    /// How many voicemail the range on screen holds: did another process, or a job cut short, add
    /// any? Answered by [`Reply::Counted`].
    Count(Span),
}

/// How a recording comes along.
#[derive(Clone, Debug, PartialEq)]
pub enum RecordingNews {
    /// So many bytes are here, of so many.
    Coming {
        /// Bytes that are here.
        got: u64,
        /// How many there will be, where the server says it.
        of: Option<u64>,
    },
    /// It is on the disk.
    Here {
        /// How large it is.
        bytes: u64,
        /// What it looks like, or why it cannot be played.
        looked: Result<Arc<Waveform>, AudioError>,
    },
    /// It was on the disk and is there no longer.
    Gone,
    /// It could not be had.
    Failed(FetchError),
}

/// What the user does to voicemail. Written in order, never cancelled, and finished before the
/// program ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Done to these voicemail.
    Edit {
        /// The voicemail.
        keys: Vec<RowKey>,
        /// What is done.
        edit: Edit,
    },
    /// So much of it was played that it counts as heard. Not a step to undo.
    Heard(RowKey),
    /// A step is undone, or done again.
    Revert {
        /// What the step was.
        name: String,
        /// The voicemail it was about.
        keys: Vec<RowKey>,
        /// What puts it back.
        undo: Undo,
        /// It is done again.
        redo: bool,
    },
    /// A name is given to a caller, or taken away.
    Name {
        /// The caller.
        key: CallerKey,
        /// The name.
        name: Option<Given>,
    },
}

impl Change {
    /// The voicemail it is about.
    pub fn keys(&self) -> &[RowKey] {
        match self {
            Change::Edit { keys, .. } | Change::Revert { keys, .. } => keys,
            Change::Heard(key) => std::slice::from_ref(key),
            Change::Name { .. } => &[],
        }
    }

    /// What was done, in words.
    pub fn name(&self) -> String {
        let listed = |tags: &[Tag]| tags.iter().map(Tag::as_str).collect::<Vec<_>>().join(", ");
        let name = match self {
            Change::Edit { edit, .. } => match edit {
                Edit::Read(true) => "read",
                Edit::Read(false) => "unread",
                Edit::Star(true) => "starred",
                Edit::Star(false) => "star removed",
                Edit::Done(Some(_)) => "done",
                Edit::Done(None) => "not done",
                Edit::Called(Some(_)) => "called back",
                Edit::Called(None) => "not called back",
                Edit::Note(Some(_)) => "note saved",
                Edit::Note(None) => "note removed",
                Edit::Tag { add, remove } if remove.is_empty() => return format!("tagged {}", listed(add)),
                Edit::Tag { add, remove } if add.is_empty() => {
                    return format!("tag removed: {}", listed(remove));
                }
                Edit::Tag { add, remove } => {
                    return format!("tagged {}; removed: {}", listed(add), listed(remove));
                }
            },
            Change::Heard(_) => "heard",
            Change::Revert { name, .. } => name,
            Change::Name { name: Some(given), .. } => return format!("named {}", given.name()),
            Change::Name { name: None, .. } => "name removed",
        };
        name.to_owned()
    }
}

/// What is asked of what plays.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Control {
    /// Hold the sound, or let it go on.
    Pause(bool),
    /// Go there.
    Seek(Duration),
    /// Go so many milliseconds further, or back.
    Step(i64),
    /// Sound like this from now on.
    Manner(Manner),
    /// Say where it is each time it has moved so far; `None` for never.
    Watch(Option<Duration>),
    /// End.
    Stop,
}

/// Work to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Ask the store.
    Read(Ticket, Read),
    /// Fetch what is missing of a range.
    Sync {
        /// Answers go here.
        ticket: Ticket,
        /// The range.
        span: Span,
        /// Ask for all of it, whatever was fetched before.
        again: bool,
    },
    /// Fetch no further.
    StopSync,
    /// Have these recordings, the first one first, and no others: a transfer of one that is not
    /// among them ends. Answered by [`Msg::Recording`].
    Want(Vec<RowKey>),
    /// Play a recording that is on the disk. Answered by [`Msg::Player`].
    Play {
        /// The number of this play.
        number: u64,
        /// The voicemail.
        key: RowKey,
        /// Where to begin, in the recording's own time.
        from: Duration,
        /// How it sounds.
        manner: Manner,
    },
    /// Do this to what plays.
    Control(Control),
    /// Write what the user did. Answered by [`Msg::Applied`].
    Apply(Change),
    /// Look whether callers have other names: new callers, changed contact files. Answered by
    /// [`Msg::Names`] and [`Msg::ContactFaults`].
    Names {
        /// The callers that were looked at before as well: names were given or taken away.
        again: bool,
    },
    /// Have TeleCMI place a call: once, never cancelled, and waited for before the program ends.
    /// Answered by [`Msg::Called`].
    Call {
        /// The voicemail whose caller is called.
        key: RowKey,
        /// The call.
        call: Call,
    },
    /// Run the user's own program that calls. Answered by [`Msg::CommandRan`].
    RunCommand {
        /// The program and its arguments.
        command: Vec<String>,
    },
    /// Keep what was chosen.
    Remember(Remembered),
    /// Save a recording. Answered by [`Reply::Saved`].
    Save {
        /// The answer goes here.
        ticket: Ticket,
        /// The voicemail.
        key: RowKey,
        /// The file, or a folder that is there.
        path: PathBuf,
        /// The file's name in that folder.
        name: String,
        /// Replace a file that is there.
        overwrite: bool,
    },
    /// Serve a page for the user's own browser, in place of an earlier one. Answered by
    /// [`Msg::Page`].
    OpenPage {
        /// The voicemail.
        key: RowKey,
        /// Who called.
        caller: String,
        /// When, as it is to be read.
        time: String,
        /// The name under which the browser saves the recording.
        file_name: String,
    },
    /// Have the terminal ask its user whether it may take a file (kitty).
    AskTerminal,
    /// Read a recording to send it to the terminal. Answered by [`Msg::ToSend`].
    Send {
        /// The voicemail.
        key: RowKey,
        /// The name for the terminal.
        name: String,
    },
    /// Write a file to the terminal, a piece after each frame. Answered by [`Msg::Sending`].
    Transfer {
        /// The name for the terminal.
        name: String,
        /// The whole file.
        file: Bytes,
    },
    /// Put a text on the clipboard of the user's terminal.
    Copy(String),
    /// Tell the user outside the screen (bell, desktop notification), as the settings say.
    Notify(String),
    /// Give the terminal back and stop until the shell continues us.
    Suspend,
    /// Take the terminal again and draw everything anew.
    Redraw,
    /// Try app ID and secret, and keep them. Answered by [`Msg::Tried`].
    LogIn(Key),
    /// That is no longer wanted.
    StopLogIn,
    /// End this session and begin another one. Answered by [`Msg::NotReopened`] where that fails: then
    /// this one goes on.
    Reopen(Reopen),
    /// End.
    Quit,
}

/// One kind of work of which only the latest is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Reading the list.
    Rows,
    /// Reading one voicemail.
    Details,
    /// Counting for the range picker.
    Survey,
    /// Fetching.
    Sync,
    /// Counting for the list.
    Count,
    /// Reading notes.
    Notes,
    /// Reading all tags.
    AllTags,
    /// Reading what was changed.
    Changes,
    /// Reading what was chosen before.
    Remembered,
    /// Saving a recording.
    Save,
    /// Reading a note that is written.
    Note,
    /// Reading tags that are changed.
    Tagging,
    /// Reading what is copied.
    Copy,
}

impl Lane {
    /// How many lanes there are.
    pub const COUNT: usize = 13;
}

/// A job's number in its lane: an answer with an old number is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The kind of work.
    pub lane: Lane,
    /// Counts up.
    pub number: u32,
}

/// The newest ticket of each lane.
#[derive(Clone, Debug, Default)]
pub struct Lanes {
    numbers: [u32; Lane::COUNT],
}

impl Lanes {
    /// A ticket that makes all earlier ones of `lane` stale.
    pub fn next(&mut self, lane: Lane) -> Ticket {
        let number = &mut self.numbers[lane as usize];
        *number = number.wrapping_add(1);
        Ticket { lane, number: *number }
    }

    /// The newest ticket of `lane`.
    pub fn last(&self, lane: Lane) -> Ticket {
        Ticket { lane, number: self.numbers[lane as usize] }
    }

    /// Whether an answer with this ticket is still wanted.
    pub fn wants(&self, ticket: Ticket) -> bool {
        self.numbers[ticket.lane as usize] == ticket.number
    }
}

/// What the screen begins anew with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reopen {
    /// The settings as they are now.
    Settings,
    /// The account of that name in the settings.
    Account(String),
}
