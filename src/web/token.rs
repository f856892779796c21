//! Random tokens for the addresses of the page and its recording.

use std::fmt;
use std::hint::black_box;
use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The number of random bytes in a token: 144 bits, which need no padding in base64.
const BYTES: usize = 18;

/// A random string of 24 letters, digits, `-` and `_`. Hidden in `Debug` output.
#[derive(Clone)]
pub(super) struct Token(String);

impl Token {
    /// Creates a random token from the system's random numbers.
    pub(super) fn new() -> io::Result<Token> {
        let mut bytes = [0; BYTES];
        let random = rustls::crypto::ring::default_provider().secure_random;
        random.fill(&mut bytes).map_err(|_| io::Error::other("the system has no random numbers"))?;
        Ok(Token(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Returns the token itself: for an address or a page, never for a log.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }

    /// Compares `given` with the random token. The time taken does not reveal where they differ.
    pub(super) fn is(&self, given: &str) -> bool {
        let differing = self
            .0
            .bytes()
            .zip(given.bytes())
            .fold(0, |differing, (own, given)| black_box(differing | (own ^ given)));
        self.0.len() == given.len() && differing == 0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::Token;

    #[test]
    fn a_token_is_long_and_fits_into_an_address() {
        let token = Token::new().unwrap();
        assert_eq!(token.expose().len(), 24);
        assert!(token.expose().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        assert_ne!(token.expose(), Token::new().unwrap().expose());
    }

    #[test]
    fn only_the_same_text_is_it() {
        let token = Token::new().unwrap();
        let text = token.expose().to_owned();
        assert!(token.is(&text));
        assert!(!token.is(""));
        assert!(!token.is(&text[1..]));
        assert!(!token.is(&format!("{text}a")));
        for at in 0..text.len() {
            let mut other = text.clone().into_bytes();
            other[at] ^= 1;
            assert!(!token.is(&String::from_utf8(other).unwrap()), "at {at}");
        }
    }

    #[test]
    fn nothing_of_it_is_shown() {
        let token = Token::new().unwrap();
        assert!(!format!("{token:?}").contains(token.expose()));
    }
}
