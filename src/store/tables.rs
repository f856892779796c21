//! A connection to the store: accounts, transactions, remembered choices.
//!
//! Each method is one attempt on one connection. [`super`] decides what to do when the file fails.

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};

use super::AccountId;
use crate::core::model::AccountKey;

/// A connection to a migrated store, with the accounts in use.
#[derive(Debug)]
pub(super) struct Tables {
    pub(super) connection: Connection,
    /// The default country for new callers.
    pub(super) country: String,
    /// The accounts behind [`AccountId`]s: the ID of the account at index `n` is `n + 1`.
    accounts: Vec<AccountRow>,
    /// Counts up when another store replaces this one.
    pub(super) generation: u64,
}

#[derive(Debug)]
struct AccountRow {
    key: AccountKey,
    /// Its number in the file; read again after the file was replaced.
    number: Option<i64>,
}

impl Tables {
    pub(super) fn new(connection: Connection, country: String) -> Tables {
        Tables { connection, country, accounts: Vec::new(), generation: 0 }
    }

    /// Switches the connection to another store and returns the previous one. Accounts keep their
    /// [`AccountId`].
    pub(super) fn replace(&mut self, connection: Connection) -> Connection {
        self.generation += 1;
        for account in &mut self.accounts {
            account.number = None;
        }
        std::mem::replace(&mut self.connection, connection)
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn country(&self) -> &str {
        &self.country
    }

    pub(super) fn account(&mut self, key: &AccountKey) -> rusqlite::Result<AccountId> {
        let index = self.accounts.iter().position(|account| account.key == *key).unwrap_or_else(|| {
            self.accounts.push(AccountRow { key: key.clone(), number: None });
            self.accounts.len() - 1
        });
        let id = AccountId(index as i64 + 1);
        self.number(id)?;
        Ok(id)
    }

    /// Returns the number of an account in the file; 0, which no account has, for an ID of another
    /// store.
    pub(super) fn number(&mut self, id: AccountId) -> rusqlite::Result<i64> {
        let index = usize::try_from(id.0 - 1).ok();
        let Some(account) = index.and_then(|index| self.accounts.get(index)) else { return Ok(0) };
        if let Some(number) = account.number {
            return Ok(number);
        }
        let number = self.numbered(account.key.as_str())?;
        if let Some(account) = index.and_then(|index| self.accounts.get_mut(index)) {
            account.number = Some(number);
        }
        Ok(number)
    }

    /// Returns the number in the file of the account with this key; adds the account if it is new.
    pub(super) fn numbered(&self, key: &str) -> rusqlite::Result<i64> {
        self.connection.execute("INSERT INTO account (key) VALUES (?1) ON CONFLICT DO NOTHING", [key])?;
        self.connection.query_row("SELECT id FROM account WHERE key = ?1", [key], |row| row.get(0))
    }

    /// Returns the accounts in the file: their numbers and keys.
    pub(super) fn accounts(&self) -> rusqlite::Result<Vec<(i64, String)>> {
        self.connection
            .prepare_cached("SELECT id, key FROM account ORDER BY id")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect()
    }

    pub(super) fn choice(&self, name: &str) -> rusqlite::Result<Option<String>> {
        self.connection
            .prepare_cached("SELECT value FROM choice WHERE name = ?1")?
            .query_row([name], |row| row.get(0))
            .optional()
    }

    pub(super) fn put_choice(&self, name: &str, value: &str) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached(
                "INSERT INTO choice (name, value) VALUES (?1, ?2)
                 ON CONFLICT (name) DO UPDATE SET value = ?2",
            )?
            .execute([name, value])
            .map(drop)
    }

    /// Writes the user's changes in one transaction. Once this returns, they survive even a crash of
    /// the machine, because they cannot be fetched again.
    pub(super) fn for_good<R>(
        &mut self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<R>,
    ) -> rusqlite::Result<R> {
        self.connection.pragma_update(None, "synchronous", "FULL")?;
        let written = self.write(work);
        self.connection.pragma_update(None, "synchronous", "NORMAL")?;
        written
    }

    /// Like [`Tables::write`], for thousands of rows: enlarges the page cache meanwhile, so that pages
    /// are not read again for each row.
    pub(super) fn write_much<R>(
        &mut self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<R>,
    ) -> rusqlite::Result<R> {
        let usual: i64 = self.connection.query_row("PRAGMA cache_size", [], |row| row.get(0))?;
        self.connection.pragma_update(None, "cache_size", -65_536)?;
        let written = self.write(work);
        self.connection.pragma_update(None, "cache_size", usual)?;
        written
    }

    /// Runs `work` in a transaction of the store.
    pub(super) fn write<R>(
        &mut self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<R>,
    ) -> rusqlite::Result<R> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = work(&transaction)?;
        transaction.commit()?;
        Ok(result)
    }

    /// Returns the store's number that changes after another connection has written.
    pub(super) fn data_version(&self) -> rusqlite::Result<i64> {
        self.connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))
    }
}
