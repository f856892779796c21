//! Reads what the user wrote: notes, tags and names.

use rusqlite::params;

use super::sql::{loaded, sql_limit, stored};
use super::tables::Tables;
use super::{AccountId, Store, StoreError, changes};
use crate::core::caller::CallerForms;
use crate::core::model::{CallerId, VoicemailId};
use crate::core::text;
use crate::core::triage::{CallerKey, Given, Note, Tag};

/// A note in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteLine {
    /// The voicemail.
    pub id: VoicemailId,
    /// Like [`Note::in_one_line`].
    pub text: String,
    /// When the note was last changed, in milliseconds since the epoch.
    pub edited: i64,
}

/// Everything about a caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownCaller {
    /// The ID that rows refer to.
    pub id: CallerId,
    /// As received.
    pub raw: String,
    /// In every form.
    pub forms: CallerForms,
    /// The name that the user gave in vmail.
    pub name: Option<String>,
}

impl Store {
    /// Returns up to `limit` notes, in the order of identities, starting after `after`.
    pub fn notes(
        &mut self,
        account: AccountId,
        after: Option<VoicemailId>,
        limit: usize,
    ) -> Result<Vec<NoteLine>, StoreError> {
        self.run(|tables| tables.notes(account, after, limit))
    }

    /// Returns the note of a voicemail.
    pub fn note(&mut self, account: AccountId, id: VoicemailId) -> Result<Option<Note>, StoreError> {
        self.run(|tables| {
            let account = tables.number(account)?;
            changes::note(tables.connection(), (account, stored(id)))
        })
    }

    /// Returns the tags of up to `limit` tagged voicemails, in the order of identities, starting after
    /// `after`. The tags of each are in alphabetical order.
    pub fn tags(
        &mut self,
        account: AccountId,
        after: Option<VoicemailId>,
        limit: usize,
    ) -> Result<Vec<(VoicemailId, Vec<Tag>)>, StoreError> {
        self.run(|tables| tables.tags(account, after, limit))
    }

    /// Returns every tag with the number of voicemails that have it, the most used first. Of several
    /// spellings, returns the first in alphabetical order.
    pub fn tags_in_use(&mut self, account: AccountId) -> Result<Vec<(Tag, u64)>, StoreError> {
        self.run(|tables| tables.tags_in_use(account))
    }

    /// Returns every name that the user gave in vmail, for all accounts, in the order of their keys.
    pub fn names(&mut self) -> Result<Vec<(CallerKey, Given)>, StoreError> {
        self.run(|tables| tables.names())
    }

    /// Returns up to `limit` callers of all accounts, in the order of their IDs, starting after
    /// `after`, with everything that search and contact files need. [`Store::callers`] is faster.
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
        self.connection()
            .prepare_cached(
                "SELECT id, text, edited FROM note
                 WHERE account = ?1 AND id >= ?2 AND (?3 OR id > ?2) ORDER BY id LIMIT ?4",
            )?
            .query_map(params![account, bound(after), after.is_none(), sql_limit(limit)], |row| {
                let text = text::clean(row.get_ref(1)?.as_str()?, Note::MAX);
                Ok(NoteLine { id: loaded(row.get(0)?), text, edited: row.get(2)? })
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

    pub(super) fn names(&self) -> rusqlite::Result<Vec<(CallerKey, Given)>> {
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

/// Returns the stored form of `after`, or the smallest one.
fn bound(after: Option<VoicemailId>) -> i64 {
    after.map_or(i64::MIN, stored)
}
