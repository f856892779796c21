//! Reads contact files from disk, and detects changes. No other part of the contacts reads files.

use std::fs::{self, File, Metadata};
use std::hash::{Hash as _, Hasher as _};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use siphasher::sip::SipHasher13;

use super::{FILE_MAX, Fault, Problem};
use crate::core::text;

/// The most to read of all files together, in bytes: all of it is in memory at once.
const TOTAL_MAX: u64 = 256 << 20;

/// The extensions of contact files in a folder.
const KINDS: [&str; 3] = ["vcf", "vcard", "csv"];

/// The state of a set of files: equal as long as no file is added, removed, or changed in size or time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(u64);

/// Reads the contact files in `paths`, in order. A folder stands for its contact files (`.vcf`, `.vcard`,
/// `.csv`, not hidden), sorted by name. Blocks. An unreadable path is reported as a fault; the others
/// are still read.
pub fn load(paths: &[PathBuf]) -> (Vec<(PathBuf, Vec<u8>)>, Vec<Fault>) {
    let (mut files, mut faults) = (Vec::new(), Vec::new());
    let mut left = TOTAL_MAX;
    for path in paths {
        let found = in_folders(path).unwrap_or_else(|error| {
            faults.push(fault(path, unreadable(&error)));
            Vec::new()
        });
        for path in found {
            match read(&path, left) {
                Ok(bytes) => {
                    left -= bytes.len() as u64;
                    files.push((path, bytes));
                }
                Err(problem) => faults.push(fault(&path, problem)),
            }
        }
    }
    (files, faults)
}

/// Returns the state of the contact files in `paths`, by their sizes and times: cheap enough to call every
/// few seconds. An unreadable file also has a state.
pub fn fingerprint(paths: &[PathBuf]) -> Fingerprint {
    let mut hasher = SipHasher13::new();
    for path in paths {
        let found = in_folders(path).unwrap_or_default();
        found.len().hash(&mut hasher);
        for path in found {
            let state = fs::metadata(&path).ok().map(|metadata| (metadata.len(), metadata.modified().ok()));
            (path, state).hash(&mut hasher);
        }
    }
    Fingerprint(hasher.finish())
}

/// Returns `path` itself or, for a folder, the contact files in it.
fn in_folders(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !fs::metadata(path).is_ok_and(|metadata| metadata.is_dir()) {
        return Ok(vec![path.to_owned()]);
    }
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(path)? {
        let file = entry?.path();
        let is_hidden = file.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        let kind = file.extension().unwrap_or_default();
        if !is_hidden && KINDS.iter().any(|known| kind.eq_ignore_ascii_case(known)) {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

fn read(path: &Path, left: u64) -> Result<Vec<u8>, Problem> {
    let check = |metadata: &Metadata| match metadata.len() {
        _ if !metadata.is_file() => Err(Problem::NotAFile),
        size if size > FILE_MAX => Err(Problem::TooLarge),
        size if size > left => Err(Problem::TooMuch { limit: TOTAL_MAX }),
        _ => Ok(()),
    };
    // Check before opening: opening a pipe would block until somebody writes to it.
    check(&fs::metadata(path).map_err(|error| unreadable(&error))?)?;
    let mut bytes = Vec::new();
    let limit = FILE_MAX.min(left);
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    // The file may have grown since the check.
    if bytes.len() as u64 > limit { Err(Problem::TooLarge) } else { Ok(bytes) }
}

fn unreadable(error: &io::Error) -> Problem {
    Problem::Unreadable { reason: text::clean(&error.to_string(), text::MESSAGE_MAX) }
}

fn fault(path: &Path, problem: Problem) -> Fault {
    Fault { file: path.to_owned(), line: None, problem }
}
