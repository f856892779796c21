//! Names that are written with joiners: several tests need them.

use vmail::core::text::{clean, clean_lines};

/// Names that are written with joiners, selectors or tags: of scripts, and of emoji.
pub const JOINED: [&str; 8] = [
    "ශ්\u{200d}රී ලංකා",
    "गिर्\u{200d}यारोहक",
    "അവന്\u{200d}",
    "می\u{200c}خواهم",
    "র\u{200d}্যাব",
    "👨\u{200d}👩\u{200d}👧",
    "❤\u{fe0f}",
    "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
];

#[test]
fn joiners_stay_where_they_join() {
    for text in JOINED.into_iter().chain(["❤\u{fe0f}\u{200d}🔥", "葛\u{e0100}城"]) {
        assert_eq!(clean(text, 20), text);
        assert_eq!(clean_lines(text), text);
    }
}
