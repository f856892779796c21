//! Contacts: names for numbers from the user's contact files, in vCard 2.1, 3 and 4, or CSV with a
//! header row.
//!
//! [`Book::read`] is a pure function of the files' bytes. [`load`] reads the bytes, and
//! [`fingerprint`] cheaply detects changes. The caller chooses the files, and the country of numbers
//! without a country code. Nothing here knows the store or the screen.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::thread;

use crate::core::caller::{self, CallerForms};
use crate::core::{encoding, text};

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
    /// How many numbers belong to contacts without a name.
    nameless: usize,
    /// The first problem, and the line (from 1) where it begins.
    fault: Option<(Option<usize>, Problem)>,
}

/// What one file contains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileCount {
    /// The file.
    pub file: PathBuf,
    /// How many contacts have a name and a usable number.
    pub names: usize,
    /// How many usable numbers these have.
    pub numbers: usize,
    /// How many other numbers there are, by reason.
    pub unusable: BTreeMap<Unusable, usize>,
}

/// Why a number of a contact names no caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Unusable {
    /// Its contact has no name.
    #[error("without a name")]
    Nameless,
    /// It stands for a withheld number, as `unknown` does.
    #[error("that mean a withheld number")]
    Withheld,
    /// A spreadsheet rounded it.
    #[error("rounded by a spreadsheet")]
    Rounded,
    /// It is longer than any number.
    #[error("of more than 15 digits")]
    TooLong,
    /// There is no digit in it.
    #[error("without digits")]
    Empty,
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
    /// A text in a charset that vmail does not know. It was read as Latin letters.
    #[error("unknown charset {name}: export the contacts in UTF-8")]
    Charset {
        /// Its name.
        name: String,
    },
    /// A quoted field of a CSV file that never ends. Its line was read as if it had no quotes.
    #[error("this quote is never closed")]
    Unclosed,
    /// The header row of a CSV file has no column for names.
    #[error("the header row has no column for names (Name, or First Name and Last Name)")]
    NoNames,
    /// The header row of a CSV file has no column for numbers.
    #[error("the header row has no column for numbers (Phone, Mobile, Tel or Number)")]
    NoNumbers,
}

impl Book {
    /// Reads the contact `files`, each with its path and its bytes. `country` (two letters, ISO 3166-1) is
    /// the country of numbers without a country code.
    ///
    /// Skips unreadable parts; the faults report them, one per file. Takes about 20 µs per number, so
    /// run it on a thread of its own. Never panics, whatever the bytes.
    pub fn read(files: &[(PathBuf, Vec<u8>)], country: &str) -> (Book, Vec<Fault>) {
        let (book, faults, _) = Book::read_counted(files, country);
        (book, faults)
    }

    /// Reads contact files like [`Book::read`], and counts what is in each.
    pub fn read_counted(files: &[(PathBuf, Vec<u8>)], country: &str) -> (Book, Vec<Fault>, Vec<FileCount>) {
        let mut people = Vec::new();
        let mut faults = Vec::new();
        let mut counts = Vec::new();
        for (index, (path, bytes)) in files.iter().enumerate() {
            let found = read_file(path, bytes);
            people.extend(found.people.into_iter().map(|person| (index, person)));
            faults.extend(found.fault.map(|(line, problem)| Fault { file: path.clone(), line, problem }));
            let nameless = (found.nameless > 0).then_some((Unusable::Nameless, found.nameless));
            let unusable = nameless.into_iter().collect();
            counts.push(FileCount { file: path.clone(), names: 0, numbers: 0, unusable });
        }
        let mut keys = keys(&people, country).into_iter();
        let mut book = Book::default();
        for (file, Person { name, numbers }) in people {
            let place = book.names.len();
            let (mut is_new, mut usable) = (false, 0);
            for key in keys.by_ref().take(numbers.len()) {
                match key {
                    Ok(key) => {
                        usable += 1;
                        book.places.entry(key).or_insert_with(|| {
                            is_new = true;
                            place
                        });
                    }
                    Err(reason) => *counts[file].unusable.entry(reason).or_default() += 1,
                }
            }
            counts[file].names += usize::from(usable > 0);
            counts[file].numbers += usable;
            if is_new {
                book.names.push(name);
            }
        }
        (book, faults, counts)
    }

    /// Returns the name of a caller: `given`, the one that the user gave in vmail, else that of a contact.
    /// `raw` is the caller as received. A withheld caller has no name, whatever contacts say.
    pub fn name_of<'a>(&'a self, given: Option<&'a str>, forms: &CallerForms, raw: &str) -> Option<&'a str> {
        if forms.display.is_empty() || caller::is_withheld(raw) {
            return None;
        }
        given.or_else(|| self.name(forms.e164.as_deref(), raw))
    }

    /// Returns the name of a caller in the contact files: by `e164` if given, else by `raw`, the caller as
    /// received (such as a short number or a sender's name).
    pub fn name(&self, e164: Option<&str>, raw: &str) -> Option<&str> {
        let place = e164
            .and_then(|number| self.places.get(number))
            .or_else(|| number::as_written(raw).ok().and_then(|key| self.places.get(&key)))?;
        self.names.get(*place).map(String::as_str)
    }

    /// Returns how many numbers have a name in the contact files.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Returns whether no number has a name in the contact files.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

fn read_file(path: &Path, bytes: &[u8]) -> FileContents {
    if bytes.len() as u64 > FILE_MAX {
        return FileContents { fault: Some((None, Problem::TooLarge)), ..FileContents::default() };
    }
    let bytes = encoding::to_utf8(bytes);
    let is_named_vcard = path
        .extension()
        .is_some_and(|kind| ["vcf", "vcard"].iter().any(|known| kind.eq_ignore_ascii_case(known)));
    if bytes.trim_ascii().is_empty() {
        FileContents { fault: Some((None, Problem::Empty)), ..FileContents::default() }
    } else if is_named_vcard || vcard::begins(bytes.trim_ascii_start()) {
        vcard::read(&bytes)
    } else {
        table::read(&bytes)
    }
}

/// Returns the keys of all numbers of all `people`, in order. libphonenumber is slow, so many numbers
/// are split among all processors.
fn keys(people: &[(usize, Person)], country: &str) -> Vec<Result<String, Unusable>> {
    let numbers: Vec<&String> = people.iter().flat_map(|(_, person)| &person.numbers).collect();
    let read = |numbers: &[&String]| -> Vec<Result<String, Unusable>> {
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
        let keys = workers.into_iter().flat_map(|(share, worker)| {
            worker.join().unwrap_or_else(|_| vec![Err(Unusable::Empty); share.len()])
        });
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
