//! A string that cannot be printed and is wiped on drop.

use std::fmt;

use zeroize::Zeroizing;

/// The environment variable that may hold the app secret. It is removed from the environment of
/// child processes.
pub const SECRET_VARIABLE: &str = "TELECMI_SECRET";

/// The app secret. It has no `Display`, its `Debug` hides it, and its memory is wiped when the last
/// copy is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: String) -> Secret {
        Secret(Zeroizing::new(text))
    }

    /// Returns the secret itself: for the request body only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A secret that is being typed. It holds up to [`Typed::MAX`] bytes and is never reallocated, so that
/// no copy stays in memory.
pub struct Typed(Zeroizing<String>);

impl Typed {
    /// The maximum length, in bytes.
    pub const MAX: usize = 512;

    /// Appends `text` to the typed secret, without control characters. Returns false, and appends nothing,
    /// if there is no room for all of it.
    pub fn push(&mut self, text: &str) -> bool {
        // No copy of it is made.
        let typed = || text.chars().filter(|c| !c.is_control());
        let fits = self.0.len() + typed().map(char::len_utf8).sum::<usize>() <= Typed::MAX;
        if fits {
            typed().for_each(|c| self.0.push(c));
        }
        fits
    }

    /// Removes the last character of the typed secret.
    pub fn pop(&mut self) {
        self.0.pop();
    }

    /// Removes the typed secret.
    pub fn clear(&mut self) {
        *self = Typed::default();
    }

    /// Returns the number of characters of the typed secret.
    pub fn len(&self) -> usize {
        self.0.chars().count()
    }

    /// Whether nothing of a secret has been typed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the typed secret without surrounding whitespace; `None` if it is blank.
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
