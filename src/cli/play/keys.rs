//! Keys while something plays: the terminal gives each at once, until this is dropped.

use std::io::{self, IsTerminal as _};
use std::thread;

use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tokio::sync::mpsc;

use crate::tui::terminal::line::Raw;

/// How many keys may wait.
const WAITING: usize = 16;

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Hold the sound, or go on.
    Pause,
    /// Go so many milliseconds on, or back.
    Step(i64),
    /// A step faster, or slower.
    Speed {
        /// Which of the two.
        faster: bool,
    },
    /// The next voicemail.
    Next,
    /// The end.
    Quit,
    /// The end, as by Ctrl-C.
    Interrupt,
}

impl Key {
    /// What `key` asks for: as in the inbox, as far as there is the same.
    pub fn of(key: KeyEvent) -> Option<Key> {
        const SEEK: i64 = 5_000;
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return matches!(key.code, KeyCode::Char('c' | 'd')).then_some(Key::Interrupt);
        }
        Some(match key.code {
            KeyCode::Char(' ') => Key::Pause,
            KeyCode::Left | KeyCode::Char('h') => Key::Step(-SEEK),
            KeyCode::Right | KeyCode::Char('l') => Key::Step(SEEK),
            KeyCode::Char('>') => Key::Speed { faster: true },
            KeyCode::Char('<') => Key::Speed { faster: false },
            KeyCode::Char('n') => Key::Next,
            KeyCode::Char('q') | KeyCode::Esc => Key::Quit,
            _ => return None,
        })
    }
}

/// The keys of a terminal in raw mode. Dropping it gives the terminal back.
#[derive(Debug)]
pub struct Keys {
    presses: mpsc::Receiver<KeyEvent>,
    _raw: Raw,
}

impl Keys {
    /// Takes the keys, where stdin and stderr are a terminal that can place the cursor.
    pub fn take(term: Option<&str>) -> io::Result<Option<Keys>> {
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() || term.is_none_or(|term| term == "dumb")
        {
            return Ok(None);
        }
        let (sender, presses) = mpsc::channel(WAITING);
        let taken = Keys { presses, _raw: Raw::take()? };
        // It waits for a key for good; the end of the program ends it.
        thread::Builder::new().name("keys".to_owned()).spawn(move || {
            while let Ok(event) = event::read() {
                if let Event::Key(key) = event
                    && key.kind != KeyEventKind::Release
                    && sender.blocking_send(key).is_err()
                {
                    break;
                }
            }
        })?;
        Ok(Some(taken))
    }

    /// The next key that asks for something; `None` when the terminal is gone.
    pub async fn next(&mut self) -> Option<Key> {
        loop {
            let key = Key::of(self.presses.recv().await?);
            if key.is_some() {
                return key;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_the_inbox() {
        let of = |code| Key::of(KeyEvent::new(code, KeyModifiers::NONE));
        assert_eq!(of(KeyCode::Char('h')), Some(Key::Step(-5_000)));
        assert_eq!(of(KeyCode::Right), Some(Key::Step(5_000)));
        assert_eq!(of(KeyCode::Char('>')), Some(Key::Speed { faster: true }));
        assert_eq!(of(KeyCode::Char('c')), None);
        let control = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(Key::of(control), Some(Key::Interrupt));
    }
}
