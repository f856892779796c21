//! Makes untrusted text safe to show: text from a server, a file or a caller must not move the cursor,
//! change colours or reorder a line. Done once, where the text enters.

use std::ops::Range;

use unicode_width::UnicodeWidthChar as _;

/// The longest caller to store, in characters. A number has at most 15 digits (E.164); the rest is room
/// for other texts that telephone systems send.
pub const CALLER_MAX: usize = 80;

/// The longest recording name to show, in characters.
pub const NAME_MAX: usize = 255;

/// The longest message of a server to show, in characters.
pub const MESSAGE_MAX: usize = 200;

/// Returns `text` without control and direction characters, with white space as single blanks, cut to
/// `max` characters (with an ellipsis if it was longer).
pub fn clean(text: &str, max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(max * 4));
    let (mut count, mut blank) = (0, false);
    for c in text.chars() {
        if c.is_whitespace() {
            blank = count > 0;
            continue;
        }
        if c.is_control() || is_invisible(c) {
            continue;
        }
        let needed = 1 + usize::from(blank);
        if count + needed > max {
            // No room was reserved for the ellipsis, so it replaces the last character.
            out.pop();
            out.truncate(out.trim_end().len());
            out.push('…');
            return out;
        }
        if blank {
            out.push(' ');
            blank = false;
        }
        out.push(c);
        count += needed;
    }
    out
}

/// Returns the lines of `text`, without control and direction characters and trailing white space; tabs
/// become single blanks. Drops blank lines at the start and the end, and anything after `max`
/// characters.
pub fn clean_lines(text: &str, max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(max * 4));
    for line in text.lines() {
        let kept = line.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
        out.extend(kept.filter(|c| !c.is_control() && !is_invisible(*c)));
        out.truncate(out.trim_end_matches(' ').len());
        out.push('\n');
    }
    let out = out.trim_end().trim_start_matches('\n');
    out.chars().take(max).collect::<String>().trim_end().to_owned()
}

/// Returns two lines, indented by two blanks: `text` made safe, and carets under its part `at` (in
/// bytes); one caret if that is empty. For error messages about a text that the user typed.
pub fn pointed(text: &str, at: &Range<usize>) -> String {
    let (mut shown, mut before, mut marks) = (String::with_capacity(text.len()), 0, 0);
    for (place, c) in text.char_indices() {
        let c = match c {
            c if c.is_whitespace() => ' ',
            c if c.is_control() || is_invisible(c) => char::REPLACEMENT_CHARACTER,
            c => c,
        };
        let width = c.width().unwrap_or(0);
        if place < at.start {
            before += width;
        } else if place < at.end {
            marks += width;
        }
        shown.push(c);
    }
    format!("  {shown}\n  {}{}", " ".repeat(before), "^".repeat(marks.max(1)))
}

/// Returns whether `c` is invisible but changes how its neighbours are shown.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::{clean, clean_lines, pointed};

    #[test]
    fn escapes_and_direction_marks_are_dropped() {
        assert_eq!(clean("\x1b[31mred\x07\u{202e}", 20), "[31mred");
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
        assert_eq!(pointed("7d..", &(4..4)), "  7d..\n      ^");
        assert_eq!(pointed("a\x1b[2J\n\tb", &(7..8)), "  a\u{fffd}[2J  b\n         ^");
    }

    #[test]
    fn lines_stay_lines() {
        let written = "\n \n  call\x1b[2J at 5 \r\n\n\t- ask\u{202e} Anita\u{2028}  \n\n";
        assert_eq!(clean_lines(written, 100), "  call[2J at 5\n\n - ask Anita");
        assert_eq!(clean_lines("ab \ncd", 3), "ab");
        assert_eq!(clean_lines(" \n\t\n", 9), "");
    }

    #[test]
    fn clean_lines_are_left_as_they_are() {
        for (text, max) in [("  a\n\n b c", 20), ("a\r\u{85}b \n", 3), ("\n  \n x \ny", 4)] {
            let once = clean_lines(text, max);
            assert_eq!(clean_lines(&once, max), once, "{text:?}");
        }
    }
}
