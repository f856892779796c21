//! Callers by libphonenumber's rules: how a number is written, and where it is from.
//!
//! The first number costs about 6 ms (metadata), so this is called when a row is stored and never
//! while drawing. Nothing here knows the store or the screen.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, Region};

/// A caller in every form that is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallerForms {
    /// What the list shows: `+91 98765 43210`, what came when it is no number, empty if withheld.
    pub display: String,
    /// `+919876543210`, if it is a valid number.
    pub e164: Option<String>,
    /// The two letters of its country (ISO 3166-1), if known.
    pub country: Option<String>,
}

/// What telephone systems send in place of a number that the caller keeps to themselves.
const WITHHELD: [&str; 8] =
    ["anonymous", "null", "private", "restricted", "unavailable", "undefined", "unknown", "withheld"];

/// The forms of `raw`, a caller as received; `country` (two letters, ISO 3166-1) is where a number
/// without a country code is from.
///
/// A country that libphonenumber does not know leaves only numbers with a country code valid.
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

/// `raw` in E.164 if it is a valid number, read as [`forms`] reads it: a fraction of the work.
pub fn e164(raw: &str, country: &str) -> Option<String> {
    number(raw.trim(), country).map(|number| number.format_as(PhoneNumberFormat::E164).into_owned())
}

/// The short English name of the country with this code (two letters, ISO 3166-1).
pub fn country_name(code: &str) -> Option<&'static str> {
    countries().find(|(known, _)| *known == code).map(|(_, name)| name)
}

/// Every country: its code and its short English name.
///
/// A text of our own: the crates have official names, which are long, or tables with a pointer for
/// each entry, which the loader would have to fix up at every start (2.5 MB of them in one).
pub fn countries() -> impl Iterator<Item = (&'static str, &'static str)> {
    include_str!("../assets/countries.txt").lines().filter_map(|line| line.split_once(' '))
}

fn is_withheld(raw: &str) -> bool {
    raw.chars().all(|c| matches!(c, '0' | '-')) || WITHHELD.iter().any(|word| raw.eq_ignore_ascii_case(word))
}

/// Reads `raw` the way the account's country dials it, and failing that as a number whose country
/// code comes first: TeleCMI leaves the `+` out, so London calls as 442079460018.
fn number(raw: &str, country: &str) -> Option<PhoneNumber> {
    // libphonenumber finds numbers inside of text and reads letters as keys; a caller is either a
    // number throughout, or a name.
    if !raw.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | ' ' | '-' | '.' | '(' | ')' | '/')) {
        return None;
    }
    let valid = |text: &str, region| {
        PHONE_NUMBER_UTIL.parse(text, region).ok().filter(|number: &PhoneNumber| number.is_valid())
    };
    let region = Region::from_code(&country.to_ascii_uppercase()).ok();
    // Zeros in front are `00` for abroad or a trunk prefix; no country code starts with one.
    valid(raw, region).or_else(|| {
        let international = format!("+{}", raw.trim_start_matches(|c: char| !matches!(c, '1'..='9')));
        valid(&international, None)
    })
}

/// Numbers of no country (`+800`, `+883`) have the region `001`.
fn is_country(code: &str) -> bool {
    code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use rlibphonenumber::PHONE_NUMBER_UTIL;

    use super::{CallerForms, country_name, forms, is_country};

    #[test]
    fn numbers_are_shown_the_international_way_however_they_came() {
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
            // Ten digits that two countries could have given: the account's own is likelier.
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
    fn a_number_of_no_country_is_still_a_number() {
        let universal = forms("+80012345678", "IN");
        assert_eq!(universal.e164.as_deref(), Some("+80012345678"));
        assert_eq!(universal.country, None);
    }

    #[test]
    fn what_is_no_number_is_shown_as_it_came() {
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
        for raw in ways.into_iter().chain(["Unavailable", "undefined"]) {
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
