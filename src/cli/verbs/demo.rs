//! `--demo`, for the inbox and the verbs: a demo server and a prepared store. Nothing is saved.

use chrono::{DateTime, Utc};
use tempfile::TempDir;

use crate::account::Account;
use crate::core::model::{AccountKey, Region};
use crate::credentials::LazySecret;
use crate::demo::{self, Server};
use crate::export::{self, ImportError, Whose};
use crate::secret::Secret;
use crate::store::{Opened, Options, Store, StoreHandle};
use crate::telecmi::BaseUrl;

/// A running demo.
#[derive(Debug)]
pub struct Demo {
    /// The demo server.
    pub server: Server,
    /// The folder for recordings.
    pub folder: TempDir,
    /// The store.
    pub store: StoreHandle,
}

impl Demo {
    /// Starts a demo at `now`. Needs a Tokio runtime.
    pub async fn start(options: Options, now: DateTime<Utc>) -> anyhow::Result<Demo> {
        let server = Server::start(demo::Options::new(now)).await?;
        let (key, past) = (account(&server)?.key, demo::past(now)?);
        let open = move || {
            let mut store = Store::in_memory(&options)?;
            let brought = export::import(&mut store, &key, Whose::Anyones, past.as_bytes(), |_| {});
            match brought {
                Err(ImportError::Store(error)) => Err(error),
                // Other errors can only come from the compiled-in data; the inbox is empty then.
                _ => Ok(Opened { store, notices: Vec::new() }),
            }
        };
        let folder = tempfile::Builder::new().prefix("vmail-demo-").tempdir()?;
        Ok(Demo { server, folder, store: StoreHandle::spawn(open) })
    }
}

/// Returns the account of the demo server.
pub fn account(server: &Server) -> anyhow::Result<Account> {
    let url = server.base_url(false);
    Ok(Account {
        key: AccountKey::new(Region::Global, demo::APP_ID, Some(&url)),
        region: Region::Global,
        base_url: Some(BaseUrl::parse(&url)?),
        app_id: demo::APP_ID,
        secret: LazySecret::AtHand(Secret::new(demo::SECRET.to_owned())),
    })
}
