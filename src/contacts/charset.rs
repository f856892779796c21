//! The charset of contact files: decodes text that is not UTF-8.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;

/// Decodes a contact file in UTF-8, and lines that are not UTF-8 as Windows-1252 (Latin-1 with characters in
/// its gaps). Works line by line, so that one damaged line does not garble the others.
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
    use super::decode;

    #[test]
    fn each_line_is_utf8_or_windows_1252() {
        assert_eq!(decode(b"J\xc3\xb6rg\nJ\xf6rg\nO\x92Brien"), "Jörg\nJörg\nO’Brien");
    }
}
