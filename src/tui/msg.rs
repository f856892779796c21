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
use crate::model::{Flags, Span, VoicemailId};
use crate::player::{self, Manner};
use crate::recording::FetchError;
use crate::store::{self, CallerId, Details};
use crate::sync::{Progress, Summary, SyncError};
use crate::tui::rows::RowKey;
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
    Applied(Change, Result<(), store::StoreError>),
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
    /// How many voicemail the store holds in the range on screen; `None` when no other process
    /// wrote.
    Counted(Option<u64>),
    /// What was chosen in the screen before.
    Remembered(Remembered),
    /// Where a recording was saved, or why it was not.
    Saved(Result<PathBuf, SaveTrouble>),
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
    /// What was chosen in the screen before: answered by [`Reply::Remembered`].
    Remembered,
    /// How many voicemail `span` holds: did another process, or a job cut short, add any?
    /// Answered by [`Reply::Counted`].
    Count {
        /// The range on screen.
        span: Span,
        /// Only another process can have added any: no need to count when none wrote.
        if_changed: bool,
    },
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
    /// Flags are set and cleared.
    Flags {
        /// The voicemail.
        keys: Vec<RowKey>,
        /// What is set.
        set: Flags,
        /// What is cleared.
        clear: Flags,
    },
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
    /// Keep what was chosen.
    Remember(Remembered),
    /// Save a recording. Answered by [`Reply::Saved`].
    Save {
        /// The answer goes here.
        ticket: Ticket,
        /// The voicemail.
        key: RowKey,
        /// The file.
        path: PathBuf,
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
    /// Reading what was chosen before.
    Remembered,
    /// Saving a recording.
    Save,
}

impl Lane {
    /// How many lanes there are.
    pub const COUNT: usize = 7;
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
