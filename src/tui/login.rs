//! The form in which an account is named and its secret typed. Plain data; [`super::update`] changes
//! it. Whether TeleCMI takes them, and where they are kept, is the business of the [`Door`].

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::model::Region;
use crate::secret::{Secret, Typed};
use crate::text;
use crate::tui::field::{self, Field};

/// The longest app ID, in digits.
const APP_ID_MAX: usize = 19;

/// The overlay.
#[derive(Debug)]
pub struct LoggingIn {
    /// Which of TeleCMI's services.
    pub region: Region,
    /// The app ID.
    pub app_id: Field,
    /// The secret.
    pub secret: Typed,
    /// Where keys go.
    pub part: Part,
    /// TeleCMI is being asked.
    pub asking: bool,
    /// Why it did not work.
    pub refused: Option<String>,
}

/// A part of the form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
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

impl Part {
    const EVERY: [Part; 3] = [Part::Region, Part::AppId, Part::Secret];

    /// The one after it, or before; around the ends.
    #[must_use]
    pub fn next(self, forth: bool) -> Part {
        let count = Part::EVERY.len();
        Part::EVERY[(self as usize + if forth { 1 } else { count - 1 }) % count]
    }
}

impl Default for LoggingIn {
    fn default() -> LoggingIn {
        LoggingIn {
            region: Region::default(),
            app_id: Field::default().at_most(APP_ID_MAX).taking(|c| c.is_ascii_digit().then_some(c)),
            secret: Typed::default(),
            part: Part::default(),
            asking: false,
            refused: None,
        }
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

    /// The text field where keys go, if it is one with a cursor.
    pub fn open_field(&mut self) -> Option<&mut Field> {
        (self.part == Part::AppId && !self.asking).then_some(&mut self.app_id)
    }

    /// The user is in the form; why it did not work is of no more use.
    pub fn on_edit(&mut self) {
        self.refused = None;
    }

    /// A key for the region or the secret, while nothing is asked. The secret has no cursor: it is
    /// typed, and taken back from its end.
    pub fn on_key(&mut self, key: KeyEvent) {
        if self.asking {
            return;
        }
        self.on_edit();
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match (self.part, field::character(key), key.code) {
            (Part::Region, Some(' '), _) | (Part::Region, None, KeyCode::Left | KeyCode::Right) => {
                self.turn();
            }
            (Part::Secret, Some(c), _) => self.secret.push(c),
            (Part::Secret, None, KeyCode::Backspace) => self.secret.pop(),
            (Part::Secret, None, KeyCode::Char('u' | 'w')) if control => self.secret.clear(),
            _ => {}
        }
    }

    /// Takes a secret that was pasted, without the line's end that may come with it.
    pub fn on_paste(&mut self, text: &str) {
        if self.part == Part::Secret && !self.asking {
            self.on_edit();
            text.trim().chars().filter(|c| !c.is_control()).for_each(|c| self.secret.push(c));
        }
    }

    /// What was typed; or the part where something is missing, and what.
    pub fn key(&self) -> Result<Key, (Part, String)> {
        let app_id = self.app_id.value();
        let Some(app_id) = app_id.parse().ok().filter(|number| *number > 0) else {
            let said = if app_id.is_empty() { "the app ID is missing" } else { "the app ID is no number" };
            return Err((Part::AppId, said.to_owned()));
        };
        let secret = self.secret.secret().ok_or((Part::Secret, "the secret is missing".to_owned()))?;
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
