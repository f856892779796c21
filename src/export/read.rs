//! Imports an export into a store.

use std::io::{self, BufRead};

use super::decode;
use crate::core::model::AccountKey;
use crate::core::text;
use crate::core::triage::{CallerKey, Given};
use crate::store::line::{self, ExportLine, Header, VERSION};
use crate::store::{AccountId, Record, Store, StoreError};

/// The number of lines per transaction. IDs are spread over all pages of the store's tables, so each
/// batch touches nearly all pages: fewer batches write less.
const BATCH: usize = 20_000;

/// The size of a batch, in bytes. Batches of unusually long lines are smaller.
const BATCH_BYTES: usize = 32 << 20;

/// Which exports to accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Those of the account; others are rejected.
    Own,
    /// Those of any account.
    Anyones,
}

/// What an import changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// New voicemails.
    pub added: u64,
    /// Existing voicemails that were changed.
    pub changed: u64,
    /// New or changed names.
    pub names: u64,
    /// Skipped lines.
    pub bad: u64,
}

/// A skipped line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct Bad {
    /// The line number, from 1.
    pub line: u64,
    /// What is wrong with it, safe to display.
    pub reason: String,
}

/// Why an import was aborted. Earlier batches may have been imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The first line is not the header of an export. Nothing was imported.
    #[error("not a vmail export: the first line is not a header ({0})")]
    NotAnExport(String),
    /// It was written by a newer version. Nothing was imported.
    #[error("the export was written by a newer vmail (format {found}, supported up to {VERSION})")]
    Newer {
        /// The format version of the export.
        found: u32,
    },
    /// It belongs to another account.
    #[error("the export belongs to account {found}, not to {wanted}")]
    OtherAccount {
        /// The account of the export.
        found: String,
        /// The account to import into.
        wanted: String,
    },
    /// It cannot be read.
    #[error("cannot read the export: {0}")]
    Read(#[from] io::Error),
    /// The store cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Imports the lines of `input`, in UTF-8 or UTF-16, into account `key` by the rules in [`crate::export`], in batches. An
/// invalid line is skipped and passed to `tell`.
pub fn import(
    store: &mut Store,
    key: &AccountKey,
    whose: Whose,
    input: impl BufRead,
    mut tell: impl FnMut(Bad),
) -> Result<Imported, ImportError> {
    let mut input = decode::utf8(input)?;
    let account = store.account(key)?;
    let mut batch = Batch::default();
    let mut imported = Imported::default();
    let mut begun = false;
    let mut bytes = Vec::new();
    for number in 1.. {
        if !line::read(&mut input, &mut bytes)? {
            break;
        }
        if bytes.trim_ascii().is_empty() {
            continue;
        }
        let parsed = ExportLine::parse(&bytes);
        match parsed {
            Ok(ExportLine::Vmail(header)) => {
                check(&header, key, whose)?;
                begun = true;
                continue;
            }
            Err(reason) if !begun => return Err(ImportError::NotAnExport(reason)),
            Ok(_) if !begun => return Err(ImportError::NotAnExport("it has another type".to_owned())),
            _ => {}
        }
        if let Err(reason) = parsed.and_then(|line| batch.take(line, bytes.len())) {
            imported.bad += 1;
            tell(Bad { line: number, reason });
        }
        if batch.is_full() {
            batch.bring_in(store, account, &mut imported)?;
        }
    }
    if !begun {
        return Err(ImportError::NotAnExport("the file is empty".to_owned()));
    }
    batch.bring_in(store, account, &mut imported)?;
    Ok(imported)
}

/// Lines to import in one transaction.
#[derive(Default)]
struct Batch {
    records: Vec<Record>,
    names: Vec<(CallerKey, Given)>,
    /// The total length of the lines.
    bytes: usize,
}

impl Batch {
    fn is_full(&self) -> bool {
        self.records.len() + self.names.len() >= BATCH || self.bytes >= BATCH_BYTES
    }

    /// Adds a line of `bytes` bytes.
    fn take(&mut self, line: ExportLine, bytes: usize) -> Result<(), String> {
        match line {
            ExportLine::Voicemail(line) => self.records.push(line.check()?),
            ExportLine::Name(line) => self.names.push(line.check()?),
            ExportLine::Vmail(_) => {}
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
