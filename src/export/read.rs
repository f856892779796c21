//! Reading an export into a store.

use std::io::{self, BufRead, Read as _};

use super::line::{Header, Line, VERSION};
use crate::model::AccountKey;
use crate::store::{AccountId, Record, Store, StoreError};
use crate::text;
use crate::triage::{CallerKey, Given};

/// How many lines are brought in together: all or none. Identities lie anywhere in the store's
/// tables, so a batch touches nearly all of their pages, and the fewer batches, the less is written.
const BATCH: usize = 20_000;

/// As long as lines are as short as an export's, in bytes. Longer ones are brought in earlier.
const BATCH_BYTES: usize = 32 << 20;

/// The longest line that is read, in bytes: the longest note and a waveform fit many times over.
const LINE_MAX: u64 = 1 << 20;

/// Whose lines are brought in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Those of the account alone; a file of another one is refused.
    Own,
    /// Those of whichever account the file is of.
    Anyones,
}

/// What was brought in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Voicemail that were not there before.
    pub added: u64,
    /// Voicemail that were there and have something now that they did not have.
    pub changed: u64,
    /// Names that were not there before, or were others.
    pub names: u64,
    /// Lines that were left out.
    pub bad: u64,
}

/// A line that was left out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct Bad {
    /// Its number, from 1.
    pub line: u64,
    /// What is wrong with it, safe to show.
    pub reason: String,
}

/// Why no more was brought in. What was before the fault may have been.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The first line is none of an export. Nothing was brought in.
    #[error("this is no export of vmail: its first line does not say so ({0})")]
    NotAnExport(String),
    /// A newer program wrote it. Nothing was brought in.
    #[error("this export was written by a newer vmail (its version is {found}, this one knows {VERSION})")]
    Newer {
        /// Its version.
        found: u32,
    },
    /// It is another account's.
    #[error("this export is of account {found}, not of {wanted}")]
    OtherAccount {
        /// Whose it is.
        found: String,
        /// Whose voicemail were to come in.
        wanted: String,
    },
    /// It could not be read.
    #[error("the export cannot be read: {0}")]
    Read(#[from] io::Error),
    /// The store could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Brings the lines of `input` into account `key` by the rules in [`crate::export`], some thousands
/// at a time. A line that is no good is left out and told to `tell`; the others come in.
pub fn import(
    store: &mut Store,
    key: &AccountKey,
    whose: Whose,
    mut input: impl BufRead,
    mut tell: impl FnMut(Bad),
) -> Result<Imported, ImportError> {
    let account = store.account(key)?;
    let mut batch = Batch::default();
    let mut imported = Imported::default();
    let mut begun = false;
    let mut bytes = Vec::new();
    for line in 1.. {
        if !read_line(&mut input, &mut bytes)? {
            break;
        }
        if bytes.trim_ascii().is_empty() {
            continue;
        }
        let parsed = parse(&bytes);
        match parsed {
            Ok(Line::Vmail(header)) => {
                check(&header, key, whose)?;
                begun = true;
                continue;
            }
            Err(reason) if !begun => return Err(ImportError::NotAnExport(reason)),
            Ok(_) if !begun => return Err(ImportError::NotAnExport("it is another line".to_owned())),
            _ => {}
        }
        if let Err(reason) = parsed.and_then(|line| batch.take(line, bytes.len())) {
            imported.bad += 1;
            tell(Bad { line, reason });
        }
        if batch.is_full() {
            batch.bring_in(store, account, &mut imported)?;
        }
    }
    if !begun {
        return Err(ImportError::NotAnExport("it is empty".to_owned()));
    }
    batch.bring_in(store, account, &mut imported)?;
    Ok(imported)
}

/// What comes in together.
#[derive(Default)]
struct Batch {
    records: Vec<Record>,
    names: Vec<(CallerKey, Given)>,
    /// How long the lines were that all this is from.
    bytes: usize,
}

impl Batch {
    fn is_full(&self) -> bool {
        self.records.len() + self.names.len() >= BATCH || self.bytes >= BATCH_BYTES
    }

    /// Takes in what a line of so many `bytes` says.
    fn take(&mut self, line: Line, bytes: usize) -> Result<(), String> {
        match line {
            Line::Voicemail(line) => self.records.push(line.check()?),
            Line::Name(line) => self.names.push(line.check()?),
            Line::Vmail(_) => {}
        }
        self.bytes += bytes;
        Ok(())
    }

    fn bring_in(
        &mut self,
        store: &mut Store,
        account: AccountId,
        imported: &mut Imported,
    ) -> Result<(), StoreError> {
        if !self.names.is_empty() {
            imported.names += store.merge_names(&self.names)? as u64;
            self.names.clear();
        }
        if !self.records.is_empty() {
            let merged = store.merge(account, &self.records)?;
            imported.added += merged.added;
            imported.changed += merged.changed;
            self.records.clear();
        }
        self.bytes = 0;
        Ok(())
    }
}

fn check(header: &Header, key: &AccountKey, whose: Whose) -> Result<(), ImportError> {
    if header.version > VERSION {
        return Err(ImportError::Newer { found: header.version });
    }
    if whose == Whose::Own && header.account != key.as_str() {
        let found = text::clean(&header.account, text::MESSAGE_MAX);
        return Err(ImportError::OtherAccount { found, wanted: key.as_str().to_owned() });
    }
    Ok(())
}

/// Reads the next line into `bytes`; of one that is too long only the beginning, which is no JSON
/// then. `false` at the end.
fn read_line(input: &mut impl BufRead, bytes: &mut Vec<u8>) -> io::Result<bool> {
    bytes.clear();
    input.take(LINE_MAX).read_until(b'\n', bytes)?;
    if bytes.len() as u64 == LINE_MAX && !bytes.ends_with(b"\n") {
        input.skip_until(b'\n')?;
    }
    Ok(!bytes.is_empty())
}

fn parse(bytes: &[u8]) -> Result<Line, String> {
    if bytes.len() as u64 >= LINE_MAX {
        return Err(format!("it is longer than {} MiB", LINE_MAX >> 20));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let text = error.to_string();
        // Its own number of the line is always 1.
        let what =
            text.rsplit_once(" at line 1 column ").map(|(what, column)| format!("{what} (column {column})"));
        text::clean(&what.unwrap_or(text), text::MESSAGE_MAX)
    })
}
