//! What can go wrong with a store, in words for people, and what an error of SQLite calls for.

use std::any::Any;
use std::path::PathBuf;

use rusqlite::{Error, ErrorCode};

/// Why the store could not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A newer program made the store. Nothing was touched.
    #[error(
        "{} was written by a newer vmail (its version is {found}, this one knows {known}): \
         update vmail, or move the file away to start anew",
        path.display()
    )]
    Newer {
        /// The store.
        path: PathBuf,
        /// The version it has.
        found: i64,
        /// The newest version this program can read.
        known: i64,
    },
    /// Another process held the store for longer than the 5 seconds this one waits.
    #[error("another vmail keeps the store busy: try again, or close the other one")]
    Busy,
    /// SQLite failed in a way that nothing here can mend; its own message.
    #[error("the store failed ({0}): start vmail again, and report it if it stays")]
    Sql(String),
    /// A job panicked. The store goes on.
    #[error("a fault in vmail ended this request ({0}): please report it")]
    Panicked(String),
    /// The store's thread has ended.
    #[error("the store is closed: start vmail again")]
    Closed,
}

impl StoreError {
    /// For a job that panicked with `panic`.
    pub fn of_panic(panic: &(dyn Any + Send)) -> StoreError {
        let message = panic.downcast_ref::<&str>().copied();
        let message = message.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        StoreError::Panicked(message.unwrap_or("no message").to_owned())
    }

    /// Whether asking again later may help by itself.
    pub fn is_transient(&self) -> bool {
        !matches!(self, StoreError::Newer { .. } | StoreError::Closed)
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> StoreError {
        match (Trouble::of(&error), error) {
            (Trouble::Busy, _) => StoreError::Busy,
            // Its own text has the whole statement in it.
            (_, Error::SqlInputError { msg, .. }) => StoreError::Sql(msg),
            (_, error) => StoreError::Sql(error.to_string()),
        }
    }
}

/// What happened to the store that its user is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Notice {
    /// The store was damaged and a new one was made from what could be read of it. Every row and
    /// [`CallerId`](super::CallerId) read before is void.
    #[error(
        "{} was damaged: it is kept as {}, and a new one was made. What could be read of it is in \
         the new one ({saved} voicemail); the rest is fetched again, but notes that are missing are \
         only in the old one.",
        from.display(),
        to.display()
    )]
    MovedAside {
        /// The store's path; the new one is there now.
        from: PathBuf,
        /// Where the damaged one is now.
        to: PathBuf,
        /// How many voicemail were brought over, with all that could be read about them.
        saved: u64,
    },
    /// Another process put a new store in place of the one in use. Every row and
    /// [`CallerId`](super::CallerId) read before is void.
    #[error("{} was replaced from outside: this is the new one. Voicemail are fetched again.", path.display())]
    Replaced {
        /// The store's path.
        path: PathBuf,
    },
    /// The store lives in memory from here on and is gone when vmail ends. Rows and callers read
    /// before stay valid where they could be copied.
    #[error("Working from memory, nothing is kept: {reason}.")]
    InMemory {
        /// What is in the way, as the end of a sentence.
        reason: String,
    },
}

/// What an error of SQLite calls for.
pub(super) enum Trouble {
    /// The file is damaged: move it aside.
    Damaged,
    /// The file cannot be used here, for this reason: go on in memory.
    Unusable(String),
    /// Another process is writing: say so.
    Busy,
    /// Nothing that another file would mend.
    Other,
}

impl Trouble {
    pub(super) fn of(error: &Error) -> Trouble {
        let Some(code) = error.sqlite_error_code() else {
            return match error {
                // The tables are strict and refer to each other, so a value of another type or a
                // row that is not there was not written by this program.
                Error::FromSqlConversionFailure(..)
                | Error::IntegralValueOutOfRange(..)
                | Error::InvalidColumnType(..)
                | Error::Utf8Error(..)
                | Error::QueryReturnedNoRows => Trouble::Damaged,
                _ => Trouble::Other,
            };
        };
        match code {
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Trouble::Damaged,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Trouble::Busy,
            ErrorCode::DiskFull => Trouble::Unusable("the disk is full".to_owned()),
            ErrorCode::ReadOnly => Trouble::Unusable("the store cannot be written".to_owned()),
            ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
                Trouble::Unusable("the store cannot be opened".to_owned())
            }
            ErrorCode::SystemIoFailure | ErrorCode::FileLockingProtocolFailed => {
                Trouble::Unusable("the disk fails to read or write the store".to_owned())
            }
            _ => Trouble::Other,
        }
    }
}
