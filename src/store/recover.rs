//! Copies everything readable from a damaged store into a new one.
//!
//! The server's data can be fetched again; the user's changes cannot. The file is read as it is. Any
//! fault in it is expected: unreadable rows are skipped.
//!
//! A scan ends at the first damaged page, so each runs from both ends. Rows between two damaged pages
//! are found through other scans: the identities are in the table, in its indexes, and with each note,
//! tag and time. A row is trusted if its identity, a hash, matches its contents.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::types::FromSql;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::changes::{Key, facts, note, tags};
use super::error::Notice;
use super::file::{self, StoreFile};
use super::records::Record;
use super::sql::loaded;
use super::tables::Tables;
use crate::core::facts::{Facts, Flags};
use crate::core::model::{RecordingName, Sketch, Voicemail, from_millis};
use crate::core::triage::{CallerKey, Given};

/// How long to read at most. Only a million voicemails or a strange file take that long; the user
/// waits meanwhile, but this is rare. Notes, tags and times come first, then other voicemails that the
/// user changed, then the rest; each newest first where the index allows it.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many voicemails to write per transaction; other processes may write in between.
const PIECE: usize = 1_000;

/// Settings for reading a damaged store. `writable_schema` lets SQLite open a truncated file, or one
/// with unreadable tables; nothing is written.
const SETTINGS: &str = "
    PRAGMA writable_schema = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON;";

/// A scan in the order of one tree, and the same scan from the other end. It must not sort: sorting
/// reads every row before it returns the first, so one damaged page would lose all of them.
type Scan = [&'static str; 2];

const ACCOUNTS: Scan =
    ["SELECT id, key FROM account ORDER BY id", "SELECT id, key FROM account ORDER BY id DESC"];

/// Callers by table, and by the index over the number as received.
const CALLERS: [Scan; 2] = [
    ["SELECT id, raw FROM caller ORDER BY id", "SELECT id, raw FROM caller ORDER BY id DESC"],
    ["SELECT id, raw FROM caller ORDER BY raw", "SELECT id, raw FROM caller ORDER BY raw DESC"],
];

const NAMES: Scan = [
    "SELECT caller, name, edited FROM given ORDER BY caller",
    "SELECT caller, name, edited FROM given ORDER BY caller DESC",
];

/// Voicemails with a note, a tag or a time, found even if their own rows are damaged.
const REMARKS: [Scan; 3] = [
    [
        "SELECT account, id FROM note ORDER BY account, id",
        "SELECT account, id FROM note ORDER BY account DESC, id DESC",
    ],
    [
        "SELECT account, id FROM tag ORDER BY account, id",
        "SELECT account, id FROM tag ORDER BY account DESC, id DESC",
    ],
    [
        "SELECT account, id FROM moment ORDER BY account, id",
        "SELECT account, id FROM moment ORDER BY account DESC, id DESC",
    ],
];

/// Voicemails by the list's index, and by table.
const VOICEMAIL: [Scan; 2] = [
    [
        "SELECT account, id, flags, time, caller, length, thumbnail
         FROM voicemail INDEXED BY voicemail_newest ORDER BY account, time DESC, id DESC",
        "SELECT account, id, flags, time, caller, length, thumbnail
         FROM voicemail INDEXED BY voicemail_newest ORDER BY account DESC, time, id",
    ],
    [
        "SELECT account, id, flags FROM voicemail ORDER BY account, id",
        "SELECT account, id, flags FROM voicemail ORDER BY account DESC, id DESC",
    ],
];

/// Copies everything readable from each file that was moved aside into the store of `tables`, and
/// writes the number of voicemails into `notices`.
pub(super) fn bring_back(tables: &mut Tables, notices: &mut [Notice]) {
    for notice in notices {
        if let Notice::MovedAside { to, saved, .. } = notice {
            *saved = from_file(tables, to);
            tracing::info!(saved, "read the damaged store");
        }
    }
}

/// Copies everything readable from the store in `path` into that of `tables`. Returns the number of
/// voicemails.
fn from_file(tables: &mut Tables, path: &Path) -> u64 {
    let end = Instant::now() + PATIENCE;
    let Some(wreck) = Wreck::open(path, end) else { return 0 };
    let mut rescue =
        Rescue { wreck: &wreck, tables, seen: HashSet::new(), pieces: BTreeMap::new(), saved: 0 };
    let done = rescue.run().and_then(|()| {
        // Flush it to the disk, because it cannot be fetched again.
        rescue.tables.connection().query_row("PRAGMA wal_checkpoint", [], |_| Ok(()))
    });
    if let Err(error) = done {
        tracing::warn!(%error, "cannot write recovered voicemails into the new store");
    }
    rescue.saved
}

/// A damaged store.
struct Wreck {
    connection: Connection,
    accounts: HashMap<i64, String>,
    callers: HashMap<i64, String>,
    /// The time to stop reading.
    end: Instant,
}

impl Wreck {
    /// Opens a damaged store. Returns `None` if no account can be read, because no row could then be
    /// assigned to an account.
    fn open(path: &Path, end: Instant) -> Option<Wreck> {
        // Without a log, no file has to be created next to it.
        let immutable = !file::has_log(path);
        [immutable, true].into_iter().filter_map(|immutable| file::read_only(path, immutable)).find_map(
            |connection| {
                StoreFile::leave_log(&connection);
                connection.execute_batch(SETTINGS).ok()?;
                let (accounts, callers) = Default::default();
                let mut wreck = Wreck { connection, accounts, callers, end };
                wreck.accounts = wreck.texts(&[ACCOUNTS]);
                wreck.callers = wreck.texts(&CALLERS);
                (!wreck.accounts.is_empty()).then_some(wreck)
            },
        )
    }

    /// Reads a table of numbers and texts.
    fn texts(&self, scans: &[Scan]) -> HashMap<i64, String> {
        let mut texts = HashMap::new();
        for scan in scans {
            // The closure never breaks; only damage or the time limit ends this early.
            let _ = self.scan(*scan, |row| {
                if let (Ok(number), Ok(text)) = (row.get(0), row.get(1)) {
                    texts.entry(number).or_insert(text);
                }
                ControlFlow::<()>::Continue(())
            });
        }
        texts
    }

    /// Passes every row to `take`, from one end, and after damage also from the other.
    fn scan<B>(&self, scan: Scan, mut take: impl FnMut(&Row<'_>) -> ControlFlow<B>) -> ControlFlow<B> {
        for direction in scan {
            let Ok(mut statement) = self.connection.prepare(direction) else { continue };
            let Ok(mut rows) = statement.query([]) else { continue };
            loop {
                match rows.next() {
                    Ok(Some(row)) if Instant::now() < self.end => take(row)?,
                    Ok(_) => return ControlFlow::Continue(()),
                    Err(_) => break,
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// Reads everything readable about the voicemail `key`. `line` is its entry in the list's index.
    fn record(&self, key: Key, line: Option<&IndexEntry>) -> Option<Record> {
        let (voicemail, flags, sketch) = self.row(key).or_else(|| self.listed(key, line?))?;
        let left = voicemail.time.timestamp_millis();
        // If the time of a flag is lost, use the time of the voicemail: keeping the flag matters more.
        let read = facts(&self.connection, key, flags).unwrap_or_default();
        Some(Record {
            sketch,
            waveform: self.waveform(key).ok().flatten(),
            facts: Facts::new(flags, |fact| read.get(fact).or(Some(left))),
            note: note(&self.connection, key).ok().flatten(),
            tags: tags(&self.connection, key).unwrap_or_default(),
            voicemail,
        })
    }

    /// Reads the voicemail `key` from the table.
    fn row(&self, (account, id): Key) -> Option<(Voicemail, Flags, Sketch)> {
        let found = self
            .connection
            .prepare_cached(
                "SELECT time, caller, recording, flags, length, thumbnail FROM voicemail
                 WHERE account = ?1 AND id = ?2",
            )
            .and_then(|mut statement| {
                statement.query_row([account, id], |row| {
                    let recording = row.get::<_, Option<String>>(2)?.map(RecordingName::new);
                    let sketch = Sketch::from_bits(row.get(4)?, row.get(5)?);
                    Ok((row.get(0)?, row.get::<_, i64>(1)?, recording, Flags(row.get(3)?), sketch))
                })
            });
        let (time, caller, recording, flags, sketch) = found.ok()?;
        let voicemail = Voicemail::new(from_millis(time), self.callers.get(&caller)?, recording);
        (voicemail.id == loaded(id)).then_some((voicemail, flags, sketch))
    }

    /// Reads the voicemail `key` from its two indexes, if they agree and the user changed it. The
    /// indexes do not hold the recording's name; that returns with the next fetch.
    fn listed(&self, (account, id): Key, line: &IndexEntry) -> Option<(Voicemail, Flags, Sketch)> {
        let agreed = self
            .connection
            .prepare_cached(
                "SELECT 1 FROM voicemail INDEXED BY voicemail_of_caller
                 WHERE account = ?1 AND caller = ?2 AND time = ?3 AND id = ?4",
            )
            .and_then(|mut statement| statement.exists(params![account, line.caller, line.time, id]))
            .is_ok_and(|agreed| agreed);
        let caller = self.callers.get(&line.caller).filter(|_| agreed && is_precious(line.flags))?;
        let voicemail = Voicemail {
            id: loaded(id),
            time: from_millis(line.time),
            caller: caller.clone(),
            recording: None,
        };
        Some((voicemail, line.flags, line.sketch))
    }

    fn waveform(&self, (account, id): Key) -> rusqlite::Result<Option<Vec<u8>>> {
        self.connection
            .prepare_cached("SELECT waveform FROM sound WHERE account = ?1 AND id = ?2")?
            .query_row([account, id], |row| row.get(0))
            .optional()
    }
}

/// An entry in the list's index.
struct IndexEntry {
    time: i64,
    caller: i64,
    flags: Flags,
    sketch: Sketch,
}

impl IndexEntry {
    /// Reads an entry. Returns `None` for rows of other scans, and for values that vmail never writes.
    fn of(row: &Row<'_>) -> Option<IndexEntry> {
        Some(IndexEntry {
            flags: Flags(value(row, 2)?),
            time: value(row, 3)?,
            caller: value(row, 4)?,
            sketch: Sketch::from_bits(value(row, 5)?, value(row, 6)?),
        })
    }
}

fn value<T: FromSql>(row: &Row<'_>, column: usize) -> Option<T> {
    row.get(column).ok()
}

/// Returns whether the user changed a voicemail with these flags.
fn is_precious(flags: Flags) -> bool {
    flags.without(Flags::RECORDING) != Flags::NONE
}

/// Copying from one store to another.
struct Rescue<'w, 't> {
    wreck: &'w Wreck,
    tables: &'t mut Tables,
    /// The voicemails read so far.
    seen: HashSet<Key>,
    /// The records not yet written, by the account's number in the wreck.
    pieces: BTreeMap<i64, Vec<Record>>,
    saved: u64,
}

impl Rescue<'_, '_> {
    /// Copies everything. Fails only if the new store fails, never because of damage in the old one.
    fn run(&mut self) -> rusqlite::Result<()> {
        self.names()?;
        for scan in REMARKS {
            self.voicemail(scan, |_| true)?;
        }
        for keep in [is_precious as fn(Flags) -> bool, |_| true] {
            for scan in VOICEMAIL {
                self.voicemail(scan, |row| value(row, 2).is_some_and(|flags| keep(Flags(flags))))?;
            }
        }
        Ok(())
    }

    fn names(&mut self) -> rusqlite::Result<()> {
        let mut names = Vec::new();
        // The closure never breaks; only damage or the time limit ends this early.
        let _ = self.wreck.scan(NAMES, |row| {
            let caller = row.get_ref(0).ok().and_then(|text| CallerKey::from_text(text.as_str().ok()?));
            let given = row.get_ref(1).ok().and_then(|text| Given::new(text.as_str().ok()?, value(row, 2)?));
            names.extend(caller.zip(given));
            ControlFlow::<()>::Continue(())
        });
        self.tables.merge_names(&names).map(drop)
    }

    /// Copies the voicemails of a scan that pass `keep`.
    fn voicemail(&mut self, scan: Scan, keep: impl Fn(&Row<'_>) -> bool) -> rusqlite::Result<()> {
        let wreck = self.wreck;
        let ended = wreck.scan(scan, |row| {
            let key = value(row, 0).zip(value(row, 1)).filter(|key| keep(row) && !self.seen.contains(key));
            let found = key.and_then(|key| Some((key, wreck.record(key, IndexEntry::of(row).as_ref())?)));
            let Some((key, record)) = found else { return ControlFlow::Continue(()) };
            self.seen.insert(key);
            let piece = self.pieces.entry(key.0).or_default();
            piece.push(record);
            let is_full = piece.len() == PIECE;
            match if is_full { self.write() } else { Ok(()) } {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => ControlFlow::Break(error),
            }
        });
        match ended {
            ControlFlow::Break(error) => Err(error),
            ControlFlow::Continue(()) => self.write(),
        }
    }

    /// Writes all pending records.
    fn write(&mut self) -> rusqlite::Result<()> {
        for (account, records) in std::mem::take(&mut self.pieces) {
            let Some(key) = self.wreck.accounts.get(&account) else { continue };
            let account = self.tables.numbered(key)?;
            self.tables.merge_numbered(account, &records)?;
            self.saved += records.len() as u64;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{ACCOUNTS, CALLERS, NAMES, REMARKS, VOICEMAIL};
    use crate::store::migrations::plan_of;

    #[test]
    fn no_scan_sorts_and_each_reads_one_tree() {
        let scans = [&[ACCOUNTS, NAMES][..], &CALLERS, &REMARKS, &VOICEMAIL].concat();
        let mut trees = Vec::new();
        for scan in scans {
            let [there, back] = scan.map(plan_of);
            assert_eq!(there.len(), 1, "{there:?}");
            assert_eq!(there, back);
            trees.extend(there);
        }
        let whole = trees.len();
        trees.sort_unstable();
        trees.dedup();
        assert_eq!(trees.len(), whole, "{trees:?}");
    }
}
