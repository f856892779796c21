//! Writing an account into a settings file, whose comments and order stay as they are. Pure: the
//! text comes in and goes out.

use toml_edit::{DocumentMut, Item, Table, TableLike, Value};

use super::accounts::TABLE;
use crate::model::Region;

/// What the settings file is to say of an account. Never the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Its name; `None` is the top level.
    pub name: Option<&'a str>,
    /// Which service it belongs to.
    pub region: Region,
    /// The app ID, from 1.
    pub app_id: i64,
    /// Another server than the region's own; `None` leaves what is there.
    pub base_url: Option<&'a str>,
}

/// Why a file is left as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// Its account is another one.
    #[error("it names app ID {0}")]
    OtherAppId(i64),
    /// It is no TOML, or what should be a table is none.
    #[error("it cannot be understood")]
    Unreadable,
}

impl Entry<'_> {
    /// The lines that a file needs, for somebody to add by hand.
    pub fn lines(&self) -> String {
        let mut table = Table::new();
        self.write(&mut table);
        self.name.map_or_else(String::new, |name| format!("[{TABLE}.{}]\n", toml_edit::Key::new(name)))
            + &table.to_string()
    }

    /// `text` with this account in it; `None` where it says all of it already.
    ///
    /// # Errors
    /// When it has another app ID in its place, or cannot be understood.
    pub fn put_into(&self, text: &str) -> Result<Option<String>, EditError> {
        let mut document: DocumentMut = text.parse().map_err(|_| EditError::Unreadable)?;
        // Keys would go before the comments of a file that has nothing else.
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

    /// Whether something was changed.
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
    // What stands around it, a comment say, stays.
    *value.decor_mut() = there.decor().clone();
    *there = value;
    true
}
