//! The user's own keys: checks the settings, and builds the keymap.

use std::fmt;

use crate::config::{KeyFault, OwnKeys, OwnView};
use crate::core::suggest::nearest;
use crate::core::text;
use crate::tui::command::{Command, Entry, Scope, TABLE};
use crate::tui::keymap::{KeyChord, Keymap, key_names};

/// How much of the user's text an error message quotes, in characters.
const SHOWN_MAX: usize = 60;

/// Builds the keymap from the user's settings without [`faults`].
pub fn keymap(own: &[OwnKeys]) -> Keymap {
    let own: Vec<_> = own
        .iter()
        .filter_map(|own| {
            let keys = own.keys.iter().filter_map(|key| KeyChord::parse(key)).collect();
            Some((entry(&own.command)?.command, keys))
        })
        .collect();
    Keymap::with(&own)
}

/// Parses a key in the settings, or returns an error message.
pub fn key(written: &str) -> Result<KeyChord, String> {
    KeyChord::parse(written).ok_or_else(|| {
        let name = written.rsplit('-').next().unwrap_or(written);
        let hint = match nearest(name, key_names()) {
            Some(known) if name.chars().count() > 1 => format!("; did you mean \"{known}\"?"),
            _ => String::new(),
        };
        format!(
            "invalid key \"{}\": expected one like \"6\", \"G\", \"Ctrl-d\", \"Alt-x\", \"F5\", \"PgDn\"{hint}",
            text::clean(written, SHOWN_MAX)
        )
    })
}

/// A key, and what it is assigned to.
struct Held {
    key: KeyChord,
    by: Holder,
}

#[derive(Clone, Copy)]
enum Holder {
    /// A command, with the line in the settings; `None` for a default key.
    Command(&'static Entry, Option<usize>),
    /// The index of a view.
    View(usize),
}

impl Holder {
    fn scope(self) -> Scope {
        match self {
            Holder::Command(entry, _) => entry.scope,
            // Views behave like commands of the inbox.
            Holder::View(_) => Scope::Inbox,
        }
    }

    fn is_own(self) -> bool {
        !matches!(self, Holder::Command(_, None))
    }
}

/// Returns the errors in the user's keys, including conflicts with the keys of `views`.
pub fn faults(own: &[OwnKeys], views: &[OwnView]) -> Vec<KeyFault> {
    let mut faults = Vec::new();
    let mut held: Vec<Held> = Vec::new();
    for own in own {
        let mut fault = |message: fmt::Arguments<'_>| {
            let command = text::clean(&own.command, SHOWN_MAX);
            faults.push(KeyFault { line: Some(own.line), message: format!("`keys.{command}`: {message}") });
        };
        let Some(entry) = entry(&own.command) else {
            let hint = nearest(&own.command, TABLE.iter().map(|entry| entry.name))
                .map_or(": `vmail keys` lists all commands".to_owned(), |known| {
                    format!("; did you mean `{known}`?")
                });
            fault(format_args!("no such command{hint}"));
            continue;
        };
        if own.keys.is_empty() && is_needed(entry) {
            fault(format_args!(
                "needs at least one key, or it could not be closed: the default is {}",
                usual(entry)
            ));
        }
        for written in &own.keys {
            match key(written) {
                Err(message) => fault(format_args!("{message}")),
                Ok(key) if key.types() && entry.scope.takes_text() => fault(format_args!(
                    "\"{key}\" would be typed as text: use a key with Ctrl or Alt, or one like \"F5\""
                )),
                Ok(key) => {
                    let by = Holder::Command(entry, Some(own.line));
                    if held.iter().any(|held| held.key == key && same(held.by, by)) {
                        fault(format_args!("\"{key}\" is listed twice: keep one"));
                    } else {
                        held.push(Held { key, by });
                    }
                }
            }
        }
    }
    // Invalid keys were reported with the views.
    let keys = views.iter().enumerate().map(|(place, view)| Some((place, KeyChord::parse(&view.key)?)));
    held.extend(keys.flatten().map(|(place, key)| Held { key, by: Holder::View(place) }));
    let changed = |entry: &Entry| own.iter().any(|own| own.command == entry.name);
    let usual = TABLE.iter().filter(|entry| !changed(entry)).flat_map(|entry| {
        let keys = entry.keys.iter().filter_map(|key| KeyChord::parse(key));
        keys.map(move |key| Held { key, by: Holder::Command(entry, None) })
    });
    held.extend(usual);
    for (place, one) in held.iter().enumerate().filter(|(_, held)| held.by.is_own()) {
        // A conflict between two of the user's own keys is reported for the later one.
        let before = held.iter().enumerate().filter(|(at, other)| *at < place || !other.by.is_own());
        let clashing = before.filter(|(_, other)| {
            other.key == one.key && are_asked_together(one.by.scope(), other.by.scope())
        });
        faults.extend(clashing.filter_map(|(_, other)| clash(one.key, one.by, other.by, views)));
    }
    faults
}

/// Reports that `one` and `other` have the same key.
fn clash(key: KeyChord, one: Holder, other: Holder, views: &[OwnView]) -> Option<KeyFault> {
    let view = |place: usize| views.get(place).map_or("", |view| view.name.as_str());
    let other_name = match other {
        Holder::Command(entry, Some(line)) => format!("a key of `{}` (line {line})", entry.name),
        Holder::Command(entry, None) => format!("a default key of `{}`", entry.name),
        Holder::View(place) => format!("the key of the view \"{}\"", view(place)),
    };
    let remedy = match other {
        Holder::Command(entry, None) => {
            let rest: Vec<_> =
                entry.keys.iter().filter(|usual| KeyChord::parse(usual) != Some(key)).copied().collect();
            if rest.is_empty() && is_needed(entry) {
                "use another".to_owned()
            } else {
                format!("use another, or change that one too, as in `keys.{} = {rest:?}`", entry.name)
            }
        }
        _ => "keep one of the two".to_owned(),
    };
    match one {
        Holder::Command(entry, line) => {
            let message = format!("`keys.{}`: \"{key}\" is also {other_name}: {remedy}", entry.name);
            Some(KeyFault { line, message })
        }
        // A conflict between two views is reported with the views.
        Holder::View(_) if matches!(other, Holder::View(_)) => None,
        Holder::View(place) => {
            let message = format!("`views`: \"{}\": \"{key}\" is also {other_name}: {remedy}", view(place));
            Some(KeyFault { line: None, message })
        }
    }
}

fn entry(name: &str) -> Option<&'static Entry> {
    TABLE.iter().find(|entry| entry.name == name)
}

fn usual(entry: &Entry) -> String {
    entry.keys.iter().map(|key| format!("\"{key}\"")).collect::<Vec<_>>().join(", ")
}

fn same(one: Holder, other: Holder) -> bool {
    matches!((one, other), (Holder::Command(one, _), Holder::Command(other, _)) if one.command == other.command)
}

/// Returns whether keys of both scopes can apply to the same press: see
/// [`crate::tui::state::State::scopes`].
pub fn are_asked_together(one: Scope, other: Scope) -> bool {
    let nested = |inner, outer| match inner {
        Scope::List | Scope::Detail => outer == Scope::Inbox,
        Scope::Presets | Scope::Calendar => outer == Scope::Dates,
        _ => false,
    };
    one == other || [one, other].contains(&Scope::Anywhere) || nested(one, other) || nested(other, one)
}

/// Returns whether the user would be stuck without the command: it closes an overlay or quits the program.
fn is_needed(entry: &Entry) -> bool {
    entry.is_way_out() || entry.command == Command::QuitAtOnce
}
