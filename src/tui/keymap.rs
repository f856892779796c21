//! Keys: how they are written, and which command one means where.

use std::collections::HashMap;
use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::tui::command::{Command, Scope, TABLE};

/// A key with its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyChord {
    code: KeyCode,
    modifiers: KeyModifiers,
}

impl KeyChord {
    /// The chord of a key event. Shift is part of a character already.
    pub fn of(key: KeyEvent) -> KeyChord {
        let mut modifiers = key.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
        if matches!(key.code, KeyCode::Char(_) | KeyCode::BackTab) {
            modifiers -= KeyModifiers::SHIFT;
        }
        KeyChord { code: key.code, modifiers }
    }

    /// The event that a terminal sends for it.
    pub fn event(self) -> KeyEvent {
        KeyEvent::new(self.code, self.modifiers)
    }

    /// Reads `j`, `G`, `Ctrl-d`, `Alt-x`, `PgDn`, `Space`; `None` when there is no such key.
    pub fn parse(text: &str) -> Option<KeyChord> {
        let mut modifiers = KeyModifiers::NONE;
        let mut rest = text;
        loop {
            rest = if let Some(rest) = rest.strip_prefix("Ctrl-") {
                modifiers |= KeyModifiers::CONTROL;
                rest
            } else if let Some(rest) = rest.strip_prefix("Alt-") {
                modifiers |= KeyModifiers::ALT;
                rest
            } else {
                break;
            };
        }
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.next()) {
            (Some(c), None) => KeyCode::Char(c),
            _ => NAMED.iter().find(|(name, _)| *name == rest)?.1,
        };
        Some(KeyChord { code, modifiers })
    }
}

/// Keys that are written by name.
const NAMED: &[(&str, KeyCode)] = &[
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("BackTab", KeyCode::BackTab),
    ("Space", KeyCode::Char(' ')),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("Backspace", KeyCode::Backspace),
    ("Del", KeyCode::Delete),
];

impl fmt::Display for KeyChord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.modifiers.contains(KeyModifiers::CONTROL) {
            f.write_str("Ctrl-")?;
        }
        if self.modifiers.contains(KeyModifiers::ALT) {
            f.write_str("Alt-")?;
        }
        match (NAMED.iter().find(|(_, code)| *code == self.code), self.code) {
            (Some((name, _)), _) => f.write_str(name),
            (None, KeyCode::Char(c)) => write!(f, "{c}"),
            (None, code) => write!(f, "{code}"),
        }
    }
}

/// Which command a key means, by scope.
#[derive(Clone, Debug)]
pub struct Keymap {
    commands: HashMap<(Scope, KeyChord), Command>,
    keys: HashMap<Command, Vec<KeyChord>>,
}

impl Default for Keymap {
    /// The keys of the command table.
    fn default() -> Keymap {
        let mut keymap = Keymap { commands: HashMap::new(), keys: HashMap::new() };
        for entry in TABLE {
            for chord in entry.keys.iter().filter_map(|key| KeyChord::parse(key)) {
                keymap.commands.insert((entry.scope, chord), entry.command);
                keymap.keys.entry(entry.command).or_default().push(chord);
            }
        }
        keymap
    }
}

impl Keymap {
    /// What `key` means in the first of `scopes` that knows it.
    pub fn command(&self, scopes: &[Scope], key: KeyEvent) -> Option<Command> {
        let chord = KeyChord::of(key);
        scopes.iter().find_map(|&scope| self.commands.get(&(scope, chord)).copied())
    }

    /// The keys of `command`, the usual one first.
    pub fn keys(&self, command: Command) -> &[KeyChord] {
        self.keys.get(&command).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_default_key_is_readable_and_written_the_same() {
        for key in TABLE.iter().flat_map(|entry| entry.keys) {
            let chord = KeyChord::parse(key).unwrap_or_else(|| panic!("{key} is no key"));
            assert_eq!(chord.to_string(), *key);
        }
    }

    #[test]
    fn no_key_means_two_things_in_one_scope() {
        let mut seen = HashSet::new();
        for entry in TABLE {
            for key in entry.keys {
                assert!(seen.insert((entry.scope, key)), "{key} stands twice in {:?}", entry.scope);
            }
        }
    }

    #[test]
    fn shift_is_part_of_a_character() {
        let key = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(Keymap::default().command(&[Scope::Inbox], key), Some(Command::Last));
    }
}
