//! Secrets in a file: TOML by account, for its owner alone, replaced as a whole or not at all.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use super::Place;
use crate::paths;
use crate::private;
use crate::secret::Secret;

const NAME: &str = "credentials.toml";

const HEAD: &str =
    "# The app secrets of vmail, by account. `vmail login` and `vmail logout` write this file.\n";

/// What a file of secrets can be wrong about. Repeats nothing of it.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It is there and cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// It cannot be written; what was there before is still there.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// It is not what vmail writes.
    #[error("{}:{line}: not a table `[secrets]` with a text for each account", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
}

#[derive(Clone, Debug)]
pub(super) struct SecretFile {
    path: PathBuf,
}

/// What the file holds. Wiped when dropped, so that no copy outlives its use.
#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default)]
    secrets: BTreeMap<String, String>,
}

impl Drop for Table {
    fn drop(&mut self) {
        self.secrets.values_mut().for_each(String::zeroize);
    }
}

impl SecretFile {
    pub(super) fn new(folder: &Path) -> SecretFile {
        SecretFile { path: folder.join(NAME) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn place(&self) -> Place {
        Place::File(self.path.clone())
    }

    pub(super) fn store(&self, account: &str, secret: &Secret) -> Result<(), FileError> {
        let mut table = self.read()?.unwrap_or_default();
        if let Some(mut old) = table.secrets.insert(account.to_owned(), secret.expose().to_owned()) {
            old.zeroize();
        }
        self.write(&table)
    }

    /// The secret of `account` and, where others than its owner may use the file, its mode.
    pub(super) fn load(&self, account: &str) -> Result<Option<(Secret, Option<u32>)>, FileError> {
        let Some(table) = self.read()? else { return Ok(None) };
        let Some(secret) = table.secrets.get(account) else { return Ok(None) };
        Ok(Some((Secret::new(secret.clone()), self.mode().filter(|mode| mode & 0o077 != 0))))
    }

    /// Whether there was one. A file without secrets goes as well.
    pub(super) fn remove(&self, account: &str) -> Result<bool, FileError> {
        let Some(mut table) = self.read()? else { return Ok(false) };
        let Some(mut old) = table.secrets.remove(account) else { return Ok(false) };
        old.zeroize();
        if table.secrets.is_empty() {
            let removed = paths::behind_links(&self.path).and_then(fs::remove_file);
            removed.map_err(|source| self.write_error(source))?;
        } else {
            self.write(&table)?;
        }
        Ok(true)
    }

    fn read(&self) -> Result<Option<Table>, FileError> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(FileError::Read { path: self.path.clone(), source }),
        };
        // The parser's own message quotes what it read.
        toml::from_str(&text).map(Some).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            FileError::Malformed { path: self.path.clone(), line: 1 + before.matches('\n').count() }
        })
    }

    /// Writes beside the file and then in its place, so that it is whole whenever it is looked at.
    fn write(&self, table: &Table) -> Result<(), FileError> {
        let written = || {
            let text = Zeroizing::new(toml::to_string(table).map_err(io::Error::other)?);
            let path = paths::behind_links(&self.path)?;
            if let Some(folder) = path.parent() {
                private::make_folder(folder)?;
            }
            let beside = path.with_file_name(format!(".{NAME}.{}", process::id()));
            let replaced = private_file(&beside)
                .and_then(|mut file| {
                    file.write_all(HEAD.as_bytes())?;
                    file.write_all(text.as_bytes())?;
                    file.sync_all()
                })
                .and_then(|()| fs::rename(&beside, &path));
            if replaced.is_err() {
                // The first fault is the one to tell; there may be nothing to remove.
                let _ = fs::remove_file(&beside);
            }
            replaced
        };
        written().map_err(|source| self.write_error(source))
    }

    fn write_error(&self, source: io::Error) -> FileError {
        FileError::Write { path: self.path.clone(), source }
    }

    #[cfg(unix)]
    fn mode(&self) -> Option<u32> {
        use std::os::unix::fs::PermissionsExt as _;
        fs::metadata(&self.path).ok().map(|metadata| metadata.permissions().mode() & 0o7777)
    }

    #[cfg(not(unix))]
    fn mode(&self) -> Option<u32> {
        None
    }
}

/// A new file that only its owner can use from the moment it is there.
fn private_file(path: &Path) -> io::Result<File> {
    let mut options = private::options();
    options.write(true).create_new(true);
    match options.open(path) {
        // Left behind by a process that had the same number and was killed.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            fs::remove_file(path)?;
            options.open(path)
        }
        opened => opened,
    }
}
