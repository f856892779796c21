//! Makes untrusted text safe to show: text from a server, a file or a caller must not move the cursor,
//! change colours or reorder a line. Done once, where the text enters. Also the digits of any script.

use std::ops::Range;

use unicode_width::UnicodeWidthStr as _;

/// The longest caller to store, in characters. A number has at most 15 digits (E.164); the rest is room
/// for other texts that telephone systems send.
pub const CALLER_MAX: usize = 80;

/// The longest recording name to show, in characters.
pub const NAME_MAX: usize = 255;

/// The longest message of a server to show, in characters.
pub const MESSAGE_MAX: usize = 200;

/// Returns `text` without control and direction characters, with white space as single blanks, cut to
/// `max` characters (with an ellipsis if it was longer). Joiners stay where they join.
pub fn clean(text: &str, max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(max.saturating_mul(4)));
    let (mut count, mut blank) = (0, false);
    // The last character, which a joiner may follow.
    let mut last = ' ';
    for c in text.chars() {
        if c.is_whitespace() {
            blank = count > 0;
            last = ' ';
            continue;
        }
        if !is_safe(c) || (is_joiner(c) && !joins(last, c)) {
            continue;
        }
        let needed = 1 + usize::from(blank);
        if count + needed > max {
            // No room was reserved for the ellipsis, so it replaces the last character.
            out.pop();
            out.truncate(out.trim_end_matches(|c: char| c.is_whitespace() || is_joiner(c)).len());
            out.push('…');
            return out;
        }
        if blank {
            out.push(' ');
            blank = false;
        }
        out.push(c);
        last = c;
        count += needed;
    }
    out
}

/// Returns the lines of `text`, without control and direction characters and trailing white space; tabs
/// become single blanks. Drops blank lines at the start and the end. Joiners stay where they join.
pub fn clean_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let mut last = ' ';
        for c in line.chars().map(|c| if c.is_whitespace() { ' ' } else { c }) {
            if is_safe(c) && (!is_joiner(c) || joins(last, c)) {
                out.push(c);
                last = c;
            }
        }
        out.truncate(out.trim_end_matches(' ').len());
        out.push('\n');
    }
    out.trim_end().trim_start_matches('\n').to_owned()
}

/// Returns two lines, indented by two blanks: `text` made safe, and carets under its part `at` (in
/// bytes); one caret if that is empty. For error messages about a text that the user typed.
pub fn pointed(text: &str, at: &Range<usize>) -> String {
    let shown = |part: &str| {
        let safe = |c: char| match c {
            c if c.is_whitespace() => ' ',
            c if is_safe(c) => c,
            _ => char::REPLACEMENT_CHARACTER,
        };
        part.chars().map(safe).collect::<String>()
    };
    // Of whole texts: joined characters are not as wide as they are one by one.
    let cells = |end: usize| shown(text.get(..end).unwrap_or(text)).width();
    let (before, until) = (cells(at.start), cells(at.end));
    let carets = "^".repeat(until.saturating_sub(before).max(1));
    format!("  {}\n  {}{carets}", shown(text), " ".repeat(before))
}

/// The zeros of the scripts that have digits of their own, those of phones and keyboards; their other
/// digits follow.
const ZEROS: [char; 28] = [
    '\u{660}', '\u{6f0}', '\u{7c0}', '\u{966}', '\u{9e6}', '\u{a66}', '\u{ae6}', '\u{b66}', '\u{be6}',
    '\u{c66}', '\u{ce6}', '\u{d66}', '\u{de6}', '\u{e50}', '\u{ed0}', '\u{f20}', '\u{1040}', '\u{1090}',
    '\u{17e0}', '\u{1810}', '\u{1946}', '\u{1b50}', '\u{1c40}', '\u{1c50}', '\u{a8d0}', '\u{a9d0}',
    '\u{abf0}', '\u{ff10}',
];

/// Returns the ASCII form of a decimal digit of any script.
pub fn digit(c: char) -> Option<char> {
    if c.is_ascii() {
        return c.is_ascii_digit().then_some(c);
    }
    let zero = *ZEROS.get(ZEROS.partition_point(|zero| *zero <= c).checked_sub(1)?)?;
    char::from_digit(u32::from(c) - u32::from(zero), 10)
}

/// Returns whether `c` may be in a text that is shown: it is not a control or direction character.
pub fn is_safe(c: char) -> bool {
    !c.is_control() && !is_invisible(c)
}

const ZWNJ: char = '\u{200c}';
const ZWJ: char = '\u{200d}';

/// Returns whether the character `c` is invisible, but part of how the character before it is written: a
/// joiner or a non-joiner of letters or emoji, a variation selector, or a tag in a flag. Texts that differ in
/// these alone read the same.
pub fn is_joiner(c: char) -> bool {
    matches!(c, ZWNJ | ZWJ | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}') || is_tag(c)
}

/// The letters of a region after a black flag make it the region's flag.
const BLACK_FLAG: char = '\u{1f3f4}';

fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0020}'..='\u{e007f}')
}

/// Returns whether the joiner `c` has something to join in the character before it. Elsewhere it would
/// only deceive: a name of joiners alone looks empty.
fn joins(before: char, c: char) -> bool {
    if is_tag(c) {
        return before == BLACK_FLAG || is_tag(before);
    }
    match before {
        ' ' | ZWNJ | ZWJ => false,
        // Sequences of emoji have a joiner after a selector.
        before => !is_joiner(before) || c == ZWJ,
    }
}

/// Returns whether `c` is invisible and no joiner; some of these change how their neighbours are shown.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
        && !is_joiner(c)
}

#[cfg(test)]
mod tests {
    use super::{ZEROS, clean, clean_lines, digit, pointed};

    #[test]
    fn escapes_and_direction_marks_are_dropped() {
        assert_eq!(clean("\x1b[31mred\x07\u{202e}", 20), "[31mred");
    }

    #[test]
    fn digits_of_every_script_are_digits() {
        let digits = |text: &str| text.chars().filter_map(digit).collect::<String>();
        assert_eq!(digits("+९१-९८७६५ ٠٩ ۴ ০৯ ௧ ９a²½"), "91987650940919");
        assert!(ZEROS.is_sorted());
    }

    #[test]
    fn joiners_that_join_nothing_are_dropped() {
        for (text, expected) in [
            ("\u{200d}\u{200c}\u{fe0f}", ""),
            ("a \u{200d}b", "a b"),
            ("a\u{200d}\u{200d}\u{200c}b", "a\u{200d}b"),
            ("a\u{fe0f}\u{fe0e}\u{200d}", "a\u{fe0f}\u{200d}"),
            ("a\u{e0068}\u{e0069}", "a"),
            ("a\u{200b}\u{ad}\u{2060}\u{202e}b", "ab"),
        ] {
            assert_eq!(clean(text, 20), expected, "{text:?}");
            assert_eq!(clean_lines(text), expected, "{text:?}");
        }
        assert_eq!(clean("👨\u{200d}👩👧", 3), "👨…");
    }

    #[test]
    fn white_space_is_folded_and_trimmed() {
        assert_eq!(clean("  a\r\n\tb  ", 20), "a b");
    }

    #[test]
    fn long_text_is_cut_with_an_ellipsis() {
        assert_eq!(clean("abcdef", 4), "abc…");
        assert_eq!(clean("abcd", 4), "abcd");
        assert_eq!(clean("abc de", 5), "abc…");
    }

    #[test]
    fn carets_are_below_the_part_they_point_at() {
        assert_eq!(pointed("last wek", &(5..8)), "  last wek\n       ^^^");
        // Bytes are not columns: a letter of two bytes, a character two columns wide.
        assert_eq!(pointed("é 電 öö", &(7..11)), "  é 電 öö\n       ^^");
        assert_eq!(pointed("a 電", &(2..5)), "  a 電\n    ^^");
        assert_eq!(pointed("👨\u{200d}👩 x", &(12..13)), "  👨\u{200d}👩 x\n     ^");
        assert_eq!(pointed("7d..", &(4..4)), "  7d..\n      ^");
        assert_eq!(pointed("a\x1b[2J\n\tb", &(7..8)), "  a\u{fffd}[2J  b\n         ^");
    }

    #[test]
    fn lines_stay_lines() {
        let written = "\n \n  call\x1b[2J at 5 \r\n\n\t- ask\u{202e} Anita\u{2028}  \n\n";
        assert_eq!(clean_lines(written), "  call[2J at 5\n\n - ask Anita");
        assert_eq!(clean_lines(" \n\t\n"), "");
    }

    #[test]
    fn clean_lines_are_left_as_they_are() {
        for text in ["  a\n\n b c", "a\r\u{85}b \n", "\n  \n x \ny"] {
            let once = clean_lines(text);
            assert_eq!(clean_lines(&once), once, "{text:?}");
        }
    }
}
