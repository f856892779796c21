//! The ways to hear a recording elsewhere, and the dialog that asks where to save one.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::tui::command::Command;
use crate::tui::layout::centred;
use crate::tui::msg::PageNews;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::view::dates::frame;
use crate::tui::view::detail::Piece;
use crate::tui::view::field;
use crate::tui::view::pen::{Pen, width};
use crate::tui::ways::{Save, Sending, Way, Ways, shown};
use crate::web::Closed;
use crate::words::broken;

/// How wide the overlays are, where there is room.
const WIDTH: u16 = 104;

/// From this width on, what a way is about stands beside its name.
const WIDE: u16 = 84;

/// How wide the column of keys and that of names are.
const KEY: usize = 3;
const NAME: usize = 23;

/// How much the overlay tells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    /// Every way with all that is known of it, also what is done once and for good.
    All,
    /// Every way, and what is to be done now.
    Now,
    /// The same, with no lines between.
    Close,
    /// The ways by name only; once one was chosen, the one where the user is has the room for itself.
    Least,
}

/// Draws the ways, each with what there is to know or to do.
pub fn draw(state: &State, ways: &Ways, theme: &Theme, buffer: &mut Buffer) {
    // Below it stands what became of a key.
    let screen = Rect { height: state.regions().status.y, ..buffer.area };
    let room = screen.width.min(WIDTH).saturating_sub(4);
    let fit = |lines: &Vec<Piece>| lines.len() as u16 + 2 <= screen.height;
    let more =
        [Told::All, Told::Now, Told::Close].into_iter().filter(|told| *told != Told::All || room >= WIDE);
    let more = more.map(|told| lines(state, ways, theme, room, told)).find(fit);
    let lines = more.unwrap_or_else(|| lines(state, ways, theme, room, Told::Least));
    let title = if state.surroundings.remote { "Listen over ssh" } else { "Listen elsewhere" };
    let inside = frame(centred(screen, WIDTH, lines.len() as u16 + 2), title, state, theme, buffer);
    for (y, line) in lines.iter().enumerate() {
        let mut pen = Pen::new(buffer, inside, y as u16);
        pen.column(if line.marked { "▌" } else { "" }, 1, theme.accent);
        for (text, style) in &line.left {
            pen.write(text, *style);
        }
    }
}

/// The overlay's lines.
fn lines(state: &State, ways: &Ways, theme: &Theme, room: u16, extent: Told) -> Vec<Piece> {
    let whole = extent != Told::Least;
    let why = match &ways.why {
        Some(why) => format!("No sound: {why}. Ways to hear it all the same:"),
        None if state.surroundings.remote => {
            "What plays here is not heard at your desk. Ways to hear it there:".to_owned()
        }
        None => "Ways to hear it on another machine, or later:".to_owned(),
    };
    let blank = |lines: &mut Vec<Piece>| {
        if whole && extent != Told::Close {
            lines.push(Piece::default());
        }
    };
    let alone = (ways.chosen.is_some() && !whole).then_some(ways.at);
    let why = if alone.is_some() { Vec::new() } else { broken(&why, room) };
    let mut lines: Vec<_> = why.into_iter().map(|line| Piece::new(line, theme.text)).collect();
    for way in Way::EVERY {
        let (command, name) = named(way);
        if alone.is_some_and(|alone| alone != way) {
            continue;
        }
        blank(&mut lines);
        let mut told =
            if whole || alone == Some(way) { about(state, ways, way, theme, whole) } else { Vec::new() };
        if way == Way::Here && extent == Told::All && ways.chosen.is_none_or(|chosen| chosen == way) {
            let beside = room.saturating_sub((KEY + NAME) as u16);
            told.extend(for_good(state, theme, beside));
        }
        let key = state.keymap.keys(command).last().map(ToString::to_string).unwrap_or_default();
        let name_style = if ways.chosen == Some(way) { theme.strong } else { theme.text };
        let mut head = Piece::new(format!("{key:<KEY$}"), theme.accent);
        head.marked = ways.at == way;
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
    }
    blank(&mut lines);
    if whole && state.surroundings.remote {
        let play = state.keymap.named(Command::PlayPause);
        let choice = format!("What you choose is remembered: the next {play} goes straight there.");
        lines.extend(broken(&choice, room).into_iter().map(|line| Piece::new(line, theme.quiet)));
    }
    lines
}

/// The command that takes a way, and what the way is called.
fn named(way: Way) -> (Command, &'static str) {
    match way {
        Way::Browser => (Command::InBrowser, "In your browser"),
        Way::Save => (Command::SaveHere, "Save here"),
        Way::Terminal => (Command::ToTerminal, "Send to the terminal"),
        Way::Here => (Command::PlayHere, "Play here"),
    }
}

/// A line that fits stays as it is, with the blanks before it.
fn parts((text, _): &(String, Style), room: u16) -> Vec<String> {
    if width(text) <= room { vec![text.clone()] } else { broken(text, room) }
}

/// How the sound comes here each time the user does. Nothing where a line would have to be broken:
/// the parts of one would be two settings.
fn for_good(state: &State, theme: &Theme, room: u16) -> Vec<(String, Style)> {
    let Some(socket) = state.surroundings.socket.as_ref().filter(|_| state.surroundings.remote) else {
        return Vec::new();
    };
    let settings = state.surroundings.server.sound_config(socket);
    if settings.lines().any(|line| width(line) > room) {
        return Vec::new();
    }
    let head = "or for good, in ~/.ssh/config there, under the name you connect with:";
    let settings = settings.lines().map(|line| (line.to_owned(), theme.accent));
    [(head.to_owned(), theme.quiet)].into_iter().chain(settings).collect()
}

/// What there is to say of a way: lines to read, and in the colour of keys what is to be copied. Less
/// than the `whole` of it is without what stands in that line as well.
fn about(state: &State, ways: &Ways, way: Way, theme: &Theme, whole: bool) -> Vec<(String, Style)> {
    let server = &state.surroundings.server;
    let read = |text: &str| (text.to_owned(), theme.quiet);
    let home = state.surroundings.home.as_deref();
    let again = || state.keymap.named(Command::InBrowser);
    match way {
        Way::Browser => match state.shared.page.as_ref().filter(|(key, _)| *key == ways.key) {
            None => vec![read("a page that opens once, in the browser at your desk")],
            Some((_, PageNews::Opening)) => vec![read("fetching the recording …")],
            Some((_, PageNews::Ready { url, port, opened: false })) => vec![
                read("run at your desk:"),
                (server.page(*port), theme.accent),
                read("then open, once and within ten minutes:"),
                (url.clone(), theme.accent),
            ],
            Some((_, PageNews::Ready { opened: true, .. })) => {
                vec![("opened in your browser".to_owned(), theme.good)]
            }
            Some((_, PageNews::Closed(Closed::TimeUp))) => {
                vec![read(&format!("nobody opened it in time: {} serves it again", again()))]
            }
            Some((_, PageNews::Closed(Closed::Heard))) => {
                vec![read(&format!("heard, and gone: {} serves it again", again()))]
            }
            Some((_, PageNews::Failed(why))) => vec![(why.clone(), theme.fault)],
        },
        Way::Save => match state.shared.saved.as_ref().filter(|(key, _)| *key == ways.key) {
            None => vec![read("to a folder on this machine, with the line that copies it to yours")],
            Some((_, path)) => vec![
                (
                    if whole { format!("saved: {}", shown(path, home)) } else { "saved".to_owned() },
                    theme.good,
                ),
                read("run at your desk:"),
                (server.copy(path), theme.accent),
            ],
        },
        Way::Terminal => match (state.surroundings.transfer, state.shared.sending) {
            (None, _) => vec![read("not in this terminal: iTerm2 and kitty take files")],
            (_, Some(Sending::Asked(key))) if key == ways.key => {
                let key = state.keymap.named(Command::ToTerminal);
                vec![(format!("allow it in kitty, then press {key} again"), theme.warning)]
            }
            (_, Some(Sending::Under(key, percent))) if key == ways.key => {
                vec![(format!("on its way: {percent} %"), theme.text)]
            }
            (_, Some(Sending::Sent(key))) if key == ways.key => {
                vec![("sent: look among your downloads".to_owned(), theme.good)]
            }
            _ => vec![read("lands among the downloads at your desk")],
        },
        Way::Here => match &state.surroundings.socket {
            Some(socket) if state.surroundings.remote => vec![
                read("first bring the sound of your desk here; run there:"),
                (server.sound(socket), theme.accent),
            ],
            _ => vec![read("by the sound server, or the program set as player_command")],
        },
    }
}

/// Draws the dialog; says where the cursor stands.
pub fn draw_save(state: &State, dialog: &Save, theme: &Theme, buffer: &mut Buffer) -> Option<Position> {
    let place = centred(buffer.area, WIDTH.min(76), 6);
    let inside = frame(place, "Save the recording", state, theme, buffer);
    let area = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let cursor = field::draw(&dialog.input, area, 1, theme, buffer);
    let enter = state.keymap.named(Command::SaveNow);
    let replaces = format!("There is a file of that name. {enter} replaces it.");
    let saves = format!("{enter} saves it there; a missing folder is made");
    let (told, style) = if let Some(trouble) = &dialog.trouble {
        (trouble.as_str(), theme.fault)
    } else if dialog.exists {
        (replaces.as_str(), theme.warning)
    } else if dialog.busy {
        ("saving …", theme.quiet)
    } else if dialog.path(state.surroundings.home.as_deref()).is_none() {
        ("a path with a file name", theme.quiet)
    } else {
        (saves.as_str(), theme.quiet)
    };
    for (y, line) in broken(told, area.width).iter().take(2).enumerate() {
        Pen::new(buffer, area, 2 + y as u16).write(line, style);
    }
    cursor
}
