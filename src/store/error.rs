//! The store's errors and notices for users, and how to react to an SQLite error.

use std::any::Any;
use std::path::PathBuf;

use rusqlite::{Error, ErrorCode};

use super::backup::{self, Restored};
use crate::core::humanize;

/// Why a call to the store failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A newer vmail wrote the store. Nothing was changed.
    #[error(
        "{} was written by a newer vmail (store version {found}, this vmail reads up to {known}): \
         update vmail, or move the file away to start with an empty store",
        path.display()
    )]
    Newer {
        /// The store's path.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version that this program can read.
        known: i64,
    },
    /// Another process kept the store locked for longer than the 5 seconds that this one waits.
    #[error("another vmail keeps the store locked: try again, or quit the other one")]
    Busy,
    /// SQLite failed and the store cannot recover; SQLite's own message.
    #[error("the store failed ({0}): restart vmail; if it happens again, report it")]
    Sql(String),
    /// A job panicked. The store still works.
    #[error("a bug in vmail ended this request ({0}): please report it")]
    Panicked(String),
    /// The store's thread has ended.
    #[error("the store is closed: restart vmail")]
    Closed,
}

impl StoreError {
    /// Returns the error for a job that panicked with `panic`.
    pub fn of_panic(panic: &(dyn Any + Send)) -> StoreError {
        let message = panic.downcast_ref::<&str>().copied();
        let message = message.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        StoreError::Panicked(message.unwrap_or("no message").to_owned())
    }

    /// Returns whether a retry with the store may succeed.
    pub fn is_transient(&self) -> bool {
        !matches!(self, StoreError::Newer { .. } | StoreError::Closed)
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> StoreError {
        match (Reaction::of(&error), error) {
            (Reaction::Busy, _) => StoreError::Busy,
            // Its `Display` would include the whole statement.
            (_, Error::SqlInputError { msg, .. }) => StoreError::Sql(msg),
            (_, error) => StoreError::Sql(error.to_string()),
        }
    }
}

/// A message for the user about what happened to the store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Notice {
    /// The store was damaged and was rebuilt from its readable parts. Every row and
    /// [`CallerId`](super::CallerId) read before is invalid.
    #[error(
        "{} was damaged and was renamed to {}. A new store was created from its readable parts \
         ({}){}. Other voicemails are fetched again, but {} only in the old file.",
        from.display(),
        to.display(),
        humanize::voicemails(*saved),
        restored.as_ref().map(|restored| format!(" and from {restored}")).unwrap_or_default(),
        if restored.is_some() { "notes written since then may be" } else { "their notes are" }
    )]
    MovedAside {
        /// The store's path, where the new one is now.
        from: PathBuf,
        /// The path of the damaged one.
        to: PathBuf,
        /// How many voicemails were recovered.
        saved: u64,
        /// The backup that was restored.
        restored: Option<Restored>,
    },
    /// The store lacked what a backup has: it was deleted, emptied, or replaced by an older one.
    #[error(
        "{} was empty or old: what you did was restored from {restored}. Voicemails are fetched again. \
         To start without it, delete the store and {}.",
        path.display(),
        backup::folder(path).display()
    )]
    Restored {
        /// The store's path.
        path: PathBuf,
        /// The backup that was restored.
        restored: Restored,
    },
    /// The store was deleted while it was open, and was written again. Rows read before stay valid.
    #[error("{} was deleted while vmail used it. vmail has written it again; nothing is lost.", path.display())]
    WrittenAgain {
        /// The store's path.
        path: PathBuf,
    },
    /// The store was deleted while it was open, and a new one was created. Every row and
    /// [`CallerId`](super::CallerId) read before is invalid.
    #[error("{} was deleted while vmail used it. Voicemails are fetched again into a new file.", path.display())]
    Deleted {
        /// The store's path.
        path: PathBuf,
    },
    /// A backup could not be made.
    #[error("No backup of what you did could be made: {reason}.")]
    NoBackup {
        /// The reason, as the end of a sentence.
        reason: String,
    },
    /// Another process replaced the store in use. Every row and [`CallerId`](super::CallerId) read
    /// before is invalid.
    #[error("{} was replaced by another program. Voicemails are fetched again into the new file.", path.display())]
    Replaced {
        /// The store's path.
        path: PathBuf,
    },
    /// The store is in memory from now on, and is lost when vmail quits. Rows and callers read before
    /// stay valid if they could be copied.
    #[error("Working in memory; nothing is saved: {reason}.")]
    InMemory {
        /// The reason, as the end of a sentence.
        reason: String,
    },
}

impl Notice {
    /// Returns whether another store is in use now, with other rows and callers.
    pub fn is_new_store(&self) -> bool {
        match self {
            Notice::MovedAside { .. }
            | Notice::Replaced { .. }
            | Notice::Restored { .. }
            | Notice::Deleted { .. } => true,
            Notice::WrittenAgain { .. } | Notice::InMemory { .. } | Notice::NoBackup { .. } => false,
        }
    }
}

/// How to react to an SQLite error.
pub(super) enum Reaction {
    /// The file is damaged: move it aside.
    Damaged,
    /// The file cannot be used, for this reason: continue in memory.
    Unusable(String),
    /// Another process is writing: report it.
    Busy,
    /// Another file would not help.
    Other,
}

impl Reaction {
    pub(super) fn of(error: &Error) -> Reaction {
        let Some(code) = error.sqlite_error_code() else {
            return match error {
                // The tables are strict and have foreign keys, so vmail cannot have written a value of
                // another type or a reference to a missing row.
                Error::FromSqlConversionFailure(..)
                | Error::IntegralValueOutOfRange(..)
                | Error::InvalidColumnType(..)
                | Error::Utf8Error(..)
                | Error::QueryReturnedNoRows => Reaction::Damaged,
                _ => Reaction::Other,
            };
        };
        match code {
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Reaction::Damaged,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Reaction::Busy,
            ErrorCode::DiskFull => Reaction::Unusable("the disk is full".to_owned()),
            ErrorCode::ReadOnly => Reaction::Unusable("the store is read-only".to_owned()),
            ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
                Reaction::Unusable("the store cannot be opened".to_owned())
            }
            ErrorCode::SystemIoFailure | ErrorCode::FileLockingProtocolFailed => {
                Reaction::Unusable("the store cannot be read or written".to_owned())
            }
            _ => Reaction::Other,
        }
    }
}
