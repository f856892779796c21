//! Accounts: the tables `accounts.NAME`, which settings each inherits, and which account is in force.

use toml::de::DeValue;

use super::value::{Value, mistyped};
use super::{
    Document, FaultPlace, FileSetting, Loader, Overrides, SHOWN_MAX, SecretSource, Settings, entries, keys,
};
use crate::core::model::Region;
use crate::core::suggest::nearest;
use crate::core::text;

/// The name of the table that holds the accounts.
pub(super) const TABLE: &str = "accounts";

/// The settings that identify an account and its server. They are never inherited from the top
/// level, so that a secret cannot be sent to the server of another account.
pub(super) const OWN: [&str; 5] = ["region", "appid", "secret", "secret_command", "base_url"];

/// The other settings that an account can have; they are inherited if they are not set.
const MORE: [&str; 7] =
    ["timezone", "country", "contacts", "agent", "call.webrtc", "call.followme", "call.callerid"];

/// The maximum length of an account name, in characters.
const NAME_MAX: usize = 40;

/// An account the user can switch to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSettings {
    /// The name; `None` for the account at the top level or from the environment.
    pub name: Option<String>,
    /// The service it belongs to.
    pub region: Region,
    /// The app ID.
    pub app_id: u64,
    /// The base URL of the API, without `/voicemail`, unless it is the default of the region.
    pub base_url: Option<String>,
    /// The secret or its source, if the settings have one.
    pub secret: Option<SecretSource>,
    /// Where the secret was set.
    pub secret_at: Option<FaultPlace>,
}

impl AccountSettings {
    fn of(settings: &Settings) -> Option<AccountSettings> {
        Some(AccountSettings {
            name: settings.account.clone(),
            region: settings.region,
            app_id: settings.app_id?,
            base_url: settings.base_url.clone(),
            secret: settings.secret.clone(),
            secret_at: settings.secret_at.clone(),
        })
    }
}

/// The result of [`Loader::choose`].
pub(super) struct Chosen {
    /// Whether a flag or the environment named the account.
    pub by_hand: bool,
    /// Every account of the file.
    pub known: Vec<AccountSettings>,
}

/// Returns all accounts of the settings file, with the one in force as it is after overrides.
pub(super) fn list(mut known: Vec<AccountSettings>, settings: &Settings) -> Vec<AccountSettings> {
    if let Some(current) = AccountSettings::of(settings) {
        match known.iter_mut().find(|account| account.name == current.name) {
            Some(account) => *account = current,
            // Only the unnamed account can be missing: it comes from the environment.
            None => known.insert(0, current),
        }
    }
    known
}

/// Checks the name of an account: up to 40 letters and digits of any script, `-`, `_` and `.`, which
/// need no quoting in a shell.
///
/// # Errors
/// Worded to follow "account name: ".
pub fn check_name(name: &str) -> Result<(), String> {
    let is_fit = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    if !name.is_empty() && name.chars().all(is_fit) && name.chars().count() <= NAME_MAX {
        return Ok(());
    }
    let shown = text::clean(name, SHOWN_MAX);
    Err(format!("\"{shown}\" is invalid: expected up to {NAME_MAX} letters, digits, - _ and ."))
}

impl Settings {
    /// Returns the settings that account `name` starts from: inherited ones, without those of [`OWN`].
    fn without_account(&self, name: Option<&str>) -> Settings {
        Settings {
            account: name.map(str::to_owned),
            region: Region::Global,
            app_id: None,
            secret: None,
            secret_at: None,
            base_url: None,
            ..self.clone()
        }
    }
}

impl Loader {
    /// Reads `[accounts.…]`. Called after the top level is complete, because accounts inherit from it.
    pub(super) fn read_accounts(&mut self, accounts: &FileSetting<'_>, file: &Document<'_>) {
        let DeValue::Table(tables) = accounts.value else {
            let wrong = mistyped(accounts.value, "tables like [accounts.office]");
            return self.fault(FaultPlace::Line(accounts.at), format!("`{TABLE}`: {wrong}"));
        };
        let mut tables: Vec<_> = tables.iter().collect();
        tables.sort_by_key(|(name, _)| name.span().start);
        let (top, top_traced) = (self.settings.clone(), self.traced.clone());
        for (key, value) in tables {
            let (name, place) = (key.get_ref().as_ref(), FaultPlace::Line(file.line(&key.span())));
            if let Err(wrong) = check_name(name) {
                self.fault(place.clone(), format!("account name: {wrong}"));
            }
            let DeValue::Table(table) = value.get_ref() else {
                let wrong = mistyped(value.get_ref(), "a table like [accounts.office]");
                self.fault(place, format!("`{TABLE}.{}`: {wrong}", text::clean(name, SHOWN_MAX)));
                continue;
            };
            let entries = entries(table, file);
            self.check_secrets(&entries, file);
            self.settings = top.without_account(Some(name));
            self.traced.retain(|setting| !OWN.contains(&setting.name.as_str()));
            for FileSetting { name, at, value } in
                entries.iter().filter(|entry| !file.broken.contains(&entry.at))
            {
                self.set_for_account(name, &Value::Toml(value), FaultPlace::Line(*at));
            }
            if !entries.iter().any(|entry| entry.name == "appid") {
                let name = text::clean(name, SHOWN_MAX);
                self.fault(place, format!("account `{name}` has no `appid`"));
            }
            self.named.push(self.settings.clone());
            self.named_traced.push(std::mem::replace(&mut self.traced, top_traced.clone()));
        }
        self.settings = top;
    }

    fn set_for_account(&mut self, key: &str, value: &Value<'_>, place: FaultPlace) {
        let known = || OWN.into_iter().chain(MORE);
        if known().any(|known| known == key) {
            return self.set(key, value, place);
        }
        let shown = text::clean(key, SHOWN_MAX);
        let message = if keys().any(|known| known == key) {
            format!("`{shown}` applies to all accounts: set it at the top of the file")
        } else {
            let hint = nearest(key, known()).map_or_else(
                || format!(": expected one of {}", known().collect::<Vec<_>>().join(", ")),
                |known| format!("; did you mean `{known}`?"),
            );
            format!("an account cannot have the setting `{shown}`{hint}")
        };
        self.fault(place, message);
    }

    /// Chooses the account: replaces the settings of the top level by those of the account in force.
    pub(super) fn choose(&mut self, flags: &Overrides, env: &Overrides, may_be_new: bool) -> Chosen {
        let in_file = self.settings.account.take();
        let known = [&self.settings].into_iter().chain(&self.named).filter_map(AccountSettings::of).collect();
        let from_flag = flags.account.as_deref().map(|name| (name, FaultPlace::Flag("--account".to_owned())));
        let from_env = env.account.as_deref().map(|name| (name, FaultPlace::Variable("VMAIL_ACCOUNT")));
        let by_hand = from_flag.or(from_env);
        let of_file = in_file.as_deref().zip(self.account_at.take());
        let chosen = match by_hand.clone().or(of_file) {
            Some((name, place)) => {
                let found = self.named.iter().find(|account| account.account.as_deref() == Some(name));
                if found.is_none() && !(may_be_new && by_hand.is_some()) {
                    let message = self.unknown(name);
                    self.fault(place, message);
                    return Chosen { by_hand: true, known };
                }
                if found.is_none()
                    && let Err(wrong) = check_name(name)
                {
                    self.fault(place, format!("account name: {wrong}"));
                }
                let found = self.named.iter().find(|account| account.account.as_deref() == Some(name));
                Some(found.cloned().unwrap_or_else(|| self.settings.without_account(Some(name))))
            }
            None if self.settings.app_id.is_some() => None,
            None => self.named.first().cloned(),
        };
        let chosen = chosen.unwrap_or_else(|| self.settings.clone());
        let by_hand = by_hand.is_some();
        // The environment has another app ID, so this is another account.
        let other = env.app_id.as_deref().and_then(|id| id.trim().parse::<u64>().ok()).filter(|_| !by_hand);
        self.settings = match other {
            Some(id) if chosen.app_id.is_some_and(|own| own != id) => {
                let top = &self.settings;
                let is_top = top.app_id.is_none_or(|own| own == id);
                if is_top {
                    top.clone()
                } else {
                    self.traced.retain(|setting| !OWN.contains(&setting.name.as_str()));
                    top.without_account(None)
                }
            }
            _ => chosen,
        };
        let is_chosen = |account: &Settings| account.account == self.settings.account;
        if let Some(place) = self.named.iter().position(is_chosen) {
            self.traced = self.named_traced.swap_remove(place);
        }
        Chosen { by_hand, known }
    }

    fn unknown(&self, name: &str) -> String {
        let known = || self.named.iter().filter_map(|account| account.account.as_deref());
        let shown = text::clean(name, SHOWN_MAX);
        let hint = match nearest(name, known()) {
            Some(known) => format!("; did you mean `{known}`?"),
            None if self.named.is_empty() => ": the settings file has no named accounts".to_owned(),
            None => format!(": expected one of {}", known().collect::<Vec<_>>().join(", ")),
        };
        format!("unknown account `{shown}`{hint}")
    }
}
