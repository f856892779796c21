//! Folds a text for comparing: spellings that Unicode calls equivalent become the same characters,
//! whatever was typed, exported or received.

use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::{canonical_combining_class, decompose_canonical};
use unicode_normalization::{IsNormalized, is_nfc_quick};

use crate::core::text;

/// Calls `push` with each character of `text` in its folded form: composed where Unicode has a composed
/// form (NFC), without joiners, selectors and accents that stay apart, `ß` as `ss`. With `plain`, letters
/// lose their accents as well. The second argument is the place in `text`, in bytes, where the
/// characters begin that it was made of.
pub(super) fn fold(text: &str, plain: bool, mut push: impl FnMut(char, usize)) {
    let mut push = |c: char, at: usize| match c {
        'ß' => [at; 2].into_iter().for_each(|at| push('s', at)),
        'ẞ' => [at; 2].into_iter().for_each(|at| push('S', at)),
        // The form at the end of a word, which nucleo's rules leave as it is.
        'ς' => push('σ', at),
        _ if is_accent(c) => {}
        _ if plain && !c.is_ascii() => push(without_accents(c), at),
        _ => push(c, at),
    };
    let mut characters = text.char_indices().filter(|(_, c)| !text::is_joiner(*c)).peekable();
    let mut piece = String::new();
    while let Some((at, c)) = characters.next() {
        let ends = |next: Option<&(usize, char)>| next.is_none_or(|(_, next)| begins_piece(*next));
        if ends(characters.peek()) && is_composed(c) {
            push(c, at);
            continue;
        }
        piece.clear();
        piece.push(c);
        while let Some((_, c)) = characters.next_if(|(_, next)| !begins_piece(*next)) {
            piece.push(c);
        }
        if is_nfc_quick(piece.chars()) == IsNormalized::Yes {
            piece.chars().for_each(|c| push(c, at));
        } else {
            piece.nfc().for_each(|c| push(c, at));
        }
    }
}

/// Returns `text` in a form that is the same for all its spellings, in lower case: composed where Unicode
/// has a composed form, without joiners and accents that stay apart, `ß` as `ss`.
pub fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold(text, false, |c, _| folded.extend(c.to_lowercase()));
    folded
}

/// Returns whether `c` is a combining diacritical mark: `e` followed by one looks like `é`.
pub(super) fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// The first character that composes with others.
const KNOWN_START: u32 = 0x300;

/// The characters up to here are those of most scripts with letters. What is asked of each is found out
/// once: notes are folded at every keystroke.
const KNOWN_END: u32 = 0x2000;

/// For each of these characters, whether it begins a piece, and whether it is composed.
static KNOWN: LazyLock<Vec<(bool, bool)>> = LazyLock::new(|| {
    let known = (KNOWN_START..KNOWN_END).filter_map(char::from_u32);
    known.map(|c| (find_begins_piece(c), find_composed(c))).collect()
});

fn known(c: char) -> Option<(bool, bool)> {
    // Characters beyond the table must not make it.
    let index = u32::from(c).checked_sub(KNOWN_START).filter(|_| u32::from(c) < KNOWN_END)?;
    KNOWN.get(index as usize).copied()
}

/// Returns whether nothing before `c` can be composed with it.
fn begins_piece(c: char) -> bool {
    u32::from(c) < KNOWN_START || known(c).map_or_else(|| find_begins_piece(c), |(begins, _)| begins)
}

fn find_begins_piece(c: char) -> bool {
    let mut first = None;
    decompose_canonical(c, |part| first = first.or(Some(part)));
    first.is_some_and(|first| canonical_combining_class(first) == 0 && find_composed(first))
}

fn is_composed(c: char) -> bool {
    u32::from(c) < KNOWN_START || known(c).map_or_else(|| find_composed(c), |(_, composed)| composed)
}

fn find_composed(c: char) -> bool {
    is_nfc_quick(std::iter::once(c)) == IsNormalized::Yes
}

/// Returns `c` without the accents that it is composed with.
fn without_accents(c: char) -> char {
    let (mut base, mut others) = (c, false);
    let mut count = 0;
    decompose_canonical(c, |part| {
        if count == 0 {
            base = part;
        } else {
            others |= !is_accent(part);
        }
        count += 1;
    });
    if others { c } else { base }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization as _;

    use super::*;

    fn of(text: &str, plain: bool) -> (String, Vec<usize>) {
        let mut folded = (String::new(), Vec::new());
        fold(text, plain, |c, at| {
            folded.0.push(c);
            folded.1.push(at);
        });
        folded
    }

    #[test]
    fn equivalent_spellings_fold_to_one() {
        for (one, other) in [
            ("\u{95e}\u{93f}\u{930}\u{94b}\u{95b}", "\u{92b}\u{93c}\u{93f}\u{930}\u{94b}\u{91c}\u{93c}"),
            ("\u{9cb}", "\u{9c7}\u{9be}"),
            ("\u{b95}\u{bca}", "\u{b95}\u{bc6}\u{bbe}"),
            ("김철수", "\u{1100}\u{1175}\u{11b7}\u{110e}\u{1165}\u{11af}\u{1109}\u{116e}"),
            ("\u{1ec4}", "E\u{302}\u{303}"),
            ("\u{1ec7}", "e\u{323}\u{302}"),
            ("\u{212b}", "A\u{30a}"),
            ("ශ්\u{200d}රී", "ශ්රී"),
            ("❤\u{fe0f}", "❤"),
            ("ß", "ss"),
            ("ẞ", "SS"),
        ] {
            for plain in [false, true] {
                assert_eq!(of(one, plain).0, of(other, plain).0, "{one} {other}");
            }
        }
        assert_eq!(of("Nguy\u{1ec5}n Éloïse й", true).0, "Nguyen Eloise и");
        assert_eq!(of("Nguy\u{1ec5}n q\u{303}", false).0, "Nguy\u{1ec5}n q");
        assert_eq!(of("q\u{303}", true).0, "q");
    }

    #[test]
    fn every_character_knows_where_it_comes_from() {
        let (folded, places) = of("a\u{95e}e\u{301}\u{200d}ß!", false);
        assert_eq!(folded, "a\u{92b}\u{93c}éss!");
        assert_eq!(places, [0, 1, 1, 4, 10, 10, 12]);
    }

    proptest! {
        #[test]
        fn folding_by_pieces_is_folding_the_whole(text in "[\u{20}-\u{17f}\u{300}-\u{345}\u{900}-\u{9ff}\u{b80}-\u{bff}\u{1100}-\u{11ff}\u{ac00}-\u{ac80}\u{1e00}-\u{1fff}ßΣς]{0,8}") {
            for form in [text.nfc().collect::<String>(), text.nfd().collect()] {
                for plain in [false, true] {
                    prop_assert_eq!(of(&form, plain).0, of(&text, plain).0);
                }
            }
        }
    }
}
