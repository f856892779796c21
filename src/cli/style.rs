//! How the output of verbs looks: colours, aligned columns, and broken pipes.

use std::io::{self, IsTerminal as _};

use anstyle::{AnsiColor, Style};
use anyhow::Context as _;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use crate::cli::World;
use crate::terminal;

/// The properties of stdout that affect output.
#[derive(Clone, Copy, Debug, Default)]
pub struct OutputStyle {
    /// Whether to use colours.
    pub colour: bool,
    /// The width in cells; `None` if lines can have any length.
    pub width: Option<usize>,
}

impl OutputStyle {
    /// Returns the properties of stdout.
    pub fn stdout(world: &World) -> OutputStyle {
        if !io::stdout().is_terminal() {
            return OutputStyle::default();
        }
        let columns = terminal::size().map(|(columns, _)| usize::from(columns));
        OutputStyle { colour: takes_colour(world), width: columns.filter(|columns| *columns > 0) }
    }

    /// Returns `text` in `style` if stdout uses colours.
    pub fn paint(self, text: &str, style: Style) -> String {
        if self.colour && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// Whether verbs may send colours to a terminal.
pub fn takes_colour(world: &World) -> bool {
    let set = |name| (world.variable)(name).is_some_and(|value| !value.is_empty());
    !set("NO_COLOR") && (world.variable)("TERM").is_some_and(|term| term != "dumb")
}

/// Plain text.
pub const PLAIN: Style = Style::new();
/// Bold.
pub const BOLD: Style = Style::new().bold();
/// For failures.
pub const RED: Style = AnsiColor::Red.on_default();
/// For success.
pub const GREEN: Style = AnsiColor::Green.on_default();
/// For warnings.
pub const YELLOW: Style = AnsiColor::Yellow.on_default();
/// For symbols.
pub const CYAN: Style = AnsiColor::Cyan.on_default();
/// For secondary text.
pub const GREY: Style = AnsiColor::BrightBlack.on_default();

/// Converts the result of writing to stdout. A broken pipe is not an error.
pub fn quietly(written: io::Result<()>) -> anyhow::Result<()> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to stdout")
        }
        _ => Ok(()),
    }
}

/// Returns the display width of printed `text` in cells.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Truncates or pads printed `text` to exactly `room` cells.
pub fn fitted(text: &str, room: usize) -> String {
    let text = cut(text, room);
    let blank = room.saturating_sub(width(&text));
    text + &" ".repeat(blank)
}

/// Truncates printed `text` to at most `room` cells, with an ellipsis.
pub fn cut(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        used += width(grapheme);
        if used >= room {
            break;
        }
        kept.push_str(grapheme);
    }
    if room > 0 {
        kept.push('…');
    }
    kept
}
