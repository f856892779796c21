//! Playback: plays, pauses, seeks; the queue, speed and volume.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::core::facts::{Fact, Flags};
use crate::core::humanize;
use crate::player::Control;
use crate::player::{Event, PAUSE_BETWEEN, PlaybackSettings, next_speed};
use crate::recording::{FetchError, not_ready_wait};
use crate::store::Row;
use crate::tui::command::Command;
use crate::tui::detail::update::show_full;
use crate::tui::list::changes::apply;
use crate::tui::list::moves::{select_key, select_place};
use crate::tui::list::rows::RowKey;
use crate::tui::list::triage::{leave_what_is_gone, toggle};
use crate::tui::msg::{AccountEffect, Change, Effect, RecordingNews};
use crate::tui::overlay::Overlay;
use crate::tui::overlays::elsewhere::Delivery;
use crate::tui::overlays::elsewhere::update::{elsewhere, is_heard_here, offer, offer_selected, remember};
use crate::tui::playback::prefetch::want;
use crate::tui::playback::{Cue, NowPlaying, Phase, Queue, Recording, next_volume, unplayable};
use crate::tui::state::State;
use crate::tui::update::{fault, news};

/// The maximum length of the queue.
const QUEUE_MAX: usize = 1_000;

/// The interval of position updates while the playhead is on screen, and while only the player line shows
/// the time.
const PLAYHEAD: Duration = Duration::from_millis(50);
const TIME: Duration = Duration::from_millis(500);

/// Plays, pauses or resumes the selected voicemail.
pub(in crate::tui) fn play_pause(state: &mut State, effects: &mut Vec<Effect>) {
    if state.shows_queue() {
        return pause_playing(state, effects);
    }
    let Some(row) = state.inbox.selected_row() else { return };
    match state.playback.playback_of(row.id).map(|playback| playback.phase) {
        Some(Phase::Fetching | Phase::Starting) => stop(state, effects),
        Some(_) => pause_playing(state, effects),
        None if !state.inbox.marks.is_empty() => play_marked(state, effects),
        None if elsewhere(state, &row, effects) => {}
        None => begin_alone(state, &row, effects),
    }
}

/// Pauses or resumes what the player line shows, or retries it if it failed.
pub(in crate::tui) fn pause_playing(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(playback) = &state.playback.current else { return };
    match playback.phase {
        Phase::Playing => pause(state, true, effects),
        Phase::Paused => pause(state, false, effects),
        Phase::Failed => {
            let cue = playback.cue.clone();
            begin(state, cue, effects);
        }
        // Between two: the pause gets longer, or ends.
        Phase::Ended => {
            if state.playback.queue.as_mut().is_some_and(|queue| queue.next.take().is_none()) {
                play_next(state, effects);
            }
        }
        Phase::Fetching | Phase::Starting => {
            let stop = state.setup.keymap.named(Command::Back);
            news(state, format!("it plays as soon as it can: {stop} to stop"));
        }
    }
}

/// Pauses the queue that is shown: the phone rings.
pub(in crate::tui) fn pause_for_call(state: &mut State, effects: &mut Vec<Effect>) {
    let plays = state.playback.current.as_ref().is_some_and(|playback| playback.phase == Phase::Playing);
    if plays && state.shows_queue() {
        pause(state, true, effects);
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
    hush(state);
    begin(state, cue(state, row), effects);
}

/// Clears a notice that playing makes untrue, such as "nothing is playing".
fn hush(state: &mut State) {
    state.notice.take_if(|notice| !notice.fault);
}

fn cue(state: &State, row: &Row) -> Cue {
    let caller = match state.inbox.rows.caller(row) {
        "" => "Withheld",
        caller => caller,
    };
    Cue {
        key: RowKey::of(row),
        caller: caller.to_owned(),
        length: Duration::from_millis(row.sketch.millis.into()),
    }
}

/// Plays `cue` as soon as its recording is on disk.
fn begin(state: &mut State, cue: Cue, effects: &mut Vec<Effect>) {
    let (key, id) = (cue.key, cue.key.id);
    let playback_state = &mut state.playback;
    if playback_state.current.as_ref().is_some_and(|playback| playback.phase.has_begun()) {
        effects.push(Effect::Account(AccountEffect::Control(Control::Stop)));
    }
    playback_state.plays += 1;
    playback_state.current = Some(NowPlaying {
        number: playback_state.plays,
        cue,
        phase: Phase::Fetching,
        position: Duration::ZERO,
        stopped: false,
    });
    match playback_state.recordings.get(&id) {
        Some(Recording::Here { waveform: Ok(_), .. }) => start(state, effects),
        Some(Recording::Here { waveform: Err(error), .. }) => {
            let why = unplayable(error, &state.setup.keymap);
            cannot(state, why, effects);
        }
        Some(Recording::Coming { .. }) | None => want(state, effects),
        // The user asks for it, so retry at once.
        Some(Recording::NotReady { .. } | Recording::Failed(_)) => {
            playback_state.recordings.remove(&id);
            playback_state.wanted.retain(|wanted| *wanted != key);
            want(state, effects);
        }
    }
}

/// Starts the waiting playback: its recording is on disk.
fn start(state: &mut State, effects: &mut Vec<Effect>) {
    let playback_state = &mut state.playback;
    let Some(playback) = &mut playback_state.current else { return };
    let (key, id) = (playback.cue.key, playback.cue.key.id);
    if let Some(Recording::Here { waveform: Ok(waveform), .. }) = playback_state.recordings.get(&id) {
        playback.cue.length = waveform.length();
    }
    playback.phase = Phase::Starting;
    let lost = playback_state.lost.take().filter(|(lost, _)| *lost == id);
    playback.position = lost.map_or(Duration::ZERO, |(_, position)| position);
    let (number, from, settings) = (playback.number, playback.position, playback_state.settings);
    effects.push(Effect::Account(AccountEffect::Play { number, key, from, settings }));
    want(state, effects);
}

/// Handles a waiting playback that cannot start: skips it in a queue. Says why.
fn cannot(state: &mut State, why: String, effects: &mut Vec<Effect>) {
    let Some(playback) = &mut state.playback.current else { return };
    playback.phase = Phase::Failed;
    let Cue { key, caller, .. } = playback.cue.clone();
    match &mut state.playback.queue {
        Some(queue) => {
            queue.skipped.insert(key);
            news(state, format!("skipped {caller}: {why}"));
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
    } else if playback.phase.has_begun() {
        effects.push(Effect::Account(AccountEffect::Control(Control::Stop)));
    }
}

/// Plays the marked voicemails, from the top of the list down.
fn play_marked(state: &mut State, effects: &mut Vec<Effect>) {
    let marks = &state.inbox.marks;
    let mut places: Vec<_> = marks.iter().filter_map(|key| state.inbox.place(*key)).collect();
    places.sort_unstable();
    let rows = places.into_iter().filter_map(|place| state.inbox.at(place));
    let rows: Vec<_> = rows.filter(|row| row.flags.contains(Flags::RECORDING)).take(QUEUE_MAX).collect();
    play_queue(state, &rows, "none of the marked voicemails has a recording", effects);
}

/// Plays the marked voicemails, or else all unread ones, from the selected one down and then from the top.
/// Shows the queue, one voicemail at a time; the one that is running, if there is one.
pub(in crate::tui) fn play_all(state: &mut State, effects: &mut Vec<Effect>) {
    if state.playback.queue.is_none() && state.inbox.marks.is_empty() {
        let inbox = &state.inbox;
        let selected = inbox.selected_place().unwrap_or(0);
        let unread = (selected..inbox.list.len()).chain(0..selected).filter_map(|place| inbox.at(place));
        let rows: Vec<_> = unread.filter(is_unread).take(QUEUE_MAX).collect();
        play_queue(state, &rows, "no unread voicemails in this list", effects);
    } else if state.playback.queue.is_none() {
        play_marked(state, effects);
    }
    let Some(key) = state.playback.queue.as_ref().and_then(Queue::current) else { return };
    // What is done there is done to the voicemail shown, not to the marked ones.
    state.inbox.marks.clear();
    show_full(state, true, effects);
    select_key(state, key, effects);
}

/// Plays these voicemails one after another, or says that there is `nothing` to play.
fn play_queue(state: &mut State, rows: &[Row], nothing: &str, effects: &mut Vec<Effect>) {
    if rows.is_empty() {
        return news(state, nothing.to_owned());
    }
    if !is_heard_here(state) {
        return offer_selected(state);
    }
    hush(state);
    let cues = rows.iter().map(|row| cue(state, row)).collect();
    let (heard, skipped) = (BTreeSet::new(), BTreeSet::new());
    state.playback.queue = Some(Queue { cues, at: 0, next: None, follows: true, heard, skipped });
    play_at(state, 0, effects);
}

fn is_unread(row: &Row) -> bool {
    row.flags.contains(Flags::RECORDING) && !row.flags.contains(Flags::READ)
}

/// Plays the voicemail at this place of the queue. The selection goes along, unless the user has moved it.
fn play_at(state: &mut State, at: usize, effects: &mut Vec<Effect>) {
    let shown = state.shows_queue();
    let follows = state.setup.playback.follow;
    let Some(queue) = &mut state.playback.queue else { return };
    let Some(cue) = queue.cues.get(at).cloned() else { return };
    (queue.at, queue.next) = (at, None);
    if shown {
        select_key(state, cue.key, effects);
    } else if follows
        && queue.follows
        && let Some(place) = state.inbox.place(cue.key)
    {
        select_place(state, place, effects);
    }
    begin(state, cue, effects);
}

/// Plays the next voicemail of the queue, or ends it. Skips what was marked as done in the meantime.
pub(in crate::tui) fn play_next(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(queue) = &state.playback.queue else { return };
    let is_done = |key: RowKey| {
        let row = state.inbox.find(key).filter(|row| row.flags.contains(Flags::DONE));
        row.is_some() && state.inbox.place(key).is_none()
    };
    let next = (queue.at + 1..queue.cues.len()).find(|at| !is_done(queue.cues[*at].key));
    match next {
        Some(at) => play_at(state, at, effects),
        None => finish(state, effects),
    }
}

/// Ends the queue after its last voicemail: says how it went, and goes back to the list.
fn finish(state: &mut State, effects: &mut Vec<Effect>) {
    if state.shows_queue() {
        state.detail.full = false;
    }
    let Some(Queue { heard, skipped, .. }) = state.playback.queue.clone() else { return };
    stop(state, effects);
    let skipped = if skipped.is_empty() { String::new() } else { format!(", skipped {}", skipped.len()) };
    news(state, format!("finished: played {}{skipped}", humanize::voicemails(heard.len() as u64)));
}

/// Plays the next voicemail of the queue at the user's wish, or the previous one.
pub(in crate::tui) fn step_queue(state: &mut State, forward: bool, effects: &mut Vec<Effect>) {
    let Some(queue) = &state.playback.queue else { return };
    let to = if forward { Some(queue.at + 1) } else { queue.at.checked_sub(1) };
    match to.filter(|to| *to < queue.cues.len()) {
        Some(to) => {
            hush(state);
            play_at(state, to, effects);
        }
        None => news(state, format!("{} is the {}", queue.place(), if forward { "last" } else { "first" })),
    }
}

/// Marks the voicemail that the queue is at as done, or as not done, and plays the next.
pub(in crate::tui) fn done_in_queue(state: &mut State, effects: &mut Vec<Effect>) {
    toggle(state, Fact::Done, effects);
    leave_in_queue(state, effects);
}

/// Stars the voicemail that the queue is at, and plays the next; or unstars it.
pub(in crate::tui) fn star_in_queue(state: &mut State, effects: &mut Vec<Effect>) {
    let was_starred = state.inbox.selected_row().is_some_and(|row| row.flags.contains(Flags::STARRED));
    toggle(state, Fact::Starred, effects);
    if !was_starred {
        leave_in_queue(state, effects);
    }
}

/// Goes on in the queue after the user has done something about the voicemail that it shows: plays the next.
pub(in crate::tui) fn leave_in_queue(state: &mut State, effects: &mut Vec<Effect>) {
    if let (Some(queue), Some(playback)) = (&mut state.playback.queue, &state.playback.current) {
        queue.heard.insert(playback.cue.key);
    }
    play_next(state, effects);
    if state.playback.queue.is_none() {
        state.playback.finished = state.notice.take().map(|notice| notice.text);
        leave_what_is_gone(state, effects);
    }
}

/// Notes that the user moved the selection: it goes along with the queue while it is on what plays.
pub(in crate::tui) fn on_moved(state: &mut State) {
    let selected = state.inbox.selected;
    if let Some(queue) = &mut state.playback.queue {
        queue.follows = selected == queue.current();
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
        .is_some_and(|playback| playback.cue.key.id == id && playback.phase == Phase::Fetching);
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
                && playback.cue.key.id == id
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
            let key = playback.cue.key;
            mark_heard(state, key, effects);
        }
        Event::Ended => {
            let key = playback.cue.key;
            playback.position = playback.cue.length;
            playback.phase = Phase::Ended;
            match &mut state.playback.queue {
                Some(queue) => {
                    queue.heard.insert(key);
                    queue.skipped.remove(&key);
                    queue.next = Some(state.now + PAUSE_BETWEEN);
                }
                None => state.playback.current = None,
            }
        }
        Event::Failed(unavailable) => {
            let begun = playback.phase != Phase::Starting;
            let (key, id, position) = (playback.cue.key, playback.cue.key.id, playback.position);
            playback.phase = Phase::Failed;
            // Also if it failed to start: then the position is the previous one.
            state.playback.lost = Some((id, position));
            match &state.overlay {
                _ if begun => {
                    let resume = state.setup.keymap.named(Command::PausePlaying);
                    fault(state, format!("Playback stopped: {unavailable}. Press {resume} to resume."));
                }
                None | Some(Overlay::Elsewhere(_)) => {
                    // Where it can be heard is asked at once, and of one voicemail.
                    if state.shows_queue() {
                        state.detail.full = false;
                    }
                    (state.playback.current, state.playback.queue) = (None, None);
                    offer(state, key, Some(unavailable));
                }
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
    if state.playback.current.as_ref().is_some_and(|playback| playback.phase.has_begun()) {
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
    let step = match &state.playback.current {
        Some(playback) if playback.phase.has_begun() => {
            Some(if state.playhead_is_shown() { PLAYHEAD } else { TIME })
        }
        _ => None,
    };
    if step != state.playback.watch {
        state.playback.watch = step;
        effects.push(Effect::Account(AccountEffect::Control(Control::Watch(step))));
    }
}
