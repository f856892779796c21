//! The whole vocabulary of the screen: read this first.
//!
//! Everything that happens becomes a [`Msg`]. [`super::update`] turns it into a changed state and
//! a list of [`Effect`]s. [`super::runtime`] turns an effect into work, and the work's end into a
//! [`Msg::Reply`]. Both are data: no closures, no futures, no locks.

use chrono::{DateTime, Utc};
use crossterm::event::{KeyEvent, MouseEvent};
use ratatui::layout::Size;

use crate::model::{Span, VoicemailId};
use crate::store::{self, CallerId, Details};
use crate::sync::{Progress, Summary, SyncError};
use crate::tui::rows::RowKey;

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
    /// How many voicemail `span` holds: did another process, or a job cut short, add any?
    /// Answered by [`Reply::Counted`].
    Count {
        /// The range on screen.
        span: Span,
        /// Only another process can have added any: no need to count when none wrote.
        if_changed: bool,
    },
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
}

impl Lane {
    /// How many lanes there are.
    pub const COUNT: usize = 5;
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

    /// Whether an answer with this ticket is still wanted.
    pub fn wants(&self, ticket: Ticket) -> bool {
        self.numbers[ticket.lane as usize] == ticket.number
    }
}
