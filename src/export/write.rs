//! Exports an account from the store.

use std::io::{self, Write};

use crate::core::model::AccountKey;
use crate::store::line::{ExportLine, Header, NameLine, VoicemailLine};
use crate::store::{Store, StoreError};

/// The number of voicemails to read at a time.
const PIECE: usize = 1_000;

/// Why an export failed.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The output cannot be written.
    #[error("cannot write the export")]
    Write(#[from] io::Error),
}

/// Exports all data of account `key` to `out` and returns the number of voicemails.
pub fn export(store: &mut Store, key: &AccountKey, out: &mut impl Write) -> Result<u64, ExportError> {
    let account = store.account(key)?;
    Header::of(key.as_str()).write(out)?;
    for (caller, given) in store.names()? {
        ExportLine::Name(NameLine::new(&caller, &given)).write(out)?;
    }
    let (mut count, mut after) = (0, None);
    loop {
        let records = store.records(account, after, PIECE)?;
        let Some(last) = records.last() else { break };
        after = Some((last.voicemail.time.timestamp_millis(), last.voicemail.id));
        count += records.len() as u64;
        for record in records {
            ExportLine::Voicemail(VoicemailLine::new(record)).write(out)?;
        }
    }
    out.flush()?;
    Ok(count)
}
