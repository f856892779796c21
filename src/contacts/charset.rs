//! Decodes the text of contact files, which is not always UTF-8.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;

/// Removes a byte-order mark; converts UTF-16 with such a mark to UTF-8.
pub(super) fn without_bom(bytes: &[u8]) -> Cow<'_, [u8]> {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, _) = bytes.as_chunks::<2>();
        let units = pairs.iter().map(|pair| unit(*pair));
        let text: String =
            char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        Cow::Owned(text.into_bytes())
    };
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => Cow::Borrowed(rest),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => Cow::Borrowed(bytes),
    }
}

/// Decodes UTF-8, and lines that are not UTF-8 as Windows-1252 (Latin-1 with characters in its gaps).
/// Works line by line, so that one damaged line does not garble the others.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(
        |_| {
            let lines = bytes.split_inclusive(|byte| *byte == b'\n');
            Cow::Owned(lines.fold(String::with_capacity(bytes.len() * 2), |mut text, line| {
                match std::str::from_utf8(line) {
                    Ok(line) => text.push_str(line),
                    Err(_) => text.push_str(&WINDOWS_1252.decode_without_bom_handling(line).0),
                }
                text
            }))
        },
        Cow::Borrowed,
    )
}

#[cfg(test)]
mod tests {
    use super::{decode, without_bom};

    #[test]
    fn marks_go_and_utf16_becomes_utf8() {
        for bytes in [&b"\xef\xbb\xbfJ\xc3\xb6"[..], b"\xff\xfeJ\0\xf6\0", b"\xfe\xff\0J\0\xf6", b"J\xc3\xb6"]
        {
            assert_eq!(without_bom(bytes).as_ref(), "Jö".as_bytes(), "{bytes:?}");
        }
        // Half a character at the end, and half a surrogate pair.
        assert_eq!(without_bom(b"\xff\xfeJ\0\xf6").as_ref(), b"J");
        assert_eq!(without_bom(b"\xff\xfe\x00\xd8").as_ref(), "\u{fffd}".as_bytes());
    }

    #[test]
    fn each_line_is_utf8_or_windows_1252() {
        assert_eq!(decode(b"J\xc3\xb6rg\nJ\xf6rg\nO\x92Brien"), "Jörg\nJörg\nO’Brien");
    }
}
