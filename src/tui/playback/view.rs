//! The sound on screen: the waveform with its playhead, the position, speed, volume and state.

use std::time::Duration;

use chrono::{DateTime, Utc};
use ratatui::style::Style;

use crate::audio::Waveform;
use crate::core::facts::Flags;
use crate::core::humanize::{self, broken};
use crate::core::model::Sketch;
use crate::store::Row;
use crate::tui::command::Command;
use crate::tui::detail::view::Piece;
use crate::tui::layout::SIDE_BY_SIDE;
use crate::tui::list::rows::RowKey;
use crate::tui::playback::{NowPlaying, Phase, Recording, unplayable};
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::view::pen::width;

/// The maximum width of the waveform, in cells: it is stored in no more parts.
const WAVE_MAX: u16 = 128;

/// The minimum height of the detail for a waveform of three lines or more.
pub(in crate::tui) const TALL: u16 = 16;

/// Returns the lines of the detail about the sound of `row`. Their number does not depend on what is
/// loaded, so that nothing jumps.
pub fn lines(state: &State, theme: &Theme, row: &Row, room: u16, height: u16) -> Vec<Piece> {
    if !row.flags.contains(Flags::RECORDING) {
        return Vec::new();
    }
    let width = room.clamp(8, WAVE_MAX);
    let waveform = state.shown_waveform();
    let playback = state.playback.playback_of(row.id).filter(|playback| playback.phase != Phase::Fetching);
    let length = waveform.map_or(Duration::from_millis(row.sketch.millis.into()), Waveform::length);
    let position = playback.map(|playback| playback.position.min(length));
    let mut lines = vec![Piece::default()];
    lines.extend(wave(theme, waveform, position, width, wave_lines(state, height)));
    if height >= TALL {
        lines.push(Piece::default());
    }
    lines.push(bar(theme, position, length, width));
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
    usize::from(rows)
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
    let end = if length.is_zero() { "–".to_owned() } else { humanize::length(length) };
    let cells = usize::from(width).saturating_sub(start.len() + end.chars().count() + 4);
    let head = position.filter(|_| cells > 0).map(|position| cell_of(position, length, cells));
    let mut line =
        Piece::new(start, if position.is_some() { theme.text } else { theme.quiet }).and("  ", theme.text);
    for cell in 0..cells {
        match head {
            Some(head) if cell < head => line.push('━', theme.good),
            Some(head) if cell == head => line.push('╸', theme.good),
            _ => line.push('─', theme.faint),
        }
    }
    line.and("  ", theme.text).and(end, theme.text)
}

/// Returns the state of the recording: one line, or several for an error.
fn standing(state: &State, theme: &Theme, row: &Row, room: u16) -> Vec<Piece> {
    let broken = |text: &str, style: Style| -> Vec<Piece> {
        broken(text, room).into_iter().map(|line| Piece::new(line, style)).collect()
    };
    let play = || state.setup.keymap.named(Command::PlayPause);
    if let Some(playback) = state.playback.playback_of(row.id)
        && playback.phase != Phase::Fetching
    {
        return vec![playing(state, theme, playback, room)];
    }
    let waits = state.playback.playback_of(row.id).is_some();
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
        Phase::Fetching | Phase::Starting => ("▷", theme.quiet),
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
    let gap = if length == Length::Whole { "   " } else { "  " };
    let settings = &state.playback.settings;
    let saved = state.shown_waveform().map_or(0, |waveform| waveform.silence().as_secs());
    let percent = (settings.volume * 100.0).round();
    let parts = [
        ((settings.speed - 1.0).abs() > 0.01).then(|| format!("{gap}{}×", settings.speed)),
        settings.skip_silence.then(|| format!("{gap}skip silence")),
        (settings.skip_silence && saved > 0 && length == Length::Whole).then(|| format!(", −{saved} s")),
        ((settings.volume - 1.0).abs() > 0.01).then(|| format!("{gap}volume {percent}%")),
    ];
    parts.into_iter().flatten().collect()
}

/// Returns the playback for the status line: "▶ Anita Rao  0:17 / 0:42  1.5×".
pub fn status(state: &State, theme: &Theme) -> Option<Vec<(String, Style)>> {
    let playback = state.playback.current.as_ref()?;
    let (sign, style) = sign(playback.phase, theme);
    let row = state.inbox.find(playback.key);
    let caller = match row.as_ref().map(|row| state.inbox.rows.caller(row)) {
        Some("") => "Withheld",
        Some(caller) => caller,
        None => "a voicemail outside this range",
    };
    let mut parts = vec![(format!("{sign} {caller}"), style)];
    let rest = match (playback.phase, state.playback.recordings.get(&playback.key.id)) {
        (Phase::Fetching, Some(Recording::Coming { received, total })) => {
            format!("  fetching {}", humanize::transferred(*received, *total))
        }
        (Phase::Fetching, _) => "  not ready yet".to_owned(),
        _ => {
            let position = playback.position.min(playback.length);
            format!(
                "  {} / {}{}",
                humanize::length(position),
                humanize::length(playback.length),
                settings(state, Length::Whole)
            )
        }
    };
    parts.push((rest, theme.quiet));
    if let Some(queue) = state.playback.queue.as_ref().filter(|queue| !queue.rest.is_empty()) {
        parts.push((format!("   {} queued", humanize::count(queue.rest.len() as u64)), theme.quiet));
    }
    Some(parts)
}

/// Returns the waveform of a recording in ten cells, and how many of them were played.
pub fn thumbnail(state: &State, row: &Row) -> Option<(String, usize)> {
    if !row.sketch.is_known() {
        return None;
    }
    // No full blocks: they would touch the line above.
    let block = |level: u8| char::from_u32(0x2580 + u32::from(level.min(7))).unwrap_or(' ');
    let cells = row.sketch.levels().map(block);
    let played = state.playback.playback_of(row.id).map_or(0, |playback| {
        let cell = cell_of(playback.position, playback.length, Sketch::CELLS);
        if playback.phase == Phase::Fetching { 0 } else { cell + 1 }
    });
    Some((cells.into_iter().collect(), played))
}

/// Returns the text in place of a missing thumbnail.
pub fn missing(state: &State, row: &Row) -> &'static str {
    match state.playback.recordings.get(&row.id) {
        Some(Recording::NotReady { .. }) => "not ready",
        Some(Recording::Failed(_)) => "failed",
        Some(Recording::Here { waveform: Err(_), .. }) => "unplayable",
        _ => "",
    }
}
