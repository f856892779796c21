//! Contacts: names for numbers from the user's contact files, in vCard 2.1, 3 and 4, or CSV with a
//! header row.
//!
//! [`Book::read`] is a pure function of the files' bytes. [`load`] reads the bytes, and
//! [`fingerprint`] cheaply detects changes. The caller chooses the files, and the country of numbers
//! without a country code. Nothing here knows the store or the screen.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::thread;

use crate::core::text;

mod charset;
mod files;
mod number;
mod table;
mod vcard;

pub use files::{Fingerprint, fingerprint, load};

/// The largest file to read, in bytes; fifty thousand contacts without photos are about 20 MB.
pub const FILE_MAX: u64 = 64 << 20;

/// The longest name, in characters; longer ones are cut.
const NAME_MAX: usize = 80;

/// From this many numbers on, use several threads.
const SHARE_FROM: usize = 1_000;

/// The contact files, and how to read the numbers in them.
#[derive(Clone, Debug, Default)]
pub struct ContactFiles {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// The default country for numbers without a country code: two letters, ISO 3166-1.
    pub country: String,
}

/// Names by number. The first of several names for one number wins: files in their given order, and
/// contacts in the order of their file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    names: Vec<String>,
    /// Index into `names` by [`number::key`].
    places: HashMap<String, usize>,
}

/// A contact: its name, made safe to show, and its numbers as written in the file.
struct Person {
    name: String,
    numbers: Vec<String>,
}

/// The contents of one file.
#[derive(Default)]
struct FileContents {
    people: Vec<Person>,
    /// The first problem, and the line (from 1) where it begins.
    fault: Option<(Option<usize>, Problem)>,
}

/// A problem in a contact file: at most one per file, in one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {problem}", place(file, *line))]
pub struct Fault {
    /// The file or folder.
    pub file: PathBuf,
    /// The line where it begins, from 1, if there is one.
    pub line: Option<usize>,
    /// The problem.
    pub problem: Problem,
}

/// The kinds of problems.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The system could not read it.
    #[error("cannot be read: {reason}")]
    Unreadable {
        /// The system's reason.
        reason: String,
    },
    /// A device, a pipe or a socket.
    #[error("not a file or a folder")]
    NotAFile,
    /// More than [`FILE_MAX`].
    #[error("skipped: larger than {} MiB; export it without photos", FILE_MAX >> 20)]
    TooLarge,
    /// More than the limit for all files together.
    #[error("skipped: all contact files together are larger than {} MiB", limit >> 20)]
    TooMuch {
        /// The limit, in bytes.
        limit: u64,
    },
    /// No cards or rows.
    #[error("contains no contacts")]
    Empty,
    /// A vCard without `END:VCARD`. It was read as far as possible.
    #[error("this contact has no END:VCARD: is the file truncated?")]
    Unfinished,
    /// The header row of a CSV file has no column for names.
    #[error("the header row has no column for names (Name, or First Name and Last Name)")]
    NoNames,
    /// The header row of a CSV file has no column for numbers.
    #[error("the header row has no column for numbers (Phone, Mobile, Tel or Number)")]
    NoNumbers,
}

impl Book {
    /// Reads `files`, each with its path and its bytes. `country` (two letters, ISO 3166-1) is the
    /// country of numbers without a country code.
    ///
    /// Skips unreadable parts; the faults report them, one per file. Takes about 20 µs per number, so
    /// run it on a thread of its own. Never panics, whatever the bytes.
    pub fn read(files: &[(PathBuf, Vec<u8>)], country: &str) -> (Book, Vec<Fault>) {
        let mut people = Vec::new();
        let mut faults = Vec::new();
        for (path, bytes) in files {
            let found = read_file(path, bytes);
            people.extend(found.people);
            faults.extend(found.fault.map(|(line, problem)| Fault { file: path.clone(), line, problem }));
        }
        let keys = keys(&people, country);
        let mut book = Book::default();
        let mut keys = keys.into_iter();
        for Person { name, numbers } in people {
            let place = book.names.len();
            let mut is_new = false;
            for key in keys.by_ref().take(numbers.len()).flatten() {
                book.places.entry(key).or_insert_with(|| {
                    is_new = true;
                    place
                });
            }
            if is_new {
                book.names.push(name);
            }
        }
        (book, faults)
    }

    /// Returns the name of a caller: by `e164` if given, else by `raw`, the caller as received (such as a
    /// short number or a sender's name).
    pub fn name(&self, e164: Option<&str>, raw: &str) -> Option<&str> {
        let place = e164
            .and_then(|number| self.places.get(number))
            .or_else(|| number::as_written(raw).and_then(|key| self.places.get(&key)))?;
        self.names.get(*place).map(String::as_str)
    }

    /// Returns how many numbers have a name.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Returns whether no number has a name.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

fn read_file(path: &Path, bytes: &[u8]) -> FileContents {
    if bytes.len() as u64 > FILE_MAX {
        return FileContents { people: Vec::new(), fault: Some((None, Problem::TooLarge)) };
    }
    let bytes = charset::without_bom(bytes);
    let is_named_vcard = path
        .extension()
        .is_some_and(|kind| ["vcf", "vcard"].iter().any(|known| kind.eq_ignore_ascii_case(known)));
    if bytes.trim_ascii().is_empty() {
        FileContents { people: Vec::new(), fault: Some((None, Problem::Empty)) }
    } else if is_named_vcard || vcard::begins(bytes.trim_ascii_start()) {
        vcard::read(&bytes)
    } else {
        table::read(&bytes)
    }
}

/// Returns the keys of all numbers of all `people`, in order. libphonenumber is slow, so many numbers
/// are split among all processors.
fn keys(people: &[Person], country: &str) -> Vec<Option<String>> {
    let numbers: Vec<&String> = people.iter().flat_map(|person| &person.numbers).collect();
    let read = |numbers: &[&String]| -> Vec<Option<String>> {
        numbers.iter().map(|written| number::key(written, country)).collect()
    };
    if numbers.len() < SHARE_FROM {
        return read(&numbers);
    }
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let shares = numbers.chunks(numbers.len().div_ceil(threads));
        let workers: Vec<_> = shares.map(|share| (share, scope.spawn(move || read(share)))).collect();
        // If a thread panics, only its own numbers stay without names.
        let keys = workers
            .into_iter()
            .flat_map(|(share, worker)| worker.join().unwrap_or_else(|_| vec![None; share.len()]));
        keys.collect()
    })
}

/// Returns the first of `names` that is not empty after it was made safe to show.
fn first_name<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    names.into_iter().map(|name| text::clean(name, NAME_MAX)).find(|name| !name.is_empty())
}

fn place(file: &Path, line: Option<usize>) -> String {
    let file = text::clean(&file.to_string_lossy(), text::NAME_MAX);
    line.map_or(file.clone(), |line| format!("{file}:{line}"))
}
