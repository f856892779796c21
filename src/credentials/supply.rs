//! A secret that is at hand, or that is looked up when it is first needed.

use std::sync::{Arc, Mutex, PoisonError};

use super::{LoadError, SecretStore};
use crate::config::{Asking, secret_from_command};
use crate::secret::Secret;

/// Where the secret of an account is to be had. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Supply {
    /// Here.
    AtHand(Secret),
    /// Elsewhere, where somebody may have to be asked first: not to be touched before it is needed.
    Later(Arc<Stock>),
}

/// A secret that was not looked up yet.
#[derive(Debug)]
pub struct Stock {
    source: Source,
    /// What can be done where there is none, after "Run".
    remedy: String,
    /// Why there was none: whoever has declined to open the keyring is not asked at once again.
    missing: Mutex<Option<Missing>>,
}

/// Where it is.
#[derive(Debug)]
enum Source {
    /// Stored for the account of that name.
    Stored(SecretStore, String),
    /// Printed by a command, which cannot ask: the terminal is in use.
    Command(Vec<String>),
}

/// Why there is no secret, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// None was stored.
    #[error("No secret for {account}. Run {remedy}.")]
    NotStored {
        /// Whose.
        account: String,
        /// The command that stores one, and what else can be done.
        remedy: String,
    },
    /// Where it may be stored could not be asked.
    #[error("No secret for {account}. Run {remedy}; {reason}.")]
    NotAsked {
        /// Whose.
        account: String,
        /// Why not.
        reason: String,
        /// The command that stores one, and what else can be done.
        remedy: String,
    },
    /// A command was to print it.
    #[error("{reason}. Where it has to ask for something, run {remedy}.")]
    NotPrinted {
        /// Why not.
        reason: String,
        /// The command in which it can ask.
        remedy: String,
    },
}

impl Supply {
    /// What `store` has for `account`, when it is needed; `remedy` says, after "Run", how one
    /// is stored.
    pub fn stored(store: SecretStore, account: &str, remedy: &str) -> Supply {
        Supply::later(Source::Stored(store, account.to_owned()), remedy)
    }

    /// What a command prints, when it is needed; it must not ask for anything on the terminal. `remedy`
    /// says, after "Run", where it can.
    pub fn printed(argv: &[String], remedy: &str) -> Supply {
        Supply::later(Source::Command(argv.to_vec()), remedy)
    }

    fn later(source: Source, remedy: &str) -> Supply {
        let remedy = remedy.to_owned();
        Supply::Later(Arc::new(Stock { source, remedy, missing: Mutex::new(None) }))
    }

    /// The secret. Blocks, for as long as a keyring asks its user; once that failed it fails at once,
    /// until [`Supply::ask_again`].
    pub fn get(&self) -> Result<Secret, Missing> {
        let stock = match self {
            Supply::AtHand(secret) => return Ok(secret.clone()),
            Supply::Later(stock) => stock,
        };
        // Held while the keyring is asked: nobody else is to ask it meanwhile.
        let mut missing = stock.missing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(missing) = &*missing {
            return Err(missing.clone());
        }
        let found = stock.look_up();
        *missing = found.as_ref().err().cloned();
        found
    }

    /// Has the next [`Supply::get`] ask once more: the user wants it.
    pub fn ask_again(&self) {
        if let Supply::Later(stock) = self
            && let Ok(mut missing) = stock.missing.try_lock()
        {
            *missing = None;
        }
    }
}

impl Stock {
    fn look_up(&self) -> Result<Secret, Missing> {
        let remedy = self.remedy.clone();
        let (store, account) = match &self.source {
            Source::Stored(store, account) => (store, account.clone()),
            Source::Command(argv) => {
                return secret_from_command(argv, Asking::Nobody)
                    .map_err(|error| Missing::NotPrinted { reason: error.to_string(), remedy });
            }
        };
        match store.load(&account) {
            Ok(Some(loaded)) => Ok(loaded.secret),
            Ok(None) => Err(Missing::NotStored { account, remedy }),
            Err(LoadError::Keyring { unavailable, .. }) => {
                // A cron job has no keyring, whatever its user has.
                let reason =
                    format!("{unavailable}; `vmail login --no-keyring` keeps it in a file, for cron jobs");
                Err(Missing::NotAsked { account, reason, remedy })
            }
            Err(LoadError::File(error)) => {
                Err(Missing::NotAsked { account, reason: error.to_string(), remedy })
            }
        }
    }
}
