//! The sound on screen: the player line, and in the detail the waveform with its playhead, the position,
//! speed, volume and state.

use std::time::Duration;

use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::audio::Waveform;
use crate::core::facts::Flags;
use crate::core::humanize::{self, broken};
use crate::core::model::{Sketch, from_millis};
use crate::store::Row;
use crate::tui::command::Command;
use crate::tui::detail::view::Piece;
use crate::tui::layout::SIDE_BY_SIDE;
use crate::tui::list::rows::RowKey;
use crate::tui::playback::{NowPlaying, Phase, Recording, unplayable};
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::view::pen::{Pen, fitted, width};

/// The maximum width of the waveform, in cells: it is stored in no more parts.
const WAVE_MAX: u16 = 128;

/// The minimum height of the detail for a waveform of three lines or more.
pub(in crate::tui) const TALL: u16 = 16;

/// The maximum number of lines of the waveform in the detail that goes through the queue.
const BIG: u16 = 5;

/// The minimum width of the bar in the player line, and the maximum, in cells. It changes at most once a
/// second, and a narrow one less often.
const BAR: u16 = 6;
const BAR_MAX: u16 = 48;

/// The minimum width of the player line that also has the time of the call and a key, in cells.
const WIDE: u16 = 64;

/// Returns the lines of the detail about the sound of `row`. Their number does not depend on what is
/// loaded, so that nothing jumps.
pub fn lines(state: &State, theme: &Theme, row: &Row, room: u16, height: u16) -> Vec<Piece> {
    if !row.flags.contains(Flags::RECORDING) {
        return Vec::new();
    }
    let width = room.clamp(8, WAVE_MAX);
    let waveform = state.shown_waveform();
    let playback = state.playback.playback_of(row.id).filter(|playback| has_position(playback));
    let length = waveform.map_or(Duration::from_millis(row.sketch.millis.into()), Waveform::length);
    let position = playback.map(|playback| playback.position.min(length));
    let mut lines = vec![Piece::default()];
    lines.extend(wave(theme, waveform, position, width, wave_lines(state, height)));
    if height >= TALL {
        lines.push(Piece::default());
    }
    lines.push(bar(theme, position.map(|position| in_seconds(position, length)), length, width));
    lines.extend(standing(state, theme, row, room));
    lines
}

/// Returns the number of lines of the waveform in a detail of that height.
fn wave_lines(state: &State, height: u16) -> usize {
    // An odd number has a middle.
    let rows = match height {
        0..TALL => 1,
        _ if !state.detail.full => 3,
        // The other half of the detail is beside it.
        _ if state.size.width >= SIDE_BY_SIDE => ((height / 4) | 1).clamp(3, 11),
        _ => (((height - TALL) / 2) | 1).clamp(3, 7),
    };
    // While the queue is shown, the playhead moves all the time, and each line costs bytes.
    usize::from(if state.shows_queue() { rows.min(BIG) } else { rows })
}

/// Returns where a click in the detail seeks to: `line` counts from the first of [`lines`].
pub fn seek_in_detail(state: &State, area: Rect, line: u16, x: u16) -> Option<Duration> {
    let row = state.inbox.selected_row()?;
    let playback = state.playback.playback_of(row.id).filter(|playback| playback.phase.has_begun())?;
    let width = area.width.clamp(8, WAVE_MAX);
    let waveform = wave_lines(state, area.height) as u16;
    let bar = 1 + waveform + u16::from(area.height >= TALL);
    let length = playback.cue.length;
    let cells = if (1..=waveform).contains(&line) {
        Rect { width, ..area }
    } else if line == bar {
        let (start, cells) = bar_place(playback.position, length, width);
        Rect { x: area.x + start, width: cells, ..area }
    } else {
        return None;
    };
    at_cell(cells, x, length)
}

/// Returns the position that a cell of a bar stands for.
fn at_cell(bar: Rect, x: u16, length: Duration) -> Option<Duration> {
    let is_inside = (bar.x..bar.right()).contains(&x);
    is_inside.then(|| length.mul_f64(f64::from(x - bar.x) / f64::from(bar.width.max(1))))
}

/// Returns the position in whole seconds, so that a bar moves together with the time beside it: once a
/// second, which is a few bytes. The end is the end.
fn in_seconds(position: Duration, length: Duration) -> Duration {
    if position >= length { length } else { Duration::from_secs(position.as_secs()) }
}

/// Returns whether there is a position worth showing.
fn has_position(playback: &NowPlaying) -> bool {
    match playback.phase {
        Phase::Fetching => false,
        Phase::Failed => !playback.position.is_zero(),
        _ => true,
    }
}

/// Returns the waveform, mirrored on its middle, in braille: a cell has two columns of four dots.
fn wave(
    theme: &Theme,
    waveform: Option<&Waveform>,
    position: Option<Duration>,
    width: u16,
    rows: usize,
) -> Vec<Piece> {
    /// The bits of the dots in a cell, from top to bottom: left column, right column.
    const DOTS: [[u32; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
    let cells = usize::from(width);
    let middle = rows * 2;
    let (halves, silent) = match waveform {
        Some(waveform) => (waveform.columns(cells * 2, middle), waveform.silent_columns(cells)),
        None => (vec![0; cells * 2], vec![true; cells]),
    };
    let head = position.zip(waveform).map(|(position, waveform)| cell_of(position, waveform.length(), cells));
    let style = |cell: usize| match head {
        Some(head) if cell == head => theme.accent.patch(theme.strong),
        Some(head) if cell < head => theme.good,
        _ if silent[cell] => theme.faint,
        _ => theme.text,
    };
    let is_set = |column: usize, dot: usize| {
        // Silence is a line of two dots.
        let half = halves[column].max(1);
        (middle - half..middle + half).contains(&dot)
    };
    (0..rows)
        .map(|row| {
            let mut line = Piece::default();
            for cell in 0..cells {
                let mut bits = 0;
                for (dot, [left, right]) in DOTS.iter().enumerate() {
                    let dot = row * 4 + dot;
                    bits |= if is_set(cell * 2, dot) { *left } else { 0 };
                    bits |= if is_set(cell * 2 + 1, dot) { *right } else { 0 };
                }
                // A blank for no dots: one byte instead of three.
                let sign = if bits == 0 { ' ' } else { char::from_u32(0x2800 + bits).unwrap_or(' ') };
                line.push(sign, style(cell));
            }
            line
        })
        .collect()
}

/// Returns the cell of the playhead.
fn cell_of(position: Duration, length: Duration, cells: usize) -> usize {
    let part = position.as_secs_f64() / length.as_secs_f64().max(0.001);
    ((part * cells as f64) as usize).min(cells.saturating_sub(1))
}

/// Returns "0:17  ━━━━╸──────  0:42".
fn bar(theme: &Theme, position: Option<Duration>, length: Duration, width: u16) -> Piece {
    let start = humanize::length(position.unwrap_or_default());
    let (_, cells) = bar_place(position.unwrap_or_default(), length, width);
    let head = position.filter(|_| cells > 0).map(|position| cell_of(position, length, cells.into()));
    let mut line =
        Piece::new(start, if position.is_some() { theme.text } else { theme.quiet }).and("  ", theme.text);
    for (sign, style) in bar_cells(theme, head, cells.into()) {
        line.push(sign, style);
    }
    line.and("  ", theme.text).and(length_text(length), theme.text)
}

/// Returns where the cells of [`bar`] begin, and their number.
fn bar_place(position: Duration, length: Duration, width: u16) -> (u16, u16) {
    let (start, end) = (humanize::length(position), length_text(length));
    let start = start.len() as u16 + 2;
    (start, width.saturating_sub(start + end.chars().count() as u16 + 2))
}

fn length_text(length: Duration) -> String {
    if length.is_zero() { "–".to_owned() } else { humanize::length(length) }
}

/// Returns the cells "━━━━╸──────".
fn bar_cells(theme: &Theme, head: Option<usize>, cells: usize) -> impl Iterator<Item = (char, Style)> {
    let (good, faint) = (theme.good, theme.faint);
    (0..cells).map(move |cell| match head {
        Some(head) if cell < head => ('━', good),
        Some(head) if cell == head => ('╸', good),
        _ => ('─', faint),
    })
}

/// Returns the state of the recording: one line, or several for an error.
fn standing(state: &State, theme: &Theme, row: &Row, room: u16) -> Vec<Piece> {
    let broken = |text: &str, style: Style| -> Vec<Piece> {
        broken(text, room).into_iter().map(|line| Piece::new(line, style)).collect()
    };
    let play = || state.setup.keymap.named(Command::PlayPause);
    if let Some(playback) = state.playback.playback_of(row.id)
        && has_position(playback)
    {
        return vec![playing(state, theme, playback, room)];
    }
    let waits = state.playback.waiting() == Some(RowKey::of(row));
    match state.playback.recordings.get(&row.id) {
        Some(Recording::Coming { received, total }) => {
            let what = if waits { "plays when fetched" } else { "" };
            let how = humanize::transferred(*received, *total);
            vec![Piece::new(format!("fetching {how}"), theme.text).and(format!("  {what}"), theme.quiet)]
        }
        Some(Recording::NotReady { .. }) => {
            let left = |next: DateTime<Utc>| {
                (next - state.now).num_milliseconds().max(0).unsigned_abs().div_ceil(1_000)
            };
            let when = match state.retry_of(RowKey::of(row)).map(left) {
                None => format!("{} to retry", play()),
                Some(0) => "retrying".to_owned(),
                Some(left) => format!("retry in {left} s"),
            };
            vec![Piece::new("not ready yet", theme.warning).and(format!(", {when}"), theme.quiet)]
        }
        Some(Recording::Failed(why)) => {
            let mut lines = broken(why, theme.fault);
            lines.push(Piece::new(format!("{} to retry", play()), theme.quiet));
            lines
        }
        Some(Recording::Here { waveform: Err(why), .. }) => {
            broken(&unplayable(why, &state.setup.keymap), theme.fault)
        }
        Some(Recording::Here { waveform: Ok(_), .. }) => {
            let head = Piece::new(format!("{} to play", play()), theme.quiet);
            vec![head.and(settings(state, Length::Whole), theme.quiet)]
        }
        None if waits => vec![Piece::new("fetching", theme.text)],
        // It was fetched before, but not since vmail was started.
        None if row.sketch.is_known() => vec![Piece::new(format!("{} to play", play()), theme.quiet)],
        None => vec![Piece::new("not fetched", theme.quiet)],
    }
}

/// Returns "▶ playing   1.5×   skip silence, −6 s", or a shorter form if that does not fit.
fn playing(state: &State, theme: &Theme, playback: &NowPlaying, room: u16) -> Piece {
    let (sign, style) = sign(playback.phase, theme);
    let word = match playback.phase {
        Phase::Playing => "playing",
        Phase::Paused => "paused",
        Phase::Fetching | Phase::Starting => "starting",
        Phase::Ended => "ended",
        Phase::Failed => "stopped",
    };
    let left = room.saturating_sub(width(word) + 2);
    let whole = settings(state, Length::Whole);
    let settings = if width(&whole) <= left { whole } else { settings(state, Length::Short) };
    Piece::new(format!("{sign} {word}"), style).and(settings, theme.quiet)
}

/// Returns the sign before a voicemail that plays.
pub fn sign(phase: Phase, theme: &Theme) -> (&'static str, Style) {
    match phase {
        Phase::Playing => ("▶", theme.good),
        Phase::Paused => ("‖", theme.warning),
        Phase::Fetching | Phase::Starting | Phase::Ended => ("▷", theme.quiet),
        Phase::Failed => ("✗", theme.fault),
    }
}

/// The form of [`settings`].
#[derive(Clone, Copy, PartialEq, Eq)]
enum Length {
    Whole,
    /// With smaller gaps, and without the seconds of silence.
    Short,
}

/// Returns the changes to the sound: "   1.5×   skip silence, −6 s". Empty if it plays as recorded.
fn settings(state: &State, length: Length) -> String {
    let saved = state.shown_waveform().map_or(0, |waveform| waveform.silence().as_secs());
    settings_of(state, length, saved)
}

fn settings_of(state: &State, length: Length, saved: u64) -> String {
    let gap = if length == Length::Whole { "   " } else { "  " };
    let settings = &state.playback.settings;
    let percent = (settings.volume * 100.0).round();
    let parts = [
        ((settings.speed - 1.0).abs() > 0.01).then(|| format!("{gap}{}×", settings.speed)),
        settings.skip_silence.then(|| format!("{gap}skip silence")),
        (settings.skip_silence && saved > 0 && length == Length::Whole).then(|| format!(", −{saved} s")),
        ((settings.volume - 1.0).abs() > 0.01).then(|| format!("{gap}volume {percent}%")),
    ];
    parts.into_iter().flatten().collect()
}

/// The player line, from left to right. What does not fit is empty.
struct PlayerLine {
    sign: (&'static str, Style),
    caller: String,
    /// When the voicemail was left.
    clock: String,
    /// The position, and the length behind the bar; or in one text, if there is no bar.
    position: String,
    /// The bar; without width if there is none.
    bar: Rect,
    length: String,
    settings: String,
    place: String,
    /// The key that pauses, and what it does now.
    key: String,
    hint: &'static str,
}

impl PlayerLine {
    fn new(state: &State, theme: &Theme, area: Rect) -> Option<PlayerLine> {
        let playback = state.playback.current.as_ref()?;
        let row = state.inbox.find(playback.cue.key);
        // The name may have changed since.
        let caller = row.as_ref().map(|row| state.inbox.rows.caller(row)).filter(|name| !name.is_empty());
        let caller = caller.unwrap_or(&playback.cue.caller);
        let room = area.width.saturating_sub(2);
        let is_wide = area.width >= WIDE;
        let mut line = PlayerLine {
            sign: sign(playback.phase, theme),
            caller: fitted(caller, (room * 3 / 10).clamp(8, 30)).into_owned(),
            clock: String::new(),
            position: String::new(),
            bar: Rect { width: 0, ..area },
            length: String::new(),
            settings: String::new(),
            place: String::new(),
            key: String::new(),
            hint: "",
        };
        if let Some(queue) = &state.playback.queue {
            line.place = if is_wide { queue.place() } else { queue.place().replace(" of ", "/") };
        }
        let key = state.key(Command::PausePlaying).filter(|_| is_wide);
        if let (Some(key), Some(hint)) = (key, pausing(state, playback)) {
            (line.key, line.hint) = (key.to_string(), hint);
        }
        if is_wide {
            let left = from_millis(playback.cue.key.time);
            line.clock = humanize::clock(left, state.now, state.setup.zone);
        }
        let length = playback.cue.length;
        if !has_position(playback) {
            line.position = waiting(state, playback);
            return Some(line);
        }
        let position = in_seconds(playback.position, length);
        (line.position, line.length) = (humanize::length(position), humanize::length(length));
        let saved = state.playback.waveform(playback.cue.key.id).map_or(0, |wave| wave.silence().as_secs());
        let fixed = line.width();
        line.settings = settings_of(state, Length::Short, saved);
        if fixed + width(&line.settings) + BAR + 2 > room {
            line.settings.clear();
        }
        let left = room.saturating_sub(line.width() + 2);
        if left >= BAR {
            line.bar = Rect { x: area.x + line.bar_start(), width: left.min(BAR_MAX), height: 1, ..area };
        } else {
            line.position = format!("{} / {}", line.position, std::mem::take(&mut line.length));
        }
        Some(line)
    }

    /// Returns where the bar begins, from the left of the line.
    fn bar_start(&self) -> u16 {
        let clock = if self.clock.is_empty() { 0 } else { width(&self.clock) + 1 };
        let texts = width(self.sign.0) + width(&self.caller) + width(&self.position);
        1 + texts + 1 + clock + 2 + 1
    }

    /// Returns the width without bar and margins.
    fn width(&self) -> u16 {
        let gap = |text: &str| if text.is_empty() { 0 } else { width(text) + 2 };
        let key = if self.key.is_empty() { 0 } else { width(&self.key) + 1 + width(self.hint) + 2 };
        self.bar_start() - 2 + width(&self.length) + width(&self.settings) + gap(&self.place) + key
    }
}

/// Returns what a key that pauses does now; `None` while it waits.
pub fn pausing(state: &State, playback: &NowPlaying) -> Option<&'static str> {
    let goes_on = || state.playback.queue.as_ref().is_some_and(|queue| queue.next.is_some());
    match playback.phase {
        Phase::Playing => Some("pause"),
        Phase::Paused => Some("resume"),
        Phase::Ended => Some(if goes_on() { "pause" } else { "resume" }),
        Phase::Failed => Some("retry"),
        Phase::Fetching | Phase::Starting => None,
    }
}

/// Returns why there is nothing to hear.
fn waiting(state: &State, playback: &NowPlaying) -> String {
    match (playback.phase, state.playback.recordings.get(&playback.cue.key.id)) {
        (Phase::Failed, Some(Recording::Here { waveform: Err(_), .. })) => "cannot be played".to_owned(),
        (Phase::Failed, Some(Recording::Here { .. })) => "no sound".to_owned(),
        (Phase::Failed, _) => "not fetched".to_owned(),
        (_, Some(Recording::Coming { received, total })) => {
            format!("fetching {}", humanize::transferred(*received, *total))
        }
        (_, Some(Recording::NotReady { .. })) => "not ready yet".to_owned(),
        _ => "fetching".to_owned(),
    }
}

/// Draws the player line: "▶ Anita Rao 11:42  0:17 ━━━━╸────── 0:42  1.5×     3 of 14  p pause".
pub fn draw_line(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    if area.height == 0 {
        return;
    }
    let Some(line) = PlayerLine::new(state, theme, area) else { return };
    let Some(playback) = &state.playback.current else { return };
    let inner = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let mut pen = Pen::new(buffer, inner, 0);
    pen.write(line.sign.0, line.sign.1).skip(1).write(&line.caller, theme.strong);
    if !line.clock.is_empty() {
        pen.skip(1).write(&line.clock, theme.quiet);
    }
    pen.skip(2).write(&line.position, if has_position(playback) { theme.text } else { theme.quiet });
    if line.bar.width > 0 {
        pen.skip(1);
        let cells = usize::from(line.bar.width);
        let at = in_seconds(playback.position, playback.cue.length);
        // Braille that differs in brightness alone cannot be told apart without colours.
        let waveform = state.playback.waveform(playback.cue.key.id);
        let waveform = waveform.filter(|_| !state.setup.look.plain && !state.setup.look.ascii);
        let mut wave = waveform.map(|waveform| wave(theme, Some(waveform), Some(at), line.bar.width, 1));
        let piece = wave.as_mut().and_then(Vec::pop).unwrap_or_else(|| {
            let mut piece = Piece::default();
            let head = cell_of(at, playback.cue.length, cells);
            bar_cells(theme, Some(head), cells).for_each(|(sign, style)| piece.push(sign, style));
            piece
        });
        for (text, style) in &piece.left {
            pen.write(text, *style);
        }
        pen.skip(1).write(&line.length, theme.text);
    }
    pen.write(&line.settings, theme.quiet);
    let key = if line.key.is_empty() { 0 } else { width(&line.key) + 1 + width(line.hint) };
    let place = if line.place.is_empty() { 0 } else { width(&line.place) };
    let gap = u16::from(key > 0 && place > 0) * 2;
    let right = key + gap + place;
    if right == 0 || right > pen.room() {
        return;
    }
    pen.skip(pen.room() - right).write(&line.place, theme.text).skip(gap);
    if key > 0 {
        pen.write(&line.key, theme.accent).skip(1).write(line.hint, theme.quiet);
    }
}

/// Returns where a click on the player line seeks to.
pub fn seek_in_line(state: &State, area: Rect, x: u16) -> Option<Duration> {
    let playback = state.playback.current.as_ref().filter(|playback| playback.phase.has_begun())?;
    // The theme does not affect the place of the bar.
    let line = PlayerLine::new(state, &Theme::new(&state.setup.look), area)?;
    at_cell(line.bar, x, playback.cue.length)
}

/// Returns the waveform of a recording in ten cells, and how many of them were played.
pub fn thumbnail(state: &State, row: &Row) -> Option<(String, usize)> {
    if !row.sketch.is_known() {
        return None;
    }
    // No full blocks: they would touch the line above.
    let block = |level: u8| char::from_u32(0x2580 + u32::from(level.min(7))).unwrap_or(' ');
    let cells = row.sketch.levels().map(block);
    let played = state.playback.playback_of(row.id).filter(|playback| has_position(playback));
    let played =
        played.map_or(0, |playback| cell_of(playback.position, playback.cue.length, Sketch::CELLS) + 1);
    Some((cells.into_iter().collect(), played))
}

/// Returns the text in place of a recording's missing thumbnail.
pub fn missing(state: &State, row: &Row) -> &'static str {
    match state.playback.recordings.get(&row.id) {
        Some(Recording::NotReady { .. }) => "not ready",
        Some(Recording::Failed(_)) => "failed",
        Some(Recording::Here { waveform: Err(_), .. }) => "unplayable",
        _ => "",
    }
}
