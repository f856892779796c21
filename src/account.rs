//! An account, and the client that reaches its server.

use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;

use crate::core::model::{AccountKey, Region};
use crate::credentials::LazySecret;
use crate::telecmi::{ApiError, BaseUrl, Client, Credentials};

/// An account of the settings, and how to connect to its server.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its key in the store.
    pub key: AccountKey,
    /// The TeleCMI region.
    pub region: Region,
    /// The base URL, if not TeleCMI's own.
    pub base_url: Option<BaseUrl>,
    /// The app ID.
    pub app_id: u64,
    /// The app secret, which may still have to be looked up.
    pub secret: LazySecret,
}

/// Returns the client of `account`. It is created on first use, not at start.
pub async fn client_of<'a>(cell: &'a OnceCell<Client>, account: &Account) -> Result<&'a Client, ApiError> {
    cell.get_or_try_init(|| account.client()).await
}

impl Account {
    /// Creates the API client of this account. Slow: it reads the system's certificates, and a keyring may
    /// ask for a passphrase.
    pub async fn client(&self) -> Result<Client, ApiError> {
        let secret = match &self.secret {
            LazySecret::AtHand(secret) => secret.clone(),
            later @ LazySecret::Later(_) => {
                let later = later.clone();
                let asked = spawn_blocking(move || later.get().map_err(|missing| missing.to_string()));
                let secret = asked.await.unwrap_or_else(|panic| Err(panic.to_string()));
                secret.map_err(|reason| ApiError::NoSecret { reason })?
            }
        };
        let credentials = Credentials { app_id: self.app_id, secret };
        Client::new(self.region, self.base_url.as_ref(), credentials)
    }
}
