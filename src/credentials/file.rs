//! Secrets in a file: TOML by account, readable only by its owner, replaced atomically.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use super::SecretPlace;
use crate::secret::Secret;
use crate::{paths, private_fs};

const NAME: &str = "credentials.toml";

const HEAD: &str = "# App secrets of vmail, by account. Written by `vmail login` and `vmail logout`.\n";

/// What is wrong with a credentials file. Repeats nothing of its contents.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It exists and cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system error.
        source: io::Error,
    },
    /// It cannot be written; the old contents are unchanged.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system error.
        source: io::Error,
    },
    /// It does not have the format that vmail writes.
    #[error("{}:{line}: expected a table `[secrets]` with one string per account", path.display())]
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

/// The contents of the file. Wiped on drop, so that no copy stays in memory.
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

    pub(super) fn place(&self) -> SecretPlace {
        SecretPlace::File(self.path.clone())
    }

    pub(super) fn store(&self, account: &str, secret: &Secret) -> Result<(), FileError> {
        let mut table = self.read()?.unwrap_or_default();
        if let Some(mut old) = table.secrets.insert(account.to_owned(), secret.expose().to_owned()) {
            old.zeroize();
        }
        self.write(&table)
    }

    /// Returns the secret of `account` from the file, and the mode of the file if others have access to it.
    pub(super) fn load(&self, account: &str) -> Result<Option<(Secret, Option<u32>)>, FileError> {
        let Some(table) = self.read()? else { return Ok(None) };
        let Some(secret) = table.secrets.get(account) else { return Ok(None) };
        Ok(Some((Secret::new(secret.clone()), self.mode().filter(|mode| mode & 0o077 != 0))))
    }

    /// Deletes a secret from the file and returns whether there was one. Deletes the file if it was the last
    /// one.
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
        // The parser's message quotes its input.
        toml::from_str(&text).map(Some).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            FileError::Malformed { path: self.path.clone(), line: 1 + before.matches('\n').count() }
        })
    }

    /// Writes a temporary file and renames it, so that readers never see an incomplete file.
    fn write(&self, table: &Table) -> Result<(), FileError> {
        let written = || {
            let text = Zeroizing::new(toml::to_string(table).map_err(io::Error::other)?);
            let path = paths::behind_links(&self.path)?;
            if let Some(folder) = path.parent() {
                private_fs::make_folder(folder)?;
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
                // Report the first error; there may be nothing to remove.
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

/// Creates a file that is private from the start.
fn private_file(path: &Path) -> io::Result<File> {
    let mut options = private_fs::options();
    options.write(true).create_new(true);
    match options.open(path) {
        // Left over from a killed process with the same PID.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            fs::remove_file(path)?;
            options.open(path)
        }
        opened => opened,
    }
}
