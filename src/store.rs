//! What is kept: voicemail, callers and which stretches of time were fetched. The only SQL.

use std::path::Path;

use crate::model::{AccountKey, Span, Voicemail, VoicemailId};

/// The caller of a row, as a small number that one store keeps for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallerId(pub u32);

/// The account within one store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AccountId(pub i64);

/// One line of the list, without its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// When it was left, in milliseconds since the epoch.
    pub time: i64,
    /// Its identity.
    pub id: VoicemailId,
    /// Who left it.
    pub caller: CallerId,
}

/// Rows, and the text of every caller they name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// Newest first; rows of one millisecond by identity, largest first.
    pub rows: Vec<Row>,
    /// What to show for each caller in `rows`, each once; empty text means withheld.
    pub callers: Vec<(CallerId, String)>,
}

/// What [`Store::put_page`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Put {
    /// The rows that were not stored before.
    pub added: Rows,
}

/// Everything about one voicemail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// As the server described it.
    pub voicemail: Voicemail,
    /// Its caller in every form.
    pub caller: crate::caller::CallerForms,
    /// How many other voicemail of the same caller are stored; 0 when the caller is withheld.
    pub others: u64,
    /// The newest of the others, newest first.
    pub latest_others: Vec<Row>,
}

/// Why the store could not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Placeholder.
    #[error("{0}")]
    Sql(String),
}

/// The store. One thread owns it; see [`StoreHandle`].
#[derive(Debug)]
pub struct Store {}

impl Store {
    /// Opens (or makes) the store in `path`.
    pub fn open(path: &Path) -> Result<Store, StoreError> {
        let _ = path;
        todo!()
    }

    /// A store that is gone when dropped.
    pub fn in_memory() -> Result<Store, StoreError> {
        todo!()
    }

    /// The number of `account`, made when it is new.
    pub fn account(&mut self, account: &AccountKey) -> Result<AccountId, StoreError> {
        let _ = account;
        todo!()
    }

    /// Up to `limit` rows of `span`, newest first, that come after `after` in that order.
    pub fn rows(
        &mut self,
        account: AccountId,
        span: Span,
        after: Option<(i64, VoicemailId)>,
        limit: usize,
    ) -> Result<Rows, StoreError> {
        let _ = (account, span, after, limit);
        todo!()
    }

    /// How many rows `span` holds.
    pub fn count(&mut self, account: AccountId, span: Span) -> Result<u64, StoreError> {
        let _ = (account, span);
        todo!()
    }

    /// Stores a page's rows and marks `covered`, both or neither.
    pub fn put_page(
        &mut self,
        account: AccountId,
        rows: &[Voicemail],
        covered: Option<Span>,
    ) -> Result<Put, StoreError> {
        let _ = (account, rows, covered);
        todo!()
    }

    /// The stretches of `span` that were fetched to their end: ascending, disjoint, not touching.
    pub fn coverage(&mut self, account: AccountId, span: Span) -> Result<Vec<Span>, StoreError> {
        let _ = (account, span);
        todo!()
    }

    /// Everything about one voicemail, with up to `others` more of its caller.
    pub fn details(
        &mut self,
        account: AccountId,
        id: VoicemailId,
        others: usize,
    ) -> Result<Option<Details>, StoreError> {
        let _ = (account, id, others);
        todo!()
    }

    /// How many voicemail lie in each of `days`.
    pub fn counts(&mut self, account: AccountId, days: &[Span]) -> Result<Vec<u64>, StoreError> {
        let _ = (account, days);
        todo!()
    }

    /// Whether another process changed the store since this was last asked.
    pub fn changed_elsewhere(&mut self) -> Result<bool, StoreError> {
        todo!()
    }
}

/// The way to the thread that owns the store. Cheap to clone; jobs run in the order they are sent.
#[derive(Clone, Debug)]
pub struct StoreHandle {}

impl StoreHandle {
    /// Runs `job` on the store's thread and waits for what it returns.
    pub async fn call<R, F>(&self, job: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: FnOnce(&mut Store) -> Result<R, StoreError> + Send + 'static,
    {
        let _ = job;
        todo!()
    }
}
