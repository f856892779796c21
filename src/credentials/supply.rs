//! A secret that is at hand, or that is looked up when it is first needed.

use std::sync::{Arc, Mutex, PoisonError};

use super::{LoadError, SecretStore};
use crate::secret::Secret;

/// Where the secret of an account is to be had. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Supply {
    /// Here.
    AtHand(Secret),
    /// In a store that may have to ask its user first: not to be touched before it is needed.
    Stored(Arc<Stock>),
}

/// What was stored for an account, not yet looked up.
#[derive(Debug)]
pub struct Stock {
    store: SecretStore,
    account: String,
    /// The command that stores a secret, and what else can be done.
    remedy: String,
    /// Why there was none: whoever has declined to open the keyring is not asked at once again.
    missing: Mutex<Option<Missing>>,
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
}

impl Supply {
    /// What `store` has for `account`, when it is needed; `remedy` says, after "Run", how one
    /// is stored.
    pub fn stored(store: SecretStore, account: &str, remedy: &str) -> Supply {
        let (account, remedy) = (account.to_owned(), remedy.to_owned());
        Supply::Stored(Arc::new(Stock { store, account, remedy, missing: Mutex::new(None) }))
    }

    /// The secret. Blocks, for as long as a keyring asks its user; once that failed it fails at once,
    /// until [`Supply::ask_again`].
    pub fn get(&self) -> Result<Secret, Missing> {
        let stock = match self {
            Supply::AtHand(secret) => return Ok(secret.clone()),
            Supply::Stored(stock) => stock,
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
        if let Supply::Stored(stock) = self
            && let Ok(mut missing) = stock.missing.try_lock()
        {
            *missing = None;
        }
    }
}

impl Stock {
    fn look_up(&self) -> Result<Secret, Missing> {
        let (account, remedy) = (self.account.clone(), self.remedy.clone());
        match self.store.load(&self.account) {
            Ok(Some(loaded)) => Ok(loaded.secret),
            Ok(None) => Err(Missing::NotStored { account, remedy }),
            Err(LoadError::Keyring { unavailable, .. }) => {
                Err(Missing::NotAsked { account, reason: unavailable.to_string(), remedy })
            }
            Err(LoadError::File(error)) => {
                Err(Missing::NotAsked { account, reason: error.to_string(), remedy })
            }
        }
    }
}
