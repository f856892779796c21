//! The flags of a voicemail, and what a user can state of it: read, starred, done, called back. One table, from which the store's
//! columns, the search, the symbols in lists, the words on screen and undo follow.

use std::fmt;

/// A fact that a user states of a voicemail, or takes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    /// It was played, or marked as read.
    Read,
    /// It is starred.
    Starred,
    /// It is done.
    Done,
    /// The caller was called back.
    Called,
}

/// Everything about a fact.
struct Entry {
    /// Its name in the search (`is:`), in scripts, and the name of its column in the store if it is dated.
    name: &'static str,
    /// The name of its opposite in the search, if it has one.
    opposite: Option<&'static str>,
    /// The state in words, as in "done · called back".
    words: &'static str,
    /// What a notice says when it is stated, and when it is taken back.
    notices: (&'static str, &'static str),
    /// The symbol in lists.
    symbol: Option<Symbol>,
    /// Which time is stored.
    dated: Option<Dated>,
}

/// The symbol of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// One character wide.
    pub text: &'static str,
    /// Its meaning, which gives its colour.
    pub tone: Tone,
}

/// What a symbol means to the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something to look at.
    Attention,
    /// Something finished.
    Finished,
}

/// Which time of a fact is stored if it is stated again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dated {
    /// The first.
    First,
    /// The latest.
    Latest,
}

/// The facts in the order of [`Fact`].
const TABLE: [Entry; Fact::COUNT] = [
    Entry {
        name: "read",
        opposite: Some("unread"),
        words: "read",
        notices: ("marked as read", "marked as unread"),
        symbol: None,
        dated: None,
    },
    Entry {
        name: "starred",
        opposite: None,
        words: "starred",
        notices: ("starred", "unstarred"),
        symbol: Some(Symbol { text: "★", tone: Tone::Attention }),
        dated: None,
    },
    Entry {
        name: "done",
        opposite: None,
        words: "done",
        notices: ("marked as done", "marked as not done"),
        symbol: Some(Symbol { text: "✓", tone: Tone::Finished }),
        dated: Some(Dated::First),
    },
    Entry {
        name: "called",
        opposite: None,
        words: "called back",
        notices: ("marked as called back", "marked as not called back"),
        symbol: Some(Symbol { text: "↩", tone: Tone::Finished }),
        dated: Some(Dated::Latest),
    },
];

impl Fact {
    /// All facts.
    pub const ALL: [Fact; 4] = [Fact::Read, Fact::Starred, Fact::Done, Fact::Called];

    /// How many facts there are.
    pub const COUNT: usize = Fact::ALL.len();

    fn entry(self) -> &'static Entry {
        &TABLE[self as usize]
    }

    /// Returns the flag of the fact. The bits are stored, and so never change.
    pub const fn flag(self) -> Flags {
        Flags(1 << self as u16)
    }

    /// Returns the fact's name in searches, in scripts and in the store.
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// Returns the name of the fact's opposite in searches.
    pub fn opposite(self) -> Option<&'static str> {
        self.entry().opposite
    }

    /// Returns the state of a stated fact in words, for people.
    pub fn words(self) -> &'static str {
        self.entry().words
    }

    /// Returns the notice after the fact was stated, or after it was taken back.
    pub fn notice(self, is_stated: bool) -> &'static str {
        let (stated, taken_back) = self.entry().notices;
        if is_stated { stated } else { taken_back }
    }

    /// Returns the fact's symbol in lists.
    pub fn symbol(self) -> Option<Symbol> {
        self.entry().symbol
    }

    /// Returns which time of the fact is stored; `None` if the fact has no time.
    pub fn dated(self) -> Option<Dated> {
        self.entry().dated
    }

    /// Returns the facts whose time is stored.
    pub fn all_dated() -> impl Iterator<Item = Fact> + Clone {
        Fact::ALL.into_iter().filter(|fact| fact.dated().is_some())
    }

    /// Returns the facts that `flags` has.
    pub fn of(flags: Flags) -> impl Iterator<Item = Fact> {
        Fact::ALL.into_iter().filter(move |fact| flags.contains(fact.flag()))
    }
}

/// The flags of a voicemail, one bit each, so that a million voicemails need two megabytes.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Flags(pub u16);

impl Flags {
    /// No flags.
    pub const NONE: Flags = Flags(0);
    /// [`Fact::Read`].
    pub const READ: Flags = Fact::Read.flag();
    /// [`Fact::Starred`].
    pub const STARRED: Flags = Fact::Starred.flag();
    /// [`Fact::Done`].
    pub const DONE: Flags = Fact::Done.flag();
    /// [`Fact::Called`].
    pub const CALLED: Flags = Fact::Called.flag();
    /// The user wrote a note.
    pub const NOTE: Flags = Flags(16);
    /// It has a tag.
    pub const TAGGED: Flags = Flags(32);
    /// The server says that there is a recording.
    pub const RECORDING: Flags = Flags(64);

    /// How many flags there are. Further bits are those of a newer vmail.
    pub const COUNT: usize = 7;

    /// Returns whether all of the flags `other` are set.
    pub fn contains(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }

    /// Returns whether any of the flags `other` is set.
    pub fn intersects(self, other: Flags) -> bool {
        self.0 & other.0 != 0
    }

    /// Returns these flags without `other`.
    #[must_use]
    pub fn without(self, other: Flags) -> Flags {
        Flags(self.0 & !other.0)
    }
}

impl std::ops::BitOr for Flags {
    type Output = Flags;

    fn bitor(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = ["read", "starred", "done", "called", "note", "tagged", "recording"];
        let set = names.iter().enumerate().filter(|(bit, _)| self.0 >> bit & 1 == 1);
        f.debug_set().entries(set.map(|(_, name)| name)).finish()
    }
}

/// The facts stated of one voicemail, with their times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts([Option<i64>; Fact::COUNT]);

impl Facts {
    /// Returns the facts of `flags`; the dated ones have the times that `time` returns.
    pub fn new(flags: Flags, mut time: impl FnMut(Fact) -> Option<i64>) -> Facts {
        let mut facts = Facts::default();
        for fact in Fact::of(flags) {
            facts.set(fact, if fact.dated().is_some() { time(fact) } else { Some(0) });
        }
        facts
    }

    /// Returns whether a fact of the voicemail is stated.
    pub fn has(&self, fact: Fact) -> bool {
        self.get(fact).is_some()
    }

    /// Returns when a fact of the voicemail was stated, in milliseconds since the epoch; 0 if it has no time.
    pub fn get(&self, fact: Fact) -> Option<i64> {
        self.0[fact as usize]
    }

    /// States a fact of the voicemail as of a time, or takes it back.
    pub fn set(&mut self, fact: Fact, time: Option<i64>) {
        self.0[fact as usize] = time;
    }

    /// Returns the stated facts of the voicemail with their times.
    pub fn iter(&self) -> impl Iterator<Item = (Fact, i64)> {
        Fact::ALL.into_iter().filter_map(|fact| Some((fact, self.get(fact)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_has_its_own_entry_and_flag() {
        let names: std::collections::HashSet<_> = Fact::ALL.iter().map(|fact| fact.name()).collect();
        assert_eq!(names.len(), Fact::COUNT);
        for (index, fact) in Fact::ALL.into_iter().enumerate() {
            assert_eq!(fact as usize, index);
            assert_eq!(Fact::of(fact.flag()).collect::<Vec<_>>(), [fact]);
        }
    }
}
