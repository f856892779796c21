//! Answers queries of the screen from the store, and writes changes to it.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::core::facts::Fact;
use crate::core::model::{AccountKey, VoicemailId};
use crate::core::triage::{self, Applied, Edit, Tag};
use crate::store::{AccountId, Changed, Rows, Store, StoreError};
use crate::tui::list::rows::RowKey;
use crate::tui::msg::{Change, Direction, RangeSummary, Read, Remembered, Reply};
use crate::tui::overlays::elsewhere::Delivery;
use crate::tui::overlays::tags::Known;

/// How many other voicemails of a caller the detail lists.
const OTHERS: usize = 8;

/// The keys of stored choices: see [`Remembered`].
const WAY: &str = "way";
const FOLDER: &str = "folder";

/// The maximum number of voicemails in a caller's history.
const HISTORY: usize = 100_000;

/// How many notes, or voicemails with tags, one answer holds.
const TEXTS: usize = 5_000;

/// How many changed rows one answer holds.
const CHANGED: usize = 2_000;

/// Writes `change`, made `now`, to the store of account `key`.
pub fn apply(
    store: &mut Store,
    key: &AccountKey,
    change: &Change,
    now: DateTime<Utc>,
) -> Result<Applied, StoreError> {
    let account = store.account(key)?;
    let edit = |keys: &[RowKey], edit: &Edit| triage::BulkEdit {
        ids: keys.iter().map(|key| key.id).collect(),
        edit: edit.clone(),
    };
    match change {
        Change::Edit { keys, edit: what } => store.apply_step(account, &edit(keys, what), now),
        Change::Heard(heard) => store.apply(account, &edit(&[*heard], &Edit::Fact(Fact::Read, Some(0)))),
        Change::Revert { undo, step, direction: Direction::Undo, .. } => {
            store.undo_step(account, undo, *step)
        }
        Change::Revert { undo, direction: Direction::Redo, .. } => store.redo_step(account, undo, now),
        Change::Name { key, name } => store.name_step(key, name.as_ref(), now),
    }
}

/// Saves the user's choices in the store. On failure, vmail asks for them again next time.
pub(super) fn remember(store: &mut Store, remembered: &Remembered) {
    let way = remembered.way.map_or("", Delivery::name);
    let folder = remembered.folder.as_deref().and_then(Path::to_str).unwrap_or("");
    for (name, value) in [(WAY, way), (FOLDER, folder)] {
        if let Err(error) = store.put_choice(name, value) {
            tracing::warn!(%error, name, "a choice was not saved");
        }
    }
}

/// Answers a query of the screen from the store of account `key`.
pub fn answer(store: &mut Store, key: &AccountKey, what: &Read) -> Result<Reply, StoreError> {
    let account = store.account(key)?;
    Ok(match what {
        Read::Rows { span, after, limit, bare } => {
            let after = after.map(|key| (key.time, key.id));
            let rows = if *bare {
                Rows { rows: store.bare_rows(account, *span, after, *limit)?, callers: Vec::new() }
            } else {
                store.rows(account, *span, after, *limit)?
            };
            let covered = store.coverage(account, *span)?;
            // Only if complete from the start of the range: a gap before the first covered span counts.
            let complete = covered.first().filter(|first| first.start_millis() <= span.start_millis());
            let more = rows.rows.len() == *limit;
            Reply::Rows { rows, more, complete_to: complete.map(|first| first.end_millis()) }
        }
        Read::Callers { after, limit } => {
            let callers = store.callers(*after, *limit)?;
            let more = callers.len() == *limit;
            Reply::Callers { callers, more }
        }
        Read::History(id) => {
            let rows = store.history(account, *id, HISTORY)?;
            Reply::Rows { rows, more: false, complete_to: None }
        }
        Read::Details(id) => Reply::Details(store.details(account, *id, OTHERS)?.map(Box::new)),
        Read::RangeSummary { days, span } => {
            let covered = store.coverage(account, *span)?;
            let covered: i64 = covered.iter().map(|part| part.end_millis() - part.start_millis()).sum();
            Reply::RangeSummary(RangeSummary {
                per_day: store.counts(account, days)?,
                stored: store.count(account, *span)?,
                missing: (span.end_millis() - span.start_millis() - covered).max(0),
            })
        }
        Read::Notes { after } => {
            let lines = store.notes(account, *after, TEXTS)?;
            let more = lines.len() == TEXTS;
            Reply::Notes { notes: lines.into_iter().map(|line| (line.id, line.text)).collect(), more }
        }
        Read::AllTags { after } => {
            let tags = store.tags(account, *after, TEXTS)?;
            let more = tags.len() == TEXTS;
            let text = |tags: Vec<Tag>| tags.iter().map(|tag| tag.as_str().to_owned()).collect();
            Reply::AllTags { tags: tags.into_iter().map(|(id, tags)| (id, text(tags))).collect(), more }
        }
        Read::Changes { since: Some(since) } => Reply::Changes(store.changed_rows(account, *since, CHANGED)?),
        Read::Changes { since: None } => {
            Reply::Changes(Changed { cursor: store.change_cursor()?, ..Changed::default() })
        }
        Read::Remembered => Reply::Remembered(Remembered {
            way: store.choice(WAY)?.and_then(|way| Delivery::from_name(&way)),
            folder: store.choice(FOLDER)?.filter(|folder| !folder.is_empty()).map(PathBuf::from),
        }),
        Read::Note(id) => Reply::Note(store.note(account, *id)?),
        Read::Tagging(ids) => Reply::Tagging(tags(store, account, ids)?),
        Read::Copy { rows, what } => {
            let mut found = Vec::with_capacity(rows.len());
            for row in rows {
                found.extend(store.details(account, row.id, 0)?.map(|details| (*row, Box::new(details))));
            }
            Reply::Copy { what: *what, found }
        }
        Read::LastStep { now } => Reply::LastStep(store.last_step(account, *now)?.map(Box::new)),
        Read::Count(span) => Reply::Counted(store.count(account, *span)?),
    })
}

/// Returns the tags in use, and how many of `ids` have each.
fn tags(store: &mut Store, account: AccountId, ids: &[VoicemailId]) -> Result<Known, StoreError> {
    /// Up to this many voicemails are looked up one by one; for more, all tags are read.
    const FEW: usize = 100;
    /// How many voicemails to read at once.
    const PAGE: usize = 10_000;
    let mut on = BTreeMap::new();
    let mut count = |tag: &Tag| on.entry(tag.folded()).or_insert_with(|| (tag.clone(), 0)).1 += 1;
    if ids.len() <= FEW {
        for &id in ids {
            let details = store.details(account, id, 0)?;
            details.iter().flat_map(|details| &details.tags).for_each(&mut count);
        }
    } else {
        let asked: HashSet<VoicemailId> = ids.iter().copied().collect();
        let mut after = None;
        loop {
            let page = store.tags(account, after, PAGE)?;
            let meant = page.iter().filter(|(id, _)| asked.contains(id));
            meant.flat_map(|(_, tags)| tags).for_each(&mut count);
            after = page.last().map(|(id, _)| *id);
            if page.len() < PAGE {
                break;
            }
        }
    }
    Ok(Known { in_use: store.tags_in_use(account)?, on: on.into_values().collect() })
}
