//! The status line of playback on stderr.

use std::io::{self, Write as _};
use std::time::Duration;

use crate::cli::query::Hit;
use crate::cli::style::{cut, width};
use crate::cli::verbs::play::say;
use crate::core::humanize;
use crate::terminal;

/// The keys, if there is room.
const KEYS: &str = "  Space pause, h l seek, < > speed, n next, q quit";

/// What is playing.
#[derive(Clone, Debug)]
pub struct Now {
    /// Whether it is paused.
    pub paused: bool,
    /// The playback position.
    pub position: Duration,
    /// The length; `None` until the recording is fetched.
    pub length: Option<Duration>,
    /// The speed.
    pub speed: f32,
    /// Caller and time.
    pub whose: String,
    /// Number and total, if there are several.
    pub place: Option<(usize, usize)>,
}

impl Now {
    /// Formats the status line of playback, in ASCII if `ascii`.
    pub fn text(&self, ascii: bool) -> String {
        let sign = match (self.length, self.paused, ascii) {
            (None, _, true) => "...",
            (None, _, false) => "…",
            (Some(_), true, true) => "||",
            (Some(_), true, false) => "‖",
            (Some(_), false, true) => ">",
            (Some(_), false, false) => "▶",
        };
        let mut parts = vec![format!("{sign} {}", self.whose)];
        match self.length {
            Some(length) => {
                parts.push(format!("{} / {}", humanize::length(self.position), humanize::length(length)));
            }
            None => parts.push("fetching".to_owned()),
        }
        if (self.speed - 1.0).abs() > 0.01 {
            parts.push(format!("{}{}", self.speed, if ascii { "x" } else { "×" }));
        }
        if let Some((number, of)) = self.place {
            parts.push(format!("{number} of {of}"));
        }
        parts.join("  ")
    }
}

/// Returns caller and time for the status line.
pub fn whose(found: &Hit, time: &str) -> String {
    let number = &found.entry.forms.display;
    let caller = found.name.as_deref().unwrap_or(if number.is_empty() { "Withheld" } else { number });
    format!("{caller}, {time}")
}

/// The status line of a terminal in raw mode; shows nothing elsewhere.
#[derive(Debug)]
pub struct StatusLine {
    shown: bool,
    ascii: bool,
    /// The current text.
    text: String,
}

impl StatusLine {
    /// Returns a status line of playback that is shown or not.
    pub fn new(shown: bool, ascii: bool) -> StatusLine {
        StatusLine { shown, ascii, text: String::new() }
    }

    /// Replaces the text of the status line.
    pub fn show(&mut self, now: &Now) -> io::Result<()> {
        if !self.shown {
            return Ok(());
        }
        // Leave the last cell empty: some terminals wrap there.
        let room = terminal::size().map_or(80, |(columns, _)| usize::from(columns)).saturating_sub(1);
        let mut text = cut(&now.text(self.ascii), room);
        if width(&text) + width(KEYS) <= room {
            text.push_str(KEYS);
        }
        if text == self.text {
            return Ok(());
        }
        self.text.clone_from(&text);
        terminal::line::rewrite(&text)
    }

    /// Prints a message on a line of its own, and clears the status line.
    pub fn say(&mut self, text: &str) -> io::Result<()> {
        self.clear()?;
        if !self.shown {
            return say(text);
        }
        // In raw mode, a newline does not return the carriage.
        write!(io::stderr(), "vmail: {text}\r\n")
    }

    /// Removes the status line of playback.
    pub fn clear(&mut self) -> io::Result<()> {
        if !self.shown {
            return Ok(());
        }
        self.text.clear();
        terminal::line::rewrite("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_what_plays() {
        let mut now = Now {
            paused: false,
            position: Duration::from_secs(12),
            length: Some(Duration::from_secs(42)),
            speed: 1.25,
            whose: "Anita Rao, 11:58".to_owned(),
            place: Some((2, 5)),
        };
        assert_eq!(now.text(false), "▶ Anita Rao, 11:58  0:12 / 0:42  1.25×  2 of 5");
        (now.paused, now.speed, now.place) = (true, 1.0, None);
        assert_eq!(now.text(true), "|| Anita Rao, 11:58  0:12 / 0:42");
        now.length = None;
        assert_eq!(now.text(false), "… Anita Rao, 11:58  fetching");
    }
}
