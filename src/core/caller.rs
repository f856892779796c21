//! Callers: formats numbers and finds their countries, by libphonenumber's rules.
//!
//! The first number takes about 6 ms to load metadata, so this runs when a row is stored, never while
//! drawing. Nothing here knows the store or the screen.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, Region};

/// A caller in every form that vmail shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallerForms {
    /// The text in the list: `+91 98765 43210`, the caller as received if it is not a valid number, or
    /// empty if withheld.
    pub display: String,
    /// `+919876543210`, if it is a valid number.
    pub e164: Option<String>,
    /// The country (two letters, ISO 3166-1), if known.
    pub country: Option<String>,
}

/// Texts that telephone systems send for a withheld number.
const WITHHELD: [&str; 10] = [
    "-1",
    "anonymous",
    "blocked",
    "null",
    "private",
    "restricted",
    "unavailable",
    "undefined",
    "unknown",
    "withheld",
];

/// Returns the forms of `raw`, a caller as received; `country` (two letters, ISO 3166-1) is the country
/// of numbers without a country code.
///
/// If libphonenumber does not know `country`, only numbers with a country code are valid.
pub fn forms(raw: &str, country: &str) -> CallerForms {
    let raw = raw.trim();
    if is_withheld(raw) {
        return CallerForms::default();
    }
    let Some(number) = number(raw, country) else {
        return CallerForms { display: raw.to_owned(), ..CallerForms::default() };
    };
    CallerForms {
        display: number.format_as(PhoneNumberFormat::International).into_owned(),
        e164: Some(number.format_as(PhoneNumberFormat::E164).into_owned()),
        country: number.get_region_code().map(|region| region.to_string()).filter(|code| is_country(code)),
    }
}

/// Returns `raw` in E.164 if it is a valid number by the rules of [`forms`], but faster.
pub fn e164(raw: &str, country: &str) -> Option<String> {
    number(raw.trim(), country).map(|number| number.format_as(PhoneNumberFormat::E164).into_owned())
}

/// Returns the short English name of the country with this code (two letters, ISO 3166-1).
pub fn country_name(code: &str) -> Option<&'static str> {
    countries().find(|(known, _)| *known == code).map(|(_, name)| name)
}

/// Returns every country: its code and its short English name.
///
/// From a text file of our own: the crates have official names, which are long, or tables with a pointer
/// per entry, which the loader would have to relocate at every start (2.5 MB of them in one crate).
pub fn countries() -> impl Iterator<Item = (&'static str, &'static str)> {
    include_str!("../../assets/countries.txt").lines().filter_map(|line| line.split_once(' '))
}

/// Returns whether `raw`, a caller as received or a number of a contact, stands for a withheld number.
pub fn is_withheld(raw: &str) -> bool {
    let raw = raw.trim();
    raw.chars().all(|c| matches!(c, '0' | '-')) || WITHHELD.iter().any(|word| raw.eq_ignore_ascii_case(word))
}

/// Parses `raw` as dialled in the account's country, or else as a number with a country code but without
/// its `+`: TeleCMI leaves the `+` out, so a call from London has 442079460018.
fn number(raw: &str, country: &str) -> Option<PhoneNumber> {
    // libphonenumber finds numbers inside texts and converts letters to digits; a caller is either only
    // a number, or a name.
    if !raw.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | ' ' | '-' | '.' | '(' | ')' | '/')) {
        return None;
    }
    let valid = |text: &str, region| {
        PHONE_NUMBER_UTIL.parse(text, region).ok().filter(|number: &PhoneNumber| number.is_valid())
    };
    let region = Region::from_code(&country.to_ascii_uppercase()).ok();
    // Leading zeros are `00` for abroad or a trunk prefix; no country code starts with a zero.
    valid(raw, region).or_else(|| {
        let international = format!("+{}", raw.trim_start_matches(|c: char| !matches!(c, '1'..='9')));
        valid(&international, None)
    })
}

/// Returns whether `code` is a country. Numbers without a country (`+800`, `+883`) have the region `001`.
fn is_country(code: &str) -> bool {
    code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use rlibphonenumber::PHONE_NUMBER_UTIL;

    use super::{CallerForms, country_name, forms, is_country};

    #[test]
    fn numbers_are_shown_in_international_form_however_they_were_received() {
        let cases = [
            ("9876543210", "IN", "+91 98765 43210", "+919876543210", "IN"),
            ("919876543210", "IN", "+91 98765 43210", "+919876543210", "IN"),
            ("+919876543210", "IN", "+91 98765 43210", "+919876543210", "IN"),
            ("00919876543210", "IN", "+91 98765 43210", "+919876543210", "IN"),
            ("09876543210", "IN", "+91 98765 43210", "+919876543210", "IN"),
            ("0919876543210", "IN", "+91 98765 43210", "+919876543210", "IN"),
            (" +91 (98765) 432-10 ", "IN", "+91 98765 43210", "+919876543210", "IN"),
            ("9100000000", "IN", "+91 91000 00000", "+919100000000", "IN"),
            ("919100000000", "IN", "+91 91000 00000", "+919100000000", "IN"),
            ("442079460018", "IN", "+44 20 7946 0018", "+442079460018", "GB"),
            ("+442079460018", "IN", "+44 20 7946 0018", "+442079460018", "GB"),
            ("00442079460018", "IN", "+44 20 7946 0018", "+442079460018", "GB"),
            ("02079460018", "GB", "+44 20 7946 0018", "+442079460018", "GB"),
            ("02079460018", "gb", "+44 20 7946 0018", "+442079460018", "GB"),
            ("00442079460018", "US", "+44 20 7946 0018", "+442079460018", "GB"),
            ("12015550123", "IN", "+1 201-555-0123", "+12015550123", "US"),
            ("2015550123", "US", "+1 201-555-0123", "+12015550123", "US"),
            ("6561234567", "GB", "+65 6123 4567", "+6561234567", "SG"),
            // Ten digits that are valid in two countries: the account's own is more likely.
            ("6561234567", "IN", "+91 6561 234 567", "+916561234567", "IN"),
            ("919876543210", "nonsense", "+91 98765 43210", "+919876543210", "IN"),
            ("919876543210", "", "+91 98765 43210", "+919876543210", "IN"),
        ];
        for (raw, country, display, e164, code) in cases {
            let expected = CallerForms {
                display: display.to_owned(),
                e164: Some(e164.to_owned()),
                country: Some(code.to_owned()),
            };
            assert_eq!(forms(raw, country), expected, "{raw} in {country}");
            assert_eq!(super::e164(raw, country), expected.e164, "{raw} in {country}");
        }
    }

    #[test]
    fn a_number_without_a_country_is_still_a_number() {
        let universal = forms("+80012345678", "IN");
        assert_eq!(universal.e164.as_deref(), Some("+80012345678"));
        assert_eq!(universal.country, None);
    }

    #[test]
    fn a_caller_that_is_not_a_number_is_shown_as_received() {
        let names = [
            "139",
            "56161",
            "JD-HDFCBK",
            "Call 9876543210",
            "1-800-FLOWERS",
            "sip:9876543210@example.org",
            "+",
            "+-+",
            "99999999999999999999999",
            "१२३",
        ];
        for raw in names {
            let expected = CallerForms { display: raw.to_owned(), ..CallerForms::default() };
            assert_eq!(forms(raw, "IN"), expected, "{raw}");
        }
    }

    #[test]
    fn a_withheld_caller_shows_nothing() {
        let ways = ["", "  ", "0", "-", "null", "anonymous", "Anonymous", "UNKNOWN", "private", "Restricted"];
        for raw in ways.into_iter().chain(["Unavailable", "undefined", "Blocked", " withheld ", "-1"]) {
            assert_eq!(forms(raw, "IN"), CallerForms::default(), "{raw:?}");
        }
    }

    #[test]
    fn countries_have_names_short_enough_for_a_screen() {
        let names = [
            ("IN", "India"),
            ("GB", "United Kingdom"),
            ("US", "United States"),
            ("SG", "Singapore"),
            ("AE", "United Arab Emirates"),
            ("XK", "Kosovo"),
        ];
        for (code, name) in names {
            assert_eq!(country_name(code), Some(name));
        }
        assert_eq!(country_name("ZZ"), None);
    }

    #[test]
    fn every_country_with_numbers_has_a_name() {
        let nameless: Vec<_> = PHONE_NUMBER_UTIL
            .get_supported_regions()
            .map(|region| region.to_string())
            .filter(|code| is_country(code) && country_name(code).is_none())
            .collect();
        assert!(nameless.is_empty(), "{nameless:?}");
    }
}
