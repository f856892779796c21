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
    /// The command that stores a secret.
    login: String,
    /// Why there was none: whoever has declined to open the keyring is not asked at once again.
    missing: Mutex<Option<Missing>>,
}

/// Why there is no secret, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// None was stored.
    #[error("There is no secret for {account}. Run `{login}`.")]
    NotStored {
        /// Whose.
        account: String,
        /// The command that stores one.
        login: String,
    },
    /// Where it may be stored could not be asked.
    #[error("No secret for {account}: {reason}. Unlock it and try again, or run `{login}`.")]
    NotAsked {
        /// Whose.
        account: String,
        /// Why not.
        reason: String,
        /// The command that stores one.
        login: String,
    },
}

impl Supply {
    /// What `store` has for `account`, when it is needed; `login` is the command that stores one.
    pub fn stored(store: SecretStore, account: &str, login: &str) -> Supply {
        let (account, login) = (account.to_owned(), login.to_owned());
        Supply::Stored(Arc::new(Stock { store, account, login, missing: Mutex::new(None) }))
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
        let (account, login) = (self.account.clone(), self.login.clone());
        match self.store.load(&self.account) {
            Ok(Some(loaded)) => Ok(loaded.secret),
            Ok(None) => Err(Missing::NotStored { account, login }),
            Err(LoadError::Keyring { unavailable, .. }) => {
                Err(Missing::NotAsked { account, reason: unavailable.to_string(), login })
            }
            Err(LoadError::File(error)) => {
                Err(Missing::NotAsked { account, reason: error.to_string(), login })
            }
        }
    }
}
