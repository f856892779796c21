//! The tags of one or more voicemails while they are edited: the text field, its meaning and its
//! completions. Plain data; [`crate::tui::update`] changes it.

use std::collections::HashSet;

use crate::core::suggest;
use crate::core::triage::Tag;
use crate::tui::field::{Field, Reaction};
use crate::tui::list::rows::RowKey;

pub(in crate::tui) mod update;
pub(in crate::tui) mod view;

/// The maximum number of completions.
const OFFERED_MAX: usize = 12;

/// The overlay for editing tags.
#[derive(Debug)]
pub struct TagEditor {
    /// The voicemails.
    pub keys: Vec<RowKey>,
    /// Which voicemails these are, for the title.
    pub about: String,
    /// The text: tags to add, and tags to remove with a dash before them.
    pub input: Field,
    /// The tags in the store; `None` until they are loaded.
    pub known: Option<Known>,
    /// The last completion, until the text is edited.
    pub completion: Option<Completion>,
    /// An error.
    pub error: Option<String>,
}

/// The tags in the store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// All tags in use, each with its number of voicemails, most used first.
    pub in_use: Vec<(Tag, u64)>,
    /// The tags of the edited voicemails, each with how many of them have it, by name.
    pub on: Vec<(Tag, usize)>,
}

/// A completion by Tab, and its alternatives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The start of the word, in bytes.
    start: usize,
    /// The candidates for the typed word, with its dash.
    words: Vec<String>,
    /// The index of the inserted candidate.
    at: usize,
}

/// The meaning of the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meaning {
    /// The tags to add.
    pub add: Vec<Tag>,
    /// The tags to remove.
    pub remove: Vec<Tag>,
}

impl TagEditor {
    /// Returns an overlay for the tags of `keys`, with an empty text.
    pub fn new(keys: Vec<RowKey>, about: String) -> TagEditor {
        // Pasted line breaks and tabs become blanks, so that words stay separate.
        let input = Field::default()
            .taking(|c| if c.is_whitespace() { Some(' ') } else { (!c.is_control()).then_some(c) });
        TagEditor { keys, about, input, known: None, completion: None, error: None }
    }

    /// Handles an edit of the tags: clears the error and the completion.
    pub fn on_edit(&mut self) {
        self.error = None;
        self.completion = None;
    }

    /// Parses the text of tags. Fails with a message for the user.
    pub fn meaning(&self) -> Result<Meaning, String> {
        let mut meaning = Meaning::default();
        for word in self.input.value().split(separates).filter(|word| !word.is_empty()) {
            let (tag, goes) = match word.strip_prefix('-') {
                Some(rest) => (read(rest)?, true),
                None => (read(word)?, false),
            };
            let (to, other) =
                if goes { (&mut meaning.remove, &meaning.add) } else { (&mut meaning.add, &meaning.remove) };
            if has(other, &tag) {
                return Err(format!("\"{tag}\" is both added and removed"));
            }
            if !has(to, &tag) {
                to.push(tag);
            }
        }
        self.check_removed(&meaning.remove)?;
        Ok(meaning)
    }

    /// Rejects tags to remove that no voicemail has: they are probably misspelt.
    fn check_removed(&self, remove: &[Tag]) -> Result<(), String> {
        let Some(Known { on, .. }) = &self.known else { return Ok(()) };
        for tag in remove {
            if on.iter().any(|(known, _)| known.folded() == tag.folded()) {
                continue;
            }
            let nearest = suggest::nearest(tag.as_str(), on.iter().map(|(known, _)| known.as_str()));
            let meant = nearest.map(|known| format!("; did you mean \"{known}\"?")).unwrap_or_default();
            return Err(format!("no tag \"{tag}\" to remove{meant}"));
        }
        Ok(())
    }

    /// Returns the completions of the tag at the cursor: tags in use that not all voicemails have, or
    /// after a dash the tags to remove. Prefix matches come first, then other matches.
    pub fn offered(&self) -> Vec<String> {
        match &self.completion {
            Some(completion) => completion.words.clone(),
            None => self.fitting().1,
        }
    }

    /// Returns the index of the tag's completion that Tab inserted.
    pub fn offered_at(&self) -> Option<usize> {
        self.completion.as_ref().map(|completion| completion.at)
    }

    /// Completes the tag at the cursor. Repeated, cycles through the completions.
    pub fn complete(&mut self, forward: bool) {
        let (start, words, at) = if let Some(Completion { start, words, at }) = self.completion.take() {
            let step = if forward { 1 } else { words.len() - 1 };
            let next = (at + step) % words.len();
            (start, words, next)
        } else {
            let (start, words) = self.fitting();
            let at = if forward { 0 } else { words.len().saturating_sub(1) };
            (start, words, at)
        };
        let Some(word) = words.get(at) else { return };
        let line = self.input.value();
        let end = line[start..].find(separates).map_or(line.len(), |at| start + at);
        if self.input.replace(start..end, word) == Reaction::TooLong {
            return;
        }
        self.error = None;
        self.completion = Some(Completion { start, words, at });
    }

    /// Returns the start of the word at the cursor, in bytes, and its completions.
    fn fitting(&self) -> (usize, Vec<String>) {
        let (before, after) = self.input.value().split_at(self.input.cursor());
        let word = before.rsplit(separates).next().unwrap_or_default();
        let start = before.len() - word.len();
        let Some(known) = &self.known else { return (start, Vec::new()) };
        let (typed, goes) = match word.strip_prefix('-') {
            Some(rest) => (rest, true),
            None => (word, false),
        };
        let typed = typed.strip_prefix('#').unwrap_or(typed).to_lowercase();
        // Do not offer tags that the text already has.
        let elsewhere = [&before[..start], after].concat();
        let plain = |word: &str| word.trim_start_matches(['-', '#']).to_lowercase();
        let others: HashSet<String> = elsewhere.split(separates).map(plain).collect();
        let everywhere = |tag: &Tag| {
            known.on.iter().any(|(on, count)| *count == self.keys.len() && on.folded() == tag.folded())
        };
        let tags: Vec<&Tag> = if goes {
            known.on.iter().map(|(tag, _)| tag).collect()
        } else {
            known.in_use.iter().map(|(tag, _)| tag).filter(|tag| !everywhere(tag)).collect()
        };
        let (mut first, mut then) = (Vec::new(), Vec::new());
        for tag in tags.into_iter().filter(|tag| !others.contains(&tag.folded())) {
            let written = if goes { format!("-{tag}") } else { tag.to_string() };
            match tag.folded().find(&typed) {
                Some(0) => first.push(written),
                Some(_) => then.push(written),
                None => {}
            }
        }
        first.append(&mut then);
        first.truncate(OFFERED_MAX);
        if matches!(first.as_slice(), [only] if only.to_lowercase() == word.to_lowercase()) {
            // The word is complete.
            first.clear();
        }
        (start, first)
    }
}

fn separates(c: char) -> bool {
    c.is_whitespace() || c == ','
}

fn has(tags: &[Tag], tag: &Tag) -> bool {
    tags.iter().any(|known| known.folded() == tag.folded())
}

/// Parses a tag. Fails with a message for the user.
fn read(word: &str) -> Result<Tag, String> {
    Tag::new(word).ok_or_else(|| {
        let name = word.strip_prefix('#').unwrap_or(word);
        if name.is_empty() {
            "missing tag after - or #".to_owned()
        } else if name.contains('#') {
            format!("\"{word}\" contains #: separate tags with a space")
        } else if name.chars().count() > Tag::MAX {
            format!("a tag has at most {} characters, this one has {}", Tag::MAX, name.chars().count())
        } else {
            format!("\"{word}\" contains unprintable characters")
        }
    })
}
