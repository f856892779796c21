//! The form in which an account is named and its secret typed. Plain data; [`super::update`] changes
//! it. Whether TeleCMI takes them, and where they are kept, is the business of the [`Door`].

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use tui_input::{Input, InputRequest};

use crate::model::Region;
use crate::secret::{Secret, Typed};
use crate::text;

/// The longest app ID, in digits.
const APP_ID_MAX: usize = 19;

/// The overlay.
#[derive(Debug, Default)]
pub struct LoggingIn {
    /// Which of TeleCMI's services.
    pub region: Region,
    /// The app ID.
    pub app_id: Input,
    /// The secret.
    pub secret: Typed,
    /// Where keys go.
    pub field: Field,
    /// TeleCMI is being asked.
    pub asking: bool,
    /// Why it did not work.
    pub refused: Option<String>,
}

/// A field of the form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Field {
    /// The region.
    #[default]
    Region,
    /// The app ID.
    AppId,
    /// The secret.
    Secret,
}

/// What was typed, complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Which of TeleCMI's services.
    pub region: Region,
    /// The app ID.
    pub app_id: u64,
    /// The secret.
    pub secret: Secret,
}

impl Field {
    const EVERY: [Field; 3] = [Field::Region, Field::AppId, Field::Secret];

    /// The one after it, or before; around the ends.
    #[must_use]
    pub fn next(self, forth: bool) -> Field {
        let count = Field::EVERY.len();
        Field::EVERY[(self as usize + if forth { 1 } else { count - 1 }) % count]
    }
}

impl LoggingIn {
    /// The other region.
    pub fn turn(&mut self) {
        self.region = match self.region {
            Region::Global => Region::India,
            Region::India => Region::Global,
        };
    }

    /// Edits the field where keys go. The secret has no cursor: it is typed, and taken back from its
    /// end.
    pub fn edit(&mut self, request: InputRequest) {
        self.refused = None;
        match (self.field, request) {
            (
                Field::Region,
                InputRequest::InsertChar(' ') | InputRequest::GoToPrevChar | InputRequest::GoToNextChar,
            ) => self.turn(),
            (Field::AppId, InputRequest::InsertChar(c))
                if !c.is_ascii_digit() || self.app_id.value().len() >= APP_ID_MAX => {}
            (Field::AppId, _) => {
                let _ = self.app_id.handle(request);
            }
            (Field::Secret, InputRequest::InsertChar(c)) => self.secret.push(c),
            (Field::Secret, InputRequest::DeletePrevChar) => self.secret.pop(),
            (Field::Secret, InputRequest::DeleteLine | InputRequest::DeletePrevWord) => self.secret.clear(),
            (Field::Region | Field::Secret, _) => {}
        }
    }

    /// Types text, as from the clipboard; it is one line.
    pub fn type_text(&mut self, text: &str) {
        for c in text.trim().chars().filter(|c| !c.is_control()) {
            self.edit(InputRequest::InsertChar(c));
        }
    }

    /// What was typed; or the field where something is missing, and what.
    pub fn key(&self) -> Result<Key, (Field, String)> {
        let app_id = self.app_id.value();
        let Some(app_id) = app_id.parse().ok().filter(|number| *number > 0) else {
            let said = if app_id.is_empty() { "the app ID is missing" } else { "the app ID is no number" };
            return Err((Field::AppId, said.to_owned()));
        };
        let secret = self.secret.secret().ok_or((Field::Secret, "the secret is missing".to_owned()))?;
        Ok(Key { region: self.region, app_id, secret })
    }

    /// It did not work.
    pub fn refuse(&mut self, why: &str) {
        self.asking = false;
        self.refused = Some(text::clean(why, text::MESSAGE_MAX));
    }
}

/// What becomes of a key that was tried: where it is kept, or why it is not.
pub type Tried = Pin<Box<dyn Future<Output = Result<String, String>> + Send>>;

/// Tries a key at TeleCMI and keeps it.
#[derive(Clone)]
pub struct Door(Arc<dyn Fn(Key) -> Tried + Send + Sync>);

impl Door {
    /// A door that `open` opens.
    pub fn new(open: impl Fn(Key) -> Tried + Send + Sync + 'static) -> Door {
        Door(Arc::new(open))
    }

    /// Tries `key`.
    pub fn open(&self, key: Key) -> Tried {
        (self.0)(key)
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Door(…)")
    }
}
