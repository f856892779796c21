//! The overlay for listening elsewhere: the ways to listen, and their state.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::core::humanize::{self, broken};
use crate::tui::command::Command;
use crate::tui::detail::view::Piece;
use crate::tui::layout::middle;
use crate::tui::overlays::elsewhere::{Delivery, Elsewhere, PageNews, Sending};
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::view::frame::frame;
use crate::tui::view::pen::{Pen, width};
use crate::web::Closed;

/// The maximum width of the overlays.
const WIDTH: u16 = 104;

/// The minimum width for texts beside the names. In a narrower overlay they are below the names.
const WIDE: u16 = 84;

/// The widths of the columns of keys and names.
const KEY: usize = 3;
const NAME: usize = 23;

/// How much the overlay shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    /// Every way with its text, and the permanent setup for forwarded sound.
    All,
    /// Every way with its text.
    Now,
    /// The same, without blank lines.
    Close,
    /// Only names; once a way is chosen, only the way under the cursor, with its text.
    Least,
}

/// Returns the title of the overlay.
pub fn title(state: &State) -> &'static str {
    if state.setup.env.remote { "Listen over ssh" } else { "Listen elsewhere" }
}

/// Returns the area of the overlay, and its lines.
fn laid_out(state: &State, open: &Elsewhere, theme: &Theme) -> (Rect, Vec<Piece>) {
    // The status line stays visible: it shows the result of a key.
    let screen = state.above_keys();
    let room = screen.width.min(WIDTH).saturating_sub(4);
    let fit = |lines: &Vec<Piece>| lines.len() as u16 + 2 <= screen.height;
    let more =
        [Told::All, Told::Now, Told::Close].into_iter().filter(|told| *told != Told::All || room >= WIDE);
    let more = more.map(|told| lines(state, open, theme, room, told)).find(fit);
    let lines = more.unwrap_or_else(|| lines(state, open, theme, room, Told::Least));
    (middle(screen, WIDTH, lines.len() as u16 + 2), lines)
}

/// Returns the area of the overlay.
pub fn place(state: &State, open: &Elsewhere) -> Rect {
    laid_out(state, open, &Theme::new(&state.setup.look)).0
}

/// Returns the command of the way on that line of the screen.
pub fn command_at(state: &State, open: &Elsewhere, y: u16) -> Option<Command> {
    let (place, lines) = laid_out(state, open, &Theme::new(&state.setup.look));
    let line = usize::from(y.checked_sub(place.y + 1)?);
    let way = Delivery::EVERY.get(lines.get(line)?.entry?)?;
    Some(named(*way, state.setup.env.remote).0)
}

/// Draws the ways to listen, each with its text: its state, or what to do.
pub fn draw(state: &State, open: &Elsewhere, theme: &Theme, buffer: &mut Buffer) -> Option<Position> {
    let (place, lines) = laid_out(state, open, theme);
    let inside = frame(place, title(state), state, theme, buffer);
    for (y, line) in lines.iter().enumerate() {
        let mut pen = Pen::new(buffer, inside, y as u16);
        pen.column(if line.marked { "▌" } else { "" }, 1, theme.accent);
        for (text, style) in &line.left {
            pen.write(text, *style);
        }
    }
    None
}

/// Returns the lines of the overlay.
fn lines(state: &State, open: &Elsewhere, theme: &Theme, room: u16, extent: Told) -> Vec<Piece> {
    let whole = extent != Told::Least;
    let why = match &open.why {
        Some(why) => format!("No sound: {why}. Other ways to listen:"),
        None if state.setup.env.remote => {
            "Sound plays on the server, where you cannot hear it. Other ways to listen:".to_owned()
        }
        None => "Listen on another machine, or later:".to_owned(),
    };
    let blank = |lines: &mut Vec<Piece>| {
        if whole && extent != Told::Close {
            lines.push(Piece::default());
        }
    };
    let alone = (open.chosen.is_some() && !whole).then_some(open.at);
    let why = if alone.is_some() { Vec::new() } else { broken(&why, room) };
    let mut lines: Vec<_> = why.into_iter().map(|line| Piece::new(line, theme.text)).collect();
    for (number, way) in Delivery::EVERY.into_iter().enumerate() {
        let before = lines.len();
        let (command, name) = named(way, state.setup.env.remote);
        if alone.is_some_and(|alone| alone != way) {
            continue;
        }
        blank(&mut lines);
        let mut told =
            if whole || alone == Some(way) { about(state, open, way, theme, whole) } else { Vec::new() };
        if way == Delivery::Here && extent == Told::All && open.chosen.is_none_or(|chosen| chosen == way) {
            let beside = room.saturating_sub((KEY + NAME) as u16);
            told.extend(for_good(state, theme, beside));
        }
        let key = state.setup.keymap.keys(command).last().map(ToString::to_string).unwrap_or_default();
        let name_style = if open.chosen == Some(way) { theme.strong } else { theme.text };
        let mut head = Piece::new(format!("{key:<KEY$}"), theme.accent);
        head.marked = open.at == way;
        if room >= WIDE {
            let mut head = Some(head.and(format!("{name:<NAME$}"), name_style));
            for line in told {
                let start = head.take().unwrap_or_else(|| Piece::new(" ".repeat(KEY + NAME), theme.text));
                let beside = room.saturating_sub((KEY + NAME) as u16);
                let mut rest = parts(&line, beside).into_iter();
                let first = rest.next().unwrap_or_default();
                lines.push(start.and(first, line.1));
                lines.extend(
                    rest.map(|part| Piece::new(" ".repeat(KEY + NAME), theme.text).and(part, line.1)),
                );
            }
            lines.extend(head);
        } else {
            lines.push(head.and(name, name_style));
            for line in told {
                let under = room.saturating_sub(KEY as u16);
                let rest = parts(&line, under).into_iter();
                lines.extend(rest.map(|part| Piece::new(" ".repeat(KEY), theme.text).and(part, line.1)));
            }
        }
        // The first line of a way is the one to choose it.
        if let Some(line) = lines.iter_mut().skip(before).find(|line| !line.left.is_empty()) {
            line.entry = Some(number);
        }
    }
    blank(&mut lines);
    if whole && state.setup.env.remote {
        let play = state.setup.keymap.named(Command::PlayPause);
        let choice = format!("vmail remembers what worked: next time, {play} uses it at once.");
        lines.extend(broken(&choice, room).into_iter().map(|line| Piece::new(line, theme.quiet)));
    }
    lines
}

/// Returns the command that takes a way, and the name of the way.
fn named(way: Delivery, remote: bool) -> (Command, &'static str) {
    match way {
        Delivery::Browser => (Command::InBrowser, "In your browser"),
        Delivery::Save => (Command::SaveHere, "As a file"),
        Delivery::Terminal => (Command::ToTerminal, "To the terminal"),
        Delivery::Here if remote => (Command::PlayHere, "Forwarded sound"),
        Delivery::Here => (Command::PlayHere, "Play here"),
    }
}

/// Breaks a line at words. A line that fits stays as it is, with its leading blanks.
fn parts((text, _): &(String, Style), room: u16) -> Vec<String> {
    if width(text) <= room { vec![text.clone()] } else { broken(text, room) }
}

/// Returns the lines for ~/.ssh/config that forward the sound in every session. Empty if one of them
/// does not fit: a broken line would be copied as two settings.
fn for_good(state: &State, theme: &Theme, room: u16) -> Vec<(String, Style)> {
    let Some(socket) = state.setup.env.socket.as_ref().filter(|_| state.setup.env.remote) else {
        return Vec::new();
    };
    let settings = state.setup.env.server.sound_config(socket);
    if settings.lines().any(|line| width(line) > room) {
        return Vec::new();
    }
    let head = "or, for every connection, add to ~/.ssh/config on your machine:";
    let settings = settings.lines().map(|line| (line.to_owned(), theme.accent));
    [(head.to_owned(), theme.quiet)].into_iter().chain(settings).collect()
}

/// Returns the text of a way: lines to read, and in the colour of keys lines to copy. Without `whole`,
/// the text for a saved file leaves out the path, which the line to copy shows as well.
fn about(state: &State, open: &Elsewhere, way: Delivery, theme: &Theme, whole: bool) -> Vec<(String, Style)> {
    let server = &state.setup.env.server;
    let read = |text: &str| (text.to_owned(), theme.quiet);
    let home = state.setup.env.home.as_deref();
    let again = || state.setup.keymap.named(Command::InBrowser);
    let (host, client) = if state.setup.env.remote {
        ("the server", "your machine")
    } else {
        ("this machine", "another machine")
    };
    let run = || read(&format!("run this on {client}:"));
    match way {
        Delivery::Browser => match state.shared.page.as_ref().filter(|(key, _)| *key == open.key) {
            None => vec![read(&format!("a page that opens once, in the browser on {client}"))],
            Some((_, PageNews::Opening)) => vec![read("fetching the recording…")],
            Some((_, PageNews::Ready { url, port, opened: false })) => vec![
                run(),
                (server.page(*port), theme.accent),
                read("then open within ten minutes (works once):"),
                (url.clone(), theme.accent),
            ],
            Some((_, PageNews::Ready { opened: true, .. })) => {
                vec![("opened in your browser".to_owned(), theme.good)]
            }
            Some((_, PageNews::Closed(Closed::TimeUp))) => {
                vec![read(&format!("expired: {} to serve it again", again()))]
            }
            Some((_, PageNews::Closed(Closed::Heard))) => {
                vec![read(&format!("played, now closed: {} to serve it again", again()))]
            }
            Some((_, PageNews::Failed(why))) => vec![(why.clone(), theme.fault)],
        },
        Delivery::Save => match state.shared.saved.as_ref().filter(|(key, _)| *key == open.key) {
            None => vec![read(&format!("saves it on {host} and shows the command to copy it"))],
            Some((_, path)) => vec![
                (
                    if whole { format!("saved: {}", humanize::path(path, home)) } else { "saved".to_owned() },
                    theme.good,
                ),
                run(),
                (server.copy(path), theme.accent),
            ],
        },
        Delivery::Terminal => match (state.setup.env.transfer, state.shared.sending) {
            (None, _) => vec![read("not supported here: use iTerm2 or kitty")],
            (_, Some(Sending::Asked(key))) if key == open.key => {
                let key = state.setup.keymap.named(Command::ToTerminal);
                vec![(format!("allow it in kitty, then press {key} again"), theme.warning)]
            }
            (_, Some(Sending::InProgress(key, percent))) if key == open.key => {
                vec![(format!("sending: {percent}%"), theme.text)]
            }
            (_, Some(Sending::Sent(key))) if key == open.key => {
                vec![("sent: see your downloads folder".to_owned(), theme.good)]
            }
            _ => vec![read("goes to your downloads folder")],
        },
        Delivery::Here => match &state.setup.env.socket {
            Some(socket) if state.setup.env.remote => vec![
                read("first, forward the sound; run this on your machine:"),
                (server.sound(socket), theme.accent),
            ],
            _ => vec![read("through the sound server or player_command")],
        },
    }
}
