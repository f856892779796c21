//! Parses the `Range` header, with which a browser asks for a part of the recording (RFC 9110, section 14).

use std::ops::Range;

/// The part of the body to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Span {
    /// The whole body: the header has no supported range, and is ignored. Multiple ranges are not
    /// supported; players do not request them.
    Whole,
    /// These bytes: not empty, and within the body.
    Part(Range<usize>),
    /// The range is outside the body.
    Outside,
}

impl Span {
    /// Parses `bytes=0-499`, `bytes=500-` or `bytes=-500` for a body of `len` bytes.
    pub(super) fn parse(header: &str, len: usize) -> Span {
        let Some((unit, ranges)) = header.split_once('=') else { return Span::Whole };
        let Some((first, last)) = ranges.trim().split_once('-') else { return Span::Whole };
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return Span::Whole;
        }
        let range = match (number(first), number(last)) {
            (Some(first), None) if last.is_empty() => first..len,
            (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(len),
            (None, Some(count)) if first.is_empty() => len.saturating_sub(count)..len,
            _ => return Span::Whole,
        };
        if range.is_empty() { Span::Outside } else { Span::Part(range) }
    }
}

/// Parses a number of digits only. Numbers that are too large become the maximum.
fn number(text: &str) -> Option<usize> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Span::{self, Outside, Part, Whole};

    #[test]
    fn ranges_are_cut_to_what_is_there() {
        for (header, span) in [
            ("bytes=0-", Part(0..1000)),
            ("bytes=0-0", Part(0..1)),
            ("bytes=0-1", Part(0..2)),
            ("Bytes=500-999", Part(500..1000)),
            ("bytes=500-5000", Part(500..1000)),
            ("bytes=999-", Part(999..1000)),
            ("bytes=-1", Part(999..1000)),
            ("bytes=-5000", Part(0..1000)),
            ("bytes=0-99999999999999999999999", Part(0..1000)),
            ("bytes=1000-", Outside),
            ("bytes=99999999999999999999999-", Outside),
            ("bytes=-0", Outside),
            ("", Whole),
            ("bytes", Whole),
            ("bytes=", Whole),
            ("bytes=-", Whole),
            ("bytes=--1", Whole),
            ("bytes=+1-2", Whole),
            ("bytes=2-1", Whole),
            ("bytes=0-1,5-6", Whole),
            ("bytes=a-b", Whole),
            ("seconds=0-1", Whole),
        ] {
            assert_eq!(Span::parse(header, 1000), span, "{header}");
        }
        assert_eq!(Span::parse("bytes=0-", 0), Outside);
    }

    proptest! {
        #[test]
        fn no_range_leaves_the_body(header in "bytes=[0-9]{0,22}-?[0-9]{0,22}|.*", len in 0_usize..5000) {
            if let Part(range) = Span::parse(&header, len) {
                prop_assert!(range.start < range.end && range.end <= len);
            }
        }
    }
}
