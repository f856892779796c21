//! The question before a call: whom to call and how, then the result.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::core::humanize::broken;
use crate::telecmi::Rings;
use crate::tui::command::Command;
use crate::tui::layout::middle;
use crate::tui::overlays::call::{By, CallDialog, Ended, phone};
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::view::frame::frame;
use crate::tui::view::pen::Pen;

/// The maximum width of the overlay.
const WIDTH: u16 = 68;

/// The width of the column of labels.
const LABEL: u16 = 13;

/// A line: its label, its text and the style of the text.
type Line = (&'static str, String, Style);

/// The title of the overlay.
pub const TITLE: &str = "Call back";

/// Returns the area of the overlay.
pub fn place(state: &State, asked: &CallDialog) -> Rect {
    laid_out(state, asked, &Theme::new(&state.setup.look)).0
}

/// Returns the area of the overlay, and its lines.
fn laid_out(state: &State, asked: &CallDialog, theme: &Theme) -> (Rect, Vec<Line>) {
    let screen = state.above_player();
    let room = screen.width.min(WIDTH).saturating_sub(4);
    let (facts, told) = (facts(asked, theme, room), told(state, asked, theme, room));
    let high = |lines: usize| lines as u16 + 2 <= screen.height;
    let blank = || [("", String::new(), theme.text)];
    let lines: Vec<Line> = if high(facts.len() + told.len() + 3) {
        blank().into_iter().chain(facts).chain(blank()).chain(told).chain(blank()).collect()
    } else if high(facts.len() + told.len()) {
        facts.into_iter().chain(told).collect()
    } else {
        // The number and the result matter most.
        let number = ("", asked.number.to_string(), theme.strong);
        std::iter::once(number).chain(told).collect()
    };
    (middle(screen, WIDTH, lines.len() as u16 + 2), lines)
}

/// Draws the question before a call.
pub fn draw(state: &State, asked: &CallDialog, theme: &Theme, buffer: &mut Buffer) -> Option<Position> {
    let (place, lines) = laid_out(state, asked, theme);
    let inside = frame(place, TITLE, state, theme, buffer);
    for (y, (label, fact, style)) in lines.iter().enumerate() {
        let mut pen = Pen::new(buffer, inside, y as u16);
        pen.skip(1);
        if !label.is_empty() {
            pen.column(label.trim(), LABEL, theme.quiet);
        }
        pen.write(fact, *style);
    }
    None
}

/// Returns whom to call, and how.
fn facts(asked: &CallDialog, theme: &Theme, room: u16) -> Vec<Line> {
    let mut facts = Vec::new();
    let mut fact = |label: &'static str, text: &str, style: Style| {
        let mut label = label;
        for line in broken(text, room.saturating_sub(LABEL)) {
            facts.push((label, line, style));
            label = " ";
        }
    };
    if let Some(name) = &asked.name {
        fact("Caller", name, theme.strong);
    }
    fact("Dials", &asked.number.e164(), theme.strong);
    fact(" ", &asked.number.to_string(), theme.text);
    match &asked.by {
        By::Telecmi(call) => {
            let first = match call.rings {
                Rings::AsSetAtTelecmi => format!("{}, as set in TeleCMI", phone(call)),
                Rings::Softphone | Rings::Mobile => phone(call),
            };
            fact("Rings first", &first, theme.text);
            let shown =
                call.caller_id.as_ref().map_or_else(|| "as set in TeleCMI".to_owned(), ToString::to_string);
            fact("Caller ID", &shown, theme.text);
        }
        By::Command(command) => fact("Runs", &command.join(" "), theme.text),
        By::Hand => {}
    }
    facts
}

/// Returns what Enter does, the progress, or the result.
fn told(state: &State, asked: &CallDialog, theme: &Theme, room: u16) -> Vec<Line> {
    let enter = state.setup.keymap.named(Command::PlaceCall);
    let mut told = Vec::new();
    let mut tell = |text: &str, style: Style| {
        told.extend(broken(text, room).into_iter().map(|line| ("", line, style)));
    };
    match (&asked.ended, &asked.by) {
        (Some(Ended::Rings(text)), _) => tell(text, theme.good),
        (Some(Ended::Failed(text)), _) => tell(text, theme.fault),
        (Some(Ended::Unsure(text)), _) => tell(text, theme.warning),
        (None, By::Telecmi(_)) if state.placing.is_some() => tell("placing call…", theme.quiet),
        (None, By::Command(_)) if state.placing.is_some() => tell("starting…", theme.quiet),
        (None, By::Telecmi(_)) => tell(&format!("Press {enter} to place the call."), theme.text),
        (None, By::Command(_)) => tell(&format!("Press {enter} to run it."), theme.text),
        (None, By::Hand) => {
            tell(&format!("Press {enter} to copy the number."), theme.text);
            tell("To call, set agent or call_command: see `vmail config`.", theme.quiet);
        }
    }
    told
}
