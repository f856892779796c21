//! A secret that is known, or that is looked up when it is first needed.

use std::sync::{Arc, Mutex, PoisonError};

use super::{LoadError, SecretStore};
use crate::config::{Asking, secret_from_command};
use crate::secret::Secret;

/// The source of an account's secret. Cheap to clone.
#[derive(Clone, Debug)]
pub enum LazySecret {
    /// The secret is known.
    AtHand(Secret),
    /// The secret is looked up when it is needed, because that may prompt the user.
    Later(Arc<SecretLookup>),
}

/// A secret that is looked up on demand.
#[derive(Debug)]
pub struct SecretLookup {
    source: Source,
    /// What to do if there is no secret; follows "Run ".
    remedy: String,
    /// The last failure: a user who dismissed the keyring's prompt is not prompted again at once.
    missing: Mutex<Option<Missing>>,
}

/// Where to look.
#[derive(Debug)]
enum Source {
    /// In the store, under this account name.
    Stored(SecretStore, String),
    /// From a command, which cannot prompt: the terminal is in use.
    Command(Vec<String>),
}

/// Why there is no secret, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// None is stored.
    #[error("No secret for {account}. Run {remedy}.")]
    NotStored {
        /// The account.
        account: String,
        /// The command that stores one, and alternatives; follows "Run ".
        remedy: String,
    },
    /// The place where it may be stored failed.
    #[error("No secret for {account}: {reason}. Run {remedy}.")]
    NotAsked {
        /// The account.
        account: String,
        /// What failed.
        reason: String,
        /// The command that stores one, and alternatives; follows "Run ".
        remedy: String,
    },
    /// `secret_command` failed.
    #[error("{reason}. If the command needs input, run {remedy}.")]
    NotPrinted {
        /// What failed.
        reason: String,
        /// The command that lets it prompt; follows "run ".
        remedy: String,
    },
}

impl LazySecret {
    /// Returns a secret that is looked up, for `account` in `store`, when it is needed. `remedy` says, after
    /// "Run ", how to store one.
    pub fn stored(store: SecretStore, account: &str, remedy: &str) -> LazySecret {
        LazySecret::later(Source::Stored(store, account.to_owned()), remedy)
    }

    /// Returns a secret that is printed by a command, run when it is needed; it must not prompt on the
    /// terminal. `remedy` says, after "run ", how to run it where it can.
    pub fn printed(argv: &[String], remedy: &str) -> LazySecret {
        LazySecret::later(Source::Command(argv.to_vec()), remedy)
    }

    fn later(source: Source, remedy: &str) -> LazySecret {
        let remedy = remedy.to_owned();
        LazySecret::Later(Arc::new(SecretLookup { source, remedy, missing: Mutex::new(None) }))
    }

    /// Returns the secret, looked up if needed. Blocks while a keyring prompts its user. After a failure,
    /// fails without a retry, until [`LazySecret::ask_again`].
    pub fn get(&self) -> Result<Secret, Missing> {
        let stock = match self {
            LazySecret::AtHand(secret) => return Ok(secret.clone()),
            LazySecret::Later(stock) => stock,
        };
        // Hold the lock during the lookup, so that only one thread prompts.
        let mut missing = stock.missing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(missing) = &*missing {
            return Err(missing.clone());
        }
        let found = stock.look_up();
        *missing = found.as_ref().err().cloned();
        found
    }

    /// Makes the next [`LazySecret::get`] look up the secret again, on the user's request.
    pub fn ask_again(&self) {
        if let LazySecret::Later(stock) = self
            && let Ok(mut missing) = stock.missing.try_lock()
        {
            *missing = None;
        }
    }
}

impl SecretLookup {
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
                // In a cron job there is no keyring, even if the user has one.
                let reason = format!("{unavailable}; for cron jobs, use `vmail login --no-keyring`");
                Err(Missing::NotAsked { account, reason, remedy })
            }
            Err(LoadError::File(error)) => {
                Err(Missing::NotAsked { account, reason: error.to_string(), remedy })
            }
        }
    }
}
