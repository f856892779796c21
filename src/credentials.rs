//! Where app secrets are kept: in the system's keyring where there is one, else in a file that only
//! its owner can read. Every answer says which.
//!
//! Everything here blocks, the keyring for as long as it asks its user for a passphrase. Other
//! sources of a secret (the environment, a command) and their order are not decided here.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::secret::Secret;

mod file;
mod keyring;
mod supply;

pub use file::FileError;
pub use supply::{Missing, Stock, Supply};

use file::SecretFile;
use keyring::Keyring;

/// Keeps app secrets by the names of their accounts.
#[derive(Clone, Debug)]
pub struct SecretStore {
    keyring: Option<Keyring>,
    file: SecretFile,
}

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The system's keyring: the Secret Service, Keychain or the Credential Manager.
    Keyring,
    /// A file, in plain text.
    File(PathBuf),
}

/// Why the keyring could not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system's keyring cannot be used: {reason}")]
pub struct Unavailable {
    /// The system's reason, made safe for a terminal.
    pub reason: String,
}

/// Where a secret went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Where it is now.
    pub place: Place,
    /// Why it is not in the keyring, where one was to be used.
    pub instead_of_keyring: Option<Unavailable>,
}

/// A secret that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// The secret.
    pub secret: Secret,
    /// Where it was.
    pub place: Place,
    /// The mode of its file, where others than its owner may use it.
    pub open_to_others: Option<u32>,
}

/// What became of a secret that was to be forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Where it was and is no longer; empty if it was nowhere.
    pub places: Vec<Place>,
    /// Why it may still be in the keyring.
    pub keyring_not_asked: Option<Unavailable>,
}

/// A secret that was not found, where one source could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file is there and cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file has none, and the keyring cannot be asked.
    #[error("no secret in {}, and {unavailable}", file.display())]
    Keyring {
        /// The file that has none.
        file: PathBuf,
        /// Why the keyring cannot be asked.
        unavailable: Unavailable,
    },
}

impl SecretStore {
    /// The system's keyring, which has `patience` for each answer, and a file in `folder` where
    /// there is none. Its user may have to type a passphrase, so a minute is not long.
    pub fn new(folder: &Path, patience: Duration) -> SecretStore {
        SecretStore { keyring: Some(Keyring::new(patience)), file: SecretFile::new(folder) }
    }

    /// A file in `folder` alone.
    pub fn in_file(folder: &Path) -> SecretStore {
        SecretStore { keyring: None, file: SecretFile::new(folder) }
    }

    /// Keeps `secret` for `account`, in place of one from before.
    ///
    /// # Errors
    /// When neither the keyring takes it nor the file can be written, or when an older copy in the
    /// file cannot be removed.
    pub fn store(&self, account: &str, secret: &Secret) -> Result<Stored, FileError> {
        let kept = self.keyring.as_ref().map(|keyring| keyring.store(account, secret));
        if kept == Some(Ok(())) {
            // What is in the file counts first, and one copy in plain text is one too many.
            self.file.remove(account)?;
            return Ok(Stored { place: Place::Keyring, instead_of_keyring: None });
        }
        self.file.store(account, secret)?;
        Ok(Stored { place: self.file.place(), instead_of_keyring: kept.and_then(Result::err) })
    }

    /// The secret of `account` if it is in the file. Asks nobody, and takes no time.
    pub fn load_from_file(&self, account: &str) -> Result<Option<Loaded>, FileError> {
        let found = self.file.load(account)?;
        let place = self.file.place();
        Ok(found.map(|(secret, open_to_others)| Loaded { secret, place, open_to_others }))
    }

    /// The secret of `account`, if there is one. The file comes first: a secret is in it only when
    /// the keyring did not take it, so it is the newer one.
    pub fn load(&self, account: &str) -> Result<Option<Loaded>, LoadError> {
        if let Some(loaded) = self.load_from_file(account)? {
            return Ok(Some(loaded));
        }
        let Some(keyring) = &self.keyring else { return Ok(None) };
        let found = keyring
            .load(account)
            .map_err(|unavailable| LoadError::Keyring { file: self.file.path().to_owned(), unavailable })?;
        Ok(found.map(|secret| Loaded { secret, place: Place::Keyring, open_to_others: None }))
    }

    /// Forgets the secret of `account`, wherever it is.
    pub fn remove(&self, account: &str) -> Result<Removed, FileError> {
        let mut places = Vec::new();
        if self.file.remove(account)? {
            places.push(self.file.place());
        }
        let keyring = self.keyring.as_ref().map(|keyring| keyring.remove(account));
        let keyring_not_asked = match keyring {
            Some(Ok(true)) => {
                places.push(Place::Keyring);
                None
            }
            Some(Err(unavailable)) => Some(unavailable),
            Some(Ok(false)) | None => None,
        };
        Ok(Removed { places, keyring_not_asked })
    }
}

/// For the end of "the secret is in …".
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Keyring => f.write_str("the system's keyring"),
            Place::File(path) => write!(f, "the file {} (plain text, for its owner alone)", path.display()),
        }
    }
}
