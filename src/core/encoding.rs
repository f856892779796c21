//! The Unicode encodings of text files: UTF-8 with or without a byte-order mark, and UTF-16, as Windows
//! PowerShell's `>` and Excel write it.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// How many bytes from the start [`detect`] looks at.
pub const START: usize = 8;

/// Returns the encoding of a text that begins with `start`, and the length of its byte-order mark. UTF-16
/// without a mark is recognised by ASCII characters at its start; all else is UTF-8.
pub fn detect(start: &[u8]) -> (&'static Encoding, usize) {
    if let Some(marked) = Encoding::for_bom(start) {
        return marked;
    }
    let is_ascii = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    match start {
        [a, 0, b, 0, c, 0, d, 0, ..] if [a, b, c, d].into_iter().all(is_ascii) => (UTF_16LE, 0),
        [0, a, 0, b, 0, c, 0, d, ..] if [a, b, c, d].into_iter().all(is_ascii) => (UTF_16BE, 0),
        _ => (UTF_8, 0),
    }
}

/// Returns `bytes` without a byte-order mark, and UTF-16 as UTF-8. Other bytes stay as they are.
pub fn to_utf8(bytes: &[u8]) -> Cow<'_, [u8]> {
    let (encoding, mark) = detect(bytes);
    let rest = &bytes[mark..];
    if encoding == UTF_8 {
        return Cow::Borrowed(rest);
    }
    // Half a character at the end is dropped.
    let (text, _) = encoding.decode_without_bom_handling(&rest[..rest.len() & !1]);
    Cow::Owned(text.into_owned().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::to_utf8;

    #[test]
    fn marks_go_and_utf16_becomes_utf8() {
        for bytes in [&b"\xef\xbb\xbfJ\xc3\xb6"[..], b"\xff\xfeJ\0\xf6\0", b"\xfe\xff\0J\0\xf6", b"J\xc3\xb6"]
        {
            assert_eq!(to_utf8(bytes).as_ref(), "Jö".as_bytes(), "{bytes:?}");
        }
        assert_eq!(to_utf8(b"N\0a\0m\0e\0,\0\xf6\0").as_ref(), "Name,ö".as_bytes());
        assert_eq!(to_utf8(b"\0N\0a\0m\0e\0,\0\xf6").as_ref(), "Name,ö".as_bytes());
        // Half a character at the end, and half a surrogate pair.
        assert_eq!(to_utf8(b"\xff\xfeJ\0\xf6").as_ref(), b"J");
        assert_eq!(to_utf8(b"\xff\xfe\x00\xd8").as_ref(), "\u{fffd}".as_bytes());
        assert_eq!(to_utf8(b"a\0b").as_ref(), b"a\0b");
    }
}
