//! The login form. Plain data; [`crate::tui::update`] changes it. A [`LoginHandler`] tries the credentials and stores
//! them.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::core::model::Region;
use crate::core::text;
use crate::secret::{Secret, Typed};
use crate::tui::field::{self, Field};

pub(in crate::tui) mod update;
pub(in crate::tui) mod view;

/// The longest app ID, in digits.
const APP_ID_MAX: usize = 19;

/// The login form.
#[derive(Debug)]
pub struct LoginForm {
    /// The region of TeleCMI.
    pub region: Region,
    /// The app ID.
    pub app_id: Field,
    /// The app secret.
    pub secret: Typed,
    /// The part that has the focus.
    pub part: LoginField,
    /// Whether the login is in progress.
    pub asking: bool,
    /// Why the login failed.
    pub refused: Option<String>,
    /// The part that Enter has moved on to, because it is empty.
    pub wanted: Option<LoginField>,
}

/// A part of the form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoginField {
    /// The region.
    #[default]
    Region,
    /// The app ID.
    AppId,
    /// The secret.
    Secret,
}

/// The credentials from a complete form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginRequest {
    /// The region of TeleCMI.
    pub region: Region,
    /// The app ID.
    pub app_id: u64,
    /// The app secret.
    pub secret: Secret,
}

impl LoginField {
    const EVERY: [LoginField; 3] = [LoginField::Region, LoginField::AppId, LoginField::Secret];

    /// Returns the next part of the login form, or the previous one; wraps around.
    #[must_use]
    pub fn next(self, forward: bool) -> LoginField {
        let count = LoginField::EVERY.len();
        LoginField::EVERY[(self as usize + if forward { 1 } else { count - 1 }) % count]
    }
}

/// What the settings know of the account, to fill in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KnownAccount {
    /// The region of TeleCMI.
    pub region: Region,
    /// The app ID.
    pub app_id: Option<u64>,
}

impl LoginForm {
    /// Returns a login form with what is known filled in, and the focus on what is missing.
    pub fn new(known: KnownAccount) -> LoginForm {
        let app_id = known.app_id.map(|app_id| app_id.to_string()).unwrap_or_default();
        LoginForm {
            region: known.region,
            part: if app_id.is_empty() { LoginField::Region } else { LoginField::Secret },
            app_id: Field::new(app_id).at_most(APP_ID_MAX).taking(|c| c.is_ascii_digit().then_some(c)),
            secret: Typed::default(),
            asking: false,
            refused: None,
            wanted: None,
        }
    }

    /// Switches the login form to the other region.
    pub fn turn(&mut self) {
        self.region = match self.region {
            Region::Global => Region::India,
            Region::India => Region::Global,
        };
    }

    /// Returns the login form's field for the app ID if it has the focus.
    pub fn open_field(&mut self) -> Option<&mut Field> {
        (self.part == LoginField::AppId && !self.asking).then_some(&mut self.app_id)
    }

    /// Handles an edit of the login form: clears the error.
    pub fn on_edit(&mut self) {
        self.refused = None;
        self.wanted = None;
    }

    /// Handles a key for the login form's region or secret, unless the login is in progress. The secret has
    /// no cursor: characters are added and deleted at its end.
    pub fn on_key(&mut self, key: KeyEvent) {
        if self.asking {
            return;
        }
        self.on_edit();
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match (self.part, field::character(key), key.code) {
            (LoginField::Region, Some(' '), _)
            | (LoginField::Region, None, KeyCode::Left | KeyCode::Right) => {
                self.turn();
            }
            (LoginField::Secret, Some(c), _) => self.type_secret(c.encode_utf8(&mut [0; 4])),
            (LoginField::Secret, None, KeyCode::Backspace) => self.secret.pop(),
            (LoginField::Secret, None, KeyCode::Char('u' | 'w')) if control => self.secret.clear(),
            _ => {}
        }
    }

    /// Handles a secret pasted into the login form, without surrounding whitespace such as a newline.
    pub fn on_paste(&mut self, text: &str) {
        if self.part == LoginField::Secret && !self.asking {
            self.on_edit();
            self.type_secret(text.trim());
        }
    }

    fn type_secret(&mut self, text: &str) {
        if !self.secret.push(text) {
            self.refused = Some(format!("too long: a secret has at most {} bytes", Typed::MAX));
        }
    }

    /// Returns the credentials in the login form, or the first incomplete part with a message.
    pub fn key(&self) -> Result<LoginRequest, (LoginField, String)> {
        let app_id = self.app_id.value();
        let Some(app_id) = app_id.parse().ok().filter(|number| *number > 0) else {
            let said = if app_id.is_empty() { "the app ID is missing" } else { "invalid app ID" };
            return Err((LoginField::AppId, said.to_owned()));
        };
        let secret = self.secret.secret().ok_or((LoginField::Secret, "the secret is missing".to_owned()))?;
        Ok(LoginRequest { region: self.region, app_id, secret })
    }

    /// Shows in the form why the login failed.
    pub fn refuse(&mut self, why: &str) {
        self.asking = false;
        self.refused = Some(text::clean(why, text::MESSAGE_MAX));
    }
}

/// The result of trying credentials: where they are stored, or why they are not.
pub type Tried = Pin<Box<dyn Future<Output = Result<String, String>> + Send>>;

/// Tries credentials at TeleCMI and stores them.
#[derive(Clone)]
pub struct LoginHandler(Arc<dyn Fn(LoginRequest) -> Tried + Send + Sync>);

impl LoginHandler {
    /// Returns a login handler that calls `open`.
    pub fn new(open: impl Fn(LoginRequest) -> Tried + Send + Sync + 'static) -> LoginHandler {
        LoginHandler(Arc::new(open))
    }

    /// Tries the credentials `key` and stores them.
    pub fn open(&self, key: LoginRequest) -> Tried {
        (self.0)(key)
    }
}

impl fmt::Debug for LoginHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginHandler(…)")
    }
}
