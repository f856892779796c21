//! Which file a recording is saved to, in a folder where others are: the inbox and `vmail download` alike.
//! No file that differs is overwritten unasked, and no two recordings get the same name.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use super::{Kept, blocking};
use crate::core::model::VoicemailId;
use crate::core::search::folded;

/// The names of recordings that are saved together.
#[derive(Debug, Default)]
pub struct Names(HashSet<String>);

impl Names {
    /// Takes `name`. Returns false if another recording has it: then [`with_id`] sets them apart. Some file
    /// systems ignore case, joiners and how letters are composed.
    pub fn take(&mut self, name: &Path) -> bool {
        self.0.insert(folded(&name.to_string_lossy()))
    }
}

/// Returns `path` with the ID of the voicemail appended to its name.
pub fn with_id(path: &Path, id: VoicemailId) -> PathBuf {
    let mut name = path.file_stem().map(OsString::from).unwrap_or_default();
    name.push(format!("_{id}"));
    if let Some(ext) = path.extension() {
        name.push(".");
        name.push(ext);
    }
    path.with_file_name(name)
}

/// The file to save to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// It exists and has the same content.
    There(PathBuf),
    /// It is to be written.
    Free {
        /// The file.
        path: PathBuf,
        /// Whether it replaces one that is there.
        replace: bool,
    },
}

/// Why there is no file to save to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// All names belong to other files.
    #[error("{}: a different file exists.", .0.display())]
    Taken(PathBuf),
    /// What is there cannot be read.
    #[error("{}: {reason}.", path.display())]
    Unread {
        /// The file.
        path: PathBuf,
        /// The system's message.
        reason: String,
    },
}

impl Kept {
    /// Returns the first of `paths` that does not belong to another file, or that is to be overwritten.
    pub async fn place(&self, paths: Vec<PathBuf>, overwrite: bool) -> Result<Place, PlaceError> {
        let mut last = PathBuf::new();
        for path in paths {
            let unread =
                |error: io::Error| PlaceError::Unread { path: path.clone(), reason: error.to_string() };
            match fs::symlink_metadata(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Ok(Place::Free { path, replace: false });
                }
                Err(error) => return Err(unread(error)),
                Ok(file) if file.is_dir() => {}
                // Left behind by a crash of the machine.
                Ok(file) if file.is_file() && file.len() == 0 => {
                    return Ok(Place::Free { path, replace: true });
                }
                Ok(file) if file.is_file() && file.len() == self.bytes => {
                    let (ours, theirs) = (self.path.clone(), path.clone());
                    if blocking(move || same(&ours, &theirs)).await.map_err(unread)? {
                        return Ok(Place::There(path));
                    }
                    if overwrite {
                        return Ok(Place::Free { path, replace: true });
                    }
                }
                Ok(_) if overwrite => return Ok(Place::Free { path, replace: true }),
                Ok(_) => {}
            }
            last = path;
        }
        Err(PlaceError::Taken(last))
    }
}

/// Whether two files have the same content.
fn same(one: &Path, other: &Path) -> io::Result<bool> {
    let (one, other) = (BufReader::new(File::open(one)?), BufReader::new(File::open(other)?));
    let (mut one, mut other) = (one.bytes(), other.bytes());
    loop {
        match (one.next().transpose()?, other.next().transpose()?) {
            (None, None) => return Ok(true),
            (one, other) if one != other => return Ok(false),
            _ => {}
        }
    }
}
