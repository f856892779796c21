//! Stores app secrets: in the system keyring if there is one, otherwise in a file that only its
//! owner can read. Every result says where.
//!
//! All functions block; the keyring blocks while it asks the user for a passphrase. Other sources of a
//! secret (environment, command) and their order are decided elsewhere.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::secret::Secret;

mod file;
mod keyring;
mod lazy_secret;

pub use file::FileError;
use file::SecretFile;
use keyring::Keyring;
pub use lazy_secret::{LazySecret, Missing, SecretLookup};

/// Stores app secrets by account name.
#[derive(Clone, Debug)]
pub struct SecretStore {
    keyring: Option<Keyring>,
    file: SecretFile,
}

/// Where a secret is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretPlace {
    /// The system keyring: Secret Service, Keychain or Credential Manager.
    Keyring,
    /// A file, in plain text.
    File(PathBuf),
}

/// Why the keyring could not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system keyring cannot be used: {reason}")]
pub struct Unavailable {
    /// The system error, made safe for a terminal.
    pub reason: String,
}

/// The result of storing a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Where the secret is now.
    pub place: SecretPlace,
    /// Why it is not in the keyring, if the keyring was tried.
    pub instead_of_keyring: Option<Unavailable>,
}

/// A secret that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// The secret.
    pub secret: Secret,
    /// Where it is stored.
    pub place: SecretPlace,
    /// The mode of the file, if others have access to it.
    pub open_to_others: Option<u32>,
}

/// The result of deleting a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Where it was deleted; empty if it was not found.
    pub places: Vec<SecretPlace>,
    /// Why it may still be in the keyring.
    pub keyring_not_asked: Option<Unavailable>,
}

/// A secret was not found, and one of the sources failed.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file exists and cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is not in the file, and the keyring failed.
    #[error("no secret in {}, and {unavailable}", file.display())]
    Keyring {
        /// The file.
        file: PathBuf,
        /// Why the keyring failed.
        unavailable: Unavailable,
    },
}

impl SecretStore {
    /// Returns a store of secrets that uses the system keyring, or a file in `folder` without one. `patience`
    /// is the timeout of each keyring request; the user may have to type a passphrase, so allow a minute.
    pub fn new(folder: &Path, patience: Duration) -> SecretStore {
        SecretStore { keyring: Some(Keyring::new(patience)), file: SecretFile::new(folder) }
    }

    /// Returns a store of secrets that only uses a file in `folder`.
    pub fn in_file(folder: &Path) -> SecretStore {
        SecretStore { keyring: None, file: SecretFile::new(folder) }
    }

    /// Stores `secret` for `account`, replacing an earlier one.
    ///
    /// # Errors
    /// If both the keyring and the file fail, or if an older copy in the file cannot be removed.
    pub fn store(&self, account: &str, secret: &Secret) -> Result<Stored, FileError> {
        let kept = self.keyring.as_ref().map(|keyring| keyring.store(account, secret));
        if kept == Some(Ok(())) {
            // The file is read first, so an old copy would win; it is also plain text.
            self.file.remove(account)?;
            return Ok(Stored { place: SecretPlace::Keyring, instead_of_keyring: None });
        }
        self.file.store(account, secret)?;
        Ok(Stored { place: self.file.place(), instead_of_keyring: kept.and_then(Result::err) })
    }

    /// Returns the secret of `account` if it is in the file. Never prompts.
    pub fn load_from_file(&self, account: &str) -> Result<Option<Loaded>, FileError> {
        let found = self.file.load(account)?;
        let place = self.file.place();
        Ok(found.map(|(secret, open_to_others)| Loaded { secret, place, open_to_others }))
    }

    /// Returns the secret of `account`, if there is one. The file is read first: it only has a secret
    /// that the keyring did not accept, so that one is newer.
    pub fn load(&self, account: &str) -> Result<Option<Loaded>, LoadError> {
        if let Some(loaded) = self.load_from_file(account)? {
            return Ok(Some(loaded));
        }
        let Some(keyring) = &self.keyring else { return Ok(None) };
        let found = keyring
            .load(account)
            .map_err(|unavailable| LoadError::Keyring { file: self.file.path().to_owned(), unavailable })?;
        Ok(found.map(|secret| Loaded { secret, place: SecretPlace::Keyring, open_to_others: None }))
    }

    /// Deletes the secret of `account` from the keyring and the file.
    pub fn remove(&self, account: &str) -> Result<Removed, FileError> {
        let mut places = Vec::new();
        if self.file.remove(account)? {
            places.push(self.file.place());
        }
        let keyring = self.keyring.as_ref().map(|keyring| keyring.remove(account));
        let keyring_not_asked = match keyring {
            Some(Ok(true)) => {
                places.push(SecretPlace::Keyring);
                None
            }
            Some(Err(unavailable)) => Some(unavailable),
            Some(Ok(false)) | None => None,
        };
        Ok(Removed { places, keyring_not_asked })
    }
}

/// Completes the sentence "The secret is in …".
impl fmt::Display for SecretPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretPlace::Keyring => f.write_str("the system keyring"),
            SecretPlace::File(path) => {
                write!(f, "{} (plain text, readable only by its owner)", path.display())
            }
        }
    }
}
