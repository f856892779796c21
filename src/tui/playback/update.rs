//! Playback: plays, pauses, seeks; the queue, speed and volume.

use std::collections::VecDeque;
use std::time::Duration;

use crate::core::facts::Flags;
use crate::core::humanize;
use crate::player::Control;
use crate::player::{Event, PAUSE_BETWEEN, PlaybackSettings, next_speed};
use crate::recording::{FetchError, not_ready_wait};
use crate::store::Row;
use crate::tui::command::Command;
use crate::tui::list::changes::apply;
use crate::tui::list::moves::select_place;
use crate::tui::list::rows::RowKey;
use crate::tui::msg::{AccountEffect, Change, Effect, RecordingNews};
use crate::tui::overlay::Overlay;
use crate::tui::overlays::elsewhere::Delivery;
use crate::tui::overlays::elsewhere::update::{elsewhere, is_heard_here, offer, offer_selected, remember};
use crate::tui::playback::prefetch::want;
use crate::tui::playback::{NowPlaying, Phase, Queue, Recording, next_volume, unplayable};
use crate::tui::state::State;
use crate::tui::update::{fault, news};

/// The maximum length of the queue.
const QUEUE_MAX: usize = 1_000;

/// The interval of position updates while the playhead is on screen, and while only the status line shows
/// the time.
const PLAYHEAD: Duration = Duration::from_millis(50);
const TIME: Duration = Duration::from_millis(500);

/// Plays, pauses or resumes the selected voicemail.
pub(in crate::tui) fn play_pause(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(row) = state.inbox.selected_row() else { return };
    match state.playback.playback_of(row.id).map(|playback| playback.phase) {
        Some(Phase::Playing) => pause(state, true, effects),
        Some(Phase::Paused) => pause(state, false, effects),
        Some(Phase::Fetching | Phase::Starting) => stop(state, effects),
        None if !state.inbox.marks.is_empty() => play_marked(state, effects),
        None if elsewhere(state, &row, effects) => {}
        None => begin_alone(state, &row, effects),
    }
}

/// Pauses or resumes playback.
fn pause(state: &mut State, paused: bool, effects: &mut Vec<Effect>) {
    if let Some(playback) = &mut state.playback.current {
        playback.phase = if paused { Phase::Paused } else { Phase::Playing };
        effects.push(Effect::Account(AccountEffect::Control(Control::Pause(paused))));
    }
}

/// Plays `row` on this machine, even over ssh, and clears the queue.
pub(in crate::tui) fn begin_alone(state: &mut State, row: &Row, effects: &mut Vec<Effect>) {
    state.playback.queue = None;
    begin(state, row, effects);
}

/// Plays `row` as soon as its recording is on disk.
fn begin(state: &mut State, row: &Row, effects: &mut Vec<Effect>) {
    // A notice would hide the playback in the status line.
    state.notice.take_if(|notice| !notice.fault);
    let playback_state = &mut state.playback;
    if playback_state.current.as_ref().is_some_and(|playback| playback.phase != Phase::Fetching) {
        effects.push(Effect::Account(AccountEffect::Control(Control::Stop)));
    }
    playback_state.plays += 1;
    playback_state.current = Some(NowPlaying {
        number: playback_state.plays,
        key: RowKey::of(row),
        phase: Phase::Fetching,
        position: Duration::ZERO,
        length: Duration::from_millis(row.sketch.millis.into()),
        stopped: false,
    });
    match playback_state.recordings.get(&row.id) {
        Some(Recording::Here { waveform: Ok(_), .. }) => start(state, effects),
        Some(Recording::Here { waveform: Err(error), .. }) => {
            let why = unplayable(error, &state.setup.keymap);
            cannot(state, why, effects);
        }
        Some(Recording::Coming { .. }) | None => want(state, effects),
        // The user asks for it, so retry at once.
        Some(Recording::NotReady { .. } | Recording::Failed(_)) => {
            playback_state.recordings.remove(&row.id);
            playback_state.wanted.retain(|key| key.id != row.id);
            want(state, effects);
        }
    }
}

/// Starts the waiting playback: its recording is on disk.
fn start(state: &mut State, effects: &mut Vec<Effect>) {
    let playback_state = &mut state.playback;
    let Some(playback) = &mut playback_state.current else { return };
    let (key, id) = (playback.key, playback.key.id);
    if let Some(Recording::Here { waveform: Ok(waveform), .. }) = playback_state.recordings.get(&id) {
        playback.length = waveform.length();
    }
    playback.phase = Phase::Starting;
    let lost = playback_state.lost.take().filter(|(lost, _)| *lost == id);
    playback.position = lost.map_or(Duration::ZERO, |(_, position)| position);
    let (number, from, settings) = (playback.number, playback.position, playback_state.settings);
    effects.push(Effect::Account(AccountEffect::Play { number, key, from, settings }));
    want(state, effects);
}

/// Handles a waiting playback that cannot start: skips it in a queue, else shows why.
fn cannot(state: &mut State, why: String, effects: &mut Vec<Effect>) {
    state.playback.current = None;
    match &mut state.playback.queue {
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
    let Some(playback) = state.playback.current.take() else { return };
    state.playback.queue = None;
    if playback.phase == Phase::Fetching {
        want(state, effects);
    } else {
        effects.push(Effect::Account(AccountEffect::Control(Control::Stop)));
    }
}

/// Plays the marked voicemails, from the top of the list down.
fn play_marked(state: &mut State, effects: &mut Vec<Effect>) {
    let marks = &state.inbox.marks;
    let mut places: Vec<_> = marks.iter().filter_map(|key| Some((state.inbox.place(*key)?, *key))).collect();
    places.sort_unstable();
    let has_recording =
        |key: &RowKey| state.inbox.find(*key).is_some_and(|row| row.flags.contains(Flags::RECORDING));
    let rest = places.into_iter().map(|(_, key)| key).filter(has_recording).take(QUEUE_MAX).collect();
    play_queue(state, rest, "none of the marked voicemails has a recording", effects);
}

/// Plays the marked voicemails, or else all unread ones, from the selected one down and then from the top.
pub(in crate::tui) fn play_all(state: &mut State, effects: &mut Vec<Effect>) {
    if state.playback.queue.is_some() {
        return news(
            state,
            format!("already playing one after another: {} to stop", state.setup.keymap.named(Command::Back)),
        );
    }
    if !state.inbox.marks.is_empty() {
        return play_marked(state, effects);
    }
    let inbox = &state.inbox;
    let selected = inbox.selected_place().unwrap_or(0);
    let unread = (selected..inbox.list.len()).chain(0..selected).filter_map(|place| inbox.at(place));
    let rest = unread.filter(is_unread).map(|row| RowKey::of(&row)).take(QUEUE_MAX).collect();
    play_queue(state, rest, "no unread voicemails in this list", effects);
}

/// Plays these voicemails one after another, or says that there is `nothing` to play.
fn play_queue(state: &mut State, rest: VecDeque<RowKey>, nothing: &str, effects: &mut Vec<Effect>) {
    if rest.is_empty() {
        return news(state, nothing.to_owned());
    }
    if !is_heard_here(state) {
        return offer_selected(state);
    }
    state.playback.queue = Some(Queue { rest, ..Queue::default() });
    play_next(state, effects);
}

fn is_unread(row: &Row) -> bool {
    row.flags.contains(Flags::RECORDING) && !row.flags.contains(Flags::READ)
}

/// Plays the next voicemail of the queue, or shows a summary at its end. The selection follows, unless
/// the user has moved it.
pub(in crate::tui) fn play_next(state: &mut State, effects: &mut Vec<Effect>) {
    while let Some(queue) = &mut state.playback.queue {
        queue.next = None;
        let Some(key) = queue.rest.pop_front() else {
            let (heard, skipped) = (queue.heard, queue.skipped);
            state.playback.queue = None;
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
    let recordings = &mut state.playback.recordings;
    let waits = state
        .playback
        .current
        .as_ref()
        .is_some_and(|playback| playback.key.id == id && playback.phase == Phase::Fetching);
    match news {
        RecordingNews::Coming { received, total } => {
            recordings.insert(id, Recording::Coming { received, total });
            return;
        }
        RecordingNews::Here { bytes, format, waveform } => {
            if let Ok(waveform) = &waveform {
                state.inbox.rows.sketch(key, waveform.sketch());
            }
            let broken = waveform.as_ref().err().map(|error| unplayable(error, &state.setup.keymap));
            recordings.insert(id, Recording::Here { bytes, format, waveform });
            match broken {
                _ if !waits => {}
                None => return start(state, effects),
                Some(why) => cannot(state, why, effects),
            }
        }
        RecordingNews::Gone => {
            recordings.remove(&id);
            state.playback.wanted.retain(|wanted| wanted.id != id);
            if let Some(playback) = &mut state.playback.current
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
            state.playback.wanted.retain(|wanted| wanted.id != id);
            if waits && state.playback.queue.is_some() {
                cannot(state, FetchError::NotReady.to_string(), effects);
            }
        }
        RecordingNews::Failed(error) => {
            let why = error.to_string();
            recordings.insert(id, Recording::Failed(why.clone()));
            state.playback.wanted.retain(|wanted| wanted.id != id);
            if waits {
                cannot(state, why, effects);
            }
        }
    }
    want(state, effects);
}

pub(in crate::tui) fn on_player(state: &mut State, number: u64, event: Event, effects: &mut Vec<Effect>) {
    let Some(playback) = state.playback.current.as_mut().filter(|playback| playback.number == number) else {
        return;
    };
    match event {
        Event::Started => {
            if playback.phase == Phase::Starting {
                playback.phase = Phase::Playing;
            }
            remember(state, Delivery::Here, effects);
        }
        Event::Position(position) => playback.position = position,
        Event::Heard => {
            let key = playback.key;
            mark_heard(state, key, effects);
        }
        Event::Ended => {
            state.playback.current = None;
            if let Some(queue) = &mut state.playback.queue {
                queue.heard += 1;
                queue.next = Some(state.now + PAUSE_BETWEEN);
            }
        }
        Event::Failed(unavailable) => {
            let begun = playback.phase != Phase::Starting;
            let (key, id, position) = (playback.key, playback.key.id, playback.position);
            state.playback.current = None;
            state.playback.queue = None;
            // Also if it failed to start: then the position is the previous one.
            state.playback.lost = Some((id, position));
            match &state.overlay {
                _ if begun => {
                    let play = state.setup.keymap.named(Command::PlayPause);
                    fault(state, format!("Playback stopped: {unavailable}. Press {play} to resume."));
                }
                None | Some(Overlay::Elsewhere(_)) => offer(state, key, Some(unavailable)),
                // Do not replace the overlay: the user may be typing in it.
                Some(_) => {
                    let elsewhere = state.setup.keymap.named(Command::Elsewhere);
                    fault(state, format!("No sound: {unavailable}. Press {elsewhere} to listen elsewhere."));
                }
            }
        }
    }
}

/// Marks `key`, which was listened to, as read, unless it is.
pub(in crate::tui) fn mark_heard(state: &mut State, key: RowKey, effects: &mut Vec<Effect>) {
    let row = state.inbox.find(key);
    if row.is_none_or(|row| !row.flags.contains(Flags::READ)) {
        apply(state, Change::Heard(key), effects);
    }
}

/// Seeks in the playing voicemail by `millis`; back if negative.
pub(in crate::tui) fn seek(state: &mut State, millis: i64, effects: &mut Vec<Effect>) {
    control(state, Control::Step(millis), effects);
}

/// Sends `what` to the player if playback has begun.
pub(in crate::tui) fn control(state: &mut State, what: Control, effects: &mut Vec<Effect>) {
    let begun = |playback: &NowPlaying| playback.phase != Phase::Fetching;
    if state.playback.current.as_ref().is_some_and(begun) {
        effects.push(Effect::Account(AccountEffect::Control(what)));
    }
}

/// Plays faster or slower from now on.
pub(in crate::tui) fn change_speed(state: &mut State, faster: bool, effects: &mut Vec<Effect>) {
    let speed = next_speed(state.playback.settings.speed, faster);
    change_settings(state, effects, format!("speed {speed}×"), |settings| settings.speed = speed);
}

/// Plays louder or more quietly from now on.
pub(in crate::tui) fn change_volume(state: &mut State, louder: bool, effects: &mut Vec<Effect>) {
    let volume = next_volume(state.playback.settings.volume, louder);
    let said = format!("volume {}%", (volume * 100.0).round());
    change_settings(state, effects, said, |settings| settings.volume = volume);
}

/// Skips silence in playback from now on, or stops skipping it.
pub(in crate::tui) fn toggle_skip_silence(state: &mut State, effects: &mut Vec<Effect>) {
    let skips = !state.playback.settings.skip_silence;
    let said = if skips { "skip silence on" } else { "skip silence off" };
    change_settings(state, effects, said.to_owned(), |settings| settings.skip_silence = skips);
}

fn change_settings(
    state: &mut State,
    effects: &mut Vec<Effect>,
    said: String,
    change: impl FnOnce(&mut PlaybackSettings),
) {
    change(&mut state.playback.settings);
    let settings = state.playback.settings;
    news(state, said);
    control(state, Control::Settings(settings), effects);
}

/// Pauses playback while the program is suspended.
pub(in crate::tui) fn hold(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(playback) = &mut state.playback.current
        && playback.phase == Phase::Playing
    {
        playback.stopped = true;
        pause(state, true, effects);
    }
}

/// Resumes playback after [`hold`].
pub(in crate::tui) fn go_on(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(playback) = &mut state.playback.current
        && std::mem::take(&mut playback.stopped)
    {
        pause(state, false, effects);
    }
}

/// Sets how often the player reports its position: as often as the screen needs it.
pub(in crate::tui) fn watch(state: &mut State, effects: &mut Vec<Effect>) {
    let begun = |playback: &NowPlaying| playback.phase != Phase::Fetching;
    let step = match &state.playback.current {
        Some(playback) if begun(playback) => Some(if state.playhead_is_shown() { PLAYHEAD } else { TIME }),
        _ => None,
    };
    if step != state.playback.watch {
        state.playback.watch = step;
        effects.push(Effect::Account(AccountEffect::Control(Control::Watch(step))));
    }
}
