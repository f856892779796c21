//! Stores with voicemail in them, and short ways to change those.

use vmail::core::facts::Flags;
use vmail::core::model::{RecordingName, Span, Voicemail, VoicemailId, from_millis};
use vmail::core::triage::{Applied, BulkEdit, Edit, Note, Tag};
use vmail::store::{AccountId, Record, Store};

pub use crate::stores::{key, open, options};

/// The voicemail of that number: some without a recording, one in seven from a withheld caller.
pub fn voicemail(number: i64) -> Voicemail {
    let caller = match number % 7 {
        0 => String::new(),
        caller => format!("987654321{caller}"),
    };
    let recording = (number % 3 > 0).then(|| RecordingName::new(format!("{number}.mp3")));
    Voicemail::new(from_millis(number * 1_000), &caller, recording)
}

pub fn many(count: i64) -> Vec<Voicemail> {
    (0..count).map(voicemail).collect()
}

pub fn id(number: i64) -> VoicemailId {
    voicemail(number).id
}

/// A store in memory with so many voicemail.
pub fn with(count: i64) -> (Store, AccountId) {
    let (mut store, account) = crate::stores::in_memory();
    store.put_page(account, &many(count), None).unwrap();
    (store, account)
}

pub fn records(store: &mut Store, account: AccountId) -> Vec<Record> {
    store.records(account, None, usize::MAX).unwrap()
}

pub fn always() -> Span {
    Span::from_millis(0, i64::MAX)
}

pub fn flags(store: &mut Store, account: AccountId, number: i64) -> Flags {
    let rows = store.rows(account, always(), None, usize::MAX).unwrap().rows;
    rows.iter().find(|row| row.id == id(number)).unwrap().flags
}

/// Does `edit` to the voicemail of these numbers.
pub fn apply(
    store: &mut Store,
    account: AccountId,
    numbers: impl IntoIterator<Item = i64>,
    edit: Edit,
) -> Applied {
    let ids = numbers.into_iter().map(id).collect();
    store.apply(account, &BulkEdit { ids, edit }).unwrap()
}

pub fn tag(text: &str) -> Tag {
    Tag::new(text).unwrap()
}

pub fn note(text: &str, edited: i64) -> Option<Note> {
    let note = Note::new(text, edited);
    assert!(note.is_some(), "a blank note");
    note
}

pub fn tags(add: &[&str], remove: &[&str]) -> Edit {
    let tags = |words: &[&str]| words.iter().map(|word| tag(word)).collect();
    Edit::Tag { add: tags(add), remove: tags(remove) }
}
