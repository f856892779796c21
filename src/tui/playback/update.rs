//! Listening: playback, the queue, speed and volume.

use std::collections::VecDeque;
use std::time::Duration;

use chrono::TimeDelta;

use crate::core::humanize;
use crate::core::model::Flags;
use crate::player::Event;
use crate::player::Manner;
use crate::player::next_speed;
use crate::recording::{FetchError, not_ready_wait};
use crate::store::Row;
use crate::tui::command::Command;
use crate::tui::list::changes::apply;
use crate::tui::list::moves::select_place;
use crate::tui::list::rows::RowKey;
use crate::tui::msg::{Change, Control, Effect, RecordingNews};
use crate::tui::overlay::Overlay;
use crate::tui::overlays::elsewhere::Way;
use crate::tui::overlays::elsewhere::update::{elsewhere, is_heard_here, offer, offer_selected, remember};
use crate::tui::playback::prefetch::want;
use crate::tui::playback::{Phase, Playback, Queue, Recording, next_volume, unplayable};
use crate::tui::state::State;
use crate::tui::update::{fault, news};

/// The pause between two voicemails of the queue.
const GAP: TimeDelta = TimeDelta::milliseconds(700);

/// The maximum length of the queue.
const QUEUE_MAX: usize = 1_000;

/// The interval of position updates while the playhead is on screen, and while only the status line shows
/// the time.
const PLAYHEAD: Duration = Duration::from_millis(50);
const TIME: Duration = Duration::from_millis(500);

/// Plays, pauses or resumes the selected voicemail.
pub(in crate::tui) fn play_pause(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(row) = state.inbox.selected_row() else { return };
    match state.listening.playback_of(row.id).map(|playback| playback.phase) {
        Some(Phase::Playing) => pause(state, true, effects),
        Some(Phase::Paused) => pause(state, false, effects),
        Some(Phase::Fetching | Phase::Starting) => stop(state, effects),
        None if elsewhere(state, &row, effects) => {}
        None => begin_alone(state, &row, effects),
    }
}

/// Pauses or resumes playback.
fn pause(state: &mut State, paused: bool, effects: &mut Vec<Effect>) {
    if let Some(playback) = &mut state.listening.playback {
        playback.phase = if paused { Phase::Paused } else { Phase::Playing };
        effects.push(Effect::Control(Control::Pause(paused)));
    }
}

/// Plays `row` on this machine, even over ssh, and clears the queue.
pub(in crate::tui) fn begin_alone(state: &mut State, row: &Row, effects: &mut Vec<Effect>) {
    state.listening.queue = None;
    begin(state, row, effects);
}

/// Plays `row` as soon as its recording is on disk.
fn begin(state: &mut State, row: &Row, effects: &mut Vec<Effect>) {
    // A notice would hide the playback in the status line.
    state.notice.take_if(|notice| !notice.fault);
    let listening = &mut state.listening;
    if listening.playback.as_ref().is_some_and(|playback| playback.phase != Phase::Fetching) {
        effects.push(Effect::Control(Control::Stop));
    }
    listening.plays += 1;
    listening.playback = Some(Playback {
        number: listening.plays,
        key: RowKey::of(row),
        phase: Phase::Fetching,
        position: Duration::ZERO,
        length: Duration::from_millis(row.sketch.millis.into()),
        stopped: false,
    });
    match listening.recordings.get(&row.id) {
        Some(Recording::Here { looked: Ok(_), .. }) => start(state, effects),
        Some(Recording::Here { looked: Err(error), .. }) => {
            let why = unplayable(error, &state.keymap);
            cannot(state, why, effects);
        }
        Some(Recording::Coming { .. }) | None => want(state, effects),
        // The user asks for it, so retry at once.
        Some(Recording::NotReady { .. } | Recording::Failed(_)) => {
            listening.recordings.remove(&row.id);
            listening.wanted.retain(|key| key.id != row.id);
            want(state, effects);
        }
    }
}

/// Starts the waiting playback: its recording is on disk.
fn start(state: &mut State, effects: &mut Vec<Effect>) {
    let listening = &mut state.listening;
    let Some(playback) = &mut listening.playback else { return };
    let (key, id) = (playback.key, playback.key.id);
    if let Some(Recording::Here { looked: Ok(waveform), .. }) = listening.recordings.get(&id) {
        playback.length = waveform.length();
    }
    playback.phase = Phase::Starting;
    let lost = listening.lost.take().filter(|(lost, _)| *lost == id);
    playback.position = lost.map_or(Duration::ZERO, |(_, position)| position);
    let (number, from, manner) = (playback.number, playback.position, listening.manner);
    effects.push(Effect::Play { number, key, from, manner });
    want(state, effects);
}

/// Handles a waiting playback that cannot start: skips it in a queue, else shows why.
fn cannot(state: &mut State, why: String, effects: &mut Vec<Effect>) {
    state.listening.playback = None;
    match &mut state.listening.queue {
        Some(queue) => {
            queue.skipped += 1;
            queue.next = Some(state.now);
            play_next(state, effects);
        }
        None => fault(state, why),
    }
}

/// Stops playback and clears the queue.
pub(in crate::tui) fn stop(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(playback) = state.listening.playback.take() else { return };
    state.listening.queue = None;
    if playback.phase == Phase::Fetching {
        want(state, effects);
    } else {
        effects.push(Effect::Control(Control::Stop));
    }
}

/// Plays all unread voicemails, from the selected one down and then from the top.
pub(in crate::tui) fn play_all(state: &mut State, effects: &mut Vec<Effect>) {
    if state.listening.queue.is_some() {
        return news(
            state,
            format!("already playing all unread voicemails: {} to stop", state.keymap.named(Command::Back)),
        );
    }
    let inbox = &state.inbox;
    let selected = inbox.selected_place().unwrap_or(0);
    let unread = (selected..inbox.list.len()).chain(0..selected).filter_map(|place| inbox.at(place));
    let rest: VecDeque<_> = unread.filter(is_unread).map(|row| RowKey::of(&row)).take(QUEUE_MAX).collect();
    if rest.is_empty() {
        return news(state, "no unread voicemails in this list".to_owned());
    }
    if !is_heard_here(state) {
        return offer_selected(state);
    }
    state.listening.queue = Some(Queue { rest, ..Queue::default() });
    play_next(state, effects);
}

fn is_unread(row: &Row) -> bool {
    row.flags.contains(Flags::RECORDING) && !row.flags.contains(Flags::READ)
}

/// Plays the next voicemail of the queue, or shows a summary at its end. The selection follows, unless
/// the user has moved it.
pub(in crate::tui) fn play_next(state: &mut State, effects: &mut Vec<Effect>) {
    while let Some(queue) = &mut state.listening.queue {
        queue.next = None;
        let Some(key) = queue.rest.pop_front() else {
            let (heard, skipped) = (queue.heard, queue.skipped);
            state.listening.queue = None;
            let skipped = if skipped == 0 { String::new() } else { format!(", skipped {skipped}") };
            return news(state, format!("finished: played {}{skipped}", humanize::voicemails(heard as u64)));
        };
        // The range may have changed since.
        let Some(place) = state.inbox.place(key) else { continue };
        let Some(row) = state.inbox.at(place) else { continue };
        let latest = queue.latest.replace(key);
        if latest.is_none_or(|latest| state.inbox.selected == Some(latest)) {
            select_place(state, place, effects);
        }
        return begin(state, &row, effects);
    }
}

pub(in crate::tui) fn on_recording(
    state: &mut State,
    key: RowKey,
    news: RecordingNews,
    effects: &mut Vec<Effect>,
) {
    let (now, id) = (state.now, key.id);
    let recordings = &mut state.listening.recordings;
    let waits = state
        .listening
        .playback
        .as_ref()
        .is_some_and(|playback| playback.key.id == id && playback.phase == Phase::Fetching);
    match news {
        RecordingNews::Coming { got, of } => {
            recordings.insert(id, Recording::Coming { got, of });
            return;
        }
        RecordingNews::Here { bytes, looked } => {
            if let Ok(waveform) = &looked {
                state.inbox.rows.sketch(key, waveform.sketch());
            }
            let broken = looked.as_ref().err().map(|error| unplayable(error, &state.keymap));
            recordings.insert(id, Recording::Here { bytes, looked });
            match broken {
                _ if !waits => {}
                None => return start(state, effects),
                Some(why) => cannot(state, why, effects),
            }
        }
        RecordingNews::Gone => {
            recordings.remove(&id);
            state.listening.wanted.retain(|wanted| wanted.id != id);
            if let Some(playback) = &mut state.listening.playback
                && playback.key.id == id
            {
                playback.phase = Phase::Fetching;
            }
        }
        RecordingNews::Failed(FetchError::NotReady) => {
            let before = match recordings.get(&id) {
                Some(Recording::NotReady { tries, .. }) => *tries,
                _ => 0,
            };
            let tries = before + 1;
            let next = now + not_ready_wait(tries);
            recordings.insert(id, Recording::NotReady { tries, next });
            // Not wanted again until then.
            state.listening.wanted.retain(|wanted| wanted.id != id);
            if waits && state.listening.queue.is_some() {
                cannot(state, FetchError::NotReady.to_string(), effects);
            }
        }
        RecordingNews::Failed(error) => {
            let why = error.to_string();
            recordings.insert(id, Recording::Failed(why.clone()));
            state.listening.wanted.retain(|wanted| wanted.id != id);
            if waits {
                cannot(state, why, effects);
            }
        }
    }
    want(state, effects);
}

pub(in crate::tui) fn on_player(state: &mut State, number: u64, event: Event, effects: &mut Vec<Effect>) {
    let Some(playback) = state.listening.playback.as_mut().filter(|playback| playback.number == number)
    else {
        return;
    };
    match event {
        Event::Started => {
            if playback.phase == Phase::Starting {
                playback.phase = Phase::Playing;
            }
            remember(state, Way::Here, effects);
        }
        Event::Position(position) => playback.position = position,
        Event::Heard => {
            let key = playback.key;
            mark_heard(state, key, effects);
        }
        Event::Ended => {
            state.listening.playback = None;
            if let Some(queue) = &mut state.listening.queue {
                queue.heard += 1;
                queue.next = Some(state.now + GAP);
            }
        }
        Event::Failed(unavailable) => {
            let begun = playback.phase != Phase::Starting;
            let (key, id, position) = (playback.key, playback.key.id, playback.position);
            state.listening.playback = None;
            state.listening.queue = None;
            // Also if it failed to start: then the position is the previous one.
            state.listening.lost = Some((id, position));
            match &state.overlay {
                _ if begun => {
                    let play = state.keymap.named(Command::PlayPause);
                    fault(state, format!("Playback stopped: {unavailable}. Press {play} to resume."));
                }
                None | Some(Overlay::Ways(_)) => offer(state, key, Some(unavailable)),
                // Do not replace the overlay: the user may be typing in it.
                Some(_) => {
                    let ways = state.keymap.named(Command::Elsewhere);
                    fault(state, format!("No sound: {unavailable}. Press {ways} to listen elsewhere."));
                }
            }
        }
    }
}

/// Marks `key` as read, unless it is.
pub(in crate::tui) fn mark_heard(state: &mut State, key: RowKey, effects: &mut Vec<Effect>) {
    let row = state.inbox.find(key);
    if row.is_none_or(|row| !row.flags.contains(Flags::READ)) {
        apply(state, Change::Heard(key), effects);
    }
}

/// Seeks by `millis`; back if negative.
pub(in crate::tui) fn seek(state: &mut State, millis: i64, effects: &mut Vec<Effect>) {
    control(state, Control::Step(millis), effects);
}

/// Sends `what` to the player if playback has begun.
pub(in crate::tui) fn control(state: &mut State, what: Control, effects: &mut Vec<Effect>) {
    let begun = |playback: &Playback| playback.phase != Phase::Fetching;
    if state.listening.playback.as_ref().is_some_and(begun) {
        effects.push(Effect::Control(what));
    }
}

/// Plays faster, or slower.
pub(in crate::tui) fn change_speed(state: &mut State, faster: bool, effects: &mut Vec<Effect>) {
    let speed = next_speed(state.listening.manner.speed, faster);
    change_manner(state, effects, format!("speed {speed}×"), |manner| manner.speed = speed);
}

/// Plays louder, or more quietly.
pub(in crate::tui) fn change_volume(state: &mut State, louder: bool, effects: &mut Vec<Effect>) {
    let volume = next_volume(state.listening.manner.volume, louder);
    let said = format!("volume {}%", (volume * 100.0).round());
    change_manner(state, effects, said, |manner| manner.volume = volume);
}

/// Skips silence from now on, or stops skipping it.
pub(in crate::tui) fn toggle_skip_silence(state: &mut State, effects: &mut Vec<Effect>) {
    let skips = !state.listening.manner.skip_silence;
    let said = if skips { "skip silence on" } else { "skip silence off" };
    change_manner(state, effects, said.to_owned(), |manner| manner.skip_silence = skips);
}

fn change_manner(
    state: &mut State,
    effects: &mut Vec<Effect>,
    said: String,
    change: impl FnOnce(&mut Manner),
) {
    change(&mut state.listening.manner);
    let manner = state.listening.manner;
    news(state, said);
    control(state, Control::Manner(manner), effects);
}

/// Pauses playback while the program is suspended.
pub(in crate::tui) fn hold(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(playback) = &mut state.listening.playback
        && playback.phase == Phase::Playing
    {
        playback.stopped = true;
        pause(state, true, effects);
    }
}

/// Resumes playback after [`hold`].
pub(in crate::tui) fn go_on(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(playback) = &mut state.listening.playback
        && std::mem::take(&mut playback.stopped)
    {
        pause(state, false, effects);
    }
}

/// Sets how often the player reports its position: as often as the screen needs it.
pub(in crate::tui) fn watch(state: &mut State, effects: &mut Vec<Effect>) {
    let begun = |playback: &Playback| playback.phase != Phase::Fetching;
    let step = match &state.listening.playback {
        Some(playback) if begun(playback) => Some(if state.playhead_is_shown() { PLAYHEAD } else { TIME }),
        _ => None,
    };
    if step != state.listening.watch {
        state.listening.watch = step;
        effects.push(Effect::Control(Control::Watch(step)));
    }
}
