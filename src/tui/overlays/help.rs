//! The help: its sections, their order, and the rows that a filter matches. Derived from the table of
//! commands, so that no command can be missing. Plain data; [`crate::tui::update`] changes it.

use std::ops::Range;

use crate::core::search;
use crate::tui::command::{Entry, Scope, by_heading};
use crate::tui::field::Field;
use crate::tui::state::State;

pub(in crate::tui) mod update;
pub(in crate::tui) mod view;

/// The title of the section with the user's own views.
pub const VIEWS: &str = "Your views";

/// The help while it is open.
#[derive(Debug)]
pub struct Help {
    /// The filter.
    pub input: Field,
    /// The first line on screen.
    pub top: u16,
    /// Where it was opened; the keys of these scopes come first.
    from: &'static [Scope],
}

/// A title with its rows.
#[derive(Debug)]
pub struct Section {
    /// The part of the help that it belongs to.
    pub part: Chapter,
    /// Its title.
    pub title: &'static str,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// The parts of the help, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Chapter {
    /// Keys of the dialog or the pane where the help was opened.
    Here,
    /// Search syntax, when it was opened in the search line.
    SyntaxHere,
    /// Commands by group.
    Commands,
    /// Keys of the other dialogs.
    Dialogs,
    /// Search syntax.
    Syntax,
}

impl Chapter {
    /// Whether the help's chapter is about the search syntax.
    pub fn is_syntax(self) -> bool {
        matches!(self, Chapter::Syntax | Chapter::SyntaxHere)
    }
}

/// A row: a command, several that belong together, a view, or an example of the search syntax.
#[derive(Debug)]
pub struct Row {
    /// The keys, the usual one first.
    pub keys: Vec<String>,
    /// What they do.
    pub text: String,
    /// The name of the command; empty for several commands, a view or an example.
    pub name: String,
}

impl Help {
    /// Returns the help as it opens in the scopes `from`.
    pub fn new(from: &'static [Scope]) -> Help {
        Help { input: Field::default(), top: 0, from }
    }

    /// Whether the help has a filter.
    pub fn is_filtered(&self) -> bool {
        !self.words().is_empty()
    }

    /// Returns the words of the help's filter.
    pub fn words(&self) -> Vec<&str> {
        self.input.value().split_whitespace().collect()
    }

    /// Returns the sections of the help to show. Without a filter: everything, in few and short rows. With
    /// one: each command that matches all its words, in full; commands with exactly that key come first.
    pub fn sections(&self, state: &State) -> Vec<Section> {
        let words = self.words();
        let mut sections = self.every(state, words.is_empty());
        if words.is_empty() {
            return sections;
        }
        for section in &mut sections {
            let title = section.title;
            let matches =
                |row: &Row| words.iter().all(|word| row.has(word) || found(title, word).next().is_some());
            section.rows.retain(matches);
        }
        sections.retain(|section| !section.rows.is_empty());
        if let [word] = words[..] {
            let is_other = |row: &Row| !row.keys.iter().any(|key| key == word);
            for section in &mut sections {
                section.rows.sort_by_key(is_other);
            }
            sections.sort_by_key(|section| section.rows.iter().all(is_other));
        }
        sections
    }

    /// Returns everything by part; `shortly`: one row for neighbours with the same label.
    fn every(&self, state: &State, shortly: bool) -> Vec<Section> {
        let mut sections = Vec::new();
        let mut views = Some(views(state)).filter(|views| !views.rows.is_empty());
        for (title, entries) in by_heading() {
            let part = self.part(&entries);
            if part == Chapter::Dialogs {
                sections.extend(views.take());
            }
            let together =
                |one: &&Entry, next: &&Entry| shortly && !one.label.is_empty() && one.label == next.label;
            let rows = entries.chunk_by(together).map(|entries| row(state, entries, shortly)).collect();
            sections.push(Section { part, title, rows });
        }
        let syntax = self.from.contains(&Scope::Search);
        sections.push(search_syntax(if syntax { Chapter::SyntaxHere } else { Chapter::Syntax }));
        // The innermost place first.
        let depth = |section: &Section| self.from.iter().position(|scope| scope.title() == section.title);
        sections
            .sort_by_key(|section| (section.part, depth(section).filter(|_| section.part == Chapter::Here)));
        sections
    }

    fn part(&self, entries: &[&Entry]) -> Chapter {
        match entries {
            [entry, ..] if entry.group.is_some() => Chapter::Commands,
            [entry, ..] if self.from.contains(&entry.scope) => Chapter::Here,
            _ => Chapter::Dialogs,
        }
    }
}

impl Row {
    /// Whether `word` begins a word of the row.
    fn has(&self, word: &str) -> bool {
        let texts = self.keys.iter().chain([&self.text, &self.name]);
        texts.into_iter().any(|text| found(text, word).next().is_some())
    }
}

/// Returns the row for `entries`: one command, or several with the same label.
fn row(state: &State, entries: &[&Entry], shortly: bool) -> Row {
    let keys =
        |entry: &Entry| state.setup.keymap.keys(entry.command).iter().map(ToString::to_string).collect();
    match entries {
        [entry] => {
            let mut keys: Vec<String> = keys(entry);
            if keys.is_empty() && entry.group.is_some() {
                // The palette runs it by its name.
                keys.push(state.setup.keymap.named(entry.command));
            }
            let text = if shortly && !entry.label.is_empty() { entry.label } else { entry.help };
            Row { keys, text: text.to_owned(), name: entry.name.to_owned() }
        }
        several => {
            let first = several.iter().filter_map(|entry| keys(entry).into_iter().next());
            let text = several.first().map_or("", |entry| entry.label);
            Row { keys: first.collect(), text: text.to_owned(), name: String::new() }
        }
    }
}

fn views(state: &State) -> Section {
    let row = |view: &crate::tui::state::OwnView| Row {
        keys: vec![view.key.to_string()],
        text: format!("{}: {}", view.name, view.query),
        name: String::new(),
    };
    Section { part: Chapter::Commands, title: VIEWS, rows: state.setup.views.iter().map(row).collect() }
}

fn search_syntax(part: Chapter) -> Section {
    let row = |(example, meaning): (&str, &str)| Row {
        keys: vec![example.to_owned()],
        text: meaning.to_owned(),
        name: String::new(),
    };
    Section { part, title: "Search syntax", rows: search::operators().map(row).collect() }
}

/// Returns where words of the help's `text` begin with `word`, in bytes. Ignores case.
pub fn found<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = Range<usize>> {
    let mut before = None;
    text.char_indices().filter_map(move |(start, c)| {
        let begins = !before.replace(c).is_some_and(char::is_alphanumeric) || !c.is_alphanumeric();
        let length = text.get(start..).filter(|_| begins).and_then(|rest| end_of(rest, word))?;
        Some(start..start + length)
    })
}

/// Returns how many bytes `word` takes at the start of `text`; `None` if it is not there.
fn end_of(text: &str, word: &str) -> Option<usize> {
    let mut chars = text.char_indices();
    for wanted in word.chars() {
        let (_, c) = chars.next()?;
        if !c.to_lowercase().eq(wanted.to_lowercase()) {
            return None;
        }
    }
    Some(chars.next().map_or(text.len(), |(end, _)| end))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_word_is_found_where_a_word_begins() {
        let found = |text, word| super::found(text, word).next();
        assert_eq!(found("Play or pause", "PA"), Some(8..10));
        assert_eq!(found("half-page-down", "page"), Some(5..9));
        assert_eq!(found("half-page-down", "half-p"), Some(0..6));
        assert_eq!(found("Mark as unread", "read"), None);
        assert_eq!(found("Ctrl-d", "ctrl-D"), Some(0..6));
        assert_eq!(found("is:unread", ":un"), Some(2..5));
        assert_eq!(found("Öl für", "fü"), Some(4..7));
        assert_eq!(found("short", "shorter"), None);
    }
}
