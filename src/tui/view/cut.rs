//! Fits a text into a cell: its start, or the part around what matched.

use std::ops::Range;

use ratatui::style::{Modifier, Style};
use unicode_segmentation::UnicodeSegmentation as _;

use crate::tui::view::pen::{Pen, width};

/// Returns the start of `text`, in bytes, that fits into `room` cells, with one for an ellipsis if that is
/// not all of it.
pub fn start(text: &str, room: u16) -> Range<usize> {
    let (mut used, mut cut) = (0, 0);
    for (at, grapheme) in text.grapheme_indices(true) {
        used += width(grapheme);
        if used > room {
            return 0..text[..cut].trim_end().len();
        }
        if used < room {
            cut = at + grapheme.len();
        }
    }
    0..text.len()
}

/// Returns the part of `text`, in bytes, to show in `room` cells: its start if what matched is there, else a
/// part around that, with room for an ellipsis at each side where something is cut. `hits` are ascending.
pub fn around(text: &str, hits: &[Range<usize>], room: u16) -> Range<usize> {
    let start = start(text, room);
    let (Some(first), Some(last)) = (hits.first(), hits.last()) else { return start };
    let (all, budget) = (first.start..last.end, room.saturating_sub(2));
    let longest = || hits.iter().rev().max_by_key(|hit| hit.len()).unwrap_or(first).clone();
    let fits = |part: &Range<usize>| text.get(part.clone()).is_some_and(|part| width(part) <= budget);
    let wanted = if fits(&all) { all } else { longest() };
    if wanted.end <= start.end {
        return start;
    }
    let Some(inside) = text.get(wanted.clone()) else { return start };
    // A fixed part of the cell is for what is before the match, so that it stays where it is while the
    // match grows as the user types.
    let before = (room / 3).min(budget.saturating_sub(width(inside)));
    let mut from = wanted.start - reach(text[..wanted.start].graphemes(true).rev(), before);
    if from > 0 && !text[..from].ends_with(' ') {
        // Begin with a whole word if there is one before the match.
        let word = text[from..wanted.start].find(' ').map(|blank| from + blank);
        from = word.unwrap_or(from);
    }
    from += text[from..wanted.start].len() - text[from..wanted.start].trim_start().len();
    let room = room - u16::from(from > 0);
    let rest = self::start(&text[from..], room);
    from..from + rest.end
}

/// Returns the length in bytes of as many `graphemes` as fit into `room` cells.
fn reach<'t>(graphemes: impl Iterator<Item = &'t str>, room: u16) -> usize {
    let (mut used, mut bytes) = (0, 0);
    for grapheme in graphemes {
        used += width(grapheme);
        if used > room {
            break;
        }
        bytes += grapheme.len();
    }
    bytes
}

/// Writes the `part` of `text`, with an ellipsis where something is cut, and with `hits` in the second
/// style.
pub fn write(
    text: &str,
    part: &Range<usize>,
    hits: &[Range<usize>],
    [style, hit]: [Style; 2],
    pen: &mut Pen<'_>,
) {
    if part.start > 0 {
        pen.write("…", style);
    }
    for (piece, style) in pieces(text, part, hits, [style, hit]) {
        pen.write(piece, style);
    }
    if part.end < text.len() {
        pen.write("…", style);
    }
}

/// Splits the `part` of `text` where `hits` begin and end, and gives these the second style.
pub fn pieces<'t>(
    text: &'t str,
    part: &Range<usize>,
    hits: &[Range<usize>],
    [style, hit]: [Style; 2],
) -> Vec<(&'t str, Style)> {
    // In a text of the same colour, a match that is only bold is easily missed.
    let hit = if hit.fg == style.fg { hit.add_modifier(Modifier::UNDERLINED) } else { hit };
    let mut pieces = Vec::new();
    let mut at = part.start;
    let mut add = |range: Range<usize>, style| {
        pieces.extend(text.get(range).filter(|piece| !piece.is_empty()).map(|piece| (piece, style)));
    };
    for range in hits {
        let (from, to) = (range.start.max(at), range.end.min(part.end));
        if from < to {
            add(at..from, style);
            add(from..to, hit);
            at = to;
        }
    }
    add(at..part.end, style);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The part that is shown of a text with `[…]` around what matched.
    fn shown(marked: &str, room: u16) -> String {
        let (mut text, mut hits, mut open) = (String::new(), Vec::new(), 0);
        for c in marked.chars() {
            match c {
                '[' => open = text.len(),
                ']' => hits.push(open..text.len()),
                c => text.push(c),
            }
        }
        let part = around(&text, &hits, room);
        let (before, after) = (part.start > 0, part.end < text.len());
        let sign = |cut| if cut { "…" } else { "" };
        let shown = format!("{}{}{}", sign(before), &text[part], sign(after));
        assert!(width(&shown) <= room, "{shown} is too wide");
        shown
    }

    #[test]
    fn the_start_is_shown_if_what_matched_is_in_it() {
        assert_eq!(shown("[call] back", 9), "call back");
        assert_eq!(shown("[call] back soon", 9), "call bac…");
        assert_eq!(shown("call back soon", 5), "call…");
        assert_eq!(shown("[x] and y", 1), "…");
    }

    #[test]
    fn the_words_around_a_match_are_shown() {
        let note = "Ravi has the papers about [invoice] 417 and wants a call";
        assert_eq!(shown(note, 28), "…about invoice 417 and want…");
        assert_eq!(shown(note, 14), "…invoice 417…");
        assert_eq!(shown(note, 9), "…invoice…");
        assert_eq!(shown(note, 4), "…in…");
        assert_eq!(shown("Ravi has the papers about [invoice 417]", 20), "…about invoice 417");
        assert_eq!(shown("A call about it, or [a] second, [b]", 14), "…a second, b");
        assert_eq!(shown("one [two] three four five six [seventh]", 11), "…seventh");
        assert_eq!(shown("日本語で話す人から[電話]がありました", 12), "…から電話が…");
    }
}
