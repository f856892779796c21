//! Tags of some voicemail while they are changed: the line that is typed, what it means, and what
//! could stand in it. Plain data; [`super::update`] changes it.

use std::collections::HashSet;

use crate::suggest;
use crate::triage::Tag;
use crate::tui::field::Field;
use crate::tui::rows::RowKey;

/// The most tags that are offered at once.
const OFFERED_MAX: usize = 12;

/// The overlay in which tags are changed.
#[derive(Debug)]
pub struct Tagging {
    /// The voicemail.
    pub keys: Vec<RowKey>,
    /// Which these are, as it is to be read.
    pub about: String,
    /// What is typed: tags that come, and those that go with a dash before them.
    pub input: Field,
    /// What the store knows; `None` until it is read.
    pub known: Option<Known>,
    /// The last completion, while nothing else was typed.
    pub completion: Option<Completion>,
    /// What is wrong.
    pub trouble: Option<String>,
}

/// What the store knows of tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Every tag in use and how many voicemail have it, most used first.
    pub in_use: Vec<(Tag, u64)>,
    /// The tags of the voicemail this is about and how many of them have each, by name.
    pub on: Vec<(Tag, usize)>,
}

/// What Tab put into the line, and what else it could.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// Where the word begins, in bytes.
    start: usize,
    /// What fits the word as it was typed, with its dash.
    words: Vec<String>,
    /// The one that stands there.
    at: usize,
}

/// What a line means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meaning {
    /// These come.
    pub add: Vec<Tag>,
    /// These go.
    pub remove: Vec<Tag>,
}

impl Tagging {
    /// An empty line for `keys`.
    pub fn new(keys: Vec<RowKey>, about: String) -> Tagging {
        // What is pasted is one line, and its words stay words.
        let input = Field::default()
            .taking(|c| if c.is_whitespace() { Some(' ') } else { (!c.is_control()).then_some(c) });
        Tagging { keys, about, input, known: None, completion: None, trouble: None }
    }

    /// The user is in the line; what was said of another one holds no longer.
    pub fn on_edit(&mut self) {
        self.trouble = None;
        self.completion = None;
    }

    /// What the line means, or what is wrong with it.
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
                return Err(format!("\"{tag}\" cannot both come and go"));
            }
            if !has(to, &tag) {
                to.push(tag);
            }
        }
        self.check_removed(&meaning.remove)?;
        Ok(meaning)
    }

    /// What is not there cannot go: most likely it is misspelt.
    fn check_removed(&self, remove: &[Tag]) -> Result<(), String> {
        let Some(Known { on, .. }) = &self.known else { return Ok(()) };
        for tag in remove {
            if on.iter().any(|(known, _)| known.folded() == tag.folded()) {
                continue;
            }
            let nearest = suggest::nearest(tag.as_str(), on.iter().map(|(known, _)| known.as_str()));
            let meant = nearest.map(|known| format!(": \"{known}\" is")).unwrap_or_default();
            return Err(format!("\"{tag}\" is not there to be removed{meant}"));
        }
        Ok(())
    }

    /// What fits the word at the cursor: tags in use that not all have yet, and after a dash those
    /// that are there. First what begins as the word does, then what has it somewhere.
    pub fn offered(&self) -> Vec<String> {
        match &self.completion {
            Some(completion) => completion.words.clone(),
            None => self.fitting().1,
        }
    }

    /// The offered word that Tab put into the line.
    pub fn offered_at(&self) -> Option<usize> {
        self.completion.as_ref().map(|completion| completion.at)
    }

    /// Completes the word at the cursor, or puts the next fitting tag in its place.
    pub fn complete(&mut self, forth: bool) {
        let (start, words, at) = if let Some(Completion { start, words, at }) = self.completion.take() {
            let step = if forth { 1 } else { words.len() - 1 };
            let next = (at + step) % words.len();
            (start, words, next)
        } else {
            let (start, words) = self.fitting();
            let at = if forth { 0 } else { words.len().saturating_sub(1) };
            (start, words, at)
        };
        let Some(word) = words.get(at) else { return };
        let line = self.input.value();
        let end = line[start..].find(separates).map_or(line.len(), |at| start + at);
        self.input.replace(start..end, word);
        self.trouble = None;
        self.completion = Some(Completion { start, words, at });
    }

    /// Where the word at the cursor begins, in bytes, and what fits it.
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
        // A tag that stands elsewhere in the line is not needed again.
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
            // It stands there in full.
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

/// The tag that `word` names, or why there can be none of that name.
fn read(word: &str) -> Result<Tag, String> {
    Tag::new(word).ok_or_else(|| {
        let name = word.strip_prefix('#').unwrap_or(word);
        if name.is_empty() {
            "a tag is missing after the sign".to_owned()
        } else if name.contains('#') {
            format!("\"{word}\" has a # inside: leave a blank between two tags")
        } else if name.chars().count() > Tag::MAX {
            format!("a tag has at most {} characters, this one has {}", Tag::MAX, name.chars().count())
        } else {
            format!("\"{word}\" holds characters that cannot be shown")
        }
    })
}
