//! The types for the user's work on voicemails: notes, tags, names, changes and undo.
//!
//! A [`BulkEdit`] says what to change in which voicemails; an [`Undo`] has the values before and after.
//! Both are pure data; [`crate::store`] applies them. Texts are made safe here, where they enter. No
//! clock: times are arguments, in milliseconds since the epoch.

use std::collections::HashSet;
use std::fmt;

use crate::core::caller::CallerForms;
use crate::core::facts::{Dated, Fact, Flags};
use crate::core::humanize;
use crate::core::model::VoicemailId;
use crate::core::text;

/// A tag: a short word. Tags that differ only in case are the same tag; see [`Tag::folded`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(String);

impl Tag {
    /// The longest tag, in characters.
    pub const MAX: usize = 40;

    /// What can be a tag, for messages.
    pub const RULE: &str = "one word of up to 40 characters, without commas";

    /// Parses a tag, with or without a leading `#`. `None` if it is empty, longer than [`Tag::MAX`], or
    /// contains white space, a comma, another `#` or unsafe characters.
    pub fn new(text: &str) -> Option<Tag> {
        let text = text.trim();
        let word = text.strip_prefix('#').unwrap_or(text);
        let separates = |c: char| c.is_whitespace() || matches!(c, ',' | '#');
        let fits = !word.is_empty() && !word.contains(separates) && text::clean(word, Tag::MAX) == word;
        fits.then(|| Tag(word.to_owned()))
    }

    /// Returns the text of the tag as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the tag's lower-case form, for comparing tags.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the user wrote is longer than it may be. It is refused, never cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{what} has at most {} characters, this one has {}",
    humanize::count(*most as u64),
    humanize::count(*length as u64)
)]
pub struct TooLong {
    /// What it is, as "a note".
    pub what: &'static str,
    /// The most characters.
    pub most: usize,
    /// How many it has.
    pub length: usize,
}

impl TooLong {
    /// Checks that `text` has at most `most` characters.
    pub fn check(what: &'static str, most: usize, text: &str) -> Result<(), TooLong> {
        let length = text.chars().count();
        if length <= most { Ok(()) } else { Err(TooLong { what, most, length }) }
    }
}

/// The user's note on a voicemail: one or more lines, never blank.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Note {
    text: String,
    edited: i64,
}

impl Note {
    /// The longest note to take from a user or a file, in characters; see [`Note::fitting`].
    pub const MAX: usize = 10_000;

    /// The longest [`Note::first_words`], in characters.
    pub const WORDS_MAX: usize = 60;

    /// Creates a note of `text`, last changed at `edited`. Makes its lines safe to show, and drops trailing
    /// blanks and blank lines around the text. `None` if nothing is left. It may be longer than [`Note::MAX`]:
    /// what is stored already, or cannot be refused any more, must not be lost.
    pub fn new(text: &str, edited: i64) -> Option<Note> {
        let text = text::clean_lines(text);
        (!text.is_empty()).then_some(Note { text, edited })
    }

    /// Returns this note, unless it is longer than [`Note::MAX`].
    pub fn fitting(self) -> Result<Note, TooLong> {
        TooLong::check("a note", Note::MAX, &self.text).map(|()| self)
    }

    /// Returns this note with the text of `added` below it, last changed when `added` was. `None` if that is
    /// too long.
    pub fn with(&self, added: &Note) -> Option<Note> {
        let text = format!("{}\n{}", self.text, added.text);
        (text.chars().count() <= Note::MAX).then_some(Note { text, edited: added.edited })
    }

    /// Returns the text of the note; its lines are separated by `\n`.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns when the note was last changed.
    pub fn edited(&self) -> i64 {
        self.edited
    }

    /// Returns the whole note in one line.
    pub fn in_one_line(&self) -> String {
        text::clean(&self.text, Note::MAX)
    }

    /// Returns the start of the note, in one line.
    pub fn first_words(&self) -> String {
        text::clean(&self.text, Note::WORDS_MAX)
    }
}

/// The key under which a caller's name is stored: the number in E.164, or the caller as received if it
/// is not a valid number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallerKey(String);

impl CallerKey {
    /// Returns the key of the caller received as `raw`. `None` if the caller is withheld, and so cannot be
    /// named.
    pub fn new(forms: &CallerForms, raw: &str) -> Option<CallerKey> {
        let key = forms.e164.as_deref().unwrap_or(raw);
        if forms.display.is_empty() { None } else { CallerKey::from_text(key) }
    }

    /// Returns the caller's key from [`CallerKey::as_str`]. Makes the text safe, because it may come from a
    /// file.
    pub fn from_text(text: &str) -> Option<CallerKey> {
        let key = text::clean(text, text::CALLER_MAX);
        (!key.is_empty()).then_some(CallerKey(key))
    }

    /// Returns the caller's key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A name that the user gave a caller in vmail; never empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Given {
    name: String,
    edited: i64,
}

impl Given {
    /// The longest name to take from a user or a file, in characters; see [`Given::fitting`].
    pub const MAX: usize = 80;

    /// Creates the caller's name `text`, given at `edited`. Makes it safe to show; `None` if nothing is left.
    pub fn new(text: &str, edited: i64) -> Option<Given> {
        let name = text::clean(text, usize::MAX);
        (!name.is_empty()).then_some(Given { name, edited })
    }

    /// Returns this name of the caller, unless it is longer than [`Given::MAX`].
    pub fn fitting(self) -> Result<Given, TooLong> {
        TooLong::check("a name", Given::MAX, &self.name).map(|()| self)
    }

    /// Returns the name given to the caller.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns when the name was given to the caller.
    pub fn edited(&self) -> i64 {
        self.edited
    }
}

/// An edit of voicemails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// State a fact as of this time, or take it back. [`Fact::dated`] says which time is kept if it is
    /// stated already.
    Fact(Fact, Option<i64>),
    /// Set or remove the note. A note with the same text stays unchanged.
    Note(Option<Note>),
    /// Add a text below the note, or make it the note. A note that would be too long stays unchanged, and
    /// is one of [`Applied::refused`].
    AddToNote(Note),
    /// Add and remove tags. An existing tag in another spelling stays unchanged.
    Tag {
        /// Tags to add.
        add: Vec<Tag>,
        /// Tags to remove; takes precedence over `add`.
        remove: Vec<Tag>,
    },
}

/// One change by the user, undone and redone as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkEdit {
    /// The voicemails to change; unknown ones are skipped.
    pub ids: Vec<VoicemailId>,
    /// The edit.
    pub edit: Edit,
}

/// A field of a voicemail that the user can change, with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// A fact, and when it was stated; 0 if the fact has no time.
    Fact(Fact, Option<i64>),
    Note(Option<Note>),
    /// A folded tag, and the tag as written if the voicemail has it.
    Tag(String, Option<Tag>),
}

impl Value {
    /// Creates the value of a fact. The time of a fact that has none becomes 0.
    pub(crate) fn fact(fact: Fact, time: Option<i64>) -> Value {
        Value::Fact(fact, if fact.dated().is_some() { time } else { time.map(|_| 0) })
    }

    /// Returns the new value when this one is set to `wanted`, a value of the same field.
    pub(crate) fn edited(&self, wanted: &Value) -> Value {
        let stays = match (self, wanted) {
            (Value::Fact(fact, Some(_)), Value::Fact(_, Some(_))) => fact.dated() != Some(Dated::Latest),
            (Value::Tag(_, Some(_)), Value::Tag(_, Some(_))) => true,
            (Value::Note(Some(old)), Value::Note(Some(new))) => old.text == new.text,
            _ => false,
        };
        if stays { self.clone() } else { wanted.clone() }
    }

    /// Merges two values of the same field, by the rules of [`crate::export`].
    pub(crate) fn merged(&self, other: &Value) -> Value {
        let takes_other = match (self, other) {
            (Value::Fact(_, old), Value::Fact(_, new)) => new > old,
            (Value::Note(old), Value::Note(new)) => {
                new.as_ref().map(Note::edited) > old.as_ref().map(Note::edited)
            }
            (Value::Tag(_, old), Value::Tag(_, new)) => old.is_none() && new.is_some(),
            _ => false,
        };
        if takes_other { other.clone() } else { self.clone() }
    }
}

impl Edit {
    /// Returns the new value when this edit sets `wanted` on `old`, a value of the same field. `None` if it
    /// would be too long.
    pub(crate) fn edited(&self, old: &Value, wanted: &Value) -> Option<Value> {
        match (self, old) {
            (Edit::AddToNote(added), Value::Note(Some(known))) => {
                known.with(added).map(|note| Value::Note(Some(note)))
            }
            _ => Some(old.edited(wanted)),
        }
    }

    /// Returns the values that the edit sets.
    pub(crate) fn wanted(&self) -> Vec<Value> {
        match self {
            Edit::Fact(fact, time) => vec![Value::fact(*fact, *time)],
            Edit::Note(note) => vec![Value::Note(note.clone())],
            Edit::AddToNote(note) => vec![Value::Note(Some(note.clone()))],
            Edit::Tag { add, remove } => {
                let goes: Vec<String> = remove.iter().map(Tag::folded).collect();
                let comes = add.iter().map(|tag| (tag.folded(), Some(tag.clone())));
                let comes = comes.filter(|(folded, _)| !goes.contains(folded)).collect::<Vec<_>>();
                let all = comes.into_iter().chain(goes.iter().map(|folded| (folded.clone(), None)));
                all.map(|(folded, tag)| Value::Tag(folded, tag)).collect()
            }
        }
    }
}

/// The changed values, before and after: enough to undo the change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Undo {
    pub(crate) steps: Vec<UndoPart>,
}

/// One change of a value, shared by many voicemails, or of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum UndoPart {
    Voicemail { ids: Vec<VoicemailId>, from: Value, to: Value },
    Name { caller: CallerKey, from: Option<Given>, to: Option<Given> },
}

impl Undo {
    /// Returns whether there is nothing to undo.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Returns whether there are changes of notes or tags to undo.
    pub fn touches_texts(&self) -> bool {
        self.steps
            .iter()
            .any(|step| matches!(step, UndoPart::Voicemail { from: Value::Note(_) | Value::Tag { .. }, .. }))
    }

    /// Returns how many voicemails were changed.
    pub fn voicemails(&self) -> usize {
        let ids = self.steps.iter().filter_map(|step| match step {
            UndoPart::Voicemail { ids, .. } => Some(ids),
            UndoPart::Name { .. } => None,
        });
        ids.flatten().collect::<HashSet<_>>().len()
    }

    /// Describes the change in a few words, as the notice after it does.
    pub fn name(&self) -> String {
        let (mut names, mut added, mut removed) = (Vec::new(), Vec::new(), Vec::new());
        for step in &self.steps {
            match step {
                UndoPart::Voicemail { to: Value::Fact(fact, time), .. } => {
                    names.push(fact.notice(time.is_some()).to_owned());
                }
                UndoPart::Voicemail { to: Value::Note(note), .. } => {
                    names.push(if note.is_some() { "note saved" } else { "note removed" }.to_owned());
                }
                UndoPart::Voicemail { to: Value::Tag(_, Some(tag)), .. } => added.push(tag.as_str()),
                UndoPart::Voicemail { to: Value::Tag(folded, None), .. } => removed.push(folded.as_str()),
                UndoPart::Name { to: Some(given), .. } => names.push(format!("named {}", given.name())),
                UndoPart::Name { to: None, .. } => names.push("name removed".to_owned()),
            }
        }
        for (verb, mut tags) in [("tagged", added), ("untagged", removed)] {
            tags.sort_unstable();
            tags.dedup();
            if !tags.is_empty() {
                names.push(format!("{verb} {}", tags.join(", ")));
            }
        }
        names.dedup();
        names.join(", ")
    }

    /// Records that `id` had the value `from` and now has `to`. Voicemails with the same change take eight
    /// bytes each.
    pub(crate) fn push(&mut self, id: VoicemailId, from: Value, to: Value) {
        match self.steps.last_mut() {
            Some(UndoPart::Voicemail { ids, from: known_from, to: known_to })
                if *known_from == from && *known_to == to =>
            {
                ids.push(id);
            }
            _ => self.steps.push(UndoPart::Voicemail { ids: vec![id], from, to }),
        }
    }
}

/// The result of a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// The voicemails that changed, each once, with their current flags.
    pub changed: Vec<(VoicemailId, Flags)>,
    /// The voicemails that stay unchanged because their notes would be too long.
    pub refused: Vec<VoicemailId>,
    /// How to undo the change.
    pub undo: Undo,
    /// The step that it is kept as.
    pub step: Option<StepId>,
}

/// The number of a change that is kept, so that any process can undo it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StepId(pub i64);
