//! Migrations of the store's tables. Append only: a released step never changes.
//!
//! The server's part of a voicemail is written once and never again, so the user's part can be in
//! the same row: `flags` is in the table, and in the index that serves the list.

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};

/// One step from a version to the next.
struct Migration {
    /// The purpose of the step, in one sentence.
    why: &'static str,
    sql: &'static str,
}

/// The step at index `n` leads from version `n` to `n + 1`.
const MIGRATIONS: &[Migration] = &[SERVER, LISTENING, TRIAGE, WITHHELD, STEPS];

const SERVER: Migration = Migration {
    why: "Store the server's data: accounts, callers, voicemails and the coverage.",
    // `voicemail.id` is the identity with its top bit flipped, so that SQLite's signed order is
    // the unsigned order of `VoicemailId`. The list is read from `voicemail_newest` alone.
    sql: "
        CREATE TABLE account (
            id INTEGER PRIMARY KEY,
            key TEXT NOT NULL UNIQUE
        ) STRICT;

        CREATE TABLE caller (
            id INTEGER PRIMARY KEY,
            raw TEXT NOT NULL UNIQUE,
            display TEXT NOT NULL,
            e164 TEXT,
            country TEXT
        ) STRICT;
        CREATE INDEX caller_e164 ON caller (e164) WHERE e164 IS NOT NULL;

        CREATE TABLE voicemail (
            account INTEGER NOT NULL REFERENCES account,
            id INTEGER NOT NULL,
            time INTEGER NOT NULL,
            caller INTEGER NOT NULL REFERENCES caller,
            recording TEXT,
            PRIMARY KEY (account, id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX voicemail_newest ON voicemail (account, time DESC, id DESC, caller);
        CREATE INDEX voicemail_of_caller ON voicemail (account, caller, time DESC, id DESC);

        CREATE TABLE coverage (
            account INTEGER NOT NULL REFERENCES account,
            start INTEGER NOT NULL,
            until INTEGER NOT NULL CHECK (until > start),
            PRIMARY KEY (account, start)
        ) STRICT, WITHOUT ROWID;

        -- The country used to format callers. Callers from `next` on may still be formatted for
        -- an earlier one; NULL when none is.
        CREATE TABLE formatting (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            country TEXT NOT NULL,
            next INTEGER
        ) STRICT;
    ",
};

const LISTENING: Migration = Migration {
    why: "Store read flags, waveforms and choices made on the screen.",
    // 64 is `Flags::RECORDING`. `length` is in milliseconds, 0 while unknown.
    sql: "
        ALTER TABLE voicemail ADD COLUMN flags INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE voicemail ADD COLUMN length INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE voicemail ADD COLUMN thumbnail INTEGER NOT NULL DEFAULT 0;
        UPDATE voicemail SET flags = 64 WHERE recording IS NOT NULL;
        DROP INDEX voicemail_newest;
        CREATE INDEX voicemail_newest
            ON voicemail (account, time DESC, id DESC, caller, flags, length, thumbnail);

        CREATE TABLE sound (
            account INTEGER NOT NULL,
            id INTEGER NOT NULL,
            waveform BLOB NOT NULL,
            PRIMARY KEY (account, id),
            FOREIGN KEY (account, id) REFERENCES voicemail
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE choice (
            name TEXT PRIMARY KEY,
            value TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
    ",
};

const TRIAGE: Migration = Migration {
    why: "Store the user's notes, tags, times and names, and a log of changes for other processes.",
    // `moment`, `note` and `tag` have rows only for the voicemails that need one; `flags` says
    // which. Tags are compared by `folded`. `given.caller` is the number in E.164, or else as
    // received. `change` is a log that drops its oldest entries; one without `id` means the names.
    sql: "
        CREATE TABLE moment (
            account INTEGER NOT NULL,
            id INTEGER NOT NULL,
            done INTEGER,
            called INTEGER,
            PRIMARY KEY (account, id),
            FOREIGN KEY (account, id) REFERENCES voicemail
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE note (
            account INTEGER NOT NULL,
            id INTEGER NOT NULL,
            text TEXT NOT NULL,
            edited INTEGER NOT NULL,
            PRIMARY KEY (account, id),
            FOREIGN KEY (account, id) REFERENCES voicemail
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE tag (
            account INTEGER NOT NULL,
            id INTEGER NOT NULL,
            folded TEXT NOT NULL,
            text TEXT NOT NULL,
            PRIMARY KEY (account, id, folded),
            FOREIGN KEY (account, id) REFERENCES voicemail
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX tag_in_use ON tag (account, folded, text);

        CREATE TABLE given (
            caller TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            edited INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE change (
            number INTEGER PRIMARY KEY,
            account INTEGER,
            id INTEGER
        ) STRICT;
    ",
};

const WITHHELD: Migration = Migration {
    why: "Format callers again: more of them are known to mean a withheld number.",
    sql: "UPDATE formatting SET next = 1;",
};

const STEPS: Migration = Migration {
    why: "Keep the latest changes, so that any process can undo them.",
    // Numbers never repeat: processes remember them. `undo` is NULL where it would be too large.
    sql: "
        CREATE TABLE step (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            account INTEGER,
            at INTEGER NOT NULL,
            undo TEXT
        ) STRICT;
    ",
};

/// The version this program writes.
pub(super) const VERSION: i64 = MIGRATIONS.len() as i64;

/// Returns the version of the store's tables behind `connection`; 0 when it is empty.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Migrates the store to [`VERSION`], and schedules callers to be formatted again if `country`
/// changed. Writes nothing if there is nothing to change.
pub(super) fn apply(connection: &mut Connection, country: &str) -> rusqlite::Result<()> {
    if version(connection)? == VERSION && formatted_for(connection)?.as_deref() == Some(country) {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Check again: another process may have migrated the store while this one waited for the lock.
    let done = usize::try_from(version(&transaction)?).unwrap_or(0);
    for (number, migration) in (1_i64..).zip(MIGRATIONS).skip(done) {
        tracing::info!(number, why = migration.why, "store migration");
        transaction.execute_batch(migration.sql)?;
        transaction.pragma_update(None, "user_version", number)?;
    }
    transaction.execute(
        "INSERT INTO formatting (one, country) VALUES (1, ?1)
         ON CONFLICT (one) DO UPDATE SET country = ?1, next = 1 WHERE country <> ?1",
        [country],
    )?;
    transaction.commit()
}

fn formatted_for(connection: &Connection) -> rusqlite::Result<Option<String>> {
    connection.query_row("SELECT country FROM formatting", [], |row| row.get(0)).optional()
}

/// Returns SQLite's query plan for `sql` in a new store, step by step.
#[cfg(test)]
pub(super) fn plan_of(sql: &str) -> Vec<String> {
    let mut connection = Connection::open_in_memory().unwrap();
    apply(&mut connection, "IN").unwrap();
    let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    plan.raw_query().mapped(|row| row.get("detail")).collect::<Result<_, _>>().unwrap()
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::{LISTENING, MIGRATIONS, SERVER, TRIAGE, apply};
    use crate::core::facts::Flags;

    #[test]
    fn a_store_of_the_first_version_keeps_its_voicemail() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(SERVER.sql).unwrap();
        connection
            .execute_batch(
                "INSERT INTO account VALUES (1, 'global/1');
                 INSERT INTO caller VALUES (1, '1', '1', NULL, NULL);
                 INSERT INTO voicemail VALUES (1, 7, 100, 1, 'a.mp3'), (1, 8, 200, 1, NULL);
                 PRAGMA user_version = 1;",
            )
            .unwrap();
        apply(&mut connection, "IN").unwrap();
        let flags: Vec<u16> = connection
            .prepare("SELECT flags FROM voicemail ORDER BY time")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(flags, [Flags::RECORDING.0, 0]);
    }

    #[test]
    fn a_store_of_the_second_version_keeps_what_was_read() {
        let mut connection = Connection::open_in_memory().unwrap();
        for step in [SERVER, LISTENING] {
            connection.execute_batch(step.sql).unwrap();
        }
        connection
            .execute_batch(
                "INSERT INTO account VALUES (1, 'global/1');
                 INSERT INTO caller VALUES (1, '1', '1', NULL, NULL);
                 INSERT INTO voicemail VALUES (1, 7, 100, 1, 'a.mp3', 67, 42000, 9);
                 INSERT INTO sound VALUES (1, 7, x'01');
                 PRAGMA user_version = 2;",
            )
            .unwrap();
        apply(&mut connection, "IN").unwrap();
        let kept = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        let row: (u8, u32, u32) =
            connection.query_row("SELECT flags, length, thumbnail FROM voicemail", [], kept).unwrap();
        assert_eq!(row, (67, 42_000, 9));
        connection.execute_batch("INSERT INTO note VALUES (1, 7, 'x', 5)").unwrap();
    }

    #[test]
    fn a_store_of_the_third_version_formats_its_callers_again() {
        let mut connection = Connection::open_in_memory().unwrap();
        for step in [SERVER, LISTENING, TRIAGE] {
            connection.execute_batch(step.sql).unwrap();
        }
        connection
            .execute_batch("INSERT INTO formatting VALUES (1, 'IN', NULL); PRAGMA user_version = 3;")
            .unwrap();
        apply(&mut connection, "IN").unwrap();
        let next: Option<i64> =
            connection.query_row("SELECT next FROM formatting", [], |row| row.get(0)).unwrap();
        assert_eq!(next, Some(1));
    }

    #[test]
    fn every_step_states_its_purpose_in_one_sentence() {
        for migration in MIGRATIONS {
            assert!(migration.why.ends_with('.') && migration.why.len() < 120, "{}", migration.why);
        }
    }
}
