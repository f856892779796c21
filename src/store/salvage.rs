//! What can still be read of a damaged store, brought into the new one.
//!
//! What the server said can be fetched again; what the user did cannot. The file is read as it
//! lies, and nothing that is wrong with it is an error here: what cannot be read is left out.
//!
//! A scan ends at the first damaged page, so each is made from both ends. What lies between two
//! damaged pages is found by other scans that name it: identities are in the table, in its index
//! and beside each note, tag and time. A voicemail is believed when its identity, a hash, is that
//! of what was read.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::types::FromSql;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::file::{self, StoreFile};
use super::records::Record;
use super::tables::{Tables, loaded};
use super::triage::{CALLED, Column, DONE, Key, note, tags, time};
use super::trouble::Notice;
use crate::model::{Flags, RecordingName, Sketch, Voicemail, from_millis};
use crate::triage::{CallerKey, Given};

/// When no more is read: only a million voicemail or a strange file take that long. The user waits
/// meanwhile, but this is rare. What the user wrote comes first, then what was done, newest first.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many voicemail are brought in at a time: other processes may come in between.
const PIECE: usize = 1_000;

/// How the damaged store is read. `writable_schema` lets SQLite read a file that was cut short, or
/// some of whose tables cannot be read; nothing is written.
const SETTINGS: &str = "
    PRAGMA writable_schema = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON;";

/// A scan in the order of one tree, and the same from its other end. None may sort: that would
/// read everything before the first row, and so nothing at all.
type Scan = [&'static str; 2];

const ACCOUNTS: Scan =
    ["SELECT id, key FROM account ORDER BY id", "SELECT id, key FROM account ORDER BY id DESC"];

/// The table, and the index of what came.
const CALLERS: [Scan; 2] = [
    ["SELECT id, raw FROM caller ORDER BY id", "SELECT id, raw FROM caller ORDER BY id DESC"],
    ["SELECT id, raw FROM caller ORDER BY raw", "SELECT id, raw FROM caller ORDER BY raw DESC"],
];

const NAMES: Scan = [
    "SELECT caller, name, edited FROM given ORDER BY caller",
    "SELECT caller, name, edited FROM given ORDER BY caller DESC",
];

/// What the user wrote, whatever became of the voicemail themselves.
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

/// The index that the list is read from, and the table.
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

/// Brings what can be read of each file that was moved aside into the store of `tables`, and
/// notes in `notices` how much that was.
pub(super) fn bring_back(tables: &mut Tables, notices: &mut [Notice]) {
    for notice in notices {
        if let Notice::MovedAside { to, saved, .. } = notice {
            *saved = from_file(tables, to);
            tracing::info!(saved, "the damaged store was read");
        }
    }
}

/// Brings what can be read of the store in `path` into that of `tables`; how many voicemail.
fn from_file(tables: &mut Tables, path: &Path) -> u64 {
    let end = Instant::now() + PATIENCE;
    let Some(wreck) = Wreck::open(path, end) else { return 0 };
    let mut rescue =
        Rescue { wreck: &wreck, tables, seen: HashSet::new(), pieces: BTreeMap::new(), saved: 0 };
    let done = rescue.run().and_then(|()| {
        // As far as the disk, since it cannot be fetched again.
        rescue.tables.connection().query_row("PRAGMA wal_checkpoint", [], |_| Ok(()))
    });
    if let Err(error) = done {
        tracing::warn!(%error, "the new store does not take what was read of the old one");
    }
    rescue.saved
}

/// A damaged store.
struct Wreck {
    connection: Connection,
    accounts: HashMap<i64, String>,
    callers: HashMap<i64, String>,
    /// When to stop reading.
    end: Instant,
}

impl Wreck {
    /// `None` when no account can be read, so nothing could be told whose it is.
    fn open(path: &Path, end: Instant) -> Option<Wreck> {
        // Without a log nothing has to be made beside it.
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

    /// Numbers and their texts.
    fn texts(&self, scans: &[Scan]) -> HashMap<i64, String> {
        let mut texts = HashMap::new();
        for scan in scans {
            // Nothing breaks this off but damage.
            let _ = self.scan(*scan, |row| {
                if let (Ok(number), Ok(text)) = (row.get(0), row.get(1)) {
                    texts.entry(number).or_insert(text);
                }
                ControlFlow::<()>::Continue(())
            });
        }
        texts
    }

    /// Hands every row to `take`: from one end, and if damage stops that, from the other one too.
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

    /// Everything that can be read about the voicemail `key`. `line` is what its index says.
    fn record(&self, key: Key, line: Option<&Line>) -> Option<Record> {
        let (voicemail, flags, sketch) = self.row(key).or_else(|| self.listed(key, line?))?;
        let left = voicemail.time.timestamp_millis();
        // That it was done is worth more than when: not before it was left.
        let moment = |flag, column: Column| {
            let read = || time(&self.connection, key, column).ok().flatten().unwrap_or(left);
            flags.contains(flag).then(read)
        };
        Some(Record {
            sketch,
            waveform: self.waveform(key).ok().flatten(),
            read: flags.contains(Flags::READ),
            starred: flags.contains(Flags::STARRED),
            done: moment(Flags::DONE, DONE),
            called: moment(Flags::CALLED, CALLED),
            note: note(&self.connection, key).ok().flatten(),
            tags: tags(&self.connection, key).unwrap_or_default(),
            voicemail,
        })
    }

    /// The voicemail `key` as the table has it.
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

    /// The voicemail `key` as its two indexes have it, if they agree and the user did something
    /// with it. They do not hold the recording's name: that comes when it is fetched again.
    fn listed(&self, (account, id): Key, line: &Line) -> Option<(Voicemail, Flags, Sketch)> {
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

/// What the list's index says of a voicemail.
struct Line {
    time: i64,
    caller: i64,
    flags: Flags,
    sketch: Sketch,
}

impl Line {
    /// `None` for rows of another scan, and for values that no vmail wrote.
    fn of(row: &Row<'_>) -> Option<Line> {
        Some(Line {
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

/// Whether the user did something with it.
fn is_precious(flags: Flags) -> bool {
    flags.without(Flags::RECORDING) != Flags::NONE
}

/// The work of bringing a store over to another.
struct Rescue<'w, 't> {
    wreck: &'w Wreck,
    tables: &'t mut Tables,
    /// What was read.
    seen: HashSet<Key>,
    /// What waits to be written, by the account's number in the wreck.
    pieces: BTreeMap<i64, Vec<Record>>,
    saved: u64,
}

impl Rescue<'_, '_> {
    /// Fails when the new store does: whatever the old one is like.
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
        // Nothing breaks this off but damage.
        let _ = self.wreck.scan(NAMES, |row| {
            let caller = row.get_ref(0).ok().and_then(|text| CallerKey::from_text(text.as_str().ok()?));
            let given = row.get_ref(1).ok().and_then(|text| Given::new(text.as_str().ok()?, value(row, 2)?));
            names.extend(caller.zip(given));
            ControlFlow::<()>::Continue(())
        });
        self.tables.merge_names(&names).map(drop)
    }

    /// Brings the voicemail over that a scan names, in as far as it is to be kept.
    fn voicemail(&mut self, scan: Scan, keep: impl Fn(&Row<'_>) -> bool) -> rusqlite::Result<()> {
        let wreck = self.wreck;
        let ended = wreck.scan(scan, |row| {
            let key = value(row, 0).zip(value(row, 1)).filter(|key| keep(row) && !self.seen.contains(key));
            let found = key.and_then(|key| Some((key, wreck.record(key, Line::of(row).as_ref())?)));
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

    /// Writes what waits.
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
