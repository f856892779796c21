//! Writing an export.

use std::io::{self, Write};

use super::line::{Header, Line, NameLine, VERSION, VoicemailLine};
use crate::model::AccountKey;
use crate::store::{Store, StoreError};

/// How many voicemail are read at a time.
const PIECE: usize = 1_000;

/// Why an export was not written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It could not be written where it should go.
    #[error("the export cannot be written")]
    Write(#[from] io::Error),
}

/// Writes everything of account `key` to `out`, and says how many voicemail that were.
pub fn export(store: &mut Store, key: &AccountKey, out: &mut impl Write) -> Result<u64, ExportError> {
    let account = store.account(key)?;
    write(out, &Line::Vmail(Header { version: VERSION, account: key.as_str().to_owned() }))?;
    for (caller, given) in store.names()? {
        write(out, &Line::Name(NameLine::new(&caller, &given)))?;
    }
    let (mut count, mut after) = (0, None);
    loop {
        let records = store.records(account, after, PIECE)?;
        let Some(last) = records.last() else { break };
        after = Some((last.voicemail.time.timestamp_millis(), last.voicemail.id));
        count += records.len() as u64;
        for record in records {
            write(out, &Line::Voicemail(VoicemailLine::new(record)))?;
        }
    }
    out.flush()?;
    Ok(count)
}

fn write(out: &mut impl Write, line: &Line) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}
