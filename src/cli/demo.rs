//! The demo as screen and verbs have it: a server, and a store with a past. Nothing of it stays.

use chrono::{DateTime, Utc};
use tempfile::TempDir;

use crate::credentials::Supply;
use crate::demo::{self, Server};
use crate::export::{self, ImportError, Whose};
use crate::model::{AccountKey, Region};
use crate::secret::Secret;
use crate::store::{Opened, Options, Store, StoreHandle};
use crate::telecmi::BaseUrl;
use crate::tui::runtime::Account;

/// A demo that runs.
#[derive(Debug)]
pub struct Demo {
    /// The look-alike.
    pub server: Server,
    /// Where recordings are kept.
    pub folder: TempDir,
    /// The store.
    pub store: StoreHandle,
}

impl Demo {
    /// Starts one, at `now`. Needs a Tokio runtime.
    pub async fn start(options: Options, now: DateTime<Utc>) -> anyhow::Result<Demo> {
        let server = Server::start(demo::Options::new(now)).await?;
        let (key, past) = (account(&server)?.key, demo::past(now)?);
        let open = move || {
            let mut store = Store::in_memory(&options)?;
            let brought = export::import(&mut store, &key, Whose::Anyones, past.as_bytes(), |_| {});
            match brought {
                Err(ImportError::Store(error)) => Err(error),
                // Anything else would be wrong with what is compiled in; the inbox is empty then.
                _ => Ok(Opened { store, notices: Vec::new() }),
            }
        };
        let folder = tempfile::Builder::new().prefix("vmail-demo-").tempdir()?;
        Ok(Demo { server, folder, store: StoreHandle::spawn(open) })
    }
}

/// The account of the demo's server.
pub fn account(server: &Server) -> anyhow::Result<Account> {
    let url = server.base_url(false);
    Ok(Account {
        key: AccountKey::new(Region::Global, demo::APP_ID, Some(&url)),
        region: Region::Global,
        base_url: Some(BaseUrl::parse(&url)?),
        app_id: demo::APP_ID,
        secret: Supply::AtHand(Secret::new(demo::SECRET.to_owned())),
    })
}
