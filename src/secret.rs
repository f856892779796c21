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
