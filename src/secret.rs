//! A text that cannot be printed and is wiped when dropped.

use std::fmt;

use zeroize::Zeroizing;

/// The variable of the environment that may hold the app secret. It is for this program alone, and not
/// for those that it starts to play.
pub const SECRET_VARIABLE: &str = "TELECMI_SECRET";

/// The app secret. It has no `Display`, its `Debug` shows nothing of it, and its memory is wiped
/// when the last copy goes.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the secret over.
    pub fn new(text: String) -> Secret {
        Secret(Zeroizing::new(text))
    }

    /// The secret itself: for the request's body, and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A secret that is being typed. It takes up to [`Typed::MAX`] bytes and never moves in memory, so that
/// no piece of it is left behind.
pub struct Typed(Zeroizing<String>);

impl Typed {
    /// How long it may get, in bytes.
    pub const MAX: usize = 512;

    /// Types a character. One for which there is no room is left out.
    pub fn push(&mut self, c: char) {
        if self.0.len() + c.len_utf8() <= Typed::MAX {
            self.0.push(c);
        }
    }

    /// Takes the last character back.
    pub fn pop(&mut self) {
        self.0.pop();
    }

    /// Takes everything back.
    pub fn clear(&mut self) {
        *self = Typed::default();
    }

    /// How many characters it has.
    pub fn len(&self) -> usize {
        self.0.chars().count()
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The secret; `None` while it is blank.
    pub fn secret(&self) -> Option<Secret> {
        (!self.0.trim().is_empty()).then(|| Secret::new(self.0.trim().to_owned()))
    }
}

impl Default for Typed {
    fn default() -> Typed {
        Typed(Zeroizing::new(String::with_capacity(Typed::MAX)))
    }
}

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Typed(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn nothing_of_it_is_shown() {
        let shown =
            format!("{:?} {:#?}", Secret::new("s3cret".to_owned()), Some(Secret::new("s3cret".to_owned())));
        assert!(!shown.contains("s3"), "{shown}");
    }
}
