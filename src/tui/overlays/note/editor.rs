//! A multi-line text field: editing, cursor movement and line wrapping. Data only; nothing is drawn here.
//!
//! Not `ratatui-textarea` (0.9): its width and scroll position are only set when it is drawn, and it
//! moves by `char`, so that Backspace would delete half of a flag emoji.

use std::ops::Range;

use ratatui::layout::Size;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use crate::core::text;

/// An editing step or a cursor movement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// One grapheme back.
    Left,
    /// One grapheme forward.
    Right,
    /// To the start of the word.
    WordLeft,
    /// To the start of the next word.
    WordRight,
    /// One screen line up.
    Up,
    /// One screen line down.
    Down,
    /// One page up.
    PageUp,
    /// One page down.
    PageDown,
    /// To the start of the line; wrapping does not count.
    LineStart,
    /// To the end of the line; wrapping does not count.
    LineEnd,
    /// To the start of the text.
    Start,
    /// To the end of the text.
    End,
    /// Deletes the character before the cursor.
    Backspace,
    /// Deletes the character after the cursor.
    Delete,
    /// Deletes the word before the cursor.
    DeleteWord,
    /// Deletes from the start of the line to the cursor.
    DeleteToStart,
    /// Deletes from the cursor to the end of the line; at its end, the line break.
    DeleteToEnd,
}

/// The text and the cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Editor {
    text: String,
    /// In bytes; always on a grapheme boundary.
    cursor: usize,
    /// The column that Up and Down return to after shorter lines, in cells.
    column: Option<usize>,
    /// The first visible line as of the last step.
    top: usize,
}

impl Editor {
    /// Returns a multi-line field with `text`, the cursor at its end.
    pub fn new(text: &str) -> Editor {
        Editor { text: text.to_owned(), cursor: text.len(), ..Editor::default() }
    }

    /// Returns the text of the multi-line field.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Inserts `before` at the start of the field's text. The cursor stays at its place in the rest.
    pub fn prepend(&mut self, before: &str) {
        self.text.insert_str(0, before);
        self.cursor += before.len();
        self.place_cursor();
    }

    /// Inserts `text` at the cursor of the multi-line field. Returns false, and inserts nothing, if it would
    /// have more than `max` characters. Unsafe characters are removed, and other whitespace becomes a blank.
    pub fn insert(&mut self, text: &str, max: usize) -> bool {
        let mut last = ' ';
        let safe = text.chars().filter_map(|c| {
            let before = std::mem::replace(&mut last, c);
            match c {
                '\n' if before == '\r' => None,
                '\r' | '\n' => Some('\n'),
                _ if c.is_whitespace() => Some(' '),
                _ => text::is_safe(c).then_some(c),
            }
        });
        let typed: String = safe.collect();
        if !typed.is_empty() && self.text.chars().count() + typed.chars().count() > max {
            return false;
        }
        self.text.insert_str(self.cursor, &typed);
        self.cursor += typed.len();
        self.place_cursor();
        true
    }

    /// Applies a step of editing, in a window of that size.
    pub fn step(&mut self, step: Motion, window: Size) {
        let page = usize::from(window.height).max(2) as isize - 1;
        match step {
            Motion::Up => return self.move_lines(-1, window),
            Motion::Down => return self.move_lines(1, window),
            Motion::PageUp => return self.move_lines(-page, window),
            Motion::PageDown => return self.move_lines(page, window),
            Motion::Left => self.cursor = self.before(),
            Motion::Right => self.cursor = self.after(),
            Motion::WordLeft => self.cursor = self.word_before(),
            Motion::WordRight => self.cursor = self.word_after(),
            Motion::LineStart => self.cursor = self.line().start,
            Motion::LineEnd => self.cursor = self.line().end,
            Motion::Start => self.cursor = 0,
            Motion::End => self.cursor = self.text.len(),
            Motion::Backspace => self.delete(self.before()..self.cursor),
            Motion::Delete => self.delete(self.cursor..self.after()),
            Motion::DeleteWord => self.delete(self.word_before()..self.cursor),
            Motion::DeleteToStart => self.delete(self.line().start..self.cursor),
            Motion::DeleteToEnd if self.cursor == self.line().end => self.delete(self.cursor..self.after()),
            Motion::DeleteToEnd => self.delete(self.cursor..self.line().end),
        }
        self.place_cursor();
    }

    /// Scrolls the multi-line field as little as needed to keep the cursor in the window.
    pub fn scroll(&mut self, window: Size) {
        self.top = self.top(window);
    }

    /// Returns the first visible line of the multi-line field.
    pub fn top(&self, window: Size) -> usize {
        self.top_of(&self.lines(window.width), window)
    }

    /// The same for the `lines` of that width: wrapping a long text takes most of the time of a key.
    pub fn top_of(&self, lines: &[Range<usize>], window: Size) -> usize {
        let (line, _) = self.place(lines);
        let height = usize::from(window.height).max(1);
        self.top.clamp((line + 1).saturating_sub(height), line)
    }

    /// Returns the field's screen lines as byte ranges of the text, wrapped between words. A word that is
    /// wider than `width` cells is wrapped anywhere. Blanks stay at the end of their line and may exceed the
    /// width.
    pub fn lines(&self, width: u16) -> Vec<Range<usize>> {
        let mut lines = Vec::new();
        let mut start = 0;
        for written in self.text.split('\n') {
            wrap(written, start, usize::from(width.max(1)), &mut lines);
            start += written.len() + 1;
        }
        lines
    }

    /// Returns the line of the cursor in `lines`, and its column in cells.
    pub fn place(&self, lines: &[Range<usize>]) -> (usize, usize) {
        let line = lines.partition_point(|line| line.start <= self.cursor).saturating_sub(1);
        let start = lines.get(line).map_or(0, |line| line.start);
        (line, self.text[start..self.cursor].width())
    }

    fn move_lines(&mut self, by: isize, window: Size) {
        let lines = self.lines(window.width);
        let (line, column) = self.place(&lines);
        let wanted = line.saturating_add_signed(by).min(lines.len() - 1);
        if wanted == line {
            // Up from the first line goes to the start of the text, down from the last line to its end.
            self.cursor = if by < 0 { 0 } else { self.text.len() };
            self.column = None;
            return;
        }
        let column = *self.column.get_or_insert(column);
        let range = lines[wanted].clone();
        let broken = lines.get(wanted + 1).is_some_and(|next| next.start == range.end);
        let (mut cells, mut cursor) = (0, range.start);
        for grapheme in self.text[range.clone()].graphemes(true) {
            let after = cursor + grapheme.len();
            // The end of a wrapped line is the start of the next one.
            if cells + grapheme.width() > column || broken && after == range.end {
                break;
            }
            cells += grapheme.width();
            cursor = after;
        }
        self.cursor = cursor;
    }

    /// Returns the line of the cursor, without its line break and before wrapping.
    fn line(&self) -> Range<usize> {
        let start = self.text[..self.cursor].rfind('\n').map_or(0, |at| at + 1);
        let end = self.text[self.cursor..].find('\n').map_or(self.text.len(), |at| self.cursor + at);
        start..end
    }

    fn before(&self) -> usize {
        let last = self.text[..self.cursor].graphemes(true).next_back();
        self.cursor - last.map_or(0, str::len)
    }

    fn after(&self) -> usize {
        self.cursor + self.text[self.cursor..].graphemes(true).next().map_or(0, str::len)
    }

    fn word_before(&self) -> usize {
        let before = self.text[..self.cursor].trim_end();
        before
            .rfind(char::is_whitespace)
            .map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8))
    }

    fn word_after(&self) -> usize {
        let after = &self.text[self.cursor..];
        let end = after.find(char::is_whitespace).unwrap_or(after.len());
        let blanks = after[end..].find(|c: char| !c.is_whitespace()).unwrap_or(after.len() - end);
        self.cursor + end + blanks
    }

    fn delete(&mut self, range: Range<usize>) {
        self.cursor = range.start;
        self.text.replace_range(range, "");
    }

    /// Moves the cursor to a grapheme boundary: an edit may have joined characters around it.
    fn place_cursor(&mut self) {
        self.column = None;
        let start = self.line().start;
        let mut ends = self.text[start..].grapheme_indices(true).map(|(at, _)| start + at);
        self.cursor = ends.find(|at| *at >= self.cursor).unwrap_or(self.text.len());
    }
}

/// Wraps `written`, a line that starts at byte `start` of the text, and appends the ranges to `lines`.
fn wrap(written: &str, start: usize, width: usize, lines: &mut Vec<Range<usize>>) {
    let mut line = 0;
    let mut cells = 0;
    // The start of the word, and the cells before it on the line.
    let (mut word, mut before_word) = (0, 0);
    for (at, grapheme) in written.grapheme_indices(true) {
        let needed = grapheme.width();
        if grapheme.chars().all(char::is_whitespace) {
            cells += needed;
            (word, before_word) = (at + grapheme.len(), cells);
            continue;
        }
        // Twice if the word does not fit on the next line either.
        while cells + needed > width && at > line {
            if word == line {
                (word, before_word) = (at, cells);
            }
            lines.push(start + line..start + word);
            line = word;
            cells -= before_word;
            before_word = 0;
        }
        cells += needed;
    }
    lines.push(start + line..start + written.len());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WINDOW: Size = Size { width: 10, height: 3 };

    fn lines(text: &str, width: u16) -> Vec<String> {
        let field = Editor::new(text);
        field.lines(width).into_iter().map(|line| field.text[line].to_owned()).collect()
    }

    /// Applies `steps` from the end of `text`. Returns the text with a bar for the cursor.
    fn after(text: &str, steps: &[Motion]) -> String {
        let mut field = Editor::new(text);
        for step in steps {
            field.step(*step, WINDOW);
        }
        let mut text = field.text.clone();
        text.insert(field.cursor, '|');
        text
    }

    #[test]
    fn lines_are_broken_between_words_and_long_words_anywhere() {
        assert_eq!(lines("one two three", 6), ["one ", "two ", "three"]);
        assert_eq!(lines("one two three", 7), ["one two ", "three"]);
        assert_eq!(lines("abcdefgh ij", 3), ["abc", "def", "gh ", "ij"]);
        assert_eq!(lines("a\n\nb\n", 3), ["a", "", "b", ""]);
        assert_eq!(lines("", 3), [""]);
        assert_eq!(lines("in abcdef", 4), ["in ", "abcd", "ef"]);
        assert_eq!(lines("日本語", 4), ["日本", "語"]);
        assert_eq!(lines("日", 1), ["日"]);
        assert_eq!(lines(" a日", 2), [" ", "a", "日"]);
    }

    #[test]
    fn the_cursor_steps_by_what_people_see() {
        assert_eq!(after("a🇮🇳", &[Motion::Backspace]), "a|");
        assert_eq!(after("ae\u{301}", &[Motion::Left]), "a|e\u{301}");
        assert_eq!(after("a\nb", &[Motion::Left, Motion::Left]), "a|\nb");
        assert_eq!(after("ab", &[Motion::Start, Motion::Delete]), "|b");
        assert_eq!(after("", &[Motion::Left, Motion::Right, Motion::Backspace, Motion::Delete]), "|");
    }

    #[test]
    fn words_and_lines_are_deleted_as_in_a_shell() {
        assert_eq!(after("call at five  ", &[Motion::DeleteWord]), "call at |");
        assert_eq!(after("a\nb c", &[Motion::DeleteToStart]), "a\n|");
        assert_eq!(after("a b\nc", &[Motion::Start, Motion::WordRight, Motion::DeleteToEnd]), "a |\nc");
        assert_eq!(after("a\nb", &[Motion::Start, Motion::LineEnd, Motion::DeleteToEnd]), "a|b");
        assert_eq!(after("a b", &[Motion::WordLeft, Motion::WordLeft, Motion::WordLeft]), "|a b");
        assert_eq!(after("ab\u{2003}cd", &[Motion::WordLeft]), "ab\u{2003}|cd");
    }

    #[test]
    fn up_and_down_go_by_lines_of_the_screen_and_keep_the_column() {
        // On screen: "the first ", "line and", "ab", "another 12", "line".
        let text = "the first line and\nab\nanother 12 line";
        assert_eq!(after(text, &[Motion::Up]), "the first line and\nab\nanot|her 12 line");
        assert_eq!(after(text, &[Motion::Up, Motion::Up]), "the first line and\nab|\nanother 12 line");
        let three = [Motion::Up, Motion::Up, Motion::Up];
        assert_eq!(after(text, &three), "the first line| and\nab\nanother 12 line");
        assert_eq!(after(text, &[Motion::PageUp, Motion::PageUp, Motion::PageUp]).find('|'), Some(0));
        assert_eq!(after(text, &[Motion::Start, Motion::Up]).find('|'), Some(0));
        assert_eq!(after("ab\ncd", &[Motion::Start, Motion::Down, Motion::Down]), "ab\ncd|");
    }

    #[test]
    fn the_end_of_a_broken_line_is_the_start_of_the_next() {
        let mut field = Editor::new("one two three");
        field.step(Motion::Start, WINDOW);
        for _ in 0..8 {
            field.step(Motion::Right, WINDOW);
        }
        assert_eq!(field.place(&field.lines(8)), (1, 0));
    }

    #[test]
    fn what_is_pasted_is_made_safe_and_refused_if_it_does_not_fit() {
        let mut field = Editor::default();
        assert!(field.insert("a\r\nb\rc\td\x1b[2J\u{202e}", 100));
        assert_eq!(field.text(), "a\nb\nc d[2J");
        assert!(!field.insert("1234", 13));
        assert_eq!(field.text(), "a\nb\nc d[2J");
        assert!(field.insert("123", 13));
        assert!(field.insert("\u{202e}", 13));
        assert_eq!(field.text(), "a\nb\nc d[2J123");
    }

    #[test]
    fn the_window_follows_the_cursor_and_no_more() {
        let mut field = Editor::new("1\n2\n3\n4\n5");
        field.scroll(WINDOW);
        assert_eq!(field.top(WINDOW), 2);
        field.step(Motion::Up, WINDOW);
        field.scroll(WINDOW);
        assert_eq!(field.top(WINDOW), 2);
        field.step(Motion::Start, WINDOW);
        assert_eq!(field.top(WINDOW), 0);
    }

    fn any_step() -> impl Strategy<Value = Motion> {
        use Motion::*;
        prop::sample::select(vec![
            Left,
            Right,
            WordLeft,
            WordRight,
            Up,
            Down,
            PageUp,
            PageDown,
            LineStart,
            LineEnd,
            Start,
            End,
            Backspace,
            Delete,
            DeleteWord,
            DeleteToStart,
            DeleteToEnd,
        ])
    }

    proptest! {
        #[test]
        fn the_cursor_stays_between_characters_and_the_lines_are_the_text(
            steps in prop::collection::vec((any_step(), "[a-c \n日é\u{301}🇮👍🏽]{0,6}"), 0..30),
            width in 1u16..12,
        ) {
            let window = Size { width, height: 3 };
            let mut field = Editor::default();
            for (step, typed) in steps {
                field.insert(&typed, 60);
                field.step(step, window);
                field.scroll(window);
                prop_assert!(field.text.is_char_boundary(field.cursor));
                let line = field.line();
                let boundary = field.text[line.clone()]
                    .grapheme_indices(true)
                    .any(|(at, _)| line.start + at == field.cursor);
                prop_assert!(boundary || field.cursor == line.end);
                prop_assert!(field.text.chars().count() <= 60);
            }
            let mut joined = String::new();
            let mut end = 0;
            for line in field.lines(width) {
                if line.start > end {
                    joined.push('\n');
                }
                end = line.end;
                joined.push_str(&field.text[line.clone()]);
                let seen = field.text[line].trim_end();
                prop_assert!(seen.width() <= usize::from(width) || seen.graphemes(true).count() == 1);
            }
            prop_assert_eq!(joined, field.text);
        }
    }
}
