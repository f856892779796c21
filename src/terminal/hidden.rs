//! Hidden input: reads a line without echo, for secrets.

#[cfg(unix)]
use std::fs::File;
use std::io::{self, Read, Write as _};
#[cfg(unix)]
use std::os::fd::AsFd as _;

use zeroize::{Zeroize as _, Zeroizing};

use crate::secret::Secret;
use crate::terminal::line::{Raw, give_back_on_signal};

/// The maximum length of a secret in bytes. The buffer never grows, because that would leave copies.
const MAX: usize = 4096;

/// Prints a question to stderr and reads a line from the terminal without echo. Returns `None` if it was
/// cancelled: with Ctrl-C, or with Ctrl-D or the end of input before any text. Signals that end the program
/// restore the terminal first.
///
/// # Errors
/// When stdin is not a terminal, or the line is longer than 4096 bytes or not UTF-8.
pub fn ask(question: &str) -> io::Result<Option<Secret>> {
    give_back_on_signal()?;
    // Before the question, because the user may type as soon as it appears.
    let raw = Raw::take()?;
    io::stderr().write_all(question.as_bytes())?;
    let line = read_line(&mut input()?);
    drop(raw);
    io::stderr().write_all(b"\n")?;
    line
}

/// Reads a secret: the first line of stdin that is not a terminal. Returns `None` if it is empty.
///
/// # Errors
/// Like [`ask`].
pub fn first_line() -> io::Result<Option<Secret>> {
    let mut line = TypedLine::default();
    let mut input = input()?;
    let mut byte = Zeroizing::new([0]);
    while input.read(&mut *byte)? == 1 && byte[0] != b'\n' {
        line.push(byte[0])?;
    }
    if line.bytes.last() == Some(&b'\r') {
        line.bytes.pop();
    }
    line.into_secret()
}

/// Opens stdin without a buffer, which would not be wiped.
#[cfg(unix)]
fn input() -> io::Result<File> {
    Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?))
}

#[cfg(not(unix))]
fn input() -> io::Result<io::Stdin> {
    Ok(io::stdin())
}

/// The line typed so far; wiped when dropped.
struct TypedLine {
    bytes: Zeroizing<Vec<u8>>,
}

impl Default for TypedLine {
    fn default() -> TypedLine {
        TypedLine { bytes: Zeroizing::new(Vec::with_capacity(MAX)) }
    }
}

impl TypedLine {
    fn push(&mut self, byte: u8) -> io::Result<()> {
        if self.bytes.len() == MAX {
            let why = format!("the secret is too long: at most {MAX} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        self.bytes.push(byte);
        Ok(())
    }

    /// Removes the last character: its continuation bytes and its first byte.
    fn backspace(&mut self) {
        while self.bytes.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
    }

    fn into_secret(self) -> io::Result<Option<Secret>> {
        let text = str::from_utf8(&self.bytes)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "the secret is not UTF-8 text"))?;
        Ok((!text.is_empty()).then(|| Secret::new(text.to_owned())))
    }
}

/// Reads what a terminal in raw mode sends, up to Enter. Keys that send escape sequences are ignored.
fn read_line(input: &mut impl Read) -> io::Result<Option<Secret>> {
    const CTRL_C: u8 = 0x03;
    const CTRL_D: u8 = 0x04;
    const CTRL_H: u8 = 0x08;
    const CTRL_U: u8 = 0x15;
    const ESCAPE: u8 = 0x1b;
    const DELETE: u8 = 0x7f;
    let mut line = TypedLine::default();
    let mut byte = Zeroizing::new([0]);
    while input.read(&mut *byte)? == 1 {
        match byte[0] {
            b'\r' | b'\n' => return line.into_secret(),
            CTRL_C => return Ok(None),
            CTRL_D if line.bytes.is_empty() => return Ok(None),
            CTRL_H | DELETE => line.backspace(),
            CTRL_U => line.bytes.zeroize(),
            ESCAPE => skip_sequence(input)?,
            0..0x20 => {}
            other => line.push(other)?,
        }
    }
    Ok(None)
}

/// Skips the rest of a sequence such as `ESC [ 1 ; 5 C` or `ESC O A`.
fn skip_sequence(input: &mut impl Read) -> io::Result<()> {
    let mut byte = [0];
    if input.read(&mut byte)? == 0 || !matches!(byte[0], b'[' | b'O') {
        return Ok(());
    }
    while input.read(&mut byte)? == 1 && !(0x40..0x7f).contains(&byte[0]) {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::read_line;

    fn typed(keys: &str) -> Option<String> {
        let secret = read_line(&mut keys.as_bytes()).unwrap();
        secret.map(|secret| secret.expose().to_owned())
    }

    #[test]
    fn a_line_can_be_corrected_and_called_off() {
        assert_eq!(typed("s3crét\rrest").as_deref(), Some("s3crét"));
        assert_eq!(typed("s3cré\u{7f}\u{8}ret\n").as_deref(), Some("s3cret"));
        assert_eq!(typed("wrong\u{15}right\r").as_deref(), Some("right"));
        assert_eq!(typed("a\u{1b}[1;5Db\u{1b}OAc\t\r").as_deref(), Some("abc"));
        for called_off in ["s3cret\u{3}\r", "\u{4}", "\r", "s3cret"] {
            assert_eq!(typed(called_off), None, "{called_off:?}");
        }
    }

    #[test]
    fn what_is_too_long_or_no_text_is_refused() {
        assert!(read_line(&mut "x".repeat(5000).as_bytes()).is_err());
        assert!(read_line(&mut &b"\xff\r"[..]).is_err());
    }
}
