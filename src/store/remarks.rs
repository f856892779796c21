//! Reading what the user did: notes, tags, names and how many voicemail the views hold.

use rusqlite::params;

use super::tables::{Tables, loaded, sql_limit, stored};
use super::{AccountId, CallerId, Store, StoreError, triage};
use crate::caller::CallerForms;
use crate::model::VoicemailId;
use crate::text;
use crate::triage::{CallerKey, Given, Note, Tag};

/// How a note begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteLine {
    /// The voicemail.
    pub id: VoicemailId,
    /// As [`Note::first_words`].
    pub words: String,
    /// When the note was last changed, in milliseconds since the epoch.
    pub edited: i64,
}

/// Everything about a caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownCaller {
    /// The number that rows name.
    pub id: CallerId,
    /// As received.
    pub raw: String,
    /// In every form.
    pub forms: CallerForms,
    /// The name that was given in the program.
    pub name: Option<String>,
}

impl Store {
    /// How up to `limit` notes begin, of the voicemail that come after `after` in the order of
    /// identities.
    pub fn notes(
        &mut self,
        account: AccountId,
        after: Option<VoicemailId>,
        limit: usize,
    ) -> Result<Vec<NoteLine>, StoreError> {
        self.run(|tables| tables.notes(account, after, limit))
    }

    /// The note of a voicemail.
    pub fn note(&mut self, account: AccountId, id: VoicemailId) -> Result<Option<Note>, StoreError> {
        self.run(|tables| {
            let account = tables.number(account)?;
            triage::note(tables.connection(), (account, stored(id)))
        })
    }

    /// The tags of up to `limit` voicemail that have some and come after `after` in the order of
    /// identities; those of each in the order of the alphabet.
    pub fn tags(
        &mut self,
        account: AccountId,
        after: Option<VoicemailId>,
        limit: usize,
    ) -> Result<Vec<(VoicemailId, Vec<Tag>)>, StoreError> {
        self.run(|tables| tables.tags(account, after, limit))
    }

    /// Every tag and how many voicemail have it, the one used most first. Of several spellings,
    /// the first by the alphabet.
    pub fn tags_in_use(&mut self, account: AccountId) -> Result<Vec<(Tag, u64)>, StoreError> {
        self.run(|tables| tables.tags_in_use(account))
    }

    /// Every name that was given in the program, of all accounts, in the order of the keys.
    pub fn names(&mut self) -> Result<Vec<(CallerKey, Given)>, StoreError> {
        self.run(|tables| tables.names())
    }

    /// Up to `limit` callers that come after `after`, in the order of their numbers, with what
    /// search and contact files need; of every account. [`Store::callers`] is quicker.
    pub fn callers_whole(
        &mut self,
        after: Option<CallerId>,
        limit: usize,
    ) -> Result<Vec<KnownCaller>, StoreError> {
        self.run(|tables| tables.callers_whole(after, limit))
    }
}

impl Tables {
    fn notes(
        &mut self,
        account: AccountId,
        after: Option<VoicemailId>,
        limit: usize,
    ) -> rusqlite::Result<Vec<NoteLine>> {
        let account = self.number(account)?;
        // Characters enough for the words, unless someone indents by hundreds of blanks.
        self.connection()
            .prepare_cached(
                "SELECT id, substr(text, 1, 300), edited FROM note
                 WHERE account = ?1 AND id >= ?2 AND (?3 OR id > ?2) ORDER BY id LIMIT ?4",
            )?
            .query_map(params![account, bound(after), after.is_none(), sql_limit(limit)], |row| {
                let words = text::clean(row.get_ref(1)?.as_str()?, Note::WORDS_MAX);
                Ok(NoteLine { id: loaded(row.get(0)?), words, edited: row.get(2)? })
            })?
            .collect()
    }

    fn tags(
        &mut self,
        account: AccountId,
        after: Option<VoicemailId>,
        limit: usize,
    ) -> rusqlite::Result<Vec<(VoicemailId, Vec<Tag>)>> {
        let account = self.number(account)?;
        let mut found: Vec<(VoicemailId, Vec<Tag>)> = Vec::new();
        let mut statement = self.connection().prepare_cached(
            "SELECT id, text FROM tag WHERE account = ?1 AND id >= ?2 AND (?3 OR id > ?2) ORDER BY id, folded",
        )?;
        let mut rows = statement.query(params![account, bound(after), after.is_none()])?;
        while let Some(row) = rows.next()? {
            let id = loaded(row.get(0)?);
            if found.last().is_none_or(|(last, _)| *last != id) {
                if found.len() == limit {
                    break;
                }
                found.push((id, Vec::new()));
            }
            if let Some((_, tags)) = found.last_mut() {
                tags.extend(Tag::new(row.get_ref(1)?.as_str()?));
            }
        }
        Ok(found)
    }

    fn tags_in_use(&mut self, account: AccountId) -> rusqlite::Result<Vec<(Tag, u64)>> {
        let account = self.number(account)?;
        self.connection()
            .prepare_cached(
                "SELECT min(text), count(*) FROM tag WHERE account = ?1
                 GROUP BY folded ORDER BY count(*) DESC, folded",
            )?
            .query_map([account], |row| {
                Ok(Tag::new(row.get_ref(0)?.as_str()?).zip(row.get::<_, i64>(1)?.try_into().ok()))
            })?
            .filter_map(Result::transpose)
            .collect()
    }

    fn names(&self) -> rusqlite::Result<Vec<(CallerKey, Given)>> {
        self.connection()
            .prepare_cached("SELECT caller, name, edited FROM given ORDER BY caller")?
            .query_map([], |row| {
                let key = CallerKey::from_text(row.get_ref(0)?.as_str()?);
                Ok(key.zip(Given::new(row.get_ref(1)?.as_str()?, row.get(2)?)))
            })?
            .filter_map(Result::transpose)
            .collect()
    }

    fn callers_whole(&self, after: Option<CallerId>, limit: usize) -> rusqlite::Result<Vec<KnownCaller>> {
        self.connection()
            .prepare_cached(
                "SELECT id, raw, display, e164, country, name
                 FROM caller LEFT JOIN given ON given.caller = ifnull(e164, raw) AND display <> ''
                 WHERE id > ?1 ORDER BY id LIMIT ?2",
            )?
            .query_map(params![after.map_or(0, |caller| caller.0), sql_limit(limit)], |row| {
                Ok(KnownCaller {
                    id: CallerId(row.get(0)?),
                    raw: row.get(1)?,
                    forms: CallerForms { display: row.get(2)?, e164: row.get(3)?, country: row.get(4)? },
                    name: row.get(5)?,
                })
            })?
            .collect()
    }
}

/// Where to begin after `after`: there itself, or with the smallest identity.
fn bound(after: Option<VoicemailId>) -> i64 {
    after.map_or(i64::MIN, stored)
}
