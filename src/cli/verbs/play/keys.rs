//! Keys during playback: puts the terminal into raw mode until dropped.

use std::io::{self, IsTerminal as _};
use std::thread;

use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tokio::sync::mpsc;

use crate::terminal::line::Raw;

/// The capacity of the channel for keys.
const WAITING: usize = 16;

/// The action of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Pause or resume.
    Pause,
    /// Seek by milliseconds, forward or back.
    Step(i64),
    /// Change the speed by a step.
    Speed {
        /// The direction.
        faster: bool,
    },
    /// Play the next voicemail.
    Next,
    /// Quit.
    Quit,
    /// Quit as with Ctrl-C.
    Interrupt,
}

impl Key {
    /// Returns the action of `key` during playback. The keys are the same as in the inbox.
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

/// Reads keys in raw mode. Restores the terminal on drop.
#[derive(Debug)]
pub struct Keys {
    presses: mpsc::Receiver<KeyEvent>,
    _raw: Raw,
}

impl Keys {
    /// Starts reading keys of playback if stdin and stderr are a terminal with cursor movement.
    pub fn take(term: Option<&str>) -> io::Result<Option<Keys>> {
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() || term.is_none_or(|term| term == "dumb")
        {
            return Ok(None);
        }
        let (sender, presses) = mpsc::channel(WAITING);
        let taken = Keys { presses, _raw: Raw::take()? };
        // Blocks until a key is pressed, so it only ends with the program.
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

    /// Waits for the next key with an action on playback; `None` if the terminal is closed.
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
