//! The words for working through voicemail: notes, tags, names, and the changes a user makes.
//!
//! A [`Change`] says what is done to which voicemail, an [`Undo`] what was there before. Both are
//! pure data; [`crate::store`] carries them out. Texts are made safe here, where they enter. No
//! clock: times are arguments, in milliseconds since the epoch.

use std::fmt;

use crate::caller::CallerForms;
use crate::model::{Flags, VoicemailId};
use crate::text;

/// A short word on a voicemail. Two tags that differ in case alone are one tag: see
/// [`Tag::folded`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(String);

impl Tag {
    /// The longest tag, in characters.
    pub const MAX: usize = 40;

    /// The tag that `text` names, with or without a `#` before it. `None` if that is empty, longer
    /// than [`Tag::MAX`], or holds white space, a comma, another `#` or what is unsafe to show.
    pub fn new(text: &str) -> Option<Tag> {
        let text = text.trim();
        let word = text.strip_prefix('#').unwrap_or(text);
        let separates = |c: char| c.is_whitespace() || matches!(c, ',' | '#');
        let fits = !word.is_empty() && !word.contains(separates) && text::clean(word, Tag::MAX) == word;
        fits.then(|| Tag(word.to_owned()))
    }

    /// The tag as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What tags are compared by.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a user wrote about a voicemail: one line or several, never blank.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Note {
    text: String,
    edited: i64,
}

impl Note {
    /// The longest note, in characters.
    pub const MAX: usize = 10_000;

    /// The longest [`Note::first_words`], in characters.
    pub const WORDS_MAX: usize = 60;

    /// A note of `text`, last changed at `edited`. Its lines are made safe to show, blanks at
    /// their ends and blank lines around them are dropped. `None` if nothing is left.
    pub fn new(text: &str, edited: i64) -> Option<Note> {
        let text = text::clean_lines(text, Note::MAX);
        (!text.is_empty()).then_some(Note { text, edited })
    }

    /// What was written; its lines are separated by `\n`.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// When it was last changed.
    pub fn edited(&self) -> i64 {
        self.edited
    }

    /// How it begins, in one line.
    pub fn first_words(&self) -> String {
        text::clean(&self.text, Note::WORDS_MAX)
    }
}

/// What a caller is named by: the number in E.164, or what came where that is no number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallerKey(String);

impl CallerKey {
    /// The key of the caller that came as `raw`. `None` when the caller is withheld: there is
    /// nobody to name.
    pub fn new(forms: &CallerForms, raw: &str) -> Option<CallerKey> {
        let key = forms.e164.as_deref().unwrap_or(raw);
        if forms.display.is_empty() { None } else { CallerKey::from_text(key) }
    }

    /// The key that [`CallerKey::as_str`] gave; made safe, since it may come from a file.
    pub fn from_text(text: &str) -> Option<CallerKey> {
        let key = text::clean(text, text::CALLER_MAX);
        (!key.is_empty()).then_some(CallerKey(key))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A name that the user gave to a caller in the program; never empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Given {
    name: String,
    edited: i64,
}

impl Given {
    /// The longest name, in characters.
    pub const MAX: usize = 80;

    /// The name `text`, given at `edited`. It is made safe to show; `None` if nothing is left.
    pub fn new(text: &str, edited: i64) -> Option<Given> {
        let name = text::clean(text, Given::MAX);
        (!name.is_empty()).then_some(Given { name, edited })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When it was given.
    pub fn edited(&self) -> i64 {
        self.edited
    }
}

/// What is done to voicemail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// It counts as heard, or as not heard.
    Read(bool),
    /// It is starred, or not.
    Star(bool),
    /// It was dealt with then, or is open again. What is done already keeps its time.
    Done(Option<i64>),
    /// The caller was called back then, or was not. The time takes the place of an earlier one.
    Called(Option<i64>),
    /// This is its note now, or there is none. One with the same text stays as it is.
    Note(Option<Note>),
    /// Tags come and go. One that is there in another spelling stays as it is.
    Tag {
        /// These come.
        add: Vec<Tag>,
        /// These go; one that is also added goes.
        remove: Vec<Tag>,
    },
}

/// What a user does in one go: undone and redone as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// To these; unknown ones are left out.
    pub ids: Vec<VoicemailId>,
    /// This.
    pub edit: Edit,
}

/// One thing about a voicemail that can be changed, with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Read(bool),
    Starred(bool),
    Done(Option<i64>),
    Called(Option<i64>),
    Note(Option<Note>),
    /// A tag, folded, and as it is written if it is there.
    Tag(String, Option<Tag>),
}

impl Value {
    /// What becomes of this when `wanted`, a value of the same thing, is asked for.
    pub(crate) fn edited(&self, wanted: &Value) -> Value {
        let stays = match (self, wanted) {
            (Value::Done(Some(_)), Value::Done(Some(_)))
            | (Value::Tag(_, Some(_)), Value::Tag(_, Some(_))) => true,
            (Value::Note(Some(old)), Value::Note(Some(new))) => old.text == new.text,
            _ => false,
        };
        if stays { self.clone() } else { wanted.clone() }
    }

    /// What of two states of the same thing is kept when they are brought together: see
    /// [`crate::export`] for the rules.
    pub(crate) fn merged(&self, other: &Value) -> Value {
        let takes_other = match (self, other) {
            (Value::Read(old), Value::Read(new)) | (Value::Starred(old), Value::Starred(new)) => new > old,
            (Value::Done(old), Value::Done(new)) | (Value::Called(old), Value::Called(new)) => new > old,
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
    /// What is asked for, value by value.
    pub(crate) fn wanted(&self) -> Vec<Value> {
        match self {
            Edit::Read(read) => vec![Value::Read(*read)],
            Edit::Star(starred) => vec![Value::Starred(*starred)],
            Edit::Done(time) => vec![Value::Done(*time)],
            Edit::Called(time) => vec![Value::Called(*time)],
            Edit::Note(note) => vec![Value::Note(note.clone())],
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

/// What was changed, with what was there before: enough to put it back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Undo {
    pub(crate) steps: Vec<Step>,
}

/// A change that many voicemail had in common, or that of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Voicemail { ids: Vec<VoicemailId>, from: Value, to: Value },
    Name { caller: CallerKey, from: Option<Given>, to: Option<Given> },
}

impl Undo {
    /// Whether nothing was changed.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Whether notes or tags were changed.
    pub fn touches_texts(&self) -> bool {
        self.steps
            .iter()
            .any(|step| matches!(step, Step::Voicemail { from: Value::Note(_) | Value::Tag { .. }, .. }))
    }

    /// Notes that `id` had the value `from` and has `to` now. A million voicemail that are changed
    /// alike cost eight bytes each.
    pub(crate) fn push(&mut self, id: VoicemailId, from: Value, to: Value) {
        match self.steps.last_mut() {
            Some(Step::Voicemail { ids, from: known_from, to: known_to })
                if *known_from == from && *known_to == to =>
            {
                ids.push(id);
            }
            _ => self.steps.push(Step::Voicemail { ids: vec![id], from, to }),
        }
    }
}

/// What a change really did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// The voicemail that changed, each once, with their flags as they are now.
    pub changed: Vec<(VoicemailId, Flags)>,
    /// What takes it back.
    pub undo: Undo,
}
