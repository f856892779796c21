//! Stores of one account, for the tests of the store and of what is done with voicemail.

use std::path::Path;

use chrono::{TimeZone as _, Utc};
use vmail::core::model::{AccountKey, Region};
use vmail::store::{AccountId, Opened, Options, Store};

pub fn options() -> Options {
    Options { country: "IN".to_owned(), now: Utc.with_ymd_and_hms(2026, 11, 23, 12, 4, 8).unwrap() }
}

pub fn key() -> AccountKey {
    AccountKey::new(Region::Global, 1_111_112, None)
}

/// Opens a store that has nothing to tell.
pub fn open(path: &Path) -> (Store, AccountId) {
    let Opened { mut store, notices } = Store::open(path, &options()).unwrap();
    assert_eq!(notices, []);
    let account = store.account(&key()).unwrap();
    (store, account)
}

pub fn in_memory() -> (Store, AccountId) {
    let mut store = Store::in_memory(&options()).unwrap();
    let account = store.account(&key()).unwrap();
    (store, account)
}
