//! Keys for numbers: numbers that are the same get the same key, however they are written.

use crate::core::{caller, text};

/// The longest number, in characters, including its extension and blanks.
const NUMBER_MAX: usize = 64;

/// The starts of an extension, longer ones first. Includes pauses (`,` `;` `p` `w`): digits dialled
/// after a pause are not part of the number.
const EXTENSION_MARKS: [&str; 8] = ["ext", "x", "#", ",", ";", "p", "w", "*"];

/// Returns the key of `written`: the number in E.164, if it is valid in `country` or with its country
/// code, else [`as_written`].
pub(super) fn key(written: &str, country: &str) -> Option<String> {
    let key = as_written(written)?;
    Some(caller::e164(&key, country).unwrap_or(key))
}

/// Returns a number's digits, with its `+` and without its extension. Returns any other text (such as a
/// sender's name) in upper case. `None` if the text is empty or too long.
pub(super) fn as_written(written: &str) -> Option<String> {
    if written.len() > NUMBER_MAX * 4 {
        return None;
    }
    let text = text::clean(written, NUMBER_MAX);
    // Spreadsheets write `'+91…` or `="+91…"`, so that the number is not taken for a formula.
    let text = text.trim_matches(|c| matches!(c, '\'' | '"' | '=' | ' '));
    let text =
        ["tel:", "callto:", "sms:"].iter().find_map(|scheme| strip_prefix(text, scheme)).unwrap_or(text);
    let mut digits = String::with_capacity(16);
    for (at, c) in text.char_indices() {
        match c {
            '0'..='9' => digits.push(c),
            '+' if digits.is_empty() => digits.push(c),
            ' ' | '-' | '.' | '(' | ')' | '/' | '\u{2010}'..='\u{2015}' | '\u{2212}' => {}
            _ if digits.len() > 1 && is_extension(&text[at..]) => break,
            _ => return (!text.is_empty()).then(|| text.to_uppercase()),
        }
    }
    // A number of zeros means a withheld number.
    digits.contains(|c| matches!(c, '1'..='9')).then_some(digits)
}

fn is_extension(rest: &str) -> bool {
    let Some(number) = EXTENSION_MARKS.iter().find_map(|mark| strip_prefix(rest, mark)) else { return false };
    // The rest of "extension 12", "ext. 12" and ";ext=12".
    let number = ["ension", "n", "ext"].iter().find_map(|word| strip_prefix(number, word)).unwrap_or(number);
    number.chars().all(|c| c.is_ascii_digit() || " .:=,;#*".contains(c))
}

/// Returns `text` after `prefix`, which must be ASCII; ignores case.
fn strip_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::{as_written, key};

    #[test]
    fn one_number_has_one_key_however_it_is_written() {
        for written in [
            "+919876543210",
            "+91 98765 43210",
            "+91-98765-43210",
            "+91\u{a0}98765\u{2011}43210",
            "\u{202a}+91 98765 43210\u{202c}",
            "0091 98765 43210",
            "098765 43210",
            "98765.43210",
            "(98765) 43210",
            "919876543210",
            "tel:+91-98765-43210",
            "TEL:+91-98765-43210;ext=12",
            "98765 43210 x12",
            "98765 43210 ext. 12",
            "98765 43210 Extension 12",
            "98765 43210 #12",
            "9876543210,,12#",
            "9876543210p12",
            "'+919876543210",
            "=\"+919876543210\"",
        ] {
            assert_eq!(key(written, "IN").as_deref(), Some("+919876543210"), "{written:?}");
        }
        assert_eq!(key("+44 (0)20 7946 0018", "IN").as_deref(), Some("+442079460018"));
        assert_eq!(key("020 7946 0018", "GB").as_deref(), Some("+442079460018"));
    }

    #[test]
    fn text_that_is_not_a_valid_number_keeps_its_digits_or_its_letters() {
        for (written, expected) in [
            ("139", Some("139")),
            ("5 61-61", Some("56161")),
            ("101 x2", Some("101")),
            ("JD-hdfcbk", Some("JD-HDFCBK")),
            ("1-800-FLOWERS", Some("1-800-FLOWERS")),
            ("1-800-flowers", Some("1-800-FLOWERS")),
            ("98765 43210 (home)", Some("98765 43210 (HOME)")),
            ("", None),
            (" - ", None),
            ("+", None),
            ("000", None),
            ("tel:", None),
        ] {
            assert_eq!(as_written(written).as_deref(), expected, "{written:?}");
        }
        assert_eq!(as_written(&"1".repeat(1_000_000)), None);
    }
}
