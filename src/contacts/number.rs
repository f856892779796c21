//! Keys for the numbers of contacts: numbers that are the same get the same key, however they are written.

use std::borrow::Cow;
use std::ops::Range;

use super::Unusable;
use crate::core::{caller, text};

/// The longest number, in characters, including its extension and blanks.
const NUMBER_MAX: usize = 64;

/// The most digits of a number, with its country code (E.164).
const DIGITS_MAX: usize = 15;

/// The fewest digits on both sides of a separator to be two numbers and not one with its extension or
/// its area code.
const SEVERAL_MIN: usize = 7;

/// The most numbers in one text. More is no list of numbers.
const SEVERAL_MAX: usize = 32;

/// Separators between numbers. A `+` after a blank begins another one.
const SEPARATORS: [&str; 9] = ["\n", "|", ":::", ",", ";", "&", " or ", " and ", " +"];

/// The starts of an extension, longer ones first. Includes pauses (`,` `;` `p` `w`): digits dialled
/// after a pause are not part of the number.
const EXTENSION_MARKS: [&str; 8] = ["ext", "x", "#", ",", ";", "p", "w", "*"];

/// Returns the numbers in a contact's field `written`: usually one. Programs write several into one field.
pub(super) fn several(written: &str) -> Vec<&str> {
    if written.len() > SEVERAL_MAX * NUMBER_MAX || digits_in(written) < 2 * SEVERAL_MIN {
        return vec![written];
    }
    // A slash is also what some write after the area code.
    let numbers = apart(written, &SEPARATORS).into_iter().flat_map(|number| apart(number, &["/"]));
    numbers.flat_map(side_by_side).map(str::trim).collect()
}

/// Splits `written` at those separators that have whole numbers on both sides.
fn apart<'w>(written: &'w str, separators: &[&str]) -> Vec<&'w str> {
    // In ASCII only, so that places stay what they are.
    let lower = written.to_ascii_lowercase();
    let found = separators.iter().flat_map(|mark| lower.match_indices(mark));
    // The plus sign belongs to the number.
    let mut found: Vec<Range<usize>> =
        found.map(|(at, mark)| at..at + mark.trim_end_matches('+').len()).collect();
    found.sort_unstable_by_key(|place| place.start);
    let mut numbers = Vec::new();
    let mut start = 0;
    for (index, place) in found.iter().enumerate() {
        let end = found.get(index + 1).map_or(written.len(), |next| next.start);
        // Separators may overlap, as in `& +`.
        let (Some(left), Some(right)) = (written.get(start..place.start), written.get(place.end..end)) else {
            continue;
        };
        if digits_in(left) >= SEVERAL_MIN && digits_in(right) >= SEVERAL_MIN {
            numbers.push(left);
            start = place.end;
        }
    }
    numbers.push(&written[start..]);
    numbers
}

/// Splits numbers with only a blank between them: together they have too many digits for one.
fn side_by_side(written: &str) -> Vec<&str> {
    let words: Vec<&str> = written.split_whitespace().collect();
    let split = digits_in(written) > DIGITS_MAX && words.iter().all(|word| digits_in(word) >= SEVERAL_MIN);
    if split { words } else { vec![written] }
}

fn digits_in(text: &str) -> usize {
    text.chars().filter(|c| text::digit(*c).is_some()).count()
}

/// Returns the key of a contact's number `written`: the number in E.164, if it is valid in `country` or with
/// its country code, else [`as_written`].
pub(super) fn key(written: &str, country: &str) -> Result<String, Unusable> {
    let number = Number::parse(written)?;
    Ok(match &number {
        Number::Digits(digits) => caller::e164(digits, country).unwrap_or_else(|| number.key()),
        Number::Text(_) => number.key(),
    })
}

/// Returns a number's digits, without its `+` and its extension. Returns any other text (such as a
/// sender's name) in upper case. Fails if no caller can be meant.
pub(super) fn as_written(written: &str) -> Result<String, Unusable> {
    Number::parse(written).map(|number| number.key())
}

/// What a text says of whom to call.
enum Number {
    /// Digits, perhaps with a `+`.
    Digits(String),
    /// Anything else, in upper case.
    Text(String),
}

impl Number {
    fn parse(written: &str) -> Result<Number, Unusable> {
        if written.len() > NUMBER_MAX * 4 {
            return Err(Unusable::TooLong);
        }
        let text: String =
            text::clean(written, NUMBER_MAX).chars().map(|c| text::digit(c).unwrap_or(c)).collect();
        // Spreadsheets write `'+91…` or `="+91…"`, so that the number is not taken for a formula.
        let text = text.trim_matches(|c| matches!(c, '\'' | '"' | '=' | ' '));
        if caller::is_withheld(text) {
            return Err(Unusable::Withheld);
        }
        let text = of_uri(text);
        let text = of_spreadsheet(without_remark(&text))?;
        let mut digits = String::with_capacity(16);
        for (at, c) in text.char_indices() {
            match c {
                '0'..='9' => digits.push(c),
                '+' if digits.is_empty() => digits.push(c),
                ' ' | '-' | '.' | '(' | ')' | '/' | '\u{2010}'..='\u{2015}' | '\u{2212}' => {}
                _ if digits.len() > 1 && is_extension(&text[at..]) => break,
                _ => return Ok(Number::Text(text.to_uppercase())),
            }
        }
        let significant = digits.trim_start_matches(['+', '0']);
        match significant.len() {
            0 => Err(Unusable::Empty),
            1..=DIGITS_MAX => Ok(Number::Digits(digits)),
            _ => Err(Unusable::TooLong),
        }
    }

    fn key(&self) -> String {
        match self {
            // A number may be newer than the rules for it. Servers leave out what programs write before
            // the country code.
            Number::Digits(digits) => {
                let bare = digits.trim_start_matches('+');
                bare.strip_prefix("00").filter(|bare| bare.len() >= SEVERAL_MIN).unwrap_or(bare).to_owned()
            }
            Number::Text(text) => text.clone(),
        }
    }
}

/// Returns the number of a URI: `tel:98765-00003;phone-context=+91` (RFC 3966).
fn of_uri(text: &str) -> Cow<'_, str> {
    let schemes = ["tel:", "callto:", "sms:"];
    let Some(text) = schemes.iter().find_map(|scheme| strip_prefix(text, scheme)) else {
        return Cow::Borrowed(text);
    };
    let text = text.trim_start_matches('/').replace("%20", " ").replace("%2B", "+").replace("%2b", "+");
    let mut parts = text.split(';');
    let number = parts.next().unwrap_or_default();
    let context = parts.find_map(|part| strip_prefix(part, "phone-context="));
    Cow::Owned(match context.filter(|context| context.starts_with('+') && !number.starts_with('+')) {
        Some(context) => format!("{context}{number}"),
        None => number.to_owned(),
    })
}

/// Returns `text` without a remark in parentheses after the number: `98765 43210 (home)`.
fn without_remark(text: &str) -> &str {
    let Some((number, remark)) = text.strip_suffix(')').and_then(|text| text.rsplit_once('(')) else {
        return text;
    };
    let is_remark = remark.chars().any(char::is_alphabetic) && number.contains(|c: char| c.is_ascii_digit());
    if is_remark { number.trim_end() } else { text }
}

/// Returns the digits of a number that a spreadsheet took for an amount: `919876500003.0` or
/// `9.19876500003E+11`. Fails if it was rounded, as `9.19877E+11` was.
fn of_spreadsheet(text: &str) -> Result<Cow<'_, str>, Unusable> {
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let amount = text.strip_prefix('+').unwrap_or(text);
    if let Some((whole, "0" | "00")) = amount.split_once('.')
        && all_digits(whole)
    {
        return Ok(Cow::Owned(text[..text.len() - amount.len() + whole.len()].to_owned()));
    }
    let Some((mantissa, power)) = amount.split_once(['E', 'e']) else { return Ok(Cow::Borrowed(text)) };
    let (whole, fraction) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, ""));
    let power = power.strip_prefix('+').unwrap_or(power);
    let is_amount = whole.len() == 1 && all_digits(whole) && (fraction.is_empty() || all_digits(fraction));
    let Some(power) = power.parse::<usize>().ok().filter(|_| is_amount && all_digits(power)) else {
        return Ok(Cow::Borrowed(text));
    };
    if fraction.len() < power {
        return Err(Unusable::Rounded);
    }
    let (digits, rest) = fraction.split_at(power);
    if rest.contains(|c| c != '0') {
        return Err(Unusable::Rounded);
    }
    Ok(Cow::Owned(format!("{whole}{digits}")))
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
    use super::super::Unusable;
    use super::{as_written, key, several};

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
            "tel:98765-43210;phone-context=+91",
            "tel:98765-43210;ext=1;PHONE-CONTEXT=+91",
            "tel:98765-43210;phone-context=example.com",
            "tel:+919876543210;phone-context=+1",
            "tel:%2B91%2098765%2043210",
            "98765 43210 x12",
            "98765 43210 ext. 12",
            "98765 43210 Extension 12",
            "98765 43210 #12",
            "98765 43210 (home)",
            "9876543210,,12#",
            "9876543210p12",
            "'+919876543210",
            "=\"+919876543210\"",
            "919876543210.0",
            "+919876543210.00",
            "9.19876543210E+11",
            "9,19876543210e11",
            "9.876543210E9",
            "+९१ ९८७६५ ४३२१०",
            "٩١٩٨٧٦٥٤٣٢١٠",
            "９８７６５４３２１０",
        ] {
            assert_eq!(key(written, "IN").as_deref(), Ok("+919876543210"), "{written:?}");
        }
        assert_eq!(key("+44 (0)20 7946 0018", "IN").as_deref(), Ok("+442079460018"));
        assert_eq!(key("020 7946 0018", "GB").as_deref(), Ok("+442079460018"));
    }

    #[test]
    fn a_number_that_the_rules_do_not_know_has_its_digits_as_its_key() {
        for written in ["+961 23 456 789", "0096123456789", "96123456789", "tel:23456789;phone-context=+961"]
        {
            assert_eq!(key(written, "IN").as_deref(), Ok("96123456789"), "{written}");
            assert_eq!(as_written(written).as_deref(), Ok("96123456789"), "{written}");
        }
        assert_eq!(key("+91 59876 50001", "IN"), key("915987650001", "IN"));
        assert_eq!(key("00123", "IN").as_deref(), Ok("00123"), "a short number keeps its zeros");
    }

    #[test]
    fn text_that_is_not_a_valid_number_keeps_its_digits_or_its_letters() {
        for (written, expected) in [
            ("139", Ok("139")),
            ("5 61-61", Ok("56161")),
            ("101 x2", Ok("101")),
            ("JD-hdfcbk", Ok("JD-HDFCBK")),
            ("1-800-FLOWERS", Ok("1-800-FLOWERS")),
            ("1-800-flowers", Ok("1-800-FLOWERS")),
            ("2E4", Err(Unusable::Rounded)),
            ("9.19877E+11", Err(Unusable::Rounded)),
            ("9.198765432105E+11", Err(Unusable::Rounded)),
            ("", Err(Unusable::Withheld)),
            (" - ", Err(Unusable::Withheld)),
            ("000", Err(Unusable::Withheld)),
            ("-1", Err(Unusable::Withheld)),
            (" Unknown ", Err(Unusable::Withheld)),
            ("ANONYMOUS", Err(Unusable::Withheld)),
            ("+", Err(Unusable::Empty)),
            ("tel:", Err(Unusable::Empty)),
            ("9876500003 98765", Ok("987650000398765")),
            ("9876500003 987651", Err(Unusable::TooLong)),
        ] {
            assert_eq!(as_written(written).as_deref(), expected.as_deref(), "{written:?}");
        }
        assert_eq!(as_written(&"1".repeat(1_000_000)), Err(Unusable::TooLong));
    }

    #[test]
    fn several_numbers_in_one_text_are_told_apart_from_extensions_and_area_codes() {
        for written in [
            "9876500003, 9876500004",
            "9876500003,9876500004",
            "9876500003/9876500004",
            "9876500003 / 9876500004",
            "9876500003; 9876500004",
            "9876500003\n9876500004",
            "9876500003 ::: 9876500004",
            "9876500003 or 9876500004",
            "9876500003 & 9876500004",
            "9876500003 9876500004",
        ] {
            assert_eq!(several(written), ["9876500003", "9876500004"], "{written:?}");
        }
        assert_eq!(
            several("+91 98765 00003 +91 98765 00004, 080/23456789"),
            ["+91 98765 00003", "+91 98765 00004", "080/23456789"]
        );
        assert_eq!(several("098765 00003/04, 080 2345 6789"), ["098765 00003/04", "080 2345 6789"]);
        for written in
            ["9876543210,,123456#", "030/1234567", "+49 (0)89/1234567", "98765 43210;ext=12", "", "Anita"]
        {
            assert_eq!(several(written), [written]);
        }
    }
}
