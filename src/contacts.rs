//! Names for numbers, from the user's contact files: vCard 2.1, 3 and 4, and CSV with a header row.
//!
//! [`Book::read`] is a pure function of the files' bytes; [`load`] gets those and [`fingerprint`]
//! tells cheaply when to do it again. Which files, and the country of numbers without a code, are
//! the caller's business. No store and no screen here.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::thread;

use crate::text;

mod charset;
mod files;
mod number;
mod table;
mod vcard;

pub use files::{Fingerprint, fingerprint, load};

/// The largest file that is read, in bytes: fifty thousand contacts without photos are about 20 MB.
pub const FILE_MAX: u64 = 64 << 20;

/// The longest name that is kept, in characters.
const NAME_MAX: usize = 80;

/// From so many numbers on it pays to read them on more threads than one.
const SHARE_FROM: usize = 1_000;

/// Names by number. Of two names for one number the first counts: in the order of the files, and
/// within a file from its top.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    names: Vec<String>,
    /// The place in `names` by [`number::key`].
    places: HashMap<String, usize>,
}

/// A contact as a file has it: a clean name and its numbers as written.
struct Person {
    name: String,
    numbers: Vec<String>,
}

/// What was found in one file.
#[derive(Default)]
struct Found {
    people: Vec<Person>,
    /// The first thing wrong with it, and the line (from 1) where that begins.
    fault: Option<(Option<usize>, Problem)>,
}

/// What is wrong with a contact file: at most one a file, in one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {problem}", place(file, *line))]
pub struct Fault {
    /// The file or folder.
    pub file: PathBuf,
    /// The line where it begins, from 1, where there is one.
    pub line: Option<usize>,
    /// What it is.
    pub problem: Problem,
}

/// The ways in which a contact file can be wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The system did not give its bytes.
    #[error("cannot be read: {reason}")]
    Unreadable {
        /// The system's reason.
        reason: String,
    },
    /// A device, a pipe, a socket.
    #[error("is neither a file nor a folder")]
    NotAFile,
    /// More than [`FILE_MAX`].
    #[error("is larger than {} MiB and was not read: export it without photos", FILE_MAX >> 20)]
    TooLarge,
    /// More than is read of all files together.
    #[error("was not read: the contact files are larger than {} MiB together", limit >> 20)]
    TooMuch {
        /// The most that is read, in bytes.
        limit: u64,
    },
    /// Neither a card nor a row.
    #[error("holds no contacts")]
    Empty,
    /// A vCard without its `END:VCARD`. It was read as far as it goes.
    #[error("this contact has no END:VCARD: is the file cut off?")]
    Unfinished,
    /// The header row of a CSV file names no column that holds a name.
    #[error("its first row has no column for names (Name, or First Name and Last Name)")]
    NoNames,
    /// The header row of a CSV file names no column that holds a number.
    #[error("its first row has no column for numbers (Phone, Mobile, Tel or Number)")]
    NoNumbers,
}

impl Book {
    /// Reads `files`, each with its path and its bytes. `country` (two letters, ISO 3166-1) is where
    /// a number without a country code is from.
    ///
    /// What cannot be read is left out; the faults say so, one a file. Takes about 20 µs a number,
    /// so it belongs on a thread of its own. Never panics, whatever the bytes.
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

    /// The name for a caller: by `e164` if it has one, else by `raw`, the caller as received (a short
    /// number, a sender's name).
    pub fn name(&self, e164: Option<&str>, raw: &str) -> Option<&str> {
        let place = e164
            .and_then(|number| self.places.get(number))
            .or_else(|| number::as_written(raw).and_then(|key| self.places.get(&key)))?;
        self.names.get(*place).map(String::as_str)
    }

    /// How many numbers have a name.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether no number has a name.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

fn read_file(path: &Path, bytes: &[u8]) -> Found {
    if bytes.len() as u64 > FILE_MAX {
        return Found { people: Vec::new(), fault: Some((None, Problem::TooLarge)) };
    }
    let bytes = charset::without_bom(bytes);
    let is_named_vcard = path
        .extension()
        .is_some_and(|kind| ["vcf", "vcard"].iter().any(|known| kind.eq_ignore_ascii_case(known)));
    if bytes.trim_ascii().is_empty() {
        Found { people: Vec::new(), fault: Some((None, Problem::Empty)) }
    } else if is_named_vcard || vcard::begins(bytes.trim_ascii_start()) {
        vcard::read(&bytes)
    } else {
        table::read(&bytes)
    }
}

/// The keys of all numbers of all `people`, in order. libphonenumber takes its time, so the numbers
/// of many are shared out among as many threads as the machine runs at once.
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
        // A thread that panicked leaves its numbers without names, and everyone else theirs.
        let keys = workers
            .into_iter()
            .flat_map(|(share, worker)| worker.join().unwrap_or_else(|_| vec![None; share.len()]));
        keys.collect()
    })
}

/// The first of `names` that is not empty once it is safe to show.
fn first_name<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    names.into_iter().map(|name| text::clean(name, NAME_MAX)).find(|name| !name.is_empty())
}

fn place(file: &Path, line: Option<usize>) -> String {
    let file = text::clean(&file.to_string_lossy(), text::NAME_MAX);
    line.map_or(file.clone(), |line| format!("{file}:{line}"))
}
