//! Plans which windows to request: pure arithmetic on spans, no clock and no I/O.

use crate::core::model::Span;

/// Plans a sync: returns the parts of `asked` that are not in `covered`: newest first, disjoint, none empty.
///
/// `covered` may be in any order and may overlap.
pub fn plan(asked: Span, covered: &[Span]) -> Vec<Span> {
    let mut covered: Vec<Span> = covered.iter().map(|span| span.intersect(asked)).collect();
    covered.sort_unstable_by_key(|span| std::cmp::Reverse(span.end_millis()));
    let mut missing = Vec::new();
    let mut end = asked.end_millis();
    for span in covered.into_iter().filter(|span| !span.is_empty()) {
        if span.end_millis() < end {
            missing.push(Span::from_millis(span.end_millis(), end));
        }
        end = end.min(span.start_millis());
    }
    if asked.start_millis() < end {
        missing.push(Span::from_millis(asked.start_millis(), end));
    }
    missing
}

/// A window to walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The requested span.
    pub span: Span,
    /// Whether no more voicemails can appear in it, so that it is covered once walked.
    pub settled: bool,
}

/// Splits the planned windows at `settled`, the moment (in milliseconds since the epoch) from which
/// new voicemails may still appear. `overlap` is how late they may appear, in milliseconds.
///
/// A voicemail that appears during the walk shifts the following pages, so pages fetched in parallel
/// can miss a row. The split keeps the unsettled part in a window of its own, which is never marked as
/// covered. A settled part no longer than `overlap` is not worth its own request; it stays joined to
/// the unsettled part until it has grown.
pub fn cut(missing: &[Span], settled: i64, overlap: i64) -> Vec<Window> {
    let mut windows = Vec::with_capacity(missing.len() + 1);
    for &span in missing {
        let (start, end) = (span.start_millis(), span.end_millis());
        if end <= settled {
            windows.push(Window { span, settled: true });
        } else if settled.saturating_sub(start) <= overlap {
            windows.push(Window { span, settled: false });
        } else {
            windows.push(Window { span: Span::from_millis(settled, end), settled: false });
            windows.push(Window { span: Span::from_millis(start, settled), settled: true });
        }
    }
    windows
}
