//! A store as a few maps in memory, and what a user and the network can do to both.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use vmail::core::facts::{Fact, Flags};
use vmail::core::model::VoicemailId;
use vmail::core::triage::{CallerKey, Edit, Given, Note, Tag, Undo};
use vmail::store::{AccountId, Store};

use crate::triage::support::*;

/// How many voicemail there are to come.
pub const VOICEMAIL: i64 = 12;

/// One thing that happens, made of numbers so that any number is one.
#[derive(Clone, Debug)]
pub enum Action {
    Edit(Vec<i64>, Edit),
    Name(usize, Option<Given>),
    Undo,
    Redo,
    Sync(Vec<i64>),
    Reopen,
}

impl Action {
    /// The action of some bits. `moment` is when it happens.
    pub fn new(bits: u64, moment: i64) -> Action {
        let numbers: Vec<i64> = (0..VOICEMAIL).filter(|number| bits >> (20 + number) & 1 == 1).collect();
        let choice = (bits >> 8) % 4;
        let words = ["one", "two\n  lines", "three", ""];
        let some = choice > 0;
        let tags = |bits: u64| -> Vec<Tag> {
            let known = ["a", "A", "b", "Été", "été", "long-one"];
            known
                .iter()
                .enumerate()
                .filter(|(at, _)| bits >> at & 1 == 1)
                .map(|(_, word)| tag(word))
                .collect()
        };
        match bits % 20 {
            0 | 1 => Action::Edit(numbers, Edit::Fact(Fact::Read, some.then_some(0))),
            2 => Action::Edit(numbers, Edit::Fact(Fact::Starred, some.then_some(0))),
            3 | 4 => Action::Edit(numbers, Edit::Fact(Fact::Done, some.then_some(moment))),
            5 => Action::Edit(numbers, Edit::Fact(Fact::Called, some.then_some(moment))),
            6 => Action::Edit(numbers, Edit::Note(Note::new(words[choice as usize], moment))),
            7 => match Note::new(words[choice as usize], moment) {
                Some(note) => Action::Edit(numbers, Edit::AddToNote(note)),
                None => Action::Edit(numbers, Edit::Note(None)),
            },
            8..=10 => Action::Edit(
                numbers,
                Edit::Tag { add: tags(bits >> 40), remove: tags(bits >> 50 & bits >> 46) },
            ),
            11 => Action::Name(choice as usize % 2, Given::new(words[(bits >> 12) as usize % 4], moment)),
            12..=14 => Action::Undo,
            15 | 16 => Action::Redo,
            17 | 18 => Action::Sync(numbers),
            _ => Action::Reopen,
        }
    }
}

fn caller(number: usize) -> CallerKey {
    CallerKey::from_text(["+919876543211", "139"][number]).unwrap()
}

/// What was done with one voicemail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    read: bool,
    starred: bool,
    done: Option<i64>,
    called: Option<i64>,
    note: Option<(String, i64)>,
    /// By what they are compared by.
    tags: BTreeMap<String, String>,
}

/// Everything there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct States {
    voicemail: BTreeMap<VoicemailId, State>,
    names: BTreeMap<String, (String, i64)>,
}

/// What a store should hold.
#[derive(Clone, Debug, Default)]
pub struct Model {
    pub states: States,
    /// What there was before each change.
    undo: Vec<States>,
    redo: Vec<States>,
}

impl Model {
    pub fn act(&mut self, action: &Action) {
        let before = self.states.clone();
        match action {
            Action::Edit(numbers, edit) => {
                for number in numbers {
                    if let Some(state) = self.states.voicemail.get_mut(&id(*number)) {
                        change(state, edit);
                    }
                }
            }
            Action::Name(number, name) => {
                let key = caller(*number).as_str().to_owned();
                match name {
                    Some(given) if self.states.names.get(&key).is_none_or(|old| old.0 != given.name()) => {
                        self.states.names.insert(key, (given.name().to_owned(), given.edited()));
                    }
                    Some(_) => {}
                    None => drop(self.states.names.remove(&key)),
                }
            }
            Action::Undo => return step(&mut self.states, &mut self.undo, &mut self.redo),
            Action::Redo => return step(&mut self.states, &mut self.redo, &mut self.undo),
            Action::Sync(numbers) => {
                for number in numbers {
                    self.states.voicemail.entry(id(*number)).or_default();
                }
                return;
            }
            Action::Reopen => {
                self.forget();
                return;
            }
        }
        if self.states != before {
            self.undo.push(before);
            self.redo.clear();
        }
    }

    /// A program that starts knows of no earlier change.
    pub fn forget(&mut self) {
        self.undo.clear();
        self.redo.clear();
    }
}

/// Goes one step along. Voicemail that came in since stay.
fn step(states: &mut States, from: &mut Vec<States>, to: &mut Vec<States>) {
    let Some(mut wanted) = from.pop() else { return };
    for (id, state) in &states.voicemail {
        wanted.voicemail.entry(*id).or_insert_with(|| state.clone());
    }
    to.push(std::mem::replace(states, wanted));
}

fn change(state: &mut State, edit: &Edit) {
    match edit {
        Edit::Fact(Fact::Read, time) => state.read = time.is_some(),
        Edit::Fact(Fact::Starred, time) => state.starred = time.is_some(),
        Edit::Fact(Fact::Done, None) => state.done = None,
        Edit::Fact(Fact::Done, Some(time)) => state.done = state.done.or(Some(*time)),
        Edit::Fact(Fact::Called, time) => state.called = *time,
        Edit::Note(None) => state.note = None,
        Edit::Note(Some(note)) => {
            if state.note.as_ref().is_none_or(|(text, _)| text != note.text()) {
                state.note = Some((note.text().to_owned(), note.edited()));
            }
        }
        Edit::AddToNote(note) => {
            let before = state.note.as_ref().map(|(text, _)| format!("{text}\n")).unwrap_or_default();
            state.note = Some((before + note.text(), note.edited()));
        }
        Edit::Tag { add, remove } => {
            for tag in add {
                state.tags.entry(tag.folded()).or_insert_with(|| tag.to_string());
            }
            for tag in remove {
                state.tags.remove(&tag.folded());
            }
        }
    }
}

/// A program that works on a store in a file.
pub struct Program {
    path: PathBuf,
    store: Store,
    account: AccountId,
    undo: Vec<Undo>,
    redo: Vec<Undo>,
}

impl Program {
    pub fn open(path: &Path) -> Program {
        let (store, account) = open(path);
        Program { path: path.to_owned(), store, account, undo: Vec::new(), redo: Vec::new() }
    }

    pub fn act(&mut self, action: &Action) {
        let applied = match action {
            Action::Edit(numbers, edit) => {
                apply(&mut self.store, self.account, numbers.clone(), edit.clone())
            }
            Action::Name(number, name) => self.store.set_name(&caller(*number), name.as_ref()).unwrap(),
            Action::Undo => {
                let Some(undo) = self.undo.pop() else { return };
                self.redo.push(self.store.revert(self.account, &undo).unwrap().undo);
                return;
            }
            Action::Redo => {
                let Some(redo) = self.redo.pop() else { return };
                self.undo.push(self.store.revert(self.account, &redo).unwrap().undo);
                return;
            }
            Action::Sync(numbers) => {
                let page: Vec<_> = numbers.iter().map(|number| voicemail(*number)).collect();
                self.store.put_page(self.account, &page, None).unwrap();
                return;
            }
            Action::Reopen => {
                *self = Program::open(&self.path);
                return;
            }
        };
        if !applied.undo.is_empty() {
            self.undo.push(applied.undo);
            self.redo.clear();
        }
    }

    /// What the store holds. Its flags say the same as what is beside them.
    pub fn states(&mut self) -> States {
        let rows = self.store.rows(self.account, always(), None, usize::MAX).unwrap().rows;
        let mut voicemail = BTreeMap::new();
        for row in rows {
            let details = self.store.details(self.account, row.id, 0).unwrap().unwrap();
            let state = State {
                read: row.flags.contains(Flags::READ),
                starred: row.flags.contains(Flags::STARRED),
                done: details.facts.get(Fact::Done),
                called: details.facts.get(Fact::Called),
                note: details.note.map(|note| (note.text().to_owned(), note.edited())),
                tags: details.tags.iter().map(|tag| (tag.folded(), tag.to_string())).collect(),
            };
            let said = [
                (Flags::DONE, state.done.is_some()),
                (Flags::CALLED, state.called.is_some()),
                (Flags::NOTE, state.note.is_some()),
                (Flags::TAGGED, !state.tags.is_empty()),
                (Flags::RECORDING, details.voicemail.recording.is_some()),
            ];
            for (flag, expected) in said {
                assert_eq!(row.flags.contains(flag), expected, "{flag:?} of {state:?}");
            }
            voicemail.insert(row.id, state);
        }
        let names = self.store.names().unwrap().into_iter();
        let names =
            names.map(|(key, given)| (key.as_str().to_owned(), (given.name().to_owned(), given.edited())));
        States { voicemail, names: names.collect() }
    }
}
