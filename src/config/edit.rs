//! Writes an account into the text of a settings file and keeps its comments and order. Pure.

use toml_edit::{DocumentMut, Item, Table, TableLike, Value};

use super::accounts::TABLE;
use crate::core::model::Region;

/// The account to write. Never holds the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccount<'a> {
    /// The name; `None` is the top level.
    pub name: Option<&'a str>,
    /// The service it belongs to.
    pub region: Region,
    /// The app ID, 1 or more.
    pub app_id: i64,
    /// The base URL, if it is not the default of the region; `None` keeps the one in the file.
    pub base_url: Option<&'a str>,
}

/// Why a file was not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// It has a different app ID for this account.
    #[error("it already has app ID {0}")]
    OtherAppId(i64),
    /// It is not valid TOML, or a value has the wrong type.
    #[error("it cannot be parsed")]
    Unreadable,
}

impl NewAccount<'_> {
    /// Returns the account's lines to add to the settings file, for users who edit it by hand.
    pub fn lines(&self) -> String {
        let mut table = Table::new();
        self.write(&mut table);
        self.name.map_or_else(String::new, |name| format!("[{TABLE}.{}]\n", toml_edit::Key::new(name)))
            + &table.to_string()
    }

    /// Returns the settings `text` with this account added or updated; `None` if nothing needs to change.
    ///
    /// # Errors
    /// If the file has a different app ID for the account, or cannot be parsed.
    pub fn put_into(&self, text: &str) -> Result<Option<String>, EditError> {
        let mut document: DocumentMut = text.parse().map_err(|_| EditError::Unreadable)?;
        // In a file that has only comments, toml_edit would insert the keys before them.
        if document.is_empty() && !text.trim().is_empty() {
            return Ok(Some(format!("{}\n\n{}", text.trim_end(), self.lines())));
        }
        let table = match self.name {
            None => document.as_table_mut() as &mut dyn TableLike,
            Some(name) => {
                let mut none = Table::new();
                none.set_implicit(true);
                let accounts = document.entry(TABLE).or_insert(Item::Table(none));
                let accounts = accounts.as_table_like_mut().ok_or(EditError::Unreadable)?;
                let account = accounts.entry(name).or_insert(Item::Table(Table::new()));
                account.as_table_like_mut().ok_or(EditError::Unreadable)?
            }
        };
        match table.get("appid").map(Item::as_integer) {
            Some(Some(there)) if there != self.app_id => return Err(EditError::OtherAppId(there)),
            Some(None) => return Err(EditError::Unreadable),
            _ => {}
        }
        Ok(self.write(table).then(|| document.to_string()))
    }

    /// Writes the account into `table`. Returns whether anything changed.
    fn write(&self, table: &mut dyn TableLike) -> bool {
        let region = put(table, "region", self.region.name().into());
        let app_id = put(table, "appid", self.app_id.into());
        let base_url = self.base_url.is_some_and(|url| put(table, "base_url", url.into()));
        region || app_id || base_url
    }
}

fn put(table: &mut dyn TableLike, key: &str, mut value: Value) -> bool {
    let Some(there) = table.get_mut(key).and_then(Item::as_value_mut) else {
        table.insert(key, Item::Value(value));
        return true;
    };
    if there.as_str().is_some_and(|text| Some(text) == value.as_str())
        || there.as_integer().is_some_and(|number| Some(number) == value.as_integer())
    {
        return false;
    }
    // Keep whitespace and comments around the value.
    *value.decor_mut() = there.decor().clone();
    *there = value;
    true
}
