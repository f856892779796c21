//! Keys: their notation, which command a key runs in which scope, and what a key means now.

use std::collections::HashMap;
use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::tui::command::{Command, Scope, TABLE};
use crate::tui::state::State;

pub mod own;

/// A key with its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyChord {
    code: KeyCode,
    modifiers: KeyModifiers,
}

impl KeyChord {
    /// Returns the chord of a key event. For characters, Shift is part of the character.
    pub fn of(key: KeyEvent) -> KeyChord {
        let mut modifiers = key.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
        if matches!(key.code, KeyCode::Char(_) | KeyCode::BackTab) {
            modifiers -= KeyModifiers::SHIFT;
        }
        KeyChord { code: key.code, modifiers }
    }

    /// Returns the event that a terminal sends for the chord.
    pub fn event(self) -> KeyEvent {
        KeyEvent::new(self.code, self.modifiers)
    }

    /// Parses the notation of a key: `j`, `G`, `Ctrl-d`, `Alt-x`, `Shift-Up`, `PgDn`, `Space`, `F5`. Names
    /// and modifiers are case-insensitive. Returns `None` for an unknown key.
    pub fn parse(text: &str) -> Option<KeyChord> {
        let mut modifiers = KeyModifiers::NONE;
        let mut rest = text;
        while let Some((name, modifier)) = MODIFIERS.iter().find(|(name, _)| {
            rest.len() > name.len()
                && rest.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name))
        }) {
            modifiers |= *modifier;
            rest = &rest[name.len()..];
        }
        let mut chars = rest.chars();
        let code = match (chars.next()?, chars.next()) {
            (c, None) if c.is_control() => return None,
            (c, None) => KeyCode::Char(c),
            _ => named(rest)?,
        };
        KeyChord { code, modifiers }.as_sent()
    }

    /// Returns the chord as terminals send it; `None` if they cannot send it.
    fn as_sent(self) -> Option<KeyChord> {
        let KeyChord { mut code, mut modifiers } = self;
        match code {
            KeyCode::Char(c) if modifiers.contains(KeyModifiers::CONTROL) => {
                // Terminals send one byte for both cases, and three of these bytes are other keys.
                let c = c.to_ascii_lowercase();
                modifiers -= KeyModifiers::SHIFT;
                let key = match c {
                    'i' => Some(KeyCode::Tab),
                    'm' => Some(KeyCode::Enter),
                    '[' => Some(KeyCode::Esc),
                    _ => None,
                };
                modifiers -= if key.is_some() { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
                code = key.unwrap_or(KeyCode::Char(c));
            }
            KeyCode::Char(c) if modifiers.contains(KeyModifiers::SHIFT) => {
                // Shift with other characters depends on the keyboard layout.
                c.is_ascii_alphabetic().then_some(())?;
                modifiers -= KeyModifiers::SHIFT;
                code = KeyCode::Char(c.to_ascii_uppercase());
            }
            KeyCode::Tab | KeyCode::BackTab if modifiers.contains(KeyModifiers::SHIFT) => {
                modifiers -= KeyModifiers::SHIFT;
                code = KeyCode::BackTab;
            }
            _ => {}
        }
        Some(KeyChord { code, modifiers })
    }

    /// Returns whether the key enters a character in a text field.
    pub fn types(self) -> bool {
        let held = self.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        matches!(self.code, KeyCode::Char(_)) && !held
    }
}

const MODIFIERS: [(&str, KeyModifiers); 3] =
    [("Ctrl-", KeyModifiers::CONTROL), ("Alt-", KeyModifiers::ALT), ("Shift-", KeyModifiers::SHIFT)];

/// Returns the key with this name or alias.
fn named(name: &str) -> Option<KeyCode> {
    let known = NAMED.iter().chain(OTHER_NAMES).find(|(known, _)| known.eq_ignore_ascii_case(name));
    let function = || {
        let number = name.strip_prefix(['F', 'f'])?.parse().ok()?;
        (1..=12).contains(&number).then_some(KeyCode::F(number))
    };
    known.map(|(_, code)| *code).or_else(function)
}

/// Keys written by name.
const NAMED: &[(&str, KeyCode)] = &[
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("Shift-Tab", KeyCode::BackTab),
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
    ("Ins", KeyCode::Insert),
];

/// Aliases.
const OTHER_NAMES: &[(&str, KeyCode)] = &[
    ("Return", KeyCode::Enter),
    ("Escape", KeyCode::Esc),
    ("PageUp", KeyCode::PageUp),
    ("PageDown", KeyCode::PageDown),
    ("Delete", KeyCode::Delete),
    ("Insert", KeyCode::Insert),
    ("BackTab", KeyCode::BackTab),
];

/// Returns the names of all named keys.
pub fn key_names() -> impl Iterator<Item = &'static str> {
    NAMED.iter().map(|(name, _)| *name)
}

impl fmt::Display for KeyChord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.modifiers.contains(KeyModifiers::CONTROL) {
            f.write_str("Ctrl-")?;
        }
        if self.modifiers.contains(KeyModifiers::ALT) {
            f.write_str("Alt-")?;
        }
        if self.modifiers.contains(KeyModifiers::SHIFT) {
            f.write_str("Shift-")?;
        }
        match (NAMED.iter().find(|(_, code)| *code == self.code), self.code) {
            (Some((name, _)), _) => f.write_str(name),
            (None, KeyCode::Char(c)) => write!(f, "{c}"),
            (None, code) => write!(f, "{code}"),
        }
    }
}

/// Maps keys to commands, per scope.
#[derive(Clone, Debug)]
pub struct Keymap {
    commands: HashMap<(Scope, KeyChord), Command>,
    keys: HashMap<Command, Vec<KeyChord>>,
}

impl Default for Keymap {
    /// The default keys.
    fn default() -> Keymap {
        Keymap::with(&[])
    }
}

impl Keymap {
    /// Creates a keymap from the default keys; the commands in `own` have only the keys listed there.
    pub fn with(own: &[(Command, Vec<KeyChord>)]) -> Keymap {
        let mut keymap = Keymap { commands: HashMap::new(), keys: HashMap::new() };
        for entry in TABLE {
            let usual = || entry.keys.iter().filter_map(|key| KeyChord::parse(key)).collect();
            let own = own.iter().find(|(command, _)| *command == entry.command);
            let keys = own.map_or_else(usual, |(_, keys)| keys.clone());
            for chord in &keys {
                keymap.commands.insert((entry.scope, *chord), entry.command);
            }
            keymap.keys.insert(entry.command, keys);
        }
        keymap
    }

    /// Returns the command of `key` in the first of `scopes` that has one.
    pub fn command(&self, scopes: &[Scope], key: KeyEvent) -> Option<Command> {
        let chord = KeyChord::of(key);
        scopes.iter().find_map(|&scope| self.commands.get(&(scope, chord)).copied())
    }

    /// Returns the name of a command's key for use in a sentence: its first key, or `:name` for the command
    /// palette if it has none.
    pub fn named(&self, command: Command) -> String {
        let key = self.keys(command).first().map(ToString::to_string);
        key.unwrap_or_else(|| format!(":{}", command.entry().name))
    }

    /// Returns the keys of `command`, the main one first.
    pub fn keys(&self, command: Command) -> &[KeyChord] {
        self.keys.get(&command).map_or(&[], Vec::as_slice)
    }
}

/// What keys mean now: it follows from what is open.
impl State {
    /// Returns the scopes to look up a key in, in this order. The focus is derived from other state, never
    /// stored twice.
    pub fn scopes(&self) -> &'static [Scope] {
        if self.help.is_some() {
            return &[Scope::Help, Scope::Anywhere];
        }
        match &self.overlay {
            Some(overlay) => overlay.scopes(),
            None if self.filter.open => &[Scope::Search, Scope::Anywhere],
            None if self.detail_focused() => &[Scope::Detail, Scope::Inbox, Scope::Anywhere],
            None => &[Scope::List, Scope::Inbox, Scope::Anywhere],
        }
    }

    /// Returns the command that `key` means now.
    pub fn command(&self, key: KeyEvent) -> Option<Command> {
        let command = self.setup.keymap.command(self.scopes(), key)?;
        self.is_heard(command, KeyChord::of(key)).then_some(command)
    }

    /// Returns the first key of `command` that works now.
    pub fn key(&self, command: Command) -> Option<KeyChord> {
        self.setup.keymap.keys(command).iter().copied().find(|key| self.is_heard(command, *key))
    }

    /// Returns whether `key` is a command now and not text: typing comes before keys that work anywhere.
    /// The key that opened the help closes it while the filter is empty.
    fn is_heard(&self, command: Command, key: KeyChord) -> bool {
        let typing = match &self.help {
            Some(help) => !help.input.value().is_empty(),
            None => self.scopes().first().is_some_and(|scope| scope.takes_text()),
        };
        !(typing && key.types() && command.entry().scope == Scope::Anywhere)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_default_key_is_readable_and_written_the_same() {
        for key in TABLE.iter().flat_map(|entry| entry.keys) {
            let chord = KeyChord::parse(key).unwrap_or_else(|| panic!("invalid key {key}"));
            assert_eq!(chord.to_string(), *key);
        }
    }

    #[test]
    fn no_key_means_two_things_in_one_scope() {
        let mut seen = HashSet::new();
        for entry in TABLE {
            for key in entry.keys {
                assert!(seen.insert((entry.scope, key)), "{key} is used twice in {:?}", entry.scope);
            }
        }
    }

    #[test]
    fn keys_are_read_however_they_are_written() {
        for (written, key) in [
            ("ctrl-D", "Ctrl-d"),
            ("Shift-g", "G"),
            ("shift-tab", "Shift-Tab"),
            ("BackTab", "Shift-Tab"),
            ("Shift-Up", "Shift-Up"),
            ("pagedown", "PgDn"),
            ("f12", "F12"),
            ("Ctrl-Alt-F1", "Ctrl-Alt-F1"),
            ("Ctrl--", "Ctrl--"),
            ("-", "-"),
            // Terminals send the same byte for both.
            ("Ctrl-i", "Tab"),
            ("Ctrl-m", "Enter"),
            ("é", "é"),
        ] {
            assert_eq!(
                KeyChord::parse(written).map(|chord| chord.to_string()).as_deref(),
                Some(key),
                "{written}"
            );
        }
        for no_key in ["", "Ctrl-", "F0", "F13", "Hyper-x", "Shift-1", "jj", "\t"] {
            assert_eq!(KeyChord::parse(no_key), None, "{no_key}");
        }
    }

    #[test]
    fn shift_is_part_of_a_character() {
        let key = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(Keymap::default().command(&[Scope::Inbox], key), Some(Command::Last));
    }
}
