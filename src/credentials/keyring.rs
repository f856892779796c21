//! Secrets in the system keyring, with a timeout.

use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use keyring_core::api::CredentialStoreApi as _;
use keyring_core::{Entry, Error};

#[cfg(target_os = "macos")]
use apple_native_keyring_store::keychain::Store;
#[cfg(all(unix, not(target_os = "macos")))]
use dbus_secret_service_keyring_store::Store;
#[cfg(windows)]
use windows_native_keyring_store::Store;

use super::Unavailable;
use crate::core::text;
use crate::secret::Secret;

/// The service name of the secrets in the keyring.
const SERVICE: &str = "vmail";

/// Messages of the library, and a clearer wording for users.
const MEANT: [(&str, &str); 6] = [
    // No session bus, as usual on a server: seen with libdbus 1.16.
    ("dbus-daemon autolaunch", "no keyring is running"),
    ("Failed to connect to socket", "no keyring is running"),
    // A session bus without a Secret Service: seen with dbus-secret-service 4.1.
    ("not provided by any .service files", "no keyring is running"),
    ("No DBus session or Secret Service", "no keyring is running"),
    // Seen with GNOME Keyring if there is no way to prompt.
    ("prompt was dismissed", "it is locked and was not unlocked"),
    ("object locked", "it is locked"),
];

#[derive(Clone, Copy, Debug)]
pub(super) struct Keyring {
    patience: Duration,
}

impl Keyring {
    pub(super) fn new(patience: Duration) -> Keyring {
        Keyring { patience }
    }

    pub(super) fn store(self, account: &str, secret: &Secret) -> Result<(), Unavailable> {
        let secret = secret.clone();
        self.ask(account, move |entry| entry.set_password(secret.expose())).map(|_| ())
    }

    pub(super) fn load(self, account: &str) -> Result<Option<Secret>, Unavailable> {
        self.ask(account, |entry| entry.get_password().map(Secret::new))
    }

    /// Deletes a secret from the keyring and returns whether there was one.
    pub(super) fn remove(self, account: &str) -> Result<bool, Unavailable> {
        self.ask(account, Entry::delete_credential).map(|removed| removed.is_some())
    }

    /// Calls `question` with the entry of `account`; `None` if there is no entry. If the keyring hangs,
    /// its thread hangs too: a request cannot be cancelled.
    fn ask<T: Send + 'static>(
        self,
        account: &str,
        question: impl FnOnce(&Entry) -> Result<T, Error> + Send + 'static,
    ) -> Result<Option<T>, Unavailable> {
        let account = account.to_owned();
        let (sender, answer) = sync_channel(1);
        let work = move || {
            let entry = Store::new().and_then(|store| store.build(SERVICE, &account, None));
            let result = entry.and_then(|entry| question(&entry));
            // The receiver is gone after a timeout.
            let _ = sender.send(match result {
                Ok(found) => Ok(Some(found)),
                Err(Error::NoEntry) => Ok(None),
                Err(error) => Err(unavailable(&error)),
            });
        };
        let no_thread = |error: std::io::Error| Unavailable { reason: error.to_string() };
        thread::Builder::new().name("keyring".to_owned()).spawn(work).map_err(no_thread)?;
        answer.recv_timeout(self.patience).unwrap_or_else(|error| {
            Err(Unavailable {
                reason: match error {
                    RecvTimeoutError::Timeout => {
                        format!("timed out after {} s", self.patience.as_secs_f64())
                    }
                    RecvTimeoutError::Disconnected => "its thread panicked".to_owned(),
                },
            })
        })
    }
}

/// Converts an error of the library; without any keyring, says why there is none.
fn unavailable(error: &Error) -> Unavailable {
    let reason = error.to_string();
    let meant = MEANT.iter().find(|(words, _)| reason.contains(words)).map(|(_, meant)| *meant);
    Unavailable { reason: text::clean(meant.unwrap_or(&reason), text::MESSAGE_MAX) }
}
