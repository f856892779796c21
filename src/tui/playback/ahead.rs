//! Fetching ahead what nobody waits for: the recordings on screen whose length is unknown, then unread ones.
//!
//! One at a time, slowly, and only while nothing else is fetched. What the server cannot deliver is not
//! requested again; a server that fails gets ever longer pauses.

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::core::facts::Flags;
use crate::core::model::{Sketch, VoicemailId};
use crate::core::prefetch::Prefetch;
use crate::core::search::Source as _;
use crate::recording::FetchError;
use crate::store::Row;
use crate::telecmi::ApiError;
use crate::tui::list::rows::{ListLine, RowKey};
use crate::tui::msg::{AccountEffect, AheadNews, Effect, Read};
use crate::tui::playback::Recording;
use crate::tui::state::State;

/// How long the list must rest first.
const REST: TimeDelta = TimeDelta::milliseconds(1_500);

/// The time from one request to the next: twenty a minute.
const PACE: TimeDelta = TimeDelta::seconds(3);

/// The first pause after the server failed. It doubles each time.
const PAUSE: Duration = Duration::from_secs(60);

/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(60 * 60);

/// After this many recordings in a row that could not be fetched, it is the server that fails.
const MISSES_MAX: u32 = 5;

/// How old a voicemail must be: the server publishes its recording a minute or so after the call.
const PUBLISHED: TimeDelta = TimeDelta::minutes(2);

/// The state of fetching ahead.
#[derive(Clone, Debug, Default)]
pub struct Ahead {
    /// When to look for the next recording.
    pub next: Option<DateTime<Utc>>,
    /// The recording being fetched.
    running: Option<RowKey>,
    /// When the last request was made.
    asked: Option<DateTime<Utc>>,
    /// The end of the pause.
    paused: Option<DateTime<Utc>>,
    /// How many pauses were made since a recording was fetched.
    pauses: u32,
    /// How many recordings in a row could not be fetched.
    misses: u32,
    /// The recordings that were fetched, or that the server did not deliver.
    tried: HashSet<VoicemailId>,
    /// The user has to log in, or the cache is full.
    stopped: bool,
}

impl Ahead {
    /// Returns what carries over to a new session of the same account, so that no bound depends on how often
    /// the settings are reloaded.
    #[must_use]
    pub fn handed_over(self) -> Ahead {
        Ahead { next: None, running: None, stopped: false, ..self }
    }

    fn pause(&mut self, now: DateTime<Utc>, asked_for: Duration) {
        let pause = PAUSE.saturating_mul(1 << self.pauses.min(6)).min(PAUSE_MAX).max(asked_for);
        self.pauses += 1;
        self.paused = Some(now + pause);
    }
}

/// Schedules the next look, once the list has rested.
pub(in crate::tui) fn schedule(state: &mut State) {
    schedule_at(state, state.now + REST);
}

fn schedule_at(state: &mut State, earliest: DateTime<Utc>) {
    let ahead = &mut state.playback.ahead;
    if state.setup.playback.prefetch != Prefetch::Visible || ahead.stopped || ahead.running.is_some() {
        return;
    }
    let paced = ahead.asked.map(|asked| asked + PACE);
    ahead.next = [Some(earliest), paced, ahead.paused].into_iter().flatten().max();
}

/// Requests the next recording, if it is time.
pub(in crate::tui) fn on_tick(state: &mut State, effects: &mut Vec<Effect>) {
    let now = state.now;
    if state.playback.ahead.next.take_if(|next| *next <= now).is_none() || is_busy(state) {
        // What keeps it waiting schedules the next look when it ends.
        return;
    }
    let Some(key) = candidate(state) else { return };
    let ahead = &mut state.playback.ahead;
    (ahead.running, ahead.asked) = (Some(key), Some(now));
    effects.push(Effect::Account(AccountEffect::FetchAhead(Some(key))));
}

/// Gives way to what the user waits for.
pub(in crate::tui) fn give_way(state: &mut State, effects: &mut Vec<Effect>) {
    if state.playback.ahead.running.take().is_some() {
        effects.push(Effect::Account(AccountEffect::FetchAhead(None)));
    }
}

/// Returns whether something else is fetched, or nothing can be.
fn is_busy(state: &State) -> bool {
    let (playback, sync) = (&state.playback, &state.sync);
    let fetches = playback.ahead.running.is_some() || !playback.wanted.is_empty() || sync.running.is_some();
    // Only after a sync has shown that the server can be reached.
    fetches || sync.last.is_none() || sync.failure.is_some() || sync.stopped
}

/// Returns the recording to fetch: of the rows on screen the nearest to the selected one, else the newest
/// unread one in the list.
fn candidate(state: &State) -> Option<RowKey> {
    let inbox = &state.inbox;
    let published = (state.now - PUBLISHED).timestamp_millis();
    let lacks = |row: &Row| {
        let known = state.playback.recordings.get(&row.id);
        row.flags.contains(Flags::RECORDING)
            && !row.sketch.is_known()
            && row.time <= published
            && matches!(known, None | Some(Recording::Coming { .. }))
            && !state.playback.ahead.tried.contains(&row.id)
    };
    let selected = inbox.selected_place().unwrap_or(0);
    let lines = inbox.top..inbox.top + usize::from(state.regions().list.height);
    let places = lines.filter_map(|line| match inbox.list.days.at(line)? {
        ListLine::Row(place) => Some(place),
        ListLine::Heading(_) => None,
    });
    let visible = places.filter(|place| inbox.at(*place).as_ref().is_some_and(lacks));
    if let Some(place) = visible.min_by_key(|place| place.abs_diff(selected)) {
        return inbox.at(place).map(|row| RowKey::of(&row));
    }
    let columns = inbox.rows.columns();
    let unread = |row: &usize| {
        let flags = columns.flags[*row];
        columns.lengths[*row] == 0 && flags.contains(Flags::RECORDING) && !flags.contains(Flags::READ)
    };
    let mut rows = (0..inbox.rows.len()).filter(unread).filter(|row| inbox.list.place(*row).is_some());
    rows.find_map(|row| inbox.rows.get(row).filter(lacks)).map(|row| RowKey::of(&row))
}

pub(in crate::tui) fn on_news(state: &mut State, key: RowKey, news: AheadNews, effects: &mut Vec<Effect>) {
    let now = state.now;
    let ahead = &mut state.playback.ahead;
    if ahead.running != Some(key) {
        // It had to give way.
        return;
    }
    ahead.running = None;
    match news {
        AheadNews::Here(sketch) => {
            (ahead.pauses, ahead.misses, ahead.paused) = (0, 0, None);
            ahead.tried.insert(key.id);
            show(state, key, sketch, effects);
        }
        AheadNews::Later => {}
        AheadNews::Full => ahead.stopped = true,
        AheadNews::Failed(error) => on_failure(ahead, now, key, &error),
    }
    schedule_at(state, now);
}

fn show(state: &mut State, key: RowKey, sketch: Option<Sketch>, effects: &mut Vec<Effect>) {
    if let Some(sketch) = sketch {
        state.inbox.rows.sketch(key, sketch);
    }
    if state.shown_details().is_some_and(|details| details.voicemail.id == key.id) {
        let what = Read::Details(key.id);
        effects.push(Effect::Account(AccountEffect::Read(state.lanes.next(what.lane()), what)));
    }
}

fn on_failure(ahead: &mut Ahead, now: DateTime<Utc>, key: RowKey, error: &FetchError) {
    ahead.misses += 1;
    let servers = match error {
        FetchError::Api(ApiError::NoSecret { .. } | ApiError::NotAuthenticated { .. })
        | FetchError::Disk { .. } => {
            ahead.stopped = true;
            return;
        }
        // It is not this recording that fails.
        FetchError::Api(ApiError::RateLimited { .. } | ApiError::Offline { .. }) => true,
        FetchError::Api(_) => {
            ahead.tried.insert(key.id);
            true
        }
        FetchError::NotReady | FetchError::TooLarge { .. } | FetchError::NotAudio { .. } => {
            ahead.tried.insert(key.id);
            ahead.misses.is_multiple_of(MISSES_MAX)
        }
    };
    if servers {
        let asked_for = match error {
            FetchError::Api(error) => error.retry_after().unwrap_or_default(),
            _ => Duration::ZERO,
        };
        ahead.pause(now, asked_for);
    }
}
