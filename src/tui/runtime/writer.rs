//! Writes what the user changes to the store.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;

use super::answers::apply;
use crate::core::model::AccountKey;
use crate::store::StoreHandle;
use crate::tui::msg::{Change, Msg};

/// Writes changes to the store, in the order in which they are sent.
#[derive(Clone)]
pub(super) struct Writer {
    store: StoreHandle,
    key: AccountKey,
    messages: mpsc::Sender<Msg>,
    clock: fn() -> DateTime<Utc>,
}

impl Writer {
    pub(super) fn new(
        store: StoreHandle,
        key: AccountKey,
        messages: mpsc::Sender<Msg>,
        clock: fn() -> DateTime<Utc>,
    ) -> Writer {
        Writer { store, key, messages, clock }
    }

    /// Queues a change to be written. The store's thread sends the result to the loop.
    pub(super) fn write(&self, change: Change) {
        let (key, messages) = (self.key.clone(), self.messages.clone());
        let (change, now) = (Arc::new(change), (self.clock)());
        let written = Arc::clone(&change);
        self.store.post(
            move |store| apply(store, &key, &written, now),
            // Sending fails only when the program ends; the change is written anyway.
            move |result| drop(messages.blocking_send(Msg::Applied(Arc::unwrap_or_clone(change), result))),
        );
    }
}
